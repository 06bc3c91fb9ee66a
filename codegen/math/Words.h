//===- Words.h - Arithmetic on scalars or vectors, as one writes it --------===//
#ifndef AGC_CODEGEN_MATH_WORDS_H
#define AGC_CODEGEN_MATH_WORDS_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace agc {

class Words;

/// A number, integer or truth value, or a vector of them. Operators emit the
/// `arith` op for its type; integers are signless and wrap.
struct Word {
  mlir::Value value;
  Words *w = nullptr;
  mlir::Type element() const;
};

/// Builds `arith` and `math` ops. All values have one shape, so that a formula
/// is written once for scalars and for vectors of any width.
class Words {
public:
  /// Values will have the shape of \p like: a scalar's or a vector's.
  Words(mlir::ImplicitLocOpBuilder &builder, mlir::Type like)
      : b(builder), like(like) {}

  mlir::ImplicitLocOpBuilder &b;

  Word operator()(mlir::Value value) { return {value, this}; }
  mlir::Type shaped(mlir::Type element) const;

  Word number(mlir::Type element, double value);
  Word integer(mlir::Type element, int64_t value);
  Word f32(double value) { return number(b.getF32Type(), value); }
  Word i32(int64_t value) { return integer(b.getI32Type(), value); }

  Word select(Word p, Word x, Word y);
  /// The same bits as another type.
  Word bitcast(Word x, mlir::Type element);
  /// Zero-extends or cuts an integer.
  Word resize(Word x, mlir::Type element);
  Word toNumber(Word x, mlir::Type element); // of a signed integer

private:
  mlir::Type like;
};

Word operator+(Word x, Word y);
Word operator-(Word x, Word y);
Word operator*(Word x, Word y);
Word operator/(Word x, Word y); // of numbers
Word operator-(Word x);         // of numbers
Word operator&(Word x, Word y);
Word operator|(Word x, Word y);
Word operator^(Word x, Word y);
Word operator!(Word x); // of truth values
Word operator<<(Word x, int64_t bits);
Word operator>>(Word x, int64_t bits); // zeros come in
Word operator>>(Word x, Word bits);
/// Numbers: false of NaN. Integers: unsigned.
Word operator<(Word x, Word y);
Word operator>(Word x, Word y);
Word operator<=(Word x, Word y);
Word operator>=(Word x, Word y);
Word operator==(Word x, Word y);

/// The constant in the type of x.
Word sameType(Word x, double value);

#define AGC_WITH_CONSTANT(op)                                                  \
  inline Word operator op(Word x, double y) { return x op sameType(x, y); }   \
  inline Word operator op(double x, Word y) { return sameType(y, x) op y; }
AGC_WITH_CONSTANT(+)
AGC_WITH_CONSTANT(-)
AGC_WITH_CONSTANT(*)
AGC_WITH_CONSTANT(/)
AGC_WITH_CONSTANT(&)
AGC_WITH_CONSTANT(|)
AGC_WITH_CONSTANT(<)
AGC_WITH_CONSTANT(>)
AGC_WITH_CONSTANT(<=)
AGC_WITH_CONSTANT(>=)
AGC_WITH_CONSTANT(==)
#undef AGC_WITH_CONSTANT

} // namespace agc

#endif
