//===- Elementwise.cpp - Functions element by element ---------------------===//
#include "frontend/core/Promote.h"

#include <agc/Functions.h>

#include <cmath>

namespace agc {

using namespace detail;

//===----------------------------------------------------------------------===//
// One operand
//===----------------------------------------------------------------------===//

namespace {

Value floatUnary(OpId op, const Tensor &x) { return unary(op, asFloat(read(x))); }

Value numberUnary(OpId op, const Tensor &x) {
  Value v = read(x);
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
  return info(v.dtype()).isFloat ? powi(v, 2) : v * v;
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
      fail("AGC0102", "cannot store its result in a tensor of integers");      \
    write(t, v);                                                               \
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
#undef AGC_UNARY

Tensor operator-(Arg x) { return neg(x); }

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

Value sumOf(const Operand &a, const Operand &b, Scalar alpha, bool negative) {
  auto [x, y] = pairOf(a, b);
  if (alpha.isFloatingPoint() && !info(x.dtype()).isFloat)
    fail("AGC0102", "expects an integer alpha for integers");
  if (x.dtype() == DType::Bool) {
    if (negative)
      fail("AGC0102", "cannot subtract bools; use logical_xor or logical_not");
    return binary(OpId::LogicalOr, x, y);
  }
  if (alpha.toDouble() != 1)
    y = y * broadcastDims(number(y.dtype(), alpha), y.shape(), {});
  return negative ? x - y : x + y;
}

Value productOf(const Operand &a, const Operand &b) {
  auto [x, y] = pairOf(a, b);
  return x.dtype() == DType::Bool ? binary(OpId::LogicalAnd, x, y) : x * y;
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
    return binary(op == OpId::Maximum ? OpId::LogicalOr : OpId::LogicalAnd, x, y);
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
    if (x.dtype() == DType::Bool)
      fail("AGC0102", "expects numbers, got bool");
    if (exponent.toLong() < 0)
      fail("AGC0102", "expects no negative exponent for integers, got " +
                          std::to_string(exponent.toLong()));
    // By squaring.
    Value result, square = x;
    for (int64_t e = exponent.toLong(); e; e >>= 1) {
      if (e & 1)
        result = result ? result * square : square;
      if (e > 1)
        square = square * square;
    }
    return result ? result : constantLike(x, 1);
  }
  double e = exponent.toDouble();
  if (e == 0.5)
    return unary(OpId::Sqrt, x);
  if (e == -0.5)
    return unary(OpId::Rsqrt, x);
  if (e == std::floor(e) && std::fabs(e) <= 1024)
    return powi(x, int64_t(e));
  Value factor = broadcastDims(number(x.dtype(), exponent), x.shape(), {});
  return unary(OpId::Exp, factor * unary(OpId::Log, x));
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
  Value v = convert(x, type);
  // As PyTorch 2.15: the gradient is 0 outside of the bounds and on them; a
  // NaN stays one. If min > max, max wins.
  auto bound = [&](Scalar s) {
    return broadcastDims(number(type, s), v.shape(), {});
  };
  if (min) {
    Value low = bound(*min);
    v = select(compare("le", v, low), low, v);
  }
  if (max) {
    Value high = bound(*max);
    v = select(compare("ge", v, high), high, v);
  }
  return v;
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

/// Stores the result of `x.op_(…)` where x is.
const Tensor &store(const Tensor &x, Value value, const char *gradName) {
  TypeRef type = implOf(x).type;
  if (IntArrayRef(value.shape()) != IntArrayRef(type->shape))
    fail("AGC0103", "cannot store its result, of shape " +
                        shapeText(value.shape()) + ", in a tensor of shape " +
                        shapeText(type->shape));
  auto level = [](DType t) { return t == DType::Bool ? 0 : info(t).isFloat ? 2 : 1; };
  if (level(value.dtype()) > level(type->dtype))
    fail("AGC0102", std::string("cannot store its result, of ") +
                        dtypeName(value.dtype()) + ", in a tensor of " +
                        dtypeName(type->dtype));
  value = convert(value, type->dtype);
  setGradName(value, gradName);
  write(x, value);
  return x;
}

} // namespace

#define AGC_BINARY(name, gradName, function)                                   \
  Tensor name(Arg a, Arg b) {                                                  \
    OpGuard op(#name, a.loc);                                                  \
    return wrap(function(a.tensor, b.tensor), gradName);                       \
  }                                                                            \
  Tensor name(Arg a, Scalar b) {                                               \
    OpGuard op(#name, a.loc);                                                  \
    return wrap(function(a.tensor, b), gradName);                              \
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
  return wrap(v, "WhereBackward0", {read(condition.tensor), read(a.tensor), read(b.tensor)});
}
Tensor where(Arg condition, Arg a, Scalar b) {
  OpGuard op("where", condition.loc);
  return wrap(whereOf(condition.tensor, a.tensor, b), "WhereBackward0");
}
Tensor where(Arg condition, Scalar a, Arg b) {
  OpGuard op("where", condition.loc);
  return wrap(whereOf(condition.tensor, a, b.tensor), "WhereBackward0");
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
AGC_LOGICAL(logical_and, LogicalAnd)
AGC_LOGICAL(logical_or, LogicalOr)
AGC_LOGICAL(logical_xor, LogicalXor)
#undef AGC_LOGICAL

Tensor logical_not(Arg x) {
  OpGuard op("logical_not", x.loc);
  return wrap(unary(OpId::LogicalNot, convert(read(x.tensor), DType::Bool)));
}
Tensor Tensor::logical_not(Loc loc) const { return agc::logical_not(Arg(*this, loc)); }

namespace {
void expectBool(const char *name, Arg a) {
  OpGuard op(name, a.loc);
  if (read(a.tensor).dtype() != DType::Bool)
    fail("AGC0116", "of integers is not there yet; expects bool");
}
} // namespace

Tensor operator~(Arg x) {
  expectBool("bitwise_not", x);
  return logical_not(x);
}
Tensor operator&(Arg a, Arg b) {
  expectBool("bitwise_and", a);
  expectBool("bitwise_and", b);
  return logical_and(a, b);
}
Tensor operator|(Arg a, Arg b) {
  expectBool("bitwise_or", a);
  expectBool("bitwise_or", b);
  return logical_or(a, b);
}

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
