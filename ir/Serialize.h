//===- Serialize.h - The dialect to protobuf and back ----------------------===//
#ifndef AGC_IR_SERIALIZE_H
#define AGC_IR_SERIALIZE_H

#include "ir/graph.pb.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OwningOpRef.h"

namespace agc::ir {

/// The newest version of the format; readers refuse newer ones.
inline constexpr uint32_t formatVersion = 1;

/// Builds the module that \p bytes serialize. The bytes are not trusted: every
/// fault is one error, emitted as a diagnostic, and gives null. What comes back
/// has passed the verifiers.
/// Source: docs/format.md.
mlir::OwningOpRef<mlir::ModuleOp> readModule(llvm::StringRef bytes,
                                             mlir::MLIRContext &context);
mlir::OwningOpRef<mlir::ModuleOp> readModule(const proto::Module &message,
                                             mlir::MLIRContext &context);

/// The reverse. Fails, with a diagnostic, on a module that has more than agc
/// functions in it.
mlir::FailureOr<proto::Module> writeModule(mlir::ModuleOp module);

/// The parts that other messages share.
void writeType(mlir::RankedTensorType type, proto::TensorType &message);
void writeLocation(mlir::Location loc, proto::Location &message);
std::optional<proto::Role> readRole(llvm::StringRef name);

} // namespace agc::ir

#endif
