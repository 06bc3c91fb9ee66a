#include <agc/nn/Attention.h>

#include "frontend/nn/Layer.h"
#include "frontend/core/Recorder.h"

#include <agc/nn/Dropout.h>
#include <agc/nn/Init.h>

#include <cmath>
#include <ostream>

namespace agc::nn {

using agc::detail::fail;
using agc::detail::OpGuard;
using agc::detail::ScopeGuard;
using agc::detail::shapeText;

namespace functional {

namespace {

using Options = MultiheadAttentionForwardFuncOptions;

struct Projected {
  Tensor q, k, v;
};

/// Query, key and value through their weights; those that are one tensor
/// together.
Projected project(const Tensor &query, const Tensor &key, const Tensor &value, const Options &o, Loc loc) {
  int64_t e = query.size(2);
  auto linear = [&](const Tensor &x, const Tensor &weight, int64_t from, int64_t to) {
    Tensor bias = o.in_proj_bias().defined() ? o.in_proj_bias().slice(0, from, to, 1, loc) : Tensor();
    return agc::linear(Arg(x, loc), Arg(weight, loc), bias);
  };
  if (o.use_separate_proj_weight())
    return {linear(query, o.q_proj_weight(), 0, e), linear(key, o.k_proj_weight(), e, 2 * e),
            linear(value, o.v_proj_weight(), 2 * e, 3 * e)};
  auto rows = [&](const Tensor &x, int64_t from, int64_t to) {
    return linear(x, o.in_proj_weight().slice(0, from, to, 1, loc), from, to);
  };
  if (query.is_same(key) && key.is_same(value)) {
    std::vector<Tensor> parts = rows(query, 0, 3 * e).chunk(3, -1, loc);
    return {parts[0], parts[1], parts[2]};
  }
  if (key.is_same(value)) {
    std::vector<Tensor> parts = rows(key, e, 3 * e).chunk(2, -1, loc);
    return {rows(query, 0, e), parts[0], parts[1]};
  }
  return {rows(query, 0, e), rows(key, e, 2 * e), rows(value, 2 * e, 3 * e)};
}

/// \p mask with one more column of zeros.
Tensor widened(const Tensor &mask, Loc loc) {
  if (!mask.defined())
    return mask;
  return cat(std::vector<Tensor>{mask, zeros({mask.size(0), 1}, mask.options(), loc)}, 1, loc);
}

} // namespace

std::tuple<Tensor, Tensor> multi_head_attention_forward(Arg query, Arg key, Arg value, const Options &o) {
  Loc loc = query.loc;
  OpGuard op("multi_head_attention_forward", loc);
  if (query.tensor.dim() != 3 || key.tensor.dim() != 3 || value.tensor.dim() != 3)
    fail("AGC0107", "expects query [l, n, e], key and value [s, n, e], got shapes " + shapeText(query.tensor.sizes()) +
                        ", " + shapeText(key.tensor.sizes()) + " and " + shapeText(value.tensor.sizes()));
  int64_t l = query.tensor.size(0), n = query.tensor.size(1), e = query.tensor.size(2), heads = o.num_heads();
  if (e != o.embed_dim_to_check())
    fail("AGC0107", "expects a query of " + std::to_string(o.embed_dim_to_check()) + " features, got shape " +
                        shapeText(query.tensor.sizes()));
  if (heads < 1 || e % heads)
    fail("AGC0104", "expects heads that divide " + std::to_string(e) + ", got " + std::to_string(heads));
  if (key.tensor.size(0) != value.tensor.size(0) || key.tensor.size(1) != n || value.tensor.size(1) != n)
    fail("AGC0107", "expects key and value of one length and the query's batch, got shapes " +
                        shapeText(key.tensor.sizes()) + " and " + shapeText(value.tensor.sizes()));
  auto [q, k, v] = project(query.tensor, key.tensor, value.tensor, o, loc);
  int64_t d = e / heads;
  q = q.mul(1 / std::sqrt(double(d)), loc);
  Tensor mask = o.attn_mask(), padding = o.key_padding_mask();
  if (o.bias_k().defined() != o.bias_v().defined())
    fail("AGC0104", "expects both of bias_k and bias_v, or none");
  if (o.bias_k().defined()) {
    if (o.static_k().defined() || o.static_v().defined())
      fail("AGC0104", "cannot add a bias to a static key or value");
    k = cat(std::vector<Tensor>{k, o.bias_k().repeat({1, n, 1}, loc)}, 0, loc);
    v = cat(std::vector<Tensor>{v, o.bias_v().repeat({1, n, 1}, loc)}, 0, loc);
    mask = widened(mask, loc);
    padding = widened(padding, loc);
  }
  auto byHead = [&](const Tensor &x) { return x.reshape({-1, n * heads, d}, loc).transpose(0, 1, loc); };
  q = byHead(q);
  k = o.static_k().defined() ? o.static_k() : byHead(k);
  v = o.static_v().defined() ? o.static_v() : byHead(v);
  if (o.add_zero_attn()) {
    Tensor none = zeros({n * heads, 1, d}, k.options(), loc);
    k = cat(std::vector<Tensor>{k, none}, 1, loc);
    v = cat(std::vector<Tensor>{v, none}, 1, loc);
    mask = widened(mask, loc);
    padding = widened(padding, loc);
  }
  int64_t s = k.size(1);
  Tensor weights = q.bmm(k.transpose(1, 2, loc), loc);
  if (mask.defined())
    weights = weights.add(mask, 1, loc);
  if (padding.defined()) {
    if (padding.sizes() != IntArrayRef({n, s}))
      fail("AGC0107", "expects a key_padding_mask of shape " + shapeText(std::vector<int64_t>{n, s}) + ", got " +
                          shapeText(padding.sizes()));
    weights = weights.view({n, heads, l, s}, loc)
                  .masked_fill(padding.view({n, 1, 1, s}, loc), -INFINITY, loc)
                  .view({n * heads, l, s}, loc);
  }
  weights = weights.softmax(-1, {}, loc);
  weights = agc::dropout(Arg(weights, loc), o.dropout_p(), o.training());
  Tensor y = weights.bmm(v, loc).transpose(0, 1, loc).reshape({l, n, e}, loc);
  y = agc::linear(Arg(y, loc), Arg(o.out_proj_weight(), loc), o.out_proj_bias());
  if (!o.need_weights())
    return {y, Tensor()};
  weights = weights.view({n, heads, l, s}, loc);
  if (o.average_attn_weights())
    weights = weights.sum(1, false, {}, loc).div(heads, loc);
  return {y, weights};
}

MultiheadAttentionForwardFuncOptions::MultiheadAttentionForwardFuncOptions(
    int64_t embed_dim, int64_t heads, Tensor in_weight, Tensor in_bias, Tensor bias_k, Tensor bias_v, bool zero,
    double dropout, Tensor out_weight, Tensor out_bias)
    : embed_dim_to_check_(embed_dim), num_heads_(heads), in_proj_weight_(std::move(in_weight)),
      in_proj_bias_(std::move(in_bias)), bias_k_(std::move(bias_k)), bias_v_(std::move(bias_v)),
      add_zero_attn_(zero), dropout_p_(dropout), out_proj_weight_(std::move(out_weight)),
      out_proj_bias_(std::move(out_bias)) {}

} // namespace functional

MultiheadAttentionImpl::MultiheadAttentionImpl(int64_t embed_dim, int64_t heads)
    : MultiheadAttentionImpl(MultiheadAttentionOptions(embed_dim, heads)) {}
MultiheadAttentionImpl::MultiheadAttentionImpl(const MultiheadAttentionOptions &options)
    : options(options) {
  reset();
}
void MultiheadAttentionImpl::reset() {
  int64_t e = options.embed_dim(), heads = options.num_heads();
  if (heads < 1 || e % heads)
    throw Error("AGC0104", "'agc.MultiheadAttention' expects heads that divide " + std::to_string(e) + ", got " +
                               std::to_string(heads));
  head_dim = e / heads;
  _qkv_same_embed_dim = options.kdim() == e && options.vdim() == e;
  bool same = _qkv_same_embed_dim;
  in_proj_weight = addParameter(*this, "in_proj_weight", {3 * e, e}, same);
  q_proj_weight = addParameter(*this, "q_proj_weight", {e, e}, !same);
  k_proj_weight = addParameter(*this, "k_proj_weight", {e, options.kdim()}, !same);
  v_proj_weight = addParameter(*this, "v_proj_weight", {e, options.vdim()}, !same);
  in_proj_bias = addParameter(*this, "in_proj_bias", 3 * e, options.bias());
  out_proj = register_module("out_proj", Linear(LinearOptions(e, e).bias(options.bias())));
  bias_k = bias_v = Tensor();
  if (options.add_bias_kv()) {
    bias_k = addParameter(*this, "bias_k", {1, 1, e});
    bias_v = addParameter(*this, "bias_v", {1, 1, e});
  }
  _reset_parameters();
}
void MultiheadAttentionImpl::_reset_parameters() {
  for (const Tensor *weight : {&in_proj_weight, &q_proj_weight, &k_proj_weight, &v_proj_weight})
    if (weight->defined())
      init::xavier_uniform_(*weight);
  if (in_proj_bias.defined()) {
    init::constant_(in_proj_bias, 0);
    init::constant_(out_proj->bias, 0);
  }
  for (const Tensor *bias : {&bias_k, &bias_v})
    if (bias->defined())
      init::xavier_normal_(*bias);
}
std::tuple<Tensor, Tensor> MultiheadAttentionImpl::forward(Arg query, Arg key, Arg value,
                                                           OptionalArg key_padding_mask, bool need_weights,
                                                           OptionalArg attn_mask, bool average_attn_weights) {
  ScopeGuard in(scope());
  auto valueOf = [](const OptionalArg &a) { return a.tensor ? *a.tensor : Tensor(); };
  functional::MultiheadAttentionForwardFuncOptions call(
      options.embed_dim(), options.num_heads(), in_proj_weight, in_proj_bias, bias_k, bias_v,
      options.add_zero_attn(), options.dropout(), out_proj->weight, out_proj->bias);
  call.training(is_training())
      .key_padding_mask(valueOf(key_padding_mask))
      .need_weights(need_weights)
      .attn_mask(valueOf(attn_mask))
      .use_separate_proj_weight(!_qkv_same_embed_dim)
      .q_proj_weight(q_proj_weight)
      .k_proj_weight(k_proj_weight)
      .v_proj_weight(v_proj_weight)
      .average_attn_weights(average_attn_weights);
  return functional::multi_head_attention_forward(query, key, value, call);
}
void MultiheadAttentionImpl::pretty_print(std::ostream &out) const { out << "torch::nn::MultiheadAttention"; }

} // namespace agc::nn
