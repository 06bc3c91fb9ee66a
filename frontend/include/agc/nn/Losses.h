//===- Losses.h - How far a prediction is from its target -------------------===//
//
// Each is a function of namespace nn::functional and a module. Without a
// reduction the result has the loss of each element, or of each row.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_NN_LOSSES_H
#define AGC_NN_LOSSES_H

#include <agc/Functions.h>
#include <agc/nn/Module.h>

namespace agc {

/// What a loss does with its elements. `kMean` and others are libtorch's names.
enum class Reduction { None, Mean, Sum, BatchMean };
inline constexpr Reduction kNone = Reduction::None, kMean = Reduction::Mean,
                           kSum = Reduction::Sum, kBatchMean = Reduction::BatchMean;

namespace nn {

struct CrossEntropyLossOptions {
  /// Of each class.
  AGC_LARGE_ARG(Tensor, weight);
  AGC_ARG(int64_t, ignore_index) = -100;
  AGC_ARG(Reduction, reduction) = kMean;
  AGC_ARG(double, label_smoothing) = 0.0;
};
struct NLLLossOptions {
  AGC_LARGE_ARG(Tensor, weight);
  AGC_ARG(int64_t, ignore_index) = -100;
  AGC_ARG(Reduction, reduction) = kMean;
};
/// Options that are a reduction and nothing else.
#define AGC_REDUCTION(Name)                                                    \
  struct Name##Options {                                                       \
    Name##Options(Reduction r = kMean) : reduction_(r) {}                      \
    AGC_ARG(Reduction, reduction);                                             \
  }
AGC_REDUCTION(MSELoss);
AGC_REDUCTION(L1Loss);
AGC_REDUCTION(SoftMarginLoss);
#undef AGC_REDUCTION
struct SmoothL1LossOptions {
  SmoothL1LossOptions(Reduction r = kMean) : reduction_(r) {}
  AGC_ARG(Reduction, reduction);
  AGC_LARGE_ARG(std::optional<double>, beta) = std::nullopt;
};
struct HuberLossOptions {
  HuberLossOptions(Reduction r = kMean) : reduction_(r) {}
  AGC_ARG(Reduction, reduction);
  AGC_ARG(double, delta) = 1.0;
};
struct BCELossOptions {
  AGC_LARGE_ARG(Tensor, weight);
  AGC_ARG(Reduction, reduction) = kMean;
};
struct BCEWithLogitsLossOptions {
  AGC_LARGE_ARG(Tensor, weight);
  AGC_ARG(Reduction, reduction) = kMean;
  /// Of positive examples.
  AGC_LARGE_ARG(Tensor, pos_weight);
};
struct KLDivLossOptions {
  KLDivLossOptions(Reduction r = kMean) : reduction_(r) {}
  AGC_ARG(Reduction, reduction);
  AGC_ARG(bool, log_target) = false;
};
struct HingeEmbeddingLossOptions {
  AGC_ARG(double, margin) = 1.0;
  AGC_ARG(Reduction, reduction) = kMean;
};
struct CosineEmbeddingLossOptions {
  AGC_ARG(double, margin) = 0.0;
  AGC_ARG(Reduction, reduction) = kMean;
};
struct MarginRankingLossOptions {
  AGC_ARG(double, margin) = 0.0;
  AGC_ARG(Reduction, reduction) = kMean;
};
struct TripletMarginLossOptions {
  AGC_ARG(double, margin) = 1.0;
  AGC_ARG(double, p) = 2.0;
  AGC_ARG(double, eps) = 1e-6;
  AGC_ARG(bool, swap) = false;
  AGC_ARG(Reduction, reduction) = kMean;
};
struct PoissonNLLLossOptions {
  AGC_ARG(bool, log_input) = true;
  AGC_ARG(bool, full) = false;
  AGC_ARG(double, eps) = 1e-8;
  AGC_ARG(Reduction, reduction) = kMean;
};

namespace functional {

using CrossEntropyFuncOptions = CrossEntropyLossOptions;
using NLLLossFuncOptions = NLLLossOptions;
using MSELossFuncOptions = MSELossOptions;
using L1LossFuncOptions = L1LossOptions;
using SoftMarginLossFuncOptions = SoftMarginLossOptions;
using SmoothL1LossFuncOptions = SmoothL1LossOptions;
using HuberLossFuncOptions = HuberLossOptions;
using BinaryCrossEntropyFuncOptions = BCELossOptions;
using BinaryCrossEntropyWithLogitsFuncOptions = BCEWithLogitsLossOptions;
using KLDivFuncOptions = KLDivLossOptions;
using HingeEmbeddingLossFuncOptions = HingeEmbeddingLossOptions;
using CosineEmbeddingLossFuncOptions = CosineEmbeddingLossOptions;
using MarginRankingLossFuncOptions = MarginRankingLossOptions;
using TripletMarginLossFuncOptions = TripletMarginLossOptions;
using PoissonNLLLossFuncOptions = PoissonNLLLossOptions;

/// Minus the logarithm of the softmax of \p input at the label.
///
/// Shapes: input [n, c, ...] or [c]; target [n, ...] or [], integers, or of
///         input's shape and floating point: probabilities; weight [c].
/// Errors: a label that is not in [0, c) and not ignore_index, when the step
///         runs and before it changes anything.
Tensor cross_entropy(Arg input, Arg target);
Tensor cross_entropy(Arg input, Arg target, const CrossEntropyFuncOptions &options);
/// The same of logarithms of probabilities.
Tensor nll_loss(Arg input, Arg target);
Tensor nll_loss(Arg input, Arg target, const NLLLossFuncOptions &options);
Tensor mse_loss(Arg input, Arg target);
Tensor mse_loss(Arg input, Arg target, const MSELossFuncOptions &options);
Tensor l1_loss(Arg input, Arg target, const L1LossFuncOptions &options = {});
/// (x - y)^2 / (2 beta) within beta (1), else |x - y| - beta / 2.
Tensor smooth_l1_loss(Arg input, Arg target, const SmoothL1LossFuncOptions &options = {});
/// (x - y)^2 / 2 within delta, else delta (|x - y| - delta / 2).
Tensor huber_loss(Arg input, Arg target, const HuberLossFuncOptions &options = {});
/// Of probabilities; logarithms are at least -100.
Tensor binary_cross_entropy(Arg input, Arg target, const BinaryCrossEntropyFuncOptions &options = {});
Tensor binary_cross_entropy_with_logits(Arg input, Arg target,
                                        const BinaryCrossEntropyWithLogitsFuncOptions &options = {});
/// target (log(target) - input), for an input of logarithms.
Tensor kl_div(Arg input, Arg target, const KLDivFuncOptions &options = {});
/// input where target is 1, max(0, margin - input) where it is -1.
Tensor hinge_embedding_loss(Arg input, Arg target, const HingeEmbeddingLossFuncOptions &options = {});
/// Of rows: 1 - cos where target is 1, max(0, cos - margin) where it is -1.
Tensor cosine_embedding_loss(Arg input1, Arg input2, Arg target,
                             const CosineEmbeddingLossFuncOptions &options = {});
/// max(0, -target (input1 - input2) + margin).
Tensor margin_ranking_loss(Arg input1, Arg input2, Arg target,
                           const MarginRankingLossFuncOptions &options = {});
/// max(0, |anchor - positive| - |anchor - negative| + margin), of rows.
Tensor triplet_margin_loss(Arg anchor, Arg positive, Arg negative,
                           const TripletMarginLossFuncOptions &options = {});
/// exp(input) - target input, or input - target log(input + eps).
Tensor poisson_nll_loss(Arg input, Arg target, const PoissonNLLLossFuncOptions &options = {});
/// log(1 + exp(-target input)).
Tensor soft_margin_loss(Arg input, Arg target, const SoftMarginLossFuncOptions &options = {});

} // namespace functional

/// A loss as a module; a weight is a buffer of its.
#define AGC_LOSS(Name)                                                         \
  class Name##Impl : public Cloneable<Name##Impl> {                            \
  public:                                                                      \
    void reset() override {}                                                   \
    explicit Name##Impl(const Name##Options &o = {});                          \
    Tensor forward(Arg input, Arg target);                                     \
    void pretty_print(std::ostream &out) const override;                       \
    Name##Options options;                                                     \
  };                                                                           \
  AGC_OWN_MODULE(Name)
