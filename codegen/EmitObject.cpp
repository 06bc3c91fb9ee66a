//===- EmitObject.cpp - The LLVM dialect to machine code -------------------===//
#include "codegen/EmitObject.h"

#include "codegen/SanitizeThread.h"
#include "codegen/Targets.h"

#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "mlir/Target/LLVMIR/Export.h"

#include "llvm/IR/InstIterator.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/PassInstrumentation.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Passes/PassBuilder.h"

using namespace mlir;

namespace agc {

/// Rows of LLVM's passes, those that only call others left out.
static void timePasses(llvm::PassInstrumentationCallbacks &callbacks,
                       std::vector<TimingScope> &running, TimingScope &timing) {
  auto counts = [](llvm::StringRef pass) {
    return !llvm::isSpecialPass(pass, {"PassManager", "PassAdaptor", "RequireAnalysisPass",
                                       "InvalidateAnalysisPass", "DevirtSCCRepeatedPass"});
  };
  callbacks.registerBeforeNonSkippedPassCallback([&, counts](llvm::StringRef pass, llvm::Any) {
    if (counts(pass))
      running.push_back((running.empty() ? timing : running.back()).nest(pass));
  });
  auto end = [&, counts](llvm::StringRef pass) {
    if (counts(pass))
      running.pop_back();
  };
  callbacks.registerAfterPassCallback(
      [end](llvm::StringRef pass, llvm::Any, const llvm::PreservedAnalyses &) { end(pass); });
  callbacks.registerAfterPassInvalidatedCallback(
      [end](llvm::StringRef pass, const llvm::PreservedAnalyses &) { end(pass); });
}

/// Runs the passes that \p build makes of LLVM's.
static void runPasses(llvm::Module &module, llvm::TargetMachine &target, TimingScope &timing,
                      llvm::function_ref<llvm::ModulePassManager(llvm::PassBuilder &)> build) {
  llvm::PipelineTuningOptions tuning;
  // Loops come vectorized and unrolled as they should be.
  tuning.LoopVectorization = false;
  tuning.SLPVectorization = false;
  tuning.LoopUnrolling = false;
  tuning.LoopInterleaving = false;
  std::vector<TimingScope> running;
  llvm::PassInstrumentationCallbacks callbacks;
  if (timing)
    timePasses(callbacks, running, timing);
  llvm::PassBuilder passes(&target, tuning, std::nullopt, &callbacks);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager graphs;
  llvm::ModuleAnalysisManager modules;
  passes.registerModuleAnalyses(modules);
  passes.registerCGSCCAnalyses(graphs);
  passes.registerFunctionAnalyses(functions);
  passes.registerLoopAnalyses(loops);
  passes.crossRegisterProxies(loops, functions, graphs, modules);
  build(passes).run(module, modules);
}

/// Whether the function has vectors of several registers: it may keep more of them than
/// there are registers.
static bool hasWideVectors(llvm::Function &function, unsigned vectorBytes) {
  return llvm::any_of(llvm::instructions(function), [&](llvm::Instruction &instruction) {
    auto vector = llvm::dyn_cast<llvm::FixedVectorType>(instruction.getType());
    return vector && vector->getPrimitiveSizeInBits() > 8 * vectorBytes;
  });
}

void optimizeKernels(llvm::Module &kernels, llvm::TargetMachine &target, TimingScope &timing) {
  // A short loop takes up to 40 % longer where it lies across one line of the cache more:
  // how fast a kernel is should not depend on what is before it.
  if (unsigned bytes = machineOf(target).vectorBytes; bytes > 16)
    for (llvm::Function &function : kernels)
      if (!function.isDeclaration()) {
        function.setAlignment(llvm::Align(bytes));
        // What is on the stack meanwhile lies across no two lines of the cache.
        if (hasWideVectors(function, bytes))
          function.addFnAttr(
              llvm::Attribute::getWithStackAlignment(kernels.getContext(), llvm::Align(bytes)));
      }
  TimingScope scope = timing.nest("LLVM's optimization");
  // Loops are turned, so that what is the same in all trips has a place before the first
  // one; addresses become sums of pointers and constants, each once.
  constexpr llvm::StringLiteral few =
      "function<eager-inv>(sroa,early-cse<memssa>,simplifycfg,"
      "loop-mssa(loop-rotate,licm),instcombine<no-verify-fixpoint>,"
      "early-cse<memssa>,simplifycfg)";
  runPasses(kernels, target, scope, [&](llvm::PassBuilder &builder) {
    llvm::ModulePassManager passes;
    llvm::cantFail(builder.parsePassPipeline(passes, few));
    return passes;
  });
}

void optimize(llvm::Module &code, llvm::TargetMachine &target, TimingScope &timing) {
  TimingScope scope = timing.nest("LLVM's optimization");
  runPasses(code, target, scope, [](llvm::PassBuilder &builder) {
    return builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2);
  });
}

