//===- Rounding.cpp - How far off rounding may put a program ---------------===//
#include "tests/fuzz/Rounding.h"

#include "tests/fuzz/Graph.h"

#include <cmath>

using namespace mlir;

namespace agc::fuzz {

/// Whether the reference has more digits of a constant than its dtype.
static bool isRounded(ir::ConstantOp constant) {
  auto value = dyn_cast_or_null<FloatAttr>(constant.getValue().value_or(nullptr));
  if (!value)
    return false;
  APFloat number = value.getValue();
  bool losesInfo;
  number.convert(cast<FloatType>(constant.getType().getElementType()).getFloatSemantics(),
                 APFloat::rmNearestTiesToEven, &losesInfo);
  return losesInfo;
}

/// Ops whose results are some of their operands' elements, or exact.
static bool isExact(Operation *op) {
  if (auto constant = dyn_cast<ir::ConstantOp>(op))
    return !isRounded(constant);
  return isa<ir::IotaOp, ir::RandomUniformOp, ir::BroadcastOp, ir::ReshapeOp,
             ir::TransposeOp, ir::SliceOp, ir::PadOp, ir::ReverseOp, ir::ConcatOp,
             ir::ReduceMaxOp, ir::ReduceMinOp, ir::GatherOp, ir::BarrierOp, ir::MaxPoolOp,
             ir::MaxPoolGatherOp, ir::NegOp, ir::AbsOp, ir::SignOp, ir::SelectOp, ir::ReluOp,
             ir::MaximumOp, ir::MinimumOp, ir::StopGradientOp, ir::CondOp, ir::ScanOp>(op);
}

/// Ops that add up elements: what their operands are off counts, however small
/// the sum.
static bool isSum(Operation *op) {
  return isa<ir::ReduceSumOp, ir::EinsumOp, ir::ConvOp, ir::ConvInputGradOp,
             ir::ConvWeightGradOp, ir::ScatterOp, ir::MaxPoolGradOp>(op);
}

/// Elements that an op may add up for one of its results, one by one.
static int64_t numAdded(Operation *op) {
  if (auto scatter = dyn_cast<ir::ScatterOp>(op)) {
    if (scatter.getMode() != "add")
      return 1;
    RankedTensorType index = typeOf(scatter.getIndex());
    int64_t number = index.getNumElements();
    for (int64_t size : index.getShape().take_front(scatter.getBatch()))
      number /= std::max<int64_t>(size, 1);
    return number;
  }
  int64_t number = 1;
  if (auto sum = dyn_cast<ir::ReduceSumOp>(op))
    for (int64_t dimension : sum.getDimensions())
      number *= typeOf(sum.getX()).getDimSize(dimension);
  if (auto product = dyn_cast<ir::EinsumOp>(op)) {
    ir::EinsumTerms terms = ir::parseEinsum(product.getSpec());
    for (auto [letter, size] : llvm::zip_equal(terms.x, typeOf(product.getX()).getShape()))
      if (!terms.z.contains(letter))
        number *= size;
  }
  return number;
}

/// How much more an op may be off than a tree of sums: each of those that are added one by
/// one half a unit, all the same way where they are equal. (What is allowed is 32 units:
/// Check.cpp.)
static double lengthOf(Operation *op) { return std::max(1.0, double(numAdded(op)) / 64); }

/// One unit in the last place of numbers around 1.
static double unitOf(Type element) {
  return element.isF64() ? 0x1p-52 : element.isF32() ? 0x1p-23 : element.isF16() ? 0x1p-10 : 0x1p-7;
}

namespace {

/// Adds to values what rounding might, in one block. There is one number for each
/// place of a shape, made once, between -2 and 2; ops that follow each other take
/// other shares of it, so that what cancels does not cancel this.
class Mover {
public:
  Mover(Block &block, Value amount, Value phase)
      : b(OpBuilder::atBlockBegin(&block)), loc(b.getUnknownLoc()), amount(amount), phase(phase) {}

  /// x + x * share * number, \p times as much; where x is 0, which may be -0, or an
  /// infinity, x.
  Value move(OpBuilder &at, Value x, double times = 1) {
    RankedTensorType type = typeOf(x);
    static constexpr double shares[] = {1, -0.62, 0.81, -0.45, 0.53};
    size_t number = count++ % std::size(shares);
    Value &step = steps[{type, number}];
    if (!step)
      step = converted(mul(numbers(type.getShape()), shares[number] * unitOf(type.getElementType())), type);
    Value far = step;
    if (times != 1)
      far = ir::MulOp::create(
          at, loc, step, ir::ConstantOp::create(at, loc, type, at.getF64FloatAttr(times), nullptr));
    Value moved = ir::AddOp::create(at, loc, x, ir::MulOp::create(at, loc, x, far));
    Value isFixed = ir::CompareOp::create(at, loc, x, ir::AddOp::create(at, loc, x, x), "eq");
    moved = ir::SelectOp::create(at, loc, type, isFixed, x, moved);
    if (!type.getElementType().isF16())
      return moved;
    // The steps of an f16 stop shrinking, and beyond its largest is infinity.
    Value &least = leastSteps[{type, number}], &beyond = stepsBeyond[{type, number}];
    if (!least) {
      least = converted(mul(numbers(type.getShape()), shares[number] * 0x1p-24), type);
      beyond = converted(mul(numbers(type.getShape()), shares[number] * 0x1p1023), type);
    }
    moved = ir::AddOp::create(at, loc, moved, least);
    Value largest = ir::ConstantOp::create(at, loc, type, at.getF64FloatAttr(0x1.ff8p+15), nullptr);
    Value isBeyond = ir::CompareOp::create(at, loc, ir::AbsOp::create(at, loc, x), largest, "gt");
    Value infinity = ir::AddOp::create(at, loc, x, ir::MulOp::create(at, loc, x, beyond));
    infinity = ir::SelectOp::create(at, loc, type, isFixed, x, infinity);
    return ir::SelectOp::create(at, loc, type, isBeyond, infinity, moved);
  }

