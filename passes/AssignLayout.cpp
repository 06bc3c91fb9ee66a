//===- AssignLayout.cpp - The order of dimensions in memory ----------------===//
//
// Takes: fused linalg on tensors, every value in the order of its shape.
// Gives: the same, with values that convolutions touch in channels-last order.
// A linalg.generic reads any order through its indexing maps, so a layout is no
// more than another shape and another map; nothing is tied to one op.
//
//===----------------------------------------------------------------------===//
#include "passes/LowerToLinalg.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;

namespace agc {
#define GEN_PASS_DEF_ASSIGNLAYOUTPASS
#include "passes/Passes.h.inc"

namespace {

/// Channels that fill no vector.
constexpr int64_t fewChannels = 16;

/// Position i in memory, outermost first, is dimension order[i] of the value.
using Order = SmallVector<int64_t>;

struct AssignLayoutPass : impl::AssignLayoutPassBase<AssignLayoutPass> {
  void runOnOperation() override;

private:
  DenseMap<Value, Order> orders;   // those that are not the shape's own
  DenseMap<Value, Value> replaced; // old values in their new order

  bool isFree(Value value);
  bool decide(Value value, Order order);
  void seed(linalg::GenericOp op);
  bool propagate(Operation *op);
  bool propagateThrough(linalg::GenericOp op);

  Order orderOf(Value value);
  Value inOrder(OpBuilder &builder, Value value, const Order &order);
  void rewrite(Operation *op);
  bool isReadAlongSum(linalg::GenericOp op, AffineMap map);
  Value readPart(OpBuilder &builder, linalg::GenericOp op, Value value, AffineMap &map);
  void rewriteGeneric(linalg::GenericOp op);
};

RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

Order identity(int64_t rank) {
  return llvm::to_vector(llvm::seq<int64_t>(rank));
}

RankedTensorType permuted(RankedTensorType type, const Order &order) {
  return type.clone(applyPermutation(type.getShape(), order));
}

AffineMap permuted(AffineMap map, const Order &order) {
  SmallVector<AffineExpr> exprs;
  for (int64_t d : order)
    exprs.push_back(map.getResult(d));
  return AffineMap::get(map.getNumDims(), 0, exprs, map.getContext());
}

SmallVector<int64_t> permuted(ArrayRef<int64_t> values, const Order &order) {
  return applyPermutation(values, order);
}

/// Loops that an index has company in, as in `p * stride + k`.
llvm::SmallBitVector windowLoops(linalg::GenericOp op) {
  llvm::SmallBitVector loops(op.getNumLoops());
  for (AffineMap map : op.getIndexingMapsArray())
    for (AffineExpr expr : map.getResults()) {
      llvm::SmallBitVector here = loopsOf(expr, op.getNumLoops());
      if (here.count() > 1)
        loops |= here;
    }
  return loops;
}

bool touches(AffineExpr expr, const llvm::SmallBitVector &loops) {
  for (unsigned l : loops.set_bits())
    if (expr.isFunctionOfDim(l))
      return true;
  return false;
}

/// A product of two operands, summed over windows: a convolution.
bool isWindowProduct(Operation *op) {
  auto generic = dyn_cast_or_null<linalg::GenericOp>(op);
  return generic && generic.getNumReductionLoops() &&
         generic.getNumDpsInputs() == 2 && generic.getNumDpsInits() == 1 &&
         windowLoops(generic).any();
}

/// The loops of a product with patches that go over their positions; else none.
llvm::SmallBitVector positionLoops(linalg::GenericOp op) {
  llvm::SmallBitVector loops(op.getNumLoops());
  if (!op.getNumReductionLoops() || op.getNumDpsInputs() != 2)
    return loops;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    auto patches = operand->get().getDefiningOp<linalg::GenericOp>();
    if (!patches || patches.getNumDpsInputs() != 1 || patches.getNumReductionLoops() ||
        !patches.getIndexingMapMatchingResult(patches->getResult(0)).isIdentity())
      continue;
    // Where a window begins comes before its elements.
    for (AffineExpr expr : patches.getIndexingMapsArray().front().getResults()) {
      llvm::SmallBitVector here = loopsOf(expr, patches.getNumLoops());
      if (here.count() < 2)
        continue;
      AffineExpr index = op.getMatchingIndexingMap(operand).getResult(here.find_first());
      if (auto loop = dyn_cast<AffineDimExpr>(index))
        loops.set(loop.getPosition());
    }
  }
  return loops;
}

bool isPatchProduct(Operation *op) {
  auto generic = dyn_cast_or_null<linalg::GenericOp>(op);
  return generic && positionLoops(generic).any();
}

/// Spatial dimensions before the last other one.
Order channelsLast(AffineMap map, const llvm::SmallBitVector &windows) {
  SmallVector<int64_t> spatial, others;
  for (auto [d, expr] : llvm::enumerate(map.getResults()))
    (touches(expr, windows) ? spatial : others).push_back(d);
  if (others.empty())
    return spatial;
  Order order(others.begin(), others.end() - 1);
  llvm::append_range(order, spatial);
  order.push_back(others.back());
  return order;
}

/// Whether elements are in the same places in both orders: dimensions of size 1 are
/// anywhere.
bool isSameMemory(RankedTensorType type, const Order &x, const Order &y) {
  auto sized = [&](const Order &order) {
    return llvm::filter_to_vector(
        order, [&](int64_t d) { return type.getDimSize(d) != 1; });
  };
  return sized(x) == sized(y);
}

/// Whether both indices have a loop in common in every dimension.
bool correspond(AffineMap x, AffineMap y) {
  if (x.getNumResults() != y.getNumResults())
    return false;
  for (auto [a, b] : llvm::zip_equal(x.getResults(), y.getResults())) {
    bool common = false;
    for (unsigned l = 0; l < x.getNumDims(); ++l)
      common |= a.isFunctionOfDim(l) && b.isFunctionOfDim(l);
    if (!common)
      return false;
  }
  return true;
}

} // namespace

