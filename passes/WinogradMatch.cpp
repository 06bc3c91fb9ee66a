//===- WinogradMatch.cpp - Which convolutions tiles are for ----------------===//
#include "passes/WinogradMatch.h"

#include "passes/Winograd.h"

using namespace mlir;

namespace agc::winograd {

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

std::optional<unsigned> loopOf(AffineExpr expr) {
  if (auto loop = dyn_cast<AffineDimExpr>(expr))
    return loop.getPosition();
  return std::nullopt;
}

namespace {

/// `p + k`, `2 * p + k`, or `p - k + 2`: of a window of 3 that is read backwards.
struct WindowIndex {
  unsigned place = 0, element = 0;
  bool isMirrored = false;
  int64_t stride = 1;
};

} // namespace

static std::optional<WindowIndex> windowIndexOf(AffineExpr expr, unsigned numLoops) {
  SmallVector<int64_t> factors(numLoops, 0);
  int64_t constant = 0;
  bool isLinear = true;
  auto add = [&](auto &&self, AffineExpr e, int64_t factor) -> void {
    if (auto loop = dyn_cast<AffineDimExpr>(e)) {
      factors[loop.getPosition()] += factor;
    } else if (auto number = dyn_cast<AffineConstantExpr>(e)) {
      constant += factor * number.getValue();
    } else {
      auto binary = cast<AffineBinaryOpExpr>(e);
      auto by = dyn_cast<AffineConstantExpr>(binary.getRHS());
      if (binary.getKind() == AffineExprKind::Add) {
        self(self, binary.getLHS(), factor);
        self(self, binary.getRHS(), factor);
      } else if (binary.getKind() == AffineExprKind::Mul && by) {
        self(self, binary.getLHS(), factor * by.getValue());
      } else {
        isLinear = false;
      }
    }
  };
  add(add, expr, 1);
  SmallVector<unsigned> ahead, back, twice;
  for (auto [l, factor] : llvm::enumerate(factors)) {
    if (factor == 1)
      ahead.push_back(l);
    else if (factor == -1)
      back.push_back(l);
    else if (factor == 2)
      twice.push_back(l);
    else if (factor)
      isLinear = false;
  }
  if (!isLinear)
    return std::nullopt;
  if (twice.size() == 1 && ahead.size() == 1 && back.empty() && constant == 0)
    return WindowIndex{twice[0], ahead[0], false, 2};
  if (!twice.empty())
    return std::nullopt;
  if (ahead.size() == 2 && back.empty() && constant == 0)
    return WindowIndex{ahead[0], ahead[1], false};
  if (ahead.size() == 1 && back.size() == 1 && constant == windowSize - 1)
    return WindowIndex{ahead[0], back[0], true};
  return std::nullopt;
}

/// What the value is if it is known, or null.
static Attribute constantOf(Value value) {
  auto constant = value.getDefiningOp<arith::ConstantOp>();
  return constant ? constant.getValue() : nullptr;
}

/// What the value is the first rows and columns of: a transform reads no more of it
/// than there are tiles for.
static Value wholeOf(Value x) {
  auto slice = x.getDefiningOp<tensor::ExtractSliceOp>();
  if (!slice || !slice.hasUnitStride() || slice.getDroppedDims().any() ||
      !llvm::all_of(slice.getStaticOffsets(), [](int64_t at) { return at == 0; }))
    return x;
  ArrayRef<int64_t> from = slice.getSourceType().getShape(), to = slice.getType().getShape();
  return from[0] == to[0] && from.back() == to.back() ? slice.getSource() : x;
}

static Padded paddedOf(Value x) {
  x = wholeOf(x);
  auto insertion = x.getDefiningOp<tensor::InsertSliceOp>();
  if (!insertion || insertion.getSourceType().getRank() != 4)
    return {x};
  ArrayRef<int64_t> steps = insertion.getStaticStrides();
  if (steps[0] != 1 || steps[3] != 1 || steps[1] != steps[2])
    return {x};
  Value around = insertion.getDest();
  if (auto fill = around.getDefiningOp<linalg::FillOp>())
    around = fill.getInputs()[0];
  Attribute number = constantOf(around);
  if (auto elements = dyn_cast_or_null<DenseElementsAttr>(number))
    number = elements.isSplat() ? elements.getSplatValue<Attribute>() : nullptr;
  auto zero = dyn_cast_or_null<FloatAttr>(number);
  ArrayRef<int64_t> at = insertion.getStaticOffsets();
  ArrayRef<int64_t> from = insertion.getSourceType().getShape(),
                    to = insertion.getType().getShape();
  if (!zero || !zero.getValue().isZero() || at[0] || at[3] || from[0] != to[0] ||
      from[3] != to[3])
    return {x};
  return {insertion.getSource(), {at[1], at[2]}, steps[1]};
}

std::optional<Convolution> recognize(linalg::GenericOp op) {
  if (op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1 ||
      op.getNumLoops() != 7 || op.getNumReductionLoops() != 3 ||
      !isa<RankedTensorType>(op.getResultTypes()[0]))
    return std::nullopt;
  for (Value value : {op.getInputs()[0], op.getInputs()[1], Value(op->getResult(0))})
    if (!typeOf(value).getElementType().isF32() || typeOf(value).getRank() != 4)
      return std::nullopt;
  // A sum of products from zero: `contract` makes them.
  Block *body = op.getBody();
  auto sum = body->getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  auto product = sum ? sum.getRhs().getDefiningOp<arith::MulFOp>() : nullptr;
  auto fill = op.getOutputs()[0].getDefiningOp<linalg::FillOp>();
  auto start = fill ? dyn_cast_or_null<FloatAttr>(constantOf(fill.getInputs()[0])) : nullptr;
  if (!product || sum.getLhs() != body->getArgument(2) ||
      product.getLhs() != body->getArgument(0) ||
      product.getRhs() != body->getArgument(1) || !start || !start.getValue().isZero())
    return std::nullopt;

  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  auto iterators = op.getIteratorTypesArray();
  auto isReduced = [&](unsigned l) {
    return iterators[l] == utils::IteratorType::reduction;
  };
  Convolution c;
  c.op = op;
  std::array<unsigned, 4> second, result;
  for (unsigned d = 0; d < 4; ++d) {
    auto y = loopOf(maps[1].getResult(d)), z = loopOf(maps[2].getResult(d));
    if (!y || !z)
      return std::nullopt;
    second[d] = *y;
    result[d] = *z;
  }
  auto outer = loopOf(maps[0].getResult(0)), inner = loopOf(maps[0].getResult(3));
  auto rows = windowIndexOf(maps[0].getResult(1), 7),
       columns = windowIndexOf(maps[0].getResult(2), 7);
  if (!outer || !inner || !rows || !columns || rows->isMirrored != columns->isMirrored ||
      rows->stride != columns->stride)
    return std::nullopt;
  c.outer = *outer;
  c.inner = *inner;
  c.isMirrored = rows->isMirrored;
  c.stride = rows->stride;
  c.x = paddedOf(op.getInputs()[0]);
  // The gradient of the input of one in steps of two, as agc-lower-to-linalg leaves it:
  // with zeros between a cotangent's elements the step is one.
  if (c.x.step == 2 && c.isMirrored && (c.x.low[0] - c.x.low[1]) % 2 == 0)
    c.stride = 2;
  else if (c.x.step != 1)
    c.x = {op.getInputs()[0]};
  c.isWeightGradient = isReduced(c.outer);
  std::array<WindowIndex, 2> indices{*rows, *columns};
  for (auto [d, index] : llvm::enumerate(indices)) {
    c.places[d] = index.place;
    c.window[d] = index.element;
    // A sum of two loops does not say which is which.
    if (!c.isMirrored && c.stride == 1 && isReduced(index.place) != c.isWeightGradient)
      std::swap(c.places[d], c.window[d]);
    if (isReduced(c.places[d]) != c.isWeightGradient ||
        isReduced(c.window[d]) == c.isWeightGradient ||
        c.size(c.window[d]) != windowSize)
      return std::nullopt;
  }
  using Loops = std::array<unsigned, 4>;
  if (c.isWeightGradient) {
    c.isChannelsFirst = !isReduced(second[1]);
    c.other = second[c.isChannelsFirst ? 1 : 3];
    Loops cotangent = c.isChannelsFirst ? Loops{c.outer, c.other, c.places[0], c.places[1]}
                                      : Loops{c.outer, c.places[0], c.places[1], c.other};
    bool fits = !c.isMirrored && !isReduced(c.inner) && !isReduced(c.other) &&
                second == cotangent &&
                result == Loops{c.other, c.window[0], c.window[1], c.inner};
    return fits ? std::optional(c) : std::nullopt;
  }
  c.other = result[3];
  bool fits = isReduced(c.inner) && !isReduced(c.other) &&
              result == Loops{c.outer, c.places[0], c.places[1], c.other} &&
              (second == Loops{c.other, c.window[0], c.window[1], c.inner} ||
               second == Loops{c.inner, c.window[0], c.window[1], c.other});
  return fits ? std::optional(c) : std::nullopt;
}

} // namespace agc::winograd
