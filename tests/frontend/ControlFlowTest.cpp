//===- ControlFlowTest.cpp - Loops, branches, recomputation ----------------===//
//
// Numbers against the same written out in C++; structure through the segments.
//
//===----------------------------------------------------------------------===//
#include "Values.h"

#include "frontend/core/Recorder.h"
#include "ir/Bodies.h"
#include "runtime/jit/CompilerLibrary.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace agc;
using testvalues::make;

namespace {

std::vector<double> doubles(const Tensor &x) {
  Tensor wide = x.detach().to(kFloat64).contiguous();
  const double *data = wide.const_data_ptr<double>();
  return {data, data + wide.numel()};
}

void expectNear(const Tensor &got, const Tensor &expected, double tolerance = 1e-12) {
  ASSERT_EQ(got.sizes().vec(), expected.sizes().vec());
  std::vector<double> a = doubles(got), b = doubles(expected);
  for (size_t i = 0; i < a.size(); ++i)
    EXPECT_NEAR(a[i], b[i], tolerance * std::max(1., std::abs(b[i]))) << "at " << i;
}

/// One cell: h' = tanh(h w + x), y = h' h'.
using Pair = std::pair<Tensor, Tensor>;
Pair cell(const Tensor &h, const Tensor &x, const Tensor &w) {
  Tensor next = (h.matmul(w) + x).tanh();
  return {next, next * next};
}
Pair scanned(const Tensor &h, const Tensor &xs, const Tensor &w,
             const ScanOptions &options = {}) {
  return scan([&](Tensor c, Tensor x) { return cell(c, x, w); }, h, xs, options);
}
Pair unrolled(Tensor h, const Tensor &xs, const Tensor &w, bool reverse = false) {
  int64_t trips = xs.size(0);
  std::vector<Tensor> ys(static_cast<size_t>(trips));
  for (int64_t i = 0; i < trips; ++i) {
    int64_t t = reverse ? trips - 1 - i : i;
    auto [next, y] = cell(h, xs.select(0, t), w);
    h = next;
    ys[size_t(t)] = y;
  }
  return {h, stack(ys)};
}

struct Inputs {
  Tensor h, xs, w;
  explicit Inputs(int64_t trips, DType type = kFloat64)
      : h(make(1, {3, 4}, -1, 1, type).requires_grad_()),
        xs(make(2, {trips, 3, 4}, -1, 1, type).requires_grad_()),
        w(make(3, {4, 4}, -1, 1, type).requires_grad_()) {}
  autograd::variable_list all() const { return {h, xs, w}; }
};

Tensor weighted(const Pair &result) {
  Tensor a = make(4, {3, 4}).to(result.first.scalar_type());
  return (result.first * a).sum() + (result.second * result.second).sum() * 0.5;
}

TEST(Scan, IsTheLoopWrittenOut) {
  for (bool reverse : {false, true}) {
    Inputs in(7);
    Pair loop = scanned(in.h, in.xs, in.w, ScanOptions().reverse(reverse));
    Pair plain = unrolled(in.h, in.xs, in.w, reverse);
    expectNear(loop.first, plain.first);
    expectNear(loop.second, plain.second);
  }
}

TEST(Scan, SoAreItsGradients) {
  for (bool reverse : {false, true})
    for (DType type : {kFloat64, kFloat32}) {
      Inputs in(6, type);
      auto a = autograd::grad({weighted(scanned(in.h, in.xs, in.w, ScanOptions().reverse(reverse)))},
                              in.all());
      auto b = autograd::grad({weighted(unrolled(in.h, in.xs, in.w, reverse))}, in.all());
      for (size_t i = 0; i < 3; ++i)
        expectNear(a[i], b[i], type == kFloat64 ? 1e-11 : 2e-4);
    }
}

/// A direction's slope, twice: of the gradient along v.
std::vector<Tensor> second(const Tensor &loss, const autograd::variable_list &inputs) {
  auto first = autograd::grad({loss}, inputs, {}, true, true);
  Tensor along;
  for (size_t i = 0; i < inputs.size(); ++i) {
    Tensor part = (first[i] * make(uint32_t(10 + i), inputs[i].sizes().vec())).sum();
    along = along.defined() ? along + part : part;
  }
  return autograd::grad({along}, inputs, {}, std::nullopt, false, true);
}

TEST(Scan, AndTheirGradients) {
  Inputs in(5);
  auto a = second(weighted(scanned(in.h, in.xs, in.w)), in.all());
  auto b = second(weighted(unrolled(in.h, in.xs, in.w)), in.all());
  for (size_t i = 0; i < 3; ++i)
    expectNear(a[i], b[i], 1e-10);
}

TEST(Scan, ThirdOrder) {
  Tensor x = make(1, {}, 0.5, 0.9).requires_grad_();
  auto derivative = [&](auto f) {
    Tensor y = f();
    for (int order = 0; order < 3; ++order)
      y = autograd::grad({y}, {x}, {}, true, true)[0];
    return y;
  };
  Tensor loop = derivative([&] {
    return scan([&](const Tensors &c, const Tensors &) {
             return ScanStep{{(c[0] * x).sin()}, {}};
           }, {x}, {}, ScanOptions().length(4)).first[0];
  });
  Tensor plain = derivative([&] {
    Tensor c = x;
    for (int t = 0; t < 4; ++t)
      c = (c * x).sin();
    return c;
  });
  expectNear(loop, plain, 1e-10);
}

TEST(Scan, AgreesWithDifferences) {
  Inputs in(4);
  Tensor direction = make(9, {4, 4}, -1, 1);
  Tensor dw = autograd::grad({weighted(scanned(in.h, in.xs, in.w))}, {in.w})[0];
  double slope = (dw * direction).sum().item<double>(), step = 1e-6;
  auto at = [&](double distance) {
    NoGradGuard quiet;
    return weighted(scanned(in.h, in.xs, in.w + direction * distance)).item<double>();
  };
  EXPECT_NEAR((at(step) - at(-step)) / (2 * step), slope, 1e-7 * std::abs(slope));
}

TEST(Scan, NoTripsGiveTheInitialValues) {
  Inputs in(0);
  Pair loop = scanned(in.h, in.xs, in.w);
  expectNear(loop.first, in.h);
  EXPECT_EQ(loop.second.sizes().vec(), (std::vector<int64_t>{0, 3, 4}));
  auto grads = autograd::grad({(loop.first * 3).sum()}, in.all());
  expectNear(grads[0], full({3, 4}, 3.).to(kFloat64));
  EXPECT_EQ(grads[1].numel(), 0);
  expectNear(grads[2], zeros({4, 4}).to(kFloat64));
}

TEST(Scan, IntegerCarriesAndSeveralOfEach) {
  Tensor x = make(5, {6, 2}).requires_grad_();
  auto [carries, ys] = scan(
      [](const Tensors &c, const Tensors &rows) {
        // c: sum, count, last row (depends on nothing before)
        Tensor sum = c[0] + rows[0] * c[1].to(kFloat64);
        return ScanStep{{sum, c[1] + 1, rows[0] * 2}, {c[1], sum * rows[1].to(kFloat64)}};
      },
      {zeros({2}).to(kFloat64), zeros({}, kInt64), zeros({2}).to(kFloat64)},
      {x, arange(6)});
  EXPECT_EQ(carries[1].item<int64_t>(), 6);
  EXPECT_EQ(ys[0].scalar_type(), kInt64);
  EXPECT_FALSE(ys[0].requires_grad());
  expectNear(ys[0], arange(6).to(kFloat64));
  Tensor weight = arange(6).to(kFloat64).view({6, 1});
  expectNear(carries[0], (x * weight).sum(0));
  Tensor sums = (x * weight).cumsum(0), plain = (sums * weight).sum() + (x[5] * 2).sum();
  Tensor loss = ys[1].sum() + carries[2].sum();
  expectNear(loss, plain);
  expectNear(autograd::grad({loss}, {x})[0], autograd::grad({plain}, {x})[0]);
}

// What reads the last row of a stack that is carried takes the carry, of which the values
// and the gradients are to be the same: in whatever order, of parts, and beside others.
TEST(Scan, LastRowsAreCarries) {
  Tensor x = make(5, {6, 2, 3}).requires_grad_(), w = make(7, {3, 3}).requires_grad_();
  auto step = [&](Tensor h, Tensor row) {
    Tensor next = tanh(h.matmul(w) + row);
    return Pair(next, next);
  };
  for (bool reverse : {false, true}) {
    Tensor start = zeros({2, 3}).to(kFloat64);
    auto run = [&] { return scan(step, start, x, ScanOptions().reverse(reverse)); };
    auto rows = [&] { // One by one, without a loop.
      Tensor h = start;
      for (int64_t i = 0; i < 6; ++i)
        h = step(h, x[reverse ? 5 - i : i]).first;
      return h;
    };
    int64_t last = reverse ? 0 : 5;
    std::vector<std::pair<Tensor, Tensor>> cases = {
        {run().second.select(0, last), rows()},
        {run().second.transpose(0, 1).select(1, last), rows()},
        {run().second.permute({2, 0, 1}).select(1, last).slice(0, 0, 3, 2),
         rows().transpose(0, 1).slice(0, 0, 3, 2)},
        {run().second.select(0, 5 - last), step(start, x[5 - last]).first},
    };
    for (auto &[taken, expected] : cases) {
      Tensor weight = make(9, {taken.sizes().begin(), taken.sizes().end()});
      expectNear(taken, expected);
      auto grads = autograd::grad({(taken * weight).sum()}, {x, w});
      auto plain = autograd::grad({(expected * weight).sum()}, {x, w});
      expectNear(grads[0], plain[0]);
      expectNear(grads[1], plain[1]);
    }
    auto [carry, ys] = run();
    expectNear(autograd::grad({ys.select(0, last).sum() + carry.sum() * 2}, {carry}, {}, true)[0],
               full({2, 3}, 2.).to(kFloat64));
    expectNear(autograd::grad({ys.select(0, last).sum()}, {ys})[0],
               stack({full({2, 3}, last ? 0. : 1.), zeros({2, 3}), zeros({2, 3}), zeros({2, 3}),
                      zeros({2, 3}), full({2, 3}, last ? 1. : 0.)})
                   .to(kFloat64));
  }
}

TEST(Scan, StopsGradientsWhereTheBodyDoes) {
  Tensor x = make(1, {3}).requires_grad_();
  auto [last, ys] = scan(
      [&](Tensor c, Tensor row) {
        Tensor quiet;
        {
          NoGradGuard guard;
          quiet = c * 2;
        }
        return Pair(c + row, quiet + row.detach());
      },
      zeros({}).to(kFloat64), x);
  EXPECT_FALSE(ys.requires_grad());
  expectNear(autograd::grad({last * 2}, {x})[0], full({3}, 2.).to(kFloat64));
}

TEST(Scan, TakesGradientsInside) {
  // Newton's steps for a cube root, each with a gradient of its own.
  Tensor a = make(1, {}, 2, 3).requires_grad_();
  auto body = [&](Tensor c, Tensor) {
    Tensor f = c * c * c - a;
    Tensor slope = autograd::grad({f}, {c}, {}, true, true)[0];
    Tensor next = c - f / slope;
    return Pair(next, next);
  };
  Tensor root = scan(body, full({}, 1.).to(kFloat64), zeros({12})).first;
  double value = a.item<double>();
  EXPECT_NEAR(root.item<double>(), std::cbrt(value), 1e-12);
  EXPECT_NEAR(autograd::grad({root}, {a})[0].item<double>(),
              std::cbrt(value) / (3 * value), 1e-10);
}

TEST(Scan, TakesGradientsWithRespectToWhatIsOutside) {
  Tensor w = make(1, {}).requires_grad_(), x = make(2, {4}).requires_grad_();
  Tensor ys = scan([&](Tensor c, Tensor row) {
    Tensor slope = autograd::grad({row * w * w * w}, {w}, {}, true, true)[0];
    return Pair(c, slope);
  }, zeros({}).to(kFloat64), x).second;
  expectNear(ys, x * w * w * 3);
  auto grads = autograd::grad({ys.sum()}, {w, x});
  expectNear(grads[0], (x * w * 6).sum());
  expectNear(grads[1], (w * w * 3).expand({4}));
}

//===----------------------------------------------------------------------===//
// Structure
//===----------------------------------------------------------------------===//

std::vector<proto::Module> segments;

class ControlFlow : public testing::Test {
protected:
  ControlFlow() {
    segments.clear();
    hooks::setSegmentHook([](const std::string &bytes, bool) {
      segments.emplace_back();
      ASSERT_TRUE(segments.back().ParseFromString(bytes));
    });
  }
  ~ControlFlow() override { hooks::setSegmentHook(nullptr); }

