//===- HostCpu.h - Which CPU this is ----------------------------------------===//
#ifndef AGC_RUNTIME_CORE_HOSTCPU_H
#define AGC_RUNTIME_CORE_HOSTCPU_H

#include <string>

namespace agc {

/// What the system says of model and features of the first CPU: code for one
/// that says the same runs here. Empty if it says nothing (no /proc).
const std::string &hostCpu();

} // namespace agc

#endif
