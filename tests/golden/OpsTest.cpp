//===- OpsTest.cpp - Every op, and its gradients, as PyTorch's ------------===//
//
// The cases of ops/*.cpp, computed by agc, against what record.py stored of
// libtorch: values, first and second derivatives in f64; of the first cases and
// the special ones, values and first derivatives in f32.
//
//===----------------------------------------------------------------------===//
#include "tests/golden/ops/Compute.h"

#include "gtest/gtest.h"

#include <nlohmann/json.hpp>

#include <cstring>
#include <fstream>
#include <map>
#include <sstream>

using namespace golden;

namespace {

/// Of one case: what describes it, its numbers in f64, and those in f32 if it
/// is special.
struct Stored {
  std::string text;
  Numbers wide, narrow;
};
using File = std::map<std::string, std::vector<Stored>>;

File read(const std::string &group) {
  std::ifstream stream(AGC_TEST_GOLDEN "/ops/" + group + ".safetensors",
                       std::ios::binary);
  std::stringstream all;
  all << stream.rdbuf();
  std::string bytes = all.str();
  uint64_t size = 0;
  File file;
  if (bytes.size() < 8)
    return file;
  std::memcpy(&size, bytes.data(), 8);
  auto header = nlohmann::json::parse(bytes.substr(8, size));
  for (auto &[name, lines] : header["__metadata__"].items()) {
    size_t at = 8 + size + header[name]["data_offsets"][0].get<size_t>();
    auto take = [&](size_t count) {
      Numbers numbers(count);
      if (count) // an empty list has no memory
        std::memcpy(numbers.data(), bytes.data() + at, count * 8);
      at += count * 8;
      return numbers;
    };
    std::istringstream text(lines.get<std::string>());
    for (std::string line; std::getline(text, line);) {
      std::istringstream words(line);
      size_t wide = 0, narrow = 0;
      words >> wide;
      bool isSpecial = bool(words >> narrow);
      Stored &stored = file[name].emplace_back();
      stored.text = line.substr(line.find_first_not_of("0123456789 "));
      stored.wide = take(wide);
      if (isSpecial)
        stored.narrow = take(narrow);
    }
  }
  return file;
}

const std::vector<Stored> &stored(const std::string &group, const std::string &op) {
  static std::map<std::string, File> files;
  auto [at, isNew] = files.try_emplace(group);
  if (isNew)
    at->second = read(group);
  return at->second[op];
}

/// Reads the numbers of all at once, so that they are compiled as one function.
std::vector<Numbers> numbersOf(const std::vector<Tensor> &tensors) {
  std::vector<Tensor> parts;
  for (const Tensor &t : tensors)
    parts.push_back(t.detach().to(torch::kFloat64).reshape({-1}));
  std::vector<Numbers> result;
  if (parts.empty())
    return result;
  Tensor joined = torch::cat(parts).contiguous();
  const double *data = joined.const_data_ptr<double>();
  for (const Tensor &t : tensors) {
    result.emplace_back(data, data + t.numel());
    data += t.numel();
  }
  return result;
}

struct Tolerance {
  double relative;
  bool isSpecial, isValue, isZeroOpen;
};

/// Whether \p a is near enough to the expected \p b; \p scale is the largest of
/// b's like. Infinities, NaN and a zero's sign are the same or not.
bool near(double a, double b, double scale, const Tolerance &t) {
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) && std::isnan(b);
  if (std::isinf(a) || std::isinf(b))
    return a == b;
  if (t.isSpecial && t.isValue && a == 0 && b == 0)
    return t.isZeroOpen || std::signbit(a) == std::signbit(b);
  // Each special number for itself: 1e-320 is not 0.
  double least = t.isSpecial && t.isValue ? 0 : 1;
  double size = t.isSpecial ? std::max(std::fabs(b), least) : std::max(scale, least);
  double unit = t.relative > 1e-8 ? 0x1p-149 : 0x1p-1074;
  return std::fabs(a - b) <= std::max(t.relative * size, 2 * unit);
}

/// Outside of its domain an element-wise function has no value and no gradient:
/// what formulas say there is nobody's business. Not so where NaN came in, but
/// for what is open.
bool isOutside(const Op &op, const Case &c, const Numbers &values, size_t at,
               size_t count) {
  if (!c.isSpecial || values.size() != count || !std::isnan(values[at]))
    return false;
  for (const Input &input : c.inputs)
    if (input.given.size() != count ||
        (std::isnan(input.given[at]) && !op.isGradientOfNaNOpen))
      return false;
  return true;
}

