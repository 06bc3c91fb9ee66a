//===- Passes.h - Tensors in, tensors out, no machine known ----------------===//
#ifndef AGC_PASSES_PASSES_H
#define AGC_PASSES_PASSES_H

#include "ir/Dialect.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/Pass.h"

namespace agc {

#define GEN_PASS_DECL
#include "passes/Passes.h.inc"

/// On a function that is the body of a loop or branch.
inline constexpr llvm::StringLiteral bodyAttr = "agc.body";
/// On an op of integers that are unsigned, where types no longer say so.
inline constexpr llvm::StringLiteral unsignedAttr = "agc.unsigned";

} // namespace agc

#endif
