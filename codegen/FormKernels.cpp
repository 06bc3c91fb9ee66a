//===- FormKernels.cpp - Functions on tensors to lists of kernel calls -----===//
//
// Takes: functions as agc-prepare-kernels leaves them.
// Gives: kernels, each once, and for each function the list of its calls.
// Relies on: one buffer a value, known sizes; no analysis of aliases is needed,
// since every view is derived here.
//
//===----------------------------------------------------------------------===//
#include "codegen/AttentionNest.h"
#include "codegen/DebugInfo.h"
#include "codegen/Kernel.h"
#include "codegen/KernelName.h"
#include "codegen/LimitMemory.h"
#include "codegen/MemoryPlan.h"
#include "codegen/Passes.h"
#include "codegen/Schedule.h"
#include "codegen/WinogradNest.h"
#include "codegen/cpu/BodyEmitter.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace agc::ir;

namespace agc {
#define GEN_PASS_DEF_FORMKERNELSPASS
#include "codegen/Passes.h.inc"

namespace {

struct KernelInfo {
  func::FuncOp function;
  int64_t tiles = 1;
  bool isLarge = false;
};

/// Kernels of a module by what they compute.
class KernelTable {
public:
  KernelTable(ModuleOp module, const Machine &machine, bool byLine)
      : module(module), machine(machine), byLine(byLine) {}

  KernelInfo get(linalg::GenericOp op, LoopNest nest,
                 ArrayRef<MemRefType> buffers);
  func::FuncOp getCheck(CheckRangeOp op, MemRefType buffer);
  KernelInfo getScatter(ScatterOp op, ArrayRef<View> views,
                        ArrayRef<MemRefType> buffers);
  KernelInfo getWinograd(Operation *op, linalg::GenericOp joined, ArrayRef<View> views,
                         ArrayRef<MemRefType> buffers);
  KernelInfo getAttention(Operation *op, ArrayRef<View> views,
                          ArrayRef<MemRefType> buffers);

private:
  ModuleOp module;
  const Machine &machine;
  bool byLine; // Those of different lines are different kernels.
  llvm::StringMap<KernelInfo> kernels;

  KernelInfo getOrMake(ArrayRef<Operation *> ops, std::string key, std::string name,
                       ArrayRef<MemRefType> buffers,
                       llvm::function_ref<void(KernelInfo &)> emit);
  void addLines(ArrayRef<Operation *> ops, std::string &key, std::string &name);
  func::FuncOp createFunction(StringRef name, FunctionType type, Location loc);
  func::FuncOp createKernel(StringRef name, ArrayRef<MemRefType> buffers,
                            Location loc);
  void describe(KernelInfo &info, int64_t work, int64_t flops, int64_t bytes);
};

/// Rewrites one function.
class FormCalls {
public:
  FormCalls(func::FuncOp function, KernelTable &kernels, bool fuses)
      : function(function), schedule(function, fuses), kernels(kernels),
        b(function.getLoc(), function.getContext()) {}

  LogicalResult run();

private:
  func::FuncOp function;
  Schedule schedule;
  KernelTable &kernels;
  ImplicitLocOpBuilder b;
  SmallVector<Value> buffers; // the memref of each of the schedule's

  func::FuncOp createList();
  void bindBuffers(func::FuncOp list);
  void call(Operation *op);
  func::CallOp callGeneric(linalg::GenericOp generic);
  /// Calls the kernel for these values as they lie.
  func::CallOp
  callOn(ArrayRef<Value> values,
         llvm::function_ref<KernelInfo(ArrayRef<View>, ArrayRef<MemRefType>)> kernelFor);
  void callScatter(ScatterOp op);
  void callWinograd(Operation *op);
  func::CallOp callFromPoints(winograd::FromPointsOp op, linalg::GenericOp taker);
  void callAttention(Operation *op);
  Value part(const View &view, Value first, int64_t count);
  Value whole(Value value);
  void callBody(func::FuncOp body, SmallVector<Value> operands, Value workspace,
                int64_t trips);
  void callCond(CondOp op);
  void callScan(ScanOp op);
  Value emitTrips(ScanOp op, SmallVectorImpl<Value> &carries);
  void emitTrip(ScanOp op, ArrayRef<Value> carries, Value row);
  func::CallOp addCall(const KernelInfo &kernel, SmallVector<Value> operands);
};

struct FormKernelsPass : impl::FormKernelsPassBase<FormKernelsPass> {
  using FormKernelsPassBase::FormKernelsPassBase;

