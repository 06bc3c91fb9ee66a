// Clipping of gradients, parameters as a vector, initializers that are certain,
// checks, modes.
#include "training.h"

namespace nn = torch::nn;
namespace utils = torch::nn::utils;

static nn::Sequential model() {
  nn::Sequential m(nn::Linear(3, 4), nn::Tanh(), nn::Linear(4, 2));
  m->to(torch::kFloat64);
  fill(*m);
  (m->forward(values(1, {5, 3})).pow(2).sum() * 10).backward();
  return m;
}
static void showGrads(const std::string &name, const nn::Sequential &m) {
  for (auto &item : m->named_parameters())
    show(name + "." + item.key(), item.value().grad());
}

int main() {
  for (double p : {2.0, 1.0, 3.0, double(INFINITY)}) {
    nn::Sequential m = model();
    std::string name = "clip" + std::to_string(p).substr(0, 3);
    double norm = utils::clip_grad_norm_(m->parameters(), 1.5, p);
    show(name, torch::tensor(norm, torch::kFloat64));
    showGrads(name, m);
  }
  nn::Sequential m = model();
  show("wide", torch::tensor(double(utils::clip_grad_norm_(m->parameters(), 1e9)), torch::kFloat64));
  utils::clip_grad_value_(m->parameters(), 0.7);
  showGrads("value", m);
  show("none", torch::tensor(double(utils::clip_grad_norm_(torch::ones({2}).set_requires_grad(true), 1.0)), torch::kFloat64));
  Tensor flat = utils::parameters_to_vector(m->parameters());
  show("vector", flat);
  utils::vector_to_parameters(flat * 2 + 1, m->parameters());
  for (auto &item : m->named_parameters())
    show("from_vector." + item.key(), item.value());
  show("forward", m->forward(values(1, {5, 3})));

  nn::Linear layer(3, 3);
  nn::init::constant_(layer->weight, 0.25);
  nn::init::zeros_(layer->bias);
  show("constant", layer(values(1, {2, 3}, -1, 1, torch::kFloat32)));
  for (Shape shape : {Shape{3, 5}, Shape{5, 3}, Shape{4, 2, 2}}) {
    Tensor w = torch::zeros(shape, torch::kFloat64);
    nn::init::orthogonal_(w, 1.5);
    Tensor rows = w.flatten(1);
    show("orthogonal", torch::round(1000 * (rows.size(0) <= rows.size(1) ? rows.mm(rows.t()) : rows.t().mm(rows))).abs());
  }
  show("gains", torch::tensor({nn::init::calculate_gain(torch::kLinear), nn::init::calculate_gain(torch::kTanh), nn::init::calculate_gain(torch::kReLU), nn::init::calculate_gain(torch::kLeakyReLU, 0.2), nn::init::calculate_gain(torch::kSigmoid)}, torch::kFloat64));

  Tensor x = torch::ones({2}, torch::kFloat64).set_requires_grad(true);
  {
    torch::InferenceMode guard;
    std::printf("inference %d\n", int((x * 2).requires_grad()));
  }
  std::printf("after %d\n", int((x * 2).requires_grad()));
  try {
    TORCH_CHECK(x.size(0) == 3, "expected ", 3, " but got ", x.size(0), " of ", x.sizes());
  } catch (const c10::Error &error) {
    std::printf("%d\n", int(error.msg().find("expected 3 but got 2 of [2]") != std::string::npos));
  }
  TORCH_CHECK(x.size(0) == 2, "not thrown");
  showError("nonfinite", [&] {
    Tensor bad = torch::ones({2}).set_requires_grad(true);
    (bad * INFINITY).sum().backward();
    utils::clip_grad_norm_(bad, 1.0, 2.0, true);
  });
  showError("orthogonal of a vector", [] { nn::init::orthogonal_(torch::zeros({3})); });
}
