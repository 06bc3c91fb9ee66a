#include "frontend/core/Recorder.h"

#include "frontend/core/Body.h"

#include <agc/Autograd.h>

namespace agc {

namespace {
thread_local bool gradientsOn = true;
}
bool GradMode::is_enabled() { return gradientsOn; }
void GradMode::set_enabled(bool on) { gradientsOn = on; }

namespace detail {
namespace {
thread_local const char *operation = nullptr;
thread_local const char *operationOutermost = nullptr;
thread_local Loc operationLoc;
thread_local uint32_t operationScope = 0;
thread_local uint64_t operationFirst = 0;

uint64_t lastSequence = 0; // of all threads: they may look at one another's

void append(Node &node) {
  Recorder &r = recorder();
  node.sequence = ++lastSequence;
  node.loc = operationLoc;
  node.scope = operationScope;
  node.function = operationOutermost;
  r.pending.append(node, r);
  ++hooks::counters().recordedNodes;
}

thread_local Recorder *current = nullptr;

/// Ends a thread's recorder. Tensors that are static may outlive the one of the
/// main thread: they get a new one, which is never ended.
struct RecorderEnd {
  ~RecorderEnd() {
    GraphLock lock;
    delete std::exchange(current, nullptr);
  }
};
} // namespace

Recorder &recorder() {
  if (!current) {
    thread_local RecorderEnd end;
    (void)end;
    current = new Recorder;
  }
  return *current;
}

Recorder::~Recorder() {
  while (Node *node = pending.first())
    pending.remove(*node);
  for (WriteRecord &record : writes)
    if (record.storage)
      record.storage->writer = nullptr;
}

void PendingList::append(Node &node, Recorder &owner) {
  node.owner = &owner;
  node.previous = tail;
  node.next = nullptr;
  (tail ? tail->next : head) = &node;
  tail = &node;
  ++count;
}

void PendingList::remove(Node &node) {
  (node.previous ? node.previous->next : head) = node.next;
  (node.next ? node.next->previous : tail) = node.previous;
  node.owner = nullptr;
  node.previous = node.next = nullptr;
  --count;
}

void unlink(Node &node) {
  if (node.owner)
    node.owner->pending.remove(node);
}

OpGuard::OpGuard(const char *name, Loc loc)
    : before(operation), outermost(!operation) {
  operation = name;
  if (!outermost)
    return;
  operationLoc = loc;
  operationOutermost = name;
  operationFirst = lastSequence;
  Recorder &r = recorder();
  if (r.pending.size() >= Recorder::maxPending && !r.capture && !r.body)
    run();
}
OpGuard::~OpGuard() {
  operation = before;
  if (outermost) {
    operationLoc = Loc();
    operationOutermost = nullptr;
  }
}

UserCode::UserCode()
    : operation(std::exchange(detail::operation, nullptr)),
      outermost(std::exchange(operationOutermost, nullptr)), loc(operationLoc) {}
UserCode::~UserCode() {
  detail::operation = operation;
  operationOutermost = outermost;
  operationLoc = loc;
}

ScopeGuard::ScopeGuard(uint32_t scope) : before(operationScope) {
  operationScope = scope;
}
ScopeGuard::~ScopeGuard() { operationScope = before; }

Loc currentLoc() { return operationLoc; }
uint64_t operationStart() { return operation ? operationFirst : lastSequence; }

uint64_t lastRecorded() { return lastSequence; }

std::string positionText(const Loc &loc) {
  if (loc.line() == 0)
    return "";
  return std::string(loc.file_name()) + ":" + std::to_string(loc.line()) + ":" +
         std::to_string(loc.column());
}

void failAt(const char *code, const std::string &message, Loc loc) {
  throw Error(code, message, positionText(loc));
}

void fail(const char *code, const std::string &message) {
  std::string op = operation ? "'agc." + std::string(operation) + "' " : "";
  throw Error(code, op + message, positionText(operationLoc));
}

Value record(OpId op, TypeRef type, std::span<const Value> operands,
             IntArrayRef attributes) {
  Value value{createNode(op, operands.data(), operands.size(), attributes,
                         &type, 1),
              0};
  if (gradientsOn && info(type->dtype).isFloat && op != OpId::StopGradient)
    for (const Value &operand : operands)
      if (operand.tracked()) {
        value.slot().tracked = true;
        break;
      }
  append(*value.node);
  return value;
}

Ref<Node> recordMany(OpId op, std::span<const TypeRef> types,
                     std::span<const Value> operands, IntArrayRef attributes) {
  Ref<Node> node = createNode(op, operands.data(), operands.size(), attributes,
                              types.data(), types.size());
  bool tracked = false;
  if (gradientsOn)
    for (const Value &operand : operands)
      tracked |= operand.tracked();
  for (uint32_t i = 0; i < node->numResults; ++i)
    node->results()[i].tracked = tracked && info(types[i]->dtype).isFloat;
  append(*node);
  return node;
}

void cutAtStep() {
  Recorder &r = recorder();
  refuseInBody("take an optimizer's step");
  if (r.capture)
    return;
  if (r.stepMark)
    run({}, r.stepMark);
  r.stepMark = r.backwardMark = 0;
}

void markStep() {
  Recorder &r = recorder();
  if (r.capture)
    return;
  r.stepMark = lastSequence;
  r.backwardMark = 0;
}

void cutAtBackward() {
  Recorder &r = recorder();
  if (r.capture || !r.backwardMark)
    return;
  if (r.stepMark && r.stepMark < r.backwardMark)
    run({}, r.stepMark);
  run({}, r.backwardMark);
  r.backwardMark = 0;
}

void markBackward() {
  if (!recorder().capture)
    recorder().backwardMark = lastSequence;
}

} // namespace detail
} // namespace agc