  LogicalResult form(func::FuncOp function, KernelTable &kernels) {
    bool fuses = vectorBytes != 0; // The reference, in scalar code, takes each op alone.
    if (maxWorkspaceBytes >= 0 && !function->hasAttr(bodyAttr) &&
        failed(limitMemory(function, fuses, maxWorkspaceBytes)))
      return failure();
    return FormCalls(function, kernels, fuses).run();
  }

  void runOnOperation() override {
    Machine machine{vectorBytes, numRegisters};
    machine.coreCacheBytes = coreCacheBytes;
    machine.sharedCacheBytes = sharedCacheBytes;
    machine.sharedCacheIsSlow = sharedCacheIsSlow;
    KernelTable kernels(getOperation(), machine, byLine);
    SmallVector<func::FuncOp> functions(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp function : functions)
      if (failed(form(function, kernels)))
        return signalPassFailure();
  }
};

} // namespace

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

func::FuncOp KernelTable::createFunction(StringRef name, FunctionType type,
                                         Location loc) {
  OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
  if (!module.getBody()->empty())
    b.setInsertionPointToEnd(module.getBody());
  std::string unique = name.str();
  for (unsigned i = 1; module.lookupSymbol(unique); ++i)
    unique = (name + "_" + Twine(i)).str();
  auto function = func::FuncOp::create(b, loc, unique, type);
  function.setPrivate();
  return function;
}

/// What tells kernels of different lines apart, and of what is computed there.
void KernelTable::addLines(ArrayRef<Operation *> ops, std::string &key, std::string &name) {
  if (!byLine)
    return;
  bool isBackward = false;
  for (Operation *op : ops)
    for (const SourceLine &line : sourceLinesIn(op)) {
      key += llvm::formatv("\n{0}:{1}:{2}", line.file.getValue(), line.line, line.isBackward);
      isBackward |= line.isBackward;
    }
  if (isBackward)
    name += "_backward";
}

KernelInfo KernelTable::get(linalg::GenericOp op, LoopNest nest,
                            ArrayRef<MemRefType> buffers) {
  std::string key = kernelKey(nest, buffers), name = kernelName(nest);
  SmallVector<Operation *> ops{op};
  if (nest.epilogue)
    ops.push_back(nest.epilogue->getParentOp());
  return getOrMake(ops, key, name, buffers, [&](KernelInfo &info) {
    info.tiles = emitKernel(info.function, nest, machine);
    describe(info, nest.numIterations() * workPerIteration(nest), kernelFlops(nest),
             kernelBytes(nest));
  });
}

/// The kernel of that key; \p emit is told of it if there is none yet, and writes it.
KernelInfo KernelTable::getOrMake(ArrayRef<Operation *> ops, std::string key, std::string name,
                                  ArrayRef<MemRefType> buffers,
                                  llvm::function_ref<void(KernelInfo &)> emit) {
  addLines(ops, key, name);
  if (auto known = kernels.find(key); known != kernels.end())
    return known->second;
  KernelInfo info;
  info.function = createKernel(name, buffers, ops.front()->getLoc());
  emit(info);
  kernels[key] = info;
  return info;
}

/// A function of its buffers and of a range of tiles.
func::FuncOp KernelTable::createKernel(StringRef name, ArrayRef<MemRefType> buffers,
                                       Location loc) {
  SmallVector<Type> types(buffers.begin(), buffers.end());
  types.append(2, IndexType::get(loc.getContext()));
  return createFunction(name, FunctionType::get(loc.getContext(), types, {}), loc);
}

/// One thread computes all tiles: their number is known where they are.
static void bindRange(func::FuncOp kernel, int64_t tiles) {
  Block &body = kernel.getBody().front();
  OpBuilder b = OpBuilder::atBlockBegin(&body);
  int64_t range[] = {0, tiles};
  for (auto [value, argument] : llvm::zip_equal(range, body.getArguments().take_back(2)))
    argument.replaceAllUsesWith(
        arith::ConstantIndexOp::create(b, kernel.getLoc(), value));
}

void KernelTable::describe(KernelInfo &info, int64_t work, int64_t flops, int64_t bytes) {
  Builder b(info.function.getContext());
  // Starting other threads costs a few microseconds.
  info.isLarge = info.tiles > 1 && std::max(work / 16, bytes / 16) > 8192;
  if (!info.isLarge)
    bindRange(info.function, info.tiles);
  info.function->setAttr(kernelAttr, b.getI64IntegerAttr(info.tiles));
  info.function->setAttr(flopsAttr, b.getI64IntegerAttr(flops));
  info.function->setAttr(bytesAttr, b.getI64IntegerAttr(bytes));
}

KernelInfo KernelTable::getScatter(ScatterOp op, ArrayRef<View> views,
                                   ArrayRef<MemRefType> buffers) {
  auto base = cast<RankedTensorType>(op.getBase().getType());
  auto index = cast<RankedTensorType>(op.getIndex().getType());
  ScatterNest nest;
  for (int64_t d = 0; d < int64_t(op.getBatch()); ++d)
    nest.batch *= base.getDimSize(d);
  nest.places = base.getDimSize(op.getBatch());
  for (int64_t size : index.getShape().drop_front(op.getBatch()))
    nest.updates *= size;
  for (int64_t size : base.getShape().drop_front(op.getBatch() + 1))
    nest.width *= size;
  nest.element = base.getElementType();
  nest.adds = op.getMode() == "add";
  std::string key = llvm::formatv("scatter {0} {1} {2} {3} {4} {5}", nest.batch,
                                  nest.places, nest.updates, nest.width,
                                  nest.element, nest.adds);
  for (auto [access, view, buffer] :
       llvm::zip_equal(nest.offsets, views, buffers)) {
    access = view.offset;
    key += llvm::formatv(" {0}+{1}", Type(buffer), access);
  }
  std::string name = llvm::formatv("scatter_{0}x{1}x{2}_into_{3}", nest.batch,
                                   nest.updates, nest.width, nest.places);
  return getOrMake(op.getOperation(), key, name, buffers, [&](KernelInfo &info) {
    info.tiles = emitScatter(info.function, nest, machine);
    int64_t elements = nest.batch * nest.updates * nest.width;
    bool isSum = nest.adds && isa<FloatType>(nest.element);
    describe(info, elements, isSum ? elements : 0,
             3 * elements * std::max(1u, nest.element.getIntOrFloatBitWidth() / 8) +
                 8 * nest.batch * nest.updates);
  });
}

KernelInfo KernelTable::getWinograd(Operation *op, linalg::GenericOp joined, ArrayRef<View> views,
                                    ArrayRef<MemRefType> buffers) {
  WinogradNest nest = buildWinogradNest(op, joined, views);
  std::string key = nest.key();
  for (MemRefType buffer : buffers)
    key += llvm::formatv(" {0}", Type(buffer));
  SmallVector<Operation *> ops{op};
  if (joined) {
    key += kernelKey(*nest.joined(), buffers);
    ops.push_back(joined);
  }
  return getOrMake(ops, key, nest.name(), buffers, [&](KernelInfo &info) {
    info.tiles = emitWinograd(info.function, nest, machine);
    describe(info, nest.flops(), nest.flops(), nest.bytes());
  });
}

KernelInfo KernelTable::getAttention(Operation *op, ArrayRef<View> views,
                                     ArrayRef<MemRefType> buffers) {
  AttentionNest nest = buildAttentionNest(op, views);
  std::string key = nest.key();
  for (MemRefType buffer : buffers)
    key += llvm::formatv(" {0}", Type(buffer));
  return getOrMake(op, key, nest.name(), buffers, [&](KernelInfo &info) {
    info.tiles = emitAttention(info.function, nest, machine);
    describe(info, nest.flops() / 2, nest.flops(), nest.bytes());
  });
}

/// The position of the first element out of range, or -1.
func::FuncOp KernelTable::getCheck(CheckRangeOp op, MemRefType buffer) {
  Type index = IndexType::get(op.getContext());
  func::FuncOp function = createFunction(
      "check_range", FunctionType::get(op.getContext(), buffer, index),
      op.getLoc());
  ImplicitLocOpBuilder b(op.getLoc(), op.getContext());
  b.setInsertionPointToStart(function.addEntryBlock());
  auto constant = [&](int64_t i) -> Value {
    return arith::ConstantIndexOp::create(b, i);
  };
  auto loop = scf::ForOp::create(b, constant(0), constant(buffer.getNumElements()),
                                 constant(1), constant(-1));
  b.setInsertionPointToStart(loop.getBody());
  ScalarBuilder s(b, op.getLoc());
  Value x = memref::LoadOp::create(b, function.getArgument(0),
                                   loop.getInductionVar());
  x = s.convert(x, b.getI64Type(), op->hasAttr(unsignedAttr), false);
  auto number = [&](int64_t i) -> Value {
    return arith::ConstantOp::create(b, b.getI64IntegerAttr(i));
  };
  Value isFine = s.logicalAnd(s.compare("ge", x, number(op.getLower())),
                              s.compare("lt", x, number(op.getUpper())));
  if (std::optional<int64_t> ignore = op.getIgnore())
    isFine = s.logicalOr(isFine, s.compare("eq", x, number(*ignore)));
  Value found = loop.getRegionIterArg(0);
  Value isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, found,
                                        constant(0));
  Value here = s.select(isFine, found, loop.getInductionVar());
  scf::YieldOp::create(b, s.select(isFirst, here, found));
  b.setInsertionPointAfter(loop);
  func::ReturnOp::create(b, loop.getResults());
  return function;
}

