//===- BodyEmitter.cpp - A nest's scalar body, on scalars or vectors -------===//
#include "codegen/cpu/BodyEmitter.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"

using namespace mlir;

namespace agc {

Type storageType(Type element) {
  if (element.isInteger(1))
    return IntegerType::get(element.getContext(), 8);
  if (element.isBF16() || element.isF16())
    return IntegerType::get(element.getContext(), 16);
  return element;
}

/// \p shape with other elements.
static Type withElement(Type shape, Type element) {
  auto vector = dyn_cast<VectorType>(shape);
  return vector ? vector.clone(element) : element;
}

Value fromStorage(ImplicitLocOpBuilder &b, Value stored, Type element) {
  Type type = withElement(stored.getType(), element);
  if (type == stored.getType())
    return stored;
  if (element.isInteger(1))
    return arith::TruncIOp::create(b, type, stored);
  return arith::BitcastOp::create(b, type, stored);
}

Value toStorage(ImplicitLocOpBuilder &b, Value value) {
  Type element = getElementTypeOrSelf(value.getType());
  Type type = withElement(value.getType(), storageType(element));
  if (type == value.getType())
    return value;
  if (element.isInteger(1))
    return arith::ExtUIOp::create(b, type, value);
  return arith::BitcastOp::create(b, type, value);
}

unsigned Machine::lanes(Type element) const {
  unsigned bytes = std::max(1u, element.getIntOrFloatBitWidth() / 8);
  return std::max(1u, vectorBytes / bytes);
}

Type BodyEmitter::typeAt(const Place &place, Type element) {
  return place.lanes == 1 ? element : VectorType::get({place.lanes}, element);
}

Value BodyEmitter::constant(int64_t index) {
  return arith::ConstantIndexOp::create(b, index);
}

Value BodyEmitter::splat(const Place &place, TypedAttr scalar) {
  if (place.lanes == 1)
    return arith::ConstantOp::create(b, scalar);
  auto type = cast<VectorType>(typeAt(place, scalar.getType()));
  return arith::ConstantOp::create(b, DenseElementsAttr::get(type, scalar));
}

Value BodyEmitter::mask(const Place &place) {
  auto type = VectorType::get({place.lanes}, b.getI1Type());
  return vector::ConstantMaskOp::create(b, type, ArrayRef<int64_t>{place.active});
}

Value BodyEmitter::linearIndex(const Access &access, const Place &place) {
  Value sum;
  for (auto [index, stride] : llvm::zip_equal(place.indices, access.strides)) {
    if (!index || stride == 0)
      continue;
    Value term = stride == 1 ? index
                             : arith::MulIOp::create(b, index, constant(stride));
    sum = sum ? arith::AddIOp::create(b, sum, term) : term;
  }
  if (!sum)
    return constant(access.offset);
  return access.offset ? arith::AddIOp::create(b, sum, constant(access.offset))
                       : sum;
}

Value BodyEmitter::load(const Access &access, const Place &place) {
  Value memory = kernel.getArgument(access.argument);
  Type stored = storageType(access.element);
  Value at = linearIndex(access, place);
  int64_t stride = place.lanes == 1 ? 0 : access.strides[place.vectorLoop];
  Value value;
  if (stride == 0) {
    value = memref::LoadOp::create(b, memory, at);
    value = fromStorage(b, value, access.element);
    return place.lanes == 1
               ? value
               : vector::BroadcastOp::create(
                     b, cast<VectorType>(typeAt(place, access.element)), value);
  }
  auto type = cast<VectorType>(typeAt(place, stored));
  if (stride == 1 && !place.isMasked()) {
    value = vector::LoadOp::create(b, type, memory, at);
  } else if (stride == 1) {
    // Ones, since an integer may be a divisor.
    TypedAttr one = isa<FloatType>(stored)
                        ? TypedAttr(b.getFloatAttr(stored, 1))
                        : TypedAttr(b.getIntegerAttr(stored, 1));
    value = vector::MaskedLoadOp::create(b, type, memory, at, mask(place),
                                         splat(place, one));
  } else {
    SmallVector<Value> elements;
    for (int64_t lane = 0; lane < place.lanes; ++lane) {
      if (lane >= place.active) {
        elements.push_back(elements.front());
        continue;
      }
      Value one = arith::AddIOp::create(b, at, constant(lane * stride));
      elements.push_back(memref::LoadOp::create(b, memory, one));
    }
    value = vector::FromElementsOp::create(b, type, elements);
  }
  return fromStorage(b, value, access.element);
}

void BodyEmitter::store(Value value, const Access &access, const Place &place) {
  Value memory = kernel.getArgument(access.argument);
  value = toStorage(b, value);
  Value at = linearIndex(access, place);
  if (place.lanes == 1) {
    memref::StoreOp::create(b, value, memory, at);
    return;
  }
  int64_t stride = access.strides[place.vectorLoop];
  if (stride == 1 && !place.isMasked()) {
    vector::StoreOp::create(b, value, memory, at);
  } else if (stride == 1 && place.active > 1) {
    vector::MaskedStoreOp::create(b, memory, at, mask(place), value);
  } else {
    // One lane too: of a truncated vector, LLVM 22 stores it for AVX-512 in its type
    // before that, over what lies behind.
    for (int64_t lane = 0; lane < place.active; ++lane) {
      Value element = vector::ExtractOp::create(b, value, lane);
      Value one = arith::AddIOp::create(b, at, constant(lane * stride));
      memref::StoreOp::create(b, element, memory, one);
    }
  }
}

Value BodyEmitter::index(unsigned dim, const Place &place) {
  int loop = nest.loopOfIndex[dim];
  Value i = loop < 0 ? Value() : place.indices[loop];
  if (!i)
    i = constant(0);
  if (place.lanes == 1)
    return i;
  auto type = VectorType::get({place.lanes}, b.getIndexType());
  Value result = vector::BroadcastOp::create(b, type, i);
  if (loop >= 0 && unsigned(loop) == place.vectorLoop)
    result = arith::AddIOp::create(b, result, vector::StepOp::create(b, type));
  return result;
}

bool BodyEmitter::varies(Value value, const Place &place) {
  if (place.lanes == 1)
    return false;
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    unsigned i = argument.getArgNumber();
    return i >= nest.inputs.size() || nest.inputs[i].strides[place.vectorLoop];
  }
  if (auto index = value.getDefiningOp<linalg::IndexOp>()) {
    int loop = nest.loopOfIndex[index.getDim()];
    return loop >= 0 && unsigned(loop) == place.vectorLoop;
  }
  return llvm::any_of(value.getDefiningOp()->getOperands(), [&](Value operand) {
    return !isa<RankedTensorType>(operand.getType()) && varies(operand, place);
  });
}

