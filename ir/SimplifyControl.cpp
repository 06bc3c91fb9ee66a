//===- SimplifyControl.cpp - Bodies without what nobody needs --------------===//
//
// A backward asks for everything that it could need: every carry of every trip,
// every operand. What its body does not use goes from both loops here.
//
//===----------------------------------------------------------------------===//
#include "ir/BodyBuilder.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace agc::ir {

/// Later phases put other things into bodies, which are left alone.
static bool isGraph(Block &block) {
  return llvm::all_of(block, [](Operation &op) {
    return isa_and_nonnull<AgcDialect>(op.getDialect());
  });
}

/// What a body needs for some of what it yields, and for its checks.
static DenseSet<Value> neededFor(Block &block, ArrayRef<Value> results) {
  DenseSet<Value> needed;
  SmallVector<Value> stack(results);
  for (Operation &op : block.without_terminator())
    if (!isMemoryEffectFree(&op))
      llvm::append_range(stack, op.getOperands());
  while (!stack.empty()) {
    Value value = stack.pop_back_val();
    if (needed.insert(value).second)
      if (Operation *op = value.getDefiningOp())
        llvm::append_range(stack, op->getOperands());
  }
  return needed;
}

static void eraseDeadOps(PatternRewriter &rewriter, Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (isOpTriviallyDead(&op))
      rewriter.eraseOp(&op);
}

/// A constant that fills a tensor is made where it is used.
static bool moveConstantInto(PatternRewriter &rewriter, Value input,
                             BlockArgument argument) {
  auto constant = input.getDefiningOp<ConstantOp>();
  if (!constant || argument.use_empty() || !constant.getElements().isSplat())
    return false;
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPointToStart(argument.getOwner());
  rewriter.replaceAllUsesWith(argument, rewriter.clone(*constant)->getResult(0));
  return true;
}

//===----------------------------------------------------------------------===//
// Cond
//===----------------------------------------------------------------------===//

LogicalResult CondOp::canonicalize(CondOp op, PatternRewriter &rewriter) {
  Block *blocks[] = {&op.getThen().front(), &op.getOtherwise().front()};
  if (!isGraph(*blocks[0]) || !isGraph(*blocks[1]))
    return failure();
  if (auto known = op.getPredicate().getDefiningOp<ConstantOp>()) {
    Block *taken = blocks[known.getElements().getSplatValue<bool>() ? 0 : 1];
    Operation *yield = taken->getTerminator();
    SmallVector<Value> values(yield->getOperands());
    rewriter.eraseOp(yield);
    for (auto [argument, input] :
         llvm::zip_equal(taken->getArguments(), op.getInputs()))
      for (Value &value : values)
        if (value == argument)
          value = input;
    rewriter.inlineBlockBefore(taken, op, op.getInputs());
    rewriter.replaceOp(op, values);
    return success();
  }

  bool changed = false;
  SmallVector<bool> needed(op.getInputs().size(), false);
  SmallVector<unsigned> kept;
  for (OpResult result : op.getResults())
    if (!result.use_empty())
      kept.push_back(result.getResultNumber());
  for (Block *block : blocks) {
    for (auto [argument, input] :
         llvm::zip_equal(block->getArguments(), op.getInputs()))
      changed |= moveConstantInto(rewriter, input, argument);
    SmallVector<Value> yielded;
    for (unsigned i : kept)
      yielded.push_back(block->getTerminator()->getOperand(i));
    DenseSet<Value> values = neededFor(*block, yielded);
    for (BlockArgument argument : block->getArguments())
      needed[argument.getArgNumber()] =
          needed[argument.getArgNumber()] || values.contains(argument);
  }
  if (kept.size() == op.getNumResults() && !llvm::is_contained(needed, false))
    return success(changed);

  SmallVector<Value> inputs;
  SmallVector<Type> types;
  for (auto [input, isNeeded] : llvm::zip_equal(op.getInputs(), needed))
    if (isNeeded)
      inputs.push_back(input);
  for (unsigned i : kept)
    types.push_back(op.getResult(i).getType());
  auto next = CondOp::create(rewriter, op.getLoc(), types, op.getPredicate(), inputs);
  for (auto [from, to] : llvm::zip_equal(op.getRegions(), next.getRegions())) {
    rewriter.inlineRegionBefore(*from, *to, to->end());
    Block &block = to->front();
    Operation *yield = block.getTerminator();
    SmallVector<Value> yielded;
    for (unsigned i : kept)
      yielded.push_back(yield->getOperand(i));
    rewriter.modifyOpInPlace(yield, [&] { yield->setOperands(yielded); });
    eraseDeadOps(rewriter, block);
    for (unsigned i = needed.size(); i-- > 0;)
      if (!needed[i])
        block.eraseArgument(i);
  }
  for (auto [i, result] : llvm::zip_equal(kept, next.getResults()))
    rewriter.replaceAllUsesWith(op.getResult(i), result);
  rewriter.eraseOp(op);
  return success();
}

