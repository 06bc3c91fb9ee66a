//===- LowerToLLVM.h - Kernels and lists of calls to the LLVM dialect ------===//
#ifndef AGC_CODEGEN_LOWERTOLLVM_H
#define AGC_CODEGEN_LOWERTOLLVM_H

#include "codegen/LowerKernels.h"
#include "ir/graph.pb.h"
#include "codegen/manifest.pb.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/Timing.h"

namespace agc {

/// Where a list of calls adds up how often its kernels ran, and how long. The place is the
/// pointer behind the entry's arguments: of each kernel two u64, calls and ticks.
struct KernelTimers {
  std::vector<proto::KernelInfo> kernels; // row by row
  llvm::StringMap<int64_t> rows;          // of each by name
  std::string ticks, registers;           // what reads the processor's counter: assembly, and of LLVM
};

/// Lowers a module at Phase::Kernels to the LLVM dialect. Each list of calls
/// becomes an agc_entry (runtime/core/abi.h), each kernel that it calls, here or declared,
/// an agc_task.
mlir::LogicalResult lowerToLLVM(mlir::ModuleOp module, const KernelLowering &kernels,
                                mlir::TimingScope &timing, const KernelTimers *timers = nullptr);

/// What a list of calls at Phase::Kernels needs and costs.
proto::Manifest describe(mlir::ModuleOp module, llvm::StringRef function);

} // namespace agc

#endif
