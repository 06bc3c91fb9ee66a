//===- LowerToLLVM.cpp - Kernels and lists of calls to the LLVM dialect ----===//
//
// Kernels go the upstream way. Lists do not: what they are at the end, a few
// pointers stored and a call, is simpler to write than to lower. Only their loops
// and branches become blocks by upstream's pass.
//
//===----------------------------------------------------------------------===//
#include "codegen/LowerToLLVM.h"

#include "codegen/LowerKernels.h"
#include "codegen/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace agc {
namespace {

/// How many checks each body makes, by name.
using BodyChecks = llvm::StringMap<int64_t>;

/// What is made again wherever it is used, out of the caller's pointers.
bool isMadeAtUse(Operation *op) {
  return isa<arith::ConstantOp, memref::ViewOp, memref::SubViewOp, memref::CastOp,
             UnrealizedConversionCastOp, memref::GetGlobalOp>(op);
}

/// Writes one list as an agc_entry; a body's as a function of its pointers, the
/// executor and the place for a failure.
class ListEmitter {
public:
  ListEmitter(ModuleOp module, func::FuncOp list, const BodyChecks &bodies,
              const KernelTimers *timers)
      : module(module), bodies(bodies), timers(timers), list(list),
        b(list.getLoc(), list.getContext()),
        pointer(LLVM::LLVMPointerType::get(list.getContext())),
        i64(b.getI64Type()), i32(b.getI32Type()) {}

  LogicalResult run();

private:
  /// LLVM's time for a function grows with more than its size.
  static constexpr size_t maxCalls = 512;

  ModuleOp module;
  const BodyChecks &bodies;
  const KernelTimers *timers;
  func::FuncOp list;
  ImplicitLocOpBuilder b;
  Type pointer, i64, i32;
  LLVM::LLVMFuncOp entry;
  DenseMap<Value, Value> values; // a memref is a pointer
  DenseMap<Value, std::pair<unsigned, unsigned>> places; // of the caller's
  DenseMap<Block *, Block *> blocks;
  Value slots; // the pointers of the kernel being called
  Value executor, failurePlace, timerTable;
  int64_t numChecks = 0;

  Value constant(Type type, int64_t value) {
    return LLVM::ConstantOp::create(b, type, b.getIntegerAttr(type, value));
  }
  Value element(Value base, Type type, int64_t index) {
    return LLVM::GEPOp::create(b, pointer, type, base,
                               ArrayRef<LLVM::GEPArg>{int32_t(index)});
  }
  Type converted(Type type) {
    return isa<MemRefType>(type) ? pointer : type.isIndex() ? i64 : type;
  }
  /// Addresses and constants are made where they are used: a list of thousands of calls would
  /// else begin with thousands of loads, which LLVM compares with each other.
  Value at(Value value);
  Value makeAtUse(Operation *op);
  SmallVector<Value> mapped(ValueRange range) {
    return llvm::map_to_vector(range, [&](Value value) { return at(value); });
  }
  Value place(Value memory, Value index) {
    return LLVM::GEPOp::create(b, pointer,
                               cast<MemRefType>(memory.getType()).getElementType(),
                               at(memory), ArrayRef<LLVM::GEPArg>{index});
  }
  void createEntry(const Twine &name, LLVM::Linkage linkage);
  void bindArguments();
  bool hasParts();
  LogicalResult emitParts();
  LogicalResult emitBlocks();
  LogicalResult emit(Operation &op);
  bool emitArithmetic(Operation &op);
  bool emitMemory(Operation &op);
  bool emitBranch(Operation &op);
  void leaveIf(Value failed, llvm::function_ref<Value()> status);
  void emitCheck(func::CallOp call);
  void emitBody(func::CallOp call);
  void emitCall(func::CallOp call);
  void emitKernel(func::CallOp call);
  Value ticks();
  void addTime(StringRef kernel, Value begin);
  LLVM::LLVMFuncOp taskFor(StringRef kernel, unsigned numBuffers);
  Block *newBlock() {
    Block *block = new Block();
    entry.getBody().push_back(block);
    return block;
  }
};

} // namespace

