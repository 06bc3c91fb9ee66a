//===- Differentiate.cpp - Reverse mode over the dialect -------------------===//
//
// Takes: functions with symbolic `agc.gradient` ops.
// Gives: the same without them. No op is named here; each brings its rule.
//
//===----------------------------------------------------------------------===//
#include "passes/Passes.h"

using namespace mlir;
using namespace agc::ir;

namespace agc {
#define GEN_PASS_DEF_DIFFERENTIATEPASS
#include "passes/Passes.h.inc"

namespace {

/// Expands one symbolic gradient.
class ReverseWalk {
public:
  explicit ReverseWalk(GradientOp gradient)
      : gradient(gradient), builder(gradient), inputs(gradient.getInputs()),
        targets(gradient.getTargets()) {}

  LogicalResult run();

private:
  GradientOp gradient;
  OpBuilder builder;
  /// As they were: a rule may put another op in the place of its own.
  SmallVector<Value> inputs, targets;
  /// Values that depend on an input, inputs included.
  DenseSet<Value> active;
  /// Inputs that nothing goes through.
  DenseSet<Value> cuts;
  /// What has arrived at each value so far.
  DenseMap<Value, SmallVector<Value, 2>> contributions;

  /// What a local derivative was for.
  DenseSet<Operation *> visited;

  void findActiveValues();
  LogicalResult visit(Operation *op);
  bool endsIn(Value value, const llvm::SmallSetVector<Operation *, 8> &ops);
  SmallVector<Operation *> wayFromOneValue(Operation *last, Value &from);
  LogicalResult visitLocally(ArrayRef<Operation *> way, Value from);
  Value sumContributions(Value value, Location loc);
};

struct DifferentiatePass : impl::DifferentiatePassBase<DifferentiatePass> {
  void runOnOperation() override {
    takeLastRows(getOperation());
    for (Block &block : getOperation().getBody())
      if (failed(expand(block)))
        return signalPassFailure();
    useKeptValues(getOperation());
  }