  static std::string print(const proto::Module &module, Phase phase) {
    std::string text;
    CompileOptions options;
    options.function = module.functions().rbegin()->name();
    throwIf(compiler().print(module.SerializeAsString(), phase, options, text));
    return text;
  }
  static size_t count(const std::string &text, const std::string &what) {
    size_t n = 0;
    for (size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1))
      ++n;
    return n;
  }
  static std::string kernelsOf(int64_t trips) {
    Inputs in(trips);
    segments.clear();
    auto grads = autograd::grad({weighted(scanned(in.h, in.xs, in.w))}, in.all());
    grads[0].sum().item<double>();
    return print(segments.back(), Phase::Kernels);
  }

  hooks::Counters start = hooks::counters();
};

TEST_F(ControlFlow, CodeDoesNotGrowWithTheTrips) {
  std::string few = kernelsOf(10), many = kernelsOf(1000);
  EXPECT_GT(count(few, "scf.for"), 1u);
  EXPECT_EQ(count(few, "func.func"), count(many, "func.func"));
  EXPECT_EQ(count(few, "call @"), count(many, "call @"));
}

TEST_F(ControlFlow, KeepsTheCarryOnceATrip) {
  Inputs in(10);
  auto grads = autograd::grad({weighted(scanned(in.h, in.xs, in.w))}, in.all());
  grads[2].sum().item<double>();
  std::string text = print(segments.back(), Phase::Gradient);
  // The forward gives its carries and y's, the carry that came in and what its tanh
  // gave, each as a stack of its own; nothing else is kept.
  EXPECT_EQ(count(text, "agc.scan"), 2u);
  size_t forward = text.find("agc.scan");
  std::string line = text.substr(forward, text.find('\n', forward) - forward);
  EXPECT_NE(line.find("-> (tensor<3x4xf64>, tensor<10x3x4xf64>, tensor<10x3x4xf64>, "
                      "tensor<10x3x4xf64>) {"),
            line.npos) << line;
}

