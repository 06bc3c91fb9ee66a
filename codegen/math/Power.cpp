//===- Power.cpp - pow ------------------------------------------------------===//
//
// e^(y log x). The product may be 700, so for f64 the logarithm has twice the
// digits of a number: a sum of two.
//
//===----------------------------------------------------------------------===//
#include "codegen/math/Double.h"
#include "codegen/math/Functions.h"

#include <cmath>

namespace agc::math {
namespace {

/// log(x) of x above 0: 2s + 2/3 s^3 + s^5 p(s^2), s = f / (2 + f).
Double doubleLog(Numbers &w, Word x) {
  Logarithm l = splitLogarithm(w, x);
  Word f = l.fraction;
  Double below = fastSum(w.number(2), f);
  Word quotient = f / below.high;
  Double back = product(w, quotient, below.high);
  Word rest = ((f - back.high) - back.low) - quotient * below.low;
  Double s = {quotient, rest / below.high};
  Double square = product(w, s, s);
  Word tail = square.high * w.polynomial(logTail5, square.high);
  Double series = fastSum(w.number(2.0 / 3), tail);
  // What 2/3 lacks of two thirds.
  series.low = series.low + 0x1.5555555555555p-55;
  Double cubic = product(w, product(w, s, square), series);
  Double twice = {s.high + s.high, s.low + s.low};
  Double fraction = fastSum(twice.high, cubic.high);
  fraction.low = fraction.low + (twice.low + cubic.low);
  Double whole = fastSum(l.exponent * ln2F64[0], fraction.high);
  Word low = whole.low + (l.exponent * ln2F64[1] + fraction.low);
  return fastSum(whole.high, low);
}

/// x^y of x above 0, both finite; in f64.
Word positivePower(Numbers &w, Word x, Word y) {
  if (w.isShort())
    return exp(w, y * longLog(w, x));
  Double l = doubleLog(w, x);
  Double p = product(w, y, l.high);
  Word low = p.low + y * l.low;
  // Where the result is infinity or 0, the digits may be no numbers.
  low = w.select(w.abs(p.high) < 800.0, low, w.number(0));
  return scaled(w, exponential(w, p.high, low));
}

Word withSpecials(Numbers &w, Word x, Word y, Word positive) {
  Word zero = w.number(0), one = w.number(1), infinity = w.infinity();
  Word base = w.abs(x), size = w.abs(y);
  // From 2^52 on every number is whole, from 2^53 on even; f32's accordingly.
  double whole = std::ldexp(1.0, w.fractionBits());
  Word shifted = w.select(size < whole, size + whole, size);
  Word isWhole = (size >= whole) | (shifted - whole == size);
  Word isOdd = isWhole & (size < 2 * whole) & ((w.bits(shifted) & 1) == 1);

  Word isEndless = size == infinity;
  Word isExtreme = (base == zero) | (base == infinity) | isEndless;
  Word grows = !((base > one) ^ (y > zero));
  Word result = w.select(isExtreme, w.select(grows, infinity, zero), positive);
  result = w.select((base == one) & isEndless, one, result);

  Word sign = w.select(isOdd, w.signBit(x), w.integer(0));
  result = w.fromBits(w.bits(result) | sign);
  Word isReal = (x >= zero) | isWhole | (base == infinity);
  result = w.select(isReal & !w.isNaN(y) & !w.isNaN(x), result, w.nan());
  return w.select((x == one) | (y == zero), one, result);
}

} // namespace

Word pow(Numbers &w, Word x, Word y) {
  Word base = w.abs(x);
  Word positive = w.isF32() ? w.inF64(positivePower, base, y)
                            : positivePower(w, base, y);
  return withSpecials(w, x, y, positive);
}

} // namespace agc::math
