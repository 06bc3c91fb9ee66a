//===- convolution.cpp - Convolutions and pools ---------------------------===//
#include "Cases.h"

using namespace golden;
namespace F = torch::nn::functional;

GOLDEN_GROUP(convolution) {
  Input image = in({2, 4, 7, 6}), one = in({1, 1, 3, 3}), line = in({2, 4, 9}), bias = in({6});
  op(ops, "conv2d")
      .nameIsOpen()
      .add({image, in({6, 4, 3, 2}), bias}, FN(torch::conv2d(x, y, z, {2, 1}, {1, 2})))
      .add({image, in({6, 2, 3, 2})}, FN(torch::conv2d(x, y, {}, 1, 1, 2, 2)))
      .add({image, in({4, 1, 3, 3}), in({4})}, FN(torch::conv2d(x, y, z, 1, 1, 1, 4)))
      .add({image, in({6, 4, 1, 1})}, FN(torch::conv2d(x, y)))
      .add({image, in({2, 4, 3, 2})}, FN(torch::conv2d(x, y, {}, 1, "same")))
      .add({in({4, 5, 5}), in({6, 4, 5, 5}), bias}, FN(torch::conv2d(x, y, z)))
      .add({image.transposed(), in({6, 4, 3, 2}).strided()}, FN(torch::conv2d(x, y, {}, 3, 2)))
      .add({one, one}, FN(torch::conv2d(x, y)))
      .add({in({0, 4, 7, 6}), in({6, 4, 3, 2}), bias}, FN(torch::conv2d(x, y, z)))
      .add({in({2, 17, 5, 5}), in({19, 17, 3, 3})}, FN(torch::conv2d(x, y, {}, 2, 1)))
      .special({given({1, NaN, 2, 0., inf, 1, -0., 1, 3}, {1, 1, 3, 3}), given({1, -1, 2, 0.}, {1, 1, 2, 2})}, FN(torch::conv2d(x, y)), 0);
  op(ops, "conv1d")
      .nameIsOpen()
      .add({line, in({6, 4, 3}), bias}, FN(torch::conv1d(x, y, z, 2, 1)))
      .add({line, in({6, 2, 3})}, FN(torch::conv1d(x, y, {}, 1, 1, 2, 2)))
      .add({line, in({6, 4, 4})}, FN(torch::conv1d(x, y, {}, 1, "same")))
      .add({in({4, 5}), in({3, 4, 1})}, FN(torch::conv1d(x, y)))
      .add({line.transposed(), in({6, 4, 3}).strided()}, FN(torch::conv1d(x, y, {}, 3, 4)))
      .add({in({1, 1, 2}), in({1, 1, 2}), in({1})}, FN(torch::conv1d(x, y, z)))
      .add({in({0, 4, 9}), in({6, 4, 3})}, FN(torch::conv1d(x, y)));
  op(ops, "conv_transpose2d")
      .nameIsOpen()
      .add({image, in({4, 3, 3, 2}), in({3})}, FN(torch::conv_transpose2d(x, y, z, {2, 1}, {1, 0})))
      .add({image, in({4, 3, 3, 2})}, FN(torch::conv_transpose2d(x, y, {}, 2, 1, 1)))
      .add({image, in({4, 3, 2, 2}), bias}, FN(torch::conv_transpose2d(x, y, z, 1, 0, 0, 2)))
      .add({image, in({4, 3, 2, 2})}, FN(torch::conv_transpose2d(x, y, {}, 3, 1, {2, 0}, 1, 2)))
      .add({image.transposed(), in({4, 3, 3, 2}).strided()}, FN(torch::conv_transpose2d(x, y)))
      .add({in({4, 3, 2}), in({4, 2, 2, 2}), in({2})}, FN(torch::conv_transpose2d(x, y, z, 2)))
      .add({one, one}, FN(torch::conv_transpose2d(x, y)));
  Input plane = given({1, 1, 0., 1, 1, -0., NaN, 2, -inf, -inf, inf, 3}, {1, 3, 4});
  op(ops, "max_pool2d")
      .add({image}, FN(torch::max_pool2d(x, 3, 2, 1)))
      .add({image}, FN(torch::max_pool2d(x, 2, 2, 0, 1, true)))
      .add({image}, FN(torch::max_pool2d(x, {2, 3}, 1, 0, {2, 1})))
      .add({image.transposed()}, FN(torch::max_pool2d(x, 2)))
      .add({in({4, 5, 5}).strided()}, FN(torch::max_pool2d(x, 5)))
      .add({one}, FN(torch::max_pool2d(x, 1)))
      .special({plane}, FN(torch::max_pool2d(x, 2, 1)));
  op(ops, "max_pool1d")
      .add({line}, FN(torch::max_pool1d(x, 3, 2, 1)))
      .add({line}, FN(torch::max_pool1d(x, 2, 2, 0, 1, true)))
      .add({line}, FN(torch::max_pool1d(x, 2, 1, 0, 3)))
      .add({line.transposed()}, FN(torch::max_pool1d(x, 2)))
      .add({in({4, 5}).strided()}, FN(torch::max_pool1d(x, 5)))
      .special({given({1, 1, NaN, 2, -inf, -inf, inf}, {1, 7})}, FN(torch::max_pool1d(x, 2, 1)));
  op(ops, "avg_pool2d")
      .add({image}, FN(torch::avg_pool2d(x, 3, 2, 1)))
      .add({image}, FN(torch::avg_pool2d(x, 3, 2, 1, true, false)))
      .add({image}, FN(torch::avg_pool2d(x, {2, 3}, 2, 0, true)))
      .add({image}, FN(torch::avg_pool2d(x, 2, 1, 0, false, true, 3)))
      .add({image.transposed()}, FN(torch::avg_pool2d(x, 2)))
      .add({in({4, 5, 5}).strided()}, FN(torch::avg_pool2d(x, 5)))
      .special({plane}, FN(torch::avg_pool2d(x, 2, 1)));
  op(ops, "avg_pool1d")
      .add({line}, FN(torch::avg_pool1d(x, 3, 2, 1)))
      .add({line}, FN(torch::avg_pool1d(x, 3, 2, 1, true, false)))
      .add({line}, FN(torch::avg_pool1d(x, 2, 2, 0, true)))
      .add({line.transposed()}, FN(torch::avg_pool1d(x, 2)))
      .add({in({4, 5}).strided()}, FN(torch::avg_pool1d(x, 5)))
      .add({in({1, 1, 1})}, FN(torch::avg_pool1d(x, 1)));
  op(ops, "adaptive_avg_pool2d")
      .add({image}, FN(torch::adaptive_avg_pool2d(x, {3, 4})))
      .add({image}, FN(torch::adaptive_avg_pool2d(x, {1, 1})))
      .add({image}, FN(torch::adaptive_avg_pool2d(x, {7, 6})))
      .add({image}, FN(torch::adaptive_avg_pool2d(x, {9, 5})))
      .add({in({4, 5, 5}).transposed()}, FN(torch::adaptive_avg_pool2d(x, {2, 2})))
      .add({in({0, 4, 5, 5})}, FN(torch::adaptive_avg_pool2d(x, {2, 2})))
      .special({plane}, FN(torch::adaptive_avg_pool2d(x, {3, 2})));
  op(ops, "adaptive_avg_pool1d")
      .add({line}, FN(torch::adaptive_avg_pool1d(x, 4)))
      .add({line}, FN(torch::adaptive_avg_pool1d(x, 1)))
      .add({line}, FN(torch::adaptive_avg_pool1d(x, 9)))
      .add({line}, FN(torch::adaptive_avg_pool1d(x, 11)))
      .add({line.transposed()}, FN(torch::adaptive_avg_pool1d(x, 2)))
      .add({in({4, 5}).strided()}, FN(torch::adaptive_avg_pool1d(x, 2)));
  using Pad = F::PadFuncOptions;
  op(ops, "pad")
      .nameIsOpen()
      .add({image}, FN(F::pad(x, Pad({1, 2, 0, 1}).value(1.5))))
      .add({image}, FN(F::pad(x, Pad({-1, 2}))))
      .add({image}, FN(F::pad(x, Pad({2, 1, 3, 0}).mode(torch::kReflect))))
      .add({line}, FN(F::pad(x, Pad({3, 5}).mode(torch::kReflect))))
      .add({image.transposed()}, FN(F::pad(x, Pad({2, 1, 0, 7}).mode(torch::kReplicate))))
      .add({in({3, 4, 5}).strided()}, FN(F::pad(x, Pad({2, 1, 1, 2}).mode(torch::kReplicate))))
      .add({image}, FN(F::pad(x, Pad({2, 5, 4, 1}).mode(torch::kCircular))))
      .add({in({0, 3})}, FN(F::pad(x, Pad({1, 1, 2, 0}).value(2))))
      .special({plane}, FN(F::pad(x, Pad({1, 2}).mode(torch::kReflect))));
  op(ops, "unfold")
      .add({image}, FN(F::unfold(x, F::UnfoldFuncOptions({2, 3}).padding({1, 0}).stride({2, 1}).dilation({1, 2}))))
      .add({image}, FN(F::unfold(x, F::UnfoldFuncOptions(2))))
      .add({in({3, 4, 5})}, FN(torch::im2col(x, {2, 2}, {1, 1}, {0, 0}, {1, 1})))
      .add({image.transposed()}, FN(F::unfold(x, F::UnfoldFuncOptions(3).stride(3))))
      .add({one}, FN(F::unfold(x, F::UnfoldFuncOptions(3))))
      .special({given({1, NaN, -0., inf}, {1, 1, 2, 2})}, FN(F::unfold(x, F::UnfoldFuncOptions(1).padding(1))));
  op(ops, "fold")
      .add({in({2, 12, 12})}, FN(F::fold(x, F::FoldFuncOptions({4, 5}, {2, 2}))))
      .add({in({2, 12, 6})}, FN(F::fold(x, F::FoldFuncOptions({5, 4}, {3, 2}).padding({1, 0}).stride({2, 1}).dilation({1, 2}))))
      .add({in({12, 12})}, FN(F::fold(x, F::FoldFuncOptions({4, 5}, {2, 2}))))
      .add({in({2, 12, 12}).transposed()}, FN(F::fold(x, F::FoldFuncOptions({4, 5}, {2, 2}))))
      .add({in({1, 1, 4}).strided()}, FN(F::fold(x, F::FoldFuncOptions({2, 2}, {1, 1}))))
      .add({in({1, 4, 1})}, FN(F::fold(x, F::FoldFuncOptions({2, 2}, {2, 2}))));
}
