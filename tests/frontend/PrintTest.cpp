//===- PrintTest.cpp - Tensors printed as Python's PyTorch does -----------===//
#include "tests/frontend/Values.h"

#include "gtest/gtest.h"

#include <cmath>
#include <sstream>

using namespace agc;

namespace {

std::string printed(const Tensor &tensor) {
  std::ostringstream out;
  out << tensor;
  return out.str();
}

struct Print {
  const char *name; // as in make_golden.py
  Tensor (*make)();
};

#define PRINT(name, expression) {name, []() -> Tensor { return expression; }}
const Print prints[] = {
    PRINT("scalar", tensor(2.0)),
    PRINT("requires_grad", tensor(2.0, requires_grad())),
    PRINT("negative", tensor({-1.5, 0.0, 2.0})),
    PRINT("integral", tensor({{1.0, 2.0}, {30.0, 4.0}})),
    PRINT("thirds", tensor({1.0 / 3, 100.0 / 3})),
    PRINT("large", tensor({1e9, 1.0})), PRINT("small", tensor({1e-5, 1.0})),
    PRINT("ratio", tensor({0.5, 999.0})), PRINT("int", tensor({1, -20, 300})),
    PRINT("bool", tensor({{true}, {false}})),
    PRINT("double", tensor({0.1, 0.2}, kFloat64)),
    PRINT("int32", tensor(7, kInt32)), PRINT("half", tensor({1.5}, kFloat16)),
    PRINT("nonfinite", tensor({INFINITY, -INFINITY, NAN, 1.0f})),
    PRINT("nonfinite_fraction", tensor({INFINITY, 0.25f})),
    PRINT("only_nan", tensor({NAN})), PRINT("zeros", zeros({2, 2})),
    PRINT("zero_in_small", tensor({0.0, 1e-7})), PRINT("empty", zeros({0})),
    PRINT("empty_2d", zeros({2, 0})), PRINT("empty_int", zeros({0}, kInt64)),
    PRINT("wrapped", arange(40.0) / 7), PRINT("wrapped_int", arange(30)),
    PRINT("cube", arange(24).reshape({2, 3, 4})),
    PRINT("four", arange(16.0).reshape({2, 2, 2, 2})),
    PRINT("summary", arange(1001)),
    PRINT("summary_2d", arange(4000.0).reshape({40, 100})),
    PRINT("summary_narrow", arange(3000.0).reshape({1000, 3})),
    PRINT("long_suffix",
          tensor({1.23456, 2.34567, 3.45678, 4.56789, 5.6789, 6.7891},
                 dtype(kFloat64).requires_grad(true))),
    PRINT("grad_fn", (arange(8.0).requires_grad_() * 1.5).sum()),
};
#undef PRINT

class PrintTest : public testing::TestWithParam<Print> {};

TEST_P(PrintTest, AsPython) {
  EXPECT_EQ(printed(GetParam().make()),
            testvalues::golden()["prints"][GetParam().name].get<std::string>());
}

INSTANTIATE_TEST_SUITE_P(Every, PrintTest, testing::ValuesIn(prints),
                         [](const testing::TestParamInfo<Print> &info) {
                           return std::string(info.param.name);
                         });

TEST(Print, TheTableHasEveryGoldenCase) {
  EXPECT_EQ(std::size(prints), testvalues::golden()["prints"].size());
}

} // namespace
