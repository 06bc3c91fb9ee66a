//===- training.h - Parameters from a formula, and twenty steps ------------===//
#ifndef AGC_TESTS_PARITY_TRAINING_H
#define AGC_TESTS_PARITY_TRAINING_H

#include "library.h"

/// What both libraries begin with: every parameter in [-scale, scale].
inline void fill(torch::nn::Module &module, double scale = 0.4, uint32_t seed = 100) {
  torch::NoGradGuard quiet;
  for (auto &item : module.named_parameters()) {
    Tensor &p = item.value();
    Shape shape(p.sizes().begin(), p.sizes().end());
    p.copy_(values(seed++, shape, -scale, scale, p.scalar_type()));
  }
}

/// Counters stay integers in one library's to(dtype) and not in the other's.
inline void showBuffer(const std::string &name, const Tensor &buffer) {
  show(name, name.find("num_batches") == name.npos ? buffer : buffer.to(torch::kInt64));
}

/// Twenty steps; prints the loss on the way and the parameters at the end.
template <typename Optimizer>
void train(const std::string &name, torch::nn::Module &module, Optimizer &optimizer,
           const std::function<Tensor()> &loss, bool showsParameters = true) {
  std::vector<Tensor> losses;
  for (int i = 0; i < 20; ++i) {
    optimizer.zero_grad();
    Tensor l = loss();
    l.backward();
    optimizer.step();
    losses.push_back(l.detach());
  }
  show(name + ".loss", torch::stack(losses));
  for (auto &item : module.named_parameters())
    show(name + "." + item.key(), showsParameters ? item.value() : item.value().norm());
  for (auto &item : module.named_buffers())
    showBuffer(name + "." + item.key(), item.value());
}

/// The same in both dtypes: make() gives a fresh module, forward(module, type)
/// the loss.
template <typename Make, typename Loss>
void trainBoth(const std::string &name, Make make, Loss loss, double rate = 0.05, double scale = 0.4) {
  for (auto type : {torch::kFloat64, torch::kFloat32}) {
    auto module = make();
    module->to(type);
    fill(*module, scale);
    torch::optim::SGD sgd(module->parameters(), torch::optim::SGDOptions(rate).momentum(0.9));
    train((type == torch::kFloat64 ? "f64." : "f32.") + name, *module, sgd, [&] { return loss(module, type); });
  }
}

#endif
