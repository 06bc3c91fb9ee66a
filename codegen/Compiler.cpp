//===- Compiler.cpp - The compiler as seen from outside --------------------===//
#include "codegen/Compiler.h"

#include "codegen/Outline.h"
#include "codegen/Passes.h"
#include "codegen/Pipelines.h"
#include "codegen/SanitizeThread.h"
#include "codegen/Targets.h"
#include "codegen/shipped/EmitStep.h"
#include "codegen/shipped/StepNote.h"
#include "codegen/shipped/Versions.h"
#include "ir/Serialize.h"

#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace agc::ir;

namespace agc {
namespace {

/// A context, and the errors that happened in it. Never throws: frames of LLVM
/// may lie above.
class Session {
public:
  explicit Session(Timing timing = Timing::None)
      : context(registry()), handler(&context, [this](Diagnostic &diagnostic) {
          collect(diagnostic);
          return success();
        }) {
    using Format = DefaultTimingManager::OutputFormat;
    timings.setEnabled(timing != Timing::None);
    timings.setDisplayMode(DefaultTimingManager::DisplayMode::Tree);
    timings.setOutput(createOutputStrategy(
        timing == Timing::Json ? Format::Json : Format::Text, tableStream));
    rows = timings.getRootScope();
  }

  MLIRContext context;

  /// What phases are rows of.
  TimingScope &timing() { return rows; }

  /// The table, at the end.
  std::string takeTimes() {
    rows.stop();
    timings.print();
    return std::move(table);
  }

  /// Of code that is agc's own: what was said while it was made, or \p error.
  CompilerError failure(llvm::Error why) {
    std::string text = llvm::toString(std::move(why));
    return error(CompilerError::Kind::Internal, text);
  }

  CompilerError error(CompilerError::Kind kind, StringRef fallback) {
    if (message.empty())
      message = ("error: " + fallback).str();
    return {kind, message};
  }

private:
  std::string table;
  llvm::raw_string_ostream tableStream{table};
  DefaultTimingManager timings;
  TimingScope rows;
  ScopedDiagnosticHandler handler;
  std::string message;

  static const DialectRegistry &registry() {
    static const DialectRegistry dialects = [] {
      DialectRegistry dialects;
      dialects.insert<AgcDialect, func::FuncDialect>();
      return dialects;
    }();
    return dialects;
  }

  void collect(Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
      return;
    llvm::raw_string_ostream os(message);
    if (!message.empty())
      os << '\n';
    proto::Location location;
    writeLocation(diagnostic.getLocation(), location);
    if (!location.file().empty())
      os << location.file() << ':' << location.line() << ':' << location.column()
         << ": ";
    os << "error: " << diagnostic.str();
    if (!location.scope().empty())
      os << " (in " << location.scope() << ")";
  }
};

class CompilerImpl final : public Compiler {
public:
  CompilerError compile(std::string_view module, const CompileOptions &options,
                        CompiledObject &result) override;
  CompilerError ship(std::string_view module, const ShipOptions &options,
                     ShippedStep &result) override;
  CompilerError notes(std::string_view file, std::vector<NotedStep> &steps) override;

