//===- EveryOpTest.cpp - What must be true of each op of the dialect -------===//
//
// The ops are asked of the dialect. A new one is here by itself: element-wise
// with operands of what its verifier takes, any other with an example, without
// which its test is red.
//
//===----------------------------------------------------------------------===//
#include "tests/fuzz/Differences.h"
#include "tests/fuzz/Rounding.h"
#include "tests/fuzz/Workers.h"
#include "tests/ir/EveryOp.h"

#include "gtest/gtest.h"

namespace {

using namespace agc;
using namespace agc::fuzz;
using namespace mlir;

/// Ops without a gradient rule, and why.
struct NoGradient {
  const char *op, *reason;
};
constexpr NoGradient withoutGradient[] = {
    {"agc.argmax", "its result is an index"},
    {"agc.check_range", "takes integers"},
    {"agc.constant", "has no operands"},
    {"agc.gradient", "is expanded before anything is differentiated through it"},
    {"agc.iota", "has no operands"},
    {"agc.random_uniform", "its operand is an integer state"},
    {"agc.yield", "its op's rule differentiates the body"},
};

class EveryOp : public testing::TestWithParam<std::string> {
protected:
  bool isDifferentiable() const { return registered(GetParam()).hasInterface<ir::Differentiable>(); }

  std::vector<Graph> examples() const {
    std::vector<Graph> graphs = examplesOf(GetParam());
    if (graphs.empty())
      ADD_FAILURE() << GetParam() << " has no example in tests/ir/examples";
    for (const Graph &graph : graphs) {
      bool isThere = false;
      graph.module.get().walk([&](Operation *op) {
        isThere |= op->getName().getStringRef() == GetParam();
      });
      EXPECT_TRUE(isThere) << GetParam() << " is not in its example " << graph.text();
    }
    return graphs;
  }
};

TEST_P(EveryOp, SaysWhatItIs) {
  std::ifstream file(AGC_OPS_REFERENCE);
  std::string text(std::istreambuf_iterator<char>(file), {});
  // As mlir-tblgen writes it: a heading, _a summary_, syntax, a description.
  size_t begin = text.find("### `" + GetParam() + "` ");
  ASSERT_NE(begin, text.npos);
  std::string own = text.substr(begin, text.find("\n### ", begin + 1) - begin);
  SmallVector<StringRef> lines;
  StringRef(own).split(lines, '\n', -1, /*KeepEmpty=*/false);
  ASSERT_GT(lines.size(), 2u);
  EXPECT_TRUE(lines[1].starts_with("_") && lines[1].size() > 4) << "no summary";
  bool isCode = false, isDescribed = false;
  for (StringRef line : ArrayRef(lines).drop_front(2)) {
    if (line.starts_with("Traits:") || line.starts_with("Interfaces:") || line.starts_with("####"))
      break;
    isCode ^= line.starts_with("```");
    isDescribed |= !isCode && !line.starts_with("```") && !line.starts_with("Syntax:");
  }
  // Of an op that is one expression for each element the summary says all, and a
  // terminator is described by the ops that it ends bodies of.
  RegisteredOperationName op = registered(GetParam());
  EXPECT_TRUE(isDescribed || op.hasInterface<ir::Scalarizes>() || op.hasTrait<OpTrait::IsTerminator>())
      << "no description";
}

TEST_P(EveryOp, IsDifferentiableOrSaysWhyNot) {
  const NoGradient *listed = llvm::find_if(
      withoutGradient, [](const NoGradient &entry) { return GetParam() == entry.op; });
  bool isListed = listed != std::end(withoutGradient);
  EXPECT_NE(isDifferentiable(), isListed)
      << (isListed ? "is differentiable: take it off the list" : "is not: say why on the list");
}

// Forms, every split over threads, the reference, the first and the second
// gradient: what agc-fuzz checks of any program (tests/fuzz/Check.h). Ops that
// move elements or are exact must have the reference's bits; how far others may
// be off, Rounding.h measures, and of element-wise ops ElementwiseTest.cpp says.
TEST_P(EveryOp, HoldsWhatEveryProgramDoes) {
  WorkerOptions options;
  options.quiet = true;
  for (Graph &graph : examples()) {
    for (uint64_t seed : {3, 8}) { // of the numbers; 8 is for the smallest machine
      graph.seed = seed;
      CheckResult result = checkApart(graph, options);
      ASSERT_EQ(result.failure, "") << result.detail << '\n' << graph.text();
      EXPECT_TRUE(result.isFinite) << graph.text();
      // Smooth, or the comparison above would have been none.
      if (withGradients(graph, 1).order == 1 && hasDerivatives(graph))
        ASSERT_TRUE(result.hasDifferences) << graph.text();
    }
  }
}

/// @f of \p graph with, behind its own results, for cotangents w its gradients
/// J^T w, and J u: the gradient of J^T w, which is linear in w, with respect to w.
Program withForwardDerivative(const Graph &graph) {
  Program program = withGradients(graph, 1);
  if (program.order == 0)
    return program;
  auto function = cast<func::FuncOp>(program.module.get().getBody()->front());
  Block &block = function.getBody().front();
  Operation *end = block.getTerminator();
  OpBuilder b(end);
  SmallVector<Value> results(end->getOperands()), operands(results), cotangents;
  operands.erase(operands.begin(), operands.begin() + program.firstGradient(1));
  int64_t numGradients = int64_t(operands.size());
  for (Value gradient : ArrayRef(operands).take_front(size_t(numGradients)))
    cotangents.push_back(gradient);
  for (Value gradient : cotangents) {
    operands.push_back(block.addArgument(gradient.getType(), b.getUnknownLoc()));
    program.ranges.push_back({-1, 1});
  }
  SmallVector<Value> w;
  for (size_t i = 0; i < program.floatResults.size(); ++i)
    w.push_back(block.getArgument(program.firstCotangent(1) + unsigned(i)));
  llvm::append_range(operands, w);
  auto forward = ir::GradientOp::create(b, b.getUnknownLoc(), ValueRange(w).getTypes(), operands,
                                        numGradients);
  llvm::append_range(results, forward.getResults());
  end->setOperands(results);
  function.setFunctionType(b.getFunctionType(block.getArgumentTypes(), ValueRange(results).getTypes()));
  return program;
}

// w . (J u) = u . (J^T w): the derivative forward and backward are one.
TEST_P(EveryOp, ForwardIsTheTransposeOfBackward) {
  if (!isDifferentiable())
    GTEST_SKIP() << "has no gradient";
  for (const Graph &graph : examples()) {
    Program program = withForwardDerivative(graph);
    if (program.order == 0)
      continue;
    CompiledProgram reference(bytesOf(*program.module), /*reference=*/true);
    std::vector<Elements> arguments = drawArguments(program, 5, /*rounded=*/false);
    std::vector<Elements> results = run(reference, arguments);
    double forward = 0, backward = 0, scale = 0;
    auto add = [&](double &sum, const Elements &x, const Elements &y) {
      for (size_t i = 0; i < x.count; ++i) {
        sum += x.number(i) * y.number(i);
        scale += std::abs(x.number(i) * y.number(i));
      }
    };
    unsigned firstForward = program.firstGradient(1) + unsigned(program.inputs.size()),
             firstDirection = program.firstCotangent(2);
    for (unsigned i = 0; i < program.inputs.size(); ++i)
      add(backward, results[program.firstGradient(1) + i], arguments[firstDirection + i]);
    for (unsigned i = 0; i < program.floatResults.size(); ++i)
      add(forward, results[firstForward + i], arguments[program.firstCotangent(1) + i]);
    EXPECT_NEAR(forward, backward, 1e-13 * scale) << graph.text();
    bool hasGradient = scale > 0;
    // Where all is flat nothing was compared, and that is known to be so.
    EXPECT_TRUE(hasGradient || registered(GetParam()).hasInterface<ir::Scalarizes>()) << graph.text();
  }
}

INSTANTIATE_TEST_SUITE_P(, EveryOp, testing::ValuesIn(everyOp()), [](const auto &info) {
  return info.param.substr(info.param.find('.') + 1);
});

TEST(EveryOpList, HasNoStaleEntries) {
  for (const NoGradient &entry : withoutGradient) {
    EXPECT_TRUE(llvm::is_contained(everyOp(), entry.op)) << entry.op << " is no op";
    EXPECT_GT(std::strlen(entry.reason), 5u);
  }
  for (const auto &file : std::filesystem::directory_iterator(AGC_TEST_EXAMPLES)) {
    std::string op = "agc." + file.path().stem().string();
    EXPECT_TRUE(llvm::is_contained(everyOp(), op)) << file.path() << " is of no op";
  }
}

} // namespace