/// Whether the pass may choose the value's order.
bool AssignLayoutPass::isFree(Value value) {
  Operation *op = value.getDefiningOp();
  // What a function returns has the shape's order: an update computed in
  // another would have to be copied home. A product over windows or of patches is
  // worth the copy, and has the same bits whether or not its result is returned.
  bool isReturned = llvm::any_of(value.getUsers(), [](Operation *user) {
    return user->hasTrait<OpTrait::IsTerminator>();
  });
  if (isReturned && !isWindowProduct(op) && !isPatchProduct(op))
    return false;
  // A slice is where its source is.
  if (auto slice = dyn_cast_or_null<tensor::ExtractSliceOp>(op))
    return isFree(slice.getSource());
  return isa_and_nonnull<linalg::GenericOp, tensor::InsertSliceOp, linalg::FillOp>(op);
}

bool AssignLayoutPass::decide(Value value, Order order) {
  if (!isFree(value) || orders.contains(value) ||
      order == identity(order.size()))
    return false;
  // In the shape's order an update can be computed where it was summed. What is a
  // part of a larger tensor goes with that.
  auto isPart = [](Operation *op) {
    return isa<tensor::InsertSliceOp, tensor::ExtractSliceOp>(op);
  };
  if (isSameMemory(typeOf(value), order, identity(order.size())) &&
      !isPart(value.getDefiningOp()) && llvm::none_of(value.getUsers(), isPart))
    return false;
  orders[value] = order;
  return true;
}

/// The order of a window product's result. Vectors go along the last dimension:
/// where that is a filter's few input channels (an image's three), its outputs.
static Order orderOfResult(linalg::GenericOp op, const llvm::SmallBitVector &windows) {
  AffineMap map = op.getIndexingMapMatchingResult(op->getResult(0));
  Order order = channelsLast(map, windows);
  auto shape = typeOf(op->getResult(0)).getShape();
  if (shape[order.back()] >= fewChannels)
    return order;
  auto isOfWindows = [&](int64_t d) {
    return llvm::any_of(op.getDpsInputOperands(), [&](OpOperand *operand) {
      AffineMap read = op.getMatchingIndexingMap(operand);
      auto loop = dyn_cast<AffineDimExpr>(map.getResult(d));
      return loop && read.isFunctionOfDim(loop.getPosition()) &&
             llvm::any_of(read.getResults(), [](AffineExpr expr) {
               return !isa<AffineDimExpr>(expr);
             });
    });
  };
  auto wide = llvm::find_if(order, [&](int64_t d) {
    return shape[d] >= fewChannels && !touches(map.getResult(d), windows) &&
           !isOfWindows(d);
  });
  if (isOfWindows(order.back()) && wide != order.end())
    std::rotate(wide, wide + 1, order.end());
  return order;
}