  /// Whether x and y are equal, or might be.
  Value areEqual(OpBuilder &at, Value x, Value y) {
    RankedTensorType type = typeOf(x);
    Value far = ir::BroadcastOp::create(b, loc, type.clone(b.getF64Type()), amount, ArrayRef<int64_t>());
    far = converted(mul(far, 2 * unitOf(type.getElementType())), type);
    far = ir::MulOp::create(at, loc, ir::AbsOp::create(at, loc, x), far);
    Value low = ir::SubOp::create(at, loc, x, far), high = ir::AddOp::create(at, loc, x, far);
    Value isNear = ir::AndOp::create(at, loc, ir::CompareOp::create(at, loc, low, y, "le"),
                                     ir::CompareOp::create(at, loc, high, y, "ge"));
    // At infinities there is no distance.
    return ir::OrOp::create(at, loc, ir::CompareOp::create(at, loc, x, y, "eq"), isNear);
  }

private:
  OpBuilder b;
  Location loc;
  Value amount, phase;
  size_t count = 0;
  std::map<std::vector<int64_t>, Value> numbersOf;
  struct Less {
    bool operator()(const std::pair<Type, size_t> &p, const std::pair<Type, size_t> &q) const {
      return std::pair(p.first.getAsOpaquePointer(), p.second) <
             std::pair(q.first.getAsOpaquePointer(), q.second);
    }
  };
  std::map<std::pair<Type, size_t>, Value, Less> steps, leastSteps, stepsBeyond;

  Value mul(Value x, double factor) {
    Value constant = ir::ConstantOp::create(b, loc, x.getType(), b.getF64FloatAttr(factor), nullptr);
    return ir::MulOp::create(b, loc, x, constant);
  }
  Value converted(Value x, RankedTensorType type) {
    return x.getType() == type ? x : Value(ir::ConvertOp::create(b, loc, type, x));
  }
  /// amount * (sin(10007 i + phase) + 3 sin(phase)) / 2, in f64: there is no place where that
  /// is next to nothing in every phase, nor does an op's share make up for a sum's before it.
  Value numbers(ArrayRef<int64_t> shape) {
    Value &known = numbersOf[shape.vec()];
    if (known)
      return known;
    auto type = RankedTensorType::get(shape, b.getF64Type());
    RankedTensorType line = type.clone({type.getNumElements()});
    auto spread = [&](Value scalar) -> Value {
      return ir::BroadcastOp::create(b, loc, line, scalar, ArrayRef<int64_t>());
    };
    Value place = mul(ir::IotaOp::create(b, loc, line, 0), 10007), angle = spread(phase);
    Value wave = ir::SinOp::create(b, loc, ir::AddOp::create(b, loc, place, angle));
    // Equal elements are off alike: of their sum that is more.
    wave = ir::AddOp::create(b, loc, mul(wave, 0.5), mul(ir::SinOp::create(b, loc, angle), 1.5));
    Value all = ir::MulOp::create(b, loc, wave, spread(amount));
    return known = ir::ReshapeOp::create(b, loc, type, all);
  }
};

} // namespace

/// Moves all in a block, as its last two arguments say.
static void moveAll(Block &block) {
  OpBuilder b(&context());
  Location loc = b.getUnknownLoc();
  Value amount = block.getArguments().take_back(2)[0], phase = block.getArguments().back();
  Mover mover(block, amount, phase);
  for (Operation &op : llvm::make_early_inc_range(block)) {
    if (op.getNumRegions() > 0)
      op.insertOperands(op.getNumOperands(), {amount, phase});
    for (Region &region : op.getRegions()) {
      region.addArguments({amount.getType(), phase.getType()}, {loc, loc});
      moveAll(region.front());
    }
    if (isSum(&op)) {
      b.setInsertionPoint(&op);
      for (OpOperand &operand : op.getOpOperands())
        if (ir::isFloat(operand.get()))
          operand.set(mover.move(b, operand.get(), lengthOf(&op)));
    }
    auto compare = dyn_cast<ir::CompareOp>(op);
    if (compare && ir::isFloat(compare.getX()) &&
        (compare.getDirection() == "eq" || compare.getDirection() == "ne")) {
      b.setInsertionPoint(&op);
      Value equal = mover.areEqual(b, compare.getX(), compare.getY());
      if (compare.getDirection() == "ne")
        equal = ir::NotOp::create(b, loc, equal);
      compare.replaceAllUsesWith(equal); // It stays: the mover may begin before it.
      continue;
    }
    if (isExact(&op))
      continue;
    b.setInsertionPointAfter(&op);
    for (Value result : op.getResults())
      if (ir::isFloat(result)) {
        SmallVector<OpOperand *> uses;
        for (OpOperand &use : result.getUses())
          uses.push_back(&use);
        Value moved = mover.move(b, result);
        for (OpOperand *use : uses)
          use->set(moved);
      }
  }
}

void addRounding(ModuleOp module) {
  auto scalar = RankedTensorType::get({}, Float64Type::get(&context()));
  for (auto function : module.getOps<func::FuncOp>()) {
    for (int i = 0; i < 2; ++i)
      (void)function.insertArgument(function.getNumArguments(), scalar, nullptr, function.getLoc());
    moveAll(function.getBody().front());
  }
}

} // namespace agc::fuzz
