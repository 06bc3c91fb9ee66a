//===- Distributions.cpp - Random numbers with parameters -------------------===//
#include "frontend/core/Promote.h"
#include "frontend/core/Random.h"

#include <agc/Functions.h>

namespace agc {

using namespace detail;

namespace {

/// The step fails where \p holds is false.
Value checked(const Value &v, const Value &holds, const char *message) {
  Value wrong = convert(unary(OpId::Not, holds), DType::I64);
  Value ok = checkRange(wrong, 0, 1, {}, message);
  return select(compare("eq", ok, constantLike(ok, 0)), v, constantLike(v, 0));
}

/// 0 and 1 of \p type, 1 with the probability \p p.
Value bernoulliOf(Value p, DType type) {
  expectFloat(p);
  p = convert(p, p.dtype() == DType::F64 ? DType::F64 : DType::F32);
  Value within = binary(OpId::And, compare("ge", p, constantLike(p, 0)), compare("le", p, constantLike(p, 1)));
  return convert(drawBernoulli(checked(p, within, "expects probabilities in [0, 1]")), type);
}
Value bernoulliOf(TypeRef type, double p) {
  if (!(p >= 0 && p <= 1))
    fail("AGC0104", "expects a probability in [0, 1], got " + std::to_string(p));
  return convert(drawBernoulli(constant(withDType(type, DType::F32), p)), type->dtype);
}

Value normalOf(const Operand &mean, const Operand &std) {
  Operand operands[] = {mean, std};
  DType type = resultType(operands);
  Dims shape = broadcastShape(operands);
  Value m = prepare(mean, type, shape), s = prepare(std, type, shape);
  expectFloat(m);
  if (std.value)
    s = checked(s, compare("ge", s, constantLike(s, 0)), "expects a standard deviation of at least 0");
  return m + drawNormal(m.type()) * s;
}
void checkDeviation(double std) {
  if (!(std >= 0))
    fail("AGC0104", "expects a standard deviation of at least 0, got " + std::to_string(std));
}

} // namespace

Tensor bernoulli(Arg x) {
  OpGuard op("bernoulli", x.loc);
  Value v = read(x.tensor);
  return wrap(stopGradient(bernoulliOf(v, v.dtype())));
}
Tensor bernoulli(Arg x, double p) {
  OpGuard op("bernoulli", x.loc);
  return wrap(bernoulliOf(implOf(x.tensor).type, p));
}
Tensor Tensor::bernoulli(Loc loc) const { return agc::bernoulli(Arg(*this, loc)); }
Tensor Tensor::bernoulli(double p, Loc loc) const { return agc::bernoulli(Arg(*this, loc), p); }
const Tensor &Tensor::bernoulli_(double p, Loc loc) const {
  OpGuard op("bernoulli_", loc);
  writeAnew(*this, bernoulliOf(implOf(*this).type, p));
  return *this;
}
const Tensor &Tensor::bernoulli_(const Tensor &p, Loc loc) const {
  OpGuard op("bernoulli_", loc);
  TypeRef type = implOf(*this).type;
  Operand given(p);
  Value v = info(given.value.dtype()).isFloat ? given.value : asFloat(given.value);
  Operand both[] = {given, constant(typeOf(DType::F32, type->shape), 0)};
  if (broadcastShape(both) != type->shape)
    fail("AGC0103", "expects probabilities that broadcast to " + shapeText(type->shape) + ", got shape " +
                        shapeText(v.shape()));
  writeAnew(*this, bernoulliOf(stopGradient(prepare(v, v.dtype(), type->shape)), type->dtype));
  return *this;
}

Tensor normal(double mean, double std, IntArrayRef size, const TensorOptions &options, Loc loc) {
  OpGuard op("normal", loc);
  checkDeviation(std);
  if (!info(options.dtype()).isFloat)
    fail("AGC0102", std::string("expects floating point, got ") + dtypeName(options.dtype()));
  Tensor result = wrap(drawNormal(typeOf(options.dtype(), size)));
  result = result.mul(std, loc).add(mean, loc).to(options, loc);
  return options.requires_grad() ? result.detach(loc).set_requires_grad(true, loc) : result;
}
Tensor normal(Arg mean, double std) {
  OpGuard op("normal", mean.loc);
  checkDeviation(std);
  return wrap(stopGradient(normalOf(mean.tensor, Scalar(std))));
}
Tensor normal(double mean, Arg std) {
  OpGuard op("normal", std.loc);
  return wrap(stopGradient(normalOf(Scalar(mean), std.tensor)));
}
Tensor normal(Arg mean, Arg std) {
  OpGuard op("normal", mean.loc);
  return wrap(stopGradient(normalOf(mean.tensor, std.tensor)));
}

} // namespace agc
