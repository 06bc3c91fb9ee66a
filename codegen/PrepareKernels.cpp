//===- PrepareKernels.cpp - Every value a kernel's result or a view --------===//
#include "codegen/Passes.h"
#include "passes/Attention.h"
#include "passes/LowerToLinalg.h"
#include "passes/Winograd.h"

using namespace mlir;

namespace agc {
#define GEN_PASS_DEF_PREPAREKERNELSPASS
#include "codegen/Passes.h.inc"

namespace {

/// Bytes of a fill that takes longer than a second kernel's call, and what an insertion
/// then writes is not in a cache for it.
constexpr int64_t largeFill = 1 << 18;

struct PrepareKernelsPass : impl::PrepareKernelsPassBase<PrepareKernelsPass> {
  void runOnOperation() override;

private:
  Value copy(OpBuilder &builder, Value value);
  void materializeFills();
  void materializeInsertions();
  void materializeFrames();
  void materializeScatters();
  void materializeTransforms();
  void materializeAttention();
  void materializeChecks();
  void materializeBodyInputs();
  void materializeReshapes();
  void materializeReturns();
};

} // namespace

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// The value in memory of its own.
Value PrepareKernelsPass::copy(OpBuilder &builder, Value value) {
  // An argument is of no line; who reads it wants it so.
  Location loc = isa<BlockArgument>(value) ? builder.getInsertionPoint()->getLoc()
                                           : value.getLoc();
  return rearrange(builder, loc, value,
                   builder.getMultiDimIdentityMap(typeOf(value).getRank()),
                   typeOf(value));
}

/// Whether the user writes into what it is given here.
static bool isDestination(OpOperand &use) {
  auto writer = dyn_cast<DestinationStyleOpInterface>(use.getOwner());
  return writer && writer.isDpsInit(&use);
}

/// Whether the use is only what a reduction starts from. Where results overlap
/// in memory, they start from what is there, and a kernel must put it there.
static bool isStartOfReduction(OpOperand &use) {
  auto generic = dyn_cast<linalg::GenericOp>(use.getOwner());
  if (!generic || !generic.isDpsInit(&use))
    return false;
  SmallVector<unsigned> reductions;
  generic.getReductionDims(reductions);
  if (reductions.empty()) // Nothing is summed: it starts from what is there.
    return false;
  AffineMap map = generic.getMatchingIndexingMap(&use);
  return llvm::none_of(reductions,
                       [&](unsigned d) { return map.isFunctionOfDim(d); });
}

/// A kernel that writes one number everywhere, into as many tensors.
static linalg::GenericOp filled(OpBuilder &builder, Location loc, RankedTensorType type,
                                TypedAttr scalar, size_t count = 1) {
  SmallVector<Value> inits;
  for (size_t i = 0; i < count; ++i)
    inits.push_back(emptyTensor(builder, loc, type));
  return linalg::GenericOp::create(
      builder, loc, TypeRange(ValueRange(inits)), ValueRange(), inits,
      SmallVector<AffineMap>(count, builder.getMultiDimIdentityMap(type.getRank())),
      iterators(type.getRank(), 0), [&](OpBuilder &b, Location loc, ValueRange) {
        Value value = arith::ConstantOp::create(b, loc, scalar);
        linalg::YieldOp::create(b, loc, SmallVector<Value>(count, value));
      });
}

/// The number that the value's kernel writes everywhere, if it is such a kernel.
static TypedAttr numberIn(Value value) {
  auto op = value.getDefiningOp<linalg::GenericOp>();
  if (!op || op.getNumDpsInputs())
    return {};
  Operation *yielded = op.getBody()->getTerminator()->getOperand(0).getDefiningOp();
  auto constant = dyn_cast_or_null<arith::ConstantOp>(yielded);
  return constant ? constant.getValue() : TypedAttr();
}

/// Fills and splats that are more than a reduction's start become kernels.
void PrepareKernelsPass::materializeFills() {
  SmallVector<Operation *> ops;
  getOperation().walk([&](Operation *op) { ops.push_back(op); });
  for (Operation *op : ops) {
    TypedAttr scalar;
    if (auto fill = dyn_cast<linalg::FillOp>(op)) {
      auto constant = fill.getInputs()[0].getDefiningOp<arith::ConstantOp>();
      if (constant)
        scalar = constant.getValue();
    } else if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
      auto elements = dyn_cast<DenseElementsAttr>(constant.getValue());
      if (elements && elements.isSplat())
        scalar = elements.getSplatValue<TypedAttr>();
    }
    if (!scalar)
      continue;
    Value result = op->getResult(0);
    if (llvm::all_of(result.getUses(), isStartOfReduction))
      continue;
    // Who adds to what is there, or writes over a part, has it for itself.
    for (OpOperand &use : llvm::make_early_inc_range(result.getUses())) {
      Operation *user = use.getOwner();
      if (isDestination(use) && !isStartOfReduction(use)) {
        OpBuilder builder(user);
        use.set(filled(builder, user->getLoc(), typeOf(result), scalar).getResult(0));
      }
    }
    if (llvm::all_of(result.getUses(), isStartOfReduction))
      continue;
    OpBuilder builder(op);
    Value shared = filled(builder, op->getLoc(), typeOf(result), scalar).getResult(0);
    result.replaceUsesWithIf(
        shared, [](OpOperand &use) { return !isStartOfReduction(use); });
  }
}

