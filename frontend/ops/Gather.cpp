//===- Gather.cpp - Elements taken and put by index -----------------------===//
#include "frontend/ops/Composites.h"

#include <agc/Functions.h>

#include <numeric>

namespace agc {

using namespace detail;

namespace detail {

namespace {

/// The permutation that makes \p dim the last, and the one that undoes it.
std::pair<Dims, Dims> lastAndBack(int64_t rank, int64_t dim) {
  Dims last, back;
  for (int64_t d = 0; d < rank; ++d) {
    if (d != dim)
      last.push_back(d);
    back.push_back(d < dim ? d : d == dim ? rank - 1 : d - 1);
  }
  last.push_back(dim);
  return {last, back};
}

void expectToAdd(const Value &base, std::string_view mode) {
  if (mode == "add" && base.dtype() == DType::Bool)
    fail("AGC0102", "expects numbers to add, got bool");
}

Value scatterAlong(const Value &base, int64_t dim, const Value &index, const Value &updates,
                   const char *mode) {
  expectToAdd(base, mode);
  int64_t rank = base.rank();
  auto [last, back] = lastAndBack(rank, dim);
  return transpose(scatter(transpose(base, last), transpose(index, last),
                           transpose(updates, last), rank - 1, mode),
                   back);
}

} // namespace

Value indexForEach(const Value &x, int64_t dim, const Value &index) {
  Dims shape(x.shape().begin(), x.shape().begin() + dim), dims;
  for (int64_t d = 0; d < index.rank(); ++d) {
    dims.push_back(dim + d);
    shape.push_back(index.shape()[size_t(d)]);
  }
  return broadcastDims(index, shape, dims);
}

Value checkedIndex(const Value &index, int64_t n, bool wraps) {
  if (index.dtype() == DType::Bool || info(index.dtype()).isFloat)
    fail("AGC0102", std::string("expects an index of integers, got ") +
                        dtypeName(index.dtype()));
  Value i = convert(index, DType::I64);
  i = checkRange(i, wraps ? -n : 0, n, {},
                 "expects an index of at least " + std::to_string(wraps ? -n : 0) +
                     " and less than " + std::to_string(n));
  if (!wraps)
    return i;
  Value zero = constantLike(i, 0);
  return select(compare("lt", i, zero), i + constantInteger(i.type(), n), i);
}

Value gatherOf(const Value &x, int64_t dim, const Value &index) {
  int64_t rank = x.rank();
  auto [last, back] = lastAndBack(rank, dim);
  return transpose(gather(transpose(x, last), transpose(index, last), rank - 1), back);
}

Value rowsOf(const Value &x, int64_t dim, const Value &index) {
  return gather(x, indexForEach(x, dim, index), dim);
}

} // namespace detail

namespace {

/// An index of x's rank that may be smaller than x, as PyTorch allows: x is cut
/// to its sizes but along \p dim.
Value cutTo(const Value &x, int64_t dim, const Value &index, const char *what) {
  if (index.rank() != x.rank())
    fail("AGC0107", "expects an index of " + std::to_string(x.rank()) +
                        " dimensions, as " + what + " has, got shape " +
                        shapeText(index.shape()));
  Dims starts(x.shape().size(), 0), limits = x.shape(), strides(x.shape().size(), 1);
  bool same = true;
  for (int64_t d = 0; d < x.rank(); ++d) {
    int64_t size = index.shape()[size_t(d)];
    if (d == dim || size == limits[size_t(d)])
      continue;
    if (size > limits[size_t(d)])
      fail("AGC0107", "expects an index no larger than " + std::string(what) +
                          (dim < 0 ? "" : " but along dimension " + std::to_string(dim)) +
                          ", got shape " + shapeText(index.shape()) + " for one of " +
                          shapeText(x.shape()));
    limits[size_t(d)] = size;
    same = false;
  }
  return same ? x : slice(x, starts, limits, strides);
}

/// A 0-dimensional tensor counts as one of one element.
Value atLeast1d(const Value &v) { return v.rank() ? v : reshape(v, int64_t(1)); }

Value putBy(const Value &base, int64_t dim, const Value &index, Value updates, const char *mode) {
  if (updates.dtype() != base.dtype())
    fail("AGC0102", std::string("expects a source of ") + dtypeName(base.dtype()) +
                        ", got " + dtypeName(updates.dtype()));
  Dims region = index.shape();
  Value source = updates.shape() == index.shape() ? updates : cutTo(updates, -1, index, "the source");
  Value inner = cutTo(base, dim, index, "the tensor");
  Value result = scatterAlong(inner, dim, index, source, mode);
  if (inner.node.get() == base.node.get())
    return result;
  // The rest stays: the region is put back.
  Dims low(base.shape().size(), 0), high, none = low;
  for (int64_t d = 0; d < base.rank(); ++d)
    high.push_back(base.shape()[size_t(d)] - result.shape()[size_t(d)]);
  Value ones = constantInteger(typeOf(DType::I32, result.shape()), 1);
  Value mask = compare("ne", pad(ones, low, high, none, 0),
                       constantInteger(typeOf(DType::I32, base.shape()), 0));
  return select(mask, pad(result, low, high, none, 0), base);
}

Tensor scatterBy(const char *name, const char *gradName, Arg x, int64_t dim, Arg index,
                 const Value &source, const char *mode) {
  OpGuard op(name, x.loc);
  Value from = read(x.tensor), v = atLeast1d(from);
  int64_t d = wrapDim(dim, v.rank());
  Value i = checkedIndex(atLeast1d(read(index.tensor)), v.shape()[size_t(d)], false);
  Value result = putBy(v, d, i, atLeast1d(source), mode);
  return wrap(reshape(result, from.shape()), gradName, {from, source});
}

} // namespace

Tensor gather(Arg x, int64_t dim, Arg index) {
  OpGuard op("gather", x.loc);
  Value from = read(x.tensor), v = atLeast1d(from), given = read(index.tensor);
  int64_t d = wrapDim(dim, v.rank());
  Value i = checkedIndex(atLeast1d(given), v.shape()[size_t(d)], false);
  Value result = gatherOf(cutTo(v, d, i, "the tensor"), d, i);
  return wrap(reshape(result, given.shape()), "GatherBackward0", {from});
}
Tensor take_along_dim(Arg x, Arg index, std::optional<int64_t> dim) {
  OpGuard op("take_along_dim", x.loc);
  Value v = atLeast1d(read(x.tensor)), i = atLeast1d(read(index.tensor));
  if (!dim) {
    v = reshape(v, v.type()->numel);
    i = reshape(i, i.type()->numel);
  }
  int64_t d = wrapDim(dim.value_or(0), v.rank());
  if (i.rank() != v.rank())
    fail("AGC0107", "expects as many dimensions as the index, got shapes " +
                        shapeText(v.shape()) + " and " + shapeText(i.shape()));
  Dims xShape = v.shape(), iShape = i.shape();
  xShape[size_t(d)] = iShape[size_t(d)] = 1;
  Operand operands[] = {reshape(constant(typeOf(DType::F32, xShape), 0), xShape),
                        reshape(constant(typeOf(DType::F32, iShape), 0), iShape)};
  Dims shape = broadcastShape(operands), xTo = shape, iTo = shape;
  xTo[size_t(d)] = v.shape()[size_t(d)];
  iTo[size_t(d)] = i.shape()[size_t(d)];
  i = checkedIndex(broadcastTo(i, iTo), xTo[size_t(d)], true);
  return wrap(gatherOf(broadcastTo(v, xTo), d, i), "GatherBackward0", {read(x.tensor)});
}

Tensor index_select(Arg x, int64_t dim, Arg index) {
  OpGuard op("index_select", x.loc);
  Value from = read(x.tensor), v = atLeast1d(from), i = atLeast1d(read(index.tensor));
  int64_t d = wrapDim(dim, v.rank());
  if (i.rank() != 1)
    fail("AGC0107", "expects an index of one dimension, got shape " + shapeText(i.shape()));
  i = checkedIndex(i, v.shape()[size_t(d)], false);
  Value result = rowsOf(v, d, i);
  return wrap(from.rank() ? result : reshape(result, {}), "IndexSelectBackward0", {from});
}

Tensor scatter(Arg x, int64_t dim, Arg index, Arg src) {
  return scatterBy("scatter", "ScatterBackward0", x, dim, index, read(src.tensor), "set");
}
Tensor scatter(Arg x, int64_t dim, Arg index, Scalar value) {
  OpGuard op("scatter", x.loc);
  Value i = read(index.tensor);
  TypeRef type = typeOf(read(x.tensor).dtype(), i.shape());
  return scatterBy("scatter", "ScatterBackward1", x, dim, index,
                   broadcastDims(number(type->dtype, value), i.shape(), {}), "set");
}
Tensor scatter_add(Arg x, int64_t dim, Arg index, Arg src) {
  return scatterBy("scatter_add", "ScatterAddBackward0", x, dim, index, read(src.tensor), "add");
}
Tensor index_add(Arg x, int64_t dim, Arg index, Arg source, Scalar alpha) {
  OpGuard op("index_add", x.loc);
  Value from = read(x.tensor), v = atLeast1d(from), i = atLeast1d(read(index.tensor));
  Value s = atLeast1d(read(source.tensor));
  int64_t d = wrapDim(dim, v.rank());
  if (i.rank() != 1 || s.rank() != v.rank() || s.shape()[size_t(d)] != i.shape()[0])
    fail("AGC0107", "expects an index of one dimension, as long as the source along dimension " +
                        std::to_string(d) + ", got shapes " + shapeText(i.shape()) + " and " +
                        shapeText(s.shape()));
  if (alpha.toDouble() != 1 && s.dtype() != DType::Bool)
    s = s * broadcastDims(number(s.dtype(), alpha), s.shape(), {});
  i = checkedIndex(i, v.shape()[size_t(d)], false);
  Dims expected = v.shape();
  expected[size_t(d)] = i.shape()[0];
  if (s.shape() != expected)
    fail("AGC0103", "expects a source of shape " + shapeText(expected) + ", got " + shapeText(s.shape()));
  if (s.dtype() != v.dtype())
    fail("AGC0102", std::string("expects a source of ") + dtypeName(v.dtype()) + ", got " +
                        dtypeName(s.dtype()));
  expectToAdd(v, "add");
  Value result = scatter(v, indexForEach(v, d, i), s, d, "add");
  return wrap(reshape(result, from.shape()), "IndexAddBackward0", {from, read(source.tensor)});
}

Tensor masked_fill(Arg x, Arg mask, Arg value) {
  OpGuard op("masked_fill", x.loc);
  Value v = read(x.tensor), m = read(mask.tensor), f = read(value.tensor);
  if (m.dtype() != DType::Bool)
    fail("AGC0102", std::string("expects a mask of bool, got ") + dtypeName(m.dtype()));
  if (f.rank() != 0)
    fail("AGC0107", "expects a value of no dimensions, got shape " + shapeText(f.shape()));
  Operand operands[] = {v, m};
  Dims shape = broadcastShape(operands);
  return wrap(select(broadcastTo(m, shape), broadcastTo(convert(f, v.dtype()), shape), broadcastTo(v, shape)),
              "MaskedFillBackward1", {v, f});
}
Tensor masked_fill(Arg x, Arg mask, Scalar value) {
  OpGuard op("masked_fill", x.loc);
  Value v = read(x.tensor), m = read(mask.tensor);
  if (m.dtype() != DType::Bool)
    fail("AGC0102", std::string("expects a mask of bool, got ") + dtypeName(m.dtype()));
  Operand operands[] = {v, m};
  Dims shape = broadcastShape(operands);
  return wrap(select(broadcastTo(m, shape), broadcastDims(number(v.dtype(), value), shape, {}), broadcastTo(v, shape)),
              "MaskedFillBackward0", {v});
}

Tensor one_hot(Arg x, int64_t num_classes) {
  OpGuard op("one_hot", x.loc);
  Value v = read(x.tensor);
  if (v.dtype() != DType::I64)
    fail("AGC0102", std::string("expects an index of int64, got ") + dtypeName(v.dtype()));
  if (num_classes == -1) // as many as the largest index asks for: read here
    num_classes = x.tensor.numel() ? x.tensor.max().item<int64_t>(x.loc) + 1 : 0;
  if (num_classes < 1)
    fail("AGC0104", "expects at least one class, got " + std::to_string(num_classes));
  v = checkedIndex(v, num_classes, false);
  Dims shape = v.shape(), dims = allDims(v.rank());
  shape.push_back(num_classes);
  TypeRef type = typeOf(DType::I64, shape);
  return wrap(convert(compare("eq", broadcastDims(v, shape, dims), iota(type, v.rank())), DType::I64));
}

Tensor Tensor::gather(int64_t dim, const Tensor &index, Loc loc) const {
  return agc::gather(Arg(*this, loc), dim, Arg(index, loc));
}
Tensor Tensor::take_along_dim(const Tensor &index, std::optional<int64_t> dim, Loc loc) const {
  return agc::take_along_dim(Arg(*this, loc), Arg(index, loc), dim);
}
Tensor Tensor::index_select(int64_t dim, const Tensor &index, Loc loc) const {
  return agc::index_select(Arg(*this, loc), dim, Arg(index, loc));
}
Tensor Tensor::scatter(int64_t dim, const Tensor &index, const Tensor &src, Loc loc) const {
  return agc::scatter(Arg(*this, loc), dim, Arg(index, loc), Arg(src, loc));
}
Tensor Tensor::scatter(int64_t dim, const Tensor &index, Scalar value, Loc loc) const {
  return agc::scatter(Arg(*this, loc), dim, Arg(index, loc), value);
}
Tensor Tensor::scatter_add(int64_t dim, const Tensor &index, const Tensor &src, Loc loc) const {
  return agc::scatter_add(Arg(*this, loc), dim, Arg(index, loc), Arg(src, loc));
}
Tensor Tensor::index_add(int64_t dim, const Tensor &index, const Tensor &source, Scalar alpha, Loc loc) const {
  return agc::index_add(Arg(*this, loc), dim, Arg(index, loc), Arg(source, loc), alpha);
}
Tensor Tensor::masked_fill(const Tensor &mask, const Tensor &value, Loc loc) const {
  return agc::masked_fill(Arg(*this, loc), Arg(mask, loc), Arg(value, loc));
}
Tensor Tensor::masked_fill(const Tensor &mask, Scalar value, Loc loc) const {
  return agc::masked_fill(Arg(*this, loc), Arg(mask, loc), value);
}

} // namespace agc
