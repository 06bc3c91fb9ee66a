//===- Winograd.cpp - 3x3 convolutions with fewer multiplications ----------===//
//
// Takes: linalg in its final layout. Gives: the same, with products over windows
// of 3 x 3 as transforms and one product for each point (passes/Winograd.h).
// Relies on: channels last, as agc-assign-layout leaves them; others stay.
//
//===----------------------------------------------------------------------===//
#include "passes/Winograd.h"

#include "ir/BodyBuilder.h"
#include "passes/LowerToLinalg.h"
#include "passes/WinogradMatch.h"

using namespace mlir;
using namespace agc::winograd;

namespace agc {
#define GEN_PASS_DEF_WINOGRADPASS
#include "passes/Passes.h.inc"

/// What it costs to write or read a number, in multiplications with addition of a
/// core with vectors: where all values at points stay in its caches, where they stay
/// in those that cores share, and where they do not. Measured (tests/bench/kernels).
static double costOfNumber(double bytesAtPoints) {
  return bytesAtPoints <= 1e6 ? 4 : bytesAtPoints <= 8e6 ? 8 : 16;
}

/// The same of a convolution in steps of two. Images come in blocks that stay in caches,
/// of 81 points less so than of 25; weights are transformed as a whole.
static double costOfTransforms(int64_t tile, double weightsAtPoints, double moved) {
  double cost = (tile == 2 ? 3.5 : 8.5) * moved;
  return 4 * weightsAtPoints > 8e6 ? cost + 16 * 2 * weightsAtPoints : cost;
}

std::optional<Tiling> winograd::chooseTiling(const Sizes &sizes, bool ofWeights) {
  int64_t images = sizes.images, channels = sizes.channels, filters = sizes.filters,
          stride = sizes.stride;
  auto [height, width] = sizes.results;
  double places = double(images) * double(height) * double(width);
  double both = double(channels) * double(filters), channelsOfBoth = double(channels + filters);
  double sum = 9 * places * both;
  SmallVector<Tiling> tilings{{2, stride}, {4, stride}};
  if (sizes.isWholeTile()) {
    // A sum over the inputs leaves out the zeros, and brings weights, or their gradient,
    // into another order; of a few images that gradient goes by patches.
    if (!ofWeights || images >= minImagesOfFewPlaces)
      sum = 4 * places * both + costOfNumber(4 * 9 * both) * 3 * 9 * both;
    tilings = {{2, stride, /*isWhole=*/true}};
  } else if (std::min(height, width) < 4) {
    return std::nullopt; // Other images of a few places are another matter.
  }
  if (std::min(channels, filters) < 16) // Vectors go along them.
    return std::nullopt;
  double best = 0.9 * sum; // It should pay clearly.
  std::optional<Tiling> result;
  for (const Tiling &tiling : tilings) {
    int64_t tile = tiling.tile;
    double points = double(tiling.points() * tiling.points());
    double tiles = double(images * llvm::divideCeil(height, tile) * llvm::divideCeil(width, tile));
    double atPoints = points * (channelsOfBoth * tiles + both);
    double ofImages = (double(channels * stride * stride) + double(filters)) * places;
    double moved = 2 * atPoints + ofImages + 9 * both;
    double transforms = costOfNumber(4 * atPoints) * moved;
    if (stride == 2)
      transforms = costOfTransforms(tile, points * both, moved);
    double cost = points * tiles * both + transforms;
    if (cost < best) {
      best = cost;
      result = tiling;
    }
  }
  return result;
}

namespace {

RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// What images are transformed to before others are: of values at points, about what
/// caches that are near hold; of tiles, what a product needs to fill its register tiles,
/// and fewer where a tile has 81 points.
constexpr int64_t blockBytes = 4 << 20, minTilesOfBlock = 128, minLargeTilesOfBlock = 48;

/// Of weights at points, how many filters lie side by side where there are so many: what a
/// product reads of them at a time, so that it reads its weights from end to end.
constexpr int64_t widthOfPanel = 32, minFilters = 128;

class Rewriter {
public:
  Rewriter(const Convolution &c, const Tiling &tiling)
      : c(c), tiling(tiling), points(tiling.points() * tiling.points()), b(c.op),
        loc(c.op.getLoc()) {
    blockImages = chooseBlock();
  }

