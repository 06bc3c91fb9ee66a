//===- Scans.cpp - Products and running sums ------------------------------===//
//
// In logarithmically many steps of element-wise ops over halves: the gradient
// is right where factors are zero, and no step's rounding is carried far.
//
//===----------------------------------------------------------------------===//
#include "frontend/ops/Composites.h"

#include <agc/Functions.h>

namespace agc {

using namespace detail;

namespace {

/// \p v with \p low elements of \p value before it along \p dim, and \p high
/// behind it.
Value padDim(const Value &v, int64_t dim, int64_t low, int64_t high, double value) {
  Dims lows(v.shape().size(), 0), highs = lows, none = lows;
  lows[size_t(dim)] = low;
  highs[size_t(dim)] = high;
  return pad(v, lows, highs, none, value);
}

/// The product along \p dim, which stays at size 1.
Value productOver(Value v, int64_t dim) {
  int64_t n = v.shape()[size_t(dim)];
  if (n == 0) { // of none: 1, and a history
    Value none = reduceKeep(OpId::ReduceSum, v, dim);
    return none + constantLike(none, 1);
  }
  for (; n > 1; n = (n + 1) / 2) {
    if (n % 2)
      v = padDim(v, dim, 0, 1, 1);
    int64_t half = (n + 1) / 2;
    v = sliceDim(v, dim, 0, half) * sliceDim(v, dim, half, 2 * half);
  }
  return v;
}

/// Every prefix along \p dim combined, by doubling.
Value scanOver(Value v, int64_t dim, OpId op, double identity) {
  int64_t n = v.shape()[size_t(dim)];
  for (int64_t step = 1; step < n; step *= 2)
    v = binary(op, v, padDim(sliceDim(v, dim, 0, n - step), dim, step, 0, identity));
  return v;
}

/// Integers and bools count in int64, bools as 0 and 1.
Value widened(const Value &v, std::optional<DType> type) {
  if (type == DType::Bool)
    return convert(convert(v, DType::Bool), DType::I64);
  if (type)
    return convert(v, *type);
  return info(v.dtype()).isFloat ? v : convert(v, DType::I64);
}
/// What comes of it, in the dtype that was asked for.
Value narrowed(const Value &v, std::optional<DType> type) {
  return type == DType::Bool ? convert(v, DType::Bool) : v;
}

Tensor scan(const char *name, const char *gradName, Arg x, int64_t dim,
            std::optional<DType> type, OpId id, double identity) {
  OpGuard op(name, x.loc);
  Value from = read(x.tensor), v = widened(from, type);
  int64_t d = wrapDim(dim, v.rank());
  return wrap(narrowed(v.rank() ? scanOver(v, d, id, identity) : v, type), gradName, {from});
}

} // namespace

Tensor prod(Arg x, std::optional<DType> type) {
  OpGuard op("prod", x.loc);
  Value from = read(x.tensor), v = widened(from, type);
  v = productOver(reshape(v, v.type()->numel), 0);
  return wrap(narrowed(reshape(v, {}), type), "ProdBackward0", {from});
}
Tensor prod(Arg x, int64_t dim, bool keepdim, std::optional<DType> type) {
  OpGuard op("prod", x.loc);
  Value from = read(x.tensor), v = widened(from, type);
  int64_t d = wrapDim(dim, v.rank());
  if (v.rank()) {
    Dims shape = v.shape();
    v = productOver(v, d);
    if (!keepdim) {
      shape.erase(shape.begin() + d);
      v = reshape(v, shape);
    }
  }
  return wrap(narrowed(v, type), "ProdBackward1", {from});
}
Tensor cumsum(Arg x, int64_t dim, std::optional<DType> type) {
  return scan("cumsum", "CumsumBackward0", x, dim, type, OpId::Add, 0);
}
Tensor cumprod(Arg x, int64_t dim, std::optional<DType> type) {
  return scan("cumprod", "CumprodBackward0", x, dim, type, OpId::Mul, 1);
}

Tensor Tensor::prod(std::optional<DType> type, Loc loc) const {
  return agc::prod(Arg(*this, loc), type);
}
Tensor Tensor::prod(int64_t dim, bool keepdim, std::optional<DType> type, Loc loc) const {
  return agc::prod(Arg(*this, loc), dim, keepdim, type);
}
Tensor Tensor::cumsum(int64_t dim, std::optional<DType> type, Loc loc) const {
  return agc::cumsum(Arg(*this, loc), dim, type);
}
Tensor Tensor::cumprod(int64_t dim, std::optional<DType> type, Loc loc) const {
  return agc::cumprod(Arg(*this, loc), dim, type);
}

} // namespace agc
