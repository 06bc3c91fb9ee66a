//===- ElementwiseTest.cpp - How exact each element-wise op is -------------===//
//
// Of random and of special numbers, alone and fused with others, in vectors and
// what is left of them. What is right the reference pipeline says, in f64.
//
//===----------------------------------------------------------------------===//
#include "tests/ir/EveryOp.h"
#include "tests/math/Functions.h"

#include "gtest/gtest.h"

namespace {

using namespace agc;
using namespace agc::fuzz;
using namespace mlir;

/// How far results may be from right ones, in units of the last place. What is
/// not here is rounded once: exactly so in f64, the reference's own bits, and to
/// the nearest in smaller types. Half types are computed in f32 and rounded.
struct Bound {
  double f32, f64;
};
Bound boundOf(const std::string &op) {
  std::string name = op.substr(op.find('.') + 1);
  // What docs/math.md promises; the C library is off by up to one, too.
  auto isNamed = [&](const auto &function) { return name == function.name; };
  if (llvm::any_of(mathFunctions, isNamed) || llvm::any_of(mathFunctions2, isNamed))
    return {2, 5};
  // Products of products.
  if (name == "powi")
    return {3, 0};
  return {0.5, 0};
}

double maxError(const std::string &op, DType dtype) {
  Bound bound = boundOf(op);
  switch (dtype) {
  case DType::F64: return bound.f64;
  case DType::F32: return bound.f32;
  case DType::F16: return 0.5 + bound.f32 * 0x1p-13;
  default: return 0.5 + bound.f32 * 0x1p-16;
  }
}

/// The nearest number of the dtype.
double rounded(double exact, DType dtype) {
  Elements one(dtype, 1);
  one.set(0, exact);
  return one.number(0);
}

/// In units of the last place; infinite where it is wrong in kind: NaN, infinity
/// and the sign of a zero must be right.
double errorOf(double actual, double exact, DType dtype) {
  constexpr double wrong = INFINITY;
  double nearest = rounded(exact, dtype);
  if (std::isnan(exact) || std::isnan(actual))
    return std::isnan(exact) && std::isnan(actual) ? 0 : wrong;
  if (std::isinf(actual) || std::isinf(nearest))
    return actual == nearest ? 0 : wrong;
  if (actual == 0 && nearest == 0)
    return std::signbit(actual) == std::signbit(exact) ? 0 : wrong;
  auto [digits, least] = dtype == DType::F64   ? std::pair(53, -1074)
                         : dtype == DType::F32 ? std::pair(24, -149)
                         : dtype == DType::F16 ? std::pair(11, -24)
                                               : std::pair(8, -133);
  int exponent = exact == 0 ? least : std::max(std::ilogb(exact) - digits + 1, least);
  return std::abs(actual - exact) / std::ldexp(1.0, exponent);
}

/// Results of each form: of the op alone, and between others.
Graph bothWays(const std::vector<const ElementwiseForm *> &forms, int64_t count) {
  ExampleBuilder b;
  for (const ElementwiseForm *form : forms) {
    SmallVector<Value> operands, fused;
    for (auto [type, range] : llvm::zip_equal(form->operands, operandRanges(*form))) {
      operands.push_back(b.argument(RankedTensorType::get({count}, type), range));
      fused.push_back(b.same(operands.back()));
    }
    b.result(b.apply(*form, operands));
    b.result(b.same(b.apply(*form, fused)));
  }
  return b.finish();
}

/// Numbers at which things change, of any dtype.
constexpr double specials[] = {0.0,     -0.0,    1,       -1,     0.5,      -2,     INFINITY, -INFINITY,
                               NAN,     65504,   -65504,  1e30,   -1e30,    3e38,   1e-3,     -6e-5,
                               1e-7,    -1e-38,  1e-40,   88.7,   -104,     709.7,  -745,     3,
                               2.5,     -3.5,    1e308,   -1e308, 5e-324,   1e-310, 7,        1e5};

class ElementwiseOp : public testing::TestWithParam<std::string> {
protected:
  /// Compares a program's results for \p arguments.
  void expectRight(const std::vector<const ElementwiseForm *> &forms, int64_t count,
                   bool isSpecial) {
    Graph graph = bothWays(forms, count);
    Program program = withGradients(graph, 0);
    std::string bytes = bytesOf(*program.module);
    std::vector<Elements> arguments = drawArguments(program, 7, /*rounded=*/true);
    auto types = graph.function().getArgumentTypes();
    size_t number = 0;
    for (const ElementwiseForm *form : forms)
      for (size_t k = 0; k < form->operands.size(); ++k, ++number)
        if (isSpecial && arguments[number].isFloat())
          for (size_t i = 0; i < size_t(count); ++i) {
            // Each with each.
            size_t at = k == 0 ? i : i / std::size(specials);
            proto::TensorType type;
            ir::writeType(cast<RankedTensorType>(types[number]), type);
            arguments[number].set(i, rounded(specials[at % std::size(specials)], DType(type.dtype())));
          }
    CompiledProgram reference(bytes, /*reference=*/true);
    std::vector<Elements> exact = run(reference, arguments);
    for (const char *cpu : {"native", "x86-64"}) {
      CompiledProgram compiled(bytes, /*reference=*/false, cpu);
      std::vector<Elements> actual = run(compiled, arguments);
      for (size_t r = 0; r < actual.size(); ++r)
        for (size_t i = 0; i < actual[r].count; ++i) {
          std::string where = forms[r / 2]->name() + (r % 2 ? " fused" : "") + " on " + cpu +
                              ", element " + std::to_string(i);
          if (!actual[r].isFloat()) {
            EXPECT_EQ(actual[r].integer(i), exact[r].integer(i)) << where;
            continue;
          }
          double error = errorOf(actual[r].number(i), exact[r].number(i), actual[r].dtype);
          EXPECT_LE(error, maxError(GetParam(), actual[r].dtype))
              << where << ": " << actual[r].number(i) << " for " << exact[r].number(i);
        }
    }
  }

  std::vector<const ElementwiseForm *> forms(bool numbersOnly) const {
    std::vector<const ElementwiseForm *> list;
    for (const ElementwiseForm &form : elementwise().all()) {
      // What does not fit an integer is not defined.
      bool mayNotFit = isa<FloatType>(form.operands[0]) && !isa<FloatType>(form.result) &&
                       !form.result.isInteger(1);
      bool hasFloat = llvm::any_of(form.operands, [](Type type) { return isa<FloatType>(type); });
      if (form.op == GetParam() && (!numbersOnly || (hasFloat && !mayNotFit)))
        list.push_back(&form);
    }
    return list;
  }
};

TEST_P(ElementwiseOp, IsAsExactAsItSays) { expectRight(forms(false), 67, false); }

TEST_P(ElementwiseOp, IsRightForSpecialNumbers) {
  auto list = forms(true);
  if (list.empty())
    GTEST_SKIP() << "takes no floating point";
  size_t arity = list[0]->operands.size();
  expectRight(list, int64_t(arity == 1 ? std::size(specials) : std::size(specials) * std::size(specials)), true);
}

INSTANTIATE_TEST_SUITE_P(, ElementwiseOp, testing::ValuesIn(elementwise().ops()),
                         [](const auto &info) { return info.param.substr(info.param.find('.') + 1); });

} // namespace
