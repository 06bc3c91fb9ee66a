//===- Control.cpp - Branches, loops and recomputation ---------------------===//
#include "ir/Dialect.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace agc::ir {

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

static LogicalResult verifyTypes(Operation *op, const char *constraint,
                                 const char *what, TypeRange expected,
                                 TypeRange got) {
  if (expected.size() != got.size())
    return op->emitOpError(constraint) << ": expects " << expected.size() << " "
                                       << what << ", got " << got.size();
  for (auto [i, a, b] : llvm::enumerate(expected, got))
    if (a != b)
      return op->emitOpError(constraint) << ": expects " << a << " as number " << i
                                         << " of the " << what << ", got " << b;
  return success();
}

/// A body that takes and gives values of these types.
static LogicalResult verifyBody(Operation *op, Region &region, const char *taken,
                                const char *given, TypeRange arguments,
                                TypeRange results) {
  Block &block = region.front();
  if (failed(verifyTypes(op, taken, "arguments of a body", arguments,
                         block.getArgumentTypes())))
    return failure();
  return verifyTypes(op, given, "values of a body", results,
                     block.getTerminator()->getOperandTypes());
}

void YieldOp::build(OpBuilder &, OperationState &) {}

LogicalResult CondOp::verify() {
  for (Region *region : getRegions())
    if (failed(verifyBody(*this, *region, "C1", "C1", getInputs().getTypes(),
                          getResultTypes())))
      return failure();
  return success();
}

LogicalResult CheckpointOp::verify() {
  return verifyBody(*this, getBody(), "C1", "C1", getInputs().getTypes(),
                    getResultTypes());
}

/// The type of a stack's rows.
static RankedTensorType rowOf(Type stack) {
  auto type = cast<RankedTensorType>(stack);
  return RankedTensorType::get(type.getShape().drop_front(), type.getElementType());
}

/// The type of a stack of these.
static RankedTensorType stackOf(Type row, int64_t trips) {
  auto type = cast<RankedTensorType>(row);
  SmallVector<int64_t> shape{trips};
  llvm::append_range(shape, type.getShape());
  return RankedTensorType::get(shape, type.getElementType());
}

static bool isScalar(Type type, unsigned width) {
  auto tensor = cast<RankedTensorType>(type);
  return tensor.getRank() == 0 && tensor.getElementType().isSignlessInteger(width);
}

LogicalResult ScanOp::verify() {
  auto trips = int64_t(getTrips()), carries = int64_t(getNumCarries()),
       xs = int64_t(getNumXs());
  int64_t operands = getInputs().size(), results = getNumResults();
  if (trips < 0 || carries < 0 || xs < 0 || carries > operands || xs > operands ||
      getLimited() + carries + xs > operands || carries + getStops() > results)
    return emitOpError("C1: ")
           << trips << " trips, " << carries << " carries and " << xs
           << " stacks, but " << operands << " operands and " << results << " results";
  for (Type type : llvm::concat<const Type>(SmallVector<Type>(getXs().getTypes()),
                                            SmallVector<Type>(getYs().getTypes()))) {
    auto stack = cast<RankedTensorType>(type);
    if (stack.getRank() == 0 || stack.getDimSize(0) != trips)
      return emitOpError("C2: expects ") << trips << " rows, got " << stack;
  }
  if ((getStops() && (getLimited() || getReverse())) ||
      (getStops() && (carries == 0 || !isScalar(getInits()[0].getType(), 1) ||
                      !isScalar(getResults().back().getType(), 64))) ||
      (getLimited() && !isScalar(getLimit().getType(), 64)))
    return emitOpError("C5: what stops is a truth value, the first carry, and what "
                       "limits an i64, the first operand; and one alone");
  if (failed(verifyTypes(*this, "C4", "last carries", getInits().getTypes(),
                         getFinals().getTypes())))
    return failure();
  SmallVector<Type> taken(getInits().getTypes()), given(taken);
  for (Type type : getXs().getTypes())
    taken.push_back(rowOf(type));
  llvm::append_range(taken, getConstants().getTypes());
  for (Type type : getYs().getTypes())
    given.push_back(rowOf(type));
  return verifyBody(*this, getBody(), "C3", "C4", taken, given);
}

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

/// Values of a body that depend on active ones, these included.
static void spreadActivity(Block &block, DenseSet<Value> &active) {
  for (Operation &op : block)
    if (llvm::any_of(op.getOperands(), [&](Value v) { return active.contains(v); }))
      active.insert_range(op.getResults());
}

