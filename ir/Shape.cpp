//===- Shape.cpp - Ops that create and rearrange tensors -------------------===//
#include "ir/Dialect.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;

namespace agc::ir {

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

static LogicalResult verifySameElement(Operation *op, Value x, Value z) {
  if (getElementTypeOrSelf(x) == getElementTypeOrSelf(z))
    return success();
  return op->emitOpError("expects operand and result of one dtype, got ")
         << x.getType() << " and " << z.getType();
}

static LogicalResult verifyShape(Operation *op, ArrayRef<int64_t> expected,
                                 Value result, StringRef code) {
  if (expected == shapeOf(result))
    return success();
  return op->emitOpError() << code << ": expects a result of shape ["
                           << expected << "], got [" << shapeOf(result) << "]";
}

/// Increasing indices of dimensions of a tensor of this rank.
static LogicalResult verifyDimensions(Operation *op,
                                      ArrayRef<int64_t> dimensions,
                                      int64_t rank) {
  int64_t last = -1;
  for (int64_t d : dimensions) {
    if (d <= last || d >= rank)
      return op->emitOpError("C1: dimensions [")
             << dimensions << "] are not increasing indices below " << rank;
    last = d;
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

LogicalResult ConstantOp::verify() {
  if (bool(getValue()) == bool(getData()))
    return emitOpError("C1: expects either `value` or `data`");
  auto type = cast<RankedTensorType>(getType());
  if (getData() && getData()->getShapedType() != signless(type))
    return emitOpError("C1: data of type ")
           << getData()->getShapedType() << " for a result of type " << type;
  if (!getValue())
    return success();
  bool isFloat = isa<FloatType>(type.getElementType());
  if (isFloat ? !isa<FloatAttr>(*getValue()) : !isa<IntegerAttr>(*getValue()))
    return emitOpError("C1: value ") << *getValue() << " does not fit " << type;
  return success();
}

DenseElementsAttr ConstantOp::getElements() {
  if (getData())
    return cast<DenseElementsAttr>(*getData());
  RankedTensorType type = signless(getType());
  Type element = type.getElementType();
  if (auto number = dyn_cast<FloatAttr>(*getValue())) {
    APFloat exact = number.getValue();
    bool losesInfo;
    exact.convert(cast<FloatType>(element).getFloatSemantics(),
                  APFloat::rmNearestTiesToEven, &losesInfo);
    return DenseElementsAttr::get(type, exact);
  }
  APInt bits = cast<IntegerAttr>(*getValue()).getValue();
  return DenseElementsAttr::get(
      type, bits.sextOrTrunc(element.getIntOrFloatBitWidth()));
}

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getElements(); }

LogicalResult IotaOp::verify() {
  if (getDimension() >= uint64_t(getType().getRank()))
    return emitOpError("C1: dimension ") << getDimension() << " of " << getType();
  return success();
}

LogicalResult RandomUniformOp::verify() {
  if (shapeOf(getState()) != ArrayRef<int64_t>{2})
    return emitOpError("C1: expects a state of shape [2], got [")
           << shapeOf(getState()) << "]";
  if (getPrecision() < 1 || getPrecision() > 53)
    return emitOpError("C2: ") << getPrecision() << " bits of precision";
  return success();
}

//===----------------------------------------------------------------------===//
// Rearranging
//===----------------------------------------------------------------------===//

LogicalResult BroadcastOp::verify() {
  ArrayRef<int64_t> from = shapeOf(getX()), to = shapeOf(getZ());
  if (failed(verifySameElement(*this, getX(), getZ())) ||
      failed(verifyDimensions(*this, getDimensions(), to.size())))
    return failure();
  if (getDimensions().size() != from.size())
    return emitOpError("C1: expects ")
           << from.size() << " dimensions, got " << getDimensions().size();
  for (auto [d, size] : llvm::zip_equal(getDimensions(), from))
    if (to[d] != size)
      return emitOpError("C2: size ") << size << " becomes " << to[d]
                                      << " in dimension " << d;
  return success();
}

OpFoldResult BroadcastOp::fold(FoldAdaptor) {
  return getX().getType() == getType() ? getX() : nullptr;
}

void BroadcastOp::buildVjp(GradientBuilder &g, ValueRange cotangents,
                           MutableArrayRef<Value> operandCotangents) {
  SmallVector<int64_t> added;
  for (int64_t d = 0, rank = getType().getRank(); d < rank; ++d)
    if (!llvm::is_contained(getDimensions(), d))
      added.push_back(d);
  operandCotangents[0] =
      g.create<ReduceSumOp>(getX().getType(), cotangents[0], added);
}

LogicalResult ReshapeOp::verify() {
  if (failed(verifySameElement(*this, getX(), getZ())))
    return failure();
  if (cast<ShapedType>(getX().getType()).getNumElements() !=
      getType().getNumElements())
    return emitOpError("C1: ") << getX().getType() << " has not as many elements as "
                               << getType();
  return success();
}

OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  if (getX().getType() == getType())
    return getX();
  if (auto inner = getX().getDefiningOp<ReshapeOp>()) {
    setOperand(inner.getX());
    return getResult();
  }
  return nullptr;
}

void ReshapeOp::buildVjp(GradientBuilder &g, ValueRange cotangents,
                         MutableArrayRef<Value> operandCotangents) {
  operandCotangents[0] = g.create<ReshapeOp>(getX().getType(), cotangents[0]);
}

LogicalResult TransposeOp::verify() {
  ArrayRef<int64_t> from = shapeOf(getX()), permutation = getPermutation();
  if (failed(verifySameElement(*this, getX(), getZ())))
    return failure();
  if (permutation.size() != from.size() || !isPermutationVector(permutation))
    return emitOpError("C1: [") << permutation << "] is no permutation of "
                                << from.size() << " dimensions";
  return verifyShape(*this, applyPermutation(from, permutation), getZ(), "C2");
}

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  if (isIdentityPermutation(getPermutation()))
    return getX();
  if (auto inner = getX().getDefiningOp<TransposeOp>()) {
    // Dimension d is inner's p[d], which is x's q[p[d]].
    auto composed = applyPermutation(inner.getPermutation(), getPermutation());
    setPermutation(composed);
    setOperand(inner.getX());
    return getResult();
  }
  return nullptr;
}

