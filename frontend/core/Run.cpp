//===- Run.cpp - Cutting, compiling and running what was recorded ---------===//
#include "frontend/core/Anomaly.h"
#include "frontend/core/Body.h"
#include "frontend/core/Split.h"

#include "ir/graph.pb.h"
#include "runtime/core/Convert.h"
#include "runtime/jit/Executable.h"

#include <agc/StrictFp.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <unordered_map>

namespace agc {
namespace hooks {
namespace {
SegmentHook segmentHook = nullptr;
}
Counters &counters() {
  static Counters instance;
  return instance;
}
void setSegmentHook(SegmentHook hook) { segmentHook = hook; }
} // namespace hooks

namespace detail {
namespace {

struct KeyHash {
  size_t operator()(const std::vector<uint64_t> &words) const {
    uint64_t h = words.size();
    for (uint64_t word : words)
      h = (h ^ word) * 0x9E3779B97F4A7C15, h ^= h >> 32;
    return h;
  }
};

struct CompiledSegment {
  std::shared_ptr<Executable> executable;
  SplitForward split; // of a forward that leaves residuals
};
using SegmentCache =
    std::unordered_map<std::vector<uint64_t>, CompiledSegment, KeyHash>;
SegmentCache &segmentCache() {
  static SegmentCache *cache = new SegmentCache;
  return *cache;
}

/// What will be held by nothing but itself once this segment has run: an exact
/// count, from the last node to the first.
class ReleasePlan {
public:
  ReleasePlan(Recorder &r, uint64_t limit) {
    for (Node *node = r.pending.first(); node; node = node->next)
      if (node->sequence <= limit)
        nodes.push_back(node);
    for (const Ref<Node> &node : r.freedEarlier) {
      if (!node->pending() && node->ownRefs == 0)
        nodes.push_back(node.get());
      ++node->ownRefs;
    }
    std::stable_sort(nodes.begin(), nodes.end(), [](Node *a, Node *b) {
      return a->sequence > b->sequence;
    });
    for (const WriteRecord &record : r.writes)
      record.before.node->released = 0;
    for (Node *node : nodes) {
      node->released = 0;
      forEachHeld(*node, [](Node &held) { held.released = 0; });
    }
    for (Node *node : nodes) {
      uint32_t own = std::exchange(node->ownRefs, 0);
      bool dies = node->refs == own + node->released;
      if (!dies && keepsOperands(*node))
        continue;
      dropping.emplace_back(node);
      forEachHeld(*node, [](Node &held) { ++held.released; });
    }
  }

  /// Of \p node, held elsewhere \p others times besides.
  static bool unheld(Node &node, uint32_t others) {
    return node.refs == node.released + others;
  }

  void apply() {
    for (const Ref<Node> &node : dropping)
      node->dropOperands();
  }

private:
  template <typename Fn> static void forEachHeld(Node &node, Fn fn) {
    for (uint32_t i = 0; i < node.numOperands; ++i)
      fn(*node.operands()[i].node);
    if (node.edges)
      for (const Value &edge : *node.edges)
        if (edge)
          fn(*edge.node);
  }

  static bool keepsOperands(Node &node) {
    for (uint32_t i = 0; i < node.numResults; ++i) {
      const ResultSlot &slot = node.results()[i];
      if (slot.tracked && !node.freed && !slot.leaf)
        return true; // a history that a backward may still want
      if (!slot.buffer && slot.handles == 0)
        return true; // not computed now: whoever holds it computes it later
    }
    return false;
  }

