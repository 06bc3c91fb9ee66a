//===- Outline.h - A later phase as a graph ---------------------------------===//
#ifndef AGC_CODEGEN_OUTLINE_H
#define AGC_CODEGEN_OUTLINE_H

#include "ir/graph.pb.h"

#include "mlir/IR/BuiltinOps.h"

namespace agc {

/// What is left of the graph at the loops or kernels phase, in the graph's own
/// message, for those who draw it: a node is a loop nest or a kernel's call, a
/// value a tensor or what a kernel has left in a buffer. Nothing reads it back.
proto::Module outline(mlir::ModuleOp module);

} // namespace agc

#endif
