//===- LowerReduction.cpp - Reductions and products ------------------------===//
#include "passes/LowerToLinalg.h"

using namespace mlir;
using namespace agc::ir;

namespace agc {
namespace {

/// The map from all of x's dimensions to those that a reduction keeps.
AffineMap keptDimensions(OpBuilder &builder, int64_t rank,
                         ArrayRef<int64_t> reduced) {
  SmallVector<unsigned> kept;
  for (int64_t d = 0; d < rank; ++d)
    if (!llvm::is_contained(reduced, d))
      kept.push_back(d);
  return builder.getMultiDimIdentityMap(rank).getSubMap(kept);
}

SmallVector<utils::IteratorType> reductionIterators(int64_t rank,
                                                    ArrayRef<int64_t> reduced) {
  SmallVector<utils::IteratorType> result = iterators(rank, 0);
  for (int64_t d : reduced)
    result[d] = utils::IteratorType::reduction;
  return result;
}

template <typename Op, Value (ScalarBuilder::*combine)(Value, Value, bool)>
struct LowerReduction : OpConversionPattern<Op> {
  LowerReduction(const TypeConverter &types, MLIRContext *context,
                 double identity)
      : OpConversionPattern<Op>(types, context), identity(identity) {}

  LogicalResult
  matchAndRewrite(Op op, typename Op::Adaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    if (op.getDimensions().empty()) {
      rewriter.replaceOp(op, adaptor.getX());
      return success();
    }
    RankedTensorType type = signless(op.getType());
    int64_t rank = cast<RankedTensorType>(op.getX().getType()).getRank();
    bool isUnsigned = agc::ir::isUnsigned(op.getX());
    // Of unsigned integers 0 is the least, and all bits are the largest.
    double start = isUnsigned && std::isinf(identity) ? identity > 0 ? -1 : 0
                                                      : identity;
    // Half types are summed in f32.
    Type element = type.getElementType();
    auto wide = type.clone(ScalarBuilder(rewriter, op.getLoc()).computeType(element));
    auto generic = linalg::GenericOp::create(
        rewriter, op.getLoc(), wide, adaptor.getX(),
        filledTensor(rewriter, op.getLoc(), wide, start),
        ArrayRef{rewriter.getMultiDimIdentityMap(rank),
                 keptDimensions(rewriter, rank, op.getDimensions())},
        reductionIterators(rank, op.getDimensions()),
        [isUnsigned](OpBuilder &b, Location loc, ValueRange args) {
          ScalarBuilder s(b, loc);
          linalg::YieldOp::create(
              b, loc, (s.*combine)(args[1], s.widen(args[0]), isUnsigned));
        });
    rewriter.replaceOp(op, convertElements(rewriter, op.getLoc(),
                                           generic.getResult(0), element));
    return success();
  }

  double identity;
};

struct LowerArgmax : OpConversionPattern<ArgmaxOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(ArgmaxOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    auto xType = cast<RankedTensorType>(adaptor.getX().getType());
    RankedTensorType indexType = signless(op.getType());
    auto valueType = indexType.clone(xType.getElementType());
    int64_t rank = xType.getRank(), dimension = op.getDimension();
    AffineMap kept = keptDimensions(rewriter, rank, dimension);
    constexpr double lowest = -std::numeric_limits<double>::infinity();
    Value values = filledTensor(rewriter, loc, valueType,
                                isUnsigned(op.getX()) ? 0 : lowest);
    Value indices = filledTensor(rewriter, loc, indexType, 0);
    auto generic = linalg::GenericOp::create(
        rewriter, loc, TypeRange{valueType, indexType}, adaptor.getX(),
        ValueRange{values, indices},
        ArrayRef{rewriter.getMultiDimIdentityMap(rank), kept, kept},
        reductionIterators(rank, dimension),
        [&](OpBuilder &b, Location loc, ValueRange args) {
          ScalarBuilder s(b, loc);
          Value x = args[0], best = args[1], at = args[2];
          Value wins = s.compare("gt", x, best, isUnsigned(op.getX()));
          if (isFloat(x)) // NaN wins, the first of them.
            wins = s.logicalOr(wins, s.logicalAnd(s.compare("ne", x, x),
                                                  s.compare("eq", best, best)));
          Value i = arith::IndexCastOp::create(
              b, loc, b.getI64Type(), linalg::IndexOp::create(b, loc, dimension));
          linalg::YieldOp::create(
              b, loc,
              ValueRange{s.select(wins, x, best), s.select(wins, i, at)});
        });
    rewriter.replaceOp(op, generic.getResult(1));
    return success();
  }
};

struct LowerEinsum : OpConversionPattern<EinsumOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(EinsumOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    EinsumTerms terms = parseEinsum(op.getSpec());
    // Loops: the result's letters in its order, then those summed, in x's.
    std::string loops = terms.z.str();
    for (char letter : terms.x)
      if (!terms.z.contains(letter))
        loops.push_back(letter);
    SmallVector<AffineMap> maps;
    for (StringRef term : {terms.x, terms.y, terms.z}) {
      SmallVector<AffineExpr> exprs;
      for (char letter : term)
        exprs.push_back(rewriter.getAffineDimExpr(loops.find(letter)));
      maps.push_back(
          AffineMap::get(loops.size(), 0, exprs, rewriter.getContext()));
    }
    rewriter.replaceOp(op, contract(rewriter, op.getLoc(), adaptor.getX(),
                                    adaptor.getY(), signless(op.getType()), maps,
                                    loops.size() - terms.z.size()));
    return success();
  }
};

} // namespace

void populateReductionLowerings(RewritePatternSet &patterns,
                                const TypeConverter &types) {
  MLIRContext *context = patterns.getContext();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  patterns.add<LowerReduction<ReduceSumOp, &ScalarBuilder::add>>(types, context, 0);
  patterns.add<LowerReduction<ReduceMaxOp, &ScalarBuilder::max>>(types, context,
                                                                 -infinity);
  patterns.add<LowerReduction<ReduceMinOp, &ScalarBuilder::min>>(types, context,
                                                                 infinity);
  patterns.add<LowerArgmax, LowerEinsum>(types, context);
}

} // namespace agc
