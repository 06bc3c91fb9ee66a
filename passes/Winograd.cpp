//===- Winograd.cpp - 3x3 convolutions with fewer multiplications ----------===//
//
// Takes: linalg in its final layout. Gives: the same, with products over windows
// of 3 x 3 as transforms and one product for each point (passes/Winograd.h).
// Relies on: channels last, as agc-assign-layout leaves them; others stay.
//
//===----------------------------------------------------------------------===//
#include "passes/Winograd.h"

#include "passes/LowerToLinalg.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace agc {
#define GEN_PASS_DEF_WINOGRADPASS
#include "passes/Passes.h.inc"

namespace {

RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// An index that is one loop; none: another.
std::optional<unsigned> loopOf(AffineExpr expr) {
  if (auto loop = dyn_cast<AffineDimExpr>(expr))
    return loop.getPosition();
  return std::nullopt;
}

/// `p + k`, or `p - k + 2`: of a window of 3 that is read backwards.
struct WindowIndex {
  unsigned place = 0, element = 0;
  bool isMirrored = false;
};

std::optional<WindowIndex> windowIndexOf(AffineExpr expr, unsigned numLoops) {
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
  SmallVector<unsigned> ahead, back;
  for (auto [l, factor] : llvm::enumerate(factors)) {
    if (factor == 1)
      ahead.push_back(l);
    else if (factor == -1)
      back.push_back(l);
    else if (factor)
      isLinear = false;
  }
  if (!isLinear)
    return std::nullopt;
  if (ahead.size() == 2 && back.empty() && constant == 0)
    return WindowIndex{ahead[0], ahead[1], false};
  if (ahead.size() == 1 && back.size() == 1 && constant == winograd::windowSize - 1)
    return WindowIndex{ahead[0], back[0], true};
  return std::nullopt;
}

/// An image, and how many zeros are before it in both directions.
struct Padded {
  Value image;
  SmallVector<int64_t> low{0, 0};
};

/// What a tensor is a padded copy of, or itself.
Padded paddedOf(Value x) {
  auto insertion = x.getDefiningOp<tensor::InsertSliceOp>();
  if (!insertion || !insertion.hasUnitStride() ||
      insertion.getSourceType().getRank() != 4)
    return {x};
  Attribute number;
  if (auto fill = insertion.getDest().getDefiningOp<linalg::FillOp>())
    matchPattern(fill.getInputs()[0], m_Constant(&number));
  else if (DenseElementsAttr elements;
           matchPattern(insertion.getDest(), m_Constant(&elements)) &&
           elements.isSplat())
    number = elements.getSplatValue<Attribute>();
  auto zero = dyn_cast_or_null<FloatAttr>(number);
  ArrayRef<int64_t> at = insertion.getStaticOffsets();
  ArrayRef<int64_t> from = insertion.getSourceType().getShape(),
                    to = insertion.getType().getShape();
  if (!zero || !zero.getValue().isZero() || at[0] || at[3] || from[0] != to[0] ||
      from[3] != to[3])
    return {x};
  return {insertion.getSource(), {at[1], at[2]}};
}

/// Which loops of a convolution are what. `outer` counts the images; `window` is
/// reduced, or, in the weights' gradient, is what results are for.
struct Convolution {
  mutable linalg::GenericOp op; // asking it is not const
  bool isWeightGradient = false, isMirrored = false;
  unsigned outer = 0, inner = 0, other = 0; // images, input's channels, the others
  std::array<unsigned, 2> places = {}, window = {};

