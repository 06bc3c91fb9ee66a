//===- HostCpu.cpp - Which CPU this is --------------------------------------===//
#include "runtime/core/HostCpu.h"

#include <fstream>
#include <set>

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

} // namespace agc