//===----------------------------------------------------------------------===//
// Lists of calls
//===----------------------------------------------------------------------===//

static MemRefType memrefOf(const Buffer &buffer) {
  return MemRefType::get({buffer.numElements}, storageType(buffer.element));
}

/// The function's C interface as memrefs: arguments, results that have a buffer
/// of their own, workspace.
func::FuncOp FormCalls::createList() {
  SmallVector<Type> types;
  for (const Buffer &buffer : schedule.buffers)
    if (buffer.kind == Buffer::Argument)
      types.push_back(memrefOf(buffer));
  unsigned numArguments = types.size();
  for (const Buffer &buffer : schedule.buffers)
    if (buffer.kind == Buffer::Result)
      types.push_back(memrefOf(buffer));
  types.push_back(MemRefType::get({schedule.workspaceBytes}, b.getI8Type()));

  b.setInsertionPoint(function);
  auto list = func::FuncOp::create(b, function.getName(),
                                   b.getFunctionType(types, {}));
  for (unsigned i = 0; i < numArguments; ++i) {
    list.setArgAttrs(i, function.getArgAttrDict(i));
    list.setArgAttr(i, "agc.type", TypeAttr::get(function.getArgumentTypes()[i]));
  }
  SmallVector<Attribute> results;
  for (unsigned i = 0; i < function.getNumResults(); ++i) {
    NamedAttrList attrs(function.getResultAttrDict(i));
    attrs.set("agc.type", TypeAttr::get(function.getResultTypes()[i]));
    results.push_back(attrs.getDictionary(b.getContext()));
  }
  list->setAttr("agc.results", b.getArrayAttr(results));
  list->setAttr(stepAttr, b.getUnitAttr());
  if (Attribute found = function->getAttr(attention::foundAttr))
    list->setAttr(attention::foundAttr, found);
  list->setAttr(keptAttr, b.getI64IntegerAttr(schedule.keptBytes));
  list->setAttr(leastAttr, b.getI64IntegerAttr(schedule.leastBytes));
  return list;
}