/// One load for all lanes, neighbours at once, or each lane from its own place.
Value BodyEmitter::lookUp(const Lookup &lookup, const Place &place,
                          IRMapping &mapping) {
  const Access &access = lookup.access;
  Value memory = kernel.getArgument(access.argument);
  Type stored = storageType(access.element);
  tensor::ExtractOp op = lookup.op;
  auto indices = op.getIndices();
  bool isUniform = true, isRow = true;
  for (auto [i, stride] : llvm::zip_equal(indices, access.strides)) {
    if (stride == 0 || !varies(i, place))
      continue;
    isRow = isUniform && stride == 1 && i.getDefiningOp<linalg::IndexOp>();
    isUniform = false;
  }
  // The place of the first lane, or those of all.
  bool isSplit = !isUniform && !isRow;
  Type type = isSplit ? typeAt(place, b.getIndexType()) : b.getIndexType();
  auto number = [&](int64_t n) {
    TypedAttr attr = b.getIndexAttr(n);
    return isSplit ? splat(place, attr)
                   : arith::ConstantOp::create(b, attr).getResult();
  };
  Value at = number(access.offset);
  for (auto [i, stride] : llvm::zip_equal(indices, access.strides)) {
    Value index = mapping.lookupOrNull(i);
    if (!index) // A constant from outside the body.
      index = splat(place, i.getDefiningOp<arith::ConstantOp>().getValue());
    if (index.getType() != type)
      index = vector::ExtractOp::create(b, index, 0);
    at = arith::AddIOp::create(
        b, at, arith::MulIOp::create(b, index, number(stride)));
  }
  Value value;
  if (isUniform) {
    value = memref::LoadOp::create(b, memory, at);
    if (place.lanes != 1)
      value = vector::BroadcastOp::create(b, typeAt(place, stored), value);
  } else {
    auto vector = cast<VectorType>(typeAt(place, stored));
    Value fill = splat(place, b.getZeroAttr(stored));
    if (isSplit)
      value = vector::GatherOp::create(b, vector, memory, constant(0), at,
                                       mask(place), fill);
    else if (place.isMasked())
      value = vector::MaskedLoadOp::create(b, vector, memory, at, mask(place), fill);
    else
      value = vector::LoadOp::create(b, vector, memory, at);
  }
  return fromStorage(b, value, access.element);
}

