//===- Versions.h - A step's code, once for each level of its machine -------===//
//
// Takes: the step's functions for each version of a target. Gives: all in one object,
// and one description of them: what differs is how fast they are and how much workspace
// they need, never what is in a state.
//
// Kernels stay in modules of their own until the end, when each of these is compiled on
// a thread of its own. Which kernels are with which depends on the step alone, and so
// does the object.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_CODEGEN_SHIPPED_VERSIONS_H
#define AGC_CODEGEN_SHIPPED_VERSIONS_H

#include "codegen/EmitObject.h"
#include "codegen/LowerToLLVM.h"
#include "codegen/Targets.h"
#include "codegen/shipped/StackUse.h"

namespace agc {

class StepVersions {
public:
  StepVersions(llvm::LLVMContext &context, mlir::MLIRContext *kernelContext,
               std::vector<TargetVersion> targets);

  /// What the object is besides.
  struct Extras {
    bool debugInfo = false;     // whose lines the code is of
    bool sanitizeThread = false;
  };
  Extras extras;

  /// The next version's functions, at Phase::Kernels.
  llvm::Error add(mlir::ModuleOp functions, std::vector<proto::Manifest> manifests,
                  mlir::TimingScope &timing, const KernelTimers *timers = nullptr);

  llvm::ArrayRef<TargetVersion> targets() const { return list; }
  /// What is in the object besides kernels and lists of calls.
  llvm::Module &code() { return *module; }
  /// What every machine of the target can do.
  llvm::TargetMachine &baseline() const { return *list.front().machine; }
  unsigned pointerBytes() const { return module->getDataLayout().getPointerSize(); }
  /// Of the best version, with the workspace that each of them fits in.
  std::vector<proto::Manifest> manifests() const { return best; }
  /// The entry of a function in each version, as code() calls it. Nobody else does then.
  std::vector<llvm::Function *> entries(llvm::StringRef function);
  /// `x86_64-unknown-linux-gnu x86-64-v2,x86-64-v3`.
  std::string describe() const;

  /// All of it, compiled; at the end.
  llvm::Expected<std::string> emit(ObjectKind kind, mlir::TimingScope &timing);
  /// Bytes of stack that are enough for any function of what was emitted.
  uint64_t stackBytes() const { return stack.most(); }

private:
  /// Some kernels of a version.
  struct Part {
    mlir::OwningOpRef<mlir::ModuleOp> kernels;
    size_t version;
  };

  mlir::MLIRContext *kernelContext;
  std::vector<TargetVersion> list;
  KernelLowering lowering;
  std::unique_ptr<llvm::Module> module, lists; // code(); the lists of all versions
  std::vector<Part> parts;
  std::vector<llvm::StringSet<>> names; // of each version's functions
  llvm::StringSet<> shared;             // of those that parts call and lists has
  std::vector<proto::Manifest> best;
  StackUse stack;

  /// What its functions' names end with.
  std::string suffix(const TargetVersion &version) const;
  void rename(llvm::Module &code, size_t version, bool isPart) const;
  llvm::Expected<std::unique_ptr<llvm::Module>> translate(const Part &part,
                                                          llvm::LLVMContext &context,
                                                          llvm::TargetMachine &machine,
                                                          mlir::TimingScope &timing) const;
  llvm::Error emitParts(std::vector<std::string> &objects, mlir::TimingScope &timing);
  llvm::Error linkParts(mlir::TimingScope &timing);
  /// Whether an object of this kind can be made of several.
  bool canJoin(ObjectKind kind) const;
};

} // namespace agc

#endif
