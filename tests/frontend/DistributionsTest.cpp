//===- DistributionsTest.cpp - Random numbers, by statistics --------------===//
//
// Each draw is one of a few thousand numbers from a fixed seed, checked at the
// level 0.001: by Kolmogorov and Smirnov against the distribution function, by
// its moments, by chi squared where values are few.
//
//===----------------------------------------------------------------------===//
#include <agc/agc.h>

#include "gtest/gtest.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace {

constexpr int64_t n = 40000;

using Numbers = std::vector<double>;
using Distribution = std::function<double(double)>;

Numbers numbers(const agc::Tensor &x) {
  agc::Tensor wide = x.detach().to(agc::kFloat64).contiguous();
  const double *data = wide.const_data_ptr<double>();
  return {data, data + wide.numel()};
}

Distribution uniform(double low, double high) {
  return [=](double x) { return std::clamp((x - low) / (high - low), 0., 1.); };
}
Distribution normal(double mean, double std) {
  return [=](double x) { return 0.5 * std::erfc((mean - x) / (std * std::sqrt(2.))); };
}

/// The distance between the numbers' distribution function and \p expected. With
/// \p step, numbers lie that far apart: the function jumps.
void expectDistribution(Numbers x, const Distribution &expected, double step = 0) {
  std::sort(x.begin(), x.end());
  double distance = 0, count = double(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    double above = std::max(0., expected(x[i] - step) - double(i + 1) / count),
           below = std::max(0., double(i) / count - expected(x[i] + step));
    if (step == 0) {
      above = std::abs(expected(x[i]) - double(i + 1) / count);
      below = std::abs(expected(x[i]) - double(i) / count);
    }
    distance = std::max({distance, above, below});
  }
  EXPECT_LT(distance, 1.95 / std::sqrt(count));
}

/// Mean, variance, skewness and kurtosis, each within 3.3 of its own deviations,
/// which are measured as well.
void expectMoments(const Numbers &x, const Numbers &expected) {
  double mean = expected[0], deviation = std::sqrt(expected[1]), count = double(x.size());
  const double standard[] = {0, 1, expected[2], expected[3]};
  for (int order = 1; order <= 4; ++order) {
    double sum = 0, squares = 0;
    for (double number : x) {
      double power = std::pow((number - mean) / deviation, order);
      sum += power;
      squares += power * power;
    }
    double moment = sum / count, variance = squares / count - moment * moment;
    EXPECT_NEAR(moment, standard[order - 1], 3.3 * std::sqrt(variance / count)) << "order " << order;
  }
}

void expectCounts(const std::vector<int64_t> &counts, double each) {
  double chi = 0, degrees = double(counts.size()) - 1;
  for (int64_t count : counts)
    chi += (double(count) - each) * (double(count) - each) / each;
  // Wilson and Hilferty's normal, at 3.09 deviations on either side.
  double spread = 2 / (9 * degrees);
  double deviations = (std::cbrt(chi / degrees) - (1 - spread)) / std::sqrt(spread);
  EXPECT_LT(std::abs(deviations), 3.3);
}

/// Neighbours, and numbers \p lag apart, know nothing of each other.
void expectIndependent(const Numbers &x, std::initializer_list<size_t> lags) {
  double mean = std::accumulate(x.begin(), x.end(), 0.) / double(x.size()), variance = 0;
  for (double number : x)
    variance += (number - mean) * (number - mean);
  for (size_t lag : lags) {
    double sum = 0;
    for (size_t i = lag; i < x.size(); ++i)
      sum += (x[i] - mean) * (x[i - lag] - mean);
    EXPECT_LT(std::abs(sum / variance), 3.3 / std::sqrt(double(x.size()))) << "lag " << lag;
  }
}

