//===- RecorderTest.cpp - What runs when, and what is compiled ------------===//
#include "frontend/core/Recorder.h"
#include "ir/graph.pb.h"

#include <agc/agc.h>

#include "gtest/gtest.h"

#include <cmath>
#include <thread>

using namespace agc;
namespace F = agc::nn::functional;

namespace {

std::vector<proto::Module> segments;

class Recorder : public ::testing::Test {
protected:
  Recorder() {
    segments.clear();
    agc::hooks::setSegmentHook([](const std::string &bytes, bool) {
      segments.emplace_back();
      ASSERT_TRUE(segments.back().ParseFromString(bytes));
    });
  }
  ~Recorder() override { agc::hooks::setSegmentHook(nullptr); }

  uint64_t executions() const { return agc::hooks::counters().executions - start.executions; }
  uint64_t compiled() const {
    return agc::hooks::counters().compiledSegments - start.compiledSegments;
  }
  void restart() { start = agc::hooks::counters(); }

  static int count(const proto::Module &module, const std::string &op) {
    int n = 0;
    for (const proto::Node &node : module.functions(0).nodes())
      n += node.op() == op;
    return n;
  }

  agc::hooks::Counters start = agc::hooks::counters();
};

TEST_F(Recorder, NothingRunsUntilAValueIsRead) {
  Tensor x = ones({4}), y = (x * 2).sum();
  EXPECT_EQ(executions(), 0u);
  EXPECT_EQ(y.item<float>(), 8);
  EXPECT_EQ(executions(), 1u);
  EXPECT_EQ(y.item<float>(), 8);
  EXPECT_EQ(executions(), 1u); // known now
}

TEST_F(Recorder, HandlesThatLiveAreOutputsOthersAreNot) {
  Tensor x = tensor({1., 2.}), kept = x * 2;
  { Tensor dead = x.exp(); }
  Tensor y = (kept + 1).sum();
  y.item<float>();
  ASSERT_EQ(segments.size(), 1u);
  EXPECT_EQ(segments[0].functions(0).results_size(), 2); // kept and y
  EXPECT_EQ(count(segments[0], "exp"), 0);
}

TEST_F(Recorder, NumbersAreInputsAndNotPartOfTheProgram) {
  Tensor x = tensor({1., 2.});
  for (int i = 1; i <= 5; ++i)
    EXPECT_EQ((x * (0.5 * i)).sum().item<float>(), 1.5f * float(i));
  EXPECT_EQ(compiled(), 1u);
  EXPECT_EQ(executions(), 5u);
  const proto::Function &f = segments[0].functions(0);
  ASSERT_EQ(f.arguments_size(), 2);
  int numbers = 0;
  for (const proto::Argument &argument : f.arguments())
    if (argument.role() == proto::ROLE_HYPERPARAMETER) {
      ++numbers;
      EXPECT_EQ(argument.type().shape_size(), 0);
    }
  EXPECT_EQ(numbers, 1);
}

TEST_F(Recorder, NumbersThatFixAFunctionAreAttributes) {
  (tensor({2.}).pow(3)).item<float>();
  ASSERT_EQ(segments.size(), 1u);
  EXPECT_EQ(count(segments[0], "powi"), 1);
  EXPECT_EQ(segments[0].functions(0).arguments_size(), 1);
}

TEST_F(Recorder, SourceLinesAreInTheModuleAndNotInTheKey) {
  Tensor x = tensor({1., 2.});
  x.exp().sum().item<float>(); int line = __LINE__;
  x.exp().sum().item<float>();
  EXPECT_EQ(compiled(), 1u);
  const proto::Node &node = segments[0].functions(0).nodes(0);
  const proto::Location &location = segments[0].locations(int(node.location()) - 1);
  EXPECT_EQ(location.line(), uint32_t(line));
  EXPECT_NE(location.file().find("RecorderTest.cpp"), std::string::npos);
}

TEST_F(Recorder, BackwardIsOneSymbolicNode) {
  Tensor w = ones({3}, requires_grad());
  w.exp().sum().backward();
  w.grad().sum().item<float>();
  ASSERT_EQ(segments.size(), 1u);
  EXPECT_EQ(count(segments[0], "gradient"), 1);
}

TEST_F(Recorder, ReadingTheLossFirstRunsTheForwardOnce) {
  Tensor w = tensor({1., 2.}, requires_grad());
  Tensor loss = w.exp().tanh().sum();
  loss.item<float>();
  loss.backward();
  EXPECT_NEAR(w.grad()[1].item<float>(), std::exp(2.0) / std::pow(std::cosh(std::exp(2.0)), 2), 1e-6);
  ASSERT_GE(segments.size(), 2u);
  EXPECT_EQ(count(segments[0], "exp"), 1);
  EXPECT_EQ(count(segments[0], "tanh"), 1);
  for (size_t i = 1; i < segments.size(); ++i) {
    EXPECT_EQ(count(segments[i], "exp") + count(segments[i], "tanh"), 0);
    EXPECT_EQ(count(segments[i], "gradient"), 0);
  }
}

TEST_F(Recorder, AForwardReadInPartsIsGoneBackThroughInParts) {
  Tensor w = tensor({1., 2.}, requires_grad()), v = tensor({3., 4.}, requires_grad());
  Tensor y = w.exp() * v;
  y.sum().item<float>();
  Tensor z = y * v + w;
  z.sum().item<float>();
  (z * y).sum().backward(); // y^2 v + w y
  w.grad().sum().item<float>();
  EXPECT_EQ(count(segments.back(), "exp"), 0);
  Tensor e = w.detach().exp(), a = w.detach(), b = v.detach();
  EXPECT_TRUE(w.grad().allclose(2 * e * e * b * b * b + e * b + a * e * b));
  EXPECT_TRUE(v.grad().allclose(3 * e * e * b * b + a * e));
}

TEST_F(Recorder, SecondOrderAfterAReadComputesTheForwardAgain) {
  Tensor w = tensor({1., 2.}, requires_grad());
  Tensor y = w.pow(3).sum();
  y.item<float>();
  Tensor g = autograd::grad({y}, {w}, {}, true, true)[0];
  g.sum().backward({}, /*retain_graph=*/true);
  EXPECT_EQ(w.grad().toString(), "tensor([ 6., 12.])");
  y.backward();
  EXPECT_EQ(w.grad().toString(), "tensor([ 9., 24.])");
}

struct Loop {
  models::Mlp model = models::mlp({8, 16, 4});
  optim::SGD sgd{model->parameters(), optim::SGDOptions(0.1).momentum(0.9)};
  Tensor x = rand({5, 8}), target = tensor({0, 1, 2, 3, 0});

