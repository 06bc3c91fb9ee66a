//===- Convolution.h - What the forms of a convolution share ---------------===//
#ifndef AGC_PASSES_CONVOLUTION_H
#define AGC_PASSES_CONVOLUTION_H

#include "passes/LowerToLinalg.h"

namespace agc {

/// The sizes of a convolution, and how it is best computed. All three ops of one
/// convolution have the same, whoever reads them.
struct Convolution {
  template <typename Op>
  Convolution(Op op, mlir::RankedTensorType x, mlir::RankedTensorType w,
              mlir::RankedTensorType y)
      : spatial(op.getStrides().size()), groups(op.getGroups()),
        batch(x.getDimSize(0)), channels(w.getDimSize(1)),
        filters(w.getDimSize(0)), strides(op.getStrides()), low(op.getLow()),
        high(op.getHigh()), dilation(op.getDilation()),
        inputs(x.getShape().take_back(spatial)),
        outputs(y.getShape().take_back(spatial)),
        window(w.getShape().take_back(spatial)) {}

  unsigned spatial;
  int64_t groups, batch;
  int64_t channels; // of a group
  int64_t filters;  // of all groups
  llvm::SmallVector<int64_t> strides, low, high, dilation;
  llvm::SmallVector<int64_t> inputs, outputs, window;

  /// Whether, in dimension d, every output's window has every input in it: a sum
  /// over the inputs has no terms of padding.
  bool meets(unsigned d) const;
  /// Whether to multiply patches of the input, each window's elements side by side,
  /// with the weights as they lie: else weights are copied into another order,
  /// which costs more than patches where there are few of those.
  bool takesPatches() const;
  /// Whether agc-winograd is to compute it, or the gradient of its weights, by tiles, if it
  /// is in f32.
  bool takesTiles(bool ofWeights) const;
};

/// Pads the spatial dimensions; negative padding crops.
mlir::Value padSpatial(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x,
                       llvm::ArrayRef<int64_t> low, llvm::ArrayRef<int64_t> high,
                       llvm::ArrayRef<int64_t> interior);

mlir::Value reshapeTo(mlir::OpBuilder &builder, mlir::Value x,
                      mlir::RankedTensorType type);

/// The loops of one product, their indices and maps: x and y have an optional
/// dimension of groups after the batch, w before everything.
struct ConvolutionLoops {
  ConvolutionLoops(mlir::OpBuilder &builder, const Convolution &c)
      : builder(builder), spatial(c.spatial), groups(c.groups),
        grouped(c.groups > 1) {}

  using Exprs = llvm::SmallVector<mlir::AffineExpr>;

  mlir::OpBuilder &builder;
  unsigned spatial;
  int64_t groups;
  bool grouped;
  unsigned numLoops = 0;

  /// Gives the groups a dimension of their own, if there are several: before
  /// dimension `at`, 1 for activations and 0 for weights.
  mlir::RankedTensorType split(mlir::RankedTensorType type, unsigned at);
  mlir::Value split(mlir::Value x, unsigned at);

  /// The next loop's index.
  mlir::AffineExpr loop() { return builder.getAffineDimExpr(numLoops++); }
  mlir::AffineExpr groupLoop() { return grouped ? loop() : mlir::AffineExpr(); }
  Exprs loops(unsigned count);
  /// Where the windows at p have their elements k.
  Exprs windowAt(const Convolution &c, const Exprs &p, const Exprs &k);
  /// [outer, g, inner, spatial…]: an activation's index.
  Exprs activation(mlir::AffineExpr n, mlir::AffineExpr g, mlir::AffineExpr c,
                   const Exprs &at);
  /// [n, g, p…, c, k…]: a patch's.
  Exprs patch(mlir::AffineExpr n, mlir::AffineExpr g, const Exprs &p,
              mlir::AffineExpr c, const Exprs &k);
  Exprs weight(mlir::AffineExpr g, mlir::AffineExpr o, mlir::AffineExpr c,
               const Exprs &k);
  mlir::AffineMap map(llvm::ArrayRef<mlir::AffineExpr> exprs) {
    return mlir::AffineMap::get(numLoops, 0, exprs, builder.getContext());
  }
};

/// The three on patches.
mlir::Value convOfPatches(mlir::OpBuilder &builder, mlir::Location loc,
                          const Convolution &c, mlir::Value x, mlir::Value w,
                          mlir::RankedTensorType type);
mlir::Value inputGradOfPatches(mlir::OpBuilder &builder, mlir::Location loc,
                               const Convolution &c, mlir::Value dy, mlir::Value w,
                               mlir::RankedTensorType type);
mlir::Value weightGradOfPatches(mlir::OpBuilder &builder, mlir::Location loc,
                                const Convolution &c, mlir::Value x, mlir::Value dy,
                                mlir::RankedTensorType type);

} // namespace agc

#endif
