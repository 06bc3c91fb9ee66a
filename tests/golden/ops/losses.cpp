//===- losses.cpp - Losses with their options -----------------------------===//
#include "Cases.h"

using namespace golden;
namespace F = torch::nn::functional;

namespace {

using Loss = Results (*)(const Tensor &x, const Tensor &y, int reduction);

/// Of two of one shape: every reduction, sources that are not dense, no and one
/// element; \p edges, pairs of special numbers one by one.
Op &every(Op &op, Loss f, double low = -2, double high = 2, double lowY = -2, double highY = 2,
          Input a = {}, Input b = {}, bool hasTargetGrad = true) {
  auto with = [=](int reduction) { return [=](Tensors v) { return f(v[0], v[1], reduction); }; };
  auto x = [&](Shape shape) { return in(shape, low, high); };
  auto y = [&](Shape shape) {
    return hasTargetGrad ? in(shape, lowY, highY) : in(shape, lowY, highY).constant();
  };
  op.add({x({17}), y({17})}, with(0))
      .add({x({3, 5}), y({3, 5})}, with(1))
      .add({x({3, 5}).transposed(), y({3, 5}).strided()}, with(2))
      .add({x({1, 1}), y({1, 1})}, with(1))
      .add({x({0, 3}), y({0, 3})}, with(2))
      .add({x({0, 3}), y({0, 3})}, with(0))
      .add({x({2, 3, 2}).strided(), y({2, 3, 2}).expanded()}, with(1));
  if (!a.given.empty())
    op.special({a, hasTargetGrad ? b : b.constant()}, with(0));
  return op;
}

template <typename Options> Options reduced(Options options, int reduction) {
  if (reduction == 0)
    options.reduction(torch::kNone);
  else if (reduction == 1)
    options.reduction(torch::kMean);
  else
    options.reduction(torch::kSum);
  return options;
}

const Numbers left{NaN, 1, inf, 0., -0., 1, 2, -1, tiny, 0.5, 3, -inf};
const Numbers right{1, NaN, 1, 0., 0., 1, 1, 1, 0., 0., -2, 1};
/// Probabilities and targets, the ends among them.
const Numbers chances{0., 1, 0., 1, 0.5, tiny, 0.25}, wanted{0., 1, 1, 0., 0.5, 1, 1};

} // namespace

#define LOSS(...)                                                              \
  [](const Tensor &x, const Tensor &y, int r) -> Results { return __VA_ARGS__; }