  Tensor turn() {
    sgd.zero_grad();
    Tensor loss = F::cross_entropy(model->forward(x), target);
    loss.backward();
    sgd.step();
    return loss;
  }
};

TEST_F(Recorder, LoopThatReadsNothingRunsOneStepATurn) {
  Loop loop;
  for (int i = 0; i < 6; ++i)
    loop.turn();
  EXPECT_EQ(executions(), 5u); // the last is still pending
  EXPECT_EQ(compiled(), 1u);
  // Nobody holds the gradients, and parameters change in place.
  const proto::Function &f = segments.back().functions(0);
  EXPECT_EQ(f.results_size(), 8);
  for (const proto::Result &result : f.results())
    EXPECT_NE(result.updates(), 0u);
}

//
TEST_F(Recorder, LoopThatReadsItsLossRunsOnceATurn) {
  Loop loop;
  float first = loop.turn().item<float>(), last = 0;
  restart();
  for (int i = 0; i < 5; ++i)
    last = loop.turn().item<float>();
  EXPECT_EQ(executions(), 5u);
  EXPECT_EQ(compiled(), 0u);
  EXPECT_LT(last, first);
}

TEST_F(Recorder, LoopThatReadsItsLossBeforeBackwardRunsTheForwardOnce) {
  Loop loop, twin;
  for (size_t i = 0; i < 4; ++i) {
    NoGradGuard quiet;
    twin.model->parameters()[i].copy_(loop.model->parameters()[i]);
  }
  twin.x = loop.x;
  for (int i = 0; i < 4; ++i) {
    loop.sgd.zero_grad();
    Tensor loss = F::cross_entropy(loop.model->forward(loop.x), loop.target);
    float value = loss.item<float>();
    loss.backward();
    loop.sgd.step();
    EXPECT_EQ(value, twin.turn().item<float>()) << i;
  }
  for (size_t i = 0; i < 4; ++i)
    EXPECT_TRUE(loop.model->parameters()[i].allclose(twin.model->parameters()[i]));
}

TEST_F(Recorder, LearningRateChangesWithoutCompiling) {
  Loop loop;
  loop.turn().item<float>();
  restart();
  for (double lr : {0.05, 0.01, 0.0}) {
    loop.sgd.param_groups()[0].options().set_lr(lr);
    loop.turn().item<float>();
  }
  EXPECT_EQ(compiled(), 0u);
  Tensor before = loop.model->parameters()[0].detach().clone();
  loop.turn().item<float>();
  EXPECT_TRUE(loop.model->parameters()[0].equal(before)); // lr 0
}

TEST_F(Recorder, LossAndGradientsReadAfterTheStepAreThoseBeforeIt) {
  Loop loop, twin;
  for (size_t i = 0; i < 4; ++i) {
    NoGradGuard quiet;
    twin.model->parameters()[i].copy_(loop.model->parameters()[i]);
  }
  twin.x = loop.x;
  Tensor loss = F::cross_entropy(twin.model->forward(twin.x), twin.target);
  loss.backward();
  Tensor expected = twin.model->parameters()[0].grad().clone();
  float value = loss.item<float>();
  Tensor turned = loop.turn();
  EXPECT_EQ(turned.item<float>(), value);
  EXPECT_TRUE(loop.model->parameters()[0].grad().equal(expected));
}

TEST_F(Recorder, MicroBatchesCutAtTheSamePlace) {
  Loop loop;
  auto accumulate = [&] {
    loop.sgd.zero_grad();
    for (int i = 0; i < 4; ++i)
      F::cross_entropy(loop.model->forward(loop.x), loop.target).backward();
    loop.sgd.step();
  };
  for (int i = 0; i < 3; ++i)
    accumulate();
  uint64_t before = compiled();
  for (int i = 0; i < 3; ++i)
    accumulate();
  EXPECT_EQ(compiled(), before);
  EXPECT_LE(before, 5u);
}

TEST_F(Recorder, EndlessRecordingCutsByItself) {
  Tensor x = ones({2});
  for (int i = 0; i < 45'000; ++i)
    x = x * 1;
  EXPECT_GE(executions(), 2u);
  EXPECT_EQ(x.sum().item<float>(), 2);
}

TEST_F(Recorder, NoMemoryIsAnErrorWithALine) {
  auto expectNone = [](auto &&fn) {
    try {
      fn();
      ADD_FAILURE() << "no error";
    } catch (const Error &error) {
      EXPECT_STREQ(error.code(), "AGC0205");
      EXPECT_NE(error.position().find("RecorderTest.cpp"), std::string::npos) << error.what();
    }
  };
  expectNone([] { rand({int64_t(1) << 44}); });
  // Only when it is asked for: the sum alone would need none of it.
  Tensor row = ones({1 << 22, 1}), column = ones({1, 1 << 22}), all = (row + column).exp();
  expectNone([&] { all.data_ptr<float>(); });
}

TEST_F(Recorder, FrozenPartsHaveNoBackwardAtAll) {
  Loop loop;
  auto parameters = loop.model->named_parameters();
  parameters["layers.0.weight"].requires_grad_(false);
  parameters["layers.0.bias"].requires_grad_(false);
  loop.turn().item<float>();
  const proto::Function &f = segments.back().functions(0);
  for (const proto::Node &node : f.nodes())
    if (node.op() == "gradient")
      EXPECT_EQ(node.results_size(), 2); // of the head's two parameters
  EXPECT_FALSE(parameters["layers.0.weight"].grad().defined());
}

TEST_F(Recorder, ABadLabelLeavesTheWeightsAsTheyWere) {
  Loop loop;
  loop.turn().item<float>();
  Tensor before = loop.model->parameters()[0].detach().clone();
  before.sum().item<float>();
  loop.target = tensor({0, 1, 2, 3, 9});
  std::string error;
  try {
    loop.turn().item<float>();
  } catch (const Error &e) {
    error = e.what();
  }
  EXPECT_NE(error.find("got 9 at position 4"), std::string::npos) << error;
  EXPECT_NE(error.find("RecorderTest.cpp:"), std::string::npos) << error;
  EXPECT_TRUE(loop.model->parameters()[0].equal(before));
  loop.target = tensor({0, 1, 2, 3, 0});
  EXPECT_GT(loop.turn().item<float>(), 0);
}

TEST_F(Recorder, WhatNobodyWantsIsGoneAtOnce) {
  size_t before = detail::recorder().pending.size();
  {
    Tensor w = ones({8}, requires_grad()), z = w;
    for (int i = 0; i < 100; ++i)
      z = tanh(z * w);
    EXPECT_GE(detail::recorder().pending.size(), before + 200);
  }
  EXPECT_EQ(detail::recorder().pending.size(), before);
}

TEST_F(Recorder, AnotherThreadsTensorsDoNotRun) {
  Tensor mine = ones({4}) * 3;
  restart();
  std::thread([] {
    Tensor x = ones({4}), unread = x * 5;
    EXPECT_EQ((x * 2).sum().item<float>(), 8);
  }).join();
  EXPECT_EQ(executions(), 1u);
  EXPECT_EQ(mine.sum().item<float>(), 12);
  EXPECT_EQ(executions(), 2u);
}

TEST_F(Recorder, ATensorMadeOnOneThreadIsReadOnAnother) {
  Tensor fromThere;
  std::thread([&] { fromThere = ones({4}) * 3; }).join();
  EXPECT_EQ(fromThere.sum().item<float>(), 12); // its thread is gone
}

TEST_F(Recorder, ThreadsTrainAtOnceAsTheyWouldAlone) {
  agc::hooks::setSegmentHook(nullptr);
  auto train = [](int64_t width) {
    Tensor w = full({width, 3}, 0.1, requires_grad());
    Tensor x = arange(double(5 * width)).view({5, width}) / 10.;
    std::vector<float> losses;
    for (int i = 0; i < 30; ++i) {
      Tensor loss = (tanh(matmul(x, w)) - 0.5).pow(2).mean();
      loss.backward();
      losses.push_back(loss.item<float>());
      NoGradGuard quiet;
      w -= 0.1 * w.grad();
      w.mutable_grad().reset();
    }
    return losses;
  };
  std::vector<std::vector<float>> alone, together(4);
  for (int t = 0; t < 4; ++t)
    alone.push_back(train(4 + t));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] { together[size_t(t)] = train(4 + t); });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(together, alone);
}

