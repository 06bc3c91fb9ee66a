//===- tracing.cpp - What the frontend costs beyond the arithmetic --------===//
#include <agc/agc.h>

#include <benchmark/benchmark.h>

using namespace agc;

namespace {

/// Records a chain of element-wise ops and throws it away: the cost of an op
/// that nobody has asked the value of.
void recordOps(benchmark::State &state) {
  Tensor w = ones({8, 8}, requires_grad());
  for (auto _ : state) {
    Tensor z = w;
    for (int i = 0; i < 1000; ++i)
      z = tanh(z * w + w);
    benchmark::DoNotOptimize(z);
  }
  state.SetItemsProcessed(state.iterations() * 3000);
}
BENCHMARK(recordOps)->Unit(benchmark::kMicrosecond);

/// One turn of the user's loop over a chain of `range` ops, found again by its
/// structure and run: with tiny tensors nearly all of it is tracing and lookup.
void retraceStep(benchmark::State &state) {
  Tensor w = ones({4}, requires_grad());
  for (auto _ : state) {
    Tensor z = w;
    for (int i = 0; i < state.range(0); ++i)
      z = z * w;
    benchmark::DoNotOptimize(z.sum().item<float>());
  }
}
BENCHMARK(retraceStep)->Arg(10)->Arg(100)->Arg(700)->Unit(
    benchmark::kMicrosecond);

/// The compiled step of an MLP 16-32-32-4 at batch 1, through train_step.
void tinyMlpStep(benchmark::State &state) {
  nn::Sequential model(nn::Linear(16, 32), nn::ReLU(), nn::Linear(32, 32),
                       nn::ReLU(), nn::Linear(32, 4));
  optim::SGD optimizer(model->parameters(),
                       optim::SGDOptions(0.01).momentum(0.9));
  auto step = train_step(model, nn::functional::mse_loss, optimizer,
                         spec({1, 16}), spec({1, 4}));
  Tensor x = rand({1, 16}), y = rand({1, 4});
  for (auto _ : state)
    step(x, y);
}
BENCHMARK(tinyMlpStep);

} // namespace
