//===- PhiloxTest.cpp - The generator against Random123's vectors ---------===//
#include "runtime/core/Convert.h"
#include "runtime/core/Philox.h"
#include "runtime/core/ThreadPool.h"

#include "agc/Threads.h"

#include "gtest/gtest.h"

#include <cmath>
#include <vector>

using namespace agc;

// Random123 1.14, tests/kat_vectors: philox4x32 10.
TEST(Philox, AgreesWithRandom123) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (PhiloxCounter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
            (PhiloxCounter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                       {0xa4093822, 0x299f31d0}),
            (PhiloxCounter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

namespace {
std::vector<float> normals(int64_t count, uint64_t seed) {
  std::vector<float> values(static_cast<size_t>(count));
  Generator generator{seed, 0};
  generator.fillNormal(values.data(), DType::F32, count, 0, 1);
  return values;
}
} // namespace

TEST(Philox, SameNumbersOnAnyNumberOfThreads) {
  set_num_threads(1);
  std::vector<float> one = normals(100'001, 7);
  set_num_threads(3);
  EXPECT_EQ(normals(100'001, 7), one);
  EXPECT_NE(normals(100'001, 8), one);
}

TEST(Philox, ElementsDoNotDependOnHowManyAreDrawn) {
  std::vector<float> few = normals(5, 1), many = normals(1000, 1);
  for (size_t i = 0; i < few.size(); ++i)
    EXPECT_EQ(few[i], many[i]);
}

TEST(Philox, SecondFillGoesOn) {
  Generator whole{3, 0}, parts{3, 0};
  float a[8], b[8];
  whole.fillUniform(a, DType::F32, 8, 0, 1);
  parts.fillUniform(b, DType::F32, 4, 0, 1);
  parts.fillUniform(b + 4, DType::F32, 4, 0, 1);
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(a[i], b[i]);
}

TEST(Philox, MomentsAreThoseOfTheDistributions) {
  constexpr int64_t n = 1 << 18;
  for (DType type : {DType::F32, DType::F64}) {
    std::vector<double> memory(n);
    auto moments = [&] {
      double mean = 0, square = 0;
      for (int64_t i = 0; i < n; ++i) {
        double x = loadNumber(memory.data(), type, i);
        mean += x / n;
        square += x * x / n;
      }
      return std::pair(mean, square - mean * mean);
    };
    Generator generator{42, 0};
    generator.fillNormal(memory.data(), type, n, 2, 3);
    auto [mean, variance] = moments();
    EXPECT_NEAR(mean, 2, 0.03); // 5 standard errors
    EXPECT_NEAR(variance, 9, 0.13);
    generator.fillUniform(memory.data(), type, n, -1, 3);
    std::tie(mean, variance) = moments();
    EXPECT_NEAR(mean, 1, 0.012);
    EXPECT_NEAR(variance, 16.0 / 12, 0.012);
  }
}

TEST(Philox, IntegersStayWithinTheirBounds) {
  std::vector<int64_t> values(10'000);
  Generator generator{5, 0};
  generator.fillIntegers(values.data(), DType::I64, 10'000, -2, 3);
  int seen[5] = {};
  for (int64_t value : values) {
    ASSERT_GE(value, -2);
    ASSERT_LT(value, 3);
    ++seen[value + 2];
  }
  for (int count : seen)
    EXPECT_NEAR(count, 2000, 200);
}