void FormCalls::bindBuffers(func::FuncOp list) {
  Block *block = list.addEntryBlock();
  b.setInsertionPointToStart(block);
  Value workspace = block->getArguments().back();
  unsigned nextArgument = 0, nextResult = function.getNumArguments();
  for (const Buffer &buffer : schedule.buffers) {
    MemRefType type = memrefOf(buffer);
    switch (buffer.kind) {
    case Buffer::Argument:
      buffers.push_back(block->getArgument(nextArgument++));
      break;
    case Buffer::Result:
      buffers.push_back(block->getArgument(nextResult++));
      break;
    case Buffer::Workspace:
      buffers.push_back(memref::ViewOp::create(
          b, type, workspace, arith::ConstantIndexOp::create(b, buffer.offset),
          ValueRange()));
      break;
    case Buffer::Constant: {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(
          function->getParentOfType<ModuleOp>().getBody());
      auto data = buffer.constant;
      auto flat = RankedTensorType::get({data.getNumElements()},
                                        data.getElementType());
      data = data.reshape(flat);
      if (data.getElementType().isInteger(1))
        data = data.mapValues(b.getI8Type(),
                              [](const APInt &bit) { return bit.zext(8); });
      else
        data = data.bitcast(type.getElementType());
      std::string name = "constant";
      for (unsigned i = 1; function->getParentOfType<ModuleOp>().lookupSymbol(name);
           ++i)
        name = "constant_" + std::to_string(i);
      auto global = memref::GlobalOp::create(
          b, name, b.getStringAttr("private"), type, data, /*constant=*/true,
          b.getI64IntegerAttr(64));
      b.setInsertionPointToEnd(block);
      buffers.push_back(
          memref::GetGlobalOp::create(b, type, global.getSymName()));
      break;
    }
    }
  }
}