void sanitizeThread(llvm::Module &code, llvm::TargetMachine &target) {
  markSanitizeThread(code);
  TimingScope none;
  runPasses(code, target, none, [](llvm::PassBuilder &) {
    llvm::ModulePassManager passes;
    addSanitizeThreadPasses(passes);
    return passes;
  });
}

void registerTranslations(MLIRContext *context) {
  DialectRegistry registry;
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  context->appendDialectRegistry(registry);
}

llvm::Expected<std::unique_ptr<llvm::Module>>
translate(ModuleOp module, llvm::LLVMContext &context, llvm::TargetMachine &target) {
  std::unique_ptr<llvm::Module> code =
      translateModuleToLLVMIR(module, context, "agc", /*disableVerification=*/true);
  if (!code)
    return llvm::createStringError("translation to LLVM IR failed");
  code->setDataLayout(target.createDataLayout());
  code->setTargetTriple(target.getTargetTriple());
  for (llvm::Function &function : *code)
    if (!function.isDeclaration())
      setTarget(function, target);
  return code;
}

void setTarget(llvm::Function &function, const llvm::TargetMachine &target) {
  function.addFnAttr("target-cpu", target.getTargetCPU());
  function.addFnAttr("target-features", target.getTargetFeatureString());
  // LLVM's own choice for these machines is half of it.
  if (machineOf(target).vectorBytes == 64)
    function.addFnAttr("prefer-vector-width", "512");
  function.addFnAttr(llvm::Attribute::NoUnwind);
}

llvm::Expected<std::string> emitObject(llvm::Module &code, llvm::TargetMachine &target,
                                       ObjectKind kind, TimingScope &timing) {
  TimingScope scope = timing.nest("code generation");
  llvm::SmallString<0> buffer;
  llvm::raw_svector_ostream os(buffer);
  if (kind == ObjectKind::LLVM) {
    code.print(os, nullptr);
    return std::string(buffer);
  }
  llvm::legacy::PassManager emit;
  if (target.addPassesToEmitFile(emit, os, nullptr,
                                 kind == ObjectKind::Object
                                     ? llvm::CodeGenFileType::ObjectFile
                                     : llvm::CodeGenFileType::AssemblyFile))
    return llvm::createStringError("the target cannot emit this kind of file");
  emit.run(code);
  return std::string(buffer);
}

std::vector<std::pair<std::string, uint64_t>> codeSizes(llvm::StringRef object) {
  std::vector<std::pair<std::string, uint64_t>> sizes;
  auto file = llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(object, "agc"));
  if (!file) {
    llvm::consumeError(file.takeError());
    return sizes; // Text was asked for.
  }
  for (const llvm::object::SectionRef &section : (*file)->sections()) {
    llvm::Expected<llvm::StringRef> name = section.getName();
    if (!name) {
      llvm::consumeError(name.takeError());
      continue;
    }
    name->consume_front(".text.");
    if (section.isText() && section.getSize())
      sizes.push_back({name->str(), section.getSize()});
  }
  return sizes;
}

llvm::Expected<std::string> archived(llvm::StringRef object, llvm::StringRef name) {
  llvm::NewArchiveMember member(llvm::MemoryBufferRef(object, name));
  member.Perms = 0644;
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> library = llvm::writeArchiveToBuffer(
      member, llvm::SymtabWritingMode::NormalSymtab, llvm::object::Archive::K_GNU,
      /*Deterministic=*/true, /*Thin=*/false);
  if (!library)
    return library.takeError();
  return (*library)->getBuffer().str();
}

} // namespace agc
