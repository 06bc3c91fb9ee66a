//===- Transformer.h - Attention and a feed-forward, layer on layer ----------===//
#ifndef AGC_NN_TRANSFORMER_H
#define AGC_NN_TRANSFORMER_H

#include <agc/Enum.h>
#include <agc/nn/Attention.h>
#include <agc/nn/Containers.h>
#include <agc/nn/Dropout.h>
#include <agc/nn/Linear.h>
#include <agc/nn/Normalization.h>

namespace agc::nn {

/// `kReLU`, `kGELU` or a function of a tensor.
class activation_t {
public:
  activation_t(enumtype::kReLU) {}
  activation_t(enumtype::kGELU) : isGELU(true) {}
  template <typename F>
    requires std::is_invocable_r_v<Tensor, F, const Tensor &>
  activation_t(F f) : function(std::move(f)) {}
  Tensor operator()(Arg x) const;

private:
  bool isGELU = false;
  std::function<Tensor(const Tensor &)> function;
};

struct TransformerEncoderLayerOptions {
  TransformerEncoderLayerOptions(int64_t d_model, int64_t heads);
  AGC_ARG(int64_t, d_model);
  AGC_ARG(int64_t, nhead);
  AGC_ARG(int64_t, dim_feedforward) = 2048;
  AGC_ARG(double, dropout) = 0.1;
  AGC_LARGE_ARG(activation_t, activation) = kReLU;
};
/// x = norm1(x + attention(x)); x = norm2(x + feed-forward(x)); src [s, n, e].
class TransformerEncoderLayerImpl : public Cloneable<TransformerEncoderLayerImpl> {
public:
  TransformerEncoderLayerImpl(int64_t d_model, int64_t heads);
  explicit TransformerEncoderLayerImpl(const TransformerEncoderLayerOptions &options);
  void reset() override;
  void reset_parameters();
  Tensor forward(Arg src, OptionalArg src_mask = {}, OptionalArg src_key_padding_mask = {});

  TransformerEncoderLayerOptions options;
  MultiheadAttention self_attn{nullptr};
  Linear linear1{nullptr};
  Dropout dropout{nullptr};
  Linear linear2{nullptr};
  LayerNorm norm1{nullptr}, norm2{nullptr};
  Dropout dropout1{nullptr}, dropout2{nullptr};
};
AGC_OWN_MODULE(TransformerEncoderLayer);

struct TransformerEncoderOptions {
  TransformerEncoderOptions(TransformerEncoderLayer layer, int64_t layers);
  TransformerEncoderOptions(const TransformerEncoderLayerOptions &layer, int64_t layers);
  AGC_LARGE_ARG(TransformerEncoderLayer, encoder_layer) = nullptr;
  AGC_ARG(int64_t, num_layers);
  /// Of what the last layer gives.
  AGC_LARGE_ARG(AnyModule, norm);
};
/// Clones of one layer, one after the other.
class TransformerEncoderImpl : public Cloneable<TransformerEncoderImpl> {
public:
  TransformerEncoderImpl(TransformerEncoderLayer layer, int64_t layers);
  explicit TransformerEncoderImpl(const TransformerEncoderOptions &options);
  void reset() override;
  void reset_parameters();
  Tensor forward(Arg src, OptionalArg src_mask = {}, OptionalArg src_key_padding_mask = {});

  TransformerEncoderOptions options;
  ModuleList layers{nullptr};
  AnyModule norm;
};
AGC_OWN_MODULE(TransformerEncoder);

} // namespace agc::nn

#endif