TEST_F(ControlFlow, CompilesOnce) {
  for (int turn = 0; turn < 3; ++turn) {
    Tensor x = make(1, {5}).requires_grad_();
    Tensor y = scan([&](Tensor c, Tensor row) { return Pair(c * row * (0.5 + turn), c); },
                    full({}, 1.).to(kFloat64), x).first;
    y.backward();
    x.grad().sum().item<double>();
  }
  EXPECT_EQ(hooks::counters().compiledSegments - start.compiledSegments, 1u);
}

TEST_F(ControlFlow, ReadBeforeTheBackwardRunsTheForwardOnce) {
  Inputs in(6), again(6);
  Tensor loss = weighted(scanned(in.h, in.xs, in.w));
  double value = loss.item<double>();
  EXPECT_EQ(hooks::counters().executions - start.executions, 1u);
  loss.backward();
  Tensor gradient = in.w.grad();
  gradient.sum().item<double>();
  EXPECT_EQ(hooks::counters().executions - start.executions, 2u);
  // The second segment goes backward alone: one loop.
  EXPECT_EQ(count(print(segments.back(), Phase::Gradient), "agc.scan"), 1u);
  Tensor plain = weighted(unrolled(again.h, again.xs, again.w));
  EXPECT_NEAR(plain.item<double>(), value, 1e-12);
  plain.backward();
  expectNear(in.w.grad(), again.w.grad(), 1e-11);
  expectNear(in.xs.grad(), again.xs.grad(), 1e-11);
}

