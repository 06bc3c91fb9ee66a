//===- ScalarBuilder.h - Scalar expressions over any element type ----------===//
#ifndef AGC_IR_SCALARBUILDER_H
#define AGC_IR_SCALARBUILDER_H

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Builders.h"

namespace agc::ir {

namespace math = ::mlir::math;

/// Builds `arith` and `math` ops, floating or integer as the operands are.
/// Types are signless; i8 that holds u8 says so where the sign matters.
class ScalarBuilder {
public:
  ScalarBuilder(mlir::OpBuilder &builder, mlir::Location loc)
      : builder(builder), loc(loc) {}

  mlir::Value constant(mlir::Type type, double number);
  mlir::Value neg(mlir::Value x);
  mlir::Value abs(mlir::Value x);
  mlir::Value sign(mlir::Value x);
  mlir::Value powi(mlir::Value x, int64_t exponent);
  mlir::Value add(mlir::Value x, mlir::Value y, bool isUnsigned = false);
  mlir::Value sub(mlir::Value x, mlir::Value y);
  mlir::Value mul(mlir::Value x, mlir::Value y);
  /// Of integers toward zero; by 0 it is 0, so that nothing traps.
  mlir::Value div(mlir::Value x, mlir::Value y, bool isUnsigned = false);
  /// With the sign of x; of integers by 0 it is 0.
  mlir::Value remainder(mlir::Value x, mlir::Value y, bool isUnsigned);
  /// Integers wrap; to a negative power they are 0, but for 1 and -1.
  mlir::Value pow(mlir::Value x, mlir::Value y, bool isUnsigned);
  /// As C's, at the origin too, where MLIR's folder has NaN.
  mlir::Value atan2(mlir::Value y, mlir::Value x);
  mlir::Value max(mlir::Value x, mlir::Value y, bool isUnsigned = false);
  mlir::Value min(mlir::Value x, mlir::Value y, bool isUnsigned = false);
  mlir::Value logicalAnd(mlir::Value x, mlir::Value y);
  mlir::Value logicalOr(mlir::Value x, mlir::Value y);
  mlir::Value logicalXor(mlir::Value x, mlir::Value y);
  mlir::Value compare(llvm::StringRef direction, mlir::Value x, mlir::Value y,
                      bool isUnsigned = false);
  mlir::Value select(mlir::Value p, mlir::Value x, mlir::Value y);
  mlir::Value convert(mlir::Value x, mlir::Type type, bool fromUnsigned,
                      bool toUnsigned);
  /// bf16 and f16 are for storing: what is computed of them is in f32.
  mlir::Type computeType(mlir::Type type);
  mlir::Value widen(mlir::Value x);
  /// From the type that \p type is computed in.
  mlir::Value narrow(mlir::Value x, mlir::Type type);
  template <typename Op, typename... Rest>
  mlir::Value math(mlir::Value x, Rest... rest) {
    return Op::create(builder, loc, x, rest...);
  }

private:
  /// An integer quotient or remainder for divisors that the machine has no
  /// answer to: 0, and -1 below the least integer.
  mlir::Value divide(mlir::Value x, mlir::Value y, bool isUnsigned, bool remains);

  mlir::OpBuilder &builder;
  mlir::Location loc;
};

/// Additions, about, that a scalar op takes.
int64_t workOf(mlir::Operation &scalar);

/// The same of the expression that one element of an element-wise op's result is.
int64_t scalarWork(mlir::Operation *op);

} // namespace agc::ir

#endif
