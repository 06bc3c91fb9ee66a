//===- ExpandMath.cpp - Exponentials and the like as arithmetic ------------===//
//
// Which function of codegen/math an op is. What is not here is one instruction
// of the machine, or a few: sqrt, floor and their like. A product and sum with
// one rounding is two ops where the machine has no such instruction.
//
//===----------------------------------------------------------------------===//
#include "codegen/Passes.h"
#include "codegen/math/Functions.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace agc {
#define GEN_PASS_DEF_EXPANDMATHPASS
#include "codegen/Passes.h.inc"

namespace {

using Unary = Word (*)(math::Numbers &, Word);
using Binary = Word (*)(math::Numbers &, Word, Word);

template <typename Op> bool is(Operation *op) { return isa<Op>(op); }

const std::pair<bool (*)(Operation *), Unary> unaryFunctions[] = {
    {is<mlir::math::ExpOp>, math::exp},     {is<mlir::math::Exp2Op>, math::exp2},
    {is<mlir::math::ExpM1Op>, math::expm1}, {is<mlir::math::LogOp>, math::log},
    {is<mlir::math::Log2Op>, math::log2},   {is<mlir::math::Log1pOp>, math::log1p},
    {is<mlir::math::SinOp>, math::sin},     {is<mlir::math::CosOp>, math::cos},
    {is<mlir::math::TanOp>, math::tan},     {is<mlir::math::AsinOp>, math::asin},
    {is<mlir::math::AcosOp>, math::acos},   {is<mlir::math::AtanOp>, math::atan},
    {is<mlir::math::SinhOp>, math::sinh},   {is<mlir::math::CoshOp>, math::cosh},
    {is<mlir::math::TanhOp>, math::tanh},   {is<mlir::math::ErfOp>, math::erf},
    {is<mlir::math::ErfcOp>, math::erfc},
};
const std::pair<bool (*)(Operation *), Binary> binaryFunctions[] = {
    {is<mlir::math::PowFOp>, math::pow},
    {is<mlir::math::Atan2Op>, math::atan2},
    {is<arith::RemFOp>, math::fmod},
};

/// The ops of 1 / (1 + e^-x), last first, if this is one: it has a formula of
/// its own.
SmallVector<Operation *> sigmoidOps(arith::DivFOp quotient) {
  auto sum = quotient.getRhs().getDefiningOp<arith::AddFOp>();
  if (!sum || !matchPattern(quotient.getLhs(), m_OneFloat()))
    return {};
  for (auto [one, power] : {std::pair(sum.getLhs(), sum.getRhs()),
                            std::pair(sum.getRhs(), sum.getLhs())})
    if (auto exp = power.getDefiningOp<mlir::math::ExpOp>();
        exp && matchPattern(one, m_OneFloat()))
      if (auto negated = exp.getOperand().getDefiningOp<arith::NegFOp>())
        return {quotient, sum, exp, negated};
  return {};
}

struct ExpandMathPass : impl::ExpandMathPassBase<ExpandMathPass> {
  using Base::Base;

  void expandSigmoid(arith::DivFOp op) {
    SmallVector<Operation *> ops = sigmoidOps(op);
    if (ops.empty())
      return;
    ImplicitLocOpBuilder b(op.getLoc(), op);
    math::Numbers w(b, op.getType(), hasFMA);
    Word x = w(ops.back()->getOperand(0));
    op.getResult().replaceAllUsesWith(math::sigmoid(w, x).value);
    for (Operation *unused : ops)
      if (unused->use_empty())
        unused->erase();
  }

  void expand(Operation *op) {
    if (op->getNumResults() != 1)
      return;
    Type type = op->getResult(0).getType(), element = getElementTypeOrSelf(type);
    if (!element.isF32() && !element.isF64())
      return;
    ImplicitLocOpBuilder b(op->getLoc(), op);
    math::Numbers w(b, type, hasFMA);
    Word result;
    for (auto [matches, function] : unaryFunctions)
      if (matches(op))
        result = function(w, w(op->getOperand(0)));
    for (auto [matches, function] : binaryFunctions)
      if (matches(op))
        result = function(w, w(op->getOperand(0)), w(op->getOperand(1)));
    if (isa<mlir::math::FmaOp>(op) && !hasFMA)
      result = w(op->getOperand(0)) * w(op->getOperand(1)) + w(op->getOperand(2));
    if (!result.value)
      return;
    op->getResult(0).replaceAllUsesWith(result.value);
    op->erase();
  }

  void runOnOperation() override {
    // Before what it is made of is expanded.
    getOperation().walk([&](arith::DivFOp op) { expandSigmoid(op); });
    // Of a post-order walk, the op at hand may be erased.
    getOperation().walk([&](Operation *op) { expand(op); });
    math::addLargeAngleReduction(getOperation(), hasFMA);
    math::addLongRemainder(getOperation(), hasFMA);
  }
};
} // namespace
} // namespace agc
