//===- kernels.cpp - Products and convolutions, each as a function of its own ===//
//
// Names say all of a case, and peers read them (kernels_peer.py):
//   mm/AB/MxNxK/tT              a product; A, B: n as it is, t transposed
//   conv/WHAT/bN/IxOxS/KsD/tT   batch N, I to O channels of S x S, K x K, stride D;
//                               WHAT: forward, data or weight, the two gradients
//   attention/WHAT/bN/HxTxE/tT  batch N, H heads of T queries and keys and of E features,
//                               causal; WHAT: forward, or step: with its gradients
// Counters: the median of a call's times, seconds; FLOP/s by it, flops; those of the
// products alone, without what brings operands into their order, products; each as a
// fraction of the FMA peak of so many threads, just before and after: peak.
// tests/bench/kernels has peers beside them.
//
//===----------------------------------------------------------------------===//
#include <agc/agc.h>

#include "runtime/jit/Executable.h"
#include "tools/agc/KernelTable.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <vector>

using namespace agc;

namespace {

/// A compiled function with buffers of its own, so that a call is the function's alone.
class Function {
public:
  Function(const std::string &program, bool profile) {
    proto::Module module;
    if (!module.ParseFromString(program))
      std::abort();
    CompileOptions options;
    options.function = "forward";
    options.profile = profile;
    executable = findExecutable(module, options);
    const proto::Manifest &manifest = executable->manifest();
    for (const proto::ArgumentInfo &argument : manifest.arguments())
      arguments.push_back(room(argument.type()));
    for (const proto::ResultInfo &result : manifest.results())
      results.push_back(room(result.type()));
    timers.resize(2 * size_t(manifest.kernels_size()));
    if (profile)
      arguments.push_back(timers.data());
  }
  void operator()() {
    agc_failure failure;
    if (executable->run(arguments.data(), results.data(), failure))
      std::abort();
  }
  /// Ticks of the kernels that do a hundredth of the work or more, since they are made.
  uint64_t ticksOfWork() const {
    uint64_t most = 0, ticks = 0;
    const proto::Manifest &manifest = executable->manifest();
    for (const proto::KernelInfo &kernel : manifest.kernels())
      most = std::max(most, kernel.flops() * kernel.calls());
    for (int i = 0; i < manifest.kernels_size(); ++i)
      if (manifest.kernels(i).flops() * manifest.kernels(i).calls() * 100 >= most)
        ticks += timers[2 * size_t(i) + 1];
    return ticks;
  }

private:
  std::shared_ptr<Executable> executable;
  std::vector<void *> arguments, results;
  std::vector<Tensor> tensors;
  std::vector<uint64_t> timers;

