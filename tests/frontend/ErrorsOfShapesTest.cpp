//===- ErrorsOfShapesTest.cpp - Views and rearrangements that cannot be ---===//
#include "Refusals.h"

using namespace agc;
using namespace agc::testrefusals;

namespace {

constexpr int64_t huge = int64_t(1) << 60;

TEST(ErrorsOfShapes, OfViews) {
  Tensor x = of({2, 3}), one = of({});
  expectRefusals({
      {"AGC0105", "cannot give a tensor of shape [2, 3] (6 elements) the shape [4]", [&] { x.reshape(4); }},
      {"AGC0105", "expects at most one -1, got [-1, -1]", [&] { x.view({-1, -1}); }},
      {"AGC0105", "expects no negative size, got [-2, -3]", [&] { x.view({-2, -3}); }},
      {"AGC0108", "got a shape with too many elements: [1152921504606846976, 1152921504606846976]",
       [&] { x.view({huge, huge}); }},
      {"AGC0105", "cannot give a tensor of shape [0] (0 elements) the shape [-1, 0]",
       [] { of({0}).view({-1, 0}); }},
      {"AGC0106", "cannot view a tensor of shape [3, 2], whose elements are not in that order in memory, as [6]; use reshape()",
       [&] { x.t().view(6); }},
      {"AGC0104", "expects start_dim not after end_dim, got 1 and 0 for shape [2, 3]", [&] { x.flatten(1, 0); }},
      {"AGC0104", "expects one entry for each of 2 dimensions, got [0]", [&] { x.permute(0); }},
      {"AGC0104", "got the same dimension twice in [0, 0]", [&] { x.permute({0, 0}); }},
      {"AGC0104", "got the same dimension twice in [1, -1]", [&] { x.sum({1, -1}); }},
      {"AGC0104", "expects at most 2 dimensions, got shape [1, 2, 3]", [] { of({1, 2, 3}).t(); }},
      {"AGC0103", "cannot expand shape [2, 3] to [3]", [&] { x.expand(3); }},
      {"AGC0103", "cannot expand shape [2, 3] to [4, 3]", [&] { x.expand({4, 3}); }},
      {"AGC0103", "cannot expand shape [] to [-2]", [&] { one.expand(-2); }},
      {"AGC0104", "cannot slice a tensor of no dimensions", [&] { one.slice(0, 0, 1); }},
      {"AGC0104", "expects a step of at least 1, got 0", [&] { x.slice(0, 0, 1, 0); }},
      {"AGC0104", "cannot narrow a tensor of no dimensions", [&] { one.narrow(0, 0, 1); }},
      {"AGC0109", "expects start and length within size 3, got 2 and 2", [&] { x.narrow(1, 2, 2); }},
      {"AGC0109", "expects start and length within size 3, got -4 and 1", [&] { x.narrow(1, -4, 1); }},
      {"AGC0109", "expects start and length within size 3, got 0 and -1", [&] { x.narrow(1, 0, -1); }},
      {"AGC0109", "expects start and length within size 3", [&] { x.narrow(1, 1, INT64_MAX); }},
      {"AGC0104", "cannot index a tensor of no dimensions; use item()?", [&] { one[0]; }},
      {"AGC0109", "expects an index in [-2, 2), got 2", [&] { x[2]; }},
      {"AGC0109", "expects an index in [-2, 2), got -3", [&] { x.select(0, -3); }},
      {"AGC0104", "cannot unflatten a tensor of no dimensions", [&] { one.unflatten(0, {1, 1}); }},
      {"AGC0105", "cannot make dimension 1, of size 3, into [2, 2]", [&] { x.unflatten(1, {2, 2}); }},
      {"AGC0105", "cannot make dimension 1, of size 3, into [2, -1]", [&] { x.unflatten(1, {2, -1}); }},
      {"AGC0105", "cannot make dimension 1, of size 3, into [-3, -1]", [&] { x.unflatten(1, {-3, -1}); }},
      {"AGC0105", "cannot make dimension 1", [&] { x.unflatten(1, {huge, huge, -1}); }},
      {"AGC0104", "expects as many sources as destinations, got [0, 1] and [1]", [&] { x.movedim({0, 1}, 1); }},
      {"AGC0104", "expects each dimension once, got [0, 0] and [0, 1]", [&] { x.movedim({0, 0}, {0, 1}); }},
      {"AGC0104", "expects two different dimensions, got 0 and -2", [&] { x.diagonal(0, 0, -2); }},
  });
  EXPECT_EQ(x.slice(1, 0, 3, INT64_MAX).numel(), 2);
  EXPECT_EQ(one.movedim(0, 0).dim(), 0);
}

TEST(ErrorsOfShapes, OfPieces) {
  Tensor x = of({2, 3}), one = of({});
  expectRefusals({
      {"AGC0104", "'agc.split' cannot split a tensor of no dimensions", [&] { one.split(1); }},
      {"AGC0104", "'agc.split' cannot split a tensor of no dimensions", [&] { one.split({1, 1}); }},
      {"AGC0104", "'agc.chunk' cannot split a tensor of no dimensions", [&] { one.chunk(2); }},
      {"AGC0104", "'agc.unbind' cannot split a tensor of no dimensions", [&] { one.unbind(); }},
      {"AGC0104", "expects a size of at least 1, got 0", [&] { x.split(0); }},
      {"AGC0104", "expects a size of at least 1, got -1", [&] { x.split(-1); }},
      {"AGC0104", "expects no negative size, got [3, -1]", [&] { x.split({3, -1}); }},
      {"AGC0104", "expects sizes that add up to 2, got [1, 2]", [&] { x.split({1, 2}); }},
      {"AGC0108", "got sizes with too large a sum", [&] { x.split({INT64_MAX, 3}); }},
      {"AGC0104", "expects at least one chunk, got 0", [&] { x.chunk(0); }},
      {"AGC0104", "'agc.cat' expects at least one tensor", [] { cat(std::vector<Tensor>{}); }},
      {"AGC0103", "cannot join tensors of no dimensions; use stack()", [&] { cat({one, one}); }},
      {"AGC0103", "expects shapes that agree but in dimension 0, got [2, 3] and [2, 4]", [&] { cat({x, of({2, 4})}); }},
      {"AGC0103", "expects shapes that agree but in dimension 0", [&] { cat({x, of({2, 3, 1})}); }},
      {"AGC0104", "'agc.stack' expects at least one tensor", [] { stack(std::vector<Tensor>{}); }},
      {"AGC0103", "expects equal shapes, got [2, 3] and [3, 2]", [&] { stack({x, x.t()}); }},
      {"AGC0104", "'agc.hstack' expects at least one tensor", [] { hstack(std::vector<Tensor>{}); }},
      {"AGC0104", "'agc.vstack' expects at least one tensor", [] { vstack(std::vector<Tensor>{}); }},
      {"AGC0104", "'agc.meshgrid' expects at least one tensor", [] { meshgrid(std::vector<Tensor>{}); }},
      {"AGC0104", "expects indexing 'ij' or 'xy', got 'yx'", [&] { meshgrid({one}, "yx"); }},
      {"AGC0107", "expects vectors, got shape [2, 3]", [&] { meshgrid({x}); }},
  });
  EXPECT_EQ(x.chunk(INT64_MAX).size(), 2u);
  EXPECT_EQ(cat({of({0}), of({0})}).numel(), 0);
}

TEST(ErrorsOfShapes, OfRepetitionsAndTriangles) {
  Tensor x = of({2, 3}), one = of({});
  expectRefusals({
      {"AGC0104", "expects a repetition for each dimension of [2, 3], got [2]", [&] { x.repeat(2); }},
      {"AGC0104", "'agc.repeat' expects no negative repetition, got [2, -1]", [&] { x.repeat({2, -1}); }},
      {"AGC0108", "got too many repetitions: 4611686018427387904", [&] { x.repeat({huge * 4, 1}); }},
      {"AGC0104", "'agc.repeat_interleave' expects no negative repetition, got -1", [&] { x.repeat_interleave(-1); }},
      {"AGC0108", "got too many repetitions", [&] { x.repeat_interleave(huge * 4, 0); }},
      {"AGC0108", "has too many elements", [&] { x.tile({huge}); }},
      {"AGC0104", "expects each dimension once, got [0, -2]", [&] { x.flip({0, -2}); }},
      {"AGC0104", "expects a shift for each dimension, got [1, 2] and [0]", [&] { x.roll({1, 2}, 0); }},
      {"AGC0104", "expects a shift for each dimension, got [1, 2] and []", [&] { x.roll({1, 2}); }},
      {"AGC0107", "expects at least two dimensions, got shape [3]", [&] { x[0].tril(); }},
      {"AGC0107", "expects at least two dimensions, got shape []", [&] { one.triu(); }},
      {"AGC0107", "expects one or two dimensions, got shape []", [&] { one.diag(); }},
      {"AGC0107", "expects a matrix, got shape [3]", [&] { trace(x[0]); }},
      {"AGC0104", "expects two amounts for each of at most 2 dimensions, got [1]", [&] { constant_pad_nd(x, 1); }},
      {"AGC0104", "cuts more than there is: shape [2, 3], padding [-2, -2]", [&] { constant_pad_nd(x, {-2, -2}); }},
      {"AGC0104", "cuts more than there is", [&] { constant_pad_nd(x, {INT64_MIN, 0}); }},
      {"AGC0108", "got too much padding", [&] { constant_pad_nd(x, {INT64_MAX, INT64_MAX}); }},
  });
}

TEST(ErrorsOfShapes, OfBroadcasts) {
  Tensor x = of({2, 3});
  expectRefusals({
      {"AGC0103", "expects shapes that broadcast (equal sizes, or 1, from the last dimension on), got [2, 3] and [2]",
       [&] { x + of({2}); }},
      {"AGC0103", "expects shapes that broadcast", [&] { where(x > 0, of({4}), of({3})); }},
      {"AGC0103", "expects shapes that broadcast", [&] { masked_fill(x, of({2}, kBool), 1); }},
      {"AGC0103", "'agc.add_' cannot store its result, of shape [2, 3], in a tensor of shape [3]", [&] { of({3}).add_(x); }},
      {"AGC0102", "cannot store its result, of float32, in a tensor of int64", [] { of({3}, kInt64).mul_(0.5); }},
      {"AGC0102", "'agc.exp_' cannot store its result, of float32, in a tensor of int64", [] { of({3}, kInt64).exp_(); }},
  });
}

} // namespace
