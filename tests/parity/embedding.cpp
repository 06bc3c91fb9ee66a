// Tables of rows: padding, norms, pretrained ones, twenty steps.
#include "training.h"

using V = const std::vector<Tensor> &;
namespace F = torch::nn::functional;
namespace nn = torch::nn;

int main() {
  Tensor w = values(1, {5, 3}), at = torch::tensor({1, 4, 0, 1, 2, 1}).view({2, 3});
  check("embedding", [=](V v) { return F::embedding(at, v[0]); }, {w});
  check("padding", [=](V v) { return F::embedding(at, v[0], F::EmbeddingFuncOptions().padding_idx(1)); }, {w});
  check("padding_from_end", [=](V v) { return F::embedding(at, v[0], F::EmbeddingFuncOptions().padding_idx(-1)); }, {w});
  check("by_frequency", [=](V v) { return F::embedding(at, v[0], F::EmbeddingFuncOptions().scale_grad_by_freq(true).padding_idx(4)); }, {w}, false);
  check("torch.embedding", [=](V v) { return torch::embedding(v[0], at); }, {w});
  Tensor table = w.clone();
  show("max_norm", F::embedding(at, table, F::EmbeddingFuncOptions().max_norm(1.5)));
  show("max_norm.table", table);
  show("max_norm1", F::embedding(at, table, F::EmbeddingFuncOptions().max_norm(1).norm_type(1)));
  show("max_norm1.table", table);
  show("one_hot", F::one_hot(at, 6));

  nn::Embedding padded(nn::EmbeddingOptions(5, 3).padding_idx(2));
  show("padded", padded(torch::tensor({2})));
  nn::Embedding frozen = nn::Embedding::from_pretrained(w);
  show("frozen", frozen(at));
  std::printf("frozen %d\n", int(frozen->weight.requires_grad()));
  nn::Embedding open = nn::Embedding::from_pretrained(w.clone(), nn::EmbeddingFromPretrainedOptions().freeze(false).padding_idx(4));
  open(at).pow(2).sum().backward();
  show("open", open->weight.grad());
  trainBoth("embedding", [] { return nn::Embedding(nn::EmbeddingOptions(6, 3).padding_idx(0)); },
            [](auto module, auto type) { return (module->forward(torch::tensor({0, 1, 2, 3, 3, 1}).view({2, 3})) - values(21, {2, 3, 3}, -1, 1, type)).pow(2).mean(); });
  showError("padding beyond", [&] { nn::Embedding(nn::EmbeddingOptions(5, 3).padding_idx(5)); });
  showError("weight", [&] { nn::Embedding(nn::EmbeddingOptions(5, 4)._weight(w)); });
  showError("a vector", [&] { nn::Embedding::from_pretrained(values(2, {4})); });
  showError("index", [&] { F::embedding(torch::tensor({5}), w).sum().item<double>(); });
}
