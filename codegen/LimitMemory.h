//===- LimitMemory.h - Values computed again rather than kept ---------------===//
#ifndef AGC_CODEGEN_LIMITMEMORY_H
#define AGC_CODEGEN_LIMITMEMORY_H

#include "llvm/Support/LogicalResult.h"

#include <cstdint>

namespace mlir::func {
class FuncOp;
}

namespace agc {

/// Brings the workspace of a function on tensors, whose bodies are lists already,
/// to at most \p maxBytes: values that are alive at the peak for the sake of later
/// ones are computed again where they are read, those that cost least for what they
/// free first. Errors, at the function: that does not suffice; says what is alive at
/// the peak, with the users' lines.
llvm::LogicalResult limitMemory(mlir::func::FuncOp function, bool fuses, int64_t maxBytes);

} // namespace agc

#endif
