//===- FuzzTest.cpp - Does agc-fuzz find what it is for? -------------------===//
//
// The programs themselves are agc-fuzz's tests (CMakeLists.txt). Here faults are
// planted, to see that they are found and what is left of the program.
//
//===----------------------------------------------------------------------===//
#include "tests/fuzz/Elementwise.h"
#include "tests/fuzz/Shrink.h"
#include "tests/fuzz/Workers.h"

#include "mlir/IR/Verifier.h"

#include "gtest/gtest.h"

#include <filesystem>
#include <fstream>
#include <set>

namespace {

using namespace agc;
using namespace agc::fuzz;
using namespace mlir;

const Elementwise &elementwise() {
  static Elementwise all;
  return all;
}
Graph generate(uint64_t seed) { return Generator(seed, elementwise()).generate(); }

void forEachOp(const Graph &graph, const std::function<void(Operation *)> &visit) {
  graph.module.get().walk([&](Operation *op) {
    if (isa<ir::AgcDialect>(op->getDialect()))
      visit(op);
  });
}

TEST(Fuzz, ASeedIsAProgram) {
  for (uint64_t seed : {1, 2, 3})
    EXPECT_EQ(generate(seed).text(), generate(seed).text());
  EXPECT_NE(generate(1).text(), generate(2).text());
}

TEST(Fuzz, ProgramsVerifyAndHaveTheirSize) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    Graph graph = generate(seed);
    ASSERT_TRUE(succeeded(verify(*graph.module))) << graph.text();
    ASSERT_EQ(graph.arguments.size(), graph.function().getNumArguments());
    ASSERT_GE(graph.numOps(), 4u) << seed;
    ASSERT_LE(graph.numOps(), 90u) << seed;
  }
}

// A new op that no family knows is a red test with its name.
TEST(Fuzz, EveryOpIsMade) {
  std::set<StringRef> missing;
  for (RegisteredOperationName op : context().getRegisteredOperationsByDialect("agc"))
    missing.insert(op.getStringRef());
  for (uint64_t seed = 1; seed <= 3000 && !missing.empty(); ++seed)
    forEachOp(generate(seed), [&](Operation *op) { missing.erase(op->getName().getStringRef()); });
  for (StringRef op : missing)
    ADD_FAILURE() << op.str() << " is in none of 3000 programs";
}

TEST(Fuzz, ReadsWhatItPrints) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Graph graph = generate(seed);
    std::optional<Graph> again = Graph::read(graph.text());
    ASSERT_TRUE(again) << seed;
    EXPECT_EQ(again->text(), graph.text());
  }
}

// What is not a multiple of what was made smaller is no program, and no crash.
TEST(Fuzz, SmallerProgramsVerify) {
  unsigned numResized = 0;
  int64_t before = 0, after = 0;
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    Graph graph = generate(seed), same = graph.clone();
    EXPECT_TRUE(resize(same, 999999, 1));
    EXPECT_EQ(same.text(), graph.text());
    for (int64_t size : {2, 3, 4, 5, 7, 8, 9, 13, 16, 17, 33, 130, 1003}) {
      Graph smaller = graph.clone();
      if (!resize(smaller, size, size - 1))
        continue;
      ++numResized;
      // A smaller kernel has a larger result.
      before += size > 3 ? graph.numElements() : 0;
      after += size > 3 ? smaller.numElements() : 0;
      dropUnused(smaller);
      EXPECT_TRUE(succeeded(verify(*smaller.module)));
    }
  }
  EXPECT_GT(numResized, 250u);
  EXPECT_LT(after, before);
}

//===----------------------------------------------------------------------===//
// Planted faults
//===----------------------------------------------------------------------===//

struct Found {
  std::optional<Graph> graph;
  Graph smallest;
  CheckResult result;
};

/// The first program with a certain op and what it shrinks to.
Found find(const WorkerOptions &options, const std::string &failure,
           const std::function<bool(Operation *)> &hasFault) {
  Found found;
  for (uint64_t seed = 1; seed < 300 && !found.graph; ++seed) {
    Graph graph = generate(seed);
    bool mayFail = false;
    forEachOp(graph, [&](Operation *op) { mayFail |= hasFault(op); });
    // Most have none of it, and some compute nothing of it.
    if (mayFail && graph.numOps() > 10 && checkApart(graph, options).failure == failure)
      found.graph = std::move(graph);
  }
  if (!found.graph)
    return found;
  found.smallest = shrink(*found.graph, [&](const Graph &candidate) {
    return checkApart(candidate, options).failure == failure;
  });
  found.result = checkApart(found.smallest, options);
  return found;
}

