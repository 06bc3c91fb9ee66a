// Activations and losses with their options, with first and second derivatives.
#include "library.h"

using V = const std::vector<Tensor> &;
namespace F = torch::nn::functional;
namespace nn = torch::nn;
#define CHECK(name, expression, ...) check(name, [=](V v) -> Tensor { return expression; }, {__VA_ARGS__})
#define FIRST(name, expression, ...) check(name, [=](V v) -> Tensor { return expression; }, {__VA_ARGS__}, false)

int main() {
  Tensor x = values(1, {3, 4}, -4, 4), y = values(2, {3, 4}), p = values(3, {3, 4}, 0.05, 0.95), q = values(4, {3, 4}, 0.05, 0.95);
  Tensor image = values(5, {2, 3, 2, 2});
  CHECK("relu6", F::relu6(v[0] * 2), x);
  CHECK("leaky_relu", F::leaky_relu(v[0], F::LeakyReLUFuncOptions().negative_slope(0.2)), x);
  CHECK("torch.leaky_relu", torch::leaky_relu(v[0]), x);
  CHECK("prelu", F::prelu(v[0], v[1]), image, values(6, {3}, 0, 1));
  CHECK("prelu_one", F::prelu(v[0], v[1]), x, values(6, {1}, 0, 1));
  CHECK("elu", F::elu(v[0], F::ELUFuncOptions().alpha(1.5)), x);
  CHECK("selu", F::selu(v[0]), x);
  CHECK("celu", F::celu(v[0], F::CELUFuncOptions().alpha(0.5)), x);
  CHECK("gelu", F::gelu(v[0]), x);
  CHECK("gelu_tanh", F::gelu(v[0], F::GELUFuncOptions().approximate("tanh")), x);
  CHECK("silu", F::silu(v[0]), x);
  CHECK("mish", F::mish(v[0]), x);
  CHECK("softplus", F::softplus(v[0], F::SoftplusFuncOptions().beta(2).threshold(3)), x);
  CHECK("torch.softplus", torch::softplus(v[0]), x);
  CHECK("softsign", F::softsign(v[0]), x);
  CHECK("logsigmoid", F::logsigmoid(v[0]), x);
  CHECK("hardtanh", F::hardtanh(v[0], F::HardtanhFuncOptions().min_val(-0.5).max_val(2)), x);
  FIRST("hardsigmoid", torch::hardsigmoid(v[0]), x.to(torch::kFloat32));
  CHECK("hardswish", torch::hardswish(v[0]), x);
  CHECK("hardshrink", F::hardshrink(v[0]), x);
  CHECK("softshrink", F::softshrink(v[0], F::SoftshrinkFuncOptions(0.7)), x);
  CHECK("tanhshrink", F::tanhshrink(v[0]), x);
  CHECK("threshold", F::threshold(v[0], F::ThresholdFuncOptions(0.5, 3)), x);
  CHECK("softmin", F::softmin(v[0], F::SoftminFuncOptions(1)), x);
  CHECK("glu", F::glu(v[0], F::GLUFuncOptions(1)), x);
  Tensor origin = torch::zeros({2}, torch::kFloat64);
  CHECK("at_0.softplus", torch::softplus(v[0]), origin);
  CHECK("at_0.logsigmoid", F::logsigmoid(v[0]), origin);
  CHECK("at_0.mish", F::mish(v[0]), origin);
  CHECK("at_0.logaddexp", torch::logaddexp(v[0], v[1]), origin, origin);
  CHECK("at_0.bce_logits", F::binary_cross_entropy_with_logits(v[0], v[1].detach()), origin, origin);
  Tensor large = torch::tensor({-200., -90., -20., 0., 20., 90., 200.}, torch::kFloat32);
  FIRST("large.softplus", torch::softplus(v[0]), large);
  FIRST("large.logsigmoid", F::logsigmoid(v[0]), large);
  FIRST("large.elu", torch::elu(v[0]), large);
  FIRST("large.gelu", torch::gelu(v[0]), large);
  FIRST("large.silu", torch::silu(v[0]), large);
  FIRST("large.mish", torch::mish(v[0]), large);
  FIRST("large.sigmoid", torch::sigmoid(v[0]), large);

  // Modules.
  show("m.relu6", nn::ReLU6()(x));
  show("m.leaky", nn::LeakyReLU(nn::LeakyReLUOptions().negative_slope(0.3))(x));
  show("m.elu", nn::ELU(nn::ELUOptions().alpha(2))(x));
  show("m.gelu", nn::GELU()(x));
  show("m.silu", nn::SiLU()(x));
  show("m.softplus", nn::Softplus()(x));
  show("m.hardtanh", nn::Hardtanh()(x));
  show("m.threshold", nn::Threshold(0.1, 20)(x));
  show("m.prelu", nn::PReLU(nn::PReLUOptions().num_parameters(4))(x.to(torch::kFloat32)));
  show("m.glu", nn::GLU(1)(x));
  show("m.softmax", nn::Softmax(1)(x));
  show("m.logsoftmax", nn::LogSoftmax(nn::LogSoftmaxOptions(0))(x));
  show("m.identity", nn::Identity()(x));

  // Losses.
  Tensor labels = torch::tensor({2, 0, 3}), weight = values(7, {4}, 0.2, 2), sides = torch::tensor({1., -1., 1.}, torch::kFloat64);
  CHECK("cross_entropy", F::cross_entropy(v[0], labels), x);
  CHECK("cross_entropy_weight", F::cross_entropy(v[0], labels, F::CrossEntropyFuncOptions().weight(weight)), x);
  CHECK("cross_entropy_smooth", F::cross_entropy(v[0], labels, F::CrossEntropyFuncOptions().label_smoothing(0.1)), x);
  CHECK("cross_entropy_smooth_weight", F::cross_entropy(v[0], labels, F::CrossEntropyFuncOptions().label_smoothing(0.1).weight(weight).ignore_index(0)), x);
  CHECK("cross_entropy_smooth_sum", F::cross_entropy(v[0], labels, F::CrossEntropyFuncOptions().label_smoothing(0.1).reduction(torch::kSum)), x);
  CHECK("cross_entropy_none", F::cross_entropy(v[0], labels, F::CrossEntropyFuncOptions().weight(weight).reduction(torch::kNone)), x);
  CHECK("cross_entropy_probabilities", F::cross_entropy(v[0], v[1], F::CrossEntropyFuncOptions().weight(weight).label_smoothing(0.2)), x, p);
  CHECK("nll_loss", F::nll_loss(v[0], labels, F::NLLLossFuncOptions().weight(weight).ignore_index(3)), x);
  CHECK("nll_2d", F::nll_loss(v[0], torch::tensor({0, 2, 1, 1, 0, 2, 2, 1}).view({2, 2, 2})), image);
  CHECK("mse_loss", F::mse_loss(v[0], v[1]), x, y);
  CHECK("l1_loss", F::l1_loss(v[0], v[1]), x, y);
  CHECK("l1_loss_sum", F::l1_loss(v[0], v[1], torch::kSum), x, y);
  CHECK("smooth_l1_loss", F::smooth_l1_loss(v[0], v[1]), x, y);
  CHECK("smooth_l1_loss_beta", F::smooth_l1_loss(v[0], v[1], F::SmoothL1LossFuncOptions(torch::kSum).beta(0.5)), x, y);
  CHECK("huber_loss", F::huber_loss(v[0], v[1], F::HuberLossFuncOptions().delta(1.3)), x, y);
  CHECK("bce", F::binary_cross_entropy(v[0], v[1].detach()), p, q);
  CHECK("bce_weight", F::binary_cross_entropy(v[0], v[1].detach(), F::BinaryCrossEntropyFuncOptions().weight(weight).reduction(torch::kSum)), p, q);
  CHECK("bce_logits", F::binary_cross_entropy_with_logits(v[0], v[1].detach()), x, q);
  CHECK("bce_logits_weight", F::binary_cross_entropy_with_logits(v[0], v[1].detach(), F::BinaryCrossEntropyWithLogitsFuncOptions().weight(weight).pos_weight(values(8, {4}, 0.5, 2))), x, q);
  CHECK("kl_div", F::kl_div(v[0], v[1], F::KLDivFuncOptions(torch::kBatchMean)), x, p);
  CHECK("kl_div_log", F::kl_div(v[0], v[1], F::KLDivFuncOptions(torch::kSum).log_target(true)), x, y);
  CHECK("hinge_embedding", F::hinge_embedding_loss(v[0], torch::tensor({1., -1., 1., -1.}, torch::kFloat64), F::HingeEmbeddingLossFuncOptions().margin(1.5)), x);
  CHECK("cosine_embedding", F::cosine_embedding_loss(v[0], v[1], sides, F::CosineEmbeddingLossFuncOptions().margin(-0.5)), x, y);
  CHECK("margin_ranking", F::margin_ranking_loss(v[0], v[1], sides, F::MarginRankingLossFuncOptions().margin(0.5)), values(9, {3}), values(10, {3}));
  CHECK("triplet", F::triplet_margin_loss(v[0], v[1], v[2], F::TripletMarginLossFuncOptions().margin(2)), x, y, p);
  CHECK("triplet_swap", F::triplet_margin_loss(v[0], v[1], v[2], F::TripletMarginLossFuncOptions().margin(5).swap(true)), x, y, p);
  CHECK("poisson", F::poisson_nll_loss(v[0], v[1].detach()), x, p);
  CHECK("poisson_full", F::poisson_nll_loss(v[0], v[1].detach(), F::PoissonNLLLossFuncOptions().log_input(false).full(true)), p, values(11, {3, 4}, 0.5, 4));
  CHECK("soft_margin", F::soft_margin_loss(v[0], torch::sign(v[1]).detach()), x, y);
  show("m.huber", nn::HuberLoss()(x, y));
  show("m.cross_entropy", nn::CrossEntropyLoss(nn::CrossEntropyLossOptions().label_smoothing(0.3))(x, labels));
  show("m.bce", nn::BCELoss()(p, q));
  show("m.triplet", nn::TripletMarginLoss()(x, y, p));
  showError("glu of odd", [&] { F::glu(x, 0); });
  showError("weight of other classes", [&] { F::cross_entropy(x, labels, F::CrossEntropyFuncOptions().weight(weight.slice(0, 0, 2))); });
}
