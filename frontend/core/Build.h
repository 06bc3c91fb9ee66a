//===- Build.h - Recording one IR op, its type inferred -------------------===//
//
// One function for each op that the frontend uses. Operands of element-wise ops
// have one type: broadcasting and promotion are Promote.h's.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_FRONTEND_CORE_BUILD_H
#define AGC_FRONTEND_CORE_BUILD_H

#include "frontend/core/Recorder.h"

#include <algorithm>

namespace agc::detail {

using Dims = std::vector<int64_t>;

inline Value unary(OpId op, const Value &x) {
  return record(op, x.type(), {&x, 1});
}
inline Value binary(OpId op, const Value &x, const Value &y) {
  Value operands[] = {x, y};
  return record(op, x.type(), operands);
}
inline Value operator+(const Value &x, const Value &y) { return binary(OpId::Add, x, y); }
inline Value operator-(const Value &x, const Value &y) { return binary(OpId::Sub, x, y); }
inline Value operator*(const Value &x, const Value &y) { return binary(OpId::Mul, x, y); }
inline Value operator/(const Value &x, const Value &y) { return binary(OpId::Div, x, y); }

/// A constant of the program (part of its structure), in every element.
Value constant(TypeRef type, double value);
Value constantInteger(TypeRef type, int64_t value);
inline Value constantLike(const Value &x, double value) {
  return constant(x.type(), value);
}
/// A number of the user's, which may be another one next time: an argument of
/// the compiled function. Traced functions have it as a constant.
Value number(DType type, Scalar value);

Value powi(const Value &x, int64_t exponent);
/// \p direction: eq ne lt le gt ge.
Value compare(const char *direction, const Value &x, const Value &y);
Value select(const Value &condition, const Value &x, const Value &y);
Value convert(const Value &x, DType type); // x itself if it has the type
Value stopGradient(const Value &x);
Value iota(TypeRef type, int64_t dimension);

/// As the IR's op; x itself if the type is the same.
Value broadcastDims(const Value &x, IntArrayRef shape, IntArrayRef dimensions);
/// Aligned at the last dimension, sizes 1 repeated, as PyTorch does.
Value broadcastTo(const Value &x, IntArrayRef shape);
Value reshape(const Value &x, IntArrayRef shape); // x itself if it has it
Value transpose(const Value &x, IntArrayRef permutation);
Value slice(const Value &x, IntArrayRef starts, IntArrayRef limits,
            IntArrayRef strides);
Value sliceDim(const Value &x, int64_t dim, int64_t start, int64_t limit,
               int64_t stride = 1);
Value pad(const Value &x, IntArrayRef low, IntArrayRef high,
          IntArrayRef interior, double value);
Value concat(std::span<const Value> xs, int64_t dimension);
Value reverse(const Value &x, IntArrayRef dimensions); // x itself if none

/// As the IR's op: x [B…, n, W…] at index [B…, K…], i64 and in range, gives
/// [B…, K…, W…]. \p batch: how many dimensions B is.
Value gather(const Value &x, const Value &index, int64_t batch);
/// \p base [B…, n, W…] with updates [B…, K…, W…] put where index [B…, K…] says;
/// \p mode: "add", or "set": of several in one place the last stays.
Value scatter(const Value &base, const Value &index, const Value &updates, int64_t batch,
              const char *mode);

/// \p op: ReduceSum, ReduceMax, ReduceMin. Sorted dimensions; none: x itself.
Value reduce(OpId op, const Value &x, IntArrayRef dimensions);
/// The same, with the dimensions kept at size 1.
Value reduceKeep(OpId op, const Value &x, IntArrayRef dimensions);
Value argmax(const Value &x, int64_t dimension);
Value einsum(std::string_view spec, const Value &x, const Value &y);
/// Fails the step unless lower <= x < upper, or x is \p ignore.
Value checkRange(const Value &x, int64_t lower, int64_t upper,
                 std::optional<int64_t> ignore, std::string_view message);

/// 0, 1, …, rank - 1.
Dims allDims(int64_t rank);

} // namespace agc::detail

#endif