/// Whether the value has one reader and a kernel that writes it: the reader may
/// write into it.
static bool isOwned(Value value) {
  return value.hasOneUse() && value.getDefiningOp() &&
         isa<linalg::GenericOp, tensor::InsertSliceOp, tensor::EmptyOp,
             agc::ir::ScatterOp>(value.getDefiningOp());
}

/// The result of attention that an insertion has as its source, maybe with fewer dimensions,
/// if that is its only use.
static Value attentionIn(tensor::InsertSliceOp op) {
  Value value = op.getSource();
  if (auto reshape = value.getDefiningOp<tensor::CollapseShapeOp>(); reshape && reshape->hasOneUse())
    value = reshape.getSrc();
  Operation *maker = value.getDefiningOp();
  bool isResult = maker && isa<attention::AttentionDialect>(maker->getDialect());
  return isResult && value.hasOneUse() ? value : Value();
}

/// Whether attention can write a result's rows where the insertion puts them: nothing is in that
/// memory yet but other results of its own.
static bool isWrittenByAttention(tensor::InsertSliceOp op) {
  Value value = attentionIn(op);
  if (!value || !op.hasUnitStride() || op.getSourceType().getRank() != op.getDestType().getRank())
    return false;
  Value dest = op.getDest();
  while (auto below = dest.getDefiningOp<tensor::InsertSliceOp>()) {
    Value other = attentionIn(below);
    if (!other || other.getDefiningOp() != value.getDefiningOp())
      return false;
    dest = below.getDest();
  }
  return bool(dest.getDefiningOp<tensor::EmptyOp>());
}

/// An insertion's source is written where it goes by the kernel that makes it;
/// its destination is nobody else's.
void PrepareKernelsPass::materializeInsertions() {
  SmallVector<tensor::InsertSliceOp> ops;
  getOperation().walk([&](tensor::InsertSliceOp op) { ops.push_back(op); });
  for (tensor::InsertSliceOp op : ops) {
    OpBuilder builder(op);
    Value dest = op.getDest(), source = op.getSource();
    // Of memory that nothing is in yet each has its own.
    if (dest.getDefiningOp<tensor::EmptyOp>())
      op.getDestMutable().assign(emptyTensor(builder, op.getLoc(), typeOf(dest)));
    else if (!isOwned(dest))
      op.getDestMutable().assign(copy(builder, dest));
    if (isWrittenByAttention(op))
      continue;
    // One that adds to what another kernel left does so where that is.
    auto maker = source.getDefiningOp<linalg::GenericOp>();
    if (!maker || maker.getNumResults() != 1 || !source.hasOneUse() ||
        maker.getDpsInitOperand(0)->get().getDefiningOp<linalg::GenericOp>()) {
      op.getSourceMutable().assign(copy(builder, source));
      continue;
    }
    // The destination's own kernel runs before the source's.
    maker->moveBefore(op);
  }
}

