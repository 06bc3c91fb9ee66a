//===- LowerToLLVM.cpp - Kernels and lists of calls to the LLVM dialect ----===//
//
// Kernels go the upstream way. Lists do not: what they are at the end, a few
// pointers stored and a call, is simpler to write than to lower.
//
//===----------------------------------------------------------------------===//
#include "codegen/LowerToLLVM.h"

#include "codegen/Passes.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"

using namespace mlir;

namespace agc {
namespace {

/// Writes one list as an agc_entry.
class ListEmitter {
public:
  ListEmitter(ModuleOp module, func::FuncOp list)
      : module(module), list(list), b(list.getLoc(), list.getContext()),
        pointer(LLVM::LLVMPointerType::get(list.getContext())),
        i64(b.getI64Type()), i32(b.getI32Type()) {}

  void run();

private:
  ModuleOp module;
  func::FuncOp list;
  ImplicitLocOpBuilder b;
  Type pointer, i64, i32;
  LLVM::LLVMFuncOp entry;
  DenseMap<Value, Value> pointers; // of memrefs
  Value slots;                     // the pointers of the kernel being called
  int numChecks = 0;

  Value constant(Type type, int64_t value) {
    return LLVM::ConstantOp::create(b, type, b.getIntegerAttr(type, value));
  }
  Value element(Value base, Type type, int64_t index) {
    return LLVM::GEPOp::create(b, pointer, type, base,
                               ArrayRef<LLVM::GEPArg>{int32_t(index)});
  }
  void bindArguments();
  void emit(Operation &op);
  void emitCheck(func::CallOp call);
  void emitCall(func::CallOp call);
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
  auto results = list->getAttrOfType<ArrayAttr>("agc.results");
  unsigned numOwnResults = 0;
  SmallVector<unsigned> ownResults;
  for (auto [i, attrs] : llvm::enumerate(results))
    if (!cast<DictionaryAttr>(attrs).contains(ir::updatesAttr)) {
      ownResults.push_back(i);
      ++numOwnResults;
    }
  unsigned numArguments = list.getNumArguments() - numOwnResults - 1;
  for (BlockArgument argument : list.getArguments()) {
    unsigned i = argument.getArgNumber();
    Value address;
    if (i + 1 == list.getNumArguments()) {
      pointers[argument] = block->getArgument(2);
      continue;
    }
    if (argument.use_empty())
      continue;
    if (i < numArguments)
      address = element(block->getArgument(0), pointer, i);
    else
      address = element(block->getArgument(1), pointer, ownResults[i - numArguments]);
    pointers[argument] = LLVM::LoadOp::create(b, pointer, address);
  }
}

static int64_t constantOf(Value value) {
  return value.getDefiningOp<arith::ConstantIndexOp>().value();
}

/// Leaves with the check's number if any element is out of range.
void ListEmitter::emitCheck(func::CallOp call) {
  Value data = pointers.at(call.getOperand(0));
  Type stored = cast<MemRefType>(call.getOperand(0).getType()).getElementType();
  Value position =
      LLVM::CallOp::create(b, i64, call.getCallee(), data).getResult();
  Value failed = LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::sge, position,
                                      constant(i64, 0));
  Block *report = newBlock(), *leave = newBlock(), *next = newBlock();
  LLVM::CondBrOp::create(b, failed, report, next);
  b.setInsertionPointToStart(report);
  Value failure = entry.getArgument(4);
  Value isNull = LLVM::ICmpOp::create(b, LLVM::ICmpPredicate::eq, failure,
                                      LLVM::ZeroOp::create(b, pointer));
  Block *fill = newBlock();
  LLVM::CondBrOp::create(b, isNull, leave, fill);
  b.setInsertionPointToStart(fill);
  Value value = LLVM::LoadOp::create(
      b, stored,
      LLVM::GEPOp::create(b, pointer, stored, data, ArrayRef<LLVM::GEPArg>{position}));
  if (stored != i64)
    value = LLVM::SExtOp::create(b, i64, value);
  LLVM::StoreOp::create(b, value, failure);
  LLVM::StoreOp::create(b, position, element(failure, i64, 1));
  LLVM::BrOp::create(b, leave);
  b.setInsertionPointToStart(leave);
  LLVM::ReturnOp::create(b, constant(i32, ++numChecks));
  b.setInsertionPointToStart(next);
}

void ListEmitter::emitCall(func::CallOp call) {
  unsigned numBuffers = call.getNumOperands() - 2;
  LLVM::LLVMFuncOp task = taskFor(call.getCallee(), numBuffers);
  Value tiles = constant(i64, constantOf(call.getOperand(numBuffers + 1)));
  if (!call->hasAttr(parallelAttr)) {
    SmallVector<Value> operands;
    for (unsigned i = 0; i < numBuffers; ++i)
      operands.push_back(pointers.at(call.getOperand(i)));
    operands.append({constant(i64, 0), tiles});
    LLVM::CallOp::create(b, TypeRange(), call.getCallee(), operands);
    return;
  }
  for (unsigned i = 0; i < numBuffers; ++i)
    LLVM::StoreOp::create(b, pointers.at(call.getOperand(i)),
                          element(slots, pointer, i));
  Value executor = entry.getArgument(3);
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

void ListEmitter::emit(Operation &op) {
  b.setLoc(op.getLoc());
  if (auto view = dyn_cast<memref::ViewOp>(op)) {
    pointers[view] = LLVM::GEPOp::create(
        b, pointer, b.getI8Type(), pointers.at(view.getSource()),
        ArrayRef<LLVM::GEPArg>{constant(i64, constantOf(view.getByteShift()))});
  } else if (auto global = dyn_cast<memref::GetGlobalOp>(op)) {
    pointers[global] = LLVM::AddressOfOp::create(b, pointer, global.getName());
  } else if (auto call = dyn_cast<func::CallOp>(op)) {
    if (call->hasAttr(checkAttr))
      emitCheck(call);
    else
      emitCall(call);
  }
}

void ListEmitter::run() {
  b.setInsertionPointToEnd(module.getBody());
  auto type =
      LLVM::LLVMFunctionType::get(i32, {pointer, pointer, pointer, pointer, pointer});
  entry = LLVM::LLVMFuncOp::create(b, list.getName(), type);
  b.setInsertionPointToStart(entry.addEntryBlock(b));
  unsigned numSlots = 1;
  list.walk([&](func::CallOp call) {
    numSlots = std::max(numSlots, call.getNumOperands());
  });
  slots = LLVM::AllocaOp::create(b, pointer, pointer, constant(i64, numSlots));
  bindArguments();
  for (Operation &op : list.getBody().front())
    emit(op);
  b.setLoc(list.getLoc());
  LLVM::ReturnOp::create(b, constant(i32, 0));
}

static LogicalResult lowerKernels(ModuleOp module) {
  PassManager pm(module.getContext());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(memref::createExpandStridedMetadataPass());
  // The reference calls the C library.
  pm.addPass(createConvertMathToLLVMPass());
  pm.addPass(createConvertMathToLibmPass());
  pm.addPass(createConvertVectorToLLVMPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  pm.addPass(createArithToLLVMConversionPass());
  ConvertFuncToLLVMPassOptions functions;
  functions.useBarePtrCallConv = true;
  pm.addPass(createConvertFuncToLLVMPass(functions));
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  return pm.run(module);
}

LogicalResult lowerToLLVM(ModuleOp module) {
  module.getContext()->loadDialect<LLVM::LLVMDialect>();
  SmallVector<OwningOpRef<func::FuncOp>> lists;
  for (func::FuncOp function : llvm::make_early_inc_range(module.getOps<func::FuncOp>()))
    if (function->hasAttr(stepAttr)) {
      function->remove();
      lists.push_back(function);
    } else {
      function->setAttr("llvm.linkage",
                        LLVM::LinkageAttr::get(module.getContext(),
                                               LLVM::Linkage::Internal));
    }
  if (failed(lowerKernels(module)))
    return failure();
  for (OwningOpRef<func::FuncOp> &list : lists)
    ListEmitter(module, *list).run();
  return success();
}

} // namespace agc
