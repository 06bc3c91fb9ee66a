//===- KernelTable.h - What each kernel of a step takes ---------------------===//
#ifndef AGC_TOOLS_AGC_KERNELTABLE_H
#define AGC_TOOLS_AGC_KERNELTABLE_H

#include "tools/agc/Machine.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace agc::cli {

/// A timer of a kernel, and what one call of the kernel does.
struct KernelTime {
  std::string name;
  uint64_t calls, ticks, flops, bytes;
  std::vector<std::string> lines; // of the model that it is called for
};

/// A span of time, in milliseconds and in what timers of kernels count.
class TickClock {
public:
  TickClock() : begin(std::chrono::steady_clock::now()), beginTicks(now()) {}
  double milliseconds() const;
  double ticksPerMs() const;

private:
  std::chrono::steady_clock::time_point begin;
  uint64_t beginTicks;
  static uint64_t now();
};

/// Of kernels that were called, what each takes of one of \p steps, most first; what is
/// left of \p stepMs is no kernel's. `roofline`: how much of its time a kernel needs at
/// the machine's peak, of arithmetic or of memory, whichever takes longer.
nlohmann::ordered_json kernelTable(const std::vector<KernelTime> &kernels, double steps,
                                   double ticksPerMs, double stepMs, const MachinePeak &peak);

/// As text, \p maxRows of them.
std::string kernelText(const nlohmann::ordered_json &table, double stepMs,
                       const MachinePeak &peak, size_t maxRows);

} // namespace agc::cli

#endif
