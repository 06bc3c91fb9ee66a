//===- Lock.h - One thread at a time in the graph -------------------------===//
//
// Each thread has a recorder of its own (Recorder.h): what one records another
// neither runs nor sees. But tensors, such as a model's weights, may be used by
// all, and types and names are the process's. So whoever touches nodes holds
// this lock: an operation while it is recorded, not a function while it is
// compiled or runs.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_FRONTEND_CORE_LOCK_H
#define AGC_FRONTEND_CORE_LOCK_H

namespace agc::detail {

/// Holds the lock; within another on the same thread it does nothing.
class GraphLock {
public:
  GraphLock();
  ~GraphLock();
  GraphLock(const GraphLock &) = delete;
  GraphLock &operator=(const GraphLock &) = delete;
};

/// Lets other threads in while this one waits for something long. Whatever was
/// read of nodes before may have changed after.
class GraphUnlock {
public:
  GraphUnlock();
  ~GraphUnlock();
  GraphUnlock(const GraphUnlock &) = delete;
  GraphUnlock &operator=(const GraphUnlock &) = delete;

private:
  int depth;
};

} // namespace agc::detail

#endif
