//===- StepNote.h - What an object says of the step in it -------------------===//
//
// In ELF a note (section .note.agc, owner "agc", type 1), which linkers carry into
// programs and `readelf -n` lists; in WebAssembly a custom section of that name. Its
// text is stepNote's, JSON.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_CODEGEN_SHIPPED_STEPNOTE_H
#define AGC_CODEGEN_SHIPPED_STEPNOTE_H

#include "codegen/Compiler.h"

#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"

namespace agc {

void emitNote(llvm::Module &module, llvm::StringRef text);

/// Of what x86-64 processors differ in, what code for \p target may use, by LLVM's names.
std::vector<std::string> needsOf(const llvm::TargetMachine &target);

/// The notes in an object, a static library or a program.
/// Errors: it is none of these.
llvm::Expected<std::vector<NotedStep>> readNotes(llvm::StringRef file);

} // namespace agc

#endif
