//===- LowerKernels.h - Kernels to the LLVM dialect, some at a time ---------===//
#ifndef AGC_CODEGEN_LOWERKERNELS_H
#define AGC_CODEGEN_LOWERKERNELS_H

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Rewrite/FrozenRewritePatternSet.h"

namespace agc {

/// What brings functions, kernels and what they call, to the LLVM dialect. A memref is
/// the address of its first element there.
class KernelLowering {
public:
  explicit KernelLowering(mlir::MLIRContext *context);

  /// Thread-safe, for modules of which each is one thread's.
  mlir::LogicalResult run(mlir::ModuleOp module) const;

private:
  mlir::LLVMTypeConverter types;
  mlir::FrozenRewritePatternSet patterns;
};

/// Takes the kernels out of a module at Phase::Kernels, which then declares them: some to
/// a module, so that they can be compiled at the same time. What is with what depends on
/// nothing but the kernels.
std::vector<mlir::OwningOpRef<mlir::ModuleOp>> splitKernels(mlir::ModuleOp module);

} // namespace agc

#endif
