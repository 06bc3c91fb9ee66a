//===- WinogradTest.cpp - Convolutions with fewer multiplications ----------===//
//
// Against sums in f64 of chosen results: how far off both ways are, by tiles and
// directly under `strict`. docs/winograd.md has these numbers.
//
//===----------------------------------------------------------------------===//
#include "tests/codegen/ConvolutionText.h"
#include "tests/codegen/Elements.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <random>

namespace agc {
namespace {

/// Normally distributed; the weights so that results have about the images' variance.
std::vector<Elements> argumentsOf(const ConvolutionCase &t) {
  std::mt19937 random(1);
  std::vector<Elements> arguments;
  auto add = [&](int64_t count, double deviation) {
    std::normal_distribution<float> normal(0, float(deviation));
    Elements &next = arguments.emplace_back(DType::F32, size_t(count));
    for (size_t i = 0; i < next.count; ++i)
      next.set(i, normal(random));
  };
  add(int64_t(t.n) * t.c * t.h * t.w, 1);
  add(int64_t(t.o) * t.c * t.k * t.k, 1 / std::sqrt(double(t.c) * t.k * t.k));
  add(int64_t(t.n) * t.o * t.outHeight() * t.outWidth(), 1);
  return arguments;
}

/// One result, in f64: element \p at of y, dx or dw.
double exactly(const ConvolutionCase &t, const std::vector<Elements> &arguments, int which,
               size_t at) {
  auto load = [&](int i, int64_t a, int64_t b, int64_t y, int64_t x) {
    const int sizes[3][3] = {{t.c, t.h, t.w}, {t.c, t.k, t.k}, {t.o, t.outHeight(), t.outWidth()}};
    auto [B, Y, X] = sizes[i];
    return y < 0 || x < 0 || y >= Y || x >= X
               ? 0
               : arguments[size_t(i)].number(size_t(((a * B + b) * Y + y) * X + x));
  };
  auto next = [&](int size) {
    int digit = int(at % size_t(size));
    at /= size_t(size);
    return digit;
  };
  double sum = 0;
  if (which == 2) {
    int kx = next(t.k), ky = next(t.k), c = next(t.c), o = next(t.o);
    for (int n = 0; n < t.n; ++n)
      for (int y = 0; y < t.outHeight(); ++y)
        for (int x = 0; x < t.outWidth(); ++x)
          sum += load(0, n, c, y * t.stride + ky - t.pad, x * t.stride + kx - t.pad) *
                 load(2, n, o, y, x);
    return sum;
  }
  bool isForward = which == 0;
  int x = next(isForward ? t.outWidth() : t.w), y = next(isForward ? t.outHeight() : t.h);
  int to = next(isForward ? t.o : t.c), n = next(t.n);
  for (int from = 0; from < (isForward ? t.c : t.o); ++from)
    for (int ky = 0; ky < t.k; ++ky)
      for (int kx = 0; kx < t.k; ++kx) {
        int atY = y + t.pad - ky, atX = x + t.pad - kx;
        if (isForward)
          sum += load(0, n, from, y * t.stride + ky - t.pad, x * t.stride + kx - t.pad) *
                 load(1, to, from, ky, kx);
        else if (atY % t.stride == 0 && atX % t.stride == 0)
          sum += load(2, n, from, atY / t.stride, atX / t.stride) * load(1, from, to, ky, kx);
      }
  return sum;
}

/// Relative to the results' root mean square.
struct Error {
  double mean = 0, largest = 0;
};

constexpr int numSamples = 500;

Error errorOf(const ConvolutionCase &t, const std::vector<Elements> &arguments, int which,
              const Elements &result) {
  std::mt19937 random(2);
  double squares = 0, errors = 0, largest = 0;
  for (int i = 0; i < numSamples; ++i) {
    size_t at = random() % result.count;
    double exact = exactly(t, arguments, which, at), error = std::abs(result.number(at) - exact);
    squares += exact * exact;
    errors += error * error;
    largest = std::max(largest, error);
  }
  double scale = std::sqrt(squares / numSamples);
  return {std::sqrt(errors / numSamples) / scale, largest / scale};
}

/// How many of a function's kernels have this in their names, which start so, with each
/// call of them.
int numKernels(const proto::Manifest &manifest, const std::string &part,
               const std::string &start = "") {
  int count = 0;
  for (const proto::KernelInfo &kernel : manifest.kernels())
    count += int(kernel.calls()) * (kernel.name().rfind(start, 0) == 0 &&
                                    kernel.name().find(part) != std::string::npos);
  return count;
}

int numTransforms(const proto::Manifest &manifest) {
  return numKernels(manifest, "", "winograd_");
}

CompiledProgram compiled(const ConvolutionCase &t, bool strict) {
  return CompiledProgram(serialize(textOf(t)), /*reference=*/false, "native",
                         /*maxWorkspaceBytes=*/-1, strict);
}

/// As many threads as there may be give what one did.
void expectSameBitsByThreads(CompiledProgram &program, const std::vector<Elements> &arguments,
                             const std::vector<Elements> &expected) {
  for (int64_t threads = 2; threads <= 8; ++threads) {
    Threads split{threads};
    std::vector<Elements> again = run(program, arguments, &split.executor);
    for (size_t i = 0; i < again.size(); ++i)
      EXPECT_TRUE(again[i].sameBits(expected[i])) << threads << " threads, result " << i;
  }
}

struct Case {
  ConvolutionCase convolution;
  int tile, blocks = 1; // of images, one after the other

