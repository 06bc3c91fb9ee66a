//===- Normalization.h - Layers that take out mean and variance -------------===//
#ifndef AGC_NN_NORMALIZATION_H
#define AGC_NN_NORMALIZATION_H

#include <agc/Functions.h>
#include <agc/nn/Module.h>

namespace agc::nn {

struct BatchNormOptions {
  BatchNormOptions(int64_t features) : num_features_(features) {}
  AGC_ARG(int64_t, num_features);
  AGC_ARG(double, eps) = 1e-5;
  /// None: the average over all batches.
  AGC_LARGE_ARG(std::optional<double>, momentum) = 0.1;
  AGC_ARG(bool, affine) = true;
  AGC_ARG(bool, track_running_stats) = true;
};
using BatchNorm1dOptions = BatchNormOptions;
using BatchNorm2dOptions = BatchNormOptions;

/// Parameters and running statistics of \p num_features channels.
class BatchNormBase : public Module {
public:
  explicit BatchNormBase(const BatchNormOptions &options);
  void reset_parameters();
  void reset_running_stats();

  BatchNormOptions options;
  Tensor weight, bias, running_mean, running_var, num_batches_tracked;

protected:
  void registerAll();
  Tensor normalize(Arg x);
  void print(std::ostream &out, const char *name) const;
};

/// x [n, c] or [n, c, l].
class BatchNorm1dImpl : public Cloneable<BatchNorm1dImpl, BatchNormBase> {
public:
  explicit BatchNorm1dImpl(const BatchNorm1dOptions &options);
  void reset() override { registerAll(); }
  Tensor forward(Arg x);
  void pretty_print(std::ostream &out) const override;
};
AGC_OWN_MODULE(BatchNorm1d, BatchNormBase);

/// x [n, c, h, w].
class BatchNorm2dImpl : public Cloneable<BatchNorm2dImpl, BatchNormBase> {
public:
  explicit BatchNorm2dImpl(const BatchNorm2dOptions &options);
  void reset() override { registerAll(); }
  Tensor forward(Arg x);
  void pretty_print(std::ostream &out) const override;
};
AGC_OWN_MODULE(BatchNorm2d, BatchNormBase);

struct InstanceNormOptions {
  InstanceNormOptions(int64_t features) : num_features_(features) {}
  AGC_ARG(int64_t, num_features);
  AGC_ARG(double, eps) = 1e-5;
  AGC_ARG(double, momentum) = 0.1;
  AGC_ARG(bool, affine) = false;
  AGC_ARG(bool, track_running_stats) = false;
};
using InstanceNorm2dOptions = InstanceNormOptions;
/// x [n, c, h, w].
class InstanceNorm2dImpl : public Cloneable<InstanceNorm2dImpl> {
public:
  explicit InstanceNorm2dImpl(const InstanceNorm2dOptions &options);
  void reset() override;
  explicit InstanceNorm2dImpl(int64_t features);
  Tensor forward(Arg x);
  void pretty_print(std::ostream &out) const override;

  InstanceNorm2dOptions options;
  Tensor weight, bias, running_mean, running_var, num_batches_tracked;
};
AGC_OWN_MODULE(InstanceNorm2d);

struct LayerNormOptions {
  LayerNormOptions(std::vector<int64_t> shape);
  AGC_LARGE_ARG(std::vector<int64_t>, normalized_shape);
  AGC_ARG(double, eps) = 1e-5;
  AGC_ARG(bool, elementwise_affine) = true;
};
class LayerNormImpl : public Cloneable<LayerNormImpl> {
public:
  LayerNormImpl(std::vector<int64_t> shape);
  explicit LayerNormImpl(const LayerNormOptions &options);
  void reset() override;
  void reset_parameters();
  Tensor forward(Arg x);
  void pretty_print(std::ostream &out) const override;

  LayerNormOptions options;
  Tensor weight, bias;
};
AGC_OWN_MODULE(LayerNorm);

struct GroupNormOptions {
  GroupNormOptions(int64_t groups, int64_t channels) : num_groups_(groups), num_channels_(channels) {}
  AGC_ARG(int64_t, num_groups);
  AGC_ARG(int64_t, num_channels);
  AGC_ARG(double, eps) = 1e-5;
  AGC_ARG(bool, affine) = true;
};
class GroupNormImpl : public Cloneable<GroupNormImpl> {
public:
  GroupNormImpl(int64_t groups, int64_t channels);
  explicit GroupNormImpl(const GroupNormOptions &options);
  void reset() override;
  void reset_parameters();
  Tensor forward(Arg x);
  void pretty_print(std::ostream &out) const override;

  GroupNormOptions options;
  Tensor weight, bias;
};
AGC_OWN_MODULE(GroupNorm);

namespace functional {

struct LayerNormFuncOptions {
  LayerNormFuncOptions(std::vector<int64_t> shape);
  AGC_LARGE_ARG(std::vector<int64_t>, normalized_shape);
  AGC_LARGE_ARG(Tensor, weight);
  AGC_LARGE_ARG(Tensor, bias);
  AGC_ARG(double, eps) = 1e-5;
};
Tensor layer_norm(Arg x, const LayerNormFuncOptions &options);

struct GroupNormFuncOptions {
  GroupNormFuncOptions(int64_t groups) : num_groups_(groups) {}
  AGC_ARG(int64_t, num_groups);
  AGC_LARGE_ARG(Tensor, weight);
  AGC_LARGE_ARG(Tensor, bias);
  AGC_ARG(double, eps) = 1e-5;
};
Tensor group_norm(Arg x, const GroupNormFuncOptions &options);

struct BatchNormFuncOptions {
  AGC_LARGE_ARG(Tensor, weight);
  AGC_LARGE_ARG(Tensor, bias);
  AGC_ARG(bool, training) = false;
  AGC_ARG(double, momentum) = 0.1;
  AGC_ARG(double, eps) = 1e-5;
};
Tensor batch_norm(Arg x, const Tensor &running_mean, const Tensor &running_var,
                  const BatchNormFuncOptions &options = {});

struct InstanceNormFuncOptions {
  AGC_LARGE_ARG(Tensor, running_mean);
  AGC_LARGE_ARG(Tensor, running_var);
  AGC_LARGE_ARG(Tensor, weight);
  AGC_LARGE_ARG(Tensor, bias);
  AGC_ARG(bool, use_input_stats) = true;
  AGC_ARG(double, momentum) = 0.1;
  AGC_ARG(double, eps) = 1e-5;
};
Tensor instance_norm(Arg x, const InstanceNormFuncOptions &options = {});

/// Over the norm of order p along a dimension, or eps if that is less.
struct NormalizeFuncOptions {
  AGC_ARG(double, p) = 2.0;
  AGC_ARG(int64_t, dim) = 1;
  AGC_ARG(double, eps) = 1e-12;
};
Tensor normalize(Arg x, const NormalizeFuncOptions &options = {});

} // namespace functional
} // namespace agc::nn

#endif