//===----------------------------------------------------------------------===//
// Scan
//===----------------------------------------------------------------------===//

namespace {

/// What of a scan stays, by number.
struct ScanParts {
  SmallVector<unsigned> carries, invariant, ys, arguments; // the latter: not carries

  explicit ScanParts(ScanOp op);
  bool areAll(ScanOp op) const {
    return carries.size() == op.getNumCarries() && ys.size() == op.getNumYs() &&
           carries.size() + arguments.size() == op.getBodyInputs().size();
  }
};

} // namespace

ScanParts::ScanParts(ScanOp op) {
  Block &block = op.getBody().front();
  unsigned numCarries = op.getNumCarries();
  ValueRange yielded = op.getYielded();
  SmallVector<bool> isLive;
  for (unsigned i = 0; i < numCarries; ++i)
    isLive.push_back(!op.getResult(i).use_empty() || (op.getStops() && i == 0));
  for (unsigned j = 0; j < op.getNumYs(); ++j)
    if (!op.getYs()[j].use_empty())
      ys.push_back(j);
  DenseSet<Value> needed;
  for (bool changed = true; changed;) {
    changed = false;
    SmallVector<Value> roots;
    for (unsigned i = 0; i < numCarries; ++i)
      if (isLive[i] && yielded[i] != block.getArgument(i))
        roots.push_back(yielded[i]);
    for (unsigned j : ys)
      roots.push_back(yielded[numCarries + j]);
    needed = neededFor(block, roots);
    for (unsigned i = 0; i < numCarries; ++i)
      if (!isLive[i] && needed.contains(block.getArgument(i)))
        changed = isLive[i] = true;
  }
  for (unsigned i = 0; i < numCarries; ++i) {
    if (!isLive[i])
      continue;
    bool never = yielded[i] == block.getArgument(i) && !(op.getStops() && i == 0);
    (never ? invariant : carries).push_back(i);
  }
  for (unsigned i = numCarries; i < block.getNumArguments(); ++i)
    if (needed.contains(block.getArgument(i)))
      arguments.push_back(i);
}

/// The same without the rest.
static void rebuild(ScanOp op, const ScanParts &parts, PatternRewriter &rewriter) {
  unsigned numCarries = op.getNumCarries();
  int64_t numXs = llvm::count_if(parts.arguments, [&](unsigned i) {
    return i < numCarries + op.getNumXs();
  });
  SmallVector<Value> inputs;
  SmallVector<Type> types;
  if (op.getLimited())
    inputs.push_back(op.getLimit());
  for (unsigned i : parts.carries) {
    inputs.push_back(op.getInits()[i]);
    types.push_back(op.getInits()[i].getType());
  }
  for (unsigned i : parts.arguments)
    inputs.push_back(op.getBodyInputs()[i]);
  for (unsigned i : parts.invariant)
    inputs.push_back(op.getInits()[i]);
  for (unsigned j : parts.ys)
    types.push_back(op.getYs()[j].getType());
  if (op.getStops())
    types.push_back(op.getCount().getType());
  auto next = ScanOp::create(rewriter, op.getLoc(), types, inputs, op.getTrips(),
                             int64_t(parts.carries.size()), numXs, op.getReverse(),
                             op.getStops(), op.getLimited());
  rewriter.inlineRegionBefore(op.getBody(), next.getBody(), next.getBody().end());
  Block &block = next.getBody().front();
  Operation *yield = block.getTerminator();
  SmallVector<Value> yielded;
  for (unsigned i : parts.carries)
    yielded.push_back(yield->getOperands()[i]);
  for (unsigned j : parts.ys)
    yielded.push_back(yield->getOperands()[numCarries + j]);
  rewriter.modifyOpInPlace(yield, [&] { yield->setOperands(yielded); });
  for (unsigned i : parts.invariant)
    rewriter.replaceAllUsesWith(
        block.getArgument(i),
        block.addArgument(block.getArgument(i).getType(), op.getLoc()));
  eraseDeadOps(rewriter, block);
  for (unsigned i = op.getBodyInputs().size(); i-- > 0;)
    if (!llvm::is_contained(i < numCarries ? parts.carries : parts.arguments, i))
      block.eraseArgument(i);

  for (auto [i, result] : llvm::zip_equal(parts.carries, next.getFinals()))
    rewriter.replaceAllUsesWith(op.getResult(i), result);
  for (unsigned i : parts.invariant)
    rewriter.replaceAllUsesWith(op.getResult(i), op.getInits()[i]);
  for (auto [j, result] : llvm::zip_equal(parts.ys, next.getYs()))
    rewriter.replaceAllUsesWith(op.getYs()[j], result);
  if (op.getStops())
    rewriter.replaceAllUsesWith(op.getCount(), next.getCount());
  rewriter.eraseOp(op);
}

