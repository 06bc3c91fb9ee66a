// A small GPT with a tied head, by AdamW with clipped gradients.
#include "training.h"

namespace nn = torch::nn;
namespace F = torch::nn::functional;

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
    Tensor y = torch::scaled_dot_product_attention(parts[0], parts[1], parts[2], {}, 0.0, true);
    x = x + proj(y.transpose(1, 2).reshape({b, t, d}));
    return x + out(F::gelu(fc(ln2(x))));
  }
  int64_t h;
  nn::LayerNorm ln1{nullptr}, ln2{nullptr};
  nn::Linear qkv{nullptr}, proj{nullptr}, fc{nullptr}, out{nullptr};
};
TORCH_MODULE(Block);

struct GptImpl : nn::Module {
  GptImpl(int64_t vocab, int64_t t, int64_t d, int64_t h, int64_t layers) {
    tok = register_module("tok", nn::Embedding(vocab, d));
    pos = register_module("pos", nn::Embedding(t, d));
    blocks = register_module("blocks", nn::Sequential());
    for (int64_t i = 0; i < layers; ++i)
      blocks->push_back(Block(d, h));
    ln = register_module("ln", nn::LayerNorm(nn::LayerNormOptions({d})));
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

int main() {
  int64_t vocab = 7, t = 6;
  Tensor tokens = torch::remainder(torch::arange(3 * t, torch::kInt64) * 5 + 2, vocab).view({3, t});
  Tensor next = torch::remainder(tokens * 3 + 1, vocab);
  for (auto type : {torch::kFloat64, torch::kFloat32}) {
    Gpt model(vocab, t, 8, 2, 2);
    model->to(type);
    fill(*model, 0.3);
    std::string of = type == torch::kFloat64 ? "f64" : "f32";
    torch::optim::AdamW adamw(model->parameters(), torch::optim::AdamWOptions(1e-2).betas({0.9, 0.99}).weight_decay(0.1));
    train(of, *model, adamw, [&] { return F::cross_entropy(model(tokens).view({-1, vocab}), next.view(-1)); }, false);
    torch::NoGradGuard quiet;
    show(of + ".scores", model(tokens)[0]);
  }
}
