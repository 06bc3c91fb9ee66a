//===- ThreadPool.h - The executor of a process ---------------------------===//
//
// Tiles are split statically: thread t of T gets the t-th part. Workers spin a
// short while for the next kernel of the step, then sleep.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_RUNTIME_CORE_THREADPOOL_H
#define AGC_RUNTIME_CORE_THREADPOOL_H

#include "runtime/core/abi.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace agc {

class ThreadPool {
public:
  explicit ThreadPool(int threads);
  ~ThreadPool();

  /// Runs \p task over 0..count. A call from inside a task, or while another
  /// thread uses the pool, runs on the caller alone: the bits are the same.
  void parallelFor(int64_t count, agc_task task, void *argument);

  int size() const { return threads; }
  const agc_executor *executor() const { return &interface; }

private:
  void work(int index);
  void runPart(int index) const;

  int threads;
  agc_executor interface;
  std::mutex inUse;
  std::vector<std::thread> workers;

  // The job; written before `epoch` grows, read after.
  int64_t jobCount = 0;
  agc_task jobTask = nullptr;
  void *jobArgument = nullptr;

  alignas(64) std::atomic<uint32_t> epoch{0};
  alignas(64) std::atomic<int> unfinished{0};
  std::atomic<bool> stopping{false};
};

/// The pool that compiled functions run on. It outlives its replacement while
/// a step still runs on it.
std::shared_ptr<ThreadPool> threadPool();

} // namespace agc

#endif