/// A product over windows, or of patches: spatial dimensions before the last other
/// one.
void AssignLayoutPass::seed(linalg::GenericOp op) {
  if (llvm::SmallBitVector positions = positionLoops(op); positions.any()) {
    // Images; patches and weights stay as they are.
    for (OpOperand &operand : op->getOpOperands())
      if (Operation *maker = operand.get().getDefiningOp();
          !op.isDpsInit(&operand) && maker && typeOf(operand.get()).getRank() ==
                                                  typeOf(op.getResult(0)).getRank())
        decide(operand.get(),
               channelsLast(op.getMatchingIndexingMap(&operand), positions));
    decide(op.getResult(0),
           channelsLast(op.getIndexingMapMatchingResult(op->getResult(0)), positions));
    return;
  }
  if (!isWindowProduct(op))
    return;
  llvm::SmallBitVector windows = windowLoops(op);
  for (OpOperand *operand : op.getDpsInputOperands())
    decide(operand->get(),
           channelsLast(op.getMatchingIndexingMap(operand), windows));
  decide(op.getResult(0), orderOfResult(op, windows));
}

bool AssignLayoutPass::propagateThrough(linalg::GenericOp op) {
  SmallVector<std::pair<Value, AffineMap>> values;
  for (OpOperand *operand : op.getDpsInputOperands())
    values.push_back({operand->get(), op.getMatchingIndexingMap(operand)});
  for (OpResult result : op->getResults())
    values.push_back({result, op.getIndexingMapMatchingResult(result)});
  bool changed = false;
  for (auto [value, map] : values) {
    auto known = orders.find(value);
    if (known == orders.end())
      continue;
    Order order = known->second;
    for (auto [other, otherMap] : values)
      if (correspond(map, otherMap))
        changed |= decide(other, order);
  }
  return changed;
}

bool AssignLayoutPass::propagate(Operation *op) {
  if (auto generic = dyn_cast<linalg::GenericOp>(op))
    return propagateThrough(generic);
  SmallVector<Value> values;
  if (auto insertion = dyn_cast<tensor::InsertSliceOp>(op))
    values = {insertion.getSource(), insertion.getDest(), insertion.getResult()};
  else if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
    values = {slice.getSource(), slice.getResult()};
  bool changed = false;
  for (Value from : values)
    if (auto known = orders.find(from); known != orders.end()) {
      Order order = known->second;
      for (Value to : values)
        if (typeOf(to).getRank() == int64_t(order.size()))
          changed |= decide(to, order);
    }
  return changed;
}

Order AssignLayoutPass::orderOf(Value value) {
  auto known = orders.find(value);
  return known == orders.end() ? identity(typeOf(value).getRank()) : known->second;
}

/// The value in this order: itself, or a copy that converts.
Value AssignLayoutPass::inOrder(OpBuilder &builder, Value value,
                                const Order &order) {
  Value current = replaced.lookup(value);
  if (!current)
    current = value;
  Order from = orderOf(value);
  if (from == order)
    return current;
  int64_t rank = order.size();
  RankedTensorType type = permuted(typeOf(value), order);
  if (isSameMemory(typeOf(value), from, order)) {
    SmallVector<ReassociationIndices> all(1);
    llvm::append_range(all[0], llvm::seq<int64_t>(rank));
    Location loc = builder.getInsertionPoint()->getLoc();
    auto flat = RankedTensorType::get({type.getNumElements()}, type.getElementType());
    current = tensor::CollapseShapeOp::create(builder, loc, flat, current, all);
    return tensor::ExpandShapeOp::create(builder, loc, type, current, all);
  }
  // Loop i is position i of the result: dimension order[i] of the value, which
  // lies where `from` says.
  SmallVector<int64_t> position = invertPermutationVector(order);
  SmallVector<AffineExpr> exprs;
  for (int64_t d : from)
    exprs.push_back(builder.getAffineDimExpr(position[d]));
  // An argument is of no line; who reads it wants it so.
  Location loc = isa<BlockArgument>(value) ? builder.getInsertionPoint()->getLoc()
                                           : value.getLoc();
  return rearrange(builder, loc, current,
                   AffineMap::get(rank, 0, exprs, builder.getContext()), type);
}

