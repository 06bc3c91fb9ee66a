//===- CompileTest.cpp - Compiled code against the reference ---------------===//
//
// Each case is a function in MLIR text. It goes through the serialized form and
// both pipelines; the fast one must agree with the reference (each op alone, in
// f64, scalar, libm).
//
//===----------------------------------------------------------------------===//
#include "tests/codegen/CompiledText.h"
#include "tests/codegen/ConvolutionText.h"

#include "llvm/Support/FormatVariadic.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

namespace {

using namespace agc;

size_t numel(const proto::TensorType &type) {
  size_t product = 1;
  for (int64_t size : type.shape())
    product *= size;
  return product;
}

size_t width(proto::DType dtype) {
  switch (dtype) {
  case proto::DTYPE_F64:
  case proto::DTYPE_I64: return 8;
  case proto::DTYPE_F32:
  case proto::DTYPE_I32: return 4;
  case proto::DTYPE_BF16:
  case proto::DTYPE_F16: return 2;
  default: return 1;
  }
}

double read(const void *data, size_t i, proto::DType dtype) {
  switch (dtype) {
  case proto::DTYPE_F32: return static_cast<const float *>(data)[i];
  case proto::DTYPE_F64: return static_cast<const double *>(data)[i];
  case proto::DTYPE_I64: return double(static_cast<const int64_t *>(data)[i]);
  case proto::DTYPE_I32: return static_cast<const int32_t *>(data)[i];
  default: return static_cast<const int8_t *>(data)[i];
  }
}

void write(void *data, size_t i, proto::DType dtype, double value) {
  switch (dtype) {
  case proto::DTYPE_F32: static_cast<float *>(data)[i] = float(value); break;
  case proto::DTYPE_F64: static_cast<double *>(data)[i] = value; break;
  case proto::DTYPE_I64: static_cast<int64_t *>(data)[i] = int64_t(value); break;
  case proto::DTYPE_I32: static_cast<int32_t *>(data)[i] = int32_t(value); break;
  default: static_cast<int8_t *>(data)[i] = int8_t(value); break;
  }
}

/// Serial, or split into many ranges in an odd order.
void backwards(void *, int64_t count, agc_task task, void *argument) {
  for (int64_t i = count; i-- > 0;)
    task(argument, i, i + 1);
}

/// The results of @f on fixed random arguments, as f64.
std::vector<std::vector<double>> run(const char *text, bool reference,
                                     const agc_executor *executor = nullptr,
                                     const std::string &cpu = "native") {
  CompiledText f(text, reference, cpu);
  const proto::Manifest &manifest = f.manifest;
  std::mt19937 random(1);
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::vector<AlignedBuffer> buffers;
  std::vector<void *> arguments, results;
  for (const proto::ArgumentInfo &info : manifest.arguments()) {
    size_t n = numel(info.type());
    buffers.emplace_back(n * width(info.type().dtype()));
    arguments.push_back(buffers.back().data);
    for (size_t i = 0; i < n; ++i) {
      double value = uniform(random);
      // The reference gets the same numbers, not more digits of them.
      write(arguments.back(), i, info.type().dtype(),
            info.type().dtype() >= proto::DTYPE_I64 ? std::floor(4 + 4 * value)
                                                    : double(float(value)));
    }
  }
  for (const proto::ResultInfo &info : manifest.results()) {
    buffers.emplace_back(numel(info.type()) * width(info.type().dtype()));
    results.push_back(info.updates() ? arguments[info.updates() - 1]
                                     : buffers.back().data);
  }
  EXPECT_EQ(f(arguments, results, executor), 0);
  std::vector<std::vector<double>> values;
  for (int i = 0; i < manifest.results_size(); ++i) {
    const proto::TensorType &type = manifest.results(i).type();
    values.emplace_back();
    for (size_t j = 0; j < numel(type); ++j)
      values.back().push_back(read(results[i], j, type.dtype()));
  }
  return values;
}

bool hostHasAvx512() {
#ifdef __x86_64__
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
#else
  return false;
#endif
}

/// Reads a serialized program and writes it again.
std::string rewritten(const std::string &program) {
  std::string bytes;
  CompilerError error = agcGetCompiler()->rewrite(program, Phase::Graph, bytes);
  EXPECT_FALSE(error) << error.message;
  return bytes;
}

void expectAgreement(const char *text, double tolerance = 2e-5,
                     const std::string &cpu = "native") {
  std::string program = serialize(text);
  ASSERT_FALSE(program.empty());
  ASSERT_EQ(program, rewritten(program)) << "comes back as something else";
  auto expected = run(text, /*reference=*/true);
  auto actual = run(text, /*reference=*/false, nullptr, cpu);
  ASSERT_EQ(expected.size(), actual.size());
  for (size_t r = 0; r < expected.size(); ++r) {
    ASSERT_EQ(expected[r].size(), actual[r].size());
    double norm = 0;
    for (double value : expected[r])
      norm = std::max(norm, std::abs(value));
    for (size_t i = 0; i < expected[r].size(); ++i)
      ASSERT_NEAR(expected[r][i], actual[r][i], tolerance * std::max(norm, 1e-3))
          << "result " << r << " element " << i;
  }
  agc_executor executor{nullptr, backwards};
  auto split = run(text, false, &executor, cpu);
  for (size_t r = 0; r < actual.size(); ++r)
    for (size_t i = 0; i < actual[r].size(); ++i)
      ASSERT_EQ(actual[r][i], split[r][i]) << "bits differ with the split";
}

TEST(Compile, ElementwiseChain) {
  expectAgreement(R"(
    func.func @f(%x: tensor<1003xf32>, %y: tensor<1003xf32>) -> tensor<1003xf32> {
      %a = agc.tanh %x : tensor<1003xf32>
      %b = agc.mul %a, %y : tensor<1003xf32>
      %c = agc.exp %b : tensor<1003xf32>
      %d = agc.sigmoid %c : tensor<1003xf32>
      %e = agc.sub %d, %x : tensor<1003xf32>
      return %e : tensor<1003xf32>
    })");
}

// Several vectors together, and what is left for a part of them.
TEST(Compile, LongChainsOfFunctions) {
  for (const char *size : {"5", "96", "1003", "40001"}) {
    std::string text = R"(
    func.func @f(%x: tensor<N>) -> (tensor<N>, tensor<f32>) {
      %1 = agc.tanh %x : tensor<N>
      %2 = agc.sigmoid %1 : tensor<N>
      %3 = agc.tanh %2 : tensor<N>
      %4 = agc.sigmoid %3 : tensor<N>
      %5 = agc.tanh %4 : tensor<N>
      %6 = agc.sigmoid %5 : tensor<N>
      %7 = agc.tanh %6 : tensor<N>
      %8 = agc.sigmoid %7 : tensor<N>
      %9 = agc.tanh %8 : tensor<N>
      %10 = agc.sigmoid %9 : tensor<N>
      %11 = agc.mul %1, %2 : tensor<N>
      %12 = agc.sub %10, %11 : tensor<N>
      %13 = agc.reduce_sum %11 {dimensions = array<i64: 0>} : tensor<N> to tensor<f32>
      return %12, %13 : tensor<N>, tensor<f32>
    })";
    for (size_t at; (at = text.find("<N>")) != std::string::npos;)
      text.replace(at, 3, "<" + std::string(size) + "xf32>");
    expectAgreement(text.c_str());
  }
}

TEST(Compile, LongMapInTiles) {
  expectAgreement(R"(
    func.func @f(%x: tensor<100001xf32>, %y: tensor<100001xf32>) -> tensor<100001xf32> {
      %a = agc.mul %x, %y : tensor<100001xf32>
      %b = agc.relu %a : tensor<100001xf32>
      return %b : tensor<100001xf32>
    })");
}

