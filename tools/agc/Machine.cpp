#include "tools/agc/Machine.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace agc::cli {
namespace {

// GCC's notation for vectors, which clang has too: what a target lacks is made
// of what it has.
#define AGC_INLINE inline __attribute__((always_inline))

/// A vector of so many floats. No template of their number: gcc 12 loses the
/// attribute of a type that depends on one.
struct Floats4 {
  typedef float Vector __attribute__((vector_size(16)));
  static constexpr int size = 4;
};
struct Floats8 {
  typedef float Vector __attribute__((vector_size(32)));
  static constexpr int size = 8;
};
struct Floats16 {
  typedef float Vector __attribute__((vector_size(64)));
  static constexpr int size = 16;
};

/// \p Count accumulators: as many as hide the latency of an
/// FMA and fit into the registers beside the two factors, which come from a caller
/// that the compiler does not see.
template <typename Floats, int Count> AGC_INLINE int64_t multiplyAddLoop(int64_t turns) {
  using Vector = typename Floats::Vector;
  volatile float seed = 0.5f;
  Vector factor = Vector{} + seed, summand = Vector{} + seed, sums[Count];
  for (int i = 0; i < Count; ++i)
    sums[i] = Vector{} + seed * float(i);
  for (int64_t turn = 0; turn < turns; ++turn)
#pragma GCC unroll 32
    for (int i = 0; i < Count; ++i)
      sums[i] = sums[i] * factor + summand; // tends to 1: never denormal
  float kept = 0;
  for (int i = 0; i < Count; ++i)
    for (int lane = 0; lane < Floats::size; ++lane)
      kept += sums[i][lane];
  seed = kept;
  return turns * Count * Floats::size * 2;
}

template <typename Floats> AGC_INLINE float readLoop(const float *from, size_t count) {
  constexpr size_t width = Floats::size, unroll = 8;
  typename Floats::Vector sums[unroll] = {};
  for (size_t i = 0; i + unroll * width <= count; i += unroll * width)
#pragma GCC unroll 8
    for (size_t u = 0; u < unroll; ++u) {
      typename Floats::Vector part;
      __builtin_memcpy(&part, from + i + u * width, sizeof(part)); // aligned as floats are
      sums[u] += part;
    }
  float sum = 0;
  for (size_t u = 0; u < unroll; ++u)
    for (size_t lane = 0; lane < width; ++lane)
      sum += sums[u][lane];
  return sum;
}

template <typename Floats>
AGC_INLINE void triadLoop(float *to, const float *a, const float *b, size_t count) {
  constexpr size_t width = Floats::size;
  for (size_t i = 0; i + width <= count; i += width) {
    typename Floats::Vector sum, more;
    __builtin_memcpy(&sum, a + i, sizeof(sum));
    if (b) {
      __builtin_memcpy(&more, b + i, sizeof(more));
      sum += 3.0f * more;
    }
    __builtin_memcpy(to + i, &sum, sizeof(sum));
  }
}

#if defined(__x86_64__)
#define AGC_FOR(features) __attribute__((target(features)))
AGC_FOR("avx512f,fma") int64_t multiplyAdd512(int64_t turns) {
  return multiplyAddLoop<Floats16, 24>(turns);
}
AGC_FOR("avx2,fma") int64_t multiplyAdd256(int64_t turns) {
  return multiplyAddLoop<Floats8, 12>(turns);
}
AGC_FOR("avx512f,fma") float read512(const float *from, size_t count) {
  return readLoop<Floats16>(from, count);
}
AGC_FOR("avx2,fma") float read256(const float *from, size_t count) {
  return readLoop<Floats8>(from, count);
}
AGC_FOR("avx512f,fma")
void triad512(float *to, const float *a, const float *b, size_t count) {
  triadLoop<Floats16>(to, a, b, count);
}
AGC_FOR("avx2,fma")
void triad256(float *to, const float *a, const float *b, size_t count) {
  triadLoop<Floats8>(to, a, b, count);
}
bool has512() {
  static const bool has = __builtin_cpu_supports("avx512f");
  return has;
}
bool has256() {
  static const bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return has;
}
#endif

} // namespace