TEST_F(ControlFlow, SameBitsForAnyNumberOfThreads) {
  auto run = [](int threads) {
    set_num_threads(threads);
    Tensor h = make(1, {64, 64}, -1, 1, kFloat32), xs = make(2, {5, 64, 64}, -1, 1, kFloat32),
           w = make(3, {64, 64}, -.2, .2, kFloat32).requires_grad_();
    Tensor loss = scanned(h, xs, w).second.sum();
    return doubles(autograd::grad({loss}, {w})[0]);
  };
  std::vector<double> one = run(1), two = run(2);
  set_num_threads(2);
  EXPECT_EQ(one, two);
}

//===----------------------------------------------------------------------===//
// while_loop and cond
//===----------------------------------------------------------------------===//

TEST(WhileLoop, MakesAsManyTripsAsItsPredicateSays) {
  for (double limit : {0.5, 3., 40., 1e9}) {
    Tensor x = tensor({1.5}, kFloat64).view({}).requires_grad_();
    auto state = while_loop(
        [&](const Tensors &s) { return s[0] < limit; },
        [&](const Tensors &s) { return Tensors{s[0] * x, s[1] + 1}; },
        {x, zeros({}, kInt64)}, 20);
    double value = 1.5;
    int trips = 0;
    while (value < limit && trips < 20)
      value *= 1.5, ++trips;
    EXPECT_NEAR(state[0].item<double>(), value, 1e-12 * value);
    EXPECT_EQ(state[1].item<int64_t>(), trips);
    // value = x^(trips + 1)
    auto first = autograd::grad({state[0]}, {x}, {}, true, true)[0];
    EXPECT_NEAR(first.item<double>(), (trips + 1) * value / 1.5, 1e-11 * value);
    auto second = autograd::grad({first}, {x}, {}, std::nullopt, false, true)[0];
    double expected = trips * (trips + 1) * value / 2.25;
    EXPECT_NEAR(second.defined() ? second.item<double>() : 0., expected, 1e-10 * value);
  }
}

