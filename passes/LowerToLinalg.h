//===- LowerToLinalg.h - What the lowering patterns share ------------------===//
#ifndef AGC_PASSES_LOWERTOLINALG_H
#define AGC_PASSES_LOWERTOLINALG_H

#include "passes/Passes.h"

#include "mlir/Transforms/DialectConversion.h"

#include "llvm/ADT/SmallBitVector.h"

namespace agc {

using BodyBuilder =
    llvm::function_ref<void(mlir::OpBuilder &, mlir::Location, mlir::ValueRange)>;

/// A tensor of this type with undefined elements.
mlir::Value emptyTensor(mlir::OpBuilder &builder, mlir::Location loc,
                        mlir::RankedTensorType type);

/// A tensor of this type with every element `number`; ±infinity becomes the
/// least or greatest value of an integer type.
mlir::Value filledTensor(mlir::OpBuilder &builder, mlir::Location loc,
                         mlir::RankedTensorType type, double number);

/// Whether that is what the value is, and the number a zero of a floating-point type.
bool isFilledWithZero(mlir::Value value);

/// y[d0, d1, …] = x[map(d0, d1, …)].
mlir::Value rearrange(mlir::OpBuilder &builder, mlir::Location loc,
                      mlir::Value x, mlir::AffineMap map,
                      mlir::RankedTensorType type);

/// x in another floating-point type, by the op that says so, which is lowered in
/// its turn.
mlir::Value convertElements(mlir::OpBuilder &builder, mlir::Location loc,
                            mlir::Value x, mlir::Type element);

/// out = sum of x * y over the reduction loops, the last `numReductions` of
/// them. Half types are multiplied and summed in f32.
mlir::Value contract(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x,
                     mlir::Value y, mlir::RankedTensorType type,
                     llvm::ArrayRef<mlir::AffineMap> maps,
                     unsigned numReductions);

/// `parallel` parallel loops, then `reduction` reduction loops.
llvm::SmallVector<mlir::utils::IteratorType> iterators(unsigned parallel,
                                                       unsigned reduction);

/// The loops, of so many, that an index is a function of: several in a window's, as in
/// `p * stride + k`.
llvm::SmallBitVector loopsOf(mlir::AffineExpr index, unsigned numLoops);

void populateShapeLowerings(mlir::RewritePatternSet &patterns,
                            const mlir::TypeConverter &types);
void populateIndexingLowerings(mlir::RewritePatternSet &patterns,
                               const mlir::TypeConverter &types);
void populateRandomLowerings(mlir::RewritePatternSet &patterns,
                             const mlir::TypeConverter &types);
void populateReductionLowerings(mlir::RewritePatternSet &patterns,
                                const mlir::TypeConverter &types);
/// \p isPlain: one form for all shapes, what the others are compared with; \p isStrict:
/// agc-winograd will not run.
void populateConvolutionLowerings(mlir::RewritePatternSet &patterns,
                                  const mlir::TypeConverter &types, bool isPlain,
                                  bool isStrict);
void populatePoolingLowerings(mlir::RewritePatternSet &patterns,
                              const mlir::TypeConverter &types);

} // namespace agc

#endif
