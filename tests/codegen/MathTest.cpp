//===- MathTest.cpp - The vector mathematics in compiled code --------------===//
//
// How far from right it is, tests/math/walk.cpp finds.
//
//===----------------------------------------------------------------------===//
#include "tests/codegen/CompiledText.h"
#include "tests/math/Functions.h"

#include "gtest/gtest.h"

#include <random>

namespace {

using namespace agc;

constexpr size_t numFunctions = std::size(mathFunctions) + std::size(mathFunctions2);

/// @f: every function's results in a tensor of its own.
std::string allFunctions(size_t count, const std::string &element) {
  std::string type = "tensor<" + std::to_string(count) + "x" + element + ">";
  std::string body, names, types;
  auto add = [&](const std::string &name, const std::string &operands) {
    std::string separator = names.empty() ? "" : ", ";
    body += "  %" + name + " = agc." + name + " " + operands + " : " + type + "\n";
    names += separator + "%" + name;
    types += separator + type;
  };
  for (const MathFunction &function : mathFunctions)
    add(function.name, "%x");
  for (const MathFunction2 &function : mathFunctions2)
    add(function.name, "%x, %y");
  return "func.func @f(%x: " + type + ", %y: " + type + ") -> (" + types + ") {\n" +
         body + "  return " + names + " : " + types + "\n}";
}

// A loop's remainder, another width and a scalar have the bits of the body.
template <typename T> void expectSameBitsAtAnyWidth(const std::string &cpu) {
  constexpr size_t count = 67;
  std::vector<T> x(count), y(count);
  std::mt19937_64 random(1);
  for (size_t i = 0; i < count; ++i) {
    x[i] = std::bit_cast<T>(typename MathType<T>::Bits(random()));
    y[i] = T(int(random() % 1000)) / 100;
    if (i % 2)
      x[i] = T(int(random() % 1000) - 500) / 100;
  }
  // Among small ones, a large angle.
  x[9] = T(1e10);
  CompiledText vectors(allFunctions(count, MathType<T>::name), false, cpu);
  CompiledText scalars(allFunctions(1, MathType<T>::name), false, cpu);
  std::vector<std::vector<T>> results(numFunctions, std::vector<T>(count));
  std::vector<T> one(numFunctions);
  std::vector<void *> out, outOne;
  for (size_t i = 0; i < numFunctions; ++i) {
    out.push_back(results[i].data());
    outOne.push_back(&one[i]);
  }
  ASSERT_EQ(vectors({x.data(), y.data()}, out), 0);
  for (size_t i = 0; i < count; ++i) {
    ASSERT_EQ(scalars({&x[i], &y[i]}, outOne), 0);
    for (size_t f = 0; f < numFunctions; ++f)
      EXPECT_TRUE(results[f][i] != results[f][i] ? one[f] != one[f]
                                                 : std::memcmp(&results[f][i], &one[f], sizeof(T)) == 0)
          << f << " of " << x[i] << ", " << y[i] << ": " << results[f][i] << " and " << one[f];
  }
}

TEST(Math, SameBitsAtAnyWidth) {
  for (const char *cpu : {"native", "x86-64"}) {
    expectSameBitsAtAnyWidth<float>(cpu);
    expectSameBitsAtAnyWidth<double>(cpu);
  }
}

// A shipped object has nobody to ask for them.
TEST(Math, NoLibraryIsCalled) {
  for (const char *cpu : {"x86-64", "x86-64-v3", "x86-64-v4"})
    for (const char *type : {"f32", "f64"}) {
      std::string text = CompiledText::assembly(allFunctions(37, type), cpu);
      EXPECT_EQ(text.find("@PLT"), std::string::npos)
          << cpu << ' ' << type << text.substr(text.find("@PLT") - 40, 60);
    }
}

// Exact cases of pow are exact.
TEST(Math, WholePowersAreExact) {
  std::string t = "tensor<1xf64>";
  CompiledText f("func.func @f(%x: " + t + ", %y: " + t + ") -> " + t +
                 " {\n  %z = agc.pow %x, %y : " + t + "\n  return %z : " + t + "\n}");
  for (double x : {2.0, 3.0, 5.0, 7.0, 10.0, -3.0, 0.5, 1.5, 1024.0, 99.0})
    for (double y : {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0}) {
      double z;
      ASSERT_EQ(f({&x, &y}, {&z}), 0);
      EXPECT_EQ(z, std::pow(x, y)) << x << "^" << y;
    }
}

} // namespace
