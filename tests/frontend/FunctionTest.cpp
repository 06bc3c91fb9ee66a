//===- FunctionTest.cpp - Custom backwards and hooks ----------------------===//
#include <agc/agc.h>

#include "gtest/gtest.h"

#include <cmath>

using namespace agc;
using autograd::AutogradContext;
using autograd::variable_list;

namespace {

std::vector<float> floats(const Tensor &x) {
  const float *data = x.const_data_ptr<float>();
  return {data, data + x.numel()};
}

/// x^3 whose backward says 100 x^2, so that it is seen to be the one used.
struct Cube : autograd::Function<Cube> {
  static Tensor forward(AutogradContext *ctx, Tensor x, double scale) {
    EXPECT_FALSE(GradMode::is_enabled());
    ctx->save_for_backward({x});
    ctx->saved_data["scale"] = scale;
    return x * x * x;
  }
  static variable_list backward(AutogradContext *ctx, variable_list grads) {
    Tensor x = ctx->get_saved_variables()[0];
    return {grads[0] * ctx->saved_data["scale"].toDouble() * x * x, Tensor()};
  }
};

TEST(Function, ItsBackwardIsTheUsers) {
  Tensor x = tensor({1., 2.}, requires_grad());
  Tensor y = Cube::apply(x * 1, 100.);
  EXPECT_EQ(floats(y), (std::vector<float>{1, 8}));
  EXPECT_EQ(y.grad_fn()->name(), "CubeBackward");
  y.sum().backward();
  EXPECT_EQ(floats(x.grad()), (std::vector<float>{100, 400}));
}

TEST(Function, AfterItsForwardWasReadToo) {
  Tensor x = tensor({1., 2.}, requires_grad());
  Tensor loss = (Cube::apply(x.exp(), 100.) * 2).sum();
  float value = loss.item<float>();
  EXPECT_NEAR(value, 2 * (std::exp(3.f) + std::exp(6.f)), 1e-2);
  loss.backward();
  EXPECT_NEAR(floats(x.grad())[0] / (200 * std::exp(3.f)), 1, 1e-5);
}

TEST(Function, WithinATrainStep) {
  struct Net : nn::Module {
    Net() { w = register_parameter("w", full({3}, 2.)); }
    Tensor forward(const Tensor &x) { return Cube::apply(w, 1.) * x; }
    Tensor w;
  };
  auto net = std::make_shared<Net>();
  optim::SGD sgd(net->parameters(), optim::SGDOptions(0.5));
  auto sumOf = [](const Tensor &y, const Tensor &) { return y.sum(); };
  auto step = train_step(net, sumOf, sgd, spec({3}), spec({1}));
  EXPECT_EQ(step(ones({3}), zeros({1})), 24);
  EXPECT_EQ(floats(net->w), (std::vector<float>{0, 0, 0})); // 2 - 0.5 * 4
}

/// Two inputs, two outputs, of which one has no gradient.
struct Split : autograd::Function<Split> {
  static variable_list forward(AutogradContext *ctx, Tensor a, Tensor b) {
    Tensor sum = a + b, sign = a > b;
    ctx->mark_non_differentiable({sign});
    ctx->save_for_backward({sum, a});
    return {sum, sign.to(kFloat32), a * b};
  }
  static variable_list backward(AutogradContext *ctx, variable_list grads) {
    EXPECT_TRUE(ctx->needs_input_grad(0));
    EXPECT_FALSE(ctx->needs_input_grad(1));
    EXPECT_EQ(grads.size(), 3u);
    EXPECT_EQ(floats(grads[2]), std::vector<float>{0}); // nothing depends on it
    variable_list saved = ctx->get_saved_variables();
    return {grads[0] * saved[0], Tensor()};
  }
};

TEST(Function, SeveralOutputs) {
  Tensor a = tensor({3.}, requires_grad()), b = tensor({4.});
  variable_list outputs = Split::apply(a, b);
  (outputs[0] * 2).sum().backward();
  EXPECT_EQ(floats(a.grad()), std::vector<float>{14});
}

struct Square : autograd::Function<Square> {
  static Tensor forward(AutogradContext *ctx, Tensor x) {
    ctx->save_for_backward({x});
    return x * x;
  }
  static variable_list backward(AutogradContext *ctx, variable_list grads) {
    return {grads[0] * 2 * ctx->get_saved_variables()[0]};
  }
};

TEST(Function, TwiceThroughItsBackward) {
  Tensor x = tensor({3.}, requires_grad());
  Tensor y = Square::apply(Square::apply(x)); // x^4
  Tensor first = autograd::grad({y.sum()}, {x}, {}, true, true)[0];
  EXPECT_EQ(floats(first), std::vector<float>{108});
  Tensor second = autograd::grad({first.sum()}, {x}, {}, true, true)[0];
  EXPECT_EQ(floats(second), std::vector<float>{108});
  Tensor third = autograd::grad({second.sum()}, {x})[0];
  EXPECT_EQ(floats(third), std::vector<float>{72});
}

struct Exp : autograd::Function<Exp> {
  static Tensor forward(AutogradContext *ctx, Tensor x) {
    Tensor y = x.exp();
    ctx->save_for_backward({y});
    return y;
  }
  static variable_list backward(AutogradContext *ctx, variable_list grads) {
    return {grads[0] * ctx->get_saved_variables()[0]};
  }
};

TEST(Function, ASavedOutputHasItsHistory) {
  Tensor x = tensor({1.}, requires_grad());
  Tensor y = Exp::apply(x);
  Tensor first = autograd::grad({y.sum()}, {x}, {}, true, true)[0];
  Tensor second = autograd::grad({first.sum()}, {x}, {}, true)[0];
  EXPECT_NEAR(second.item<float>(), std::exp(1.f), 1e-5);
}

struct Wrong : autograd::Function<Wrong> {
  static Tensor forward(AutogradContext *, Tensor x) { return x * 2; }
  static variable_list backward(AutogradContext *, variable_list grads) {
    return {grads[0].sum()};
  }
};
struct TooFew : autograd::Function<TooFew> {
  static Tensor forward(AutogradContext *, Tensor x, Tensor y) { return x * y; }
  static variable_list backward(AutogradContext *, variable_list grads) { return {grads[0]}; }
};

std::string messageOf(const std::function<void()> &f) {
  try {
    f();
  } catch (const Error &error) {
    return error.what();
  }
  return "no error";
}

TEST(Function, WhatItsBackwardReturnsIsChecked) {
  Tensor x = ones({2}, requires_grad());
  EXPECT_NE(messageOf([&] { Wrong::apply(x).sum().backward(); })
                .find("the backward of 'WrongBackward' to return a gradient of shape [2] "
                      "for argument 0, got []"),
            std::string::npos);
  EXPECT_NE(messageOf([&] { TooFew::apply(x, x).sum().backward(); })
                .find("each of its 2 arguments, got 1"),
            std::string::npos);
}

TEST(Hook, OfAnInnerValueOfALeafAndRemoved) {
  Tensor x = tensor({1., 2.}, requires_grad());
  Tensor y = x * 3, z = (y * y).sum();
  std::vector<std::string> order;
  unsigned twice = y.register_hook([&](Tensor g) {
    order.push_back("y");
    return g * 2;
  });
  x.register_hook([&](Tensor) { order.push_back("x"); });
  z.backward({}, true);
  EXPECT_EQ(floats(x.grad()), (std::vector<float>{36, 72}));
  EXPECT_EQ(order, (std::vector<std::string>{"y", "x"}));
  y.remove_hook(twice);
  x.mutable_grad().reset();
  z.backward();
  EXPECT_EQ(floats(x.grad()), (std::vector<float>{18, 36}));
  EXPECT_NE(messageOf([&] { y.remove_hook(twice); }), "no error");
}

TEST(Hook, SeesTheWholeGradientOnce) {
  Tensor x = tensor({2.}, requires_grad());
  Tensor y = x.exp(), a = y * 3, b = y * y;
  int calls = 0;
  Tensor seen;
  y.register_hook([&](const Tensor &g) {
    ++calls;
    seen = g;
  });
  (a + b).sum().backward();
  EXPECT_EQ(calls, 1);
  EXPECT_NEAR(seen.item<float>(), 3 + 2 * std::exp(2.f), 1e-4);
}

TEST(Hook, RetainedGradientsAreWhatItMadeOfThem) {
  Tensor x = tensor({2.}, requires_grad());
  Tensor y = x * 2, z = y * 5;
  y.retain_grad();
  y.register_hook([](Tensor g) { return g + 1; });
  z.backward();
  EXPECT_EQ(floats(y.grad()), std::vector<float>{6});
  EXPECT_EQ(floats(x.grad()), std::vector<float>{12});
}

TEST(Hook, ReturningAnotherShapeIsAnError) {
  Tensor x = ones({2}, requires_grad()), y = x * 2;
  y.register_hook([](Tensor g) { return g.sum(); });
  EXPECT_NE(messageOf([&] { y.sum().backward(); }).find("expects a hook to return"),
            std::string::npos);
  EXPECT_NE(messageOf([&] { ones({2}).register_hook([](Tensor) {}); })
                .find("requires grad"),
            std::string::npos);
}

} // namespace
