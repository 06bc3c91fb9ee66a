#include <agc/models.h>

#include "frontend/core/Recorder.h"

#include <agc/nn/Init.h>

namespace agc::models {

using namespace agc::nn;

GptBlockImpl::GptBlockImpl(int64_t width, int64_t heads) : heads(heads) {
  ln1 = register_module("ln1", LayerNorm(LayerNormOptions({width})));
  ln2 = register_module("ln2", LayerNorm(LayerNormOptions({width})));
  qkv = register_module("qkv", Linear(width, 3 * width));
  proj = register_module("proj", Linear(width, width));
  fc = register_module("fc", Linear(width, 4 * width));
  out = register_module("out", Linear(4 * width, width));
}
Tensor GptBlockImpl::forward(Arg x) {
  int64_t n = x.tensor.size(0), t = x.tensor.size(1), width = x.tensor.size(2);
  std::vector<Tensor> parts;
  for (const Tensor &part : qkv->forward(ln1->forward(x)).split(width, 2))
    parts.push_back(part.view({n, t, heads, width / heads}).transpose(1, 2));
  Tensor y = scaled_dot_product_attention(parts[0], parts[1], parts[2], {}, 0, /*is_causal=*/true);
  Tensor z = x.tensor + proj->forward(y.transpose(1, 2).reshape({n, t, width}));
  return z + out->forward(gelu(fc->forward(ln2->forward(z))));
}

GptImpl::GptImpl(int64_t layers, int64_t heads, int64_t width, int64_t block, int64_t vocab) {
  if (layers < 1 || heads < 1 || width < 1 || block < 1 || vocab < 1 || width % heads)
    throw Error("AGC0104", "'agc.gpt' expects sizes of at least 1 and heads that divide the width, got " +
                               std::to_string(heads) + " heads for width " + std::to_string(width));
  tok = register_module("tok", Embedding(vocab, width));
  pos = register_module("pos", Embedding(block, width));
  blocks = register_module("blocks", ModuleList());
  for (int64_t i = 0; i < layers; ++i)
    blocks->push_back(GptBlock(width, heads));
  ln = register_module("ln", LayerNorm(LayerNormOptions({width})));
  // As GPT-2: with these a fresh model knows nothing, ln(vocab) of loss.
  for (const auto &item : named_parameters())
    if (item.value().dim() == 2)
      init::normal_(item.value(), 0, 0.02);
    else if (item.key().ends_with(".bias"))
      init::zeros_(item.value());
}
Tensor GptImpl::forward(Arg tokens) {
  if (tokens.tensor.dim() != 2 || tokens.tensor.size(1) > pos->weight.size(0)) {
    agc::detail::OpGuard op("gpt", tokens.loc);
    agc::detail::fail("AGC0107", "expects tokens [n, t], t at most " + std::to_string(pos->weight.size(0)) +
                                ", got shape " + agc::detail::shapeText(tokens.tensor.sizes()));
  }
  Tensor x = tok->forward(tokens) + pos->weight.slice(0, 0, tokens.tensor.size(1));
  for (const std::shared_ptr<Module> &block : *blocks)
    x = block->as<GptBlock>()->forward(x);
  return linear(ln->forward(x), tok->weight);
}

LstmClassifierImpl::LstmClassifierImpl(int64_t input, int64_t hidden, int64_t classes) {
  lstm = register_module("lstm", LSTM(LSTMOptions(input, hidden).batch_first(true)));
  fc = register_module("fc", Linear(hidden, classes));
}
Tensor LstmClassifierImpl::forward(Arg x) {
  return fc->forward(std::get<0>(lstm->forward(x)).select(1, -1, x.loc));
}

Gpt gpt(int64_t layers, int64_t heads, int64_t width, int64_t block, int64_t vocab, Loc loc) {
  return Gpt::makeAt(loc, layers, heads, width, block, vocab);
}
LstmClassifier lstm_classifier(int64_t input, int64_t hidden, int64_t classes, Loc loc) {
  return LstmClassifier(input, hidden, classes, loc);
}

} // namespace agc::models
