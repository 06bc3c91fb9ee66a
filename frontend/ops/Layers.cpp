//===- Layers.cpp - Convolution, pooling, normalization -------------------===//
#include "frontend/ops/Composites.h"

#include <agc/Autograd.h>
#include <agc/Functions.h>

#include <cstring>

namespace agc {

using namespace detail;

namespace {

/// One entry a spatial dimension: \p list, or its one entry twice.
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

/// [n, c, h, w] from that or [c, h, w].
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

/// Positions of a window over a padded dimension.
int64_t outputSize(int64_t size, int64_t padding, int64_t window,
                   int64_t dilation, int64_t stride, const Value &x) {
  int64_t extent = 0, reach = 0;
  if (__builtin_mul_overflow(dilation, window - 1, &reach) ||
      __builtin_add_overflow(size, padding, &extent) || extent < reach + 1)
    fail("AGC0107", "has a window larger than its padded input, of shape " +
                        shapeText(x.shape()));
  return (extent - reach - 1) / stride + 1;
}

} // namespace

Tensor conv2d(Arg x, Arg weight, OptionalArg bias, IntArrayRef stride,
              IntArrayRef padding, IntArrayRef dilation, int64_t groups) {
  OpGuard op("conv2d", x.loc);
  Value from = read(x.tensor), w = read(weight.tensor);
  expectFloat(from);
  if (from.dtype() != w.dtype())
    fail("AGC0102", std::string("expects input and weight of one dtype, got ") +
                        dtypeName(from.dtype()) + " and " + dtypeName(w.dtype()));
  Value v = withBatch(from, "input");
  if (w.rank() != 4)
    fail("AGC0107", "expects a weight [out, in / groups, h, w], got shape " +
                        shapeText(w.shape()));
  if (groups < 1 || v.shape()[1] != w.shape()[1] * groups || w.shape()[0] % groups)
    fail("AGC0107", "expects " + std::to_string(w.shape()[1] * groups) +
                        " channels, as its weight of shape " + shapeText(w.shape()) +
                        " and " + std::to_string(groups) + " groups ask for, got shape " +
                        shapeText(from.shape()));
  Dims s = pairOf(stride, "stride", 1), p = pairOf(padding, "padding", 0),
       d = pairOf(dilation, "dilation", 1), words = s, shape{v.shape()[0], w.shape()[0]};
  for (size_t i = 0; i < 2; ++i)
    shape.push_back(outputSize(v.shape()[2 + i], 2 * p[i], w.shape()[2 + i], d[i], s[i], from));
  for (const Dims *list : {&p, &p, &d})
    words.insert(words.end(), list->begin(), list->end());
  words.push_back(groups);
  Value operands[] = {v, w};
  Value y = record(OpId::Conv, withShape(v.type(), shape), operands, words);
  std::vector<Value> edges{from, w};
  if (bias.tensor && bias.tensor->defined()) {
    Value b = read(*bias.tensor);
    if (b.shape() != Dims{w.shape()[0]} || b.dtype() != w.dtype())
      fail("AGC0107", "expects a bias of its weight's " + std::to_string(w.shape()[0]) +
                          " outputs and dtype, got shape " + shapeText(b.shape()));
    y = y + broadcastDims(b, y.shape(), 1);
    edges.push_back(b);
  }
  return wrap(withoutBatch(y, from), "ConvolutionBackward0", std::move(edges));
}

Tensor max_pool2d(Arg x, IntArrayRef kernel, IntArrayRef stride,
                  IntArrayRef padding, IntArrayRef dilation, bool ceil_mode) {
  OpGuard op("max_pool2d", x.loc);
  Value from = read(x.tensor);
  expectFloat(from);
  Value v = withBatch(from, "input");
  Dims k = pairOf(kernel, "kernel_size", 1),
       s = stride.empty() ? k : pairOf(stride, "stride", 1),
       p = pairOf(padding, "padding", 0), d = pairOf(dilation, "dilation", 1);
  if (d != Dims{1, 1})
    fail("AGC0116", "has no dilation yet, got " + shapeText(dilation));
  Dims high = p, shape{v.shape()[0], v.shape()[1]}, words = k;
  for (size_t i = 0; i < 2; ++i) {
    int64_t size = v.shape()[2 + i];
    if (2 * p[i] > k[i])
      fail("AGC0104", "expects padding of at most half its kernel, got " +
                          std::to_string(p[i]) + " and " + std::to_string(k[i]));
    int64_t out = outputSize(size, 2 * p[i], k[i], 1, s[i], from);
    // One more window, if it starts within the input or the padding before.
    if (ceil_mode && (out - 1) * s[i] + k[i] < size + 2 * p[i] &&
        out * s[i] < size + p[i]) {
      high[i] = out * s[i] + k[i] - size - p[i];
      ++out;
    }
    shape.push_back(out);
  }
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
  Value rows = einsum("nchw,yh->ncyw", v, averagingMatrix(v.dtype(), out[0], v.shape()[2]));
  Value y = einsum("ncyw,xw->ncyx", rows, averagingMatrix(v.dtype(), out[1], v.shape()[3]));
  return wrap(withoutBatch(y, from), "AdaptiveAvgPool2DBackward0", {from});
}

Tensor batch_norm(Arg x, OptionalArg weight, OptionalArg bias,
                  OptionalArg running_mean, OptionalArg running_var,
                  bool training, double momentum, double eps, bool) {
  OpGuard op("batch_norm", x.loc);
  Value v = read(x.tensor);
  expectFloat(v);
  if (v.rank() < 2)
    fail("AGC0107", "expects [n, c, ...], got shape " + shapeText(v.shape()));
  int64_t channels = v.shape()[1];
  auto perChannel = [&](const OptionalArg &arg, const char *what) {
    if (!arg.tensor || !arg.tensor->defined())
      return Value();
    Value p = read(*arg.tensor);
    if (p.shape() != Dims{channels} || p.dtype() != v.dtype())
      fail("AGC0107", std::string("expects a ") + what + " of " +
                          std::to_string(channels) + " channels and dtype " +
                          dtypeName(v.dtype()) + ", got shape " + shapeText(p.shape()) +
                          " and dtype " + dtypeName(p.dtype()));
    return p;
  };
  Value w = perChannel(weight, "weight"), b = perChannel(bias, "bias"),
        oldMean = perChannel(running_mean, "running_mean"),
        oldVar = perChannel(running_var, "running_var");
  Dims dims;
  for (int64_t d = 0; d < v.rank(); ++d)
    if (d != 1)
      dims.push_back(d);
  auto spread = [&](const Value &p) { return broadcastDims(p, v.shape(), 1); };

  Value mean, variance;
  if (training) {
    int64_t count = channels ? v.type()->numel / channels : 0;
    if (count < 2)
      fail("AGC0107", "expects more than 1 value a channel when training, got shape " +
                          shapeText(v.shape()));
    mean = meanOf(v, dims, false);
    variance = meanOf(powi(v - spread(mean), 2), dims, false);
    NoGradGuard quiet;
    auto blend = [&](const OptionalArg &arg, const Value &old, const Value &now) {
      if (!old)
        return;
      write(*arg.tensor, old * constantLike(old, 1 - momentum) +
                             now * constantLike(now, momentum));
    };
    blend(running_mean, oldMean, mean);
    blend(running_var, oldVar,
          variance * constantLike(variance, double(count) / double(count - 1)));
  } else {
    if (!oldMean || !oldVar)
      fail("AGC0107", "expects running_mean and running_var when not training");
    mean = oldMean;
    variance = oldVar;
  }
  Value scale = unary(OpId::Rsqrt, variance + constantLike(variance, eps));
  Value y = (v - spread(mean)) * spread(scale);
  std::vector<Value> edges{v};
  if (w) {
    y = y * spread(w);
    edges.push_back(w);
  }
  if (b) {
    y = y + spread(b);
    edges.push_back(b);
  }
  return wrap(y, "NativeBatchNormBackward0", std::move(edges));
}

} // namespace agc