/// void kernel.task(ptr slots, i64 begin, i64 end): unpacks and calls.
LLVM::LLVMFuncOp ListEmitter::taskFor(StringRef kernel, unsigned numBuffers) {
  std::string name = (kernel + ".task").str();
  if (auto known = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return known;
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToEnd(module.getBody());
  // Glue is of no line.
  Location loc = b.getLoc();
  b.setLoc(UnknownLoc::get(b.getContext()));
  llvm::scope_exit restore([&] { b.setLoc(loc); });
  auto type = LLVM::LLVMFunctionType::get(
      LLVM::LLVMVoidType::get(b.getContext()), {pointer, i64, i64});
  auto task = LLVM::LLVMFuncOp::create(b, name, type, LLVM::Linkage::Internal);
  Block *block = task.addEntryBlock(b);
  b.setInsertionPointToStart(block);
  SmallVector<Value> operands;
  for (unsigned i = 0; i < numBuffers; ++i)
    operands.push_back(
        LLVM::LoadOp::create(b, pointer, element(block->getArgument(0), pointer, i)));
  operands.append({block->getArgument(1), block->getArgument(2)});
  LLVM::CallOp::create(b, TypeRange(), kernel, operands);
  LLVM::ReturnOp::create(b, ValueRange());
  return task;
}

void ListEmitter::bindArguments() {
  Block *block = &entry.getBody().front();
  if (list->hasAttr(bodyAttr)) {
    for (auto [from, to] : llvm::zip(list.getArguments(), block->getArguments()))
      values[from] = to;
    executor = block->getArgument(list.getNumArguments());
    failurePlace = block->getArgument(list.getNumArguments() + 1);
    if (timers)
      timerTable = block->getArgument(list.getNumArguments() + 2);
    return;
  }
  executor = block->getArgument(3);
  failurePlace = block->getArgument(4);
  auto results = list->getAttrOfType<ArrayAttr>("agc.results");
  unsigned numOwnResults = 0;
  SmallVector<unsigned> ownResults;
  for (auto [i, attrs] : llvm::enumerate(results))
    if (!cast<DictionaryAttr>(attrs).contains(ir::updatesAttr)) {
      ownResults.push_back(i);
      ++numOwnResults;
    }
  unsigned numArguments = list.getNumArguments() - numOwnResults - 1;
  if (timers)
    timerTable = LLVM::LoadOp::create(
        b, pointer, element(block->getArgument(0), pointer, numArguments));
  for (BlockArgument argument : list.getArguments()) {
    unsigned i = argument.getArgNumber();
    if (i + 1 == list.getNumArguments())
      values[argument] = block->getArgument(2);
    else if (i < numArguments)
      places[argument] = {0, i};
    else
      places[argument] = {1, ownResults[i - numArguments]};
  }
}

Value ListEmitter::at(Value value) {
  if (Value known = values.lookup(value))
    return known;
  if (auto known = places.find(value); known != places.end()) {
    auto [list, index] = known->second;
    Value pointers = entry.getBody().front().getArgument(list);
    return LLVM::LoadOp::create(b, pointer, element(pointers, pointer, index));
  }
  return makeAtUse(value.getDefiningOp());
}

Value ListEmitter::makeAtUse(Operation *op) {
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case([&](arith::ConstantOp constant) {
        TypedAttr value = constant.getValue();
        if (auto index = dyn_cast<IntegerAttr>(value); index && index.getType().isIndex())
          value = b.getI64IntegerAttr(index.getInt());
        return LLVM::ConstantOp::create(b, converted(constant.getType()), value);
      })
      .Case([&](memref::ViewOp view) {
        return LLVM::GEPOp::create(b, pointer, b.getI8Type(), at(view.getSource()),
                                   ArrayRef<LLVM::GEPArg>{at(view.getByteShift())});
      })
      .Case([&](memref::SubViewOp slice) {
        OpFoldResult offset = slice.getMixedOffsets().front();
        Value value = dyn_cast<Value>(offset);
        return place(slice.getSource(),
                     value ? at(value) : constant(i64, *getConstantIntValue(offset)));
      })
      .Case<memref::CastOp, UnrealizedConversionCastOp>(
          [&](auto cast) { return at(cast->getOperand(0)); })
      .Case([&](memref::GetGlobalOp global) {
        return LLVM::AddressOfOp::create(b, pointer, global.getName());
      });
}

static int64_t constantOf(Value value) {
  return value.getDefiningOp<arith::ConstantIndexOp>().value();
}

/// Returns a status if something failed.
void ListEmitter::leaveIf(Value failed, llvm::function_ref<Value()> status) {
  Block *leave = newBlock(), *next = newBlock();
  LLVM::CondBrOp::create(b, failed, leave, next);
  b.setInsertionPointToStart(leave);
  LLVM::ReturnOp::create(b, status());
  b.setInsertionPointToStart(next);
}

/// Leaves with the check's number if any element is out of range.
void ListEmitter::emitCheck(func::CallOp call) {
  Value data = at(call.getOperand(0));
  Type stored = cast<MemRefType>(call.getOperand(0).getType()).getElementType();
  Value position =
      LLVM::CallOp::create(b, i64, call.getCallee(), data).getResult();
  Value failed = LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::sge, position,
                                      constant(i64, 0));
  leaveIf(failed, [&]() -> Value {
    Value isNull = LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::eq, failurePlace,
                                        LLVM::ZeroOp::create(b, pointer));
    Block *fill = newBlock(), *leave = newBlock();
    LLVM::CondBrOp::create(b, isNull, leave, fill);
    b.setInsertionPointToStart(fill);
    Value value = LLVM::LoadOp::create(
        b, stored,
        LLVM::GEPOp::create(b, pointer, stored, data, ArrayRef<LLVM::GEPArg>{position}));
    if (stored != i64)
      value = call->hasAttr(unsignedAttr)
                  ? LLVM::ZExtOp::create(b, i64, value).getResult()
                  : LLVM::SExtOp::create(b, i64, value);
    LLVM::StoreOp::create(b, value, failurePlace);
    LLVM::StoreOp::create(b, position, element(failurePlace, i64, 1));
    LLVM::BrOp::create(b, leave);
    b.setInsertionPointToStart(leave);
    return constant(i32, ++numChecks);
  });
}

