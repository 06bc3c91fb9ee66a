//===- FuseElementwise.cpp - Element-wise chains into one loop -------------===//
//
// Takes: linalg.generic ops as lowered, one per agc op.
// Gives: as few as the policy below allows. The mechanics are upstream's.
//
// In this order, each until nothing is left to do:
//   0. what follows a product, behind a reshape, goes over its elements as they lie;
//   1. a producer goes into its only reader;
//   2. a costly producer goes into one of its readers, which keeps the value for
//      the others: nothing is computed twice;
//   3. a cheap producer is computed again in each of its readers;
//   4. what is computed later of several values of a group, that gives instead.
// 1 first: only then is a producer whose readers have become one seen as such.
//
//===----------------------------------------------------------------------===//
#include "passes/ElementwiseGroup.h"
#include "passes/LowerToLinalg.h"

#include "ir/ScalarBuilder.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace agc {
#define GEN_PASS_DEF_FUSEELEMENTWISEPASS
#include "passes/Passes.h.inc"

namespace {

/// What computing a value again may cost, for all readers but the first.
constexpr unsigned maxRecomputation = 64;
/// What of its operands readers read more than they would of a value in memory, at most: to
/// write that takes about as long.
constexpr int64_t maxMoreReads = 2;
/// Ops one behind the other that are looked at to see who reads a value in the end.
constexpr unsigned maxFlatChain = 8;

/// Whether it computes more than sums and products.
bool isCostly(linalg::GenericOp op) {
  return llvm::any_of(*op.getBody(), [](Operation &scalar) { return ir::workOf(scalar) > 1; });
}

int64_t numIterations(linalg::GenericOp op) {
  int64_t product = 1;
  for (int64_t size : op.getStaticLoopRanges())
    product *= size;
  return product;
}

/// Whether the op's windows overlap, as in `p * stride + k`: patches are made so as
/// to be in memory.
bool readsWindows(linalg::GenericOp op) {
  for (OpOperand *input : op.getDpsInputOperands())
    for (AffineExpr index : op.getMatchingIndexingMap(input).getResults())
      if (loopsOf(index, op.getNumLoops()).count() > 1)
        return true;
  return false;
}

/// Whether computing the producer inside this consumer computes each of its
/// elements once, or costs nothing to repeat.
bool isWorthFusing(linalg::GenericOp producer, linalg::GenericOp consumer) {
  if (llvm::hasSingleElement(*producer.getBody()) && !readsWindows(producer))
    return true; // Only moves elements: a broadcast, a transpose.
  return numIterations(consumer) <= numIterations(producer);
}

/// A result that some user needs in memory is read from there by all.
bool isWorthFusingIntoAll(linalg::GenericOp producer) {
  return llvm::all_of(producer->getUsers(), [&](Operation *user) {
    auto generic = dyn_cast<linalg::GenericOp>(user);
    return generic && isWorthFusing(producer, generic);
  });
}

llvm::SmallPtrSet<Operation *, 4> readersOf(linalg::GenericOp producer) {
  return {llvm::from_range, producer->getUsers()};
}

unsigned numReaders(linalg::GenericOp producer) { return readersOf(producer).size(); }

/// The loops that an op's inputs, but for \p except, go over.
llvm::SmallBitVector loopsOfInputs(linalg::GenericOp op, OpOperand *except = nullptr) {
  llvm::SmallBitVector loops(op.getNumLoops());
  for (OpOperand *input : op.getDpsInputOperands())
    if (input != except)
      for (AffineExpr expr : op.getMatchingIndexingMap(input).getResults())
        if (auto dim = dyn_cast<AffineDimExpr>(expr))
          loops.set(dim.getPosition());
  return loops;
}

/// Whether a sum still has an input that says how long each of its loops is.
/// Upstream would make do with a further result, which nobody reads, that does.
bool keepsItsLoops(OpOperand *operand) {
  auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
  auto consumer = cast<linalg::GenericOp>(operand->getOwner());
  if (consumer.getNumReductionLoops() == 0)
    return true;
  llvm::SmallBitVector loops = loopsOfInputs(consumer, operand),
                       inner = loopsOfInputs(producer);
  AffineMap written = producer.getIndexingMapMatchingResult(cast<OpResult>(operand->get()));
  for (auto [to, from] : llvm::zip_equal(
           consumer.getMatchingIndexingMap(operand).getResults(), written.getResults())) {
    auto outer = dyn_cast<AffineDimExpr>(to), own = dyn_cast<AffineDimExpr>(from);
    if (outer && own && inner.test(own.getPosition()))
      loops.set(outer.getPosition());
  }
  SmallVector<unsigned> reductions;
  consumer.getReductionDims(reductions);
  return llvm::all_of(reductions, [&](unsigned d) { return loops.test(d); });
}

} // namespace

