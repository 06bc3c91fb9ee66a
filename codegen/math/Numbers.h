//===- Numbers.h - What a function of floating-point numbers is made of ----===//
#ifndef AGC_CODEGEN_MATH_NUMBERS_H
#define AGC_CODEGEN_MATH_NUMBERS_H

#include "codegen/math/Coefficients.h"
#include "codegen/math/Words.h"

namespace agc::math {

/// Words in f32 or f64, and their parts as bits.
class Numbers : public Words {
public:
  /// \p hasFMA: the machine has x * y + z with one rounding.
  Numbers(mlir::ImplicitLocOpBuilder &builder, mlir::Type like, bool hasFMA);
  /// For as many digits as the other, in another type.
  Numbers(Numbers &other, mlir::Type type)
      : Words(other.b, other.shaped(type)), type(type), fused(other.fused),
        shortResult(other.shortResult) {}

  bool isF32() const { return type.isF32(); }
  /// Whether 24 digits of the result count, whatever it is computed in.
  bool isShort() const { return shortResult; }
  bool hasFMA() const { return fused; }

  int fractionBits() const { return isF32() ? 23 : 52; }
  int exponentBias() const { return isF32() ? 127 : 1023; }
  int totalBits() const { return isF32() ? 32 : 64; }
  mlir::Type numberType() const { return type; }
  mlir::Type integerType() { return b.getIntegerType(totalBits()); }

  using Words::integer, Words::number;
  Word number(double value) { return number(type, value); }
  Word integer(int64_t value) { return integer(integerType(), value); }
  Word infinity();
  Word nan();
  Word leastNormal();
  /// Below it x + x^2 is x.
  Word tiny();
  /// Added to a number, rounds it to a whole one, which the bits end with.
  double roundingShift() const;

  Word bits(Word x) { return bitcast(x, integerType()); }
  Word fromBits(Word x) { return bitcast(x, type); }
  Word signBit(Word x);
  Word abs(Word x);
  /// The magnitude of x with the sign of y.
  Word copySign(Word x, Word y);
  /// x with the sign bit of y, too; for an x that is above 0 or has it.
  Word addSign(Word x, Word y);
  Word isNaN(Word x);
  Word sqrt(Word x);
  /// x * y + z: rounded once if the machine can.
  Word fma(Word x, Word y, Word z);
  Word fma(Word x, double y, Word z) { return fma(x, number(y), z); }
  /// NaN stays.
  Word atLeast(double low, Word x);
  Word atMost(double high, Word x);
  Word polynomial(const Polynomial &p, Word x);
  /// x + x^3 p(x^2).
  Word odd(Word x, const Polynomial &p);
  /// x with the lower half of its digits 0.
  Word upperHalf(Word x);

  /// A function of f32 by one of f64.
  template <typename Function, typename... Rest>
  Word inF64(Function &&function, Word x, Rest... rest) {
    Numbers wide(*this, b.getF64Type());
    return convert(function(wide, wide.convert(x), wide.convert(rest)...));
  }
  /// The same number in this type.
  Word convert(Word x);

private:
  mlir::Type type;
  bool fused, shortResult;
};

} // namespace agc::math

#endif
