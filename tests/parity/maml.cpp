// Model-agnostic meta-learning: the outer loss is differentiated through two
// steps of an inner descent.
#include "training.h"

int main() {
  for (auto type : {torch::kFloat64, torch::kFloat32}) {
    std::string of = type == torch::kFloat64 ? "f64" : "f32";
    std::vector<Tensor> weights = {values(1, {8, 1}, -0.8, 0.8, type).set_requires_grad(true), values(2, {8}, -0.8, 0.8, type).set_requires_grad(true),
                                   values(3, {1, 8}, -0.8, 0.8, type).set_requires_grad(true), values(4, {1}, -0.8, 0.8, type).set_requires_grad(true)};
    auto net = [](const Tensor &x, const std::vector<Tensor> &w) { return torch::linear(torch::tanh(torch::linear(x, w[0], w[1])), w[2], w[3]); };
    torch::optim::SGD outer(weights, torch::optim::SGDOptions(0.02).momentum(0.9));
    std::vector<Tensor> losses;
    for (int step = 0; step < 20; ++step) {
      outer.zero_grad();
      Tensor total = torch::zeros({}, type);
      for (int task = 0; task < 2; ++task) {
        double phase = 0.5 * (step + 1) + task;
        Tensor support = values(uint32_t(40 + task), {5, 1}, -2, 2, type), query = values(uint32_t(50 + task), {5, 1}, -2, 2, type);
        std::vector<Tensor> fast = weights;
        for (int inner = 0; inner < 2; ++inner) {
          Tensor loss = torch::nn::functional::mse_loss(net(support, fast), torch::sin(support + phase));
          std::vector<Tensor> g = torch::autograd::grad({loss}, fast, {}, true, true);
          for (size_t i = 0; i < fast.size(); ++i)
            fast[i] = fast[i] - 0.1 * g[i];
        }
        total = total + torch::nn::functional::mse_loss(net(query, fast), torch::sin(query + phase));
      }
      total.backward();
      outer.step();
      losses.push_back(total.detach());
    }
    show(of + ".loss", torch::stack(losses));
    for (size_t i = 0; i < weights.size(); ++i)
      show(of + ".w" + std::to_string(i), weights[i]);
  }
}
