#include <agc/nn/Transformer.h>

#include "frontend/nn/Layer.h"

#include <agc/nn/Activations.h>

namespace agc::nn {

using agc::detail::ScopeGuard;

Tensor activation_t::operator()(Arg x) const {
  return function ? function(x.tensor) : isGELU ? agc::gelu(x) : agc::relu(x);
}

TransformerEncoderLayerOptions::TransformerEncoderLayerOptions(int64_t d_model, int64_t heads)
    : d_model_(d_model), nhead_(heads) {}
TransformerEncoderLayerImpl::TransformerEncoderLayerImpl(int64_t d_model, int64_t heads)
    : TransformerEncoderLayerImpl(TransformerEncoderLayerOptions(d_model, heads)) {}
TransformerEncoderLayerImpl::TransformerEncoderLayerImpl(const TransformerEncoderLayerOptions &options)
    : options(options) {
  reset();
}
void TransformerEncoderLayerImpl::reset() {
  const TransformerEncoderLayerOptions &o = options;
  self_attn = register_module(
      "self_attn", MultiheadAttention(MultiheadAttentionOptions(o.d_model(), o.nhead()).dropout(o.dropout())));
  linear1 = register_module("linear1", Linear(o.d_model(), o.dim_feedforward()));
  dropout = register_module("dropout", Dropout(o.dropout()));
  linear2 = register_module("linear2", Linear(o.dim_feedforward(), o.d_model()));
  norm1 = register_module("norm1", LayerNorm(LayerNormOptions({o.d_model()})));
  norm2 = register_module("norm2", LayerNorm(LayerNormOptions({o.d_model()})));
  dropout1 = register_module("dropout1", Dropout(o.dropout()));
  dropout2 = register_module("dropout2", Dropout(o.dropout()));
}
void TransformerEncoderLayerImpl::reset_parameters() {
  self_attn->_reset_parameters();
  linear1->reset_parameters();
  linear2->reset_parameters();
  norm1->reset_parameters();
  norm2->reset_parameters();
}
Tensor TransformerEncoderLayerImpl::forward(Arg src, OptionalArg mask, OptionalArg padding) {
  ScopeGuard in(scope());
  auto at = [&](const Tensor &x) { return Arg(x, src.loc); };
  Tensor attended = std::get<0>(self_attn->forward(src, src, src, padding, /*need_weights=*/false, mask));
  Tensor x = norm1->forward(at(src.tensor.add(dropout1->forward(at(attended)), 1, src.loc)));
  Tensor wide = linear1->forward(at(x));
  wide = options.activation()(at(wide));
  Tensor narrow = linear2->forward(at(dropout->forward(at(wide))));
  return norm2->forward(at(x.add(dropout2->forward(at(narrow)), 1, src.loc)));
}

TransformerEncoderOptions::TransformerEncoderOptions(TransformerEncoderLayer layer, int64_t layers)
    : encoder_layer_(std::move(layer)), num_layers_(layers) {}
TransformerEncoderOptions::TransformerEncoderOptions(const TransformerEncoderLayerOptions &layer,
                                                     int64_t layers)
    : encoder_layer_(layer), num_layers_(layers) {}
TransformerEncoderImpl::TransformerEncoderImpl(TransformerEncoderLayer layer, int64_t layers)
    : TransformerEncoderImpl(TransformerEncoderOptions(std::move(layer), layers)) {}
TransformerEncoderImpl::TransformerEncoderImpl(const TransformerEncoderOptions &options)
    : options(options) {
  reset();
}
void TransformerEncoderImpl::reset() {
  if (options.num_layers() < 0 || options.encoder_layer().is_empty())
    throw Error("AGC0104", "'agc.TransformerEncoder' expects a layer and how many of it there are, got " +
                               std::to_string(options.num_layers()));
  layers = register_module("layers", ModuleList());
  for (int64_t i = 0; i < options.num_layers(); ++i)
    layers->push_back(options.encoder_layer()->clone());
  norm = AnyModule();
  if (!options.norm().is_empty()) {
    norm = options.norm().clone();
    register_module("norm", norm.ptr());
  }
}
void TransformerEncoderImpl::reset_parameters() {
  for (const std::shared_ptr<Module> &layer : *layers)
    layer->as<TransformerEncoderLayerImpl>()->reset_parameters();
  if (!norm.is_empty())
    if (auto *layerNorm = norm.ptr()->as<LayerNormImpl>())
      layerNorm->reset_parameters();
}
Tensor TransformerEncoderImpl::forward(Arg src, OptionalArg mask, OptionalArg padding) {
  ScopeGuard in(scope());
  Tensor x = src.tensor;
  for (const std::shared_ptr<Module> &layer : *layers)
    x = layer->as<TransformerEncoderLayerImpl>()->forward(Arg(x, src.loc), mask, padding);
  return norm.is_empty() ? x : norm.forward(Arg(x, src.loc));
}

} // namespace agc::nn
