//===- Bench.cpp - agc bench: what a step takes ------------------------------===//
//
// Fresh processes with an object cache of their own: the first finds it empty,
// compiles, and is timed; the second is served from it, and its memory is
// measured, since that is what a program in use needs; the third runs the step
// with a timer around each kernel.
//
//===----------------------------------------------------------------------===//
#include "agc/Threads.h"
#include "tools/agc/Call.h"
#include "tools/agc/Child.h"
#include "tools/agc/KernelTable.h"
#include "tools/agc/Machine.h"
#include "tools/agc/Program.h"
#include "tools/agc/ShippedStep.h"
#include "tools/agc/Terminal.h"
#include "tools/agc/Verb.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>

namespace agc::cli {
namespace {

using Json = nlohmann::ordered_json;

struct BenchFlags {
  std::string file, function = "train_step", measure;
  int threads = 0;
  double seconds = 5;
  std::vector<double> peak; // GFLOP/s, GB/s; measured if empty
  bool json = false, all = false, noKernels = false, timing = false;
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

/// Of all threads of this process.
double processorMs() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return double(time.tv_sec) * 1e3 + double(time.tv_nsec) / 1e6;
}

/// Calls until \p seconds are over, at least five times: median and least, in ms, and
/// the processors' time of a step, which others on the machine make no longer.
template <typename Step> Json timed(double seconds, Step step) {
  using Clock = std::chrono::steady_clock;
  for (int i = 0; i < 2; ++i)
    step();
  std::vector<double> times;
  auto end = Clock::now() + std::chrono::duration<double>(seconds);
  double beginMs = processorMs();
  while (times.size() < 5 || Clock::now() < end) {
    auto begin = Clock::now();
    step();
    times.push_back(milliseconds(Clock::now() - begin));
  }
  double cpuMs = (processorMs() - beginMs) / double(times.size());
  std::sort(times.begin(), times.end());
  size_t middle = times.size() / 2;
  double median = times.size() % 2 ? times[middle]
                                   : (times[middle - 1] + times[middle]) / 2;
  return {{"step_ms", median}, {"min_ms", times.front()}, {"cpu_ms", cpuMs}, {"steps", times.size()}};
}

std::string stepLine(const Json &report) {
  return fmt::format("step     {:.4g} ms median, {:.4g} ms least, of {} steps on {} threads\n",
                     report["step_ms"].get<double>(), report["min_ms"].get<double>(),
                     report["steps"].get<size_t>(), report["threads"].get<int>());
}

MachinePeak peakOf(const BenchFlags &flags) {
  return flags.peak.empty() ? measurePeak(get_num_threads())
                            : MachinePeak{flags.peak[0], flags.peak[1]};
}

/// Calls \p step, whose kernels \p takeTimes tells the times of, and adds how long it takes
/// and its kernels to \p report.
template <typename TakeTimes>
void timeKernels(const BenchFlags &flags, std::function<void()> step, TakeTimes takeTimes,
                 Json &report) {
  MachinePeak peak = peakOf(flags);
  uint64_t steps = 0;
  takeTimes();
  TickClock clock;
  report.update(timed(flags.seconds, [&] {
    step();
    ++steps;
  }));
  double stepMs = clock.milliseconds() / double(steps);
  report["threads"] = get_num_threads();
  Json kernels = kernelTable(takeTimes(), double(steps), clock.ticksPerMs(), stepMs, peak);
  if (kernels.empty())
    return;
  report["peak"] = {{"gflops", peak.gflops}, {"gbytes", peak.gbytes}};
  report["timed_step_ms"] = stepMs;
  report["kernels"] = std::move(kernels);
}

std::string kernelLines(const BenchFlags &flags, const Json &report) {
  if (!report.contains("kernels"))
    return "";
  return kernelText(report["kernels"], report["timed_step_ms"],
                    {report["peak"]["gflops"], report["peak"]["gbytes"]},
                    flags.all ? size_t(-1) : 20);
}

/// What a child does: prints its measurements.
void measure(const BenchFlags &flags) {
  using Clock = std::chrono::steady_clock;
  proto::Module module = readProgram(flags.file);
  State state;
  state.load(weightsPath(flags.file));

  if (flags.measure == "kernels") {
    Call::Options options;
    options.profile = true;
    Call call(module, flags.function, state, options);
    fillRandom(call, 0);
    Json report;
    timeKernels(flags, [&] { call.run(); }, [&] { return call.takeKernelTimes(); }, report);
    print(report.dump() + "\n");
    return;
  }

  Call::Options options;
  if (flags.timing)
    options.timing = flags.json ? Timing::Json : Timing::Text;
  auto start = Clock::now();
  Call call(module, flags.function, state, options);
  auto compiled = Clock::now();
  fillRandom(call, 0);
  auto filled = Clock::now();
  call.run();
  double first = milliseconds(compiled - start) + milliseconds(Clock::now() - filled);

  if (flags.measure == "memory") {
    for (int i = 0; i < 3; ++i)
      call.run();
    print(Json{{"peak_mib", peakMib()},
               {"cached_ms", first},
               {"load_ms", milliseconds(compiled - start)},
               {"compiled", executableCounters().compiled}}
              .dump() + "\n");
    return;
  }
  Json report = timed(flags.seconds, [&] { call.run(); });
  report.update({{"first_ms", first}, {"threads", get_num_threads()}});
  if (flags.timing)
    report["compile"] = flags.json ? Json::parse(call.compileTiming())
                                   : Json(call.compileTiming());
  print(report.dump() + "\n");
}

void benchObject(const BenchFlags &flags) {
  if (get_strict_fp())
    throw UsageError("--fp says how a program is compiled; '" + flags.file + "' is compiled");
  ShippedStep step(flags.file);
  step.init(0);
  fillRandom(step, 0);
  Json report = {{"file", flags.file}, {"function", flags.function}};
  timeKernels(flags, step.bind(flags.function), [&] { return step.takeKernelTimes(); }, report);
  report.update(Json(step.note().at("memory")));
  if (flags.json) {
    print(report.dump() + "\n");
    return;
  }
  print(stepLine(report) +
        fmt::format("memory   {} bytes of state, {} of workspace\n",
                    report["state_bytes"].get<uint64_t>(), report["workspace_bytes"].get<uint64_t>()) +
        kernelLines(flags, report));
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
    if (!flags.peak.empty())
      arguments.push_back(fmt::format("--peak={},{}", flags.peak[0], flags.peak[1]));
    if (flags.timing)
      arguments.push_back("--timing");
    if (flags.json)
      arguments.push_back("--json");
    if (get_strict_fp())
      arguments.push_back("--fp=strict");
    return Json::parse(runSelf(arguments, {{"AGC_CACHE_DIR", cache.path()}}));
  };
  Json speed = child("speed"), memory = child("memory");
  if (memory["compiled"] != 0)
    talk("warning: the object cache did not serve the second process; its "
         "memory includes the compiler's\n");

