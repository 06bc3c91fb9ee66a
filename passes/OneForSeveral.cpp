//===- OneForSeveral.cpp - One value in memory instead of several ----------===//
//
// A loss is read from values of the forward that are there for it alone:
//
//   u, v = group(x); sum = reduce(f(u, v))   t = f(u, v) behind the group: sum = reduce(t)
//
// A backward multiplies a cotangent with what it computes of such values:
//
//   u, v = group(x); dx = dy * f(x, u)       d = f(x, u) behind the group: dx = dy * d
//
// The group then becomes one op with what is behind it.
//
//===----------------------------------------------------------------------===//
#include "passes/ElementwiseGroup.h"
#include "passes/LowerToLinalg.h"

#include "mlir/Analysis/SliceAnalysis.h"

using namespace mlir;

namespace agc {
namespace {

/// Of an op's body, what one value takes, of some of the op's inputs.
struct Part {
  Value value;
  SmallVector<OpOperand *> inputs;
  llvm::SmallPtrSet<Operation *, 8> ops;
};

/// An op of its own for the part, where the builder stands.
linalg::GenericOp computeApart(OpBuilder &builder, linalg::GenericOp op, const Part &part) {
  Location loc = op.getLoc();
  AffineMap identity = builder.getMultiDimIdentityMap(op.getNumLoops());
  Value empty =
      tensor::EmptyOp::create(builder, loc, op.getStaticLoopRanges(), part.value.getType());
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  for (OpOperand *input : part.inputs) {
    inputs.push_back(input->get());
    maps.push_back(op.getMatchingIndexingMap(input));
  }
  maps.push_back(identity);
  return linalg::GenericOp::create(
      builder, loc, empty.getType(), inputs, empty, maps, iterators(op.getNumLoops(), 0),
      [&](OpBuilder &b, Location, ValueRange values) {
        IRMapping mapping;
        for (auto [input, value] : llvm::zip(part.inputs, values))
          mapping.map(op.getMatchingBlockArgument(input), value);
        for (Operation &inner : op.getBody()->without_terminator())
          if (part.ops.contains(&inner))
            b.clone(inner, mapping);
        linalg::YieldOp::create(b, loc, mapping.lookup(part.value));
      });
}

/// The op with a value instead of the part, which the other inputs are not for.
void readInstead(RewriterBase &rewriter, linalg::GenericOp op, const Part &part, Value instead) {
  rewriter.setInsertionPoint(op);
  SmallVector<Value> inputs{instead};
  SmallVector<AffineMap> maps{rewriter.getMultiDimIdentityMap(op.getNumLoops())};
  SmallVector<OpOperand *> others;
  for (OpOperand *input : op.getDpsInputOperands())
    if (!llvm::is_contained(part.inputs, input)) {
      others.push_back(input);
      inputs.push_back(input->get());
      maps.push_back(op.getMatchingIndexingMap(input));
    }
  for (OpOperand &init : op.getDpsInitsMutable())
    maps.push_back(op.getMatchingIndexingMap(&init));
  auto reader = linalg::GenericOp::create(
      rewriter, op.getLoc(), op->getResultTypes(), inputs, op.getDpsInits(), maps,
      op.getIteratorTypesArray(), [&](OpBuilder &b, Location loc, ValueRange values) {
        IRMapping mapping;
        mapping.map(part.value, values.front());
        for (auto [input, value] : llvm::zip(others, values.drop_front()))
          mapping.map(op.getMatchingBlockArgument(input), value);
        for (auto [init, value] :
             llvm::zip(op.getRegionOutputArgs(), values.drop_front(inputs.size())))
          mapping.map(init, value);
        for (Operation &inner : op.getBody()->without_terminator())
          if (!part.ops.contains(&inner))
            b.clone(inner, mapping);
        SmallVector<Value> yielded;
        for (Value value : op.getBody()->getTerminator()->getOperands())
          yielded.push_back(mapping.lookupOrDefault(value));
        linalg::YieldOp::create(b, loc, yielded);
      });
  rewriter.replaceOp(op, reader);
}

bool areReadByLoops(Operation *maker) {
  return llvm::all_of(maker->getUsers(), [](Operation *user) {
    return isa<linalg::GenericOp>(user) || user->hasTrait<OpTrait::IsTerminator>();
  });
}

//===----------------------------------------------------------------------===//
// Terms of reductions
//===----------------------------------------------------------------------===//

/// What a reduction of one result adds up, or combines otherwise, if it is computed in its
/// body for that alone, of values of one group that nobody else reads.
std::optional<Part> findTerm(linalg::GenericOp op) {
  SmallVector<Operation *> combiners;
  if (op.getNumReductionLoops() == 0 || op.hasIndexSemantics() || op.getNumDpsInits() != 1)
    return std::nullopt;
  Value term = matchReduction(op.getRegionOutputArgs(), 0, combiners);
  if (!term || !term.getDefiningOp() || !term.hasOneUse())
    return std::nullopt;
  AffineMap identity = AffineMap::getMultiDimIdentityMap(op.getNumLoops(), op.getContext());
  linalg::GenericOp maker;
  unsigned spared = 0;
  Part part{term, op.getDpsInputOperands(), {}};
  for (OpOperand *operand : part.inputs) {
    auto from = operand->get().getDefiningOp<linalg::GenericOp>();
    if (op.getMatchingIndexingMap(operand) != identity)
      return std::nullopt;
    if (!from)
      continue;
    if ((maker && maker != from) || !isElementwise(from) ||
        from.getIndexingMapMatchingResult(cast<OpResult>(operand->get())) != identity)
      return std::nullopt;
    maker = from;
    spared += operand->get().hasOneUse();
  }
  if (spared < 2 || !fits(maker, op) || !isCostly(maker) || !areReadByLoops(maker) ||
      !readersBetween(maker, op))
    return std::nullopt;
  for (Operation &inner : op.getBody()->without_terminator())
    if (&inner != combiners.front())
      part.ops.insert(&inner);
  return part;
}

//===----------------------------------------------------------------------===//
// Factors of cotangents
//===----------------------------------------------------------------------===//

/// Whether the group reads this as the reader does.
bool readsToo(linalg::GenericOp group, linalg::GenericOp reader, OpOperand *input) {
  return llvm::any_of(group.getDpsInputOperands(), [&](OpOperand *own) {
    return own->get() == input->get() &&
           group.getMatchingIndexingMap(own) == reader.getMatchingIndexingMap(input);
  });
}

/// The one value that a later element-wise op computes of what the group has, if of that two
/// values and more are in memory for it alone.
std::optional<Part> findFactor(linalg::GenericOp group, linalg::GenericOp op) {
  if (!isCostly(group) || !walksAlike(group, op) || !fits(group, op) || op.hasIndexSemantics() ||
      group.hasIndexSemantics() || !areReadByLoops(group))
    return std::nullopt;
  Part part;
  llvm::SmallPtrSet<Value, 8> known;
  unsigned spared = 0, numLoops = op.getNumLoops();
  for (OpOperand *input : op.getDpsInputOperands()) {
    bool isResult = input->get().getDefiningOp() == group;
    if (!isResult && !readsToo(group, op, input))
      continue;
    part.inputs.push_back(input);
    known.insert(op.getMatchingBlockArgument(input));
    bool isWhole = op.getMatchingIndexingMap(input).getNumResults() == numLoops;
    spared += isWhole && !isa<BlockArgument>(input->get()) &&
              llvm::all_of(input->get().getUsers(), [&](Operation *user) {
                return user == op || (!isResult && user == group);
              });
  }
  if (spared < 2 || part.inputs.size() == op.getDpsInputs().size())
    return std::nullopt;
  auto isKnown = [&](Value value) {
    return known.contains(value) || value.getParentBlock() != op.getBody();
  };
  auto isOfGroup = [&](Value value) { return known.contains(value); };
  for (Operation &inner : op.getBody()->without_terminator())
    if (llvm::all_of(inner.getOperands(), isKnown) && llvm::any_of(inner.getOperands(), isOfGroup)) {
      part.ops.insert(&inner);
      known.insert_range(inner.getResults());
    }
  // All that others of the body need of it is one value.
  for (Operation &inner : *op.getBody())
    if (!part.ops.contains(&inner))
      for (Value operand : inner.getOperands()) {
        if (!isOfGroup(operand) || operand == part.value)
          continue;
        if (part.value || !operand.getDefiningOp())
          return std::nullopt;
        part.value = operand;
      }
  return part.value && isa<FloatType>(part.value.getType()) ? std::optional(part) : std::nullopt;
}

/// The op's first group that has such a part.
linalg::GenericOp findGroup(linalg::GenericOp op, std::optional<Part> &part) {
  for (OpOperand *input : op.getDpsInputOperands())
    if (auto group = input->get().getDefiningOp<linalg::GenericOp>())
      if ((part = findFactor(group, op)))
        return group;
  return nullptr;
}

} // namespace

bool giveOneForSeveral(RewriterBase &rewriter, Block &block) {
  bool found = false;
  for (auto op : llvm::make_early_inc_range(block.getOps<linalg::GenericOp>())) {
    std::optional<Part> part = findTerm(op);
    if (part)
      rewriter.setInsertionPoint(op);
    else if (linalg::GenericOp group = findGroup(op, part))
      rewriter.setInsertionPointAfter(group);
    else
      continue;
    Value value = computeApart(rewriter, op, *part).getResult(0);
    readInstead(rewriter, op, *part, value);
    found = true;
  }
  return found;
}

} // namespace agc
