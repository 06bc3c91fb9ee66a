//===- Pooling.cpp - Largest and mean of windows ----------------------------===//
#include "frontend/ops/Spatial.h"

#include <cmath>
#include <cstring>

namespace agc {

using namespace detail;

namespace detail {

Dims pairOf(IntArrayRef list, const char *what, int64_t least) {
  Dims dims = list.size() == 1 ? Dims{list[0], list[0]} : list.vec();
  if (dims.size() != 2)
    fail("AGC0104", std::string("expects 1 or 2 entries in ") + what + ", got " +
                        shapeText(list));
  for (int64_t d : dims)
    if (d < least)
      fail("AGC0104", std::string("expects ") + what + " of at least " +
                          std::to_string(least) + ", got " + shapeText(list));
  return dims;
}

Value withBatch(const Value &x, const char *name) {
  if (x.rank() == 4)
    return x;
  if (x.rank() != 3)
    fail("AGC0107", std::string("expects ") + name + " [n, c, h, w] or [c, h, w], got shape " +
                        shapeText(x.shape()));
  Dims shape = x.shape();
  shape.insert(shape.begin(), 1);
  return reshape(x, shape);
}

Value withoutBatch(const Value &y, const Value &like) {
  if (like.rank() == 4)
    return y;
  return reshape(y, Dims(y.shape().begin() + 1, y.shape().end()));
}

int64_t outputSize(int64_t size, int64_t padding, int64_t window,
                   int64_t dilation, int64_t stride, const Value &x) {
  int64_t extent = 0, reach = 0;
  if (__builtin_mul_overflow(dilation, window - 1, &reach) ||
      __builtin_add_overflow(size, padding, &extent) || extent < reach + 1)
    fail("AGC0107", "has a window larger than its padded input, of shape " +
                        shapeText(x.shape()));
  return (extent - reach - 1) / stride + 1;
}

} // namespace detail

namespace {

/// The largest of windows with gaps: of the elements at each place in a window.
Value dilatedMax(const Value &x, const Dims &shape, const Dims &kernel, const Dims &stride,
                 const Dims &low, const Dims &high, const Dims &dilation) {
  Value wide = pad(x, {0, 0, low[0], low[1]}, {0, 0, high[0], high[1]}, {0, 0, 0, 0}, -INFINITY);
  std::vector<Value> places;
  for (int64_t i = 0; i < kernel[0]; ++i)
    for (int64_t j = 0; j < kernel[1]; ++j) {
      int64_t top = i * dilation[0], left = j * dilation[1];
      Value place = slice(wide, {0, 0, top, left},
                          {shape[0], shape[1], top + (shape[2] - 1) * stride[0] + 1,
                           left + (shape[3] - 1) * stride[1] + 1},
                          {1, 1, stride[0], stride[1]});
      places.push_back(reshape(place, {shape[0], shape[1], 1, shape[2], shape[3]}));
    }
  Value all = concat(places, 2);
  Value at = reshape(argmax(stopGradient(all), 2), places[0].shape());
  return reshape(gatherOf(all, 2, at), shape);
}

} // namespace

Tensor max_pool2d(Arg x, IntArrayRef kernel, IntArrayRef stride,
                  IntArrayRef padding, IntArrayRef dilation, bool ceil_mode) {
  OpGuard op("max_pool2d", x.loc);
  Value from = read(x.tensor);
  expectFloat(from);
  Value v = withBatch(from, "input");
  Dims k = pairOf(kernel, "kernel_size", 1),
       s = stride.empty() ? k : pairOf(stride, "stride", 1),
       p = pairOf(padding, "padding", 0), d = pairOf(dilation, "dilation", 1);
  Dims high = p, shape{v.shape()[0], v.shape()[1]}, words = k;
  for (size_t i = 0; i < 2; ++i) {
    int64_t size = v.shape()[2 + i];
    int64_t out = outputSize(size, 2 * p[i], k[i], d[i], s[i], from);
    int64_t reach = d[i] * (k[i] - 1) + 1;
    if (2 * p[i] > k[i])
      fail("AGC0104", "expects padding of at most half its kernel, got " +
                          std::to_string(p[i]) + " and " + std::to_string(k[i]));
    // One more window, if it starts within the input or the padding before.
    if (ceil_mode && (out - 1) * s[i] + reach < size + 2 * p[i] &&
        out * s[i] < size + p[i]) {
      high[i] = out * s[i] + reach - size - p[i];
      ++out;
    }
    shape.push_back(out);
  }
  if (d != Dims{1, 1})
    return wrap(withoutBatch(dilatedMax(v, shape, k, s, p, high, d), from),
                "MaxPool2DWithIndicesBackward0", {from});
  for (const Dims *list : {&s, &p, &high})
    words.insert(words.end(), list->begin(), list->end());
  TypeRef types[] = {withShape(v.type(), shape), typeOf(DType::I32, shape)};
  Value y{recordMany(OpId::MaxPool, types, {&v, 1}, words), 0};
  return wrap(withoutBatch(y, from), "MaxPool2DWithIndicesBackward0", {from});
}

namespace {

/// [out, in]: row o averages the elements of window o, as PyTorch cuts them.
Value averagingMatrix(DType type, int64_t out, int64_t in) {
  TypeRef matrix = typeOf(DType::F64, {out, in});
  std::string bytes(size_t(matrix->sizeBytes), '\0');
  for (int64_t o = 0; o < out; ++o) {
    int64_t begin = o * in / out, end = ((o + 1) * in + out - 1) / out;
    double share = 1.0 / double(end - begin);
    for (int64_t i = begin; i < end; ++i)
      std::memcpy(&bytes[size_t(o * in + i) * 8], &share, 8);
  }
  Value constant =
      record(OpId::ConstantData, matrix, {}, int64_t(internText(bytes)));
  return convert(constant, type);
}

} // namespace

Tensor adaptive_avg_pool2d(Arg x, IntArrayRef output_size) {
  OpGuard op("adaptive_avg_pool2d", x.loc);
  Value from = read(x.tensor);
  expectFloat(from);
  Value v = withBatch(from, "input");
  Dims out = pairOf(output_size, "output_size", 0);
  if (v.shape()[2] == 0 || v.shape()[3] == 0)
    fail("AGC0107", "expects elements to average, got shape " + shapeText(from.shape()));
  if (out == Dims{1, 1}) {
    Value y = meanOf(v, {2, 3}, true);
    return wrap(withoutBatch(y, from), "MeanBackward1", {from});
  }
  int64_t high = v.shape()[2], wide = v.shape()[3];
  if (out[0] > 0 && out[1] > 0 && high % out[0] == 0 && wide % out[1] == 0) {
    Dims parts{v.shape()[0], v.shape()[1], out[0], high / out[0], out[1], wide / out[1]};
    Value y = meanOf(reshape(v, parts), {3, 5}, false);
    return wrap(withoutBatch(y, from), "AdaptiveAvgPool2DBackward0", {from});
  }
  Value rows = einsum("nchw,yh->ncyw", v, averagingMatrix(v.dtype(), out[0], v.shape()[2]));
  Value y = einsum("ncyw,xw->ncyx", rows, averagingMatrix(v.dtype(), out[1], v.shape()[3]));
  return wrap(withoutBatch(y, from), "AdaptiveAvgPool2DBackward0", {from});
}

namespace {

/// [out, 1] or [1, out]: how many of each window's elements count.
std::vector<double> windowCounts(int64_t size, int64_t out, int64_t kernel, int64_t stride, int64_t padding,
                                 bool includePad) {
  std::vector<double> counts;
  for (int64_t o = 0; o < out; ++o) {
    int64_t begin = o * stride - padding, end = std::min(begin + kernel, size + padding);
    if (!includePad) {
      begin = std::max<int64_t>(begin, 0);
      end = std::min(end, size);
    }
    counts.push_back(double(end - begin));
  }
  return counts;
}

} // namespace

Tensor avg_pool2d(Arg x, IntArrayRef kernel, IntArrayRef stride, IntArrayRef padding, bool ceil_mode,
                  bool count_include_pad, std::optional<int64_t> divisor) {
  OpGuard op("avg_pool2d", x.loc);
  Value from = read(x.tensor);
  expectFloat(from);
  Value v = withBatch(from, "input");
  Dims k = pairOf(kernel, "kernel_size", 1), s = stride.empty() ? k : pairOf(stride, "stride", 1),
       p = pairOf(padding, "padding", 0), out, high = p;
  if (divisor && *divisor == 0)
    fail("AGC0104", "expects a divisor that is not 0");
  for (size_t i = 0; i < 2; ++i) {
    int64_t size = v.shape()[2 + i];
    if (2 * p[i] > k[i])
      fail("AGC0104", "expects padding of at most half its kernel, got " + std::to_string(p[i]) + " and " +
                          std::to_string(k[i]));
    int64_t n = outputSize(size, 2 * p[i], k[i], 1, s[i], from);
    // One more window, if it starts within the input or the padding before.
    if (ceil_mode && (n - 1) * s[i] + k[i] < size + 2 * p[i] && n * s[i] < size + p[i]) {
      high[i] = n * s[i] + k[i] - size - p[i];
      ++n;
    }
    out.push_back(n);
  }
  Value padded = pad(v, {0, 0, p[0], p[1]}, {0, 0, high[0], high[1]}, {0, 0, 0, 0}, 0), sum;
  for (int64_t i = 0; i < k[0]; ++i)
    for (int64_t j = 0; j < k[1]; ++j) {
      Value part = slice(padded, {0, 0, i, j},
                         {v.shape()[0], v.shape()[1], i + (out[0] - 1) * s[0] + 1, j + (out[1] - 1) * s[1] + 1},
                         {1, 1, s[0], s[1]});
      sum = sum ? sum + part : part;
    }
  std::vector<double> rows = windowCounts(v.shape()[2], out[0], k[0], s[0], p[0], count_include_pad),
                      columns = windowCounts(v.shape()[3], out[1], k[1], s[1], p[1], count_include_pad);
  std::vector<double> counts;
  bool even = true;
  for (double r : rows)
    for (double c : columns) {
      counts.push_back(divisor ? double(*divisor) : r * c);
      even &= counts.back() == counts.front();
    }
  Value by;
  if (even) {
    by = constantLike(sum, counts.empty() ? 1 : counts.front());
  } else {
    std::string bytes(counts.size() * sizeof(double), '\0');
    std::memcpy(bytes.data(), counts.data(), bytes.size());
    Value table = record(OpId::ConstantData, typeOf(DType::F64, out), {}, int64_t(internText(bytes)));
    by = broadcastDims(convert(table, sum.dtype()), sum.shape(), {2, 3});
  }
  return wrap(withoutBatch(sum / by, from), "AvgPool2DBackward0", {from});
}

namespace {
/// A function of images on [.., l] as [.., 1, l].
template <typename Fn> Tensor asImage(const char *name, Arg x, Fn function) {
  OpGuard op(name, x.loc);
  if (x.tensor.dim() != 2 && x.tensor.dim() != 3)
    fail("AGC0107", "expects input [n, c, l] or [c, l], got shape " + shapeText(x.tensor.sizes()));
  Tensor image = x.tensor.unsqueeze(-2, x.loc);
  return function(Arg(image, x.loc)).squeeze(-2, x.loc);
}
Dims row(IntArrayRef list, int64_t first) {
  return list.empty() ? Dims{} : Dims{first, list[0]};
}
} // namespace

Tensor avg_pool1d(Arg x, IntArrayRef kernel, IntArrayRef stride, IntArrayRef padding, bool ceil_mode,
                  bool count_include_pad) {
  return asImage("avg_pool1d", x, [&](Arg image) {
    return avg_pool2d(image, row(kernel, 1), row(stride, 1), row(padding, 0), ceil_mode, count_include_pad);
  });
}
Tensor max_pool1d(Arg x, IntArrayRef kernel, IntArrayRef stride, IntArrayRef padding, IntArrayRef dilation,
                  bool ceil_mode) {
  return asImage("max_pool1d", x, [&](Arg image) {
    return max_pool2d(image, row(kernel, 1), row(stride, 1), row(padding, 0), row(dilation, 1), ceil_mode);
  });
}
Tensor adaptive_avg_pool1d(Arg x, IntArrayRef output_size) {
  return asImage("adaptive_avg_pool1d", x, [&](Arg image) {
    return adaptive_avg_pool2d(image, row(output_size, 1));
  });
}

} // namespace agc
