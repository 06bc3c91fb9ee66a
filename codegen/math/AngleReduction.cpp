//===- AngleReduction.cpp - An angle less whole quarters of a turn ---------===//
//
// By subtracting parts of pi / 2 that times a small whole number are exact (Cody
// and Waite). Large angles take as many digits of 2 / pi as the exponent asks for
// (Payne and Hanek): one number at a time and in a function of its own, since
// they are rare. This is the one branch in here.
//
//===----------------------------------------------------------------------===//
#include "codegen/math/Double.h"
#include "codegen/math/Functions.h"
#include "codegen/math/RareLanes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include <cmath>

using namespace mlir;

namespace agc::math {
namespace {

constexpr int64_t lowerWord = 0xffffffff;
constexpr StringLiteral functionName = "agc.reduce_large_angle",
                        tableName = "agc.two_over_pi";

/// Angles below it are small.
double leastLargeAngle(Numbers &w) { return w.isF32() ? 0x1p17 : 0x1p20; }

/// If 24 digits count, with fewer parts. f32 needs products without rounding.
ReducedAngle reduceSmallAngle(Numbers &w, Word x) {
  Word n = w.fma(x, twoOverPi, w.number(w.roundingShift())) - w.roundingShift();
  if (w.isF32()) {
    assert(w.hasFMA() && "f32 without FMA has too few digits");
    Word rest = w.fma(n, -halfPiF32[0], x); // exact
    Double part = product(w, n, w.number(halfPiF32[1]));
    Word angle = rest - part.high;
    Word lost = ((rest - angle) - part.high) - part.low;
    return {angle + w.fma(n, -halfPiF32[2], lost), n};
  }
  Word rest = w.fma(n, -halfPi[0], x); // exact
  if (w.isShort())
    return {w.fma(n, -(halfPi[1] + halfPi[2]), rest), n};
  Word part = n * halfPi[1]; // exact
  Word angle = rest - part;
  Word lost = (rest - angle) - part;
  Word tail = w.fma(n, halfPi[2], n * halfPi[3]) - lost;
  return {angle - tail, n};
}

ReducedAngle callForLarge(Numbers &w, Word x) {
  Type f64 = w.b.getF64Type();
  Numbers wide(w, f64);
  auto call = func::CallOp::create(w.b, functionName, TypeRange{f64, f64},
                                   wide.convert(x).value);
  return {w.convert(w(call.getResult(0))), w.convert(w(call.getResult(1)))};
}

} // namespace

ReducedAngle reduceAngle(Numbers &w, Word x) {
  if (w.isF32() && !w.hasFMA()) {
    Numbers wide(w, w.b.getF64Type());
    ReducedAngle reduced = reduceAngle(wide, wide.convert(x));
    return {w.convert(reduced.angle), w.convert(reduced.quadrant)};
  }
  Word isLarge = w.abs(x) >= leastLargeAngle(w);
  ReducedAngle small = reduceSmallAngle(w, x);
  SmallVector<Word> replaced = replaceRare(
      w, isLarge, x, {small.angle, small.quadrant},
      [](Numbers &scalar, ArrayRef<Word> operands) {
        ReducedAngle large = callForLarge(scalar, operands[0]);
        // Infinity is no angle.
        Word isFinite = scalar.abs(operands[0]) < scalar.infinity();
        return SmallVector<Word>{scalar.select(isFinite, large.angle, scalar.nan()),
                                 large.quadrant};
      });
  return {replaced[0], replaced[1]};
}

/// x = m 2^e with a whole m of 53 bits. x / (2 pi) mod 1 is the product of m with
/// the digits of 2 / pi from 2^(2 - e) on, mod 1: of these 192 bits, six words.
static ReducedAngle reduceLargeAngle(Numbers &w, Word x) {
  auto lookUp = [&](Word index) -> Word {
    auto type = MemRefType::get({int64_t(std::size(twoOverPiWords))}, w.integerType());
    Value table = memref::GetGlobalOp::create(w.b, type, tableName);
    Value place = arith::IndexCastOp::create(w.b, w.b.getIndexType(), index.value);
    return w(memref::LoadOp::create(w.b, table, place));
  };
  Word bits = w.bits(x);
  // The first bit that counts, behind the table's two words of 0.
  Word first = ((bits >> 52) & 0x7ff) - (1075 + 2 - 64);
  Word fractionMask = w.integer((int64_t(1) << 52) - 1);
  Word mantissa = (bits & fractionMask) | w.integer(int64_t(1) << 52);
  Word low = mantissa & lowerWord, high = mantissa >> 32;
  Word index = first >> 5, shift = first & 31;

  Word digits[6], words[6]; // most significant first
  Word word = lookUp(index);
  for (int i = 0; i < 6; ++i) {
    Word next = lookUp(index + (i + 1));
    digits[i] = (((word << 32) | next) >> (32 - shift)) & lowerWord;
    word = next;
  }
  // No sum here reaches 2^64; the upper half of each goes on.
  Word carry = w.integer(0);
  for (int i = 5; i >= 0; --i) {
    Word sum = digits[i] * low + carry;
    words[i] = sum & lowerWord;
    carry = sum >> 32;
  }
  carry = w.integer(0);
  for (int i = 4; i >= 0; --i) {
    Word sum = digits[i + 1] * high + words[i] + carry;
    words[i] = sum & lowerWord;
    carry = sum >> 32;
  }

  // A turn is 2^192: the nearest quarter, and what is left, with its sign.
  Word quadrant = ((words[0] + (1 << 29)) >> 30) & 3;
  // Where this is just below a whole turn, the quarter is the first.
  words[0] = words[0] - (quadrant << 30);
  Word isNegative = (words[0] >> 29) & 1;
  Word magnitude[5];
  carry = isNegative;
  Word flip = (0 - isNegative) & lowerWord;
  for (int i = 4; i >= 0; --i) {
    Word sum = ((words[i] & lowerWord) ^ flip) + carry;
    magnitude[i] = sum & lowerWord;
    carry = sum >> 32;
  }
  auto quarters = [&](int i) {
    return w.toNumber(magnitude[i], w.numberType()) * std::ldexp(1.0, 2 - 32 * (i + 1));
  };
  Double sum = fastSum(quarters(0), quarters(1) + (quarters(2) + (quarters(3) + quarters(4))));
  Double angle = product(w, sum, {w.number(halfPiSum[0]), w.number(halfPiSum[1])});
  Word sign = (isNegative << 63) ^ w.signBit(x);
  quadrant = w.select(w.signBit(x) == 0, quadrant, 0 - quadrant);
  return {w.fromBits(w.bits(angle.high) ^ sign),
          w.toNumber(quadrant, w.numberType())};
}

void addLargeAngleReduction(ModuleOp module, bool hasFMA) {
  ImplicitLocOpBuilder b(module.getLoc(), module.getContext());
  func::FuncOp function = beginRareFunction(module, b, functionName, 1, 2);
  if (!function)
    return;
  Numbers w(b, b.getF64Type(), hasFMA);
  ReducedAngle reduced = reduceLargeAngle(w, w(function.getArgument(0)));
  func::ReturnOp::create(b, ValueRange{reduced.angle.value, reduced.quadrant.value});
  b.setInsertionPoint(function);
  auto type = RankedTensorType::get({int64_t(std::size(twoOverPiWords))}, b.getI64Type());
  memref::GlobalOp::create(
      b, tableName, b.getStringAttr("private"),
      MemRefType::get(type.getShape(), type.getElementType()),
      DenseElementsAttr::get(type, ArrayRef<int64_t>(twoOverPiWords)),
      /*constant=*/true, /*alignment=*/IntegerAttr());
}

} // namespace agc::math
