//===- ErrorsOfIndexingTest.cpp - Elements that cannot be taken or put ----===//
#include "Refusals.h"

using namespace agc;
using namespace agc::testrefusals;

namespace {

Tensor at(std::vector<int64_t> list) { return tensor(list, kInt64); }

TEST(ErrorsOfIndexing, OfGathers) {
  Tensor x = of({2, 3}), index = of({2, 3}, kInt64);
  expectRefusals({
      {"AGC0102", "'agc.gather' expects an index of integers, got float32", [&] { gather(x, 0, x); }},
      {"AGC0102", "'agc.index_select' expects an index of integers, got bool",
       [&] { index_select(x, 0, of({2}, kBool)); }},
      {"AGC0107", "expects an index of 2 dimensions, as the tensor has, got shape [2]",
       [&] { gather(x, 0, of({2}, kInt64)); }},
      {"AGC0107",
       "expects an index no larger than the tensor but along dimension 0, got shape [2, 4] for one of [2, 3]",
       [&] { gather(x, 0, of({2, 4}, kInt64)); }},
      {"AGC0104", "expects a dimension in [-2, 1], got 2", [&] { gather(x, 2, index); }},
      {"AGC0107", "expects as many dimensions as the index, got shapes [2, 3] and [2]",
       [&] { take_along_dim(x, of({2}, kInt64), 0); }},
      {"AGC0103", "expects shapes that broadcast", [&] { take_along_dim(x, of({3, 3}, kInt64), 1); }},
      {"AGC0107", "expects an index of one dimension, got shape [2, 3]", [&] { index_select(x, 0, index); }},
      {"AGC0102", "expects a mask of bool, got float32", [&] { masked_fill(x, x, 1); }},
      {"AGC0102", "expects a mask of bool, got int64", [&] { masked_fill(x, index, of({})); }},
      {"AGC0107", "expects a value of no dimensions, got shape [2, 3]", [&] { masked_fill(x, x > 0, x); }},
  });
  EXPECT_EQ(take_along_dim(of({}), of({}, kInt64), 0).numel(), 1);
}

TEST(ErrorsOfIndexing, OfScatters) {
  Tensor x = of({2, 3}), index = of({2, 3}, kInt64), rows = at({0, 1});
  expectRefusals({
      {"AGC0102", "expects a source of float32, got float64",
       [&] { scatter(x, 0, index, of({2, 3}, kFloat64)); }},
      {"AGC0107", "expects an index of 2 dimensions, as the tensor has, got shape [3]",
       [&] { scatter(x, 0, of({3}, kInt64), 1); }},
      {"AGC0107", "expects an index of 3 dimensions, as the source has, got shape [2, 3]",
       [&] { scatter(x, 0, index, of({2, 3, 4})); }},
      {"AGC0107", "expects an index no larger than the source, got shape [2, 3] for one of [1, 3]",
       [&] { scatter_add(x, 0, index, of({1, 3})); }},
      {"AGC0107", "expects an index of one dimension, as long as the source along dimension 0, got shapes [2] and [3, 3]",
       [&] { index_add(x, 0, rows, of({3, 3})); }},
      {"AGC0102", "'agc.scatter_add' expects numbers to add, got bool",
       [&] { scatter_add(of({2, 3}, kBool), 0, index, of({2, 3}, kBool)); }},
      {"AGC0102", "'agc.index_add' expects numbers to add, got bool",
       [&] { index_add(of({2}, kBool), 0, rows, of({2}, kBool)); }},
      {"AGC0102", "'agc.index_put_' expects numbers to add, got bool",
       [&] { of({2}, kBool).index_put_({indexing::TensorIndex(rows)}, of({2}, kBool), true); }},
      {"AGC0103", "expects a source of shape [2, 3], got [2, 4]", [&] { index_add(x, 0, rows, of({2, 4})); }},
      {"AGC0102", "expects a source of float32, got int64",
       [&] { index_add(x, 0, rows, of({2, 3}, kInt64)); }},
  });
}

// Found while it runs: the error names the line that was recorded.
TEST(ErrorsOfIndexing, OfPositionsThatAreNotThere) {
  Tensor x = of({2, 3});
  using I = indexing::TensorIndex;
  expectRefusals({
      {"AGC0115", "expects an index of at least -2 and less than 2, got 2 at position 1",
       [&] { x.index({I(at({0, 2}))}).sum().item<float>(); }},
      {"AGC0115", "expects an index of at least 0 and less than 3, got -1 at position 0",
       [&] { index_select(x, 1, at({-1})).sum().item<float>(); }},
      {"AGC0115", "expects an index of at least 0 and less than 2, got 5 at position 0",
       [&] { embedding(x, at({5})).sum().item<float>(); }},
      {"AGC0115", "expects labels of at least 0 and less than 3 (or -100, ignored), got 3 at position 1",
       [&] { nn::functional::cross_entropy(x, at({0, 3})).item<float>(); }},
      {"AGC0115", "expects no integer divisor of 0", [&] { fmod(at({1, 2}), at({1, 0})).sum().item<int64_t>(); }},
      {"AGC0115", "expects no integer divisor of 0",
       [&] { div(at({1}), at({0}), "trunc").item<int64_t>(); }},
      {"AGC0115", "expects probabilities in [0, 1]", [] { bernoulli(full({2}, 1.5)).sum().item<float>(); }},
      {"AGC0115", "expects a standard deviation of at least 0",
       [] { normal(0, full({2}, -1.)).sum().item<float>(); }},
  });
}

TEST(ErrorsOfIndexing, OfBrackets) {
  Tensor x = of({2, 3}), mask = of({3}, kBool);
  using I = indexing::TensorIndex;
  expectRefusals({
      {"AGC0109", "expects a mask of the sizes that it indexes, got shape [3] for [2, 3]", [&] { x.index({I(mask)}); }},
      {"AGC0103", "expects shapes that broadcast", [&] { x.index({I(at({0, 1})), I(at({0, 1, 2}))}); }},
      {"AGC0102", "expects an index of integers, got float32", [&] { x.index({I(of({2}))}); }},
      {"AGC0101", "expects a tensor, got an undefined one", [&] { x.index({I(Tensor())}); }},
      {"AGC0104", "expects a step of at least 1, got -1",
       [&] { x.index({indexing::Slice(indexing::None, indexing::None, -1)}); }},
      {"AGC0109", "expects an index in [-2, 2), got 7", [&] { x.index_put_({7}, 1); }},
      {"AGC0103", "expects shapes that broadcast", [&] { x.bernoulli_(full(2, 0.5)); }},
  });
}

} // namespace
