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
// In steps of two, elements 0 and 2 of the window meet every second input, as a window
// of two in steps of one does, and element 1 meets the others, which for each result is
// one product: m + 1 points and m in each direction.
//
// An image of 2 x 2 with zeros around it has two inputs in each direction, and results
// y0 = w1 x0 + w2 x1 and y1 = w0 x0 + w1 x1: three products give them instead of four, and
// likewise the window's gradient.
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

namespace agc::winograd {

/// The windows' elements, a side.
inline constexpr int64_t windowSize = 3;

/// Images from which on a convolution of fewer places than its window has sums over these,
/// not over the window: images alone then fill a product's register tiles.
inline constexpr int64_t minImagesOfFewPlaces = 8;

/// How results are computed together: 2 or 4 a side, in steps of 1 or 2.
struct Tiling {
  int64_t tile = 2, stride = 1;
  bool isWhole = false; // tiles are images of 2 x 2 with zeros around them

  /// A side.
  int64_t points() const {
    if (isWhole)
      return tile + 1;
    return stride == 1 ? tile + windowSize - 1 : 2 * tile + 1;
  }
};

} // namespace agc::winograd

#define GET_OP_CLASSES
#include "passes/WinogradOps.h.inc"

namespace agc::winograd {

struct Matrix {
  int64_t rows = 0, columns = 0;
  llvm::SmallVector<double> elements; // row by row

  double at(int64_t i, int64_t j) const { return elements[i * columns + j]; }
  double &at(int64_t i, int64_t j) { return elements[i * columns + j]; }
};

/// A tiling's matrices by name: to points "input" (B^T), "window" (G), "mirrored" (G of
/// the window read backwards), "output" (A); from points "output" (A^T) and "window" (G^T).
///
/// The gradient of the input of a convolution in steps of two has results of elements 0
/// and 2 of the window and results of element 1 by turns. Which are first says its name,
/// "pairs" or "singles", to points and from points: the cotangent's tiles have `tile` + 1
/// a side, its own 2 * `tile`.
std::optional<Matrix> matrixOf(llvm::StringRef name, const Tiling &tiling, bool toPoints);

/// A convolution with windows of 3 x 3: an image's places, zeros before them, and results.
struct Sizes {
  int64_t images, channels, filters, stride;
  std::array<int64_t, 2> places, low, results;

  /// Whether an image with zeros around it is one tile (Tiling::isWhole).
  bool isWholeTile() const {
    constexpr std::array<int64_t, 2> one{1, 1}, two{2, 2};
    return stride == 1 && places == two && low == one && results == two;
  }
};

/// The tiles for it, or for the gradient of its weights, where they pay: decided from
/// shapes alone. None: directly.
std::optional<Tiling> chooseTiling(const Sizes &sizes, bool ofWeights);

/// Whether the image that a transform reads is made by an op that is computed on the way,
/// in the transform's kernel, and nowhere else.
bool isPrologue(mlir::OpOperand &image);

/// Computes images again in each of their readers, transforms and others, where that costs
/// less than to write and read them.
void computeImagesWhereRead(mlir::Block &block);

/// Takes sums of images and of squared deviations from what their transforms give beside
/// them, each from a row of tiles that is still at hand: an image that was just written is
/// not read for its mean and variance.
void computeMomentsWhereMade(mlir::Block &block);

} // namespace agc::winograd

#endif