void FormCalls::call(Operation *op) {
  b.setLoc(op->getLoc());
  if (auto check = dyn_cast<CheckRangeOp>(op)) {
    const View &view = schedule.views.at(check.getX());
    Value buffer = buffers[view.buffer];
    func::FuncOp kernel =
        kernels.getCheck(check, cast<MemRefType>(buffer.getType()));
    auto call = func::CallOp::create(b, kernel, buffer);
    call->setAttr(checkAttr, check.getMessageAttr());
    call->setAttr(lowerAttr, check.getLowerAttr());
    call->setAttr(upperAttr, check.getUpperAttr());
    if (check->hasAttr(unsignedAttr))
      call->setAttr(unsignedAttr, b.getUnitAttr());
    return;
  }
  if (auto scatter = dyn_cast<ScatterOp>(op))
    return callScatter(scatter);
  if (isa<winograd::WinogradDialect>(op->getDialect()))
    return callWinograd(op);
  if (isa<attention::AttentionDialect>(op->getDialect()))
    return callAttention(op);
  if (auto cond = dyn_cast<CondOp>(op))
    return callCond(cond);
  if (auto scan = dyn_cast<ScanOp>(op))
    return callScan(scan);
  auto generic = cast<linalg::GenericOp>(op);
  OpOperand *fused = schedule.fusedOperand(op);
  auto transform = fused ? fused->get().getDefiningOp<winograd::FromPointsOp>() : nullptr;
  func::CallOp call = transform ? callFromPoints(transform, generic) : callGeneric(generic);
  if (StringRef reason = schedule.whyApart(op); !reason.empty())
    call->setAttr(apartAttr, b.getStringAttr(reason));
}

func::CallOp FormCalls::callGeneric(linalg::GenericOp generic) {
  SmallVector<View> inputs, outputs;
  SmallVector<Value> operands;
  for (Value result : generic.getResults())
    outputs.push_back(schedule.viewOf(result));
  Epilogue epilogue;
  if (OpOperand *fused = schedule.fusedOperand(generic)) {
    epilogue = {generic, fused->getOperandNumber(), {}};
    for (OpOperand *operand : generic.getDpsInputOperands())
      epilogue.inputs.push_back(operand == fused ? View()
                                                 : schedule.viewOf(operand->get()));
    generic = fused->get().getDefiningOp<linalg::GenericOp>();
  }
  for (OpOperand *operand : generic.getDpsInputOperands())
    inputs.push_back(schedule.viewOf(operand->get()));
  LoopNest nest = buildLoopNest(generic, inputs, outputs, epilogue);
  SmallVector<MemRefType> types;
  auto pass = [&](Access &access, const View &view) {
    access.argument = operands.size();
    operands.push_back(buffers[view.buffer]);
    types.push_back(cast<MemRefType>(operands.back().getType()));
  };
  for (auto [i, access, view] : llvm::enumerate(nest.inputs, inputs))
    if (!generic.getBody()->getArgument(i).use_empty())
      pass(access, view);
  for (tensor::ExtractOp lookup : lookupsIn(generic)) {
    const View &view = schedule.views.at(lookup.getTensor());
    nest.lookups.push_back(
        {lookup, {0, view.offset, view.strides, lookup.getType()}});
    pass(nest.lookups.back().access, view);
  }
  for (auto [i, access, view] :
       llvm::enumerate(nest.epilogueInputs, epilogue.inputs))
    if (i != nest.resultArgument && !nest.epilogue->getArgument(i).use_empty()) {
      pass(access, view);
      nest.updatesInPlace |= llvm::any_of(
          outputs, [&](const View &output) { return output.buffer == view.buffer; });
    }
  for (auto [access, view] : llvm::zip_equal(nest.outputs, outputs))
    pass(access, view);
  func::CallOp call = addCall(kernels.get(generic, nest, types), operands);
  if (reorders(nest))
    call->setAttr(reorderAttr, b.getStringAttr(whyReordered(generic)));
  return call;
}

