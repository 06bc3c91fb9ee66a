//===- Targets.cpp - The machines that agc makes objects for ---------------===//
#include "codegen/Targets.h"

#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"

using namespace llvm;

namespace agc {
namespace {

struct KnownTarget {
  StringRef name, triple, cpu;
  StringRef features; // beyond the CPU's
  unsigned level;     // of x86-64
  StringRef description;
};

constexpr StringRef linuxOnX86 = "x86_64-unknown-linux-gnu";

/// A target of no triple is the host. One of level 1 stands for those above.
constexpr KnownTarget table[] = {
    {"native", "", "native", "", 0, "this machine"},
    {"x86-64", linuxOnX86, "", "", 1,
     "x86-64-v2, -v3 and -v4 in one object, which chooses where it runs"},
    {"x86-64-v2", linuxOnX86, "x86-64-v2", "", 2, "SSE4.2, from 2008"},
    {"x86-64-v3", linuxOnX86, "x86-64-v3", "", 3, "AVX2 and FMA, from 2013"},
    {"x86-64-v4", linuxOnX86, "x86-64-v4", "", 4, "AVX-512"},
    {"aarch64", "aarch64-unknown-linux-gnu", "generic", "", 0, "Armv8-A, with its vectors"},
    {"riscv64", "riscv64-unknown-linux-gnu", "generic-rv64", "+m,+a,+f,+d,+c", 0,
     "rv64gc; with vectors if --cpu has them"},
    {"wasm32", "wasm32-unknown-unknown", "generic", "+simd128,+bulk-memory", 0,
     "WebAssembly with SIMD"},
};

const KnownTarget *find(StringRef name) {
  const KnownTarget *known = llvm::find_if(
      table, [&](const KnownTarget &target) { return target.name == name; });
  return known == std::end(table) ? nullptr : known;
}

void initialize() {
  static const bool once = [] {
    InitializeNativeTarget();
    InitializeNativeTargetAsmPrinter();
    InitializeNativeTargetAsmParser();
#define INITIALIZE(FAMILY)                                                               \
  LLVMInitialize##FAMILY##TargetInfo();                                                  \
  LLVMInitialize##FAMILY##Target();                                                      \
  LLVMInitialize##FAMILY##TargetMC();                                                    \
  LLVMInitialize##FAMILY##AsmPrinter();                                                  \
  LLVMInitialize##FAMILY##AsmParser();
    INITIALIZE(X86)
    INITIALIZE(AArch64)
    INITIALIZE(RISCV)
    INITIALIZE(WebAssembly)
#undef INITIALIZE
    return true;
  }();
  (void)once;
}

std::string hostFeatures() {
  SmallVector<std::string> list;
  for (auto &feature : sys::getHostCPUFeatures())
    list.push_back((feature.second ? "+" : "-") + feature.first().str());
  llvm::sort(list); // The map's order is no order.
  return llvm::join(list, ",");
}

Expected<std::unique_ptr<TargetMachine>>
createMachine(const Triple &triple, StringRef cpu, std::string features, bool isHost) {
  initialize();
  std::string error, name = cpu.str();
  const llvm::Target *target = TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return createStringError(error);
  if (isHost && cpu == "native") {
    name = sys::getHostCPUName().str();
    features = hostFeatures();
  } else {
    std::unique_ptr<MCSubtargetInfo> info(target->createMCSubtargetInfo(triple, "", ""));
    if (!info->isCPUStringValid(name))
      return createStringError("unknown cpu '" + name + "' for " + triple.getArchName());
  }
  TargetOptions options;
  // An op's own lowering chooses FMA; LLVM adds none.
  options.AllowFPOpFusion = FPOpFusion::Strict;
  options.FunctionSections = true;
  if (triple.isRISCV64())
    options.MCOptions.ABIName = "lp64d";
  return std::unique_ptr<TargetMachine>(target->createTargetMachine(
      triple, name, features, options,
      triple.isWasm() ? Reloc::Static : Reloc::PIC_, CodeModel::Small,
      CodeGenOptLevel::Default));
}

Error add(std::vector<TargetVersion> &versions, const KnownTarget &target, StringRef cpu) {
  bool isHost = target.triple.empty();
  Expected<std::unique_ptr<TargetMachine>> machine = createMachine(
      Triple(isHost ? StringRef(sys::getDefaultTargetTriple()) : target.triple),
      cpu.empty() ? target.cpu : cpu, target.features.str(), isHost);
  if (!machine)
    return machine.takeError();
  versions.push_back({std::move(*machine), target.level});
  return Error::success();
}

Error unknownTarget(StringRef name) {
  return createStringError(
      "unknown target '" + name + "'; there are " +
      llvm::join(llvm::map_range(table, [](const KnownTarget &target) { return target.name.str(); }),
                 ", "));
}

} // namespace

Expected<std::vector<TargetVersion>> createTarget(StringRef target, StringRef cpu) {
  SmallVector<StringRef> names;
  target.split(names, ',');
  SmallVector<const KnownTarget *> chosen;
  for (StringRef name : names) {
    const KnownTarget *known = find(name.trim());
    if (!known)
      return unknownTarget(name.trim());
    if (names.size() > 1 && known->level < 2)
      return createStringError("only levels of x86-64 share an object: '" + name.trim() +
                               "' is none");
    if (known->level && !cpu.empty())
      return createStringError("target '" + name.trim() + "' says which CPUs it is for; "
                               "--cpu goes with native, aarch64, riscv64 and wasm32");
    if (known->level == 1) {
      for (const KnownTarget &level : table)
        if (level.level > 1)
          chosen.push_back(&level);
    } else {
      chosen.push_back(known);
    }
  }
  llvm::stable_sort(chosen, [](const KnownTarget *a, const KnownTarget *b) {
    return a->level < b->level;
  });
  chosen.erase(llvm::unique(chosen), chosen.end());
  std::vector<TargetVersion> versions;
  for (const KnownTarget *known : chosen)
    if (Error error = add(versions, *known, cpu))
      return std::move(error);
  return std::move(versions);
}

std::vector<TargetInfo> knownTargets() {
  std::vector<TargetInfo> list;
  for (const KnownTarget &target : table) {
    Expected<std::vector<TargetVersion>> versions = createTarget(target.name, "");
    if (!versions) { // a host that agc does not know
      consumeError(versions.takeError());
      continue;
    }
    TargetInfo info;
    info.name = target.name.str();
    info.description = target.description.str();
    for (const TargetVersion &version : *versions) {
      info.triple = version.machine->getTargetTriple().str();
      info.cpus.push_back(version.machine->getTargetCPU().str());
    }
    list.push_back(std::move(info));
  }
  return list;
}

Expected<std::unique_ptr<TargetMachine>> createHostMachine(StringRef cpu) {
  return createMachine(Triple(sys::getDefaultTargetTriple()), cpu, "", /*isHost=*/true);
}

std::unique_ptr<TargetMachine> clone(const TargetMachine &target) {
  return std::unique_ptr<TargetMachine>(target.getTarget().createTargetMachine(
      target.getTargetTriple(), target.getTargetCPU(), target.getTargetFeatureString(),
      target.Options, target.getRelocationModel(), target.getCodeModel(),
      target.getOptLevel()));
}

Machine machineOf(const TargetMachine &target) {
  const MCSubtargetInfo &info = *target.getMCSubtargetInfo();
  const Triple &triple = target.getTargetTriple();
  if (triple.isX86()) {
    Machine machine{16, 16, false};
    if (info.checkFeatures("+avx512f") && info.checkFeatures("+avx512vl"))
      machine = {64, 32, true, info.checkFeatures("+avx512fp16") ? 2 << 20 : 1 << 20, 16 << 20};
    else if (info.checkFeatures("+avx2") && info.checkFeatures("+fma"))
      machine = {32, 16, true};
    // Intel's is spread over a mesh, AMD's is next to a few cores.
    machine.sharedCacheIsSlow = !target.getTargetCPU().starts_with("znver");
    return machine;
  }
  // What multiplies and adds with one rounding is there in relaxed SIMD only, which
  // may also round twice.
  if (triple.isWasm())
    return {16, 16, false};
  if (triple.isRISCV()) {
    if (!info.checkFeatures("+v"))
      return {1, 32, info.checkFeatures("+d")};
    unsigned vectorBytes = info.checkFeatures("+zvl512b")   ? 64
                           : info.checkFeatures("+zvl256b") ? 32
                                                            : 16;
    return {vectorBytes, 32, true};
  }
  return {16, 32, true};
}

} // namespace agc