/// In what is there a second time: a check is made once.
static void dropChecks(Region &region) {
  SmallVector<CheckRangeOp> checks;
  region.walk([&](CheckRangeOp check) { checks.push_back(check); });
  for (CheckRangeOp check : checks) {
    check.replaceAllUsesWith(check.getX());
    check.erase();
  }
}

/// Copies a body's ops. Checks passed in the forward, and are not made again.
static SmallVector<Value> cloneBody(OpBuilder &builder, Block &block,
                                    ValueRange arguments) {
  IRMapping mapping;
  mapping.map(block.getArguments(), arguments);
  for (Operation &op : block.without_terminator()) {
    if (auto check = dyn_cast<CheckRangeOp>(op)) {
      mapping.map(check.getResult(), mapping.lookup(check.getX()));
      continue;
    }
    for (Region &region : builder.clone(op, mapping)->getRegions())
      dropChecks(region);
  }
  SmallVector<Value> results;
  for (Value value : block.getTerminator()->getOperands())
    results.push_back(mapping.lookup(value));
  return results;
}

static Value zeroOf(OpBuilder &builder, Location loc, Type type) {
  Type element = getElementTypeOrSelf(type);
  Attribute zero = isa<FloatType>(element) ? Attribute(builder.getF64FloatAttr(0))
                                           : builder.getI64IntegerAttr(0);
  return ConstantOp::create(builder, loc, type, zero, nullptr);
}

/// The symbolic gradients of some values with respect to others.
static SmallVector<Value> gradientsOf(OpBuilder &builder, Location loc,
                                      ValueRange targets, ValueRange seeds,
                                      ValueRange inputs) {
  SmallVector<Value> results;
  if (inputs.empty())
    return results;
  if (targets.empty()) {
    for (Value input : inputs)
      results.push_back(zeroOf(builder, loc, input.getType()));
    return results;
  }
  SmallVector<Value> operands(targets);
  llvm::append_range(operands, seeds);
  llvm::append_range(operands, inputs);
  auto op = GradientOp::create(builder, loc, inputs.getTypes(), operands,
                               int64_t(targets.size()), false);
  llvm::append_range(results, op.getResults());
  return results;
}

/// A block for a body that takes these types, where \p builder then stands.
static Block *startBody(OpBuilder &builder, Region &region, TypeRange types,
                        Location loc) {
  SmallVector<Location> locs(types.size(), loc);
  return builder.createBlock(&region, region.end(), types, locs);
}

void CondOp::buildVjp(GradientBuilder &g, ValueRange cotangents,
                      MutableArrayRef<Value> operandCotangents) {
  SmallVector<Value> inputs(getInputs());
  SmallVector<unsigned> seeded, needed;
  for (auto [i, cotangent] : llvm::enumerate(cotangents))
    if (cotangent) {
      seeded.push_back(i);
      inputs.push_back(cotangent);
    }
  SmallVector<Type> results;
  for (unsigned i = 0; i < getInputs().size(); ++i)
    if (g.needs(i + 1)) {
      needed.push_back(i);
      results.push_back(getInputs()[i].getType());
    }
  auto cond = CondOp::create(g.builder, g.loc, results, getPredicate(), inputs);
  OpBuilder::InsertionGuard guard(g.builder);
  for (auto [from, to] : llvm::zip_equal(getRegions(), cond.getRegions())) {
    Block *block = startBody(g.builder, *to, ValueRange(inputs).getTypes(), g.loc);
    ValueRange arguments = block->getArguments();
    SmallVector<Value> values = cloneBody(
        g.builder, from->front(), arguments.take_front(getInputs().size()));
    SmallVector<Value> targets, wanted;
    for (unsigned i : seeded)
      targets.push_back(values[i]);
    for (unsigned i : needed)
      wanted.push_back(arguments[i]);
    YieldOp::create(g.builder, g.loc,
                    gradientsOf(g.builder, g.loc, targets,
                                arguments.drop_front(getInputs().size()), wanted));
  }
  for (auto [i, result] : llvm::zip_equal(needed, cond.getResults()))
    operandCotangents[i + 1] = result;
}

