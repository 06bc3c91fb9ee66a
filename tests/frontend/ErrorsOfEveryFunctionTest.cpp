//===- ErrorsOfEveryFunctionTest.cpp - Any dtype, dimension, no tensor ----===//
//
// A function either gives a value that can be computed, or an error of its own
// that names it and the user's line. None leaves it to the compiler to find out.
//
//===----------------------------------------------------------------------===//
#include "EveryFunction.h"
#include "Refusals.h"

using namespace agc;
using namespace agc::everyfunction;

namespace {

const DType dtypes[] = {kFloat32, kFloat64, kBFloat16, kFloat16, kInt64, kInt32, kInt8, kUInt8, kBool};

bool isHere(const Error &error) {
  return error.position().find("EveryFunction") != std::string::npos;
}

/// Computes all that \p functions make of a tensor of \p type.
void expectValuesOrErrors(const std::vector<Function> &functions, DType type) {
  Tensor x = ones({3, 3}, type);
  std::vector<Tensor> results;
  for (const Function &function : functions)
    try {
      results.push_back(function.apply(x));
    } catch (const Error &error) {
      EXPECT_TRUE(std::strcmp(error.code(), "AGC0102") == 0 || std::strcmp(error.code(), "AGC0116") == 0)
          << function.call << ": " << error.what();
      EXPECT_TRUE(isHere(error)) << function.call << ": " << error.what();
      EXPECT_EQ(error.msg().rfind("'agc.", 0), 0u) << function.call << ": " << error.what();
    }
  ASSERT_FALSE(results.empty());
  try {
    results[0].const_data_ptr(); // computes them all
  } catch (const Error &error) {
    ADD_FAILURE() << error.what();
  }
}

TEST(ErrorsOfEveryFunction, ElementwiseWithEachDtype) {
  for (DType type : dtypes) {
    SCOPED_TRACE(int(type));
    expectValuesOrErrors(elementwise(), type);
  }
}

TEST(ErrorsOfEveryFunction, OthersWithEachDtype) {
  for (DType type : dtypes) {
    SCOPED_TRACE(int(type));
    expectValuesOrErrors(whole(), type);
  }
}

TEST(ErrorsOfEveryFunction, OfNoTensor) {
  for (const auto *functions : {&elementwise(), &whole()})
    for (const Function &function : *functions)
      try {
        function.apply(Tensor());
        ADD_FAILURE() << "no error: " << function.call;
      } catch (const Error &error) {
        EXPECT_STREQ(error.code(), "AGC0101") << function.call << ": " << error.what();
        EXPECT_TRUE(isHere(error)) << function.call << ": " << error.what();
      }
}

TEST(ErrorsOfEveryFunction, OfDimensionsThatAreNotThere) {
  Tensor x = ones({3, 3, 3});
  for (const AlongDimension &function : alongDimension())
    for (int64_t d : {int64_t(3), int64_t(-4), INT64_MAX, INT64_MIN})
      try {
        function.apply(x, d);
        ADD_FAILURE() << "no error: " << function.call << " at " << d;
      } catch (const Error &error) {
        EXPECT_STREQ(error.code(), "AGC0104") << function.call << ": " << error.what();
        EXPECT_NE(error.msg().find("expects a dimension in [-3, "), std::string::npos)
            << function.call << ": " << error.what();
        EXPECT_TRUE(isHere(error)) << function.call << ": " << error.what();
      }
}

// PyTorch lets -1 and 0 name a scalar's dimension in some: no other may pass.
TEST(ErrorsOfEveryFunction, OfDimensionsOfAScalar) {
  for (const AlongDimension &function : alongDimension())
    for (int64_t d : {1, -2, 0, -1})
      try {
        function.apply(ones({}), d);
        EXPECT_TRUE(d == 0 || d == -1) << "no error: " << function.call << " at " << d;
      } catch (const Error &error) {
        EXPECT_TRUE(isHere(error)) << function.call << ": " << error.what();
        EXPECT_EQ(error.msg().find("AGC02"), std::string::npos) << error.what();
      }
}

} // namespace