/// Whether elements that lie side by side are added up, and meet all elements of the
/// result's vectors: what a product's rows are best read as.
bool AssignLayoutPass::isReadAlongSum(linalg::GenericOp op, AffineMap map) {
  OpResult result = op->getResult(0);
  AffineMap written = op.getIndexingMapMatchingResult(result);
  auto vector = dyn_cast<AffineDimExpr>(written.getResult(orderOf(result).back()));
  auto last = dyn_cast<AffineDimExpr>(map.getResults().back());
  return vector && last && !map.isFunctionOfDim(vector.getPosition()) &&
         op.getIteratorTypesArray()[last.getPosition()] == utils::IteratorType::reduction;
}

/// What a product reads of a value where steps leave out elements of it, as windows of
/// one element do; \p map is then of the part. Otherwise the value.
Value AssignLayoutPass::readPart(OpBuilder &builder, linalg::GenericOp op, Value value,
                                 AffineMap &map) {
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  SmallVector<AffineExpr> exprs, loops;
  for (auto [l, size] : llvm::enumerate(sizes))
    loops.push_back(size == 1 ? builder.getAffineConstantExpr(0)
                              : builder.getAffineDimExpr(l));
  SmallVector<int64_t> shape(typeOf(value).getShape()), steps(shape.size(), 1);
  for (auto [d, expr] : llvm::enumerate(map.getResults())) {
    exprs.push_back(expr);
    auto scaled = dyn_cast<AffineBinaryOpExpr>(expr.replaceDims(loops));
    auto loop = scaled ? dyn_cast<AffineDimExpr>(scaled.getLHS()) : nullptr;
    auto step = scaled ? dyn_cast<AffineConstantExpr>(scaled.getRHS()) : nullptr;
    if (!loop || !step || scaled.getKind() != AffineExprKind::Mul || step.getValue() < 2)
      continue;
    exprs[d] = loop;
    steps[d] = step.getValue();
    shape[d] = sizes[loop.getPosition()];
  }
  if (ArrayRef(shape) == typeOf(value).getShape())
    return value;
  map = AffineMap::get(map.getNumDims(), 0, exprs, map.getContext());
  auto fold = [&](ArrayRef<int64_t> numbers) {
    return getAsIndexOpFoldResult(builder.getContext(), numbers);
  };
  SmallVector<int64_t> zeros(shape.size(), 0);
  return tensor::ExtractSliceOp::create(builder, op.getLoc(), typeOf(value).clone(shape),
                                        inOrder(builder, value, identity(shape.size())),
                                        fold(zeros), fold(shape), fold(steps));
}

void AssignLayoutPass::rewriteGeneric(linalg::GenericOp op) {
  OpBuilder builder(op);
  llvm::SmallBitVector windows = windowLoops(op);
  bool isProduct = isWindowProduct(op);
  SmallVector<Value> inputs, inits;
  SmallVector<AffineMap> maps;
  SmallVector<Type> types;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    Value value = operand->get();
    AffineMap map = op.getMatchingIndexingMap(operand);
    Order order = orderOf(value);
    // Products over windows read a fixed value (an argument) through a copy, if not in
    // the order of their sum.
    if (isProduct && !isFree(value) && order == identity(order.size()) &&
        !isReadAlongSum(op, map)) {
      order = channelsLast(map, windows);
      value = readPart(builder, op, value, map);
    }
    inputs.push_back(inOrder(builder, value, order));
    maps.push_back(permuted(map, order));
  }
  for (OpResult result : op->getResults()) {
    Order order = orderOf(result);
    OpOperand *operand = op.getDpsInitOperand(result.getResultNumber());
    RankedTensorType type = permuted(typeOf(result), order);
    Value init = operand->get();
    if (auto fill = init.getDefiningOp<linalg::FillOp>())
      init = linalg::FillOp::create(builder, op.getLoc(), fill.getInputs(),
                                    emptyTensor(builder, op.getLoc(), type))
                 .getResult(0);
    else if (init.getDefiningOp<tensor::EmptyOp>())
      init = emptyTensor(builder, op.getLoc(), type);
    else
      init = inOrder(builder, init, order);
    inits.push_back(init);
    types.push_back(type);
    maps.push_back(permuted(op.getMatchingIndexingMap(operand), order));
  }
  auto next = linalg::GenericOp::create(builder, op.getLoc(), types, inputs, inits,
                                        maps, op.getIteratorTypesArray());
  next.getRegion().takeBody(op.getRegion());
  // What the body looks elements up in keeps the shape's own order.
  builder.setInsertionPoint(next);
  next->walk([&](tensor::ExtractOp lookup) {
    Value tensor = lookup.getTensor();
    lookup.getTensorMutable().assign(
        inOrder(builder, tensor, identity(typeOf(tensor).getRank())));
  });
  for (auto [from, to] : llvm::zip_equal(op->getResults(), next->getResults()))
    replaced[from] = to;
}

