//===- FactorSums.cpp - Common factors out of sums --------------------------===//
//
// Takes: agc ops, gradients formed.
// Gives: sums of what varies, multiplied by what does not.
// Relies on: CSE, which finds the sums that have become the same.
//
//===----------------------------------------------------------------------===//
#include "passes/Passes.h"

#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;
using namespace agc::ir;

namespace agc {
#define GEN_PASS_DEF_FACTORSUMSPASS
#include "passes/Passes.h.inc"

namespace {

/// A product of more is left as it is.
constexpr unsigned maxFactors = 8;

SmallVector<int64_t> keptDimensions(ReduceSumOp sum) {
  SmallVector<int64_t> kept;
  for (int64_t d = 0, rank = sum.getX().getType().getRank(); d < rank; ++d)
    if (!llvm::is_contained(sum.getDimensions(), d))
      kept.push_back(d);
  return kept;
}

bool isNumber(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  return constant && constant.getValue();
}

/// What a sum adds up, as a product.
struct Terms {
  SmallVector<Value> varying, common, divisors;
  bool isNegative = false;

  Terms(ReduceSumOp sum) : kept(keptDimensions(sum)) { addFactors(sum.getX()); }
  bool hasCommon() const { return isNegative || !common.empty() || !divisors.empty(); }
  unsigned size() const { return varying.size() + common.size() + divisors.size(); }

private:
  SmallVector<int64_t> kept;

  bool isCommon(Value value) const {
    auto broadcast = value.getDefiningOp<BroadcastOp>();
    return isNumber(value) || (broadcast && llvm::all_of(broadcast.getDimensions(), [&](int64_t d) {
                                 return llvm::is_contained(kept, d);
                               }));
  }

  void addFactors(Value value) {
    if (isCommon(value)) {
      common.push_back(value);
    } else if (auto product = value.getDefiningOp<MulOp>(); product && size() < maxFactors) {
      addFactors(product.getX());
      addFactors(product.getY());
    } else if (auto minus = value.getDefiningOp<NegOp>()) {
      isNegative = !isNegative;
      addFactors(minus.getX());
    } else if (auto quotient = value.getDefiningOp<DivOp>();
               quotient && isCommon(quotient.getY())) {
      divisors.push_back(quotient.getY());
      addFactors(quotient.getX());
    } else {
      varying.push_back(value);
    }
  }
};

bool isIn32Or64Bits(ReduceSumOp sum) {
  Type element = getElementTypeOrSelf(sum.getType());
  return element.isF32() || element.isF64();
}

/// Factors in the order in which they are made: the same product is the same op,
/// whichever sum it was taken out of.
void sortByOrigin(SmallVector<Value> &values) {
  llvm::stable_sort(values, [](Value a, Value b) {
    Operation *x = a.getDefiningOp(), *y = b.getDefiningOp();
    if (x && y)
      return x != y && x->isBeforeInBlock(y);
    if (x || y)
      return !x;
    return cast<BlockArgument>(a).getArgNumber() < cast<BlockArgument>(b).getArgNumber();
  });
}

struct FactorSum : OpRewritePattern<ReduceSumOp> {
  using OpRewritePattern::OpRewritePattern;

  /// What is common to the terms, as a factor of their sum.
  static Value ofSum(Value value, ReduceSumOp sum, PatternRewriter &rewriter) {
    if (auto number = value.getDefiningOp<ConstantOp>())
      return ConstantOp::create(rewriter, sum.getLoc(), sum.getType(), number.getValueAttr(),
                                nullptr);
    auto broadcast = value.getDefiningOp<BroadcastOp>();
    if (broadcast.getX().getType() == sum.getType())
      return broadcast.getX();
    SmallVector<int64_t> kept = keptDimensions(sum), places;
    for (int64_t d : broadcast.getDimensions())
      places.push_back(llvm::find(kept, d) - kept.begin());
    return BroadcastOp::create(rewriter, sum.getLoc(), sum.getType(), broadcast.getX(), places);
  }

  LogicalResult matchAndRewrite(ReduceSumOp op, PatternRewriter &rewriter) const override {
    if (!isIn32Or64Bits(op))
      return failure();
    Terms terms(op);
    if (!terms.hasCommon() || terms.varying.empty())
      return failure();
    sortByOrigin(terms.varying);
    Value product = terms.varying.front();
    for (Value factor : llvm::drop_begin(terms.varying))
      product = MulOp::create(rewriter, op.getLoc(), product, factor);
    Value z = ReduceSumOp::create(rewriter, op.getLoc(), op.getType(), product,
                                  op.getDimensions());
    for (Value factor : terms.common)
      z = MulOp::create(rewriter, op.getLoc(), z, ofSum(factor, op, rewriter));
    for (Value divisor : terms.divisors)
      z = DivOp::create(rewriter, op.getLoc(), z, ofSum(divisor, op, rewriter));
    if (terms.isNegative)
      z = NegOp::create(rewriter, op.getLoc(), z);
    rewriter.replaceOp(op, z);
    return success();
  }
};

/// The value without reshapes, which move no element.
Value throughReshapes(Value value) {
  while (auto reshape = value.getDefiningOp<ReshapeOp>())
    value = reshape.getX();
  return value;
}

/// x - mean(x), summed along the dimensions of the mean.
struct DeviationsAreNone : OpRewritePattern<ReduceSumOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReduceSumOp op, PatternRewriter &rewriter) const override {
    auto difference = op.getX().getDefiningOp<SubOp>();
    auto mean = difference ? difference.getY().getDefiningOp<BroadcastOp>() : nullptr;
    if (!isIn32Or64Bits(op) || !mean ||
        mean.getDimensions() != ArrayRef<int64_t>(keptDimensions(op)))
      return failure();
    auto quotient = throughReshapes(mean.getX()).getDefiningOp<DivOp>();
    auto sum = quotient ? throughReshapes(quotient.getX()).getDefiningOp<ReduceSumOp>() : nullptr;
    if (!sum || sum.getX() != difference.getX() || sum.getDimensions() != op.getDimensions())
      return failure();
    auto count = quotient.getY().getDefiningOp<ConstantOp>();
    auto number = count ? dyn_cast_or_null<FloatAttr>(count.getValueAttr()) : nullptr;
    if (!number || number.getValueAsDouble() * double(op.getType().getNumElements()) !=
                       double(op.getX().getType().getNumElements()))
      return failure();
    rewriter.replaceOpWithNewOp<ConstantOp>(op, op.getType(), rewriter.getF64FloatAttr(0), nullptr);
    return success();
  }
};

struct FactorSumsPass : impl::FactorSumsPassBase<FactorSumsPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FactorSum, DeviationsAreNone>(&getContext());
    GreedyRewriteConfig config;
    config.enableConstantCSE(false);
    config.enableFolding(false);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      signalPassFailure();
  }
};

} // namespace
} // namespace agc
