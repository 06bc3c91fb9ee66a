//===- SimplifyShape.cpp - Parts of a tensor that are put together ---------===//
#include "ir/Dialect.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;

namespace agc::ir {
namespace {

/// The dimension along which zeros were put around a tensor, and nowhere else.
std::optional<unsigned> paddedDimension(PadOp pad) {
  std::optional<unsigned> found;
  if (!pad || !pad.getValue().isPosZero())
    return std::nullopt;
  for (unsigned d = 0; d < pad.getLow().size(); ++d) {
    if (pad.getInterior()[d])
      return std::nullopt;
    if (!pad.getLow()[d] && !pad.getHigh()[d])
      continue;
    if (found)
      return std::nullopt;
    found = d;
  }
  return found;
}

/// A sum of parts, each padded to the whole: the gradient of a tensor that was cut
/// into slices. Where they fill it side by side, it is their concatenation.
struct PadsSideBySide : OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AddOp op, PatternRewriter &rewriter) const override {
    SmallVector<PadOp> pads;
    SmallVector<Value> terms{op.getX(), op.getY()};
    while (!terms.empty()) {
      Value term = terms.pop_back_val();
      if (auto add = term.getDefiningOp<AddOp>(); add && term.hasOneUse())
        llvm::append_values(terms, add.getX(), add.getY());
      else if (auto pad = term.getDefiningOp<PadOp>(); paddedDimension(pad))
        pads.push_back(pad);
      else
        return failure();
    }
    unsigned along = *paddedDimension(pads.front());
    llvm::sort(pads, [&](PadOp a, PadOp b) { return a.getLow()[along] < b.getLow()[along]; });
    int64_t end = 0;
    SmallVector<Value> parts;
    for (PadOp pad : pads) {
      if (paddedDimension(pad) != along || pad.getLow()[along] != end)
        return failure();
      end += pad.getX().getType().getDimSize(along);
      parts.push_back(pad.getX());
    }
    if (end != op.getType().getDimSize(along))
      return failure();
    rewriter.replaceOpWithNewOp<ConcatOp>(op, op.getType(), parts, along);
    return success();
  }
};

} // namespace

void PadOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<PadsSideBySide>(context);
}

} // namespace agc::ir
