//===- Normalization.cpp - Means and variances taken out -------------------===//
#include "frontend/ops/Composites.h"

#include <agc/Autograd.h>
#include <agc/Functions.h>

#include <numeric>

namespace agc {

using namespace detail;

Tensor detail::batchNorm(Arg x, OptionalArg weight, OptionalArg bias,
                         OptionalArg running_mean, OptionalArg running_var,
                         bool training, const std::function<Value(const Value &)> &share,
                         double eps) {
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
      Value part = share(old);
      write(*arg.tensor, old * (constantLike(old, 1) - part) + now * part);
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
  if (w)
    y = y * spread(w);
  if (b)
    y = y + spread(b);
  return wrap(y, "NativeBatchNormBackward0", {v, w, b});
}

Tensor batch_norm(Arg x, OptionalArg weight, OptionalArg bias,
                  OptionalArg running_mean, OptionalArg running_var,
                  bool training, double momentum, double eps, bool) {
  OpGuard op("batch_norm", x.loc);
  return batchNorm(x, weight, bias, running_mean, running_var, training,
                   [&](const Value &like) { return constantLike(like, momentum); }, eps);
}

namespace {

/// x less its mean, over its deviation, over \p dims.
Value standardized(const Value &x, const Dims &dims, double eps) {
  Value centered = x - broadcastTo(meanOf(x, dims, true), x.shape());
  Value variance = meanOf(powi(centered, 2), dims, true);
  Value scale = unary(OpId::Rsqrt, variance + constantLike(variance, eps));
  return centered * broadcastTo(scale, x.shape());
}

/// An affine parameter, checked to be of \p shape.
Value affine(const OptionalArg &arg, const Value &x, const Dims &shape, const char *what) {
  if (!arg.tensor || !arg.tensor->defined())
    return Value();
  Value p = read(*arg.tensor);
  if (p.shape() != shape || p.dtype() != x.dtype())
    fail("AGC0107", std::string("expects a ") + what + " of shape " + shapeText(shape) + " and dtype " +
                        dtypeName(x.dtype()) + ", got " + shapeText(p.shape()) + " and " +
                        dtypeName(p.dtype()));
  return p;
}

/// The last dimensions of x, as many as \p shape has.
Dims lastDims(const Value &x, IntArrayRef shape) {
  size_t rank = x.shape().size();
  bool fits = !shape.empty() && shape.size() <= rank &&
              IntArrayRef(x.shape().data() + (rank - shape.size()), shape.size()) == shape;
  if (!fits)
    fail("AGC0107", "expects an input whose last sizes are " + shapeText(shape) + ", got shape " +
                        shapeText(x.shape()));
  Dims dims(shape.size());
  std::iota(dims.begin(), dims.end(), int64_t(rank - shape.size()));
  return dims;
}

} // namespace

Tensor layer_norm(Arg x, IntArrayRef normalized_shape, OptionalArg weight, OptionalArg bias,
                  double eps, bool) {
  OpGuard op("layer_norm", x.loc);
  Value v = read(x.tensor);
  expectFloat(v);
  Dims dims = lastDims(v, normalized_shape), shape = normalized_shape.vec();
  Value w = affine(weight, v, shape, "weight"), b = affine(bias, v, shape, "bias");
  Value y = standardized(v, dims, eps);
  if (w)
    y = y * broadcastTo(w, v.shape());
  if (b)
    y = y + broadcastTo(b, v.shape());
  return wrap(y, "NativeLayerNormBackward0", {v, w, b});
}

Tensor rms_norm(Arg x, IntArrayRef normalized_shape, OptionalArg weight, std::optional<double> eps) {
  OpGuard op("rms_norm", x.loc);
  Value v = read(x.tensor);
  expectFloat(v);
  Dims dims = lastDims(v, normalized_shape);
  Value w = affine(weight, v, normalized_shape.vec(), "weight");
  Value square = meanOf(powi(v, 2), dims, true);
  double least = eps.value_or(v.dtype() == DType::F64 ? 2.220446049250313e-16 : 1.1920928955078125e-07);
  Value y = v * broadcastTo(unary(OpId::Rsqrt, square + constantLike(square, least)), v.shape());
  std::vector<Value> edges{v};
  if (w) {
    y = y * broadcastTo(w, v.shape());
    edges.push_back(w);
  }
  return wrap(y, "FusedRmsNormBackward0", std::move(edges));
}

Tensor group_norm(Arg x, int64_t num_groups, OptionalArg weight, OptionalArg bias, double eps, bool) {
  OpGuard op("group_norm", x.loc);
  Value v = read(x.tensor);
  expectFloat(v);
  if (v.rank() < 2)
    fail("AGC0107", "expects [n, c, ...], got shape " + shapeText(v.shape()));
  int64_t n = v.shape()[0], channels = v.shape()[1];
  if (num_groups < 1 || channels % num_groups)
    fail("AGC0104", "expects groups that divide the " + std::to_string(channels) + " channels, got " +
                        std::to_string(num_groups));
  Value w = affine(weight, v, {channels}, "weight"), b = affine(bias, v, {channels}, "bias");
  int64_t rest = n && num_groups ? v.type()->numel / (n * num_groups) : 0;
  Value y = reshape(standardized(reshape(v, {n, num_groups, rest}), {2}, eps), v.shape());
  if (w)
    y = y * broadcastDims(w, v.shape(), 1);
  if (b)
    y = y + broadcastDims(b, v.shape(), 1);
  return wrap(y, "NativeGroupNormBackward0", {v, w, b});
}

Tensor instance_norm(Arg x, OptionalArg weight, OptionalArg bias, OptionalArg running_mean,
                     OptionalArg running_var, bool use_input_stats, double momentum, double eps, bool) {
  OpGuard op("instance_norm", x.loc);
  Value v = read(x.tensor);
  expectFloat(v);
  if (v.rank() < 3)
    fail("AGC0107", "expects [n, c, ...] with at least one more dimension, got shape " + shapeText(v.shape()));
  int64_t channels = v.shape()[1];
  Dims dims;
  for (int64_t d = 2; d < v.rank(); ++d)
    dims.push_back(d);
  Value oldMean = affine(running_mean, v, {channels}, "running_mean"),
        oldVar = affine(running_var, v, {channels}, "running_var"),
        w = affine(weight, v, {channels}, "weight"), b = affine(bias, v, {channels}, "bias");
  auto spread = [&](const Value &p) { return broadcastDims(p, v.shape(), 1); };
  Value y;
  if (use_input_stats) {
    int64_t count = v.shape()[0] * channels ? v.type()->numel / (v.shape()[0] * channels) : 0;
    if (count < 2)
      fail("AGC0107", "expects more than 1 value a channel, got shape " + shapeText(v.shape()));
    y = standardized(v, dims, eps);
    NoGradGuard quiet;
    auto blend = [&](const OptionalArg &arg, const Value &old, Value now) {
      if (!old)
        return;
      now = meanOf(now, {0}, false); // over the batch
      write(*arg.tensor, old * constantLike(old, 1 - momentum) + now * constantLike(now, momentum));
    };
    if (oldMean)
      blend(running_mean, oldMean, meanOf(v, dims, false));
    if (oldVar)
      blend(running_var, oldVar, varianceOf(v, dims, true, false));
  } else {
    if (!oldMean || !oldVar)
      fail("AGC0107", "expects running_mean and running_var when not of its input's statistics");
    Value scale = unary(OpId::Rsqrt, oldVar + constantLike(oldVar, eps));
    y = (v - spread(oldMean)) * spread(scale);
  }
  if (w)
    y = y * spread(w);
  if (b)
    y = y + spread(b);
  return wrap(y, "NativeBatchNormBackward0", {v, w, b});
}

} // namespace agc
