//===- HostCpu.cpp - Which machine this is ----------------------------------===//
#include "runtime/core/HostCpu.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>

namespace agc {
namespace {

/// Of x86, Arm and RISC-V; other lines hold what changes while a machine runs.
const std::set<std::string, std::less<>> fields = {
    "vendor_id",       "cpu family",  "model",    "model name",
    "stepping",        "flags",       "isa",      "uarch",
    "CPU implementer", "CPU variant", "CPU part", "Features"};

std::string describe() {
  std::string result, line;
  std::ifstream file("/proc/cpuinfo");
  while (std::getline(file, line) && !line.empty())
    if (fields.contains(line.substr(0, line.find_first_of("\t:"))))
      result += line + '\n';
  return result;
}

} // namespace

const std::string &hostCpu() {
  static const std::string *text = new std::string(describe());
  return *text;
}

int numMemoryNodes(const std::string &online) {
  std::istringstream ranges(online);
  std::string range;
  int count = 0, first = 0, last = 0;
  while (std::getline(ranges, range, ','))
    if (int found = std::sscanf(range.c_str(), "%d-%d", &first, &last); found > 0)
      count += found == 2 ? std::max(0, last - first) + 1 : 1;
  return std::max(1, count);
}

int numMemoryNodes() {
  static const int count = [] {
    std::ifstream file("/sys/devices/system/node/online");
    std::string line;
    std::getline(file, line);
    return numMemoryNodes(line);
  }();
  return count;
}

} // namespace agc
