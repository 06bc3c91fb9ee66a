//===- LowerKernels.cpp - Kernels to the LLVM dialect, some at a time --------===//
//
// Upstream's patterns, all of them in one conversion: pass by pass, one dialect after
// the other, each op would be looked at ten times, and this takes as long as LLVM's
// own optimization.
//
//===----------------------------------------------------------------------===//
#include "codegen/LowerKernels.h"

#include "codegen/Passes.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MathToLibm/MathToLibm.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/MemRef/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/Vector/Transforms/LoweringPatterns.h"
#include "mlir/Dialect/Vector/Transforms/VectorRewritePatterns.h"

using namespace mlir;

namespace agc {

static LowerToLLVMOptions optionsOf(MLIRContext *context) {
  LowerToLLVMOptions options(context);
  options.useBarePtrCallConv = true;
  return options;
}

static RewritePatternSet patternsOf(const LLVMTypeConverter &types) {
  RewritePatternSet patterns(&types.getContext());
  populateSCFToControlFlowConversionPatterns(patterns);
  cf::populateControlFlowToLLVMConversionPatterns(types, patterns);
  arith::populateArithToLLVMConversionPatterns(types, patterns);
  // The reference calls the C library for what LLVM has no instruction for.
  populateMathToLLVMConversionPatterns(types, patterns, /*approximateLog1p=*/true,
                                       /*benefit=*/2);
  populateMathToLibmConversionPatterns(patterns);
  memref::populateExpandStridedMetadataPatterns(patterns);
  populateFinalizeMemRefToLLVMConversionPatterns(types, patterns);
  vector::populateVectorBroadcastLoweringPatterns(patterns);
  vector::populateVectorMaskOpLoweringPatterns(patterns);
  vector::populateVectorStepLoweringPatterns(patterns);
  vector::populateVectorInsertExtractStridedSliceTransforms(patterns);
  populateVectorToLLVMConversionPatterns(types, patterns);
  populateFuncToLLVMConversionPatterns(types, patterns);
  return patterns;
}

/// Patterns are of ops that are known; and several threads cannot load them.
static MLIRContext *withDialects(MLIRContext *context) {
  context->loadDialect<LLVM::LLVMDialect, affine::AffineDialect, arith::ArithDialect,
                       cf::ControlFlowDialect, func::FuncDialect, math::MathDialect,
                       memref::MemRefDialect, scf::SCFDialect, vector::VectorDialect>();
  return context;
}

KernelLowering::KernelLowering(MLIRContext *context)
    : types(withDialects(context), optionsOf(context)), patterns(patternsOf(types)) {}

/// Upstream has sums for these two, which are exact nowhere near 0; of numbers
/// that are still to be computed, those of the reference, the C library has
/// functions.
static void callLibrary(ModuleOp module) {
  module.walk([&](Operation *op) {
    const char *name = isa<math::Log1pOp>(op)   ? "log1p"
                       : isa<math::ExpM1Op>(op) ? "expm1"
                                                : nullptr;
    if (!name || !op->getResult(0).getType().isF64())
      return;
    OpBuilder b(op);
    if (!module.lookupSymbol(name)) {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(module.getBody());
      auto type = b.getFunctionType(op->getOperandTypes(), op->getResultTypes());
      func::FuncOp::create(b, op->getLoc(), name, type).setPrivate();
    }
    op->replaceAllUsesWith(func::CallOp::create(b, op->getLoc(), name, op->getResultTypes(),
                                                op->getOperands()));
    op->erase();
  });
}

LogicalResult KernelLowering::run(ModuleOp module) const {
  callLibrary(module);
  LLVMConversionTarget target(*module.getContext());
  target.addLegalOp<ModuleOp>();
  return applyFullConversion(module, target, patterns);
}

/// Of a module; about 50 ms of LLVM's time. Smaller ones cost more for themselves than
/// they gain, as what is left to do while the last is compiled.
static constexpr int64_t opsOfPart = 1500;

static int64_t numOps(func::FuncOp function) {
  int64_t count = 0;
  function.walk([&](Operation *) { ++count; });
  return count;
}

static func::FuncOp declare(func::FuncOp function, OpBuilder &b) {
  auto declaration = cast<func::FuncOp>(b.cloneWithoutRegions(*function));
  declaration.setPrivate();
  return declaration;
}

/// Whether all that it needs of the module are functions.
static bool isMovable(func::FuncOp function) {
  return function->hasAttr(kernelAttr) && !function.isExternal() &&
         !function.walk([](memref::GetGlobalOp) { return WalkResult::interrupt(); })
              .wasInterrupted();
}

std::vector<OwningOpRef<ModuleOp>> splitKernels(ModuleOp module) {
  std::vector<OwningOpRef<ModuleOp>> parts;
  SymbolTable symbols(module);
  int64_t room = 0;
  for (func::FuncOp function : llvm::make_early_inc_range(module.getOps<func::FuncOp>())) {
    if (!isMovable(function))
      continue;
    if (room <= 0) {
      parts.push_back(ModuleOp::create(module.getLoc()));
      room = opsOfPart;
    }
    room -= numOps(function);
    ModuleOp part = *parts.back();
    OpBuilder here(function), there = OpBuilder::atBlockEnd(part.getBody());
    declare(function, here);
    function->remove();
    there.insert(function);
    function.walk([&](func::CallOp call) {
      if (!part.lookupSymbol(call.getCallee())) {
        OpBuilder first = OpBuilder::atBlockBegin(part.getBody());
        declare(symbols.lookup<func::FuncOp>(call.getCallee()), first);
      }
    });
  }
  return parts;
}

} // namespace agc