  std::vector<Node *> nodes;
  std::vector<Ref<Node>> dropping;
};

/// Numbers of the user's, each in a cache line of its own.
class NumberArgs {
public:
  explicit NumberArgs(size_t count) : memory(Buffer::allocate(count * 64)) {}
  void *add(const Value &value) {
    char *place = static_cast<char *>(memory->data()) + 64 * used++;
    int64_t word = value.node->attributes()[0];
    if (info(value.dtype()).isFloat)
      storeNumber(place, value.dtype(), 0, std::bit_cast<double>(word));
    else
      storeInteger(place, value.dtype(), 0, word);
    return place;
  }

private:
  BufferRef memory;
  size_t used = 0;
};

[[noreturn]] void failCheck(const Segment &segment, const Executable &function,
                            int32_t status, const agc_failure &failure) {
  // The manifest's checks are in the order of the nodes; the line is the one of
  // this trace, not that of the trace which was compiled.
  int64_t index = status - 1, seen = 0;
  std::string message = "a check failed";
  if (index < function.manifest().checks_size())
    message = function.manifest().checks(index).message();
  std::string position;
  for (const Ref<Node> &node : segment.nodes) {
    int64_t checks = checksOf(*node);
    if (seen <= index && index < seen + checks)
      position = positionText(node->loc); // of a check in a body, that of its loop
    seen += checks;
  }
  throw Error("AGC0115",
              message + ", got " + std::to_string(failure.value) +
                  " at position " + std::to_string(failure.position),
              position);
}

/// A graph that differs each time compiles each time, which its user may not know:
/// said once in a process.
void countCompiled(const Loc &loc) {
  constexpr int many = 16;
  static bool wasSaid = false;
  static auto *counts = new std::map<std::pair<const char *, uint32_t>, int>;
  if (wasSaid || !loc.line() || ++(*counts)[{loc.file_name(), loc.line()}] < many)
    return;
  wasSaid = true;
  std::fprintf(stderr,
               "agc: %s: what runs here was compiled %d times and goes on being, as its "
               "graph is another one each time (a shape, a number of operations). Pad "
               "to a few shapes; agc::scan and agc::while_loop keep a loop one graph\n",
               positionText(loc).c_str(), many);
}

const CompiledSegment &compileSegment(const Segment &segment,
                                      const std::vector<uint32_t> &updates,
                                      const SplitPlan &plan) {
  std::vector<uint64_t> key = structureOf(segment, updates);
  for (const Value &target : plan.targets)
    key.push_back(target.slot().id);
  key.push_back(get_strict_fp());
  SegmentCache &cache = segmentCache();
  auto found = cache.find(key);
  bool isNew = found == cache.end();
  proto::Module module;
  FunctionSpec spec;
  spec.name = "segment";
  spec.updates = updates;
  CompiledSegment compiled;
  if (isNew && plan)
    compiled.split = divide(segment, plan, spec, module);
  else if (isNew || hooks::segmentHook)
    emit(segment, spec, module);
  if (hooks::segmentHook)
    hooks::segmentHook(module.SerializeAsString(), isNew);
  if (!isNew)
    return found->second;
  CompileOptions options;
  options.function = spec.name;
  options.strict = get_strict_fp();
  {
    GraphUnlock others;
    compiled.executable = findExecutable(module, options);
  }
  ++hooks::counters().compiledSegments;
  // A step's turn runs when the next begins: then its last operation says where.
  bool isKnown = currentLoc().line() || segment.nodes.empty();
  countCompiled(isKnown ? currentLoc() : segment.nodes.back()->loc);
  return cache.emplace(std::move(key), std::move(compiled)).first->second;
}

/// Keeps what the backward of a forward that ran will want.
void leaveResiduals(const Segment &segment, const SplitPlan &plan,
                    const SplitForward &split, std::vector<BufferRef> further) {
  static uint64_t sequence = 0;
  Ref<Residuals> residuals(new Residuals);
  residuals->sequence = ++sequence;
  residuals->body = split.body;
  residuals->sources = plan.sources;
  for (const SplitForward::Place &place : split.places)
    switch (place.kind) {
    case SplitForward::Place::Argument:
      residuals->values.push_back(segment.inputs[place.index]);
      break;
    case SplitForward::Place::Result: // not the value itself, which owns this
      residuals->values.push_back(
          leafValue(place.type, segment.outputs[place.index].slot().buffer));
      break;
    case SplitForward::Place::Further:
      residuals->values.push_back(leafValue(place.type, further[place.index]));
      break;
    }
  for (const Value &target : plan.targets)
    residuals->targets.push_back({target.type(), target.node.get(), target.index});
  for (size_t i = plan.targets.size(); i-- > 0;) {
    plan.targets[i].node->residuals = residuals;
    plan.targets[i].node->targetIndex = uint32_t(i);
  }
}

void execute(const Segment &segment, const std::vector<uint32_t> &updates,
             const SplitPlan &plan) {
  for (const Value &value : segment.inputs)
    if (value.node->op == OpId::Leaf && !value.slot().buffer)
      throw Error("AGC0122",
                  "cannot read a tensor that was made while a function or the body "
                  "of a loop or branch was traced; return it from there",
                  positionText(currentLoc()));
  const CompiledSegment &function = compileSegment(segment, updates, plan);
  std::vector<void *> arguments, results;
  std::vector<BufferRef> buffers, further;
  NumberArgs numbers(segment.inputs.size());
  for (const Value &value : segment.inputs)
    arguments.push_back(value.node->op == OpId::Number
                            ? numbers.add(value)
                            : value.slot().buffer->data());
  for (size_t i = 0; i < segment.outputs.size(); ++i) {
    const Value &value = segment.outputs[i];
    buffers.push_back(updates[i]
                          ? segment.inputs[updates[i] - 1].slot().buffer
                          : allocate(value.type()));
    results.push_back(buffers.back()->data());
  }
  for (TypeRef type : function.split.further) {
    further.push_back(allocate(type));
    results.push_back(further.back()->data());
  }
  if (looksForNan()) {
    proto::Module module;
    FunctionSpec spec;
    spec.name = "segment";
    emit(segment, spec, module);
    expectNoNan(module, arguments);
  }
  agc_failure failure{};
  ++hooks::counters().executions;
  int32_t status;
  {
    GraphUnlock others;
    status = function.executable->run(arguments.data(), results.data(), failure);
  }
  if (status)
    failCheck(segment, *function.executable, status, failure);
  for (size_t i = 0; i < segment.outputs.size(); ++i)
    segment.outputs[i].slot().buffer = std::move(buffers[i]);
  if (plan)
    leaveResiduals(segment, plan, function.split, std::move(further));
}

/// Puts back what storages had before a segment that failed: a bad label leaves
/// the weights as they were.
void undoWrites(Recorder &r, uint64_t limit) {
  for (WriteRecord &record : r.writes) {
    Storage *storage = record.storage;
    if (!storage || storage->value.slot().buffer ||
        storage->value.node->sequence > limit)
      continue;
    storage->setValue(record.before);
    ++storage->version;
  }
}

/// Drops what ran from the recorder's lists, after a success or a failure.
void forget(Recorder &r, uint64_t limit) {
  // What is recorded while something runs comes last.
  while (Node *node = r.pending.first()) {
    if (node->sequence > limit)
      break;
    r.pending.remove(*node);
  }
  std::vector<WriteRecord> open;
  for (WriteRecord &record : r.writes) {
    Storage *storage = record.storage;
    if (!storage)
      continue;
    if (!storage->value.slot().buffer && storage->value.node->pending()) {
      storage->writeIndex = uint32_t(open.size());
      open.push_back(std::move(record));
    } else {
      storage->writer = nullptr;
    }
  }
  r.writes = std::move(open);
  r.freedEarlier.clear();
}

} // namespace

void run(std::span<const Value> wanted, uint64_t limit) {
  GraphLock lock;
  Recorder &r = recorder();
  refuseInBody("read a tensor's value: it is traced once, for all values");
  if (r.capture)
    failAt("AGC0120",
           "a function that compile or train_step traces cannot read a tensor's value: it has "
           "none yet",
           currentLoc());
  std::vector<Value> outputs;
  uint32_t mark = nextMark();
  auto add = [&](Node *node, uint32_t index) {
    ResultSlot &slot = node->results()[index];
    if (slot.buffer || node->op == OpId::Number)
      return;
    outputs.push_back({Ref<Node>(node), index});
  };
  for (Node *node = r.pending.first(); node; node = node->next)
    if (node->sequence <= limit) {
      node->mark = mark;
      for (uint32_t i = 0; i < node->numResults; ++i)
        if (node->results()[i].handles > 0)
          add(node, i);
    }
  for (const Value &value : wanted)
    if (value.slot().handles == 0 || value.node->mark != mark)
      add(value.node.get(), value.index);
  // What later nodes take from here, they take as a value.
  if (limit != ~uint64_t(0)) {
    uint32_t taken = nextMark();
    for (Node *node = r.pending.first(); node; node = node->next)
      for (uint32_t i = 0; node->sequence > limit && i < node->numOperands; ++i) {
        const Value &operand = node->operands()[i];
        if (operand.node->pending() && operand.node->sequence <= limit &&
            operand.slot().handles == 0 && operand.slot().id != taken) {
          operand.slot().id = taken;
          add(operand.node.get(), operand.index);
        }
      }
  }

  ReleasePlan releases(r, limit);
  if (!outputs.empty()) {
    Segment segment = collect(std::move(outputs));
    SplitPlan plan = planSplit(segment);
    std::vector<uint32_t> updates(segment.outputs.size(), 0);
    for (const WriteRecord &record : r.writes) {
      if (!record.storage || record.storage->escaped)
        continue;
      const Value &before = record.before, &after = record.storage->value;
      uint32_t input = before.slot().id, output = 0;
      bool isInput = input < segment.inputs.size() &&
                     segment.inputs[input].node.get() == before.node.get();
      while (output < segment.outputs.size() &&
             !(segment.outputs[output].node.get() == after.node.get() &&
               segment.outputs[output].index == after.index))
        ++output;
      // Held by the record and the segment's list of inputs besides.
      // A forward's arguments may be residuals: they stay.
      if (!plan && isInput && output < segment.outputs.size() && !updates[output] &&
          before.type() == after.type() &&
          ReleasePlan::unheld(*before.node, 2) &&
          before.slot().buffer.use_count() == 1)
        updates[output] = input + 1;
    }
    try {
      execute(segment, updates, plan);
    } catch (...) {
      undoWrites(r, limit);
      forget(r, limit);
      throw;
    }
  }
  releases.apply();
  forget(r, limit);
}

} // namespace detail
} // namespace agc
