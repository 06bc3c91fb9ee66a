//===- SplitReductions.cpp - Sums that are shared out -----------------------===//
//
// Takes: functions as agc-fuse-siblings leaves them.
// Gives: the same, with sums of much to little in two steps. A kernel's tasks share
// no sum, so what has few results, a channel's mean or the gradient of a small layer's
// weights over a large batch, has few tasks; and tasks that each read some columns read
// at most half of what comes with them from memory, or all read the same rows. Here
// the first step gives the sums of parts, of which there are as many on any machine
// and with any number of threads: the bits are the same.
//
//===----------------------------------------------------------------------===//
#include "codegen/KernelName.h"
#include "codegen/Passes.h"
#include "codegen/Schedule.h"
#include "passes/LowerToLinalg.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StructuredOpsUtils.h"

using namespace mlir;

namespace agc {
#define GEN_PASS_DEF_SPLITREDUCTIONSPASS
#include "codegen/Passes.h.inc"

namespace {

/// Terms that are worth a second call, and results that are tasks enough themselves.
constexpr int64_t minTerms = 1 << 16, maxResults = 256;
/// Parts that share work out evenly.
constexpr int64_t minParts = 4, maxParts = 16;
/// Of a product: steps of a part; how often the whole sum is as long as the result's longer
/// side, less where the other is so short that panels are read from end to end; and results,
/// which each part writes.
constexpr int64_t minSteps = 512, minDepth = 16, shortSide = 16, maxProductResults = 1 << 16;

struct SplitReductionsPass : impl::SplitReductionsPassBase<SplitReductionsPass> {
  void runOnOperation() override;
};

class Splitter {
public:
  explicit Splitter(linalg::GenericOp op)
      : op(op), b(op), isProduct(linalg::isaContractionOpInterface(op)) {}

  void run() {
    if (!isSum() || !chooseLoop())
      return;
    op->replaceAllUsesWith(sumOf(sumParts()));
    op.erase();
  }

private:
  linalg::GenericOp op;
  OpBuilder b;
  bool isProduct; // of two matrices; else a plain reduction, if it is a sum
  unsigned loop = 0;
  int64_t numParts = 1;

