//===- HalvesTest.cpp - bf16 and f16 in compiled code ----------------------===//
#include "runtime/core/Convert.h"
#include "tests/codegen/CompiledText.h"

#include "gtest/gtest.h"

#include <random>

namespace {

using namespace agc;

constexpr size_t allHalves = 65536;

std::string conversion(const char *from, const char *to, size_t count) {
  std::string x = "tensor<" + std::to_string(count) + "x" + from + ">",
              z = "tensor<" + std::to_string(count) + "x" + to + ">";
  return "func.func @f(%x: " + x + ") -> " + z + " {\n  %z = agc.convert %x : " +
         x + " to " + z + "\n  return %z : " + z + "\n}";
}

/// What @f makes of the elements, in vectors; and one by one, which must be the
/// same.
template <typename To, typename From>
std::vector<To> convertAll(const char *from, const char *to,
                           const std::vector<From> &x) {
  // Not a multiple of any vector: the last ones are a remainder.
  size_t count = 1021;
  CompiledText f(conversion(from, to, count)), scalar(conversion(from, to, 1));
  std::vector<To> result;
  std::vector<From> in(count);
  std::vector<To> out(count);
  for (size_t begin = 0; begin < x.size(); begin += count) {
    size_t n = std::min(count, x.size() - begin);
    std::copy_n(x.begin() + begin, n, in.begin());
    EXPECT_EQ(f({in.data()}, {out.data()}), 0);
    result.insert(result.end(), out.begin(), out.begin() + n);
    To one;
    EXPECT_EQ(scalar({in.data()}, {&one}), 0);
    EXPECT_EQ(std::memcmp(&one, out.data(), sizeof(To)), 0) << "at " << begin;
  }
  return result;
}

std::vector<uint16_t> everyHalf() {
  std::vector<uint16_t> all(allHalves);
  for (size_t i = 0; i < all.size(); ++i)
    all[i] = uint16_t(i);
  return all;
}

/// Floats around everything that a half type can tell apart: each value, the
/// ties above and below, and their neighbours; and random ones.
std::vector<float> denseFloats(float (*widen)(uint16_t), uint32_t tie) {
  std::vector<float> result;
  for (uint32_t i = 0; i < allHalves; ++i) {
    uint32_t bits = std::bit_cast<uint32_t>(widen(uint16_t(i)));
    for (uint32_t step : {0u, tie, 2 * tie})
      for (uint32_t near : {-1u, 0u, 1u})
        result.push_back(std::bit_cast<float>(bits + step + near));
  }
  // f16's denormals are as far apart as 2^-24: their ties.
  for (int n = 0; n < 1024; ++n)
    for (float sign : {-1.0f, 1.0f})
      for (float to : {-1.0f, 1.0f}) {
        float x = sign * (float(n) + 0.5f) * 0x1p-24f;
        result.insert(result.end(), {x, std::nextafter(x, to)});
      }
  std::mt19937 random(1);
  for (int n = 0; n < 1 << 20; ++n)
    result.push_back(std::bit_cast<float>(uint32_t(random())));
  return result;
}

template <typename T>
void expectSameBits(const std::vector<T> &expected, const std::vector<T> &actual) {
  ASSERT_EQ(expected.size(), actual.size());
  for (size_t i = 0; i < expected.size(); ++i)
    ASSERT_EQ(std::memcmp(&expected[i], &actual[i], sizeof(T)), 0)
        << i << ": " << expected[i] << " and " << actual[i];
}

struct HalfType {
  const char *name;
  float (*widen)(uint16_t);
  uint16_t (*narrow)(float);
  uint32_t tie; // in units of the last place of an f32
};
const HalfType halfTypes[] = {{"bf16", bf16ToFloat, floatToBf16, 0x8000},
                              {"f16", halfToFloat, floatToHalf, 0x1000}};

TEST(Halves, EveryHalfAsF32) {
  for (const HalfType &type : halfTypes) {
    std::vector<float> expected;
    for (uint16_t bits : everyHalf())
      expected.push_back(type.widen(bits));
    expectSameBits(expected, convertAll<float>(type.name, "f32", everyHalf()));
  }
}

TEST(Halves, F32RoundsToNearestEven) {
  for (const HalfType &type : halfTypes) {
    std::vector<float> x = denseFloats(type.widen, type.tie);
    std::vector<uint16_t> expected;
    for (float number : x)
      expected.push_back(type.narrow(number));
    expectSameBits(expected, convertAll<uint16_t>("f32", type.name, x));
  }
}

TEST(Halves, F64GoesThroughF32AsPyTorchsDoes) {
  for (const HalfType &type : halfTypes) {
    // Just above a tie of the half type, by less than f32 can tell: PyTorch's
    // answer is the even one. `torch.tensor(x, dtype=torch.float64).to(half)`.
    std::vector<double> x = {1 + 0x1p-8 + 0x1p-40,  1 + 0x1p-11 + 0x1p-40,
                             1 + 0x1p-8 + 0x1p-20,  1 + 0x1p-11 + 0x1p-20,
                             -1e300, 1e300, 1e-300, 65519.999999, 65520.0};
    std::mt19937_64 random(1);
    std::uniform_real_distribution<double> exponent(-50, 50), fraction(-2, 2);
    for (int n = 0; n < 1 << 16; ++n)
      x.push_back(std::ldexp(fraction(random), int(exponent(random))));
    std::vector<uint16_t> expected;
    for (double number : x)
      expected.push_back(type.narrow(float(number)));
    expectSameBits(expected, convertAll<uint16_t>("f64", type.name, x));
    std::vector<double> back;
    for (uint16_t bits : everyHalf())
      back.push_back(type.widen(bits));
    std::vector<double> actual = convertAll<double>(type.name, "f64", everyHalf());
    for (size_t i = 0; i < back.size(); ++i)
      if (back[i] == back[i])
        ASSERT_EQ(back[i], actual[i]);
      else
        ASSERT_NE(actual[i], actual[i]);
  }
}

TEST(Halves, KnownValues) {
  auto bf16 = convertAll<uint16_t>(
      "f32", "bf16", std::vector<float>{1.0f, 0x1.01p0f, 0x1.03p0f, 0x1.fffffep127f, -0.0f});
  EXPECT_EQ(bf16, (std::vector<uint16_t>{0x3f80, 0x3f80, 0x3f82, 0x7f80, 0x8000}));
  auto f16 = convertAll<uint16_t>(
      "f32", "f16", std::vector<float>{1.0f, 65504.0f, 65519.0f, 65520.0f, 0x1p-24f, -0x1p-25f, 0x1.8p-25f});
  EXPECT_EQ(f16, (std::vector<uint16_t>{0x3c00, 0x7bff, 0x7bff, 0x7c00, 1, 0x8000, 1}));
}

TEST(Halves, IntegersComeByWayOfF32) {
  std::vector<int64_t> x = {0, 1, -1, 257, -259, 65519, 65520, 1 << 24, (1 << 24) + 1,
                            (int64_t(1) << 40) + 1, INT64_MIN, INT64_MAX};
  for (const HalfType &type : halfTypes) {
    std::vector<uint16_t> expected;
    for (int64_t number : x)
      expected.push_back(type.narrow(float(number)));
    expectSameBits(expected, convertAll<uint16_t>("i64", type.name, x));
  }
  auto back = convertAll<int32_t>("bf16", "i32", std::vector<uint16_t>{0x3fc0, 0xbfc0, 0x4780});
  EXPECT_EQ(back, (std::vector<int32_t>{1, -1, 65536}));
}

// An op on halves is one on f32, rounded once.
TEST(Halves, OpsComputeInF32) {
  for (const HalfType &type : halfTypes) {
    std::string t = std::string("tensor<1021x") + type.name + ">";
    CompiledText f("func.func @f(%x: " + t + ", %y: " + t + ") -> (" + t + ", " + t +
                   ", " + t + ") {\n  %a = agc.add %x, %y : " + t +
                   "\n  %b = agc.mul %a, %y : " + t + "\n  %c = agc.sigmoid %x : " + t +
                   "\n  return %a, %b, %c : " + t + ", " + t + ", " + t + "\n}");
    std::mt19937 random(1);
    std::normal_distribution<float> normal(0, 3);
    std::vector<uint16_t> x(1021), y(1021), a(1021), b(1021), c(1021);
    for (size_t i = 0; i < x.size(); ++i) {
      x[i] = type.narrow(normal(random));
      y[i] = type.narrow(normal(random));
    }
    ASSERT_EQ(f({x.data(), y.data()}, {a.data(), b.data(), c.data()}), 0);
    for (size_t i = 0; i < x.size(); ++i) {
      float sum = type.widen(type.narrow(type.widen(x[i]) + type.widen(y[i])));
      ASSERT_EQ(a[i], type.narrow(sum));
      ASSERT_EQ(b[i], type.narrow(sum * type.widen(y[i])));
      double exact = 1 / (1 + std::exp(-double(type.widen(x[i]))));
      bool isBF16 = type.name[0] == 'b';
      ASSERT_NEAR(type.widen(c[i]), exact,
                  isBF16 ? exact * 0x1.01p-8 : exact * 0x1.01p-11 + 0x1p-25);
    }
  }
}

// Ones in a half type stop counting at 256 or 2048: sums are in f32, and
// rounded once.
TEST(Halves, SumsAreInF32) {
  for (const HalfType &type : halfTypes) {
    std::string n = type.name;
    CompiledText f(
        "func.func @f(%x: tensor<3x5000x" + n + ">, %w: tensor<5000x20x" + n +
        ">, %i: tensor<1x40x16x16x" + n + ">, %k: tensor<16x40x3x3x" + n +
        ">) -> (tensor<3x" + n + ">, tensor<3x20x" + n + ">, tensor<1x16x14x14x" + n +
        ">) {\n  %a = agc.reduce_sum %x {dimensions = array<i64: 1>} : tensor<3x5000x" +
        n + "> to tensor<3x" + n + ">\n  %b = agc.einsum %x, %w {spec = \"mk,kn->mn\"} : (tensor<3x5000x" +
        n + ">, tensor<5000x20x" + n + ">) -> tensor<3x20x" + n +
        ">\n  %c = agc.conv %i, %k {strides = array<i64: 1, 1>, low = array<i64: 0, 0>, high = array<i64: 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<1x40x16x16x" +
        n + ">, tensor<16x40x3x3x" + n + ">) -> tensor<1x16x14x14x" + n +
        ">\n  return %a, %b, %c : tensor<3x" + n + ">, tensor<3x20x" + n +
        ">, tensor<1x16x14x14x" + n + ">\n}");
    auto random = [&, state = std::mt19937(1)](size_t count) mutable {
      std::uniform_real_distribution<float> uniform(0.5f, 1);
      std::vector<uint16_t> x(count);
      for (uint16_t &bits : x)
        bits = type.narrow(uniform(state));
      return x;
    };
    auto x = random(15000), w = random(100000), i = random(10240), k = random(5760);
    std::vector<uint16_t> a(3), b(60), c(3136);
    ASSERT_EQ(f({x.data(), w.data(), i.data(), k.data()}, {a.data(), b.data(), c.data()}), 0);
    auto expect = [&](double exact, uint16_t bits) {
      // Half a unit, and what f32's sum may be off.
      double unit = type.name[0] == 'b' ? 0x1p-8 : 0x1p-11;
      EXPECT_NEAR(type.widen(bits), exact, exact * (unit + 1e-5));
    };
    for (size_t m = 0; m < 3; ++m) {
      double sum = 0;
      for (size_t j = 0; j < 5000; ++j)
        sum += type.widen(x[m * 5000 + j]);
      expect(sum, a[m]);
      for (size_t n = 0; n < 20; ++n) {
        double product = 0;
        for (size_t j = 0; j < 5000; ++j)
          product += double(type.widen(x[m * 5000 + j])) * type.widen(w[j * 20 + n]);
        expect(product, b[m * 20 + n]);
      }
    }
    for (size_t o = 0; o < 16; ++o) {
      double product = 0; // the first place of each channel
      for (size_t ci = 0; ci < 40; ++ci)
        for (size_t h = 0; h < 3; ++h)
          for (size_t v = 0; v < 3; ++v)
            product += double(type.widen(i[(ci * 16 + h) * 16 + v])) *
                       type.widen(k[((o * 40 + ci) * 3 + h) * 3 + v]);
      expect(product, c[o * 196]);
    }
  }
}

// A shipped object has nobody to ask for them.
TEST(Halves, NoLibraryIsCalled) {
  for (const char *cpu : {"x86-64", "x86-64-v3", "x86-64-v4"})
    for (const char *type : {"bf16", "f16"}) {
      std::string t = std::string("tensor<37x") + type + ">";
      std::string text = CompiledText::assembly(
          "func.func @f(%x: " + t + ", %n: tensor<37xi64>) -> (" + t + ", tensor<37xf64>, " + t +
              ") {\n  %a = agc.tanh %x : " + t + "\n  %b = agc.convert %a : " + t +
              " to tensor<37xf64>\n  %c = agc.convert %n : tensor<37xi64> to " + t +
              "\n  return %a, %b, %c : " + t + ", tensor<37xf64>, " + t + "\n}",
          cpu);
      for (const char *name : {"__trunc", "__extend", "__float", "__fix", "__gnu_"})
        EXPECT_EQ(text.find(name), std::string::npos) << cpu << ' ' << type << ' ' << name;
    }
}

} // namespace
