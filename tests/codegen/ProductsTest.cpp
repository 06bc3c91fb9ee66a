//===- ProductsTest.cpp - Sums of products, exactly ------------------------===//
//
// Of small whole numbers, so that a sum in f32 is exact in any order: every way in
// which an operand is packed, a sum is done in blocks and a tile is cut must give
// the very numbers.
//
//===----------------------------------------------------------------------===//
#include "tests/codegen/CompiledText.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace agc {
namespace {

using Sizes = std::map<char, int64_t>;

int64_t numel(const std::string &letters, const Sizes &sizes) {
  int64_t count = 1;
  for (char letter : letters)
    count *= sizes.at(letter);
  return count;
}

std::string type(const std::string &letters, const Sizes &sizes) {
  std::string text = "tensor<";
  for (char letter : letters)
    text += std::to_string(sizes.at(letter)) + "x";
  return text + "f32>";
}

std::vector<float> wholeNumbers(int64_t count, int seed) {
  std::mt19937 random(seed);
  std::vector<float> values(count);
  for (float &value : values)
    value = float(int(random() % 7) - 3);
  return values;
}

/// An operand as [b, rows, columns] with strides.
struct Operand {
  std::string letters;
  const Sizes &sizes;
  std::vector<float> values;
  int64_t stride(char letter) const {
    size_t at = letters.find(letter);
    return at == std::string::npos ? 0 : numel(letters.substr(at + 1), sizes);
  }
};

void backwards(void *, int64_t count, agc_task task, void *argument) {
  for (int64_t i = count; i-- > 0;)
    task(argument, i, i + 1);
}

struct Product {
  const char *x, *y; // letters b, m, n, k
  int64_t b, m, n, k;
  bool updates = false; // out = old - x * y, in place
};

void PrintTo(const Product &p, std::ostream *out) {
  *out << p.x << ' ' << p.y << ' ' << p.b << ' ' << p.m << ' ' << p.n << ' ' << p.k
       << (p.updates ? " updates" : "");
}

class Products : public testing::TestWithParam<Product> {
protected:
  Sizes sizes{{'b', GetParam().b}, {'m', GetParam().m}, {'n', GetParam().n}, {'k', GetParam().k}};
  bool isBatched = *GetParam().x == 'b' || *GetParam().y == 'b';
  std::string outLetters = isBatched ? "bmn" : "mn";

  std::string text() const {
    std::string tx = type(GetParam().x, sizes), ty = type(GetParam().y, sizes),
                tz = type(outLetters, sizes);
    std::string body = " %z = agc.einsum %x, %y {spec = \"" + std::string(GetParam().x) + "," +
                       GetParam().y + "->" + outLetters + "\"} : (" + tx + ", " + ty + ") -> " +
                       tz + "\n";
    if (!GetParam().updates)
      return "func.func @f(%x: " + tx + ", %y: " + ty + ") -> " + tz + " {\n" + body +
             " return %z : " + tz + "\n}";
    return "func.func @f(%x: " + tx + ", %y: " + ty + ", %w: " + tz + ") -> (" + tz +
           " {agc.updates = 2 : i64}) {\n" + body + " %n = agc.sub %w, %z : " + tz +
           "\n return %n : " + tz + "\n}";
  }

