#include "codegen/shipped/EmitStep.h"

#include "codegen/EmitObject.h"
#include "runtime/shipped/step.h"

#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/Linker/Linker.h"

using namespace llvm;

namespace agc {
namespace {

/// C, compiled when agc was built, for each kind of machine.
struct Shell {
  Triple::ArchType arch;
  ArrayRef<unsigned char> step, checkpoint;
};
#define SHELL(ARCH)                                                                      \
  {Triple::ARCH, ArrayRef(ARCH##Step), ArrayRef(ARCH##Checkpoint)}

constexpr unsigned char x86_64Step[] = {
#include "codegen/shipped/step-x86_64.inc"
};
constexpr unsigned char x86_64Checkpoint[] = {
#include "codegen/shipped/checkpoint-x86_64.inc"
};
constexpr unsigned char aarch64Step[] = {
#include "codegen/shipped/step-aarch64.inc"
};
constexpr unsigned char aarch64Checkpoint[] = {
#include "codegen/shipped/checkpoint-aarch64.inc"
};
constexpr unsigned char riscv64Step[] = {
#include "codegen/shipped/step-riscv64.inc"
};
constexpr unsigned char riscv64Checkpoint[] = {
#include "codegen/shipped/checkpoint-riscv64.inc"
};
constexpr unsigned char wasm32Step[] = {
#include "codegen/shipped/step-wasm32.inc"
};
constexpr unsigned char wasm32Checkpoint[] = {
#include "codegen/shipped/checkpoint-wasm32.inc"
};
const Shell shells[] = {SHELL(x86_64), SHELL(aarch64), SHELL(riscv64), SHELL(wasm32)};

class Emitter {
public:
  Emitter(StepVersions &versions, const StepLayout &layout)
      : versions(versions), module(versions.code()), layout(layout), context(module.getContext()), b(context),
        pointer(PointerType::getUnqual(context)), i64(b.getInt64Ty()), i32(b.getInt32Ty()) {}

  Error run();

private:
  StepVersions &versions;
  Module &module;
  const StepLayout &layout;
  LLVMContext &context;
  IRBuilder<> b;
  PointerType *pointer;
  IntegerType *i64, *i32;
  Constant *program = nullptr;

  Error linkShell(ArrayRef<unsigned char> bitcode);
  StructType *structure(StringRef name) {
    return StructType::getTypeByName(context, ("struct." + name).str());
  }
  Constant *number(uint64_t value) { return ConstantInt::get(i64, value); }
  Constant *real(double value) { return ConstantFP::get(b.getDoubleTy(), value); }
  Constant *text(const std::string &value) { return b.CreateGlobalString(value, "text", 0, &module); }
  Constant *constant(Constant *value, const Twine &name) {
    auto *global = new GlobalVariable(module, value->getType(), /*isConstant=*/true,
                                      GlobalValue::PrivateLinkage, value, name);
    return global;
  }
  Constant *table(Type *element, ArrayRef<Constant *> values, const Twine &name) {
    if (values.empty())
      return ConstantPointerNull::get(pointer);
    return constant(ConstantArray::get(ArrayType::get(element, values.size()), values), name);
  }
  Function *shell(StringRef name) { return module.getFunction(("agc_shipped_" + name).str()); }
  Function *begin(const Twine &name, Type *result, ArrayRef<Type *> parameters);

  Constant *emitProgram();
  Constant *emitDescription(const StepFunction &function);
  void emitFunction(const StepFunction &function);
  void emitOthers();
};

Error Emitter::linkShell(ArrayRef<unsigned char> bitcode) {
  StringRef bytes(reinterpret_cast<const char *>(bitcode.data()), bitcode.size());
  Expected<std::unique_ptr<Module>> code =
      parseBitcodeFile(MemoryBufferRef(bytes, "shipped"), context);
  if (!code)
    return code.takeError();
  (*code)->setDataLayout(module.getDataLayout());
  (*code)->setTargetTriple(module.getTargetTriple());
  // Those of the object's target take their place.
  for (Function &function : **code) {
    for (StringRef kind : {"target-cpu", "target-features", "tune-cpu"})
      function.removeFnAttr(kind);
    if (!function.isDeclaration())
      setTarget(function, versions.baseline());
  }
  if (Linker::linkModules(module, std::move(*code)))
    return createStringError("what every step has does not link");
  return Error::success();
}

/// A function that is seen from outside, up to its body.
Function *Emitter::begin(const Twine &name, Type *result, ArrayRef<Type *> parameters) {
  auto *function = Function::Create(FunctionType::get(result, parameters, false),
                                    GlobalValue::ExternalLinkage, layout.name + "_" + name, module);
  setTarget(*function, versions.baseline());
  b.SetInsertPoint(BasicBlock::Create(context, "", function));
  return function;
}

Constant *Emitter::emitProgram() {
  StructType *tensorType = structure("agc_tensor");
  SmallVector<Constant *> tensors, saved, checks, levels, kernels;
  uint64_t rng = 0;
  for (const StepTensor &tensor : layout.state) {
    const proto::ArgumentInfo &info = tensor.info;
    uint64_t begins = info.has_initial() ? uint64_t(info.initial().distribution()) + AGC_BEGINS_CONSTANT
                                         : uint64_t(AGC_BEGINS_ZERO);
    uint64_t numel = numelOf(info.type());
    SmallVector<Constant *> shape;
    for (int64_t size : info.type().shape())
      shape.push_back(number(uint64_t(size)));
    tensors.push_back(ConstantStruct::get(
        tensorType, {text(tensor.name), number(tensor.offset), number(numel),
                     number(numel * sizeOf(info.type().dtype())), number(tensor.savedAt),
                     number(shape.size()), table(i64, shape, "shape"), number(info.type().dtype()),
                     number(begins), real(info.initial().a()), real(info.initial().b())}));
    if (info.role() == proto::ROLE_SEED)
      rng = tensors.size();
  }
  for (size_t tensor : layout.saved)
    saved.push_back(number(tensor));
  for (const std::string &check : layout.checks)
    checks.push_back(text(check));
  for (const TargetVersion &version : versions.targets())
    levels.push_back(number(version.level));
  StructType *kernelType = structure("agc_kernel");
  for (const proto::KernelInfo &kernel : layout.timed)
    kernels.push_back(ConstantStruct::get(
        kernelType, {text(kernel.name()), number(kernel.flops()), number(kernel.bytes())}));
  return constant(
      ConstantStruct::get(structure("agc_program"),
                          {number(layout.schema), number(layout.stateBytes), number(tensors.size()),
                           table(tensorType, tensors, "tensors"), number(rng), number(checks.size()),
                           table(pointer, checks, "checks"), text(layout.checkpointHeader),
                           number(layout.checkpointHeader.size()), number(layout.checkpointBytes),
                           number(layout.stepsAt), number(layout.checksumAt),
                           table(i64, saved, "saved"),
                           number(levels.size()), table(i64, levels, "levels"),
                           number(kernels.size()), table(kernelType, kernels, "kernels"),
                           number(layout.timersAt)}),
      "program");
}

Constant *Emitter::emitDescription(const StepFunction &function) {
  using Place = StepFunction::Place;
  StructType *argumentType = structure("agc_argument");
  SmallVector<Constant *> entries, arguments, results;
  for (Function *entry : versions.entries(function.manifest.entry()))
    entries.push_back(entry);
  uint64_t hyperAlignment = 1;
  for (const StepTensor &number : layout.hyper)
    hyperAlignment = std::max(hyperAlignment, sizeOf(number.info.type().dtype()));
  for (StepFunction::Argument argument : function.arguments) {
    const std::vector<StepTensor> &list = argument.place == Place::State   ? layout.state
                                          : argument.place == Place::Batch ? layout.inputs
                                                                           : layout.hyper;
    const StepTensor &tensor = list[argument.index];
    uint64_t from = argument.place == Place::State   ? AGC_FROM_STATE
                    : argument.place == Place::Batch ? AGC_FROM_BATCH
                                                     : AGC_FROM_HYPER;
    uint64_t alignment =
        argument.place == Place::Hyper ? hyperAlignment : sizeOf(tensor.info.type().dtype());
    arguments.push_back(ConstantStruct::get(
        argumentType, {number(from), number(tensor.offset), number(alignment)}));
  }
  for (const proto::ResultInfo &result : function.manifest.results())
    results.push_back(number(result.updates() ? 0 : sizeOf(result.type().dtype())));
  return constant(
      ConstantStruct::get(
          structure("agc_function"),
          {program, table(pointer, entries, "entries"), number(arguments.size()),
           table(argumentType, arguments, "arguments"), number(results.size()),
           table(i64, results, "results"), number(function.manifest.workspace_bytes()),
           number(function.firstCheck), number(function.trains)}),
      "function");
}

void Emitter::emitFunction(const StepFunction &function) {
  using Place = StepFunction::Place;
  Constant *description = emitDescription(function);
  bool hasBatch = function.uses(Place::Batch), hasHyper = function.uses(Place::Hyper);
  size_t count = 3 + hasBatch + hasHyper + function.outputs.size();
  Function *outer = begin(function.manifest.entry(), i32, SmallVector<Type *>(count, pointer));
  Value *none = ConstantPointerNull::get(pointer);
  auto *next = outer->arg_begin();
  Value *state = next++;
  Value *batch = hasBatch ? next++ : none, *hyper = hasHyper ? next++ : none;
  auto room = [&](size_t pointers) {
    return b.CreateAlloca(ArrayType::get(pointer, std::max<size_t>(pointers, 1)));
  };
  Value *arguments = room(function.arguments.size() + 1), // and the timers' place
        *results = room(size_t(function.manifest.results_size())),
        *outs = room(function.outputs.size());
  for (size_t i = 0; i < function.outputs.size(); ++i)
    b.CreateStore(next++, b.CreateConstGEP1_64(pointer, outs, i));
  Value *workspace = next++, *executor = next;
  b.CreateRet(b.CreateCall(shell("call"), {description, state, batch, hyper, outs, workspace, executor,
                                           arguments, results}));
}

void Emitter::emitOthers() {
  Function *init = begin("init", i32, {pointer, i64});
  b.CreateRet(b.CreateCall(shell("init"), {program, init->getArg(0), init->getArg(1)}));
  for (const char *name : {"save", "load"}) {
    Function *copies = begin(name, i32, {pointer, pointer, i64});
    b.CreateRet(b.CreateCall(
        shell(name), {program, copies->getArg(0), copies->getArg(1), copies->getArg(2)}));
  }
  Function *parameter = begin("parameter", pointer, {pointer, pointer});
  b.CreateRet(
      b.CreateCall(shell("parameter"), {program, parameter->getArg(0), parameter->getArg(1)}));
  if (!layout.timed.empty()) {
    Function *profile = begin("profile", i32, {pointer, pointer});
    b.CreateRet(b.CreateCall(shell("profile"), {program, profile->getArg(0), profile->getArg(1)}));
    Function *reset = begin("profile_reset", i32, {pointer});
    b.CreateRet(b.CreateCall(shell("profile_reset"), {program, reset->getArg(0)}));
  }
  Function *strerror = begin("strerror", pointer, {i32});
  b.CreateRet(b.CreateCall(shell("strerror"), {program, strerror->getArg(0)}));
}

Error Emitter::run() {
  const Shell *shell = find_if(shells, [&](const Shell &shell) {
    return shell.arch == module.getTargetTriple().getArch();
  });
  if (shell == std::end(shells))
    return createStringError("a step cannot be shipped for " +
                             module.getTargetTriple().getArchName());
  for (ArrayRef<unsigned char> bitcode : {shell->step, shell->checkpoint})
    if (Error error = linkShell(bitcode))
      return error;
  // All that is there is seen from within only.
  for (Function &function : module)
    if (!function.isDeclaration())
      function.setLinkage(GlobalValue::InternalLinkage);
  program = emitProgram();
  for (const StepFunction &function : layout.functions)
    emitFunction(function);
  emitOthers();
  return Error::success();
}

} // namespace

Error emitStep(StepVersions &versions, const StepLayout &layout) {
  return Emitter(versions, layout).run();
}

} // namespace agc
