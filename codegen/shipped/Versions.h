//===- Versions.h - A step's code, once for each level of its machine -------===//
//
// Takes: the step's functions for each version of a target. Gives: all in one module
// of LLVM IR, and one description of them: what differs is how fast they are and how
// much workspace they need, never what is in a state.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_CODEGEN_SHIPPED_VERSIONS_H
#define AGC_CODEGEN_SHIPPED_VERSIONS_H

#include "codegen/Targets.h"
#include "codegen/manifest.pb.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/Timing.h"

#include "llvm/IR/Module.h"

namespace agc {

class StepVersions {
public:
  StepVersions(llvm::LLVMContext &context, std::vector<TargetVersion> targets);

  /// The next version's functions, in the LLVM dialect.
  llvm::Error add(mlir::ModuleOp functions, std::vector<proto::Manifest> manifests,
                  mlir::TimingScope &timing);

  llvm::ArrayRef<TargetVersion> targets() const { return list; }
  llvm::Module &code() { return *module; }
  /// What every machine of the target can do.
  llvm::TargetMachine &baseline() const { return *list.front().machine; }
  unsigned pointerBytes() const { return module->getDataLayout().getPointerSize(); }
  /// Of the best version, with the workspace that each of them fits in.
  std::vector<proto::Manifest> manifests() const { return best; }
  /// The entry of a function in each version.
  std::vector<llvm::Function *> entries(llvm::StringRef function) const;
  /// `x86_64-unknown-linux-gnu x86-64-v2,x86-64-v3`.
  std::string describe() const;

private:
  std::vector<TargetVersion> list;
  std::unique_ptr<llvm::Module> module;
  std::vector<proto::Manifest> best;
  size_t numAdded = 0;

  /// What its functions' names end with.
  std::string suffix(const TargetVersion &version) const;
};

} // namespace agc

#endif
