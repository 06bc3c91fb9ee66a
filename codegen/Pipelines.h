//===- Pipelines.h - From a graph to the machine, phase by phase -----------===//
#ifndef AGC_CODEGEN_PIPELINES_H
#define AGC_CODEGEN_PIPELINES_H

#include "codegen/Compiler.h"
#include "codegen/Kernel.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/Timing.h"

namespace agc {

/// Adds what brings a module from the phase before to this one. Phase::Graph
/// adds nothing; Phase::Native is LowerToLLVM.h's. \p maxWorkspaceBytes, -1 for none:
/// values are computed again where else a function would need more. \p byLine: each
/// kernel is of the same lines of the program wherever it is called. \p strict: as
/// CompileOptions::strict.
void addPhase(mlir::OpPassManager &pm, Phase phase, const Machine &machine,
              bool reference, int64_t maxWorkspaceBytes = -1, bool byLine = false,
              bool strict = false,
              AttentionForming attention = AttentionForming::WherePays);

/// Brings a module from Phase::Graph to \p phase, Kernels at most. \p timing has a row
/// for each phase, with its passes below.
mlir::LogicalResult runPhases(mlir::ModuleOp module, Phase phase,
                              const Machine &machine, bool reference,
                              mlir::TimingScope &timing, int64_t maxWorkspaceBytes = -1,
                              bool strict = false,
                              AttentionForming attention = AttentionForming::WherePays);

/// Brings a module from the phase before to \p phase, for those who want it for
/// several machines.
mlir::LogicalResult runPhase(mlir::ModuleOp module, Phase phase, const Machine &machine,
                             mlir::TimingScope &timing, int64_t maxWorkspaceBytes = -1,
                             bool byLine = false);

/// Expands the gradients of a graph, which stays one of agc's ops alone.
mlir::LogicalResult runGradient(mlir::ModuleOp module);

/// Expands the gradients of a graph and makes each function with batched
/// arguments (`agc.batched`) one of a batch.
mlir::LogicalResult runBatch(mlir::ModuleOp module);

/// Registers all of agc's passes and pipelines, for agc-opt.
void registerPasses();

} // namespace agc

#endif
