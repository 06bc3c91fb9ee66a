//===- LowerIndexing.cpp - Elements taken and put where an index says ------===//
//
// A gather is a map whose body looks elements up; it fuses as any other. A
// scatter stays what it is: no loop over its result says what is added where.
//
//===----------------------------------------------------------------------===//
#include "passes/LowerToLinalg.h"

using namespace mlir;
using namespace agc::ir;

namespace agc {
namespace {

/// The nearest index in [0, size).
Value clampIndex(OpBuilder &b, Location loc, Value index, int64_t size) {
  ScalarBuilder s(b, loc);
  Type i64 = b.getI64Type();
  Value least = s.constant(i64, 0), most = s.constant(i64, double(size - 1));
  Value clamped = s.max(s.min(index, most), least);
  return arith::IndexCastOp::create(b, loc, b.getIndexType(), clamped);
}

struct LowerGather : OpConversionPattern<GatherOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(GatherOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    RankedTensorType type = signless(op.getType());
    unsigned rank = type.getRank(), batch = op.getBatch();
    unsigned taken = cast<RankedTensorType>(op.getIndex().getType()).getRank();
    auto source = cast<RankedTensorType>(adaptor.getX().getType());
    auto generic = linalg::GenericOp::create(
        rewriter, op.getLoc(), type, adaptor.getIndex(),
        emptyTensor(rewriter, op.getLoc(), type),
        // Upstream's getMajorSubMap has no map for an index that is a scalar.
        ArrayRef{rewriter.getMultiDimIdentityMap(rank).getSliceMap(0, taken),
                 rewriter.getMultiDimIdentityMap(rank)},
        iterators(rank, 0), [&](OpBuilder &b, Location loc, ValueRange args) {
          SmallVector<Value> at;
          for (unsigned d = 0; d < batch; ++d)
            at.push_back(linalg::IndexOp::create(b, loc, d));
          at.push_back(clampIndex(b, loc, args[0], source.getDimSize(batch)));
          for (unsigned d = taken; d < rank; ++d)
            at.push_back(linalg::IndexOp::create(b, loc, d));
          Value element = tensor::ExtractOp::create(b, loc, adaptor.getX(), at);
          linalg::YieldOp::create(b, loc, element);
        });
    rewriter.replaceOp(op, generic);
    return success();
  }
};

struct LowerScatter : OpConversionPattern<ScatterOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ScatterOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<ScatterOp>(
        op, signless(op.getType()), adaptor.getBase(), adaptor.getIndex(),
        adaptor.getUpdates(), op.getBatch(), op.getMode());
    return success();
  }
};

} // namespace

void populateIndexingLowerings(RewritePatternSet &patterns,
                               const TypeConverter &types) {
  patterns.add<LowerGather, LowerScatter>(types, patterns.getContext());
}

} // namespace agc
