//===- Remainder.cpp - What is left of a division ---------------------------===//
//
// Exact, as C's: x less a whole multiple of y. A short quotient is one product;
// long ones go digit by digit, one number at a time and in a function
// of their own, since they are rare.
//
//===----------------------------------------------------------------------===//
#include "codegen/math/Functions.h"
#include "codegen/math/RareLanes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace agc::math {

constexpr StringLiteral functionName = "agc.long_remainder";

/// Quotients below it are short: the product with y is exact.
static double leastLongQuotient(Numbers &w) {
  return w.isShort() ? 0x1p29 : w.hasFMA() ? 0x1p50 : 0x1p25;
}

/// Of magnitudes in f64, for a short quotient.
static Word shortRemainder(Numbers &w, Word x, Word y) {
  // To the nearest whole number: what is left may be below 0, and is exact.
  Word quotient = (x / y + w.roundingShift()) - w.roundingShift(), rest;
  if (w.isShort()) {
    rest = x - quotient * y; // 29 and 24 digits
  } else if (w.hasFMA()) {
    rest = w.fma(-quotient, y, x);
  } else {
    Word high = w.upperHalf(y);
    rest = (x - quotient * high) - quotient * (y - high);
  }
  rest = w.select(rest < 0, rest + y, rest);
  return w.select(x < y, x, rest); // of infinity for y, too
}

Word fmod(Numbers &w, Word x, Word y) {
  if (w.isF32())
    return w.inF64(fmod, x, y);
  Word size = w.abs(x), divisor = w.abs(y);
  Word rest = shortRemainder(w, size, divisor);
  // The products need room for digits that are not lost below the least number.
  Word isLong = (size / divisor >= leastLongQuotient(w)) | (divisor < 0x1p-900) | (size > 0x1p960);
  Word isRare = isLong & (size < w.infinity()) & (divisor > 0) & (divisor < w.infinity());
  rest = replaceRare(w, isRare, {size, divisor}, {rest},
                     [](Numbers &scalar, ArrayRef<Word> operands) {
                       auto call = func::CallOp::create(
                           scalar.b, functionName, TypeRange{scalar.b.getF64Type()},
                           ValueRange{operands[0].value, operands[1].value});
                       return SmallVector<Word>{scalar(call.getResult(0))};
                     })[0];
  return w.copySign(rest, x);
}

/// x and y are mx 2^ex and my 2^ey, in units of the least number. The digits of x
/// go through eleven at a time: a remainder of 53 bits has room for them.
static Value longRemainder(Numbers &w, Value x, Value y) {
  Type i64 = w.b.getI64Type();
  auto split = [&](Value number) {
    Word bits = w.bits(w(number)), exponent = bits >> 52;
    Word fraction = bits & w.integer((int64_t(1) << 52) - 1);
    Word isNormal = w.integer(0) < exponent;
    return std::pair(
        w.select(isNormal, fraction | w.integer(int64_t(1) << 52), fraction),
        w.select(isNormal, exponent - 1, exponent));
  };
  auto [mx, ex] = split(x);
  auto [my, ey] = split(y);
  Value divisor = my.value;
  auto remainder = [&](Value dividend) -> Value {
    return arith::RemUIOp::create(w.b, dividend, divisor);
  };
  Value isSmaller = arith::CmpIOp::create(w.b, arith::CmpIPredicate::slt, ex.value, ey.value);
  Word distance = w.select(w(isSmaller), w.integer(0), ex - ey);
  auto loop = scf::WhileOp::create(
      w.b, TypeRange{i64, i64}, ValueRange{remainder(mx.value), distance.value},
      [&](OpBuilder &b, Location loc, ValueRange state) {
        ImplicitLocOpBuilder inner(loc, b);
        Value more = arith::CmpIOp::create(
            inner, arith::CmpIPredicate::sgt, state[1],
            arith::ConstantIntOp::create(inner, 0, 64));
        scf::ConditionOp::create(inner, more, state);
      },
      [&](OpBuilder &b, Location loc, ValueRange state) {
        ImplicitLocOpBuilder inner(loc, b);
        Value eleven = arith::ConstantIntOp::create(inner, 11, 64);
        Value step = arith::MinSIOp::create(inner, state[1], eleven);
        Value next = arith::RemUIOp::create(
            inner, arith::ShLIOp::create(inner, state[0], step), divisor);
        scf::YieldOp::create(
            inner, ValueRange{next, arith::SubIOp::create(inner, state[1], step)});
      });
  // So many units of y's; its power of 2 in two halves, each of which is a number.
  Word rest = w.fromBits(w(loop.getResult(0)));
  Word half = ey >> 1;
  auto power = [&](Word exponent) { return w.fromBits((exponent + 1023) << 52); };
  Word scaledRest = rest * power(half) * power(ey - half);
  Word isDone = w(isSmaller); // then x is below y
  return w.select(isDone, w(x), scaledRest).value;
}

void addLongRemainder(ModuleOp module, bool hasFMA) {
  ImplicitLocOpBuilder b(module.getLoc(), module.getContext());
  func::FuncOp function = beginRareFunction(module, b, functionName, 2, 1);
  if (!function)
    return;
  Numbers w(b, b.getF64Type(), hasFMA);
  func::ReturnOp::create(
      b, longRemainder(w, function.getArgument(0), function.getArgument(1)));
}

} // namespace agc::math
