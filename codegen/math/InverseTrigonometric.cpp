//===- InverseTrigonometric.cpp - asin, acos, atan, atan2 ------------------===//
#include "codegen/math/Double.h"
#include "codegen/math/Functions.h"

#include <cmath>

namespace agc::math {
namespace {

const double pi[] = {2 * halfPiSum[0], 2 * halfPiSum[1]};

/// The parts of a constant that has two in f64.
Double parts(Numbers &w, const double (&constant)[2]) {
  double high = w.isF32() ? float(constant[0]) : constant[0];
  return {w.number(high), w.number(constant[1] + (constant[0] - high))};
}
Word minus(Numbers &w, const double (&constant)[2], Word x) {
  Double c = parts(w, constant);
  return c.high - (x - c.low);
}

/// x^3 p(x^2).
Word oddTail(Numbers &w, Word x, const Polynomial &p) {
  Word square = x * x;
  return x * square * w.polynomial(p, square);
}

/// pi / 2 - (x + tail), the large parts first, without an error.
Word quarterMinus(Numbers &w, Word x, Word tail) {
  Double quarter = parts(w, halfPiSum);
  Double rest = fastSum(quarter.high, -x);
  return rest.high - ((tail - quarter.low) - rest.low);
}

/// The angle of (x, y), both at least 0: as the difference from a quarter of a
/// turn where that is smaller; with more digits, also from an eighth.
Word angleInFirstQuadrant(Numbers &w, Word y, Word x) {
  if (w.isShort()) {
    Word isSteep = y > x;
    Word t = w.select(isSteep, x, y) / w.select(isSteep, y, x);
    Word tail = oddTail(w, t, atanTail);
    return w.select(isSteep, quarterMinus(w, t, tail), t + tail);
  }
  Word isSteep = y > x * (1 + std::sqrt(2.0)), isMiddle = y > x * (std::sqrt(2.0) - 1);
  Word above = w.select(isSteep, -x, w.select(isMiddle, y - x, y));
  Word below = w.select(isSteep, y, w.select(isMiddle, y + x, x));
  auto base = [&](int part) {
    return w.select(isSteep, w.number(halfPiSum[part]),
                    w.select(isMiddle, w.number(halfPiSum[part] / 2), w.number(0)));
  };
  return (w.odd(above / below, atanTail) + base(1)) + base(0);
}

/// asin(x) = t + tail for x <= 1/2, t = x; else pi / 2 - 2 (t + tail).
struct ArcSine {
  Word isLarge, t, tail;
};
ArcSine arcSine(Numbers &w, Word magnitude) {
  Word isLarge = magnitude > 0.5;
  Word root = w.sqrt((1.0 - magnitude) * 0.5);
  Word t = w.select(isLarge, root, magnitude);
  return {isLarge, t, oddTail(w, t, asinTail)};
}

} // namespace

Word atan(Numbers &w, Word x) {
  return w.copySign(angleInFirstQuadrant(w, w.abs(x), w.number(1)), x);
}

static Word wideAtan2(Numbers &w, Word y, Word x) {
  Word up = w.abs(y), right = w.abs(x);
  // The sum of two large numbers may be none; of two infinities it is not one.
  Word isHuge = (up > 0x1p1000) | (right > 0x1p1000);
  Word factor = w.select(isHuge, w.number(0.25), w.number(1));
  Word areInfinite = (up == w.infinity()) & (right == w.infinity());
  up = w.select(areInfinite, w.number(1), up * factor);
  right = w.select(areInfinite, w.number(1), right * factor);
  Word areZero = (up == 0.0) & (right == 0.0);
  Word angle = angleInFirstQuadrant(w, up, w.select(areZero, w.number(1), right));
  Word isLeft = w.signBit(x) == 0;
  angle = w.select(isLeft, angle, minus(w, pi, angle));
  return w.copySign(angle, y);
}

// The quotient of two f32 may be no normal f32.
Word atan2(Numbers &w, Word y, Word x) {
  return w.isF32() ? w.inF64(wideAtan2, y, x) : wideAtan2(w, y, x);
}

Word asin(Numbers &w, Word x) {
  ArcSine a = arcSine(w, w.abs(x));
  Word far = quarterMinus(w, a.t + a.t, a.tail + a.tail);
  return w.copySign(w.select(a.isLarge, far, a.t + a.tail), x);
}

Word acos(Numbers &w, Word x) {
  ArcSine a = arcSine(w, w.abs(x));
  Word angle = a.t + a.tail, twice = angle + angle;
  Word near = minus(w, halfPiSum, w.copySign(angle, x));
  Word far = w.select(x < 0.0, minus(w, pi, twice), twice);
  return w.select(a.isLarge, far, near);
}

} // namespace agc::math
