//===- Functions.h - The vector mathematics --------------------------------===//
//
// Each function is arithmetic on values of one floating-point type, f32 or f64:
// the same bits for a scalar and for vectors of any width. Errors are in
// docs/math.md. Special values are those of C's library.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_CODEGEN_MATH_FUNCTIONS_H
#define AGC_CODEGEN_MATH_FUNCTIONS_H

#include "codegen/math/Numbers.h"

namespace mlir {
class ModuleOp;
}

namespace agc::math {

// Exponential.cpp
Word exp(Numbers &w, Word x);
Word exp2(Numbers &w, Word x);
Word expm1(Numbers &w, Word x);
/// 1 / (1 + e^-x).
Word sigmoid(Numbers &w, Word x);

/// e^(x + low), not yet rounded to what a number holds: infinity, 0 and
/// denormals come with `scaled`.
struct Exponential {
  Word power;   // near 1
  Word shifted; // the power of 2, as a number that ends with it
};
Exponential exponential(Numbers &w, Word x, Word low = {});
/// The whole of it, times a factor.
Word scaled(Numbers &w, const Exponential &e, Word factor = {});
/// e^x 2^offset + addend where e^x is no extreme number. There is no error of the
/// power before the sum, but 0 loses its sign.
Word boundedExp(Numbers &w, Word x, double addend, int offset = 0);

// Hyperbolic.cpp
Word sinh(Numbers &w, Word x);
Word cosh(Numbers &w, Word x);
Word tanh(Numbers &w, Word x);

// Logarithm.cpp
Word log(Numbers &w, Word x);
Word log2(Numbers &w, Word x);
Word log1p(Numbers &w, Word x);

/// x = 2^exponent * (1 + fraction), sqrt(1/2) <= 1 + fraction < sqrt(2), both
/// numbers; for finite x above 0.
struct Logarithm {
  Word exponent, fraction;
};
Logarithm splitLogarithm(Numbers &w, Word x);
/// log(x) with 53 digits in f64, of finite x above 0.
Word longLog(Numbers &w, Word x);

// Trigonometric.cpp
Word sin(Numbers &w, Word x);
Word cos(Numbers &w, Word x);
Word tan(Numbers &w, Word x);

// AngleReduction.cpp
/// x = quadrant * pi / 2 + angle, |angle| <= pi / 4. The quadrant is a whole
/// number, of which the last two bits count.
struct ReducedAngle {
  Word angle, quadrant;
};
ReducedAngle reduceAngle(Numbers &w, Word x);
/// Adds the function that `reduceAngle` calls for large angles, if it did.
void addLargeAngleReduction(mlir::ModuleOp module, bool hasFMA);

// InverseTrigonometric.cpp
Word asin(Numbers &w, Word x);
Word acos(Numbers &w, Word x);
Word atan(Numbers &w, Word x);
Word atan2(Numbers &w, Word y, Word x);

// ErrorFunction.cpp
Word erf(Numbers &w, Word x);
Word erfc(Numbers &w, Word x);

// Power.cpp
Word pow(Numbers &w, Word x, Word y);

// Remainder.cpp
Word fmod(Numbers &w, Word x, Word y);
/// Adds the function that `fmod` calls for large quotients, if it did.
void addLongRemainder(mlir::ModuleOp module, bool hasFMA);

} // namespace agc::math

#endif
