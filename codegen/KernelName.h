//===- KernelName.h - What a kernel is called, and what it costs -----------===//
#ifndef AGC_CODEGEN_KERNELNAME_H
#define AGC_CODEGEN_KERNELNAME_H

#include "codegen/LoopNest.h"

#include "mlir/IR/BuiltinTypes.h"

namespace agc {

/// A text that two nests share only if one kernel serves both.
std::string kernelKey(const LoopNest &nest,
                      llvm::ArrayRef<mlir::MemRefType> buffers);

/// For a person: the form and the trip counts, e.g. "map_32x64", "sum_10_r128".
std::string kernelName(const LoopNest &nest);

/// Floating-point operations of one call, an exponential counted as one.
int64_t kernelFlops(const LoopNest &nest);

/// Additions, about, that one iteration of the body takes.
int64_t workPerIteration(const LoopNest &nest);

/// Bytes that one call must move if each operand is read or written once.
int64_t kernelBytes(const LoopNest &nest);

/// Whether the body is out + x * y for two inputs x and y.
bool isSumOfProducts(const LoopNest &nest);

/// The op of a reduction's body that joins what output \p sum holds, one of the arguments
/// from \p firstHeld on, with a value; null if there is none, or its order matters.
mlir::Operation *combinerOf(mlir::Block &body, unsigned firstHeld, unsigned sum);

/// Whether the nest computes nothing and its input and its output lie in different
/// orders: by their strides, whatever op it came from.
bool reorders(const LoopNest &nest);

/// Why there is a kernel of such a nest.
llvm::StringRef whyReordered(mlir::linalg::GenericOp op);

} // namespace agc

#endif
