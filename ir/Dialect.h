//===- Dialect.h - The agc dialect ----------------------------------------===//
#ifndef AGC_IR_DIALECT_H
#define AGC_IR_DIALECT_H

#include "ir/BatchBuilder.h"
#include "ir/GradientBuilder.h"
#include "ir/ScalarBuilder.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace agc::ir {
/// The type of a comparison of tensors of this type.
inline mlir::Type boolLike(mlir::Type type) {
  return llvm::cast<mlir::RankedTensorType>(type).clone(
      mlir::IntegerType::get(type.getContext(), 1));
}
inline bool isFloat(mlir::Value value) {
  return llvm::isa<mlir::FloatType>(mlir::getElementTypeOrSelf(value));
}
inline bool isUnsigned(mlir::Value value) {
  return mlir::getElementTypeOrSelf(value).isUnsignedInteger();
}
} // namespace agc::ir

#include "ir/Dialect.h.inc"
#include "ir/Interfaces.h.inc"

#define GET_OP_CLASSES
#include "ir/Ops.h.inc"

namespace agc::ir {

// Attributes that a function's arguments and results carry.
inline constexpr llvm::StringLiteral nameAttr = "agc.name";
inline constexpr llvm::StringLiteral roleAttr = "agc.role";
inline constexpr llvm::StringLiteral defaultAttr = "agc.default";
inline constexpr llvm::StringLiteral updatesAttr = "agc.updates";
inline constexpr llvm::StringLiteral batchedAttr = "agc.batched"; // the size

/// The same type with a signless element, as upstream's dialects want it.
mlir::RankedTensorType signless(mlir::Type type);

/// A tensor's number of elements, and its size in bytes; nothing if it
/// overflows 2^62, which no MLIR type may ever be asked to hold.
std::optional<int64_t> checkedNumel(llvm::ArrayRef<int64_t> shape);
std::optional<int64_t> checkedBytes(mlir::RankedTensorType type);

/// The terms of an einsum's spec: "bmk,bnk->bmn" gives bmk, bnk and bmn.
struct EinsumTerms {
  llvm::StringRef x, y, z;
};
EinsumTerms parseEinsum(llvm::StringRef spec);

/// Before a differentiation: what is read of the last row of a loop's stack is read of
/// what the loop carries out, if that is the same. The stack's gradient would be zeros but
/// for that row.
void takeLastRows(mlir::Operation *root);

/// Ends a differentiation: a loop's backward computes some values again, for the
/// derivatives to go through, beside what was kept of them in its forward; from here
/// on these are used.
void useKeptValues(mlir::Operation *root);

} // namespace agc::ir

#endif
