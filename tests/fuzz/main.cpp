//===- main.cpp - agc-fuzz: random programs, checked -----------------------===//
#include "tests/fuzz/Elementwise.h"
#include "tests/fuzz/Program.h"
#include "tests/fuzz/Shrink.h"
#include "tests/fuzz/Workers.h"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <thread>
#include <unistd.h>

using namespace agc::fuzz;

namespace {

struct Options {
  uint64_t graphs = 100, seed = 1;
  int failures = 5;
  bool printsOnly = false, shrinks = true;
  std::string file;
  WorkerOptions workers;
};

struct Totals {
  uint64_t graphs = 0, failures = 0, withDifferences = 0, notFinite = 0;
};

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// A line that is drawn over on a terminal; elsewhere one every half minute.
class Progress {
public:
  explicit Progress(uint64_t total) : total(total) {}
  void update(const Totals &totals) {
    double time = now();
    if (time - last < (isTerminal ? 0.1 : 30) && totals.graphs < total)
      return;
    last = time;
    std::fprintf(stderr, "%s%llu of %llu graphs, %llu failed, %.0f s%s", isTerminal ? "\r" : "",
                 (unsigned long long)totals.graphs, (unsigned long long)total,
                 (unsigned long long)totals.failures, time - begin, isTerminal ? "\033[K" : "\n");
  }
  void clear() const {
    if (isTerminal)
      std::fputs("\r\033[K", stderr);
  }

private:
  uint64_t total;
  bool isTerminal = isatty(STDERR_FILENO);
  double begin = now(), last = begin;
};

void report(uint64_t seed, const CheckResult &result, const Graph &graph, const Options &options) {
  std::printf("seed %llu: %s: %s\n", (unsigned long long)seed, result.failure.c_str(),
              result.detail.c_str());
  std::printf("again: agc-fuzz --seed=%llu --graphs=1\n", (unsigned long long)seed);
  std::fflush(stdout);
  if (!options.shrinks)
    return;
  WorkerOptions apart = options.workers;
  apart.quiet = true;
  int tries = 0;
  Graph smallest = shrink(graph, [&](const Graph &candidate) {
    ++tries;
    return checkApart(candidate, apart).failure == result.failure;
  });
  std::printf("of %u ops, after %d tries, %u are left: %s\n%s\n", graph.numOps(), tries,
              smallest.numOps(), checkApart(smallest, apart).detail.c_str(), smallest.text().c_str());
  std::fflush(stdout);
}

/// One program, as report() printed it.
int runFile(const Options &options) {
  std::ifstream file(options.file);
  std::string text(std::istreambuf_iterator<char>(file), {});
  std::optional<Graph> graph = Graph::read(text);
  if (!graph) {
    std::fprintf(stderr, "error: %s is no program\n", options.file.c_str());
    return 1;
  }
  graph->seed = options.seed;
  if (options.printsOnly) {
    withGradients(*graph, options.workers.check.order).module.get().print(llvm::outs());
    return 0;
  }
  CheckResult result = checkApart(*graph, options.workers);
  if (result.failure.empty())
    std::puts("all checks passed");
  else
    std::printf("%s: %s\n", result.failure.c_str(), result.detail.c_str());
  return result.failure.empty() ? 0 : 1;
}

int run(const Options &options) {
  if (!options.file.empty())
    return runFile(options);
  Elementwise elementwise;
  auto generate = [&](uint64_t seed) { return Generator(seed, elementwise).generate(); };
  if (options.printsOnly) {
    for (uint64_t i = 0; i < options.graphs; ++i)
      std::puts(generate(options.seed + i).text().c_str());
    return 0;
  }
  Totals totals;
  double begin = now();
  Progress progress(options.graphs);
  checkAll(options.seed, options.graphs, generate, options.workers,
           [&](uint64_t seed, const CheckResult &result) {
             ++totals.graphs;
             totals.withDifferences += result.hasDifferences;
             totals.notFinite += !result.isFinite;
             if (!result.failure.empty()) {
               ++totals.failures;
               progress.clear();
               report(seed, result, generate(seed), options);
             }
             progress.update(totals);
             return int64_t(totals.failures) < options.failures;
           });
  progress.clear();
  std::printf("%llu graphs from seed %llu, %llu failed; gradients of %llu compared with differences, "
              "%llu not finite; %.0f s\n",
              (unsigned long long)totals.graphs, (unsigned long long)options.seed,
              (unsigned long long)totals.failures, (unsigned long long)totals.withDifferences,
              (unsigned long long)totals.notFinite, now() - begin);
  return totals.failures ? 1 : 0;
}

} // namespace

int main(int argc, char **argv) {
  Options options;
  options.workers.numProcesses = int(std::max(1u, std::thread::hardware_concurrency()));
  CLI::App app{"Makes random programs, compiles them, and checks them against the reference "
               "pipeline and their gradients against differences.\n"
               "Leaves with 1 if a check failed; what failed is printed as a small program.",
               "agc-fuzz"};
  app.add_option("--graphs", options.graphs, "How many")->capture_default_str();
  std::string seed = "1";
  app.add_option("--seed", seed,
                 "Of the first; the next one's is one more. 'clock' takes the time's, and says which")
      ->check([](const std::string &text) -> std::string {
        bool isNumber = !text.empty() && text.size() < 20 &&
                        text.find_first_not_of("0123456789") == std::string::npos;
        return text == "clock" || isNumber ? "" : "expects a number or 'clock', got '" + text + "'";
      })
      ->capture_default_str();
  app.add_option("--processes", options.workers.numProcesses, "How many are checked at a time")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--order", options.workers.check.order, "Of the gradients")
      ->check(CLI::Range(0, 2))
      ->capture_default_str();
  app.add_option("--seconds", options.workers.seconds, "Processor time that a graph may take")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str();
  app.add_option("--failures", options.failures, "Stop after so many")->capture_default_str();
  app.add_flag("!--no-shrink", options.shrinks, "Do not look for smaller programs that fail");
  app.add_option("--file", options.file, "Check this program instead, as one was printed");
  app.add_flag("--print", options.printsOnly,
               "Print the programs and check nothing; of --file, with the gradients");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &error) {
    return app.exit(error) ? 2 : 0;
  }
  try {
    if (seed == "clock") {
      options.seed = uint64_t(std::chrono::system_clock::now().time_since_epoch().count()) / 1000;
      std::printf("seed %llu\n", (unsigned long long)options.seed);
    } else {
      options.seed = std::strtoull(seed.c_str(), nullptr, 10);
    }
    return run(options);
  } catch (std::exception &error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 70;
  }
}
