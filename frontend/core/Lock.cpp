#include "frontend/core/Lock.h"

#include <mutex>

namespace agc::detail {
namespace {

thread_local int heldDepth = 0;

std::mutex &graphMutex() {
  static std::mutex *mutex = new std::mutex; // outlives static tensors
  return *mutex;
}

} // namespace

GraphLock::GraphLock() {
  if (heldDepth++ == 0)
    graphMutex().lock();
}
GraphLock::~GraphLock() {
  if (--heldDepth == 0)
    graphMutex().unlock();
}

GraphUnlock::GraphUnlock() : depth(heldDepth) {
  heldDepth = 0;
  if (depth)
    graphMutex().unlock();
}
GraphUnlock::~GraphUnlock() {
  if (depth)
    graphMutex().lock();
  heldDepth = depth;
}

} // namespace agc::detail
