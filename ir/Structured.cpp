//===- Structured.cpp - Products, convolutions, pooling, gradients ---------===//
#include "ir/Dialect.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace agc::ir {

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

//===----------------------------------------------------------------------===//
// Einsum
//===----------------------------------------------------------------------===//

EinsumTerms parseEinsum(StringRef spec) {
  auto [operands, z] = spec.split("->");
  auto [x, y] = operands.split(',');
  return {x, y, z};
}

void EinsumOp::build(OpBuilder &builder, OperationState &state, Type z, Value x,
                     Value y, StringRef spec) {
  build(builder, state, z, x, y, builder.getStringAttr(spec));
}

LogicalResult EinsumOp::verify() {
  EinsumTerms terms = parseEinsum(getSpec());
  llvm::SmallDenseMap<char, int64_t> sizes;
  for (auto [term, value] :
       {std::pair(terms.x, Value(getX())), {terms.y, getY()}, {terms.z, getZ()}}) {
    if (getElementTypeOrSelf(value) != getElementTypeOrSelf(getZ()))
      return emitOpError("expects operands and result of one dtype, got ")
             << value.getType() << " and " << getZ().getType();
    if (term.size() != shapeOf(value).size())
      return emitOpError("C1: term '") << term << "' of '" << getSpec()
                                       << "' for " << value.getType();
    for (auto [letter, size] : llvm::zip_equal(term, shapeOf(value))) {
      if (!llvm::isAlpha(letter) || term.count(letter) != 1)
        return emitOpError("C1: term '") << term << "' of '" << getSpec() << "'";
      if (sizes.try_emplace(letter, size).first->second != size)
        return emitOpError("C2: '") << letter << "' of '" << getSpec() << "' is "
                                    << sizes[letter] << " and " << size;
    }
  }
  for (auto [letter, size] : sizes) {
    bool inX = terms.x.contains(letter), inY = terms.y.contains(letter);
    if (terms.z.contains(letter) ? !inX && !inY : !inX || !inY)
      return emitOpError("C3: letter '") << letter << "' of '" << getSpec() << "'";
  }
  return success();
}

int64_t EinsumOp::workPerElement() {
  auto [x, y, z] = parseEinsum(getSpec());
  int64_t terms = 1;
  for (auto [letter, size] : llvm::zip_equal(x, shapeOf(getX())))
    terms *= z.contains(letter) ? 1 : size;
  return terms;
}

void EinsumOp::buildVjp(GradientBuilder &g, ValueRange cotangents,
                        MutableArrayRef<Value> operandCotangents) {
  auto [x, y, z] = parseEinsum(getSpec());
  if (g.needs(0))
    operandCotangents[0] =
        g.create<EinsumOp>(getX().getType(), cotangents[0], getY(),
                           (z + "," + y + "->" + x).str());
  if (g.needs(1))
    operandCotangents[1] =
        g.create<EinsumOp>(getY().getType(), cotangents[0], getX(),
                           (z + "," + x + "->" + y).str());
}

//===----------------------------------------------------------------------===//
// Convolution
//===----------------------------------------------------------------------===//

