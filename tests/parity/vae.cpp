// A variational autoencoder; the noise comes from the formula too.
#include "training.h"

namespace nn = torch::nn;
namespace F = torch::nn::functional;

struct VaeImpl : nn::Module {
  VaeImpl() {
    encoder = register_module("encoder", nn::Linear(12, 8));
    mean = register_module("mean", nn::Linear(8, 2));
    logvar = register_module("logvar", nn::Linear(8, 2));
    decoder = register_module("decoder", nn::Sequential(nn::Linear(2, 8), nn::ELU(), nn::Linear(8, 12)));
  }
  Tensor loss(Tensor x, Tensor noise) {
    Tensor h = torch::relu(encoder(x)), m = mean(h), v = logvar(h);
    Tensor z = m + noise * torch::exp(0.5 * v);
    Tensor rebuilt = F::binary_cross_entropy_with_logits(decoder->forward(z), x, F::BinaryCrossEntropyWithLogitsFuncOptions().reduction(torch::kSum));
    Tensor divergence = -0.5 * torch::sum(1 + v - m.pow(2) - v.exp());
    return (rebuilt + divergence) / x.size(0);
  }
  nn::Linear encoder{nullptr}, mean{nullptr}, logvar{nullptr};
  nn::Sequential decoder{nullptr};
};
TORCH_MODULE(Vae);

int main() {
  for (auto type : {torch::kFloat64, torch::kFloat32}) {
    Vae model;
    model->to(type);
    fill(*model);
    Tensor x = values(30, {6, 12}, 0, 1, type);
    torch::optim::Adam adam(model->parameters(), torch::optim::AdamOptions(1e-2));
    uint32_t seed = 200;
    train(type == torch::kFloat64 ? "f64" : "f32", *model, adam, [&] { return model->loss(x, values(seed++, {6, 2}, -1.7, 1.7, type)); });
  }
}