TEST_F(Recorder, ThreadsReadOneModel) {
  agc::hooks::setSegmentHook(nullptr);
  nn::Linear shared(8, 2);
  Tensor x = ones({3, 8});
  float expected = shared->forward(x).sum().item<float>();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i)
        EXPECT_EQ(shared->forward(x).sum().item<float>(), expected);
    });
  for (std::thread &thread : threads)
    thread.join();
}

// The copy goes by a view of the new value, which is written over the old one.
TEST_F(Recorder, ReadsWhatWasJustWrittenInPlaceThroughAView) {
  agc::Tensor x = agc::tensor({1.f, 2.f, 3.f, 4.f, 5.f, 6.f}).view({2, 3}).clone();
  x.sum().item<float>();
  x.clamp_(2, 5);
  agc::Tensor flat = x.view({-1}).clone();
  EXPECT_EQ(flat[0].item<float>(), 2);
  EXPECT_EQ(flat[5].item<float>(), 5);
}

TEST_F(Recorder, SaysOnceThatAGraphKeepsChanging) {
  GTEST_FLAG_SET(death_test_style, "threadsafe"); // a process that said nothing yet
  auto train = [] {
    Tensor w = ones({3}).set_requires_grad(true);
    optim::SGD sgd({w}, optim::SGDOptions(0.01));
    for (int64_t rows = 1; rows <= 20; ++rows) {
      sgd.zero_grad();
      (ones({rows, 3}) * w).pow(2).sum(1).mean().backward();
      sgd.step();
    }
    std::exit(std::abs(w.sum().item<float>() - 3 * std::pow(0.98f, 20.f)) < 1e-4 ? 0 : 1);
  };
  EXPECT_EXIT(train(), testing::ExitedWithCode(0),
              "^agc: [^\n]*RecorderTest.cpp:[0-9]+:[0-9]+: what runs here was compiled 16 "
              "times[^\n]*\n$");
}

} // namespace