TEST(Compile, ReductionsOverEveryDimension) {
  expectAgreement(R"(
    func.func @f(%x: tensor<33x7x65xf32>) -> (tensor<f32>, tensor<33x65xf32>, tensor<7xf32>, tensor<33x7xf32>, tensor<65xf32>) {
      %a = agc.reduce_sum %x {dimensions = array<i64: 0, 1, 2>} : tensor<33x7x65xf32> to tensor<f32>
      %b = agc.reduce_max %x {dimensions = array<i64: 1>} : tensor<33x7x65xf32> to tensor<33x65xf32>
      %c = agc.reduce_sum %x {dimensions = array<i64: 0, 2>} : tensor<33x7x65xf32> to tensor<7xf32>
      %d = agc.reduce_min %x {dimensions = array<i64: 2>} : tensor<33x7x65xf32> to tensor<33x7xf32>
      %e = agc.reduce_sum %x {dimensions = array<i64: 0, 1>} : tensor<33x7x65xf32> to tensor<65xf32>
      return %a, %b, %c, %d, %e : tensor<f32>, tensor<33x65xf32>, tensor<7xf32>, tensor<33x7xf32>, tensor<65xf32>
    })");
}

TEST(Compile, ReductionsOfOneElement) {
  expectAgreement(R"(
    func.func @f(%x: tensor<1x40x1xf32>, %y: tensor<1x7xf32>) -> (tensor<40xf32>, tensor<40x7xf32>) {
      %a = agc.reduce_sum %x {dimensions = array<i64: 0, 2>} : tensor<1x40x1xf32> to tensor<40xf32>
      %v = agc.reshape %x : tensor<1x40x1xf32> to tensor<1x40xf32>
      %b = agc.einsum %v, %y {spec = "bm,bn->mn"} : (tensor<1x40xf32>, tensor<1x7xf32>) -> tensor<40x7xf32>
      return %a, %b : tensor<40xf32>, tensor<40x7xf32>
    })");
}

TEST(Compile, LongSumsOverChannelsLast) {
  // A convolution's result lies channels-last; both kinds of sums of it.
  expectAgreement(R"(
    func.func @f(%x: tensor<3x8x18x18xf32>, %w: tensor<40x8x3x3xf32>) -> (tensor<40xf32>, tensor<3x40xf32>, tensor<f32>, tensor<40xf32>) {
      %y = agc.conv %x, %w {strides = array<i64: 1, 1>, low = array<i64: 1, 1>, high = array<i64: 1, 1>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<3x8x18x18xf32>, tensor<40x8x3x3xf32>) -> tensor<3x40x18x18xf32>
      %a = agc.reduce_sum %y {dimensions = array<i64: 0, 2, 3>} : tensor<3x40x18x18xf32> to tensor<40xf32>
      %b = agc.reduce_sum %y {dimensions = array<i64: 2, 3>} : tensor<3x40x18x18xf32> to tensor<3x40xf32>
      %r = agc.relu %y : tensor<3x40x18x18xf32>
      %c = agc.reduce_sum %r {dimensions = array<i64: 0, 1, 2, 3>} : tensor<3x40x18x18xf32> to tensor<f32>
      %s = agc.slice %r {starts = array<i64: 0, 0, 1, 1>, limits = array<i64: 3, 40, 17, 17>, strides = array<i64: 1, 1, 1, 1>} : tensor<3x40x18x18xf32> to tensor<3x40x16x16xf32>
      %d = agc.reduce_sum %s {dimensions = array<i64: 0, 2, 3>} : tensor<3x40x16x16xf32> to tensor<40xf32>
      return %a, %b, %c, %d : tensor<40xf32>, tensor<3x40xf32>, tensor<f32>, tensor<40xf32>
    })");
}

TEST(Compile, ShapeOps) {
  expectAgreement(R"(
    func.func @f(%x: tensor<6x10xf32>) -> (tensor<10x6xf32>, tensor<3x4xf32>, tensor<9x24xf32>, tensor<6x10xf32>, tensor<12x10xf32>, tensor<5x12xf32>, tensor<6x10xi64>, tensor<12xf32>) {
      %a = agc.transpose %x {permutation = array<i64: 1, 0>} : tensor<6x10xf32> to tensor<10x6xf32>
      %b = agc.slice %x {starts = array<i64: 0, 1>, limits = array<i64: 6, 9>, strides = array<i64: 2, 2>} : tensor<6x10xf32> to tensor<3x4xf32>
      %c = agc.pad %x {low = array<i64: 1, 2>, high = array<i64: 2, 3>, interior = array<i64: 0, 1>, value = 1.5 : f64} : tensor<6x10xf32> to tensor<9x24xf32>
      %d = agc.reverse %x {dimensions = array<i64: 0, 1>} : tensor<6x10xf32> to tensor<6x10xf32>
      %e = agc.concat %x, %d {dimension = 0 : i64} : (tensor<6x10xf32>, tensor<6x10xf32>) -> tensor<12x10xf32>
      %g = agc.reshape %x : tensor<6x10xf32> to tensor<5x12xf32>
      %h = agc.iota {dimension = 1 : i64} : tensor<6x10xi64>
      %i = agc.reshape %b : tensor<3x4xf32> to tensor<12xf32>
      return %a, %b, %c, %d, %e, %g, %h, %i : tensor<10x6xf32>, tensor<3x4xf32>, tensor<9x24xf32>, tensor<6x10xf32>, tensor<12x10xf32>, tensor<5x12xf32>, tensor<6x10xi64>, tensor<12xf32>
    })");
}

