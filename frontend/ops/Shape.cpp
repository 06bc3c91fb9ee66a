//===- Shape.cpp - Views and rearrangements -------------------------------===//
#include "frontend/core/Promote.h"
#include "frontend/ops/Composites.h"

#include <agc/Functions.h>

namespace agc {

using namespace detail;

namespace {

/// \p shape with its one -1 filled in.
Dims inferShape(IntArrayRef shape, const Type &type) {
  Dims result = shape.vec();
  int64_t known = 1;
  int64_t *unknown = nullptr;
  for (int64_t &size : result) {
    if (size == -1 && !unknown)
      unknown = &size;
    else if (size < 0)
      fail("AGC0105", size == -1 ? "expects at most one -1, got " + shapeText(shape)
                                 : "expects no negative size, got " + shapeText(shape));
    else if (__builtin_mul_overflow(known, size, &known))
      fail("AGC0108", "got a shape with too many elements: " + shapeText(shape));
  }
  bool good = unknown ? known != 0 && type.numel % known == 0 : known == type.numel;
  if (!good)
    fail("AGC0105", "cannot give a tensor of shape " + shapeText(type.shape) +
                        " (" + std::to_string(type.numel) +
                        " elements) the shape " + shapeText(shape));
  if (unknown)
    *unknown = type.numel / known;
  return result;
}

Tensor viewAs(const Tensor &x, const Dims &shape, const char *gradName) {
  return makeView(x, OpId::Reshape, withShape(implOf(x).type, shape), {}, gradName);
}

/// In memory, would x's elements be in row-major order in PyTorch? Its views
/// are strided; agc's are values, but the same programs must be errors.
struct Strided {
  Dims shape, strides;
};

Strided stridesOf(const TensorImpl &impl) {
  const Type &base = *impl.storage->type;
  Strided s{base.shape, base.strides};
  for (const ViewStep &step : impl.views) {
    switch (step.op) {
    case OpId::Transpose: {
      Dims strides;
      for (int64_t d : step.attributes)
        strides.push_back(s.strides[size_t(d)]);
      s.strides = strides;
      break;
    }
    case OpId::Slice:
      for (size_t d = 0; d < s.strides.size(); ++d)
        s.strides[d] *= step.attributes[2 * s.strides.size() + d];
      break;
    case OpId::Broadcast: {
      Dims strides(step.to->shape.size(), 0);
      for (size_t d = 0; d < step.attributes.size(); ++d)
        strides[size_t(step.attributes[d])] = s.strides[d];
      s.strides = strides;
      break;
    }
    default: { // Reshape: PyTorch's rule, dimension group by group
      const Dims &to = step.to->shape;
      Dims strides(to.size());
      size_t at = to.size();
      int64_t chunk = s.strides.empty() ? 1 : s.strides.back(), have = 1, made = 1;
      for (size_t d = s.shape.size(); d-- > 0;) {
        have *= s.shape[d];
        bool end = d == 0 || (s.shape[d - 1] != 1 &&
                              s.strides[d - 1] != have * chunk);
        if (!end)
          continue;
        while (at > 0 && (made < have || to[at - 1] == 1)) {
          strides[--at] = made * chunk;
          made *= to[at];
        }
        if (made != have)
          return {}; // not expressible: agc's reshape made values of its own
        if (d > 0)
          chunk = s.strides[d - 1], have = made = 1;
      }
      while (at > 0)
        strides[--at] = chunk;
      s.strides = strides;
    }
    }
    s.shape = step.to->shape;
  }
  return s;
}

/// Whether \p to is a view of the strided tensor, by PyTorch's rule.
bool viewable(const Strided &from, const Dims &to, int64_t numel) {
  if (numel == 0)
    return true;
  if (from.shape.empty())
    return true;
  int64_t have = 1, made = 1;
  int64_t at = int64_t(to.size()) - 1, chunk = from.strides.back();
  for (int64_t d = int64_t(from.shape.size()) - 1; d >= 0; --d) {
    have *= from.shape[size_t(d)];
    if (d == 0 || (from.shape[size_t(d - 1)] != 1 &&
                   from.strides[size_t(d - 1)] != have * chunk)) {
      while (at >= 0 && (made < have || to[size_t(at)] == 1))
        made *= to[size_t(at--)];
      if (made != have)
        return false;
      if (d > 0)
        chunk = from.strides[size_t(d - 1)], have = made = 1;
    }
  }
  return at == -1;
}

Tensor permuted(const Tensor &x, const Dims &permutation, const char *gradName) {
  TypeRef type = implOf(x).type;
  Dims shape;
  for (int64_t d : permutation)
    shape.push_back(type->shape[size_t(d)]);
  return makeView(x, OpId::Transpose, withShape(type, shape), permutation, gradName);
}

/// A view of two steps that autograd shows as one.
Tensor thenView(const Tensor &x, const Dims &shape, const char *gradName,
                const Tensor &from) {
  Tensor y = viewAs(x, shape, gradName);
  TensorImpl &impl = implOf(y), &inner = implOf(x);
  if (inner.views.size())
    impl.views[impl.views.size() - 2].gradName = 0;
  if (impl.cached && impl.cached.tracked()) {
    implOf(x).cached.node->gradName = 0;
    setEdges(impl.cached, {read(from)});
  }
  return y;
}

int64_t clampIndex(int64_t i, int64_t size) {
  if (i < 0)
    i += size;
  return std::clamp<int64_t>(i, 0, size);
}

} // namespace

Tensor detail::sliced(const Tensor &x, int64_t dim, int64_t start, int64_t limit,
                      int64_t step, const char *gradName) {
  TypeRef type = implOf(x).type;
  size_t rank = type->shape.size(), d = size_t(dim);
  Dims words(3 * rank, 0), shape = type->shape;
  for (size_t i = 0; i < rank; ++i) {
    words[rank + i] = shape[i];
    words[2 * rank + i] = 1;
  }
  words[d] = start;
  words[rank + d] = limit;
  words[2 * rank + d] = step;
  shape[d] = (limit - start + step - 1) / step;
  return makeView(x, OpId::Slice, withShape(type, shape), words, gradName);
}

Tensor Tensor::view(IntArrayRef shape, Loc loc) const {
  OpGuard op("view", loc);
  TensorImpl &impl = implOf(*this);
  Dims to = inferShape(shape, *impl.type);
  Strided strided = stridesOf(impl);
  if (strided.shape == impl.type->shape && !viewable(strided, to, impl.type->numel))
    fail("AGC0106", "cannot view a tensor of shape " + shapeText(impl.type->shape) +
                        ", whose elements are not in that order in memory, as " +
                        shapeText(to) + "; use reshape()");
  return viewAs(*this, to, "ViewBackward0");
}

bool Tensor::is_contiguous() const {
  TensorImpl &impl = implOf(*this);
  Strided s = stridesOf(impl);
  if (s.shape != impl.type->shape)
    return true;
  int64_t expected = 1;
  for (size_t d = s.shape.size(); d-- > 0;) {
    if (s.shape[d] != 1 && s.strides[d] != expected)
      return false;
    expected *= s.shape[d];
  }
  return true;
}

Tensor reshape(Arg x, IntArrayRef shape) {
  OpGuard op("reshape", x.loc);
  TensorImpl &impl = implOf(x.tensor);
  Dims to = inferShape(shape, *impl.type);
  Strided strided = stridesOf(impl);
  if (strided.shape != impl.type->shape || viewable(strided, to, impl.type->numel))
    return viewAs(x.tensor, to, "ViewBackward0");
  Value v = read(x.tensor);
  Value y = record(OpId::Reshape, withShape(v.type(), to), {&v, 1});
  return wrap(y, "UnsafeViewBackward0"); // a copy, as PyTorch makes one
}
Tensor Tensor::reshape(IntArrayRef shape, Loc loc) const {
  return agc::reshape(Arg(*this, loc), shape);
}
Tensor Tensor::view_as(const Tensor &o, Loc loc) const { return view(o.sizes(), loc); }
Tensor Tensor::reshape_as(const Tensor &o, Loc loc) const { return reshape(o.sizes(), loc); }

Tensor flatten(Arg x, int64_t start, int64_t end) {
  OpGuard op("flatten", x.loc);
  const Dims &shape = implOf(x.tensor).type->shape;
  int64_t rank = int64_t(shape.size());
  int64_t first = wrapDim(start, rank), last = wrapDim(end, rank);
  if (first > last)
    fail("AGC0104", "expects start_dim not after end_dim, got " + std::to_string(start) +
                        " and " + std::to_string(end) + " for shape " + shapeText(shape));
  if (rank == 0)
    return x.tensor.reshape(int64_t(1), x.loc);
  if (first == last)
    return x.tensor;
  Dims to(shape.begin(), shape.begin() + first);
  int64_t product = 1;
  for (int64_t d = first; d <= last; ++d)
    product *= shape[size_t(d)];
  to.push_back(product);
  to.insert(to.end(), shape.begin() + last + 1, shape.end());
  return reshape(x, to);
}
Tensor Tensor::flatten(int64_t s, int64_t e, Loc loc) const {
  return agc::flatten(Arg(*this, loc), s, e);
}

Tensor squeeze(Arg x) {
  OpGuard op("squeeze", x.loc);
  Dims to;
  for (int64_t size : implOf(x.tensor).type->shape)
    if (size != 1)
      to.push_back(size);
  return viewAs(x.tensor, to, "SqueezeBackward0");
}
Tensor squeeze(Arg x, int64_t dim) {
  OpGuard op("squeeze", x.loc);
  Dims to = implOf(x.tensor).type->shape;
  int64_t d = wrapDim(dim, int64_t(to.size()));
  if (!to.empty() && to[size_t(d)] == 1)
    to.erase(to.begin() + d);
  return viewAs(x.tensor, to, "SqueezeBackward1");
}
Tensor unsqueeze(Arg x, int64_t dim) {
  OpGuard op("unsqueeze", x.loc);
  Dims to = implOf(x.tensor).type->shape;
  to.insert(to.begin() + wrapDim(dim, int64_t(to.size()) + 1), 1);
  return viewAs(x.tensor, to, "UnsqueezeBackward0");
}
Tensor Tensor::squeeze(Loc loc) const { return agc::squeeze(Arg(*this, loc)); }
Tensor Tensor::squeeze(int64_t dim, Loc loc) const { return agc::squeeze(Arg(*this, loc), dim); }
Tensor Tensor::unsqueeze(int64_t dim, Loc loc) const { return agc::unsqueeze(Arg(*this, loc), dim); }

Tensor transpose(Arg x, int64_t a, int64_t b) {
  OpGuard op("transpose", x.loc);
  int64_t rank = implOf(x.tensor).type->rank();
  Dims permutation = allDims(rank);
  a = wrapDim(a, rank), b = wrapDim(b, rank);
  if (rank)
    std::swap(permutation[size_t(a)], permutation[size_t(b)]);
  return permuted(x.tensor, permutation, "TransposeBackward0");
}
Tensor permute(Arg x, IntArrayRef dims) {
  OpGuard op("permute", x.loc);
  int64_t rank = implOf(x.tensor).type->rank();
  if (int64_t(dims.size()) != rank)
    fail("AGC0104", "expects one entry for each of " + std::to_string(rank) +
                        " dimensions, got " + shapeText(dims));
  wrapDims(dims, rank);
  Dims permutation;
  for (int64_t d : dims)
    permutation.push_back(wrapDim(d, rank));
  return permuted(x.tensor, permutation, "PermuteBackward0");
}
Tensor t(Arg x) {
  OpGuard op("t", x.loc);
  int64_t rank = implOf(x.tensor).type->rank();
  if (rank > 2)
    fail("AGC0104", "expects at most 2 dimensions, got shape " +
                        shapeText(implOf(x.tensor).type->shape));
  return permuted(x.tensor, rank == 2 ? Dims{1, 0} : allDims(rank), "TBackward0");
}
Tensor Tensor::transpose(int64_t a, int64_t b, Loc loc) const {
  return agc::transpose(Arg(*this, loc), a, b);
}
Tensor Tensor::permute(IntArrayRef dims, Loc loc) const {
  return agc::permute(Arg(*this, loc), dims);
}
Tensor Tensor::t(Loc loc) const { return agc::t(Arg(*this, loc)); }

Tensor Tensor::expand(IntArrayRef shape, Loc loc) const {
  OpGuard op("expand", loc);
  const Dims &from = implOf(*this).type->shape;
  Dims to = shape.vec();
  bool good = to.size() >= from.size();
  size_t offset = good ? to.size() - from.size() : 0;
  for (size_t d = 0; good && d < to.size(); ++d) {
    if (d < offset) {
      good &= to[d] >= 0;
      continue;
    }
    int64_t size = from[d - offset];
    if (to[d] == -1)
      to[d] = size;
    good &= to[d] == size || (size == 1 && to[d] >= 0);
  }
  if (!good)
    fail("AGC0103", "cannot expand shape " + shapeText(from) + " to " +
                        shapeText(shape));
  // Sizes 1 that grow are dropped first, as the IR's broadcast wants it.
  Dims kept, dimensions;
  for (size_t d = 0; d < from.size(); ++d)
    if (from[d] == to[d + offset]) {
      kept.push_back(from[d]);
      dimensions.push_back(int64_t(d + offset));
    }
  TypeRef type = withShape(implOf(*this).type, to);
  if (kept == from)
    return makeView(*this, OpId::Broadcast, type, dimensions, "ExpandBackward0");
  Tensor small = viewAs(*this, kept, "ExpandBackward0");
  Tensor y = makeView(small, OpId::Broadcast, type, dimensions, "ExpandBackward0");
  if (implOf(y).cached && implOf(y).cached.tracked()) {
    implOf(small).cached.node->gradName = 0;
    setEdges(implOf(y).cached, {read(*this)});
  }
  return y;
}
Tensor Tensor::expand_as(const Tensor &o, Loc loc) const { return expand(o.sizes(), loc); }

Tensor Tensor::slice(int64_t dim, std::optional<int64_t> start,
                     std::optional<int64_t> end, int64_t step, Loc loc) const {
  OpGuard op("slice", loc);
  TypeRef type = implOf(*this).type;
  if (type->rank() == 0)
    fail("AGC0104", "cannot slice a tensor of no dimensions");
  if (step < 1)
    fail("AGC0104", "expects a step of at least 1, got " + std::to_string(step));
  int64_t d = wrapDim(dim, type->rank()), size = type->shape[size_t(d)];
  int64_t first = clampIndex(start.value_or(0), size);
  int64_t limit = std::max(first, clampIndex(end.value_or(size), size));
  step = std::min(step, std::max<int64_t>(size, 1)); // a longer one takes no more
  return sliced(*this, d, first, limit, step, "SliceBackward0");
}

Tensor narrow(Arg x, int64_t dim, int64_t start, int64_t length) {
  OpGuard op("narrow", x.loc);
  TypeRef type = implOf(x.tensor).type;
  if (type->rank() == 0)
    fail("AGC0104", "cannot narrow a tensor of no dimensions");
  int64_t d = wrapDim(dim, type->rank()), size = type->shape[size_t(d)];
  int64_t first = start < 0 ? start + size : start;
  if (length < 0 || first < 0 || first > size || length > size - first)
    fail("AGC0109", "expects start and length within size " +
                        std::to_string(size) + ", got " + std::to_string(start) +
                        " and " + std::to_string(length));
  return sliced(x.tensor, d, first, first + length, 1, "SliceBackward0");
}
Tensor Tensor::narrow(int64_t dim, int64_t start, int64_t length, Loc loc) const {
  return agc::narrow(Arg(*this, loc), dim, start, length);
}

Tensor select(Arg x, int64_t dim, int64_t index) {
  OpGuard op("select", x.loc);
  TypeRef type = implOf(x.tensor).type;
  if (type->rank() == 0)
    fail("AGC0104", "cannot index a tensor of no dimensions; use item()?");
  int64_t d = wrapDim(dim, type->rank()), size = type->shape[size_t(d)];
  if (index < -size || index >= size)
    fail("AGC0109", "expects an index in [" + std::to_string(-size) + ", " +
                        std::to_string(size) + "), got " + std::to_string(index));
  int64_t at = index < 0 ? index + size : index;
  Tensor one = sliced(x.tensor, d, at, at + 1, 1, "SelectBackward0");
  Dims to = type->shape;
  to.erase(to.begin() + d);
  return thenView(one, to, "SelectBackward0", x.tensor);
}
Tensor Tensor::select(int64_t dim, int64_t index, Loc loc) const {
  return agc::select(Arg(*this, loc), dim, index);
}

namespace {
Tensor joined(const std::vector<Value> &values, int64_t dim, const char *gradName,
              std::vector<Value> edges) {
  std::vector<Operand> operands(values.begin(), values.end());
  DType type = resultType(operands);
  std::vector<Value> converted;
  for (const Value &v : values)
    converted.push_back(convert(v, type));
  return wrap(concat(converted, dim), gradName, std::move(edges));
}
} // namespace

Tensor cat(TensorList tensors, int64_t dim, Loc loc) {
  OpGuard op("cat", loc);
  if (tensors.empty())
    fail("AGC0104", "expects at least one tensor");
  // A vector of nothing goes with any shape, as in PyTorch for old programs.
  auto isNothing = [](const Value &v) { return v.rank() == 1 && v.shape()[0] == 0; };
  std::vector<Value> values, edges;
  for (const Tensor &t : tensors)
    values.push_back(read(t));
  edges = values;
  auto leader = std::find_if_not(values.begin(), values.end(), isNothing);
  Dims shape = leader == values.end() ? Dims{0} : leader->shape();
  int64_t rank = int64_t(shape.size());
  if (rank == 0)
    fail("AGC0103", "cannot join tensors of no dimensions; use stack()");
  int64_t d = wrapDim(dim, rank);
  for (Value &v : values) {
    if (isNothing(v)) {
      Dims none = shape;
      none[size_t(d)] = 0;
      v = reshape(v, none);
    }
    Dims a = v.shape(), b = shape;
    if (int64_t(a.size()) == rank)
      a[size_t(d)] = b[size_t(d)] = 0;
    if (a != b)
      fail("AGC0103", "expects shapes that agree but in dimension " +
                          std::to_string(d) + ", got " +
                          shapeText(shape) + " and " + shapeText(v.shape()));
  }
  return joined(values, d, "CatBackward0", std::move(edges));
}

Tensor stack(TensorList tensors, int64_t dim, Loc loc) {
  OpGuard op("stack", loc);
  if (tensors.empty())
    fail("AGC0104", "expects at least one tensor");
  std::vector<Value> values, edges;
  int64_t d = wrapDim(dim, tensors[0].dim() + 1);
  for (const Tensor &t : tensors) {
    Value v = read(t);
    edges.push_back(v);
    if (IntArrayRef(v.shape()) != tensors[0].sizes())
      fail("AGC0103", "expects equal shapes, got " + shapeText(tensors[0].sizes()) +
                          " and " + shapeText(v.shape()));
    Dims to = v.shape();
    to.insert(to.begin() + d, 1);
    values.push_back(reshape(v, to));
  }
  return joined(values, d, "StackBackward0", std::move(edges));
}

} // namespace agc