  void *room(const proto::TensorType &type) {
    std::vector<int64_t> shape(type.shape().begin(), type.shape().end());
    tensors.push_back(agc::rand(shape));
    return tensors.back().data_ptr();
  }
};

/// The median of a call's times, as kernels_peer.py takes it: of runs of many calls each, as
/// a call may take less than the clock's tick, and three of these at least.
double medianSeconds(benchmark::State &state, Function &function) {
  constexpr double runSeconds = 0.005;
  constexpr int leastRuns = 3;
  using Clock = std::chrono::steady_clock;
  auto secondsOf = [&](int64_t calls) {
    Clock::time_point begin = Clock::now();
    for (int64_t i = 0; i < calls; ++i)
      function();
    return std::chrono::duration<double>(Clock::now() - begin).count() / double(calls);
  };
  secondsOf(1);
  int64_t calls = std::max<int64_t>(1, int64_t(runSeconds / secondsOf(1)));
  std::vector<double> times;
  while (state.KeepRunningBatch(leastRuns * calls))
    for (int i = 0; i < leastRuns; ++i)
      times.push_back(secondsOf(calls));
  std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
  return times[times.size() / 2];
}

/// \p flops: of one call, by the textbook.
template <typename Trace>
void measure(benchmark::State &state, int threads, double flops, Trace trace) {
  set_num_threads(threads);
  std::string program = trace().serialize();
  Function function(program, /*profile=*/false);
  // What the machine does at most differs from second to second: before and after.
  constexpr double slice = 0.02;
  double peakBefore = cli::measureFlops(threads, slice);
  double median = medianSeconds(state, function);
  double peak = (peakBefore + cli::measureFlops(threads, slice)) / 2;
  state.counters["seconds"] = median;
  state.counters["flops"] = flops / median;
  state.counters["of_peak"] = flops / median / peak;
  state.counters["peak"] = peak;

  Function timed(program, /*profile=*/true);
  timed();
  uint64_t before = timed.ticksOfWork();
  cli::TickClock clock;
  int calls = 0;
  do {
    timed();
    ++calls;
  } while (clock.milliseconds() < 20);
  double seconds = double(timed.ticksOfWork() - before) / clock.ticksPerMs() / 1e3;
  state.counters["products"] = flops * calls / seconds;
  state.counters["products_of_peak"] = flops * calls / seconds / peak;
}

void product(benchmark::State &state, std::string order, int64_t m, int64_t n, int64_t k,
             int threads) {
  bool ta = order[0] == 't', tb = order[1] == 't';
  measure(state, threads, 2.0 * double(m) * double(n) * double(k), [&] {
    return compile(
        [=](Tensor a, Tensor b) { return matmul(ta ? a.t() : a, tb ? b.t() : b); },
        ta ? spec({k, m}) : spec({m, k}), tb ? spec({n, k}) : spec({k, n}));
  });
}

struct Layer {
  int64_t in, out, size, kernel, stride;
};

void convolution(benchmark::State &state, std::string what, int64_t batch, Layer layer,
                 int threads) {
  int64_t outSize = (layer.size - 1) / layer.stride + 1; // the padding is half the kernel
  std::vector<int64_t> x{batch, layer.in, layer.size, layer.size},
      w{layer.out, layer.in, layer.kernel, layer.kernel},
      y{batch, layer.out, outSize, outSize};
  double flops = 2.0 * double(batch * outSize * outSize) *
                 double(layer.out * layer.in * layer.kernel * layer.kernel);
  auto forward = [=](const Tensor &x, const Tensor &w) {
    return conv2d(x, w, {}, layer.stride, layer.kernel / 2);
  };
  measure(state, threads, flops, [&] {
    if (what == "forward")
      return compile([=](Tensor a, Tensor b) { return forward(a, b); }, spec(x), spec(w));
    bool data = what == "data";
    // Of the operand whose gradient it is, only the shape counts.
    return compile(
        [=](Tensor other, Tensor dy) {
          AutoGradMode on(true);
          Tensor wanted = zeros(data ? x : w).requires_grad_(true);
          Tensor result = data ? forward(wanted, other) : forward(other, wanted);
          return autograd::grad({result}, {wanted}, {dy})[0];
        },
        spec(data ? w : x), spec(y));
  });
}

/// Causal. The textbook's FLOPs are those of scores that count.
void attention(benchmark::State &state, bool isStep, int64_t batch, int64_t heads,
               int64_t length, int64_t features, int threads) {
  std::vector<int64_t> shape{batch, heads, length, features};
  double scores = double(batch * heads) * double(length) * double(length + 1) / 2;
  auto forward = [](const Tensor &q, const Tensor &k, const Tensor &v) {
    return scaled_dot_product_attention(q, k, v, {}, 0, /*is_causal=*/true);
  };
  measure(state, threads, scores * 2 * double(features) * (isStep ? 7 : 2), [&] {
    if (!isStep)
      return compile([=](Tensor q, Tensor k, Tensor v) { return forward(q, k, v); }, spec(shape),
                     spec(shape), spec(shape));
    return compile(
        [=](Tensor q, Tensor k, Tensor v, Tensor dy) {
          AutoGradMode on(true);
          for (Tensor *x : {&q, &k, &v})
            x->requires_grad_(true);
          return stack(autograd::grad({forward(q, k, v)}, {q, k, v}, {dy}));
        },
        spec(shape), spec(shape), spec(shape), spec(shape));
  });
}

void addAttention() {
  struct Shape {
    int64_t batch, heads, length, features;
  };
  const Shape shapes[] = {{64, 4, 8, 8},    {64, 4, 8, 32},   {64, 4, 16, 32}, {32, 4, 32, 32},
                          {12, 4, 64, 32},  {4, 4, 128, 32},  {4, 4, 256, 32}, {4, 4, 512, 32},
                          {4, 4, 1024, 32}, {1, 12, 256, 64}, {1, 12, 1024, 64}};
  for (int threads : {1, 2})
    for (const char *what : {"forward", "step"})
      for (const Shape &s : shapes)
        benchmark::RegisterBenchmark(
            ("attention/" + std::string(what) + "/b" + std::to_string(s.batch) + "/" +
             std::to_string(s.heads) + "x" + std::to_string(s.length) + "x" +
             std::to_string(s.features) + "/t" + std::to_string(threads))
                .c_str(),
            [=](benchmark::State &state) {
              attention(state, what == std::string("step"), s.batch, s.heads, s.length, s.features,
                        threads);
            })
            ->UseRealTime();
}

void addProducts() {
  struct Shape {
    int64_t m, n, k;
  };
  const Shape shapes[] = {
      {512, 512, 512}, {768, 768, 768}, {1024, 1024, 1024}, {1536, 1536, 1536},
      {2048, 2048, 2048},
      {4096, 64, 512}, {16384, 64, 64}, {4096, 16, 1024}, // tall
      {64, 4096, 512}, {64, 16384, 64}, {16, 4096, 1024}, // flat
      {64, 64, 16384}, {128, 128, 8192}, {1024, 1024, 8}, // deep, shallow
      {511, 513, 509}, {1023, 1025, 1027}, {333, 777, 555}, {97, 101, 103}, // odd
      {8, 8, 8}, {16, 16, 16}, {33, 33, 33}, {64, 64, 64}, {100, 100, 100},
      {128, 128, 128}, {256, 256, 256}, // small
      {1, 4096, 4096}, {4096, 1, 4096}, {8, 4096, 1024}}; // nearly a vector
  for (int threads : {1, 2})
    for (const char *order : {"nn", "nt", "tn", "tt"})
      for (const Shape &s : shapes)
        benchmark::RegisterBenchmark(
            ("mm/" + std::string(order) + "/" + std::to_string(s.m) + "x" + std::to_string(s.n) +
             "x" + std::to_string(s.k) + "/t" + std::to_string(threads))
                .c_str(),
            [=](benchmark::State &state) { product(state, order, s.m, s.n, s.k, threads); })
            ->UseRealTime();
}

/// Each distinct one of ResNet-18 on images of 64 or 224 a side.
std::vector<Layer> resnetLayers(int64_t image) {
  std::vector<Layer> layers{{3, 64, image, 7, 2}};
  int64_t in = 64, size = image / 4;
  for (int64_t width : {64, 128, 256, 512}) {
    if (width != in) {
      layers.push_back({in, width, size, 3, 2});
      layers.push_back({in, width, size, 1, 2});
      size /= 2;
    }
    layers.push_back({width, width, size, 3, 1});
    in = width;
  }
  return layers;
}

void addConvolutions() {
  for (int threads : {1, 2})
    for (const char *what : {"forward", "data", "weight"})
      for (int64_t batch : {1, 8, 32})
        for (int64_t image : {64, 224})
          for (Layer l : resnetLayers(image)) {
            if (l.in == 3 && !std::string(what).compare("data"))
              continue; // Nobody wants an image's gradient.
            std::string name = "conv/" + std::string(what) + "/b" + std::to_string(batch) + "/" +
                               std::to_string(l.in) + "x" + std::to_string(l.out) + "x" +
                               std::to_string(l.size) + "/" + std::to_string(l.kernel) + "s" +
                               std::to_string(l.stride) + "/t" + std::to_string(threads);
            benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State &state) {
              convolution(state, what, batch, l, threads);
            })->UseRealTime();
          }
}

} // namespace

int main(int argc, char **argv) {
  addProducts();
  addAttention();
  addConvolutions();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv))
    return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
