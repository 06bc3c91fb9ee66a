//===- Binary.cpp - Functions of two and more operands, element by element ===//
#include "frontend/ops/Composites.h"

#include <agc/Functions.h>

#include <cmath>

namespace agc {

using namespace detail;

//===----------------------------------------------------------------------===//
// Two operands
//===----------------------------------------------------------------------===//

namespace {

/// What the two are computed in, and their broadcast values.
struct Pair {
  Value a, b;
};

Pair pairOf(const Operand &a, const Operand &b, bool asFloats = false) {
  Operand operands[] = {a, b};
  DType type = resultType(operands);
  if (asFloats && !info(type).isFloat)
    type = DType::F32;
  Dims shape = broadcastShape(operands);
  return {prepare(a, type, shape), prepare(b, type, shape)};
}

bool isBool(const Operand &operand) {
  return operand.value ? operand.value.dtype() == DType::Bool : operand.number.isBoolean();
}

Value sumOf(const Operand &a, const Operand &b, Scalar alpha, bool negative) {
  if (negative && (isBool(a) || isBool(b)))
    fail("AGC0102", "cannot subtract bools; use logical_xor or logical_not");
  auto [x, y] = pairOf(a, b);
  if (alpha.isFloatingPoint() && !info(x.dtype()).isFloat)
    fail("AGC0102", "expects an integer alpha for integers, got " + std::to_string(alpha.toDouble()));
  if (x.dtype() == DType::Bool)
    return binary(OpId::Or, x, y);
  if (alpha.toDouble() != 1)
    y = y * broadcastDims(number(y.dtype(), alpha), y.shape(), {});
  return negative ? x - y : x + y;
}

Value productOf(const Operand &a, const Operand &b) {
  auto [x, y] = pairOf(a, b);
  return x.dtype() == DType::Bool ? binary(OpId::And, x, y) : x * y;
}

Value quotientOf(const Operand &a, const Operand &b) {
  auto [x, y] = pairOf(a, b, /*asFloats=*/true);
  return x / y;
}

Value compareOf(const char *direction, const Operand &a, const Operand &b) {
  auto [x, y] = pairOf(a, b);
  return compare(direction, x, y);
}

Value extremeOf(OpId op, const Operand &a, const Operand &b) {
  auto [x, y] = pairOf(a, b);
  if (x.dtype() == DType::Bool)
    return binary(op == OpId::Maximum ? OpId::Or : OpId::And, x, y);
  return binary(op, x, y);
}

Value logicalOf(OpId op, const Operand &a, const Operand &b) {
  Operand operands[] = {a, b};
  Dims shape = broadcastShape(operands);
  return binary(op, prepare(a, DType::Bool, shape), prepare(b, DType::Bool, shape));
}

Value powerOf(const Value &x, Scalar exponent) {
  if (!info(x.dtype()).isFloat) {
    if (exponent.isFloatingPoint())
      return powerOf(convert(x, DType::F32), exponent);
    if (x.dtype() == DType::Bool) // To the power of false it is true, of true itself.
      return !exponent.isBoolean()  ? powerOf(convert(x, DType::I64), exponent)
             : exponent.toLong() ? x
                                 : constantLike(x, 1);
    if (exponent.toLong() < 0)
      fail("AGC0102", "expects no negative exponent for integers, got " +
                          std::to_string(exponent.toLong()));
    return powi(x, exponent.toLong());
  }
  double e = exponent.toDouble();
  if (e == 0.5)
    return unary(OpId::Sqrt, x);
  if (e == -0.5)
    return unary(OpId::Rsqrt, x);
  if (e == std::floor(e) && std::fabs(e) <= 1024)
    return powi(x, int64_t(e));
  return binary(OpId::Pow, x, broadcastDims(number(x.dtype(), exponent), x.shape(), {}));
}

Value clampOf(const Value &x, std::optional<Scalar> min, std::optional<Scalar> max) {
  if (!min && !max)
    fail("AGC0104", "expects at least one bound");
  std::vector<Operand> operands{x};
  if (min)
    operands.push_back(*min);
  if (max)
    operands.push_back(*max);
  DType type = resultType(operands);
  if (type == DType::Bool)
    fail("AGC0102", "expects numbers, got bool");
  Value v = convert(x, type);
  // As PyTorch 2.15: the gradient is 0 outside of the bounds, on them and where
  // x is NaN, which stays one. If min > max, max wins.
  // A bound that the integers do not reach is their own end: -1 is no large byte.
  auto bound = [&](Scalar s) {
    if (type == DType::U8)
      s = std::clamp<int64_t>(s.toLong(), 0, 255);
    else if (type == DType::I8)
      s = std::clamp<int64_t>(s.toLong(), -128, 127);
    return broadcastDims(number(type, s), v.shape(), {});
  };
  Value held = stopGradient(v), inside;
  auto hold = [&](Scalar s, const char *beyond, const char *within) {
    Value edge = bound(s), isWithin = compare(within, v, edge);
    held = select(compare(beyond, held, edge), edge, held);
    inside = inside ? binary(OpId::And, inside, isWithin) : isWithin;
  };
  if (min)
    hold(*min, "lt", "gt");
  if (max)
    hold(*max, "gt", "lt");
  return select(inside, v, held);
}

Value whereOf(const Tensor &condition, const Operand &a, const Operand &b) {
  Value p = read(condition);
  if (p.dtype() != DType::Bool)
    fail("AGC0102", std::string("expects a condition of bool, got ") +
                        dtypeName(p.dtype()));
  Operand pair[] = {a, b}, all[] = {p, a, b};
  DType type = resultType(pair);
  Dims shape = broadcastShape(all);
  return select(broadcastTo(p, shape), prepare(a, type, shape),
                prepare(b, type, shape));
}

/// \p y, an integer divisor, checked not to be 0.
Value checkedDivisor(const Value &y) {
  Value isZero = convert(compare("eq", y, constantLike(y, 0)), DType::I64);
  Value checked = checkRange(isZero, 0, 1, {}, "expects no integer divisor of 0");
  return select(compare("ne", checked, constantLike(checked, 0)), constantLike(y, 1), y);
}

Value fmodOf(const Operand &a, const Operand &b) {
  auto [x, y] = pairOf(a, b);
  if (x.dtype() == DType::Bool)
    fail("AGC0102", "expects numbers, got bool");
  return binary(OpId::Fmod, x, info(x.dtype()).isFloat ? y : checkedDivisor(y));
}

/// Where a remainder and the divisor have different signs.
Value differs(const Value &rest, const Value &y) {
  Value zero = constantLike(y, 0);
  Value signs = compare("ne", compare("lt", rest, zero), compare("lt", y, zero));
  return binary(OpId::And, signs, compare("ne", rest, zero));
}

Value remainderOf(const Operand &a, const Operand &b) {
  auto [x, y] = pairOf(a, b);
  if (x.dtype() == DType::Bool)
    fail("AGC0102", "expects numbers, got bool");
  if (!info(x.dtype()).isFloat)
    y = checkedDivisor(y);
  Value rest = binary(OpId::Fmod, x, y);
  return info(x.dtype()).isSigned ? select(differs(rest, y), rest + y, rest) : rest;
}

Value floorQuotientOf(const Operand &a, const Operand &b) {
  auto [x, y] = pairOf(a, b);
  if (x.dtype() == DType::Bool)
    fail("AGC0102", "expects numbers, got bool");
  if (!info(x.dtype()).isFloat) {
    y = checkedDivisor(y);
    Value q = x / y;
    if (!info(x.dtype()).isSigned)
      return q;
    return select(differs(binary(OpId::Fmod, x, y), y), q - constantLike(q, 1), q);
  }
  // As Python: from the exact remainder, so that it agrees with it. By 0 it is
  // what division says.
  Value rest = binary(OpId::Fmod, x, y), one = constantLike(x, 1);
  Value q = (x - rest) / y;
  q = select(differs(rest, y), q - one, q);
  Value low = unary(OpId::Floor, q);
  low = select(compare("gt", q - low, constantLike(x, 0.5)), low + one, low);
  // A zero has the quotient's sign. Steps have no slope: neither has what they
  // take of the quotient.
  Value zero = constantLike(x, 0), plain = x / y;
  Value none = select(compare("lt", plain, zero), constantLike(x, -0.0),
                      select(compare("gt", plain, zero), zero, unary(OpId::Trunc, plain)));
  low = select(compare("eq", q, zero), none, low);
  return select(compare("eq", y, zero), unary(OpId::Trunc, plain), low);
}

Value roundedQuotientOf(const Operand &a, const Operand &b,
                        std::optional<std::string_view> mode) {
  if (!mode)
    return quotientOf(a, b);
  if (*mode == "floor")
    return floorQuotientOf(a, b);
  if (*mode != "trunc")
    fail("AGC0104", "expects rounding_mode 'trunc' or 'floor', got '" + std::string(*mode) + "'");
  auto [x, y] = pairOf(a, b);
  if (x.dtype() == DType::Bool)
    fail("AGC0102", "expects numbers, got bool");
  return info(x.dtype()).isFloat ? unary(OpId::Trunc, x / y) : x / checkedDivisor(y);
}

Value generalPowerOf(const Operand &a, const Operand &b) {
  auto [x, y] = pairOf(a, b);
  if (x.dtype() == DType::Bool)
    fail("AGC0102", "expects numbers, got bool");
  return binary(OpId::Pow, x, y);
}

/// Binary functions of floating point; integers become float32.
Pair floatPairOf(const Operand &a, const Operand &b) {
  return pairOf(a, b, /*asFloats=*/true);
}

Value number0(const Value &like) { return constantLike(like, 0); }

Value quietExtremeOf(const Operand &a, const Operand &b, bool wantsMax) {
  auto [x, y] = pairOf(a, b);
  if (!info(x.dtype()).isFloat)
    return extremeOf(wantsMax ? OpId::Maximum : OpId::Minimum, a, b);
  Value both = binary(wantsMax ? OpId::Maximum : OpId::Minimum, x, y);
  return select(compare("ne", y, y), x, select(compare("ne", x, x), y, both));
}
Value fmaxOf(const Operand &a, const Operand &b) { return quietExtremeOf(a, b, true); }
Value fminOf(const Operand &a, const Operand &b) { return quietExtremeOf(a, b, false); }

Value atan2Of(const Operand &a, const Operand &b) {
  auto [x, y] = floatPairOf(a, b);
  return binary(OpId::Atan2, x, y);
}

Value hypotOf(const Operand &a, const Operand &b) {
  auto [x, y] = pairOf(a, b);
  expectFloat(x);
  Value u = unary(OpId::Abs, x), v = unary(OpId::Abs, y);
  Value largest = binary(OpId::Maximum, u, v), infinity = constantLike(x, INFINITY);
  Value usable = binary(OpId::And, compare("gt", largest, number0(x)),
                        compare("lt", largest, infinity));
  // Not too small: a gradient is multiplied by it for a while, and there are few
  // digits below the smallest normal number.
  double floor = x.dtype() == DType::F64 ? 1e-290 : 1e-30;
  Value least = binary(OpId::Maximum, largest, constantLike(x, floor));
  Value scale = stopGradient(select(usable, least, constantLike(x, 1)));
  // As C: an infinity wins over NaN.
  Value isInfinite = binary(OpId::Or, compare("eq", u, infinity), compare("eq", v, infinity));
  u = x / scale;
  v = y / scale;
  Value z = scale * unary(OpId::Sqrt, u * u + v * v);
  return select(isInfinite, infinity, z);
}

Value copysignOf(const Operand &a, const Operand &b) {
  auto [x, y] = floatPairOf(a, b);
  Value zero = number0(x), one = constantLike(x, 1);
  // 1 / -0 is below 0. A NaN's sign is not to be seen here: it counts as plus.
  Value side = unary(OpId::Sign, select(compare("eq", y, zero), one / y, y));
  return unary(OpId::Abs, x) * select(compare("eq", side, zero), one, side);
}

Value logaddexpOf(const Operand &a, const Operand &b) {
  auto [x, y] = pairOf(a, b);
  expectFloat(x);
  Value above = compare("gt", x, y);
  Value most = select(above, x, y), least = select(above, y, x);
  Value sum = most + unary(OpId::Log1p, unary(OpId::Exp, least - most));
  // Equal infinities have no difference.
  Value alike = binary(OpId::And, compare("eq", most, least),
                       compare("eq", unary(OpId::Abs, most), constantLike(x, INFINITY)));
  return select(alike, most, sum);
}

Value xlogyOf(const Operand &a, const Operand &b) {
  auto [x, y] = floatPairOf(a, b);
  // 0 wins over an infinite logarithm, in the gradient too.
  Value extreme = binary(OpId::Or, compare("le", y, number0(y)),
                         compare("eq", y, constantLike(y, INFINITY)));
  Value vanishes = binary(OpId::And, compare("eq", x, number0(x)), extreme);
  Value z = x * unary(OpId::Log, select(vanishes, constantLike(y, 1), y));
  // Of no x it is 0, never -0; to add -0 changes nothing.
  return z + select(compare("eq", x, number0(x)), number0(x), constantLike(x, -0.0));
}

Value lerpOf(const Value &from, const Value &to, const Operand &weight) {
  Operand operands[] = {from, to, weight};
  DType third = weight.value ? weight.value.dtype() : from.dtype();
  if (from.dtype() != to.dtype() || from.dtype() != third)
    fail("AGC0102", std::string("expects start, end and weight of one dtype, got ") +
                        dtypeName(from.dtype()) + ", " + dtypeName(to.dtype()) + " and " +
                        dtypeName(third));
  expectFloat(from);
  Dims shape = broadcastShape(operands);
  Value x = broadcastTo(from, shape), y = broadcastTo(to, shape);
  Value w = prepare(weight, from.dtype(), shape), one = constantLike(x, 1);
  Value gap = y - x;
  // From the nearer end, so that weight 1 gives it exactly. Selected before the
  // product: an infinity in the one not taken would be a NaN in its gradient.
  Value isNear = compare("lt", unary(OpId::Abs, w), constantLike(w, 0.5));
  return select(isNear, x, y) + gap * select(isNear, w, w - one);
}

Value addcOf(const Operand &x, const Operand &a, const Operand &b, Scalar value,
             bool divides) {
  Operand operands[] = {x, a, b};
  DType type = resultType(operands);
  if (divides && !info(type).isFloat)
    fail("AGC0102", std::string("expects floating point to divide, got ") + dtypeName(type) +
                        "; use to(agc::kFloat32)?");
  if (value.isFloatingPoint() && !info(type).isFloat)
    fail("AGC0102", "expects an integer value for integers, got " + std::to_string(value.toDouble()));
  if (type == DType::Bool)
    fail("AGC0102", "expects numbers, got bool");
  Dims shape = broadcastShape(operands);
  Value u = prepare(a, type, shape), v = prepare(b, type, shape);
  Value part = divides ? u / v : u * v;
  if (value.toDouble() != 1)
    part = broadcastDims(number(type, value), shape, {}) * part;
  return prepare(x, type, shape) + part;
}

Value iscloseOf(const Tensor &a, const Tensor &b, double rtol, double atol, bool equalNan) {
  auto [x, y] = pairOf(a, b);
  Value same = compare("eq", x, y);
  if (x.dtype() == DType::Bool)
    return same;
  if (!info(x.dtype()).isFloat) {
    x = convert(x, DType::F64);
    y = convert(y, DType::F64);
  }
  Value bound = constantLike(x, atol) + constantLike(x, rtol) * unary(OpId::Abs, y);
  Value gap = unary(OpId::Abs, x - y);
  Value finite = compare("lt", gap, constantLike(x, INFINITY));
  Value near = binary(OpId::And, compare("le", gap, bound), finite);
  Value close = binary(OpId::Or, same, near);
  if (equalNan)
    close = binary(OpId::Or, close,
                   binary(OpId::And, compare("ne", x, x), compare("ne", y, y)));
  return close;
}

} // namespace

#define AGC_BINARY(name, gradName, function)                                   \
  AGC_BINARY_AND_NUMBER(name, gradName, gradName, function)
#define AGC_BINARY_AND_NUMBER(name, gradName, numberGradName, function)        \
  Tensor name(Arg a, Arg b) {                                                  \
    OpGuard op(#name, a.loc);                                                  \
    return wrap(function(a.tensor, b.tensor), gradName);                       \
  }                                                                            \
  Tensor name(Arg a, Scalar b) {                                               \
    OpGuard op(#name, a.loc);                                                  \
    return wrap(function(a.tensor, b), numberGradName);                        \
  }                                                                            \
  Tensor Tensor::name(const Tensor &b, Loc loc) const {                        \
    return agc::name(Arg(*this, loc), Arg(b, loc));                            \
  }                                                                            \
  Tensor Tensor::name(Scalar b, Loc loc) const {                               \
    return agc::name(Arg(*this, loc), b);                                      \
  }
#define AGC_INPLACE(name, gradName, function)                                  \
  const Tensor &Tensor::name(const Tensor &b, Loc loc) const {                 \
    OpGuard op(#name, loc);                                                    \
    return store(*this, function(*this, b), gradName);                         \
  }                                                                            \
  const Tensor &Tensor::name(Scalar b, Loc loc) const {                        \
    OpGuard op(#name, loc);                                                    \
    return store(*this, function(*this, b), gradName);                         \
  }

AGC_BINARY(mul, "MulBackward0", productOf)
AGC_BINARY(div, "DivBackward0", quotientOf)
AGC_INPLACE(mul_, "MulBackward0", productOf)
AGC_INPLACE(div_, "DivBackward0", quotientOf)

#define AGC_COMPARISON(name)                                                   \
  static Value name##Of(const Operand &a, const Operand &b) {                  \
    return compareOf(#name, a, b);                                             \
  }                                                                            \
  AGC_BINARY(name, "", name##Of)
AGC_FOR_COMPARISON(AGC_COMPARISON)
#undef AGC_COMPARISON

Tensor add(Arg a, Arg b, Scalar alpha) {
  OpGuard op("add", a.loc);
  return wrap(sumOf(a.tensor, b.tensor, alpha, false), "AddBackward0");
}
Tensor add(Arg a, Scalar b, Scalar alpha) {
  OpGuard op("add", a.loc);
  return wrap(sumOf(a.tensor, b, alpha, false), "AddBackward0");
}
Tensor sub(Arg a, Arg b, Scalar alpha) {
  OpGuard op("sub", a.loc);
  return wrap(sumOf(a.tensor, b.tensor, alpha, true), "SubBackward0");
}
Tensor sub(Arg a, Scalar b, Scalar alpha) {
  OpGuard op("sub", a.loc);
  return wrap(sumOf(a.tensor, b, alpha, true), "SubBackward0");
}
Tensor Tensor::add(const Tensor &b, Scalar alpha, Loc loc) const {
  return agc::add(Arg(*this, loc), Arg(b, loc), alpha);
}
Tensor Tensor::add(Scalar b, Loc loc) const { return agc::add(Arg(*this, loc), b); }
Tensor Tensor::sub(const Tensor &b, Scalar alpha, Loc loc) const {
  return agc::sub(Arg(*this, loc), Arg(b, loc), alpha);
}
Tensor Tensor::sub(Scalar b, Loc loc) const { return agc::sub(Arg(*this, loc), b); }

const Tensor &Tensor::add_(const Tensor &b, Scalar alpha, Loc loc) const {
  OpGuard op("add_", loc);
  return store(*this, sumOf(*this, b, alpha, false), "AddBackward0");
}
const Tensor &Tensor::add_(Scalar b, Loc loc) const {
  OpGuard op("add_", loc);
  return store(*this, sumOf(*this, b, 1, false), "AddBackward0");
}
const Tensor &Tensor::sub_(const Tensor &b, Scalar alpha, Loc loc) const {
  OpGuard op("sub_", loc);
  return store(*this, sumOf(*this, b, alpha, true), "SubBackward0");
}
const Tensor &Tensor::sub_(Scalar b, Loc loc) const {
  OpGuard op("sub_", loc);
  return store(*this, sumOf(*this, b, 1, true), "SubBackward0");
}

AGC_BINARY(floor_divide, "", floorQuotientOf)
AGC_BINARY_AND_NUMBER(remainder, "RemainderBackward1", "RemainderBackward0", remainderOf)
AGC_BINARY_AND_NUMBER(fmod, "FmodBackward1", "FmodBackward0", fmodOf)
AGC_BINARY_AND_NUMBER(copysign, "CopysignBackward0", "CopysignBackward1", copysignOf)
AGC_BINARY_AND_NUMBER(xlogy, "XlogyBackward0", "XlogyBackward2", xlogyOf)
Tensor xlogy(Scalar a, Arg b) {
  OpGuard op("xlogy", b.loc);
  return wrap(xlogyOf(a, b.tensor), "XlogyBackward1", {read(b.tensor)});
}

#define AGC_TENSORS(name, gradName)                                            \
  Tensor name(Arg a, Arg b) {                                                  \
    OpGuard op(#name, a.loc);                                                  \
    return wrap(name##Of(a.tensor, b.tensor), gradName,                        \
                {read(a.tensor), read(b.tensor)});                             \
  }                                                                            \
  Tensor Tensor::name(const Tensor &b, Loc loc) const {                        \
    return agc::name(Arg(*this, loc), Arg(b, loc));                            \
  }
AGC_TENSORS(fmax, "FmaxBackward0")
AGC_TENSORS(fmin, "FminBackward0")
AGC_TENSORS(atan2, "Atan2Backward0")
AGC_TENSORS(hypot, "HypotBackward0")
AGC_TENSORS(logaddexp, "LogaddexpBackward0")
#undef AGC_TENSORS

Tensor div(Arg a, Arg b, std::optional<std::string_view> mode) {
  OpGuard op("div", a.loc);
  return wrap(roundedQuotientOf(a.tensor, b.tensor, mode), "DivBackward2",
              {read(a.tensor), read(b.tensor)});
}
Tensor div(Arg a, Scalar b, std::optional<std::string_view> mode) {
  OpGuard op("div", a.loc);
  return wrap(roundedQuotientOf(a.tensor, b, mode), "DivBackward3", {read(a.tensor)});
}
Tensor Tensor::div(const Tensor &b, std::optional<std::string_view> mode, Loc loc) const {
  return agc::div(Arg(*this, loc), Arg(b, loc), mode);
}
Tensor Tensor::div(Scalar b, std::optional<std::string_view> mode, Loc loc) const {
  return agc::div(Arg(*this, loc), b, mode);
}

Tensor lerp(Arg start, Arg end, Arg weight) {
  OpGuard op("lerp", start.loc);
  return wrap(lerpOf(read(start.tensor), read(end.tensor), weight.tensor), "LerpBackward1",
              {read(start.tensor), read(end.tensor), read(weight.tensor)});
}
Tensor lerp(Arg start, Arg end, Scalar weight) {
  OpGuard op("lerp", start.loc);
  return wrap(lerpOf(read(start.tensor), read(end.tensor), weight), "LerpBackward0",
              {read(start.tensor), read(end.tensor)});
}
Tensor Tensor::lerp(const Tensor &end, const Tensor &weight, Loc loc) const {
  return agc::lerp(Arg(*this, loc), Arg(end, loc), Arg(weight, loc));
}
Tensor Tensor::lerp(const Tensor &end, Scalar weight, Loc loc) const {
  return agc::lerp(Arg(*this, loc), Arg(end, loc), weight);
}

Tensor addcmul(Arg x, Arg a, Arg b, Scalar value) {
  OpGuard op("addcmul", x.loc);
  return wrap(addcOf(x.tensor, a.tensor, b.tensor, value, false), "AddcmulBackward0",
              {read(x.tensor), read(a.tensor), read(b.tensor)});
}
Tensor addcdiv(Arg x, Arg a, Arg b, Scalar value) {
  OpGuard op("addcdiv", x.loc);
  return wrap(addcOf(x.tensor, a.tensor, b.tensor, value, true), "AddcdivBackward0",
              {read(x.tensor), read(a.tensor), read(b.tensor)});
}
Tensor Tensor::addcmul(const Tensor &a, const Tensor &b, Scalar value, Loc loc) const {
  return agc::addcmul(Arg(*this, loc), Arg(a, loc), Arg(b, loc), value);
}
Tensor Tensor::addcdiv(const Tensor &a, const Tensor &b, Scalar value, Loc loc) const {
  return agc::addcdiv(Arg(*this, loc), Arg(a, loc), Arg(b, loc), value);
}

Tensor isclose(Arg a, Arg b, double rtol, double atol, bool equal_nan) {
  OpGuard op("isclose", a.loc);
  return wrap(iscloseOf(a.tensor, b.tensor, rtol, atol, equal_nan));
}
Tensor Tensor::isclose(const Tensor &other, double rtol, double atol, bool equal_nan, Loc loc) const {
  return agc::isclose(Arg(*this, loc), Arg(other, loc), rtol, atol, equal_nan);
}
bool allclose(Arg a, Arg b, double rtol, double atol, bool equal_nan) {
  return a.tensor.allclose(b.tensor, rtol, atol, equal_nan, a.loc);
}
bool equal(Arg a, Arg b) { return a.tensor.equal(b.tensor, a.loc); }

Tensor pow(Arg a, Arg exponent) {
  OpGuard op("pow", a.loc);
  return wrap(generalPowerOf(a.tensor, exponent.tensor), "PowBackward1",
              {read(a.tensor), read(exponent.tensor)});
}
Tensor pow(Scalar a, Arg exponent) {
  OpGuard op("pow", exponent.loc);
  return wrap(generalPowerOf(a, exponent.tensor), "PowBackward2", {read(exponent.tensor)});
}
Tensor Tensor::pow(const Tensor &e, Loc loc) const {
  return agc::pow(Arg(*this, loc), Arg(e, loc));
}

Tensor clamp_min(Arg x, Scalar min) {
  OpGuard op("clamp_min", x.loc);
  Value v = read(x.tensor);
  return wrap(clampOf(v, min, {}), "ClampMinBackward0", {v});
}
Tensor clamp_max(Arg x, Scalar max) {
  OpGuard op("clamp_max", x.loc);
  Value v = read(x.tensor);
  return wrap(clampOf(v, {}, max), "ClampMaxBackward0", {v});
}
Tensor Tensor::clamp_min(Scalar min, Loc loc) const { return agc::clamp_min(Arg(*this, loc), min); }
Tensor Tensor::clamp_max(Scalar max, Loc loc) const { return agc::clamp_max(Arg(*this, loc), max); }

Tensor maximum(Arg a, Arg b) {
  OpGuard op("maximum", a.loc);
  return wrap(extremeOf(OpId::Maximum, a.tensor, b.tensor), "MaximumBackward0");
}
Tensor minimum(Arg a, Arg b) {
  OpGuard op("minimum", a.loc);
  return wrap(extremeOf(OpId::Minimum, a.tensor, b.tensor), "MinimumBackward0");
}
Tensor Tensor::maximum(const Tensor &b, Loc loc) const {
  return agc::maximum(Arg(*this, loc), Arg(b, loc));
}
Tensor Tensor::minimum(const Tensor &b, Loc loc) const {
  return agc::minimum(Arg(*this, loc), Arg(b, loc));
}

Tensor pow(Arg a, Scalar exponent) {
  OpGuard op("pow", a.loc);
  Value x = read(a.tensor);
  return wrap(powerOf(x, exponent), "PowBackward0", {x});
}
Tensor Tensor::pow(Scalar e, Loc loc) const { return agc::pow(Arg(*this, loc), e); }

Tensor clamp(Arg x, std::optional<Scalar> min, std::optional<Scalar> max) {
  OpGuard op("clamp", x.loc);
  Value v = read(x.tensor);
  return wrap(clampOf(v, min, max), "ClampBackward1", {v});
}
Tensor Tensor::clamp(std::optional<Scalar> min, std::optional<Scalar> max, Loc loc) const {
  return agc::clamp(Arg(*this, loc), min, max);
}
const Tensor &Tensor::clamp_(std::optional<Scalar> min, std::optional<Scalar> max, Loc loc) const {
  OpGuard op("clamp_", loc);
  return store(*this, clampOf(read(*this), min, max), "ClampBackward1");
}

Tensor where(Arg condition, Arg a, Arg b) {
  OpGuard op("where", condition.loc);
  Value v = whereOf(condition.tensor, a.tensor, b.tensor);
  return wrap(v, "WhereBackward0", {read(a.tensor), read(b.tensor)});
}
Tensor where(Arg condition, Arg a, Scalar b) {
  OpGuard op("where", condition.loc);
  return wrap(whereOf(condition.tensor, a.tensor, b), "WhereBackward0", {read(a.tensor), Value()});
}
Tensor where(Arg condition, Scalar a, Arg b) {
  OpGuard op("where", condition.loc);
  return wrap(whereOf(condition.tensor, a, b.tensor), "WhereBackward0", {Value(), read(b.tensor)});
}
Tensor Tensor::where(const Tensor &condition, const Tensor &other, Loc loc) const {
  return agc::where(Arg(condition, loc), Arg(*this, loc), Arg(other, loc));
}

#define AGC_LOGICAL(name, id)                                                  \
  Tensor name(Arg a, Arg b) {                                                  \
    OpGuard op(#name, a.loc);                                                  \
    return wrap(logicalOf(OpId::id, a.tensor, b.tensor));                      \
  }                                                                            \
  Tensor Tensor::name(const Tensor &b, Loc loc) const {                        \
    return agc::name(Arg(*this, loc), Arg(b, loc));                            \
  }
AGC_LOGICAL(logical_and, And)
AGC_LOGICAL(logical_or, Or)
AGC_LOGICAL(logical_xor, Xor)
#undef AGC_LOGICAL

Tensor logical_not(Arg x) {
  OpGuard op("logical_not", x.loc);
  return wrap(unary(OpId::Not, convert(read(x.tensor), DType::Bool)));
}
Tensor Tensor::logical_not(Loc loc) const { return agc::logical_not(Arg(*this, loc)); }

Tensor operator+(Arg a, Arg b) { return add(a, b); }
Tensor operator+(Arg a, Scalar b) { return add(a, b); }
Tensor operator+(Scalar a, Arg b) { return add(b, a); }
Tensor operator-(Arg a, Arg b) { return sub(a, b); }
Tensor operator-(Arg a, Scalar b) { return sub(a, b); }
Tensor operator-(Scalar a, Arg b) {
  OpGuard op("rsub", b.loc);
  return wrap(sumOf(a, b.tensor, 1, true), "RsubBackward1", {read(b.tensor)});
}
Tensor operator*(Arg a, Arg b) { return mul(a, b); }
Tensor operator*(Arg a, Scalar b) { return mul(a, b); }
Tensor operator*(Scalar a, Arg b) { return mul(b, a); }
Tensor operator/(Arg a, Arg b) { return div(a, b); }
Tensor operator/(Arg a, Scalar b) { return div(a, b); }
Tensor operator/(Scalar a, Arg b) {
  OpGuard op("div", b.loc);
  return wrap(quotientOf(a, b.tensor), "DivBackward0");
}
#define AGC_OPERATOR(symbol, name, mirrored)                                   \
  Tensor operator symbol(Arg a, Arg b) { return name(a, b); }                  \
  Tensor operator symbol(Arg a, Scalar b) { return name(a, b); }               \
  Tensor operator symbol(Scalar a, Arg b) { return mirrored(b, a); }
AGC_OPERATOR(==, eq, eq)
AGC_OPERATOR(!=, ne, ne)
AGC_OPERATOR(<, lt, gt)
AGC_OPERATOR(<=, le, ge)
AGC_OPERATOR(>, gt, lt)
AGC_OPERATOR(>=, ge, le)
#undef AGC_OPERATOR

} // namespace agc