void TransposeOp::buildVjp(GradientBuilder &g, ValueRange cotangents,
                           MutableArrayRef<Value> operandCotangents) {
  operandCotangents[0] = g.create<TransposeOp>(
      getX().getType(), cotangents[0],
      invertPermutationVector(getPermutation()));
}

LogicalResult SliceOp::verify() {
  ArrayRef<int64_t> from = shapeOf(getX());
  if (failed(verifySameElement(*this, getX(), getZ())))
    return failure();
  size_t rank = from.size();
  if (getStarts().size() != rank || getLimits().size() != rank ||
      getStrides().size() != rank)
    return emitOpError("C1: expects ")
           << rank << " starts, limits and strides, got " << getStarts().size()
           << ", " << getLimits().size() << " and " << getStrides().size();
  SmallVector<int64_t> shape;
  for (size_t d = 0; d < rank; ++d) {
    int64_t start = getStarts()[d], limit = getLimits()[d], stride = getStrides()[d];
    if (start < 0 || start > limit || limit > from[d] || stride < 1)
      return emitOpError("C1: ") << start << ":" << limit << ":" << stride
                                 << " in a dimension of size " << from[d];
    shape.push_back(limit == start ? 0 : (limit - start - 1) / stride + 1);
  }
  return verifyShape(*this, shape, getZ(), "C2");
}

/// All of x.
OpFoldResult SliceOp::fold(FoldAdaptor) {
  return getX().getType() == getType() ? getX() : Value();
}

