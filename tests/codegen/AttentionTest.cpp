//===- AttentionTest.cpp - Attention whose scores lie nowhere --------------===//
//
// Against the reference in f64, of shapes that fill no block and of some that do; what
// docs/attention.md says of the error.
//
//===----------------------------------------------------------------------===//
#include "tests/codegen/AttentionText.h"
#include "tests/codegen/Elements.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <random>

namespace agc {
namespace {

AttentionCase shape(int batch, int heads, int queries, int keys, int features, int channels,
                    bool causal = false, bool interleaved = false) {
  AttentionCase c;
  c.batch = batch;
  c.heads = heads;
  c.queries = queries;
  c.keys = keys;
  c.features = features;
  c.channels = channels;
  c.causal = causal;
  c.interleaved = interleaved;
  return c;
}

AttentionCase masked(AttentionCase c, AttentionCase::Mask mask, bool isBool) {
  c.mask = mask;
  c.isBool = isBool;
  return c;
}

AttentionCase joined(AttentionCase c) {
  c.interleaved = c.joined = true;
  return c;
}

std::vector<Elements> argumentsOf(const AttentionCase &c) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<Elements> arguments;
  size_t heads = size_t(c.batch * c.heads);
  auto add = [&](size_t count) {
    Elements &next = arguments.emplace_back(DType::F32, count);
    for (size_t i = 0; i < next.count; ++i)
      next.set(i, normal(random));
  };
  if (c.joined) {
    add(heads * size_t(c.queries * (2 * c.features + c.channels)));
  } else {
    add(heads * size_t(c.queries * c.features));
    add(heads * size_t(c.keys * c.features));
    add(heads * size_t(c.keys * c.channels));
  }
  add(heads * size_t(c.queries * c.channels));
  if (!c.mask)
    return arguments;
  size_t count = 1;
  for (int64_t size : c.maskShape())
    count *= size_t(size);
  Elements &mask = arguments.emplace_back(c.isBool ? DType::Bool : DType::F32, count);
  for (size_t i = 0; i < count; ++i)
    if (c.isBool) // One key at least of each query's.
      mask.setInteger(i, i % size_t(c.keys) == 0 || random() % 3 != 0);
    else
      mask.set(i, random() % 5 == 0 && i % size_t(c.keys) ? -INFINITY : normal(random));
  return arguments;
}

CompiledProgram compiled(const AttentionCase &c, AttentionForming forming, bool reference = false,
                         const std::string &cpu = "native") {
  return CompiledProgram(serialize(textOf(c)), reference, cpu, /*maxWorkspaceBytes=*/-1,
                         /*strict=*/false, forming);
}

int numKernels(const proto::Manifest &manifest, const std::string &name) {
  int count = 0;
  for (const proto::KernelInfo &kernel : manifest.kernels())
    count += int(kernel.calls()) * (kernel.name().rfind(name, 0) == 0);
  return count;
}

/// Root mean square and largest difference, relative to the root mean square.
struct Error {
  double mean = 0, largest = 0;
};

Error errorOf(const Elements &result, const Elements &exact) {
  double squares = 0, errors = 0, largest = 0;
  for (size_t i = 0; i < exact.count; ++i) {
    double wanted = exact.number(i), error = std::abs(result.number(i) - wanted);
    if (std::isnan(wanted) && std::isnan(result.number(i)))
      continue;
    if (std::isnan(error))
      return {INFINITY, INFINITY};
    squares += wanted * wanted;
    errors += error * error;
    largest = std::max(largest, error);
  }
  double scale = std::sqrt(squares / double(exact.count));
  if (scale == 0)
    scale = 1; // Of one key, probabilities do not change.
  return {std::sqrt(errors / double(exact.count)) / scale, largest / scale};
}

class Attention : public testing::TestWithParam<AttentionCase> {};

/// Of the results in \p all; of operands that are joined there is one gradient.
const char *nameOf(size_t which, const std::vector<Elements> &all) {
  const char *names[] = {"o", all.size() == 2 ? "gradient" : "dq", "dk", "dv"};
  return names[which];
}

/// What docs/attention.md promises.
constexpr double maxMean = 8e-7, maxLargest = 3e-5;

void expectNear(const std::vector<Elements> &results,
                const std::vector<Elements> &exact) {
  for (size_t which = 0; which < exact.size(); ++which) {
    Error error = errorOf(results[which], exact[which]);
    EXPECT_LE(error.mean, maxMean) << nameOf(which, exact);
    EXPECT_LE(error.largest, maxLargest) << nameOf(which, exact);
  }
}

TEST_P(Attention, IsAsNearAsStated) {
  const AttentionCase &c = GetParam();
  CompiledProgram formed = compiled(c, AttentionForming::Always),
                  plain = compiled(c, AttentionForming::Never),
                  reference = compiled(c, AttentionForming::Never, /*reference=*/true);
  EXPECT_EQ(numKernels(formed.manifest, "attention"), 2);
  EXPECT_EQ(numKernels(plain.manifest, "attention"), 0);
  std::vector<Elements> arguments = argumentsOf(c);
  std::vector<Elements> results = run(formed, arguments), other = run(plain, arguments),
                        exact = run(reference, arguments);
  expectNear(results, exact);
  for (size_t which = 0; which < exact.size(); ++which) {
    Error error = errorOf(results[which], exact[which]), direct = errorOf(other[which], exact[which]);
    std::printf("%-3s %.1e (%.1e), as a composition %.1e (%.1e)\n", nameOf(which, exact), error.mean,
                error.largest, direct.mean, direct.largest);
  }
  for (int64_t threads : {2, 3, 4, 7}) {
    Threads of{threads};
    std::vector<Elements> again = run(formed, arguments, &of.executor);
    for (size_t which = 0; which < results.size(); ++which)
      EXPECT_TRUE(again[which].sameBits(results[which])) << threads << " threads";
  }
}

/// Gradients of parts of one tensor are written where they go, side by side: nothing copies them.
TEST(AttentionParts, AreWrittenSideBySide) {
  CompiledProgram formed = compiled(joined(shape(2, 4, 64, 64, 32, 32, true)), AttentionForming::Always);
  EXPECT_EQ(numKernels(formed.manifest, "attention"), 2);
  EXPECT_EQ(formed.manifest.kernels_size(), 2);
}

/// A query that sees no key: NaN, as by way of the scores; the others are as they would
/// be without it.
TEST(AttentionMask, OfAllKeysGivesNaN) {
  AttentionCase c;
  c.queries = 20;
  c.keys = 60;
  c.features = c.channels = 4;
  c.mask = AttentionCase::Square;
  for (bool isBool : {true, false}) {
    c.isBool = isBool;
    std::vector<Elements> arguments = argumentsOf(c);
    Elements &mask = arguments.back();
    for (size_t query = 0; query < 20; ++query)
      for (size_t key = 0; key < 60; ++key)
        if (isBool) // One block of keys is hidden from another query.
          mask.setInteger(query * 60 + key, query != 7 && (query != 9 || key >= 48));
        else
          mask.set(query * 60 + key, query == 7 || (query == 9 && key < 48) ? -INFINITY : 0);
    CompiledProgram formed = compiled(c, AttentionForming::Always),
                    reference = compiled(c, AttentionForming::Never, /*reference=*/true);
    std::vector<Elements> results = run(formed, arguments), exact = run(reference, arguments);
    for (size_t which = 0; which < 4; ++which)
      for (size_t i = 0; i < exact[which].count; ++i)
        if (std::isnan(exact[which].number(i)))
          EXPECT_TRUE(std::isnan(results[which].number(i))) << which << " " << i;
        else
          EXPECT_NEAR(results[which].number(i), exact[which].number(i), 1e-5) << which << " " << i;
    EXPECT_TRUE(std::isnan(results[0].number(7 * 4)));
    EXPECT_FALSE(std::isnan(results[0].number(9 * 4)));
  }
}

/// Without FMA and with narrower vectors: masks of what is left over are others.
TEST_P(Attention, IsAsNearOnOtherMachines) {
  const AttentionCase &c = GetParam();
  CompiledProgram reference = compiled(c, AttentionForming::Never, /*reference=*/true);
  std::vector<Elements> arguments = argumentsOf(c), exact = run(reference, arguments);
  for (const char *cpu : {"x86-64", "x86-64-v3"}) {
    CompiledProgram formed = compiled(c, AttentionForming::Always, /*reference=*/false, cpu);
    EXPECT_EQ(numKernels(formed.manifest, "attention"), 2);
    std::vector<Elements> results = run(formed, arguments);
    expectNear(results, exact);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, Attention,
    testing::Values(shape(1, 1, 1, 1, 1, 1), shape(1, 1, 1, 5, 3, 2), shape(2, 3, 7, 1, 4, 4, true),
                    shape(1, 2, 17, 17, 1, 129, true), shape(2, 2, 33, 50, 129, 5),
                    shape(2, 2, 50, 33, 7, 16, true), shape(1, 2, 33, 131, 16, 33, true),
                    shape(2, 4, 64, 64, 32, 32, true, true), shape(1, 3, 96, 144, 64, 64, false, true),
                    shape(2, 2, 257, 257, 32, 32, true), shape(1, 2, 300, 211, 40, 24, false, true),
                    shape(1, 1, 512, 512, 64, 64, true, true)));
INSTANTIATE_TEST_SUITE_P(
    Joined, Attention,
    testing::Values(joined(shape(1, 1, 1, 1, 1, 1)), joined(shape(2, 3, 7, 7, 4, 5, true)),
                    joined(shape(2, 4, 64, 64, 32, 32, true)), joined(shape(1, 2, 131, 131, 33, 16)),
                    masked(joined(shape(2, 2, 37, 37, 8, 8)), AttentionCase::Keys, true)));
INSTANTIATE_TEST_SUITE_P(
    Masks, Attention,
    testing::Values(masked(shape(2, 2, 19, 37, 8, 8), AttentionCase::Keys, true),
                    masked(shape(2, 2, 37, 19, 8, 8), AttentionCase::Keys, false),
                    masked(shape(2, 2, 65, 51, 8, 24), AttentionCase::Square, true),
                    masked(shape(2, 2, 70, 96, 8, 24), AttentionCase::Square, false),
                    masked(shape(2, 3, 21, 53, 9, 8), AttentionCase::Given, true),
                    masked(shape(2, 3, 53, 64, 9, 8, false, true), AttentionCase::Given, false),
                    masked(shape(2, 2, 65, 65, 8, 24, true), AttentionCase::Square, true),
                    masked(shape(2, 2, 65, 65, 8, 24, true), AttentionCase::Keys, false)));

} // namespace
} // namespace agc
