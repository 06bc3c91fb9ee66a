// Down by convolutions and pools, up by transposed ones, sizes and shuffled
// channels; by Adagrad. No bias before a batch norm, whose gradient is rounding.
#include "training.h"

namespace nn = torch::nn;

struct AutoencoderImpl : nn::Module {
  AutoencoderImpl() {
    down = register_module("down", nn::Sequential(nn::Conv2d(nn::Conv2dOptions(1, 4, 3).padding(1).padding_mode(torch::kReflect).bias(false)), nn::BatchNorm2d(4), nn::Mish(), nn::MaxPool2d(2), nn::Conv2d(nn::Conv2dOptions(4, 4, 3).padding(torch::kSame).groups(2)), nn::GroupNorm(2, 4), nn::SiLU(), nn::AvgPool2d(2)));
    up = register_module("up", nn::Sequential(nn::ConvTranspose2d(nn::ConvTranspose2dOptions(4, 4, 3).stride(2).padding(1).output_padding(1)), nn::PReLU(), nn::Conv2d(4, 4, 1), nn::PixelShuffle(2)));
    skip = register_module("skip", nn::Upsample(nn::UpsampleOptions().scale_factor(std::vector<double>{2, 2}).mode(torch::kBilinear).align_corners(false)));
    last = register_module("last", nn::Conv2d(nn::Conv2dOptions(2, 1, 1)));
  }
  Tensor forward(Tensor x) {
    Tensor rough = nn::functional::avg_pool2d(x, nn::functional::AvgPool2dFuncOptions(2));
    return last(torch::cat({up->forward(down->forward(x)), skip(rough)}, 1));
  }
  nn::Sequential down{nullptr}, up{nullptr};
  nn::Upsample skip{nullptr};
  nn::Conv2d last{nullptr};
};
TORCH_MODULE(Autoencoder);

int main() {
  for (auto type : {torch::kFloat64, torch::kFloat32}) {
    Autoencoder model;
    model->to(type);
    fill(*model);
    Tensor x = values(30, {3, 1, 8, 8}, -1, 1, type);
    torch::optim::Adagrad adagrad(model->parameters(), torch::optim::AdagradOptions(0.02));
    train(type == torch::kFloat64 ? "f64" : "f32", *model, adagrad, [&] { return torch::nn::functional::mse_loss(model(x), x); });
  }
}
