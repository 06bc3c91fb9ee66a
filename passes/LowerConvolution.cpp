//===- LowerConvolution.cpp - The three convolutions -----------------------===//
//
// Each becomes one product of two tensors summed over loops whose indices are
// affine (`p * stride + k * dilation`), on operands padded beforehand: what one
// micro-kernel generator can serve.
//
//===----------------------------------------------------------------------===//
#include "passes/LowerToLinalg.h"

using namespace mlir;
using namespace agc::ir;

namespace agc {
namespace {

RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// Pads the spatial dimensions; negative padding crops.
Value padSpatial(OpBuilder &builder, Location loc, Value x,
                 ArrayRef<int64_t> low, ArrayRef<int64_t> high,
                 ArrayRef<int64_t> interior) {
  RankedTensorType type = typeOf(x);
  int64_t rank = type.getRank(), outer = rank - low.size();
  SmallVector<int64_t> lows(rank, 0), highs(rank, 0), interiors(rank, 0);
  SmallVector<int64_t> padded(type.getShape()), starts(rank, 0), limits;
  bool pads = false, crops = false;
  for (size_t d = 0; d < low.size(); ++d) {
    int64_t i = outer + d, size = type.getDimSize(i);
    lows[i] = std::max<int64_t>(low[d], 0);
    highs[i] = std::max<int64_t>(high[d], 0);
    interiors[i] = interior[d];
    padded[i] = lows[i] + highs[i] + size +
                std::max<int64_t>(size - 1, 0) * interior[d];
    pads |= padded[i] != size;
    crops |= low[d] < 0 || high[d] < 0;
  }
  if (pads)
    x = PadOp::create(builder, loc, type.clone(padded), x, lows, highs,
                      interiors, APFloat(0.0));
  if (!crops)
    return x;
  limits = padded;
  SmallVector<int64_t> cropped(padded);
  for (size_t d = 0; d < low.size(); ++d) {
    int64_t i = outer + d;
    starts[i] = std::max<int64_t>(-low[d], 0);
    limits[i] -= std::max<int64_t>(-high[d], 0);
    cropped[i] = limits[i] - starts[i];
  }
  return SliceOp::create(builder, loc, type.clone(cropped), x, starts, limits,
                         SmallVector<int64_t>(rank, 1));
}

/// Splits dimension `at` into [groups, rest].
RankedTensorType splitGroups(RankedTensorType type, unsigned at, int64_t groups) {
  SmallVector<int64_t> shape(type.getShape());
  shape[at] /= groups;
  shape.insert(shape.begin() + at, groups);
  return type.clone(shape);
}

Value reshape(OpBuilder &builder, Value x, RankedTensorType type) {
  if (x.getType() == type)
    return x;
  return ReshapeOp::create(builder, x.getLoc(), type, x);
}

/// What the three have in common once operands are padded: x and y have an
/// optional dimension of groups after the batch, w before everything.
struct ConvolutionLoops {
  ConvolutionLoops(OpBuilder &builder, unsigned spatial, int64_t groups)
      : builder(builder), spatial(spatial), groups(groups), grouped(groups > 1) {}

  OpBuilder &builder;
  unsigned spatial;
  int64_t groups;
  bool grouped;
  unsigned numLoops = 0;

  /// Gives the groups a dimension of their own, if there are several: before
  /// dimension `at`, 1 for activations and 0 for weights.
  RankedTensorType split(RankedTensorType type, unsigned at) {
    return grouped ? splitGroups(type, at, groups) : type;
  }
  Value split(Value x, unsigned at) {
    return reshape(builder, x, split(typeOf(x), at));
  }
  /// Where the windows at p have their elements k.
  SmallVector<AffineExpr> window(ArrayRef<AffineExpr> p, ArrayRef<AffineExpr> k,
                                 ArrayRef<int64_t> strides,
                                 ArrayRef<int64_t> dilation) {
    SmallVector<AffineExpr> at;
    for (unsigned d = 0; d < spatial; ++d)
      at.push_back(p[d] * strides[d] + k[d] * dilation[d]);
    return at;
  }

  /// The next loop's index.
  AffineExpr loop() { return builder.getAffineDimExpr(numLoops++); }
  SmallVector<AffineExpr> loops(unsigned count) {
    SmallVector<AffineExpr> result;
    for (unsigned i = 0; i < count; ++i)
      result.push_back(loop());
    return result;
  }
  /// [outer, g, inner, spatial…]: an activation's index.
  SmallVector<AffineExpr> activation(AffineExpr n, AffineExpr g, AffineExpr c,
                                     ArrayRef<AffineExpr> at) {
    SmallVector<AffineExpr> result = {n, c};
    if (grouped)
      result.insert(result.begin() + 1, g);
    result.append(at.begin(), at.end());
    return result;
  }
  SmallVector<AffineExpr> weight(AffineExpr g, AffineExpr o, AffineExpr c,
                                 ArrayRef<AffineExpr> k) {
    SmallVector<AffineExpr> result = {o, c};
    if (grouped)
      result.insert(result.begin(), g);
    result.append(k.begin(), k.end());
    return result;
  }
  AffineMap map(ArrayRef<AffineExpr> exprs) {
    return AffineMap::get(numLoops, 0, exprs, builder.getContext());
  }
};

struct LowerConv : OpConversionPattern<ConvOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ConvOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    unsigned spatial = op.getStrides().size();
    ConvolutionLoops l(rewriter, spatial, op.getGroups());
    Value x = l.split(padSpatial(rewriter, loc, adaptor.getX(), op.getLow(),
                                 op.getHigh(), SmallVector<int64_t>(spatial, 0)),
                      1);
    Value w = l.split(adaptor.getW(), 0);
    AffineExpr n = l.loop(), g = l.grouped ? l.loop() : AffineExpr(), o = l.loop();
    auto p = l.loops(spatial);
    auto k = l.loops(spatial);
    AffineExpr c = l.loop();
    auto at = l.window(p, k, op.getStrides(), op.getDilation());
    Value y = contract(rewriter, loc, x, w, l.split(op.getType(), 1),
                       {l.map(l.activation(n, g, c, at)),
                        l.map(l.weight(g, o, c, k)),
                        l.map(l.activation(n, g, o, p))},
                       spatial + 1);
    rewriter.replaceOp(op, reshape(rewriter, y, op.getType()));
    return success();
  }
};