  Value rewrite() { return c.isWeightGradient ? weightGradient() : images(); }

private:
  const Convolution &c;
  Tiling tiling;
  int64_t points, blockImages; // points of both directions
  OpBuilder b;
  Location loc;

  int64_t tiles(unsigned d) {
    return llvm::divideCeil(c.size(c.places[d]), c.isSpread() ? 2 * tiling.tile : tiling.tile);
  }
  /// Dimensions of images, where these are in blocks.
  const SmallVector<ReassociationIndices> blocksOfImages{{0, 1}, {2}, {3}, {4}};

  RankedTensorType resultOfBlock() {
    RankedTensorType type = typeOf(c.op->getResult(0));
    SmallVector<int64_t> shape(type.getShape());
    shape[0] = blockImages;
    return type.clone(shape);
  }
  int64_t blocks() { return c.size(c.outer) / blockImages; }
  /// What of the first tile lies before the image.
  SmallVector<int64_t> zerosBefore() {
    if (tiling.isWhole) // It begins with the image.
      return {0, 0};
    if (c.isSpread()) // Half of them are the zeros between.
      return {c.x.low[0] / 2, c.x.low[1] / 2};
    return c.x.low;
  }
  int64_t chooseBlock();

  /// Filters in a panel of weights at points.
  int64_t panelWidth() {
    int64_t filters = c.size(c.other);
    return filters % widthOfPanel || filters < minFilters ? filters : widthOfPanel;
  }
  Value toPoints(Value x, StringRef of, ArrayRef<int64_t> low, ArrayRef<int64_t> shape) {
    return winograd::ToPointsOp::create(b, loc, typeOf(x).clone(shape), x, of, tiling.tile, low,
                                        tiling.stride, tiling.isWhole);
  }
  /// An image, or a cotangent.
  Value imageToPoints(Value x, StringRef of, ArrayRef<int64_t> low) {
    ArrayRef<int64_t> shape = typeOf(x).getShape();
    return toPoints(x, of, low, {points, shape[0], tiles(0), tiles(1), shape[3]});
  }
  Value fromPoints(Value m, StringRef of, RankedTensorType type) {
    return winograd::FromPointsOp::create(b, loc, type, TypeRange(), m, of, tiling.tile,
                                          tiling.stride, tiling.isWhole)
        .getResult();
  }
  AffineMap map(ArrayRef<AffineExpr> exprs, unsigned numLoops) {
    return AffineMap::get(numLoops, 0, exprs, b.getContext());
  }

