//===- LowerToLinalg.cpp - agc ops to linalg on tensors --------------------===//
//
// Takes: agc ops without symbolic gradients.
// Gives: linalg.generic, tensor.* and arith.constant; u8 made signless.
//
//===----------------------------------------------------------------------===//
#include "passes/LowerToLinalg.h"

#include "passes/Attention.h"

#include "mlir/Dialect/Func/Transforms/FuncConversions.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace agc::ir;

namespace agc {
#define GEN_PASS_DEF_LOWERTOLINALGPASS
#include "passes/Passes.h.inc"

SmallVector<utils::IteratorType> iterators(unsigned parallel,
                                           unsigned reduction) {
  SmallVector<utils::IteratorType> result(parallel,
                                          utils::IteratorType::parallel);
  result.append(reduction, utils::IteratorType::reduction);
  return result;
}

Value emptyTensor(OpBuilder &builder, Location loc, RankedTensorType type) {
  return tensor::EmptyOp::create(builder, loc, type.getShape(),
                                 type.getElementType());
}

llvm::SmallBitVector loopsOf(AffineExpr index, unsigned numLoops) {
  llvm::SmallBitVector loops(numLoops);
  for (unsigned l = 0; l < numLoops; ++l)
    if (index.isFunctionOfDim(l))
      loops.set(l);
  return loops;
}

Value filledTensor(OpBuilder &builder, Location loc, RankedTensorType type,
                   double number) {
  Type element = type.getElementType();
  TypedAttr attr;
  if (isa<FloatType>(element)) {
    attr = builder.getFloatAttr(element, number);
  } else {
    unsigned width = element.getIntOrFloatBitWidth();
    APInt value(width, int64_t(std::isinf(number) ? 0 : number), true, true);
    if (std::isinf(number))
      value = number < 0 ? APInt::getSignedMinValue(width)
                         : APInt::getSignedMaxValue(width);
    attr = builder.getIntegerAttr(element, value);
  }
  Value scalar = arith::ConstantOp::create(builder, loc, attr);
  return linalg::FillOp::create(builder, loc, scalar,
                                emptyTensor(builder, loc, type))
      .getResult(0);
}

bool isFilledWithZero(Value value) {
  auto fill = value.getDefiningOp<linalg::FillOp>();
  return fill && matchPattern(fill.value(), m_AnyZeroFloat());
}

Value rearrange(OpBuilder &builder, Location loc, Value x, AffineMap map,
                RankedTensorType type) {
  unsigned rank = type.getRank();
  return linalg::GenericOp::create(
             builder, loc, type, x, emptyTensor(builder, loc, type),
             ArrayRef{map, builder.getMultiDimIdentityMap(rank)},
             iterators(rank, 0),
             [](OpBuilder &b, Location loc, ValueRange args) {
               linalg::YieldOp::create(b, loc, args[0]);
             })
      .getResult(0);
}

Value convertElements(OpBuilder &builder, Location loc, Value x, Type element) {
  auto type = cast<RankedTensorType>(x.getType()).clone(element);
  return type == x.getType() ? x : ConvertOp::create(builder, loc, type, x);
}

Value contract(OpBuilder &builder, Location loc, Value x, Value y,
               RankedTensorType type, ArrayRef<AffineMap> maps,
               unsigned numReductions) {
  unsigned numLoops = maps.front().getNumDims();
  Type wide = ScalarBuilder(builder, loc).computeType(type.getElementType());
  // Once each, before and after: not once a product.
  x = convertElements(builder, loc, x, wide);
  y = convertElements(builder, loc, y, wide);
  bool isSum = numReductions > 0; // Else it is a map like any other.
  auto generic = linalg::GenericOp::create(
      builder, loc, type.clone(wide), ValueRange{x, y},
      isSum ? filledTensor(builder, loc, type.clone(wide), 0)
            : emptyTensor(builder, loc, type.clone(wide)),
      maps, iterators(numLoops - numReductions, numReductions),
      [&](OpBuilder &b, Location loc, ValueRange args) {
        ScalarBuilder s(b, loc);
        Value product = s.mul(args[0], args[1]);
        linalg::YieldOp::create(b, loc, isSum ? s.add(args[2], product) : product);
      });
  return convertElements(builder, loc, generic.getResult(0), type.getElementType());
}

namespace {

/// Any op that is a scalar expression, element by element.
struct LowerElementwise : OpInterfaceConversionPattern<Scalarizes> {
  using OpInterfaceConversionPattern::OpInterfaceConversionPattern;

