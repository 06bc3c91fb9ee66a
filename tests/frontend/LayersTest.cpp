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

/// The loop brings a weight of so many columns into panels; the cells read it as it lies.
TEST(Layers, OfWideStatesAreTheirCellsStepByStep) {
  manual_seed(3);
  auto options = TensorOptions().dtype(kFloat64);
  Tensor x = randn({3, 20, 8}, options);
  for (int64_t size : {32, 40}) { // in panels; not whole ones
    std::vector<Tensor> w{randn({4 * size, 8}, options), randn({4 * size, size}, options),
                          randn({4 * size}, options), randn({4 * size}, options)};
    for (Tensor &each : w)
      each = (each * 0.2).detach().set_requires_grad(true);
    Tensor h = randn({20, size}, options).set_requires_grad(true), c = randn({20, size}, options);
    std::vector<Tensor> state{h.unsqueeze(0), c.unsqueeze(0)};
    Tensor layer = std::get<0>(lstm(x, state, w, true, 1, 0.0, false, false, false));
    std::vector<Tensor> rows;
    Tensor a = h, b = c;
    for (int64_t t = 0; t < 3; ++t) {
      std::vector<Tensor> before{a, b};
      std::tie(a, b) = lstm_cell(x[t], before, w[0], w[1], w[2], w[3]);
      rows.push_back(a);
    }
    Tensor cells = stack(rows);
    EXPECT_TRUE(allclose(layer, cells, 1e-12, 1e-13));
    auto gradients = [&](const Tensor &y) {
      return autograd::grad({(y * y).sum()}, {w[0], w[1], w[2], h}, {}, true);
    };
    auto ours = gradients(layer), theirs = gradients(cells);
    for (size_t i = 0; i < ours.size(); ++i)
      EXPECT_TRUE(allclose(ours[i], theirs[i], 1e-10, 1e-11)) << i;
  }
}

} // namespace
