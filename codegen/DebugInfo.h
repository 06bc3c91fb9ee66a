//===- DebugInfo.h - The lines of the user's program in machine code --------===//
#ifndef AGC_CODEGEN_DEBUGINFO_H
#define AGC_CODEGEN_DEBUGINFO_H

#include "ir/Dialect.h"

namespace agc {

/// A line of the user's program, and whether its backward is computed.
struct SourceLine {
  mlir::StringAttr file;
  unsigned line = 0, column = 0;
  bool isBackward = false;
};

/// Where an op comes from, if its location says it.
std::optional<SourceLine> sourceLineOf(mlir::Location loc);

/// The lines of an op and of what is in it, each once, in order of files and lines.
llvm::SmallVector<SourceLine> sourceLinesIn(mlir::Operation *op);

/// Describes the functions of a module in the LLVM dialect that come from a line of the
/// user's program, for DWARF: kernels and lists of calls. A kernel of several lines
/// begins with an instruction of each, where a breakpoint stops once a call.
void addDebugInfo(mlir::ModuleOp module);

} // namespace agc

#endif
