//===- LowerShape.cpp - Ops that create and rearrange tensors --------------===//
#include "passes/LowerToLinalg.h"

#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"

using namespace mlir;
using namespace agc::ir;

namespace agc {
namespace {

SmallVector<OpFoldResult> indices(OpBuilder &builder, ArrayRef<int64_t> values) {
  return getAsIndexOpFoldResult(builder.getContext(), values);
}

struct LowerConstant : OpConversionPattern<ConstantOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ConstantOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<arith::ConstantOp>(op, op.getElements());
    return success();
  }
};

struct LowerIota : OpConversionPattern<IotaOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(IotaOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    RankedTensorType type = signless(op.getType());
    auto generic = linalg::GenericOp::create(
        rewriter, op.getLoc(), type, ValueRange(),
        emptyTensor(rewriter, op.getLoc(), type),
        rewriter.getMultiDimIdentityMap(type.getRank()),
        iterators(type.getRank(), 0),
        [&](OpBuilder &b, Location loc, ValueRange) {
          Value i = linalg::IndexOp::create(b, loc, op.getDimension());
          Type element = type.getElementType();
          if (!element.isInteger(64))
            i = arith::IndexCastOp::create(b, loc, b.getI64Type(), i);
          i = element.isInteger(64)
                  ? arith::IndexCastOp::create(b, loc, element, i).getResult()
                  : ScalarBuilder(b, loc).convert(i, element, false,
                                                  isUnsigned(op.getZ()));
          linalg::YieldOp::create(b, loc, i);
        });
    rewriter.replaceOp(op, generic);
    return success();
  }
};

struct LowerBroadcast : OpConversionPattern<BroadcastOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(BroadcastOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    RankedTensorType type = signless(op.getType());
    SmallVector<unsigned> kept(op.getDimensions().begin(),
                               op.getDimensions().end());
    AffineMap map =
        rewriter.getMultiDimIdentityMap(type.getRank()).getSubMap(kept);
    rewriter.replaceOp(
        op, rearrange(rewriter, op.getLoc(), adaptor.getX(), map, type));
    return success();
  }
};

struct LowerTranspose : OpConversionPattern<TransposeOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(TransposeOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    AffineMap map = inversePermutation(AffineMap::getPermutationMap(
        op.getPermutation(), rewriter.getContext()));
    rewriter.replaceOp(op, rearrange(rewriter, op.getLoc(), adaptor.getX(), map,
                                     signless(op.getType())));
    return success();
  }
};

struct LowerReverse : OpConversionPattern<ReverseOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ReverseOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    RankedTensorType type = signless(op.getType());
    SmallVector<AffineExpr> exprs;
    for (int64_t d = 0; d < type.getRank(); ++d) {
      AffineExpr i = rewriter.getAffineDimExpr(d);
      exprs.push_back(llvm::is_contained(op.getDimensions(), d)
                          ? type.getDimSize(d) - 1 - i
                          : i);
    }
    AffineMap map =
        AffineMap::get(type.getRank(), 0, exprs, rewriter.getContext());
    rewriter.replaceOp(
        op, rearrange(rewriter, op.getLoc(), adaptor.getX(), map, type));
    return success();
  }
};

struct LowerReshape : OpConversionPattern<ReshapeOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ReshapeOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    Value x = adaptor.getX();
    auto from = cast<RankedTensorType>(x.getType());
    RankedTensorType to = signless(op.getType());
    if (auto groups = getReassociationIndicesForReshape(from, to)) {
      Value result;
      if (from.getRank() > to.getRank())
        result = tensor::CollapseShapeOp::create(rewriter, loc, to, x, *groups);
      else
        result = tensor::ExpandShapeOp::create(rewriter, loc, to, x, *groups);
      rewriter.replaceOp(op, result);
      return success();
    }
    // By way of one dimension.
    auto flat = RankedTensorType::get({to.getNumElements()}, to.getElementType());
    auto all = [](int64_t rank) {
      SmallVector<ReassociationIndices> groups;
      if (rank)
        groups.push_back(llvm::to_vector(llvm::seq<int64_t>(rank)));
      return groups;
    };
    if (from.getRank() != 1)
      x = tensor::CollapseShapeOp::create(rewriter, loc, flat, x,
                                          all(from.getRank()));
    rewriter.replaceOpWithNewOp<tensor::ExpandShapeOp>(op, to, x,
                                                       all(to.getRank()));
    return success();
  }
};

/// Upstream's slices begin within their tensor, of which there is nothing here.
static bool isEmpty(Value x) {
  return cast<RankedTensorType>(x.getType()).getNumElements() == 0;
}

struct LowerSlice : OpConversionPattern<SliceOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(SliceOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    RankedTensorType type = signless(op.getType());
    if (isEmpty(op)) {
      rewriter.replaceOp(op, filledTensor(rewriter, op.getLoc(), type, 0));
      return success();
    }
    rewriter.replaceOpWithNewOp<tensor::ExtractSliceOp>(
        op, type, adaptor.getX(), indices(rewriter, op.getStarts()),
        indices(rewriter, type.getShape()), indices(rewriter, op.getStrides()));
    return success();
  }
};

struct LowerPad : OpConversionPattern<PadOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(PadOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    RankedTensorType type = signless(op.getType());
    SmallVector<int64_t> strides;
    for (int64_t interior : op.getInterior())
      strides.push_back(interior + 1);
    Value filled = filledTensor(rewriter, op.getLoc(), type,
                                op.getValue().convertToDouble());
    if (isEmpty(adaptor.getX())) {
      rewriter.replaceOp(op, filled);
      return success();
    }
    rewriter.replaceOpWithNewOp<tensor::InsertSliceOp>(
        op, adaptor.getX(), filled, indices(rewriter, op.getLow()),
        indices(rewriter,
                cast<RankedTensorType>(adaptor.getX().getType()).getShape()),
        indices(rewriter, strides));
    return success();
  }
};

struct LowerConcat : OpConversionPattern<ConcatOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ConcatOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    RankedTensorType type = signless(op.getType());
    Value result = isEmpty(op) ? filledTensor(rewriter, op.getLoc(), type, 0)
                               : emptyTensor(rewriter, op.getLoc(), type);
    SmallVector<int64_t> offsets(type.getRank(), 0), strides(type.getRank(), 1);
    for (Value x : adaptor.getXs()) {
      if (isEmpty(x))
        continue;
      ArrayRef<int64_t> sizes = cast<RankedTensorType>(x.getType()).getShape();
      result = tensor::InsertSliceOp::create(
          rewriter, op.getLoc(), x, result, indices(rewriter, offsets),
          indices(rewriter, sizes), indices(rewriter, strides));
      offsets[op.getDimension()] += sizes[op.getDimension()];
    }
    rewriter.replaceOp(op, result);
    return success();
  }
};

} // namespace

void populateShapeLowerings(RewritePatternSet &patterns,
                            const TypeConverter &types) {
  patterns.add<LowerConstant, LowerIota, LowerBroadcast, LowerTranspose,
               LowerReverse, LowerReshape, LowerSlice, LowerPad, LowerConcat>(
      types, patterns.getContext());
}

} // namespace agc
