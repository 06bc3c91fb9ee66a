//===- Numbers.cpp - What a function of floating-point numbers is made of --===//
#include "codegen/math/Numbers.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace agc::math {

Numbers::Numbers(ImplicitLocOpBuilder &builder, Type like, bool hasFMA)
    : Words(builder, like), type(getElementTypeOrSelf(like)), fused(hasFMA),
      shortResult(type.isF32()) {}

Word Numbers::infinity() {
  return number(std::numeric_limits<double>::infinity());
}
Word Numbers::nan() { return number(std::numeric_limits<double>::quiet_NaN()); }
Word Numbers::leastNormal() { return number(std::ldexp(1.0, 1 - exponentBias())); }
Word Numbers::tiny() { return number(std::ldexp(1.0, -fractionBits() - 2)); }
double Numbers::roundingShift() const { return std::ldexp(1.5, fractionBits()); }

Word Numbers::signBit(Word x) {
  return bits(x) & integer(int64_t(uint64_t(1) << (totalBits() - 1)));
}
Word Numbers::abs(Word x) {
  return {::mlir::math::AbsFOp::create(b, x.value), this};
}
Word Numbers::copySign(Word x, Word y) {
  return {::mlir::math::CopySignOp::create(b, x.value, y.value), this};
}
Word Numbers::addSign(Word x, Word y) { return fromBits(bits(x) | signBit(y)); }
Word Numbers::isNaN(Word x) {
  return {arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, x.value, x.value),
          this};
}
Word Numbers::sqrt(Word x) {
  return {::mlir::math::SqrtOp::create(b, x.value), this};
}

Word Numbers::fma(Word x, Word y, Word z) {
  if (!fused)
    return x * y + z;
  return {::mlir::math::FmaOp::create(b, x.value, y.value, z.value), this};
}

// The order of operands is that of the machine's min and max, which give the
// second one if either is NaN.
Word Numbers::atLeast(double low, Word x) {
  return select(number(low) > x, number(low), x);
}
Word Numbers::atMost(double high, Word x) {
  return select(number(high) < x, number(high), x);
}

Word Numbers::polynomial(const Polynomial &p, Word x) {
  const double *coefficients = isShort() ? p.f32 : p.f64;
  int degree = -1;
  while (coefficients[degree + 1] != 0)
    ++degree;
  assert(degree >= 0 && "a polynomial that is not fitted for this type");
  // Two chains that do not wait for each other, in x^2.
  int step = degree > 3 ? 2 : 1;
  Word power = step == 2 ? x * x : x;
  auto chain = [&](int last) {
    Word result = number(coefficients[last]);
    for (int i = last - step; i >= 0; i -= step)
      result = fma(result, power, number(coefficients[i]));
    return result;
  };
  if (step == 1)
    return chain(degree);
  int odd = degree - (degree + 1) % 2;
  return fma(chain(odd), x, chain(2 * degree - 1 - odd));
}

Word Numbers::odd(Word x, const Polynomial &p) {
  Word square = x * x;
  return fma(x * square, polynomial(p, square), x);
}

Word Numbers::upperHalf(Word x) {
  int low = fractionBits() / 2 + 1;
  return fromBits(bits(x) & integer(~((int64_t(1) << low) - 1)));
}

Word Numbers::convert(Word x) {
  unsigned from = x.element().getIntOrFloatBitWidth(), to = totalBits();
  if (from == to)
    return {x.value, this};
  Type result = shaped(type);
  if (from < to)
    return {arith::ExtFOp::create(b, result, x.value), this};
  return {arith::TruncFOp::create(b, result, x.value), this};
}

} // namespace agc::math
