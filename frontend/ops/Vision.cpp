//===- Vision.cpp - Padding, patches and sizes of images --------------------===//
#include "frontend/ops/Spatial.h"

#include <agc/nn/Vision.h>

#include <cmath>
#include <cstring>

namespace agc {

using namespace detail;

//===----------------------------------------------------------------------===//
// Padding
//===----------------------------------------------------------------------===//

namespace {

/// \p x with what stands before and after it along a dimension; \p mode is one
/// of PadFuncOptions::mode_t but constant.
Value extended(const Value &x, int64_t dim, int64_t before, int64_t after, size_t mode) {
  int64_t n = x.shape()[size_t(dim)];
  enum { Reflect = 1, Replicate = 2 };
  int64_t most = mode == Reflect ? n - 1 : mode == Replicate ? INT64_MAX : n;
  if (n == 0 || before > most || after > most)
    fail("AGC0104", std::string("expects padding of at most ") + std::to_string(std::max<int64_t>(most, 0)) +
                        " for size " + std::to_string(n) + ", got " + std::to_string(before) + " and " +
                        std::to_string(after));
  auto repeated = [&](int64_t at, int64_t times) {
    Dims shape = x.shape();
    shape[size_t(dim)] = times;
    return broadcastTo(sliceDim(x, dim, at, at + 1), shape);
  };
  std::vector<Value> parts;
  if (before)
    parts.push_back(mode == Reflect     ? reverse(sliceDim(x, dim, 1, 1 + before), dim)
                    : mode == Replicate ? repeated(0, before)
                                        : sliceDim(x, dim, n - before, n));
  parts.push_back(x);
  if (after)
    parts.push_back(mode == Reflect     ? reverse(sliceDim(x, dim, n - 1 - after, n - 1), dim)
                    : mode == Replicate ? repeated(n - 1, after)
                                        : sliceDim(x, dim, 0, after));
  return parts.size() == 1 ? x : concat(parts, dim);
}

} // namespace

namespace nn::functional {

Tensor pad(Arg x, const PadFuncOptions &o) {
  if (o.mode().is<enumtype::kConstant>())
    return constant_pad_nd(x, o.pad(), o.value());
  OpGuard op("pad", x.loc);
  // Whole: a node keeps no more than where its name is.
  static const char *const gradNames[][3] = {
      {"ReflectionPad1DBackward0", "ReflectionPad2DBackward0", "ReflectionPad3DBackward0"},
      {"ReplicationPad1DBackward0", "ReplicationPad2DBackward0", "ReplicationPad3DBackward0"},
      {"PadCircular", "PadCircular", "PadCircular"}};
  Value from = read(x.tensor), v = from;
  int64_t count = int64_t(o.pad().size() / 2);
  if (o.pad().size() % 2 || count < 1 || count > 3 || (v.rank() != count + 1 && v.rank() != count + 2))
    fail("AGC0104", "expects two amounts for each of the dimensions behind [n, c] or [c], got " +
                        shapeText(o.pad()) + " for shape " + shapeText(v.shape()));
  for (int64_t i = 0; i < count; ++i) {
    int64_t d = v.rank() - 1 - i, before = o.pad()[size_t(2 * i)], after = o.pad()[size_t(2 * i + 1)];
    // Negative amounts cut.
    int64_t first = std::max<int64_t>(-before, 0), size = v.shape()[size_t(d)];
    int64_t limit = size - std::max<int64_t>(-after, 0);
    if (first > limit)
      fail("AGC0104", "cuts more than there is: shape " + shapeText(from.shape()) + ", padding " + shapeText(o.pad()));
    if (first > 0 || limit < size)
      v = sliceDim(v, d, first, limit);
    v = extended(v, d, std::max<int64_t>(before, 0), std::max<int64_t>(after, 0), o.mode().index());
  }
  return wrap(v, gradNames[o.mode().index() - 1][count - 1], {from});
}

} // namespace nn::functional

//===----------------------------------------------------------------------===//
// Patches
//===----------------------------------------------------------------------===//

namespace {

/// How windows lie in an image; all lists are of two.
struct Windows {
  Dims kernel, dilation, padding, stride, positions;
};

Windows windowsOf(int64_t height, int64_t width, IntArrayRef kernel, IntArrayRef dilation, IntArrayRef padding,
                  IntArrayRef stride, const Value &x) {
  Windows w{pairOf(kernel, "kernel_size", 1), pairOf(dilation, "dilation", 1), pairOf(padding, "padding", 0),
            pairOf(stride, "stride", 1), {}};
  for (size_t i = 0; i < 2; ++i)
    w.positions.push_back(outputSize(i ? width : height, 2 * w.padding[i], w.kernel[i], w.dilation[i], w.stride[i], x));
  return w;
}

} // namespace

Tensor im2col(Arg x, IntArrayRef kernel, IntArrayRef dilation, IntArrayRef padding, IntArrayRef stride) {
  OpGuard op("im2col", x.loc);
  Value from = read(x.tensor), v = withBatch(from, "input");
  Windows w = windowsOf(v.shape()[2], v.shape()[3], kernel, dilation, padding, stride, from);
  int64_t n = v.shape()[0], c = v.shape()[1], count = w.positions[0] * w.positions[1];
  Value padded = pad(v, {0, 0, w.padding[0], w.padding[1]}, {0, 0, w.padding[0], w.padding[1]}, {0, 0, 0, 0}, 0);
  std::vector<Value> parts;
  for (int64_t i = 0; i < w.kernel[0]; ++i)
    for (int64_t j = 0; j < w.kernel[1]; ++j) {
      int64_t top = i * w.dilation[0], left = j * w.dilation[1];
      Value part = slice(padded, {0, 0, top, left},
                         {n, c, top + (w.positions[0] - 1) * w.stride[0] + 1, left + (w.positions[1] - 1) * w.stride[1] + 1},
                         {1, 1, w.stride[0], w.stride[1]});
      parts.push_back(reshape(part, {n, c, 1, count}));
    }
  Value columns = reshape(concat(parts, 2), {n, c * int64_t(parts.size()), count});
  if (from.rank() == 3)
    columns = reshape(columns, {columns.shape()[1], count});
  return wrap(columns, "Im2ColBackward0", {from});
}

Tensor col2im(Arg x, IntArrayRef output_size, IntArrayRef kernel, IntArrayRef dilation, IntArrayRef padding,
              IntArrayRef stride) {
  OpGuard op("col2im", x.loc);
  Value from = read(x.tensor), v = from;
  Dims size = pairOf(output_size, "output_size", 1);
  Windows w = windowsOf(size[0], size[1], kernel, dilation, padding, stride, from);
  if (v.rank() == 2)
    v = reshape(v, {1, v.shape()[0], v.shape()[1]});
  int64_t each = w.kernel[0] * w.kernel[1], count = w.positions[0] * w.positions[1];
  if (v.rank() != 3 || v.shape()[1] % each || v.shape()[2] != count)
    fail("AGC0107", "expects columns [n, c * " + std::to_string(each) + ", " + std::to_string(count) + "], got shape " +
                        shapeText(from.shape()));
  int64_t n = v.shape()[0], c = v.shape()[1] / each;
  v = reshape(v, {n, c, each, w.positions[0], w.positions[1]});
  Dims wide{size[0] + 2 * w.padding[0], size[1] + 2 * w.padding[1]};
  Value sum;
  for (int64_t i = 0; i < w.kernel[0]; ++i)
    for (int64_t j = 0; j < w.kernel[1]; ++j) {
      int64_t at = i * w.kernel[1] + j, top = i * w.dilation[0], left = j * w.dilation[1];
      Value part = reshape(sliceDim(v, 2, at, at + 1), {n, c, w.positions[0], w.positions[1]});
      int64_t height = (w.positions[0] - 1) * w.stride[0] + 1, width = (w.positions[1] - 1) * w.stride[1] + 1;
      part = pad(part, {0, 0, top, left}, {0, 0, wide[0] - top - height, wide[1] - left - width},
                 {0, 0, w.stride[0] - 1, w.stride[1] - 1}, 0);
      sum = sum ? sum + part : part;
    }
  Value image = slice(sum, {0, 0, w.padding[0], w.padding[1]}, {n, c, w.padding[0] + size[0], w.padding[1] + size[1]},
                      {1, 1, 1, 1});
  return wrap(from.rank() == 2 ? reshape(image, {c, size[0], size[1]}) : image, "Col2ImBackward0", {from});
}

namespace {
/// [..., c, h, w] and the leading sizes.
Dims leadingOf(const Value &v) {
  if (v.rank() < 3)
    fail("AGC0107", "expects [..., c, h, w], got shape " + shapeText(v.shape()));
  return Dims(v.shape().begin(), v.shape().end() - 3);
}
Value shuffled(const Value &v, const Dims &lead, const Dims &split, const Dims &order, const Dims &end) {
  Dims from = lead, permutation = allDims(int64_t(lead.size())), to = lead;
  from.insert(from.end(), split.begin(), split.end());
  for (int64_t d : order)
    permutation.push_back(int64_t(lead.size()) + d);
  to.insert(to.end(), end.begin(), end.end());
  return reshape(transpose(reshape(v, from), permutation), to);
}
} // namespace

Tensor pixel_shuffle(Arg x, int64_t r) {
  OpGuard op("pixel_shuffle", x.loc);
  Value v = read(x.tensor);
  Dims lead = leadingOf(v);
  int64_t c = v.shape()[lead.size()], h = v.shape()[lead.size() + 1], w = v.shape()[lead.size() + 2];
  if (r < 1 || c % (r * r))
    fail("AGC0107", "expects a number of channels that " + std::to_string(r) + " squared divides, got shape " +
                        shapeText(v.shape()));
  c /= r * r;
  return wrap(shuffled(v, lead, {c, r, r, h, w}, {0, 3, 1, 4, 2}, {c, h * r, w * r}), "PixelShuffleBackward0", {v});
}
Tensor pixel_unshuffle(Arg x, int64_t r) {
  OpGuard op("pixel_unshuffle", x.loc);
  Value v = read(x.tensor);
  Dims lead = leadingOf(v);
  int64_t c = v.shape()[lead.size()], h = v.shape()[lead.size() + 1], w = v.shape()[lead.size() + 2];
  if (r < 1 || h % r || w % r)
    fail("AGC0107", "expects height and width that " + std::to_string(r) + " divides, got shape " +
                        shapeText(v.shape()));
  h /= r;
  w /= r;
  return wrap(shuffled(v, lead, {c, h, r, w, r}, {0, 2, 4, 1, 3}, {c * r * r, h, w}), "PixelUnshuffleBackward0", {v});
}

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

namespace {

template <typename T> Value listOf(DType type, const std::vector<T> &numbers) {
  std::string bytes(numbers.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return record(OpId::ConstantData, typeOf(type, int64_t(numbers.size())), {}, int64_t(internText(bytes)));
}

/// Along \p dim the elements nearest to the output's.
Value nearest(const Value &x, int64_t dim, int64_t out, std::optional<double> scale) {
  int64_t n = x.shape()[size_t(dim)];
  if (out == n)
    return x;
  if (out % n == 0 && (!scale || *scale == double(out / n))) { // each some times
    Dims wide = x.shape(), dims = allDims(x.rank()), end = x.shape();
    wide.insert(wide.begin() + dim + 1, out / n);
    for (size_t d = size_t(dim) + 1; d < dims.size(); ++d)
      ++dims[d];
    end[size_t(dim)] = out;
    return reshape(broadcastDims(x, wide, dims), end);
  }
  // In float32, as PyTorch, which decides where rounding does.
  float step = scale ? float(1.0 / *scale) : float(n) / float(out);
  std::vector<int64_t> from;
  for (int64_t i = 0; i < out; ++i)
    from.push_back(std::min(int64_t(std::floor(float(i) * step)), n - 1));
  return rowsOf(x, dim, listOf(DType::I64, from));
}

/// Along \p dim on straight lines between elements.
Value onLines(const Value &x, int64_t dim, int64_t out, std::optional<double> scale, bool alignCorners) {
  int64_t n = x.shape()[size_t(dim)];
  if (out == n)
    return x;
  double step = alignCorners ? (out > 1 ? double(n - 1) / double(out - 1) : 0)
                             : (scale ? 1.0 / *scale : double(n) / double(out));
  std::vector<int64_t> before, after;
  std::vector<double> shares, rest;
  for (int64_t i = 0; i < out; ++i) {
    double at = alignCorners ? step * double(i) : std::max(step * (double(i) + 0.5) - 0.5, 0.0);
    int64_t first = std::min(int64_t(at), n - 1);
    before.push_back(first);
    after.push_back(std::min(first + 1, n - 1));
    shares.push_back(std::clamp(at - double(first), 0.0, 1.0));
    rest.push_back(1 - shares.back());
  }
  Value low = rowsOf(x, dim, listOf(DType::I64, before)), high = rowsOf(x, dim, listOf(DType::I64, after));
  auto weight = [&](const std::vector<double> &list) {
    return broadcastDims(convert(listOf(DType::F64, list), x.dtype()), low.shape(), dim);
  };
  return weight(rest) * low + weight(shares) * high;
}

} // namespace

namespace nn::functional {

Tensor interpolate(Arg x) { return interpolate(x, InterpolateFuncOptions()); }
Tensor interpolate(Arg x, const InterpolateFuncOptions &o) {
  OpGuard op("interpolate", x.loc);
  Value from = read(x.tensor), v = from;
  expectFloat(v);
  int64_t count = v.rank() - 2;
  bool isNearest = o.mode().is<enumtype::kNearest>();
  bool isLinear = o.mode().is<enumtype::kLinear>();
  if (isNearest ? count != 1 && count != 2 : count != (isLinear ? 1 : 2))
    fail("AGC0107", std::string("expects input ") +
                        (isNearest ? "[n, c, l] or [n, c, h, w]" : isLinear ? "[n, c, l]" : "[n, c, h, w]") +
                        ", got shape " + shapeText(v.shape()));
  if (o.antialias())
    fail("AGC0116", "with antialias is not there yet");
  if (isNearest && o.align_corners())
    fail("AGC0104", "expects align_corners with kLinear or kBilinear only");
  if (bool(o.size()) == bool(o.scale_factor()))
    fail("AGC0104", "expects either size or scale_factor");
  size_t given = o.size() ? o.size()->size() : o.scale_factor()->size();
  if (given != size_t(count))
    fail("AGC0104", "expects " + std::to_string(count) + " sizes or factors, got " + std::to_string(given));
  // The last dimension first: as PyTorch adds up.
  for (size_t i = size_t(count); i-- > 0;) {
    int64_t dim = int64_t(i) + 2, n = v.shape()[size_t(dim)];
    std::optional<double> scale;
    if (o.scale_factor())
      scale = (*o.scale_factor())[i];
    int64_t out = o.size() ? (*o.size())[i] : int64_t(std::floor(double(n) * *scale));
    if (out < 1 || n < 1)
      fail("AGC0104", "expects sizes of at least 1, got " + std::to_string(out) + " for shape " + shapeText(from.shape()));
    if (o.recompute_scale_factor().value_or(false))
      scale.reset();
    v = isNearest ? nearest(v, dim, out, scale) : onLines(v, dim, out, scale, o.align_corners().value_or(false));
  }
  const char *gradName = isNearest ? (count == 1 ? "UpsampleNearest1DBackward0" : "UpsampleNearest2DBackward0")
                         : isLinear ? "UpsampleLinear1DBackward0"
                                    : "UpsampleBilinear2DBackward0";
  return wrap(v, gradName, {from});
}

} // namespace nn::functional
} // namespace agc