void CheckpointOp::buildVjp(GradientBuilder &g, ValueRange cotangents,
                            MutableArrayRef<Value> operandCotangents) {
  SmallVector<Value> seeds, targets, inputs, wanted;
  for (Value cotangent : cotangents)
    if (cotangent)
      seeds.push_back(cotangent);
  for (Value input : getInputs())
    inputs.push_back(
        BarrierOp::create(g.builder, g.loc, input.getType(), input, seeds.front()));
  SmallVector<Value> values = cloneBody(g.builder, getBody().front(), inputs);
  for (auto [value, cotangent] : llvm::zip_equal(values, cotangents))
    if (cotangent)
      targets.push_back(value);
  for (auto [i, input] : llvm::enumerate(inputs))
    if (g.needs(i))
      wanted.push_back(input);
  SmallVector<Value> gradients = gradientsOf(g.builder, g.loc, targets, seeds, wanted);
  unsigned next = 0;
  for (unsigned i = 0; i < inputs.size(); ++i)
    if (g.needs(i))
      operandCotangents[i] = gradients[next++];
}

namespace {

/// A scan, and what of each trip its backward reads, which is among its ys.
struct KeptScan {
  ScanOp scan;
  SmallVector<unsigned> carries, products; // as they came in; as they were computed
};

} // namespace

/// Products summed up for an element of the op's result; 0 if it is no product.
static int64_t termsOf(Operation &op) {
  if (auto conv = dyn_cast<ConvOp>(op)) {
    auto w = cast<RankedTensorType>(conv.getW().getType());
    return w.getNumElements() / std::max<int64_t>(1, w.getDimSize(0));
  }
  auto einsum = dyn_cast<EinsumOp>(op);
  if (!einsum)
    return 0;
  EinsumTerms spec = parseEinsum(einsum.getSpec());
  int64_t terms = 1;
  for (auto [letter, size] :
       llvm::zip_equal(spec.x, cast<RankedTensorType>(einsum.getX().getType()).getShape()))
    terms *= spec.z.contains(letter) ? 1 : size;
  return terms;
}

/// The scan with each trip's incoming carries among its ys, in its place, and what
/// takes longer to compute again than to store and load.
static KeptScan keepForBackward(OpBuilder &builder, ScanOp scan) {
  constexpr int64_t manyTerms = 32;
  unsigned carries = scan.getNumCarries(), ys = scan.getNumYs();
  SmallVector<Type> types(scan.getFinals().getTypes());
  llvm::append_range(types, scan.getYs().getTypes());
  SmallVector<Value> added;
  auto keep = [&](Value value) -> unsigned {
    for (unsigned j = 0; j < ys; ++j) // It may be there already.
      if (scan.getYielded()[carries + j] == value)
        return j;
    added.push_back(value);
    types.push_back(stackOf(value.getType(), scan.getTrips()));
    return ys + added.size() - 1;
  };
  KeptScan kept{scan, {}, {}};
  for (Value carry : scan.getBody().getArguments().take_front(carries))
    kept.carries.push_back(keep(carry));
  for (Operation &op : scan.getBody().front())
    if (termsOf(op) >= manyTerms)
      kept.products.push_back(keep(op.getResult(0)));
  if (added.empty())
    return kept;
  if (scan.getStops())
    types.push_back(scan.getCount().getType());
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(scan);
  kept.scan = ScanOp::create(builder, scan.getLoc(), types, scan.getInputs(),
                             scan.getTrips(), scan.getNumCarries(), scan.getNumXs(),
                             scan.getReverse(), scan.getStops(), scan.getLimited());
  IRMapping mapping;
  scan.getBody().cloneInto(&kept.scan.getBody(), mapping);
  auto yield = cast<YieldOp>(kept.scan.getBody().front().getTerminator());
  for (Value value : added)
    yield.getValuesMutable().append(mapping.lookup(value));
  // What is left of the old one is dead.
  dropChecks(scan.getBody());
  for (unsigned i = 0; i < carries + ys; ++i)
    scan.getResult(i).replaceAllUsesWith(kept.scan.getResult(i));
  if (scan.getStops())
    scan.getCount().replaceAllUsesWith(kept.scan.getCount());
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
  for (unsigned j : kept.products)
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
      int64_t(carries + xs + kept.products.size() + seeded.size()),
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
  ValueRange products = next(kept.products.size()), rowSeeds = next(seeded.size());
  llvm::append_range(forward, arguments);
  SmallVector<Value> values =
      cloneBody(g.builder, kept.scan.getBody().front(), forward);
  for (auto [j, product] : llvm::zip_equal(kept.products, products))
    standFor(g.builder, values, values[carries + j], product);

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
