//===- SanitizeThread.h - Code that ThreadSanitizer watches -----------------===//
#ifndef AGC_CODEGEN_SANITIZETHREAD_H
#define AGC_CODEGEN_SANITIZETHREAD_H

#include "llvm/IR/Module.h"
#include "llvm/IR/PassManager.h"
#include "llvm/TargetParser/Triple.h"

namespace agc {

/// Whether ThreadSanitizer has a runtime for the machine.
bool canSanitizeThread(const llvm::Triple &triple);

/// Says of all functions that they are to be watched: LLVM's passes then move no
/// access to where it could race.
void markSanitizeThread(llvm::Module &module);

/// Adds the calls of ThreadSanitizer's runtime, behind all other passes.
void addSanitizeThreadPasses(llvm::ModulePassManager &passes);

} // namespace agc

#endif
