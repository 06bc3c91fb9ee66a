//===- ExpandMath.cpp - Exponentials and the like as arithmetic ------------===//
//
// Upstream's polynomials, and for f32 what upstream expands without care for
// the error, or not at all. f64 is libm's (LowerToLLVM.cpp).
//
//===----------------------------------------------------------------------===//
#include "codegen/Passes.h"

#include "mlir/Dialect/Math/Transforms/Approximation.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace agc {
#define GEN_PASS_DEF_EXPANDMATHPASS
#include "codegen/Passes.h.inc"

namespace {

/// Arithmetic on f32, scalar or vector.
struct Words {
  Words(PatternRewriter &rewriter, Operation *op)
      : b(op->getLoc(), rewriter), type(op->getResult(0).getType()) {}

  Value splat(Type of, TypedAttr scalar) {
    if (auto vector = dyn_cast<VectorType>(of))
      return arith::ConstantOp::create(b, DenseElementsAttr::get(vector, scalar));
    return arith::ConstantOp::create(b, scalar);
  }
  Value number(double value) {
    return splat(type, b.getF32FloatAttr(float(value)));
  }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, x, y); }
  Value div(Value x, Value y) { return arith::DivFOp::create(b, x, y); }
  Value abs(Value x) { return math::AbsFOp::create(b, x); }
  Value less(Value x, Value y) {
    return arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, y);
  }
  Value select(Value p, Value x, Value y) {
    return arith::SelectOp::create(b, p, x, y);
  }

  ImplicitLocOpBuilder b;
  Type type;
};

template <typename Op> struct ExpandF32 : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;
  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const final {
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return failure();
    Words w(rewriter, op);
    rewriter.replaceOp(op, expand(w, op.getOperand()));
    return success();
  }
  virtual Value expand(Words &w, Value x) const = 0;
};

struct ExpandTan final : ExpandF32<math::TanOp> {
  using ExpandF32::ExpandF32;
  Value expand(Words &w, Value x) const override {
    return w.div(math::SinOp::create(w.b, x), math::CosOp::create(w.b, x));
  }
};

/// Near 0 by expm1, which does not cancel; elsewhere by the exponential of half
/// of x, whose square overflows where the result does.
struct ExpandSinh final : ExpandF32<math::SinhOp> {
  using ExpandF32::ExpandF32;
  Value expand(Words &w, Value x) const override {
    Value magnitude = w.abs(x), half = w.number(0.5);
    Value e = math::ExpM1Op::create(w.b, magnitude);
    Value small = w.mul(half, w.add(e, w.div(e, w.add(e, w.number(1)))));
    Value root = math::ExpOp::create(w.b, w.mul(half, magnitude));
    Value large = w.mul(w.mul(half, root), root);
    Value result = w.select(w.less(magnitude, w.number(16)), small, large);
    return math::CopySignOp::create(w.b, result, x);
  }
};

struct ExpandCosh final : ExpandF32<math::CoshOp> {
  using ExpandF32::ExpandF32;
  Value expand(Words &w, Value x) const override {
    Value magnitude = w.abs(x), half = w.number(0.5);
    Value e = math::ExpOp::create(w.b, magnitude);
    Value small = w.mul(half, w.add(e, w.div(w.number(1), e)));
    Value root = math::ExpOp::create(w.b, w.mul(half, magnitude));
    Value large = w.mul(w.mul(half, root), root);
    return w.select(w.less(magnitude, w.number(16)), small, large);
  }
};

/// 2^n for the nearest integer n, and e^(ln 2 * rest) for the rest. 2^n is two
/// factors, as it may be too small or large for one.
struct ExpandExp2 final : ExpandF32<math::Exp2Op> {
  using ExpandF32::ExpandF32;
  Value expand(Words &w, Value x) const override {
    Value low = arith::MaximumFOp::create(w.b, x, w.number(-160));
    Value bounded = arith::MinimumFOp::create(w.b, low, w.number(160));
    Value n = math::RoundEvenOp::create(w.b, bounded);
    Value rest = w.mul(w.sub(bounded, n), w.number(0.69314718055994530942));
    Value power = math::ExpOp::create(w.b, rest);
    Type i32 = w.b.getI32Type(), integer = i32;
    if (auto vector = dyn_cast<VectorType>(w.type))
      integer = vector.clone(i32);
    auto whole = [&](int32_t value) { return w.splat(integer, w.b.getI32IntegerAttr(value)); };
    Value i = arith::FPToSIOp::create(w.b, integer, n);
    Value first = arith::ShRSIOp::create(w.b, i, whole(1));
    Value second = arith::SubIOp::create(w.b, i, first);
    auto twoTo = [&](Value exponent) -> Value {
      Value biased = arith::AddIOp::create(w.b, exponent, whole(127));
      Value bits = arith::ShLIOp::create(w.b, biased, whole(23));
      return arith::BitcastOp::create(w.b, w.type, bits);
    };
    Value result = w.mul(w.mul(power, twoTo(first)), twoTo(second));
    Value isNumber = arith::CmpFOp::create(w.b, arith::CmpFPredicate::ORD, x, x);
    return w.select(isNumber, result, x);
  }
};

/// The angle below 45 degrees by atan, the octant by signs and comparison.
/// Upstream's has no answer for zeros and infinities.
struct ExpandAtan2 final : OpRewritePattern<math::Atan2Op> {
  ExpandAtan2(MLIRContext *context)
      : OpRewritePattern(context, /*benefit=*/10) {} // before upstream's
  LogicalResult matchAndRewrite(math::Atan2Op op, PatternRewriter &rewriter) const final {
    if (!getElementTypeOrSelf(op.getType()).isF32())
      return failure();
    Words w(rewriter, op);
    Value y = op.getLhs(), x = op.getRhs();
    Value high = arith::MaximumFOp::create(w.b, w.abs(x), w.abs(y));
    Value low = arith::MinimumFOp::create(w.b, w.abs(x), w.abs(y));
    Value zero = w.number(0), one = w.number(1);
    auto equal = [&](Value a, Value b) -> Value {
      return arith::CmpFOp::create(w.b, arith::CmpFPredicate::OEQ, a, b);
    };
    Value ratio = w.div(low, w.select(equal(high, zero), one, high));
    Value infinity = w.number(std::numeric_limits<double>::infinity());
    ratio = w.select(equal(low, infinity), one, ratio);
    Value angle = math::AtanOp::create(w.b, ratio);
    angle = w.select(w.less(w.abs(x), w.abs(y)),
                     w.sub(w.number(1.57079632679489661923), angle), angle);
    Value side = math::CopySignOp::create(w.b, one, x);
    angle = w.select(w.less(side, zero),
                     w.sub(w.number(3.14159265358979323846), angle), angle);
    rewriter.replaceOp(op, math::CopySignOp::create(w.b, angle, y));
    return success();
  }
};

struct ExpandMathPass : impl::ExpandMathPassBase<ExpandMathPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateMathPolynomialApproximationPatterns(patterns);
    patterns.add<ExpandTan, ExpandSinh, ExpandCosh, ExpandExp2, ExpandAtan2>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
} // namespace agc
