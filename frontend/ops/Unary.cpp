//===- Unary.cpp - Functions of one operand, element by element -----------===//
#include "frontend/core/Promote.h"

#include <agc/Functions.h>

#include <cmath>

namespace agc {

using namespace detail;

namespace {

Value floatUnary(OpId op, const Tensor &x) { return unary(op, asFloat(read(x))); }

Value numberUnary(OpId op, const Tensor &x) {
  Value v = read(x);
  if (v.dtype() == DType::Bool && op == OpId::Sign)
    return v;
  if (v.dtype() == DType::Bool)
    fail("AGC0102", "expects numbers, got bool");
  // Unsigned integers have no negative: in these functions they wrap (neg) or
  // stay (abs).
  if (v.dtype() == DType::U8) {
    if (op == OpId::Abs)
      return v;
    if (op == OpId::Neg)
      return constantLike(v, 0) - v;
    return convert(compare("gt", v, constantLike(v, 0)), DType::U8);
  }
  return unary(op, v);
}

/// floor and ceil leave integers as they are.
Value roundUnary(OpId op, const Tensor &x) {
  Value v = read(x);
  if (v.dtype() == DType::Bool)
    fail("AGC0102", "expects numbers, got bool");
  return info(v.dtype()).isFloat ? unary(op, v) : v;
}

Value reluOf(const Tensor &x) {
  Value v = read(x);
  if (info(v.dtype()).isFloat)
    return unary(OpId::Relu, v);
  if (v.dtype() == DType::Bool)
    fail("AGC0102", "expects numbers, got bool");
  return binary(OpId::Maximum, v, constantLike(v, 0));
}

Value reciprocalOf(const Tensor &x) {
  Value v = asFloat(read(x));
  return constantLike(v, 1) / v;
}

Value squareOf(const Tensor &x) {
  Value v = read(x);
  if (v.dtype() == DType::Bool)
    v = convert(v, DType::I64);
  return powi(v, 2);
}

/// What integers and bools answer at once.
Value isNanOf(const Tensor &x) {
  Value v = read(x);
  if (!info(v.dtype()).isFloat)
    return constant(withDType(v.type(), DType::Bool), 0);
  return compare("ne", v, v);
}
Value isInfOf(const Tensor &x) {
  Value v = read(x);
  if (!info(v.dtype()).isFloat)
    return constant(withDType(v.type(), DType::Bool), 0);
  return compare("eq", unary(OpId::Abs, v), constantLike(v, INFINITY));
}
Value isFiniteOf(const Tensor &x) {
  Value v = read(x);
  if (!info(v.dtype()).isFloat)
    return constant(withDType(v.type(), DType::Bool), 1);
  return compare("lt", unary(OpId::Abs, v), constantLike(v, INFINITY));
}

Value log10Of(const Tensor &x) {
  Value v = asFloat(read(x));
  return unary(OpId::Log2, v) * constantLike(v, std::log10(2.));
}

Value fracOf(const Tensor &x) {
  Value v = read(x);
  expectFloat(v);
  return v - unary(OpId::Trunc, v);
}

/// log(|x| + sqrt(x^2 + 1)) with the sign of x, by log1p near 0; |x| itself
/// where its square would overflow. At 0 it is x: |x| has no slope there.
Value asinhOf(const Tensor &x) {
  Value v = asFloat(read(x)), one = constantLike(v, 1), zero = constantLike(v, 0);
  Value a = unary(OpId::Abs, v);
  Value large = compare("gt", a, constantLike(v, v.dtype() == DType::F64 ? 1e150 : 1e18));
  Value low = select(large, one, a), square = low * low;
  Value near = low + square / (one + unary(OpId::Sqrt, square + one));
  Value far = unary(OpId::Log, select(large, a, one)) + constantLike(v, std::log(2.));
  Value size = select(large, far, unary(OpId::Log1p, near));
  Value result = select(compare("lt", v, zero), unary(OpId::Neg, size), size);
  return select(compare("eq", v, zero), v, result);
}
Value acoshOf(const Tensor &x) {
  Value v = asFloat(read(x)), one = constantLike(v, 1);
  Value large = compare("gt", v, constantLike(v, v.dtype() == DType::F64 ? 1e150 : 1e18));
  Value low = select(large, constantLike(v, 2), v), t = low - one;
  Value near = unary(OpId::Log1p, t + unary(OpId::Sqrt, t) * unary(OpId::Sqrt, low + one));
  Value far = unary(OpId::Log, select(large, v, one)) + constantLike(v, std::log(2.));
  return select(large, far, near);
}
Value atanhOf(const Tensor &x) {
  // Of one sign: nothing cancels.
  Value v = asFloat(read(x));
  return constantLike(v, 0.5) *
         (unary(OpId::Log1p, v) - unary(OpId::Log1p, unary(OpId::Neg, v)));
}

} // namespace

#define AGC_UNARY(name, gradName, expression)                                  \
  Tensor name(Arg x) {                                                         \
    OpGuard op(#name, x.loc);                                                  \
    const Tensor &t = x.tensor;                                                \
    Value v = expression;                                                      \
    return wrap(v, gradName, {read(t)});                                       \
  }                                                                            \
  Tensor Tensor::name(Loc loc) const { return agc::name(Arg(*this, loc)); }    \
  const Tensor &Tensor::name##_(Loc loc) const {                               \
    OpGuard op(#name "_", loc);                                                \
    const Tensor &t = *this;                                                   \
    Value v = expression;                                                      \
    setGradName(v, gradName);                                                  \
    if (v.type() != implOf(t).type)                                            \
      fail("AGC0102", std::string("cannot store its result, of ") +            \
                          dtypeName(v.dtype()) + ", in a tensor of " +         \
                          dtypeName(implOf(t).type->dtype));                   \
    writeAnew(t, v);                                                           \
    return t;                                                                  \
  }

AGC_UNARY(neg, "NegBackward0", numberUnary(OpId::Neg, t))
AGC_UNARY(abs, "AbsBackward0", numberUnary(OpId::Abs, t))
AGC_UNARY(sign, "SignBackward0", numberUnary(OpId::Sign, t))
AGC_UNARY(sqrt, "SqrtBackward0", floatUnary(OpId::Sqrt, t))
AGC_UNARY(rsqrt, "RsqrtBackward0", floatUnary(OpId::Rsqrt, t))
AGC_UNARY(reciprocal, "ReciprocalBackward0", reciprocalOf(t))
AGC_UNARY(square, "PowBackward0", squareOf(t))
AGC_UNARY(exp, "ExpBackward0", floatUnary(OpId::Exp, t))
AGC_UNARY(log, "LogBackward0", floatUnary(OpId::Log, t))
AGC_UNARY(sin, "SinBackward0", floatUnary(OpId::Sin, t))
AGC_UNARY(cos, "CosBackward0", floatUnary(OpId::Cos, t))
AGC_UNARY(tanh, "TanhBackward0", floatUnary(OpId::Tanh, t))
AGC_UNARY(sigmoid, "SigmoidBackward0", floatUnary(OpId::Sigmoid, t))
AGC_UNARY(relu, "ReluBackward0", reluOf(t))
AGC_UNARY(floor, "FloorBackward0", roundUnary(OpId::Floor, t))
AGC_UNARY(ceil, "CeilBackward0", roundUnary(OpId::Ceil, t))
AGC_UNARY(round, "RoundBackward0", roundUnary(OpId::Round, t))
AGC_UNARY(trunc, "TruncBackward0", roundUnary(OpId::Trunc, t))
AGC_UNARY(frac, "FracBackward0", fracOf(t))
AGC_UNARY(exp2, "Exp2Backward0", floatUnary(OpId::Exp2, t))
AGC_UNARY(expm1, "Expm1Backward0", floatUnary(OpId::Expm1, t))
AGC_UNARY(log2, "Log2Backward0", floatUnary(OpId::Log2, t))
AGC_UNARY(log10, "Log10Backward0", log10Of(t))
AGC_UNARY(log1p, "Log1PBackward0", floatUnary(OpId::Log1p, t))
AGC_UNARY(tan, "TanBackward0", floatUnary(OpId::Tan, t))
AGC_UNARY(asin, "AsinBackward0", floatUnary(OpId::Asin, t))
AGC_UNARY(acos, "AcosBackward0", floatUnary(OpId::Acos, t))
AGC_UNARY(atan, "AtanBackward0", floatUnary(OpId::Atan, t))
AGC_UNARY(sinh, "SinhBackward0", floatUnary(OpId::Sinh, t))
AGC_UNARY(cosh, "CoshBackward0", floatUnary(OpId::Cosh, t))
AGC_UNARY(asinh, "AsinhBackward0", asinhOf(t))
AGC_UNARY(acosh, "AcoshBackward0", acoshOf(t))
AGC_UNARY(atanh, "AtanhBackward0", atanhOf(t))
AGC_UNARY(erf, "ErfBackward0", floatUnary(OpId::Erf, t))
AGC_UNARY(erfc, "ErfcBackward0", floatUnary(OpId::Erfc, t))
#undef AGC_UNARY

#define AGC_TEST(name, expression)                                             \
  Tensor name(Arg x) {                                                         \
    OpGuard op(#name, x.loc);                                                  \
    return wrap(expression(x.tensor));                                         \
  }                                                                            \
  Tensor Tensor::name(Loc loc) const { return agc::name(Arg(*this, loc)); }
AGC_TEST(isnan, isNanOf)
AGC_TEST(isinf, isInfOf)
AGC_TEST(isfinite, isFiniteOf)
#undef AGC_TEST

Tensor logit(Arg x, std::optional<double> eps) {
  OpGuard op("logit", x.loc);
  Value from = read(x.tensor), v = asFloat(from);
  if (eps) {
    // Only what is within has a slope: NaN has none.
    Value low = constantLike(v, *eps), high = constantLike(v, 1 - *eps), held = stopGradient(v);
    held = select(compare("lt", held, low), low, held);
    held = select(compare("gt", held, high), high, held);
    v = select(binary(OpId::And, compare("ge", v, low), compare("le", v, high)), v, held);
  }
  Value y = unary(OpId::Log, v) - unary(OpId::Log, constantLike(v, 1) - v);
  return wrap(y, "LogitBackward0", {from});
}
Tensor Tensor::logit(std::optional<double> eps, Loc loc) const {
  return agc::logit(Arg(*this, loc), eps);
}

Tensor nan_to_num(Arg x, std::optional<double> nan, std::optional<double> posinf,
                  std::optional<double> neginf) {
  OpGuard op("nan_to_num", x.loc);
  Value v = read(x.tensor);
  if (!info(v.dtype()).isFloat)
    return wrap(v);
  double largest = v.dtype() == DType::F64    ? 1.7976931348623157e308
                   : v.dtype() == DType::F16  ? 65504
                   : v.dtype() == DType::BF16 ? 3.3895313892515355e38
                                              : 3.4028234663852886e38;
  Value infinity = constantLike(v, INFINITY);
  Value z = select(compare("ne", v, v), constantLike(v, nan.value_or(0)), v);
  z = select(compare("eq", v, infinity), constantLike(v, posinf.value_or(largest)), z);
  z = select(compare("eq", v, constantLike(v, -INFINITY)),
             constantLike(v, neginf.value_or(-largest)), z);
  return wrap(z, "NanToNumBackward0", {v});
}
Tensor Tensor::nan_to_num(std::optional<double> nan, std::optional<double> posinf,
                          std::optional<double> neginf, Loc loc) const {
  return agc::nan_to_num(Arg(*this, loc), nan, posinf, neginf);
}

Tensor operator-(Arg x) { return neg(x); }

} // namespace agc
