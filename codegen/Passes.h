//===- Passes.h - Tensors to a machine -------------------------------------===//
#ifndef AGC_CODEGEN_PASSES_H
#define AGC_CODEGEN_PASSES_H

#include "passes/Passes.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace agc {

#define GEN_PASS_DECL
#include "codegen/Passes.h.inc"

// What the kernels phase says of itself, in attributes.
inline constexpr llvm::StringLiteral kernelAttr = "agc.kernel";  // on a kernel
inline constexpr llvm::StringLiteral flopsAttr = "agc.flops";    // of one call
inline constexpr llvm::StringLiteral bytesAttr = "agc.bytes";    // it must move
inline constexpr llvm::StringLiteral stepAttr = "agc.step";      // on a list
inline constexpr llvm::StringLiteral keptAttr = "agc.kept";      // Schedule::keptBytes
inline constexpr llvm::StringLiteral leastAttr = "agc.least";    // Schedule::leastBytes
inline constexpr llvm::StringLiteral parallelAttr = "agc.parallel"; // on a call
inline constexpr llvm::StringLiteral apartAttr = "agc.apart";    // Schedule::whyApart
inline constexpr llvm::StringLiteral reorderAttr = "agc.reorder"; // whyReordered
inline constexpr llvm::StringLiteral checkAttr = "agc.check";    // its message
inline constexpr llvm::StringLiteral lowerAttr = "agc.lower";    // and its bounds
inline constexpr llvm::StringLiteral upperAttr = "agc.upper";
inline constexpr llvm::StringLiteral checksAttr = "agc.checks";  // on a body's list: how many
inline constexpr llvm::StringLiteral tripsAttr = "agc.trips";    // on a body's call: at most

} // namespace agc

#endif
