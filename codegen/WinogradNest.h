//===- WinogradNest.h - A transform of tiles, as a kernel ------------------===//
#ifndef AGC_CODEGEN_WINOGRADNEST_H
#define AGC_CODEGEN_WINOGRADNEST_H

#include "codegen/Kernel.h"
#include "codegen/Schedule.h"
#include "passes/Winograd.h"

namespace agc {

/// A transform of tiles (passes/Winograd.h): an image [images, height, width,
/// channels], and points [side * side, images, tileRows, tileColumns, channels], or in
/// panels [side * side, channels / width, images, tileRows, tileColumns, width].
struct WinogradNest {
  bool toPoints = true;
  llvm::StringRef of; // the matrix's name
  winograd::Matrix matrix;
  int64_t images = 1, height = 1, width = 1, channels = 1;
  int64_t tileRows = 1, tileColumns = 1;
  int64_t panelWidth = 1;          // channels that lie side by side at a point
  int64_t step = 1;                // from one tile to the next, in the image
  std::array<int64_t, 2> low = {}; // what of the first lies before the image
  int64_t imageOffset = 0, pointsOffset = 0;
  /// What makes the image, if it is not in memory.
  std::optional<LoopNest> prologue;
  /// What takes the image as it is finished, if it goes nowhere else: windows, as one loop
  /// over their elements in the order [images, channels, height, width]. Its input number
  /// `imageInput` is the image.
  std::optional<LoopNest> epilogue;
  unsigned imageInput = 0;
  bool hasMoments = false; // of each row of tiles, beside the image

  /// Whichever of the two there is, or null.
  const LoopNest *joined() const {
    return prologue ? &*prologue : epilogue ? &*epilogue : nullptr;
  }

  /// What its code depends on, but for the buffers' types.
  std::string key() const;
  std::string name() const;
  int64_t flops() const;
  int64_t bytes() const;
};

/// Of a `winograd` op and what is done on the way: what makes the image for it or, from
/// points, what alone takes the image. \p views say how what it reads and writes lies: the
/// op's operand, or the maker's inputs; what else the taker reads; results. Dense, but for
/// a maker's inputs.
WinogradNest buildWinogradNest(mlir::Operation *op, mlir::linalg::GenericOp joined,
                               llvm::ArrayRef<View> views);

/// As emitKernel; the kernel's buffers are those of the views above.
int64_t emitWinograd(mlir::func::FuncOp kernel, const WinogradNest &nest,
                     const Machine &machine);

} // namespace agc

#endif
