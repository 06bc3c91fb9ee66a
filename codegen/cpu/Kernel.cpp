//===- Kernel.cpp - Code for one loop nest ---------------------------------===//
#include "codegen/cpu/Emitters.h"

namespace agc {

int64_t emitKernel(mlir::func::FuncOp kernel, const LoopNest &nest,
                   const Machine &machine) {
  if (std::optional<int64_t> tiles = emitDots(kernel, nest, machine))
    return *tiles;
  if (std::optional<int64_t> tiles = emitContraction(kernel, nest, machine))
    return *tiles;
  return emitLoops(kernel, nest, machine);
}

} // namespace agc
