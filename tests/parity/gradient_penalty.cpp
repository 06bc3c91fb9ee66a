// A Wasserstein critic whose gradient is kept near length one: a loss of a
// gradient.
#include "training.h"

namespace nn = torch::nn;

int main() {
  for (auto type : {torch::kFloat64, torch::kFloat32}) {
    nn::Sequential critic(nn::Linear(3, 8), nn::LeakyReLU(nn::LeakyReLUOptions().negative_slope(0.2)), nn::Linear(8, 6), nn::Softplus(), nn::Linear(6, 1));
    critic->to(type);
    fill(*critic);
    Tensor real = values(30, {5, 3}, -1, 1, type), fake = values(31, {5, 3}, -2, 2, type), mix = values(32, {5, 1}, 0, 1, type);
    torch::optim::Adam adam(critic->parameters(), torch::optim::AdamOptions(1e-2).betas({0.5, 0.9}));
    train(type == torch::kFloat64 ? "f64" : "f32", *critic, adam, [&] {
      Tensor between = (mix * real + (1 - mix) * fake).detach().set_requires_grad(true);
      Tensor scores = critic->forward(between);
      Tensor g = torch::autograd::grad({scores.sum()}, {between}, {}, true, true)[0];
      Tensor penalty = (g.norm(2, 1) - 1).pow(2).mean();
      return critic->forward(fake).mean() - critic->forward(real).mean() + 10 * penalty;
    });
  }
}
