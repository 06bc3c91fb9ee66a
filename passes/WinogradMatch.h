//===- WinogradMatch.h - Which convolutions tiles are for ------------------===//
#ifndef AGC_PASSES_WINOGRADMATCH_H
#define AGC_PASSES_WINOGRADMATCH_H

#include "passes/Passes.h"

namespace agc::winograd {

/// An index that is one loop; none: another.
std::optional<unsigned> loopOf(mlir::AffineExpr expr);

/// An image, how many zeros are before it in both directions, and from one of its
/// elements to the next.
struct Padded {
  mlir::Value image;
  llvm::SmallVector<int64_t> low{0, 0};
  int64_t step = 1;
};

/// Which loops of a convolution are what. `outer` counts the images; `window` is
/// reduced, or, in the weights' gradient, is what results are for.
struct Convolution {
  mutable mlir::linalg::GenericOp op; // asking it is not const
  Padded x; // what the first operand is a copy of
  int64_t stride = 1; // of the convolution that it is, or is a gradient of
  bool isWeightGradient = false, isMirrored = false;
  bool isChannelsFirst = false; // the second operand, in the weights' gradient
  unsigned outer = 0, inner = 0, other = 0; // images, input's channels, the others
  std::array<unsigned, 2> places = {}, window = {};

  /// Of an input in steps of two.
  bool isSpread() const { return isMirrored && stride == 2; }
  int64_t size(unsigned loop) const {
    return llvm::SmallVector<int64_t>(op.getStaticLoopRanges())[loop];
  }
};

/// A sum of products in f32 over windows of 3 x 3 in steps of 1 or 2, channels last but
/// for what the weights' gradient reads beside the images.
std::optional<Convolution> recognize(mlir::linalg::GenericOp op);

} // namespace agc::winograd

#endif
