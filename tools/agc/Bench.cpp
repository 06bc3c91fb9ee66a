//===- Bench.cpp - agc bench: what a step takes ------------------------------===//
//
// Two fresh processes with an object cache of their own: the first finds it
// empty, compiles, and is timed; the second is served from it, and its memory
// is measured, since that is what a program in use needs.
//
//===----------------------------------------------------------------------===//
#include "agc/Threads.h"
#include "tools/agc/Call.h"
#include "tools/agc/Child.h"
#include "tools/agc/Program.h"
#include "tools/agc/ShippedStep.h"
#include "tools/agc/Terminal.h"
#include "tools/agc/Verb.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

namespace agc::cli {
namespace {

using Json = nlohmann::ordered_json;

struct BenchFlags {
  std::string file, function = "train_step", measure;
  int threads = 0;
  double seconds = 5;
  bool json = false;
};

/// The most memory that this process ever had; not getrusage's, which begins
/// with what the parent had.
int64_t peakMib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind("VmHWM:", 0) == 0)
      return std::stoll(line.substr(6)) / 1024;
  throw Error("AGC0201", "cannot read /proc/self/status");
}

double milliseconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

/// Calls until \p seconds are over, at least five times: median and least, in ms.
template <typename Step> Json timed(double seconds, Step step) {
  using Clock = std::chrono::steady_clock;
  for (int i = 0; i < 2; ++i)
    step();
  std::vector<double> times;
  auto end = Clock::now() + std::chrono::duration<double>(seconds);
  while (times.size() < 5 || Clock::now() < end) {
    auto begin = Clock::now();
    step();
    times.push_back(milliseconds(Clock::now() - begin));
  }
  std::sort(times.begin(), times.end());
  size_t middle = times.size() / 2;
  double median = times.size() % 2 ? times[middle]
                                   : (times[middle - 1] + times[middle]) / 2;
  return {{"step_ms", median}, {"min_ms", times.front()}, {"steps", times.size()}};
}

std::string stepLine(const Json &report) {
  return fmt::format("step     {:.4g} ms median, {:.4g} ms least, of {} steps on {} threads\n",
                     report["step_ms"].get<double>(), report["min_ms"].get<double>(),
                     report["steps"].get<size_t>(), report["threads"].get<int>());
}

/// What a child does: prints its measurements.
void measure(const BenchFlags &flags) {
  using Clock = std::chrono::steady_clock;
  proto::Module module = readProgram(flags.file);
  State state;
  state.load(weightsPath(flags.file));

  auto start = Clock::now();
  Call call(module, flags.function, state);
  auto compiled = Clock::now();
  fillRandom(call, 0);
  auto filled = Clock::now();
  call.run();
  double first = milliseconds(compiled - start) + milliseconds(Clock::now() - filled);

  if (flags.measure == "memory") {
    for (int i = 0; i < 3; ++i)
      call.run();
    print(Json{{"peak_mib", peakMib()},
               {"compiled", executableCounters().compiled}}
              .dump() + "\n");
    return;
  }
  Json report = timed(flags.seconds, [&] { call.run(); });
  report.update({{"first_ms", first}, {"threads", get_num_threads()}});
  print(report.dump() + "\n");
}

