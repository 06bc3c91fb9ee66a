//===- layers.cpp - Normalization, attention, sizes of images -------------===//
#include "Cases.h"

using namespace golden;
namespace F = torch::nn::functional;

namespace {

Tensor normalized(Tensors v, bool training, double eps = 1e-5) {
  size_t n = v.size();
  return torch::batch_norm(v[0], n > 2 ? v[1] : Tensor(), n > 2 ? v[2] : Tensor(), n > 4 ? v[3].clone() : Tensor(),
                           n > 4 ? v[4].clone() : Tensor(), training, 0.1, eps, false);
}

} // namespace

GOLDEN_GROUP(layers) {
  Input image = in({2, 4, 3, 5}), four = in({4}), five = in({5});
  Input mean = in({4}).constant(), variance = in({4}, 0.5, 2).constant();
  op(ops, "batch_norm")
      .add({image, four, four}, FN(normalized(v, true)))
      .add({image}, FN(normalized(v, true)))
      .add({image, four, four, mean, variance}, FN(normalized(v, true)))
      .add({image, four, four, mean, variance}, FN(normalized(v, false)))
      .add({in({7, 4}), four, four}, FN(normalized(v, true, 0.1)))
      .add({in({3, 4, 5}).transposed(), four.strided(), four}, FN(normalized(v, true)))
      .add({in({2, 1, 3}), in({1}), in({1})}, FN(normalized(v, true)))
      .special({given({1, 1, 1, 2, 1, 3}, {3, 2}), given({1, 2}), given({0., 1})}, FN(normalized(v, true)));
  op(ops, "layer_norm")
      .add({image, five, five}, FN(torch::layer_norm(x, {5}, y, z)))
      .add({image, in({3, 5}), in({3, 5})}, FN(torch::layer_norm(x, {3, 5}, y, z)))
      .add({image}, FN(torch::layer_norm(x, {4, 3, 5})))
      .add({in({5}), five}, FN(torch::layer_norm(x, {5}, y, {}, 0.1)))
      .add({in({3, 5}).transposed(), five.strided(), five}, FN(torch::layer_norm(x, {5}, y, z)))
      .add({in({0, 5}), five, five}, FN(torch::layer_norm(x, {5}, y, z)))
      .add({in({3, 1}), in({1}), in({1})}, FN(torch::layer_norm(x, {1}, y, z)))
      .special({given({1, 1, 1, 2, 1, 3}, {3, 2}), given({1, 2}), given({0., 1})}, FN(torch::layer_norm(x, {2}, y, z)))
      .special({given({NaN, 1, inf, 2, 1, 3}, {3, 2}), given({1, 2}), given({0., 1})}, FN(torch::layer_norm(x, {2}, y, z)), 0);
  op(ops, "group_norm")
      .add({image, four, four}, FN(torch::group_norm(x, 2, y, z)))
      .add({image, four, four}, FN(torch::group_norm(x, 4, y, z)))
      .add({image}, FN(torch::group_norm(x, 1)))
      .add({in({2, 4}), four, four}, FN(torch::group_norm(x, 2, y, z, 0.1)))
      .add({image.transposed(), four.strided(), four}, FN(torch::group_norm(x, 2, y, z)))
      .add({in({2, 1, 3}), in({1}), in({1})}, FN(torch::group_norm(x, 1, y, z)));
  op(ops, "instance_norm")
      .nameIsOpen()
      .add({image, four, four}, FN(torch::instance_norm(x, y, z, {}, {}, true, 0.1, 1e-5, false)))
      .add({image}, FN(F::instance_norm(x)))
      .add({image.transposed(), four.strided(), four}, FN(torch::instance_norm(x, y, z, {}, {}, true, 0.1, 0.1, false)))
      .add({image, four, four, mean, variance}, FN(torch::instance_norm(x, y, z, v[3], v[4], false, 0.1, 1e-5, false)))
      .add({in({2, 3, 7})}, FN(F::instance_norm(x)))
      .add({in({1, 1, 2, 2})}, FN(F::instance_norm(x)));
  op(ops, "rms_norm")
      .nameIsOpen()
      .add({image, five}, FN(torch::rms_norm(x, {5}, y)))
      .add({image, in({3, 5})}, FN(torch::rms_norm(x, {3, 5}, y, 1e-3)))
      .add({image}, FN(torch::rms_norm(x, {5}, {}, 0.1)))
      .add({in({3, 5}).transposed(), five.strided()}, FN(torch::rms_norm(x, {5}, y, 1e-6)))
      .add({in({0, 5}), five}, FN(torch::rms_norm(x, {5}, y, 1e-6)))
      .add({in({3, 1}), in({1})}, FN(torch::rms_norm(x, {1}, y, 1e-6)));
  op(ops, "normalize")
      .add({in({3, 5})}, FN(F::normalize(x)))
      .add({in({3, 5})}, FN(F::normalize(x, F::NormalizeFuncOptions().p(1).dim(-1))))
      .add({in({2, 3, 4})}, FN(F::normalize(x, F::NormalizeFuncOptions().p(3).dim(0))))
      .add({in({3, 5}).transposed()}, FN(F::normalize(x, F::NormalizeFuncOptions().dim(0))))
      .add({in({3, 1})}, FN(F::normalize(x)))
      .special({given({0., 0., 1, 0., 3, 4}, {3, 2})}, FN(F::normalize(x)));
  Input rows = given({0., 0., 1, 2, 1, 2}, {3, 2}), others = given({1, 2, 1, 2, -1, -2}, {3, 2});
  op(ops, "cosine_similarity")
      .add({in({3, 5}), in({3, 5})}, FN(torch::cosine_similarity(x, y)))
      .add({in({3, 5}), in({3, 1})}, FN(torch::cosine_similarity(x, y, 0)))
      .add({in({2, 3, 4}), in({2, 3, 4})}, FN(torch::cosine_similarity(x, y, -1)))
      .add({in({3, 5}).transposed(), in({3, 5}).strided()}, FN(torch::cosine_similarity(x, y)))
      .add({in({3, 1}), in({3, 1})}, FN(torch::cosine_similarity(x, y)))
      .special({rows, others}, FN(torch::cosine_similarity(x, y)));
  op(ops, "pairwise_distance")
      .add({in({3, 5}), in({3, 5})}, FN(torch::pairwise_distance(x, y)))
      .add({in({3, 5}), in({3, 5})}, FN(torch::pairwise_distance(x, y, 3, 1e-6, true)))
      .add({in({3, 5}), in({3, 5})}, FN(torch::pairwise_distance(x, y, 1)))
      .add({in({3, 5}).transposed(), in({5}).strided()}, FN(torch::pairwise_distance(x, y)))
      .add({in({3, 1}), in({3, 1})}, FN(torch::pairwise_distance(x, y)))
      .add({in({5}), in({5})}, FN(torch::pairwise_distance(x, y)))
      .special({rows, others}, FN(torch::pairwise_distance(x, y)));
  Input q = in({2, 2, 3, 4}), k = in({2, 2, 5, 4}), value = in({2, 2, 5, 6});
  Input mask = integers({1, 0, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 1, 0, 1}, {3, 5}, torch::kBool);
  op(ops, "scaled_dot_product_attention")
      .nameIsOpen()
      .add({q, k, value}, FN(torch::scaled_dot_product_attention(x, y, z)))
      .add({q, k, value}, FN(torch::scaled_dot_product_attention(x, y, z, {}, 0.0, true)))
      .add({q, k, value, mask}, FN(torch::scaled_dot_product_attention(x, y, z, v[3], 0.0, false, 0.3)))
      .add({q, k, value, in({3, 5}).constant()}, FN(torch::scaled_dot_product_attention(x, y, z, v[3])))
      .add({in({1, 4, 2, 4}), in({1, 2, 3, 4}), in({1, 2, 3, 2})},
           FN(torch::scaled_dot_product_attention(x, y, z, {}, 0.0, false, std::nullopt, true)))
      .add({in({3, 4}).transposed(), in({5, 4}).strided(), in({5, 2})}, FN(torch::scaled_dot_product_attention(x, y, z)))
      .add({in({1, 1, 1}), in({1, 1, 1}), in({1, 1, 2})}, FN(torch::scaled_dot_product_attention(x, y, z)));
  using Size = std::vector<int64_t>;
  using Factor = std::vector<double>;
  using To = F::InterpolateFuncOptions;
  op(ops, "interpolate_nearest")
      .add({image}, FN(F::interpolate(x, To().scale_factor(Factor{2, 3}))))
      .add({image}, FN(F::interpolate(x, To().size(Size{7, 3}))))
      .add({image}, FN(F::interpolate(x, To().scale_factor(Factor{1.7, 0.6}))))
      .add({in({2, 3, 6})}, FN(F::interpolate(x, To().scale_factor(Factor{1.5}))))
      .add({image.transposed()}, FN(F::interpolate(x, To().size(Size{1, 1}))))
      .special({given({1, NaN, -0., inf}, {1, 1, 2, 2})}, FN(F::interpolate(x, To().size(Size{3, 4}))));
  op(ops, "interpolate_linear")
      .add({image}, FN(F::interpolate(x, To().mode(torch::kBilinear).scale_factor(Factor{2, 2}).align_corners(false))))
      .add({image}, FN(F::interpolate(x, To().mode(torch::kBilinear).size(Size{7, 8}).align_corners(true))))
      .add({image}, FN(F::interpolate(x, To().mode(torch::kBilinear).size(Size{3, 2}).align_corners(false))))
      .add({image}, FN(F::interpolate(x, To().mode(torch::kBilinear).scale_factor(Factor{1.3, 1.6}).align_corners(false))))
      .add({in({2, 3, 6}).strided()}, FN(F::interpolate(x, To().mode(torch::kLinear).size(Size{9}).align_corners(false))))
      .add({in({1, 1, 1, 1})}, FN(F::interpolate(x, To().mode(torch::kBilinear).size(Size{2, 3}).align_corners(true))));
  op(ops, "pixel_shuffle")
      .add({in({2, 8, 2, 3})}, FN(torch::pixel_shuffle(x, 2)))
      .add({in({9, 1, 1})}, FN(torch::pixel_shuffle(x, 3)))
      .add({in({2, 3, 1, 2, 2})}, FN(torch::pixel_shuffle(x, 1)))
      .add({in({2, 4, 2, 3}).transposed()}, FN(torch::pixel_shuffle(x, 2)))
      .add({in({4, 2, 3}).strided()}, FN(torch::pixel_shuffle(x, 2)))
      .add({in({1, 2, 4, 6})}, FN(torch::pixel_unshuffle(x, 2)))
      .special({given({1, NaN, -0., inf}, {4, 1, 1})}, FN(torch::pixel_shuffle(x, 2)));
  Input table = in({4, 3}), at = integers({2, 0, 2, 3}, {2, 2});
  op(ops, "embedding")
      .add({table, at}, FN(torch::embedding(x, y)))
      .add({table, at}, FN(torch::embedding(x, y, 2)))
      .add({table, at}, FN(torch::embedding(x, y, -1, true)))
      .add({table.transposed(), integers({1}, {})}, FN(torch::embedding(x, y)))
      .add({table.strided(), at}, FN(F::embedding(y, x)))
      .add({in({1, 1}), integers({0, 0, 0})}, FN(torch::embedding(x, y)))
      .special({given({1, NaN, -0., inf}, {2, 2}), integers({1, 0, 1})}, FN(torch::embedding(x, y)));
}
