//===- Formula.h - Weights and data that need not be stored ----------------===//
//
// The same numbers as make.py's: splitmix64, started by a tensor's name.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_TESTS_GOLDEN_FORMULA_H
#define AGC_TESTS_GOLDEN_FORMULA_H

#include <cmath>
#include <cstdint>
#include <string>

namespace golden {

/// Word \p i of the stream called \p name.
inline uint64_t word(const std::string &name, int64_t i) {
  uint64_t state = 0xCBF29CE484222325; // FNV-1a of the name
  for (unsigned char byte : name)
    state = (state ^ byte) * 0x100000001B3;
  state += (uint64_t(i) + 1) * 0x9E3779B97F4A7C15;
  state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
  state = (state ^ (state >> 27)) * 0x94D049BB133111EB;
  return state ^ (state >> 31);
}

/// Uniform in [0, 1), a multiple of 2^-24.
inline double value(const std::string &name, int64_t i) {
  return double(word(name, i) >> 40) / (1 << 24);
}

/// Element \p i of the parameter \p name with \p fanIn elements a row, or 0 if
/// it has one dimension; rounded to f32, in f64 models too.
inline double firstValue(const std::string &name, int64_t i, int64_t fanIn) {
  double u = 2 * value(name, i) - 1;
  if (fanIn)
    return float(u * std::sqrt(6.0 / double(fanIn)));
  bool isWeight = name.size() >= 6 && name.compare(name.size() - 6, 6, "weight") == 0;
  return float(isWeight ? 1 + u / 8 : u / 8);
}

/// Where stored element \p k of a tensor of \p count elements comes from.
inline int64_t place(const std::string &name, int64_t k, int64_t count) {
  return int64_t(word("at " + name, k) % uint64_t(count));
}

} // namespace golden

#endif
