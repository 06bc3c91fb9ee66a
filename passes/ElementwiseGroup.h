//===- ElementwiseGroup.h - Element-wise ops that are one loop -------------===//
#ifndef AGC_PASSES_ELEMENTWISEGROUP_H
#define AGC_PASSES_ELEMENTWISEGROUP_H

#include "passes/Passes.h"

namespace agc {

/// Whether an op that computes what both do stays small enough.
bool fits(mlir::linalg::GenericOp producer, mlir::linalg::GenericOp consumer);

/// What the op's body computes for one element, in additions, about.
int64_t workOf(mlir::linalg::GenericOp op);

/// Every element once, from nothing that was there before.
bool isElementwise(mlir::linalg::GenericOp op);

/// Whether the reader goes over the same elements in the same order, and takes
/// from the producer what it has just computed, if anything.
bool walksAlike(mlir::linalg::GenericOp producer, mlir::linalg::GenericOp reader);

/// The ops between the two that need what `producer` gives. None if `reader`
/// needs one of them: then it cannot be one with the producer.
std::optional<llvm::SmallVector<mlir::Operation *>> readersBetween(mlir::Operation *producer,
                                                                   mlir::Operation *reader);

/// An op that another can be one with, and what is between and has to come behind both.
using Partner = std::pair<mlir::linalg::GenericOp, llvm::SmallVector<mlir::Operation *>>;

/// Makes ops that have a partner one op with it, where the partner stood: what others read
/// of the first is a result of it, and what both compute is there twice. Groups grow
/// downward: what comes out of one fusion is met again later.
void fusePartners(mlir::RewriterBase &rewriter, mlir::Block &block,
                  llvm::function_ref<std::optional<Partner>(mlir::linalg::GenericOp)> find,
                  llvm::function_ref<void(mlir::Operation *)> fused = nullptr);

/// Whether what an element-wise op gives can be computed again in this reader of it, for
/// each element once.
bool canComputeIn(mlir::OpOperand &operand);

/// Computes it there. The reader is another op then.
void computeIn(mlir::RewriterBase &rewriter, mlir::OpOperand &operand);

} // namespace agc

#endif
