//===- EmitObject.h - The LLVM dialect to machine code ---------------------===//
#ifndef AGC_CODEGEN_EMITOBJECT_H
#define AGC_CODEGEN_EMITOBJECT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Support/Timing.h"

#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"

namespace agc {

/// To be called once before translate.
void registerTranslations(mlir::MLIRContext *context);

/// A module in the LLVM dialect as LLVM IR for a target. Thread-safe, for modules, contexts
/// and machines of which each is one thread's.
llvm::Expected<std::unique_ptr<llvm::Module>> translate(mlir::ModuleOp module,
                                                        llvm::LLVMContext &context,
                                                        llvm::TargetMachine &target);

/// Says in a function which machine its code is for: functions of several may be in
/// one module.
void setTarget(llvm::Function &function, const llvm::TargetMachine &target);

enum class ObjectKind { Object, Assembly, LLVM };

/// Brings kernels, which come vectorized and unrolled as they should be, to what
/// instructions are selected from: a few of LLVM's passes, of which no other makes
/// kernels faster.
void optimizeKernels(llvm::Module &kernels, llvm::TargetMachine &target,
                     mlir::TimingScope &timing);

/// The same for all else, with what clang has for -O2.
void optimize(llvm::Module &code, llvm::TargetMachine &target, mlir::TimingScope &timing);

/// Has ThreadSanitizer's runtime watch it; canSanitizeThread the target's triple.
void sanitizeThread(llvm::Module &code, llvm::TargetMachine &target);

/// Compiles optimized LLVM IR. \p target: of the module's kind; each function has its own.
llvm::Expected<std::string> emitObject(llvm::Module &code, llvm::TargetMachine &target,
                                       ObjectKind kind, mlir::TimingScope &timing);

/// The bytes of machine code in an object, section by section: those of each function,
/// in WebAssembly of all.
std::vector<std::pair<std::string, uint64_t>> codeSizes(llvm::StringRef object);

/// An object as the one member of a static library, whose bytes depend on nothing else.
llvm::Expected<std::string> archived(llvm::StringRef object, llvm::StringRef name);

} // namespace agc

#endif
