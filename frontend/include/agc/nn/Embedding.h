//===- Embedding.h - Rows of a table -----------------------------------------===//
#ifndef AGC_NN_EMBEDDING_H
#define AGC_NN_EMBEDDING_H

#include <agc/Functions.h>
#include <agc/nn/Module.h>

namespace agc::nn {

struct EmbeddingOptions {
  EmbeddingOptions(int64_t rows, int64_t dim) : num_embeddings_(rows), embedding_dim_(dim) {}
  AGC_ARG(int64_t, num_embeddings);
  AGC_ARG(int64_t, embedding_dim);
  /// A row that is zero at first and gets no gradient.
  AGC_LARGE_ARG(std::optional<int64_t>, padding_idx) = std::nullopt;
  /// Rows that are looked up are first made no longer than this, in place.
  AGC_LARGE_ARG(std::optional<double>, max_norm) = std::nullopt;
  AGC_ARG(double, norm_type) = 2.0;
  AGC_ARG(bool, scale_grad_by_freq) = false;
  AGC_ARG(bool, sparse) = false;
  AGC_LARGE_ARG(Tensor, _weight);
};
struct EmbeddingFromPretrainedOptions {
  AGC_ARG(bool, freeze) = true;
  AGC_LARGE_ARG(std::optional<int64_t>, padding_idx) = std::nullopt;
  AGC_LARGE_ARG(std::optional<double>, max_norm) = std::nullopt;
  AGC_ARG(double, norm_type) = 2.0;
  AGC_ARG(bool, scale_grad_by_freq) = false;
  AGC_ARG(bool, sparse) = false;
};

namespace functional {

struct EmbeddingFuncOptions {
  AGC_LARGE_ARG(std::optional<int64_t>, padding_idx) = std::nullopt;
  AGC_LARGE_ARG(std::optional<double>, max_norm) = std::nullopt;
  AGC_ARG(double, norm_type) = 2.0;
  AGC_ARG(bool, scale_grad_by_freq) = false;
  AGC_ARG(bool, sparse) = false;
};
Tensor embedding(Arg indices, Arg weight, const EmbeddingFuncOptions &options = {});
Tensor one_hot(Arg x, int64_t num_classes = -1);

} // namespace functional

/// indices [...], integers -> [..., embedding_dim].
/// Errors: AGC0104, a padding_idx that is no row; AGC0107, a weight of another shape.
class EmbeddingImpl : public Cloneable<EmbeddingImpl> {
public:
  EmbeddingImpl(int64_t rows, int64_t dim);
  explicit EmbeddingImpl(const EmbeddingOptions &options);
  void reset() override;
  void reset_parameters();
  Tensor forward(Arg indices);
  void pretty_print(std::ostream &out) const override;

  EmbeddingOptions options;
  Tensor weight;
};

AGC_COMPILED_ONCE(EmbeddingImpl);

class Embedding : public ModuleHolder<EmbeddingImpl> {
public:
  using ModuleHolder<EmbeddingImpl>::ModuleHolder;
  using Impl = EmbeddingImpl;
  /// A table that is there already; not to be trained unless said.
  static Embedding from_pretrained(const Tensor &embeddings, const EmbeddingFromPretrainedOptions &options = {},
                                   Loc loc = Loc::current());
};

} // namespace agc::nn

#endif
