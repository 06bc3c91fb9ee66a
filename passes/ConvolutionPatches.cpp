//===- ConvolutionPatches.cpp - Convolutions as products of matrices -------===//
//
// The elements of each window lie side by side, a patch [c, k…] for each position
// [n, p…]: then all three are products with the weights [o, c, k…] as the caller has
// them. Weights that are large beside the images are never copied into another
// order, and their gradient comes out in the parameter's.
//
//===----------------------------------------------------------------------===//
#include "passes/Convolution.h"

using namespace mlir;
using namespace agc::ir;

namespace agc {

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// [N, G, P…, C, K…], the groups only if there are several.
static RankedTensorType patchType(const Convolution &c, Type element) {
  SmallVector<int64_t> shape = {c.batch};
  if (c.groups > 1)
    shape.push_back(c.groups);
  llvm::append_range(shape, c.outputs);
  shape.push_back(c.channels);
  llvm::append_range(shape, c.window);
  return RankedTensorType::get(shape, element);
}

/// The patches of x. Fusion leaves them in memory: see readsWindows there.
static Value takePatches(OpBuilder &builder, Location loc, const Convolution &c,
                         Value x) {
  ConvolutionLoops l(builder, c);
  x = l.split(padSpatial(builder, loc, x, c.low, c.high,
                         SmallVector<int64_t>(c.spatial, 0)),
              1);
  AffineExpr n = l.loop(), g = l.groupLoop();
  auto p = l.loops(c.spatial);
  AffineExpr channel = l.loop();
  auto k = l.loops(c.spatial);
  return rearrange(builder, loc, x,
                   l.map(l.activation(n, g, channel, l.windowAt(c, p, k))),
                   patchType(c, typeOf(x).getElementType()));
}

Value convOfPatches(OpBuilder &builder, Location loc, const Convolution &c, Value x,
                    Value w, RankedTensorType type) {
  Value patches = takePatches(builder, loc, c, x);
  ConvolutionLoops l(builder, c);
  AffineExpr n = l.loop(), g = l.groupLoop(), o = l.loop();
  auto p = l.loops(c.spatial);
  AffineExpr channel = l.loop();
  auto k = l.loops(c.spatial);
  Value y = contract(builder, loc, patches, l.split(w, 0), l.split(type, 1),
                     {l.map(l.patch(n, g, p, channel, k)),
                      l.map(l.weight(g, o, channel, k)),
                      l.map(l.activation(n, g, o, p))},
                     c.spatial + 1);
  return reshapeTo(builder, y, type);
}

Value weightGradOfPatches(OpBuilder &builder, Location loc, const Convolution &c,
                          Value x, Value dy, RankedTensorType type) {
  Value patches = takePatches(builder, loc, c, x);
  ConvolutionLoops l(builder, c);
  AffineExpr g = l.groupLoop(), o = l.loop(), channel = l.loop();
  auto k = l.loops(c.spatial);
  AffineExpr n = l.loop();
  auto p = l.loops(c.spatial);
  Value dw = contract(builder, loc, patches, l.split(dy, 1), l.split(type, 0),
                      {l.map(l.patch(n, g, p, channel, k)),
                       l.map(l.activation(n, g, o, p)),
                       l.map(l.weight(g, o, channel, k))},
                      c.spatial + 1);
  return reshapeTo(builder, dw, type);
}

/// The gradient of the patches, then each of their elements added to where it was
/// taken from. Windows overlap, so the loops over them are reductions into the
/// padded dx.
Value inputGradOfPatches(OpBuilder &builder, Location loc, const Convolution &c,
                         Value dy, Value w, RankedTensorType type) {
  Type wide = ScalarBuilder(builder, loc).computeType(type.getElementType());
  Value patches;
  {
    ConvolutionLoops l(builder, c);
    AffineExpr n = l.loop(), g = l.groupLoop();
    auto p = l.loops(c.spatial);
    AffineExpr channel = l.loop();
    auto k = l.loops(c.spatial);
    AffineExpr o = l.loop();
    patches = contract(builder, loc, l.split(convertElements(builder, loc, dy, wide), 1),
                       l.split(convertElements(builder, loc, w, wide), 0),
                       patchType(c, wide),
                       {l.map(l.activation(n, g, o, p)),
                        l.map(l.weight(g, o, channel, k)),
                        l.map(l.patch(n, g, p, channel, k))},
                       1);
  }
  SmallVector<int64_t> shape(type.getShape()), starts(type.getRank(), 0),
      limits(type.getShape()), ones(type.getRank(), 1);
  for (unsigned d = 0; d < c.spatial; ++d) {
    shape[2 + d] += c.low[d] + c.high[d];
    starts[2 + d] = c.low[d];
    limits[2 + d] += c.low[d];
  }
  ConvolutionLoops l(builder, c);
  auto padded = RankedTensorType::get(shape, wide);
  RankedTensorType split = l.split(padded, 1);
  AffineExpr n = l.loop(), g = l.groupLoop(), channel = l.loop();
  auto p = l.loops(c.spatial), k = l.loops(c.spatial);
  Value dx = linalg::GenericOp::create(
                 builder, loc, split, patches, filledTensor(builder, loc, split, 0),
                 ArrayRef{l.map(l.patch(n, g, p, channel, k)),
                          l.map(l.activation(n, g, channel, l.windowAt(c, p, k)))},
                 iterators(l.grouped ? 3 : 2, 2 * c.spatial),
                 [&](OpBuilder &b, Location loc, ValueRange args) {
                   ScalarBuilder s(b, loc);
                   linalg::YieldOp::create(b, loc, s.add(args[1], args[0]));
                 })
                 .getResult(0);
  dx = reshapeTo(builder, dx, padded);
  if (padded.getShape() != type.getShape())
    dx = SliceOp::create(builder, loc, type.clone(wide), dx, starts, limits, ones);
  return convertElements(builder, loc, dx, type.getElementType());
}

} // namespace agc
