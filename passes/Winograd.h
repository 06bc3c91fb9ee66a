//===- Winograd.h - Convolutions by fewer multiplications ------------------===//
//
// A correlation of a tile d with a window g of 3 x 3, m x m results:
//
//   y = A^T [ (G g G^T) * (B^T d B) ] A
//
// where * multiplies element by element. Bilinear forms can be turned around:
// with the same matrices, G^T [ (B^T d B) * (A y A^T) ] G is the sum of d's
// products with y, 3 x 3 of them.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_PASSES_WINOGRAD_H
#define AGC_PASSES_WINOGRAD_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include <optional>

#include "passes/WinogradDialect.h.inc"

#define GET_OP_CLASSES
#include "passes/WinogradOps.h.inc"

namespace agc::winograd {

struct Matrix {
  int64_t rows = 0, columns = 0;
  llvm::SmallVector<double> elements; // row by row

  double at(int64_t i, int64_t j) const { return elements[i * columns + j]; }
};

/// The matrices for results of `tile` x `tile`, 2 or 4, by name: to points "input"
/// (B^T), "window" (G), "mirrored" (G of the window read backwards), "output" (A);
/// from points "output" (A^T) and "window" (G^T).
std::optional<Matrix> matrixOf(llvm::StringRef name, int64_t tile, bool toPoints);

/// The windows' elements, a side.
inline constexpr int64_t windowSize = 3;

/// The results a side, 2 or 4, that tiles should have of a convolution of so many images
/// with so many results each, of windows of 3 x 3 in steps of 1, where that pays: decided
/// from shapes alone. None: directly.
std::optional<int64_t> chooseTile(int64_t images, int64_t height, int64_t width,
                                  int64_t channels, int64_t filters);

} // namespace agc::winograd

#endif
