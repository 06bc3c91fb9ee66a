#include <agc/nn/Embedding.h>

#include "frontend/nn/Layer.h"
#include "frontend/ops/Composites.h"

#include <agc/nn/Init.h>

#include <ostream>

namespace agc::nn {

using namespace agc::detail;

namespace functional {

namespace {

/// Makes the rows that are looked up no longer than \p most, in place.
void renormalize(Arg indices, Arg weight, double most, double p) {
  NoGradGuard quiet;
  int64_t rows = weight.tensor.size(0);
  Value w = read(weight.tensor), at = checkedIndex(read(indices.tensor), rows, false);
  at = reshape(at, at.type()->numel);
  TypeRef each = withShape(w.type(), rows);
  Value used = scatter(constant(each, 0), at, constant(withShape(w.type(), at.shape()), 1), 0, "set");
  Value size = read(weight.tensor.norm(p, 1, false, weight.loc));
  Value longer = binary(OpId::And, compare("gt", size, constantLike(size, most)),
                        compare("ne", used, constantLike(used, 0)));
  Value factor = select(longer, constantLike(size, most) / (size + constantLike(size, 1e-7)), constantLike(size, 1));
  write(weight.tensor, w * broadcastDims(factor, w.shape(), int64_t(0)));
}

} // namespace

Tensor embedding(Arg indices, Arg weight, const EmbeddingFuncOptions &o) {
  OpGuard op("embedding", indices.loc);
  int64_t padding = -1;
  if (o.padding_idx()) {
    int64_t rows = weight.tensor.size(0);
    padding = *o.padding_idx() < 0 ? *o.padding_idx() + rows : *o.padding_idx();
    if (padding < 0 || padding >= rows)
      fail("AGC0104", "expects padding_idx among the " + std::to_string(rows) + " rows, got " +
                          std::to_string(*o.padding_idx()));
  }
  if (o.max_norm())
    renormalize(indices, weight, *o.max_norm(), o.norm_type());
  return agc::embedding(weight, indices, padding, o.scale_grad_by_freq(), o.sparse());
}
Tensor one_hot(Arg x, int64_t num_classes) { return agc::one_hot(x, num_classes); }

} // namespace functional

EmbeddingImpl::EmbeddingImpl(int64_t rows, int64_t dim) : EmbeddingImpl(EmbeddingOptions(rows, dim)) {}
EmbeddingImpl::EmbeddingImpl(const EmbeddingOptions &options) : options(options) { reset(); }
void EmbeddingImpl::reset() {
  int64_t rows = options.num_embeddings(), dim = options.embedding_dim();
  if (std::optional<int64_t> at = options.padding_idx()) {
    if (*at >= rows || *at < -rows)
      throw Error("AGC0104", "'agc.Embedding' expects padding_idx among its " + std::to_string(rows) +
                                 " rows, got " + std::to_string(*at));
    if (*at < 0)
      options.padding_idx(*at + rows);
  }
  if (!options._weight().defined()) {
    weight = addParameter(*this, "weight", {rows, dim});
    reset_parameters();
    return;
  }
  if (options._weight().sizes() != IntArrayRef({rows, dim}))
    throw Error("AGC0107", "'agc.Embedding' expects a weight of shape " + shapeText(Dims{rows, dim}) + ", got " +
                               shapeText(options._weight().sizes()));
  weight = register_parameter("weight", options._weight());
}
void EmbeddingImpl::reset_parameters() {
  init::normal_(weight);
  if (options.padding_idx()) {
    NoGradGuard quiet;
    weight[*options.padding_idx()].fill_(0);
  }
}
Tensor EmbeddingImpl::forward(Arg indices) {
  ScopeGuard in(scope());
  return functional::embedding(indices, Arg(weight, indices.loc),
                               functional::EmbeddingFuncOptions()
                                   .padding_idx(options.padding_idx())
                                   .max_norm(options.max_norm())
                                   .norm_type(options.norm_type())
                                   .scale_grad_by_freq(options.scale_grad_by_freq())
                                   .sparse(options.sparse()));
}
void EmbeddingImpl::pretty_print(std::ostream &out) const {
  out << "torch::nn::Embedding(num_embeddings=" << options.num_embeddings()
      << ", embedding_dim=" << options.embedding_dim();
  if (options.padding_idx())
    out << ", padding_idx=" << *options.padding_idx();
  if (options.max_norm())
    out << ", max_norm=" << *options.max_norm();
  if (options.norm_type() != 2)
    out << ", norm_type=" << options.norm_type();
  out << ")";
}

Embedding Embedding::from_pretrained(const Tensor &embeddings, const EmbeddingFromPretrainedOptions &o, Loc loc) {
  OpGuard op("Embedding", loc);
  if (embeddings.dim() != 2)
    fail("AGC0107", "expects a weight [rows, d], got shape " + shapeText(embeddings.sizes()));
  Embedding made(EmbeddingOptions(embeddings.size(0), embeddings.size(1))
                     ._weight(embeddings)
                     .padding_idx(o.padding_idx())
                     .max_norm(o.max_norm())
                     .norm_type(o.norm_type())
                     .scale_grad_by_freq(o.scale_grad_by_freq())
                     .sparse(o.sparse()));
  made->weight.set_requires_grad(!o.freeze());
  return made;
}

} // namespace agc::nn