/// What \p draw gives as it is written, and within a compiled function for 1, 2
/// and 8 threads: the same numbers each time.
Numbers drawn(const std::function<agc::Tensor()> &draw) {
  agc::manual_seed(20);
  Numbers first = numbers(draw());
  auto compiled = agc::compile([&](agc::Tensor zero) { return draw() + zero; },
                               agc::spec({1}, draw().scalar_type()));
  Numbers one;
  for (int threads : {1, 2, 8}) {
    agc::set_num_threads(threads);
    agc::manual_seed(20);
    Numbers again = numbers(compiled(agc::zeros({1}, draw().options())));
    if (one.empty())
      one = again;
    EXPECT_EQ(again, one) << threads << " threads";
  }
  agc::set_num_threads(1);
  return first;
}

TEST(Distributions, Uniform) {
  for (agc::Dtype type : {agc::kFloat32, agc::kFloat64}) {
    Numbers x = drawn([&] { return agc::rand({n}, type); });
    expectDistribution(x, uniform(0, 1));
    expectMoments(x, {0.5, 1. / 12, 0, 1.8});
    expectIndependent(x, {1, 2, 3, 4, 8, 1000});
  }
  Numbers x = numbers(agc::empty({n}).uniform_(-3, 5));
  expectDistribution(x, uniform(-3, 5));
  expectMoments(x, {1, 64. / 12, 0, 1.8});
}

TEST(Distributions, UniformOfHalves) {
  // They lie 2^-11 and 2^-8 apart below 1.
  for (auto [type, step] : {std::pair(agc::kFloat16, 0x1p-11), {agc::kBFloat16, 0x1p-8}}) {
    Numbers x = drawn([&, type = type] { return agc::rand({n}, type); });
    expectDistribution(x, uniform(0, 1), step);
    EXPECT_GE(*std::min_element(x.begin(), x.end()), 0);
    EXPECT_LT(*std::max_element(x.begin(), x.end()), 1);
  }
}

TEST(Distributions, Normal) {
  for (agc::Dtype type : {agc::kFloat32, agc::kFloat64}) {
    Numbers x = drawn([&] { return agc::randn({n}, type); });
    expectDistribution(x, normal(0, 1));
    expectMoments(x, {0, 1, 0, 3});
    expectIndependent(x, {1, 2, 3, 4, 8, 1000});
  }
  expectDistribution(numbers(agc::empty({n}).normal_(2, 0.5)), normal(2, 0.5));
  expectDistribution(numbers(agc::normal(-1, 3, {n})), normal(-1, 3));
}

TEST(Distributions, NormalsOfTensors) {
  agc::manual_seed(4);
  agc::Tensor mean = agc::arange(n, agc::kFloat32) * 0.01, std = agc::arange(n, agc::kFloat32).remainder(7) + 0.5;
  expectDistribution(numbers((agc::normal(mean, std) - mean) / std), normal(0, 1));
  expectDistribution(numbers(agc::normal(mean, 2) - mean), normal(0, 2));
  expectDistribution(numbers(agc::normal(1, std) / std - 1 / std), normal(0, 1));
}

