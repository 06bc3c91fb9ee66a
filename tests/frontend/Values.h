//===- Values.h - Inputs that make_golden.py makes too --------------------===//
#ifndef AGC_TESTS_FRONTEND_VALUES_H
#define AGC_TESTS_FRONTEND_VALUES_H

#include <agc/agc.h>

#include <nlohmann/json.hpp>

#include <fstream>

namespace agc::testvalues {

inline std::vector<double> values(uint32_t seed, int64_t n, double low, double high) {
  std::vector<double> result;
  for (int64_t i = 0; i < n; ++i) {
    uint32_t h = uint32_t(i) + seed * 0x9E3779B9u;
    h = (h ^ h >> 16) * 0x85EBCA6Bu;
    h = (h ^ h >> 13) * 0xC2B2AE35u;
    h ^= h >> 16;
    result.push_back(low + (high - low) * (double(h >> 8) * 0x1p-24));
  }
  return result;
}

inline Tensor make(uint32_t seed, std::vector<int64_t> shape, double low = -2,
                   double high = 2, DType type = kFloat64) {
  int64_t n = 1;
  for (int64_t size : shape)
    n *= size;
  return tensor(values(seed, n, low, high), type).view(shape);
}

inline const nlohmann::json &golden() {
  static const nlohmann::json file =
      nlohmann::json::parse(std::ifstream(AGC_TEST_FRONTEND "/golden.json"));
  return file;
}

} // namespace agc::testvalues

#endif