struct LowerConvWeightGrad : OpConversionPattern<ConvWeightGradOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ConvWeightGradOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    unsigned spatial = op.getStrides().size();
    ConvolutionLoops l(rewriter, spatial, op.getGroups());
    Value x = l.split(padSpatial(rewriter, loc, adaptor.getX(), op.getLow(),
                                 op.getHigh(), SmallVector<int64_t>(spatial, 0)),
                      1);
    Value dy = l.split(adaptor.getDy(), 1);
    AffineExpr g = l.grouped ? l.loop() : AffineExpr(), o = l.loop(), c = l.loop();
    auto k = l.loops(spatial);
    AffineExpr n = l.loop();
    auto p = l.loops(spatial);
    auto at = l.window(p, k, op.getStrides(), op.getDilation());
    Value dw = contract(rewriter, loc, x, dy, l.split(op.getType(), 0),
                        {l.map(l.activation(n, g, c, at)),
                         l.map(l.activation(n, g, o, p)),
                         l.map(l.weight(g, o, c, k))},
                        spatial + 1);
    rewriter.replaceOp(op, reshape(rewriter, dw, op.getType()));
    return success();
  }
};

/// dx[i] = sum over o, k of dy[(i + low - k * dilation) / stride] * w[o, c, k]
/// where that divides. With zeros put between dy's elements it always does.
struct LowerConvInputGrad : OpConversionPattern<ConvInputGradOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ConvInputGradOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    unsigned spatial = op.getStrides().size();
    ConvolutionLoops l(rewriter, spatial, op.getGroups());
    Value dy = adaptor.getDy(), w = adaptor.getW();
    RankedTensorType xType = op.getType();
    // Of padding alone. The mirrored window has no first place there.
    if (xType.getNumElements() == 0) {
      rewriter.replaceOp(op, filledTensor(rewriter, loc, xType, 0));
      return success();
    }
    ArrayRef<int64_t> window = typeOf(w).getShape().take_back(spatial);
    ArrayRef<int64_t> outputs = typeOf(dy).getShape().take_back(spatial);
    ArrayRef<int64_t> inputs = xType.getShape().take_back(spatial);

    SmallVector<int64_t> low, high, interior;
    for (unsigned d = 0; d < spatial; ++d) {
      int64_t reach = op.getDilation()[d] * (window[d] - 1);
      interior.push_back(op.getStrides()[d] - 1);
      low.push_back(reach - op.getLow()[d]);
      high.push_back(inputs[d] + reach - low.back() -
                     ((outputs[d] - 1) * op.getStrides()[d] + 1));
    }
    // A window of one element reads each dy once: put the zeros in afterwards.
    bool pointwise = llvm::all_of(window, [](int64_t size) { return size == 1; });
    RankedTensorType coarse = xType;
    if (pointwise) {
      SmallVector<int64_t> shape(xType.getShape().take_front(2));
      shape.append(outputs.begin(), outputs.end());
      coarse = xType.clone(shape);
    } else {
      dy = padSpatial(rewriter, loc, dy, low, high, interior);
    }
    dy = l.split(dy, 1);
    w = l.split(w, 0);
    AffineExpr n = l.loop(), g = l.grouped ? l.loop() : AffineExpr(), c = l.loop();
    auto p = l.loops(spatial);
    auto k = l.loops(spatial);
    AffineExpr o = l.loop();
    SmallVector<AffineExpr> at; // The window, mirrored.
    for (unsigned d = 0; d < spatial; ++d)
      at.push_back(p[d] + (window[d] - 1 - k[d]) * op.getDilation()[d]);
    Value dx = contract(rewriter, loc, dy, w, l.split(coarse, 1),
                        {l.map(l.activation(n, g, o, at)),
                         l.map(l.weight(g, o, c, k)),
                         l.map(l.activation(n, g, c, p))},
                        spatial + 1);
    dx = reshape(rewriter, dx, coarse);
    if (pointwise)
      dx = padSpatial(rewriter, loc, dx, low, high, interior);
    rewriter.replaceOp(op, dx);
    return success();
  }
};

} // namespace

void populateConvolutionLowerings(RewritePatternSet &patterns,
                                  const TypeConverter &types) {
  patterns.add<LowerConv, LowerConvWeightGrad, LowerConvInputGrad>(
      types, patterns.getContext());
}

} // namespace agc
