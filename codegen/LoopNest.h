//===- LoopNest.h - A kernel as loops over buffers -------------------------===//
//
// What a linalg.generic on planned buffers comes down to: loops of known trip
// counts, operands whose index is linear in the loops, and a scalar body.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_CODEGEN_LOOPNEST_H
#define AGC_CODEGEN_LOOPNEST_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace agc {

/// Where a tensor lies in its buffer: element [i0, i1, …] at
/// offset + i0 * strides[0] + i1 * strides[1] + …, in elements.
struct View {
  unsigned buffer = 0;
  int64_t offset = 0;
  llvm::SmallVector<int64_t> strides;
};

/// An operand of a loop nest: its element at loop indices l is at
/// offset + sum of strides[i] * l[i] of kernel argument `argument`.
struct Access {
  unsigned argument = 0;
  int64_t offset = 0;
  llvm::SmallVector<int64_t> strides;
  mlir::Type element;
};

/// An element that the body takes from a place it computes: `access.strides` go
/// with the op's indices, not with the loops.
struct Lookup {
  mlir::tensor::ExtractOp op;
  Access access;
};

struct LoopNest {
  llvm::SmallVector<int64_t> sizes;
  llvm::SmallVector<bool> isReduction;
  llvm::SmallVector<Access> inputs, outputs;
  llvm::SmallVector<Lookup> lookups;
  /// What a sum holds before a reduction's first iteration.
  llvm::SmallVector<mlir::TypedAttr> inits;
  /// For each loop of the generic, which loop here has its index; -1: that loop
  /// makes one trip.
  llvm::SmallVector<int> loopOfIndex;
  /// Arguments: inputs, then outputs. Ends in linalg.yield.
  mlir::Block *body = nullptr;
  /// What is done to a finished sum before it is stored, if anything: a body of
  /// the same form. Its argument `resultArgument` is the sum, the others are
  /// loaded as `epilogueInputs` say. Its results are the outputs, which lie alike.
  mlir::Block *epilogue = nullptr;
  unsigned resultArgument = 0;
  llvm::SmallVector<Access> epilogueInputs;
  /// The epilogue reads what the output holds: nothing else may be kept there.
  bool updatesInPlace = false;

  unsigned numLoops() const { return sizes.size(); }
  /// What the body computes: as many as outputs, or what an epilogue takes.
  unsigned numSums() const { return epilogue ? 1 : outputs.size(); }
  int64_t numIterations(bool reductionsToo = true) const;
  bool hasReductions() const { return llvm::is_contained(isReduction, true); }
};

/// An element-wise op that takes a reduction's result as it is finished.
struct Epilogue {
  mlir::linalg::GenericOp op;
  unsigned resultOperand = 0; // which input is the reduction's result
  llvm::SmallVector<View> inputs;
};

/// The row-major strides of a shape.
llvm::SmallVector<int64_t> rowMajorStrides(llvm::ArrayRef<int64_t> shape);

/// The loops of a generic whose inputs and outputs lie as the views say.
/// Loops of one trip are gone, neighbours that walk memory as one are one;
/// parallel loops come first, ordered as the first output lies in memory.
LoopNest buildLoopNest(mlir::linalg::GenericOp op, llvm::ArrayRef<View> inputs,
                       llvm::ArrayRef<View> outputs,
                       const Epilogue &epilogue = {});

/// An element-wise op at its result's elements: the loops are the result's dimensions, as
/// they are, and nothing is stored.
LoopNest buildElements(mlir::linalg::GenericOp op, llvm::ArrayRef<View> inputs);

} // namespace agc

#endif