func::CallOp FormCalls::addCall(const KernelInfo &kernel, SmallVector<Value> operands) {
  operands.push_back(arith::ConstantIndexOp::create(b, 0));
  operands.push_back(arith::ConstantIndexOp::create(b, kernel.tiles));
  auto call = func::CallOp::create(b, kernel.function, operands);
  if (kernel.isLarge)
    call->setAttr(parallelAttr, b.getUnitAttr());
  return call;
}

func::CallOp FormCalls::callOn(
    ArrayRef<Value> values,
    llvm::function_ref<KernelInfo(ArrayRef<View>, ArrayRef<MemRefType>)> kernelFor) {
  SmallVector<View> views;
  SmallVector<Value> operands;
  SmallVector<MemRefType> types;
  for (Value value : values) {
    views.push_back(schedule.viewOf(value));
    operands.push_back(buffers[views.back().buffer]);
    types.push_back(cast<MemRefType>(operands.back().getType()));
  }
  return addCall(kernelFor(views, types), operands);
}

void FormCalls::callScatter(ScatterOp op) {
  callOn({op.getIndex(), op.getUpdates(), op.getBase()},
         [&](auto views, auto types) { return kernels.getScatter(op, views, types); });
}

void FormCalls::callWinograd(Operation *op) {
  SmallVector<Value> values{op->getOperand(0)};
  linalg::GenericOp maker;
  if (OpOperand *fused = schedule.fusedOperand(op)) {
    maker = fused->get().getDefiningOp<linalg::GenericOp>();
    values = maker.getDpsInputs();
  }
  llvm::append_range(values, op->getResults());
  callOn(values, [&](auto views, auto types) {
    return kernels.getWinograd(op, maker, views, types);
  });
}

/// Of what takes the windows that a transform gives.
func::CallOp FormCalls::callFromPoints(winograd::FromPointsOp op, linalg::GenericOp taker) {
  SmallVector<Value> values{op.getX()};
  llvm::copy_if(taker.getDpsInputs(), std::back_inserter(values),
                [&](Value input) { return input != op.getResult(); });
  llvm::append_range(values, taker->getResults());
  return callOn(values, [&](auto views, auto types) {
    return kernels.getWinograd(op, taker, views, types);
  });
}

void FormCalls::callAttention(Operation *op) {
  SmallVector<Value> values(op->getOperands());
  llvm::append_range(values, op->getResults());
  callOn(values,
         [&](auto views, auto types) { return kernels.getAttention(op, views, types); });
}

//===----------------------------------------------------------------------===//
// Loops and branches
//===----------------------------------------------------------------------===//

/// \p count elements from element \p first on, for one who takes them as all.
Value FormCalls::part(const View &view, Value first, int64_t count) {
  Value buffer = buffers[view.buffer];
  auto type = cast<MemRefType>(buffer.getType());
  if (!first && view.offset == 0 && type.getNumElements() == count)
    return buffer;
  Value offset = arith::ConstantIndexOp::create(b, view.offset);
  if (first)
    offset = arith::AddIOp::create(b, offset, first);
  Value slice = memref::SubViewOp::create(
      b, buffer, ArrayRef<OpFoldResult>{offset},
      ArrayRef<OpFoldResult>{b.getIndexAttr(count)},
      ArrayRef<OpFoldResult>{b.getIndexAttr(1)});
  // A list's pointers have their offset in them, which memref.cast would refuse
  // to forget where it is a constant.
  return UnrealizedConversionCastOp::create(
             b, MemRefType::get({count}, type.getElementType()), slice)
      .getResult(0);
}

Value FormCalls::whole(Value value) {
  return part(schedule.views.at(value), nullptr,
              cast<RankedTensorType>(value.getType()).getNumElements());
}

void FormCalls::callBody(func::FuncOp body, SmallVector<Value> operands,
                         Value workspace, int64_t trips) {
  int64_t bytes = cast<MemRefType>(body.getArgumentTypes().back()).getNumElements();
  if (cast<MemRefType>(workspace.getType()).getNumElements() != bytes)
    workspace = memref::ViewOp::create(b, MemRefType::get({bytes}, b.getI8Type()),
                                       workspace, arith::ConstantIndexOp::create(b, 0),
                                       ValueRange());
  operands.push_back(workspace);
  func::CallOp::create(b, body, operands)->setAttr(tripsAttr, b.getI64IntegerAttr(trips));
}