TEST(WhileLoop, WithOneTensorAndNoTrips) {
  Tensor x = tensor({3.}, kFloat64).requires_grad_();
  Tensor y = while_loop([](Tensor s) { return (s < 100).all(); },
                        [](Tensor s) { return s * s; }, x, 0);
  EXPECT_EQ(y.item<double>(), 3);
  EXPECT_EQ(autograd::grad({y.sum()}, {x})[0].item<double>(), 1);
}

TEST(WhileLoop, TripsAreChosenAtEachCall) {
  auto f = compile([](Tensor n) {
    return while_loop([&](const Tensors &s) { return s[0] < n; },
                      [](const Tensors &s) { return Tensors{s[0] + 1, s[1] * 2}; },
                      {zeros({}, kInt64), ones({})}, 1000)[1];
  }, spec({}, kInt64));
  for (int64_t n : {0, 1, 5, 10, 3})
    EXPECT_EQ(f(full({}, n, kInt64)).item<float>(), float(1 << n));
}

TEST(Cond, TakesTheBranchAndItsGradient) {
  Tensor w = tensor({2.}, kFloat64).requires_grad_();
  for (double sign : {1., -1.}) {
    Tensor x = tensor({3. * sign}, kFloat64).requires_grad_();
    auto branch = [&] {
      return cond(x.sum() > 0, [&] { return x * w; }, [&] { return (x * x).exp(); });
    };
    Tensor plain = sign > 0 ? x * w : (x * x).exp();
    expectNear(branch(), plain);
    auto a = autograd::grad({branch().sum()}, {x, w}),
         b = autograd::grad({plain.sum()}, {x, w}, {}, true, false, true);
    expectNear(a[0], b[0]);
    expectNear(a[1], b[1].defined() ? b[1] : zeros({1}).to(kFloat64));
    expectNear(second(branch().sum(), {x, w})[0], second((sign > 0 ? x * w : (x * x).exp()).sum() + w.sum() * 0 * x.sum(), {x, w})[0]);
  }
}

TEST(Cond, TheOtherBranchIsNotComputed) {
  Tensor x = zeros({3}).requires_grad_();
  Tensor y = cond(ones({}, kBool), [&] { return x + 1; }, [&] { return 1 / x; });
  Tensor dx = autograd::grad({y.sum()}, {x})[0];
  expectNear(dx, ones({3}));
}

TEST(Cond, NestsInScanInCondInScan) {
  Inputs in(4);
  auto nested = [&](bool plain) {
    auto step = [&](const Tensor &h, const Tensor &x) {
      Tensor positive = x.sum() > 0;
      auto inner = [&] {
        if (plain) {
          Tensor c = h;
          for (int t = 0; t < 3; ++t)
            c = (c * in.w.sum(0) + x).sin();
          return c;
        }
        return scan([&](const Tensors &c, const Tensors &) {
                 return ScanStep{{(c[0] * in.w.sum(0) + x).sin()}, {}};
               }, {h}, {}, ScanOptions().length(3)).first[0];
      };
      auto other = [&] { return h * x; };
      return plain ? (positive.item<bool>() ? inner() : other())
                   : cond(positive, inner, other);
    };
    if (!plain)
      return scan([&](Tensor h, Tensor x) {
        Tensor next = step(h, x);
        return Pair(next, next);
      }, in.h, in.xs);
    Tensor h = in.h;
    std::vector<Tensor> ys;
    for (int64_t t = 0; t < 4; ++t)
      ys.push_back(h = step(h, in.xs[t]));
    return Pair(h, stack(ys));
  };
  expectNear(nested(false).second, nested(true).second);
  auto a = autograd::grad({weighted(nested(false))}, in.all()),
       b = autograd::grad({weighted(nested(true))}, in.all());
  auto c = second(weighted(nested(false)), in.all()), d = second(weighted(nested(true)), in.all());
  for (size_t i = 0; i < 3; ++i) {
    expectNear(a[i], b[i], 1e-11);
    expectNear(c[i], d[i], 1e-9);
  }
}

//===----------------------------------------------------------------------===//
// Checkpoint
//===----------------------------------------------------------------------===//

Tensor deep(Tensor x, const Tensor &w, bool checkpoints) {
  for (int layer = 0; layer < 6; ++layer) {
    auto block = [&](Tensor v) {
      for (int i = 0; i < 4; ++i)
        v = v.matmul(w).tanh();
      return v;
    };
    x = checkpoints ? checkpoint(block, x) : block(x);
  }
  return x.sum();
}

