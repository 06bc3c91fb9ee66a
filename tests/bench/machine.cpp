//===- machine.cpp - What this machine can do at most ----------------------===//
//
// The f32 peak and the bandwidth of memory, by threads: tests/bench/run reads
// them before all else.
//
//===----------------------------------------------------------------------===//
#include "tools/agc/Machine.h"

#include <benchmark/benchmark.h>

#include <memory>

using namespace agc::cli;

namespace {

void report(benchmark::State &state, const char *name, double amount) {
  state.counters[name] = benchmark::Counter(amount, benchmark::Counter::kIsRate);
}

void fma(benchmark::State &state) {
  int64_t operations = 0;
  for (auto _ : state)
    operations += multiplyAdd(1 << 16);
  report(state, "flops", double(operations));
}

/// Far more than any cache: 128 MiB an array and thread.
constexpr size_t count = size_t(32) << 20;
using Array = std::unique_ptr<float[]>;
double moved(benchmark::State &state, int arrays) {
  return double(state.iterations()) * arrays * double(count * sizeof(float));
}

void memoryRead(benchmark::State &state) {
  Array from(new float[count]());
  for (auto _ : state)
    benchmark::DoNotOptimize(readFloats(from.get(), count));
  report(state, "bytes", moved(state, 1));
}

void memoryCopy(benchmark::State &state) {
  Array from(new float[count]()), to(new float[count]());
  for (auto _ : state)
    copyFloats(to.get(), from.get(), count);
  report(state, "bytes", moved(state, 2));
}

void memoryTriad(benchmark::State &state) {
  Array a(new float[count]()), b(new float[count]()), to(new float[count]());
  for (auto _ : state)
    triadFloats(to.get(), a.get(), b.get(), count);
  report(state, "bytes", moved(state, 3));
}

#define AGC_ALL_THREADS ->UseRealTime()->Threads(1)->Threads(2)
BENCHMARK(fma) AGC_ALL_THREADS;
BENCHMARK(memoryRead) AGC_ALL_THREADS;
BENCHMARK(memoryCopy) AGC_ALL_THREADS;
BENCHMARK(memoryTriad) AGC_ALL_THREADS;

} // namespace
