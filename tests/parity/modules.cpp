// Twenty steps of the modules that no other program trains: bilinear, gated and
// shrinking activations, distances, patches, every loss.
#include "training.h"

namespace nn = torch::nn;
namespace F = torch::nn::functional;

struct PairImpl : nn::Module {
  PairImpl() {
    bilinear = register_module("bilinear", nn::Bilinear(3, 4, 6));
    gate = register_module("gate", nn::Sequential(nn::Linear(6, 8), nn::GLU(), nn::Linear(4, 4), nn::Softmax(1), nn::Hardtanh(), nn::SELU(), nn::CELU(), nn::GELU(), nn::Softsign(), nn::Tanhshrink(), nn::LogSigmoid()));
  }
  Tensor forward(Tensor a, Tensor b) { return gate->forward(bilinear(a, b)); }
  nn::Bilinear bilinear{nullptr};
  nn::Sequential gate{nullptr};
};
TORCH_MODULE(Pair);

int main() {
  for (auto type : {torch::kFloat64, torch::kFloat32}) {
    std::string of = type == torch::kFloat64 ? "f64." : "f32.";
    auto make = [&](auto module) {
      module->to(type);
      fill(*module);
      return module;
    };
    auto run = [&](const std::string &name, auto module, const std::function<Tensor()> &loss) {
      torch::optim::SGD sgd(module->parameters(), torch::optim::SGDOptions(0.05).momentum(0.9).nesterov(true));
      train(of + name, *module, sgd, loss);
    };
    Tensor a = values(30, {5, 3}, -1, 1, type), b = values(31, {5, 4}, -1, 1, type), t = values(32, {5, 4}, -1, 1, type);
    Pair pair = make(Pair());
    run("pair", pair, [&] { return nn::MSELoss()(pair(a, b), t); });

    nn::Linear line = make(nn::Linear(3, 4));
    Tensor sides = torch::tensor({1, -1, 1, 1, -1}).to(type), labels = torch::tensor({0, 3, 1, 2, 2}), p = values(33, {5, 4}, 0.1, 0.9, type);
    Tensor chances = torch::softmax(t, 1);
    nn::CosineSimilarity alike(nn::CosineSimilarityOptions().dim(1));
    nn::PairwiseDistance apart;
    run("losses", line, [&] {
      Tensor y = line(a);
      Tensor sum = nn::L1Loss()(y, t) + nn::SmoothL1Loss()(y, t) + nn::HuberLoss(nn::HuberLossOptions().delta(0.5))(y, t);
      sum = sum + nn::CrossEntropyLoss(nn::CrossEntropyLossOptions().label_smoothing(0.1))(y, labels) + nn::NLLLoss()(nn::LogSoftmax(1)(y), labels);
      sum = sum + nn::BCELoss()(nn::Sigmoid()(y), p) + nn::BCEWithLogitsLoss()(y, p) + nn::KLDivLoss(nn::KLDivLossOptions(torch::kBatchMean))(nn::LogSoftmax(1)(y), chances);
      sum = sum + nn::CosineEmbeddingLoss()(y, t, sides) + nn::HingeEmbeddingLoss()(apart(y, t), sides) + nn::MarginRankingLoss()(y.select(1, 0), y.select(1, 1), sides);
      sum = sum + nn::TripletMarginLoss()(y, t, p) + nn::PoissonNLLLoss()(y, p) + nn::SoftMarginLoss()(y.select(1, 2), sides);
      return sum - alike(y, t).mean() + nn::Softmin(1)(y).pow(2).sum() * 0.1;
    });

    // Patches of an image through one matrix, and back.
    nn::Linear patch = make(nn::Linear(4, 4));
    nn::Unfold unfold(nn::UnfoldOptions(2).stride(2));
    nn::Fold fold(nn::FoldOptions({4, 4}, 2).stride(2));
    Tensor image = values(34, {2, 1, 4, 4}, -1, 1, type);
    run("patches", patch, [&] {
      Tensor columns = unfold(image).transpose(1, 2);
      Tensor back = fold(nn::Hardshrink(nn::HardshrinkOptions(0.01))(patch(columns)).transpose(1, 2));
      return (F::pad(back, F::PadFuncOptions({1, 1, 1, 1}).mode(torch::kCircular)) - F::pad(image, F::PadFuncOptions({1, 1, 1, 1}))).pow(2).mean();
    });
  }
}