/// The counter that timers of kernels read (codegen/Compiler.cpp).
uint64_t ticks() {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  uint64_t count;
  asm volatile("mrs %0, cntvct_el0" : "=r"(count));
  return count;
#else
  return uint64_t(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
}

/// Of an object with timers: what each kernel takes of a step, most first.
Json kernelTable(ShippedStep &step, double steps, double ticksPerMs) {
  Json table = Json::array();
  for (const ShippedStep::KernelTime &kernel : step.takeKernelTimes()) {
    if (!kernel.calls)
      continue;
    double ms = double(kernel.ticks) / ticksPerMs;
    table.push_back({{"name", kernel.name},
                     {"calls", double(kernel.calls) / steps},
                     {"ms", ms / steps},
                     {"gflops", double(kernel.calls * kernel.flops) / ms / 1e6},
                     {"gbytes", double(kernel.calls * kernel.bytes) / ms / 1e6}});
  }
  std::stable_sort(table.begin(), table.end(),
                   [](const Json &a, const Json &b) { return a["ms"] > b["ms"]; });
  return table;
}

void printKernels(const Json &table, double stepMs) {
  print(fmt::format("{:<44} {:>6} {:>10} {:>6} {:>8} {:>8}\n", "kernel", "calls", "ms a step", "%",
                    "GFLOP/s", "GB/s"));
  for (const Json &row : table)
    print(fmt::format("{:<44} {:>6.4g} {:>10.4g} {:>6.1f} {:>8.3g} {:>8.3g}\n",
                      row["name"].get<std::string>(), row["calls"].get<double>(),
                      row["ms"].get<double>(), 100 * row["ms"].get<double>() / stepMs,
                      row["gflops"].get<double>(), row["gbytes"].get<double>()));
}

void benchObject(const BenchFlags &flags) {
  using Clock = std::chrono::steady_clock;
  ShippedStep step(flags.file);
  step.init(0);
  fillRandom(step, 0);
  Json report = {{"file", flags.file}, {"function", flags.function}};
  uint64_t steps = 0;
  step.takeKernelTimes();
  auto begin = Clock::now();
  uint64_t beginTicks = ticks();
  report.update(timed(flags.seconds, [&, call = step.bind(flags.function)] {
    call();
    ++steps;
  }));
  double spentTicks = double(ticks() - beginTicks), spentMs = milliseconds(Clock::now() - begin);
  Json kernels = kernelTable(step, double(steps), spentTicks / spentMs);
  report["threads"] = get_num_threads();
  report.update(Json(step.note().at("memory")));
  if (!kernels.empty())
    report["kernels"] = kernels;
  if (flags.json) {
    print(report.dump() + "\n");
    return;
  }
  print(stepLine(report) +
        fmt::format("memory   {} bytes of state, {} of workspace\n",
                    report["state_bytes"].get<uint64_t>(), report["workspace_bytes"].get<uint64_t>()));
  if (!kernels.empty())
    printKernels(kernels, spentMs / double(steps));
}

void bench(const BenchFlags &flags) {
  proto::Module module = readProgram(flags.file); // one error, not a child's
  findFunction(module, flags.function);
  weightsPath(flags.file);

  CacheFolder cache;
  auto child = [&](const char *what) {
    std::vector<std::string> arguments = {
        "bench",     flags.file,           "--function", flags.function,
        "--measure", what,                 "--seconds",
        fmt::format("{}", flags.seconds)};
    if (flags.threads)
      arguments.insert(arguments.end(),
                       {"--threads", std::to_string(flags.threads)});
    return Json::parse(runSelf(arguments, {{"AGC_CACHE_DIR", cache.path()}}));
  };
  Json speed = child("speed"), memory = child("memory");
  if (memory["compiled"] != 0)
    talk("warning: the object cache did not serve the second process; its "
         "memory includes the compiler's\n");

  Json report = {{"file", flags.file}, {"function", flags.function}};
  report.update(speed);
  report["peak_mib"] = memory["peak_mib"];
  if (flags.json) {
    print(report.dump() + "\n");
    return;
  }
  print(stepLine(report) +
        fmt::format("first    {:.4g} ms: compile and first step\n"
                    "memory   {} MiB at most, served from the object cache\n",
                    report["first_ms"].get<double>(), report["peak_mib"].get<int64_t>()));
}

} // namespace

void addBench(CLI::App &app) {
  CLI::App *verb = addVerb(app, "bench", "Measure a step on random batches",
                           "  agc bench resnet18.agc --threads=2 --seconds=5\n"
                           "  agc bench mlp.agc --json | jq .step_ms\n"
                           "  agc bench out/mlp.o                  # as agc compile wrote it; of --profile, with kernels");
  auto flags = std::make_shared<BenchFlags>();
  verb->add_option("file", flags->file, "Program, or object of a step")->required();
  verb->add_option("--function", flags->function, "Function to measure")
      ->capture_default_str();
  verb->add_option("--threads", flags->threads, "Threads; all processors if absent")
      ->check(CLI::Range(1, 1024));
  verb->add_option("--seconds", flags->seconds, "How long to measure")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 3600.0));
  verb->add_flag("--json", flags->json, "Print JSON");
  verb->add_option("--measure", flags->measure)
      ->group("") // not in --help: what the children are told
      ->check(CLI::IsMember({"speed", "memory"}));
  verb->callback([flags] {
    if (flags->threads)
      set_num_threads(flags->threads);
    if (isObjectFile(flags->file))
      benchObject(*flags);
    else if (flags->measure.empty())
      bench(*flags);
    else
      measure(*flags);
  });
}

} // namespace agc::cli
