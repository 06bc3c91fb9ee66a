//===- Schedule.h - In which order, and where in memory --------------------===//
#ifndef AGC_CODEGEN_SCHEDULE_H
#define AGC_CODEGEN_SCHEDULE_H

#include "codegen/LoopNest.h"
#include "codegen/MemoryPlan.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <unordered_map>

namespace agc {

struct Buffer {
  enum Kind { Argument, Result, Workspace, Constant } kind;
  mlir::Type element;
  int64_t numElements;
  int64_t offset = 0;                        // Workspace: in bytes
  mlir::DenseElementsAttr constant = nullptr; // Constant: what it holds

  int64_t bytes() const;
};

/// The lookups in an op's body, each by an index that is computed there.
llvm::SmallVector<mlir::tensor::ExtractOp> lookupsIn(mlir::Operation *op);

/// Whether the op sums up, or the like, what it reads once, and no product of matrices.
bool isPlainReduction(mlir::linalg::GenericOp op);

/// The functions that a loop or branch calls: bodies, already lists.
llvm::SmallVector<mlir::func::FuncOp> bodiesOf(mlir::Operation *op);

/// The order of a function's kernels and the buffers that they work on.
/// Checks come first, with what they need; a kernel that updates an argument
/// comes after all that read the old value, and no later: a gradient is gone before
/// the next one is there.
class Schedule {
public:
  /// \p fuses: element-wise ops may join the reduction that they finish.
  Schedule(mlir::func::FuncOp function, bool fuses)
      : function(function), fuses(fuses) {}

  mlir::LogicalResult build();

  /// A tensor of which only the shape is read lies nowhere: an empty view.
  View viewOf(mlir::Value value) const { return views.lookup(value); }

  /// What an epilogue finishes is not in the list, nor is what makes an image that its only
  /// transform computes on the way: one kernel does both.
  llvm::SmallVector<mlir::Operation *> order;
  llvm::SmallVector<Buffer> buffers;
  llvm::DenseMap<mlir::Value, View> views;
  int64_t workspaceBytes = 0;
  /// What no plan of these lifetimes can go below, nor of those in bodies.
  int64_t leastBytes = 0;
  /// Of what the forward leaves for the backward, where that is the most.
  int64_t keptBytes = 0;
  /// What a loop or branch works on besides: the bodies' workspace, then a second
  /// place for each carry.
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<unsigned>> ownBuffers;

  /// What the kernel of an op in the list reads, writes and works on.
  llvm::SmallVector<unsigned> buffersOf(mlir::Operation *op) const;

  /// The operand that an op's kernel computes on the way, if there is one: of an
  /// element-wise op the result of a reduction or transform that nobody else reads, of a
  /// transform what an element-wise op makes for it.
  mlir::OpOperand *fusedOperand(mlir::Operation *op) const {
    return fusedOperands.lookup(op);
  }

  /// Why the kernel of an op that updates an argument is not the one that makes all of
  /// the gradient; empty where it is, and for other ops.
  llvm::StringRef whyApart(mlir::Operation *op) const;

private:
  mlir::func::FuncOp function;
  bool fuses;
  /// Which result a buffer's first value becomes, for those returned.
  llvm::DenseMap<mlir::Value, unsigned> resultOf;
  llvm::SmallVector<unsigned> bufferOfArgument;
  llvm::DenseMap<mlir::Operation *, mlir::OpOperand *> fusedOperands;
  llvm::DenseSet<mlir::Operation *> fusedMakers;
  size_t numFirst = 0; // kernels that checks need

  void findEpilogues();
  void findPrologues();
  void fuse(mlir::OpOperand &operand);
  /// What the kernel of an op in the list reads. Asked often, and kept.
  llvm::ArrayRef<mlir::Value> readBy(mlir::Operation *op) const;
  mutable std::unordered_map<mlir::Operation *, llvm::SmallVector<mlir::Value>> readValues;

  unsigned addBuffer(Buffer::Kind kind, mlir::Type type);
  View denseView(unsigned buffer, mlir::Type type);
  /// \p value lies where \p other does. By way of a copy: growing the map moves
  /// what is in it.
  void aliasView(mlir::Value value, mlir::Value other) {
    View view = views.at(other);
    views[value] = std::move(view);
  }
  void assignViews();
  void assignView(mlir::Operation &op);
  void assignOwnBuffers(mlir::Operation *op);
  unsigned bufferOfResult(mlir::Value value);
  void orderKernels();
  void hoistUpdates();
  void placeUpdates();
  bool reads(mlir::Operation *op, unsigned buffer) const;
  bool canUpdateInPlace(mlir::OpResult update, unsigned argument);
  void planWorkspace();
  void measureKept(llvm::ArrayRef<Lifetime> lifetimes);
};

} // namespace agc

#endif
