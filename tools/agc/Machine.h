//===- Machine.h - What this machine can do at most -------------------------===//
//
// Loops that do nothing but multiply and add in registers, or move memory, at
// the widest vectors that the processor has: what a kernel is measured by.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_TOOLS_AGC_MACHINE_H
#define AGC_TOOLS_AGC_MACHINE_H

#include <cstddef>
#include <cstdint>

namespace agc::cli {

/// Multiplies and adds floats, \p turns times all accumulators; returns how many
/// operations these were, an FMA being two.
int64_t multiplyAdd(int64_t turns);

/// Sums \p count floats, a multiple of 256. The bits do not matter, but that
/// the sum is used does.
float readFloats(const float *from, size_t count);
/// to[i] = from[i]
void copyFloats(float *to, const float *from, size_t count);
/// to[i] = a[i] + 3 * b[i]
void triadFloats(float *to, const float *a, const float *b, size_t count);

/// What a number of threads reach together.
struct MachinePeak {
  double gflops = 0; // of f32
  double gbytes = 0; // a second, of what does not fit into caches: reading, copying
                     // or both with arithmetic, whichever is fastest
};

/// The FLOP/s of f32 that so many threads reach together in these seconds.
double measureFlops(int threads, double seconds);

/// Takes about half a second and 96 MiB a thread.
MachinePeak measurePeak(int threads);

} // namespace agc::cli

#endif
