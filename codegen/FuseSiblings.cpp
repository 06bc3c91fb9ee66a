//===- FuseSiblings.cpp - Ops that read the same values, as one ------------===//
//
// Takes: functions as agc-prepare-kernels leaves them.
// Gives: the same, with fewer kernels. What agc-fuse-elementwise left apart is in
// memory anyway; here neighbours are found that need not read it twice. Late, since
// only now is known which copies there are, and in which order values lie.
//
//===----------------------------------------------------------------------===//
#include "codegen/KernelName.h"
#include "codegen/Passes.h"
#include "codegen/Schedule.h"
#include "passes/ElementwiseGroup.h"
#include "passes/Winograd.h"

#include "mlir/Transforms/CSE.h"

using namespace mlir;

namespace agc {
#define GEN_PASS_DEF_FUSESIBLINGSPASS
#include "codegen/Passes.h.inc"

namespace {

/// More streams of memory than this are more than prefetchers follow.
constexpr unsigned maxOperands = 20;
/// How many ops may be between two that become one: what the first reads lives on, and
/// what it gives comes later.
constexpr unsigned maxBetween = 32;
/// Elements of a copy that is not worth a call of its own.
constexpr int64_t smallCopy = 1 << 16;

struct FuseSiblingsPass : impl::FuseSiblingsPassBase<FuseSiblingsPass> {
  void runOnOperation() override;

private:
  bool isUpdate(Operation *op);
  bool mayJoin(linalg::GenericOp op);
};

} // namespace

/// Whether a result updates an argument of the function.
bool FuseSiblingsPass::isUpdate(Operation *op) {
  for (OpOperand &use : op->getUses())
    if (use.getOwner()->hasTrait<OpTrait::IsTerminator>() &&
        getOperation().getResultAttr(use.getOperandNumber(), ir::updatesAttr))
      return true;
  return false;
}

/// Whether the op may take a sum that nobody else reads from where it is made.
static bool finishesReduction(linalg::GenericOp op) {
  return llvm::any_of(op.getDpsInputs(), [](Value value) {
    auto maker = value.getDefiningOp<linalg::GenericOp>();
    return maker && maker.getNumReductionLoops() && value.hasOneUse();
  });
}

/// Whether a transform computes what the op gives on the way.
static bool isPrologue(linalg::GenericOp op) {
  return op->hasOneUse() && winograd::isPrologue(*op->use_begin());
}

bool FuseSiblingsPass::mayJoin(linalg::GenericOp op) {
  return isElementwise(op) && lookupsIn(op).empty() && !isUpdate(op) &&
         !finishesReduction(op) && !isPrologue(op) && llvm::all_of(op.getDpsInits(), [](Value init) {
           return bool(init.getDefiningOp<tensor::EmptyOp>());
         });
}

/// The inputs of an op that it reads element by element, not one for many, each with the
/// order that it is read in.
static llvm::SetVector<std::pair<Value, AffineMap>> wholeInputsOf(linalg::GenericOp op) {
  llvm::SetVector<std::pair<Value, AffineMap>> inputs;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    AffineMap map = op.getMatchingIndexingMap(operand);
    if (!op.getMatchingBlockArgument(operand).use_empty() && map.isPermutation())
      inputs.insert({operand->get(), map});
  }
  return inputs;
}

/// Whether the op does no more than bring few elements elsewhere.
static bool isSmallCopy(linalg::GenericOp op) {
  auto type = cast<RankedTensorType>(op.getResult(0).getType());
  return llvm::hasSingleElement(*op.getBody()) && type.getNumElements() <= smallCopy;
}

/// Whether one op in place of both reads less or saves a call, and not with too much at
/// a time.
static bool isWorthIt(linalg::GenericOp first, linalg::GenericOp second) {
  auto inputs = wholeInputsOf(first), more = wholeInputsOf(second);
  bool readsResult = llvm::any_of(
      second.getDpsInputs(), [&](Value value) { return value.getDefiningOp() == first; });
  bool sharesInput = llvm::any_of(more, [&](auto input) { return inputs.contains(input); });
  if (!readsResult && !sharesInput && !isSmallCopy(first) && !isSmallCopy(second))
    return false;
  inputs.insert_range(more);
  return inputs.size() + first->getNumResults() + second->getNumResults() <= maxOperands;
}

