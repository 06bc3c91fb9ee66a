// The built-in models against the same models written for libtorch: the names
// of their parameters, and one step.
#include "training.h"

namespace nn = torch::nn;
namespace F = torch::nn::functional;

#ifndef AGC_PARITY_TORCH
namespace models = agc::models;
#else
namespace models {

struct ResidualImpl : nn::Module {
  // Two convolutions of 3, or one of 1, 3 and 1 with four times the width.
  ResidualImpl(int64_t in, int64_t width, int64_t stride, bool deep) {
    int64_t out = deep ? 4 * width : width;
    auto add = [&](int64_t from, int64_t to, int64_t size, int64_t step) {
      std::string n = std::to_string(convs.size() + 1);
      convs.push_back(register_module("conv" + n, nn::Conv2d(nn::Conv2dOptions(from, to, size).stride(step).padding(size / 2).bias(false))));
      bns.push_back(register_module("bn" + n, nn::BatchNorm2d(to)));
    };
    if (deep)
      add(in, width, 1, 1);
    add(deep ? width : in, width, 3, stride);
    add(width, out, deep ? 1 : 3, 1);
    if (stride != 1 || in != out)
      downsample = register_module("downsample", nn::Sequential(nn::Conv2d(nn::Conv2dOptions(in, out, 1).stride(stride).bias(false)), nn::BatchNorm2d(out)));
  }
  Tensor forward(Tensor x) {
    Tensor y = x;
    for (size_t i = 0; i < convs.size(); ++i) {
      y = bns[i](convs[i](y));
      if (i + 1 < convs.size())
        y = torch::relu(y);
    }
    return torch::relu(y + (downsample ? downsample->forward(x) : x));
  }
  std::vector<nn::Conv2d> convs;
  std::vector<nn::BatchNorm2d> bns;
  nn::Sequential downsample{nullptr};
};
TORCH_MODULE(Residual);

struct ResNetImpl : nn::Module {
  ResNetImpl(bool deep, std::vector<int64_t> blocks, int64_t classes) {
    conv1 = register_module("conv1", nn::Conv2d(nn::Conv2dOptions(3, 64, 7).stride(2).padding(3).bias(false)));
    bn1 = register_module("bn1", nn::BatchNorm2d(64));
    int64_t in = 64;
    for (size_t i = 0; i < 4; ++i) {
      nn::Sequential stage;
      for (int64_t k = 0; k < blocks[i]; ++k) {
        stage->push_back(Residual(in, int64_t(64) << i, k || !i ? 1 : 2, deep));
        in = (int64_t(64) << i) * (deep ? 4 : 1);
      }
      stages.push_back(register_module("layer" + std::to_string(i + 1), stage));
    }
    fc = register_module("fc", nn::Linear(in, classes));
  }
  Tensor forward(Tensor x) {
    x = torch::max_pool2d(torch::relu(bn1(conv1(x))), 3, 2, 1);
    for (nn::Sequential &stage : stages)
      x = stage->forward(x);
    return fc(torch::adaptive_avg_pool2d(x, {1, 1}).flatten(1));
  }
  nn::Conv2d conv1{nullptr};
  nn::BatchNorm2d bn1{nullptr};
  std::vector<nn::Sequential> stages;
  nn::Linear fc{nullptr};
};
TORCH_MODULE(ResNet);
ResNet resnet34(int64_t classes) { return ResNet(false, std::vector<int64_t>{3, 4, 6, 3}, classes); }
ResNet resnet50(int64_t classes) { return ResNet(true, std::vector<int64_t>{3, 4, 6, 3}, classes); }

struct BlockImpl : nn::Module {
  BlockImpl(int64_t d, int64_t h) : h(h) {
    ln1 = register_module("ln1", nn::LayerNorm(nn::LayerNormOptions({d})));
    ln2 = register_module("ln2", nn::LayerNorm(nn::LayerNormOptions({d})));
    qkv = register_module("qkv", nn::Linear(d, 3 * d));
    proj = register_module("proj", nn::Linear(d, d));
    fc = register_module("fc", nn::Linear(d, 4 * d));
    out = register_module("out", nn::Linear(4 * d, d));
  }
  Tensor forward(Tensor x) {
    int64_t b = x.size(0), t = x.size(1), d = x.size(2);
    std::vector<Tensor> parts = qkv(ln1(x)).split(d, 2);
    for (Tensor &part : parts)
      part = part.view({b, t, h, d / h}).transpose(1, 2);
    Tensor scores = parts[0].matmul(parts[1].transpose(2, 3)) / std::sqrt(double(d / h));
    scores = scores.masked_fill(torch::ones({t, t}, torch::kBool).triu(1), -INFINITY);
    x = x + proj(scores.softmax(-1).matmul(parts[2]).transpose(1, 2).reshape({b, t, d}));
    return x + out(F::gelu(fc(ln2(x))));
  }
  int64_t h;
  nn::LayerNorm ln1{nullptr}, ln2{nullptr};
  nn::Linear qkv{nullptr}, proj{nullptr}, fc{nullptr}, out{nullptr};
};
TORCH_MODULE(Block);

struct GptImpl : nn::Module {
  GptImpl(int64_t layers, int64_t heads, int64_t width, int64_t block, int64_t vocab) {
    tok = register_module("tok", nn::Embedding(vocab, width));
    pos = register_module("pos", nn::Embedding(block, width));
    blocks = register_module("blocks", nn::Sequential());
    for (int64_t i = 0; i < layers; ++i)
      blocks->push_back(Block(width, heads));
    ln = register_module("ln", nn::LayerNorm(nn::LayerNormOptions({width})));
  }
  Tensor forward(Tensor tokens) {
    Tensor x = tok(tokens) + pos(torch::arange(tokens.size(1), torch::kInt64));
    return torch::matmul(ln(blocks->forward(x)), tok->weight.t());
  }
  nn::Embedding tok{nullptr}, pos{nullptr};
  nn::Sequential blocks{nullptr};
  nn::LayerNorm ln{nullptr};
};
TORCH_MODULE(Gpt);
Gpt gpt(int64_t layers, int64_t heads, int64_t width, int64_t block, int64_t vocab) { return Gpt(layers, heads, width, block, vocab); }

struct LstmClassifierImpl : nn::Module {
  LstmClassifierImpl(int64_t input, int64_t hidden, int64_t classes) {
    lstm = register_module("lstm", nn::LSTM(nn::LSTMOptions(input, hidden).batch_first(true)));
    fc = register_module("fc", nn::Linear(hidden, classes));
  }
  Tensor forward(Tensor x) { return fc(std::get<0>(lstm->forward(x)).select(1, -1)); }
  nn::LSTM lstm{nullptr};
  nn::Linear fc{nullptr};
};
TORCH_MODULE(LstmClassifier);
LstmClassifier lstm_classifier(int64_t input, int64_t hidden, int64_t classes) { return LstmClassifier(input, hidden, classes); }

} // namespace models
#endif

