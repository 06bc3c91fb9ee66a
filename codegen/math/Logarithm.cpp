//===- Logarithm.cpp - log, log2, log1p ------------------------------------===//
//
// x = 2^k (1 + f) with 1 + f between sqrt(1/2) and sqrt(2).
//
//===----------------------------------------------------------------------===//
#include "codegen/math/Functions.h"

#include <cmath>

namespace agc::math {
namespace {

/// log(1 + f) = f - halfSquare + tail.
struct Fraction {
  Word halfSquare, tail;
};

Fraction shortLogOf(Numbers &w, Word f) {
  Word square = f * f;
  return {square * 0.5, f * square * w.polynomial(logFraction, f)};
}

/// By 2 atanh(s) with s = f / (2 + f), a series in s^2.
Fraction longLogOf(Numbers &w, Word f) {
  Word s = f / (f + 2.0);
  Word square = s * s;
  Word halfSquare = f * f * 0.5;
  Word tail = w.fma(square, w.polynomial(logTail, square), halfSquare);
  return {halfSquare, s * tail};
}

Fraction logOf(Numbers &w, Word f) {
  // A division costs more than the terms that it saves f32.
  return w.isShort() ? shortLogOf(w, f) : longLogOf(w, f);
}

Word sumUp(Numbers &w, const Logarithm &l, const Fraction &f, Word low) {
  const double *ln2 = w.isF32() ? ln2F32 : ln2F64;
  return w.fma(l.exponent, ln2[0], (low - f.halfSquare) + l.fraction);
}

/// What no formula gives: log(0), log of infinity, negative numbers and NaN.
Word withSpecials(Numbers &w, Word x, double zero, Word y) {
  y = w.select(x < w.infinity(), y, x);
  y = w.select(x > zero, y, -w.infinity());
  return w.select(x >= zero, y, w.nan());
}

} // namespace

Logarithm splitLogarithm(Numbers &w, Word x) {
  int bits = w.fractionBits();
  Word isDenormal = x < w.leastNormal();
  Word normal = w.select(isDenormal, x * std::ldexp(1.0, bits), x);
  // The exponent as if numbers began at sqrt(1/2).
  Word least = w.bits(w.number(std::sqrt(0.5)));
  Word raised = w.bits(normal) + (w.bits(w.number(1)) - least);
  Word mask = w.integer((int64_t(1) << bits) - 1);
  Word fraction = w.fromBits((raised & mask) + least) - 1.0;
  // As a number: the last bits of a large one.
  double shift = std::ldexp(1.0, bits), bias = w.exponentBias();
  Word exponent = w.fromBits((raised >> bits) | w.bits(w.number(shift)));
  exponent = exponent - w.select(isDenormal, w.number(shift + bias + bits),
                                 w.number(shift + bias));
  return {exponent, fraction};
}

static Word logOfPositive(Numbers &w, Word x) {
  const double *ln2 = w.isF32() ? ln2F32 : ln2F64;
  Logarithm l = splitLogarithm(w, x);
  Fraction f = logOf(w, l.fraction);
  return sumUp(w, l, f, w.fma(l.exponent, ln2[1], f.tail));
}

Word log(Numbers &w, Word x) {
  return withSpecials(w, x, 0, logOfPositive(w, x));
}

Word longLog(Numbers &w, Word x) {
  Numbers full(w.b, w.shaped(w.numberType()), w.hasFMA());
  Word y = logOfPositive(full, full(x.value));
  return w(y.value);
}

/// The product with 1 / ln 2 in parts, the first of which is exact.
Word log2(Numbers &w, Word x) {
  const double *factor = w.isF32() ? log2eF32 : log2eF64;
  Logarithm l = splitLogarithm(w, x);
  Fraction f = logOf(w, l.fraction);
  Word high = w.upperHalf(l.fraction - f.halfSquare);
  Word low = ((l.fraction - high) - f.halfSquare) + f.tail;
  Word exact = high * factor[0];
  Word rest = w.fma(low + high, factor[1], low * factor[0]);
  Word sum = l.exponent + exact;
  Word y = sum + (rest + ((l.exponent - sum) + exact));
  return withSpecials(w, x, 0, y);
}

/// log of the rounded sum, and to first order what the rounding lost.
Word log1p(Numbers &w, Word x) {
  const double *ln2 = w.isF32() ? ln2F32 : ln2F64;
  Word sum = x + 1.0;
  Word part = sum - 1.0;
  Word lost = (x - part) + (1.0 - (sum - part));
  Logarithm l = splitLogarithm(w, sum);
  Fraction f = logOf(w, l.fraction);
  Word low = w.fma(l.exponent, ln2[1], lost / sum) + f.tail;
  Word y = withSpecials(w, x, -1, sumUp(w, l, f, low));
  return w.select(w.abs(x) < w.tiny(), x, y);
}

} // namespace agc::math
