// Norms as functions and modules, in training and after it.
#include "training.h"

using V = const std::vector<Tensor> &;
namespace F = torch::nn::functional;
namespace nn = torch::nn;
#define CHECK(name, expression, ...) check(name, [=](V v) -> Tensor { return expression; }, {__VA_ARGS__})

int main() {
  Tensor x = values(1, {3, 4, 2, 3}), w = values(2, {4}), b = values(3, {4}), mean = values(4, {4}), var = values(5, {4}, 0.5, 2);
  CHECK("batch_norm", F::batch_norm(v[0], mean.clone(), var.clone(), F::BatchNormFuncOptions().weight(v[1]).bias(v[2]).training(true)), x, w, b);
  CHECK("batch_norm_eval", F::batch_norm(v[0], mean, var, F::BatchNormFuncOptions().weight(v[1]).bias(v[2]).eps(1e-3)), x, w, b);
  CHECK("instance_norm", F::instance_norm(v[0], F::InstanceNormFuncOptions().weight(v[1]).bias(v[2])), x, w, b);
  CHECK("group_norm", F::group_norm(v[0], F::GroupNormFuncOptions(2).weight(v[1]).bias(v[2])), x, w, b);
  CHECK("layer_norm", F::layer_norm(v[0], F::LayerNormFuncOptions({2, 3}).weight(v[1])), x, values(6, {2, 3}));
  CHECK("rms_norm", torch::rms_norm(v[0], {3}, v[1]), x, values(7, {3}));
  CHECK("normalize", F::normalize(v[0], F::NormalizeFuncOptions().p(3).dim(1)), x);

  auto both = [&](const std::string &name, auto module, const Tensor &in) {
    module->to(torch::kFloat64);
    fill(*module);
    show(name, module(in));
    show(name + ".again", module(in * 0.5 + 1));
    for (auto &item : module->named_buffers())
      showBuffer(name + "." + item.key(), item.value());
    module->eval();
    show(name + ".eval", module(in));
  };
  both("m.batch1d", nn::BatchNorm1d(4), values(8, {5, 4}));
  both("m.batch1d_line", nn::BatchNorm1d(nn::BatchNorm1dOptions(4).momentum(0.3).affine(false)), values(9, {3, 4, 5}));
  both("m.batch2d", nn::BatchNorm2d(nn::BatchNorm2dOptions(4).momentum(std::nullopt)), x);
  both("m.batch2d_untracked", nn::BatchNorm2d(nn::BatchNorm2dOptions(4).track_running_stats(false)), x);
  both("m.instance", nn::InstanceNorm2d(nn::InstanceNorm2dOptions(4).affine(true).track_running_stats(true)), x);
  both("m.layer", nn::LayerNorm(nn::LayerNormOptions({2, 3}).eps(1e-2)), x);
  both("m.group", nn::GroupNorm(2, 4), x);

  auto target = [](auto module, auto type) { return (module->forward(values(20, {4, 2, 3, 3}, -1, 1, type)) - values(21, {4, 2, 3, 3}, -1, 1, type)).pow(2).mean(); };
  trainBoth("norms", [] { return nn::Sequential(nn::Conv2d(nn::Conv2dOptions(2, 4, 3).padding(1)), nn::BatchNorm2d(4), nn::ReLU6(), nn::Conv2d(4, 4, 1), nn::GroupNorm(2, 4), nn::SiLU(), nn::Conv2d(4, 2, 1), nn::InstanceNorm2d(nn::InstanceNorm2dOptions(2).affine(true)), nn::LayerNorm(nn::LayerNormOptions({3, 3}))); }, target, 0.01);
  showError("one value", [] { nn::BatchNorm1d(2)(torch::ones({1, 2})); });
  showError("rank", [] { nn::BatchNorm2d(2)(torch::ones({3, 2})); });
  showError("groups", [] { nn::GroupNorm(3, 4)(torch::ones({2, 4})); });
}
