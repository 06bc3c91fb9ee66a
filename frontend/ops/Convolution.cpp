//===- Convolution.cpp - Convolutions, forward and transposed --------------===//
#include "frontend/ops/Spatial.h"

#include <agc/Functions.h>

namespace agc {

using namespace detail;

namespace {

/// \p low, \p high: zeros before and after each spatial dimension.
Tensor convolve(Arg x, Arg weight, OptionalArg bias, const Dims &s, const Dims &low, const Dims &high,
                const Dims &d, int64_t groups) {
  Value from = read(x.tensor), w = read(weight.tensor);
  expectFloat(from);
  if (from.dtype() != w.dtype())
    fail("AGC0102", std::string("expects input and weight of one dtype, got ") +
                        dtypeName(from.dtype()) + " and " + dtypeName(w.dtype()));
  Value v = withBatch(from, "input");
  if (groups < 1 || v.shape()[1] != w.shape()[1] * groups || w.shape()[0] % groups)
    fail("AGC0107", "expects " + std::to_string(w.shape()[1] * groups) +
                        " channels, as its weight of shape " + shapeText(w.shape()) +
                        " and " + std::to_string(groups) + " groups ask for, got shape " +
                        shapeText(from.shape()));
  Dims words = s, shape{v.shape()[0], w.shape()[0]};
  for (size_t i = 0; i < 2; ++i)
    shape.push_back(outputSize(v.shape()[2 + i], low[i] + high[i], w.shape()[2 + i], d[i], s[i], from));
  for (const Dims *list : {&low, &high, &d})
    words.insert(words.end(), list->begin(), list->end());
  words.push_back(groups);
  Value operands[] = {v, w};
  Value y = record(OpId::Conv, withShape(v.type(), shape), operands, words);
  std::vector<Value> edges{from, w, Value()};
  if (bias.tensor && bias.tensor->defined()) {
    Value b = read(*bias.tensor);
    if (b.shape() != Dims{w.shape()[0]} || b.dtype() != w.dtype())
      fail("AGC0107", "expects a bias of its weight's " + std::to_string(w.shape()[0]) +
                          " outputs and dtype, got shape " + shapeText(b.shape()));
    y = y + broadcastDims(b, y.shape(), 1);
    edges[2] = b;
  }
  return wrap(withoutBatch(y, from), "ConvolutionBackward0", std::move(edges));
}

void expectWeight(Arg weight, int64_t rank, const char *layout) {
  if (weight.tensor.dim() != rank)
    fail("AGC0107", std::string("expects a weight ") + layout + ", got shape " + shapeText(weight.tensor.sizes()));
}

/// "same" or "valid" in numbers: before and after.
std::pair<Dims, Dims> paddingOf(std::string_view padding, const Dims &stride, const Dims &dilation,
                                IntArrayRef kernel) {
  Dims low(kernel.size(), 0), high = low;
  if (padding == "valid")
    return {low, high};
  if (padding != "same")
    fail("AGC0104", "expects padding 'same' or 'valid', got '" + std::string(padding) + "'");
  for (size_t i = 0; i < kernel.size(); ++i) {
    if (stride[i] != 1)
      fail("AGC0104", "expects stride 1 with padding 'same', got " + std::to_string(stride[i]));
    int64_t total = dilation[i] * (kernel[i] - 1);
    low[i] = total / 2;
    high[i] = total - low[i];
  }
  return {low, high};
}

/// Of one dimension: as an image of one row. \p call gets image and weight.
template <typename Fn> Tensor asRow(Arg x, Arg weight, Fn call) {
  if (x.tensor.dim() != 2 && x.tensor.dim() != 3)
    fail("AGC0107", "expects input [n, c, l] or [c, l], got shape " + shapeText(x.tensor.sizes()));
  expectWeight(weight, 3, "[out, in / groups, k]");
  Tensor flat = x.tensor.unsqueeze(-2, x.loc), kernel = weight.tensor.unsqueeze(-2, x.loc);
  return call(Arg(flat, x.loc), Arg(kernel, x.loc)).squeeze(-2, x.loc);
}
Dims behind(int64_t first, IntArrayRef list, const char *what) {
  if (list.size() != 1)
    fail("AGC0104", std::string("expects 1 entry in ") + what + ", got " + shapeText(list));
  return Dims{first, list[0]};
}

} // namespace

Tensor conv2d(Arg x, Arg weight, OptionalArg bias, IntArrayRef stride,
              IntArrayRef padding, IntArrayRef dilation, int64_t groups) {
  OpGuard op("conv2d", x.loc);
  expectWeight(weight, 4, "[out, in / groups, h, w]");
  Dims p = pairOf(padding, "padding", 0);
  return convolve(x, weight, bias, pairOf(stride, "stride", 1), p, p, pairOf(dilation, "dilation", 1), groups);
}
Tensor detail::conv2dBy(Arg x, Arg weight, OptionalArg bias, IntArrayRef stride, std::string_view padding,
                        IntArrayRef dilation, int64_t groups) {
  OpGuard op("conv2d", x.loc);
  expectWeight(weight, 4, "[out, in / groups, h, w]");
  Dims s = pairOf(stride, "stride", 1), d = pairOf(dilation, "dilation", 1);
  auto [low, high] = paddingOf(padding, s, d, IntArrayRef(weight.tensor.sizes().data() + 2, 2));
  return convolve(x, weight, bias, s, low, high, d, groups);
}

Tensor conv1d(Arg x, Arg weight, OptionalArg bias, IntArrayRef stride, IntArrayRef padding,
              IntArrayRef dilation, int64_t groups) {
  OpGuard op("conv1d", x.loc);
  return asRow(x, weight, [&](Arg row, Arg kernel) {
    return conv2d(row, kernel, bias, behind(1, stride, "stride"), behind(0, padding, "padding"),
                  behind(1, dilation, "dilation"), groups);
  });
}
Tensor detail::conv1dBy(Arg x, Arg weight, OptionalArg bias, IntArrayRef stride, std::string_view padding,
                        IntArrayRef dilation, int64_t groups) {
  OpGuard op("conv1d", x.loc);
  return asRow(x, weight, [&](Arg row, Arg kernel) {
    return conv2dBy(row, kernel, bias, behind(1, stride, "stride"), padding, behind(1, dilation, "dilation"), groups);
  });
}

Tensor conv_transpose2d(Arg x, Arg weight, OptionalArg bias, IntArrayRef stride, IntArrayRef padding,
                        IntArrayRef output_padding, int64_t groups, IntArrayRef dilation) {
  OpGuard op("conv_transpose2d", x.loc);
  Value from = read(x.tensor), w = read(weight.tensor);
  expectFloat(from);
  if (from.dtype() != w.dtype())
    fail("AGC0102", std::string("expects input and weight of one dtype, got ") +
                        dtypeName(from.dtype()) + " and " + dtypeName(w.dtype()));
  Value v = withBatch(from, "input");
  if (w.rank() != 4 || groups < 1 || v.shape()[1] != w.shape()[0] || w.shape()[0] % groups)
    fail("AGC0107", "expects a weight [in, out / groups, h, w] for an input of shape " +
                        shapeText(from.shape()) + ", got shape " + shapeText(w.shape()));
  Dims s = pairOf(stride, "stride", 1), p = pairOf(padding, "padding", 0),
       extra = pairOf(output_padding, "output_padding", 0), d = pairOf(dilation, "dilation", 1);
  // The gradient of the convolution that has this weight: of an input of this size.
  Dims words = s, shape{v.shape()[0], w.shape()[1] * groups};
  for (size_t i = 0; i < 2; ++i) {
    if (extra[i] >= std::max(s[i], d[i]))
      fail("AGC0104", "expects output_padding below stride or dilation, got " + shapeText(output_padding));
    int64_t size = (v.shape()[2 + i] - 1) * s[i] - 2 * p[i] + d[i] * (w.shape()[2 + i] - 1) + extra[i] + 1;
    if (size < 1)
      fail("AGC0107", "has no output for an input of shape " + shapeText(from.shape()));
    shape.push_back(size);
  }
  for (const Dims *list : {&p, &p, &d})
    words.insert(words.end(), list->begin(), list->end());
  words.push_back(groups);
  // More than a stride of further outputs no window begins in: they are zero.
  Dims inner = shape;
  for (size_t i = 0; i < 2; ++i)
    inner[2 + i] -= extra[i] >= s[i] ? extra[i] : 0;
  Value operands[] = {v, w};
  Value y = record(OpId::ConvInputGrad, withShape(v.type(), inner), operands, words);
  if (inner != shape)
    y = pad(y, {0, 0, 0, 0}, {0, 0, shape[2] - inner[2], shape[3] - inner[3]}, {0, 0, 0, 0}, 0);
  std::vector<Value> edges{from, w, Value()};
  if (bias.tensor && bias.tensor->defined()) {
    Value b = read(*bias.tensor);
    if (b.shape() != Dims{shape[1]} || b.dtype() != w.dtype())
      fail("AGC0107", "expects a bias of " + std::to_string(shape[1]) + " outputs and its weight's dtype, got shape " +
                          shapeText(b.shape()));
    y = y + broadcastDims(b, y.shape(), 1);
    edges[2] = b;
  }
  return wrap(withoutBatch(y, from), "ConvolutionBackward0", std::move(edges));
}

} // namespace agc
