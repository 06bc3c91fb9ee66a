//===- Versions.cpp - A step's code, once for each level of its machine -----===//
#include "codegen/shipped/Versions.h"

#include "codegen/EmitObject.h"

#include "llvm/Linker/Linker.h"

using namespace llvm;

namespace agc {

StepVersions::StepVersions(LLVMContext &context, std::vector<TargetVersion> targets)
    : list(std::move(targets)), module(std::make_unique<Module>("agc", context)) {
  module->setDataLayout(baseline().createDataLayout());
  module->setTargetTriple(baseline().getTargetTriple());
}

std::string StepVersions::suffix(const TargetVersion &version) const {
  return list.size() == 1 ? "" : "." + version.machine->getTargetCPU().str();
}

Error StepVersions::add(mlir::ModuleOp functions, std::vector<proto::Manifest> manifests,
                        mlir::TimingScope &timing) {
  mlir::TimingScope scope = timing.nest("to LLVM IR");
  const TargetVersion &version = list[numAdded++];
  Expected<std::unique_ptr<Module>> code =
      translate(functions, module->getContext(), *version.machine);
  if (!code)
    return code.takeError();
  for (Function &function : **code)
    if (!function.isDeclaration() && !function.isIntrinsic())
      function.setName(function.getName() + suffix(version));
  // Tables of numbers that versions share are there once.
  for (GlobalVariable &global : (*code)->globals())
    if (global.isConstant() && global.hasLocalLinkage())
      global.setUnnamedAddr(GlobalValue::UnnamedAddr::Global);
  if (Linker::linkModules(*module, std::move(*code)))
    return createStringError("the versions of a step do not link");

  for (auto [i, manifest] : enumerate(manifests))
    if (!best.empty())
      manifest.set_workspace_bytes(
          std::max(manifest.workspace_bytes(), best[i].workspace_bytes()));
  best = std::move(manifests);
  return Error::success();
}

std::vector<Function *> StepVersions::entries(StringRef function) const {
  std::vector<Function *> result;
  for (const TargetVersion &version : list)
    result.push_back(module->getFunction((function + suffix(version)).str()));
  return result;
}

std::string StepVersions::describe() const {
  std::string text = module->getTargetTriple().str();
  for (const TargetVersion &version : list)
    text += (&version == &list.front() ? " " : ",") + version.machine->getTargetCPU().str();
  return text;
}

} // namespace agc
