#include "runtime/core/Philox.h"

#include "runtime/core/Convert.h"
#include "runtime/core/ThreadPool.h"

#include <algorithm>
#include <cmath>

namespace agc {
namespace {

constexpr int rounds = 10;

PhiloxCounter words(const Generator &generator, uint64_t index) {
  uint64_t counter = generator.offset + index;
  return philox4x32({uint32_t(counter), uint32_t(counter >> 32), 0, 0},
                    {uint32_t(generator.seed), uint32_t(generator.seed >> 32)});
}

double uniform53(uint32_t low, uint32_t high) {
  return double((uint64_t(high) << 32 | low) >> 11) * 0x1p-53;
}

/// Calls \p element(counter's words, first element) for each group of
/// \p perCounter elements, on all threads.
template <typename Fn>
void forCounters(Generator &generator, int64_t numel, int perCounter, Fn fn) {
  constexpr int64_t tile = 4096;
  int64_t counters = (numel + perCounter - 1) / perCounter;
  struct Job {
    const Generator &generator;
    int64_t counters;
    int perCounter;
    Fn &fn;
  } job{generator, counters, perCounter, fn};
  threadPool()->parallelFor(
      (counters + tile - 1) / tile,
      [](void *argument, int64_t begin, int64_t end) {
        Job &job = *static_cast<Job *>(argument);
        int64_t last = std::min(end * tile, job.counters);
        for (int64_t c = begin * tile; c < last; ++c)
          job.fn(words(job.generator, uint64_t(c)), c * job.perCounter);
      },
      &job);
  generator.offset += uint64_t(counters);
}

} // namespace

PhiloxCounter philox4x32(PhiloxCounter c, PhiloxKey key) {
  for (int round = 0; round < rounds; ++round) {
    uint64_t a = uint64_t(0xD2511F53) * c[0];
    uint64_t b = uint64_t(0xCD9E8D57) * c[2];
    c = {uint32_t(b >> 32) ^ c[1] ^ key[0], uint32_t(b),
         uint32_t(a >> 32) ^ c[3] ^ key[1], uint32_t(a)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return c;
}

void Generator::fillUniform(void *data, DType type, int64_t numel, double low,
                            double high) {
  bool wide = type == DType::F64;
  forCounters(*this, numel, wide ? 2 : 4,
              [&](const PhiloxCounter &w, int64_t first) {
                if (wide) {
                  for (int64_t k = 0; k < 2 && first + k < numel; ++k)
                    storeNumber(data, type, first + k,
                                low + (high - low) *
                                          uniform53(w[2 * k], w[2 * k + 1]));
                  return;
                }
                for (int64_t k = 0; k < 4 && first + k < numel; ++k) {
                  float u = float(w[k] >> 8) * 0x1p-24f;
                  storeNumber(data, type, first + k,
                              float(low) + (float(high) - float(low)) * u);
                }
              });
}

void Generator::fillNormal(void *data, DType type, int64_t numel, double mean,
                           double deviation) {
  constexpr double twoPi = 6.283185307179586;
  bool wide = type == DType::F64;
  forCounters(
      *this, numel, wide ? 2 : 4, [&](const PhiloxCounter &w, int64_t first) {
        int pairs = wide ? 1 : 2;
        for (int pair = 0; pair < pairs; ++pair) {
          // In (0, 1], so that the logarithm is finite.
          double u = wide ? 1.0 - uniform53(w[0], w[1])
                          : (double(w[2 * pair]) + 1) * 0x1p-32;
          double v = wide ? uniform53(w[2], w[3])
                          : double(w[2 * pair + 1]) * 0x1p-32;
          double radius = std::sqrt(-2 * std::log(u)) * deviation;
          int64_t at = first + 2 * pair;
          if (at < numel)
            storeNumber(data, type, at, mean + radius * std::cos(twoPi * v));
          if (at + 1 < numel)
            storeNumber(data, type, at + 1, mean + radius * std::sin(twoPi * v));
        }
      });
}

void Generator::fillIntegers(void *data, DType type, int64_t numel, int64_t low,
                             int64_t high) {
  uint64_t range = uint64_t(high) - uint64_t(low);
  forCounters(*this, numel, 2, [&](const PhiloxCounter &w, int64_t first) {
    for (int64_t k = 0; k < 2 && first + k < numel; ++k) {
      uint64_t bits = uint64_t(w[2 * k + 1]) << 32 | w[2 * k];
      // The high half of bits * range: no value is favoured by more than
      // range / 2^64.
      uint64_t value = uint64_t((unsigned __int128)bits * range >> 64);
      storeInteger(data, type, first + k, low + int64_t(value));
    }
  });
}

Generator &defaultGenerator() {
  static Generator generator;
  return generator;
}

} // namespace agc