/// What all of the op's sums are made with, if that is one: its name, or nothing.
static StringRef combinerOf(linalg::GenericOp op) {
  StringRef name;
  for (int64_t i = 0; i < op.getNumDpsInits(); ++i) {
    Operation *combiner = combinerOf(*op.getBody(), op.getNumDpsInputs(), i);
    if (!combiner || (!name.empty() && name != combiner->getName().getStringRef()))
      return "";
    name = combiner->getName().getStringRef();
  }
  return name;
}

/// Whether both reductions go over the same elements, neither after the other.
static bool reduceAlike(linalg::GenericOp first, linalg::GenericOp second) {
  auto mapsOf = [](linalg::GenericOp op) {
    return llvm::map_to_vector(op->getResults(), [&](OpResult result) {
      return op.getIndexingMapMatchingResult(result);
    });
  };
  AffineMap map = mapsOf(first).front();
  return isPlainReduction(first) && isPlainReduction(second) && !combinerOf(first).empty() &&
         combinerOf(first) == combinerOf(second) &&
         first.getStaticLoopRanges() == second.getStaticLoopRanges() &&
         first.getIteratorTypesArray() == second.getIteratorTypesArray() &&
         llvm::all_of(mapsOf(first), [&](AffineMap m) { return m == map; }) &&
         llvm::all_of(mapsOf(second), [&](AffineMap m) { return m == map; }) &&
         llvm::none_of(second->getOperands(),
                       [&](Value value) { return value.getDefiningOp() == first; });
}

/// Whether other kernels write into what this one leaves: it has to come before them.
static bool isWrittenInto(linalg::GenericOp op) {
  return llvm::any_of(op->getUses(), [](OpOperand &use) {
    auto insertion = dyn_cast<tensor::InsertSliceOp>(use.getOwner());
    return insertion && &use == &insertion.getDestMutable();
  });
}

/// Whether something that the op writes into is among these, which come behind it.
static bool writesIntoLater(linalg::GenericOp op, ArrayRef<Operation *> later) {
  return llvm::any_of(op->getUsers(), [&](Operation *user) {
    Operation *root = user;
    while (auto insertion = dyn_cast_or_null<tensor::InsertSliceOp>(root))
      root = insertion.getDest().getDefiningOp();
    return root != user && llvm::is_contained(later, root);
  });
}

/// The next op that this one can be one with, and what has to go behind both.
static std::optional<Partner>
findSibling(linalg::GenericOp op, llvm::function_ref<bool(linalg::GenericOp)> mayJoin) {
  if (isWrittenInto(op))
    return std::nullopt;
  unsigned distance = 0;
  for (Operation *next = op->getNextNode(); next && ++distance <= maxBetween;
       next = next->getNextNode()) {
    auto other = dyn_cast<linalg::GenericOp>(next);
    if (!other || !fits(op, other) || !isWorthIt(op, other) ||
        !(reduceAlike(op, other) || (walksAlike(op, other) && mayJoin(op) && mayJoin(other))))
      continue;
    auto between = readersBetween(op, other);
    // What is inserted behind a part of the op's own is to stay on top of it.
    if (between && !writesIntoLater(other, *between) && llvm::all_of(*between, [&](Operation *moved) {
          auto insertion = dyn_cast<tensor::InsertSliceOp>(moved);
          return !insertion || insertion.getSource().getDefiningOp() == op;
        }))
      return Partner(other, *between);
  }
  return std::nullopt;
}

void FuseSiblingsPass::runOnOperation() {
  IRRewriter rewriter(&getContext());
  DominanceInfo dominance(getOperation());
  auto joins = [&](linalg::GenericOp op) { return mayJoin(op); };
  fusePartners(
      rewriter, getOperation().getBody().front(),
      [&](linalg::GenericOp op) { return findSibling(op, joins); },
      // What both compute, but nothing else: destinations are there already.
      [&](Operation *fused) { eliminateCommonSubExpressions(rewriter, dominance, fused); });
}

} // namespace agc
