//===- ExpandHalves.cpp - bf16 and f16 as their bits -----------------------===//
//
// Left to LLVM, a conversion to a half type calls a library on most targets
// (__truncsfbf2, __extendhfsf2). Here it is integer code, and it gives the bits
// of runtime/core/Convert.h. No half is left: what is in memory is bits already
// (codegen/cpu/BodyEmitter.h, storageType).
//
//===----------------------------------------------------------------------===//
#include "codegen/Passes.h"
#include "codegen/math/Words.h"

#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Transforms/DialectConversion.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace agc {
#define GEN_PASS_DEF_EXPANDHALVESPASS
#include "codegen/Passes.h.inc"

namespace {

bool isHalf(Type type) {
  Type element = getElementTypeOrSelf(type);
  return element.isBF16() || element.isF16();
}

/// Rounds to nearest, ties to even; a NaN becomes quiet.
Word toBF16(Words &w, Word x) {
  Word bits = w.bitcast(x, w.b.getI32Type());
  Word isNaN = (bits & w.i32(0x7fffffff)) > w.i32(0x7f800000);
  Word tie = (bits >> 16) & w.i32(1);
  Word rounded = (bits + w.i32(0x7fff) + tie) >> 16;
  return w.select(isNaN, (bits >> 16) | w.i32(0x40), rounded);
}

Word fromBF16(Words &w, Word bits) {
  return w.bitcast(bits << 16, w.b.getF32Type());
}

Word toF16(Words &w, Word x) {
  Word bits = w.bitcast(x, w.b.getI32Type());
  Word magnitude = bits & w.i32(0x7fffffff);
  Word tie = (magnitude >> 13) & w.i32(1);
  Word normal = (magnitude + w.i32(0xfff - 0x38000000) + tie) >> 13;
  // Below 2^-14 the result counts 2^-24, of which the sum with 1/2 has as many.
  Word half = w.f32(0.5);
  Word sum = w.bitcast(magnitude, w.b.getF32Type()) + half;
  Word tiny = w.bitcast(sum, w.b.getI32Type()) - w.bitcast(half, w.b.getI32Type());
  Word result = w.select(magnitude < w.i32(0x38800000), tiny, normal);
  // From 65520 on it rounds to infinity.
  result = w.select(magnitude < w.i32(0x477ff000), result, w.i32(0x7c00));
  result = w.select(magnitude > w.i32(0x7f800000), w.i32(0x7e00), result);
  return ((bits >> 16) & w.i32(0x8000)) | result;
}

Word fromF16(Words &w, Word bits) {
  Type f32 = w.b.getF32Type(), i32 = w.b.getI32Type();
  Word magnitude = bits & w.i32(0x7fff);
  Word normal = (magnitude << 13) + w.i32(112 << 23);
  Word special = (magnitude << 13) + w.i32(224 << 23);
  // Not by way of a denormal f32, which a processor may be told to flush.
  Word tiny = w.bitcast(w.toNumber(magnitude, f32) * w.f32(0x1p-24), i32);
  Word result = w.select(magnitude < w.i32(0x400), tiny, normal);
  result = w.select(magnitude < w.i32(0x7c00), result, special);
  return w.bitcast(((bits & w.i32(0x8000)) << 16) | result, f32);
}

struct ExpandTruncation : OpRewritePattern<arith::TruncFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::TruncFOp op,
                                PatternRewriter &rewriter) const override {
    if (!isHalf(op.getType()))
      return failure();
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Words w(b, op.getType());
    Word x = w(op.getIn());
    // f64 is rounded to f32 first, as PyTorch does it.
    if (!getElementTypeOrSelf(x.value).isF32())
      x = w(arith::TruncFOp::create(b, w.shaped(b.getF32Type()), x.value));
    Type half = getElementTypeOrSelf(op.getType());
    Word bits = half.isBF16() ? toBF16(w, x) : toF16(w, x);
    rewriter.replaceOp(
        op, w.bitcast(w.resize(bits, b.getI16Type()), half).value);
    return success();
  }
};