  std::vector<float> expected(const Operand &x, const Operand &y,
                              const std::vector<float> &old) const {
    const Product &p = GetParam();
    std::vector<float> result(numel(outLetters, sizes));
    for (int64_t b = 0; b < p.b; ++b)
      for (int64_t m = 0; m < p.m; ++m)
        for (int64_t n = 0; n < p.n; ++n) {
          const float *row = &x.values[b * x.stride('b') + m * x.stride('m')];
          const float *column = &y.values[b * y.stride('b') + n * y.stride('n')];
          int64_t sum = 0, dx = x.stride('k'), dy = y.stride('k');
          for (int64_t k = 0; k < p.k; ++k)
            sum += int64_t(row[k * dx]) * int64_t(column[k * dy]);
          int64_t at = (b * p.m + m) * p.n + n;
          result[at] = p.updates ? old[at] - float(sum) : float(sum);
        }
    return result;
  }
};

TEST_P(Products, AreExact) {
  Operand x{GetParam().x, sizes, wholeNumbers(numel(GetParam().x, sizes), 1)};
  Operand y{GetParam().y, sizes, wholeNumbers(numel(GetParam().y, sizes), 2)};
  std::vector<float> old = wholeNumbers(numel(outLetters, sizes), 3);
  std::vector<float> wanted = expected(x, y, old);
  agc_executor executor{nullptr, backwards};
  for (const char *cpu : {"native", "x86-64"}) {
    CompiledText f(text(), false, cpu);
    for (const agc_executor *runs : {(const agc_executor *)nullptr, (const agc_executor *)&executor}) {
      // What lies behind must stay.
      std::vector<float> result(old);
      result.resize(old.size() + 64, 7.f);
      std::vector<void *> arguments{x.values.data(), y.values.data()};
      if (GetParam().updates)
        arguments.push_back(result.data());
      else
        std::fill(result.begin(), result.begin() + old.size(), 99.f);
      ASSERT_EQ(f(arguments, {result.data()}, runs), 0);
      for (size_t i = 0; i < wanted.size(); ++i)
        ASSERT_EQ(result[i], wanted[i]) << cpu << ", element " << i;
      for (size_t i = wanted.size(); i < result.size(); ++i)
        ASSERT_EQ(result[i], 7.f) << cpu << ", behind the result";
    }
  }
}

// Rows fetched early and not, panels across and along, sums in blocks that do not divide,
// tiles and panels with a rest, one row and one column; along the sum, and few rows
// against many far steps; blocks of the sum around the tasks, rows that no cache holds;
// results of which few elements lie side by side; short ones shared out by rows.
INSTANTIATE_TEST_SUITE_P(
    Codegen, Products,
    testing::Values(Product{"mk", "kn", 1, 37, 50, 29}, Product{"mk", "nk", 1, 150, 131, 1100},
                    Product{"mk", "nk", 1, 1, 515, 700}, Product{"mk", "nk", 1, 5, 66, 1029},
                    Product{"mk", "nk", 1, 19, 97, 340}, Product{"mk", "kn", 1, 64, 600, 1050},
                    Product{"mk", "kn", 1, 7, 1, 1000}, Product{"km", "kn", 1, 523, 200, 700},
                    Product{"km", "kn", 1, 600, 33, 130}, Product{"km", "nk", 1, 700, 70, 270},
                    Product{"km", "nk", 1, 513, 260, 67}, Product{"mk", "kn", 1, 130, 17, 3001},
                    Product{"bmk", "bkn", 3, 65, 64, 64}, Product{"bmk", "bnk", 5, 33, 40, 70},
                    Product{"bkm", "bkn", 3, 66, 24, 130},
                    Product{"km", "kn", 1, 525, 290, 600, true},
                    Product{"mk", "nk", 1, 100, 530, 1300, true},
                    Product{"km", "kn", 1, 40, 530, 1500, true},
                    Product{"mk", "kn", 1, 3, 90, 900, true},
                    Product{"mk", "nk", 1, 3, 90, 905, true}, Product{"mk", "nk", 1, 70, 2, 97},
                    Product{"bmk", "bnk", 3, 4, 33, 71}, Product{"mk", "kn", 1, 4, 1203, 301},
                    Product{"mk", "kn", 1, 1, 1040, 70}, Product{"mk", "kn", 1, 300, 300, 1050},
                    Product{"mk", "nk", 1, 37, 200, 2100}, Product{"km", "kn", 1, 61, 330, 2300},
                    Product{"mk", "kn", 1, 1031, 130, 2100}, Product{"mk", "bnk", 6, 70, 4, 300},
                    Product{"mk", "bnk", 3, 33, 7, 1030}, Product{"mk", "kn", 1, 32, 500, 128},
                    Product{"mk", "kn", 1, 32, 128, 512}, Product{"km", "kn", 1, 48, 190, 140},
                    // Steps 4 KB apart, of which few stay in the caches: rows that are read
                    // once, few rows, panels packed as they are multiplied.
                    Product{"km", "kn", 1, 1024, 40, 900}, Product{"km", "nk", 1, 1024, 61, 500},
                    Product{"km", "kn", 1, 1024, 40, 900, true},
                    Product{"mk", "kn", 1, 16, 1024, 900}, Product{"mk", "kn", 1, 50, 1031, 300},
                    Product{"mk", "kn", 1, 50, 1031, 1500, true},
                    // Of short sums such rows are copied.
                    Product{"km", "kn", 1, 1030, 61, 100}, Product{"km", "nk", 1, 999, 64, 255},
                    Product{"km", "kn", 1, 1027, 50, 150, true},
                    // Few steps of those read from end to end, by one tile and by several.
                    Product{"mk", "kn", 1, 23, 2051, 500}, Product{"km", "kn", 1, 17, 1025, 900},
                    Product{"mk", "kn", 1, 5, 1203, 301, true},
                    Product{"mk", "kn", 1, 20, 1203, 905, true},
                    // A panel that no core's cache holds, for all rows.
                    Product{"mk", "kn", 1, 64, 50, 16103},
                    // One panel of all columns, if it were not cut for a second task.
                    Product{"mk", "nk", 1, 64, 64, 530}, Product{"km", "nk", 1, 50, 61, 730},
                    // Rows are written to their ends.
                    Product{"mk", "kn", 1, 517, 1030, 7}, Product{"km", "nk", 1, 523, 1030, 13},
                    Product{"km", "kn", 1, 517, 1030, 29, true},
                    // The smaller operand is transposed before.
                    Product{"km", "kn", 1, 963, 517, 515}, Product{"km", "kn", 1, 517, 963, 515},
                    Product{"km", "kn", 1, 970, 520, 600, true},
                    // Panels across of few steps, of which several rows are in a vector.
                    Product{"mk", "nk", 1, 300, 1000, 8}, Product{"km", "nk", 1, 130, 75, 5},
                    Product{"bmk", "bnk", 3, 140, 83, 23},
                    // Tiles copy the next panel: of blocks of the sum that do not divide,
                    // a last panel that is narrow.
                    Product{"km", "kn", 1, 520, 790, 1025}, Product{"km", "kn", 1, 310, 250, 701},
                    // Both across: results are turned, of one share of the columns and of
                    // several, of one block of the sum and of two, a batch's, an update's.
                    Product{"km", "nk", 1, 310, 250, 701}, Product{"km", "nk", 1, 64, 128, 128},
                    Product{"km", "nk", 1, 70, 3001, 300}, Product{"km", "nk", 1, 333, 205, 2500},
                    Product{"bkm", "bnk", 3, 66, 71, 130},
                    Product{"km", "nk", 1, 600, 150, 300, true},
                    Product{"km", "nk", 1, 99, 2203, 2100, true},
                    // Steps of rows that are copied as whole vectors: tiles of 6, 9, 13 and 14.
                    Product{"km", "kn", 1, 512, 128, 768, true},
                    Product{"km", "kn", 1, 128, 512, 768, true},
                    Product{"km", "kn", 1, 128, 128, 768, true},
                    Product{"km", "kn", 1, 265, 33, 528}, Product{"km", "nk", 1, 300, 128, 1040},
                    // Parts of a long sum, and their sum, which updates.
                    Product{"km", "kn", 1, 50, 70, 2400, true}, Product{"mk", "nk", 1, 40, 33, 2600},
                    Product{"mk", "kn", 1, 9, 5, 8200}, Product{"mk", "kn", 1, 1, 1, 70000}));

} // namespace
} // namespace agc
