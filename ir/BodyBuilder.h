//===- BodyBuilder.h - Bodies made of other bodies -------------------------===//
#ifndef AGC_IR_BODYBUILDER_H
#define AGC_IR_BODYBUILDER_H

#include "ir/Dialect.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"

namespace agc::ir {

/// The type of a stack's rows.
mlir::RankedTensorType rowOf(mlir::Type stack);

/// The type of a stack of these.
mlir::RankedTensorType stackOf(mlir::Type row, int64_t trips);

/// In what is there a second time: a check is made once.
void dropChecks(mlir::Region &region);

/// Copies a body's ops. Checks passed in the forward, and are not made again.
llvm::SmallVector<mlir::Value> cloneBody(mlir::OpBuilder &builder, mlir::Block &block,
                                         mlir::ValueRange arguments);

mlir::Value zeroOf(mlir::OpBuilder &builder, mlir::Location loc, mlir::Type type);

/// The symbolic gradients of some values with respect to others.
llvm::SmallVector<mlir::Value> gradientsOf(mlir::OpBuilder &builder, mlir::Location loc,
                                           mlir::ValueRange targets,
                                           mlir::ValueRange seeds,
                                           mlir::ValueRange inputs);

/// A block for a body that takes these types, where \p builder then stands.
mlir::Block *startBody(mlir::OpBuilder &builder, mlir::Region &region,
                       mlir::TypeRange types, mlir::Location loc);

/// The same scan, before it, with further values of its body among its ys. The old
/// one's results are replaced, and nothing needs it any more.
ScanOp yieldAlso(mlir::RewriterBase &rewriter, ScanOp scan,
                 llvm::ArrayRef<mlir::Value> values);

/// Takes what a scan sums up over its trips out of it, where it is a product or a sum
/// of what stands in stacks: one op for all trips.
bool hoistSums(ScanOp scan, mlir::PatternRewriter &rewriter);

/// Transposes a scan's constants before it where its products would read them across in
/// each trip.
bool hoistTransposes(ScanOp scan, mlir::PatternRewriter &rewriter);

} // namespace agc::ir

#endif
