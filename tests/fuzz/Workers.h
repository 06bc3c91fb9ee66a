//===- Workers.h - Checks in processes of their own ------------------------===//
//
// A program that makes the compiler crash or run for ever is a find like any
// other: it takes down, or is stopped with, the process that checks it.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_TESTS_FUZZ_WORKERS_H
#define AGC_TESTS_FUZZ_WORKERS_H

#include "tests/fuzz/Check.h"

namespace agc::fuzz {

struct WorkerOptions {
  CheckOptions check;
  int numProcesses = 1;
  /// Of processor time, for one program.
  unsigned seconds = 120;
  /// What the processes say on stderr is dropped.
  bool quiet = false;
};

/// Checks one program. A failure may also be "crash" or "time".
CheckResult checkApart(const Graph &graph, const WorkerOptions &options);

/// Checks programs first, …, first + count - 1, some at a time, and calls \p seen
/// for each, in any order; ends early if it returns false.
void checkAll(uint64_t first, uint64_t count, const std::function<Graph(uint64_t)> &generate,
              const WorkerOptions &options,
              const std::function<bool(uint64_t, const CheckResult &)> &seen);

} // namespace agc::fuzz

#endif