struct ExpandExtension : OpRewritePattern<arith::ExtFOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::ExtFOp op,
                                PatternRewriter &rewriter) const override {
    if (!isHalf(op.getIn().getType()))
      return failure();
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    Words w(b, op.getType());
    Word bits = w.resize(w.bitcast(w(op.getIn()), b.getI16Type()), b.getI32Type());
    Type half = getElementTypeOrSelf(op.getIn().getType());
    Word x = half.isBF16() ? fromBF16(w, bits) : fromF16(w, bits);
    if (!getElementTypeOrSelf(op.getType()).isF32())
      x = w(arith::ExtFOp::create(b, op.getType(), x.value));
    rewriter.replaceOp(op, x.value);
    return success();
  }
};

struct ExpandHalvesPass : impl::ExpandHalvesPassBase<ExpandHalvesPass> {
  /// What is left of arithmetic in a half type is done in f32.
  LogicalResult computeInF32() {
    MLIRContext &context = getContext();
    Type f32 = Float32Type::get(&context);
    TypeConverter types;
    arith::populateEmulateUnsupportedFloatsConversions(
        types, {BFloat16Type::get(&context), Float16Type::get(&context)}, f32);
    RewritePatternSet patterns(&context);
    arith::populateEmulateUnsupportedFloatsPatterns(patterns, types);
    ConversionTarget target(context);
    arith::populateEmulateUnsupportedFloatsLegality(target, types);
    if (failed(applyPartialConversion(getOperation(), target, std::move(patterns))))
      return failure();

    TypeConverter mathTypes;
    SetVector<Type> supported;
    supported.insert(f32);
    supported.insert(Float64Type::get(&context));
    math::populateExtendToSupportedTypesTypeConverter(mathTypes, supported, f32);
    RewritePatternSet mathPatterns(&context);
    math::populateExtendToSupportedTypesPatterns(mathPatterns, mathTypes);
    ConversionTarget mathTarget(context);
    math::populateExtendToSupportedTypesConversionTarget(mathTarget, mathTypes);
    return applyPartialConversion(getOperation(), mathTarget,
                                  std::move(mathPatterns));
  }

  /// What only moves halves (selects, loops) moves their bits: without AVX, LLVM moves
  /// a bf16 by way of f32 and a library.
  void moveBits() {
    Type i16 = IntegerType::get(&getContext(), 16);
    auto retype = [&](Value value) {
      if (auto shaped = dyn_cast<ShapedType>(value.getType()))
        value.setType(shaped.clone(i16));
      else
        value.setType(i16);
    };
    getOperation().walk([&](arith::ConstantOp constant) {
      if (!isHalf(constant.getType()))
        return;
      if (auto number = dyn_cast<FloatAttr>(constant.getValue()))
        constant.setValueAttr(
            IntegerAttr::get(i16, number.getValue().bitcastToAPInt()));
      else
        constant.setValueAttr(
            cast<DenseElementsAttr>(constant.getValue()).bitcast(i16));
    });
    getOperation().walk([&](Operation *op) {
      for (Value result : op->getResults())
        if (isHalf(result.getType()))
          retype(result);
      for (Region &region : op->getRegions())
        for (Block &block : region)
          for (Value argument : block.getArguments())
            if (isHalf(argument.getType()))
              retype(argument);
    });
    func::FuncOp function = getOperation();
    Block &body = function.getBody().front();
    function.setFunctionType(FunctionType::get(
        &getContext(), body.getArgumentTypes(),
        function.getBody().back().getTerminator()->getOperandTypes()));
  }

  void runOnOperation() override {
    WalkResult found = getOperation().walk([](Operation *op) {
      return llvm::any_of(op->getOperandTypes(), isHalf) ||
                     llvm::any_of(op->getResultTypes(), isHalf)
                 ? WalkResult::interrupt()
                 : WalkResult::advance();
    });
    if (!found.wasInterrupted())
      return;
    RewritePatternSet patterns(&getContext());
    patterns.add<ExpandTruncation, ExpandExtension>(&getContext());
    if (failed(computeInF32()) ||
        failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
    moveBits();
  }
};

} // namespace
} // namespace agc
