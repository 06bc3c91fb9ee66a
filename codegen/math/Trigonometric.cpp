//===- Trigonometric.cpp - sin, cos, tan -----------------------------------===//
#include "codegen/math/Functions.h"

namespace agc::math {
namespace {

/// Of angles within pi / 4.
Word sinNear(Numbers &w, Word r) { return w.odd(r, sinTail); }
Word cosNear(Numbers &w, Word r) {
  Word square = r * r;
  return w.fma(square * square, w.polynomial(cosTail, square),
               w.fma(square, -0.5, w.number(1)));
}

/// An integer that ends with the quadrant's last bits.
Word lastBits(Numbers &w, Word quadrant) {
  return w.bits(quadrant + w.roundingShift());
}

Word isOdd(Word quadrant) { return (quadrant & 1) == 1; }

/// sin of the angle, `quarters` of a turn later.
Word sinOfReduced(Numbers &w, const ReducedAngle &reduced, int quarters) {
  Word quadrant = lastBits(w, reduced.quadrant) + quarters;
  Word angle = reduced.angle;
  Word y = w.select(isOdd(quadrant), cosNear(w, angle), sinNear(w, angle));
  // Half a turn changes the sign.
  Word sign = (quadrant >> 1) << (w.totalBits() - 1);
  return w.fromBits(w.bits(y) ^ sign);
}

} // namespace

Word sin(Numbers &w, Word x) {
  Word y = sinOfReduced(w, reduceAngle(w, x), 0);
  return w.select(w.abs(x) < w.tiny(), x, y);
}

Word cos(Numbers &w, Word x) { return sinOfReduced(w, reduceAngle(w, x), 1); }

static Word wideTan(Numbers &w, Word x) {
  auto [angle, quadrant] = reduceAngle(w, x);
  Word odd = isOdd(lastBits(w, quadrant));
  Word sine = sinNear(w, angle), cosine = cosNear(w, angle);
  return w.select(odd, -cosine, sine) / w.select(odd, sine, cosine);
}

// In f64 for f32, too, as errors of the angle grow.
Word tan(Numbers &w, Word x) {
  Word y = w.isF32() ? w.inF64(wideTan, x) : wideTan(w, x);
  return w.select(w.abs(x) < w.tiny(), x, y);
}

} // namespace agc::math
