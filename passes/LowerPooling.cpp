//===- LowerPooling.cpp - Max pooling and its gradients --------------------===//
#include "passes/LowerToLinalg.h"

using namespace mlir;
using namespace agc::ir;

namespace agc {
namespace {

/// Loops n, c, p…, k… of a pooling; `window` indexes the padded input.
struct PoolingLoops {
  template <typename Op>
  PoolingLoops(OpBuilder &builder, Op op)
      : spatial(op.getStrides().size()), numLoops(2 + 2 * spatial),
        window(op.getWindow()) {
    SmallVector<AffineExpr> in, out;
    for (unsigned d = 0; d < 2 + spatial; ++d)
      out.push_back(builder.getAffineDimExpr(d));
    in = out;
    for (unsigned d = 0; d < spatial; ++d)
      in[2 + d] = out[2 + d] * op.getStrides()[d] +
                  builder.getAffineDimExpr(2 + spatial + d);
    input = AffineMap::get(numLoops, 0, in, builder.getContext());
    output = AffineMap::get(numLoops, 0, out, builder.getContext());
    SmallVector<AffineExpr> k;
    for (unsigned d = 0; d < spatial; ++d)
      k.push_back(builder.getAffineDimExpr(2 + spatial + d));
    tapMap = AffineMap::get(numLoops, 0, k, builder.getContext());
  }

  /// Which of the window's elements this is, row-major.
  Value tap(OpBuilder &b, Location loc) const {
    Type i32 = b.getI32Type();
    ScalarBuilder s(b, loc);
    Value result = s.constant(i32, 0);
    for (unsigned d = 0; d < spatial; ++d) {
      Value k = arith::IndexCastOp::create(
          b, loc, i32, linalg::IndexOp::create(b, loc, 2 + spatial + d));
      result = s.add(s.mul(result, s.constant(i32, window[d])), k);
    }
    return result;
  }

  /// Loops over the window need an operand that says how large it is.
  Value windowTensor(OpBuilder &b, Location loc) const {
    return emptyTensor(b, loc, RankedTensorType::get(window, b.getF32Type()));
  }

  unsigned spatial, numLoops;
  ArrayRef<int64_t> window;
  AffineMap input, output, tapMap;
};

/// x [N, C, spatial…] padded with `value`.
template <typename Op>
Value padInput(OpBuilder &builder, Op op, Value x, double value) {
  auto type = cast<RankedTensorType>(x.getType());
  SmallVector<int64_t> low = {0, 0}, high = {0, 0}, zero(type.getRank(), 0);
  llvm::append_range(low, op.getLow());
  llvm::append_range(high, op.getHigh());
  if (low == zero && high == zero)
    return x;
  SmallVector<int64_t> shape(type.getShape());
  for (size_t d = 0; d < shape.size(); ++d)
    shape[d] += low[d] + high[d];
  return PadOp::create(builder, op.getLoc(), type.clone(shape), x, low, high,
                       zero, APFloat(value));
}

struct LowerMaxPool : OpConversionPattern<MaxPoolOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(MaxPoolOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    PoolingLoops l(rewriter, op);
    constexpr double lowest = -std::numeric_limits<double>::infinity();
    Value x = padInput(rewriter, op, adaptor.getX(), lowest);
    auto yType = cast<RankedTensorType>(op.getY().getType());
    auto indexType = cast<RankedTensorType>(op.getIndex().getType());
    auto generic = linalg::GenericOp::create(
        rewriter, loc, op.getResultTypes(),
        ValueRange{x, l.windowTensor(rewriter, loc)},
        ValueRange{filledTensor(rewriter, loc, yType, lowest),
                   filledTensor(rewriter, loc, indexType, 0)},
        ArrayRef{l.input, l.tapMap, l.output, l.output},
        iterators(2 + l.spatial, l.spatial),
        [&](OpBuilder &b, Location loc, ValueRange args) {
          ScalarBuilder s(b, loc);
          Value x = args[0], best = args[2], at = args[3];
          Value wins = s.logicalOr(s.compare("gt", x, best),
                                   s.logicalAnd(s.compare("ne", x, x),
                                                s.compare("eq", best, best)));
          linalg::YieldOp::create(b, loc,
                                  ValueRange{s.select(wins, x, best),
                                             s.select(wins, l.tap(b, loc), at)});
        });
    rewriter.replaceOp(op, generic);
    return success();
  }
};

/// Adds each dy to where its window's winner was. Windows overlap, so the loops
/// over them are reductions into the padded dx.
struct LowerMaxPoolGrad : OpConversionPattern<MaxPoolGradOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(MaxPoolGradOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    PoolingLoops l(rewriter, op);
    RankedTensorType type = op.getType();
    SmallVector<int64_t> padded(type.getShape()), starts(type.getRank(), 0),
        limits(type.getShape()), ones(type.getRank(), 1);
    for (unsigned d = 0; d < l.spatial; ++d) {
      padded[d + 2] += op.getLow()[d] + op.getHigh()[d];
      starts[d + 2] = op.getLow()[d];
      limits[d + 2] += op.getLow()[d];
    }
    auto paddedType = type.clone(padded);
    auto generic = linalg::GenericOp::create(
        rewriter, loc, paddedType,
        ValueRange{adaptor.getDy(), adaptor.getIndex(),
                   l.windowTensor(rewriter, loc)},
        filledTensor(rewriter, loc, paddedType, 0),
        ArrayRef{l.output, l.output, l.tapMap, l.input},
        iterators(2, 2 * l.spatial),
        [&](OpBuilder &b, Location loc, ValueRange args) {
          ScalarBuilder s(b, loc);
          Value won = s.compare("eq", args[1], l.tap(b, loc));
          Value part = s.select(won, args[0], s.constant(args[0].getType(), 0));
          linalg::YieldOp::create(b, loc, s.add(args[3], part));
        });
    Value dx = generic.getResult(0);
    if (paddedType != type)
      dx = SliceOp::create(rewriter, loc, type, dx, starts, limits, ones);
    rewriter.replaceOp(op, dx);
    return success();
  }
};

struct LowerMaxPoolGather : OpConversionPattern<MaxPoolGatherOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(MaxPoolGatherOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    PoolingLoops l(rewriter, op);
    Value x = padInput(rewriter, op, adaptor.getX(), 0);
    auto generic = linalg::GenericOp::create(
        rewriter, loc, op.getType(),
        ValueRange{x, adaptor.getIndex(), l.windowTensor(rewriter, loc)},
        filledTensor(rewriter, loc, op.getType(), 0),
        ArrayRef{l.input, l.output, l.tapMap, l.output},
        iterators(2 + l.spatial, l.spatial),
        [&](OpBuilder &b, Location loc, ValueRange args) {
          ScalarBuilder s(b, loc);
          Value won = s.compare("eq", args[1], l.tap(b, loc));
          Value part = s.select(won, args[0], s.constant(args[0].getType(), 0));
          linalg::YieldOp::create(b, loc, s.add(args[3], part));
        });
    rewriter.replaceOp(op, generic);
    return success();
  }
};

} // namespace

void populatePoolingLowerings(RewritePatternSet &patterns,
                              const TypeConverter &types) {
  patterns.add<LowerMaxPool, LowerMaxPoolGrad, LowerMaxPoolGather>(
      types, patterns.getContext());
}

} // namespace agc