void SliceOp::buildVjp(GradientBuilder &g, ValueRange cotangents,
                       MutableArrayRef<Value> operandCotangents) {
  // What the slice left out, before, after and between, gets zero.
  SmallVector<int64_t> high, interior;
  for (auto [start, stride, size, picked] :
       llvm::zip_equal(getStarts(), getStrides(), shapeOf(getX()), shapeOf(getZ()))) {
    interior.push_back(picked > 1 ? stride - 1 : 0);
    high.push_back(size - start - picked -
                   std::max<int64_t>(picked - 1, 0) * interior.back());
  }
  operandCotangents[0] =
      g.create<PadOp>(getX().getType(), cotangents[0], getStarts(), high,
                      interior, APFloat(0.0));
}

LogicalResult PadOp::verify() {
  ArrayRef<int64_t> from = shapeOf(getX());
  if (failed(verifySameElement(*this, getX(), getZ())))
    return failure();
  size_t rank = from.size();
  if (getLow().size() != rank || getHigh().size() != rank ||
      getInterior().size() != rank)
    return emitOpError("C1: expects ")
           << rank << " entries of low, high, interior, got " << getLow().size()
           << ", " << getHigh().size() << " and " << getInterior().size();
  SmallVector<int64_t> shape;
  for (size_t d = 0; d < rank; ++d) {
    int64_t low = getLow()[d], high = getHigh()[d], interior = getInterior()[d];
    if (low < 0 || high < 0 || interior < 0)
      return emitOpError("C1: padding must not be negative, got ")
             << low << ", " << high << " and " << interior;
    __int128 size = __int128(low) + high + from[d] +
                    __int128(std::max<int64_t>(from[d] - 1, 0)) * interior;
    if (size > (int64_t(1) << 62))
      return emitOpError("C2: padded size overflows with ")
             << low << ", " << high << " and " << interior << " for " << from[d];
    shape.push_back(int64_t(size));
  }
  return verifyShape(*this, shape, getZ(), "C2");
}

void PadOp::buildVjp(GradientBuilder &g, ValueRange cotangents,
                     MutableArrayRef<Value> operandCotangents) {
  SmallVector<int64_t> limits, strides;
  for (auto [low, interior, size] :
       llvm::zip_equal(getLow(), getInterior(), shapeOf(getX()))) {
    strides.push_back(interior + 1);
    limits.push_back(size == 0 ? low : low + (size - 1) * (interior + 1) + 1);
  }
  operandCotangents[0] = g.create<SliceOp>(getX().getType(), cotangents[0],
                                           getLow(), limits, strides);
}

LogicalResult ReverseOp::verify() {
  if (getX().getType() != getType())
    return emitOpError("C2: expects a result of type ") << getX().getType();
  return verifyDimensions(*this, getDimensions(), getType().getRank());
}

void ReverseOp::buildVjp(GradientBuilder &g, ValueRange cotangents,
                         MutableArrayRef<Value> operandCotangents) {
  operandCotangents[0] = g.create<ReverseOp>(getX().getType(), cotangents[0],
                                             getDimensions());
}

LogicalResult ConcatOp::verify() {
  if (getXs().empty())
    return emitOpError("C1: expects at least one operand");
  int64_t dimension = getDimension();
  SmallVector<int64_t> shape(shapeOf(getXs().front()));
  if (dimension < 0 || dimension >= int64_t(shape.size()))
    return emitOpError("C1: dimension ") << dimension << " of rank " << shape.size();
  __int128 total = 0;
  for (Value x : getXs()) {
    if (failed(verifySameElement(*this, x, getZ())))
      return failure();
    SmallVector<int64_t> other(shapeOf(x));
    if (other.size() == shape.size()) {
      total += other[dimension];
      other[dimension] = shape[dimension];
    }
    if (other != shape)
      return emitOpError("C1: cannot join ") << x.getType() << " to "
                                             << getXs().front().getType();
  }
  if (total > (int64_t(1) << 62))
    return emitOpError("C2: joined size overflows in dimension ") << dimension;
  shape[dimension] = int64_t(total);
  return verifyShape(*this, shape, getZ(), "C2");
}