GOLDEN_GROUP(losses) {
  Input a = given(left), b = given(right), p = given(chances), q = given(wanted);
  every(op(ops, "mse_loss"), LOSS(F::mse_loss(x, y, reduced(F::MSELossFuncOptions(), r))), -2, 2, -2, 2, a, b);
  every(op(ops, "l1_loss"), LOSS(F::l1_loss(x, y, reduced(F::L1LossFuncOptions(), r))), -2, 2, -2, 2, a, b);
  every(op(ops, "smooth_l1_loss"), LOSS(F::smooth_l1_loss(x, y, reduced(F::SmoothL1LossFuncOptions(), r))), -2, 2, -2, 2, a, b);
  every(op(ops, "smooth_l1_loss_beta"), LOSS(F::smooth_l1_loss(x, y, reduced(F::SmoothL1LossFuncOptions().beta(0.5), r))), -2, 2, -2, 2, a, b);
  every(op(ops, "huber_loss"), LOSS(F::huber_loss(x, y, reduced(F::HuberLossFuncOptions(), r))), -2, 2, -2, 2, a, b);
  every(op(ops, "huber_loss_delta"), LOSS(F::huber_loss(x, y, reduced(F::HuberLossFuncOptions().delta(1.3), r))), -2, 2, -2, 2, a, b);
  every(op(ops, "binary_cross_entropy"), LOSS(F::binary_cross_entropy(x, y, reduced(F::BinaryCrossEntropyFuncOptions(), r))),
        0.05, 0.95, 0.05, 0.95, p, q, false).upTo(1);
  every(op(ops, "binary_cross_entropy_with_logits"),
        LOSS(F::binary_cross_entropy_with_logits(x, y, reduced(F::BinaryCrossEntropyWithLogitsFuncOptions(), r))),
        -4, 4, 0, 1, given({0., -0., 100, -100, inf, -inf, NaN, 800}), given({0., 1, 1, 1, 0., 0., 1, 0.}), false);
  every(op(ops, "kl_div"), LOSS(F::kl_div(x, y, reduced(F::KLDivFuncOptions(), r))), -3, 0, 0.05, 1,
        given({-1, 0., -inf, -2, NaN}), given({0., 1, 0.5, -1, 1}).constant());
  every(op(ops, "kl_div_log"), LOSS(F::kl_div(x, y, reduced(F::KLDivFuncOptions().log_target(true), r))), -3, 0, -3, 0);
  every(op(ops, "poisson_nll_loss"), LOSS(F::poisson_nll_loss(x, y, reduced(F::PoissonNLLLossFuncOptions(), r))),
        -2, 2, 0, 3, given({0., 1, -inf, NaN, 100}), given({0., 1, 1, 1, 2}), false);
  every(op(ops, "poisson_nll_loss_full"),
        LOSS(F::poisson_nll_loss(x, y, reduced(F::PoissonNLLLossFuncOptions().log_input(false).full(true), r))),
        0.05, 3, 0.5, 4, given({0., 1, NaN}), given({0., 1, 2}), false);
  every(op(ops, "soft_margin_loss"), LOSS(F::soft_margin_loss(x, torch::sign(y), reduced(F::SoftMarginLossFuncOptions(), r))),
        -4, 4, -1, 1, given({0., 1, NaN, 100, -100}), given({1, -1, 1, 1, 1}), false).narrowIsOpen();
  every(op(ops, "hinge_embedding_loss"),
        LOSS(F::hinge_embedding_loss(x, torch::sign(y), reduced(F::HingeEmbeddingLossFuncOptions().margin(1.5), r))),
        -4, 4, -1, 1, given({1.5, NaN, 1, inf, -inf}), given({-1, 1, 1, -1, -1}), false);
  Input labels = integers({2, 0, 3}), weight = in({4}, 0.2, 2).constant();
  op(ops, "cross_entropy")
      .add({in({3, 4}), labels}, FN(F::cross_entropy(x, y)))
      .add({in({3, 4}), labels}, FN(F::cross_entropy(x, y, F::CrossEntropyFuncOptions().reduction(torch::kSum))))
      .add({in({3, 4}), labels}, FN(F::cross_entropy(x, y, F::CrossEntropyFuncOptions().reduction(torch::kNone))))
      .add({in({3, 4}), labels}, FN(F::cross_entropy(x, y, F::CrossEntropyFuncOptions().ignore_index(0))))
      .add({in({3, 4}), labels, weight}, FN(F::cross_entropy(x, y, F::CrossEntropyFuncOptions().weight(z))))
      .add({in({3, 4}), labels}, FN(F::cross_entropy(x, y, F::CrossEntropyFuncOptions().label_smoothing(0.1))))
      .add({in({3, 4}), labels, weight}, FN(F::cross_entropy(x, y, F::CrossEntropyFuncOptions().label_smoothing(0.1).weight(z).ignore_index(0))))
      .add({in({3, 4}), in({3, 4}, 0, 2)}, FN(F::cross_entropy(x, y)))
      .add({in({3, 4}), in({3, 4}, 0, 2), weight}, FN(F::cross_entropy(x, y, F::CrossEntropyFuncOptions().label_smoothing(0.2).weight(z))))
      .add({in({2, 4, 3, 2}), integers({0, 3, 1, 2, 2, 1, 0, 0, 3, 1, 1, 2}, {2, 3, 2})}, FN(F::cross_entropy(x, y)))
      .add({in({4}), integers({2}, {})}, FN(F::cross_entropy(x, y)))
      .add({in({3, 4}).transposed(), labels}, FN(F::cross_entropy(x, y)))
      .add({in({3, 1}), integers({0, 0, 0})}, FN(F::cross_entropy(x, y)))
      .add({in({3, 4}), integers({-100, -100, -100})}, FN(F::cross_entropy(x, y)))
      .special({given({1000, 0., -1000, 1, 2, 2, 2, 2, -inf, 0., 1, 0.}, {3, 4}), labels},
               FN(F::cross_entropy(x, y, F::CrossEntropyFuncOptions().reduction(torch::kNone))));
  op(ops, "nll_loss")
      .add({in({3, 4}), labels}, FN(F::nll_loss(x, y)))
      .add({in({3, 4}), labels, weight}, FN(F::nll_loss(x, y, F::NLLLossFuncOptions().weight(z).ignore_index(3))))
      .add({in({3, 4}), labels}, FN(F::nll_loss(x, y, F::NLLLossFuncOptions().reduction(torch::kNone))))
      .add({in({2, 3, 2, 2}), integers({0, 2, 1, 1, 0, 2, 2, 1}, {2, 2, 2})}, FN(F::nll_loss(x, y)))
      .add({in({3, 4}).strided(), labels}, FN(F::nll_loss(x, y, F::NLLLossFuncOptions().reduction(torch::kSum))))
      .special({given({NaN, 1, 2, 3, 4, inf}, {3, 2}), integers({0, 0, 1})},
               FN(F::nll_loss(x, y, F::NLLLossFuncOptions().reduction(torch::kNone))));
  Input sides = integers({1, -1, 1}), more = integers({1, -1});
  op(ops, "cosine_embedding_loss")
      .add({in({3, 4}), in({3, 4}), sides}, FN(F::cosine_embedding_loss(x, y, z)))
      .add({in({3, 4}), in({3, 4}), sides}, FN(F::cosine_embedding_loss(x, y, z, F::CosineEmbeddingLossFuncOptions().margin(-0.5))))
      .add({in({3, 4}).transposed(), in({3, 4}).strided(), sides}, FN(F::cosine_embedding_loss(x, y, z, reduced(F::CosineEmbeddingLossFuncOptions(), 0))))
      .add({in({3, 1}), in({3, 1}), sides}, FN(F::cosine_embedding_loss(x, y, z)))
      .add({in({3, 4}), in({3, 4}), sides}, FN(F::cosine_embedding_loss(x, y, z, reduced(F::CosineEmbeddingLossFuncOptions(), 2))))
      .special({given({0., 0., 1, 2}, {2, 2}), given({1, 2, 1, 2}, {2, 2}), more}, FN(F::cosine_embedding_loss(x, y, z)));
  op(ops, "margin_ranking_loss")
      .add({in({3}), in({3}), sides}, FN(F::margin_ranking_loss(x, y, z)))
      .add({in({3}), in({3}), sides}, FN(F::margin_ranking_loss(x, y, z, F::MarginRankingLossFuncOptions().margin(0.5))))
      .add({in({3}), in({3}).strided(), sides}, FN(F::margin_ranking_loss(x, y, z, reduced(F::MarginRankingLossFuncOptions(), 0))))
      .add({in({3}).strided(), in({3}).expanded(), sides}, FN(F::margin_ranking_loss(x, y, z, reduced(F::MarginRankingLossFuncOptions(), 2))))
      .add({in({1}), in({1}), integers({1})}, FN(F::margin_ranking_loss(x, y, z)))
      .special({given({1, NaN, inf}), given({1, 1, inf}), sides}, FN(F::margin_ranking_loss(x, y, z, reduced(F::MarginRankingLossFuncOptions(), 0))))
      .specialUpTo(0);
  op(ops, "triplet_margin_loss")
      .add({in({3, 4}), in({3, 4}), in({3, 4})}, FN(F::triplet_margin_loss(x, y, z)))
      .add({in({3, 4}), in({3, 4}), in({3, 4})}, FN(F::triplet_margin_loss(x, y, z, F::TripletMarginLossFuncOptions().margin(5).swap(true))))
      .add({in({3, 4}), in({3, 4}), in({3, 4})}, FN(F::triplet_margin_loss(x, y, z, F::TripletMarginLossFuncOptions().p(1).margin(2))))
      .add({in({3, 4}).transposed(), in({3, 4}).strided(), in({3, 4}).expanded()}, FN(F::triplet_margin_loss(x, y, z, reduced(F::TripletMarginLossFuncOptions(), 0))))
      .add({in({1, 1}), in({1, 1}), in({1, 1})}, FN(F::triplet_margin_loss(x, y, z)))
      .add({in({4}), in({4}), in({4})}, FN(F::triplet_margin_loss(x, y, z, reduced(F::TripletMarginLossFuncOptions(), 2))));
}