void AssignLayoutPass::rewrite(Operation *op) {
  OpBuilder builder(op);
  Location loc = op->getLoc();
  auto fold = [&](ArrayRef<int64_t> values, const Order &order) {
    return getAsIndexOpFoldResult(op->getContext(), permuted(values, order));
  };
  if (auto generic = dyn_cast<linalg::GenericOp>(op))
    return rewriteGeneric(generic);
  if (auto fill = dyn_cast<linalg::FillOp>(op)) {
    if (orders.contains(fill.getResult(0)))
      replaced[fill.getResult(0)] =
          linalg::FillOp::create(
              builder, loc, fill.getInputs(),
              emptyTensor(builder, loc,
                          permuted(typeOf(fill.getResult(0)),
                                   orderOf(fill.getResult(0)))))
              .getResult(0);
    return;
  }
  if (auto insertion = dyn_cast<tensor::InsertSliceOp>(op)) {
    Order order = orderOf(insertion);
    if (insertion.getSourceType().getRank() == int64_t(order.size())) {
      Value dest = insertion.getDest();
      if (dest.getDefiningOp<tensor::EmptyOp>())
        dest = emptyTensor(builder, loc, permuted(typeOf(dest), order));
      else
        dest = inOrder(builder, dest, order);
      replaced[insertion] = tensor::InsertSliceOp::create(
          builder, loc, inOrder(builder, insertion.getSource(), order), dest,
          fold(insertion.getStaticOffsets(), order),
          fold(insertion.getStaticSizes(), order),
          fold(insertion.getStaticStrides(), order));
      return;
    }
  }
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op)) {
    Order order = orderOf(slice);
    if (slice.getSourceType().getRank() == int64_t(order.size())) {
      replaced[slice] = tensor::ExtractSliceOp::create(
          builder, loc, permuted(slice.getType(), order),
          inOrder(builder, slice.getSource(), order),
          fold(slice.getStaticOffsets(), order),
          fold(slice.getStaticSizes(), order),
          fold(slice.getStaticStrides(), order));
      return;
    }
  }
  // Anything else wants the shape's own order.
  for (OpOperand &operand : op->getOpOperands())
    if (isa<RankedTensorType>(operand.get().getType()) &&
        (replaced.contains(operand.get()) || orders.contains(operand.get())))
      operand.set(inOrder(builder, operand.get(),
                          identity(typeOf(operand.get()).getRank())));
}

void AssignLayoutPass::runOnOperation() {
  // A pass object serves many functions.
  orders.clear();
  replaced.clear();
  SmallVector<Operation *> ops;
  for (Operation &op : getOperation().getBody().front())
    ops.push_back(&op);
  for (Operation *op : ops)
    if (auto generic = dyn_cast<linalg::GenericOp>(op))
      seed(generic);
  if (orders.empty())
    return;
  for (bool changed = true; changed;) {
    changed = false;
    for (Operation *op : ops)
      changed |= propagate(op);
    for (Operation *op : llvm::reverse(ops))
      changed |= propagate(op);
  }
  for (Operation *op : ops)
    rewrite(op);
  // What has been replaced goes, users first.
  for (Operation *op : llvm::reverse(ops))
    if (op->use_empty() && !op->hasTrait<OpTrait::IsTerminator>() &&
        isa<linalg::GenericOp, linalg::FillOp, tensor::InsertSliceOp,
            tensor::ExtractSliceOp, tensor::EmptyOp>(op))
      op->erase();
}

} // namespace agc
