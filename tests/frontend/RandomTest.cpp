//===- RandomTest.cpp - Random numbers drawn in a graph -------------------===//
#include <agc/agc.h>

#include "gtest/gtest.h"

#include <cmath>
#include <set>

namespace {

std::vector<double> numbers(const agc::Tensor &x) {
  agc::Tensor wide = x.to(agc::kFloat64);
  const double *data = wide.const_data_ptr<double>();
  return {data, data + wide.numel()};
}

// What a compiled function draws is what the host would have drawn.
TEST(Random, CompiledFunctionsDrawTheHostsNumbers) {
  for (agc::Dtype type : {agc::kFloat32, agc::kFloat64, agc::kBFloat16, agc::kFloat16}) {
    auto f = agc::compile([&](agc::Tensor x) { return x * agc::rand({7, 9}, type) + agc::rand({7, 9}, type); },
                          agc::spec({7, 9}, type));
    agc::Tensor one = agc::ones({7, 9}, type);
    agc::manual_seed(11);
    std::vector<double> first = numbers(f(one)), second = numbers(f(one));
    EXPECT_NE(first, second);
    agc::manual_seed(11);
    agc::Tensor a = agc::rand({7, 9}, type), b = agc::rand({7, 9}, type);
    EXPECT_EQ(first, numbers(a + b));
    a = agc::rand({7, 9}, type), b = agc::rand({7, 9}, type);
    EXPECT_EQ(second, numbers(a + b));
  }
}

TEST(Random, CompiledNormalsAreTheHosts) {
  for (auto [type, tolerance] : {std::pair(agc::kFloat32, 2e-6), {agc::kFloat64, 1e-13}}) {
    auto f = agc::compile([&](agc::Tensor x) { return x + agc::randn({3, 11}, type); },
                          agc::spec({3, 11}, type));
    agc::manual_seed(5);
    std::vector<double> drawn = numbers(f(agc::zeros({3, 11}, type)));
    agc::manual_seed(5);
    std::vector<double> expected = numbers(agc::randn({3, 11}, type));
    for (size_t i = 0; i < drawn.size(); ++i)
      EXPECT_NEAR(drawn[i], expected[i], tolerance);
  }
}

} // namespace
