//===- ViewsTest.cpp - Aliases see each other's writes --------------------===//
#include <agc/agc.h>

#include "gtest/gtest.h"

#include <vector>

using namespace agc;
using namespace agc::indexing;

namespace {

std::vector<int64_t> elements(const Tensor &tensor) {
  Tensor whole = tensor.contiguous();
  const int64_t *data = whole.const_data_ptr<int64_t>();
  return std::vector<int64_t>(data, data + whole.numel());
}
using List = std::vector<int64_t>;

template <typename Fn> std::string codeOf(Fn fn) {
  try {
    fn();
  } catch (const Error &error) {
    return error.code();
  }
  return "none";
}

TEST(Views, WritesGoThroughEveryKind) {
  Tensor x = arange(6).view({2, 3});
  Tensor t = x.t(), row = x[1], column = x.index({Slice(), 1}), flat = x.view({-1}),
         stepped = flat.slice(0, 1, 6, 2), squeezed = x.unsqueeze(1);
  row.add_(10); // 0 1 2 / 13 14 15
  column.mul_(2); // 0 2 2 / 13 28 15
  EXPECT_EQ(elements(x), (List{0, 2, 2, 13, 28, 15}));
  stepped.zero_(); // 0 0 2 / 0 28 0
  EXPECT_EQ(elements(t), (List{0, 0, 0, 28, 2, 0}));
  squeezed[0] = tensor({7, 8, 9});
  EXPECT_EQ(elements(flat), (List{7, 8, 9, 0, 28, 0}));
  EXPECT_EQ(elements(row), (List{0, 28, 0}));
  t[2][0] = 1;
  EXPECT_EQ(elements(x), (List{7, 8, 1, 0, 28, 0}));
}

TEST(Views, DetachAndCopiesOfHandlesAlias) {
  Tensor x = zeros({3}, kInt64), same = x, detached = x.detach(), copy = x.clone();
  detached[1] = 5;
  same.add_(1);
  EXPECT_EQ(elements(x), (List{1, 6, 1}));
  EXPECT_EQ(elements(detached), (List{1, 6, 1}));
  EXPECT_EQ(elements(copy), (List{0, 0, 0}));
}

TEST(Views, ValuesTakenBeforeAWriteStay) {
  Tensor x = ones({2}, kInt64), y = x + 1;
  x.mul_(10);
  EXPECT_EQ(elements(y), (List{2, 2}));
  EXPECT_EQ(elements(x + 1), (List{11, 11}));
}

TEST(Views, ReshapeOfATransposeIsACopyAndViewAnError) {
  Tensor x = arange(6).view({2, 3}), y = x.t().reshape({6});
  x.zero_();
  EXPECT_EQ(elements(y), (List{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(codeOf([&] { x.t().view({6}); }), "AGC0106");
  EXPECT_EQ(codeOf([&] { x.t().contiguous().view({6}); }), "none");
  EXPECT_FALSE(x.t().is_contiguous());
  EXPECT_EQ(codeOf([&] { x.view({2, 1, 3}).transpose(1, 0).view({2, 3}); }), "none");
}

TEST(Views, ExpandedElementsCannotBeWritten) {
  Tensor x = ones({1, 3}, kInt64);
  EXPECT_EQ(codeOf([&] { x.expand({2, 3}).add_(1); }), "AGC0111");
  EXPECT_EQ(elements(x), (List{1, 1, 1}));
}

TEST(Views, IndexPut) {
  Tensor x = zeros({2, 3}, kInt64);
  x.index_put_({Slice(), Slice(1, None)}, tensor({1, 2}));
  x.index_put_({0, 0}, 9);
  EXPECT_EQ(elements(x), (List{9, 1, 2, 0, 1, 2}));
}

TEST(Views, MemoryOfTheUsers) {
  int64_t memory[] = {1, 2, 3, 4};
  Tensor x = from_blob(memory, {2, 2}, kInt64);
  Tensor before = x + 0;
  memory[0] = 50;
  EXPECT_EQ(elements(before), (List{1, 2, 3, 4})); // a snapshot when recorded
  EXPECT_EQ(elements(x + 0), (List{50, 2, 3, 4}));
  x[1].mul_(2);
  EXPECT_EQ(memory[3], 8);
  Tensor y = zeros({3}, kInt64), sum = y.sum();
  int64_t *data = y.data_ptr<int64_t>();
  data[1] = 5;
  EXPECT_EQ(sum.item<int64_t>(), 0);
  EXPECT_EQ(y.sum().item<int64_t>(), 5);
  y.add_(1);
  EXPECT_EQ(data[1], 6);
}

TEST(Views, Accessor) {
  Tensor x = arange(6).view({2, 3}).clone();
  auto a = x.accessor<int64_t, 2>();
  a[1][2] = 40;
  EXPECT_EQ(a[0][1], 1);
  EXPECT_EQ(elements(x), (List{0, 1, 2, 3, 4, 40}));
  EXPECT_EQ(codeOf([&] { x.accessor<int64_t, 1>(); }), "AGC0104");
  EXPECT_EQ(codeOf([&] { x.data_ptr<float>(); }), "AGC0102");
}

TEST(Views, BadIndicesAreErrors) {
  Tensor x = zeros({2, 3});
  EXPECT_EQ(codeOf([&] { x[2]; }), "AGC0109");
  EXPECT_EQ(codeOf([&] { x[-3]; }), "AGC0109");
  EXPECT_EQ(codeOf([&] { x.index({0, 0, 0}); }), "AGC0109");
  EXPECT_EQ(codeOf([&] { x.narrow(1, 2, 2); }), "AGC0109");
  EXPECT_EQ(codeOf([&] { x.slice(0, 0, 2, 0); }), "AGC0104");
  EXPECT_EQ(codeOf([&] { x.select(2, 0); }), "AGC0104");
  EXPECT_EQ(codeOf([&] { zeros({})[0]; }), "AGC0104");
}

} // namespace