TEST(Distributions, Integers) {
  agc::manual_seed(5);
  std::vector<int64_t> counts(13);
  for (double x : numbers(agc::randint(-6, 7, {n})))
    ++counts.at(size_t(x + 6));
  expectCounts(counts, double(n) / 13);
  // Of a range that is no power of 2 and large, each half and third.
  std::vector<int64_t> thirds(3);
  for (double x : numbers(agc::randint(3'000'000'000, {n})))
    ++thirds.at(size_t(x / 1e9));
  expectCounts(thirds, double(n) / 3);
}

// Each of the 24 orders of four as often as any.
TEST(Distributions, Permutations) {
  agc::manual_seed(6);
  std::vector<int64_t> counts(24);
  constexpr int draws = 2400;
  for (int i = 0; i < draws; ++i) {
    Numbers order = numbers(agc::randperm(4));
    size_t rank = 0;
    for (size_t a = 0; a < 4; ++a) {
      size_t smaller = 0;
      for (size_t b = a + 1; b < 4; ++b)
        smaller += order[b] < order[a];
      rank = rank * (4 - a) + smaller;
    }
    ++counts.at(rank);
  }
  expectCounts(counts, draws / 24.);
}

double share(const Numbers &x) {
  return double(std::count_if(x.begin(), x.end(), [](double number) { return number != 0; })) / double(x.size());
}

void expectShare(const Numbers &x, double p, double count = n) {
  EXPECT_NEAR(share(x), p, 3.3 * std::sqrt(p * (1 - p) / count));
}

TEST(Distributions, Bernoulli) {
  for (double p : {0.02, 0.3, 0.5, 0.9}) {
    Numbers x = drawn([&] { return agc::full({n}, p).bernoulli(); });
    expectShare(x, p);
    expectIndependent(x, {1, 2, 4, 1000});
    expectShare(numbers(agc::empty({n}).bernoulli_(p)), p);
  }
  // Of each element's own probability.
  Numbers x = numbers(agc::linspace(0, 1, n).bernoulli());
  for (int part = 0; part < 8; ++part)
    EXPECT_NEAR(share({x.begin() + part * n / 8, x.begin() + (part + 1) * n / 8}), (part + 0.5) / 8, 0.025);
}

TEST(Distributions, Dropout) {
  namespace F = agc::nn::functional;
  for (double p : {0.1, 0.5, 0.8}) {
    Numbers x = drawn([&] { return agc::dropout(agc::ones({n}), p, true); });
    expectShare(x, 1 - p);
    expectIndependent(x, {1, 2, 4, 1000});
    for (double number : x)
      ASSERT_TRUE(number == 0 || number == double(float(1 / (1 - p)))) << number;
  }
  // A channel stays whole or goes whole.
  Numbers planes = numbers(F::dropout2d(agc::ones({200, 20, 3, 3}), F::Dropout2dFuncOptions().p(0.4).training(true)));
  Numbers channels;
  for (size_t i = 0; i < planes.size(); i += 9) {
    for (size_t j = 1; j < 9; ++j)
      ASSERT_EQ(planes[i], planes[i + j]);
    channels.push_back(planes[i]);
  }
  expectShare(channels, 0.6, 4000);
}

TEST(Distributions, Initializers) {
  namespace init = agc::nn::init;
  agc::manual_seed(9);
  auto weight = [] { return agc::empty({100, 40, 3, 3}); }; // 360 in, 900 out
  double in = 360, out = 900;
  auto bound = [](double variance) { return uniform(-std::sqrt(3 * variance), std::sqrt(3 * variance)); };
  expectDistribution(numbers(init::uniform_(weight(), -1, 3)), uniform(-1, 3));
  expectDistribution(numbers(init::normal_(weight(), 1, 2)), normal(1, 2));
  expectDistribution(numbers(init::xavier_uniform_(weight(), 1.5)), bound(2.25 * 2 / (in + out)));
  expectDistribution(numbers(init::xavier_normal_(weight())), normal(0, std::sqrt(2 / (in + out))));
  expectDistribution(numbers(init::kaiming_uniform_(weight(), 0, agc::kFanIn, agc::kReLU)), bound(2 / in));
  expectDistribution(numbers(init::kaiming_normal_(weight(), 0, agc::kFanOut, agc::kReLU)), normal(0, std::sqrt(2 / out)));
}

// Seeds and the draws after each other are streams of their own.
TEST(Distributions, StreamsAreIndependent) {
  auto correlation = [](const Numbers &x, const Numbers &y) {
    double sum = 0;
    for (size_t i = 0; i < x.size(); ++i)
      sum += (x[i] - 0.5) * (y[i] - 0.5);
    return sum * 12 / double(x.size());
  };
  agc::manual_seed(1);
  Numbers a = numbers(agc::rand({n})), b = numbers(agc::rand({n}));
  agc::manual_seed(2);
  Numbers c = numbers(agc::rand({n}));
  for (double r : {correlation(a, b), correlation(a, c), correlation(b, c)})
    EXPECT_LT(std::abs(r), 3.3 / std::sqrt(double(n)));
}

} // namespace
