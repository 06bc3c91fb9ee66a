//===- Recorder.h - What was recorded and not yet run ---------------------===//
#ifndef AGC_FRONTEND_CORE_RECORDER_H
#define AGC_FRONTEND_CORE_RECORDER_H

#include "frontend/core/Lock.h"
#include "frontend/core/TensorImpl.h"

#include <functional>
#include <span>

namespace agc::detail {

/// A storage that was written in place, with the value that was in its memory
/// before: the memory may be used again for the new one.
struct WriteRecord {
  Storage *storage; // null: it is gone
  Value before;
};

/// What was recorded and has not run, in order of recording. It holds nothing:
/// a node that nobody wants any more is gone from it.
class PendingList {
public:
  void append(Node &node, Recorder &owner);
  void remove(Node &node);
  Node *first() const { return head; }
  Node *last() const { return tail; }
  size_t size() const { return count; }
  bool empty() const { return count == 0; }

private:
  Node *head = nullptr, *tail = nullptr;
  size_t count = 0;
};

struct Recorder {
  PendingList pending;
  /// Where the last optimizer step, and the last backward since, ended.
  uint64_t stepMark = 0, backwardMark = 0;
  std::vector<WriteRecord> writes;
  /// Nodes that a pending backward() freed though they are not pending.
  std::vector<Ref<Node>> freedEarlier;
  /// Tensors with a history whose gradient is wanted all the same.
  struct Retained {
    Value value;
    Ref<AutogradMeta> meta;
  };
  std::vector<Retained> retained;
  /// Set while train_step or compile traces: nothing may run.
  struct Capture *capture = nullptr;
  /// The innermost body that is being traced. See Body.h.
  class BodyTrace *body = nullptr;

  static constexpr size_t maxPending = 20000;

  ~Recorder();
};
/// This thread's. Its nodes and writes are let go of when the thread ends.
Recorder &recorder();
/// Takes \p node off the list that it is in, if any.
void unlink(Node &node);

/// A trace in progress, which is undone at its end: what it wrote is put back.
struct Capture {
  struct Saved {
    Ref<Storage> storage;
    Value before;
    bool hadLeaf;
  };
  std::vector<Saved> written;
  struct SavedGrad {
    Ref<AutogradMeta> meta;
    Tensor before;
  };
  std::vector<SavedGrad> grads;
  /// Numbers that stay arguments of the traced function: learning rates.
  struct Hyperparameter {
    Value value;
    std::string name;
    std::function<double()> read;
  };
  std::vector<Hyperparameter> hyperparameters;
  /// The generator's state, if the function draws, and how far that goes on.
  Tensor random;
  uint64_t randomCounters = 0;
};

/// Remembers a leaf's `.grad` before a trace changes it.
void saveGradForCapture(const Ref<AutogradMeta> &meta);

//===----------------------------------------------------------------------===//
// The operation in progress: for positions and errors
//===----------------------------------------------------------------------===//

/// Names the user's operation while it records its nodes. The outermost wins
/// for the position and the scope, the innermost for the name in errors. The
/// name is kept by reference: a literal.
class OpGuard {
public:
  OpGuard(const char *name, Loc loc);
  ~OpGuard();
  OpGuard(const OpGuard &) = delete;
  OpGuard &operator=(const OpGuard &) = delete;

private:
  GraphLock lock;
  const char *before;
  bool outermost;
};

/// The user's code within an operation (a hook, a function's own backward): what
/// it records has positions of its own.
class UserCode {
public:
  UserCode();
  ~UserCode();
  UserCode(const UserCode &) = delete;
  UserCode &operator=(const UserCode &) = delete;

private:
  const char *operation, *outermost;
  Loc loc;
};

/// Puts `name` before the scope of what is recorded, e.g. "layer1.0.conv1".
class ScopeGuard {
public:
  explicit ScopeGuard(uint32_t scope);
  ~ScopeGuard();

private:
  uint32_t before;
};

Loc currentLoc();
/// What was recorded last before the operation in progress began.
uint64_t operationStart();
/// What was recorded last.
uint64_t lastRecorded();
std::string positionText(const Loc &loc);

/// Throws agc::Error: `'agc.<op>' <message>` at the user's line.
[[noreturn]] void fail(const char *code, const std::string &message);

//===----------------------------------------------------------------------===//
// Recording
//===----------------------------------------------------------------------===//

/// One node with one result of \p type. It is tracked if gradients are on, the
/// type is floating point and an operand is tracked.
Value record(OpId op, TypeRef type, std::span<const Value> operands,
             IntArrayRef attributes = {});
/// One with several results.
Ref<Node> recordMany(OpId op, std::span<const TypeRef> types,
                     std::span<const Value> operands,
                     IntArrayRef attributes = {});

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

/// Runs what was recorded up to \p limit: everything that a handle shows, and
/// \p wanted. The values then have their buffers.
void run(std::span<const Value> wanted = {}, uint64_t limit = ~uint64_t(0));

/// At an optimizer's step(): runs what was recorded up to the last one, so that
/// a loop that reads nothing runs one step at a time.
void cutAtStep();
/// After it: what comes next is the next turn's.
void markStep();
/// At backward(): a second one without a step runs up to the end of the first.
void cutAtBackward();
void markBackward();

} // namespace agc::detail

namespace agc::hooks {
/// How often compiled functions were called, and how many different ones.
struct Counters {
  uint64_t executions = 0, compiledSegments = 0, recordedNodes = 0;
};
Counters &counters();
/// Called with each segment, as serialized agc::proto::Module, before it runs;
/// for tests.
using SegmentHook = void (*)(const std::string &module, bool compiledNew);
void setSegmentHook(SegmentHook hook);
} // namespace agc::hooks

#endif