/// A body's checks are numbered where it is called.
void ListEmitter::emitBody(func::CallOp call) {
  SmallVector<Value> operands = mapped(call.getOperands());
  operands.append({executor, failurePlace});
  if (timers)
    operands.push_back(timerTable);
  Value status = LLVM::CallOp::create(b, i32, call.getCallee(), operands).getResult();
  int64_t checks = bodies.lookup(call.getCallee());
  if (!checks)
    return;
  Value failed = LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::ne, status,
                                      constant(i32, 0));
  leaveIf(failed, [&]() -> Value {
    return LLVM::AddOp::create(b, status, constant(i32, numChecks));
  });
  numChecks += checks;
}

Value ListEmitter::ticks() {
  return LLVM::InlineAsmOp::create(
             b, i64, ValueRange(), timers->ticks, timers->registers, /*has_side_effects=*/true,
             /*is_align_stack=*/false, LLVM::tailcallkind::TailCallKind::None,
             LLVM::AsmDialectAttr(), ArrayAttr())
      .getResult(0);
}

/// One call more of the kernel, and the ticks since \p begin.
void ListEmitter::addTime(StringRef kernel, Value begin) {
  Value spent = LLVM::SubOp::create(b, ticks(), begin);
  int64_t row = timers->rows.at(kernel);
  Value both[] = {constant(i64, 1), spent};
  for (auto [i, more] : llvm::enumerate(both)) {
    Value place = element(timerTable, i64, 2 * row + int64_t(i));
    Value sum = LLVM::AddOp::create(b, LLVM::LoadOp::create(b, i64, place), more);
    LLVM::StoreOp::create(b, sum, place);
  }
}

void ListEmitter::emitCall(func::CallOp call) {
  if (!timers)
    return emitKernel(call);
  Value begin = ticks();
  emitKernel(call);
  addTime(call.getCallee(), begin);
}

void ListEmitter::emitKernel(func::CallOp call) {
  unsigned numBuffers = call.getNumOperands() - 2;
  LLVM::LLVMFuncOp task = taskFor(call.getCallee(), numBuffers);
  Value tiles = constant(i64, constantOf(call.getOperand(numBuffers + 1)));
  if (!call->hasAttr(parallelAttr)) {
    SmallVector<Value> operands;
    for (unsigned i = 0; i < numBuffers; ++i)
      operands.push_back(at(call.getOperand(i)));
    operands.append({constant(i64, 0), tiles});
    LLVM::CallOp::create(b, TypeRange(), call.getCallee(), operands);
    return;
  }
  for (unsigned i = 0; i < numBuffers; ++i)
    LLVM::StoreOp::create(b, at(call.getOperand(i)),
                          element(slots, pointer, i));
  Value alone = LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::eq, executor,
                                     LLVM::ZeroOp::create(b, pointer));
  Block *serial = newBlock(), *parallel = newBlock(), *next = newBlock();
  LLVM::CondBrOp::create(b, alone, serial, parallel);
  b.setInsertionPointToStart(serial);
  LLVM::CallOp::create(b, TypeRange(), task.getSymName(),
                       ValueRange{slots, constant(i64, 0), tiles});
  LLVM::BrOp::create(b, next);
  b.setInsertionPointToStart(parallel);
  Value context = LLVM::LoadOp::create(b, pointer, executor);
  Value parallelFor =
      LLVM::LoadOp::create(b, pointer, element(executor, pointer, 1));
  Value function = LLVM::AddressOfOp::create(b, task);
  auto type = LLVM::LLVMFunctionType::get(
      LLVM::LLVMVoidType::get(b.getContext()), {pointer, i64, pointer, pointer});
  LLVM::CallOp::create(b, type,
                       ValueRange{parallelFor, context, tiles, function, slots});
  LLVM::BrOp::create(b, next);
  b.setInsertionPointToStart(next);
}

