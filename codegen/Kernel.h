//===- Kernel.h - Code for one loop nest -----------------------------------===//
#ifndef AGC_CODEGEN_KERNEL_H
#define AGC_CODEGEN_KERNEL_H

#include "codegen/LoopNest.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace agc {

/// What kernels are written for.
struct Machine {
  /// Of a vector register; 1: one element at a time; 0: the reference's plain loops.
  unsigned vectorBytes = 16;
  unsigned numRegisters = 16;  // vector registers
  bool hasFMA = false;         // multiplies and adds with one rounding
  /// Of the largest cache that a core has for itself, and of one that cores share: what
  /// is usual for such machines, as an object is the same wherever it was made.
  int64_t coreCacheBytes = 512 << 10, sharedCacheBytes = 8 << 20;
  /// What comes from the latter takes so long that products wait for it.
  bool sharedCacheIsSlow = false;

  /// Elements of this type in a vector; 1: do not vectorize.
  unsigned lanes(mlir::Type element) const;
};

/// Writes the body of a kernel: a function of its buffers (flat memrefs) and of
/// the range of tiles [begin, end) to compute. Returns how many tiles there
/// are. Tiles do not depend on each other.
int64_t emitKernel(mlir::func::FuncOp kernel, const LoopNest &nest,
                   const Machine &machine);

/// Updates [batch, updates, width] that go to rows of a tensor [batch, places,
/// width], all dense, where an index [batch, updates] says.
struct ScatterNest {
  int64_t batch = 1, places = 1, updates = 1, width = 1;
  mlir::Type element;
  bool adds = true; // or puts
  std::array<int64_t, 3> offsets = {}; // of index, updates and tensor
};

/// The same for a scatter; the kernel's buffers are index, updates, tensor.
int64_t emitScatter(mlir::func::FuncOp kernel, const ScatterNest &nest,
                    const Machine &machine);

} // namespace agc

#endif