TEST_F(ControlFlow, CheckpointKeepsLessAndGivesTheSame) {
  Tensor x = make(1, {256, 16}).requires_grad_(), w = make(2, {16, 16}, -1, 1).requires_grad_();
  auto bytesFor = [&](bool checkpoints, std::vector<Tensor> &grads) {
    grads = autograd::grad({deep(x, w, checkpoints)}, {x, w});
    grads[0].sum().item<double>();
    std::string text = print(segments.back(), Phase::Kernels);
    size_t at = text.rfind("xi8>)", text.find("agc.step"));
    return std::stoll(text.substr(text.rfind('<', at) + 1));
  };
  std::vector<Tensor> a, b;
  long long kept = bytesFor(false, a), recomputed = bytesFor(true, b);
  EXPECT_LT(recomputed, kept * 2 / 3);
  for (size_t i = 0; i < 2; ++i)
    expectNear(b[i], a[i], 1e-12);
  auto c = second(deep(x, w, true), {x, w}), d = second(deep(x, w, false), {x, w});
  for (size_t i = 0; i < 2; ++i)
    expectNear(c[i], d[i], 1e-9);
}

TEST(Checkpoint, WithinAScan) {
  Inputs in(5);
  auto run = [&](bool checkpoints) {
    return weighted(scan([&](Tensor h, Tensor x) {
      auto f = [&](Tensor v) { return cell(v, x, in.w).first; };
      Tensor next = checkpoints ? checkpoint(f, h) : f(h);
      return Pair(next, next * 2);
    }, in.h, in.xs));
  };
  auto a = autograd::grad({run(true)}, in.all()), b = autograd::grad({run(false)}, in.all());
  for (size_t i = 0; i < 3; ++i)
    expectNear(a[i], b[i]);
}

//===----------------------------------------------------------------------===//
// Other ways in
//===----------------------------------------------------------------------===//

struct Rnn : nn::Module {
  explicit Rnn(bool loops) : loops(loops) {
    cell = register_module("cell", nn::Linear(8, 8));
    head = register_module("head", nn::Linear(8, 3));
    NoGradGuard quiet;
    uint32_t seed = 20;
    for (Tensor &p : parameters())
      p.copy_(make(seed++, p.sizes().vec(), -.4, .4, kFloat32));
  }
  Tensor forward(const Tensor &x) { // [batch, time, 8]
    Tensor h = zeros({x.size(0), 8}), xs = x.transpose(0, 1);
    auto step = [&](Tensor c, Tensor row) { return (cell->forward(c) + row).tanh(); };
    if (loops)
      h = scan([&](Tensor c, Tensor row) {
            Tensor next = step(c, row);
            return Pair(next, next);
          }, h, xs).first;
    else
      for (int64_t t = 0; t < x.size(1); ++t)
        h = step(h, xs.select(0, t));
    return head->forward(h);
  }
  bool loops;
  nn::Linear cell{nullptr}, head{nullptr};
};

TEST(ControlFlowStep, AnRnnByScanTrainsAsTheUnrolledOne) {
  std::vector<float> losses[2];
  for (bool loops : {false, true}) {
    auto model = std::make_shared<Rnn>(loops);
    optim::SGD sgd(model->parameters(), optim::SGDOptions(0.1).momentum(0.9));
    auto step = train_step(model, nn::functional::cross_entropy, sgd, spec({4, 6, 8}),
                           spec({4}, kInt64));
    Tensor x = make(30, {4, 6, 8}, -1, 1, kFloat32), y = tensor({0, 1, 2, 1}, kInt64);
    for (int turn = 0; turn < 10; ++turn)
      losses[loops].push_back(step(x, y));
  }
  EXPECT_LT(losses[1].back(), losses[1].front() * 0.8);
  for (size_t i = 0; i < losses[0].size(); ++i)
    EXPECT_NEAR(losses[0][i], losses[1][i], 1e-5);
}

TEST(ControlFlowStep, SavedProgramsHoldTheirBodies) {
  auto model = std::make_shared<Rnn>(true);
  optim::SGD sgd(model->parameters(), optim::SGDOptions(0.1));
  auto step = train_step(model, nn::functional::cross_entropy, sgd, spec({4, 6, 8}),
                         spec({4}, kInt64));
  std::string bytes = step.serialize(), once, twice;
  proto::Module module;
  ASSERT_TRUE(module.ParseFromString(bytes));
  std::set<std::string> bodies = bodyNames(module);
  EXPECT_EQ(bodies.size(), 3u); // one of each function
  EXPECT_EQ(module.functions_size(), 6);
  EXPECT_TRUE(bodies.count("train_step.scan0"));
  throwIf(compiler().rewrite(bytes, Phase::Graph, once));
  throwIf(compiler().rewrite(once, Phase::Graph, twice));
  EXPECT_EQ(once, twice);
}

