//===- HostCpu.h - Which machine this is ------------------------------------===//
#ifndef AGC_RUNTIME_CORE_HOSTCPU_H
#define AGC_RUNTIME_CORE_HOSTCPU_H

#include <string>

namespace agc {

/// How many memories the machine has, each near to some of its processors (NUMA); at
/// least 1. From \p online, the system's list of them, as in "0-1,4".
int numMemoryNodes(const std::string &online);
/// Of this machine.
int numMemoryNodes();

/// What the system says of model and features of the first CPU: code for one
/// that says the same runs here. Empty if it says nothing (no /proc).
const std::string &hostCpu();

} // namespace agc

#endif