AGC_LOSS(CrossEntropyLoss);
AGC_LOSS(NLLLoss);
AGC_LOSS(MSELoss);
AGC_LOSS(L1Loss);
AGC_LOSS(SmoothL1Loss);
AGC_LOSS(HuberLoss);
AGC_LOSS(BCELoss);
AGC_LOSS(BCEWithLogitsLoss);
AGC_LOSS(KLDivLoss);
AGC_LOSS(HingeEmbeddingLoss);
AGC_LOSS(PoissonNLLLoss);
AGC_LOSS(SoftMarginLoss);
#undef AGC_LOSS
#define AGC_LOSS(Name)                                                         \
  class Name##Impl : public Cloneable<Name##Impl> {                            \
  public:                                                                      \
    void reset() override {}                                                   \
    explicit Name##Impl(const Name##Options &o = {});                          \
    Tensor forward(Arg a, Arg b, Arg c);                                       \
    void pretty_print(std::ostream &out) const override;                       \
    Name##Options options;                                                     \
  };                                                                           \
  AGC_OWN_MODULE(Name)
AGC_LOSS(CosineEmbeddingLoss);
AGC_LOSS(MarginRankingLoss);
AGC_LOSS(TripletMarginLoss);
#undef AGC_LOSS

} // namespace nn
} // namespace agc

#endif