TEST(ControlFlowStep, ValueAndGrad) {
  Tensor w = make(3, {4, 4}, -1, 1), h = make(1, {3, 4}), xs = make(2, {5, 3, 4});
  auto f = value_and_grad([&](Tensor v) { return weighted(scanned(h, xs, v)); });
  auto g = value_and_grad([&](Tensor v) { return weighted(unrolled(h, xs, v)); });
  auto [a, da] = f(w);
  auto [b, db] = g(w);
  expectNear(a, b);
  expectNear(da[0], db[0], 1e-11);
}

TEST(ControlFlowRandom, DrawsAnewOnEachTrip) {
  manual_seed(1);
  auto draw = [] {
    return scan([](const Tensors &, const Tensors &) {
             return ScanStep{{}, {rand({4})}};
           }, {}, {}, ScanOptions().length(3)).second[0];
  };
  Tensor loop = draw(), later = rand({4});
  manual_seed(1);
  std::vector<Tensor> rows;
  for (int t = 0; t < 3; ++t)
    rows.push_back(rand({4}));
  expectNear(loop, stack(rows), 0);
  expectNear(later, rand({4}), 0);
}

TEST(ControlFlowRandom, MasksAreTheSameInTheBackward) {
  manual_seed(3);
  Tensor x = full({8, 16}, 1.).to(kFloat64).requires_grad_();
  auto [last, ys] = scan([](Tensor c, Tensor row) {
    Tensor kept = row * (rand({16}) < 0.5).to(kFloat64) * 2;
    return Pair(c + kept.sum(), kept);
  }, zeros({}).to(kFloat64), x);
  Tensor dx = autograd::grad({last}, {x})[0];
  expectNear(dx, ys.detach()); // d kept / d row is kept itself, of ones
  EXPECT_GT(ys.detach().std().item<double>(), 0.5);
}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

template <typename F> void expectError(const char *code, const char *text, F f) {
  try {
    f();
    FAIL() << "no error: " << text;
  } catch (const Error &error) {
    std::string message = error.what();
    EXPECT_NE(message.find(text), message.npos) << message;
    EXPECT_NE(message.find(code), message.npos) << message;
    EXPECT_NE(message.find("ControlFlowTest.cpp:"), message.npos) << message;
  }
  // Nothing is left behind.
  EXPECT_EQ((ones({2}) + 1).sum().item<float>(), 4);
}

TEST(ControlFlowErrors, TypesThatDoNotAgree) {
  Tensor x = ones({3, 2}), p = ones({}, kBool);
  expectError("AGC0123", "to be float32 of shape [2], got float32 of shape [3]", [&] {
    scan([](Tensor, Tensor) { return Pair(ones({3}), ones({})); }, ones({2}), x);
  });
  expectError("AGC0123", "to be float32 of shape [2], got float64", [&] {
    scan([](Tensor c, Tensor r) { return Pair(c.to(kFloat64), r); }, ones({2}), x);
  });
  expectError("AGC0123", "expects 1 carries from its body, got 2", [&] {
    scan([](const Tensors &c, const Tensors &) { return ScanStep{{c[0], c[0]}, {}}; },
         {ones({2})}, {x});
  });
  expectError("AGC0123", "expects xs of one length, got 3 and 4", [&] {
    scan([](const Tensors &c, const Tensors &) { return ScanStep{c, {}}; }, {}, {x, ones({4})});
  });
  expectError("AGC0123", "expects xs of one length, got 5 and 3", [&] {
    scan([](const Tensors &c, const Tensors &) { return ScanStep{c, {}}; }, {}, {x},
         ScanOptions().length(5));
  });
  expectError("AGC0123", "got a scalar as number 0", [&] {
    scan([](Tensor c, Tensor r) { return Pair(c, r); }, ones({2}), ones({}));
  });
  expectError("AGC0123", "expects xs or a length; say ScanOptions().length(n)", [&] {
    scan([](const Tensors &c, const Tensors &) { return ScanStep{c, {}}; }, {}, {});
  });
  expectError("AGC0104", "expects a length of 0 or more, got -1", [&] {
    scan([](const Tensors &c, const Tensors &) { return ScanStep{c, {}}; }, {}, {},
         ScanOptions().length(-1));
  });
  expectError("AGC0104", "expects max_trips of 0 or more, got -2", [&] {
    while_loop([](Tensor s) { return s.sum() < 1; }, [](Tensor s) { return s; }, x, -2);
  });
  expectError("AGC0123", "expects a predicate of one bool, got bool of shape [3, 2]", [&] {
    while_loop([](Tensor s) { return s < 1; }, [](Tensor s) { return s; }, x, 2);
  });
  expectError("AGC0123", "expects 1 tensors from its body, got 0", [&] {
    while_loop([](const Tensors &s) { return s[0].sum() < 1; },
               [](const Tensors &) { return Tensors(); }, {x}, 2);
  });
  expectError("AGC0123", "to be float32 of shape [3, 2], got float32 of shape []", [&] {
    while_loop([](Tensor s) { return s.sum() < 1; }, [](Tensor s) { return s.sum(); }, x, 2);
  });
  expectError("AGC0123", "expects a predicate of one bool, got float32", [&] {
    cond(ones({}), [&] { return x; }, [&] { return x; });
  });
  expectError("AGC0123", "tensor 0 from the second branch to be float32 of shape [3, 2]", [&] {
    cond(p, [&] { return x; }, [&] { return x.sum(); });
  });
  expectError("AGC0123", "expects 1 tensors from the second branch, got 2", [&] {
    cond(p, [&] { return Tensors{x}; }, [&] { return Tensors{x, x}; });
  });
}