/// An index of a fused op in terms of the loops: a sum of multiples. Operands
/// are the map's dimensions, then its symbols.
Value BodyEmitter::applyMap(AffineExpr expr, unsigned numDims, ValueRange operands,
                            const Place &place) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return operands[dim.getPosition()];
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return operands[numDims + symbol.getPosition()];
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return splat(place, b.getIndexAttr(constant.getValue()));
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Value x = applyMap(binary.getLHS(), numDims, operands, place);
  Value y = applyMap(binary.getRHS(), numDims, operands, place);
  if (binary.getKind() == AffineExprKind::Add)
    return arith::AddIOp::create(b, x, y);
  assert(binary.getKind() == AffineExprKind::Mul && "only linear maps are lowered to");
  return arith::MulIOp::create(b, x, y);
}

/// The same op on vectors: element-wise ops do not mind.
Value BodyEmitter::cloneOp(Operation &op, const Place &place, IRMapping &mapping) {
  if (auto index = dyn_cast<linalg::IndexOp>(op))
    return this->index(index.getDim(), place);
  if (auto constant = dyn_cast<arith::ConstantOp>(op))
    return splat(place, constant.getValue());
  if (auto lookup = dyn_cast<tensor::ExtractOp>(op))
    return lookUp(*llvm::find_if(nest.lookups,
                                 [&](const Lookup &l) { return l.op == lookup; }),
                  place, mapping);
  if (auto apply = dyn_cast<affine::AffineApplyOp>(op)) {
    SmallVector<Value> operands;
    for (Value operand : apply.getMapOperands())
      operands.push_back(mapping.lookup(operand));
    AffineMap map = apply.getAffineMap();
    return applyMap(map.getResult(0), map.getNumDims(), operands, place);
  }
  OperationState state(b.getLoc(), op.getName());
  for (Value operand : op.getOperands()) {
    Value mapped = mapping.lookupOrNull(operand);
    if (!mapped) // A constant from outside the body.
      mapped = splat(place, operand.getDefiningOp<arith::ConstantOp>().getValue());
    state.operands.push_back(mapped);
  }
  state.types.push_back(typeAt(place, op.getResult(0).getType()));
  state.propertiesAttr = op.getPropertiesAsAttribute();
  return b.create(state)->getResult(0);
}

SmallVector<Value> BodyEmitter::body(const Place &place, ValueRange accumulators,
                                     ArrayRef<Value> loaded) {
  IRMapping mapping;
  unsigned numInputs = nest.inputs.size();
  for (auto [i, access] : llvm::enumerate(nest.inputs)) {
    BlockArgument argument = nest.body->getArgument(i);
    if (!argument.use_empty())
      mapping.map(argument, !loaded.empty() && loaded[i] ? loaded[i] : load(access, place));
  }
  for (auto [i, value] : llvm::enumerate(accumulators))
    mapping.map(nest.body->getArgument(numInputs + i), value);
  return cloneBlock(*nest.body, place, mapping);
}

Value BodyEmitter::finish(const Place &place, Value sum) {
  if (!nest.epilogue)
    return sum;
  IRMapping mapping;
  for (auto [i, access] : llvm::enumerate(nest.epilogueInputs)) {
    BlockArgument argument = nest.epilogue->getArgument(i);
    if (i == nest.resultArgument)
      mapping.map(argument, sum);
    else if (!argument.use_empty())
      mapping.map(argument, load(access, place));
  }
  SmallVector<Value> results = cloneBlock(*nest.epilogue, place, mapping);
  for (unsigned i = 1; i < results.size(); ++i)
    store(results[i], nest.outputs[i], place);
  return results.front();
}

SmallVector<Value> BodyEmitter::cloneBlock(Block &block, const Place &place,
                                           IRMapping &mapping) {
  // Loops and what they load and store are of the nest's line, the body's ops each of
  // its own.
  Location loc = b.getLoc();
  for (Operation &op : block.without_terminator()) {
    b.setLoc(isa<UnknownLoc>(op.getLoc()) ? loc : op.getLoc());
    mapping.map(op.getResult(0), cloneOp(op, place, mapping));
  }
  b.setLoc(loc);
  SmallVector<Value> results;
  for (Value result : block.getTerminator()->getOperands()) {
    Value mapped = mapping.lookupOrNull(result);
    if (!mapped)
      mapped = splat(place, result.getDefiningOp<arith::ConstantOp>().getValue());
    results.push_back(mapped);
  }
  return results;
}

} // namespace agc
