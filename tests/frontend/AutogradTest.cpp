//===- AutogradTest.cpp - Gradients behave as PyTorch's do ----------------===//
#include <agc/agc.h>

#include "gtest/gtest.h"

#include <sstream>

namespace torch = agc;

namespace {

std::string text(const torch::Tensor &tensor) { return tensor.toString(); }

/// The text of the error that \p fn ends with.
template <typename Fn> std::string errorOf(Fn fn) {
  try {
    fn();
  } catch (const c10::Error &error) {
    return error.what();
  }
  return "no error";
}

bool contains(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

/// Names of the nodes behind a node; "-" where no gradient goes.
std::string edges(const std::shared_ptr<torch::autograd::Node> &node) {
  std::string names;
  for (const auto &edge : node->next_edges()) {
    std::string name = edge.is_valid() ? edge.function->name() : "-";
    if (size_t colon = name.rfind(':'); colon != name.npos)
      name = name.substr(colon + 1);
    names += (names.empty() ? "" : " ") + name;
  }
  return names;
}

TEST(Autograd, TutorialWordForWord) {
  auto x = torch::tensor(2.0f, torch::requires_grad());
  auto y = 2 * torch::pow(x, 2) + 1;
  std::ostringstream out;
  out << x << '\n' << y << '\n';
  EXPECT_EQ(out.str(), "tensor(2., requires_grad=True)\n"
                       "tensor(9., grad_fn=<AddBackward0>)\n");
  y.backward();
  EXPECT_EQ(text(x.grad()), "tensor(8.)");
}

TEST(Autograd, TutorialOfMatrices) {
  auto x = torch::tensor({{1., 2., 3.}, {4., 5., 6.}}, torch::requires_grad());
  auto z = torch::pow(2 * x + 1, 2).mean();
  EXPECT_EQ(text(z), "tensor(75.6667, grad_fn=<MeanBackward0>)");
  z.backward();
  EXPECT_EQ(text(x.grad()), "tensor([[2.0000, 3.3333, 4.6667],\n"
                            "        [6.0000, 7.3333, 8.6667]])");
}

TEST(Autograd, ExternalGradient) {
  auto a = torch::tensor({2., 3.}, torch::requires_grad());
  auto b = torch::tensor({6., 4.}, torch::requires_grad());
  auto q = 3 * a.pow(3) - b.pow(2);
  q.backward(torch::tensor({1., 1.}));
  EXPECT_EQ(text(a.grad()), "tensor([36., 81.])");
  EXPECT_EQ(text(b.grad()), "tensor([-12.,  -8.])");
}

TEST(Autograd, SecondBackwardAddsUp) {
  auto x = torch::tensor({1., 2.}, torch::requires_grad());
  x.pow(2).sum().backward();
  auto held = x.grad();
  x.pow(2).sum().backward();
  EXPECT_EQ(text(x.grad()), "tensor([4., 8.])");
  EXPECT_EQ(text(held), "tensor([4., 8.])"); // in place, as in PyTorch
}

TEST(Autograd, GradReturnsAndDoesNotAccumulate) {
  auto x = torch::tensor({1., 2.}, torch::requires_grad());
  auto g = torch::autograd::grad({x.exp().sum()}, {x});
  EXPECT_TRUE(g[0].allclose(x.detach().exp()));
  EXPECT_FALSE(x.grad().defined());
}

TEST(Autograd, GradientOfTheGradient) {
  auto x = torch::tensor({1., 2.}, torch::requires_grad());
  auto g = torch::autograd::grad({x.pow(3).sum()}, {x}, {}, true, true)[0];
  EXPECT_EQ(text(g.detach()), "tensor([ 3., 12.])");
  EXPECT_TRUE(g.requires_grad());
  auto h = torch::autograd::grad({g.sum()}, {x}, {}, true, true)[0];
  EXPECT_EQ(text(h.detach()), "tensor([ 6., 12.])");
  EXPECT_EQ(text(torch::autograd::grad({h.sum()}, {x})[0]), "tensor([6., 6.])");
}

TEST(Autograd, GraphIsFreedUnlessRetained) {
  auto x = torch::tensor({1., 2.}, torch::requires_grad());
  auto y = (x * x).sum();
  y.backward({}, /*retain_graph=*/true);
  y.backward();
  EXPECT_EQ(text(x.grad()), "tensor([4., 8.])");
  std::string error = errorOf([&] { y.backward(); });
  EXPECT_TRUE(contains(error, "second time")) << error;
  EXPECT_TRUE(contains(error, "AutogradTest.cpp:")) << error;
  // What keeps nothing can be gone through again.
  auto z = (x + 1).sum();
  z.backward();
  z.backward();
  EXPECT_EQ(text(x.grad()), "tensor([ 6., 10.])");
}

TEST(Autograd, GraphAsPyTorchShowsIt) {
  auto x = torch::ones({2, 3}, torch::requires_grad());
  auto c = torch::ones({2, 3});
  EXPECT_EQ(x.grad_fn(), nullptr);
  EXPECT_EQ((x + 1).grad_fn()->name(), "AddBackward0");
  EXPECT_EQ(edges((x + 1).grad_fn()), "AccumulateGrad -");
  EXPECT_EQ(edges((c * x).grad_fn()), "- AccumulateGrad");
  EXPECT_EQ(edges(x.pow(2).grad_fn()), "AccumulateGrad");
  EXPECT_EQ(edges((x * 2).mean().grad_fn()), "MulBackward0");
  EXPECT_EQ(edges((x.exp() / x.sum(1, true)).grad_fn()), "ExpBackward0 SumBackward1");
  auto w = torch::ones({4, 3}, torch::requires_grad()),
       b = torch::ones({4}, torch::requires_grad());
  auto y = torch::linear(c, w, b);
  EXPECT_EQ(y.grad_fn()->name(), "AddmmBackward0");
  EXPECT_EQ(edges(y.grad_fn()), "AccumulateGrad - TBackward0");
  EXPECT_EQ(edges(y.grad_fn()->next_edges()[2].function), "AccumulateGrad");
  auto loss = torch::nn::functional::cross_entropy(y, torch::tensor({0, 1}));
  EXPECT_EQ(loss.grad_fn()->name(), "NllLossBackward0");
  EXPECT_EQ(edges(loss.grad_fn()), "LogSoftmaxBackward0");
  auto image = torch::ones({1, 1, 4, 4}), k = torch::ones({2, 1, 3, 3}, torch::requires_grad());
  auto pooled = torch::max_pool2d(torch::conv2d(image, k), 2);
  EXPECT_EQ(pooled.grad_fn()->name(), "MaxPool2DWithIndicesBackward0");
  EXPECT_EQ(edges(pooled.grad_fn()), "ConvolutionBackward0");
  EXPECT_EQ(edges(pooled.grad_fn()->next_edges()[0].function), "- AccumulateGrad -");
}

TEST(Autograd, ASumOverNothingIsNoNode) {
  auto x = torch::ones({}, torch::requires_grad());
  auto y = x.exp().sum();
  EXPECT_EQ(y.grad_fn()->name(), "ExpBackward0");
  EXPECT_EQ(edges(y.grad_fn()), "AccumulateGrad");
}

TEST(Autograd, FrozenParametersGetNoGradient) {
  auto model = torch::models::mlp({3, 4, 2});
  auto parameters = model->named_parameters();
  parameters["layers.0.weight"].requires_grad_(false);
  parameters["layers.0.bias"].requires_grad_(false);
  model->forward(torch::ones({1, 3})).sum().backward();
  EXPECT_FALSE(parameters["layers.0.weight"].grad().defined());
  EXPECT_TRUE(parameters["layers.2.weight"].grad().defined());
}

TEST(Autograd, NoGradAndDetachStopIt) {
  auto x = torch::tensor({1., 2.}, torch::requires_grad());
  torch::Tensor y;
  {
    torch::NoGradGuard quiet;
    y = x * 3;
    EXPECT_FALSE(torch::GradMode::is_enabled());
  }
  EXPECT_FALSE(y.requires_grad());
  EXPECT_FALSE(x.detach().requires_grad());
  // y depends on x, but not for autograd; nor does the detached factor.
  (x * y * x.detach()).sum().backward();
  EXPECT_EQ(text(x.grad()), "tensor([ 3., 12.])");
}

TEST(Autograd, LeafInPlaceIsAnErrorWithBothLines) {
  auto x = torch::tensor({1., 2.}, torch::requires_grad()); int made = __LINE__;
  std::string error;
  int changed = 0;
  error = errorOf([&] { changed = __LINE__; x.add_(1); });
  EXPECT_TRUE(contains(error, "AutogradTest.cpp:" + std::to_string(made))) << error;
  EXPECT_TRUE(contains(error, "AutogradTest.cpp:" + std::to_string(changed))) << error;
  EXPECT_TRUE(contains(errorOf([&] { x.view({2, 1}).mul_(2); }), "AGC0110"));
  {
    torch::NoGradGuard quiet;
    x.add_(1);
  }
  x.data().mul_(2);
  EXPECT_EQ(text(x), "tensor([4., 6.], requires_grad=True)");
  EXPECT_TRUE(x.is_leaf());
  (x * x).sum().backward();
  EXPECT_EQ(text(x.grad()), "tensor([ 8., 12.])");
}

TEST(Autograd, InPlaceOnAnIntermediateValue) {
  auto x = torch::tensor({1., 2., 3.}, torch::requires_grad());
  auto y = x * 2;
  y.mul_(y);
  y[0] = torch::tensor(5.);
  EXPECT_EQ(text(y), "tensor([ 5., 16., 36.], grad_fn=<CopySlices>)");
  y.sum().backward();
  EXPECT_EQ(text(x.grad()), "tensor([ 0., 16., 24.])");
}

TEST(Autograd, WritingTrackedValuesIntoAPlainTensor) {
  auto x = torch::tensor({1., 2.}, torch::requires_grad());
  auto y = torch::zeros({2, 2});
  y[1] = x * 3;
  EXPECT_TRUE(y.requires_grad());
  EXPECT_FALSE(y.is_leaf());
  (y * y).sum().backward();
  EXPECT_EQ(text(x.grad()), "tensor([18., 36.])");
}

TEST(Autograd, RetainGrad) {
  auto x = torch::tensor({1., 2.}, torch::requires_grad());
  auto y = x * 3;
  y.retain_grad();
  (y * y).sum().backward();
  EXPECT_EQ(text(y.grad()), "tensor([ 6., 12.])");
  EXPECT_EQ(text(x.grad()), "tensor([18., 36.])");
}

TEST(Autograd, MisuseIsOneClearError) {
  auto x = torch::tensor({1., 2.}, torch::requires_grad());
  auto c = torch::ones({2});
  auto u = torch::ones({2}, torch::requires_grad());
  EXPECT_TRUE(contains(errorOf([&] { (x * 2).backward(); }), "several elements"));
  EXPECT_TRUE(contains(errorOf([&] { c.sum().backward(); }), "requires grad"));
  EXPECT_TRUE(contains(errorOf([&] { (x * 2).backward(torch::ones({3})); }), "[2], got [3]"));
  EXPECT_TRUE(contains(errorOf([&] { torch::autograd::grad({x.sum()}, {u}); }), "allow_unused"));
  EXPECT_FALSE(torch::autograd::grad({x.sum()}, {u}, {}, {}, false, true)[0].defined());
  EXPECT_TRUE(contains(errorOf([&] { torch::ones({2}, torch::dtype(torch::kInt64).requires_grad(true)); }), "int64"));
  EXPECT_TRUE(contains(errorOf([&] { (x * 2).requires_grad_(false); }), "detach"));
}

TEST(Autograd, GradientsThroughBothUsesAfterASegmentRan) {
  auto x = torch::tensor({1., 2.}, torch::requires_grad());
  auto y = x * x;
  y.sum().item<float>(); // y is known now
  auto z = y * x;
  z.sum().item<float>();
  z.sum().backward();
  EXPECT_EQ(text(x.grad()), "tensor([ 3., 12.])");
}

TEST(Autograd, ErrorNamesTheOperationAndTheChange) {
  torch::Tensor x = torch::ones({2}).set_requires_grad(true);
  torch::Tensor y = x.exp();
  int recorded = __LINE__ - 1;
  y.mul_(2);
  int changed = __LINE__ - 1;
  try {
    y.sum().backward();
    FAIL() << "expected an error";
  } catch (const torch::Error &error) {
    std::string text = error.what();
    EXPECT_NE(text.find("ExpBackward0, recorded at"), std::string::npos) << text;
    EXPECT_NE(text.find("AutogradTest.cpp:" + std::to_string(recorded)), std::string::npos) << text;
    EXPECT_NE(text.find("changed in place at"), std::string::npos) << text;
    EXPECT_NE(text.find("AutogradTest.cpp:" + std::to_string(changed)), std::string::npos) << text;
    EXPECT_NE(text.find("AGC0119"), std::string::npos) << text;
  }
}

} // namespace
