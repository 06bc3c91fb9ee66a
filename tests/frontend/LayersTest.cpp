//===- LayersTest.cpp - Every kind of layer in a compiled step --------------===//
//
// train_step gives the bits of the user's own loop: losses, parameters, buffers,
// whatever is drawn on the way.
//
//===----------------------------------------------------------------------===//
#include <agc/agc.h>

#include "gtest/gtest.h"

using namespace agc;
namespace F = agc::nn::functional;

namespace {

struct ImagesImpl : nn::Module {
  ImagesImpl() {
    body = register_module(
        "body", nn::Sequential(
                    nn::Conv2d(nn::Conv2dOptions(2, 4, 3).padding(1).padding_mode(kReflect)), nn::BatchNorm2d(4),
                    nn::Mish(), nn::Dropout2d(0.3), nn::MaxPool2d(2),
                    nn::ConvTranspose2d(nn::ConvTranspose2dOptions(4, 4, 3).stride(2)), nn::GroupNorm(2, 4),
                    nn::Upsample(nn::UpsampleOptions().size(std::vector<int64_t>{6, 6}).mode(kBilinear).align_corners(false)),
                    nn::InstanceNorm2d(nn::InstanceNorm2dOptions(4).affine(true)), nn::PixelShuffle(2),
                    nn::AvgPool2d(3), nn::AdaptiveAvgPool2d(2), nn::Flatten(), nn::Linear(4, 3)));
  }
  Tensor forward(Tensor x) { return body->forward(x); }
  nn::Sequential body{nullptr};
};
AGC_MODULE(Images);

struct WordsImpl : nn::Module {
  WordsImpl() {
    table = register_module("table", nn::Embedding(nn::EmbeddingOptions(7, 4).padding_idx(0)));
    lstm = register_module("lstm", nn::LSTM(nn::LSTMOptions(4, 3).bidirectional(true).num_layers(2).dropout(0.2)));
    project = register_module("project", nn::Linear(6, 4));
    encoder = register_module("encoder", nn::TransformerEncoder(nn::TransformerEncoderOptions(
                                             nn::TransformerEncoderLayerOptions(4, 2).dim_feedforward(8), 1)));
    gru = register_module("gru", nn::GRU(4, 3));
  }
  Tensor forward(Tensor tokens) { // [t, n]
    Tensor x = project(std::get<0>(lstm(table(tokens))));
    x = encoder(x, Tensor(), tokens.t().eq(0));
    return std::get<0>(gru(x))[-1];
  }
  nn::Embedding table{nullptr};
  nn::LSTM lstm{nullptr};
  nn::Linear project{nullptr};
  nn::TransformerEncoder encoder{nullptr};
  nn::GRU gru{nullptr};
};
AGC_MODULE(Words);

template <typename Make> void expectTheSame(Make make, const Tensor &x, const Tensor &t) {
  auto begun = [&] {
    manual_seed(5);
    return make();
  };
  auto own = begun();
  optim::Adam ownAdam(own->parameters(), optim::AdamOptions(0.01));
  manual_seed(6);
  std::vector<float> losses;
  for (int i = 0; i < 3; ++i) {
    ownAdam.zero_grad();
    Tensor loss = F::mse_loss(own->forward(x), t);
    loss.backward();
    ownAdam.step();
    losses.push_back(loss.template item<float>());
  }
  auto traced = begun();
  optim::Adam adam(traced->parameters(), optim::AdamOptions(0.01));
  auto step = train_step(traced, F::mse_loss, adam, spec(x.sizes().vec(), x.dtype()), spec(t.sizes().vec()));
  manual_seed(6);
  for (float loss : losses)
    EXPECT_EQ(step(x, t), loss);
  auto parameters = traced->named_parameters(), buffers = traced->named_buffers();
  for (const auto &item : own->named_parameters())
    EXPECT_TRUE(item.value().equal(parameters[item.key()])) << item.key();
  for (const auto &item : own->named_buffers())
    EXPECT_TRUE(item.value().equal(buffers[item.key()])) << item.key();
}

TEST(Layers, OfImagesInACompiledStep) {
  expectTheSame([] { return Images(); }, rand({3, 2, 6, 6}), rand({3, 3}));
}
TEST(Layers, OfSequencesInACompiledStep) {
  expectTheSame([] { return Words(); }, tensor({1, 2, 3, 4, 0, 6, 5, 0, 0, 1, 2, 0}).view({4, 3}), rand({3, 3}));
}

} // namespace
