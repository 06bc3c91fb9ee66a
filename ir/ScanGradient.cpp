//===- ScanGradient.cpp - A loop's backward, and what it keeps for it ------===//
#include "ir/BodyBuilder.h"

using namespace mlir;

namespace agc::ir {

/// Values of a body that depend on active ones, these included.
static void spreadActivity(Block &block, DenseSet<Value> &active) {
  for (Operation &op : block)
    if (llvm::any_of(op.getOperands(), [&](Value v) { return active.contains(v); }))
      active.insert_range(op.getResults());
}

namespace {

/// A scan, and what of each trip its backward reads, which is among its ys.
struct KeptScan {
  ScanOp scan;
  SmallVector<unsigned> carries, results; // as they came in; as they were computed
};

} // namespace

ScanOp yieldAlso(RewriterBase &rewriter, ScanOp scan, ArrayRef<Value> values) {
  SmallVector<Type> types(scan.getFinals().getTypes());
  llvm::append_range(types, scan.getYs().getTypes());
  unsigned before = types.size();
  for (Value value : values)
    types.push_back(stackOf(value.getType(), scan.getTrips()));
  if (scan.getStops())
    types.push_back(scan.getCount().getType());
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPoint(scan);
  auto next = ScanOp::create(rewriter, scan.getLoc(), types, scan.getInputs(),
                             scan.getTrips(), scan.getNumCarries(), scan.getNumXs(),
                             scan.getReverse(), scan.getStops(), scan.getLimited());
  IRMapping mapping;
  rewriter.cloneRegionBefore(scan.getBody(), next.getBody(), next.getBody().end(),
                             mapping);
  Operation *yield = next.getBody().front().getTerminator();
  rewriter.modifyOpInPlace(yield, [&] {
    SmallVector<Value> yielded(yield->getOperands());
    for (Value value : values)
      yielded.push_back(mapping.lookup(value));
    yield->setOperands(yielded);
  });
  for (unsigned i = 0; i < before; ++i)
    rewriter.replaceAllUsesWith(scan.getResult(i), next.getResult(i));
  if (scan.getStops())
    rewriter.replaceAllUsesWith(scan.getCount(), next.getCount());
  return next;
}

/// The scan with each trip's incoming carries among its ys, in its place, and what
/// takes longer to compute again than to store and load. What of it the backward
/// turns out not to read goes with its other dead inputs.
static KeptScan keepForBackward(OpBuilder &builder, ScanOp scan) {
  constexpr int64_t muchWork = 16;
  unsigned carries = scan.getNumCarries(), ys = scan.getNumYs();
  SmallVector<Value> added;
  auto keep = [&](Value value) -> unsigned {
    for (unsigned j = 0; j < ys; ++j) // It may be there already.
      if (scan.getYielded()[carries + j] == value)
        return j;
    added.push_back(value);
    return ys + added.size() - 1;
  };
  KeptScan kept{scan, {}, {}};
  for (Value carry : scan.getBody().getArguments().take_front(carries))
    kept.carries.push_back(keep(carry));
  for (Operation &op : scan.getBody().front())
    if (auto works = dyn_cast<Works>(op); works && works.workPerElement() >= muchWork)
      kept.results.push_back(keep(op.getResult(0)));
  if (added.empty())
    return kept;
  IRRewriter rewriter(builder);
  kept.scan = yieldAlso(rewriter, scan, added);
  dropChecks(scan.getBody());
  return kept;
}

/// Marks what stands for a value that is computed again only for its derivative.
constexpr llvm::StringLiteral standsName = "agc.stands";

/// Makes all that uses \p made, among it \p values, use what was kept of it, but
/// derivatives go on to what it was made of.
static void standFor(OpBuilder &builder, MutableArrayRef<Value> values, Value made,
                     Value kept) {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointAfterValue(made);
  auto stand = BarrierOp::create(builder, made.getLoc(), made.getType(), made, kept);
  stand->setAttr(standsName, builder.getUnitAttr());
  made.replaceAllUsesExcept(stand, stand);
  std::replace(values.begin(), values.end(), made, Value(stand.getResult()));
}

void useKeptValues(Operation *root) {
  root->walk([](BarrierOp stand) {
    if (!stand->hasAttr(standsName))
      return;
    // A derivative may be said in what it is of: that of tanh is.
    stand.getX().replaceAllUsesExcept(stand.getAfter(), stand);
    stand.replaceAllUsesWith(stand.getAfter());
    stand.erase();
  });
}

void ScanOp::buildVjp(GradientBuilder &g, ValueRange cotangents,
                      MutableArrayRef<Value> operandCotangents) {
  unsigned first = getLimited(), carries = getNumCarries(), xs = getNumXs(),
           ys = getNumYs(), numArguments = getBodyInputs().size();
  Block &body = getBody().front();
  ValueRange yielded = getYielded();

  // A carry is active if it starts so or becomes so on any trip.
  DenseSet<Value> active;
  for (unsigned i = 0; i < numArguments; ++i)
    if (g.needs(first + i))
      active.insert(body.getArgument(i));
  for (size_t before = 0; before != active.size();) {
    before = active.size();
    spreadActivity(body, active);
    for (unsigned i = 0; i < carries; ++i)
      if (active.contains(yielded[i]) && isFloat(yielded[i]))
        active.insert(body.getArgument(i));
  }

  SmallVector<unsigned> carried, rows, constants, seeded; // of each kind, those with gradients
  for (unsigned i = 0; i < carries; ++i)
    if (active.contains(body.getArgument(i)))
      carried.push_back(i);
  for (unsigned i = carries; i < numArguments; ++i)
    if (g.needs(first + i))
      (i < carries + xs ? rows : constants).push_back(i);
  for (unsigned j = 0; j < ys; ++j)
    if (cotangents[carries + j] && active.contains(yielded[carries + j]))
      seeded.push_back(j);

  KeptScan kept = keepForBackward(g.builder, *this);
  SmallVector<Value> inputs;
  SmallVector<Type> taken, results;
  if (getStops() || getLimited())
    inputs.push_back(getStops() ? kept.scan.getCount() : getLimit());
  auto carry = [&](Value init) {
    inputs.push_back(init);
    taken.push_back(init.getType());
    results.push_back(init.getType());
  };
  auto stack = [&](Value value) {
    inputs.push_back(value);
    taken.push_back(rowOf(value.getType()));
  };
  for (unsigned i : carried)
    carry(cotangents[i] ? cotangents[i]
                        : zeroOf(g.builder, g.loc, getInits()[i].getType()));
  for (unsigned i : constants)
    carry(zeroOf(g.builder, g.loc, getBodyInputs()[i].getType()));
  for (unsigned j : kept.carries)
    stack(kept.scan.getYs()[j]);
  for (Value value : getXs())
    stack(value);
  for (unsigned j : kept.results)
    stack(kept.scan.getYs()[j]);
  for (unsigned j : seeded)
    stack(cotangents[carries + j]);
  for (Value value : getConstants()) {
    inputs.push_back(value);
    taken.push_back(value.getType());
  }
  for (unsigned i : rows)
    results.push_back(getBodyInputs()[i].getType());

  auto backward = ScanOp::create(
      g.builder, g.loc, results, inputs, getTrips(),
      int64_t(carried.size() + constants.size()),
      int64_t(carries + xs + kept.results.size() + seeded.size()),
      !getReverse(), false, getStops() || getLimited());
  OpBuilder::InsertionGuard guard(g.builder);
  Block *block = startBody(g.builder, backward.getBody(), taken, g.loc);
  ValueRange arguments = block->getArguments();
  auto next = [&](size_t count) {
    ValueRange part = arguments.take_front(count);
    arguments = arguments.drop_front(count);
    return part;
  };
  ValueRange carriedSeeds = next(carried.size()), sums = next(constants.size());
  SmallVector<Value> forward(next(carries + xs));
  ValueRange computed = next(kept.results.size()), rowSeeds = next(seeded.size());
  llvm::append_range(forward, arguments);
  SmallVector<Value> values =
      cloneBody(g.builder, kept.scan.getBody().front(), forward);
  for (auto [j, result] : llvm::zip_equal(kept.results, computed))
    standFor(g.builder, values, values[carries + j], result);

  SmallVector<Value> targets, seeds, wanted;
  for (auto [i, seed] : llvm::zip_equal(carried, carriedSeeds))
    if (active.contains(yielded[i])) {
      targets.push_back(values[i]);
      seeds.push_back(seed);
    }
  for (auto [j, seed] : llvm::zip_equal(seeded, rowSeeds)) {
    targets.push_back(values[carries + j]);
    seeds.push_back(seed);
  }
  for (ArrayRef<unsigned> kind : {ArrayRef(carried), ArrayRef(constants), ArrayRef(rows)})
    for (unsigned i : kind)
      wanted.push_back(forward[i]);
  SmallVector<Value> gradients = gradientsOf(g.builder, g.loc, targets, seeds, wanted);
  for (auto [i, sum] : llvm::enumerate(sums)) {
    Value &gradient = gradients[carried.size() + i];
    gradient = AddOp::create(g.builder, g.loc, sum, gradient);
  }
  YieldOp::create(g.builder, g.loc, gradients);

  unsigned result = 0;
  for (ArrayRef<unsigned> kind : {ArrayRef(carried), ArrayRef(constants), ArrayRef(rows)})
    for (unsigned i : kind)
      operandCotangents[first + i] = backward.getResult(result++);
}

} // namespace agc::ir
