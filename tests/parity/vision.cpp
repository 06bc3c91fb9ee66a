// Padding modes, patches, other sizes of images, distances.
#include "library.h"

using V = const std::vector<Tensor> &;
namespace F = torch::nn::functional;
namespace nn = torch::nn;
#define CHECK(name, expression, ...) check(name, [=](V v) -> Tensor { return expression; }, {__VA_ARGS__})

int main() {
  Tensor x = values(1, {2, 3, 4, 5}), line = values(2, {2, 3, 6}), plane = values(3, {3, 4, 5});
  auto pad = [](std::vector<int64_t> amounts) { return F::PadFuncOptions(amounts); };
  CHECK("pad.constant", F::pad(v[0], pad({1, 2, 0, 1}).value(1.5)), x);
  CHECK("pad.negative", F::pad(v[0], pad({-1, 2})), x);
  CHECK("pad.reflect", F::pad(v[0], pad({2, 1, 3, 0}).mode(torch::kReflect)), x);
  CHECK("pad.reflect1d", F::pad(v[0], pad({3, 5}).mode(torch::kReflect)), line);
  CHECK("pad.replicate", F::pad(v[0], pad({2, 1, 0, 7}).mode(torch::kReplicate)), x);
  CHECK("pad.replicate_unbatched", F::pad(v[0], pad({2, 1, 1, 2}).mode(torch::kReplicate)), plane);
  CHECK("pad.circular", F::pad(v[0], pad({2, 5, 4, 1}).mode(torch::kCircular)), x);
  CHECK("unfold", F::unfold(v[0], F::UnfoldFuncOptions({2, 3}).padding({1, 0}).stride({2, 1}).dilation({1, 2})), x);
  CHECK("unfold_unbatched", torch::im2col(v[0], {2, 2}, {1, 1}, {0, 0}, {1, 1}), plane);
  CHECK("fold", F::fold(v[0], F::FoldFuncOptions({4, 5}, {2, 2})), values(4, {2, 12, 12}));
  CHECK("fold_options", F::fold(v[0], F::FoldFuncOptions({5, 4}, {3, 2}).padding({1, 0}).stride({2, 1}).dilation({1, 2})), values(5, {2, 12, 6}));
  using Interpolate = F::InterpolateFuncOptions;
  CHECK("nearest", F::interpolate(v[0], Interpolate().scale_factor(std::vector<double>{2, 3})), x);
  CHECK("nearest_size", F::interpolate(v[0], Interpolate().size(std::vector<int64_t>{7, 3})), x);
  CHECK("nearest_factor", F::interpolate(v[0], Interpolate().scale_factor(std::vector<double>{1.7, 0.6})), x);
  CHECK("nearest1d", F::interpolate(v[0], Interpolate().scale_factor(std::vector<double>{1.5})), line);
  CHECK("bilinear", F::interpolate(v[0], Interpolate().mode(torch::kBilinear).scale_factor(std::vector<double>{2, 2}).align_corners(false)), x);
  CHECK("bilinear_aligned", F::interpolate(v[0], Interpolate().mode(torch::kBilinear).size(std::vector<int64_t>{7, 8}).align_corners(true)), x);
  CHECK("bilinear_down", F::interpolate(v[0], Interpolate().mode(torch::kBilinear).size(std::vector<int64_t>{3, 2}).align_corners(false)), x);
  CHECK("bilinear_factor", F::interpolate(v[0], Interpolate().mode(torch::kBilinear).scale_factor(std::vector<double>{1.3, 1.6}).align_corners(false)), x);
  CHECK("bilinear_recompute", F::interpolate(v[0], Interpolate().mode(torch::kBilinear).scale_factor(std::vector<double>{1.3, 1.6}).align_corners(false).recompute_scale_factor(true)), x);
  CHECK("linear", F::interpolate(v[0], Interpolate().mode(torch::kLinear).size(std::vector<int64_t>{9}).align_corners(false)), line);
  CHECK("pixel_shuffle", F::pixel_shuffle(v[0], F::PixelShuffleFuncOptions(2)), values(6, {2, 8, 2, 3}));
  CHECK("pixel_unshuffle", F::pixel_unshuffle(v[0], F::PixelUnshuffleFuncOptions(2)), values(7, {1, 2, 4, 6}));
  Tensor a = values(8, {3, 4}), b = values(9, {3, 4});
  CHECK("cosine", F::cosine_similarity(v[0], v[1], F::CosineSimilarityFuncOptions().dim(1)), a, b);
  CHECK("cosine_dim0", torch::cosine_similarity(v[0], v[1], 0), a, values(10, {3, 1}));
  CHECK("pairwise", F::pairwise_distance(v[0], v[1]), a, b);
  CHECK("pairwise_options", F::pairwise_distance(v[0], v[1], F::PairwiseDistanceFuncOptions().p(3).keepdim(true)), a, b);
  CHECK("normalize", F::normalize(v[0], F::NormalizeFuncOptions().p(2).dim(-1)), a);
  show("m.upsample", nn::Upsample(nn::UpsampleOptions().scale_factor(std::vector<double>{2, 2}).mode(torch::kBilinear).align_corners(true))(x));
  show("m.nearest", nn::Upsample(nn::UpsampleOptions().size(std::vector<int64_t>{8, 5}))(x));
  show("m.fold", nn::Fold(nn::FoldOptions({4, 5}, 2))(values(4, {2, 12, 12})));
  show("m.unfold", nn::Unfold(nn::UnfoldOptions(3).padding(1))(x));
  show("m.shuffle", nn::PixelShuffle(2)(values(6, {2, 8, 2, 3})));
  show("m.unshuffle", nn::PixelUnshuffle(2)(values(7, {1, 2, 4, 6})));
  show("m.cosine", nn::CosineSimilarity(nn::CosineSimilarityOptions().dim(0))(a, b));
  show("m.pairwise", nn::PairwiseDistance(nn::PairwiseDistanceOptions().p(1))(a, b));
  showError("reflect beyond", [&] { F::pad(x, pad({5, 0}).mode(torch::kReflect)); });
  showError("circular beyond", [&] { F::pad(x, pad({6, 0, 0, 0}).mode(torch::kCircular)); });
  showError("both sizes", [&] { F::interpolate(x, Interpolate().size(std::vector<int64_t>{7, 3}).scale_factor(std::vector<double>{2, 3})); });
  showError("no size", [&] { F::interpolate(x, Interpolate()); });
  showError("align nearest", [&] { F::interpolate(x, Interpolate().size(std::vector<int64_t>{7, 3}).align_corners(true)); });
  showError("linear of images", [&] { F::interpolate(x, Interpolate().mode(torch::kLinear).size(std::vector<int64_t>{7, 3})); });
  showError("shuffle 3", [&] { F::pixel_shuffle(x, 2); });
  showError("columns", [&] { F::fold(values(4, {2, 13, 12}), F::FoldFuncOptions({4, 5}, {2, 2})); });
}
