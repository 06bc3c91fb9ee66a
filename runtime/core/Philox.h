//===- Philox.h - Random numbers from counters ----------------------------===//
//
// Philox 4x32-10: four random words are a function of a counter and a key, so
// any thread can compute any part of a stream.
// Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
//
//===----------------------------------------------------------------------===//
#ifndef AGC_RUNTIME_CORE_PHILOX_H
#define AGC_RUNTIME_CORE_PHILOX_H

#include "runtime/core/DType.h"

#include <array>
#include <cstdint>

namespace agc {

using PhiloxCounter = std::array<uint32_t, 4>;
using PhiloxKey = std::array<uint32_t, 2>;

PhiloxCounter philox4x32(PhiloxCounter counter, PhiloxKey key);

/// A stream of random numbers: a seed, and how many counters are used up.
struct Generator {
  uint64_t seed = 0;
  uint64_t offset = 0;

  /// How many bits of randomness a number in [0, 1) of a type has: as many as it
  /// holds, so that it is less than 1.
  static int precision(DType type);
  /// Counters that \p numel numbers take: two elements a counter for f64, four
  /// else.
  static uint64_t countersFor(DType type, int64_t numel);

  /// Element i of these fills depends on seed, offset and i alone, and is what a
  /// graph's `random_uniform` gives there. A fill takes the counters that it
  /// needs. Types: f32, f64, bf16, f16.
  void fillUniform(void *data, DType type, int64_t numel, double low,
                   double high);
  /// By Box and Muller: of numbers 2k and 2k + 1 of such a fill, the radius and
  /// the angle.
  void fillNormal(void *data, DType type, int64_t numel, double mean,
                  double deviation);
  /// Integers low <= x < high, of any number type.
  void fillIntegers(void *data, DType type, int64_t numel, int64_t low,
                    int64_t high);
};

/// The generator that creation functions and initializers draw from.
Generator &defaultGenerator();

} // namespace agc

#endif
