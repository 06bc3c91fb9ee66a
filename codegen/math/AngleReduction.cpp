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

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

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

/// Lane by lane; of infinity, which is no angle, it stays NaN.
ReducedAngle replaceLanes(Numbers &w, Word isLarge, Word x, const ReducedAngle &small) {
  Location loc = w.b.getLoc();
  isLarge = isLarge & (w.abs(x) < w.infinity());
  auto index = [&](int64_t i) -> Value {
    return arith::ConstantIndexOp::create(w.b, i);
  };
  int64_t lanes = cast<VectorType>(x.value.getType()).getNumElements();
  auto replace = [&](OpBuilder &b, Value lane, ValueRange old) {
    ImplicitLocOpBuilder builder(loc, b);
    Numbers scalar(builder, w.numberType(), w.hasFMA());
    Word one = scalar(vector::ExtractOp::create(b, loc, x.value, lane));
    ReducedAngle large = callForLarge(scalar, one);
    scf::YieldOp::create(
        b, loc,
        ValueRange{vector::InsertOp::create(b, loc, large.angle.value, old[0], lane),
                   vector::InsertOp::create(b, loc, large.quadrant.value, old[1], lane)});
  };
  auto loop = scf::ForOp::create(
      w.b, loc, index(0), index(lanes), index(1),
      ValueRange{small.angle.value, small.quadrant.value},
      [&](OpBuilder &b, Location, Value lane, ValueRange old) {
        Value p = vector::ExtractOp::create(b, loc, isLarge.value, lane);
        auto replaced = scf::IfOp::create(
            b, loc, p, [&](OpBuilder &b, Location) { replace(b, lane, old); },
            [&](OpBuilder &b, Location) { scf::YieldOp::create(b, loc, old); });
        scf::YieldOp::create(b, loc, replaced.getResults());
      });
  return {w(loop.getResult(0)), w(loop.getResult(1))};
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
  auto yield = [&](const ReducedAngle &reduced) {
    scf::YieldOp::create(w.b, ValueRange{reduced.angle.value, reduced.quadrant.value});
  };
  bool isScalar = !isa<VectorType>(x.value.getType());
  Value any = isScalar ? isLarge.value
                       : vector::ReductionOp::create(
                             w.b, vector::CombiningKind::OR, isLarge.value)
                             .getResult();
  // Else registers are kept free for the call.
  any = LLVM::ExpectOp::create(
      w.b, any, arith::ConstantOp::create(w.b, w.b.getBoolAttr(false)));
  auto replaced = scf::IfOp::create(
      w.b, TypeRange{x.value.getType(), x.value.getType()}, any, /*withElse=*/true);
  OpBuilder::InsertionGuard guard(w.b);
  w.b.setInsertionPointToStart(replaced.thenBlock());
  if (isScalar) {
    ReducedAngle large = callForLarge(w, x);
    Word isFinite = w.abs(x) < w.infinity();
    yield({w.select(isFinite, large.angle, small.angle), large.quadrant});
  } else {
    yield(replaceLanes(w, isLarge, x, small));
  }
  w.b.setInsertionPointToStart(replaced.elseBlock());
  yield(small);
  return {w(replaced.getResult(0)), w(replaced.getResult(1))};
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
  bool isCalled = false;
  module.walk([&](func::CallOp call) {
    isCalled |= call.getCallee() == functionName;
  });
  if (!isCalled || module.lookupSymbol(functionName))
    return;
  ImplicitLocOpBuilder b(module.getLoc(), module.getContext());
  b.setInsertionPointToEnd(module.getBody());
  Type f64 = b.getF64Type();
  auto type = RankedTensorType::get({int64_t(std::size(twoOverPiWords))}, b.getI64Type());
  memref::GlobalOp::create(
      b, tableName, b.getStringAttr("private"),
      MemRefType::get(type.getShape(), type.getElementType()),
      DenseElementsAttr::get(type, ArrayRef<int64_t>(twoOverPiWords)),
      /*constant=*/true, /*alignment=*/IntegerAttr());
  auto function = func::FuncOp::create(b, functionName,
                                       b.getFunctionType(f64, {f64, f64}));
  function.setPrivate();
  // It would be inlined where it is called once.
  function->setAttr("passthrough", b.getStrArrayAttr({"noinline", "cold"}));
  Block *block = function.addEntryBlock();
  b.setInsertionPointToStart(block);
  Numbers w(b, f64, hasFMA);
  ReducedAngle reduced = reduceLargeAngle(w, w(block->getArgument(0)));
  func::ReturnOp::create(b, ValueRange{reduced.angle.value, reduced.quadrant.value});
}

} // namespace agc::math