  Value weights();
  Value pointsOfFilters();
  Value images();
  Value imagesOfBlock(Value x, Value u);
  Value weightGradient();
  Value pointsOfWeights(Value x, Value dy);
  Value sum(Value x, Value y);
  Value split(Value x);
  ir::ScanOp forEachBlock(ValueRange carries, ValueRange xs, ValueRange constants, Type y,
                          llvm::function_ref<Value(ValueRange)> body);
};

/// How many images to take at once: all, or a part of them that leaves the cache only as
/// results.
int64_t Rewriter::chooseBlock() {
  int64_t images = c.size(c.outer), each = tiles(0) * tiles(1),
          minTiles = points > 64 ? minLargeTilesOfBlock : minTilesOfBlock,
          bytes = 4 * points * each * (c.size(c.inner) + c.size(c.other)), best = 0;
  if (images * bytes <= 2 * blockBytes)
    return images;
  for (int64_t count = 1; count < images; ++count)
    if (images % count == 0 && count * each >= minTiles &&
        (best == 0 || count * bytes <= blockBytes))
      best = count;
  return best ? best : images;
}

/// The images as blocks of them.
Value Rewriter::split(Value x) {
  SmallVector<int64_t> shape{blocks(), blockImages};
  llvm::append_range(shape, typeOf(x).getShape().drop_front());
  return tensor::ExpandShapeOp::create(b, loc, typeOf(x).clone(shape), x, blocksOfImages);
}

/// A loop over blocks of images: what the body gives is the next carry or, of type \p y, a
/// row of the result.
ir::ScanOp Rewriter::forEachBlock(ValueRange carries, ValueRange xs, ValueRange constants,
                                  Type y, llvm::function_ref<Value(ValueRange)> body) {
  SmallVector<Value> inputs(carries);
  SmallVector<Type> results(carries.getTypes()), types(carries.getTypes());
  if (y)
    results.push_back(ir::stackOf(y, blocks()));
  for (Value x : xs) {
    inputs.push_back(split(x));
    types.push_back(ir::rowOf(inputs.back().getType()));
  }
  llvm::append_range(inputs, constants);
  llvm::append_range(types, constants.getTypes());
  auto scan = ir::ScanOp::create(b, loc, results, inputs, blocks(), carries.size(), xs.size());
  OpBuilder::InsertionGuard guard(b);
  Block *block = ir::startBody(b, scan.getBody(), types, loc);
  ir::YieldOp::create(b, loc, body(block->getArguments()));
  return scan;
}

/// The weights with the channels that are summed first, and the others last, as a
/// product's vectors want them.
Value Rewriter::weights() {
  Value w = c.op.getInputs()[1];
  AffineMap map = c.op.getIndexingMapsArray()[1];
  if (loopOf(map.getResult(0)) == c.inner)
    return w;
  // The first and the last dimension change places; of what is a copy in another order,
  // of what was copied.
  ArrayRef<int64_t> shape = typeOf(w).getShape();
  auto type = typeOf(w).clone({shape[3], shape[1], shape[2], shape[0]});
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

Value Rewriter::imagesOfBlock(Value x, Value u) {
  StringRef from = "input", to = "output";
  if (c.isSpread())
    from = to = c.x.low[0] % 2 ? "singles" : "pairs";
  Value v = imageToPoints(x, from, zerosBefore());
  AffineExpr e = b.getAffineDimExpr(0), n = b.getAffineDimExpr(1),
             y = b.getAffineDimExpr(2), column = b.getAffineDimExpr(3),
             panel = b.getAffineDimExpr(4), q = b.getAffineDimExpr(5),
             s = b.getAffineDimExpr(6), zero = b.getAffineConstantExpr(0);
  int64_t others = c.size(c.other), width = panelWidth();
  SmallVector<int64_t> shape{points, blockImages, tiles(0), tiles(1), others};
  auto type = typeOf(v).clone({points, blockImages, tiles(0), tiles(1), others / width, width});
  Value m = contract(b, loc, v, u, type,
                     {map({e, n, y, column, s}, 7), map({e, panel, s, zero, zero, q}, 7),
                      map({e, n, y, column, panel, q}, 7)},
                     1);
  m = tensor::CollapseShapeOp::create(b, loc, typeOf(v).clone(shape), m,
                                      ArrayRef<ReassociationIndices>{{0}, {1}, {2}, {3}, {4, 5}});
  return fromPoints(m, to, resultOfBlock());
}

/// The weights at points, in panels.
Value Rewriter::pointsOfFilters() {
  int64_t width = panelWidth();
  return toPoints(weights(), c.isMirrored ? "mirrored" : "window", {0, 0},
                  {points, c.size(c.other) / width, c.size(c.inner), 1, 1, width});
}

/// The convolution, and the gradient of its input.
Value Rewriter::images() {
  Value u = pointsOfFilters();
  if (blocks() == 1)
    return imagesOfBlock(c.x.image, u);
  ir::ScanOp scan = forEachBlock({}, c.x.image, u, resultOfBlock(), [&](ValueRange values) {
    return imagesOfBlock(values[0], values[1]);
  });
  return tensor::CollapseShapeOp::create(b, loc, typeOf(c.op->getResult(0)),
                                         scan.getResult(0), blocksOfImages);
}

Value Rewriter::pointsOfWeights(Value x, Value dy) {
  Value v = imageToPoints(x, "input", zerosBefore());
  Value d = imageToPoints(dy, "output", {0, 0});
  AffineExpr e = b.getAffineDimExpr(0), o = b.getAffineDimExpr(1),
             i = b.getAffineDimExpr(4), n = b.getAffineDimExpr(5),
             y = b.getAffineDimExpr(6), column = b.getAffineDimExpr(7);
  auto type = typeOf(v).clone({points, c.size(c.other), 1, 1, c.size(c.inner)});
  return contract(b, loc, v, d, type,
                  {map({e, n, y, column, i}, 8), map({e, n, y, column, o}, 8),
                   map({e, o, b.getAffineDimExpr(2), b.getAffineDimExpr(3), i}, 8)},
                  3);
}

Value Rewriter::weightGradient() {
  Value dy = c.op.getInputs()[1], m;
  if (c.isChannelsFirst) {
    ArrayRef<int64_t> shape = typeOf(dy).getShape();
    auto last = typeOf(dy).clone({shape[0], shape[2], shape[3], shape[1]});
    dy = rearrange(b, loc, dy,
                   AffineMap::getPermutationMap(ArrayRef<unsigned>{0, 3, 1, 2}, b.getContext()),
                   last);
  }
  if (blocks() == 1) {
    m = pointsOfWeights(c.x.image, dy);
  } else {
    auto type = typeOf(dy).clone({points, c.size(c.other), 1, 1, c.size(c.inner)});
    m = forEachBlock(filledTensor(b, loc, type, 0), {c.x.image, dy}, {}, nullptr,
                     [&](ValueRange values) {
                       Value more = pointsOfWeights(values[1], values[2]);
                       return sum(values[0], more);
                     })
            .getResult(0);
  }
  return fromPoints(m, "window", typeOf(c.op->getResult(0)));
}

/// x + y, element by element.
Value Rewriter::sum(Value x, Value y) {
  RankedTensorType type = typeOf(x);
  AffineMap map = b.getMultiDimIdentityMap(type.getRank());
  return linalg::GenericOp::create(
             b, loc, type, ValueRange{x, y}, emptyTensor(b, loc, type),
             ArrayRef<AffineMap>{map, map, map}, iterators(type.getRank(), 0),
             [](OpBuilder &b, Location loc, ValueRange values) {
               Value z = arith::AddFOp::create(b, loc, values[0], values[1]);
               linalg::YieldOp::create(b, loc, z);
             })
      .getResult(0);
}

/// As agc-lower-to-linalg chooses for all three of a convolution.
std::optional<Tiling> chooseTiling(const Convolution &c) {
  ArrayRef<int64_t> image = typeOf(c.x.image).getShape();
  Sizes sizes{c.size(c.outer), c.size(c.inner), c.size(c.other), c.stride,
              {image[1], image[2]}, {c.x.low[0], c.x.low[1]},
              {c.size(c.places[0]), c.size(c.places[1])}};
  if (c.isSpread()) {
    sizes.results = sizes.places;
    std::swap(sizes.channels, sizes.filters);
  }
  return winograd::chooseTiling(sizes, c.isWeightGradient);
}

struct WinogradPass : impl::WinogradPassBase<WinogradPass> {
  void runOnOperation() override {
    SmallVector<linalg::GenericOp> ops;
    getOperation().walk([&](linalg::GenericOp op) { ops.push_back(op); });
    // One by one: what the next reads may be what this one gives.
    for (linalg::GenericOp op : ops) {
      std::optional<Convolution> c = recognize(op);
      std::optional<Tiling> tiling = c ? chooseTiling(*c) : std::nullopt;
      if (!tiling)
        continue;
      op->getResult(0).replaceAllUsesWith(Rewriter(*c, *tiling).rewrite());
      op->erase();
    }
    // Padded copies and weights in orders that nobody reads any more.
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(getOperation().getBody().front())))
      if (isOpTriviallyDead(&op))
        op.erase();
    computeMomentsWhereMade(getOperation().getBody().front());
    computeImagesWhereRead(getOperation().getBody().front());
  }
};

} // namespace

} // namespace agc
