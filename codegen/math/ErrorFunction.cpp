//===- ErrorFunction.cpp - erf, erfc ---------------------------------------===//
#include "codegen/math/Functions.h"

namespace agc::math {
namespace {

/// Of x within 1.
Word erfNearZero(Numbers &w, Word x) {
  return w.fma(x, w.polynomial(erfNear, x * x), x);
}

/// Of x above 0: e^(-x^2) times what changes slowly. The square's lower digits
/// count, as it may be 700.
Word positiveErfc(Numbers &w, Word x) {
  x = w.atMost(28, x);
  Word slow = w.polynomial(erfcScaled, (x - 4.0) / (x + 4.0)) / (x + x + 1.0);
  Word high = w.upperHalf(x);
  Word low = (x - high) * (x + high);
  return scaled(w, exponential(w, -(high * high), -low), slow);
}

Word wideErfc(Numbers &w, Word x) {
  Word magnitude = w.abs(x);
  Word far = positiveErfc(w, magnitude);
  far = w.select(x < 0.0, 2.0 - far, far);
  if (w.isShort())
    return far;
  return w.select(magnitude < 0.5, 1.0 - erfNearZero(w, x), far);
}

} // namespace

Word erf(Numbers &w, Word x) {
  Word magnitude = w.abs(x);
  if (w.isShort()) {
    // 1 - e^(log erfc), the same formula everywhere. 1 from 4 on.
    Word bounded = w.atMost(4, magnitude);
    Word negated = -bounded;
    Word e = boundedExp(w, w.fma(negated, w.polynomial(erfLog, bounded), negated), -1);
    return w.copySign(e, x);
  }
  Word far = 1.0 - positiveErfc(w, magnitude);
  return w.copySign(w.select(magnitude < 1.0, erfNearZero(w, magnitude), far), x);
}

// As a square has twice the digits, f32's is in f64.
Word erfc(Numbers &w, Word x) {
  return w.isF32() ? w.inF64(wideErfc, x) : wideErfc(w, x);
}

} // namespace agc::math