/// On the host, so that no function is compiled for it.
static double normOf(const Tensor &tensor) {
  Tensor whole = tensor.detach().contiguous();
  const double *data = whole.const_data_ptr<double>();
  double sum = 0;
  for (int64_t i = 0; i < whole.numel(); ++i)
    sum += data[i] * data[i];
  return std::sqrt(sum);
}

/// One step from parameters by the formula.
template <typename Model>
static void step(const std::string &name, Model model, const Tensor &x, const Tensor &labels, double scale) {
  model->to(torch::kFloat64);
  fill(*model, scale);
  torch::optim::SGD sgd(model->parameters(), torch::optim::SGDOptions(0.1).momentum(0.9).weight_decay(1e-3));
  Tensor y = model->forward(x);
  Tensor loss = F::cross_entropy(y.reshape({-1, y.size(-1)}), labels.reshape(-1));
  loss.backward();
  sgd.step();
  show(name + ".output", y);
  show(name + ".loss", loss);
  std::vector<double> grads, weights, buffers;
  std::string names;
  int64_t elements = 0;
  for (auto &item : model->named_parameters()) {
    names += " " + item.key();
    elements += item.value().numel();
    grads.push_back(normOf(item.value().grad()));
    weights.push_back(normOf(item.value()));
  }
  for (auto &item : model->named_buffers()) {
    names += " " + item.key();
    if (item.key().find("num_batches") == item.key().npos) // other dtypes, see training.h
      buffers.push_back(normOf(item.value()));
  }
  std::printf("%s.elements %d\n%s.names%s\n", name.c_str(), int(elements), name.c_str(), names.c_str());
  show(name + ".grads", torch::tensor(grads, torch::kFloat64));
  show(name + ".weights", torch::tensor(weights, torch::kFloat64));
  if (!buffers.empty())
    show(name + ".buffers", torch::tensor(buffers, torch::kFloat64));
}

int main() {
  Tensor images = values(1, {4, 3, 32, 32}, -1, 1), labels = torch::tensor({3, 0, 2, 3});
  step("resnet34", models::resnet34(5), images, labels, 0.05);
  step("resnet50", models::resnet50(5), images, labels, 0.05);
  Tensor tokens = torch::remainder(torch::arange(12, torch::kInt64) * 5 + 2, 7).view({2, 6});
  step("gpt", models::gpt(2, 2, 8, 9, 7), tokens, torch::remainder(tokens + 3, 7), 0.4);
  step("lstm", models::lstm_classifier(3, 8, 5), values(2, {4, 6, 3}), labels, 0.4);
}
