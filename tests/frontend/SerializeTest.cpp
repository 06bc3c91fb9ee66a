//===- SerializeTest.cpp - torch::save and torch::load --------------------===//
#include <agc/agc.h>

#include "runtime/checkpoint/Safetensors.h"
#include "tests/frontend/Refusals.h"

#include "gtest/gtest.h"

#include <unistd.h>

#include <filesystem>

namespace torch = agc;
using agc::testrefusals::expectRefusals;

namespace {

class Serialize : public testing::Test {
protected:
  std::string folder = testing::TempDir() + "agc-serialize-" + std::to_string(::getpid());
  void SetUp() override { std::filesystem::create_directory(folder); }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::string operator()(const char *name) const { return folder + "/" + name; }
};

/// Steps of an ordinary loop.
void train(torch::nn::Linear &model, torch::optim::Optimizer &optimizer, int steps) {
  auto x = torch::arange(12.f).view({4, 3}) / 8, y = torch::arange(8.f).view({4, 2}) / 4;
  for (int i = 0; i < steps; ++i) {
    optimizer.zero_grad();
    torch::nn::functional::mse_loss(model(x), y).backward();
    optimizer.step();
  }
}

} // namespace

// Model and optimizer in two files, as PyTorch's examples have it.
TEST_F(Serialize, ALoopGoesOnWithTheSameBits) {
  auto check = [&](auto make, const char *what) {
    SCOPED_TRACE(what);
    torch::manual_seed(3);
    torch::nn::Linear whole(3, 2), first(3, 2), second(3, 2);
    torch::save(whole, (*this)("start"));
    torch::load(first, (*this)("start"));
    auto wholly = make(whole), partly = make(first);
    train(whole, *wholly, 10);
    train(first, *partly, 5);
    torch::save(first, (*this)("model"));
    torch::save(*partly, (*this)("optimizer"));

    // Into one that has made no step, and into one that has.
    for (int before : {0, 2}) {
      auto again = make(second);
      train(second, *again, before);
      torch::load(second, (*this)("model"));
      agc::LoadReport report = torch::load(*again, (*this)("optimizer"));
      EXPECT_TRUE(report.complete());
      EXPECT_EQ(report.loaded.size(), partly->state().size());
      train(second, *again, 5);
      EXPECT_TRUE(second->weight.equal(whole->weight)) << before;
      EXPECT_TRUE(second->bias.equal(whole->bias));
    }
  };
  using namespace torch::optim;
  check([](auto &m) { return std::make_unique<SGD>(m->parameters(), SGDOptions(0.05).momentum(0.9).dampening(0.1)); }, "SGD");
  check([](auto &m) { return std::make_unique<Adam>(m->parameters(), AdamOptions(0.01).amsgrad(true)); }, "Adam");
  check([](auto &m) { return std::make_unique<Adagrad>(m->parameters(), AdagradOptions(0.1)); }, "Adagrad");
  check([](auto &m) { return std::make_unique<RMSprop>(m->parameters(), RMSpropOptions(0.01).momentum(0.5).centered(true)); }, "RMSprop");
}

TEST_F(Serialize, LearningRatesComeBack) {
  torch::nn::Linear a(2, 2), b(2, 2);
  auto groups = [&] {
    return std::vector<torch::optim::OptimizerParamGroup>{a->parameters(), b->parameters()};
  };
  torch::optim::SGD first(groups(), 0.1), second(groups(), 0.5);
  first.param_groups()[1].options().set_lr(1.0 / 3);
  torch::save(first, (*this)("sgd"));
  torch::load(second, (*this)("sgd"));
  EXPECT_EQ(second.param_groups()[0].options().get_lr(), 0.1);
  EXPECT_EQ(second.param_groups()[1].options().get_lr(), 1.0 / 3);
}

TEST_F(Serialize, OptimizersThatDoNotFit) {
  torch::nn::Linear model(3, 2), wide(3, 4);
  torch::optim::Adam adam(model->parameters(), torch::optim::AdamOptions(0.25)),
      other(wide->parameters(), torch::optim::AdamOptions(0.01)),
      one({wide->weight}, torch::optim::AdamOptions(0.01));
  torch::optim::SGD sgd(model->parameters(), 0.1);
  train(model, adam, 1);
  torch::save(adam, (*this)("adam"));
  torch::save(model, (*this)("model"));
  expectRefusals({
      {"AGC0118", "is not the state of agc::optim::SGD but of agc::optim::Adam", [&] { torch::load(sgd, (*this)("adam")); }},
      {"AGC0118", "is not the state of agc::optim::Adam", [&] { torch::load(adam, (*this)("model")); }},
      {"AGC0118", "has 'exp_avg.0' as f32 [2, 3], expected f32 [4, 3] and 3 others", [&] { torch::load(other, (*this)("adam")); }},
      {"AGC0118", "has a tensor 'exp_avg.1' (f32 [2]) and 2 others that the model has not", [&] { torch::load(one, (*this)("adam")); }},
      {"AGC0201", "cannot read", [&] { torch::load(adam, (*this)("none")); }},
      {"AGC0201", "cannot write", [&] { torch::save(adam, (*this)("none/adam")); }},
  });
  EXPECT_TRUE(other.state().empty());
  EXPECT_EQ(other.param_groups()[0].options().get_lr(), 0.01);
  // What fits, and a step with it.
  agc::LoadReport report = torch::load(other, (*this)("adam"), /*strict=*/false);
  EXPECT_EQ(report.loaded.size(), 2u); // step.0 and step.1
  EXPECT_EQ(report.mismatched.size(), 4u);
  EXPECT_EQ(other.state().size(), 2u);
  EXPECT_EQ(other.param_groups()[0].options().get_lr(), 0.25);
  (wide(torch::ones({1, 3})).sum()).backward();
  other.step();
  EXPECT_EQ(other.state().size(), 6u);
}

TEST_F(Serialize, Tensors) {
  auto x = torch::arange(6).view({2, 3}), y = torch::tensor({1.5, 2.5}), empty = torch::zeros({0, 4});
  torch::save(x, (*this)("x"));
  torch::Tensor back;
  torch::load(back, (*this)("x"));
  EXPECT_EQ(back.dtype(), torch::kInt64);
  EXPECT_TRUE(back.equal(x));
  std::vector<torch::Tensor> many;
  for (int i = 0; i < 12; ++i)
    many.push_back(torch::full({i}, float(i)));
  many.push_back(empty);
  many.push_back(y.to(torch::kBFloat16));
  torch::save(many, (*this)("many"));
  std::vector<torch::Tensor> got = {x};
  torch::load(got, (*this)("many"));
  ASSERT_EQ(got.size(), many.size());
  for (size_t i = 0; i < got.size(); ++i) {
    EXPECT_EQ(got[i].dtype(), many[i].dtype());
    EXPECT_TRUE(got[i].equal(many[i])) << i;
  }
  torch::nn::Linear model(1, 1);
  torch::save(model, (*this)("model"));
  expectRefusals({
      {"AGC0118", "has 14 tensors, expected one", [&] { torch::load(back, (*this)("many")); }},
      {"AGC0118", "has names, and no tensor '0'; is it a model's?", [&] { torch::load(got, (*this)("model")); }},
      {"AGC0201", "cannot read", [&] { torch::load(got, (*this)("none")); }},
      {"AGC0201", "cannot write", [&] { torch::save(x, (*this)("none/x")); }},
  });
  EXPECT_EQ(got.size(), many.size());
}
