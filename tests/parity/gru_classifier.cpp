// Tokens told apart by a bidirectional GRU with a mean over time, by RMSprop, the
// rate going down in steps.
#include "training.h"

namespace nn = torch::nn;

struct ClassifierImpl : nn::Module {
  ClassifierImpl() {
    table = register_module("table", nn::Embedding(nn::EmbeddingOptions(9, 4).padding_idx(0)));
    gru = register_module("gru", nn::GRU(nn::GRUOptions(4, 5).bidirectional(true)));
    fc = register_module("fc", nn::Linear(10, 3));
  }
  Tensor forward(Tensor tokens) {
    auto [y, last] = gru(table(tokens));
    return fc(y.mean(0));
  }
  nn::Embedding table{nullptr};
  nn::GRU gru{nullptr};
  nn::Linear fc{nullptr};
};
TORCH_MODULE(Classifier);

int main() {
  Tensor tokens = torch::remainder(torch::arange(6 * 4, torch::kInt64) * 7 + 3, 9).view({6, 4}), labels = torch::tensor({0, 2, 1, 2});
  for (auto type : {torch::kFloat64, torch::kFloat32}) {
    std::string of = type == torch::kFloat64 ? "f64" : "f32";
    Classifier model;
    model->to(type);
    fill(*model);
    torch::optim::RMSprop rms(model->parameters(), torch::optim::RMSpropOptions(1e-2).momentum(0.5));
    torch::optim::StepLR rate(rms, 8, 0.5);
    train(of, *model, rms, [&] {
      rate.step();
      return nn::functional::cross_entropy(model(tokens), labels);
    }, false);
    show(of + ".predicted", model(tokens).argmax(1));
  }
}
