//===- LoopNest.cpp - A kernel as loops over buffers -----------------------===//
#include "codegen/LoopNest.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace agc {

int64_t LoopNest::numIterations(bool reductionsToo) const {
  int64_t product = 1;
  for (unsigned l = 0; l < numLoops(); ++l)
    if (reductionsToo || !isReduction[l])
      product *= sizes[l];
  return product;
}

SmallVector<int64_t> rowMajorStrides(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (int64_t d = int64_t(shape.size()) - 2; d >= 0; --d)
    strides[d] = strides[d + 1] * shape[d + 1];
  return strides;
}

/// Adds `scale` times a linear expression to an access.
static void addLinear(AffineExpr expr, int64_t scale, Access &access) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    access.offset += scale * constant.getValue();
  } else if (auto loop = dyn_cast<AffineDimExpr>(expr)) {
    access.strides[loop.getPosition()] += scale;
  } else {
    auto binary = cast<AffineBinaryOpExpr>(expr);
    if (binary.getKind() == AffineExprKind::Add) {
      addLinear(binary.getLHS(), scale, access);
      addLinear(binary.getRHS(), scale, access);
    } else {
      // The lowering makes no other: loop * constant.
      auto factor = cast<AffineConstantExpr>(binary.getRHS());
      addLinear(binary.getLHS(), scale * factor.getValue(), access);
    }
  }
}

static Access buildAccess(OpOperand &operand, AffineMap map, const View &view) {
  Access access;
  access.offset = view.offset;
  access.strides.assign(map.getNumDims(), 0);
  access.element = getElementTypeOrSelf(operand.get());
  // An operand that lies nowhere is there for its shape and is never read; or
  // it is the result that an epilogue takes from a register.
  auto owner = cast<linalg::GenericOp>(operand.getOwner());
  if (owner.isDpsInput(&operand) &&
      (owner.getMatchingBlockArgument(&operand).use_empty() ||
       view.strides.size() != map.getNumResults()))
    return access;
  for (auto [expr, stride] : llvm::zip_equal(map.getResults(), view.strides))
    addLinear(expr, stride, access);
  return access;
}

/// The generic's own loops, in a new order.
static void permuteLoops(LoopNest &nest, ArrayRef<unsigned> order) {
  LoopNest old = nest;
  SmallVector<int> position(old.numLoops(), -1);
  for (auto [to, from] : llvm::enumerate(order)) {
    nest.sizes[to] = old.sizes[from];
    nest.isReduction[to] = old.isReduction[from];
    position[from] = to;
  }
  nest.sizes.resize(order.size());
  nest.isReduction.resize(order.size());
  auto permute = [&](MutableArrayRef<Access> accesses) {
    for (Access &access : accesses) {
      SmallVector<int64_t> strides;
      for (unsigned from : order)
        strides.push_back(access.strides[from]);
      access.strides = strides;
    }
  };
  permute(nest.inputs);
  permute(nest.outputs);
  permute(nest.epilogueInputs);
  for (int &loop : nest.loopOfIndex)
    loop = loop < 0 ? -1 : position[loop];
}

static void forEachAccess(LoopNest &nest, llvm::function_ref<void(Access &)> f) {
  for (Access &access : nest.inputs)
    f(access);
  for (Access &access : nest.outputs)
    f(access);
  for (Access &access : nest.epilogueInputs)
    f(access);
}

/// Makes loops l and l + 1 one where every operand walks them as one.
static bool mergeLoops(LoopNest &nest, unsigned l, ArrayRef<bool> isIndexed) {
  if (nest.isReduction[l] != nest.isReduction[l + 1] || isIndexed[l] ||
      isIndexed[l + 1])
    return false;
  bool mergeable = true;
  forEachAccess(nest, [&](Access &access) {
    mergeable &= access.strides[l] == access.strides[l + 1] * nest.sizes[l + 1];
  });
  if (!mergeable)
    return false;
  nest.sizes[l] *= nest.sizes[l + 1];
  nest.sizes.erase(nest.sizes.begin() + l + 1);
  nest.isReduction.erase(nest.isReduction.begin() + l + 1);
  forEachAccess(nest, [&](Access &access) {
    access.strides.erase(access.strides.begin() + l);
  });
  for (int &loop : nest.loopOfIndex)
    if (loop > int(l))
      --loop;
  return true;
}

static SmallVector<bool> indexedLoops(const LoopNest &nest) {
  SmallVector<bool> result(nest.numLoops(), false);
  nest.body->walk([&](linalg::IndexOp op) {
    int loop = nest.loopOfIndex[op.getDim()];
    if (loop >= 0)
      result[loop] = true;
  });
  return result;
}

