//===- Emitters.h - The forms that a CPU kernel can take -------------------===//
#ifndef AGC_CODEGEN_CPU_EMITTERS_H
#define AGC_CODEGEN_CPU_EMITTERS_H

#include "codegen/Kernel.h"

namespace agc {

/// Any nest. Returns the number of tiles.
int64_t emitLoops(mlir::func::FuncOp kernel, const LoopNest &nest,
                  const Machine &machine);

/// A sum of products that lie side by side along the sum, of which one operand has
/// few rows; nothing if the nest is none. Returns the number of tiles.
std::optional<int64_t> emitDots(mlir::func::FuncOp kernel, const LoopNest &nest,
                                const Machine &machine);

/// A sum of products of two operands, in register tiles; nothing if the nest is
/// none. Returns the number of tiles.
std::optional<int64_t> emitContraction(mlir::func::FuncOp kernel,
                                       const LoopNest &nest,
                                       const Machine &machine);

} // namespace agc

#endif