/// Checks the attributes against x [N, C, …], w [O, C / groups, …], y.
template <typename Op>
static LogicalResult verifyConvolution(Op op, Value x, Value w, Value y) {
  ArrayRef<int64_t> xs = shapeOf(x), ws = shapeOf(w), ys = shapeOf(y);
  for (Value value : {w, y})
    if (getElementTypeOrSelf(x) != getElementTypeOrSelf(value))
      return op.emitOpError("expects x, w and y of one dtype, got ")
             << x.getType() << " and " << value.getType();
  if (xs.size() < 3 || ws.size() != xs.size() || ys.size() != xs.size())
    return op.emitOpError("expects x, w and y of one rank, at least 3, got ")
           << x.getType() << ", " << w.getType() << " and " << y.getType();
  size_t spatial = xs.size() - 2;
  for (ArrayRef<int64_t> attribute :
       {op.getStrides(), op.getLow(), op.getHigh(), op.getDilation()})
    if (attribute.size() != spatial)
      return op.emitOpError("C1: expects ") << spatial << " entries, got ["
                                            << attribute << "]";
  int64_t groups = op.getGroups();
  if (groups < 1 || xs[1] % groups || ws[0] % groups || ws[1] != xs[1] / groups)
    return op.emitOpError("C2: ")
           << groups << " groups of " << xs[1] << " channels with weights ["
           << ws << "]";
  SmallVector<int64_t> expected = {xs[0], ws[0]};
  for (size_t d = 0; d < spatial; ++d) {
    int64_t stride = op.getStrides()[d], dilation = op.getDilation()[d];
    int64_t low = op.getLow()[d], high = op.getHigh()[d];
    if (stride < 1 || dilation < 1 || low < 0 || high < 0)
      return op.emitOpError("C1: strides and dilation must be positive, "
                            "padding not negative, got ")
             << stride << ", " << dilation << ", " << low << " and " << high;
    __int128 room = __int128(xs[d + 2]) + low + high -
                    __int128(dilation) * (ws[d + 2] - 1) - 1;
    if (ws[d + 2] < 1 || room < 0)
      return op.emitOpError("C3: the kernel [") << ws << "] does not fit in ["
                                                << xs << "]";
    if (room > (int64_t(1) << 62))
      return op.emitOpError("C3: size overflows with padding ")
             << low << " and " << high;
    expected.push_back(int64_t(room / stride) + 1);
  }
  if (ArrayRef(expected) != ys)
    return op.emitOpError("C3: expects an output of shape [")
           << expected << "], got [" << ys << "]";
  return success();
}

LogicalResult ConvOp::verify() {
  return verifyConvolution(*this, getX(), getW(), getY());
}
LogicalResult ConvInputGradOp::verify() {
  return verifyConvolution(*this, getDx(), getW(), getDy());
}
LogicalResult ConvWeightGradOp::verify() {
  return verifyConvolution(*this, getX(), getDw(), getDy());
}

template <typename Built, typename Op>
static Value convolve(GradientBuilder &g, Op op, Value like, Value a, Value b) {
  return g.create<Built>(like.getType(), a, b, op.getStrides(), op.getLow(),
                         op.getHigh(), op.getDilation(), op.getGroups());
}

int64_t ConvOp::workPerElement() {
  auto w = cast<RankedTensorType>(getW().getType());
  return w.getNumElements() / std::max<int64_t>(1, w.getDimSize(0));
}

void ConvOp::buildVjp(GradientBuilder &g, ValueRange cotangents,
                      MutableArrayRef<Value> operandCotangents) {
  Value dy = cotangents[0];
  if (g.needs(0))
    operandCotangents[0] = convolve<ConvInputGradOp>(g, *this, getX(), dy, getW());
  if (g.needs(1))
    operandCotangents[1] = convolve<ConvWeightGradOp>(g, *this, getW(), getX(), dy);
}
void ConvInputGradOp::buildVjp(GradientBuilder &g, ValueRange cotangents,
                               MutableArrayRef<Value> operandCotangents) {
  Value ddx = cotangents[0];
  if (g.needs(0))
    operandCotangents[0] = convolve<ConvOp>(g, *this, getDy(), ddx, getW());
  if (g.needs(1))
    operandCotangents[1] = convolve<ConvWeightGradOp>(g, *this, getW(), ddx, getDy());
}
void ConvWeightGradOp::buildVjp(GradientBuilder &g, ValueRange cotangents,
                                MutableArrayRef<Value> operandCotangents) {
  Value ddw = cotangents[0];
  if (g.needs(0))
    operandCotangents[0] = convolve<ConvInputGradOp>(g, *this, getX(), getDy(), ddw);
  if (g.needs(1))
    operandCotangents[1] = convolve<ConvOp>(g, *this, getDy(), getX(), ddw);
}

//===----------------------------------------------------------------------===//
// Pooling
//===----------------------------------------------------------------------===//

