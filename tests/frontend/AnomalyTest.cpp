//===- AnomalyTest.cpp - Where the first NaN comes from; inference mode ----===//
#include "Values.h"

#include "gtest/gtest.h"

namespace torch = agc;
using agc::Tensor;

namespace {

/// The text of the error that \p fn ends with.
template <typename Fn> std::string errorOf(Fn fn) {
  try {
    fn();
  } catch (const c10::Error &error) {
    return error.what();
  }
  return "no error";
}

void expectNan(const std::string &message, const std::string &where, int line) {
  EXPECT_NE(message.find("a gradient is NaN, and the first NaN is " + where), message.npos) << message;
  EXPECT_NE(message.find("AnomalyTest.cpp:" + std::to_string(line)), message.npos) << message;
  EXPECT_NE(message.find("AGC0124"), message.npos) << message;
}

TEST(Anomaly, NamesTheLineWhoseBackwardMakesTheFirstNan) {
  Tensor x = torch::tensor({0., 4.}, torch::requires_grad());
  torch::autograd::DetectAnomalyGuard guard;
  Tensor root = torch::sqrt(x * 3);
  int line = __LINE__ - 1;
  Tensor loss = (root * torch::tensor({0., 1.})).sum(); // 0 * inf
  loss.backward();
  expectNan(errorOf([&] { x.grad().sum().item<double>(); }), "in the backward of 'agc.sqrt'", line);
}

TEST(Anomaly, NamesTheForwardLineThatANanComesFrom) {
  Tensor x = torch::tensor({-1., 2.}, torch::requires_grad());
  torch::autograd::DetectAnomalyGuard guard;
  Tensor y = x + 0.5;
  Tensor z = torch::log(y);
  int line = __LINE__ - 1;
  Tensor loss = (z * z).sum();
  loss.backward();
  expectNan(errorOf([&] { x.grad().sum().item<double>(); }), "the result of 'agc.log'", line);
}

TEST(Anomaly, AfterTheLossWasRead) {
  Tensor x = torch::tensor({0., 4.}, torch::requires_grad());
  torch::autograd::DetectAnomalyGuard guard;
  Tensor root = torch::sqrt(x * 3);
  int line = __LINE__ - 1;
  Tensor loss = (root * torch::tensor({0., 1.})).sum();
  EXPECT_GT(loss.item<double>(), 3);
  loss.backward();
  expectNan(errorOf([&] { x.grad().sum().item<double>(); }), "in the backward of 'agc.sqrt'", line);
}

TEST(Anomaly, OfATracedStepBeforeAnyWeightChanges) {
  auto model = std::make_shared<torch::nn::LinearImpl>(2, 1);
  torch::optim::SGD sgd(model->parameters(), torch::optim::SGDOptions(0.1));
  auto loss = [](const Tensor &y, const Tensor &t) { return torch::sqrt((y - t).pow(2).sum()) * 0; };
  int line = __LINE__ - 1;
  auto step = torch::train_step(model, loss, sgd, torch::spec({1, 2}), torch::spec({1, 1}));
  Tensor x = torch::ones({1, 2}), target = model->forward(x).detach();
  std::string before = model->weight.toString();
  {
    torch::autograd::DetectAnomalyGuard guard;
    expectNan(errorOf([&] { step(x, target); }), "in the backward of 'agc.sqrt'", line);
    EXPECT_EQ(model->weight.toString(), before);
  }
  step(x, target);
  EXPECT_NE(model->weight.toString(), before);
}

TEST(Anomaly, SaysNothingWhereThereIsNone) {
  Tensor x = torch::tensor({-1., 2.}, torch::requires_grad());
  torch::autograd::DetectAnomalyGuard guard;
  // A NaN that no gradient meets is none of a backward's.
  Tensor y = torch::where(x > 0, x * x, torch::log(x.detach()));
  y.sum().backward();
  EXPECT_EQ(x.grad()[1].item<double>(), 4);
  EXPECT_EQ(x.grad()[0].item<double>(), 0);
}

TEST(Anomaly, SwitchesAsLibtorchs) {
  using torch::autograd::AnomalyMode;
  EXPECT_FALSE(AnomalyMode::is_enabled());
  {
    torch::autograd::DetectAnomalyGuard guard(/*check_nan=*/false);
    EXPECT_TRUE(AnomalyMode::is_enabled());
    EXPECT_FALSE(AnomalyMode::should_check_nan());
    Tensor x = torch::tensor({0.}, torch::requires_grad());
    (torch::sqrt(x) * 0).sum().backward();
    EXPECT_EQ(x.grad().toString(), "tensor([nan])");
  }
  EXPECT_FALSE(AnomalyMode::is_enabled());
  EXPECT_TRUE(AnomalyMode::should_check_nan());
}

TEST(InferenceMode, HasNoGradients) {
  Tensor x = torch::ones({2}).set_requires_grad(true);
  {
    torch::InferenceMode guard;
    EXPECT_TRUE(torch::InferenceMode::is_enabled());
    EXPECT_FALSE(torch::GradMode::is_enabled());
    EXPECT_FALSE((x * 2).requires_grad());
    torch::InferenceMode normal(false);
    EXPECT_FALSE(torch::InferenceMode::is_enabled());
    EXPECT_TRUE((x * 2).requires_grad());
  }
  EXPECT_FALSE(torch::InferenceMode::is_enabled());
  EXPECT_TRUE(torch::GradMode::is_enabled());
}

} // namespace
