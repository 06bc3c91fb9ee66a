//===- SplitKernels.cpp - Kernels in modules of their own --------------------===//
#include "codegen/LowerKernels.h"

#include "codegen/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace agc {

/// Of a module; about 50 ms of LLVM's time. Smaller ones cost more for themselves than
/// they gain, as what is left to do while the last is compiled.
static constexpr int64_t opsOfPart = 1500;

static int64_t numOps(func::FuncOp function) {
  int64_t count = 0;
  function.walk([&](Operation *) { ++count; });
  return count;
}

static func::FuncOp declare(func::FuncOp function, OpBuilder &b) {
  auto declaration = cast<func::FuncOp>(b.cloneWithoutRegions(*function));
  declaration.setPrivate();
  return declaration;
}

/// Whether all that it needs of the module are functions.
static bool isMovable(func::FuncOp function) {
  return function->hasAttr(kernelAttr) && !function.isExternal() &&
         !function.walk([](memref::GetGlobalOp) { return WalkResult::interrupt(); })
              .wasInterrupted();
}

std::vector<OwningOpRef<ModuleOp>> splitKernels(ModuleOp module) {
  std::vector<OwningOpRef<ModuleOp>> parts;
  SymbolTable symbols(module);
  int64_t room = 0;
  for (func::FuncOp function : llvm::make_early_inc_range(module.getOps<func::FuncOp>())) {
    if (!isMovable(function))
      continue;
    if (room <= 0) {
      parts.push_back(ModuleOp::create(module.getLoc()));
      room = opsOfPart;
    }
    room -= numOps(function);
    ModuleOp part = *parts.back();
    OpBuilder here(function), there = OpBuilder::atBlockEnd(part.getBody());
    declare(function, here);
    function->remove();
    there.insert(function);
    function.walk([&](func::CallOp call) {
      if (!part.lookupSymbol(call.getCallee())) {
        OpBuilder first = OpBuilder::atBlockBegin(part.getBody());
        declare(symbols.lookup<func::FuncOp>(call.getCallee()), first);
      }
    });
  }
  return parts;
}

} // namespace agc
