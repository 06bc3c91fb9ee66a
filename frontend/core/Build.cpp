#include "frontend/core/Build.h"

#include <numeric>

namespace agc::detail {

Value constant(TypeRef type, double value) {
  if (info(type->dtype).isFloat) {
    int64_t word = std::bit_cast<int64_t>(value);
    return record(OpId::ConstantF, type, {}, word);
  }
  return constantInteger(type, int64_t(value));
}

Value constantInteger(TypeRef type, int64_t value) {
  if (info(type->dtype).isFloat)
    return constant(type, double(value));
  return record(OpId::ConstantI, type, {}, value);
}

Value number(DType dtype, Scalar value) {
  TypeRef type = typeOf(dtype, {});
  bool isFloat = info(dtype).isFloat;
  if (recorder().capture)
    return isFloat ? constant(type, value.toDouble())
                   : constantInteger(type, value.toLong());
  int64_t word = isFloat ? std::bit_cast<int64_t>(value.toDouble())
                         : dtype == DType::Bool ? value.toBool() : value.toLong();
  return Value{createNode(OpId::Number, nullptr, 0, word, &type, 1), 0};
}

Value powi(const Value &x, int64_t exponent) {
  return record(OpId::PowI, x.type(), {&x, 1}, exponent);
}

Value compare(const char *direction, const Value &x, const Value &y) {
  Value operands[] = {x, y};
  return record(OpId::Compare, withDType(x.type(), DType::Bool), operands,
                int64_t(internText(direction)));
}

Value select(const Value &condition, const Value &x, const Value &y) {
  Value operands[] = {condition, x, y};
  return record(OpId::Select, x.type(), operands);
}

Value convert(const Value &x, DType type) {
  if (x.dtype() == type)
    return x;
  return record(OpId::Convert, withDType(x.type(), type), {&x, 1});
}

Value stopGradient(const Value &x) {
  return record(OpId::StopGradient, x.type(), {&x, 1});
}

Value iota(TypeRef type, int64_t dimension) {
  return record(OpId::Iota, type, {}, dimension);
}

Value broadcastDims(const Value &x, IntArrayRef shape, IntArrayRef dimensions) {
  TypeRef type = withShape(x.type(), shape);
  if (type == x.type())
    return x;
  return record(OpId::Broadcast, type, {&x, 1}, dimensions);
}

Value broadcastTo(const Value &x, IntArrayRef shape) {
  const std::vector<int64_t> &from = x.shape();
  if (IntArrayRef(from) == shape)
    return x;
  if (from.empty())
    return broadcastDims(x, shape, {});
  // The IR's broadcast repeats along new dimensions only: sizes 1 that grow are
  // dropped first.
  int64_t offset = int64_t(shape.size()) - int64_t(from.size());
  Dims kept, dimensions;
  for (size_t d = 0; d < from.size(); ++d)
    if (from[d] == shape[d + size_t(offset)]) {
      kept.push_back(from[d]);
      dimensions.push_back(int64_t(d) + offset);
    }
  return broadcastDims(reshape(x, kept), shape, dimensions);
}

Value reshape(const Value &x, IntArrayRef shape) {
  TypeRef type = withShape(x.type(), shape);
  if (type == x.type())
    return x;
  return record(OpId::Reshape, type, {&x, 1});
}

Value transpose(const Value &x, IntArrayRef permutation) {
  Dims shape;
  bool identity = true;
  for (size_t d = 0; d < permutation.size(); ++d) {
    shape.push_back(x.shape()[size_t(permutation[d])]);
    identity &= permutation[d] == int64_t(d);
  }
  if (identity)
    return x;
  return record(OpId::Transpose, withShape(x.type(), shape), {&x, 1},
                permutation);
}

Value slice(const Value &x, IntArrayRef starts, IntArrayRef limits,
            IntArrayRef strides) {
  Dims shape, words;
  for (size_t d = 0; d < starts.size(); ++d)
    shape.push_back((limits[d] - starts[d] + strides[d] - 1) / strides[d]);
  for (IntArrayRef list : {starts, limits, strides})
    words.insert(words.end(), list.begin(), list.end());
  return record(OpId::Slice, withShape(x.type(), shape), {&x, 1}, words);
}

Value sliceDim(const Value &x, int64_t dim, int64_t start, int64_t limit,
               int64_t stride) {
  Dims starts(x.shape().size(), 0), limits = x.shape(),
       strides(x.shape().size(), 1);
  starts[size_t(dim)] = start;
  limits[size_t(dim)] = limit;
  strides[size_t(dim)] = stride;
  return slice(x, starts, limits, strides);
}

Value pad(const Value &x, IntArrayRef low, IntArrayRef high,
          IntArrayRef interior, double value) {
  Dims shape, words;
  for (size_t d = 0; d < low.size(); ++d) {
    int64_t n = x.shape()[d];
    shape.push_back(low[d] + high[d] + n + std::max<int64_t>(n - 1, 0) * interior[d]);
  }
  for (IntArrayRef list : {low, high, interior})
    words.insert(words.end(), list.begin(), list.end());
  words.push_back(std::bit_cast<int64_t>(value));
  return record(OpId::Pad, withShape(x.type(), shape), {&x, 1}, words);
}

Value concat(std::span<const Value> xs, int64_t dimension) {
  Dims shape = xs[0].shape();
  shape[size_t(dimension)] = 0;
  for (const Value &x : xs)
    shape[size_t(dimension)] += x.shape()[size_t(dimension)];
  return record(OpId::Concat, withShape(xs[0].type(), shape), xs, dimension);
}

Value reverse(const Value &x, IntArrayRef dimensions) {
  if (dimensions.empty())
    return x;
  return record(OpId::Reverse, x.type(), {&x, 1}, dimensions);
}

Value reduce(OpId op, const Value &x, IntArrayRef dimensions) {
  if (dimensions.empty())
    return x;
  Dims shape;
  for (int64_t d = 0; d < x.rank(); ++d)
    if (std::find(dimensions.begin(), dimensions.end(), d) == dimensions.end())
      shape.push_back(x.shape()[size_t(d)]);
  return record(op, withShape(x.type(), shape), {&x, 1}, dimensions);
}

Value reduceKeep(OpId op, const Value &x, IntArrayRef dimensions) {
  Dims shape = x.shape();
  for (int64_t d : dimensions)
    shape[size_t(d)] = 1;
  return reshape(reduce(op, x, dimensions), shape);
}

Value argmax(const Value &x, int64_t dimension) {
  Dims shape = x.shape();
  shape.erase(shape.begin() + dimension);
  return record(OpId::Argmax, typeOf(DType::I64, shape), {&x, 1}, dimension);
}

Value gather(const Value &x, const Value &index, int64_t batch) {
  Dims shape = index.shape();
  shape.insert(shape.end(), x.shape().begin() + batch + 1, x.shape().end());
  Value operands[] = {x, index};
  return record(OpId::Gather, withShape(x.type(), shape), operands, batch);
}

Value scatter(const Value &base, const Value &index, const Value &updates, int64_t batch,
              const char *mode) {
  Value operands[] = {base, index, updates};
  return record(OpId::Scatter, base.type(), operands, {batch,
                int64_t(internText(mode))});
}

Value einsum(std::string_view spec, const Value &x, const Value &y) {
  size_t comma = spec.find(','), arrow = spec.find("->");
  std::string_view a = spec.substr(0, comma),
                   b = spec.substr(comma + 1, arrow - comma - 1),
                   out = spec.substr(arrow + 2);
  Dims shape;
  for (char letter : out) {
    size_t at = a.find(letter);
    shape.push_back(at != a.npos ? x.shape()[at] : y.shape()[b.find(letter)]);
  }
  Value operands[] = {x, y};
  return record(OpId::Einsum, withShape(x.type(), shape), operands,
                int64_t(internText(spec)));
}

Value checkRange(const Value &x, int64_t lower, int64_t upper,
                 std::optional<int64_t> ignore, std::string_view message) {
  int64_t text = internText(message);
  if (ignore)
    return record(OpId::CheckRangeIgnore, x.type(), {&x, 1},
                  {lower, upper, *ignore, text});
  return record(OpId::CheckRange, x.type(), {&x, 1}, {lower, upper, text});
}

Dims allDims(int64_t rank) {
  Dims dims(static_cast<size_t>(rank));
  std::iota(dims.begin(), dims.end(), 0);
  return dims;
}

} // namespace agc::detail
