//===- ElementwiseGroup.cpp - Element-wise ops that are one loop -----------===//
#include "passes/ElementwiseGroup.h"

#include "ir/ScalarBuilder.h"

using namespace mlir;

namespace agc {

/// Fusing is quadratic in a group's ops, and so is what comes after; what does not fit
/// goes through memory.
static constexpr unsigned maxGroupOps = 192;
/// How far apart, in ops, a value and the reader that it joins may be: what is
/// between keeps its place in time, and a long search is no use.
static constexpr unsigned maxDistance = 256;

static unsigned numScalarOps(linalg::GenericOp op) {
  return op.getBody()->getOperations().size() - 1;
}

bool fits(linalg::GenericOp producer, linalg::GenericOp consumer) {
  return numScalarOps(producer) + numScalarOps(consumer) <= maxGroupOps;
}

int64_t workOf(linalg::GenericOp op) {
  int64_t sum = 0;
  for (Operation &scalar : op.getBody()->without_terminator())
    sum += ir::workOf(scalar);
  return sum;
}

bool isElementwise(linalg::GenericOp op) {
  return op.getNumParallelLoops() == op.getNumLoops() &&
         llvm::all_of(op.getRegionOutputArgs(),
                      [](BlockArgument init) { return init.use_empty(); }) &&
         llvm::all_of(op->getResults(), [&](OpResult result) {
           return op.getIndexingMapMatchingResult(result).isPermutation();
         });
}

bool walksAlike(linalg::GenericOp producer, linalg::GenericOp reader) {
  if (!isElementwise(producer) || !isElementwise(reader) ||
      reader.getStaticLoopRanges() != producer.getStaticLoopRanges())
    return false;
  return llvm::all_of(reader->getOpOperands(), [&](OpOperand &operand) {
    auto result = dyn_cast<OpResult>(operand.get());
    return !result || result.getOwner() != producer ||
           (reader.isDpsInput(&operand) &&
            reader.getMatchingIndexingMap(&operand) ==
                producer.getIndexingMapMatchingResult(result));
  });
}

std::optional<SmallVector<Operation *>> readersBetween(Operation *producer,
                                                       Operation *reader) {
  SmallVector<Operation *> found;
  llvm::SmallPtrSet<Operation *, 16> needing;
  auto needs = [&](Operation *op, bool direct) {
    bool result = false;
    op->walk([&](Operation *inner) {
      for (Value operand : inner->getOperands()) {
        Operation *maker = operand.getDefiningOp();
        result |= maker && ((direct && maker == producer) || needing.contains(maker));
      }
    });
    return result;
  };
  unsigned distance = 0;
  for (Operation *op = producer->getNextNode(); op != reader;
       op = op->getNextNode()) {
    if (++distance > maxDistance)
      return std::nullopt;
    if (needs(op, /*direct=*/true)) {
      found.push_back(op);
      needing.insert(op);
    }
  }
  if (needs(reader, /*direct=*/false))
    return std::nullopt;
  return found;
}

/// Upstream fuses one operand at a time and computes the producer once for each; here
/// the reader may take several of its results.
static linalg::GenericOp fuseInto(RewriterBase &rewriter, linalg::GenericOp producer,
                                  linalg::GenericOp reader) {
  SmallVector<Value> inputs, inits, replaced;
  SmallVector<AffineMap> inputMaps, initMaps;
  llvm::SmallMapVector<std::pair<Value, AffineMap>, unsigned, 8> positions;
  SmallVector<std::pair<BlockArgument, unsigned>> arguments; // to new inputs
  for (linalg::GenericOp op : {producer, reader})
    for (OpOperand *operand : op.getDpsInputOperands()) {
      if (operand->get().getDefiningOp() == producer)
        continue;
      AffineMap map = op.getMatchingIndexingMap(operand);
      auto [known, isNew] =
          positions.insert({{operand->get(), map}, unsigned(inputs.size())});
      if (isNew) {
        inputs.push_back(operand->get());
        inputMaps.push_back(map);
      }
      arguments.push_back({op.getMatchingBlockArgument(operand), known->second});
    }
  for (linalg::GenericOp op : {producer, reader})
    for (OpResult result : op->getResults()) {
      bool isKept = op == reader || llvm::any_of(result.getUsers(), [&](Operation *user) {
                      return user != reader;
                    });
      if (!isKept)
        continue;
      replaced.push_back(result);
      inits.push_back(op.getDpsInitOperand(result.getResultNumber())->get());
      initMaps.push_back(op.getIndexingMapMatchingResult(result));
    }

  rewriter.setInsertionPoint(reader);
  llvm::append_range(inputMaps, initMaps);
  auto fused = linalg::GenericOp::create(
      rewriter, reader.getLoc(),
      TypeRange(ValueRange(replaced)), inputs, inits, inputMaps,
      reader.getIteratorTypesArray(),
      [&](OpBuilder &b, Location loc, ValueRange values) {
        IRMapping mapping;
        for (auto [argument, position] : arguments)
          mapping.map(argument, values[position]);
        for (auto [value, sum] : llvm::zip_equal(replaced, values.drop_front(inputs.size()))) {
          auto result = cast<OpResult>(value);
          mapping.map(cast<linalg::GenericOp>(result.getOwner())
                          .getRegionOutputArgs()[result.getResultNumber()],
                      sum);
        }
        for (Operation &op : producer.getBody()->without_terminator())
          b.clone(op, mapping);
        auto yielded = [&](OpResult result) {
          auto op = cast<linalg::GenericOp>(result.getOwner());
          return mapping.lookupOrDefault(
              op.getBody()->getTerminator()->getOperand(result.getResultNumber()));
        };
        for (OpOperand *operand : reader.getDpsInputOperands())
          if (operand->get().getDefiningOp() == producer)
            mapping.map(reader.getMatchingBlockArgument(operand),
                        yielded(cast<OpResult>(operand->get())));
        for (Operation &op : reader.getBody()->without_terminator())
          b.clone(op, mapping);
        SmallVector<Value> results;
        for (Value value : replaced)
          results.push_back(yielded(cast<OpResult>(value)));
        linalg::YieldOp::create(b, loc, results);
      });
  for (auto [from, to] : llvm::zip_equal(replaced, fused->getResults()))
    rewriter.replaceAllUsesWith(from, to);
  rewriter.eraseOp(reader);
  rewriter.eraseOp(producer);
  return fused;
}

void fusePartners(RewriterBase &rewriter, Block &block,
                  llvm::function_ref<std::optional<Partner>(linalg::GenericOp)> find,
                  llvm::function_ref<void(Operation *)> fused) {
  for (Operation *op = &block.front(), *next; op; op = next) {
    next = op->getNextNode();
    auto first = dyn_cast<linalg::GenericOp>(op);
    auto found = first ? find(first) : std::nullopt;
    if (!found)
      continue;
    auto [second, between] = *found;
    bool isNext = next == second;
    Operation *last = fuseInto(rewriter, first, second);
    if (fused)
      fused(last);
    if (isNext)
      next = last;
    for (Operation *behind : between) {
      if (next == behind)
        next = behind->getNextNode();
      rewriter.moveOpAfter(behind, last);
      last = behind;
    }
  }
}

} // namespace agc
