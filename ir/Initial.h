//===- Initial.h - How a parameter may begin -------------------------------===//
//
// In MLIR `agc.initial = ["uniform", -0.5, 0.5]`: a distribution and its two numbers,
// low and high or mean and standard deviation; ["constant", 1.0, 0.0].
//
//===----------------------------------------------------------------------===//
#ifndef AGC_IR_INITIAL_H
#define AGC_IR_INITIAL_H

#include "ir/graph.pb.h"

#include "mlir/IR/BuiltinAttributes.h"

namespace agc::ir {

inline constexpr llvm::StringLiteral initialAttr = "agc.initial";

/// The attribute for what a file says of \p argument. Errors: a distribution or
/// numbers that cannot be, or an argument that is neither parameter nor buffer.
mlir::FailureOr<mlir::ArrayAttr> readInitial(const proto::Argument &argument,
                                             mlir::MLIRContext &context);

/// The other way; nothing if it is no such attribute.
std::optional<proto::Initial> writeInitial(mlir::Attribute attr);

} // namespace agc::ir

#endif