template <typename Op>
static LogicalResult verifyPooling(Op op, Value x, Value y, Value index) {
  ArrayRef<int64_t> xs = shapeOf(x);
  if (xs.size() < 3)
    return op.emitOpError("expects x of rank 3 or more, got ") << x.getType();
  if (getElementTypeOrSelf(x) != getElementTypeOrSelf(y))
    return op.emitOpError("expects x and y of one dtype, got ")
           << x.getType() << " and " << y.getType();
  size_t spatial = xs.size() - 2;
  for (ArrayRef<int64_t> attribute :
       {op.getWindow(), op.getStrides(), op.getLow(), op.getHigh()})
    if (attribute.size() != spatial)
      return op.emitOpError("C1: expects ") << spatial << " entries, got ["
                                            << attribute << "]";
  SmallVector<int64_t> expected = {xs[0], xs[1]};
  for (size_t d = 0; d < spatial; ++d) {
    int64_t window = op.getWindow()[d], stride = op.getStrides()[d];
    int64_t low = op.getLow()[d], high = op.getHigh()[d];
    if (window < 1 || stride < 1 || low < 0 || high < 0 || low >= window ||
        high >= window)
      return op.emitOpError("C1: window and strides must be positive, padding "
                            "not negative and less than the window");
    __int128 room = __int128(xs[d + 2]) + low + high - window;
    if (room < 0)
      return op.emitOpError("C2: window ") << window << " does not fit in size "
                                           << xs[d + 2];
    if (room > (int64_t(1) << 62))
      return op.emitOpError("C2: size overflows with padding ")
             << low << " and " << high;
    expected.push_back(int64_t(room / stride) + 1);
  }
  for (Value result : {y, index})
    if (ArrayRef(expected) != shapeOf(result))
      return op.emitOpError("C2: expects windows of shape [")
             << expected << "], got [" << shapeOf(result) << "]";
  return success();
}

LogicalResult MaxPoolOp::verify() {
  return verifyPooling(*this, getX(), getY(), getIndex());
}
LogicalResult MaxPoolGradOp::verify() {
  return verifyPooling(*this, getDx(), getDy(), getIndex());
}
LogicalResult MaxPoolGatherOp::verify() {
  return verifyPooling(*this, getX(), getY(), getIndex());
}

template <typename Built, typename Op>
static Value pool(GradientBuilder &g, Op op, Value like, Value a) {
  return g.create<Built>(like.getType(), a, op.getIndex(), op.getWindow(),
                         op.getStrides(), op.getLow(), op.getHigh());
}

void MaxPoolOp::buildVjp(GradientBuilder &g, ValueRange cotangents,
                         MutableArrayRef<Value> operandCotangents) {
  if (cotangents[0])
    operandCotangents[0] = pool<MaxPoolGradOp>(g, *this, getX(), cotangents[0]);
}
void MaxPoolGradOp::buildVjp(GradientBuilder &g, ValueRange cotangents,
                             MutableArrayRef<Value> operandCotangents) {
  operandCotangents[0] = pool<MaxPoolGatherOp>(g, *this, getDy(), cotangents[0]);
}
void MaxPoolGatherOp::buildVjp(GradientBuilder &g, ValueRange cotangents,
                               MutableArrayRef<Value> operandCotangents) {
  operandCotangents[0] = pool<MaxPoolGradOp>(g, *this, getX(), cotangents[0]);
}

void BarrierOp::buildVjp(GradientBuilder &, ValueRange cotangents,
                         MutableArrayRef<Value> operandCotangents) {
  operandCotangents[0] = cotangents[0];
}

//===----------------------------------------------------------------------===//
// The symbolic gradient
//===----------------------------------------------------------------------===//

LogicalResult GradientOp::verify() {
  uint64_t outputs = getOutputs(), values = getValues().size();
  if (outputs == 0 || outputs > values / 2)
    return emitOpError("C1: ") << outputs << " outputs, but " << values
                               << " operands";
  for (auto [target, seed] : llvm::zip_equal(getTargets(), getSeeds()))
    if (target.getType() != seed.getType())
      return emitOpError("C2: a seed of type ")
             << seed.getType() << " for an output of type " << target.getType();
  if (getInputs().getTypes() != getGradients().getTypes())
    return emitOpError("C3: results and inputs differ in type: ")
           << getGradients().getTypes() << " and " << getInputs().getTypes();
  return success();
}

} // namespace agc::ir
