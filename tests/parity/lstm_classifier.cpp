// Sequences told apart by the last state of an LSTM, by Adam.
#include "training.h"

namespace nn = torch::nn;

struct ClassifierImpl : nn::Module {
  ClassifierImpl() {
    lstm = register_module("lstm", nn::LSTM(nn::LSTMOptions(3, 6).num_layers(2).batch_first(true)));
    fc = register_module("fc", nn::Linear(6, 4));
  }
  Tensor forward(Tensor x) { return fc(std::get<0>(lstm(x)).select(1, -1)); }
  nn::LSTM lstm{nullptr};
  nn::Linear fc{nullptr};
};
TORCH_MODULE(Classifier);

int main() {
  Tensor labels = torch::tensor({0, 3, 1, 2, 1});
  for (auto type : {torch::kFloat64, torch::kFloat32}) {
    std::string of = type == torch::kFloat64 ? "f64" : "f32";
    Classifier model;
    model->to(type);
    fill(*model);
    Tensor x = values(50, {5, 7, 3}, -1, 1, type);
    torch::optim::Adam adam(model->parameters(), torch::optim::AdamOptions(2e-2));
    train(of, *model, adam, [&] { return nn::functional::cross_entropy(model(x), labels); }, false);
    show(of + ".predicted", model(x).argmax(1));
  }
}
