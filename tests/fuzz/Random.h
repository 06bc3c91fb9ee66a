//===- Random.h - Numbers that a seed reproduces anywhere ------------------===//
#ifndef AGC_TESTS_FUZZ_RANDOM_H
#define AGC_TESTS_FUZZ_RANDOM_H

#include <cstdint>
#include <iterator>

namespace agc::fuzz {

/// SplitMix64. Not the standard library's distributions: each library has its
/// own.
class Random {
public:
  explicit Random(uint64_t seed) : state(seed) { bits(); }

  uint64_t bits() {
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  /// One of 0, …, n - 1.
  int64_t below(int64_t n) { return int64_t(bits() % uint64_t(n)); }
  /// One of low, …, high.
  int64_t between(int64_t low, int64_t high) { return low + below(high - low + 1); }
  double uniform(double low, double high) {
    return low + (high - low) * (double(bits() >> 11) * 0x1p-53);
  }
  bool chance(double probability) { return uniform(0, 1) < probability; }
  template <typename List> decltype(auto) of(List &&list) {
    return *std::next(std::begin(list), below(int64_t(std::size(list))));
  }

private:
  uint64_t state;
};

} // namespace agc::fuzz

#endif