TEST(ControlFlowErrors, WhatABodyCannotDo) {
  Tensor x = ones({3}), total = zeros({}), w = ones({}).requires_grad_();
  auto over = [&](auto f) {
    return [&, f] { scan([&](Tensor c, Tensor r) { f(c, r); return Pair(c, r); }, ones({}), x); };
  };
  expectError("AGC0122", "cannot read a tensor's value", over([](Tensor c, Tensor) {
    c.item<float>();
  }));
  expectError("AGC0122", "cannot change a tensor from outside in place", over([&](Tensor c, Tensor) {
    total.add_(c);
  }));
  expectError("AGC0122", "cannot fill a tensor from outside: that would be done once", over([&](Tensor, Tensor) {
    nn::init::uniform_(total);
  }));
  expectError("AGC0122", "cannot go backward into tensors from outside", over([&](Tensor c, Tensor) {
    (c * w).backward();
  }));
  Tensor before = w * 2;
  expectError("AGC0122", "cannot take a gradient with respect to a tensor from outside",
              over([&](Tensor c, Tensor) { autograd::grad({c * w * before}, {w}); }));
  expectError("AGC0122", "cannot draw with agc::randint: it would be the same on each trip; use rand, randn or bernoulli, or draw outside", over([](Tensor, Tensor) {
    randint(0, 5, {2});
  }));
  expectError("AGC0122", "cannot draw with agc::randperm", over([](Tensor, Tensor) {
    randperm(5);
  }));
  expectError("AGC0122", "cannot take an optimizer's step", [&] {
    optim::SGD sgd({w}, optim::SGDOptions(0.1));
    scan([&](Tensor c, Tensor r) { sgd.step(); return Pair(c, r); }, ones({}), x);
  });
  Tensor leaked;
  scan([&](Tensor c, Tensor r) { leaked = c + r; return Pair(c, r); }, ones({}), x);
  expectError("AGC0122", "return it from there", [&] { leaked.item<float>(); });
  expectError("AGC0122", "cannot have an autograd::Function or a hook", [&] {
    scan([&](Tensor c, Tensor r) {
      Tensor next = c * w;
      next.register_hook([](Tensor g) { return g * 2; });
      return Pair(next, r);
    }, ones({}), x);
  });
  // In place on its own is fine.
  Tensor sum = scan([](Tensor c, Tensor r) { return Pair(c.add_(r), r); }, zeros({}), x).first;
  EXPECT_EQ(sum.item<float>(), 3);
}

TEST(ControlFlowErrors, ChecksInABodyLeaveAllAsItWas) {
  Tensor table = make(1, {4, 2}), state = zeros({2}).to(kFloat64);
  auto run = [&](std::vector<int64_t> indices) {
    Tensor sum = scan([&](Tensor c, Tensor i) {
                   Tensor next = c + table.index_select(0, i.view({1})).sum(0);
                   return Pair(next, i);
                 }, zeros({2}).to(kFloat64), tensor(indices, kInt64)).first;
    state.add_(sum);
    return doubles(state);
  };
  run({0, 3, 1});
  std::vector<double> before = doubles(state);
  expectError("AGC0115", "got 7", [&] { run({0, 7, 1}); });
  EXPECT_EQ(doubles(state), before);
}

} // namespace