bool ListEmitter::emitArithmetic(Operation &op) {
  auto binary = [&]<typename Result>(auto operation, Result *) {
    values[operation] = Result::create(b, at(operation.getLhs()),
                                       at(operation.getRhs()));
    return true;
  };
  return llvm::TypeSwitch<Operation *, bool>(&op)
      .Case([&](arith::AddIOp o) { return binary(o, (LLVM::AddOp *)nullptr); })
      .Case([&](arith::SubIOp o) { return binary(o, (LLVM::SubOp *)nullptr); })
      .Case([&](arith::MulIOp o) { return binary(o, (LLVM::MulOp *)nullptr); })
      .Case([&](arith::AndIOp o) { return binary(o, (LLVM::AndOp *)nullptr); })
      .Case([&](arith::MinSIOp o) { return binary(o, (LLVM::SMinOp *)nullptr); })
      .Case([&](arith::MaxSIOp o) { return binary(o, (LLVM::SMaxOp *)nullptr); })
      .Case([&](arith::CmpIOp compare) {
        // Both number their predicates alike.
        values[compare] = LLVM::ICmpOp::create(
            b, LLVM::ICmpPredicate(int64_t(compare.getPredicate())),
            at(compare.getLhs()), at(compare.getRhs()));
        return true;
      })
      .Case([&](arith::IndexCastOp cast) { // between index and i64
        values[cast] = at(cast.getIn());
        return true;
      })
      .Default(false);
}

bool ListEmitter::emitMemory(Operation &op) {
  return llvm::TypeSwitch<Operation *, bool>(&op)
      .Case([&](memref::LoadOp load) {
        values[load] = LLVM::LoadOp::create(
            b, load.getType(),
            place(load.getMemRef(), at(load.getIndices().front())));
        return true;
      })
      .Case([&](memref::StoreOp store) {
        LLVM::StoreOp::create(
            b, at(store.getValueToStore()),
            place(store.getMemRef(), at(store.getIndices().front())));
        return true;
      })
      .Case([&](memref::CopyOp copy) {
        // One memory or two: the intrinsic allows both.
        auto type = cast<MemRefType>(copy.getTarget().getType());
        int64_t bytes = type.getNumElements() * (type.getElementTypeBitWidth() / 8);
        LLVM::MemcpyOp::create(b, at(copy.getTarget()),
                               at(copy.getSource()), constant(i64, bytes),
                               /*isVolatile=*/false);
        return true;
      })
      .Default(false);
}

bool ListEmitter::emitBranch(Operation &op) {
  return llvm::TypeSwitch<Operation *, bool>(&op)
      .Case([&](cf::BranchOp branch) {
        LLVM::BrOp::create(b, mapped(branch.getDestOperands()),
                           blocks.at(branch.getDest()));
        return true;
      })
      .Case([&](cf::CondBranchOp branch) {
        LLVM::CondBrOp::create(b, at(branch.getCondition()),
                               blocks.at(branch.getTrueDest()),
                               mapped(branch.getTrueDestOperands()),
                               blocks.at(branch.getFalseDest()),
                               mapped(branch.getFalseDestOperands()));
        return true;
      })
      .Case([&](func::ReturnOp) {
        LLVM::ReturnOp::create(b, constant(i32, 0));
        return true;
      })
      .Default(false);
}

LogicalResult ListEmitter::emit(Operation &op) {
  b.setLoc(op.getLoc());
  if (isMadeAtUse(&op))
    return success();
  if (auto call = dyn_cast<func::CallOp>(op)) {
    if (call->hasAttr(checkAttr))
      emitCheck(call);
    else if (call->hasAttr(tripsAttr))
      emitBody(call);
    else
      emitCall(call);
    return success();
  }
  if (emitArithmetic(op) || emitMemory(op) || emitBranch(op))
    return success();
  return op.emitOpError("is no part of a list of calls");
}

/// Begins a function of the list's pointers.
void ListEmitter::createEntry(const Twine &name, LLVM::Linkage linkage) {
  b.setInsertionPointToEnd(module.getBody());
  SmallVector<Type> types(
      list->hasAttr(bodyAttr) ? list.getNumArguments() + 2 + bool(timers) : 5, pointer);
  entry = LLVM::LLVMFuncOp::create(b, name.str(), LLVM::LLVMFunctionType::get(i32, types),
                                   linkage);
  b.setInsertionPointToStart(entry.addEntryBlock(b));
  unsigned numSlots = 1;
  list.walk([&](func::CallOp call) {
    numSlots = std::max(numSlots, call.getNumOperands());
  });
  slots = LLVM::AllocaOp::create(b, pointer, pointer, constant(i64, numSlots));
  values.clear();
  bindArguments();
}

