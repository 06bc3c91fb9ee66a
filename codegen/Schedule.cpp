//===- Schedule.cpp - In which order, and where in memory ------------------===//
#include "codegen/Schedule.h"

#include "codegen/Epilogue.h"
#include "codegen/Passes.h"
#include "ir/Dialect.h"
#include "ir/Serialize.h"
#include "passes/Attention.h"
#include "passes/LowerToLinalg.h"
#include "passes/Winograd.h"

#include "mlir/Analysis/SliceAnalysis.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace agc::ir;

namespace agc {

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

int64_t Buffer::bytes() const {
  return numElements * std::max(1u, element.getIntOrFloatBitWidth() / 8);
}

SmallVector<tensor::ExtractOp> lookupsIn(Operation *op) {
  SmallVector<tensor::ExtractOp> lookups;
  if (isa<linalg::GenericOp>(op))
    op->walk([&](tensor::ExtractOp lookup) { lookups.push_back(lookup); });
  return lookups;
}

bool isPlainReduction(linalg::GenericOp op) {
  SmallVector<unsigned> parallel;
  op.getParallelDims(parallel);
  return op.getNumReductionLoops() && lookupsIn(op).empty() &&
         llvm::all_of(op.getDpsInits(),
                      [](Value init) { return bool(init.getDefiningOp<linalg::FillOp>()); }) &&
         llvm::all_of(op.getDpsInputOperands(), [&](OpOperand *operand) {
           AffineMap map = op.getMatchingIndexingMap(operand);
           return map.isProjectedPermutation() &&
                  (map.getNumResults() == 0 ||
                   llvm::all_of(parallel, [&](unsigned d) { return map.isFunctionOfDim(d); }));
         });
}

SmallVector<func::FuncOp> bodiesOf(Operation *op) {
  SmallVector<func::FuncOp> bodies;
  op->walk([&](func::CallOp call) {
    bodies.push_back(op->getParentOfType<ModuleOp>().lookupSymbol<func::FuncOp>(
        call.getCallee()));
  });
  return bodies;
}

unsigned Schedule::addBuffer(Buffer::Kind kind, Type type) {
  auto tensor = cast<RankedTensorType>(type);
  buffers.push_back({kind, tensor.getElementType(), tensor.getNumElements()});
  return buffers.size() - 1;
}

View Schedule::denseView(unsigned buffer, Type type) {
  return {buffer, 0, rowMajorStrides(cast<RankedTensorType>(type).getShape())};
}

static std::optional<unsigned> updatedArgument(func::FuncOp function,
                                               unsigned result) {
  if (auto attr = function.getResultAttrOfType<IntegerAttr>(result, updatesAttr))
    return attr.getInt();
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Epilogues and prologues
//===----------------------------------------------------------------------===//

void Schedule::findEpilogues() {
  for (auto op : function.getBody().front().getOps<linalg::GenericOp>()) {
    if (op.getNumReductionLoops() || op.hasIndexSemantics() || !lookupsIn(op).empty() ||
        !llvm::all_of(op.getDpsInits(), [](Value init) {
          return bool(init.getDefiningOp<tensor::EmptyOp>());
        }))
      continue;
    for (OpOperand *operand : op.getDpsInputOperands())
      if (!fusedOperands.contains(op) && canFinish(op, *operand))
        fuse(*operand);
  }
}

/// The kernel of the operand's owner makes it, too.
void Schedule::fuse(OpOperand &operand) {
  Operation *maker = operand.get().getDefiningOp();
  fusedOperands[operand.getOwner()] = &operand;
  fusedMakers.insert(maker);
  maker->moveBefore(operand.getOwner()); // where it runs
}

void Schedule::findPrologues() {
  for (auto transform : function.getBody().front().getOps<winograd::ToPointsOp>()) {
    OpOperand &image = transform.getXMutable();
    if (winograd::isPrologue(image) && !fusedOperands.contains(image.get().getDefiningOp()))
      fuse(image);
  }
}

/// Who reads a gradient besides its update, if anybody does.
static StringRef whyReadElsewhere(Value gradient) {
  if (gradient.hasOneUse())
    return "";
  for (Operation *user : gradient.getUsers()) {
    if (user->hasTrait<OpTrait::IsTerminator>())
      return "its gradient is returned";
    auto sum = dyn_cast<linalg::GenericOp>(user);
    if (sum && sum.getNumReductionLoops() && typeOf(sum->getResult(0)).getNumElements() == 1)
      return "its gradient is summed up, too, as for a norm";
  }
  return "its gradient is read elsewhere, too";
}

StringRef Schedule::whyApart(Operation *op) const {
  auto update = dyn_cast<linalg::GenericOp>(op);
  if (!update || llvm::none_of(op->getResults(), [&](Value value) {
        auto result = resultOf.find(value);
        return result != resultOf.end() &&
               bool(updatedArgument(function, result->second));
      }))
    return "";
  OpOperand *fused = fusedOperand(op);
  for (OpOperand *operand : update.getDpsInputOperands()) {
    Value value = operand->get();
    Operation *maker = value.getDefiningOp();
    if (!maker || operand == fused || typeOf(value).getNumElements() !=
                      typeOf(update->getResult(0)).getNumElements())
      continue;
    if (fused) { // And one number may be anything.
      if (typeOf(value).getNumElements() > 1)
        return "one part of its gradient is in memory, as it is used more than once";
      continue;
    }
    if (isa<tensor::InsertSliceOp>(maker))
      return "its gradient is made in parts";
    if (isa<tensor::ExtractSliceOp>(maker))
      return "its gradient is a part of a value";
    if (isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(maker))
      return "its gradient has another shape where it is made";
    if (isa<ScatterOp>(maker))
      return "its gradient is added up where indices say";
    if (isa<CondOp, ScanOp>(maker))
      return "its gradient comes out of a loop or branch";
    if (isa<attention::AttentionDialect>(maker->getDialect()))
      return "its gradient comes out of attention";
    auto sum = dyn_cast<linalg::GenericOp>(maker);
    bool isTransform = isa<winograd::WinogradDialect>(maker->getDialect());
    if (!sum && !isTransform)
      continue;
    if (StringRef reason = whyReadElsewhere(value); !reason.empty())
      return reason;
    if (isTransform)
      return "its gradient comes out of a convolution by tiles, not as the update takes it";
    if (!sum.getNumReductionLoops())
      continue;
    if (update.getMatchingIndexingMap(operand) !=
        update.getIndexingMapMatchingResult(update->getResult(0)))
      return "its gradient lies in another order";
    return "its gradient is of another form";
  }
  return "";
}

ArrayRef<Value> Schedule::readBy(Operation *op) const {
  auto [known, isNew] = readValues.try_emplace(op);
  SmallVector<Value> &values = known->second;
  if (!isNew)
    return values;
  OpOperand *fused = fusedOperand(op);
  for (OpOperand &operand : op->getOpOperands())
    if (&operand != fused)
      values.push_back(operand.get());
  Operation *maker = fused ? fused->get().getDefiningOp() : nullptr;
  if (maker)
    llvm::append_range(values, maker->getOperands());
  for (tensor::ExtractOp lookup : lookupsIn(maker ? maker : op))
    values.push_back(lookup.getTensor());
  return values;
}

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

/// The part of a buffer that a slice or an insertion speaks of.
template <typename Op>
static View subview(View base, Op slice, ArrayRef<int64_t> strides) {
  for (size_t d = 0; d < strides.size(); ++d) {
    base.offset += slice.getStaticOffsets()[d] * base.strides[d];
    base.strides[d] *= strides[d];
  }
  return base;
}

/// Dimensions that a rank-reducing slice drops have size 1 and no stride left.
static void dropDimensions(View &view, const llvm::SmallBitVector &dropped) {
  SmallVector<int64_t> kept;
  for (auto [d, stride] : llvm::enumerate(view.strides))
    if (!dropped.test(d))
      kept.push_back(stride);
  view.strides = kept;
}

/// Several dimensions of this type for one lie as that does.
static View expandedView(const View &base, ArrayRef<ReassociationIndices> groups,
                         RankedTensorType type) {
  View view{base.buffer, base.offset, SmallVector<int64_t>(type.getRank(), 1)};
  for (auto [group, stride] : llvm::zip_equal(groups, base.strides)) {
    int64_t inner = stride;
    for (int64_t d : llvm::reverse(group)) {
      view.strides[d] = inner;
      inner *= type.getDimSize(d);
    }
  }
  return view;
}

/// The op that alone uses the value, if it is one of these.
template <typename Op>
static Op soleUser(Value value) {
  return value.hasOneUse() ? dyn_cast<Op>(*value.user_begin()) : Op();
}

/// The insertion that has the value where it goes, if that is its only use: its kernel
/// writes it there.
static tensor::InsertSliceOp insertionOf(Value value) {
  auto insertion = soleUser<tensor::InsertSliceOp>(value);
  return insertion && insertion.getSource() == value ? insertion : tensor::InsertSliceOp();
}

/// A place for what the value's op writes: the caller's, if it is returned.
unsigned Schedule::bufferOfResult(Value value) {
  auto result = resultOf.find(value);
  return addBuffer(result == resultOf.end() ? Buffer::Workspace : Buffer::Result,
                   value.getType());
}

void Schedule::assignOwnBuffers(Operation *op) {
  int64_t bytes = 0;
  for (func::FuncOp body : bodiesOf(op))
    bytes = std::max(
        bytes, cast<MemRefType>(body.getArgumentTypes().back()).getNumElements());
  SmallVector<unsigned> &own = ownBuffers[op];
  own.push_back(addBuffer(Buffer::Workspace,
                          RankedTensorType::get({bytes}, IntegerType::get(op->getContext(), 8))));
  if (auto scan = dyn_cast<ScanOp>(op))
    for (Value carry : scan.getFinals())
      own.push_back(addBuffer(Buffer::Workspace, carry.getType()));
}

void Schedule::assignView(Operation &op) {
  llvm::TypeSwitch<Operation *>(&op)
      .Case<tensor::ExtractSliceOp>([&](auto slice) {
        if (!views.contains(slice.getSource()))
          return; // Of a tensor that lies nowhere: its shape alone is read, too.
        View view = subview(views.at(slice.getSource()), slice,
                            slice.getStaticStrides());
        dropDimensions(view, slice.getDroppedDims());
        views[slice] = view;
      })
      .Case<tensor::InsertSliceOp>([&](auto insertion) {
        // Several results of one op may go to one place, in any order.
        if (!views.contains(insertion.getDest()))
          assignView(*insertion.getDest().getDefiningOp());
        aliasView(insertion, insertion.getDest());
        View view = subview(views.at(insertion.getDest()), insertion,
                            insertion.getStaticStrides());
        dropDimensions(view, insertion.getDroppedDims());
        views[insertion.getSource()] = view;
      })
      .Case<tensor::ExpandShapeOp>([&](auto reshape) {
        if (views.contains(reshape.getSrc())) // The same.
          views[reshape] = expandedView(views.at(reshape.getSrc()),
                                        reshape.getReassociationIndices(),
                                        reshape.getResultType());
      })
      .Case<tensor::CollapseShapeOp>([&](auto reshape) {
        if (!views.contains(reshape.getSrc()) || insertionOf(reshape))
          return; // What is inserted has a place already.
        View view = denseView(views.at(reshape.getSrc()).buffer,
                              reshape.getResultType());
        view.offset = views.at(reshape.getSrc()).offset;
        views[reshape] = view;
      })
      .Case<BarrierOp, CheckRangeOp>([&](auto op) { aliasView(op, op.getX()); })
      .Case<ScatterOp>([&](auto scatter) { aliasView(scatter, scatter.getBase()); })
      .Case<attention::ForwardOp, attention::BackwardOp>([&](auto op) {
        for (Value value : op->getResults()) {
          auto reshape = soleUser<tensor::CollapseShapeOp>(value);
          Value part = reshape ? reshape.getResult() : value;
          tensor::InsertSliceOp insertion = insertionOf(part);
          if (!insertion) {
            views[value] = denseView(bufferOfResult(value), value.getType());
            continue;
          }
          assignView(*insertion);
          if (reshape)
            views[value] = expandedView(views.at(part), reshape.getReassociationIndices(),
                                        reshape.getSrcType());
        }
      })
      .Case<winograd::ToPointsOp, winograd::FromPointsOp>([&](auto op) {
        if (fusedMakers.contains(op))
          return; // Its result never is in memory.
        for (Value value : op->getResults())
          views[value] = denseView(bufferOfResult(value), value.getType());
      })
      .Case<CondOp, ScanOp>([&](auto control) {
        for (Value value : control->getResults())
          views[value] = denseView(bufferOfResult(value), value.getType());
        assignOwnBuffers(control);
      })
      .Case<arith::ConstantOp>([&](auto constant) {
        if (!isa<RankedTensorType>(constant.getType()) || constant->use_empty())
          return;
        unsigned buffer = addBuffer(Buffer::Constant, constant.getType());
        buffers[buffer].constant =
            cast<DenseElementsAttr>(constant.getValue());
        views[constant] = denseView(buffer, constant.getType());
      })
      .Case<tensor::EmptyOp>([&](auto empty) {
        // Has a place only if something is inserted into it, or it has no elements:
        // then it may be an operand of whatever else there is.
        bool isThere = empty.getType().getNumElements() == 0 ||
                       llvm::any_of(empty->getUses(), [](OpOperand &use) {
                         auto insertion = dyn_cast<tensor::InsertSliceOp>(use.getOwner());
                         return insertion && &use == &insertion.getDestMutable();
                       });
        if (isThere && !views.contains(empty))
          views[empty] =
              denseView(bufferOfResult(empty.getResult()), empty.getType());
      })
      .Case<linalg::GenericOp>([&](linalg::GenericOp generic) {
        if (fusedMakers.contains(generic))
          return; // Its result never is in memory.
        for (OpResult value : generic->getResults()) {
          if (tensor::InsertSliceOp insertion = insertionOf(value)) {
            // It comes next; its destination is known already.
            assignView(*insertion);
            continue;
          }
          Operation *init =
              generic.getDpsInitOperand(value.getResultNumber())->get().getDefiningOp();
          if (isa_and_nonnull<linalg::GenericOp>(init)) {
            aliasView(value,
                      generic.getDpsInitOperand(value.getResultNumber())->get());
            continue;
          }
          auto result = resultOf.find(value);
          unsigned buffer;
          if (result == resultOf.end())
            buffer = addBuffer(Buffer::Workspace, value.getType());
          else if (auto argument = updatedArgument(function, result->second))
            buffer = bufferOfArgument[*argument];
          else
            buffer = addBuffer(Buffer::Result, value.getType());
          views[value] = denseView(buffer, value.getType());
        }
      });
}

/// The value whose kernel first writes the buffer in which this one ends up.
static Value rootOf(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (auto insertion = dyn_cast<tensor::InsertSliceOp>(op)) {
      value = insertion.getDest();
    } else if (auto scatter = dyn_cast<ScatterOp>(op)) {
      value = scatter.getBase();
    } else if (auto generic = dyn_cast<linalg::GenericOp>(op)) {
      Value init =
          generic.getDpsInitOperand(cast<OpResult>(value).getResultNumber())->get();
      if (!init.getDefiningOp<linalg::GenericOp>())
        break;
      value = init;
    } else {
      break;
    }
  }
  return value;
}

void Schedule::assignViews() {
  Block &block = function.getBody().front();
  for (BlockArgument argument : block.getArguments()) {
    bufferOfArgument.push_back(addBuffer(Buffer::Argument, argument.getType()));
    views[argument] = denseView(bufferOfArgument.back(), argument.getType());
  }
  for (OpOperand &operand : block.getTerminator()->getOpOperands())
    resultOf[rootOf(operand.get())] = operand.getOperandNumber();
  for (Operation &op : block.without_terminator())
    assignView(op);
  // Result buffers in the results' order, whatever the kernels' was.
  SmallVector<unsigned> positions;
  SmallVector<std::pair<unsigned, unsigned>> byResult;
  for (auto [value, result] : resultOf) {
    unsigned buffer = views.at(value).buffer;
    if (buffers[buffer].kind == Buffer::Result)
      byResult.push_back({result, buffer});
  }
  llvm::sort(byResult);
  for (auto [result, buffer] : byResult)
    positions.push_back(buffer);
  llvm::sort(positions);
  DenseMap<unsigned, unsigned> moved;
  SmallVector<Buffer> old(buffers);
  for (auto [to, from] : llvm::zip_equal(positions, byResult)) {
    buffers[to] = old[from.second];
    moved[from.second] = to;
  }
  for (auto &[value, view] : views)
    if (auto to = moved.find(view.buffer); to != moved.end())
      view.buffer = to->second;
}

//===----------------------------------------------------------------------===//
// Order
//===----------------------------------------------------------------------===//

bool Schedule::reads(Operation *op, unsigned buffer) const {
  return llvm::any_of(readBy(op), [&](Value operand) {
    auto view = views.find(operand);
    return view != views.end() && view->second.buffer == buffer;
  });
}

/// Whether the op may stop the step before the step has changed anything.
static bool checks(Operation &op) {
  return isa<CheckRangeOp>(op) ||
         (isa<CondOp, ScanOp>(op) && llvm::any_of(bodiesOf(&op), [](func::FuncOp body) {
            return body->getAttrOfType<IntegerAttr>(checksAttr).getInt() != 0;
          }));
}

/// Checks and all that has to be there before them.
static SetVector<Operation *> neededByChecks(Block &block) {
  SetVector<Operation *> needed;
  BackwardSliceOptions options;
  options.inclusive = true;
  options.omitUsesFromAbove = false; // What a body looks up in, too.
  for (Operation &op : block)
    if (checks(op))
      (void)getBackwardSlice(&op, &needed, options);
  // A kernel may also make what no check needs, and write it into what others leave.
  for (size_t i = 0; i < needed.size(); ++i)
    for (OpOperand &use : needed[i]->getUses())
      if (auto insertion = dyn_cast<tensor::InsertSliceOp>(use.getOwner()))
        if (&use == &insertion.getSourceMutable())
          (void)getBackwardSlice(insertion.getOperation(), &needed, options);
  return needed;
}

void Schedule::orderKernels() {
  SetVector<Operation *> first = neededByChecks(function.getBody().front());
  auto add = [&](Operation &op) {
    if (isa<linalg::GenericOp, CheckRangeOp, CondOp, ScanOp, ScatterOp,
            winograd::ToPointsOp, winograd::FromPointsOp, attention::ForwardOp,
            attention::BackwardOp>(op) &&
        !fusedMakers.contains(&op))
      order.push_back(&op);
  };
  for (Operation &op : function.getBody().front())
    if (first.contains(&op))
      add(op);
  numFirst = order.size();
  for (Operation &op : function.getBody().front())
    if (!first.contains(&op))
      add(op);
}

/// Kernels that need no room of their own (updates, results, a number that an optimizer
/// computes of its step) go to where all that they read is there, and what they overwrite has
/// been read.
void Schedule::hoistUpdates() {
  // Where buffers have last been read and written: behind which kernel of the old order.
  SmallVector<int> lastRead(buffers.size(), -1), lastWritten(buffers.size(), -1);
  SmallVector<SmallVector<Operation *>> behind(order.size());
  for (auto [position, op] : llvm::enumerate(order)) {
    SmallVector<unsigned> read, written;
    auto add = [&](Value value, SmallVector<unsigned> &list) {
      if (auto view = views.find(value); view != views.end())
        list.push_back(view->second.buffer);
    };
    for (Value value : readBy(op))
      add(value, read);
    for (Value value : op->getResults())
      add(value, written);
    int place = position;
    bool needsRoom = !isa<linalg::GenericOp>(op) || llvm::any_of(written, [&](unsigned buffer) {
      return buffers[buffer].kind == Buffer::Workspace &&
             placedBytes(buffers[buffer].bytes()) > placedBytes(1);
    });
    if (!needsRoom && position >= numFirst) {
      place = int(numFirst) - 1;
      for (unsigned buffer : read)
        place = std::max(place, lastWritten[buffer]);
      for (unsigned buffer : written)
        place = std::max({place, lastWritten[buffer], lastRead[buffer]});
      place = std::max(place, 0);
    }
    behind[place].push_back(op);
    for (unsigned buffer : read)
      lastRead[buffer] = std::max(lastRead[buffer], place);
    for (unsigned buffer : written)
      lastWritten[buffer] = std::max(lastWritten[buffer], place);
  }
  order.clear();
  for (const SmallVector<Operation *> &list : behind)
    llvm::append_range(order, list);
}

/// Whether the kernel reads the argument's old value, if at all, only where it
/// writes the new one.
bool Schedule::canUpdateInPlace(OpResult update, unsigned buffer) {
  auto op = cast<linalg::GenericOp>(update.getOwner());
  if (op.getNumReductionLoops())
    return false;
  auto isThere = [&](Value value) {
    auto view = views.find(value);
    return view != views.end() && view->second.buffer == buffer;
  };
  // A reduction reads all over before the first result is stored, and on after;
  // and nobody knows where a lookup reads.
  if (OpOperand *fused = fusedOperand(op))
    if (llvm::any_of(fused->get().getDefiningOp()->getOperands(), isThere))
      return false;
  for (Value value : readBy(op))
    if (isThere(value) && !llvm::is_contained(op->getOperands(), value))
      return false;
  AffineMap written = op.getIndexingMapMatchingResult(update);
  const View &target = views.at(update);
  for (OpOperand *operand : op.getDpsInputOperands()) {
    auto view = views.find(operand->get());
    if (view == views.end() || view->second.buffer != buffer)
      continue;
    if (op.getMatchingIndexingMap(operand) != written || view->second.offset ||
        view->second.strides != target.strides)
      return false;
  }
  return true;
}

/// The operand in whose memory the value is: what it is a view of, or what was
/// there before something was written.
static Value memoryOf(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return Value();
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case<tensor::ExtractSliceOp, tensor::CollapseShapeOp, tensor::ExpandShapeOp, BarrierOp,
            CheckRangeOp, ScatterOp>([](auto op) { return op->getOperand(0); })
      .Case<tensor::InsertSliceOp>([](auto insertion) { return insertion.getDest(); })
      .Case<linalg::GenericOp>([&](linalg::GenericOp generic) {
        Value init =
            generic.getDpsInitOperand(cast<OpResult>(value).getResultNumber())->get();
        return init.getDefiningOp<linalg::GenericOp>() ? init : Value();
      })
      .Default([](Operation *) { return Value(); });
}

/// Whether the value is another, or a view of it, or what became of it.
static bool shows(Value value, Value other) {
  while (value && value != other)
    value = memoryOf(value);
  return bool(value);
}

/// The values that show one of the kernel's results.
static SetVector<Value> shownOf(Operation *kernel) {
  SetVector<Value> shown(kernel->result_begin(), kernel->result_end());
  for (size_t i = 0; i < shown.size(); ++i) {
    Value value = shown[i];
    for (Operation *user : value.getUsers())
      for (Value result : user->getResults())
        if (memoryOf(result) == value)
          shown.insert(result);
  }
  return shown;
}

/// Moves each kernel that updates an argument behind the argument's readers.
/// Where that cannot be, the update goes to memory of its own, and a copy at
/// the end brings it home.
void Schedule::placeUpdates() {
  struct Update {
    OpResult value;
    unsigned buffer; // the argument's
    SetVector<Value> shown; // of its kernel
  };
  SmallVector<Update> updates;
  for (Operation *op : order)
    if (isa<linalg::GenericOp>(op))
      for (OpResult value : op->getResults())
        if (auto result = resultOf.find(value); result != resultOf.end())
          if (auto argument = updatedArgument(function, result->second))
            updates.push_back({value, bufferOfArgument[*argument], shownOf(op)});
  Operation *lastCheck = nullptr;
  for (Operation *op : order)
    if (checks(*op))
      lastCheck = op;
  auto isHarmful = [&](const Update &update) {
    for (Operation *op : llvm::drop_begin(
             llvm::make_range(llvm::find(order, update.value.getOwner()), order.end()))) {
      if (op == lastCheck) // The old value is to stay if it fails.
        return true;
      // Readers of the new value are no harm: they come after by definition.
      for (Value operand : readBy(op)) {
        auto view = views.find(operand);
        if (view != views.end() && view->second.buffer == update.buffer &&
            !shows(operand, update.value))
          return true;
      }
    }
    return false;
  };

  for (int round = 0; round < 4; ++round)
    for (const Update &update : updates) {
      Operation *op = update.value.getOwner();
      size_t from = llvm::find(order, op) - order.begin(), to = from;
      for (size_t i = from + 1; i < order.size(); ++i) {
        if (llvm::any_of(readBy(order[i]),
                         [&](Value operand) { return update.shown.contains(operand); }))
          break;
        if (reads(order[i], update.buffer))
          to = i;
      }
      std::rotate(order.begin() + from, order.begin() + from + 1,
                  order.begin() + to + 1);
    }

  OpBuilder builder(function.getBody().front().getTerminator());
  for (const Update &update : updates) {
    if (canUpdateInPlace(update.value, update.buffer) && !isHarmful(update))
      continue;
    Value value = update.value;
    RankedTensorType type = typeOf(value);
    Value home = rearrange(builder, value.getLoc(), value,
                           builder.getMultiDimIdentityMap(type.getRank()), type);
    aliasView(home, value);
    views[value] = denseView(addBuffer(Buffer::Workspace, type), type);
    order.push_back(home.getDefiningOp());
    for (Operation &there : function.getBody().front())
      for (Value result : there.getResults())
        if (Value memory = memoryOf(result); memory && shows(memory, value)) {
          if (isa<linalg::GenericOp>(there))
            aliasView(result, memory);
          else
            assignView(there);
        }
  }
}

SmallVector<unsigned> Schedule::buffersOf(Operation *op) const {
  SmallVector<unsigned> result;
  auto add = [&](Value value) {
    if (auto view = views.find(value); view != views.end())
      result.push_back(view->second.buffer);
  };
  llvm::for_each(readBy(op), add);
  llvm::for_each(op->getResults(), add);
  if (auto own = ownBuffers.find(op); own != ownBuffers.end())
    llvm::append_range(result, own->second);
  return result;
}

void Schedule::measureKept(ArrayRef<Lifetime> lifetimes) {
  auto isGradient = [&](int position) {
    proto::Location location;
    writeLocation(order[position]->getLoc(), location);
    return !location.gradient_of().empty();
  };
  SmallVector<int64_t> change(order.size() + 1);
  for (auto [buffer, lifetime] : llvm::zip_equal(buffers, lifetimes))
    if (buffer.kind == Buffer::Workspace && lifetime.first < lifetime.last &&
        !isGradient(lifetime.first) && isGradient(lifetime.last)) {
      change[lifetime.first] += placedBytes(lifetime.bytes);
      change[lifetime.last] -= placedBytes(lifetime.bytes);
    }
  int64_t kept = 0;
  for (int64_t bytes : change)
    keptBytes = std::max(keptBytes, kept += bytes);
}

void Schedule::planWorkspace() {
  SmallVector<Lifetime> lifetimes(buffers.size());
  for (auto [i, lifetime] : llvm::enumerate(lifetimes)) {
    lifetime.bytes = buffers[i].bytes();
    lifetime.first = order.size();
    lifetime.last = -1;
  }
  for (auto [position, op] : llvm::enumerate(order))
    for (unsigned buffer : buffersOf(op)) {
      Lifetime &lifetime = lifetimes[buffer];
      lifetime.first = std::min<int>(lifetime.first, position);
      lifetime.last = std::max<int>(lifetime.last, position);
    }
  measureKept(lifetimes);
  SmallVector<Lifetime> planned;
  SmallVector<unsigned> owners;
  for (unsigned i = 0; i < buffers.size(); ++i)
    if (buffers[i].kind == Buffer::Workspace) {
      planned.push_back(lifetimes[i]);
      owners.push_back(i);
    }
  workspaceBytes = planMemory(planned);
  SmallVector<Lifetime> least(planned);
  for (auto &[op, own] : ownBuffers) {
    int64_t bytes = 0;
    for (func::FuncOp body : bodiesOf(op))
      bytes = std::max(bytes, body->getAttrOfType<IntegerAttr>(leastAttr).getInt());
    least[llvm::find(owners, own.front()) - owners.begin()].bytes = bytes;
  }
  leastBytes = leastMemory(least);
  for (auto [owner, lifetime] : llvm::zip_equal(owners, planned))
    buffers[owner].offset = lifetime.offset;
}

LogicalResult Schedule::build() {
  if (fuses) {
    findEpilogues();
    findPrologues();
  }
  assignViews();
  orderKernels();
  hoistUpdates();
  placeUpdates();
  planWorkspace();
  return success();
}

} // namespace agc
