//===- LowerRandom.cpp - Random numbers as functions of their position -----===//
//
// Each element computes its own Philox block, so that any thread, and any order,
// gives the same numbers as the host's generator (runtime/core/Philox.h).
//
//===----------------------------------------------------------------------===//
#include "passes/LowerToLinalg.h"

using namespace mlir;
using namespace agc::ir;

namespace agc {
namespace {

/// Arithmetic on words of 32 bits, each in an i64.
class Words {
public:
  Words(OpBuilder &b, Location loc) : b(b), loc(loc) {}

  Value constant(int64_t number) {
    return arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(number));
  }
  Value low(Value x) { return arith::AndIOp::create(b, loc, x, constant(0xFFFFFFFF)); }
  Value high(Value x) { return right(x, 32); }
  Value right(Value x, int64_t bits) {
    return arith::ShRUIOp::create(b, loc, x, constant(bits));
  }
  Value left(Value x, int64_t bits) {
    return arith::ShLIOp::create(b, loc, x, constant(bits));
  }
  Value add(Value x, Value y) { return arith::AddIOp::create(b, loc, x, y); }
  Value mul(Value x, Value y) { return arith::MulIOp::create(b, loc, x, y); }
  Value either(Value x, Value y) { return arith::XOrIOp::create(b, loc, x, y); }
  /// Words chosen by the bits of an index: \p index is 0 or 1.
  Value pick(Value index, Value zero, Value one) {
    Value isZero = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, index,
                                         constant(0));
    return arith::SelectOp::create(b, loc, isZero, zero, one);
  }

private:
  OpBuilder &b;
  Location loc;
};

/// The four words of a block: Philox 4x32-10.
std::array<Value, 4> philox(Words &w, Value seed, Value block) {
  Value zero = w.constant(0);
  std::array<Value, 4> c = {w.low(block), w.high(block), zero, zero};
  Value key0 = w.low(seed), key1 = w.high(seed);
  for (int round = 0; round < 10; ++round) {
    Value a = w.mul(c[0], w.constant(0xD2511F53));
    Value b = w.mul(c[2], w.constant(0xCD9E8D57));
    c = {w.either(w.either(w.high(b), c[1]), key0), w.low(b),
         w.either(w.either(w.high(a), c[3]), key1), w.low(a)};
    key0 = w.low(w.add(key0, w.constant(0x9E3779B9)));
    key1 = w.low(w.add(key1, w.constant(0xBB67AE85)));
  }
  return c;
}

struct LowerRandomUniform : OpConversionPattern<RandomUniformOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(RandomUniformOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    auto type = cast<RankedTensorType>(op.getType());
    auto element = cast<FloatType>(type.getElementType());
    int64_t bits = op.getPrecision();
    bool isWide = bits > 32;
    // One long loop, whatever the shape.
    auto flat = RankedTensorType::get({type.getNumElements()}, element);
    AffineExpr zero = rewriter.getAffineConstantExpr(0),
               one = rewriter.getAffineConstantExpr(1);
    MLIRContext *context = rewriter.getContext();
    auto generic = linalg::GenericOp::create(
        rewriter, op.getLoc(), flat,
        ValueRange{adaptor.getState(), adaptor.getState()},
        emptyTensor(rewriter, op.getLoc(), flat),
        ArrayRef{AffineMap::get(1, 0, zero, context),
                 AffineMap::get(1, 0, one, context),
                 rewriter.getMultiDimIdentityMap(1)},
        iterators(1, 0), [&](OpBuilder &b, Location loc, ValueRange args) {
          Words w(b, loc);
          Value i = arith::IndexCastOp::create(b, loc, b.getI64Type(),
                                               linalg::IndexOp::create(b, loc, 0));
          Value block = w.add(args[1], w.right(i, isWide ? 1 : 2));
          std::array<Value, 4> words = philox(w, args[0], block);
          auto bit = [&](int64_t n) {
            return arith::AndIOp::create(b, loc, w.right(i, n), w.constant(1))
                .getResult();
          };
          Value number;
          if (isWide) {
            Value low = w.pick(bit(0), words[0], words[2]);
            Value high = w.pick(bit(0), words[1], words[3]);
            number = w.right(w.add(w.left(high, 32), low), 64 - bits);
          } else {
            number = w.pick(bit(1), w.pick(bit(0), words[0], words[1]),
                            w.pick(bit(0), words[2], words[3]));
            number = w.right(number, 32 - bits);
          }
          // In f32 where that is exact.
          Type wide = bits > 24 || element.isF64() ? b.getF64Type() : b.getF32Type();
          if (!isWide && wide.isF32())
            number = arith::TruncIOp::create(b, loc, b.getI32Type(), number);
          Value result = arith::SIToFPOp::create(b, loc, wide, number);
          Value unit = arith::ConstantOp::create(
              b, loc, b.getFloatAttr(wide, std::ldexp(1.0, int(-bits))));
          result = arith::MulFOp::create(b, loc, result, unit);
          result = ScalarBuilder(b, loc).convert(result, element, false, false);
          linalg::YieldOp::create(b, loc, result);
        });
    Value z = generic.getResult(0);
    if (type != flat)
      z = ReshapeOp::create(rewriter, op.getLoc(), type, z);
    rewriter.replaceOp(op, z);
    return success();
  }
};

} // namespace

void populateRandomLowerings(RewritePatternSet &patterns,
                             const TypeConverter &types) {
  patterns.add<LowerRandomUniform>(types, patterns.getContext());
}

} // namespace agc