/// Whether the list is long, and no call in it needs more than addresses.
bool ListEmitter::hasParts() {
  if (list->hasAttr(bodyAttr) || !llvm::hasSingleElement(list.getBody()))
    return false;
  Block &block = list.getBody().front();
  return llvm::range_size(block.getOps<func::CallOp>()) > maxCalls &&
         llvm::all_of(block, [](Operation &op) {
           return op.getNumResults() == 0 || isMadeAtUse(&op);
         });
}

/// Functions of maxCalls calls each, and the entry that calls these.
LogicalResult ListEmitter::emitParts() {
  SmallVector<LLVM::LLVMFuncOp> parts;
  size_t calls = 0;
  for (Operation &op : list.getBody().front().without_terminator()) {
    if (isa<func::CallOp>(op) && calls++ % maxCalls == 0) {
      if (!parts.empty())
        LLVM::ReturnOp::create(b, constant(i32, 0));
      createEntry(list.getName() + ".part" + Twine(parts.size()),
                  LLVM::Linkage::Internal);
      entry.setPassthroughAttr(b.getStrArrayAttr({"noinline"}));
      parts.push_back(entry);
    }
    if (failed(emit(op)))
      return failure();
  }
  LLVM::ReturnOp::create(b, constant(i32, 0));

  createEntry(list.getName(), LLVM::Linkage::External);
  for (LLVM::LLVMFuncOp part : parts) {
    Value status =
        LLVM::CallOp::create(b, part, entry.getBody().front().getArguments()).getResult();
    Value failed =
        LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::ne, status, constant(i32, 0));
    leaveIf(failed, [&] { return status; });
  }
  LLVM::ReturnOp::create(b, constant(i32, 0));
  return success();
}

LogicalResult ListEmitter::emitBlocks() {
  createEntry(list.getName(), list->hasAttr(bodyAttr) ? LLVM::Linkage::Internal
                                                      : LLVM::Linkage::External);
  blocks[&list.getBody().front()] = &entry.getBody().front();
  for (Block &block : llvm::drop_begin(list.getBody())) {
    Block *copy = blocks[&block] = newBlock();
    for (BlockArgument argument : block.getArguments())
      values[argument] = copy->addArgument(converted(argument.getType()), argument.getLoc());
  }
  for (Block &block : list.getBody()) {
    if (&block != &list.getBody().front())
      b.setInsertionPointToStart(blocks.at(&block));
    for (Operation &op : block)
      if (failed(emit(op)))
        return failure();
  }
  return success();
}

LogicalResult ListEmitter::run() { return hasParts() ? emitParts() : emitBlocks(); }

LogicalResult lowerToLLVM(ModuleOp module, const KernelLowering &kernels, TimingScope &timing,
                          const KernelTimers *timers) {
  TimingScope scope = timing.nest("to the LLVM dialect");
  module.getContext()->loadDialect<LLVM::LLVMDialect, cf::ControlFlowDialect>();
  SmallVector<OwningOpRef<func::FuncOp>> lists;
  BodyChecks bodies;
  PassManager blocks(module.getContext(), func::FuncOp::getOperationName());
  blocks.addPass(createSCFToControlFlowPass());
  for (func::FuncOp function : llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
    if (function->hasAttr(stepAttr)) {
      if (failed(blocks.run(function)))
        return failure();
      if (auto checks = function->getAttrOfType<IntegerAttr>(checksAttr))
        bodies[function.getName()] = checks.getInt();
      function->remove();
      lists.push_back(function);
    } else if (!function.isExternal()) {
      function->setAttr("llvm.linkage",
                        LLVM::LinkageAttr::get(module.getContext(),
                                               LLVM::Linkage::Internal));
      // Calls cost nothing beside what is called; lists with all their kernels in
      // them cost LLVM time that is quadratic in their number.
      if (!function->hasAttr("passthrough"))
        function->setAttr("passthrough",
                          Builder(module.getContext()).getStrArrayAttr({"noinline"}));
    }
  if (failed(kernels.run(module)))
    return failure();
  for (OwningOpRef<func::FuncOp> &list : lists)
    if (failed(ListEmitter(module, *list, bodies, timers).run()))
      return failure();
  return success();
}

} // namespace agc
