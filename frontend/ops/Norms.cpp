//===- Norms.cpp - Extremes by position, norms, truth of many --------------===//
#include "frontend/ops/Composites.h"

#include <agc/Functions.h>

#include <cmath>

namespace agc {

using namespace detail;

namespace {

std::tuple<Tensor, Tensor> extremeAt(const char *name, const char *gradName, Arg x,
                                     int64_t dim, bool keepdim, bool wantsMax) {
  OpGuard op(name, x.loc);
  Value from = read(x.tensor), v = from;
  int64_t d = wrapDim(dim, v.rank());
  if (v.rank() == 0)
    return {wrap(record(OpId::Reshape, v.type(), {&v, 1}), gradName),
            wrap(constantInteger(typeOf(DType::I64, {}), 0))};
  if (v.shape()[size_t(d)] == 0)
    fail("AGC0104", "has no value for no elements, got shape " + shapeText(v.shape()));
  bool isBool = v.dtype() == DType::Bool;
  if (isBool)
    v = convert(v, DType::U8);
  // The least is the largest of what is mirrored, where nothing wraps around.
  Value ordered = v;
  if (!wantsMax)
    ordered = info(v.dtype()).isFloat ? unary(OpId::Neg, v)
                                      : constantInteger(v.type(), -1) - v;
  Value at = argmax(stopGradient(ordered), d);
  Dims kept = v.shape();
  kept[size_t(d)] = 1;
  Value value = gatherOf(v, d, reshape(at, kept));
  if (!keepdim)
    value = reshape(value, at.shape());
  if (isBool)
    value = convert(value, DType::Bool);
  return {wrap(value, gradName, {from}), wrap(keepdim ? reshape(at, kept) : at)};
}

/// Of |x| to the power p over \p dims, kept at size 1.
Value normOver(const Value &x, double p, const Dims &dims) {
  Value zero = constantLike(x, 0), one = constantLike(x, 1);
  if (std::isinf(p))
    return reduceKeep(p > 0 ? OpId::ReduceMax : OpId::ReduceMin, unary(OpId::Abs, x), dims);
  if (p == 0) { // how many are not 0; of a number, so that its gradient is 0
    Value counts = unary(OpId::Sign, unary(OpId::Abs, x));
    return reduceKeep(OpId::ReduceSum, select(compare("ne", x, x), one, counts), dims);
  }
  if (p == 1)
    return reduceKeep(OpId::ReduceSum, unary(OpId::Abs, x), dims);
  Value sum;
  if (p == 2) {
    sum = reduceKeep(OpId::ReduceSum, powi(x, 2), dims);
  } else {
    Value isZero = compare("eq", x, zero);
    Value size = select(isZero, one, unary(OpId::Abs, x));
    Value powers = binary(OpId::Pow, size, constantLike(x, p));
    sum = reduceKeep(OpId::ReduceSum, select(isZero, zero, powers), dims);
  }
  // No slope at 0, where the root has an infinite one.
  Value none = compare("eq", sum, constantLike(sum, 0));
  Value safe = select(none, constantLike(sum, 1), sum);
  Value root = p == 2 ? unary(OpId::Sqrt, safe) : binary(OpId::Pow, safe, constantLike(sum, 1 / p));
  return select(none, constantLike(sum, 0), root);
}

Tensor normOf(Arg x, Scalar p, IntArrayRef dim, bool keepdim, const char *gradName) {
  OpGuard op("norm", x.loc);
  Value v = read(x.tensor);
  expectFloat(v);
  Dims dims = wrapDims(dim, v.rank());
  for (int64_t d : dims) // no largest of none, but a norm of 0
    if ((p.toDouble() < 0 || std::isinf(p.toDouble())) && v.shape()[size_t(d)] == 0)
      fail("AGC0104", "has no value for no elements, got shape " + shapeText(v.shape()));
  Value y = v.rank() ? normOver(v, p.toDouble(), dims)
                     : reshape(normOver(reshape(v, int64_t(1)), p.toDouble(), {0}), {});
  if (!keepdim && v.rank()) {
    Dims shape;
    for (int64_t d = 0; d < v.rank(); ++d)
      if (std::find(dims.begin(), dims.end(), d) == dims.end())
        shape.push_back(v.shape()[size_t(d)]);
    y = reshape(y, shape);
  }
  return wrap(y, gradName, {v});
}

/// all, any: by the least and largest of 0 and 1.
Tensor truthOf(const char *name, OpId id, Arg x, std::optional<int64_t> dim, bool keepdim) {
  OpGuard op(name, x.loc);
  Value v = read(x.tensor);
  DType type = v.dtype() == DType::U8 ? DType::U8 : DType::Bool;
  Value bits = convert(convert(v, DType::Bool), DType::I32);
  Dims dims = dim ? wrapDims(*dim, v.rank()) : allDims(v.rank());
  bool empty = false;
  for (int64_t d : dims)
    empty |= v.rank() && v.shape()[size_t(d)] == 0;
  if (v.rank() == 0)
    dims.clear();
  Value y;
  if (empty) { // all of none is true, any of none is not
    y = keepdim ? reduceKeep(OpId::ReduceSum, bits, dims) : reduce(OpId::ReduceSum, bits, dims);
    y = constant(y.type(), id == OpId::ReduceMin);
  } else {
    y = keepdim ? reduceKeep(id, bits, dims) : reduce(id, bits, dims);
  }
  return wrap(convert(convert(y, DType::Bool), type));
}

} // namespace

std::tuple<Tensor, Tensor> max(Arg x, int64_t dim, bool keepdim) {
  return extremeAt("max", "MaxBackward0", x, dim, keepdim, true);
}
std::tuple<Tensor, Tensor> min(Arg x, int64_t dim, bool keepdim) {
  return extremeAt("min", "MinBackward0", x, dim, keepdim, false);
}

Tensor argmin(Arg x, std::optional<int64_t> dim, bool keepdim) {
  OpGuard op("argmin", x.loc);
  Value v = read(x.tensor);
  if (v.dtype() == DType::Bool)
    fail("AGC0102", "expects numbers, got bool");
  Value mirrored = info(v.dtype()).isFloat ? unary(OpId::Neg, v) : constantInteger(v.type(), -1) - v;
  Tensor t = wrap(stopGradient(mirrored));
  return agc::argmax(Arg(t, x.loc), dim, keepdim);
}

std::tuple<Tensor, Tensor> var_mean(Arg x, IntArrayRef dim, bool unbiased, bool keepdim) {
  OpGuard op("var_mean", x.loc);
  Value v = read(x.tensor);
  expectFloat(v);
  Dims dims = wrapDims(dim, v.rank());
  return {wrap(varianceOf(v, dims, unbiased, keepdim), "VarMeanBackward0", {v}),
          wrap(meanOf(v, dims, keepdim), "VarMeanBackward0", {v})};
}

Tensor norm(Arg x, Scalar p) { return normOf(x, p, {}, false, "NormBackward0"); }
Tensor norm(Arg x, std::optional<Scalar> p, IntArrayRef dim, bool keepdim) {
  return normOf(x, p.value_or(2), dim, keepdim, "NormBackward1");
}

Tensor logsumexp(Arg x, IntArrayRef dim, bool keepdim) {
  OpGuard op("logsumexp", x.loc);
  Value from = read(x.tensor), v = asFloat(from);
  Dims dims = wrapDims(dim, v.rank());
  Value flat = v.rank() ? v : reshape(v, int64_t(1));
  if (!v.rank())
    dims = {0};
  Value largest = stopGradient(reduceKeep(OpId::ReduceMax, flat, dims));
  // An infinite one would be taken from itself.
  Value finite = compare("lt", unary(OpId::Abs, largest), constantLike(largest, INFINITY));
  Value shift = select(finite, largest, constantLike(largest, 0));
  Value powers = unary(OpId::Exp, flat - broadcastTo(shift, flat.shape()));
  Value y = unary(OpId::Log, reduceKeep(OpId::ReduceSum, powers, dims)) + shift;
  if (!keepdim || !v.rank()) {
    Dims shape;
    for (int64_t d = 0; d < v.rank(); ++d)
      if (std::find(dims.begin(), dims.end(), d) == dims.end())
        shape.push_back(v.shape()[size_t(d)]);
    y = reshape(y, shape);
  }
  return wrap(y, "LogsumexpBackward0", {from});
}

Tensor all(Arg x) { return truthOf("all", OpId::ReduceMin, x, {}, false); }
Tensor all(Arg x, int64_t dim, bool keepdim) {
  return truthOf("all", OpId::ReduceMin, x, dim, keepdim);
}
Tensor any(Arg x) { return truthOf("any", OpId::ReduceMax, x, {}, false); }
Tensor any(Arg x, int64_t dim, bool keepdim) {
  return truthOf("any", OpId::ReduceMax, x, dim, keepdim);
}
Tensor count_nonzero(Arg x, std::optional<int64_t> dim) {
  OpGuard op("count_nonzero", x.loc);
  Value v = read(x.tensor);
  Dims dims = dim ? wrapDims(*dim, v.rank()) : allDims(v.rank());
  return wrap(reduce(OpId::ReduceSum, convert(convert(v, DType::Bool), DType::I64), dims));
}

std::tuple<Tensor, Tensor> Tensor::max(int64_t dim, bool keepdim, Loc loc) const {
  return agc::max(Arg(*this, loc), dim, keepdim);
}
std::tuple<Tensor, Tensor> Tensor::min(int64_t dim, bool keepdim, Loc loc) const {
  return agc::min(Arg(*this, loc), dim, keepdim);
}
Tensor Tensor::argmin(std::optional<int64_t> dim, bool keepdim, Loc loc) const {
  return agc::argmin(Arg(*this, loc), dim, keepdim);
}
Tensor Tensor::norm(Scalar p, Loc loc) const { return agc::norm(Arg(*this, loc), p); }
Tensor Tensor::norm(std::optional<Scalar> p, IntArrayRef dim, bool keepdim, Loc loc) const {
  return agc::norm(Arg(*this, loc), p, dim, keepdim);
}
Tensor Tensor::logsumexp(IntArrayRef dim, bool keepdim, Loc loc) const {
  return agc::logsumexp(Arg(*this, loc), dim, keepdim);
}
Tensor Tensor::all(Loc loc) const { return agc::all(Arg(*this, loc)); }
Tensor Tensor::all(int64_t dim, bool keepdim, Loc loc) const {
  return agc::all(Arg(*this, loc), dim, keepdim);
}
Tensor Tensor::any(Loc loc) const { return agc::any(Arg(*this, loc)); }
Tensor Tensor::any(int64_t dim, bool keepdim, Loc loc) const {
  return agc::any(Arg(*this, loc), dim, keepdim);
}
Tensor Tensor::count_nonzero(std::optional<int64_t> dim, Loc loc) const {
  return agc::count_nonzero(Arg(*this, loc), dim);
}

} // namespace agc
