//===- Convolution.cpp - Convolutions, forward and transposed --------------===//
#include "frontend/ops/Spatial.h"

#include <agc/Functions.h>

namespace agc {

using namespace detail;

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

Tensor conv1d(Arg x, Arg weight, OptionalArg bias, IntArrayRef stride, IntArrayRef padding,
              IntArrayRef dilation, int64_t groups) {
  OpGuard op("conv1d", x.loc);
  if (x.tensor.dim() != 2 && x.tensor.dim() != 3)
    fail("AGC0107", "expects input [n, c, l] or [c, l], got shape " + shapeText(x.tensor.sizes()));
  if (weight.tensor.dim() != 3)
    fail("AGC0107", "expects a weight [out, in / groups, k], got shape " + shapeText(weight.tensor.sizes()));
  Tensor flat = x.tensor.unsqueeze(-2, x.loc), kernel = weight.tensor.unsqueeze(-2, x.loc);
  auto behind = [](IntArrayRef list, int64_t first, const char *what) {
    if (list.size() != 1)
      fail("AGC0104", std::string("expects 1 entry in ") + what + ", got " + shapeText(list));
    return Dims{first, list[0]};
  };
  Tensor y = conv2d(Arg(flat, x.loc), Arg(kernel, x.loc), bias, behind(stride, 1, "stride"),
                    behind(padding, 0, "padding"), behind(dilation, 1, "dilation"), groups);
  return y.squeeze(-2, x.loc);
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
  std::vector<Value> edges{from, w};
  if (bias.tensor && bias.tensor->defined()) {
    Value b = read(*bias.tensor);
    if (b.shape() != Dims{shape[1]} || b.dtype() != w.dtype())
      fail("AGC0107", "expects a bias of " + std::to_string(shape[1]) + " outputs and its weight's dtype, got shape " +
                          shapeText(b.shape()));
    y = y + broadcastDims(b, y.shape(), 1);
    edges.push_back(b);
  }
  return wrap(withoutBatch(y, from), "ConvolutionBackward0", std::move(edges));
}

} // namespace agc
