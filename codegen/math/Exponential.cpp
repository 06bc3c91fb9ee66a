//===- Exponential.cpp - exp, exp2, expm1 ----------------------------------===//
//
// e^x = 2^n e^r with n the whole number nearest to x / ln 2, so |r| <= ln 2 / 2.
//
//===----------------------------------------------------------------------===//
#include "codegen/math/Functions.h"

#include <cmath>

namespace agc::math {
namespace {

/// Added to a number, rounds it to a whole n; the bits then end with n plus
/// twice the bias, which is what two powers of 2 with the product 2^n need.
double exponentShift(Numbers &w) {
  return w.roundingShift() + 2 * w.exponentBias();
}

struct Reduced {
  Word rest, shifted; // x = n ln 2 + rest
};
Reduced reduce(Numbers &w, Word x) {
  const double *ln2 = w.isF32() ? ln2F32 : ln2F64;
  Word shifted = w.fma(x, log2e, w.number(exponentShift(w)));
  Word n = shifted - exponentShift(w);
  Word high = w.fma(n, -ln2[0], x); // exact
  return {w.fma(n, -ln2[1], high), shifted};
}

/// 2^(n + offset) where that is a normal number.
Word powerOfTwo(Numbers &w, Word shifted, int offset) {
  Word exponent = w.bits(shifted) + (offset - w.exponentBias());
  return w.fromBits(exponent << w.fractionBits());
}

/// e^r - 1.
Word smallPower(Numbers &w, Word r) {
  return w.fma(r * r, w.polynomial(expTail, r), r);
}

/// Where e^x rounds to 0.
double lowestExponent(Numbers &w) { return w.isF32() ? -104 : -746; }

/// What is multiplied by powers of two, 0 from where the product is: a masked score's
/// is -infinity, and some processors take a hundred cycles to round a product to 0.
Word zeroBelow(Numbers &w, double lowest, Word x, Word power) {
  return w.select(x < w.number(lowest), w.number(0), power);
}

} // namespace

Exponential exponential(Numbers &w, Word x, Word low) {
  // Beyond these it is infinity or 0.
  x = w.atMost(w.isF32() ? 90 : 711, w.atLeast(lowestExponent(w), x));
  auto [rest, shifted] = reduce(w, x);
  if (low.w)
    rest = rest + low;
  return {smallPower(w, rest) + 1.0, shifted};
}

Word scaled(Numbers &w, const Exponential &e, Word factor) {
  // In two steps, the last of which rounds, as 2^n may be no normal number.
  int bits = w.fractionBits();
  Word sum = w.bits(e.shifted), half = sum >> 1;
  Word first = w.fromBits(half << bits), second = w.fromBits((sum - half) << bits);
  Word power = factor.w ? e.power * factor : e.power;
  return power * first * second;
}

Word exp(Numbers &w, Word x) {
  Exponential e = exponential(w, x);
  e.power = zeroBelow(w, lowestExponent(w), x, e.power);
  return scaled(w, e);
}

Word exp2(Numbers &w, Word x) {
  Word given = x;
  double lowest = w.isF32() ? -151 : -1076;
  x = w.atMost(w.isF32() ? 129 : 1025, w.atLeast(lowest, x));
  Word shifted = x + exponentShift(w);
  Word rest = x - (shifted - exponentShift(w));
  Word power = w.fma(rest, w.polynomial(exp2Tail, rest), w.number(1));
  return scaled(w, {zeroBelow(w, lowest, given, power), shifted});
}

// 2^n (e^r - 1) + (2^n + addend), where the second sum is exact or large.
Word boundedExp(Numbers &w, Word x, double addend, int offset) {
  auto [rest, shifted] = reduce(w, x);
  Word power = powerOfTwo(w, shifted, offset);
  return w.fma(power, smallPower(w, rest), power + addend);
}

Word expm1(Numbers &w, Word x) {
  // Beyond these it is -1 or infinity.
  Word bounded = w.atMost(w.isF32() ? 89 : 709.9, w.atLeast(w.isF32() ? -20 : -40, x));
  // Half of it, as 2^n may be too large.
  Word half = boundedExp(w, bounded, -0.5, /*offset=*/-1);
  return w.select(w.abs(x) < w.tiny(), x, half + half);
}

// c / (c + c 2^n e^r), with -x = n ln 2 + r. With a small c the sum is finite as long as
// the quotient is not 0, which is rounded once, as a denormal number, too.
Word sigmoid(Numbers &w, Word x) {
  // Beyond these it is 0 or 1.
  x = w.atMost(w.isF32() ? 20 : 40, w.atLeast(lowestExponent(w), x));
  int offset = -w.fractionBits() - 1;
  double c = std::ldexp(1.0, offset);
  auto [rest, shifted] = reduce(w, -x);
  Word power = powerOfTwo(w, shifted, offset);
  // The largest parts first, and what their sum lost.
  Word more = power + c;
  Word lost = c - (more - power);
  return c / (w.fma(power, smallPower(w, rest), lost) + more);
}

} // namespace agc::math
