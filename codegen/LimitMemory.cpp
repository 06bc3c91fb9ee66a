//===- LimitMemory.cpp - Values computed again rather than kept -------------===//
//
// One round: the schedule with its peak; for each buffer that lies through the peak
// unread, what it takes to compute its value again behind it, back to what is alive
// there anyway; the one of least work for the bytes that it frees is changed. A round
// counts if less lies above the limit than before, summed over all kernels: a
// recomputation has a peak of its own.
//
//===----------------------------------------------------------------------===//
#include "codegen/LimitMemory.h"

#include "codegen/MemoryPlan.h"
#include "codegen/Schedule.h"
#include "ir/Dialect.h"
#include "ir/Serialize.h"
#include "passes/Winograd.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace agc {
namespace {

/// What shows the same memory and changes nothing.
bool isPureView(Operation *op) {
  return isa_and_nonnull<tensor::ExtractSliceOp, tensor::CollapseShapeOp, tensor::ExpandShapeOp>(op);
}

/// What reads tensors and makes one, or an image and its moments: it may do so again.
bool isRepeatable(Operation *op) {
  return isa_and_nonnull<winograd::FromPointsOp>(op) ||
         (isa_and_nonnull<linalg::GenericOp, winograd::ToPointsOp>(op) && op->getNumResults() == 1);
}

/// Whether it adds to what another kernel left.
bool continues(Operation *op) {
  auto generic = dyn_cast<linalg::GenericOp>(op);
  return generic &&
         isa_and_nonnull<linalg::GenericOp>(generic.getDpsInitOperand(0)->get().getDefiningOp());
}

/// The value of which this one is a view.
Value viewed(Value value) {
  while (isPureView(value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  return value;
}

/// Views of views, the first ones first.
void addViews(Operation *op, SetVector<Operation *> &views) {
  if (!isPureView(op))
    return;
  addViews(op->getOperand(0).getDefiningOp(), views);
  views.insert(op);
}

/// A schedule for a look: what building one adds to the function is taken back.
class Look {
public:
  Look(func::FuncOp function, bool fuses, int64_t limit)
      : block(function.getBody().front()), last(&*std::prev(block.getTerminator()->getIterator())),
        schedule(function, fuses), limit(limit) {}
  ~Look() {
    while (&*std::prev(block.getTerminator()->getIterator()) != last)
      std::prev(block.getTerminator()->getIterator())->erase();
  }
  LogicalResult build();

  Block &block;
  Operation *last;
  Schedule schedule;
  int64_t limit;
  SmallVector<int64_t> live; // bytes, at each kernel
  SmallVector<SmallVector<int>> touches; // of each buffer, the kernels
  SmallVector<SmallVector<Value>> values; // that lie in each buffer
  DenseMap<Operation *, int> positions;

  int64_t peak() const { return live.empty() ? 0 : *llvm::max_element(live); }
  int peakPosition() const { return int(llvm::max_element(live) - live.begin()); }
  int64_t excess() const {
    int64_t sum = 0;
    for (int64_t bytes : live)
      sum += std::max<int64_t>(0, bytes - limit);
    return sum;
  }
  /// The value of a buffer that one kernel writes, whole and for itself.
  Value soleValue(unsigned buffer) const;
  /// Where the kernel runs that an op is or belongs to; -1: nowhere.
  int positionOf(Operation *op) const;
};

LogicalResult Look::build() {
  if (failed(schedule.build()))
    return failure();
  touches.resize(schedule.buffers.size());
  values.resize(schedule.buffers.size());
  live.resize(schedule.order.size());
  for (auto [position, op] : llvm::enumerate(schedule.order)) {
    positions[op] = position;
    if (OpOperand *fused = schedule.fusedOperand(op))
      positions[fused->get().getDefiningOp()] = position;
    for (unsigned buffer : schedule.buffersOf(op))
      if (touches[buffer].empty() || touches[buffer].back() != int(position))
        touches[buffer].push_back(position);
  }
  for (Operation &op : block)
    for (Value result : op.getResults())
      if (auto view = schedule.views.find(result); view != schedule.views.end())
        values[view->second.buffer].push_back(result);
  for (auto [buffer, kernels] : llvm::enumerate(touches))
    if (!kernels.empty() && schedule.buffers[buffer].kind == Buffer::Workspace)
      for (int i = kernels.front(); i <= kernels.back(); ++i)
        live[i] += placedBytes(schedule.buffers[buffer].bytes());
  return success();
}

Value Look::soleValue(unsigned buffer) const {
  Value sole;
  for (Value value : values[buffer]) {
    Operation *op = value.getDefiningOp();
    if (isPureView(op))
      continue;
    if (sole || !isRepeatable(op) || continues(op) ||
        llvm::any_of(value.getUsers(), [](Operation *user) { return isa<tensor::InsertSliceOp>(user); }))
      return {};
    sole = value;
  }
  return sole;
}

int Look::positionOf(Operation *op) const {
  auto known = positions.find(block.findAncestorOpInBlock(*op));
  return known == positions.end() ? -1 : known->second;
}

/// What to do for one value.
struct Recomputation {
  SmallVector<OpOperand *> uses; // that take the new value
  SetVector<Operation *> ops;    // to be made again, in order
  Operation *before = nullptr;
  double cost = 0, benefit = 0;
};

double work(Operation *op) {
  auto generic = dyn_cast<linalg::GenericOp>(op);
  if (!generic) // A transform: some additions for each number that it reads or makes.
    return 4.0 * double(cast<RankedTensorType>(op->getOperand(0).getType()).getNumElements() +
                        cast<RankedTensorType>(op->getResult(0).getType()).getNumElements());
  double product = std::max<size_t>(1, generic.getBody()->getOperations().size() - 1);
  for (int64_t size : generic.getStaticLoopRanges())
    product *= double(size);
  return product;
}

class Limiter {
public:
  Limiter(func::FuncOp function, bool fuses, int64_t maxBytes)
      : function(function), fuses(fuses), maxBytes(maxBytes), target(maxBytes) {}
  LogicalResult run();

private:
  func::FuncOp function;
  bool fuses;
  int64_t maxBytes, target;

  static constexpr size_t maxOps = 64, maxTries = 12, maxLines = 20;

  std::optional<Recomputation> plan(const Look &look, unsigned buffer, int peak);
  bool addOp(const Look &look, Operation *op, int at, Recomputation &result);
  void collectUses(const Look &look, Value value, int after, Recomputation &result, bool &fails);
  bool tryOne(const Recomputation &recomputation, int64_t excess);
  LogicalResult refuse(const Look &look);
};

/// Uses behind \p after, of the value and of what shows it.
void Limiter::collectUses(const Look &look, Value value, int after, Recomputation &result, bool &fails) {
  for (OpOperand &use : value.getUses()) {
    Operation *user = use.getOwner();
    if (isPureView(user)) {
      collectUses(look, user->getResult(0), after, result, fails);
      continue;
    }
    int position = look.positionOf(user);
    // A copy home of an updated argument is not there when this look is over.
    fails |= position < 0 || look.last->isBeforeInBlock(look.block.findAncestorOpInBlock(*user));
    if (position <= after)
      continue;
    result.uses.push_back(&use);
    Operation *there = look.block.findAncestorOpInBlock(*user);
    if (!result.before || there->isBeforeInBlock(result.before))
      result.before = there;
  }
}

/// Adds an op and those whose results are not there any more at kernel \p at.
bool Limiter::addOp(const Look &look, Operation *op, int at, Recomputation &result) {
  if (result.ops.contains(op))
    return true;
  if (!isRepeatable(op) || result.ops.size() == maxOps)
    return false;
  auto generic = dyn_cast<linalg::GenericOp>(op);
  SmallVector<Value> inputs(generic ? ValueRange(generic.getDpsInputs()) : op->getOperands());
  for (tensor::ExtractOp lookup : lookupsIn(op))
    inputs.push_back(lookup.getTensor());
  for (Value input : inputs) {
    Value base = viewed(input);
    Operation *producer = base.getDefiningOp();
    if (!producer || isa<arith::ConstantOp, tensor::EmptyOp>(producer))
      continue;
    auto view = look.schedule.views.find(base);
    if (view == look.schedule.views.end()) { // a reduction that this op finishes
      if (!addOp(look, producer, at, result))
        return false;
      continue;
    }
    unsigned buffer = view->second.buffer;
    Buffer::Kind kind = look.schedule.buffers[buffer].kind;
    if (kind == Buffer::Argument || kind == Buffer::Constant)
      continue; // Who updates an argument waits for who reads it.
    Value sole = look.soleValue(buffer);
    // Of what is written bit by bit, all must be there, and stay.
    if (!sole)
      for (Value value : look.values[buffer])
        if (look.positionOf(value.getDefiningOp()) > look.positionOf(op))
          return false;
    if (kind == Buffer::Result || look.touches[buffer].back() >= at)
      continue;
    if (sole != base || !addOp(look, producer, at, result))
      return false;
  }
  result.ops.insert(op);
  result.cost += work(op);
  return true;
}

std::optional<Recomputation> Limiter::plan(const Look &look, unsigned buffer, int peak) {
  const SmallVector<int> &kernels = look.touches[buffer];
  if (look.schedule.buffers[buffer].kind != Buffer::Workspace || kernels.empty() || kernels.front() >= peak ||
      kernels.back() <= peak || llvm::is_contained(kernels, peak))
    return std::nullopt;
  Value value = look.soleValue(buffer);
  if (!value)
    return std::nullopt;
  Recomputation result;
  bool fails = false;
  collectUses(look, value, peak, result, fails);
  if (fails || result.uses.empty())
    return std::nullopt;
  int at = look.positionOf(result.before);
  if (!addOp(look, value.getDefiningOp(), at, result))
    return std::nullopt;
  int from = 0;
  for (int kernel : kernels)
    if (kernel < peak)
      from = kernel;
  int64_t bytes = placedBytes(look.schedule.buffers[buffer].bytes());
  for (int i = from + 1; i < at; ++i)
    result.benefit += double(std::clamp<int64_t>(look.live[i] - look.limit, 0, bytes));
  return result;
}

/// Changes the function, and back if that does not help.
bool Limiter::tryOne(const Recomputation &recomputation, int64_t excess) {
  OpBuilder builder(recomputation.before);
  IRMapping again;
  SmallVector<Operation *> made;
  SmallVector<std::pair<OpOperand *, Value>> old;
  SetVector<Operation *> views; // of what is replaced, in order
  auto copy = [&](Operation *op) {
    // Operands that are views of what is made again are so, too.
    std::function<void(Value)> prepare = [&](Value operand) {
      Operation *view = operand.getDefiningOp();
      if (again.contains(operand) || !isPureView(view))
        return;
      prepare(view->getOperand(0));
      if (again.contains(view->getOperand(0)))
        made.push_back(builder.clone(*view, again));
    };
    op->walk([&](Operation *inner) { llvm::for_each(inner->getOperands(), prepare); });
    made.push_back(builder.clone(*op, again));
  };
  for (Operation *op : recomputation.ops)
    copy(op);
  for (OpOperand *use : recomputation.uses) {
    Value value = use->get();
    if (Operation *view = value.getDefiningOp(); isPureView(view)) {
      addViews(view, views);
      if (!again.contains(value))
        copy(view);
    }
    old.push_back({use, value});
    use->set(again.lookup(value));
  }
  bool isBetter;
  {
    Look look(function, fuses, target);
    isBetter = succeeded(look.build()) && look.excess() < excess;
  }
  if (isBetter) { // What nobody reads any more is only made later.
    for (Operation *op : llvm::reverse(views))
      if (op->use_empty())
        op->erase();
    for (Operation *op : llvm::reverse(recomputation.ops))
      if (op->use_empty())
        op->erase();
    return true;
  }
  for (auto [use, value] : old)
    use->set(value);
  for (Operation *op : llvm::reverse(made))
    op->erase();
  return false;
}

/// ` of layer1.0.conv1/conv2d at model.cpp:12`, or of the argument it is made from.
void describe(Value value, llvm::raw_ostream &os) {
  proto::Location location;
  ir::writeLocation(value.getLoc(), location);
  if (!location.scope().empty())
    os << " of " << location.scope();
  if (!location.file().empty())
    os << " at " << location.file() << ':' << location.line();
  Operation *op = value.getDefiningOp();
  if (!location.scope().empty() || !location.file().empty() || !op)
    return;
  for (Value operand : op->getOperands())
    if (auto argument = dyn_cast<BlockArgument>(viewed(operand)))
      if (auto name = cast<func::FuncOp>(argument.getOwner()->getParentOp())
                          .getArgAttrOfType<StringAttr>(argument.getArgNumber(), ir::nameAttr))
        os << " of '" << name.getValue() << "'";
}

LogicalResult Limiter::refuse(const Look &look) {
  int peak = look.peakPosition();
  std::vector<std::pair<int64_t, std::string>> alive;
  for (auto [buffer, kernels] : llvm::enumerate(look.touches)) {
    if (look.schedule.buffers[buffer].kind != Buffer::Workspace || kernels.empty() || kernels.front() > peak ||
        kernels.back() < peak)
      continue;
    int64_t bytes = look.schedule.buffers[buffer].bytes();
    std::string text = std::to_string(bytes) + " bytes";
    llvm::raw_string_ostream os(text);
    if (!look.values[buffer].empty()) {
      Value value = look.values[buffer].front();
      auto type = cast<RankedTensorType>(value.getType());
      os << ", " << type.getElementType() << "[";
      llvm::interleave(type.getShape(), os, "x");
      os << "]";
      describe(value, os);
    }
    alive.push_back({bytes, text});
  }
  llvm::stable_sort(alive, [](auto &a, auto &b) { return a.first > b.first; });
  std::string list;
  for (auto &[bytes, text] : llvm::ArrayRef(alive).take_front(maxLines))
    list += "\n  " + text;
  if (alive.size() > maxLines)
    list += "\n  and " + std::to_string(alive.size() - maxLines) + " smaller";
  return function.emitError() << "'" << function.getName() << "' needs a workspace of "
                              << look.schedule.workspaceBytes << " bytes, and " << maxBytes
                              << " are left for it; what can be computed again is not kept. Alive at the peak:"
                              << list;
}

LogicalResult Limiter::run() {
  while (true) {
    auto look = std::make_unique<Look>(function, fuses, target);
    if (failed(look->build()))
      return failure();
    if (look->schedule.workspaceBytes <= maxBytes)
      return success();
    // What lies between buffers is room that cannot be had: aim lower.
    if (look->peak() <= target) {
      target -= std::max<int64_t>(64, look->schedule.workspaceBytes - maxBytes);
      if (target < 0)
        return refuse(*look);
      continue;
    }
    int peak = look->peakPosition();
    int64_t excess = look->excess();
    std::vector<Recomputation> plans;
    for (unsigned buffer = 0; buffer < look->touches.size(); ++buffer)
      if (std::optional<Recomputation> found = plan(*look, buffer, peak))
        plans.push_back(std::move(*found));
    llvm::stable_sort(plans, [](const Recomputation &a, const Recomputation &b) {
      return a.cost * b.benefit < b.cost * a.benefit;
    });
    bool isBetter = false;
    look.reset(); // it has added to the function
    for (size_t i = 0; i < std::min(plans.size(), maxTries) && !isBetter; ++i)
      isBetter = tryOne(plans[i], excess);
    if (isBetter)
      continue;
    Look last(function, fuses, target);
    return failed(last.build()) ? failure() : refuse(last);
  }
}

} // namespace

LogicalResult limitMemory(func::FuncOp function, bool fuses, int64_t maxBytes) {
  if (function.getBody().front().without_terminator().empty())
    return success();
  return Limiter(function, fuses, maxBytes).run();
}

} // namespace agc
