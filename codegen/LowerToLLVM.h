//===- LowerToLLVM.h - Kernels and lists of calls to the LLVM dialect ------===//
#ifndef AGC_CODEGEN_LOWERTOLLVM_H
#define AGC_CODEGEN_LOWERTOLLVM_H

#include "ir/graph.pb.h"
#include "codegen/manifest.pb.h"

#include "mlir/IR/BuiltinOps.h"

namespace agc {

/// Lowers a module at Phase::Kernels to the LLVM dialect. Each list of calls
/// becomes an agc_entry (runtime/core/abi.h), each kernel an agc_task.
mlir::LogicalResult lowerToLLVM(mlir::ModuleOp module);

/// What a list of calls at Phase::Kernels needs and costs.
proto::Manifest describe(mlir::ModuleOp module, llvm::StringRef function);

} // namespace agc

#endif
