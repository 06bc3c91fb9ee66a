//===- Promote.h - Dtype promotion and broadcasting, as PyTorch does ------===//
#ifndef AGC_FRONTEND_CORE_PROMOTE_H
#define AGC_FRONTEND_CORE_PROMOTE_H

#include "frontend/core/Build.h"

namespace agc::detail {

/// An operand: a tensor's value, or a number of the user's.
struct Operand {
  Operand(const Tensor &tensor) : value(read(tensor)) {}
  Operand(Value value) : value(std::move(value)) {}
  Operand(Scalar number) : number(number) {}
  Value value; // null: a number
  Scalar number;
};

/// Sizes under which tensors weigh less than those with dimensions, and numbers
/// less than both.
DType resultType(std::span<const Operand> operands);

/// The shape that all broadcast to.
/// Errors: sizes that differ and are not 1.
Dims broadcastShape(std::span<const Operand> operands);

/// Operands of one type: converted to \p dtype, broadcast to \p shape.
Value prepare(const Operand &operand, DType dtype, IntArrayRef shape);

/// \p dim, counted from the end if negative.
/// Errors: not in [-rank, rank).
int64_t wrapDim(int64_t dim, int64_t rank);
/// Sorted and without the sign; all dimensions if \p dims is empty.
/// Errors: out of range, twice the same.
Dims wrapDims(IntArrayRef dims, int64_t rank);

/// Integers and bools as float32.
Value asFloat(const Value &x);
/// Errors: not floating point.
void expectFloat(const Value &x);

/// "float32", as errors say it.
const char *dtypeName(DType type);

} // namespace agc::detail

#endif