WorkerOptions quietly() {
  WorkerOptions options;
  options.quiet = true;
  return options;
}

TEST(Fuzz, FindsAWrongKernel) {
  WorkerOptions options = quietly();
  options.check.order = 0;
  // Wrong on matrices only.
  auto isBroken = [](Operation *op) {
    return isa<ir::SinOp>(op) && typeOf(op->getResult(0)).getRank() == 2 &&
           typeOf(op->getResult(0)).getNumElements() > 0;
  };
  options.check.breakCompiled = [=](ModuleOp module) {
    module.walk([&](Operation *op) {
      if (!isBroken(op))
        return;
      OpBuilder b(op);
      op->replaceAllUsesWith(ir::TanhOp::create(b, op->getLoc(), op->getOperand(0)));
    });
  };
  Found found = find(options, "reference", isBroken);
  ASSERT_TRUE(found.graph);
  EXPECT_EQ(found.smallest.numOps(), 1u) << found.smallest.text();
  EXPECT_LE(found.smallest.numElements(), 2) << found.smallest.text();
  forEachOp(found.smallest, [](Operation *op) { EXPECT_TRUE(isa<ir::SinOp>(op)); });
  EXPECT_NE(found.result.detail.find("expected"), std::string::npos);
}

TEST(Fuzz, FindsAWrongGradient) {
  WorkerOptions options = quietly();
  options.check.order = 1;
  // What the backward builds for an exp has the wrong sign.
  options.check.breakBoth = [](ModuleOp module) {
    module.walk([](Operation *op) {
      auto loc = dyn_cast<FusedLoc>(op->getLoc());
      if (!loc || !loc.getMetadata() || op->getNumResults() != 1 || !isa<ir::MulOp>(op) ||
          loc.getMetadata() != StringAttr::get(op->getContext(), "agc.exp"))
        return;
      OpBuilder b(op->getContext());
      b.setInsertionPointAfter(op);
      auto negated = ir::NegOp::create(b, op->getLoc(), op->getResult(0));
      op->getResult(0).replaceAllUsesExcept(negated, negated);
    });
  };
  Found found = find(options, "gradient", [](Operation *op) { return isa<ir::ExpOp>(op); });
  ASSERT_TRUE(found.graph);
  EXPECT_EQ(found.smallest.numOps(), 1u) << found.smallest.text();
  EXPECT_LE(found.smallest.numElements(), 2) << found.smallest.text();
  forEachOp(found.smallest, [](Operation *op) { EXPECT_TRUE(isa<ir::ExpOp>(op)); });
}

TEST(Fuzz, FindsACrash) {
  WorkerOptions options = quietly();
  options.check.order = 0;
  options.check.breakCompiled = [](ModuleOp module) {
    module.walk([](ir::CoshOp) { std::_Exit(9); });
  };
  Found found = find(options, "crash", [](Operation *op) { return isa<ir::CoshOp>(op); });
  ASSERT_TRUE(found.graph);
  EXPECT_EQ(found.smallest.numOps(), 1u) << found.smallest.text();
  EXPECT_EQ(found.result.detail, "exit code 9");
}

TEST(Fuzz, StopsWhatRunsForEver) {
  WorkerOptions options = quietly();
  options.seconds = 1;
  options.check.breakCompiled = [](ModuleOp module) {
    for (volatile bool forEver = true; forEver;) {
    }
  };
  EXPECT_EQ(checkApart(generate(1), options).failure, "time");
}

//===----------------------------------------------------------------------===//
// What was found
//===----------------------------------------------------------------------===//

// The smallest programs of faults that there were.
TEST(Fuzz, FoundBefore) {
  unsigned count = 0;
  for (const auto &entry : std::filesystem::directory_iterator(AGC_TEST_FUZZ "/found")) {
    std::ifstream file(entry.path());
    std::optional<Graph> graph = Graph::read(std::string(std::istreambuf_iterator<char>(file), {}));
    ASSERT_TRUE(graph) << entry.path();
    for (uint64_t seed : {1, 8}) { // of the numbers; 8 is for the smallest machine
      graph->seed = seed;
      CheckResult result = checkApart(*graph, {});
      EXPECT_EQ(result.failure, "") << entry.path() << ' ' << result.detail;
    }
    ++count;
  }
  EXPECT_GE(count, 6u);
}

} // namespace
