#include "tools/agc/KernelTable.h"

#include <fmt/format.h>

#include <algorithm>

namespace agc::cli {

using Json = nlohmann::ordered_json;

/// The counter that timers of kernels read (codegen/Compiler.cpp).
uint64_t TickClock::now() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  uint64_t count;
  asm volatile("mrs %0, cntvct_el0" : "=r"(count));
  return count;
#elif defined(__riscv) && __riscv_xlen == 64
  uint64_t count;
  asm volatile("rdtime %0" : "=r"(count));
  return count;
#else
  return uint64_t(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
}

double TickClock::milliseconds() const {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}
double TickClock::ticksPerMs() const { return double(now() - beginTicks) / milliseconds(); }

Json kernelTable(const std::vector<KernelTime> &kernels, double steps, double ticksPerMs,
                 double stepMs, const MachinePeak &peak) {
  Json table = Json::array();
  for (const KernelTime &kernel : kernels) {
    if (!kernel.calls)
      continue;
    double ms = double(kernel.ticks) / ticksPerMs;
    // A slow counter may not have moved.
    auto perSecond = [&](uint64_t amount) {
      return ms > 0 ? double(kernel.calls) * double(amount) / ms / 1e6 : 0;
    };
    double gflops = perSecond(kernel.flops), gbytes = perSecond(kernel.bytes);
    table.push_back({{"name", kernel.name},
                     {"calls", double(kernel.calls) / steps},
                     {"ms", ms / steps},
                     {"share", ms / steps / stepMs},
                     {"gflops", gflops},
                     {"gbytes", gbytes},
                     {"roofline", std::max(gflops / peak.gflops, gbytes / peak.gbytes)},
                     {"lines", kernel.lines}});
  }
  std::stable_sort(table.begin(), table.end(),
                   [](const Json &a, const Json &b) { return a["ms"] > b["ms"]; });
  return table;
}

std::string kernelText(const Json &table, double stepMs, const MachinePeak &peak,
                       size_t maxRows) {
  std::string text = fmt::format(
      "peak     {:.4g} GFLOP/s of f32, {:.3g} GB/s of memory\n"
      "{:<44} {:>6} {:>10} {:>6} {:>8} {:>8} {:>8}  {}\n",
      peak.gflops, peak.gbytes, "kernel", "calls", "ms a step", "%", "GFLOP/s", "GB/s",
      "roofline", "of");
  double sumMs = 0;
  size_t shown = 0;
  for (const Json &row : table) {
    sumMs += row["ms"].get<double>();
    if (++shown > maxRows)
      continue;
    std::vector<std::string> lines = row["lines"];
    std::string of = lines.empty() ? "" : lines.front();
    if (lines.size() > 1)
      of += fmt::format(" and {} more", lines.size() - 1);
    text += fmt::format("{:<44} {:>6.4g} {:>10.4g} {:>6.1f} {:>8.3g} {:>8.3g} {:>7.0f}%  {}\n",
                        row["name"].get<std::string>(), row["calls"].get<double>(),
                        row["ms"].get<double>(), 100 * row["share"].get<double>(),
                        row["gflops"].get<double>(), row["gbytes"].get<double>(),
                        100 * row["roofline"].get<double>(), of);
  }
  if (shown > maxRows)
    text += fmt::format("… {} more; --all shows them\n", shown - maxRows);
  return text + fmt::format("{:<44} {:>6} {:>10.4g} {:>6.1f}\n", "between kernels", "",
                            std::max(0.0, stepMs - sumMs),
                            100 * std::max(0.0, stepMs - sumMs) / stepMs);
}

} // namespace agc::cli