/// Whether another kernel writes into what the insertion leaves.
static bool isWrittenInto(tensor::InsertSliceOp op) {
  return llvm::any_of(op->getUses(), [](OpOperand &use) {
    return isa<agc::ir::ScatterOp>(use.getOwner()) || isDestination(use);
  });
}

/// Writes the number around the box from \p from, as large as \p box, of a tensor of
/// this type; nothing is in the box. Whole rows first, then what is beside the box.
static Value framed(OpBuilder &builder, Location loc, RankedTensorType type, TypedAttr scalar,
                    ArrayRef<int64_t> from, ArrayRef<int64_t> box) {
  Value memory = emptyTensor(builder, loc, type);
  SmallVector<int64_t> offsets(type.getRank(), 0), sizes(type.getShape());
  SmallVector<int64_t> strides(type.getRank(), 1);
  for (int64_t d = 0; d < type.getRank(); ++d) {
    int64_t end = from[d] + box[d], behind = type.getDimSize(d) - end;
    auto fill = [&](int64_t size, ArrayRef<int64_t> places) {
      sizes[d] = size;
      auto kernel =
          filled(builder, loc, RankedTensorType::get(sizes, type.getElementType()), scalar,
                 places.size());
      for (auto [place, part] : llvm::zip_equal(places, kernel->getResults())) {
        offsets[d] = place;
        auto values = [&](ArrayRef<int64_t> numbers) {
          return getAsIndexOpFoldResult(builder.getContext(), numbers);
        };
        memory = tensor::InsertSliceOp::create(builder, loc, part, memory, values(offsets),
                                               values(sizes), values(strides));
      }
    };
    if (from[d] && from[d] == behind) {
      fill(behind, {0, end});
    } else {
      if (from[d])
        fill(from[d], {0});
      if (behind)
        fill(behind, {end});
    }
    offsets[d] = from[d];
    sizes[d] = box[d];
  }
  return memory;
}

/// Of a large tensor that one number fills and an insertion mostly overwrites, only what
/// is around that is filled.
void PrepareKernelsPass::materializeFrames() {
  SmallVector<tensor::InsertSliceOp> ops;
  getOperation().walk([&](tensor::InsertSliceOp op) { ops.push_back(op); });
  for (tensor::InsertSliceOp op : ops) {
    TypedAttr scalar = numberIn(op.getDest());
    RankedTensorType type = op.getDestType(), box = op.getSourceType();
    if (!scalar || !op.getDest().hasOneUse() || !op.hasUnitStride() ||
        box.getRank() != type.getRank() || isWrittenInto(op) ||
        type.getNumElements() * std::max(8u, type.getElementTypeBitWidth()) / 8 < largeFill ||
        box.getNumElements() * 2 < type.getNumElements())
      continue;
    Operation *fill = op.getDest().getDefiningOp();
    OpBuilder builder(fill);
    op.getDestMutable().assign(framed(builder, fill->getLoc(), type, scalar,
                                      op.getStaticOffsets(), box.getShape()));
    fill->erase();
  }
}

/// Whether the tensor lies in memory without gaps.
static bool isDense(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return true;
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op)) {
    // Whole rows: only the outermost dimension may be cut.
    if (!slice.hasUnitStride() || !isDense(slice.getSource()))
      return false;
    ArrayRef<int64_t> from = slice.getSourceType().getShape();
    ArrayRef<int64_t> to = slice.getStaticSizes();
    for (size_t d = 1; d < from.size(); ++d)
      if (from[d] != to[d])
        return false;
    return true;
  }
  if (isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp, agc::ir::BarrierOp,
          agc::ir::CheckRangeOp>(op))
    return isDense(op->getOperand(0));
  return true;
}

/// A scatter works where its base lies; all that it reads is dense.
void PrepareKernelsPass::materializeScatters() {
  SmallVector<agc::ir::ScatterOp> ops;
  getOperation().walk([&](agc::ir::ScatterOp op) { ops.push_back(op); });
  for (agc::ir::ScatterOp op : ops) {
    OpBuilder builder(op);
    auto insertion = op.getBase().getDefiningOp<tensor::InsertSliceOp>();
    if (!isOwned(op.getBase()) || op.getBase().getDefiningOp<tensor::EmptyOp>() ||
        insertion)
      op.getBaseMutable().assign(copy(builder, op.getBase()));
    for (OpOperand *operand : {&op.getIndexMutable(), &op.getUpdatesMutable()})
      if (!isDense(operand->get()))
        operand->set(copy(builder, operand->get()));
  }
}

