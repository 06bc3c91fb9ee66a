//===- Versions.cpp - A step's code, once for each level of its machine -----===//
#include "codegen/shipped/Versions.h"

#include "codegen/DebugInfo.h"
#include "codegen/JoinObjects.h"
#include "codegen/SanitizeThread.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Threading.h"

#include "llvm/Linker/Linker.h"

using namespace llvm;

namespace agc {

StepVersions::StepVersions(LLVMContext &context, mlir::MLIRContext *kernelContext,
                           std::vector<TargetVersion> targets)
    : kernelContext(kernelContext), list(std::move(targets)), lowering(kernelContext),
      module(std::make_unique<Module>("agc", context)),
      lists(std::make_unique<Module>("agc", context)) {
  registerTranslations(kernelContext);
  for (Module *code : {module.get(), lists.get()}) {
    code->setDataLayout(baseline().createDataLayout());
    code->setTargetTriple(baseline().getTargetTriple());
  }
}

static void hide(Function &function) {
  function.setLinkage(GlobalValue::ExternalLinkage);
  function.setVisibility(GlobalValue::HiddenVisibility);
  function.setDSOLocal(true);
}

std::string StepVersions::suffix(const TargetVersion &version) const {
  return list.size() == 1 ? "" : "." + version.machine->getTargetCPU().str();
}

/// Gives functions the version's names. Kernels, and what these call, are known to the
/// object's other parts, and to nobody else.
void StepVersions::rename(Module &code, size_t version, bool isPart) const {
  std::string end = suffix(list[version]);
  for (Function &function : code) {
    if (function.isIntrinsic() ||
        (function.isDeclaration() && !names[version].contains(function.getName())))
      continue;
    function.setName(function.getName() + end);
    if (function.isDeclaration() || isPart)
      hide(function);
  }
}

Error StepVersions::add(mlir::ModuleOp functions, std::vector<proto::Manifest> manifests,
                        mlir::TimingScope &timing, const KernelTimers *timers) {
  size_t version = names.size();
  StringSet<> &own = names.emplace_back();
  for (auto function : functions.getOps<mlir::func::FuncOp>())
    if (!function.isExternal())
      own.insert(function.getName());
  for (mlir::OwningOpRef<mlir::ModuleOp> &kernels : splitKernels(functions)) {
    for (auto function : kernels->getOps<mlir::func::FuncOp>())
      if (function.isExternal())
        shared.insert((function.getName() + suffix(list[version])).str());
    parts.push_back({std::move(kernels), version});
  }
  if (failed(lowerToLLVM(functions, lowering, timing, timers)))
    return createStringError("lowering to LLVM failed");
  if (extras.debugInfo)
    addDebugInfo(functions);
  mlir::TimingScope scope = timing.nest("to LLVM IR");
  Expected<std::unique_ptr<Module>> code =
      agc::translate(functions, module->getContext(), *list[version].machine);
  if (!code)
    return code.takeError();
  rename(**code, version, /*isPart=*/false);
  for (Function &function : **code) // else those that nobody calls here would be left out
    if (shared.contains(function.getName()))
      hide(function);
  // Tables of numbers that versions share are there once.
  for (GlobalVariable &global : (*code)->globals())
    if (global.isConstant() && global.hasLocalLinkage())
      global.setUnnamedAddr(GlobalValue::UnnamedAddr::Global);
  if (Linker::linkModules(*lists, std::move(*code)))
    return createStringError("the versions of a step do not link");

  for (auto [i, manifest] : enumerate(manifests))
    if (!best.empty())
      manifest.set_workspace_bytes(
          std::max(manifest.workspace_bytes(), best[i].workspace_bytes()));
  best = std::move(manifests);
  return Error::success();
}

std::vector<Function *> StepVersions::entries(StringRef function) {
  std::vector<Function *> result;
  for (const TargetVersion &version : list) {
    Function *entry = lists->getFunction((function + suffix(version)).str());
    FunctionCallee callee =
        module->getOrInsertFunction(entry->getName(), entry->getFunctionType());
    result.push_back(cast<Function>(callee.getCallee()));
    hide(*entry);
    hide(*result.back());
  }
  return result;
}

std::string StepVersions::describe() const {
  std::string text = module->getTargetTriple().str();
  for (const TargetVersion &version : list)
    text += (&version == &list.front() ? " " : ",") + version.machine->getTargetCPU().str();
  return text;
}

Expected<std::unique_ptr<Module>> StepVersions::translate(const Part &part, LLVMContext &context,
                                                          TargetMachine &machine,
                                                          mlir::TimingScope &timing) const {
  {
    mlir::TimingScope scope = timing.nest("to the LLVM dialect");
    if (failed(lowering.run(*part.kernels)))
      return createStringError("lowering to LLVM failed");
    if (extras.debugInfo)
      addDebugInfo(*part.kernels);
  }
  mlir::TimingScope scope = timing.nest("to LLVM IR");
  Expected<std::unique_ptr<Module>> code = agc::translate(*part.kernels, context, machine);
  if (code)
    rename(**code, part.version, /*isPart=*/true);
  return code;
}

/// Objects of the parts, of the lists and of all else.
Error StepVersions::emitParts(std::vector<std::string> &objects, mlir::TimingScope &timing) {
  objects.resize(parts.size() + 2);
  std::vector<StackUse> stacks(objects.size());
  std::vector<std::string> failures(objects.size());
  auto compile = [&](Module &code, TargetMachine &machine, size_t i) {
    Expected<std::string> object = emitObject(code, machine, ObjectKind::Object, timing);
    if (object)
      objects[i] = std::move(*object);
    else
      failures[i] = toString(object.takeError());
    stacks[i].add(code);
  };
  // The longest first.
  mlir::parallelFor(kernelContext, 0, parts.size() + 1, [&](size_t i) {
    if (i == 0) { // both of one context
      optimizeKernels(*lists, baseline(), timing);
      compile(*lists, baseline(), parts.size());
      optimize(*module, baseline(), timing);
      compile(*module, baseline(), parts.size() + 1);
      return;
    }
    const Part &part = parts[i - 1];
    LLVMContext context;
    std::unique_ptr<TargetMachine> machine = clone(*list[part.version].machine);
    Expected<std::unique_ptr<Module>> code = translate(part, context, *machine, timing);
    if (!code) {
      failures[i - 1] = toString(code.takeError());
      return;
    }
    optimizeKernels(**code, *machine, timing);
    compile(**code, *machine, i - 1);
  });
  for (const StackUse &use : stacks)
    stack.add(use);
  for (const std::string &failure : failures)
    if (!failure.empty())
      return createStringError(failure);
  return Error::success();
}

/// All in one module, which instructions are selected for on one thread.
Error StepVersions::linkParts(mlir::TimingScope &timing) {
  auto whole = std::make_unique<Module>("agc", module->getContext());
  whole->setDataLayout(module->getDataLayout());
  whole->setTargetTriple(module->getTargetTriple());
  auto link = [&](std::unique_ptr<Module> code) -> Error {
    if (Linker::linkModules(*whole, std::move(code)))
      return createStringError("kernels do not link");
    return Error::success();
  };
  for (const Part &part : parts) {
    TargetMachine &machine = *list[part.version].machine;
    Expected<std::unique_ptr<Module>> code =
        translate(part, module->getContext(), machine, timing);
    if (!code)
      return code.takeError();
    optimizeKernels(**code, machine, timing);
    if (Error error = link(std::move(*code)))
      return error;
  }
  optimizeKernels(*lists, baseline(), timing);
  optimize(*module, baseline(), timing);
  for (std::unique_ptr<Module> *code : {&lists, &module})
    if (Error error = link(std::move(*code)))
      return error;
  module = std::move(whole);
  for (Function &function : *module)
    if (!function.isDeclaration() && function.hasHiddenVisibility())
      function.setLinkage(GlobalValue::InternalLinkage);
  if (extras.sanitizeThread)
    sanitizeThread(*module, baseline());
  return Error::success();
}

bool StepVersions::canJoin(ObjectKind kind) const {
  const Triple &triple = module->getTargetTriple();
  // A function has up to four sections, and an object less than 65,280.
  size_t functions = 0;
  for (const StringSet<> &own : names)
    functions += own.size();
  return kind == ObjectKind::Object && triple.isOSBinFormatELF() && triple.isArch64Bit() &&
         !extras.debugInfo && !extras.sanitizeThread && functions < 12000;
}

Expected<std::string> StepVersions::emit(ObjectKind kind, mlir::TimingScope &timing) {
  mlir::TimingScope scope = timing.nest("to machine code");
  for (const auto &name : shared)
    hide(*lists->getFunction(name.getKey()));
  if (!canJoin(kind)) {
    if (Error error = linkParts(scope))
      return error;
    stack.add(*module);
    return emitObject(*module, baseline(), kind, scope);
  }
  std::vector<std::string> objects;
  if (Error error = emitParts(objects, scope))
    return error;
  mlir::TimingScope joining = scope.nest("join");
  return joinObjects(objects);
}

} // namespace agc