/// The backward's name where a number is an operand is Python's, not C++'s. What
/// was f64 is f32 where that is tested.
std::string normalized(std::string text, bool isWide, bool isNameOpen) {
  for (size_t i; !isWide && (i = text.find("f32[")) != std::string::npos;)
    text.replace(i, 3, "f64");
  for (const char *name : {"Add", "Sub", "Mul", "Div"})
    for (size_t i; (i = text.find(name + std::string("Backward1"))) != std::string::npos;)
      text[i + 11] = '0';
  for (size_t i; (i = text.find("torch::autograd::")) != std::string::npos;)
    text.erase(i, 17);
  for (size_t i = 0; isNameOpen && (i = text.find(']', i)) != std::string::npos; ++i)
    text.erase(i + 1, text.find(' ', i) - i - 1);
  return text;
}

class GoldenOp : public testing::TestWithParam<std::pair<std::string, Op>> {};

void check(const std::string &group, const Op &op, torch::Dtype type) {
  const std::vector<Stored> &expected = stored(group, op.name);
  ASSERT_EQ(expected.size(), op.cases.size()) << "run record.py";
  bool isWide = type == torch::kFloat64;
  std::vector<Computed> computed;
  std::vector<Tensor> all;
  // The layouts that f64 went through are not all gone through again.
  auto isLeftOut = [&](size_t k) { return !isWide && !op.cases[k].isSpecial && k >= 4; };
  for (const Case &c : op.cases) {
    if (isLeftOut(size_t(&c - op.cases.data()))) {
      computed.emplace_back();
      continue;
    }
    try {
      computed.push_back(compute(c, type, isWide ? 2 : 1));
    } catch (const std::exception &error) {
      FAIL() << "case " << &c - op.cases.data() << ": " << error.what();
    }
    all.insert(all.end(), computed.back().tensors.begin(), computed.back().tensors.end());
  }
  std::vector<Numbers> numbers = numbersOf(all);
  auto next = numbers.begin();
  for (size_t k = 0; k < op.cases.size(); ++k) {
    if (isLeftOut(k))
      continue;
    bool isSpecial = op.cases[k].isSpecial;
    EXPECT_EQ(normalized(computed[k].text, isWide, op.isNameOpen),
              normalized(expected[k].text, isWide, op.isNameOpen))
        << "of case " << k;
    const Numbers &wanted =
        isSpecial && !isWide ? expected[k].narrow : expected[k].wide;
    size_t at = 0;
    const Numbers *values = computed[k].tensors.empty() ? nullptr : &*next;
    for (size_t i = 0; i < computed[k].tensors.size(); ++i, ++next) {
      Numbers got = digest(next->data(), int64_t(next->size()), isSpecial);
      ASSERT_LE(at + got.size(), wanted.size()) << "case " << k;
      double scale = 0;
      for (size_t j = 0; j < got.size(); ++j)
        if (std::isfinite(wanted[at + j]))
          scale = std::max(scale, std::fabs(wanted[at + j]));
      bool isValue = i < computed[k].outputs;
      bool isExact = isWide && computed[k].tensors[i].scalar_type() != torch::kFloat32;
      Tolerance tolerance{isExact ? 1e-11 : 1e-5, isSpecial, isValue, op.isZeroOpen};
      bool isOpen = isSpecial && !isWide && op.isNarrowOpen;
      for (size_t j = 0; j < got.size(); ++j, ++at)
        EXPECT_TRUE(isOpen || near(got[j], wanted[at], scale, tolerance) ||
                    (!isValue && isOutside(op, op.cases[k], *values, j, got.size())))
            << (isWide ? "f64" : "f32") << " case " << k << ", tensor " << i
            << " at " << j << ": " << got[j] << ", not " << wanted[at];
    }
    if (isSpecial || isWide)
      EXPECT_EQ(at, wanted.size()) << "case " << k;
  }
}

TEST_P(GoldenOp, IsAsPyTorchs) {
  const auto &[group, op] = GetParam();
  ASSERT_GE(op.cases.size(), 6u);
  check(group, op, torch::kFloat64);
  check(group, op, torch::kFloat32);
}

std::vector<std::pair<std::string, Op>> everyOp() {
  std::vector<std::pair<std::string, Op>> all;
  for (const Group &group : groups()) {
    std::vector<Op> ops;
    group.fill(ops);
    for (Op &op : ops)
      all.push_back({group.name, std::move(op)});
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Every, GoldenOp, testing::ValuesIn(everyOp()),
                         [](const auto &info) { return info.param.second.name; });

} // namespace
