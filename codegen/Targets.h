//===- Targets.h - The machines that agc makes objects for -----------------===//
#ifndef AGC_CODEGEN_TARGETS_H
#define AGC_CODEGEN_TARGETS_H

#include "codegen/Compiler.h"
#include "codegen/Kernel.h"

#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"

namespace agc {

/// One version of an object's code. An object has several where their level is said:
/// then the machine that it runs on chooses.
struct TargetVersion {
  std::unique_ptr<llvm::TargetMachine> machine;
  unsigned level = 0; // of x86-64: 2, 3 or 4
};

/// The versions that \p target, a name of knownTargets() or several with commas
/// between, stands for, the most modest first.
/// \p cpu: LLVM's name of a CPU of that kind, if the target does not choose one.
llvm::Expected<std::vector<TargetVersion>> createTarget(llvm::StringRef target,
                                                        llvm::StringRef cpu);

/// What `agc targets` lists.
std::vector<TargetInfo> knownTargets();

/// The machine that \p cpu ("native" or LLVM's name) of this host's kind is.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createHostMachine(llvm::StringRef cpu);

/// The same machine, for another thread.
std::unique_ptr<llvm::TargetMachine> clone(const llvm::TargetMachine &target);

/// What kernels need to know of it.
Machine machineOf(const llvm::TargetMachine &target);

} // namespace agc

#endif
