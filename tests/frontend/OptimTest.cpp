//===- OptimTest.cpp - SGD against its formula ----------------------------===//
#include "tests/frontend/Values.h"

#include "gtest/gtest.h"

using namespace agc;

namespace {

struct Setting {
  const char *name;
  double momentum, dampening, decay;
  bool nesterov;
};

class SgdTest : public testing::TestWithParam<Setting> {};

/// Loss sum(c * p^2): the gradient of p is 2 c p.
TEST_P(SgdTest, FollowsItsFormula) {
  const Setting &s = GetParam();
  Tensor p = testvalues::make(1, {5}, -1, 1).clone().detach().requires_grad_();
  Tensor c = testvalues::make(2, {5}, 0, 1);
  optim::SGD sgd({p}, optim::SGDOptions(0.1)
                          .momentum(s.momentum)
                          .dampening(s.dampening)
                          .weight_decay(s.decay)
                          .nesterov(s.nesterov));
  std::vector<double> x = testvalues::values(1, 5, -1, 1),
                      factor = testvalues::values(2, 5, 0, 1), buffer(5);
  for (int step = 0; step < 4; ++step) {
    double lr = step < 2 ? 0.1 : 0.05;
    sgd.param_groups()[0].options().set_lr(lr);
    sgd.zero_grad();
    (c * p * p).sum().backward();
    sgd.step();
    for (size_t i = 0; i < 5; ++i) {
      double d = 2 * factor[i] * x[i] + s.decay * x[i];
      if (s.momentum) {
        buffer[i] = step ? s.momentum * buffer[i] + (1 - s.dampening) * d : d;
        d = s.nesterov ? d + s.momentum * buffer[i] : buffer[i];
      }
      x[i] -= lr * d;
    }
    const double *got = p.const_data_ptr<double>();
    for (size_t i = 0; i < 5; ++i)
      ASSERT_NEAR(got[i], x[i], 1e-14) << "step " << step;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Every, SgdTest,
    testing::Values(Setting{"plain", 0, 0, 0, false}, Setting{"momentum", 0.9, 0, 0, false},
                    Setting{"decay", 0.9, 0, 0.01, false}, Setting{"nesterov", 0.9, 0, 0.01, true},
                    Setting{"dampening", 0.9, 0.3, 0, false}),
    [](const testing::TestParamInfo<Setting> &info) { return std::string(info.param.name); });

TEST(Sgd, GroupsHaveTheirOwnOptions) {
  Tensor a = ones({2}, requires_grad()), b = ones({2}, requires_grad());
  optim::SGD sgd({optim::OptimizerParamGroup({a}),
                  optim::OptimizerParamGroup({b}, std::make_unique<optim::SGDOptions>(0.5))},
                 optim::SGDOptions(0.1));
  (a.sum() + b.sum()).backward();
  sgd.step();
  EXPECT_EQ(a.toString(), "tensor([0.9000, 0.9000], requires_grad=True)");
  EXPECT_EQ(b.toString(), "tensor([0.5000, 0.5000], requires_grad=True)");
}

TEST(Sgd, ZeroGradLeavesGradUndefined) {
  Tensor a = ones({2}, requires_grad());
  optim::SGD sgd({a}, optim::SGDOptions(0.1));
  a.sum().backward();
  sgd.zero_grad(/*set_to_none=*/false);
  EXPECT_EQ(a.grad().toString(), "tensor([0., 0.])");
  sgd.zero_grad();
  EXPECT_FALSE(a.grad().defined());
  sgd.step(); // nothing to do
  EXPECT_EQ(a.toString(), "tensor([1., 1.], requires_grad=True)");
}

TEST(Sgd, MisuseIsAnError) {
  Tensor a = ones({2}, requires_grad());
  EXPECT_THROW(optim::SGD({a}, optim::SGDOptions(-1)), Error);
  EXPECT_THROW(optim::SGD({a}, optim::SGDOptions(1).nesterov(true)), Error);
  EXPECT_THROW(optim::SGD({a * 2}, optim::SGDOptions(1)), Error);
  EXPECT_THROW(optim::SGD({a, a}, optim::SGDOptions(1)), Error);
}

} // namespace
