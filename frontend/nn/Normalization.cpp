#include <agc/nn/Normalization.h>

#include "frontend/nn/Layer.h"
#include "frontend/ops/Composites.h"

#include <ostream>

namespace agc::nn {

using detail::ScopeGuard;

namespace {

void fillWith(const Tensor &tensor, double value) {
  if (tensor.defined()) {
    NoGradGuard quiet;
    tensor.fill_(value);
  }
}

void expectRank(const char *name, Arg x, bool fits, const char *wanted) {
  if (fits)
    return;
  detail::OpGuard op(name, x.loc);
  detail::fail("AGC0107", std::string("expects ") + wanted + ", got shape " +
                              detail::shapeText(x.tensor.sizes()));
}

/// Weight, bias and running statistics of a norm of channels, as its options say.
template <typename Norm> void registerNorm(Norm &norm) {
  using agc::detail::hostFull;
  int64_t n = norm.options.num_features();
  norm.weight = addParameter(norm, "weight", n, norm.options.affine(), 1);
  norm.bias = addParameter(norm, "bias", n, norm.options.affine());
  if (!norm.options.track_running_stats())
    return;
  norm.running_mean = norm.register_buffer("running_mean", hostFull(n, kFloat32, 0));
  norm.running_var = norm.register_buffer("running_var", hostFull(n, kFloat32, 1));
  norm.num_batches_tracked = norm.register_buffer("num_batches_tracked", hostFull({}, kInt64, 0));
}

} // namespace

BatchNormBase::BatchNormBase(const BatchNormOptions &options) : options(options) {}
void BatchNormBase::registerAll() { registerNorm(*this); }
void BatchNormBase::reset_running_stats() {
  fillWith(running_mean, 0);
  fillWith(running_var, 1);
  fillWith(num_batches_tracked, 0);
}
void BatchNormBase::reset_parameters() {
  reset_running_stats();
  fillWith(weight, 1);
  fillWith(bias, 0);
}
Tensor BatchNormBase::normalize(Arg x) {
  ScopeGuard in(scope());
  bool tracks = options.track_running_stats(), trains = is_training() || !tracks;
  if (is_training() && tracks)
    num_batches_tracked.add_(1, x.loc);
  detail::OpGuard op("batch_norm", x.loc);
  auto share = [&](const detail::Value &like) {
    using namespace detail;
    if (options.momentum())
      return constantLike(like, *options.momentum());
    Value count = convert(read(num_batches_tracked), like.dtype());
    return broadcastDims(constantLike(count, 1) / count, like.shape(), {});
  };
  return detail::batchNorm(x, weight, bias, running_mean, running_var, trains, share, options.eps());
}
void BatchNormBase::print(std::ostream &out, const char *name) const {
  out << "torch::nn::" << name << "(" << options.num_features() << ", eps=" << options.eps() << ", momentum=";
  if (options.momentum())
    out << *options.momentum();
  else
    out << "None";
  out << ", affine=" << boolText(options.affine())
      << ", track_running_stats=" << boolText(options.track_running_stats()) << ")";
}

BatchNorm1dImpl::BatchNorm1dImpl(const BatchNorm1dOptions &options) : Cloneable(options) { reset(); }
Tensor BatchNorm1dImpl::forward(Arg x) {
  int64_t rank = x.tensor.dim();
  expectRank("batch_norm", x, rank == 2 || rank == 3, "[n, c] or [n, c, l]");
  return normalize(x);
}
void BatchNorm1dImpl::pretty_print(std::ostream &out) const { print(out, "BatchNorm1d"); }
BatchNorm2dImpl::BatchNorm2dImpl(const BatchNorm2dOptions &options) : Cloneable(options) { reset(); }
Tensor BatchNorm2dImpl::forward(Arg x) {
  expectRank("batch_norm", x, x.tensor.dim() == 4, "[n, c, h, w]");
  return normalize(x);
}
void BatchNorm2dImpl::pretty_print(std::ostream &out) const { print(out, "BatchNorm2d"); }

InstanceNorm2dImpl::InstanceNorm2dImpl(const InstanceNorm2dOptions &options) : options(options) { reset(); }
InstanceNorm2dImpl::InstanceNorm2dImpl(int64_t features)
    : InstanceNorm2dImpl(InstanceNorm2dOptions(features)) {}
void InstanceNorm2dImpl::reset() { registerNorm(*this); }
Tensor InstanceNorm2dImpl::forward(Arg x) {
  ScopeGuard in(scope());
  expectRank("instance_norm", x, x.tensor.dim() == 4, "[n, c, h, w]");
  return agc::instance_norm(x, weight, bias, running_mean, running_var,
                            is_training() || !options.track_running_stats(), options.momentum(),
                            options.eps());
}
void InstanceNorm2dImpl::pretty_print(std::ostream &out) const {
  out << "torch::nn::InstanceNorm2d(" << options.num_features() << ", eps=" << options.eps()
      << ", momentum=" << options.momentum() << ", affine=" << boolText(options.affine())
      << ", track_running_stats=" << boolText(options.track_running_stats()) << ")";
}

LayerNormOptions::LayerNormOptions(std::vector<int64_t> shape) : normalized_shape_(std::move(shape)) {}
LayerNormImpl::LayerNormImpl(std::vector<int64_t> shape)
    : LayerNormImpl(LayerNormOptions(std::move(shape))) {}
LayerNormImpl::LayerNormImpl(const LayerNormOptions &options) : options(options) { reset(); }
void LayerNormImpl::reset() {
  weight = addParameter(*this, "weight", options.normalized_shape(), options.elementwise_affine(), 1);
  bias = addParameter(*this, "bias", options.normalized_shape(), options.elementwise_affine());
}
void LayerNormImpl::reset_parameters() {
  fillWith(weight, 1);
  fillWith(bias, 0);
}
Tensor LayerNormImpl::forward(Arg x) {
  ScopeGuard in(scope());
  return agc::layer_norm(x, options.normalized_shape(), weight, bias, options.eps());
}
void LayerNormImpl::pretty_print(std::ostream &out) const {
  out << "torch::nn::LayerNorm(" << detail::shapeText(options.normalized_shape()) << ", eps=" << options.eps()
      << ", elementwise_affine=" << boolText(options.elementwise_affine()) << ")";
}

GroupNormImpl::GroupNormImpl(int64_t groups, int64_t channels)
    : GroupNormImpl(GroupNormOptions(groups, channels)) {}
GroupNormImpl::GroupNormImpl(const GroupNormOptions &options) : options(options) { reset(); }
void GroupNormImpl::reset() {
  weight = addParameter(*this, "weight", options.num_channels(), options.affine(), 1);
  bias = addParameter(*this, "bias", options.num_channels(), options.affine());
}
void GroupNormImpl::reset_parameters() {
  fillWith(weight, 1);
  fillWith(bias, 0);
}
Tensor GroupNormImpl::forward(Arg x) {
  ScopeGuard in(scope());
  return agc::group_norm(x, options.num_groups(), weight, bias, options.eps());
}
void GroupNormImpl::pretty_print(std::ostream &out) const {
  out << "torch::nn::GroupNorm(" << options.num_groups() << ", " << options.num_channels()
      << ", eps=" << options.eps() << ", affine=" << boolText(options.affine()) << ")";
}

namespace functional {

LayerNormFuncOptions::LayerNormFuncOptions(std::vector<int64_t> shape) : normalized_shape_(std::move(shape)) {}
Tensor layer_norm(Arg x, const LayerNormFuncOptions &o) {
  return agc::layer_norm(x, o.normalized_shape(), o.weight(), o.bias(), o.eps());
}
Tensor group_norm(Arg x, const GroupNormFuncOptions &o) {
  return agc::group_norm(x, o.num_groups(), o.weight(), o.bias(), o.eps());
}
Tensor batch_norm(Arg x, const Tensor &running_mean, const Tensor &running_var,
                  const BatchNormFuncOptions &o) {
  return agc::batch_norm(x, o.weight(), o.bias(), running_mean, running_var, o.training(),
                         o.momentum(), o.eps());
}
Tensor instance_norm(Arg x, const InstanceNormFuncOptions &o) {
  return agc::instance_norm(x, o.weight(), o.bias(), o.running_mean(), o.running_var(), o.use_input_stats(),
                            o.momentum(), o.eps());
}
Tensor normalize(Arg x, const NormalizeFuncOptions &o) {
  detail::OpGuard op("normalize", x.loc);
  Tensor size = x.tensor.norm(o.p(), o.dim(), /*keepdim=*/true, x.loc);
  return x.tensor / size.clamp_min(o.eps(), x.loc);
}

} // namespace functional
} // namespace agc::nn
