//===- GradientBuilder.h - The words in which gradient rules speak ---------===//
#ifndef AGC_IR_GRADIENTBUILDER_H
#define AGC_IR_GRADIENTBUILDER_H

#include "mlir/IR/Builders.h"

namespace agc::ir {

class GradientBuilder;

/// A value with arithmetic: `dz * (one - z * z)` builds agc ops.
struct Expr {
  GradientBuilder *g = nullptr;
  mlir::Value value;
};

/// Builds the ops of a gradient rule at one place, for the operands that need
/// one.
class GradientBuilder {
public:
  GradientBuilder(mlir::OpBuilder &builder, mlir::Location loc,
                  llvm::ArrayRef<bool> needed)
      : builder(builder), loc(loc), needed(needed) {}

  bool needs(unsigned operand) const { return needed[operand]; }

  Expr operator()(mlir::Value value) { return {this, value}; }
  /// No gradient: as if zero.
  Expr none() { return {this, nullptr}; }
  /// A constant of like's type.
  Expr constant(Expr like, double number);
  Expr zero(Expr like) { return constant(like, 0); }
  Expr sign(Expr x);
  Expr sin(Expr x);
  Expr cos(Expr x);
  Expr powi(Expr x, int64_t exponent);
  Expr both(Expr p, Expr q);
  template <typename Op, typename... Rest>
  Expr apply(Expr x, Rest... rest) {
    return {this, create<Op>(x.value, rest.value...)};
  }
  Expr compare(Expr x, llvm::StringRef direction, Expr y);
  Expr select(Expr p, Expr x, Expr y);
  Expr convert(Expr x, mlir::Value like);
  /// 0 where x compares true with y, half of dz where they are equal, else dz:
  /// both have it where one is NaN.
  Expr unlessBeaten(Expr x, llvm::StringRef direction, Expr y, Expr dz);
  /// 1 / x, and 0 where that has no value.
  Expr reciprocalOrZero(Expr x);

  template <typename Op, typename... Args>
  mlir::Value create(Args &&...args) {
    return Op::create(builder, loc, std::forward<Args>(args)...)->getResult(0);
  }

  mlir::OpBuilder &builder;
  mlir::Location loc;

private:
  llvm::ArrayRef<bool> needed;
};

Expr operator+(Expr x, Expr y);
Expr operator-(Expr x, Expr y);
Expr operator*(Expr x, Expr y);
Expr operator/(Expr x, Expr y);
Expr operator-(Expr x);

} // namespace agc::ir

#endif
