//===- Rearrange.cpp - Pieces, repetitions, triangles, padding -------------===//
#include "frontend/ops/Composites.h"
#include "runtime/core/Sizes.h"

#include <agc/Functions.h>

#include <algorithm>
#include <numeric>

namespace agc {

using namespace detail;

//===----------------------------------------------------------------------===//
// Pieces
//===----------------------------------------------------------------------===//

static std::vector<Tensor> pieces(const Tensor &x, IntArrayRef sizes, int64_t dim,
                                  const char *gradName) {
  std::vector<Tensor> list;
  int64_t at = 0;
  for (int64_t size : sizes) {
    list.push_back(sliced(x, dim, at, at + size, 1, gradName));
    at += size;
  }
  return list;
}

std::vector<Tensor> split(Arg x, IntArrayRef sizes, int64_t dim) {
  OpGuard op("split", x.loc);
  if (x.tensor.dim() == 0)
    fail("AGC0104", "cannot split a tensor of no dimensions");
  int64_t d = wrapDim(dim, x.tensor.dim()), total = 0;
  for (int64_t size : sizes) {
    if (size < 0)
      fail("AGC0104", "expects no negative size, got " + shapeText(sizes));
    if (__builtin_add_overflow(total, size, &total))
      fail("AGC0108", "got sizes with too large a sum: " + shapeText(sizes));
  }
  if (total != x.tensor.size(d))
    fail("AGC0104", "expects sizes that add up to " + std::to_string(x.tensor.size(d)) +
                        ", got " + shapeText(sizes));
  return pieces(x.tensor, sizes, d, "SplitWithSizesBackward0");
}
std::vector<Tensor> split(Arg x, int64_t size, int64_t dim) {
  OpGuard op("split", x.loc);
  if (x.tensor.dim() == 0)
    fail("AGC0104", "cannot split a tensor of no dimensions");
  int64_t d = wrapDim(dim, x.tensor.dim()), n = x.tensor.size(d);
  if (size < 0 || (size == 0 && n != 0))
    fail("AGC0104", "expects a size of at least 1, got " + std::to_string(size));
  Dims sizes;
  for (int64_t at = 0; at < n; at += size)
    sizes.push_back(std::min(size, n - at));
  if (sizes.empty())
    sizes.push_back(0);
  return pieces(x.tensor, sizes, d, "SplitBackward0");
}
std::vector<Tensor> chunk(Arg x, int64_t chunks, int64_t dim) {
  OpGuard op("chunk", x.loc);
  if (chunks < 1)
    fail("AGC0104", "expects at least one chunk, got " + std::to_string(chunks));
  if (x.tensor.dim() == 0)
    fail("AGC0104", "cannot split a tensor of no dimensions");
  int64_t n = x.tensor.size(wrapDim(dim, x.tensor.dim()));
  if (n == 0)
    return agc::split(x, IntArrayRef(Dims(size_t(chunks), 0)), dim);
  return agc::split(x, (n - 1) / chunks + 1, dim);
}
std::vector<Tensor> unbind(Arg x, int64_t dim) {
  OpGuard op("unbind", x.loc);
  if (x.tensor.dim() == 0)
    fail("AGC0104", "cannot split a tensor of no dimensions");
  int64_t d = wrapDim(dim, x.tensor.dim());
  std::vector<Tensor> pieces;
  for (int64_t i = 0; i < x.tensor.size(d); ++i)
    pieces.push_back(wrap(read(x.tensor.select(d, i, x.loc)), "UnbindBackward0", {read(x.tensor)}));
  return pieces;
}

Tensor hstack(TensorList tensors, Loc loc) {
  OpGuard op("hstack", loc);
  if (tensors.empty())
    fail("AGC0104", "expects at least one tensor");
  std::vector<Tensor> wide;
  for (const Tensor &t : tensors)
    wide.push_back(t.dim() ? t : t.reshape(1, loc));
  return cat(wide, wide[0].dim() == 1 ? 0 : 1, loc);
}
Tensor vstack(TensorList tensors, Loc loc) {
  OpGuard op("vstack", loc);
  if (tensors.empty())
    fail("AGC0104", "expects at least one tensor");
  std::vector<Tensor> tall;
  for (const Tensor &t : tensors)
    tall.push_back(t.dim() >= 2 ? t : t.reshape({1, t.numel()}, loc));
  return cat(tall, 0, loc);
}

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

Tensor unflatten(Arg x, int64_t dim, IntArrayRef sizes) {
  OpGuard op("unflatten", x.loc);
  if (x.tensor.dim() == 0)
    fail("AGC0104", "cannot unflatten a tensor of no dimensions");
  int64_t d = wrapDim(dim, x.tensor.dim());
  Dims inner = sizes.vec(), shape = x.tensor.sizes().vec();
  int64_t known = 1, *open = nullptr;
  bool fits = true;
  for (int64_t &size : inner) {
    if (size == -1 && !open)
      open = &size;
    else
      fits &= size >= 0 && !__builtin_mul_overflow(known, size, &known);
  }
  if (open && fits) {
    *open = known ? shape[size_t(d)] / known : 0;
    known *= *open; // at most the dimension's size
  }
  if (!fits || known != shape[size_t(d)])
    fail("AGC0105", "cannot make dimension " + std::to_string(d) + ", of size " +
                        std::to_string(shape[size_t(d)]) + ", into " + shapeText(sizes));
  shape.erase(shape.begin() + d);
  shape.insert(shape.begin() + d, inner.begin(), inner.end());
  return x.tensor.view(shape, x.loc);
}

Tensor movedim(Arg x, IntArrayRef source, IntArrayRef destination) {
  OpGuard op("movedim", x.loc);
  int64_t rank = x.tensor.dim();
  auto least = size_t(std::max<int64_t>(rank, 1)); // a scalar has one to name
  if (source.size() != destination.size())
    fail("AGC0104", "expects as many sources as destinations, got " + shapeText(source) +
                        " and " + shapeText(destination));
  Dims order(least, -1);
  std::vector<bool> taken(least, false);
  for (size_t i = 0; i < source.size(); ++i) {
    int64_t from = wrapDim(source[i], rank), to = wrapDim(destination[i], rank);
    if (taken[size_t(from)] || order[size_t(to)] >= 0)
      fail("AGC0104", "expects each dimension once, got " + shapeText(source) + " and " +
                          shapeText(destination));
    taken[size_t(from)] = true;
    order[size_t(to)] = from;
  }
  size_t next = 0;
  for (int64_t &d : order)
    if (d < 0) {
      while (taken[next])
        ++next;
      d = int64_t(next++);
    }
  order.resize(size_t(rank));
  return x.tensor.permute(order, x.loc);
}

Tensor broadcast_to(Arg x, IntArrayRef shape) { return x.tensor.expand(shape, x.loc); }

namespace {

/// Along dim1 and dim2 of the value, as a new last dimension.
Value diagonalOf(const Value &v, int64_t offset, int64_t dim1, int64_t dim2) {
  int64_t rows = v.shape()[size_t(dim1)], columns = v.shape()[size_t(dim2)];
  offset = std::clamp(offset, -rows, columns); // none lies farther out
  int64_t first = std::max<int64_t>(-offset, 0), left = std::max<int64_t>(offset, 0);
  int64_t length = std::max<int64_t>(0, std::min(rows - first, columns - left));
  Dims order;
  for (int64_t d = 0; d < v.rank(); ++d)
    if (d != dim1 && d != dim2)
      order.push_back(d);
  order.push_back(dim1);
  order.push_back(dim2);
  Value square = transpose(v, order);
  int64_t r = v.rank() - 2;
  square = sliceDim(square, r, first, first + length);
  square = sliceDim(square, r + 1, left, left + length);
  TypeRef index = withDType(square.type(), DType::I64);
  Value on = compare("eq", iota(index, r), iota(index, r + 1));
  bool isBool = v.dtype() == DType::Bool;
  if (isBool)
    square = convert(square, DType::U8);
  Value sum = reduce(OpId::ReduceSum, select(on, square, constantLike(square, 0)), r + 1);
  return isBool ? convert(sum, DType::Bool) : sum;
}

/// Where column - row compares with \p diagonal, in the last two dimensions.
Value triangle(TypeRef type, const char *direction, int64_t diagonal) {
  TypeRef index = withDType(type, DType::I64);
  int64_t rank = type->rank();
  Value gap = iota(index, rank - 1) - iota(index, rank - 2);
  return compare(direction, gap, constantInteger(index, diagonal));
}

Tensor triangular(const char *name, const char *gradName, Arg x, const char *direction,
                  int64_t diagonal) {
  OpGuard op(name, x.loc);
  Value v = read(x.tensor);
  if (v.rank() < 2)
    fail("AGC0107", "expects at least two dimensions, got shape " + shapeText(v.shape()));
  return wrap(select(triangle(v.type(), direction, diagonal), v, constantLike(v, 0)), gradName, {v});
}

Tensor triangleIndices(const char *name, int64_t rows, int64_t columns, int64_t offset,
                       const TensorOptions &options, bool lower, Loc loc) {
  OpGuard op(name, loc);
  if (rows < 0 || columns < 0)
    fail("AGC0104", "expects no negative size, got " + std::to_string(rows) + " and " + std::to_string(columns));
  typeOf(DType::I64, {2, rows, columns}); // an error if that is too much
  offset = std::clamp(offset, -rows, columns);
  std::vector<int64_t> indices, second;
  // Rows that have none need no look: there may be very many.
  int64_t first = lower ? std::max<int64_t>(0, -offset) : 0;
  int64_t limit = lower ? rows : std::min(rows, columns - offset);
  for (int64_t r = columns ? first : limit; r < limit; ++r)
    for (int64_t c = lower ? 0 : std::max<int64_t>(0, r + offset);
         c < (lower ? std::min(columns, r + offset + 1) : columns); ++c) {
      indices.push_back(r);
      second.push_back(c);
    }
  int64_t count = int64_t(indices.size());
  indices.insert(indices.end(), second.begin(), second.end());
  DType type = options.dtype_opt().value_or(DType::I64);
  return tensor(indices, kInt64, loc).view({2, count}, loc).to(type, loc);
}

} // namespace

Tensor diagonal(Arg x, int64_t offset, int64_t dim1, int64_t dim2) {
  OpGuard op("diagonal", x.loc);
  Value v = read(x.tensor);
  int64_t a = wrapDim(dim1, v.rank()), b = wrapDim(dim2, v.rank());
  if (a == b)
    fail("AGC0104", "expects two different dimensions, got " + std::to_string(dim1) + " and " + std::to_string(dim2));
  return wrap(diagonalOf(v, offset, a, b), "DiagonalBackward0", {v});
}
Tensor diag(Arg x, int64_t offset) {
  OpGuard op("diag", x.loc);
  Value v = read(x.tensor);
  if (v.rank() == 2)
    return diagonal(x, offset, 0, 1);
  if (v.rank() != 1)
    fail("AGC0107", "expects one or two dimensions, got shape " + shapeText(v.shape()));
  // Farther out than any tensor reaches: an error below.
  offset = std::clamp(offset, -maxTensorBytes, maxTensorBytes);
  int64_t n = v.shape()[0], size = n + std::abs(offset);
  TypeRef type = withShape(v.type(), {size, size});
  Value rows = pad(v, std::max<int64_t>(-offset, 0), std::max<int64_t>(offset, 0), int64_t(0), 0);
  Value spread = broadcastDims(rows, type->shape, int64_t(0));
  return wrap(select(triangle(type, "eq", offset), spread, constant(type, 0)), "DiagEmbedBackward0", {v});
}
Tensor tril(Arg x, int64_t diagonal) { return triangular("tril", "TrilBackward0", x, "le", diagonal); }
Tensor triu(Arg x, int64_t diagonal) { return triangular("triu", "TriuBackward0", x, "ge", diagonal); }
Tensor trace(Arg x) {
  OpGuard op("trace", x.loc);
  Value v = read(x.tensor);
  if (v.rank() != 2)
    fail("AGC0107", "expects a matrix, got shape " + shapeText(v.shape()));
  Value d = diagonalOf(info(v.dtype()).isFloat ? v : convert(v, DType::I64), 0, 0, 1);
  return wrap(reduce(OpId::ReduceSum, d, int64_t(0)), "TraceBackward0", {v});
}
Tensor tril_indices(int64_t rows, int64_t columns, int64_t offset, const TensorOptions &options, Loc loc) {
  return triangleIndices("tril_indices", rows, columns, offset, options, true, loc);
}
Tensor triu_indices(int64_t rows, int64_t columns, int64_t offset, const TensorOptions &options, Loc loc) {
  return triangleIndices("triu_indices", rows, columns, offset, options, false, loc);
}

//===----------------------------------------------------------------------===//
// Repetitions, order, padding
//===----------------------------------------------------------------------===//

namespace {
int64_t timesOf(int64_t repeats, int64_t size) {
  if (__builtin_mul_overflow(repeats, size, &size))
    fail("AGC0108", "got too many repetitions: " + std::to_string(repeats));
  return size;
}
} // namespace

Tensor Tensor::repeat(IntArrayRef repeats, Loc loc) const {
  OpGuard op("repeat", loc);
  Value from = read(*this), v = from;
  if (int64_t(repeats.size()) < v.rank())
    fail("AGC0104", "expects a repetition for each dimension of " + shapeText(v.shape()) +
                        ", got " + shapeText(repeats));
  Dims shape(repeats.size() - v.shape().size(), 1), wide, dims, result;
  shape.insert(shape.end(), v.shape().begin(), v.shape().end());
  for (size_t d = 0; d < shape.size(); ++d) {
    if (repeats[d] < 0)
      fail("AGC0104", "expects no negative repetition, got " + shapeText(repeats));
    wide.push_back(repeats[d]);
    dims.push_back(int64_t(wide.size()));
    wide.push_back(shape[d]);
    result.push_back(timesOf(repeats[d], shape[d]));
  }
  v = detail::reshape(broadcastDims(detail::reshape(v, shape), wide, dims), result);
  return wrap(v, "RepeatBackward0", {from});
}
Tensor tile(Arg x, IntArrayRef repeats) {
  OpGuard op("tile", x.loc);
  Dims all(size_t(std::max<int64_t>(0, x.tensor.dim() - int64_t(repeats.size()))), 1);
  all.insert(all.end(), repeats.begin(), repeats.end());
  return x.tensor.repeat(all, x.loc);
}
Tensor repeat_interleave(Arg x, int64_t repeats, std::optional<int64_t> dim) {
  OpGuard op("repeat_interleave", x.loc);
  if (repeats < 0)
    fail("AGC0104", "expects no negative repetition, got " + std::to_string(repeats));
  Value from = read(x.tensor), v = from;
  if (!dim || v.rank() == 0)
    v = reshape(v, v.type()->numel);
  int64_t d = dim ? wrapDim(*dim, from.rank()) : 0;
  Dims wide = v.shape(), dims = allDims(v.rank()), result = v.shape();
  wide.insert(wide.begin() + d + 1, repeats);
  for (size_t i = size_t(d) + 1; i < dims.size(); ++i)
    ++dims[i];
  result[size_t(d)] = timesOf(repeats, result[size_t(d)]);
  return wrap(reshape(broadcastDims(v, wide, dims), result), "RepeatInterleaveBackward0", {from});
}

Tensor flip(Arg x, IntArrayRef dims) {
  OpGuard op("flip", x.loc);
  Value v = read(x.tensor);
  Dims wrapped;
  for (int64_t d : dims)
    wrapped.push_back(wrapDim(d, v.rank()));
  std::sort(wrapped.begin(), wrapped.end());
  if (std::adjacent_find(wrapped.begin(), wrapped.end()) != wrapped.end())
    fail("AGC0104", "expects each dimension once, got " + shapeText(dims));
  return wrap(v.rank() ? reverse(v, wrapped) : v, "FlipBackward0", {v});
}

Tensor roll(Arg x, IntArrayRef shifts, IntArrayRef dims) {
  OpGuard op("roll", x.loc);
  Value from = read(x.tensor), v = from;
  bool flat = dims.empty();
  if (flat ? shifts.size() != 1 : shifts.size() != dims.size())
    fail("AGC0104", "expects a shift for each dimension, got " + shapeText(shifts) + " and " + shapeText(dims));
  if (flat)
    v = reshape(v, v.type()->numel);
  for (size_t i = 0; i < shifts.size(); ++i) {
    int64_t d = flat ? 0 : wrapDim(dims[i], v.rank());
    int64_t n = v.rank() ? v.shape()[size_t(d)] : 0;
    int64_t by = n ? ((shifts[i] % n) + n) % n : 0;
    if (by == 0)
      continue;
    Value pieces[] = {sliceDim(v, d, n - by, n), sliceDim(v, d, 0, n - by)};
    v = concat(pieces, d);
  }
  return wrap(flat ? reshape(v, from.shape()) : v, "RollBackward0", {from});
}

Tensor constant_pad_nd(Arg x, IntArrayRef amounts, Scalar value) {
  OpGuard op("constant_pad_nd", x.loc);
  Value v = read(x.tensor);
  size_t rank = v.shape().size();
  if (amounts.size() % 2 || amounts.size() / 2 > rank)
    fail("AGC0104", "expects two amounts for each of at most " + std::to_string(rank) +
                        " dimensions, got " + shapeText(amounts));
  Dims starts(rank, 0), limits = v.shape(), strides(rank, 1), low(rank, 0), high(rank, 0), none(rank, 0);
  for (size_t i = 0; i < amounts.size() / 2; ++i) {
    size_t d = rank - 1 - i;
    int64_t before = amounts[2 * i], after = amounts[2 * i + 1];
    if (before > maxTensorBytes || after > maxTensorBytes)
      fail("AGC0108", "got too much padding: " + shapeText(amounts));
    int64_t size = v.shape()[d];
    if (before < -size || after < -size || size + before + after < 0)
      fail("AGC0104", "cuts more than there is: shape " + shapeText(v.shape()) + ", padding " + shapeText(amounts));
    starts[d] = std::max<int64_t>(-before, 0);
    limits[d] -= std::max<int64_t>(-after, 0);
    low[d] = std::max<int64_t>(before, 0);
    high[d] = std::max<int64_t>(after, 0);
  }
  Value inner = slice(v, starts, limits, strides);
  bool isBool = v.dtype() == DType::Bool;
  if (isBool)
    inner = convert(inner, DType::U8);
  Value padded = pad(inner, low, high, none, value.toDouble());
  return wrap(isBool ? convert(padded, DType::Bool) : padded, "ConstantPadNdBackward0", {v});
}

std::vector<Tensor> meshgrid(TensorList tensors, std::string_view indexing, Loc loc) {
  OpGuard op("meshgrid", loc);
  if (indexing != "ij" && indexing != "xy")
    fail("AGC0104", "expects indexing 'ij' or 'xy', got '" + std::string(indexing) + "'");
  if (tensors.empty())
    fail("AGC0104", "expects at least one tensor");
  bool swaps = indexing == "xy" && tensors.size() >= 2;
  Dims shape;
  for (const Tensor &t : tensors) {
    if (t.dim() > 1)
      fail("AGC0107", "expects vectors, got shape " + shapeText(t.sizes()));
    shape.push_back(t.numel());
  }
  if (swaps)
    std::swap(shape[0], shape[1]);
  std::vector<Tensor> grids;
  for (size_t i = 0; i < tensors.size(); ++i) {
    size_t d = swaps && i < 2 ? 1 - i : i;
    Dims one(shape.size(), 1);
    one[d] = shape[d];
    grids.push_back(tensors[i].reshape(one, loc).expand(shape, loc));
  }
  return grids;
}

std::vector<Tensor> Tensor::split(int64_t size, int64_t dim, Loc loc) const { return agc::split(Arg(*this, loc), size, dim); }
std::vector<Tensor> Tensor::split(IntArrayRef sizes, int64_t dim, Loc loc) const { return agc::split(Arg(*this, loc), sizes, dim); }
std::vector<Tensor> Tensor::chunk(int64_t chunks, int64_t dim, Loc loc) const { return agc::chunk(Arg(*this, loc), chunks, dim); }
std::vector<Tensor> Tensor::unbind(int64_t dim, Loc loc) const { return agc::unbind(Arg(*this, loc), dim); }
Tensor Tensor::unflatten(int64_t dim, IntArrayRef sizes, Loc loc) const { return agc::unflatten(Arg(*this, loc), dim, sizes); }
Tensor Tensor::movedim(IntArrayRef from, IntArrayRef to, Loc loc) const { return agc::movedim(Arg(*this, loc), from, to); }
Tensor Tensor::broadcast_to(IntArrayRef shape, Loc loc) const { return expand(shape, loc); }
Tensor Tensor::tile(IntArrayRef repeats, Loc loc) const { return agc::tile(Arg(*this, loc), repeats); }
Tensor Tensor::repeat_interleave(int64_t repeats, std::optional<int64_t> dim, Loc loc) const { return agc::repeat_interleave(Arg(*this, loc), repeats, dim); }
Tensor Tensor::flip(IntArrayRef dims, Loc loc) const { return agc::flip(Arg(*this, loc), dims); }
Tensor Tensor::roll(IntArrayRef shifts, IntArrayRef dims, Loc loc) const { return agc::roll(Arg(*this, loc), shifts, dims); }
Tensor Tensor::tril(int64_t diagonal, Loc loc) const { return agc::tril(Arg(*this, loc), diagonal); }
Tensor Tensor::triu(int64_t diagonal, Loc loc) const { return agc::triu(Arg(*this, loc), diagonal); }
Tensor Tensor::diag(int64_t diagonal, Loc loc) const { return agc::diag(Arg(*this, loc), diagonal); }
Tensor Tensor::diagonal(int64_t offset, int64_t dim1, int64_t dim2, Loc loc) const { return agc::diagonal(Arg(*this, loc), offset, dim1, dim2); }
Tensor Tensor::trace(Loc loc) const { return agc::trace(Arg(*this, loc)); }

} // namespace agc
