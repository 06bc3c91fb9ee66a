// Twenty steps of every optimizer with its options, in both dtypes; rates over
// time.
#include "library.h"

template <typename Optimizer, typename Options>
void train(const std::string &name, const Options &options, torch::Dtype type) {
  Tensor w = values(1, {4, 3}, -1, 1, type).set_requires_grad(true), b = values(2, {3}, -1, 1, type).set_requires_grad(true);
  Tensor x = values(3, {8, 4}, -1, 1, type), y = values(4, {8, 3}, -1, 1, type);
  Optimizer optimizer(std::vector<Tensor>{w, b}, options);
  Tensor loss;
  for (int i = 0; i < 20; ++i) {
    optimizer.zero_grad();
    loss = (torch::tanh(torch::matmul(x, w) + b) - y).pow(2).sum();
    loss.backward();
    if (i == 12) // a parameter without a gradient stays, and so does its state
      b.mutable_grad().reset();
    optimizer.step();
  }
  show(name + ".loss", loss);
  show(name + ".w", w);
  show(name + ".b", b);
}

int main() {
  using namespace torch::optim;
  for (auto type : {torch::kFloat64, torch::kFloat32}) {
    std::string of = type == torch::kFloat64 ? "f64." : "f32.";
    train<SGD>(of + "sgd", SGDOptions(0.05), type);
    train<SGD>(of + "sgd_momentum", SGDOptions(0.05).momentum(0.9).weight_decay(0.01), type);
    train<SGD>(of + "sgd_nesterov", SGDOptions(0.05).momentum(0.9).nesterov(true), type);
    train<SGD>(of + "sgd_dampening", SGDOptions(0.05).momentum(0.9).dampening(0.3), type);
    train<Adam>(of + "adam", AdamOptions(0.05), type);
    train<Adam>(of + "adam_options", AdamOptions(0.05).betas({0.8, 0.9}).eps(1e-3).weight_decay(0.1), type);
    train<Adam>(of + "adam_amsgrad", AdamOptions(0.05).amsgrad(true), type);
    train<AdamW>(of + "adamw", AdamWOptions(0.05), type);
    train<AdamW>(of + "adamw_amsgrad", AdamWOptions(0.05).amsgrad(true).weight_decay(0.1), type);
    train<RMSprop>(of + "rmsprop", RMSpropOptions(0.01), type);
    train<RMSprop>(of + "rmsprop_centered", RMSpropOptions(0.01).centered(true).momentum(0.9).weight_decay(0.1), type);
    train<Adagrad>(of + "adagrad", AdagradOptions(0.05), type);
    train<Adagrad>(of + "adagrad_decay", AdagradOptions(0.05).lr_decay(0.1).weight_decay(0.1), type);
  }
  Tensor p = torch::zeros({1}).set_requires_grad(true);
  SGD sgd({p}, SGDOptions(0.5));
  StepLR steps(sgd, 3, 0.5);
  std::vector<double> rates;
  for (int i = 0; i < 8; ++i) {
    rates.push_back(sgd.param_groups()[0].options().get_lr());
    sgd.step();
    steps.step();
  }
  show("step_lr", torch::tensor(rates, torch::kFloat64));
  rates.clear();
  sgd.param_groups()[0].options().set_lr(0.5);
  ReduceLROnPlateauScheduler plateau(sgd, ReduceLROnPlateauScheduler::min, 0.5, 2);
  for (float metric : {3.f, 2.f, 2.f, 2.f, 2.f, 1.9999f, 2.f, 2.f, 1.f, 1.f}) {
    plateau.step(metric);
    rates.push_back(sgd.param_groups()[0].options().get_lr());
  }
  show("plateau", torch::tensor(rates, torch::kFloat64));
  // Groups with options of their own.
  Tensor a = values(5, {3}).set_requires_grad(true), c = values(6, {3}).set_requires_grad(true);
  std::vector<OptimizerParamGroup> groups;
  groups.emplace_back(std::vector<Tensor>{a}, std::make_unique<AdamOptions>(0.1));
  groups.emplace_back(std::vector<Tensor>{c});
  Adam adam(groups, AdamOptions(0.01));
  for (int i = 0; i < 5; ++i) {
    adam.zero_grad();
    (a * a * c).sum().backward();
    adam.step();
    adam.param_groups()[0].options().set_lr(0.1 / (i + 1));
  }
  show("groups.a", a);
  show("groups.c", c);
  showError("negative rate", [&] { Adam({torch::zeros({1}).set_requires_grad(true)}, AdamOptions(-1)); });
  showError("bad betas", [&] { Adam({torch::zeros({1}).set_requires_grad(true)}, AdamOptions(1).betas({1., 0.9})); });
}