  /// Images of 2 x 2.
  bool isWhole() const { return convolution.h == 2; }
};

void PrintTo(const Case &c, std::ostream *out) {
  const ConvolutionCase &t = c.convolution;
  *out << t.n << "x" << t.c << "x" << t.h << "x" << t.w << " to " << t.o << " padding " << t.pad
       << " by " << c.tile;
}

class Winograd : public testing::TestWithParam<Case> {};

/// What docs/winograd.md promises of each.
struct Promise {
  double mean, largest;
};
constexpr Promise tilesOf4{2e-6, 1.2e-5}, tilesOf2{6e-7, 3e-6}, inStepsOfTwo{7e-7, 5e-6},
    wholeImages{1e-6, 6e-6};

TEST_P(Winograd, IsAsNearAsStated) {
  const ConvolutionCase &t = GetParam().convolution;
  CompiledProgram fast = compiled(t, false), strict = compiled(t, true);
  std::vector<Elements> arguments = argumentsOf(t);
  std::vector<Elements> byTiles = run(fast, arguments), direct = run(strict, arguments);
  // Two operands and a result of each, of which one is the weights'.
  EXPECT_EQ(numTransforms(fast.manifest), 3 * (2 * GetParam().blocks + 1));
  EXPECT_EQ(numTransforms(strict.manifest), 0);
  int points = t.stride == 2          ? 2 * GetParam().tile + 1
               : GetParam().isWhole() ? 3
                                      : GetParam().tile + 2;
  EXPECT_GE(numKernels(fast.manifest, "", "product_" + std::to_string(points * points) + "x"), 2);
  Promise promise = t.stride == 2          ? inStepsOfTwo
                    : GetParam().isWhole() ? wholeImages
                    : GetParam().tile == 2 ? tilesOf2
                                           : tilesOf4;
  for (int which = 0; which < 3; ++which) {
    const char *names[] = {"y", "dx", "dw"};
    Error tiled = errorOf(t, arguments, which, byTiles[size_t(which)]),
          plain = errorOf(t, arguments, which, direct[size_t(which)]);
    std::printf("%4d x %3d x %2d x %2d by %d  %-2s  direct %.1e (%.1e)  %dx%d %.1e (%.1e)\n", t.n,
                t.c, t.h, t.w, t.stride, names[which], plain.mean, plain.largest, GetParam().tile, GetParam().tile,
                tiled.mean, tiled.largest);
    EXPECT_LE(tiled.mean, promise.mean) << names[which];
    EXPECT_LE(tiled.largest, promise.largest) << names[which];
    EXPECT_FALSE(byTiles[size_t(which)].sameBits(direct[size_t(which)])) << names[which];
  }
  expectSameBitsByThreads(fast, arguments, byTiles);
}

INSTANTIATE_TEST_SUITE_P(
    ResNet18, Winograd,
    testing::Values(Case{{4, 64, 16, 16, 64, 3, 1, 1, 1, 1}, 4},
                    // By blocks of two images.
                    Case{{8, 64, 40, 40, 64, 3, 1, 1, 1, 1}, 4, 4},
                    Case{{8, 128, 8, 8, 128, 3, 1, 1, 1, 1}, 4},
                    Case{{32, 256, 4, 4, 256, 3, 1, 1, 1, 1}, 4},
                    Case{{1, 64, 56, 56, 64, 3, 1, 1, 1, 1}, 4},
                    Case{{1, 128, 28, 28, 128, 3, 1, 1, 1, 1}, 4},
                    Case{{8, 256, 14, 14, 256, 3, 1, 1, 1, 1}, 4}));

INSTANTIATE_TEST_SUITE_P(
    Shapes, Winograd,
    testing::Values(
        // Tiles that are cut on both sides; a remainder of channels.
        Case{{6, 75, 13, 11, 68, 3, 1, 1, 1, 1}, 4},
        // Without padding, and with more than a window has.
        Case{{8, 64, 12, 9, 96, 3, 1, 0, 1, 1}, 4}, Case{{8, 64, 8, 10, 64, 3, 1, 2, 1, 1}, 4},
        Case{{2, 64, 32, 30, 64, 3, 1, 2, 1, 1}, 4}, Case{{1, 48, 19, 40, 33, 3, 1, 1, 1, 1}, 4},
        // As many multiplications by tiles of 2 x 2, and less to transform.
        Case{{16, 128, 6, 6, 128, 3, 1, 1, 1, 1}, 2}));

/// Images of 2 x 2, with remainders of channels, and in blocks of images.
const Case wholeCases[] = {{{32, 512, 2, 2, 512, 3, 1, 1, 1, 1}, 2},
                           {{16, 128, 2, 2, 256, 3, 1, 1, 1, 1}, 2},
                           {{27, 75, 2, 2, 68, 3, 1, 1, 1, 1}, 2},
                           {{512, 256, 2, 2, 256, 3, 1, 1, 1, 1}, 2, 4}};

INSTANTIATE_TEST_SUITE_P(Whole, Winograd, testing::ValuesIn(wholeCases));

INSTANTIATE_TEST_SUITE_P(
    Strided, Winograd,
    testing::Values(Case{{8, 64, 56, 56, 128, 3, 2, 1, 1, 1}, 2, 8},
                    Case{{8, 128, 28, 28, 256, 3, 2, 1, 1, 1}, 2, 2},
                    Case{{32, 64, 16, 16, 128, 3, 2, 1, 1, 1}, 2, 4},
                    Case{{32, 128, 8, 8, 256, 3, 2, 1, 1, 1}, 2},
                    // Odd sizes; a last input that no window has, and one that is there
                    // for the gradient alone; a remainder of channels.
                    Case{{7, 128, 55, 55, 128, 3, 2, 1, 1, 1}, 4, 7},
                    Case{{7, 128, 57, 57, 128, 3, 2, 0, 1, 1}, 4, 7},
                    Case{{7, 128, 54, 53, 130, 3, 2, 2, 1, 1}, 4, 7},
                    Case{{6, 139, 29, 31, 132, 3, 2, 1, 1, 1}, 2, 3},
                    Case{{5, 128, 34, 26, 96, 3, 2, 0, 1, 1}, 2},
                    Case{{6, 128, 27, 22, 144, 3, 2, 2, 1, 1}, 2},
                    // More padding behind than before.
                    Case{{7, 128, 56, 56, 128, 3, 2, 0, 1, 1, 1}, 4, 7},
                    Case{{6, 128, 22, 27, 144, 3, 2, 1, 1, 1, 1}, 2}));

/// y = a convolution of x, z = relu(y * scale + shift), another of z, and gradients; \p keeps:
/// z is also read by a product, which needs it in memory.
std::string textWithImage(const ConvolutionCase &t, bool keeps) {
  std::string single = attributesOf({t.n, t.c, t.h, t.w, t.c, 1, 1, 0, 1, 1}),
              window = attributesOf(t);
  std::string x = typeOf({t.n, t.c, t.h, t.w}), v = typeOf({t.c, t.c, 1, 1}), c = typeOf({t.c}),
              w = typeOf({t.o, t.c, t.k, t.k}), y = typeOf({t.n, t.o, t.outHeight(), t.outWidth()});
  std::string types = y + ", " + x + ", " + v + ", " + c + ", " + w;
  return "func.func @f(%x: " + x + ", %v: " + v + ", %scale: " + c + ", %shift: " + c + ", %w: " +
         w + ", %dy: " + y + ") -> (" + types + (keeps ? ", " + x : "") + ") {\n%0 = agc.conv %x, %v" +
         single + "(" + x + ", " + v + ") -> " + x +
         "\n%1 = agc.broadcast %scale {dimensions = array<i64: 1>} : " + c + " to " + x +
         "\n%2 = agc.broadcast %shift {dimensions = array<i64: 1>} : " + c + " to " + x +
         "\n%3 = agc.mul %0, %1 : " + x + "\n%4 = agc.add %3, %2 : " + x + "\n%5 = agc.relu %4 : " + x +
         "\n%y = agc.conv %5, %w" + window + "(" + x + ", " + w + ") -> " + y +
         (keeps ? "\n%k = agc.conv %5, %v" + single + "(" + x + ", " + v + ") -> " + x : "") +
         "\n%g:4 = agc.gradient %y, %dy, %x, %v, %scale, %w {outputs = 1 : i64} : (" + y + ", " +
         types + ") -> (" + x + ", " + v + ", " + c + ", " + w + ")\nreturn %y, %g#0, %g#1, %g#2, %g#3" +
         (keeps ? ", %k" : "") + " : " + types + (keeps ? ", " + x : "") + "}";
}

class ImageOnTheWay : public testing::TestWithParam<Case> {};

/// What is computed where it is read has the bits of what is in memory.
TEST_P(ImageOnTheWay, HasTheBitsOfOneInMemory) {
  const ConvolutionCase &t = GetParam().convolution;
  CompiledProgram computed(serialize(textWithImage(t, false))),
      kept(serialize(textWithImage(t, true)));
  // Forward and in the weights' gradient.
  EXPECT_EQ(numKernels(computed.manifest, "_of_map", "winograd_to_input"), 2 * GetParam().blocks);
  EXPECT_EQ(numKernels(kept.manifest, "_of_map", "winograd_to_input"), 0);
  std::mt19937 random(3);
  std::normal_distribution<float> normal(0, 1);
  std::vector<Elements> arguments;
  for (int64_t count : {t.n * t.c * t.h * t.w, t.c * t.c, t.c, t.c, t.o * t.c * 9,
                        t.n * t.o * t.outHeight() * t.outWidth()}) {
    Elements &next = arguments.emplace_back(DType::F32, size_t(count));
    for (size_t i = 0; i < next.count; ++i)
      next.set(i, normal(random));
  }
  std::vector<Elements> results = run(computed, arguments), others = run(kept, arguments);
  for (size_t i = 0; i < results.size(); ++i) {
    if (i != 3) {
      EXPECT_TRUE(results[i].sameBits(others[i])) << "result " << i;
      continue;
    }
    // The scale's gradient: its sum reads other operands, and may go another way.
    double largest = 0, difference = 0;
    for (size_t j = 0; j < results[i].count; ++j) {
      largest = std::max(largest, std::abs(others[i].number(j)));
      difference = std::max(difference, std::abs(results[i].number(j) - others[i].number(j)));
    }
    EXPECT_LE(difference, 1e-6 * largest);
  }
  expectSameBitsByThreads(computed, arguments, results);
}

/// Images that differ in how tiles cover them.
const Case imageCases[] = {
    {{4, 64, 16, 16, 64, 3, 1, 1, 1, 1}, 4},
    // By blocks of two images.
    {{8, 64, 40, 40, 64, 3, 1, 1, 1, 1}, 4, 4},
    // Tiles that are cut on both sides; a remainder of channels.
    {{6, 75, 13, 11, 68, 3, 1, 1, 1, 1}, 4},
    {{8, 64, 8, 10, 64, 3, 1, 2, 1, 1}, 4},
    // Without padding: the results' mean is not of elements outside.
    {{8, 64, 12, 9, 96, 3, 1, 0, 1, 1}, 4},
    {{16, 128, 6, 6, 128, 3, 1, 1, 1, 1}, 2},
    // In steps of two, and there in blocks.
    {{32, 128, 8, 8, 256, 3, 2, 1, 1, 1}, 2},
    {{6, 139, 29, 31, 132, 3, 2, 1, 1, 1}, 2, 3}};

INSTANTIATE_TEST_SUITE_P(Winograd, ImageOnTheWay, testing::ValuesIn(imageCases));
INSTANTIATE_TEST_SUITE_P(Whole, ImageOnTheWay, testing::ValuesIn(wholeCases));

/// The same of weights that lie as the caller has them and in another order, with which
/// windows are not side by side.
std::string textWithWeights(const ConvolutionCase &t, bool areWindows) {
  std::string text = textOf(t), w = typeOf({t.o, t.c, t.k, t.k}), v = typeOf({t.o, t.k, t.k, t.c});
  if (areWindows)
    return text;
  text.replace(text.find("%w: " + w), 4 + w.size(), "%v: " + v);
  text.insert(text.find("%y = "), "%w = agc.transpose %v {permutation = array<i64: 0, 3, 1, 2>} : " +
                                      v + " to " + w + "\n");
  return text;
}

class WeightsOnTheWay : public testing::TestWithParam<Case> {};

/// What a transform brings into its order has the bits of what is in that order.
TEST_P(WeightsOnTheWay, HaveTheBitsOfThoseInOrder) {
  const ConvolutionCase &t = GetParam().convolution;
  std::vector<Elements> arguments = argumentsOf(t), others = argumentsOf(t);
  for (int o = 0, i = 0; o < t.o; ++o)
    for (int c = 0; c < t.c; ++c)
      for (int k = 0; k < 9; ++k, ++i)
        others[1].set(size_t((o * 9 + k) * t.c + c), arguments[1].number(size_t(i)));
  // Vectors of as many lanes as this machine has, and of four.
  for (const char *cpu : {"native", "x86-64"}) {
    SCOPED_TRACE(cpu);
    CompiledProgram read(serialize(textWithWeights(t, true)), /*reference=*/false, cpu),
        copied(serialize(textWithWeights(t, false)), /*reference=*/false, cpu);
    // Forward and in the images' gradient.
    EXPECT_EQ(numKernels(read.manifest, "_of_map"), 2);
    EXPECT_EQ(numKernels(copied.manifest, "_of_map"), 0);
    std::vector<Elements> results = run(read, arguments), expected = run(copied, others);
    for (size_t i = 0; i < results.size(); ++i)
      EXPECT_TRUE(results[i].sameBits(expected[i])) << "result " << i;
    expectSameBitsByThreads(read, arguments, results);
  }
}

/// Weights that differ in how vectors cover them.
const Case weightCases[] = {{{4, 64, 16, 16, 64, 3, 1, 1, 1, 1}, 4},
                            // Remainders of windows and of channels, on either side.
                            {{1, 48, 19, 40, 33, 3, 1, 1, 1, 1}, 4},
                            {{6, 75, 13, 11, 68, 3, 1, 1, 1, 1}, 4},
                            {{16, 65, 6, 6, 128, 3, 1, 1, 1, 1}, 2},
                            // More channels than are transposed at a time.
                            {{2, 20, 12, 12, 530, 3, 1, 1, 1, 1}, 4},
                            // Of images of 2 x 2.
                            {{27, 75, 2, 2, 68, 3, 1, 1, 1, 1}, 2},
                            // In steps of two.
                            {{32, 128, 8, 8, 256, 3, 2, 1, 1, 1}, 2},
                            {{6, 139, 29, 31, 132, 3, 2, 1, 1, 1}, 2, 3}};

INSTANTIATE_TEST_SUITE_P(Winograd, WeightsOnTheWay, testing::ValuesIn(weightCases));

/// An update with momentum by a convolution's weights' gradient: m, w and a rate to m and w.
std::string textWithUpdate(const ConvolutionCase &t) {
  std::string x = typeOf({t.n, t.c, t.h, t.w}), w = typeOf({t.o, t.c, t.k, t.k}),
              y = typeOf({t.n, t.o, t.outHeight(), t.outWidth()});
  return "func.func @f(%m: " + w + ", %w: " + w + ", %rate: tensor<f32>, %x: " + x + ", %dy: " + y +
         ") -> (" + w + " {agc.updates = 0 : i64}, " + w +
         " {agc.updates = 1 : i64}) {\n%y = agc.conv %x, %w" + attributesOf(t) + "(" + x + ", " + w +
         ") -> " + y + "\n%g = agc.gradient %y, %dy, %w {outputs = 1 : i64} : (" + y + ", " + y +
         ", " + w + ") -> " + w + "\n%f = agc.constant {value = 0.9 : f64} : " + w +
         "\n%0 = agc.mul %m, %f : " + w + "\n%1 = agc.add %0, %g : " + w +
         "\n%r = agc.broadcast %rate {dimensions = array<i64>} : tensor<f32> to " + w +
         "\n%2 = agc.mul %1, %r : " + w + "\n%3 = agc.sub %w, %2 : " + w + "\nreturn %1, %3 : " + w +
         ", " + w + "}";
}

class UpdateFromPoints : public testing::TestWithParam<Case> {};

/// Weights and momentum have the bits of an update by the gradient as the caller gets it.
TEST_P(UpdateFromPoints, HasTheBitsOfOneByTheGradientInMemory) {
  const ConvolutionCase &t = GetParam().convolution;
  std::vector<Elements> arguments = argumentsOf(t); // x, w, dy
  std::mt19937 random(5);
  std::normal_distribution<float> normal(0, 1);
  Elements momentum(DType::F32, arguments[1].count), rate(DType::F32, 1);
  for (size_t i = 0; i < momentum.count; ++i)
    momentum.set(i, normal(random));
  rate.set(0, 0.01);
  // Vectors of as many lanes as this machine has, and of four.
  for (const char *cpu : {"native", "x86-64"}) {
    SCOPED_TRACE(cpu);
    CompiledProgram gradient(serialize(textOf(t)), /*reference=*/false, cpu),
        update(serialize(textWithUpdate(t)), /*reference=*/false, cpu);
    EXPECT_EQ(numKernels(update.manifest, "_then_map", "winograd_from_window"), 1);
    EXPECT_EQ(numKernels(update.manifest, "x9", "map"), 0);
    Elements dw = std::move(run(gradient, arguments)[2]);
    auto updated = [&](const agc_executor *executor) {
      Elements m(DType::F32, momentum.count), w(DType::F32, momentum.count);
      for (size_t i = 0; i < m.count; ++i) {
        m.set(i, momentum.number(i));
        w.set(i, arguments[1].number(i));
      }
      std::vector<void *> in{m.memory.data, w.memory.data, rate.memory.data,
                             arguments[0].memory.data, arguments[2].memory.data};
      EXPECT_EQ(update(in, {}, executor), 0);
      EXPECT_TRUE(m.isIntactBehind() && w.isIntactBehind());
      return std::pair(std::move(m), std::move(w));
    };
    auto [m, w] = updated(nullptr);
    size_t numOff = 0;
    for (size_t i = 0; i < dw.count; ++i) {
      float next = float(momentum.number(i)) * 0.9f;
      next += float(dw.number(i));
      float step = next * float(rate.number(0));
      numOff += float(m.number(i)) != next || float(w.number(i)) != float(arguments[1].number(i)) - step;
    }
    EXPECT_EQ(numOff, 0u);
    for (int64_t threads = 2; threads <= 8; ++threads) {
      Threads split{threads};
      auto [ofMany, weightsOfMany] = updated(&split.executor);
      EXPECT_TRUE(ofMany.sameBits(m) && weightsOfMany.sameBits(w)) << threads << " threads";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Winograd, UpdateFromPoints, testing::ValuesIn(weightCases));

/// y = a convolution of x, its mean for each channel, and its variance.
std::string textWithMoments(const ConvolutionCase &t) {
  std::string x = typeOf({t.n, t.c, t.h, t.w}), w = typeOf({t.o, t.c, t.k, t.k}), c = typeOf({t.o}),
              y = typeOf({t.n, t.o, t.outHeight(), t.outWidth()}), types = y + ", " + c + ", " + c,
              over = " {dimensions = array<i64: 0, 2, 3>} : " + y + " to " + c;
  return "func.func @f(%x: " + x + ", %w: " + w + ") -> (" + types + ") {\n%y = agc.conv %x, %w" +
         attributesOf(t) + "(" + x + ", " + w + ") -> " + y + "\n%s = agc.reduce_sum %y" + over +
         "\n%n = agc.constant {value = " + std::to_string(t.n * t.outHeight() * t.outWidth()) +
         ".0 : f64} : " + c + "\n%m = agc.div %s, %n : " + c +
         "\n%0 = agc.broadcast %m {dimensions = array<i64: 1>} : " + c + " to " + y +
         "\n%1 = agc.sub %y, %0 : " + y + "\n%2 = agc.mul %1, %1 : " + y +
         "\n%q = agc.reduce_sum %2" + over + "\n%v = agc.div %q, %n : " + c +
         "\nreturn %y, %m, %v : " + types + "}";
}

/// How far the means and variances in a program's results are from those of its own image:
/// the largest errors, of means by standard deviations, of variances by themselves.
std::pair<double, double> errorsOfMoments(const ConvolutionCase &t,
                                          const std::vector<Elements> &results) {
  int places = t.outHeight() * t.outWidth();
  double ofMean = 0, ofVariance = 0, count = double(t.n) * places;
  for (int o = 0; o < t.o; ++o) {
    auto average = [&](auto &&f) {
      double sum = 0;
      for (int n = 0; n < t.n; ++n)
        for (int p = 0; p < places; ++p)
          sum += f(results[0].number((size_t(n) * size_t(t.o) + size_t(o)) * size_t(places) + size_t(p)));
      return sum / count;
    };
    double mean = average([](double y) { return y; }),
           variance = average([&](double y) { return (y - mean) * (y - mean); });
    ofMean = std::max(ofMean, std::abs(results[1].number(size_t(o)) - mean) / std::sqrt(variance));
    ofVariance = std::max(ofVariance, std::abs(results[2].number(size_t(o)) / variance - 1));
  }
  return {ofMean, ofVariance};
}

class Moments : public testing::TestWithParam<Case> {};

/// A mean and a variance that come with an image are as near as those that are read from it,
/// also where the mean is far from zero.
TEST_P(Moments, AreAsNearAsSumsOfTheImage) {
  const ConvolutionCase &t = GetParam().convolution;
  std::string text = serialize(textWithMoments(t));
  CompiledProgram fast(text), strict(text, /*reference=*/false, "native",
                                     /*maxWorkspaceBytes=*/-1, /*strict=*/true);
  EXPECT_EQ(numKernels(fast.manifest, "_and_moments"), GetParam().blocks);
  EXPECT_EQ(numKernels(strict.manifest, "_and_moments"), 0);
  std::vector<Elements> arguments = argumentsOf(t);
  for (double mean : {0.0, 30.0}) {
    for (size_t i = 0; i < arguments[0].count; ++i)
      arguments[0].set(i, arguments[0].number(i) + mean);
    std::vector<Elements> results = run(fast, arguments);
    auto [ofMean, ofVariance] = errorsOfMoments(t, results);
    auto [ofMeanBefore, ofVarianceBefore] = errorsOfMoments(t, run(strict, arguments));
    std::printf("%4d x %3d x %2d x %2d, mean %2.0f  of sums %.1e, %.1e  of moments %.1e, %.1e\n", t.n,
                t.o, t.outHeight(), t.outWidth(), mean, ofMeanBefore, ofVarianceBefore, ofMean,
                ofVariance);
    EXPECT_LE(ofMean, std::max(ofMeanBefore, 1e-7));
    EXPECT_LE(ofVariance, std::max(ofVarianceBefore, 5e-7));
    expectSameBitsByThreads(fast, arguments, results);
  }
}

INSTANTIATE_TEST_SUITE_P(Winograd, Moments, testing::ValuesIn(imageCases));
INSTANTIATE_TEST_SUITE_P(Whole, Moments, testing::ValuesIn(wholeCases));

/// What is computed directly: few channels, groups, few images in steps of two, steps of
/// three, another window.
TEST(WinogradDeclines, WhatItIsNotFor) {
  for (ConvolutionCase t : {ConvolutionCase{8, 8, 16, 16, 8, 3, 1, 1, 1, 1},
                            {4, 64, 16, 16, 64, 3, 1, 1, 1, 2}, {4, 64, 16, 16, 64, 3, 2, 1, 1, 1}, {8, 128, 28, 28, 128, 3, 3, 1, 1, 1},
                            {4, 64, 16, 16, 64, 5, 1, 2, 1, 1}, {4, 64, 16, 16, 64, 3, 1, 2, 2, 1}})
    EXPECT_EQ(numTransforms(compiled(t, false).manifest), 0) << textOf(t);
}

} // namespace
} // namespace agc