/// The epilogue's operands, indexed by the loops of the reduction: what the
/// epilogue calls its loops are the dimensions of the reduction's result.
static void addEpilogue(LoopNest &nest, linalg::GenericOp op,
                        const Epilogue &epilogue) {
  linalg::GenericOp last = epilogue.op;
  AffineMap result = op.getIndexingMapMatchingResult(op->getResult(0));
  AffineMap stored = last.getIndexingMapMatchingResult(last->getResult(0));
  SmallVector<AffineExpr> loops(last.getNumLoops());
  for (auto [expr, loop] :
       llvm::zip_equal(stored.getResults(), result.getResults()))
    loops[cast<AffineDimExpr>(expr).getPosition()] = loop;
  nest.epilogue = last.getBody();
  nest.resultArgument = epilogue.resultOperand;
  for (auto [operand, view] :
       llvm::zip_equal(last.getDpsInputOperands(), epilogue.inputs)) {
    AffineMap map = last.getMatchingIndexingMap(operand);
    nest.epilogueInputs.push_back(buildAccess(
        *operand, map.replaceDimsAndSymbols(loops, {}, op.getNumLoops(), 0), view));
  }
}

LoopNest buildLoopNest(linalg::GenericOp op, ArrayRef<View> inputs,
                       ArrayRef<View> outputs, const Epilogue &epilogue) {
  LoopNest nest;
  nest.body = op.getBody();
  llvm::append_range(nest.sizes, op.getStaticLoopRanges());
  for (utils::IteratorType type : op.getIteratorTypesArray())
    nest.isReduction.push_back(type == utils::IteratorType::reduction);
  for (unsigned l = 0; l < nest.numLoops(); ++l)
    nest.loopOfIndex.push_back(l);
  for (auto [operand, view] :
       llvm::zip_equal(op.getDpsInputOperands(), inputs))
    nest.inputs.push_back(
        buildAccess(*operand, op.getMatchingIndexingMap(operand), view));
  for (auto [i, view] : llvm::enumerate(outputs)) {
    // An epilogue's results lie as the sum would.
    OpOperand *operand = op.getDpsInitOperand(epilogue.op ? 0 : i);
    nest.outputs.push_back(
        buildAccess(*operand, op.getMatchingIndexingMap(operand), view));
    if (epilogue.op && i > 0)
      continue;
    TypedAttr init;
    if (auto fill = operand->get().getDefiningOp<linalg::FillOp>())
      if (auto constant = fill.getInputs()[0].getDefiningOp<arith::ConstantOp>())
        init = constant.getValue();
    nest.inits.push_back(init);
  }

  if (epilogue.op)
    addEpilogue(nest, op, epilogue);

  // Parallel loops outside, as the output lies; reductions inside, as the first
  // input that they walk does, or the output where results overlap.
  const Access &out = nest.outputs.front();
  auto reach = [&](unsigned l) {
    if (out.strides[l])
      return std::abs(out.strides[l]);
    for (const Access &input : nest.inputs)
      if (input.strides[l])
        return std::abs(input.strides[l]);
    return int64_t(0);
  };
  SmallVector<unsigned> order;
  for (unsigned l = 0; l < nest.numLoops(); ++l) {
    if (nest.sizes[l] != 1)
      order.push_back(l);
    else
      nest.loopOfIndex[l] = -1;
  }
  llvm::stable_sort(order, [&](unsigned a, unsigned b) {
    if (nest.isReduction[a] != nest.isReduction[b])
      return bool(nest.isReduction[b]);
    return reach(a) > reach(b);
  });
  permuteLoops(nest, order);
  for (unsigned l = 0; l + 1 < nest.numLoops();)
    if (!mergeLoops(nest, l, indexedLoops(nest)))
      ++l;
  return nest;
}

LoopNest buildElements(linalg::GenericOp op, ArrayRef<View> inputs) {
  LoopNest nest;
  nest.body = op.getBody();
  llvm::append_range(nest.sizes, cast<RankedTensorType>(op->getResult(0).getType()).getShape());
  nest.isReduction.assign(nest.numLoops(), false);
  AffineMap result = inversePermutation(op.getIndexingMapMatchingResult(op->getResult(0)));
  for (AffineExpr loop : result.getResults()) // Which dimension it is.
    nest.loopOfIndex.push_back(cast<AffineDimExpr>(loop).getPosition());
  for (auto [operand, view] : llvm::zip_equal(op.getDpsInputOperands(), inputs))
    nest.inputs.push_back(
        buildAccess(*operand, op.getMatchingIndexingMap(operand).compose(result), view));
  return nest;
}

} // namespace agc
