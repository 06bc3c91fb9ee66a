#include "runtime/core/Philox.h"

#include "runtime/core/Convert.h"
#include "runtime/core/ThreadPool.h"
#include "runtime/core/philox4x32.h"

#include <algorithm>
#include <cmath>

namespace agc {
namespace {

PhiloxCounter words(const Generator &generator, uint64_t index) {
  uint64_t counter = generator.offset + index;
  return philox4x32({uint32_t(counter), uint32_t(counter >> 32), 0, 0},
                    {uint32_t(generator.seed), uint32_t(generator.seed >> 32)});
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

/// Calls \p fn(numbers in [0, 1), first element, how many) for each counter.
template <typename Fn>
void forUniforms(Generator &generator, DType type, int64_t numel, Fn fn) {
  int bits = Generator::precision(type);
  bool wide = type == DType::F64;
  int perCounter = wide ? 2 : 4;
  forCounters(generator, numel, perCounter, [&](const PhiloxCounter &w, int64_t first) {
    double numbers[4];
    for (int k = 0; k < perCounter; ++k)
      numbers[k] = wide ? double((uint64_t(w[2 * k + 1]) << 32 | w[2 * k]) >> 11) * 0x1p-53
                        : std::ldexp(double(w[k] >> (32 - bits)), -bits);
    fn(numbers, first, std::min<int64_t>(perCounter, numel - first));
  });
}

} // namespace

PhiloxCounter philox4x32(PhiloxCounter counter, PhiloxKey key) {
  agc_philox4x32(counter.data(), key[0], key[1]);
  return counter;
}

int Generator::precision(DType type) {
  switch (type) {
  case DType::F64: return 53;
  case DType::F16: return 11;
  case DType::BF16: return 8;
  default: return 24;
  }
}

uint64_t Generator::countersFor(DType type, int64_t numel) {
  uint64_t perCounter = type == DType::F64 ? 2 : 4;
  return (uint64_t(numel) + perCounter - 1) / perCounter;
}

void Generator::fillUniform(void *data, DType type, int64_t numel, double low,
                            double high) {
  forUniforms(*this, type, numel, [&](const double *u, int64_t first, int64_t count) {
    for (int64_t k = 0; k < count; ++k)
      storeNumber(data, type, first + k,
                  type == DType::F64
                      ? low + (high - low) * u[k]
                      : float(low) + (float(high) - float(low)) * float(u[k]));
  });
}

void Generator::fillNormal(void *data, DType type, int64_t numel, double mean,
                           double deviation) {
  constexpr double twoPi = 6.283185307179586;
  // Of f32's precision at least, and a pair for the last one too.
  DType drawn = type == DType::F64 ? type : DType::F32;
  forUniforms(*this, drawn, (numel + 1) / 2 * 2,
              [&](const double *u, int64_t first, int64_t count) {
                for (int64_t k = 0; k < count; ++k) {
                  if (first + k >= numel)
                    return;
                  // In (0, 1], so that the logarithm is finite.
                  double radius = std::sqrt(-2 * std::log(1 - u[k & ~1]));
                  double angle = twoPi * u[k | 1];
                  double part = k & 1 ? std::sin(angle) : std::cos(angle);
                  storeNumber(data, type, first + k, mean + radius * part * deviation);
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