void FormCalls::callCond(CondOp op) {
  SmallVector<Value> operands;
  for (Value input : op.getInputs())
    operands.push_back(whole(input));
  for (Value result : op.getResults())
    operands.push_back(whole(result));
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value byte = memref::LoadOp::create(b, whole(op.getPredicate()), zero);
  Value isTrue = arith::CmpIOp::create(
      b, arith::CmpIPredicate::ne, byte,
      arith::ConstantOp::create(b, b.getI8IntegerAttr(0)));
  auto branch = scf::IfOp::create(b, isTrue, /*withElseRegion=*/true);
  Value workspace = buffers[schedule.ownBuffers[op].front()];
  OpBuilder::InsertionGuard guard(b);
  Block *blocks[] = {branch.thenBlock(), branch.elseBlock()};
  for (auto [body, block] : llvm::zip_equal(bodiesOf(op), blocks)) {
    b.setInsertionPointToStart(block);
    callBody(body, operands, workspace, 1);
  }
}

/// One trip, from and to the carries' places: for each where it is, where it
/// goes, and where the next goes.
void FormCalls::emitTrip(ScanOp op, ArrayRef<Value> carries, Value row) {
  SmallVector<Value> operands;
  for (size_t i = 0; i < carries.size(); i += 3)
    operands.push_back(carries[i]);
  auto rowOf = [&](Value stack) {
    int64_t count = op.getTrips() ? cast<RankedTensorType>(stack.getType()).getNumElements() /
                                        int64_t(op.getTrips())
                                  : 0;
    operands.push_back(part(schedule.views.at(stack),
                            arith::MulIOp::create(
                                b, row, arith::ConstantIndexOp::create(b, count)),
                            count));
  };
  llvm::for_each(op.getXs(), rowOf);
  for (Value value : op.getConstants())
    operands.push_back(whole(value));
  for (size_t i = 0; i < carries.size(); i += 3)
    operands.push_back(carries[i + 1]);
  llvm::for_each(op.getYs(), rowOf);
  callBody(bodiesOf(op).front(), operands, buffers[schedule.ownBuffers[op].front()],
           op.getTrips());
}

/// What a trip leaves to the next.
static SmallVector<Value> changePlaces(ArrayRef<Value> carries) {
  SmallVector<Value> next;
  for (size_t i = 0; i < carries.size(); i += 3)
    next.append({carries[i + 1], carries[i + 2], carries[i + 1]});
  return next;
}

/// The loop. Returns how many trips it makes; \p carries are then where they end.
Value FormCalls::emitTrips(ScanOp op, SmallVectorImpl<Value> &carries) {
  Value zero = arith::ConstantIndexOp::create(b, 0),
        one = arith::ConstantIndexOp::create(b, 1);
  auto trips = arith::ConstantIndexOp::create(b, op.getTrips());
  OpBuilder::InsertionGuard guard(b);
  if (!op.getStops()) {
    Value count = trips;
    if (Value limit = op.getLimit()) {
      Value most = arith::ConstantOp::create(b, b.getI64IntegerAttr(op.getTrips())),
            least = arith::ConstantOp::create(b, b.getI64IntegerAttr(0));
      Value asked = memref::LoadOp::create(b, whole(limit), zero);
      asked = arith::MaxSIOp::create(b, arith::MinSIOp::create(b, asked, most), least);
      count = arith::IndexCastOp::create(b, b.getIndexType(), asked);
    }
    auto loop = scf::ForOp::create(b, zero, count, one, carries);
    b.setInsertionPointToStart(loop.getBody());
    Value row = loop.getInductionVar();
    if (op.getReverse())
      row = arith::SubIOp::create(b, arith::SubIOp::create(b, count, one), row);
    SmallVector<Value> inside(loop.getRegionIterArgs());
    emitTrip(op, inside, row);
    if (!inside.empty()) // else it is there
      scf::YieldOp::create(b, changePlaces(inside));
    carries.assign(loop.result_begin(), loop.result_end());
    return count;
  }
  SmallVector<Value> state{zero};
  llvm::append_range(state, carries);
  SmallVector<Type> types(ValueRange(state).getTypes());
  SmallVector<Location> locs(types.size(), b.getLoc());
  auto loop = scf::WhileOp::create(b, types, state);
  Block *before = b.createBlock(&loop.getBefore(), {}, types, locs);
  // The first carry says whether to go on.
  Value byte = memref::LoadOp::create(b, before->getArgument(1), zero);
  Value goesOn = arith::CmpIOp::create(
      b, arith::CmpIPredicate::ne, byte,
      arith::ConstantOp::create(b, b.getI8IntegerAttr(0)));
  Value isLeft = arith::CmpIOp::create(b, arith::CmpIPredicate::slt,
                                       before->getArgument(0), trips);
  scf::ConditionOp::create(b, arith::AndIOp::create(b, goesOn, isLeft),
                           before->getArguments());
  Block *after = b.createBlock(&loop.getAfter(), {}, types, locs);
  SmallVector<Value> inside(llvm::drop_begin(after->getArguments()));
  emitTrip(op, inside, after->getArgument(0));
  state.assign(1, arith::AddIOp::create(b, after->getArgument(0), one));
  llvm::append_range(state, changePlaces(inside));
  scf::YieldOp::create(b, state);
  carries.assign(loop.result_begin() + 1, loop.result_end());
  return loop.getResult(0);
}

