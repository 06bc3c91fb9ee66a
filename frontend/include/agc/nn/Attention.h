//===- Attention.h - Attention of several heads ------------------------------===//
#ifndef AGC_NN_ATTENTION_H
#define AGC_NN_ATTENTION_H

#include <agc/nn/Linear.h>

#include <tuple>

namespace agc::nn {

struct MultiheadAttentionOptions {
  MultiheadAttentionOptions(int64_t embed_dim, int64_t heads)
      : embed_dim_(embed_dim), num_heads_(heads), kdim_(embed_dim), vdim_(embed_dim) {}
  AGC_ARG(int64_t, embed_dim);
  AGC_ARG(int64_t, num_heads);
  /// Of the weights, in training.
  AGC_ARG(double, dropout) = 0.0;
  AGC_ARG(bool, bias) = true;
  /// A learned position more in key and value.
  AGC_ARG(bool, add_bias_kv) = false;
  /// A position of zeros more in key and value.
  AGC_ARG(bool, add_zero_attn) = false;
  /// Of key and value, if not embed_dim.
  AGC_ARG(int64_t, kdim);
  AGC_ARG(int64_t, vdim);
};

namespace functional {

struct MultiheadAttentionForwardFuncOptions {
  MultiheadAttentionForwardFuncOptions(int64_t embed_dim, int64_t heads, Tensor in_weight, Tensor in_bias,
                                       Tensor bias_k, Tensor bias_v, bool zero, double dropout, Tensor out_weight,
                                       Tensor out_bias);
  AGC_ARG(int64_t, embed_dim_to_check);
  AGC_ARG(int64_t, num_heads);
  AGC_LARGE_ARG(Tensor, in_proj_weight);
  AGC_LARGE_ARG(Tensor, in_proj_bias);
  AGC_LARGE_ARG(Tensor, bias_k);
  AGC_LARGE_ARG(Tensor, bias_v);
  AGC_ARG(bool, add_zero_attn);
  AGC_ARG(double, dropout_p);
  AGC_LARGE_ARG(Tensor, out_proj_weight);
  AGC_LARGE_ARG(Tensor, out_proj_bias);
  AGC_ARG(bool, training) = true;
  /// [n, s], bool: keys to leave out.
  AGC_LARGE_ARG(Tensor, key_padding_mask);
  AGC_ARG(bool, need_weights) = true;
  /// [l, s], added to the scores.
  AGC_LARGE_ARG(Tensor, attn_mask);
  AGC_ARG(bool, use_separate_proj_weight) = false;
  AGC_LARGE_ARG(Tensor, q_proj_weight);
  AGC_LARGE_ARG(Tensor, k_proj_weight);
  AGC_LARGE_ARG(Tensor, v_proj_weight);
  AGC_LARGE_ARG(Tensor, static_k);
  AGC_LARGE_ARG(Tensor, static_v);
  AGC_ARG(bool, average_attn_weights) = true;
};
/// Shapes: query [l, n, e], key and value [s, n, e] -> [l, n, e] and, if they are
///         needed, the weights [n, l, s], or [n, heads, l, s] if not averaged.
std::tuple<Tensor, Tensor> multi_head_attention_forward(Arg query, Arg key, Arg value,
                                                        const MultiheadAttentionForwardFuncOptions &options);

} // namespace functional

/// Errors: AGC0104, heads that do not divide embed_dim.
class MultiheadAttentionImpl : public Cloneable<MultiheadAttentionImpl> {
public:
  MultiheadAttentionImpl(int64_t embed_dim, int64_t heads);
  explicit MultiheadAttentionImpl(const MultiheadAttentionOptions &options);
  void reset() override;
  void _reset_parameters();
  std::tuple<Tensor, Tensor> forward(Arg query, Arg key, Arg value, OptionalArg key_padding_mask = {},
                                     bool need_weights = true, OptionalArg attn_mask = {},
                                     bool average_attn_weights = true);
  void pretty_print(std::ostream &out) const override;

  MultiheadAttentionOptions options;
  /// One weight for query, key and value; else there are three.
  bool _qkv_same_embed_dim = true;
  Tensor in_proj_weight, in_proj_bias, bias_k, bias_v;
  Linear out_proj{nullptr};
  Tensor q_proj_weight, k_proj_weight, v_proj_weight;
  int64_t head_dim = 0;
};
AGC_OWN_MODULE(MultiheadAttention);

} // namespace agc::nn

#endif