  LogicalResult
  matchAndRewrite(Scalarizes op, ArrayRef<Value> operands,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    RankedTensorType type = signless(op->getResult(0).getType());
    SmallVector<AffineMap> maps(
        operands.size() + 1, rewriter.getMultiDimIdentityMap(type.getRank()));
    auto generic = linalg::GenericOp::create(
        rewriter, loc, type, operands, emptyTensor(rewriter, loc, type), maps,
        iterators(type.getRank(), 0),
        [&](OpBuilder &b, Location loc, ValueRange args) {
          // In f32 if in a half type, rounded once.
          ScalarBuilder s(b, loc);
          SmallVector<Value> wide;
          for (Value arg : args.drop_back())
            wide.push_back(s.widen(arg));
          Type element = type.getElementType();
          Value z = op.buildScalar(s, wide, s.computeType(element));
          linalg::YieldOp::create(b, loc, s.narrow(z, element));
        });
    rewriter.replaceOp(op, generic);
    return success();
  }
};

struct LowerCheckRange : OpConversionPattern<CheckRangeOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(CheckRangeOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.modifyOpInPlace(op, [&] {
      // The type will not say so any more.
      if (isUnsigned(op.getResult()))
        op->setAttr(unsignedAttr, rewriter.getUnitAttr());
      op.getXMutable().set(adaptor.getX());
      op.getResult().setType(cast<RankedTensorType>(adaptor.getX().getType()));
    });
    return success();
  }
};

struct LowerBarrier : OpConversionPattern<BarrierOp> {
  using OpConversionPattern::OpConversionPattern;

  LogicalResult
  matchAndRewrite(BarrierOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<BarrierOp>(op, adaptor.getX().getType(),
                                           adaptor.getX(), adaptor.getAfter());
    return success();
  }
};

/// Only the types change: what the bodies do is in functions of their own.
template <typename Op> struct LowerControl : OpConversionPattern<Op> {
  using OpConversionPattern<Op>::OpConversionPattern;

  LogicalResult
  matchAndRewrite(Op op, typename Op::Adaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    for (Region &region : op->getRegions())
      if (failed(rewriter.convertRegionTypes(&region, *this->getTypeConverter())))
        return failure();
    rewriter.modifyOpInPlace(op, [&] {
      op->setOperands(adaptor.getOperands());
      for (Value result : op->getResults())
        result.setType(this->getTypeConverter()->convertType(result.getType()));
    });
    return success();
  }
};

struct LowerToLinalgPass : impl::LowerToLinalgPassBase<LowerToLinalgPass> {
  using LowerToLinalgPassBase::LowerToLinalgPassBase;

  void runOnOperation() override {
    MLIRContext &context = getContext();
    TypeConverter types;
    types.addConversion([](Type type) { return type; });
    types.addConversion([](RankedTensorType type) { return signless(type); });

    ConversionTarget target(context);
    target.addIllegalDialect<AgcDialect>();
    target.addDynamicallyLegalOp<BarrierOp, CheckRangeOp, ScatterOp>(
        [&](Operation *op) { return types.isLegal(op); });
    target.addDynamicallyLegalOp<CondOp, ScanOp, YieldOp, func::CallOp>(
        [&](Operation *op) {
          return types.isLegal(op) &&
                 llvm::all_of(op->getRegions(),
                              [&](Region &region) { return types.isLegal(&region); });
        });
    target.addLegalDialect<attention::AttentionDialect, arith::ArithDialect, linalg::LinalgDialect,
                           math::MathDialect, tensor::TensorDialect>();
    target.addDynamicallyLegalOp<func::FuncOp>([&](func::FuncOp op) {
      return types.isSignatureLegal(op.getFunctionType());
    });
    target.addDynamicallyLegalOp<func::ReturnOp>(
        [&](func::ReturnOp op) { return types.isLegal(op.getOperation()); });

    RewritePatternSet patterns(&context);
    patterns.add<LowerElementwise, LowerBarrier, LowerCheckRange,
                 LowerControl<CondOp>, LowerControl<ScanOp>, LowerControl<YieldOp>>(
        types, &context);
    populateShapeLowerings(patterns, types);
    populateIndexingLowerings(patterns, types);
    populateRandomLowerings(patterns, types);
    populateReductionLowerings(patterns, types);
    populateConvolutionLowerings(patterns, types, reference, strict);
    populatePoolingLowerings(patterns, types);
    populateFunctionOpInterfaceTypeConversionPattern<func::FuncOp>(patterns,
                                                                   types);
    populateReturnOpTypeConversionPattern(patterns, types);
    populateCallOpTypeConversionPattern(patterns, types);
    if (failed(applyFullConversion(getOperation(), target, std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace agc
