//===- ScalarBuilder.cpp - Scalar expressions over any element type --------===//
#include "ir/ScalarBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include "llvm/ADT/StringSwitch.h"

#include <cmath>

using namespace mlir;

namespace agc::ir {

static bool isFloat(Value x) { return isa<FloatType>(x.getType()); }

Value ScalarBuilder::constant(Type type, double number) {
  if (auto floatType = dyn_cast<FloatType>(type))
    return arith::ConstantOp::create(builder, loc,
                                     builder.getFloatAttr(floatType, number));
  return arith::ConstantOp::create(
      builder, loc, builder.getIntegerAttr(type, int64_t(number)));
}

Value ScalarBuilder::neg(Value x) {
  if (isFloat(x))
    return arith::NegFOp::create(builder, loc, x);
  return arith::SubIOp::create(builder, loc, constant(x.getType(), 0), x);
}

Value ScalarBuilder::abs(Value x) {
  if (isFloat(x))
    return math::AbsFOp::create(builder, loc, x);
  return math::AbsIOp::create(builder, loc, x);
}

Value ScalarBuilder::sign(Value x) {
  Type type = x.getType();
  Value zero = constant(type, 0);
  Value negative = select(compare("lt", x, zero), constant(type, -1), zero);
  return select(compare("gt", x, zero), constant(type, 1), negative);
}

Value ScalarBuilder::powi(Value x, int64_t exponent) {
  Value result;
  Value square = x;
  // -exponent would overflow for the smallest integer; this does not.
  for (uint64_t n = exponent < 0 ? -uint64_t(exponent) : uint64_t(exponent); n;
       n >>= 1) {
    if (n & 1)
      result = result ? mul(result, square) : square;
    if (n > 1)
      square = mul(square, square);
  }
  if (!result)
    return constant(x.getType(), 1);
  return exponent < 0 ? div(constant(x.getType(), 1), result) : result;
}

Value ScalarBuilder::add(Value x, Value y, bool) {
  if (isFloat(x))
    return arith::AddFOp::create(builder, loc, x, y);
  return arith::AddIOp::create(builder, loc, x, y);
}
Value ScalarBuilder::sub(Value x, Value y) {
  if (isFloat(x))
    return arith::SubFOp::create(builder, loc, x, y);
  return arith::SubIOp::create(builder, loc, x, y);
}
Value ScalarBuilder::mul(Value x, Value y) {
  if (isFloat(x))
    return arith::MulFOp::create(builder, loc, x, y);
  return arith::MulIOp::create(builder, loc, x, y);
}
Value ScalarBuilder::div(Value x, Value y, bool isUnsigned) {
  if (isFloat(x))
    return arith::DivFOp::create(builder, loc, x, y);
  return divide(x, y, isUnsigned, /*remains=*/false);
}
Value ScalarBuilder::remainder(Value x, Value y, bool isUnsigned) {
  if (isFloat(x))
    return arith::RemFOp::create(builder, loc, x, y);
  return divide(x, y, isUnsigned, /*remains=*/true);
}

Value ScalarBuilder::pow(Value x, Value y, bool isUnsigned) {
  if (isFloat(x))
    return math::PowFOp::create(builder, loc, x, y);
  Type type = x.getType();
  Value zero = constant(type, 0), one = constant(type, 1), result = one, square = x;
  unsigned bits = type.getIntOrFloatBitWidth() - !isUnsigned;
  for (unsigned i = 0; i < bits; ++i) {
    Value bit = logicalAnd(y, constant(type, std::ldexp(1.0, int(i))));
    result = select(compare("ne", bit, zero), mul(result, square), result);
    if (i + 1 < bits)
      square = mul(square, square);
  }
  if (isUnsigned)
    return result;
  Value isOdd = compare("ne", logicalAnd(y, one), zero);
  Value ofMinusOne = select(isOdd, x, one);
  Value inverse = select(compare("eq", x, constant(type, -1)), ofMinusOne,
                         select(compare("eq", x, one), one, zero));
  return select(compare("lt", y, zero), inverse, result);
}

Value ScalarBuilder::divide(Value x, Value y, bool isUnsigned, bool remains) {
  Value zero = constant(y.getType(), 0), one = constant(y.getType(), 1);
  Value isZero = compare("eq", y, zero), traps = isZero, isMinusOne;
  if (!isUnsigned) {
    isMinusOne = compare("eq", y, constant(y.getType(), -1));
    traps = logicalOr(isZero, isMinusOne);
  }
  Value divisor = select(traps, one, y), result;
  if (isUnsigned)
    result = remains ? arith::RemUIOp::create(builder, loc, x, divisor).getResult()
                     : arith::DivUIOp::create(builder, loc, x, divisor);
  else
    result = remains ? arith::RemSIOp::create(builder, loc, x, divisor).getResult()
                     : arith::DivSIOp::create(builder, loc, x, divisor);
  if (isMinusOne && !remains)
    result = select(isMinusOne, neg(x), result);
  return select(isZero, zero, result);
}
Value ScalarBuilder::max(Value x, Value y, bool isUnsigned) {
  if (isFloat(x))
    return arith::MaximumFOp::create(builder, loc, x, y);
  if (isUnsigned)
    return arith::MaxUIOp::create(builder, loc, x, y);
  return arith::MaxSIOp::create(builder, loc, x, y);
}
Value ScalarBuilder::min(Value x, Value y, bool isUnsigned) {
  if (isFloat(x))
    return arith::MinimumFOp::create(builder, loc, x, y);
  if (isUnsigned)
    return arith::MinUIOp::create(builder, loc, x, y);
  return arith::MinSIOp::create(builder, loc, x, y);
}
Value ScalarBuilder::logicalAnd(Value x, Value y) {
  return arith::AndIOp::create(builder, loc, x, y);
}
Value ScalarBuilder::logicalOr(Value x, Value y) {
  return arith::OrIOp::create(builder, loc, x, y);
}
Value ScalarBuilder::logicalXor(Value x, Value y) {
  return arith::XOrIOp::create(builder, loc, x, y);
}

Value ScalarBuilder::compare(StringRef direction, Value x, Value y,
                             bool isUnsigned) {
  if (isFloat(x)) {
    // Ordered, so that NaN compares false; only `ne` is true of it.
    auto predicate = llvm::StringSwitch<arith::CmpFPredicate>(direction)
                         .Case("eq", arith::CmpFPredicate::OEQ)
                         .Case("ne", arith::CmpFPredicate::UNE)
                         .Case("lt", arith::CmpFPredicate::OLT)
                         .Case("le", arith::CmpFPredicate::OLE)
                         .Case("gt", arith::CmpFPredicate::OGT)
                         .Default(arith::CmpFPredicate::OGE);
    return arith::CmpFOp::create(builder, loc, predicate, x, y);
  }
  // false < true, as for every unsigned type.
  isUnsigned |= x.getType().isInteger(1);
  using P = arith::CmpIPredicate;
  auto predicate = llvm::StringSwitch<P>(direction)
                       .Case("eq", P::eq)
                       .Case("ne", P::ne)
                       .Case("lt", isUnsigned ? P::ult : P::slt)
                       .Case("le", isUnsigned ? P::ule : P::sle)
                       .Case("gt", isUnsigned ? P::ugt : P::sgt)
                       .Default(isUnsigned ? P::uge : P::sge);
  return arith::CmpIOp::create(builder, loc, predicate, x, y);
}

Value ScalarBuilder::atan2(Value y, Value x) {
  Value zero = constant(x.getType(), 0);
  Value isOrigin = logicalAnd(compare("eq", y, zero), compare("eq", x, zero));
  Value side = math<math::CopySignOp>(constant(x.getType(), 1), x);
  return math<math::Atan2Op>(y, select(isOrigin, side, x));
}

Value ScalarBuilder::select(Value p, Value x, Value y) {
  return arith::SelectOp::create(builder, loc, p, x, y);
}

Value ScalarBuilder::convert(Value x, Type type, bool fromUnsigned,
                             bool toUnsigned) {
  Type from = x.getType();
  if (type.isInteger(1))
    return from.isInteger(1) ? x : compare("ne", x, constant(from, 0));
  if (from == type)
    return x;
  fromUnsigned |= from.isInteger(1);
  if (isa<FloatType>(from) && isa<FloatType>(type)) {
    if (from.getIntOrFloatBitWidth() < type.getIntOrFloatBitWidth())
      return arith::ExtFOp::create(builder, loc, type, x);
    if (from.getIntOrFloatBitWidth() > type.getIntOrFloatBitWidth())
      return arith::TruncFOp::create(builder, loc, type, x);
    // bf16 and f16 meet in f32.
    Value wide = arith::ExtFOp::create(builder, loc, builder.getF32Type(), x);
    return arith::TruncFOp::create(builder, loc, type, wide);
  }
  if (isa<FloatType>(from))
    return toUnsigned ? arith::FPToUIOp::create(builder, loc, type, x).getResult()
                      : arith::FPToSIOp::create(builder, loc, type, x);
  if (isa<FloatType>(type))
    return fromUnsigned
               ? arith::UIToFPOp::create(builder, loc, type, x).getResult()
               : arith::SIToFPOp::create(builder, loc, type, x);
  if (from.getIntOrFloatBitWidth() > type.getIntOrFloatBitWidth())
    return arith::TruncIOp::create(builder, loc, type, x);
  return fromUnsigned ? arith::ExtUIOp::create(builder, loc, type, x).getResult()
                      : arith::ExtSIOp::create(builder, loc, type, x);
}

Type ScalarBuilder::computeType(Type type) {
  return type.isBF16() || type.isF16() ? builder.getF32Type() : type;
}
Value ScalarBuilder::widen(Value x) {
  Type wide = computeType(x.getType());
  return wide == x.getType() ? x : arith::ExtFOp::create(builder, loc, wide, x);
}
Value ScalarBuilder::narrow(Value x, Type type) {
  return x.getType() == type ? x : arith::TruncFOp::create(builder, loc, type, x);
}

int64_t workOf(Operation &scalar) {
  if (scalar.hasTrait<OpTrait::ConstantLike>())
    return 0;
  if (isa<arith::DivFOp, math::SqrtOp>(scalar))
    return 8;
  if (isa<math::AbsFOp, math::AbsIOp, math::CopySignOp, math::FmaOp, math::FloorOp,
          math::CeilOp, math::TruncOp, math::RoundEvenOp>(scalar))
    return 1;
  return isa<math::MathDialect>(scalar.getDialect()) ? 16 : 1;
}

} // namespace agc::ir