  int64_t size(unsigned loop) const {
    return SmallVector<int64_t>(op.getStaticLoopRanges())[loop];
  }
  int64_t tiles(int64_t tile) const {
    return size(outer) * llvm::divideCeil(size(places[0]), tile) *
           llvm::divideCeil(size(places[1]), tile);
  }
};

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
  Attribute start;
  auto fill = op.getOutputs()[0].getDefiningOp<linalg::FillOp>();
  if (!product || sum.getLhs() != body->getArgument(2) ||
      product.getLhs() != body->getArgument(0) ||
      product.getRhs() != body->getArgument(1) || !fill ||
      !matchPattern(fill.getInputs()[0], m_Constant(&start)) ||
      !cast<FloatAttr>(start).getValue().isZero())
    return std::nullopt;

  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  auto iterators = op.getIteratorTypesArray();
  auto isReduced = [&](unsigned l) {
    return iterators[l] == utils::IteratorType::reduction;
  };
  Convolution c{op};
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
  if (!outer || !inner || !rows || !columns || rows->isMirrored != columns->isMirrored)
    return std::nullopt;
  c.outer = *outer;
  c.inner = *inner;
  c.isMirrored = rows->isMirrored;
  c.isWeightGradient = isReduced(c.outer);
  std::array<WindowIndex, 2> indices{*rows, *columns};
  for (auto [d, index] : llvm::enumerate(indices)) {
    c.places[d] = index.place;
    c.window[d] = index.element;
    // A sum of two loops does not say which is which.
    if (!c.isMirrored && isReduced(index.place) != c.isWeightGradient)
      std::swap(c.places[d], c.window[d]);
    if (isReduced(c.places[d]) != c.isWeightGradient ||
        isReduced(c.window[d]) == c.isWeightGradient ||
        c.size(c.window[d]) != winograd::windowSize)
      return std::nullopt;
  }
  using Loops = std::array<unsigned, 4>;
  if (c.isWeightGradient) {
    c.other = second[3];
    bool fits = !c.isMirrored && !isReduced(c.inner) && !isReduced(c.other) &&
                second == Loops{c.outer, c.places[0], c.places[1], c.other} &&
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

/// What it costs to write or read a number, in multiplications with addition of a
/// core with vectors: where all values at points stay in its caches, where they stay
/// in those that cores share, and where they do not. Measured (tests/bench/kernels).
double costOfNumber(double bytesAtPoints) {
  return bytesAtPoints <= 1e6 ? 4 : bytesAtPoints <= 8e6 ? 8 : 16;
}

/// The results a side that a tile should have, or none: directly.
std::optional<int64_t> chooseTile(const Convolution &c) {
  double channels = c.size(c.inner), others = c.size(c.other);
  int64_t height = c.size(c.places[0]), width = c.size(c.places[1]);
  // Vectors along the channels; images of a few places are another matter.
  if (std::min(channels, others) < 16 || std::min(height, width) < 4)
    return std::nullopt;
  double places = double(c.size(c.outer)) * double(height) * double(width);
  double best = 0.9 * places * channels * others * 9; // It should pay clearly.
  std::optional<int64_t> result;
  for (int64_t tile : {2, 4}) {
    double points = double((tile + 2) * (tile + 2)), tiles = double(c.tiles(tile));
    double atPoints = points * ((channels + others) * tiles + channels * others);
    double moved = 2 * atPoints + (channels + others) * places + 9 * channels * others;
    double cost = points * tiles * channels * others + costOfNumber(4 * atPoints) * moved;
    if (cost < best) {
      best = cost;
      result = tile;
    }
  }
  return result;
}

class Rewriter {
public:
  Rewriter(const Convolution &c, int64_t tile)
      : c(c), tile(tile), b(c.op), loc(c.op.getLoc()) {
    points = (tile + 2) * (tile + 2);
  }

  Value rewrite() { return c.isWeightGradient ? weightGradient() : images(); }

private:
  const Convolution &c;
  int64_t tile, points;
  OpBuilder b;
  Location loc;

  int64_t tiles(unsigned d) { return llvm::divideCeil(c.size(c.places[d]), tile); }

  Value toPoints(Value x, StringRef of, int64_t rows, int64_t columns,
                 ArrayRef<int64_t> low) {
    ArrayRef<int64_t> shape = typeOf(x).getShape();
    auto type = typeOf(x).clone({points, shape[0], rows, columns, shape[3]});
    return winograd::ToPointsOp::create(b, loc, type, x, of, tile, low);
  }
  Value input() {
    Padded x = paddedOf(c.op.getInputs()[0]);
    return toPoints(x.image, "input", tiles(0), tiles(1), x.low);
  }
  Value fromPoints(Value m, StringRef of) {
    return winograd::FromPointsOp::create(b, loc, c.op.getResultTypes()[0], m, of,
                                          tile);
  }
  AffineMap map(ArrayRef<AffineExpr> exprs, unsigned numLoops) {
    return AffineMap::get(numLoops, 0, exprs, b.getContext());
  }

  Value weights();
  Value images();
  Value weightGradient();
};

/// The weights with the channels that are summed first, and the others last, as a
/// product's vectors want them.
Value Rewriter::weights() {
  Value w = c.op.getInputs()[1];
  AffineMap map = c.op.getIndexingMapsArray()[1];
  if (loopOf(map.getResult(0)) == c.inner)
    return w;
  // Dimension d of what is wanted is dimension order[d] of what is there; where
  // that is a copy in another order, of what was copied.
  SmallVector<int64_t> order{3, 1, 2, 0};
  auto type = typeOf(w).clone(applyPermutation(typeOf(w).getShape(), order));
  AffineMap from = map.getPermutationMap(ArrayRef<unsigned>{3, 1, 2, 0}, b.getContext());
  auto copy = w.getDefiningOp<linalg::GenericOp>();
  if (copy && !copy.getNumReductionLoops() && copy.getNumDpsInputs() == 1 &&
      copy->getNumResults() == 1 &&
      copy.getBody()->getTerminator()->getOperand(0) == copy.getBody()->getArgument(0) &&
      copy.getIndexingMapsArray()[1].isIdentity() &&
      copy.getIndexingMapsArray()[0].isPermutation()) {
    w = copy.getInputs()[0];
    from = copy.getIndexingMapsArray()[0].compose(from);
  }
  return rearrange(b, loc, w, from, type);
}

/// The convolution, and the gradient of its input.
Value Rewriter::images() {
  Value v = input();
  Value u = toPoints(weights(), c.isMirrored ? "mirrored" : "window", 1, 1, {0, 0});
  int64_t images = c.size(c.outer), others = c.size(c.other);
  AffineExpr e = b.getAffineDimExpr(0), n = b.getAffineDimExpr(1),
             y = b.getAffineDimExpr(2), x = b.getAffineDimExpr(3),
             q = b.getAffineDimExpr(4), s = b.getAffineDimExpr(5),
             zero = b.getAffineConstantExpr(0);
  auto type = typeOf(v).clone({points, images, tiles(0), tiles(1), others});
  Value m = contract(b, loc, v, u, type,
                     {map({e, n, y, x, s}, 6), map({e, s, zero, zero, q}, 6),
                      map({e, n, y, x, q}, 6)},
                     1);
  return fromPoints(m, "output");
}

Value Rewriter::weightGradient() {
  Value v = input();
  Value d = toPoints(c.op.getInputs()[1], "output", tiles(0), tiles(1), {0, 0});
  AffineExpr e = b.getAffineDimExpr(0), o = b.getAffineDimExpr(1),
             i = b.getAffineDimExpr(4), n = b.getAffineDimExpr(5),
             y = b.getAffineDimExpr(6), x = b.getAffineDimExpr(7);
  auto type = typeOf(v).clone({points, c.size(c.other), 1, 1, c.size(c.inner)});
  Value m = contract(b, loc, v, d, type,
                     {map({e, n, y, x, i}, 8), map({e, n, y, x, o}, 8),
                      map({e, o, b.getAffineDimExpr(2), b.getAffineDimExpr(3), i}, 8)},
                     3);
  return fromPoints(m, "window");
}

struct WinogradPass : impl::WinogradPassBase<WinogradPass> {
  void runOnOperation() override {
    SmallVector<Convolution> found;
    getOperation().walk([&](linalg::GenericOp op) {
      if (std::optional<Convolution> c = recognize(op))
        found.push_back(*c);
    });
    for (Convolution &c : found)
      if (std::optional<int64_t> tile = chooseTile(c)) {
        c.op->getResult(0).replaceAllUsesWith(Rewriter(c, *tile).rewrite());
        c.op->erase();
      }
    // Padded copies and weights in orders that nobody reads any more.
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(getOperation().getBody().front())))
      if (isOpTriviallyDead(&op))
        op.erase();
  }
};

} // namespace

} // namespace agc
