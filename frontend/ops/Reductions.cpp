//===- Reductions.cpp - Sums, means, extremes, softmax --------------------===//
#include "frontend/ops/Composites.h"

#include <agc/Functions.h>

namespace agc {

using namespace detail;

namespace detail {

Value meanOf(const Value &x, IntArrayRef dims, bool keep) {
  int64_t count = 1;
  for (int64_t d : dims)
    count *= x.shape()[size_t(d)];
  Value sum = keep ? reduceKeep(OpId::ReduceSum, x, dims)
                   : reduce(OpId::ReduceSum, x, dims);
  return sum / constantLike(sum, double(count));
}

Value varianceOf(const Value &x, IntArrayRef dims, bool unbiased, bool keep) {
  int64_t count = 1;
  for (int64_t d : dims)
    count *= x.shape()[size_t(d)];
  Value centered = x - broadcastTo(meanOf(x, dims, true), x.shape());
  Value squares = powi(centered, 2);
  Value sum = keep ? reduceKeep(OpId::ReduceSum, squares, dims)
                   : reduce(OpId::ReduceSum, squares, dims);
  return sum / constantLike(sum, std::max(double(count) - (unbiased ? 1 : 0), 0.));
}

Value softplusOf(const Value &x) {
  Value zero = constantLike(x, 0), above = compare("gt", x, zero);
  Value far = select(above, unary(OpId::Neg, x), x); // -|x|
  return select(above, x, zero) + unary(OpId::Log1p, unary(OpId::Exp, far));
}

namespace {
/// x less its largest along \p dim: the same softmax, and no overflow.
Value shifted(const Value &x, int64_t dim) {
  Value largest = stopGradient(reduceKeep(OpId::ReduceMax, x, dim));
  return x - broadcastTo(largest, x.shape());
}
} // namespace

Value softmaxOf(const Value &x, int64_t dim) {
  if (x.rank() == 0)
    return reshape(softmaxOf(reshape(x, int64_t(1)), 0), {});
  Value powers = unary(OpId::Exp, shifted(x, dim));
  Value sum = reduceKeep(OpId::ReduceSum, powers, dim);
  return powers / broadcastTo(sum, x.shape());
}

Value logSoftmaxOf(const Value &x, int64_t dim) {
  if (x.rank() == 0)
    return reshape(logSoftmaxOf(reshape(x, int64_t(1)), 0), {});
  Value low = shifted(x, dim);
  Value sum = reduceKeep(OpId::ReduceSum, unary(OpId::Exp, low), dim);
  return low - broadcastTo(unary(OpId::Log, sum), x.shape());
}

} // namespace detail

namespace {

Tensor sumOf(Arg x, IntArrayRef dim, bool keep, std::optional<DType> type,
             const char *gradName) {
  OpGuard op("sum", x.loc);
  Value v = read(x.tensor), from = v;
  bool isBool = type == DType::Bool; // whether there is any
  if (isBool)
    v = convert(v, DType::Bool);
  if (type && !isBool)
    v = convert(v, *type);
  else if (!info(v.dtype()).isFloat)
    v = convert(v, DType::I64);
  Dims dims = wrapDims(dim, v.rank());
  v = keep ? reduceKeep(OpId::ReduceSum, v, dims) : reduce(OpId::ReduceSum, v, dims);
  return wrap(isBool ? convert(v, DType::Bool) : v, gradName, {from});
}

Tensor meanOfTensor(Arg x, IntArrayRef dim, bool keep, std::optional<DType> type,
                    const char *gradName) {
  OpGuard op("mean", x.loc);
  Value v = read(x.tensor), from = v;
  if (type)
    v = convert(v, *type);
  expectFloat(v);
  return wrap(meanOf(v, wrapDims(dim, v.rank()), keep), gradName, {from});
}

Tensor extreme(const char *name, OpId id, Arg x, IntArrayRef dim, bool keep,
               const char *gradName) {
  OpGuard op(name, x.loc);
  Value v = read(x.tensor);
  Dims dims = wrapDims(dim, v.rank());
  for (int64_t d : dims)
    if (v.shape()[size_t(d)] == 0)
      fail("AGC0104", "has no value for no elements, got shape " +
                          shapeText(v.shape()));
  bool isBool = v.dtype() == DType::Bool;
  Value y = isBool ? convert(v, DType::U8) : v;
  y = keep ? reduceKeep(id, y, dims) : reduce(id, y, dims);
  return wrap(isBool ? convert(y, DType::Bool) : y, gradName, {v});
}

Value checkedVariance(const Value &v, IntArrayRef dim, bool unbiased, bool keep) {
  expectFloat(v);
  return varianceOf(v, wrapDims(dim, v.rank()), unbiased, keep);
}

} // namespace

Tensor sum(Arg x) { return sumOf(x, {}, false, {}, "SumBackward0"); }
Tensor sum(Arg x, IntArrayRef dim, bool keepdim, std::optional<DType> type) {
  return sumOf(x, dim, keepdim, type, "SumBackward1");
}
Tensor mean(Arg x) { return meanOfTensor(x, {}, false, {}, "MeanBackward0"); }
Tensor mean(Arg x, IntArrayRef dim, bool keepdim, std::optional<DType> type) {
  return meanOfTensor(x, dim, keepdim, type, "MeanBackward1");
}
Tensor amax(Arg x, IntArrayRef dim, bool keepdim) {
  return extreme("amax", OpId::ReduceMax, x, dim, keepdim, "AmaxBackward0");
}
Tensor amin(Arg x, IntArrayRef dim, bool keepdim) {
  return extreme("amin", OpId::ReduceMin, x, dim, keepdim, "AminBackward0");
}
Tensor max(Arg x) {
  return extreme("max", OpId::ReduceMax, x, {}, false, "MaxBackward1");
}
Tensor min(Arg x) {
  return extreme("min", OpId::ReduceMin, x, {}, false, "MinBackward1");
}

Tensor argmax(Arg x, std::optional<int64_t> dim, bool keepdim) {
  OpGuard op("argmax", x.loc);
  Value v = read(x.tensor);
  if (v.dtype() == DType::Bool)
    fail("AGC0102", "expects numbers, got bool");
  Dims shape = v.shape();
  if (!dim || v.rank() == 0) {
    if (dim)
      wrapDim(*dim, 0);
    shape.assign(shape.size(), 1);
    v = reshape(v, v.type()->numel);
  }
  int64_t d = dim && !shape.empty() ? wrapDim(*dim, v.rank()) : 0;
  if (v.shape()[size_t(d)] == 0)
    fail("AGC0104", "has no value for no elements, got shape " +
                        shapeText(v.shape()));
  Value y = argmax(v, d);
  if (keepdim && dim && !shape.empty())
    shape[size_t(d)] = 1;
  return wrap(keepdim ? reshape(y, shape) : y);
}

Tensor var(Arg x, IntArrayRef dim, bool unbiased, bool keepdim) {
  OpGuard op("var", x.loc);
  Value v = read(x.tensor);
  return wrap(checkedVariance(v, dim, unbiased, keepdim), "VarBackward0", {v});
}
Tensor std(Arg x, IntArrayRef dim, bool unbiased, bool keepdim) {
  OpGuard op("std", x.loc);
  Value v = read(x.tensor), variance = checkedVariance(v, dim, unbiased, keepdim);
  // No slope at 0, where the root has an infinite one.
  Value zero = constantLike(variance, 0), none = compare("eq", variance, zero);
  Value root = unary(OpId::Sqrt, select(none, constantLike(variance, 1), variance));
  return wrap(select(none, zero, root), "StdBackward0", {v});
}

Tensor softmax(Arg x, int64_t dim, std::optional<DType> type) {
  OpGuard op("softmax", x.loc);
  Value from = read(x.tensor), v = type ? convert(from, *type) : from;
  expectFloat(v);
  return wrap(softmaxOf(v, wrapDim(dim, v.rank())), "SoftmaxBackward0", {from});
}
Tensor log_softmax(Arg x, int64_t dim, std::optional<DType> type) {
  OpGuard op("log_softmax", x.loc);
  Value from = read(x.tensor), v = type ? convert(from, *type) : from;
  expectFloat(v);
  return wrap(logSoftmaxOf(v, wrapDim(dim, v.rank())), "LogSoftmaxBackward0", {from});
}

Tensor Tensor::sum(Loc loc) const { return agc::sum(Arg(*this, loc)); }
Tensor Tensor::sum(DType type, Loc loc) const {
  return sumOf(Arg(*this, loc), {}, false, type, "SumBackward0");
}
Tensor Tensor::sum(IntArrayRef dim, bool keepdim, std::optional<DType> type, Loc loc) const {
  return agc::sum(Arg(*this, loc), dim, keepdim, type);
}
Tensor Tensor::mean(Loc loc) const { return agc::mean(Arg(*this, loc)); }
Tensor Tensor::mean(IntArrayRef dim, bool keepdim, std::optional<DType> type, Loc loc) const {
  return agc::mean(Arg(*this, loc), dim, keepdim, type);
}
Tensor Tensor::amax(IntArrayRef dim, bool keepdim, Loc loc) const {
  return agc::amax(Arg(*this, loc), dim, keepdim);
}
Tensor Tensor::amin(IntArrayRef dim, bool keepdim, Loc loc) const {
  return agc::amin(Arg(*this, loc), dim, keepdim);
}
Tensor Tensor::max(Loc loc) const { return agc::max(Arg(*this, loc)); }
Tensor Tensor::min(Loc loc) const { return agc::min(Arg(*this, loc)); }
Tensor Tensor::argmax(std::optional<int64_t> dim, bool keepdim, Loc loc) const {
  return agc::argmax(Arg(*this, loc), dim, keepdim);
}
Tensor Tensor::var(IntArrayRef dim, bool unbiased, bool keepdim, Loc loc) const {
  return agc::var(Arg(*this, loc), dim, unbiased, keepdim);
}
Tensor Tensor::std(IntArrayRef dim, bool unbiased, bool keepdim, Loc loc) const {
  return agc::std(Arg(*this, loc), dim, unbiased, keepdim);
}
Tensor Tensor::softmax(int64_t dim, std::optional<DType> type, Loc loc) const {
  return agc::softmax(Arg(*this, loc), dim, type);
}
Tensor Tensor::log_softmax(int64_t dim, std::optional<DType> type, Loc loc) const {
  return agc::log_softmax(Arg(*this, loc), dim, type);
}

} // namespace agc
