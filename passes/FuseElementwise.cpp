//===- FuseElementwise.cpp - Element-wise chains into one loop -------------===//
//
// Takes: linalg.generic ops as lowered, one per agc op.
// Gives: as few as the policy below allows. The mechanics are upstream's.
//
//===----------------------------------------------------------------------===//
#include "passes/Passes.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace agc {
#define GEN_PASS_DEF_FUSEELEMENTWISEPASS
#include "passes/Passes.h.inc"

namespace {

/// Fusing is quadratic in a group's ops, and so is what comes after.
constexpr unsigned maxGroupOps = 64;

unsigned numScalarOps(linalg::GenericOp op) {
  return op.getBody()->getOperations().size() - 1;
}

int64_t numIterations(linalg::GenericOp op) {
  int64_t product = 1;
  for (int64_t size : op.getStaticLoopRanges())
    product *= size;
  return product;
}

/// Whether computing the producer inside this consumer computes each of its
/// elements once, or costs nothing to repeat.
bool isWorthFusing(linalg::GenericOp producer, linalg::GenericOp consumer) {
  if (numScalarOps(producer) == 0)
    return true; // Only moves elements: a broadcast, a transpose.
  return numIterations(consumer) <= numIterations(producer);
}

bool shouldFuse(OpOperand *operand) {
  auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
  auto consumer = dyn_cast<linalg::GenericOp>(operand->getOwner());
  if (!producer || !consumer ||
      numScalarOps(producer) + numScalarOps(consumer) > maxGroupOps)
    return false;
  // A result that some user needs in memory is read from there by all.
  return llvm::all_of(producer->getUsers(), [&](Operation *user) {
    auto generic = dyn_cast<linalg::GenericOp>(user);
    return generic && isWorthFusing(producer, generic);
  });
}

struct FuseElementwisePass : impl::FuseElementwisePassBase<FuseElementwisePass> {
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    RewritePatternSet patterns(context);
    linalg::populateElementwiseOpsFusionPatterns(patterns, shouldFuse);
    linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
    GreedyRewriteConfig config;
    config.setUseTopDownTraversal(true);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      return signalPassFailure();
    // A producer fused twice into one group is there twice.
    IRRewriter rewriter(context);
    DominanceInfo dominance(getOperation());
    eliminateCommonSubExpressions(rewriter, dominance, getOperation());
  }
};

} // namespace
} // namespace agc
