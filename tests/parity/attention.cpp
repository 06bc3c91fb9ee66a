// Attention of several heads with its masks and options, scaled dot products,
// an encoder; twenty steps of a layer.
#include "training.h"

using V = const std::vector<Tensor> &;
namespace F = torch::nn::functional;
namespace nn = torch::nn;

template <typename M> M made(M module) {
  module->to(torch::kFloat64);
  fill(*module);
  return module;
}

int main() {
  Tensor q = values(1, {3, 2, 4}), k = values(2, {5, 2, 4}), v = values(3, {5, 2, 4});
  Tensor mask = values(4, {3, 5}), padding = torch::tensor({0, 0, 0, 0, 1, 0, 0, 1, 0, 1}).view({2, 5}).to(torch::kBool);
  auto attend = [&](const std::string &name, nn::MultiheadAttentionOptions options, bool needs, bool averages, bool masks, std::vector<Tensor> inputs) {
    auto module = made(nn::MultiheadAttention(options));
    check(name, [=](V in) mutable { return std::get<0>(module->forward(in[0], in[1], in[2], masks ? padding : Tensor(), needs, masks ? mask : Tensor(), averages)); }, inputs);
    auto [y, weights] = module->forward(inputs[0], inputs[1], inputs[2], masks ? padding : Tensor(), needs, masks ? mask : Tensor(), averages);
    show(name + ".weights", weights);
    y.pow(2).sum().backward();
    for (auto &item : module->named_parameters())
      show(name + "." + item.key(), item.value().grad());
  };
  attend("mha", nn::MultiheadAttentionOptions(4, 2), true, true, false, {q, k, v});
  attend("mha_masks", nn::MultiheadAttentionOptions(4, 2).bias(false), true, false, true, {q, k, v});
  attend("mha_more", nn::MultiheadAttentionOptions(4, 2).add_bias_kv(true).add_zero_attn(true), true, true, true, {q, k, v});
  attend("mha_sizes", nn::MultiheadAttentionOptions(4, 2).kdim(3).vdim(3), false, true, false, {q, values(5, {5, 2, 3}), values(6, {5, 2, 3})});
  {
    auto module = made(nn::MultiheadAttention(4, 4));
    check("self", [=](V in) mutable { return std::get<0>(module->forward(in[0], in[0], in[0])); }, {q});
    check("key_is_value", [=](V in) mutable { return std::get<0>(module->forward(in[0], in[1], in[1])); }, {q, k});
  }
  Tensor a = values(7, {2, 2, 3, 4}), b = values(8, {2, 2, 5, 4}), c = values(9, {2, 2, 5, 6});
  check("sdpa", [](V in) { return torch::scaled_dot_product_attention(in[0], in[1], in[2]); }, {a, b, c});
  check("sdpa_causal", [](V in) { return torch::scaled_dot_product_attention(in[0], in[1], in[2], {}, 0.0, true); }, {a, b, c});
  check("sdpa_mask", [=](V in) mutable { return torch::scaled_dot_product_attention(in[0], in[1], in[2], mask, 0.0, false, 0.3); }, {a, b, c});
  check("sdpa_gqa", [](V in) { return torch::scaled_dot_product_attention(in[0], in[1], in[2], {}, 0.0, false, std::nullopt, true); }, {values(10, {1, 4, 2, 4}), values(11, {1, 2, 3, 4}), values(12, {1, 2, 3, 2})});

  auto layer = made(nn::TransformerEncoderLayer(nn::TransformerEncoderLayerOptions(4, 2).dim_feedforward(6).dropout(0).activation(torch::kGELU)));
  check("layer", [=](V in) mutable { return layer->forward(in[0]); }, {q});
  Tensor square = values(14, {3, 3}), columns = torch::tensor({0, 0, 1, 0, 0, 0}).view({2, 3}).to(torch::kBool);
  check("layer_masks", [=](V in) mutable { return layer->forward(in[0], square, columns); }, {q}, false);
  nn::TransformerEncoder stack(nn::TransformerEncoderOptions(nn::TransformerEncoderLayerOptions(4, 2).dim_feedforward(6).dropout(0.3), 2).norm(nn::AnyModule(nn::LayerNorm(nn::LayerNormOptions({4})))));
  made(stack);
  stack->eval();
  show("stack", stack->forward(q));
  for (auto &item : stack->named_parameters())
    std::printf("stack.%s\n", item.key().c_str());
  nn::TransformerEncoder clones(layer, 2);
  show("clones", clones->forward(q));

  trainBoth("layer", [] { return nn::TransformerEncoderLayer(nn::TransformerEncoderLayerOptions(4, 2).dim_feedforward(6).dropout(0)); },
            [](auto module, auto type) { return (module->forward(values(20, {3, 2, 4}, -1, 1, type)) - values(21, {3, 2, 4}, -1, 1, type)).pow(2).mean(); });
  showError("heads", [] { nn::MultiheadAttention(5, 2); });
  showError("features", [&] { auto m = made(nn::MultiheadAttention(6, 2)); m->forward(q, q, q); });
  showError("padding", [&] { auto m = made(nn::MultiheadAttention(4, 2)); m->forward(q, q, q, padding); });
}
