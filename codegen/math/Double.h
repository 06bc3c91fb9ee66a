//===- Double.h - Sums of two numbers, for twice the digits ----------------===//
#ifndef AGC_CODEGEN_MATH_DOUBLE_H
#define AGC_CODEGEN_MATH_DOUBLE_H

#include "codegen/math/Numbers.h"

namespace agc::math {

/// high + low, with high the number nearest to the sum.
struct Double {
  Word high, low;
};

/// x + y, exactly; for |x| >= |y|.
inline Double fastSum(Word x, Word y) {
  Word high = x + y;
  return {high, y - (high - x)};
}

/// x * y, exactly unless the low part is too small for a number.
inline Double product(Numbers &w, Word x, Word y) {
  Word high = x * y;
  if (w.hasFMA())
    return {high, w.fma(x, y, -high)};
  // Halves of the digits, whose products are exact (Dekker).
  Word xHigh = w.upperHalf(x), yHigh = w.upperHalf(y);
  Word xLow = x - xHigh, yLow = y - yHigh;
  return {high, ((xHigh * yHigh - high) + (xHigh * yLow + xLow * yHigh)) + xLow * yLow};
}

inline Double product(Numbers &w, Double x, Double y) {
  Double p = product(w, x.high, y.high);
  return fastSum(p.high, p.low + (x.high * y.low + x.low * y.high));
}

} // namespace agc::math

#endif