int64_t multiplyAdd(int64_t turns) {
#if defined(__x86_64__)
  if (has512())
    return multiplyAdd512(turns);
  if (has256())
    return multiplyAdd256(turns);
  return multiplyAddLoop<Floats4, 12>(turns);
#else
  return multiplyAddLoop<Floats4, 24>(turns);
#endif
}

float readFloats(const float *from, size_t count) {
#if defined(__x86_64__)
  if (has512())
    return read512(from, count);
  if (has256())
    return read256(from, count);
#endif
  return readLoop<Floats4>(from, count);
}

void triadFloats(float *to, const float *a, const float *b, size_t count) {
#if defined(__x86_64__)
  if (has512())
    return triad512(to, a, b, count);
  if (has256())
    return triad256(to, a, b, count);
#endif
  triadLoop<Floats4>(to, a, b, count);
}

void copyFloats(float *to, const float *from, size_t count) {
  triadFloats(to, from, nullptr, count);
}

namespace {

/// Calls \p work(thread), which returns an amount, on all threads at once for
/// \p seconds; the sum of what each did a second.
template <typename Work> double rate(int threads, double seconds, Work work) {
  using Clock = std::chrono::steady_clock;
  std::atomic<int> ready{0};
  std::mutex mutex;
  double total = 0;
  auto one = [&](int thread) {
    work(thread); // Frequency and pages are those of work from here on.
    for (++ready; ready < threads;)
      std::this_thread::yield();
    auto begin = Clock::now();
    double done = 0, spent = 0;
    while (spent < seconds) {
      done += double(work(thread));
      spent = std::chrono::duration<double>(Clock::now() - begin).count();
    }
    std::lock_guard<std::mutex> lock(mutex);
    total += done / spent;
  };
  std::vector<std::thread> others;
  for (int thread = 1; thread < threads; ++thread)
    others.emplace_back(one, thread);
  one(0);
  for (std::thread &other : others)
    other.join();
  return total;
}

} // namespace

double measureFlops(int threads, double seconds) {
  return rate(threads, seconds, [](int) { return multiplyAdd(1 << 14); });
}

MachinePeak measurePeak(int threads) {
  // Most of three: a shared machine only ever makes it slower.
  MachinePeak peak;
  constexpr double seconds = 0.04;
  for (int i = 0; i < 3; ++i)
    peak.gflops = std::max(peak.gflops, measureFlops(threads, seconds) / 1e9);
  auto most = [&](double &of, auto work) {
    for (int i = 0; i < 3; ++i)
      of = std::max(of, rate(threads, seconds, work) / 1e9);
  };

  constexpr size_t count = size_t(8) << 20;
  struct Arrays {
    std::unique_ptr<float[]> a{new float[count]()}, b{new float[count]()},
        c{new float[count]()};
  };
  std::vector<Arrays> arrays(static_cast<size_t>(threads));
  std::vector<float> sums(arrays.size() * 16); // a cache line each
  constexpr double bytes = double(count * sizeof(float));
  most(peak.gbytes, [&](int thread) {
    const Arrays &own = arrays[size_t(thread)];
    for (const std::unique_ptr<float[]> *from : {&own.a, &own.b, &own.c})
      sums[size_t(thread) * 16] += readFloats(from->get(), count);
    return 3 * bytes;
  });
  most(peak.gbytes, [&](int thread) {
    const Arrays &own = arrays[size_t(thread)];
    copyFloats(own.a.get(), own.b.get(), count);
    copyFloats(own.b.get(), own.c.get(), count);
    return 4 * bytes;
  });
  most(peak.gbytes, [&](int thread) {
    const Arrays &own = arrays[size_t(thread)];
    triadFloats(own.a.get(), own.b.get(), own.c.get(), count);
    return 3 * bytes;
  });
  return peak;
}

} // namespace agc::cli