LogicalResult ScanOp::canonicalize(ScanOp op, PatternRewriter &rewriter) {
  Block &block = op.getBody().front();
  if (!isGraph(block))
    return failure();
  if (op.getTrips() == 0) {
    SmallVector<Value> results(op.getInits());
    for (Type type : op.getResults().drop_front(op.getNumCarries()).getTypes()) {
      Type element = getElementTypeOrSelf(type);
      Attribute zero = isa<FloatType>(element)
                           ? Attribute(rewriter.getF64FloatAttr(0))
                           : rewriter.getI64IntegerAttr(0);
      results.push_back(
          ConstantOp::create(rewriter, op.getLoc(), type, zero, nullptr));
    }
    rewriter.replaceOp(op, results);
    return success();
  }
  bool changed = false;
  unsigned firstConstant = op.getNumCarries() + op.getNumXs();
  for (auto [i, input] : llvm::enumerate(op.getConstants())) {
    BlockArgument argument = block.getArgument(firstConstant + i);
    changed |= moveConstantInto(rewriter, input, argument);
    // One that comes twice is one.
    for (unsigned j = 0; j < i; ++j)
      if (op.getConstants()[j] == input && !argument.use_empty()) {
        rewriter.replaceAllUsesWith(argument, block.getArgument(firstConstant + j));
        changed = true;
      }
  }
  if (hoistSums(op, rewriter) || hoistTransposes(op, rewriter))
    return success();
  ScanParts parts(op);
  if (parts.areAll(op))
    return success(changed);
  rebuild(op, parts, rewriter);
  return success();
}

//===----------------------------------------------------------------------===//
// The last row of a stack
//===----------------------------------------------------------------------===//

/// The carry that a stack's rows are, as each trip leaves it.
static std::optional<unsigned> carryOf(ScanOp scan, OpResult stack) {
  unsigned carries = scan.getNumCarries(), number = stack.getResultNumber();
  if (scan.getStops() || scan.getLimited() || !scan.getTrips() || number < carries)
    return std::nullopt;
  for (unsigned i = 0; i < carries; ++i)
    if (scan.getYielded()[i] == scan.getYielded()[number])
      return i;
  return std::nullopt;
}

/// What a slice takes of the last row of a stack, or of one in another order, taken of
/// the carry; null where it takes more, or where there is none.
static Value takeOfCarry(SliceOp slice, OpBuilder &builder) {
  Value source = slice.getX();
  // A gradient that is asked for the stack's own comes by way of it, one that is asked for
  // the carry's does not.
  auto isAskedFor = [](Value value) {
    return llvm::any_of(value.getUsers(), [](Operation *user) { return isa<GradientOp>(user); });
  };
  SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, slice.getStarts().size()));
  for (; auto transpose = source.getDefiningOp<TransposeOp>(); source = transpose.getX()) {
    if (isAskedFor(source))
      return nullptr;
    for (int64_t &d : order)
      d = transpose.getPermutation()[d];
  }
  auto scan = source.getDefiningOp<ScanOp>();
  if (!scan || isAskedFor(source))
    return nullptr;
  std::optional<unsigned> carry = carryOf(scan, cast<OpResult>(source));
  int64_t last = scan.getReverse() ? 0 : scan.getTrips() - 1;
  unsigned rows = llvm::find(order, 0) - order.begin();
  if (!carry || isAskedFor(scan.getFinals()[*carry]) || slice.getStarts()[rows] != last ||
      slice.getLimits()[rows] != last + 1)
    return nullptr;

  SmallVector<int64_t> shape{1};
  llvm::append_range(shape, rowOf(source.getType()).getShape());
  SmallVector<int64_t> starts(shape.size()), limits(shape.size()), strides(shape.size()),
      sizes(shape.size());
  for (auto [from, to] : llvm::enumerate(order)) {
    starts[to] = to ? slice.getStarts()[from] : 0;
    limits[to] = to ? slice.getLimits()[from] : 1;
    strides[to] = slice.getStrides()[from];
    sizes[to] = slice.getType().getDimSize(from);
  }
  RankedTensorType type = slice.getType();
  Location loc = slice.getLoc();
  Value row = ReshapeOp::create(builder, loc, type.clone(shape), scan.getFinals()[*carry]);
  row = SliceOp::create(builder, loc, type.clone(sizes), row, starts, limits, strides);
  return TransposeOp::create(builder, loc, type, row, order);
}

void takeLastRows(Operation *root) {
  root->walk([](SliceOp slice) {
    OpBuilder builder(slice);
    Value taken = takeOfCarry(slice, builder);
    if (!taken)
      return;
    slice.replaceAllUsesWith(taken);
    slice.erase();
  });
}

} // namespace agc::ir
