//===- EmitObject.h - The LLVM dialect to machine code ---------------------===//
#ifndef AGC_CODEGEN_EMITOBJECT_H
#define AGC_CODEGEN_EMITOBJECT_H

#include "codegen/Kernel.h"

#include "mlir/IR/BuiltinOps.h"

#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"

namespace agc {

/// The machine that \p cpu ("native" or LLVM's name) of this host's kind is.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createTargetMachine(llvm::StringRef cpu);

/// What kernels need to know of it.
Machine machineOf(const llvm::TargetMachine &target);

enum class ObjectKind { Object, Assembly, LLVM };

/// Compiles a module in the LLVM dialect. \p complete adds to it what is easier to
/// say in LLVM's own terms.
llvm::Expected<std::string> emitObject(
    mlir::ModuleOp module, llvm::TargetMachine &target, ObjectKind kind,
    llvm::function_ref<llvm::Error(llvm::Module &)> complete = nullptr);

} // namespace agc

#endif