bool canComputeIn(OpOperand &operand) {
  auto producer = operand.get().getDefiningOp<linalg::GenericOp>();
  auto consumer = dyn_cast<linalg::GenericOp>(operand.getOwner());
  return producer && consumer && fits(producer, consumer) && isWorthFusing(producer, consumer) &&
         linalg::areElementwiseOpsFusable(&operand) && keepsItsLoops(&operand);
}

void computeIn(RewriterBase &rewriter, OpOperand &operand) {
  auto reader = cast<linalg::GenericOp>(operand.getOwner());
  rewriter.setInsertionPoint(reader);
  FailureOr<linalg::ElementwiseOpFusionResult> fused =
      linalg::fuseElementwiseOps(rewriter, &operand);
  for (Value result : reader->getResults())
    rewriter.replaceAllUsesWith(result, fused->replacements.lookup(result));
  rewriter.eraseOp(reader);
  // Upstream also gives what was there already. And what both read is to be read once,
  // what both compute computed once.
  OpOperand &use = *fused->fusedOp->use_begin();
  RewritePatternSet patterns(rewriter.getContext());
  linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
  GreedyRewriteConfig config;
  config.setStrictness(GreedyRewriteStrictness::ExistingAndNewOps).enableFolding(false);
  (void)applyOpPatternsGreedily(fused->fusedOp, std::move(patterns), config);
  Operation *made = use.get().getDefiningOp();
  DominanceInfo dominance(made);
  eliminateCommonSubExpressions(rewriter, dominance, made);
}

