//===- SanitizeThread.cpp - Code that ThreadSanitizer watches ---------------===//
//
// LLVM's pass watches accesses of up to 16 bytes and no masked ones: of kernels it
// would see next to nothing. What it leaves is told to the runtime here, as ranges.
//
//===----------------------------------------------------------------------===//
#include "codegen/SanitizeThread.h"

#include "llvm/Analysis/CaptureTracking.h"
#include "llvm/Analysis/ValueTracking.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/Transforms/Instrumentation/ThreadSanitizer.h"

using namespace llvm;

namespace agc {
namespace {

class RangeWatcher {
public:
  explicit RangeWatcher(Module &module)
      : layout(module.getDataLayout()), b(module.getContext()) {
    auto function = [&](StringRef name) {
      return module.getOrInsertFunction(name, b.getVoidTy(), b.getPtrTy(), b.getInt64Ty());
    };
    read = function("__tsan_read_range");
    write = function("__tsan_write_range");
  }

  void watch(Function &function);

private:
  const DataLayout &layout;
  IRBuilder<> b;
  FunctionCallee read, write;

  void watchVector(Instruction &access, Value *place, Type *type, FunctionCallee call);
  void watchMasked(IntrinsicInst &access);
  void watchLanes(Value *places, FixedVectorType *type, Constant &mask, FunctionCallee call);
};

struct WatchRanges : PassInfoMixin<WatchRanges> {
  PreservedAnalyses run(Module &module, ModuleAnalysisManager &) {
    RangeWatcher watcher(module);
    for (Function &function : module)
      if (!function.isDeclaration())
        watcher.watch(function);
    return PreservedAnalyses::none();
  }
  static bool isRequired() { return true; }
};

/// gcc's runtime has no __tsan_memcpy; both have one in place of the C library's.
struct CallCLibrary : PassInfoMixin<CallCLibrary> {
  PreservedAnalyses run(Module &module, ModuleAnalysisManager &) {
    for (StringRef name : {"memcpy", "memmove", "memset"})
      if (Function *watched = module.getFunction(("__tsan_" + name).str())) {
        if (Function *known = module.getFunction(name)) {
          watched->replaceAllUsesWith(known);
          watched->eraseFromParent();
        } else {
          watched->setName(name);
        }
      }
    return PreservedAnalyses::none();
  }
  static bool isRequired() { return true; }
};

/// Whether only this function knows of the memory: a panel of a matrix in its frame.
bool isPrivate(const Value *place) {
  const Value *object = getUnderlyingObject(place);
  return isa<AllocaInst>(object) && !PointerMayBeCaptured(object, /*ReturnCaptures=*/true);
}

} // namespace

/// A whole vector, of a size that LLVM's pass leaves.
void RangeWatcher::watchVector(Instruction &access, Value *place, Type *type,
                               FunctionCallee call) {
  uint64_t bits = layout.getTypeStoreSizeInBits(type).getFixedValue();
  if ((isPowerOf2_64(bits) && bits <= 128) || isPrivate(place))
    return;
  b.SetInsertPoint(&access);
  b.CreateCall(call, {place, b.getInt64(bits / 8)});
}

/// The lanes of a mask, neighbours or each where its pointer shows.
void RangeWatcher::watchLanes(Value *places, FixedVectorType *type, Constant &mask,
                              FunctionCallee call) {
  uint64_t bytes = layout.getTypeStoreSize(type->getElementType());
  auto isActive = [&](unsigned lane) {
    return lane < type->getNumElements() && !mask.getAggregateElement(lane)->isNullValue();
  };
  for (unsigned lane = 0; lane < type->getNumElements(); ++lane) {
    if (!isActive(lane))
      continue;
    if (places->getType()->isVectorTy()) {
      b.CreateCall(call, {b.CreateExtractElement(places, lane), b.getInt64(bytes)});
      continue;
    }
    unsigned first = lane;
    while (isActive(lane + 1))
      ++lane;
    b.CreateCall(call, {b.CreateConstGEP1_64(b.getInt8Ty(), places, first * bytes),
                        b.getInt64((lane + 1 - first) * bytes)});
  }
}

void RangeWatcher::watchMasked(IntrinsicInst &access) {
  bool stores = access.getType()->isVoidTy();
  Value *places = access.getArgOperand(stores ? 1 : 0);
  auto *type = cast<FixedVectorType>(stores ? access.getArgOperand(0)->getType()
                                            : access.getType());
  // Masks are of the remainders of loops, and known.
  auto *mask = dyn_cast<Constant>(access.getArgOperand(stores ? 2 : 1));
  if (!mask || isPrivate(places))
    return;
  b.SetInsertPoint(&access);
  watchLanes(places, type, *mask, stores ? write : read);
}

void RangeWatcher::watch(Function &function) {
  for (Instruction &instruction : make_early_inc_range(instructions(function))) {
    if (auto *load = dyn_cast<LoadInst>(&instruction))
      watchVector(*load, load->getPointerOperand(), load->getType(), read);
    else if (auto *store = dyn_cast<StoreInst>(&instruction))
      watchVector(*store, store->getPointerOperand(), store->getValueOperand()->getType(), write);
    else if (auto *intrinsic = dyn_cast<IntrinsicInst>(&instruction))
      switch (intrinsic->getIntrinsicID()) {
      case Intrinsic::masked_load:
      case Intrinsic::masked_store:
      case Intrinsic::masked_gather:
      case Intrinsic::masked_scatter:
        watchMasked(*intrinsic);
        break;
      }
  }
}

bool canSanitizeThread(const Triple &triple) {
  return triple.isOSLinux() && (triple.getArch() == Triple::x86_64 || triple.isAArch64(64));
}

void markSanitizeThread(Module &module) {
  for (Function &function : module)
    if (!function.isDeclaration())
      function.addFnAttr(Attribute::SanitizeThread);
}

void addSanitizeThreadPasses(ModulePassManager &passes) {
  passes.addPass(WatchRanges());
  passes.addPass(ModuleThreadSanitizerPass());
  passes.addPass(createModuleToFunctionPassAdaptor(ThreadSanitizerPass()));
  passes.addPass(CallCLibrary());
}

} // namespace agc
