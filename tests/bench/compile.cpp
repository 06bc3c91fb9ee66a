//===- compile.cpp - What it costs to compile a graph ---------------------===//
#include <agc/agc.h>

#include <benchmark/benchmark.h>

#include <cstdlib>

using namespace agc;

namespace {

/// The first turn of a loop over `range` ops with their gradients: tracing,
/// differentiating, compiling, running. Time should grow with the ops, not with
/// their square. A width that no turn had before makes it a new graph.
template <typename Op> void firstTurn(benchmark::State &state, Op op) {
  setenv("AGC_CACHE_DIR", "", 1); // nothing from the disk
  static int64_t width = 7;
  for (auto _ : state) {
    ++width;
    Tensor x = rand({4, width}, requires_grad()), w = rand({width, width}), y = x;
    for (int64_t i = 0; i < state.range(0); ++i)
      y = op(y, x, w, i);
    y.sum().backward();
    benchmark::DoNotOptimize(x.grad().sum().item<float>());
  }
  state.SetComplexityN(state.range(0));
}

void compileChain(benchmark::State &state) {
  firstTurn(state, [](auto &y, auto &, auto &, int64_t) { return tanh(y); });
}
void compileLayers(benchmark::State &state) {
  firstTurn(state, [](auto &y, auto &x, auto &w, int64_t i) {
    return i % 5 == 4 ? matmul(y, w) * 0.1 : i % 5 == 2 ? y + x : tanh(y);
  });
}
BENCHMARK(compileChain)->RangeMultiplier(4)->Range(300, 19200)->Iterations(1)->Complexity()->Unit(
    benchmark::kMillisecond);
BENCHMARK(compileLayers)->RangeMultiplier(4)->Range(300, 19200)->Iterations(1)->Complexity()->Unit(
    benchmark::kMillisecond);

} // namespace