  std::vector<TargetInfo> targets() override { return knownTargets(); }
  CompilerError print(std::string_view module, Phase phase,
                      const CompileOptions &options, std::string &text) override;
  CompilerError outline(std::string_view module, Phase phase,
                        const CompileOptions &options,
                        std::string &result) override;
  CompilerError rewrite(std::string_view module, Phase phase,
                        std::string &result) override;
  CompilerError batch(std::string_view module, const std::vector<uint32_t> &batched,
                      int64_t size, std::string &result) override;

private:
  using Target = std::unique_ptr<llvm::TargetMachine>;
  /// As ship, but that nothing is tried where there is no room.
  CompilerError shipOnce(std::string_view module, const ShipOptions &options,
                         ShippedStep &result);
  /// Reads a module and leaves only the function asked for.
  CompilerError read(std::string_view bytes, StringRef function, Session &session,
                     OwningOpRef<ModuleOp> &module);
  /// Reads a module and takes the function asked for to a phase, for a target.
  CompilerError lower(std::string_view bytes, Phase phase,
                      const CompileOptions &options, Session &session,
                      OwningOpRef<ModuleOp> &module, Target &target);
};

} // namespace

static CompilerError failure(CompilerError::Kind kind, llvm::Error error) {
  return {kind, "error: " + llvm::toString(std::move(error))};
}

CompilerError CompilerImpl::read(std::string_view bytes, StringRef function,
                                 Session &session, OwningOpRef<ModuleOp> &module) {
  TimingScope scope = session.timing().nest("read");
  module = readModule(StringRef(bytes), session.context);
  if (!module)
    return session.error(CompilerError::Kind::Input, "not an agc program");
  if (function.empty())
    return {};
  if (!module->lookupSymbol<func::FuncOp>(function))
    return {CompilerError::Kind::Input,
            ("error: the program has no function '" + function + "'").str()};
  for (func::FuncOp other :
       llvm::make_early_inc_range(module->getOps<func::FuncOp>()))
    if (other.getName() != function)
      other.erase();
  return {};
}

CompilerError CompilerImpl::lower(std::string_view bytes, Phase phase,
                                  const CompileOptions &options, Session &session,
                                  OwningOpRef<ModuleOp> &module, Target &target) {
  if (CompilerError error = read(bytes, options.function, session, module))
    return error;
  llvm::Expected<Target> created = createHostMachine(options.cpu);
  if (!created)
    return failure(CompilerError::Kind::Unsupported, created.takeError());
  target = std::move(*created);
  Machine machine = options.reference ? Machine{0, 0} : machineOf(*target);
  if (failed(runPhases(*module, phase, machine, options.reference, session.timing(),
                       options.maxWorkspaceBytes, options.strict, options.attention)))
    return session.error(CompilerError::Kind::Unsupported, "compilation failed");
  return {};
}

/// What the state of a program, serialized, leaves of a limit.
static CompilerError limitWorkspace(std::string_view program, uint64_t maxMemoryBytes,
                                    int64_t &maxWorkspaceBytes) {
  maxWorkspaceBytes = -1;
  if (!maxMemoryBytes)
    return {};
  proto::Module module;
  module.ParseFromArray(program.data(), int(program.size())); // It has been read.
  uint64_t stateBytes = stateBytesOf(module);
  if (stateBytes > maxMemoryBytes)
    return {CompilerError::Kind::ResourceLimit,
            "error: the state alone takes " + std::to_string(stateBytes) + " bytes, and " +
                std::to_string(maxMemoryBytes) + " is the limit"};
  maxWorkspaceBytes = int64_t(maxMemoryBytes - stateBytes);
  return {};
}

/// From kernels to LLVM IR: from here on an object is the same, whether it is loaded into
/// this process or shipped.
/// \p timers: if given, all kernels get one, and are in it.
static CompilerError addVersion(ModuleOp kernels, Session &session, StepVersions &versions,
                                KernelTimers *timers = nullptr) {
  std::vector<proto::Manifest> manifests;
  for (func::FuncOp function : kernels.getOps<func::FuncOp>())
    if (function->hasAttr(stepAttr) && !function->hasAttr(bodyAttr))
      manifests.push_back(describe(kernels, function.getName()));
  if (timers)
    for (const proto::Manifest &manifest : manifests)
      for (const proto::KernelInfo &kernel : manifest.kernels())
        if (timers->rows.try_emplace(kernel.name(), int64_t(timers->kernels.size())).second)
          timers->kernels.push_back(kernel);
  if (llvm::Error error = versions.add(kernels, std::move(manifests), session.timing(), timers))
    return session.failure(std::move(error));
  return {};
}

static CompilerError checkSanitizer(StringRef name, const llvm::TargetMachine &machine) {
  using Kind = CompilerError::Kind;
  if (!name.empty() && name != "thread")
    return {Kind::Unsupported, ("error: unknown sanitizer '" + name + "'; there is thread").str()};
  const llvm::Triple &triple = machine.getTargetTriple();
  if (!name.empty() && !canSanitizeThread(triple))
    return {Kind::Unsupported, ("error: ThreadSanitizer watches code for Linux on x86-64 and "
                                "aarch64, not for " + triple.str())};
  return {};
}

/// What reads the counter of a kind of machine.
static bool findTicks(const llvm::Triple &triple, KernelTimers &timers) {
  switch (triple.getArch()) {
  case llvm::Triple::x86_64:
    timers.ticks = "rdtsc\n\tshlq $$32, %rdx\n\torq %rdx, %rax";
    timers.registers = "={rax},~{rdx},~{dirflag},~{fpsr},~{flags}";
    return true;
  case llvm::Triple::aarch64:
    timers.ticks = "mrs $0, cntvct_el0";
    timers.registers = "=r";
    return true;
  case llvm::Triple::riscv64:
    timers.ticks = "rdtime $0";
    timers.registers = "=r";
    return true;
  default:
    return false;
  }
}

static CompilerError noCounter(StepVersions &versions) {
  return {CompilerError::Kind::Unsupported,
          "error: --profile: a " + versions.code().getTargetTriple().getArchName().str() +
              " program has no counter to read"};
}

static std::vector<TargetVersion> oneVersion(std::unique_ptr<llvm::TargetMachine> machine) {
  std::vector<TargetVersion> one(1);
  one.front().machine = std::move(machine);
  return one;
}

CompilerError CompilerImpl::compile(std::string_view bytes,
                                    const CompileOptions &options,
                                    CompiledObject &result) {
  Session session(options.timing);
  OwningOpRef<ModuleOp> module;
  Target target;
  if (CompilerError error =
          lower(bytes, Phase::Kernels, options, session, module, target))
    return error;
  llvm::LLVMContext context;
  StepVersions versions(context, &session.context, oneVersion(std::move(target)));
  KernelTimers timers;
  if (options.profile && !findTicks(versions.code().getTargetTriple(), timers))
    return noCounter(versions);
  if (CompilerError error =
          addVersion(*module, session, versions, options.profile ? &timers : nullptr))
    return error;
  llvm::Expected<std::string> object = versions.emit(ObjectKind::Object, session.timing());
  if (!object)
    return session.failure(object.takeError());
  proto::Manifest manifest = versions.manifests().front();
  manifest.set_target((versions.baseline().getTargetCPU() + " " +
                       versions.baseline().getTargetFeatureString()).str());
  result.object = std::move(*object);
  result.manifest = manifest.SerializeAsString();
  result.timing = session.takeTimes();
  return {};
}

/// As `agc compile` would be told, of what decides what the object is.
static std::string flagsOf(const ShipOptions &options) {
  std::string flags = "--target=" + options.target;
  if (!options.cpu.empty())
    flags += " --cpu=" + options.cpu;
  if (options.maxMemoryBytes)
    flags += " --max-memory=" + std::to_string(options.maxMemoryBytes);
  if (options.strict)
    flags += " --fp=strict";
  if (options.debugInfo)
    flags += " -g";
  if (!options.sanitize.empty())
    flags += " --sanitize=" + options.sanitize;
  if (options.profile)
    flags += " --profile";
  return flags;
}

CompilerError CompilerImpl::ship(std::string_view bytes, const ShipOptions &options,
                                 ShippedStep &result) {
  CompilerError error = shipOnce(bytes, options, result);
  if (!error || !options.maxMemoryBytes || options.strict)
    return error;
  // Tiles' values at points take room that a limit may not leave; sums need none.
  ShipOptions direct = options;
  direct.strict = true;
  return shipOnce(bytes, direct, result);
}

CompilerError CompilerImpl::shipOnce(std::string_view bytes, const ShipOptions &options,
                                     ShippedStep &result) {
  using Kind = CompilerError::Kind;
  if (options.fortran && (options.name[0] == '_' || options.name.size() > 40))
    return {Kind::Unsupported, "error: a name in Fortran begins with a letter, and has 40 at most "
                               "to leave room; got '" + options.name + "'"};
  Session session(options.timing);
  OwningOpRef<ModuleOp> module;
  if (CompilerError error = read(bytes, "", session, module))
    return error;
  llvm::Expected<std::vector<TargetVersion>> targets =
      createTarget(options.target, options.cpu);
  if (!targets)
    return failure(Kind::Unsupported, targets.takeError());
  if (CompilerError error = checkSanitizer(options.sanitize, *targets->front().machine))
    return error;
  // No machine is known up to here.
  if (failed(runPhases(*module, Phase::Loops, Machine(), /*reference=*/false, session.timing(),
                       /*maxWorkspaceBytes=*/-1, options.strict)))
    return session.error(Kind::Unsupported, "compilation failed");
  llvm::LLVMContext context;
  StepVersions versions(context, &session.context, std::move(*targets));
  versions.extras = {options.debugInfo, !options.sanitize.empty()};
  int64_t maxWorkspaceBytes;
  if (CompilerError error =
          limitWorkspace(bytes, options.maxMemoryBytes, maxWorkspaceBytes))
    return error;
  KernelTimers timers;
  if (options.profile && versions.targets().size() > 1)
    return {Kind::Unsupported, "error: --profile times one version of the code: name one target"};
  if (options.profile && !findTicks(versions.code().getTargetTriple(), timers))
    return noCounter(versions);
  for (const TargetVersion &target : versions.targets()) {
    OwningOpRef<ModuleOp> copy = module->clone();
    if (failed(runPhase(*copy, Phase::Kernels, machineOf(*target.machine), session.timing(),
                        maxWorkspaceBytes, options.debugInfo)))
      return session.error(Kind::Unsupported, "compilation failed");
    if (CompilerError error = addVersion(*copy, session, versions,
                                         options.profile ? &timers : nullptr))
      return error;
  }
  TimingScope interface = session.timing().nest("C interface");
  StepLayout layout;
  if (std::string error = layOutStep(options.name, versions.manifests(),
                                     versions.pointerBytes(), layout);
      !error.empty())
    return {Kind::Unsupported, "error: " + error};
  addTimers(layout, std::move(timers.kernels));
  uint64_t total = layout.stateBytes + layout.workspaceBytes;
  if (options.maxMemoryBytes && total > options.maxMemoryBytes)
    return {Kind::ResourceLimit, "error: with the timers of --profile, state and workspace take " +
                                     std::to_string(total) + " bytes, and " +
                                     std::to_string(options.maxMemoryBytes) + " is the limit"};
  if (versions.pointerBytes() == 4 && total > UINT32_MAX)
    return {Kind::Unsupported,
            "error: state and workspace take " + std::to_string(total) +
                " bytes, and addresses of this target have 32 bits"};
  layout.target = versions.describe();
  layout.flags = flagsOf(options);
  if (llvm::Error error = emitStep(versions, layout))
    return failure(Kind::Internal, std::move(error));
  emitNote(versions.code(), stepNote(layout, needsOf(versions.baseline())));
  interface.stop();
  using Emit = ShipOptions::Emit;
  ObjectKind kind = options.emit == Emit::Assembly ? ObjectKind::Assembly
                    : options.emit == Emit::LLVM   ? ObjectKind::LLVM
                                                   : ObjectKind::Object;
  llvm::Expected<std::string> object = versions.emit(kind, session.timing());
  if (!object)
    return session.failure(object.takeError());
  layout.code = codeSizes(*object);
  if (options.emit == Emit::Library) {
    object = archived(*object, options.name + ".o");
    if (!object)
      return failure(Kind::Internal, object.takeError());
  }
  layout.stackBytes = versions.stackBytes();
  result.object = std::move(*object);
  result.header = stepHeader(layout);
  if (options.fortran)
    result.fortran = stepFortran(layout);
  result.manifest = stepManifest(layout);
  result.timing = session.takeTimes();
  return {};
}

CompilerError CompilerImpl::notes(std::string_view file, std::vector<NotedStep> &steps) {
  llvm::Expected<std::vector<NotedStep>> read = readNotes(file);
  if (!read)
    return {CompilerError::Kind::Input, "error: " + llvm::toString(read.takeError())};
  steps = std::move(*read);
  return {};
}

CompilerError CompilerImpl::print(std::string_view bytes, Phase phase,
                                  const CompileOptions &options,
                                  std::string &text) {
  Session session;
  OwningOpRef<ModuleOp> module;
  Target target;
  if (CompilerError error =
          lower(bytes, phase, options, session, module, target))
    return error;
  if (phase == Phase::Native) {
    llvm::LLVMContext context;
    StepVersions versions(context, &session.context, oneVersion(std::move(target)));
    if (CompilerError error = addVersion(*module, session, versions))
      return error;
    llvm::Expected<std::string> assembly =
        versions.emit(ObjectKind::Assembly, session.timing());
    if (!assembly)
      return session.failure(assembly.takeError());
    text = std::move(*assembly);
    return {};
  }
  text.clear();
  llvm::raw_string_ostream os(text);
  module->print(os);
  return {};
}

CompilerError CompilerImpl::outline(std::string_view bytes, Phase phase,
                                    const CompileOptions &options,
                                    std::string &result) {
  Session session;
  OwningOpRef<ModuleOp> module;
  Target target;
  if (CompilerError error =
          lower(bytes, phase, options, session, module, target))
    return error;
  result = agc::outline(*module).SerializeAsString();
  return {};
}

static CompilerError serialize(ModuleOp module, Session &session,
                               std::string &result) {
  FailureOr<proto::Module> message = writeModule(module);
  if (failed(message))
    return session.error(CompilerError::Kind::Internal, "writing failed");
  result = message->SerializeAsString();
  return {};
}

CompilerError CompilerImpl::rewrite(std::string_view bytes, Phase phase,
                                    std::string &result) {
  Session session;
  OwningOpRef<ModuleOp> module;
  if (CompilerError error = read(bytes, "", session, module))
    return error;
  if (phase != Phase::Graph && phase != Phase::Gradient)
    return {CompilerError::Kind::Unsupported,
            "error: only the graph and gradient phases can be written to .agc"};
  if (phase == Phase::Gradient && failed(runGradient(*module)))
    return session.error(CompilerError::Kind::Unsupported,
                         "differentiation failed");
  return serialize(*module, session, result);
}

CompilerError CompilerImpl::batch(std::string_view bytes,
                                  const std::vector<uint32_t> &batched,
                                  int64_t size, std::string &result) {
  Session session;
  OwningOpRef<ModuleOp> module;
  if (CompilerError error = read(bytes, "", session, module))
    return error;
  auto functions = module->getOps<func::FuncOp>();
  if (!llvm::hasSingleElement(functions))
    return {CompilerError::Kind::Internal, "error: expects one function to batch"};
  for (uint32_t i : batched)
    (*functions.begin())
        .setArgAttr(i, batchedAttr, Builder(&session.context).getI64IntegerAttr(size));
  if (failed(runBatch(*module)))
    return session.error(CompilerError::Kind::Unsupported, "batching failed");
  return serialize(*module, session, result);
}

} // namespace agc

extern "C" __attribute__((visibility("default"))) agc::Compiler *agcGetCompiler() {
  // Never destroyed: programs may call it from their last destructors.
  static agc::Compiler *compiler = new agc::CompilerImpl();
  return compiler;
}