/// A transform reads a dense image, or dense points.
void PrepareKernelsPass::materializeTransforms() {
  getOperation().walk([&](Operation *op) {
    if (!isa<winograd::ToPointsOp, winograd::FromPointsOp>(op) ||
        isDense(op->getOperand(0)))
      return;
    OpBuilder builder(op);
    op->setOperand(0, copy(builder, op->getOperand(0)));
  });
}

/// Whether neighbours along the last dimension are neighbours in memory.
static bool hasDenseRows(Value value) {
  if (auto expanded = value.getDefiningOp<tensor::ExpandShapeOp>())
    return hasDenseRows(expanded.getSrc());
  auto slice = value.getDefiningOp<tensor::ExtractSliceOp>();
  if (!slice)
    return isDense(value);
  return slice.hasUnitStride() && slice.getDroppedDims().none() &&
         hasDenseRows(slice.getSource());
}

/// Attention reads rows.
void PrepareKernelsPass::materializeAttention() {
  getOperation().walk([&](Operation *op) {
    if (!isa<attention::ForwardOp, attention::BackwardOp>(op))
      return;
    OpBuilder builder(op);
    for (OpOperand &operand : op->getOpOperands())
      if (!hasDenseRows(operand.get()))
        operand.set(copy(builder, operand.get()));
  });
}

/// A check looks at a whole buffer.
void PrepareKernelsPass::materializeChecks() {
  getOperation().walk([&](agc::ir::CheckRangeOp op) {
    OpBuilder builder(op);
    Operation *maker = op.getX().getDefiningOp();
    if (maker && !isa<linalg::GenericOp>(maker))
      op.getXMutable().assign(copy(builder, op.getX()));
  });
}

/// A body is told where its operands begin, no more.
void PrepareKernelsPass::materializeBodyInputs() {
  getOperation().walk([&](Operation *op) {
    if (!isa<agc::ir::CondOp, agc::ir::ScanOp>(op))
      return;
    OpBuilder builder(op);
    for (OpOperand &operand : op->getOpOperands())
      if (!isDense(operand.get()))
        operand.set(copy(builder, operand.get()));
  });
}

/// Dimensions become one only where they lie as one.
void PrepareKernelsPass::materializeReshapes() {
  SmallVector<Operation *> ops;
  getOperation().walk([&](Operation *op) {
    if (isa<tensor::CollapseShapeOp>(op))
      ops.push_back(op);
  });
  for (Operation *op : ops)
    if (!isDense(op->getOperand(0))) {
      OpBuilder builder(op);
      op->setOperand(0, copy(builder, op->getOperand(0)));
    }
}

/// Each returned value is written by its own kernel, directly.
void PrepareKernelsPass::materializeReturns() {
  Operation *terminator = getOperation().getBody().front().getTerminator();
  DenseSet<Value> returned;
  OpBuilder builder(terminator);
  for (OpOperand &operand : terminator->getOpOperands()) {
    Operation *maker = operand.get().getDefiningOp();
    bool updates =
        bool(getOperation().getResultAttr(operand.getOperandNumber(),
                                          agc::ir::updatesAttr));
    bool isOwn = maker &&
                 (isa<linalg::GenericOp>(maker) ||
                  (isa<tensor::InsertSliceOp, agc::ir::ScatterOp, agc::ir::CondOp,
                       agc::ir::ScanOp, winograd::FromPointsOp, attention::ForwardOp,
                       attention::BackwardOp>(maker) &&
                   !updates)) &&
                 returned.insert(operand.get()).second;
    if (!isOwn)
      operand.set(copy(builder, operand.get()));
  }
}

void PrepareKernelsPass::runOnOperation() {
  materializeFills();
  materializeInsertions();
  materializeScatters();
  materializeFrames(); // When it is known who writes where.
  materializeTransforms();
  materializeChecks();
  materializeBodyInputs();
  materializeReshapes();
  materializeAttention();
  materializeReturns();
}

} // namespace agc
