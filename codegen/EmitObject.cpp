//===- EmitObject.cpp - The LLVM dialect to machine code -------------------===//
#include "codegen/EmitObject.h"

#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "mlir/Target/LLVMIR/Export.h"

#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"

using namespace mlir;

namespace agc {

llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createTargetMachine(StringRef cpu) {
  static const bool initialized = [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    llvm::InitializeNativeTargetAsmParser();
    return true;
  }();
  (void)initialized;
  llvm::Triple triple(llvm::sys::getDefaultTargetTriple());
  std::string error;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return llvm::createStringError(error);
  std::string features;
  std::string name = cpu.str();
  if (cpu == "native") {
    name = llvm::sys::getHostCPUName().str();
    SmallVector<std::string> list;
    for (auto &feature : llvm::sys::getHostCPUFeatures())
      list.push_back((feature.second ? "+" : "-") + feature.first().str());
    llvm::sort(list); // The map's order is no order.
    features = llvm::join(list, ",");
  } else {
    std::unique_ptr<llvm::MCSubtargetInfo> info(
        target->createMCSubtargetInfo(triple, "", ""));
    if (!info->isCPUStringValid(name))
      return llvm::createStringError("unknown cpu '" + name + "' for " +
                                     triple.getArchName());
  }
  llvm::TargetOptions options;
  // An op's own lowering chooses FMA; LLVM adds none.
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  options.FunctionSections = true;
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, name, features, options, llvm::Reloc::PIC_, llvm::CodeModel::Small,
      llvm::CodeGenOptLevel::Default));
}

Machine machineOf(const llvm::TargetMachine &target) {
  const llvm::MCSubtargetInfo &info = *target.getMCSubtargetInfo();
  if (target.getTargetTriple().isX86()) {
    if (info.checkFeatures("+avx512f") && info.checkFeatures("+avx512vl"))
      return {64, 32, true};
    if (info.checkFeatures("+avx2") && info.checkFeatures("+fma"))
      return {32, 16, true};
    return {16, 16, false};
  }
  return {16, 32, true};
}

static void optimize(llvm::Module &module, llvm::TargetMachine &target) {
  llvm::PipelineTuningOptions tuning;
  // Loops come vectorized and unrolled as they should be.
  tuning.LoopVectorization = false;
  tuning.SLPVectorization = false;
  tuning.LoopUnrolling = false;
  tuning.LoopInterleaving = false;
  llvm::PassBuilder passes(&target, tuning);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager graphs;
  llvm::ModuleAnalysisManager modules;
  passes.registerModuleAnalyses(modules);
  passes.registerCGSCCAnalyses(graphs);
  passes.registerFunctionAnalyses(functions);
  passes.registerLoopAnalyses(loops);
  passes.crossRegisterProxies(loops, functions, graphs, modules);
  passes.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2)
      .run(module, modules);
}

llvm::Expected<std::string>
emitObject(ModuleOp module, llvm::TargetMachine &target, ObjectKind kind,
           llvm::function_ref<llvm::Error(llvm::Module &)> complete) {
  DialectRegistry registry;
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  module.getContext()->appendDialectRegistry(registry);

  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> code = translateModuleToLLVMIR(module, context, "agc");
  if (!code)
    return llvm::createStringError("translation to LLVM IR failed");
  code->setDataLayout(target.createDataLayout());
  code->setTargetTriple(target.getTargetTriple());
  if (complete)
    if (llvm::Error error = complete(*code))
      return error;
  for (llvm::Function &function : *code) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", target.getTargetCPU());
    function.addFnAttr("target-features", target.getTargetFeatureString());
    if (machineOf(target).vectorBytes == 64)
      function.addFnAttr("prefer-vector-width", "512");
    function.addFnAttr(llvm::Attribute::NoUnwind);
  }
  optimize(*code, target);

  llvm::SmallString<0> buffer;
  llvm::raw_svector_ostream os(buffer);
  if (kind == ObjectKind::LLVM) {
    code->print(os, nullptr);
    return std::string(buffer);
  }
  llvm::legacy::PassManager emit;
  if (target.addPassesToEmitFile(emit, os, nullptr,
                                 kind == ObjectKind::Object
                                     ? llvm::CodeGenFileType::ObjectFile
                                     : llvm::CodeGenFileType::AssemblyFile))
    return llvm::createStringError("the target cannot emit this kind of file");
  emit.run(*code);
  return std::string(buffer);
}

} // namespace agc