namespace {

bool goesIntoItsReader(OpOperand *operand) {
  auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
  auto consumer = dyn_cast<linalg::GenericOp>(operand->getOwner());
  return producer && consumer && fits(producer, consumer) &&
         numReaders(producer) == 1 && isWorthFusingIntoAll(producer) &&
         keepsItsLoops(operand);
}

/// How many values in memory more all readers together read if each computes the producer,
/// instead of its result: those of the producer's inputs that are as large.
int64_t moreReads(linalg::GenericOp producer) {
  SmallVector<Value> inputs;
  for (OpOperand *input : producer.getDpsInputOperands())
    if (producer.getMatchingIndexingMap(input).getNumResults() == producer.getNumLoops())
      inputs.push_back(input->get());
  int64_t more = 0;
  for (Operation *reader : readersOf(producer))
    more += llvm::count_if(inputs, [&](Value input) {
              return !llvm::is_contained(reader->getOperands(), input);
            }) - 1;
  return more;
}

bool goesIntoEachReader(OpOperand *operand) {
  auto producer = operand->get().getDefiningOp<linalg::GenericOp>();
  auto consumer = dyn_cast<linalg::GenericOp>(operand->getOwner());
  return producer && consumer && fits(producer, consumer) &&
         (numReaders(producer) - 1) * workOf(producer) <= maxRecomputation &&
         moreReads(producer) <= maxMoreReads &&
         isWorthFusingIntoAll(producer) && keepsItsLoops(operand);
}

/// Whether all that read the op's results flatten them, or go over them as it does.
bool isReadFlat(linalg::GenericOp op, unsigned depth = 0) {
  auto isFlat = [&](Operation *user) {
    auto reader = dyn_cast<linalg::GenericOp>(user);
    return isa<tensor::CollapseShapeOp>(user) || (reader && isReadFlat(reader, depth + 1));
  };
  return depth < maxFlatChain && isElementwise(op) && llvm::all_of(op->getUsers(), isFlat);
}

/// Whether the op is a sum, or does something with the elements of one.
bool comesOfSum(linalg::GenericOp op, unsigned depth = 0) {
  return depth < maxFlatChain &&
         (op.getNumReductionLoops() || llvm::any_of(op.getDpsInputs(), [&](Value input) {
            auto maker = input.getDefiningOp<linalg::GenericOp>();
            return maker && comesOfSum(maker, depth + 1);
          }));
}

/// Whether some reader is a sum that the op would rather go into.
bool isSummed(linalg::GenericOp op) {
  return llvm::any_of(op->getUsers(), [&](Operation *user) {
    auto reader = dyn_cast<linalg::GenericOp>(user);
    return reader && reader.getNumReductionLoops() && isWorthFusing(op, reader);
  });
}

/// The loop behind a reshape, if there are both.
template <typename Reshape> linalg::GenericOp makerBehind(Value value) {
  auto reshape = value.getDefiningOp<Reshape>();
  return reshape ? reshape.getSrc().template getDefiningOp<linalg::GenericOp>() : nullptr;
}

/// What is done with a product's elements goes over these as they lie, so that it can join the
/// product's kernel. Layers flatten what they multiply: there it does not go by the shape that
/// nobody asks for behind it, or that some ask for, if it will be in memory for them. And where
/// a product has panels, it has them, too. First the one, then the other: an op that reads
/// products of both kinds would go back and forth.
LogicalResult shapeBehindProducts(Operation *root) {
  RewritePatternSet flatten(root->getContext()), expand(root->getContext());
  linalg::populateFoldReshapeOpsByCollapsingPatterns(flatten, [](OpOperand *operand) {
    auto reader = dyn_cast<linalg::GenericOp>(operand->getOwner());
    return makerBehind<tensor::ExpandShapeOp>(operand->get()) && reader &&
           (isReadFlat(reader) || (isElementwise(reader) && moreReads(reader) > maxMoreReads));
  });
  linalg::populateFoldReshapeOpsByExpansionPatterns(expand, [](OpOperand *operand) {
    auto reader = dyn_cast<linalg::GenericOp>(operand->getOwner());
    linalg::GenericOp maker = makerBehind<tensor::CollapseShapeOp>(operand->get());
    return maker && maker->hasOneUse() && operand->get().hasOneUse() && comesOfSum(maker) &&
           reader && isElementwise(reader) && !isSummed(reader);
  });
  return failed(applyPatternsGreedily(root, std::move(flatten)))
             ? failure()
             : applyPatternsGreedily(root, std::move(expand));
}

LogicalResult fuseWhere(Operation *root, const linalg::ControlFusionFn &control) {
  RewritePatternSet patterns(root->getContext());
  linalg::populateElementwiseOpsFusionPatterns(patterns, control);
  linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
  GreedyRewriteConfig config;
  config.setUseTopDownTraversal(true);
  if (failed(applyPatternsGreedily(root, std::move(patterns), config)))
    return failure();
  // A producer fused twice into one group is there twice.
  IRRewriter rewriter(root->getContext());
  DominanceInfo dominance(root);
  eliminateCommonSubExpressions(rewriter, dominance, root);
  return success();
}

//===----------------------------------------------------------------------===//
// Groups with several results
//===----------------------------------------------------------------------===//

/// The first of a producer's readers that can be one op with it, and the ops between
/// the two that have to go behind that: of a producer that is costly, or of two that
/// the function returns, so that both are in memory anyway. The new state of an
/// optimizer and the parameter that it is applied to become one op.
std::optional<Partner> findReader(linalg::GenericOp producer) {
  auto isReturn = [](Operation *user) {
    return user->hasTrait<OpTrait::IsTerminator>();
  };
  bool isWorthIt = isCostly(producer);
  if (!isWorthIt && llvm::none_of(producer->getUsers(), isReturn))
    return std::nullopt;
  SmallVector<linalg::GenericOp> readers;
  for (OpOperand &use : producer->getUses()) {
    if (isReturn(use.getOwner()))
      continue;
    auto reader = dyn_cast<linalg::GenericOp>(use.getOwner());
    if (!reader)
      return std::nullopt; // Needed in memory as it is.
    if ((isWorthIt || llvm::any_of(reader->getUsers(), isReturn)) &&
        fits(producer, reader) && walksAlike(producer, reader))
      readers.push_back(reader);
  }
  llvm::sort(readers, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  readers.erase(llvm::unique(readers), readers.end());
  for (linalg::GenericOp reader : readers)
    if (auto between = readersBetween(producer, reader))
      return Partner(reader, *between);
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// One value in memory instead of several
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
//===----------------------------------------------------------------------===//

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

/// The op as one that reads a value instead of what that part of it takes.
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

/// Whether only loops read the results, or the function returns them.
bool areReadByLoops(Operation *maker) {
  return llvm::all_of(maker->getUsers(), [](Operation *user) {
    return isa<linalg::GenericOp>(user) || user->hasTrait<OpTrait::IsTerminator>();
  });
}

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

/// Where a later op computes something of several values of a group that nobody else needs,
/// puts that behind the group, so that one value is in memory instead. Whether it did.
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

//===----------------------------------------------------------------------===//
// What is left
//===----------------------------------------------------------------------===//

/// A result of a reduction that nobody reads is there to say how long a loop is, since
/// what was folded away does not any more. An input says that as well, and is not
/// written.
void readOnlyForShape(linalg::GenericOp op) {
  auto isForShape = [&](OpOperand &init) {
    return op.getTiedOpResult(&init).use_empty() && op.getMatchingBlockArgument(&init).use_empty();
  };
  if (op.getNumReductionLoops() == 0 || llvm::none_of(op.getDpsInitsMutable(), isForShape))
    return;
  IRRewriter rewriter(op);
  SmallVector<Value> inputs(op.getDpsInputs()), inits, old;
  SmallVector<AffineMap> maps, initMaps;
  SmallVector<BlockArgument> inputArguments, initArguments;
  SmallVector<Value> yielded;
  auto keep = [&](OpOperand &operand, bool isInit) {
    (isInit ? initMaps : maps).push_back(op.getMatchingIndexingMap(&operand));
    (isInit ? initArguments : inputArguments).push_back(op.getMatchingBlockArgument(&operand));
  };
  for (OpOperand *operand : op.getDpsInputOperands())
    keep(*operand, false);
  for (OpOperand &init : op.getDpsInitsMutable()) {
    keep(init, !isForShape(init));
    if (isForShape(init)) {
      inputs.push_back(init.get());
      continue;
    }
    OpResult result = op.getTiedOpResult(&init);
    inits.push_back(init.get());
    old.push_back(result);
    yielded.push_back(op.getBody()->getTerminator()->getOperand(result.getResultNumber()));
  }
  llvm::append_range(maps, initMaps);
  auto made = linalg::GenericOp::create(rewriter, op.getLoc(), ValueRange(inits).getTypes(), inputs, inits, maps,
                                        op.getIteratorTypesArray());
  Block *body = rewriter.createBlock(&made.getRegion());
  IRMapping mapping;
  for (BlockArgument argument : llvm::concat<BlockArgument>(inputArguments, initArguments))
    mapping.map(argument, body->addArgument(argument.getType(), argument.getLoc()));
  rewriter.setInsertionPointToEnd(body);
  for (Operation &inner : op.getBody()->without_terminator())
    rewriter.clone(inner, mapping);
  linalg::YieldOp::create(rewriter, op.getLoc(), llvm::map_to_vector(yielded, [&](Value value) {
                            return mapping.lookupOrDefault(value);
                          }));
  rewriter.replaceAllUsesWith(old, made->getResults());
  rewriter.eraseOp(op);
}

struct FuseElementwisePass : impl::FuseElementwisePassBase<FuseElementwisePass> {
  void runOnOperation() override {
    if (failed(shapeBehindProducts(getOperation())) ||
        failed(fuseWhere(getOperation(), goesIntoItsReader)))
      return signalPassFailure();
    IRRewriter rewriter(&getContext());
    fusePartners(rewriter, getOperation().getBody().front(), findReader);
    // What a group has swallowed may have left one reader where there were two.
    if (failed(fuseWhere(getOperation(), goesIntoItsReader)) ||
        failed(fuseWhere(getOperation(), goesIntoEachReader)))
      return signalPassFailure();
    Block &block = getOperation().getBody().front();
    if (giveOneForSeveral(rewriter, block))
      fusePartners(rewriter, block, findReader);
    for (auto op : llvm::make_early_inc_range(block.getOps<linalg::GenericOp>()))
      readOnlyForShape(op);
  }
};

} // namespace
} // namespace agc
