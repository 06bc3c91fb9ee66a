//===- Control.cpp - Branches, loops and recomputation ---------------------===//
#include "ir/BodyBuilder.h"

using namespace mlir;

namespace agc::ir {

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

static LogicalResult verifyTypes(Operation *op, const char *constraint,
                                 const char *what, TypeRange expected,
                                 TypeRange got) {
  if (expected.size() != got.size())
    return op->emitOpError(constraint) << ": expects " << expected.size() << " "
                                       << what << ", got " << got.size();
  for (auto [i, a, b] : llvm::enumerate(expected, got))
    if (a != b)
      return op->emitOpError(constraint) << ": expects " << a << " as number " << i
                                         << " of the " << what << ", got " << b;
  return success();
}

/// A body that takes and gives values of these types.
static LogicalResult verifyBody(Operation *op, Region &region, const char *taken,
                                const char *given, TypeRange arguments,
                                TypeRange results) {
  Block &block = region.front();
  if (failed(verifyTypes(op, taken, "arguments of a body", arguments,
                         block.getArgumentTypes())))
    return failure();
  return verifyTypes(op, given, "values of a body", results,
                     block.getTerminator()->getOperandTypes());
}

void YieldOp::build(OpBuilder &, OperationState &) {}

LogicalResult CondOp::verify() {
  for (Region *region : getRegions())
    if (failed(verifyBody(*this, *region, "C1", "C1", getInputs().getTypes(),
                          getResultTypes())))
      return failure();
  return success();
}

LogicalResult CheckpointOp::verify() {
  return verifyBody(*this, getBody(), "C1", "C1", getInputs().getTypes(),
                    getResultTypes());
}

RankedTensorType rowOf(Type stack) {
  auto type = cast<RankedTensorType>(stack);
  return RankedTensorType::get(type.getShape().drop_front(), type.getElementType());
}

RankedTensorType stackOf(Type row, int64_t trips) {
  auto type = cast<RankedTensorType>(row);
  SmallVector<int64_t> shape{trips};
  llvm::append_range(shape, type.getShape());
  return RankedTensorType::get(shape, type.getElementType());
}

static bool isScalar(Type type, unsigned width) {
  auto tensor = cast<RankedTensorType>(type);
  return tensor.getRank() == 0 && tensor.getElementType().isSignlessInteger(width);
}

LogicalResult ScanOp::verify() {
  auto trips = int64_t(getTrips()), carries = int64_t(getNumCarries()),
       xs = int64_t(getNumXs());
  int64_t operands = getInputs().size(), results = getNumResults();
  if (trips < 0 || carries < 0 || xs < 0 || carries > operands || xs > operands ||
      getLimited() + carries + xs > operands || carries + getStops() > results)
    return emitOpError("C1: ")
           << trips << " trips, " << carries << " carries and " << xs
           << " stacks, but " << operands << " operands and " << results << " results";
  for (Type type : llvm::concat<const Type>(SmallVector<Type>(getXs().getTypes()),
                                            SmallVector<Type>(getYs().getTypes()))) {
    auto stack = cast<RankedTensorType>(type);
    if (stack.getRank() == 0 || stack.getDimSize(0) != trips)
      return emitOpError("C2: expects ") << trips << " rows, got " << stack;
  }
  if ((getStops() && (getLimited() || getReverse())) ||
      (getStops() && (carries == 0 || !isScalar(getInits()[0].getType(), 1) ||
                      !isScalar(getResults().back().getType(), 64))) ||
      (getLimited() && !isScalar(getLimit().getType(), 64)))
    return emitOpError("C5: what stops is a truth value, the first carry, and what "
                       "limits an i64, the first operand; and one alone");
  if (failed(verifyTypes(*this, "C4", "last carries", getInits().getTypes(),
                         getFinals().getTypes())))
    return failure();
  SmallVector<Type> taken(getInits().getTypes()), given(taken);
  for (Type type : getXs().getTypes())
    taken.push_back(rowOf(type));
  llvm::append_range(taken, getConstants().getTypes());
  for (Type type : getYs().getTypes())
    given.push_back(rowOf(type));
  return verifyBody(*this, getBody(), "C3", "C4", taken, given);
}

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

void dropChecks(Region &region) {
  SmallVector<CheckRangeOp> checks;
  region.walk([&](CheckRangeOp check) { checks.push_back(check); });
  for (CheckRangeOp check : checks) {
    check.replaceAllUsesWith(check.getX());
    check.erase();
  }
}

SmallVector<Value> cloneBody(OpBuilder &builder, Block &block,
                                    ValueRange arguments) {
  IRMapping mapping;
  mapping.map(block.getArguments(), arguments);
  for (Operation &op : block.without_terminator()) {
    if (auto check = dyn_cast<CheckRangeOp>(op)) {
      mapping.map(check.getResult(), mapping.lookup(check.getX()));
      continue;
    }
    for (Region &region : builder.clone(op, mapping)->getRegions())
      dropChecks(region);
  }
  SmallVector<Value> results;
  for (Value value : block.getTerminator()->getOperands())
    results.push_back(mapping.lookup(value));
  return results;
}

Value zeroOf(OpBuilder &builder, Location loc, Type type) {
  Type element = getElementTypeOrSelf(type);
  Attribute zero = isa<FloatType>(element) ? Attribute(builder.getF64FloatAttr(0))
                                           : builder.getI64IntegerAttr(0);
  return ConstantOp::create(builder, loc, type, zero, nullptr);
}

SmallVector<Value> gradientsOf(OpBuilder &builder, Location loc,
                                      ValueRange targets, ValueRange seeds,
                                      ValueRange inputs) {
  SmallVector<Value> results;
  if (inputs.empty())
    return results;
  if (targets.empty()) {
    for (Value input : inputs)
      results.push_back(zeroOf(builder, loc, input.getType()));
    return results;
  }
  SmallVector<Value> operands(targets);
  llvm::append_range(operands, seeds);
  llvm::append_range(operands, inputs);
  auto op = GradientOp::create(builder, loc, inputs.getTypes(), operands,
                               int64_t(targets.size()), false);
  llvm::append_range(results, op.getResults());
  return results;
}

Block *startBody(OpBuilder &builder, Region &region, TypeRange types,
                        Location loc) {
  SmallVector<Location> locs(types.size(), loc);
  return builder.createBlock(&region, region.end(), types, locs);
}

void CondOp::buildVjp(GradientBuilder &g, ValueRange cotangents,
                      MutableArrayRef<Value> operandCotangents) {
  SmallVector<Value> inputs(getInputs());
  SmallVector<unsigned> seeded, needed;
  for (auto [i, cotangent] : llvm::enumerate(cotangents))
    if (cotangent) {
      seeded.push_back(i);
      inputs.push_back(cotangent);
    }
  SmallVector<Type> results;
  for (unsigned i = 0; i < getInputs().size(); ++i)
    if (g.needs(i + 1)) {
      needed.push_back(i);
      results.push_back(getInputs()[i].getType());
    }
  auto cond = CondOp::create(g.builder, g.loc, results, getPredicate(), inputs);
  OpBuilder::InsertionGuard guard(g.builder);
  for (auto [from, to] : llvm::zip_equal(getRegions(), cond.getRegions())) {
    Block *block = startBody(g.builder, *to, ValueRange(inputs).getTypes(), g.loc);
    ValueRange arguments = block->getArguments();
    SmallVector<Value> values = cloneBody(
        g.builder, from->front(), arguments.take_front(getInputs().size()));
    SmallVector<Value> targets, wanted;
    for (unsigned i : seeded)
      targets.push_back(values[i]);
    for (unsigned i : needed)
      wanted.push_back(arguments[i]);
    YieldOp::create(g.builder, g.loc,
                    gradientsOf(g.builder, g.loc, targets,
                                arguments.drop_front(getInputs().size()), wanted));
  }
  for (auto [i, result] : llvm::zip_equal(needed, cond.getResults()))
    operandCotangents[i + 1] = result;
}

void CheckpointOp::buildVjp(GradientBuilder &g, ValueRange cotangents,
                            MutableArrayRef<Value> operandCotangents) {
  SmallVector<Value> seeds, targets, inputs, wanted;
  for (Value cotangent : cotangents)
    if (cotangent)
      seeds.push_back(cotangent);
  for (Value input : getInputs())
    inputs.push_back(
        BarrierOp::create(g.builder, g.loc, input.getType(), input, seeds.front()));
  SmallVector<Value> values = cloneBody(g.builder, getBody().front(), inputs);
  for (auto [value, cotangent] : llvm::zip_equal(values, cotangents))
    if (cotangent)
      targets.push_back(value);
  for (auto [i, input] : llvm::enumerate(inputs))
    if (g.needs(i))
      wanted.push_back(input);
  SmallVector<Value> gradients = gradientsOf(g.builder, g.loc, targets, seeds, wanted);
  unsigned next = 0;
  for (unsigned i = 0; i < inputs.size(); ++i)
    if (g.needs(i))
      operandCotangents[i] = gradients[next++];
}

} // namespace agc::ir
