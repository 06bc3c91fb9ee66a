//===- TransposeOperands.cpp - Large products of two matrices across --------===//
//
// Takes: functions as agc-split-reductions leaves them.
// Gives: the same; of a large product of which each step's rows and columns lie side by
// side, a layer's weights' gradient, the smaller operand is transposed first. Tiles read one
// operand step by step and the other row by row. Where neither lies row by row, the kernel
// copies as many rows as a core's cache holds, and all panels again for each such block,
// from a cache that brings them slowly; a kernel of its own copies each element once, for
// all threads.
//
//===----------------------------------------------------------------------===//
#include "codegen/Passes.h"
#include "passes/LowerToLinalg.h"

using namespace mlir;

namespace agc {
#define GEN_PASS_DEF_TRANSPOSEOPERANDSPASS
#include "codegen/Passes.h.inc"

namespace {

/// Steps, and rows or columns of the operand that is copied, that are worth a second kernel;
/// and how often each of its elements is read.
constexpr int64_t minSteps = 512, minSide = 512, minReaders = 960;

struct TransposeOperandsPass : impl::TransposeOperandsPassBase<TransposeOperandsPass> {
  void runOnOperation() override;
};

} // namespace

/// The loop along which the operand's elements lie side by side, if its others are the sum's.
static std::optional<unsigned> loopAlong(linalg::GenericOp op, OpOperand *operand) {
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  AffineMap map = op.getMatchingIndexingMap(operand);
  auto isOfSum = [&](unsigned i) {
    return iterators[map.getDimPosition(i)] == utils::IteratorType::reduction;
  };
  unsigned last = map.getNumResults() - 1;
  if (!map.isProjectedPermutation() || map.getNumResults() != op.getNumReductionLoops() + 1 ||
      isOfSum(last) || !llvm::all_of(llvm::seq(last), isOfSum))
    return std::nullopt;
  return map.getDimPosition(last);
}

/// The operand that is better transposed, if either is.
static OpOperand *findOperand(linalg::GenericOp op) {
  Type element = getElementTypeOrSelf(op.getResult(0).getType());
  if (!linalg::isaContractionOpInterface(op) || op.getNumParallelLoops() != 2 ||
      (!element.isF32() && !element.isF64()))
    return nullptr;
  OpOperand *x = op.getDpsInputOperand(0), *y = op.getDpsInputOperand(1);
  std::optional<unsigned> alongX = loopAlong(op, x), alongY = loopAlong(op, y);
  if (!alongX || !alongY || getElementTypeOrSelf(x->get().getType()) != element ||
      getElementTypeOrSelf(y->get().getType()) != element)
    return nullptr;
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  auto shape = cast<RankedTensorType>(x->get().getType()).getShape();
  int64_t steps = llvm::product_of(shape.drop_back());
  auto [side, readers] = std::minmax(sizes[*alongX], sizes[*alongY]);
  if (steps < minSteps || side < minSide || readers < minReaders)
    return nullptr;
  return sizes[*alongX] < sizes[*alongY] ? x : y;
}

/// Its last dimension becomes the first.
static void transpose(linalg::GenericOp op, OpOperand &operand) {
  OpBuilder b(op);
  auto type = cast<RankedTensorType>(operand.get().getType());
  unsigned rank = type.getRank();
  SmallVector<int64_t> shape(type.getShape());
  SmallVector<AffineExpr> indices(op.getMatchingIndexingMap(&operand).getResults()), from;
  std::rotate(shape.begin(), shape.end() - 1, shape.end());
  std::rotate(indices.begin(), indices.end() - 1, indices.end());
  for (unsigned i = 0; i < rank; ++i)
    from.push_back(b.getAffineDimExpr((i + 1) % rank));

  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  maps[operand.getOperandNumber()] =
      AffineMap::get(op.getNumLoops(), 0, indices, b.getContext());
  Value transposed =
      rearrange(b, op.getLoc(), operand.get(), AffineMap::get(rank, 0, from, b.getContext()),
                RankedTensorType::get(shape, type.getElementType()));
  transposed.getDefiningOp()->setAttr(
      reorderAttr, b.getStringAttr("a large product reads it by rows, and often"));
  operand.set(transposed);
  op.setIndexingMapsAttr(b.getAffineMapArrayAttr(maps));
}

void TransposeOperandsPass::runOnOperation() {
  SmallVector<linalg::GenericOp> ops;
  getOperation().walk([&](linalg::GenericOp op) { ops.push_back(op); });
  for (linalg::GenericOp op : ops)
    if (OpOperand *operand = findOperand(op))
      transpose(op, *operand);
}

} // namespace agc
