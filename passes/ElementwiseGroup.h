//===- ElementwiseGroup.h - Element-wise ops that are one loop -------------===//
#ifndef AGC_PASSES_ELEMENTWISEGROUP_H
#define AGC_PASSES_ELEMENTWISEGROUP_H

#include "passes/Passes.h"

namespace agc {

/// Whether an op that computes what both do stays small enough.
bool fits(mlir::linalg::GenericOp producer, mlir::linalg::GenericOp consumer);

/// Every element once, from nothing that was there before.
bool isElementwise(mlir::linalg::GenericOp op);

/// Whether the reader goes over the same elements in the same order, and takes
/// from the producer what it has just computed, if anything.
bool walksAlike(mlir::linalg::GenericOp producer, mlir::linalg::GenericOp reader);

/// The ops between the two that need what `producer` gives. None if `reader`
/// needs one of them: then it cannot be one with the producer.
std::optional<llvm::SmallVector<mlir::Operation *>> readersBetween(mlir::Operation *producer,
                                                                   mlir::Operation *reader);

/// One op for both, where the reader stood: what others read of the producer is
/// a result of it. What both compute is there twice.
mlir::linalg::GenericOp fuseInto(mlir::RewriterBase &rewriter, mlir::linalg::GenericOp producer,
                                 mlir::linalg::GenericOp reader);

} // namespace agc

#endif
