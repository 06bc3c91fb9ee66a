//===- Epilogue.cpp - What takes a value as it is finished -----------------===//
#include "codegen/Epilogue.h"

#include "passes/Winograd.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace agc {

static bool isPartOfSomething(Operation *op) {
  return llvm::any_of(op->getUsers(),
                      [](Operation *user) { return isa<tensor::InsertSliceOp>(user); });
}

/// What is in an op's registers lies as its results do.
static bool canFinishSums(linalg::GenericOp op, OpOperand &operand) {
  auto reduction = operand.get().getDefiningOp<linalg::GenericOp>();
  if (!reduction || !reduction.getNumReductionLoops() || reduction->getNumResults() != 1)
    return false;
  AffineMap summed = reduction.getIndexingMapMatchingResult(reduction->getResult(0));
  if (!summed.isProjectedPermutation())
    return false;
  // Several results lie alike if none is a part of something.
  if (op->getNumResults() > 1 && isPartOfSomething(op))
    return false;
  for (OpResult result : op->getResults())
    if (op.getMatchingIndexingMap(&operand) != op.getIndexingMapMatchingResult(result))
      return false;
  SmallVector<unsigned> loops;
  reduction.getReductionDims(loops);
  return reduction.getDpsInitOperand(0)->get().getDefiningOp<linalg::FillOp>() &&
         llvm::none_of(loops, [&](unsigned l) { return summed.isFunctionOfDim(l); });
}

/// Windows [filters, 3, 3, channels] become [filters, channels, 3, 3]: what is side by side
/// there is so in all that the op reads and writes, but for single numbers.
static bool canFinishWindows(linalg::GenericOp op, OpOperand &operand) {
  auto transform = operand.get().getDefiningOp<winograd::FromPointsOp>();
  if (!transform || transform.getOf() != "window" || isPartOfSomething(op))
    return false;
  // Points need more room than windows: they wait for nobody who must wait himself, as
  // who writes to the caller's memory need not.
  if (llvm::any_of(op->getResults(), [](Value result) {
        return llvm::none_of(result.getUsers(), [](Operation *user) {
          return user->hasTrait<OpTrait::IsTerminator>();
        });
      }))
    return false;
  AffineMap stored = op.getIndexingMapMatchingResult(op->getResult(0));
  AffineMap order = op.getMatchingIndexingMap(&operand).compose(inversePermutation(stored));
  if (order != AffineMap::getPermutationMap(ArrayRef<unsigned>{0, 2, 3, 1}, op.getContext()) ||
      llvm::any_of(op->getResults(), [&](OpResult result) {
        return op.getIndexingMapMatchingResult(result) != stored;
      }))
    return false;
  return llvm::all_of(op.getDpsInputOperands(), [&](OpOperand *input) {
    AffineMap map = op.getMatchingIndexingMap(input);
    Operation *maker = input->get().getDefiningOp();
    bool isWhole = !maker || isa<linalg::GenericOp, arith::ConstantOp>(maker);
    return input == &operand || map.isConstant() || (map == stored && isWhole);
  });
}

bool canFinish(linalg::GenericOp op, OpOperand &operand) {
  Type element = getElementTypeOrSelf(operand.get());
  bool isForIt = operand.get().hasOneUse() && llvm::all_of(op->getResults(), [&](OpResult result) {
    return op.getIndexingMapMatchingResult(result).isPermutation() &&
           getElementTypeOrSelf(result) == element;
  });
  return isForIt && (canFinishSums(op, operand) || canFinishWindows(op, operand));
}

} // namespace agc