  /// In program order: a gradient of a gradient finds the inner one expanded, as
  /// does one that goes through a body the gradients in it.
  static LogicalResult expand(Block &block) {
    for (Operation *op = &block.front(); op;) {
      Operation *before = op->getPrevNode(), *next = op->getNextNode();
      for (Region &region : op->getRegions())
        for (Block &inner : region)
          if (failed(expand(inner)))
            return failure();
      if (auto gradient = dyn_cast<GradientOp>(op)) {
        if (failed(ReverseWalk(gradient).run()))
          return failure();
        next = before ? before->getNextNode() : &block.front();
      }
      op = next;
    }
    return success();
  }
};

} // namespace

/// The location of ops that `op`'s rule builds.
static Location gradientLocation(Operation *op) {
  Location loc = op->getLoc();
  // The backward of a backward still names the op of the forward.
  if (auto fused = dyn_cast<FusedLoc>(loc); fused && fused.getMetadata())
    return loc;
  return FusedLoc::get(
      {loc}, StringAttr::get(op->getContext(), op->getName().getStringRef()),
      op->getContext());
}

void ReverseWalk::findActiveValues() {
  active.insert_range(inputs);
  for (Operation &op :
       llvm::make_range(gradient->getBlock()->begin(), gradient->getIterator()))
    if (llvm::any_of(op.getOperands(),
                     [&](Value operand) { return active.contains(operand); }))
      active.insert_range(op.getResults());
}

Value ReverseWalk::sumContributions(Value value, Location loc) {
  auto found = contributions.find(value);
  if (found == contributions.end())
    return nullptr;
  Value sum = found->second.front();
  for (Value next : llvm::drop_begin(found->second))
    sum = AddOp::create(builder, loc, sum, next);
  found->second.assign(1, sum);
  return sum;
}

LogicalResult ReverseWalk::visit(Operation *op) {
  SmallVector<bool> needed;
  for (Value operand : op->getOperands())
    needed.push_back(active.contains(operand) && isFloat(operand));
  if (!llvm::is_contained(needed, true))
    return success();

  Location loc = gradientLocation(op);
  SmallVector<Value> cotangents;
  for (Value result : op->getResults())
    cotangents.push_back(cuts.contains(result) ? Value()
                                               : sumContributions(result, loc));
  if (llvm::none_of(cotangents, [](Value value) { return bool(value); }))
    return success();

  auto differentiable = dyn_cast<Differentiable>(op);
  if (!differentiable)
    return op->emitOpError("has no gradient; put agc::detach before it, or a "
                           "custom gradient around it [AGC0206]");
  GradientBuilder g(builder, loc, needed);
  SmallVector<Value> operandCotangents(op->getNumOperands());
  differentiable.buildVjp(g, cotangents, operandCotangents);
  for (auto [operand, cotangent, isNeeded] :
       llvm::zip_equal(op->getOperands(), operandCotangents, needed))
    if (isNeeded && cotangent)
      contributions[operand].push_back(cotangent);
  return success();
}

//===----------------------------------------------------------------------===//
// Local derivatives
//
// Where element-wise ops go apart from one value and come together again, as in
// x * sigmoid(x), the derivative of the whole is there before a cotangent is: dx = dy * d,
// and d is of values of the forward alone, which can compute it where it has these.
//===----------------------------------------------------------------------===//

/// Of so many ops at most.
constexpr size_t maxLocalOps = 16;

/// Whether the op is arithmetic of floating-point numbers, element by element.
static bool isArithmetic(Operation *op) {
  return isa_and_nonnull<Scalarizes>(op) && isa<Differentiable>(op) && isFloat(op->getResult(0)) &&
         op->hasTrait<OpTrait::SameOperandsAndResultType>();
}

/// Whether these ops are all that a cotangent of the value comes from.
bool ReverseWalk::endsIn(Value value, const llvm::SmallSetVector<Operation *, 8> &ops) {
  if (contributions.contains(value) || llvm::is_contained(inputs, value))
    return false;
  return llvm::all_of(value.getUsers(), [&](Operation *user) {
    return ops.contains(user) || llvm::none_of(user->getResults(), [&](Value result) {
             return active.contains(result);
           });
  });
}

/// The ops from one value to this one, the last first; none if there are not several ways
/// between them.
SmallVector<Operation *> ReverseWalk::wayFromOneValue(Operation *last, Value &from) {
  if (!isArithmetic(last) || cuts.contains(last->getResult(0)))
    return {};
  llvm::SmallSetVector<Operation *, 8> ops;
  llvm::SmallSetVector<Value, 4> front;
  auto add = [&](Operation *op) {
    ops.insert(op);
    for (Value operand : op->getOperands())
      if (active.contains(operand))
        front.insert(operand);
  };
  add(last);
  if (front.size() < 2)
    return {};
  while (front.size() > 1) {
    // The one that comes last is not where the others come from.
    Operation *latest = nullptr;
    for (Value value : front)
      if (Operation *maker = value.getDefiningOp();
          maker && maker->getBlock() == last->getBlock() &&
          (!latest || latest->isBeforeInBlock(maker)))
        latest = maker;
    if (!isArithmetic(latest) || !endsIn(latest->getResult(0), ops) || ops.size() == maxLocalOps)
      return {};
    front.remove(latest->getResult(0));
    add(latest);
  }
  from = front.front();
  return {ops.begin(), ops.end()};
}

LogicalResult ReverseWalk::visitLocally(ArrayRef<Operation *> way, Value from) {
  Location loc = gradientLocation(way.front());
  Value cotangent = sumContributions(way.front()->getResult(0), loc);
  visited.insert_range(way);
  if (!cotangent)
    return success();
  decltype(contributions) outer;
  std::swap(contributions, outer);
  GradientBuilder g(builder, loc, {});
  contributions[way.front()->getResult(0)].push_back(g.constant(g(cotangent), 1).value);
  for (Operation *op : way)
    if (failed(visit(op)))
      return failure();
  Value derivative = sumContributions(from, loc);
  contributions = std::move(outer);
  if (derivative)
    contributions[from].push_back(MulOp::create(builder, loc, cotangent, derivative));
  return success();
}

LogicalResult ReverseWalk::run() {
  findActiveValues();
  if (gradient.getCut())
    cuts.insert_range(inputs);
  for (auto [target, seed] :
       llvm::zip_equal(targets, gradient.getSeeds()))
    if (active.contains(target))
      contributions[target].push_back(seed);

  SmallVector<Operation *> reversed;
  for (Operation &op :
       llvm::make_range(gradient->getBlock()->begin(), gradient->getIterator()))
    if (llvm::any_of(op.getResults(),
                     [&](Value result) { return active.contains(result); }))
      reversed.push_back(&op);
  for (Operation *op : llvm::reverse(reversed)) {
    if (visited.contains(op))
      continue;
    Value from;
    SmallVector<Operation *> way = wayFromOneValue(op, from);
    if (failed(way.empty() ? visit(op) : visitLocally(way, from)))
      return failure();
  }

  SmallVector<Value> results;
  for (Value input : inputs) {
    Value sum = sumContributions(input, gradient.getLoc());
    if (!sum) {
      GradientBuilder g(builder, gradient.getLoc(), {});
      sum = g.zero(g(input)).value;
    }
    results.push_back(sum);
  }
  gradient.replaceAllUsesWith(results);
  gradient.erase();
  return success();
}

} // namespace agc