void ConcatOp::buildVjp(GradientBuilder &g, ValueRange cotangents,
                        MutableArrayRef<Value> operandCotangents) {
  SmallVector<int64_t> starts(getType().getRank(), 0), strides(starts.size(), 1);
  for (auto [i, x] : llvm::enumerate(getXs())) {
    SmallVector<int64_t> limits(starts);
    for (auto [d, size] : llvm::enumerate(shapeOf(x)))
      limits[d] += size;
    if (g.needs(i))
      operandCotangents[i] =
          g.create<SliceOp>(x.getType(), cotangents[0], starts, limits, strides);
    starts[getDimension()] = limits[getDimension()];
  }
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

static LogicalResult verifyReduction(Operation *op, ArrayRef<int64_t> dimensions,
                                     Value x, Value z) {
  ArrayRef<int64_t> from = shapeOf(x);
  if (failed(verifySameElement(op, x, z)) ||
      failed(verifyDimensions(op, dimensions, from.size())))
    return failure();
  SmallVector<int64_t> shape;
  for (auto [d, size] : llvm::enumerate(from))
    if (!llvm::is_contained(dimensions, int64_t(d)))
      shape.push_back(size);
  return verifyShape(op, shape, z, "C2");
}

/// Brings a reduction's result back to x's shape.
static Value broadcastBack(GradientBuilder &g, Value reduced, Value x,
                           ArrayRef<int64_t> dimensions) {
  SmallVector<int64_t> kept;
  for (int64_t d = 0, rank = shapeOf(x).size(); d < rank; ++d)
    if (!llvm::is_contained(dimensions, d))
      kept.push_back(d);
  auto type = cast<RankedTensorType>(x.getType())
                  .clone(getElementTypeOrSelf(reduced));
  return g.create<BroadcastOp>(type, reduced, kept);
}

LogicalResult ReduceSumOp::verify() {
  return verifyReduction(*this, getDimensions(), getX(), getZ());
}
LogicalResult ReduceMaxOp::verify() {
  return verifyReduction(*this, getDimensions(), getX(), getZ());
}
LogicalResult ReduceMinOp::verify() {
  return verifyReduction(*this, getDimensions(), getX(), getZ());
}

int64_t ReduceSumOp::workPerElement() {
  int64_t terms = 1;
  for (int64_t d : getDimensions())
    terms *= shapeOf(getX())[d];
  return terms;
}

void ReduceSumOp::buildVjp(GradientBuilder &g, ValueRange cotangents,
                           MutableArrayRef<Value> operandCotangents) {
  operandCotangents[0] =
      broadcastBack(g, cotangents[0], getX(), getDimensions());
}

/// Shares the cotangent equally among the elements that attain the extreme; of
/// NaN, among those that are NaN.
static Value shareAmongWinners(GradientBuilder &g, Value x, Value z, Value dz,
                               ArrayRef<int64_t> dimensions) {
  Expr won = g(g.create<OrOp>(
      g.compare(g(x), "eq", g(broadcastBack(g, z, x, dimensions))).value,
      g.compare(g(x), "ne", g(x)).value));
  Expr ones = g.convert(won, x);
  Value count = g.create<ReduceSumOp>(z.getType(), ones.value, dimensions);
  Expr share = g(dz) / g(count);
  return (ones * g(broadcastBack(g, share.value, x, dimensions))).value;
}

void ReduceMaxOp::buildVjp(GradientBuilder &g, ValueRange cotangents,
                           MutableArrayRef<Value> operandCotangents) {
  operandCotangents[0] =
      shareAmongWinners(g, getX(), getZ(), cotangents[0], getDimensions());
}
void ReduceMinOp::buildVjp(GradientBuilder &g, ValueRange cotangents,
                           MutableArrayRef<Value> operandCotangents) {
  operandCotangents[0] =
      shareAmongWinners(g, getX(), getZ(), cotangents[0], getDimensions());
}

LogicalResult ArgmaxOp::verify() {
  SmallVector<int64_t> shape(shapeOf(getX()));
  if (getDimension() >= shape.size() || shape[getDimension()] == 0)
    return emitOpError("C1: dimension ") << getDimension() << " of "
                                         << getX().getType();
  shape.erase(shape.begin() + getDimension());
  return verifyShape(*this, shape, getZ(), "C2");
}

} // namespace agc::ir