TEST(Compile, MapsAcrossTheirInput) {
  // Vectors that an input lies across: whole squares, parts of both sides, few steps, and
  // so many that tiles share them out, beside an input that does not, into several results.
  for (auto [rows, columns] : {std::pair{16, 16}, {37, 50}, {33, 4}, {9, 31}, {130, 19}, {2, 70},
                               {45, 1003}, {1003, 45}})
    for (const char *dtype : {"f32", "f64", "i64", "i32"}) {
      std::string x = llvm::formatv("tensor<3x{0}x{1}x{2}>", rows, columns, dtype),
                  y = llvm::formatv("tensor<3x{1}x{0}x{2}>", rows, columns, dtype);
      std::string text = llvm::formatv(R"(
        func.func @f(%x: {0}, %y: {1}, %z: {0}) -> ({1}, {1}, {1}) {{
          %a = agc.transpose %x {{permutation = array<i64: 0, 2, 1>} : {0} to {1}
          %t = agc.transpose %z {{permutation = array<i64: 0, 2, 1>} : {0} to {1}
          %b = agc.{2} %t, %y : {1}
          %c = agc.{3} %a, %b : {1}
          return %a, %b, %c : {1}, {1}, {1}
        })", x, y, dtype[0] == 'f' ? "div" : "mul", "sub");
      SCOPED_TRACE(x);
      expectAgreement(text.c_str());
      // LLVM takes other shuffles for what all such processors have than for this one.
      if (hostHasAvx512())
        expectAgreement(text.c_str(), 2e-5, "x86-64-v4");
    }
}

TEST(Compile, MapsOverShortLoops) {
  // Channels last and first, few of them, beside what lies like the result, has a number
  // for each channel or each place, or one for all; into several results, and into the
  // middle of a larger tensor.
  for (auto [places, channels] : {std::pair{49, 3}, {37, 2}, {33, 9}, {9, 7}, {17, 15}, {130, 4}})
    for (const char *dtype : {"f32", "f64", "i64", "i1"}) {
      bool isFloat = dtype[0] == 'f', isBool = dtype == std::string("i1");
      std::string x = llvm::formatv("tensor<3x{0}x{1}x{2}>", channels, places, dtype),
                  y = llvm::formatv("tensor<3x{1}x{0}x{2}>", channels, places, dtype);
      std::string text = llvm::formatv(R"(
        func.func @f(%x: {0}, %y: {1}, %z: {0}, %c: tensor<{2}x{4}>, %p: tensor<{3}x{4}>) -> ({1}, {1}, {0}, {1}, tensor<3x{5}x{2}x{4}>) {{
          %a = agc.transpose %x {{permutation = array<i64: 0, 2, 1>} : {0} to {1}
          %t = agc.transpose %z {{permutation = array<i64: 0, 2, 1>} : {0} to {1}
          %b = agc.{6} %t, %y : {1}
          %back = agc.transpose %y {{permutation = array<i64: 0, 2, 1>} : {1} to {0}
          %u = agc.{6} %x, %back : {0}
          %cs = agc.broadcast %c {{dimensions = array<i64: 2>} : tensor<{2}x{4}> to {1}
          %ps = agc.broadcast %p {{dimensions = array<i64: 1>} : tensor<{3}x{4}> to {1}
          %d = agc.{7} %y, %cs : {1}
          %e = agc.{7} %d, %ps : {1}
          %wide = agc.pad %a {{low = array<i64: 0, 2, 0>, high = array<i64: 0, 1, 0>, interior = array<i64: 0, 0, 0>, value = 1.0 : f64} : {1} to tensor<3x{5}x{2}x{4}>
          return %a, %b, %u, %e, %wide : {1}, {1}, {0}, {1}, tensor<3x{5}x{2}x{4}>
        })", x, y, channels, places, dtype, places + 3,
        isFloat ? "div" : isBool ? "xor" : "mul", isBool ? "or" : "sub");
      SCOPED_TRACE(x);
      expectAgreement(text.c_str());
      for (const char *cpu : {"x86-64-v2", "x86-64-v4"})
        if (hostHasAvx512() && (dtype == std::string("f32") || cpu[8] == '4'))
          expectAgreement(text.c_str(), 2e-5, cpu);
    }
}

TEST(Compile, MapsOfNothing) {
  // There is no place, or no channel.
  for (auto [places, channels] : {std::pair{64, 0}, {0, 3}, {0, 0}}) {
    std::string x = llvm::formatv("tensor<2x{0}x{1}xf32>", channels, places),
                y = llvm::formatv("tensor<2x{1}x{0}xf32>", channels, places);
    std::string text = llvm::formatv(R"(
      func.func @f(%x: {0}, %y: {1}) -> ({1}, {0}) {{
        %a = agc.transpose %x {{permutation = array<i64: 0, 2, 1>} : {0} to {1}
        %b = agc.transpose %y {{permutation = array<i64: 0, 2, 1>} : {1} to {0}
        return %a, %b : {1}, {0}
      })", x, y);
    SCOPED_TRACE(x);
    expectAgreement(text.c_str());
  }
}

TEST(Compile, PatchesAndWhatTheyAreMadeOf) {
  // Two short loops at the end: patches of images that lie channels-last.
  for (const char *dtype : {"f32", "f64"})
    for (int channels : {5, 16, 37}) {
      std::string x = llvm::formatv("tensor<2x{0}x9x9x{1}>", channels, dtype),
                  w = llvm::formatv("tensor<24x{0}x3x3x{1}>", channels, dtype),
                  y = llvm::formatv("tensor<2x24x4x4x{0}>", dtype);
      std::string text = llvm::formatv(R"(
        func.func @f(%x: {0}, %w: {1}) -> {2} {{
          %r = agc.relu %x : {0}
          %y = agc.conv %r, %w {{strides = array<i64: 2, 2>, low = array<i64: 0, 0>, high = array<i64: 0, 0>, dilation = array<i64: 1, 1>, groups = 1 : i64} : ({0}, {1}) -> {2}
          return %y : {2}
        })", x, w, y);
      SCOPED_TRACE(x);
      expectAgreement(text.c_str());
    }
}

TEST(Compile, PadsLargeTensors) {
  // Filled only around what is inserted: on both sides alike, on one, by rows, by columns;
  // twice the same; a part of a padded value padded again; written into and read later.
  for (const char *dtype : {"f32", "f64", "i64", "i1"}) {
    std::string x = llvm::formatv("tensor<3x5x61x83x{0}>", dtype),
                a = llvm::formatv("tensor<3x5x64x85x{0}>", dtype),
                c = llvm::formatv("tensor<4x5x61x83x{0}>", dtype),
                d = llvm::formatv("tensor<3x7x61x84x{0}>", dtype),
                e = llvm::formatv("tensor<3x5x66x87x{0}>", dtype),
                g = llvm::formatv("tensor<3x5x121x83x{0}>", dtype);
    const char *number = dtype[0] == 'f' ? "1.5" : "1.0";
    std::string text = llvm::formatv(R"(
      func.func @f(%x: {0}) -> ({1}, {1}, {2}, {3}, {4}, {5}) {{
        %n = agc.{7} %x : {0}
        %a = agc.pad %n {{low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 2, 1>, interior = array<i64: 0, 0, 0, 0>, value = {6} : f64} : {0} to {1}
        %b = agc.pad %x {{low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 2, 1>, interior = array<i64: 0, 0, 0, 0>, value = {6} : f64} : {0} to {1}
        %c = agc.pad %n {{low = array<i64: 1, 0, 0, 0>, high = array<i64: 0, 0, 0, 0>, interior = array<i64: 0, 0, 0, 0>, value = {6} : f64} : {0} to {2}
        %d = agc.pad %x {{low = array<i64: 0, 1, 0, 0>, high = array<i64: 0, 1, 0, 1>, interior = array<i64: 0, 0, 0, 0>, value = {6} : f64} : {0} to {3}
        %e = agc.pad %a {{low = array<i64: 0, 0, 1, 1>, high = array<i64: 0, 0, 1, 1>, interior = array<i64: 0, 0, 0, 0>, value = 0.0 : f64} : {1} to {4}
        %g = agc.pad %x {{low = array<i64: 0, 0, 0, 0>, high = array<i64: 0, 0, 0, 0>, interior = array<i64: 0, 0, 1, 0>, value = {6} : f64} : {0} to {5}
        return %a, %b, %c, %d, %e, %g : {1}, {1}, {2}, {3}, {4}, {5}
      })", x, a, c, d, e, g, number, dtype == std::string("i1") ? "not" : "neg");
    SCOPED_TRACE(x);
    expectAgreement(text.c_str());
  }
  // A maximum over windows beyond the edges, which starts from the least there is.
  expectAgreement(R"(
    func.func @f(%x: tensor<2x16x63x65xf32>) -> tensor<2x16x32x33xf32> {
      %r = agc.neg %x : tensor<2x16x63x65xf32>
      %y, %i = agc.max_pool %r {window = array<i64: 3, 3>, strides = array<i64: 2, 2>, low = array<i64: 1, 1>, high = array<i64: 1, 1>} : (tensor<2x16x63x65xf32>) -> (tensor<2x16x32x33xf32>, tensor<2x16x32x33xi32>)
      return %y : tensor<2x16x32x33xf32>
    })");
}

TEST(Compile, UpdatesInAnotherOrder) {
  // Weights and momentum in place, from a gradient that lies in another order.
  expectAgreement(R"(
    func.func @f(%w: tensor<7x33x9xf32>, %m: tensor<7x33x9xf32>, %g: tensor<7x9x33xf32>) -> (tensor<7x33x9xf32> {agc.updates = 0 : i64}, tensor<7x33x9xf32> {agc.updates = 1 : i64}) {
      %t = agc.transpose %g {permutation = array<i64: 0, 2, 1>} : tensor<7x9x33xf32> to tensor<7x33x9xf32>
      %b = agc.constant {value = 0.9 : f64} : tensor<7x33x9xf32>
      %s = agc.mul %m, %b : tensor<7x33x9xf32>
      %n = agc.add %s, %t : tensor<7x33x9xf32>
      %v = agc.sub %w, %n : tensor<7x33x9xf32>
      return %v, %n : tensor<7x33x9xf32>, tensor<7x33x9xf32>
    })");
}

TEST(Compile, ArgmaxAndCompare) {
  expectAgreement(R"(
    func.func @f(%x: tensor<9x40xf32>, %n: tensor<9xi64>) -> (tensor<9xi64>, tensor<9xi1>, tensor<9xf32>) {
      %a = agc.argmax %x {dimension = 1 : i64} : tensor<9x40xf32> to tensor<9xi64>
      %b = agc.compare "lt" %a, %n : tensor<9xi64>
      %c = agc.convert %b : tensor<9xi1> to tensor<9xf32>
      return %a, %b, %c : tensor<9xi64>, tensor<9xi1>, tensor<9xf32>
    })");
}

TEST(Compile, BitsOfIntegersAndTruthValues) {
  expectAgreement(R"(
    func.func @f(%x: tensor<37xi32>, %y: tensor<37xi32>, %u: tensor<5xui8>) -> (tensor<37xi32>, tensor<37xi32>, tensor<37xi1>, tensor<5xui8>) {
      %a = agc.and %x, %y : tensor<37xi32>
      %o = agc.or %a, %x : tensor<37xi32>
      %e = agc.xor %o, %y : tensor<37xi32>
      %n = agc.not %e : tensor<37xi32>
      %p = agc.compare "lt" %x, %y : tensor<37xi32>
      %q = agc.not %p : tensor<37xi1>
      %v = agc.not %u : tensor<5xui8>
      return %e, %n, %q, %v : tensor<37xi32>, tensor<37xi32>, tensor<37xi1>, tensor<5xui8>
    })");
}

// A check of a part of a tensor, whose rest would not pass; a barrier before a
// reshape of a part.
TEST(Compile, ChecksAndBarriersOfParts) {
  expectAgreement(R"(
    func.func @f(%i: tensor<6x4xi64>, %x: tensor<6x4xf32>) -> (tensor<6xi64>, tensor<12xf32>) {
      %j = agc.constant {value = 100 : i64} : tensor<6x4xi64>
      %both = agc.concat %i, %j {dimension = 1 : i64} : (tensor<6x4xi64>, tensor<6x4xi64>) -> tensor<6x8xi64>
      %part = agc.slice %both {starts = array<i64: 0, 3>, limits = array<i64: 6, 4>, strides = array<i64: 1, 1>} : tensor<6x8xi64> to tensor<6x1xi64>
      %fine = agc.check_range %part {lower = 0 : i64, upper = 10 : i64, message = "an index"} : tensor<6x1xi64>
      %flat = agc.reshape %fine : tensor<6x1xi64> to tensor<6xi64>
      %columns = agc.slice %x {starts = array<i64: 0, 1>, limits = array<i64: 6, 3>, strides = array<i64: 1, 1>} : tensor<6x4xf32> to tensor<6x2xf32>
      %later = agc.barrier %columns, %fine : tensor<6x2xf32>, tensor<6x1xi64>
      %line = agc.reshape %later : tensor<6x2xf32> to tensor<12xf32>
      return %flat, %line : tensor<6xi64>, tensor<12xf32>
    })");
}

// Rows as vectors, single elements by lane, turned around, through another
// gather's index; odd sizes throughout.
TEST(Compile, Gathers) {
  expectAgreement(R"(
    func.func @f(%x: tensor<9x37xf32>, %i: tensor<5x3xi64>, %b: tensor<4x7xf32>, %j: tensor<4x21xi64>) -> (tensor<5x3x37xf32>, tensor<4x21xf32>, tensor<21x4xi1>, tensor<37x15xf32>) {
      %rows = agc.gather %x, %i {batch = 0 : i64} : (tensor<9x37xf32>, tensor<5x3xi64>) -> tensor<5x3x37xf32>
      %t = agc.tanh %rows : tensor<5x3x37xf32>
      %r = agc.reverse %t {dimensions = array<i64: 1, 2>} : tensor<5x3x37xf32> to tensor<5x3x37xf32>
      %picked = agc.gather %b, %j {batch = 1 : i64} : (tensor<4x7xf32>, tensor<4x21xi64>) -> tensor<4x21xf32>
      %z = agc.constant {value = 0.0 : f64} : tensor<4x7xf32>
      %p = agc.compare "lt" %b, %z : tensor<4x7xf32>
      %bools = agc.gather %p, %j {batch = 1 : i64} : (tensor<4x7xi1>, tensor<4x21xi64>) -> tensor<4x21xi1>
      %turned = agc.transpose %bools {permutation = array<i64: 1, 0>} : tensor<4x21xi1> to tensor<21x4xi1>
      %flat = agc.reshape %i : tensor<5x3xi64> to tensor<15xi64>
      %k = agc.gather %flat, %flat {batch = 0 : i64} : (tensor<15xi64>, tensor<15xi64>) -> tensor<15xi64>
      %all = agc.broadcast %k {dimensions = array<i64: 1>} : tensor<15xi64> to tensor<37x15xi64>
      %xt = agc.transpose %x {permutation = array<i64: 1, 0>} : tensor<9x37xf32> to tensor<37x9xf32>
      %columns = agc.gather %xt, %all {batch = 1 : i64} : (tensor<37x9xf32>, tensor<37x15xi64>) -> tensor<37x15xf32>
      return %r, %picked, %turned, %columns : tensor<5x3x37xf32>, tensor<4x21xf32>, tensor<21x4xi1>, tensor<37x15xf32>
    })");
}

TEST(Compile, GathersIntoSumsAndFromOneElement) {
  expectAgreement(R"(
    func.func @f(%x: tensor<1xf32>, %y: tensor<300xf32>, %i: tensor<19xi64>) -> (tensor<19xf32>, tensor<f32>) {
      %same = agc.gather %x, %i {batch = 0 : i64} : (tensor<1xf32>, tensor<19xi64>) -> tensor<19xf32>
      %picked = agc.gather %y, %i {batch = 0 : i64} : (tensor<300xf32>, tensor<19xi64>) -> tensor<19xf32>
      %sum = agc.reduce_sum %picked {dimensions = array<i64: 0>} : tensor<19xf32> to tensor<f32>
      return %same, %sum : tensor<19xf32>, tensor<f32>
    })");
}

TEST(Compile, Scatters) {
  expectAgreement(R"(
    func.func @f(%x: tensor<9x37xf32> {agc.name = "x"}, %i: tensor<5x3xi64>, %u: tensor<5x3x37xf32>, %b: tensor<4x7xf32>, %j: tensor<4x21xi64>, %v: tensor<4x21xf32>) -> (tensor<9x37xf32> {agc.updates = 0 : i64}, tensor<4x7xf32>, tensor<4x7xi1>, tensor<9x37xf32>) {
      %added = agc.scatter %x, %i, %u {batch = 0 : i64, mode = "add"} : (tensor<9x37xf32>, tensor<5x3xi64>, tensor<5x3x37xf32>) -> tensor<9x37xf32>
      %put = agc.scatter %b, %j, %v {batch = 1 : i64, mode = "set"} : (tensor<4x7xf32>, tensor<4x21xi64>, tensor<4x21xf32>) -> tensor<4x7xf32>
      %z = agc.constant {value = 0.0 : f64} : tensor<4x21xf32>
      %p = agc.compare "lt" %v, %z : tensor<4x21xf32>
      %none = agc.constant {value = 0 : i64} : tensor<4x7xi1>
      %bools = agc.scatter %none, %j, %p {batch = 1 : i64, mode = "set"} : (tensor<4x7xi1>, tensor<4x21xi64>, tensor<4x21xi1>) -> tensor<4x7xi1>
      %n = agc.neg %added : tensor<9x37xf32>
      %twice = agc.scatter %n, %i, %u {batch = 0 : i64, mode = "add"} : (tensor<9x37xf32>, tensor<5x3xi64>, tensor<5x3x37xf32>) -> tensor<9x37xf32>
      return %added, %put, %bools, %twice : tensor<9x37xf32>, tensor<4x7xf32>, tensor<4x7xi1>, tensor<9x37xf32>
    })");
}

TEST(Compile, GradientsOfIndexing) {
  expectAgreement(R"(
    func.func @f(%w: tensor<9x33xf32>, %i: tensor<50xi64>, %s: tensor<50x33xf32>) -> (tensor<9x33xf32>, tensor<9x33xf32>, tensor<50x33xf32>) {
      %y = agc.gather %w, %i {batch = 0 : i64} : (tensor<9x33xf32>, tensor<50xi64>) -> tensor<50x33xf32>
      %t = agc.tanh %y : tensor<50x33xf32>
      %d1 = agc.gradient %t, %s, %w {outputs = 1 : i64} : (tensor<50x33xf32>, tensor<50x33xf32>, tensor<9x33xf32>) -> tensor<9x33xf32>
      %d2 = agc.gradient %d1, %w, %w {outputs = 1 : i64} : (tensor<9x33xf32>, tensor<9x33xf32>, tensor<9x33xf32>) -> tensor<9x33xf32>
      %put = agc.scatter %w, %i, %s {batch = 0 : i64, mode = "set"} : (tensor<9x33xf32>, tensor<50xi64>, tensor<50x33xf32>) -> tensor<9x33xf32>
      %e = agc.exp %put : tensor<9x33xf32>
      %dw, %ds = agc.gradient %e, %w, %w, %s {outputs = 1 : i64} : (tensor<9x33xf32>, tensor<9x33xf32>, tensor<9x33xf32>, tensor<50x33xf32>) -> (tensor<9x33xf32>, tensor<50x33xf32>)
      return %d2, %dw, %ds : tensor<9x33xf32>, tensor<9x33xf32>, tensor<50x33xf32>
    })");
}

TEST(Compile, ProductsInAllTranspositions) {
  for (const char *spec : {"mk,kn->mn", "mk,nk->mn", "km,kn->mn", "km,nk->mn"}) {
    std::string x = spec[0] == 'm' ? "37x50" : "50x37";
    std::string y = spec[3] == 'k' ? "50x29" : "29x50";
    std::string text = "func.func @f(%x: tensor<" + x + "xf32>, %y: tensor<" + y +
                       "xf32>) -> tensor<37x29xf32> {\n %z = agc.einsum %x, %y "
                       "{spec = \"" + spec + "\"} : (tensor<" + x +
                       "xf32>, tensor<" + y + "xf32>) -> tensor<37x29xf32>\n"
                       "return %z : tensor<37x29xf32> }";
    expectAgreement(text.c_str());
  }
}

TEST(Compile, ConvolutionAndItsGradients) {
  for (ConvolutionCase t : {ConvolutionCase{2, 3, 9, 10, 5, 3, 1, 1, 1, 1}, {1, 4, 8, 8, 6, 3, 2, 1, 1, 1},
                 {2, 4, 7, 7, 8, 1, 2, 0, 1, 1}, {1, 3, 11, 11, 4, 7, 2, 3, 1, 1},
                 {2, 4, 9, 9, 6, 3, 1, 2, 2, 2}, {3, 16, 4, 4, 32, 3, 1, 1, 1, 1},
                 // A window of one: what steps leave out is not copied.
                 {3, 20, 9, 10, 24, 1, 2, 0, 1, 1}, {2, 20, 8, 11, 24, 1, 3, 1, 1, 2},
                 // Phases of a stride: with and without elements, of a dilation
                 // that has a divisor in common with it, of unequal sizes.
                 {3, 5, 10, 7, 4, 4, 3, 1, 1, 1}, {3, 5, 11, 8, 4, 3, 4, 2, 2, 1},
                 {3, 4, 13, 12, 6, 3, 3, 2, 2, 2}, {3, 5, 9, 12, 4, 2, 3, 0, 1, 1},
                 {3, 5, 16, 15, 4, 4, 2, 3, 3, 1}, {9, 6, 2, 3, 4, 2, 3, 1, 1, 2},
                 // More phases than kernels: patches that do not overlap, that do.
                 {2, 3, 15, 15, 4, 5, 5, 0, 1, 1}, {4, 4, 16, 13, 6, 7, 5, 2, 1, 2},
                 // Images that each window holds, some windows of padding alone.
                 {70, 5, 2, 2, 17, 3, 1, 1, 1, 1}, {9, 8, 1, 1, 6, 3, 1, 1, 1, 2},
                 {64, 4, 3, 2, 6, 4, 1, 2, 1, 1}, {40, 4, 2, 2, 6, 5, 2, 2, 1, 1},
                 {40, 4, 2, 9, 6, 3, 1, 1, 1, 1}, {9, 4, 2, 2, 6, 5, 1, 4, 1, 1},
                 // Few positions beside many weights: patches.
                 {1, 20, 2, 2, 40, 3, 1, 1, 1, 1}, {1, 8, 5, 4, 60, 3, 2, 1, 1, 1},
                 {1, 8, 5, 4, 60, 3, 1, 2, 2, 2}, {2, 20, 1, 1, 40, 3, 1, 1, 1, 1},
                 // Blocks of a sum over windows, of rows with 24 and with 15 places.
                 {4, 3, 32, 48, 40, 7, 2, 3, 1, 1}, {5, 3, 32, 30, 40, 7, 2, 3, 1, 1}})
    expectAgreement(textOf(t).c_str());
}

TEST(Compile, MaxPoolAndItsGradient) {
  expectAgreement(R"(
    func.func @f(%x: tensor<2x5x8x9xf32>, %dy: tensor<2x5x4x5xf32>) -> (tensor<2x5x4x5xf32>, tensor<2x5x4x5xi32>, tensor<2x5x8x9xf32>) {
      %y, %i = agc.max_pool %x {window = array<i64: 3, 3>, strides = array<i64: 2, 2>, low = array<i64: 1, 1>, high = array<i64: 1, 1>} : (tensor<2x5x8x9xf32>) -> (tensor<2x5x4x5xf32>, tensor<2x5x4x5xi32>)
      %dx = agc.gradient %y, %dy, %x {outputs = 1 : i64} : (tensor<2x5x4x5xf32>, tensor<2x5x4x5xf32>, tensor<2x5x8x9xf32>) -> tensor<2x5x8x9xf32>
      return %y, %i, %dx : tensor<2x5x4x5xf32>, tensor<2x5x4x5xi32>, tensor<2x5x8x9xf32>
    })");
}

TEST(Compile, UpdatesInPlaceAfterTheLastReader) {
  // The new w is computed before the old one is read for the last time.
  expectAgreement(R"(
    func.func @f(%w: tensor<64x64xf32>, %x: tensor<64x64xf32>) -> (tensor<64x64xf32> {agc.updates = 0 : i64}, tensor<64x64xf32>) {
      %new = agc.sub %w, %x : tensor<64x64xf32>
      %y = agc.einsum %x, %w {spec = "mk,kn->mn"} : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
      return %new, %y : tensor<64x64xf32>, tensor<64x64xf32>
    })");
}

TEST(Compile, FinishesSumsInTheirKernel) {
  // A bias and a rectifier after a product, a scale after a sum.
  expectAgreement(R"(
    func.func @f(%x: tensor<37x300xf32>, %w: tensor<29x300xf32>, %b: tensor<29xf32>) -> (tensor<37x29xf32>, tensor<29xf32>) {
      %y = agc.einsum %x, %w {spec = "mk,nk->mn"} : (tensor<37x300xf32>, tensor<29x300xf32>) -> tensor<37x29xf32>
      %c = agc.broadcast %b {dimensions = array<i64: 1>} : tensor<29xf32> to tensor<37x29xf32>
      %z = agc.add %y, %c : tensor<37x29xf32>
      %r = agc.relu %z : tensor<37x29xf32>
      %s = agc.reduce_sum %r {dimensions = array<i64: 0>} : tensor<37x29xf32> to tensor<29xf32>
      %e = agc.mul %s, %b : tensor<29xf32>
      %g = agc.tanh %e : tensor<29xf32>
      return %r, %g : tensor<37x29xf32>, tensor<29xf32>
    })");
}

TEST(Compile, FinishesConvolutionsOverSeveralBlocks) {
  // The panel is packed in blocks, and the epilogue waits for the last.
  expectAgreement(R"(
    func.func @f(%x: tensor<8x256x10x10xf32>, %w: tensor<40x256x5x5xf32>, %b: tensor<40xf32>) -> tensor<40xf32> {
      %y = agc.conv %x, %w {strides = array<i64: 1, 1>, low = array<i64: 2, 2>, high = array<i64: 2, 2>, dilation = array<i64: 1, 1>, groups = 1 : i64} : (tensor<8x256x10x10xf32>, tensor<40x256x5x5xf32>) -> tensor<8x40x10x10xf32>
      %c = agc.broadcast %b {dimensions = array<i64: 1>} : tensor<40xf32> to tensor<8x40x10x10xf32>
      %z = agc.add %y, %c : tensor<8x40x10x10xf32>
      %r = agc.relu %z : tensor<8x40x10x10xf32>
      %p, %i = agc.max_pool %r {window = array<i64: 2, 2>, strides = array<i64: 2, 2>, low = array<i64: 0, 0>, high = array<i64: 0, 0>} : (tensor<8x40x10x10xf32>) -> (tensor<8x40x5x5xf32>, tensor<8x40x5x5xi32>)
      %s = agc.reduce_sum %p {dimensions = array<i64: 0, 2, 3>} : tensor<8x40x5x5xf32> to tensor<40xf32>
      return %s : tensor<40xf32>
    })");
}

TEST(Compile, UpdatesAWeightInItsGradientsKernel) {
  // The sum over the batch is long enough to be packed; what it is added to
  // must not be written over meanwhile.
  expectAgreement(R"(
    func.func @f(%w: tensor<300x700xf32>, %x: tensor<512x4x300xf32>, %dy: tensor<512x4x700xf32>) -> (tensor<300x700xf32> {agc.updates = 0 : i64}) {
      %g = agc.einsum %x, %dy {spec = "bcm,bcn->mn"} : (tensor<512x4x300xf32>, tensor<512x4x700xf32>) -> tensor<300x700xf32>
      %h = agc.constant {value = 0.01 : f64} : tensor<300x700xf32>
      %s = agc.mul %g, %h : tensor<300x700xf32>
      %n = agc.sub %w, %s : tensor<300x700xf32>
      return %n : tensor<300x700xf32>
    })");
}

TEST(Compile, UpdatesStateAndWeightInTheirGradientsKernel) {
  // Momentum, by each form of a sum: register tiles, packed in blocks; vectors along
  // columns, and along rows; and one element at a time.
  struct Case {
    const char *w, *x, *dy, *spec;
  };
  for (Case t : {Case{"300x700", "512x4x300", "512x4x700", "bcm,bcn->mn"},
                 {"19x37", "40x19", "40x37", "km,kn->mn"},
                 {"3x2", "5x3", "5x2", "km,kn->mn"},
                 {"7x3", "7x130", "3x130", "mk,nk->mn"}}) {
    auto type = [](std::string shape) { return "tensor<" + shape + "xf32>"; };
    std::string w = type(t.w), updates = " {agc.updates = ";
    std::string text =
        "func.func @f(%w: " + w + ", %m: " + w + ", %x: " + type(t.x) + ", %dy: " +
        type(t.dy) + ") -> (" + w + updates + "1 : i64}, " + w + updates +
        "0 : i64}) {\n%g = agc.einsum %x, %dy {spec = \"" + t.spec + "\"} : (" +
        type(t.x) + ", " + type(t.dy) + ") -> " + w +
        "\n%c = agc.constant {value = 0.9 : f64} : " + w +
        "\n%r = agc.constant {value = 0.01 : f64} : " + w +
        "\n%d = agc.mul %m, %c : " + w + "\n%n = agc.add %d, %g : " + w +
        "\n%s = agc.mul %n, %r : " + w + "\n%v = agc.sub %w, %s : " + w +
        "\nreturn %n, %v : " + w + ", " + w + "}";
    expectAgreement(text.c_str());
  }
}

TEST(Compile, UpdatesAWeightInAGroup) {
  // One kernel writes the weight where it was and the tangent elsewhere.
  expectAgreement(R"(
    func.func @f(%w: tensor<1003xf32>, %x: tensor<1003xf32>) -> (tensor<1003xf32> {agc.updates = 0 : i64}, tensor<f32>) {
      %t = agc.tanh %w : tensor<1003xf32>
      %e = agc.sigmoid %t : tensor<1003xf32>
      %p = agc.mul %t, %e : tensor<1003xf32>
      %s = agc.reduce_sum %p {dimensions = array<i64: 0>} : tensor<1003xf32> to tensor<f32>
      %q = agc.mul %p, %x : tensor<1003xf32>
      %n = agc.sub %w, %q : tensor<1003xf32>
      return %n, %s : tensor<1003xf32>, tensor<f32>
    })");
}

TEST(Compile, SwapsArguments) {
  expectAgreement(R"(
    func.func @f(%a: tensor<8xf32>, %b: tensor<8xf32>) -> (tensor<8xf32> {agc.updates = 0 : i64}, tensor<8xf32> {agc.updates = 1 : i64}) {
      return %b, %a : tensor<8xf32>, tensor<8xf32>
    })");
}

TEST(Compile, SecondOrderGradient) {
  expectAgreement(R"(
    func.func @f(%x: tensor<17xf32>, %s: tensor<17xf32>) -> tensor<17xf32> {
      %y = agc.tanh %x : tensor<17xf32>
      %d1 = agc.gradient %y, %s, %x {outputs = 1 : i64} : (tensor<17xf32>, tensor<17xf32>, tensor<17xf32>) -> tensor<17xf32>
      %d2 = agc.gradient %d1, %s, %x {outputs = 1 : i64} : (tensor<17xf32>, tensor<17xf32>, tensor<17xf32>) -> tensor<17xf32>
      return %d2 : tensor<17xf32>
    })");
}

TEST(Compile, OverlappingSumsStartApart) {
  // Both add to zeros of one shape.
  const char *text = R"(
    func.func @f(%a: tensor<1x1x1x1xf32>, %b: tensor<1x1x1x1xf32>) -> (tensor<1x1x3x3xf32>, tensor<1x1x3x3xf32>) {
      %i = agc.constant {value = 1 : i64} : tensor<1x1x1x1xi32>
      %x = agc.max_pool_grad %a, %i {high = array<i64: 0, 0>, low = array<i64: 0, 0>, strides = array<i64: 2, 2>, window = array<i64: 2, 2>} : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xi32>) -> tensor<1x1x3x3xf32>
      %y = agc.max_pool_grad %b, %i {high = array<i64: 0, 0>, low = array<i64: 0, 0>, strides = array<i64: 2, 2>, window = array<i64: 2, 2>} : (tensor<1x1x1x1xf32>, tensor<1x1x1x1xi32>) -> tensor<1x1x3x3xf32>
      %s = agc.exp %x : tensor<1x1x3x3xf32>
      %t = agc.exp %y : tensor<1x1x3x3xf32>
      return %s, %t : tensor<1x1x3x3xf32>, tensor<1x1x3x3xf32>
    })";
  expectAgreement(text);
  auto values = run(text, false);
  for (size_t i = 0; i < 9; ++i)
    if (i != 1)
      EXPECT_EQ(values[0][i] + values[1][i], 2);
  EXPECT_NE(values[0][1], values[1][1]);
}

//===----------------------------------------------------------------------===//
// Loops and branches
//===----------------------------------------------------------------------===//

/// An RNN with its gradient; rows of 15 floats begin at no multiple of 64 bytes.
constexpr const char *recurrent = R"(
    func.func @f(%h: tensor<3x5xf32>, %xs: tensor<7x3x5xf32>, %w: tensor<5x5xf32>, %dh: tensor<3x5xf32>, %dys: tensor<7x3x5xf32>) -> (tensor<3x5xf32>, tensor<7x3x5xf32>, tensor<3x5xf32>, tensor<7x3x5xf32>, tensor<5x5xf32>) {
      %r:2 = agc.scan %h, %xs, %w {trips = 7 : i64, num_carries = 1 : i64, num_xs = 1 : i64} : (tensor<3x5xf32>, tensor<7x3x5xf32>, tensor<5x5xf32>) -> (tensor<3x5xf32>, tensor<7x3x5xf32>) {
      ^bb0(%c: tensor<3x5xf32>, %x: tensor<3x5xf32>, %k: tensor<5x5xf32>):
        %1 = agc.einsum %c, %k {spec = "mk,kn->mn"} : (tensor<3x5xf32>, tensor<5x5xf32>) -> tensor<3x5xf32>
        %2 = agc.add %1, %x : tensor<3x5xf32>
        %3 = agc.tanh %2 : tensor<3x5xf32>
        agc.yield %3, %2 : tensor<3x5xf32>, tensor<3x5xf32>
      }
      %g:3 = agc.gradient %r#0, %r#1, %dh, %dys, %h, %xs, %w {outputs = 2 : i64} : (tensor<3x5xf32>, tensor<7x3x5xf32>, tensor<3x5xf32>, tensor<7x3x5xf32>, tensor<3x5xf32>, tensor<7x3x5xf32>, tensor<5x5xf32>) -> (tensor<3x5xf32>, tensor<7x3x5xf32>, tensor<5x5xf32>)
      return %r#0, %r#1, %g#0, %g#1, %g#2 : tensor<3x5xf32>, tensor<7x3x5xf32>, tensor<3x5xf32>, tensor<7x3x5xf32>, tensor<5x5xf32>
    })";

TEST(Compile, ScanAndItsGradient) { expectAgreement(recurrent); }

TEST(Compile, LimitedScanFillsTheRestWithZeros) {
  // The limit is beyond, within and below what there is; in both directions.
  for (const char *form : {"", ", reverse = true"})
    for (int limit : {9, 2, -3}) {
      std::string text = R"(
        func.func @f(%c: tensor<3xf32>, %xs: tensor<5x3xf32>) -> (tensor<3xf32>, tensor<5x3xf32>) {
          %n = agc.constant {value = )" + std::to_string(limit) + R"( : i64} : tensor<i64>
          %r:2 = agc.scan %n, %c, %xs {trips = 5 : i64, num_carries = 1 : i64, num_xs = 1 : i64, limited = true)" + form + R"(} : (tensor<i64>, tensor<3xf32>, tensor<5x3xf32>) -> (tensor<3xf32>, tensor<5x3xf32>) {
          ^bb0(%0: tensor<3xf32>, %x: tensor<3xf32>):
            %1 = agc.add %0, %x : tensor<3xf32>
            %one = agc.constant {value = 1.0 : f64} : tensor<3xf32>
            agc.yield %1, %one : tensor<3xf32>, tensor<3xf32>
          }
          return %r#0, %r#1 : tensor<3xf32>, tensor<5x3xf32>
        })";
      expectAgreement(text.c_str());
      auto values = run(text.c_str(), false);
      int trips = std::clamp(limit, 0, 5);
      for (int i = 0; i < 15; ++i)
        EXPECT_EQ(values[1][size_t(i)], i < 3 * trips);
    }
}

TEST(Compile, WhileInCondWithGradients) {
  expectAgreement(R"(
    func.func @f(%x: tensor<6xf32>, %s: tensor<f32>, %dz: tensor<6xf32>) -> (tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) {
      %zero = agc.constant {value = -5.0 : f64} : tensor<f32>
      %p = agc.compare "gt" %s, %zero : tensor<f32>
      %z = agc.cond %p, %x : (tensor<i1>, tensor<6xf32>) -> tensor<6xf32> {
      ^bb0(%0: tensor<6xf32>):
        %yes = agc.constant {value = 1 : i64} : tensor<i1>
        %1:3 = agc.scan %yes, %0, %0 {trips = 50 : i64, num_carries = 2 : i64, num_xs = 0 : i64, stops = true} : (tensor<i1>, tensor<6xf32>, tensor<6xf32>) -> (tensor<i1>, tensor<6xf32>, tensor<i64>) {
        ^bb0(%go: tensor<i1>, %c: tensor<6xf32>, %k: tensor<6xf32>):
          %2 = agc.mul %c, %k : tensor<6xf32>
          %3 = agc.sin %2 : tensor<6xf32>
          %4 = agc.abs %3 : tensor<6xf32>
          %5 = agc.reduce_max %4 {dimensions = array<i64: 0>} : tensor<6xf32> to tensor<f32>
          %6 = agc.constant {value = 0.05 : f64} : tensor<f32>
          %7 = agc.compare "gt" %5, %6 : tensor<f32>
          agc.yield %7, %3 : tensor<i1>, tensor<6xf32>
        }
        agc.yield %1#1 : tensor<6xf32>
      } else {
      ^bb0(%0: tensor<6xf32>):
        agc.yield %0 : tensor<6xf32>
      }
      %d = agc.gradient %z, %dz, %x {outputs = 1 : i64} : (tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
      %dd = agc.gradient %d, %dz, %x {outputs = 1 : i64} : (tensor<6xf32>, tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
      return %z, %d, %dd : tensor<6xf32>, tensor<6xf32>, tensor<6xf32>
    })");
}

TEST(Compile, BodiesOfEveryType) {
  // u8 is another type in later phases, a bool a byte in memory.
  expectAgreement(R"(
    func.func @f(%b: tensor<4x3xui8>, %n: tensor<4xi32>) -> (tensor<3xui8>, tensor<4x3xi1>, tensor<i32>) {
      %c = agc.constant {value = 1 : i64} : tensor<3xui8>
      %m = agc.constant {value = 0 : i64} : tensor<i32>
      %r:3 = agc.scan %c, %m, %b, %n {trips = 4 : i64, num_carries = 2 : i64, num_xs = 2 : i64} : (tensor<3xui8>, tensor<i32>, tensor<4x3xui8>, tensor<4xi32>) -> (tensor<3xui8>, tensor<i32>, tensor<4x3xi1>) {
      ^bb0(%0: tensor<3xui8>, %1: tensor<i32>, %2: tensor<3xui8>, %3: tensor<i32>):
        %4 = agc.add %0, %2 : tensor<3xui8>
        %5 = agc.add %1, %3 : tensor<i32>
        %6 = agc.compare "lt" %0, %2 : tensor<3xui8>
        agc.yield %4, %5, %6 : tensor<3xui8>, tensor<i32>, tensor<3xi1>
      }
      return %r#0, %r#2, %r#1 : tensor<3xui8>, tensor<4x3xi1>, tensor<i32>
    })");
}

TEST(Compile, OperandsThatAreNoWholeBuffers) {
  expectAgreement(R"(
    func.func @f(%x: tensor<8x6xf32>, %u: tensor<6xf32>) -> (tensor<6xf32>, tensor<3xf32>, tensor<6xf32> {agc.updates = 1 : i64}, tensor<6xf32>) {
      %rows = agc.slice %x {starts = array<i64: 3, 0>, limits = array<i64: 7, 6>, strides = array<i64: 1, 1>} : tensor<8x6xf32> to tensor<4x6xf32>
      %first = agc.slice %x {starts = array<i64: 1, 0>, limits = array<i64: 2, 6>, strides = array<i64: 1, 1>} : tensor<8x6xf32> to tensor<1x6xf32>
      %c = agc.reshape %first : tensor<1x6xf32> to tensor<6xf32>
      %columns = agc.slice %x {starts = array<i64: 0, 2>, limits = array<i64: 3, 4>, strides = array<i64: 1, 1>} : tensor<8x6xf32> to tensor<3x2xf32>
      %r = agc.scan %c, %rows {trips = 4 : i64, num_carries = 1 : i64, num_xs = 1 : i64} : (tensor<6xf32>, tensor<4x6xf32>) -> tensor<6xf32> {
      ^bb0(%0: tensor<6xf32>, %1: tensor<6xf32>):
        %2 = agc.mul %0, %1 : tensor<6xf32>
        agc.yield %2 : tensor<6xf32>
      }
      %z = agc.constant {value = 0.0 : f64} : tensor<2xf32>
      %s:2 = agc.scan %z, %columns {trips = 3 : i64, num_carries = 1 : i64, num_xs = 1 : i64} : (tensor<2xf32>, tensor<3x2xf32>) -> (tensor<2xf32>, tensor<3xf32>) {
      ^bb0(%0: tensor<2xf32>, %1: tensor<2xf32>):
        %2 = agc.add %0, %1 : tensor<2xf32>
        %3 = agc.reduce_sum %2 {dimensions = array<i64: 0>} : tensor<2xf32> to tensor<f32>
        agc.yield %2, %3 : tensor<2xf32>, tensor<f32>
      }
      return %r, %s#1, %r, %c : tensor<6xf32>, tensor<3xf32>, tensor<6xf32>, tensor<6xf32>
    })");
}

TEST(Compile, OneTripAndTwo) {
  for (const char *rows : {"1", "2"}) {
    std::string text = R"(
      func.func @f(%x: tensor<8x6xf32>, %d: tensor<6xf32>) -> (tensor<6xf32>, tensor<8x6xf32>) {
        %rows = agc.slice %x {starts = array<i64: 3, 0>, limits = array<i64: END, 6>, strides = array<i64: 1, 1>} : tensor<8x6xf32> to tensor<TRIPSx6xf32>
        %z = agc.scan %d, %rows {trips = TRIPS : i64, num_carries = 1 : i64, num_xs = 1 : i64} : (tensor<6xf32>, tensor<TRIPSx6xf32>) -> tensor<6xf32> {
        ^bb0(%0: tensor<6xf32>, %1: tensor<6xf32>):
          %2 = agc.mul %0, %1 : tensor<6xf32>
          %3 = agc.exp %2 : tensor<6xf32>
          agc.yield %3 : tensor<6xf32>
        }
        %g = agc.gradient %z, %d, %x {outputs = 1 : i64} : (tensor<6xf32>, tensor<6xf32>, tensor<8x6xf32>) -> tensor<8x6xf32>
        return %z, %g : tensor<6xf32>, tensor<8x6xf32>
      })";
    std::string end = std::to_string(3 + std::stoi(rows));
    for (auto [from, to] : {std::pair<std::string, std::string>("TRIPS", rows), {"END", end}})
      for (size_t at; (at = text.find(from)) != text.npos;)
        text.replace(at, from.size(), to);
    expectAgreement(text.c_str());
  }
}

TEST(Compile, ChecksInBodiesComeBeforeState) {
  std::string module = serialize(R"(
    func.func @f(%w: tensor<4xf32>, %n: tensor<6xi64>, %m: tensor<i64>) -> (tensor<4xf32> {agc.updates = 0 : i64}, tensor<i64>) {
      %new = agc.neg %w : tensor<4xf32>
      %a = agc.check_range %m {lower = 0 : i64, upper = 100 : i64, message = "first"} : tensor<i64>
      %r = agc.scan %a, %n {trips = 6 : i64, num_carries = 1 : i64, num_xs = 1 : i64} : (tensor<i64>, tensor<6xi64>) -> tensor<i64> {
      ^bb0(%c: tensor<i64>, %i: tensor<i64>):
        %0 = agc.check_range %i {lower = 0 : i64, upper = 5 : i64, message = "second"} : tensor<i64>
        %1 = agc.add %c, %0 : tensor<i64>
        %2 = agc.check_range %1 {lower = 0 : i64, upper = 20 : i64, message = "third"} : tensor<i64>
        agc.yield %2 : tensor<i64>
      }
      %z = agc.check_range %r {lower = 0 : i64, upper = 15 : i64, message = "fourth"} : tensor<i64>
      return %new, %z : tensor<4xf32>, tensor<i64>
    })");
  ASSERT_FALSE(module.empty());
  CompileOptions options;
  options.function = "f";
  for (bool reference : {false, true}) {
    options.reference = reference;
    CompiledObject object;
    CompilerError error = agcGetCompiler()->compile(module, options, object);
    ASSERT_FALSE(error) << error.message;
    proto::Manifest manifest;
    ASSERT_TRUE(manifest.ParseFromString(object.manifest));
    ASSERT_EQ(manifest.checks_size(), 4);
    std::unique_ptr<LoadedObject> loaded;
    agcLoadObject(object.object, loaded, error);
    ASSERT_FALSE(error) << error.message;
    auto call = [&](std::vector<int64_t> n, int64_t m, const char *message, int64_t value) {
      AlignedBuffer w(32), ns(48), ms(8), sum(8), workspace(manifest.workspace_bytes());
      std::memset(w.data, 0, 32);
      std::memcpy(ns.data, n.data(), 48);
      std::memcpy(ms.data, &m, 8);
      void *arguments[] = {w.data, ns.data, ms.data}, *results[] = {w.data, sum.data};
      agc_failure failure{};
      int32_t status =
          callEntry(loaded->find(manifest.entry()), arguments, results, workspace.data, nullptr, &failure);
      if (!message) {
        EXPECT_EQ(status, 0);
        return;
      }
      ASSERT_GT(status, 0);
      EXPECT_EQ(manifest.checks(status - 1).message(), message);
      EXPECT_EQ(failure.value, value);
      // -0.0 would have a bit set.
      for (int i = 0; i < 32; ++i)
        EXPECT_EQ(static_cast<char *>(w.data)[i], 0);
    };
    call({1, 1, 1, 1, 1, 1}, 3, nullptr, 0);
    call({1, 1, 1, 1, 1, 1}, -1, "first", -1);
    call({1, 1, 9, 1, 1, 1}, 3, "second", 9);
    call({4, 4, 4, 4, 4, 1}, 3, "third", 23);
    call({4, 4, 4, 1, 1, 1}, 3, "fourth", 18);
  }
}

// What is checked is itself the state's new value.
TEST(Compile, StateStaysIfItsNewValueFailsACheck) {
  CompiledText f(R"(
    func.func @f(%n: tensor<4xi64>) -> (tensor<4xi64> {agc.updates = 0 : i64}) {
      %new = agc.add %n, %n : tensor<4xi64>
      %fine = agc.check_range %new {lower = 0 : i64, upper = 10 : i64, message = "a count"} : tensor<4xi64>
      return %new : tensor<4xi64>
    })");
  using Counts = std::array<int64_t, 4>;
  AlignedBuffer state(sizeof(Counts));
  auto &counts = *static_cast<Counts *>(state.data);
  counts = {1, 2, 3, 4};
  EXPECT_EQ(f({&counts}, {&counts}), 0);
  EXPECT_EQ(counts, (Counts{2, 4, 6, 8}));
  counts = {1, 2, 3, 5};
  EXPECT_GT(f({&counts}, {&counts}), 0);
  EXPECT_EQ(counts, (Counts{1, 2, 3, 5}));
}

// More calls than one function takes; the last check is not in the first part.
TEST(Compile, LongListsAreCalledInParts) {
  constexpr int numChecks = 700;
  std::string text = "func.func @f(%w: tensor<4xf32>, %n: tensor<700xi64>) -> "
                     "(tensor<4xf32> {agc.updates = 0 : i64}";
  for (int i = 0; i < numChecks; ++i)
    text += ", tensor<1xi64>";
  text += ") {\n %new = agc.neg %w : tensor<4xf32>\n";
  std::string results, types;
  for (int i = 0; i < numChecks; ++i) {
    std::string n = std::to_string(i), next = std::to_string(i + 1);
    text += "%s" + n + " = agc.slice %n {starts = array<i64: " + n +
            ">, limits = array<i64: " + next +
            ">, strides = array<i64: 1>} : tensor<700xi64> to tensor<1xi64>\n%c" + n +
            " = agc.check_range %s" + n + " {lower = 0 : i64, upper = 1000 : i64, message = \"check " +
            n + "\"} : tensor<1xi64>\n%r" + n + " = agc.add %c" + n + ", %c" + n +
            " : tensor<1xi64>\n";
    results += ", %r" + n;
    types += ", tensor<1xi64>";
  }
  text += "return %new" + results + " : tensor<4xf32>" + types + "\n}";
  CompiledText f(text);
  ASSERT_EQ(f.manifest.checks_size(), numChecks);
  AlignedBuffer w(16), n(8 * numChecks), sums(64 * numChecks);
  std::vector<void *> places{w.data};
  for (int i = 0; i < numChecks; ++i)
    places.push_back(static_cast<char *>(sums.data) + 64 * i);
  auto *numbers = static_cast<int64_t *>(n.data);
  for (int i = 0; i < numChecks; ++i)
    numbers[i] = i;
  std::memset(w.data, 0, 16);
  numbers[650] = -1;
  int status = f({w.data, n.data}, places);
  ASSERT_GT(status, 0);
  EXPECT_EQ(f.manifest.checks(status - 1).message(), "check 650");
  EXPECT_EQ(*static_cast<uint32_t *>(w.data), 0u); // -0.0 would have a bit set
  numbers[650] = 650;
  ASSERT_EQ(f({w.data, n.data}, places), 0);
  EXPECT_EQ(*static_cast<uint32_t *>(w.data), 0x80000000u);
  for (int i = 0; i < numChecks; ++i)
    EXPECT_EQ(*static_cast<int64_t *>(places[size_t(i) + 1]), 2 * i);
}

TEST(Compile, BodiesAreWrittenAlikeFromTheSecondTime) {
  std::string text = serialize(recurrent), expanded, again;
  ASSERT_FALSE(text.empty());
  for (Phase phase : {Phase::Graph, Phase::Gradient}) {
    CompilerError error = agcGetCompiler()->rewrite(text, phase, expanded);
    ASSERT_FALSE(error) << error.message;
    error = agcGetCompiler()->rewrite(expanded, Phase::Graph, again);
    ASSERT_FALSE(error) << error.message;
    EXPECT_EQ(expanded, again);
  }
}

TEST(Compile, EmptyAndScalarTensors) {
  expectAgreement(R"(
    func.func @f(%x: tensor<0x3xf32>, %s: tensor<f32>) -> (tensor<0x3xf32>, tensor<3xf32>, tensor<f32>) {
      %a = agc.exp %x : tensor<0x3xf32>
      %b = agc.reduce_sum %x {dimensions = array<i64: 0>} : tensor<0x3xf32> to tensor<3xf32>
      %c = agc.exp %s : tensor<f32>
      return %a, %b, %c : tensor<0x3xf32>, tensor<3xf32>, tensor<f32>
    })");
}

} // namespace
