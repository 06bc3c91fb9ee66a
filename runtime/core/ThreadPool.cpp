#include "runtime/core/ThreadPool.h"

#include "agc/Error.h"
#include "agc/Threads.h"

#include <sched.h>

#include <string>

namespace agc {
namespace {

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

/// About 100 µs: longer than what one thread does alone between two kernels of a
/// step (waking another takes half of that), and short enough not to be seen by
/// anyone else on the machine.
constexpr int spins = 5000;

/// The processors that this process may use, which in a container are fewer
/// than the machine has.
int usableProcessors() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0)
    return CPU_COUNT(&set) > 0 ? CPU_COUNT(&set) : 1;
  int count = static_cast<int>(std::thread::hardware_concurrency());
  return count > 0 ? count : 1;
}

std::mutex poolMutex;
std::shared_ptr<ThreadPool> &poolSlot() {
  static auto *slot = new std::shared_ptr<ThreadPool>;
  return *slot;
}

} // namespace

ThreadPool::ThreadPool(int threads) : threads(threads) {
  interface.context = this;
  interface.parallel_for = [](void *context, int64_t count, agc_task task,
                              void *argument) {
    static_cast<ThreadPool *>(context)->parallelFor(count, task, argument);
  };
  for (int i = 1; i < threads; ++i)
    workers.emplace_back([this, i] { work(i); });
}

ThreadPool::~ThreadPool() {
  stopping.store(true, std::memory_order_relaxed);
  epoch.fetch_add(1, std::memory_order_release);
  epoch.notify_all();
  for (std::thread &worker : workers)
    worker.join();
}

void ThreadPool::runPart(int index) const {
  // count * threads cannot overflow: a kernel has far fewer than 2^50 tiles.
  int64_t begin = jobCount * index / threads;
  int64_t end = jobCount * (index + 1) / threads;
  if (begin < end)
    jobTask(jobArgument, begin, end);
}

void ThreadPool::parallelFor(int64_t count, agc_task task, void *argument) {
  if (count <= 0)
    return;
  std::unique_lock<std::mutex> lock(inUse, std::defer_lock);
  if (threads == 1 || count == 1 || !lock.try_lock()) {
    task(argument, 0, count);
    return;
  }
  jobCount = count;
  jobTask = task;
  jobArgument = argument;
  unfinished.store(threads - 1, std::memory_order_relaxed);
  epoch.fetch_add(1, std::memory_order_release);
  epoch.notify_all();
  runPart(0);
  for (int spin = 0; unfinished.load(std::memory_order_acquire) != 0; ++spin)
    if (spin < spins)
      pause();
    else
      std::this_thread::yield();
}

void ThreadPool::work(int index) {
  uint32_t seen = 0;
  while (true) {
    uint32_t now;
    for (int spin = 0;
         (now = epoch.load(std::memory_order_acquire)) == seen; ++spin) {
      if (spin < spins)
        pause();
      else
        epoch.wait(seen, std::memory_order_acquire);
    }
    seen = now;
    if (stopping.load(std::memory_order_relaxed))
      return;
    runPart(index);
    unfinished.fetch_sub(1, std::memory_order_release);
  }
}

std::shared_ptr<ThreadPool> threadPool() {
  std::lock_guard<std::mutex> lock(poolMutex);
  if (!poolSlot())
    poolSlot() = std::make_shared<ThreadPool>(usableProcessors());
  return poolSlot();
}

void set_num_threads(int count) {
  if (count < 1)
    throw Error("AGC0104", "set_num_threads expects at least 1, got " +
                               std::to_string(count));
  std::lock_guard<std::mutex> lock(poolMutex);
  if (!poolSlot() || poolSlot()->size() != count)
    poolSlot() = std::make_shared<ThreadPool>(count);
}

int get_num_threads() { return threadPool()->size(); }

} // namespace agc