  Json report = {{"file", flags.file}, {"function", flags.function}};
  report.update(speed);
  for (const char *key : {"cached_ms", "load_ms"})
    report[key] = memory[key];
  report["peak_mib"] = memory["peak_mib"];
  // Timed apart: a step whose kernels have timers is another one.
  if (!flags.noKernels) {
    Json kernels = child("kernels");
    for (const char *key : {"peak", "timed_step_ms", "kernels"})
      if (kernels.contains(key))
        report[key] = kernels[key];
  }
  if (flags.json) {
    print(report.dump() + "\n");
    return;
  }
  print(stepLine(report) +
        fmt::format("first    {:.4g} ms: compile and first step; {:.4g} ms from the object cache, "
                    "{:.4g} ms before the step\n"
                    "memory   {} MiB at most, served from the object cache\n",
                    report["first_ms"].get<double>(), report["cached_ms"].get<double>(),
                    report["load_ms"].get<double>(),
                    report["peak_mib"].get<int64_t>()) +
        report.value("compile", "") +
        kernelLines(flags, report));
}

} // namespace

void addBench(CLI::App &app) {
  CLI::App *verb = addVerb(app, "bench", "Measure a step on random batches",
                           "  agc bench resnet18.agc --threads=2 --seconds=5\n"
                           "  agc bench resnet18.agc --all --peak=117,20   # of one core\n"
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
  verb->add_option("--peak", flags->peak,
                   "GFLOP/s and GB/s that kernels are measured by; else what this machine does")
      ->type_name("GFLOPS,GBYTES")
      ->delimiter(',')
      ->expected(2)
      ->check(CLI::PositiveNumber);
  verb->add_flag("--all", flags->all, "Show all kernels");
  verb->add_flag("--timing", flags->timing, "Show where the time of compiling goes");
  verb->add_flag("--no-kernels", flags->noKernels, "Leave the kernels out");
  verb->add_option("--measure", flags->measure)
      ->group("") // not in --help: what the children are told
      ->check(CLI::IsMember({"speed", "memory", "kernels"}));
  addFloatingPoint(verb);
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