  bool isSum();
  int64_t mostParts();
  bool chooseLoop();
  /// The loops of this step are the parts and then the op's own.
  linalg::GenericOp sumParts();
  linalg::GenericOp sumOf(linalg::GenericOp parts);
  SmallVector<Value> zeros(llvm::function_ref<RankedTensorType(RankedTensorType)> typeOf);
};

} // namespace

/// Whether the op is a plain reduction that adds up in f32 or f64, or a product that does,
/// from zero on.
bool Splitter::isSum() {
  if ((!isProduct && !isPlainReduction(op)) || op.hasIndexSemantics())
    return false;
  for (int64_t i = 0; i < op.getNumDpsInits(); ++i) {
    Value init = op.getDpsInits()[i];
    Type element = getElementTypeOrSelf(init.getType());
    AffineMap map = op.getIndexingMapMatchingResult(op->getResult(i));
    if (!isFilledWithZero(init) || (!element.isF32() && !element.isF64()) ||
        !map.isProjectedPermutation() || map.getNumResults() != op.getNumParallelLoops() ||
        !isa_and_nonnull<arith::AddFOp>(combinerOf(*op.getBody(), op.getNumDpsInputs(), i)))
      return false;
  }
  return true;
}

/// How many parts are worth their sum, at most.
int64_t Splitter::mostParts() {
  auto elementsOf = [](Value value) {
    return cast<RankedTensorType>(value.getType()).getNumElements();
  };
  int64_t terms = llvm::product_of(op.getStaticLoopRanges());
  int64_t results = elementsOf(op->getResult(0));
  if (terms < minTerms)
    return 0;
  if (!isProduct)
    return results <= maxResults ? maxParts : 0;
  auto [lesser, longer] = std::minmax({terms / elementsOf(op.getDpsInputs()[0]),
                                       terms / elementsOf(op.getDpsInputs()[1])});
  int64_t steps = terms / results;
  bool isDeep = steps * std::min(lesser, shortSide) >= minDepth * shortSide * longer;
  return isDeep && results <= maxProductResults ? std::min(maxParts, steps / minSteps) : 0;
}

/// The outermost loop of the sum that has parts of equal size.
bool Splitter::chooseLoop() {
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  SmallVector<unsigned> reductions;
  op.getReductionDims(reductions);
  int64_t most = mostParts();
  for (unsigned d : reductions)
    for (int64_t count = most; count >= minParts; --count)
      if (sizes[d] % count == 0) {
        loop = d;
        numParts = count;
        return true;
      }
  return false;
}

SmallVector<Value>
Splitter::zeros(llvm::function_ref<RankedTensorType(RankedTensorType)> typeOf) {
  SmallVector<Value> inits;
  for (Value init : op.getDpsInits()) {
    RankedTensorType type = typeOf(cast<RankedTensorType>(init.getType()));
    Value empty = tensor::EmptyOp::create(b, op.getLoc(), type.getShape(), type.getElementType());
    Value zero = arith::ConstantOp::create(b, op.getLoc(), b.getZeroAttr(type.getElementType()));
    inits.push_back(linalg::FillOp::create(b, op.getLoc(), zero, empty).getResult(0));
  }
  return inits;
}

linalg::GenericOp Splitter::sumParts() {
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  AffineExpr part = b.getAffineDimExpr(0);
  for (OpOperand *operand : op.getDpsInputOperands()) {
    Value input = operand->get();
    AffineMap map = op.getMatchingIndexingMap(operand);
    SmallVector<AffineExpr> exprs(map.shiftDims(1).getResults());
    if (std::optional<unsigned> d = map.getResultPosition(b.getAffineDimExpr(loop))) {
      auto type = cast<RankedTensorType>(input.getType());
      SmallVector<int64_t> shape(type.getShape());
      SmallVector<ReassociationIndices> groups;
      for (int64_t i = 0; i < type.getRank(); ++i)
        groups.push_back(i < *d    ? ReassociationIndices{i}
                         : i == *d ? ReassociationIndices{i, i + 1}
                                   : ReassociationIndices{i + 1});
      shape[*d] /= numParts;
      shape.insert(shape.begin() + *d, numParts);
      exprs.insert(exprs.begin() + *d, part);
      input = tensor::ExpandShapeOp::create(b, op.getLoc(), type.clone(shape), input, groups);
    }
    inputs.push_back(input);
    maps.push_back(AffineMap::get(op.getNumLoops() + 1, 0, exprs, b.getContext()));
  }
  for (OpResult result : op->getResults()) {
    SmallVector<AffineExpr> exprs(
        op.getIndexingMapMatchingResult(result).shiftDims(1).getResults());
    exprs.insert(exprs.begin(), part);
    maps.push_back(AffineMap::get(op.getNumLoops() + 1, 0, exprs, b.getContext()));
  }
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  iterators.insert(iterators.begin(), utils::IteratorType::parallel);
  SmallVector<Value> inits = zeros([&](RankedTensorType type) {
    SmallVector<int64_t> shape(type.getShape());
    shape.insert(shape.begin(), numParts);
    return type.clone(shape);
  });
  auto parts = linalg::GenericOp::create(b, op.getLoc(), ValueRange(inits).getTypes(), inputs,
                                         inits, maps, iterators);
  parts.getRegion().takeBody(op.getRegion());
  return parts;
}

linalg::GenericOp Splitter::sumOf(linalg::GenericOp parts) {
  SmallVector<Value> inits = zeros([](RankedTensorType type) { return type; });
  unsigned rank = cast<RankedTensorType>(inits.front().getType()).getRank();
  AffineMap of = b.getMultiDimIdentityMap(rank + 1), to = of.dropResult(0);
  SmallVector<AffineMap> maps(inits.size(), of);
  maps.append(inits.size(), to);
  SmallVector<utils::IteratorType> iterators(rank + 1, utils::IteratorType::parallel);
  iterators.front() = utils::IteratorType::reduction;
  return linalg::GenericOp::create(
      b, op.getLoc(), ValueRange(inits).getTypes(), parts.getResults(), inits, maps, iterators,
      [&](OpBuilder &inner, Location loc, ValueRange arguments) {
        SmallVector<Value> sums;
        for (size_t i = 0; i < inits.size(); ++i)
          sums.push_back(
              arith::AddFOp::create(inner, loc, arguments[inits.size() + i], arguments[i]));
        linalg::YieldOp::create(inner, loc, sums);
      });
}

void SplitReductionsPass::runOnOperation() {
  SmallVector<linalg::GenericOp> ops;
  getOperation().walk([&](linalg::GenericOp op) { ops.push_back(op); });
  for (linalg::GenericOp op : ops)
    Splitter(op).run();
}

} // namespace agc
