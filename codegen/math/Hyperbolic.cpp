//===- Hyperbolic.cpp - sinh, cosh, tanh -----------------------------------===//
//
// Near 0, where exponentials cancel, a polynomial.
//
//===----------------------------------------------------------------------===//
#include "codegen/math/Functions.h"

namespace agc::math {

/// e^|x| / 2.
static Word halfExponential(Numbers &w, Word x) {
  return scaled(w, exponential(w, w.abs(x)), w.number(0.5));
}

Word sinh(Numbers &w, Word x) {
  Word half = halfExponential(w, x);
  Word far = half - 0.25 / half;
  Word magnitude = w.abs(x);
  return w.copySign(w.select(magnitude < 1.0, w.odd(magnitude, sinhTail), far), x);
}

Word cosh(Numbers &w, Word x) {
  Word half = halfExponential(w, x);
  return half + 0.25 / half;
}

Word tanh(Numbers &w, Word x) {
  // 1 from here on.
  Word magnitude = w.atMost(w.isF32() ? 10 : 20, w.abs(x));
  Word far = 1.0 - 2.0 / boundedExp(w, magnitude + magnitude, 1);
  return w.copySign(w.select(magnitude < 0.55, w.odd(magnitude, tanhTail), far), x);
}

} // namespace agc::math