void FormCalls::callScan(ScanOp op) {
  bool isStatic = !op.getStops() && !op.getLimited();
  ArrayRef<unsigned> own = schedule.ownBuffers[op];
  SmallVector<Value> carries;
  for (auto [init, final, spare] :
       llvm::zip_equal(op.getInits(), op.getFinals(), own.drop_front())) {
    Value home = whole(final), second = buffers[spare];
    // The last trip, if it is known which one that is, writes where the result is
    // to be.
    if (isStatic && op.getTrips() % 2 == 0)
      std::swap(home, second);
    carries.append({whole(init), home, second});
  }
  Value count = emitTrips(op, carries);
  if (!isStatic || op.getTrips() == 0)
    for (auto [i, final] : llvm::enumerate(op.getFinals()))
      memref::CopyOp::create(b, carries[3 * i], whole(final));
  if (isStatic)
    return;
  Value zero = arith::ConstantIndexOp::create(b, 0),
        one = arith::ConstantIndexOp::create(b, 1);
  if (op.getStops())
    memref::StoreOp::create(b, arith::IndexCastOp::create(b, b.getI64Type(), count),
                            whole(op.getCount()), zero);
  // Rows without a trip.
  for (Value stack : op.getYs()) {
    Value buffer = whole(stack);
    auto type = cast<MemRefType>(buffer.getType());
    int64_t row = op.getTrips() ? type.getNumElements() / int64_t(op.getTrips()) : 0;
    OpBuilder::InsertionGuard guard(b);
    auto loop = scf::ForOp::create(
        b, arith::MulIOp::create(b, count, arith::ConstantIndexOp::create(b, row)),
        arith::ConstantIndexOp::create(b, type.getNumElements()), one);
    b.setInsertionPointToStart(loop.getBody());
    memref::StoreOp::create(
        b, arith::ConstantOp::create(b, b.getZeroAttr(type.getElementType())), buffer,
        loop.getInductionVar());
  }
}

LogicalResult FormCalls::run() {
  if (failed(schedule.build()))
    return failure();
  func::FuncOp list = createList();
  bindBuffers(list);
  for (Operation *op : schedule.order)
    call(op);
  b.setLoc(function.getLoc());
  func::ReturnOp::create(b);
  if (function->hasAttr(bodyAttr)) {
    int64_t checks = 0;
    list.walk([&](func::CallOp call) {
      if (call->hasAttr(checkAttr))
        ++checks;
      else if (call->hasAttr(tripsAttr))
        checks += function->getParentOfType<ModuleOp>()
                      .lookupSymbol<func::FuncOp>(call.getCallee())
                      ->getAttrOfType<IntegerAttr>(checksAttr)
                      .getInt();
    });
    list.setPrivate();
    list->setAttr(bodyAttr, b.getUnitAttr());
    list->setAttr(checksAttr, b.getI64IntegerAttr(checks));
  }
  std::string name = function.getName().str();
  function.erase();
  list.setName(name);
  return success();
}

} // namespace agc
