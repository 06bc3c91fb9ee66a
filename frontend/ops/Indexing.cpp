//===- Indexing.cpp - What stands between the brackets ----------------------===//
//
// Numbers, slices, None and "..." make a view. What tensors of integers pick from
// it is a gather, what is put there a scatter, over one dimension of all that
// they index together.
//
//===----------------------------------------------------------------------===//
#include "frontend/ops/Composites.h"

#include "runtime/core/Convert.h"

#include <agc/Autograd.h>
#include <agc/Functions.h>

#include <numeric>

namespace agc {

using namespace detail;

namespace indexing {
TensorIndex::TensorIndex(const Tensor &t) : sort(Kind::Tensor), positions(std::make_shared<Tensor>(t)) {}
} // namespace indexing

namespace {

using Kind = indexing::TensorIndex::Kind;

/// A view, and which of its dimensions tensors index, in order.
struct Selection {
  Tensor view;
  Dims dims;
  std::vector<Tensor> positions;
};

/// Where a mask is true: a tensor of positions for each of its dimensions.
std::vector<Tensor> positionsOf(const Tensor &mask, Loc loc) {
  Tensor whole = mask.contiguous(loc);
  BufferRef elements = materialize(whole);
  std::vector<std::vector<int64_t>> lists(static_cast<size_t>(mask.dim()));
  for (int64_t i = 0; i < mask.numel(); ++i) {
    if (!loadInteger(elements->data(), DType::Bool, i))
      continue;
    int64_t rest = i;
    for (int64_t d = mask.dim() - 1; d >= 0; --d) {
      lists[size_t(d)].push_back(rest % mask.size(d));
      rest /= mask.size(d);
    }
  }
  std::vector<Tensor> positions;
  for (const std::vector<int64_t> &list : lists)
    positions.push_back(tensor(list, kInt64, loc));
  return positions;
}

int64_t consumedBy(const indexing::TensorIndex &i) {
  switch (i.kind()) {
  case Kind::Integer:
  case Kind::Slice:
    return 1;
  case Kind::Tensor:
    return i.tensor().dtype() == DType::Bool ? i.tensor().dim() : 1;
  default:
    return 0;
  }
}

Selection selectionOf(const Tensor &x, ArrayRef<indexing::TensorIndex> indices, Loc loc) {
  int64_t consumed = 0, ellipses = 0;
  for (const indexing::TensorIndex &i : indices) {
    consumed += consumedBy(i);
    ellipses += i.kind() == Kind::Ellipsis;
  }
  if (ellipses > 1)
    fail("AGC0109", "expects at most one Ellipsis");
  if (consumed > x.dim())
    fail("AGC0109", "got " + std::to_string(consumed) + " indices for " + std::to_string(x.dim()) + " dimensions");
  Selection s{x, {}, {}};
  int64_t d = 0;
  for (const indexing::TensorIndex &i : indices) {
    switch (i.kind()) {
    case Kind::None:
      s.view = s.view.unsqueeze(d++, loc);
      break;
    case Kind::Ellipsis:
      d += x.dim() - consumed;
      break;
    case Kind::Integer:
      s.view = s.view.select(d, i.integer(), loc);
      break;
    case Kind::Slice:
      s.view = s.view.slice(d++, i.slice().start, i.slice().stop, i.slice().step.value_or(1), loc);
      break;
    case Kind::Tensor: {
      const Tensor &t = i.tensor();
      if (t.dtype() != DType::Bool) {
        s.positions.push_back(t);
        s.dims.push_back(d++);
        break;
      }
      if (t.dim() == 0)
        fail("AGC0116", "by a bool of no dimensions is not there yet");
      for (int64_t k = 0; k < t.dim(); ++k)
        if (t.size(k) != s.view.size(d + k))
          fail("AGC0109", "expects a mask of the sizes that it indexes, got shape " + shapeText(t.sizes()) +
                              " for " + shapeText(s.view.sizes()));
      for (const Tensor &list : positionsOf(t, loc)) {
        s.positions.push_back(list);
        s.dims.push_back(d++);
      }
      break;
    }
    }
  }
  return s;
}

/// The indexed dimensions as one, behind those that stay before it.
struct Flat {
  Dims order, shape; // of the permuted view; with the indexed ones together
  int64_t before;
  Value index;
};

Flat flatOf(const Selection &s) {
  const Dims &from = implOf(s.view).type->shape;
  // Neighbours stay where they are; else what they pick comes first.
  bool together = s.dims.back() - s.dims.front() + 1 == int64_t(s.dims.size());
  Flat flat{{}, {}, together ? s.dims.front() : 0, {}};
  auto isIndexed = [&](int64_t d) { return std::find(s.dims.begin(), s.dims.end(), d) != s.dims.end(); };
  int64_t rank = int64_t(from.size()), count = 1;
  for (int64_t d = 0; d < flat.before; ++d)
    flat.order.push_back(d);
  flat.order.insert(flat.order.end(), s.dims.begin(), s.dims.end());
  for (int64_t d = flat.before; d < rank; ++d)
    if (!isIndexed(d))
      flat.order.push_back(d);
  std::vector<Operand> operands;
  for (const Tensor &p : s.positions)
    operands.emplace_back(p);
  Dims shape = broadcastShape(operands);
  for (size_t i = operands.size(); i-- > 0;) {
    int64_t size = from[size_t(s.dims[i])];
    Value at = broadcastTo(checkedIndex(operands[i].value, size, true), shape);
    Value term = count == 1 ? at : at * constantInteger(at.type(), count);
    flat.index = flat.index ? flat.index + term : term;
    count *= size;
  }
  for (int64_t i = 0; i < rank; ++i)
    if (i == flat.before)
      flat.shape.push_back(count);
    else if (i < flat.before || i >= flat.before + int64_t(s.dims.size()))
      flat.shape.push_back(from[size_t(flat.order[size_t(i)])]);
  return flat;
}

Value flattened(const Value &v, const Flat &flat) { return reshape(transpose(v, flat.order), flat.shape); }

Value restored(const Value &v, const Flat &flat, const Dims &shape) {
  Dims permuted, back(flat.order.size());
  for (size_t i = 0; i < flat.order.size(); ++i) {
    permuted.push_back(shape[size_t(flat.order[i])]);
    back[size_t(flat.order[i])] = int64_t(i);
  }
  return transpose(reshape(v, permuted), back);
}

void put(const Selection &s, const Value &value, bool accumulate) {
  Value v = read(s.view);
  Flat flat = flatOf(s);
  Value base = flattened(v, flat);
  Value index = indexForEach(base, flat.before, flat.index);
  Dims shape = index.shape();
  shape.insert(shape.end(), flat.shape.begin() + flat.before + 1, flat.shape.end());
  Operand operands[] = {value, constant(typeOf(DType::F32, shape), 0)};
  if (broadcastShape(operands) != shape)
    fail("AGC0103", "expects values that broadcast to " + shapeText(shape) + ", got shape " + shapeText(value.shape()));
  if (accumulate && v.dtype() == DType::Bool)
    fail("AGC0102", "expects numbers to add, got bool");
  Value updates = broadcastTo(convert(value, v.dtype()), shape);
  Value result = restored(scatter(base, index, updates, flat.before, accumulate ? "add" : "set"), flat, v.shape());
  setGradName(result, "IndexPutBackward0");
  writeAnew(s.view, result);
}

} // namespace

Tensor Tensor::index(ArrayRef<indexing::TensorIndex> indices, Loc loc) const {
  OpGuard op("index", loc);
  Selection s = selectionOf(*this, indices, loc);
  if (s.dims.empty())
    return s.view;
  Flat flat = flatOf(s);
  Value v = read(s.view);
  return wrap(rowsOf(flattened(v, flat), flat.before, flat.index), "IndexBackward0", {v});
}
Tensor Tensor::index(std::initializer_list<indexing::TensorIndex> i, Loc loc) const {
  return index(ArrayRef<indexing::TensorIndex>(i.begin(), i.size()), loc);
}

const Tensor &Tensor::index_put_(ArrayRef<indexing::TensorIndex> indices, const Tensor &value, bool accumulate,
                                 Loc loc) const {
  OpGuard op("index_put_", loc);
  Selection s = selectionOf(*this, indices, loc);
  if (!s.dims.empty())
    put(s, read(value), accumulate);
  else if (accumulate)
    s.view.add_(value, 1, loc);
  else
    s.view.copy_(value, loc);
  return *this;
}
const Tensor &Tensor::index_put_(std::initializer_list<indexing::TensorIndex> i, const Tensor &value, Loc loc) const {
  return index_put_(ArrayRef<indexing::TensorIndex>(i.begin(), i.size()), value, false, loc);
}
const Tensor &Tensor::index_put_(std::initializer_list<indexing::TensorIndex> i, Scalar value, Loc loc) const {
  OpGuard op("index_put_", loc);
  Selection s = selectionOf(*this, ArrayRef<indexing::TensorIndex>(i.begin(), i.size()), loc);
  if (s.dims.empty())
    s.view.fill_(value, loc);
  else
    put(s, number(dtype(), value), false);
  return *this;
}

} // namespace agc
