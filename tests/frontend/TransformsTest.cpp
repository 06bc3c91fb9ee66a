//===- TransformsTest.cpp - vmap, jvp, jacobian, hessian -------------------===//
//
// Against closed forms, and against loops over what they are taken of.
//
//===----------------------------------------------------------------------===//
#include "Values.h"

#include "frontend/core/Recorder.h"

#include "gtest/gtest.h"

#include <cmath>
#include <map>

using namespace agc;
using testvalues::make;
namespace F = agc::nn::functional;

namespace {

std::vector<double> doubles(const Tensor &x) {
  Tensor wide = x.detach().to(kFloat64).contiguous();
  const double *data = wide.const_data_ptr<double>();
  return {data, data + wide.numel()};
}

void expectNear(const Tensor &got, const Tensor &expected, double tolerance = 1e-12) {
  ASSERT_EQ(got.sizes().vec(), expected.sizes().vec());
  EXPECT_EQ(got.scalar_type(), expected.scalar_type());
  std::vector<double> a = doubles(got), b = doubles(expected);
  for (size_t i = 0; i < a.size(); ++i)
    EXPECT_NEAR(a[i], b[i], tolerance * std::max(1., std::abs(b[i]))) << "at " << i;
}

//===----------------------------------------------------------------------===//
// vmap
//===----------------------------------------------------------------------===//

/// vmap(f) over dimension 0 of all inputs is the stack of f of each.
template <typename Fn> void expectMaps(const char *what, Fn f, const Tensor &x, double tolerance = 1e-12) {
  SCOPED_TRACE(what);
  std::vector<Tensor> each;
  for (int64_t i = 0; i < x.size(0); ++i)
    each.push_back(f(x[i]));
  expectNear(vmap(f)(x), stack(each), tolerance);
}

TEST(Vmap, EachOpForABatch) {
  Tensor x = make(1, {3, 4, 5}), w = make(2, {5, 2}), image = make(3, {3, 2, 4, 6, 6});
  Tensor kernel = make(4, {6, 2, 3, 3}), index = tensor({0, 2, 2}, kInt64);
  expectMaps("elementwise", [](Tensor a) { return (a * 2).sin() + where(a > 0, a.exp(), a); }, x);
  expectMaps("shape", [](Tensor a) {
    return cat({a.t().reshape({2, 10}), a.slice(0, 1, 4, 2).flip({1}).expand({3, 2, 5})[1].reshape({1, 10})});
  }, x);
  expectMaps("pad", [](Tensor a) { return constant_pad_nd(a, {1, 2, 0, 3}, 7); }, x);
  expectMaps("reductions", [](Tensor a) {
    return a.sum(0) + a.amax(0) - a.amin(0) + a.argmax(0).to(kFloat64) + a.var(0);
  }, x);
  expectMaps("product", [&](Tensor a) { return a.matmul(w); }, x);
  expectMaps("product of its own", [](Tensor a) { return a.matmul(a.t()); }, x);
  expectMaps("product from outside", [&](Tensor a) { return w.t().matmul(a.t()); }, x);
  expectMaps("scans", [](Tensor a) { return a.cumsum(1).softmax(0); }, x);
  expectMaps("gather", [&](Tensor a) { return a.index_select(1, index); }, x);
  expectMaps("gather from one table", [&](Tensor a) {
    return make(5, {3, 2}).index_select(0, a.abs().to(kInt64).flatten());
  }, x);
  expectMaps("scatter", [&](Tensor a) { return a.index_add(0, index, a.slice(0, 1)); }, x);
  expectMaps("conv", [&](Tensor a) {
    return F::conv2d(a, kernel, F::Conv2dFuncOptions().padding(1).stride(2).groups(2));
  }, image);
  expectMaps("conv, a kernel each", [&](Tensor a) {
    Tensor own = a.slice(2, 0, 3).slice(3, 0, 3); // [2, 4, 3, 3]
    return F::conv2d(a, own, F::Conv2dFuncOptions().padding(1));
  }, image);
  expectMaps("conv, a kernel each and groups", [&](Tensor a) {
    Tensor own = a.slice(1, 0, 2).slice(2, 0, 3).slice(3, 0, 3); // [2, 2, 3, 3]
    return F::conv2d(a, own, F::Conv2dFuncOptions().groups(2));
  }, image);
  expectMaps("pool", [](Tensor a) {
    return F::max_pool2d(a, F::MaxPool2dFuncOptions(2)) * 2;
  }, image);
  expectMaps("losses", [&](Tensor a) { return F::cross_entropy(a, tensor({0, 4, 1, 1}, kInt64)); }, x);
  expectMaps("what does not depend", [&](Tensor) { return w * 2; }, x);
  expectMaps("float32", [&](Tensor a) { return a.tanh().matmul(w.to(kFloat32)); }, x.to(kFloat32), 1e-5);
}

TEST(Vmap, GradientsOfEachExample) {
  Tensor x = make(1, {4, 3}), target = make(2, {4, 2}), image = make(3, {3, 2, 2, 5, 5});
  Tensor w = make(4, {3, 2}).requires_grad_(), kernel = make(5, {2, 2, 3, 3}).requires_grad_();
  // Of one weight, from outside, for each example.
  auto loss = [&](Tensor a, Tensor b) { return (a.matmul(w).tanh() - b).pow(2).sum(); };
  Tensor rows = vmap([&](Tensor a, Tensor b) {
    return autograd::grad({loss(a, b)}, {w})[0];
  })(x, target);
  std::vector<Tensor> each;
  for (int64_t i = 0; i < 4; ++i)
    each.push_back(autograd::grad({loss(x[i], target[i])}, {w})[0]);
  expectNear(rows, stack(each));
  // Through convolution and pooling, with the inputs' gradients too.
  auto both = [&](Tensor a) {
    Tensor y = F::max_pool2d(F::conv2d(a, kernel).tanh(), F::MaxPool2dFuncOptions(2));
    return autograd::grad({(y * y).sum()}, {kernel})[0];
  };
  expectMaps("kernels", both, image, 1e-11);
  expectMaps("inputs", [&](Tensor a) {
    Tensor b = a.detach().requires_grad_();
    return autograd::grad({F::conv2d(b, kernel).pow(3).sum()}, {b})[0];
  }, image, 1e-11);
}

TEST(Vmap, PerSampleGradientsOfAModel) {
  struct Net : nn::Module {
    Net() {
      a = register_module("a", nn::Linear(4, 8));
      b = register_module("b", nn::Linear(8, 3));
    }
    Tensor forward(const Tensor &x) { return b->forward(relu(a->forward(x))); }
    nn::Linear a{nullptr}, b{nullptr};
  } net;
  Tensor x = make(1, {5, 4}, -1, 1, kFloat32), y = tensor({0, 1, 2, 1, 0}, kInt64);
  auto gradients = [&](Tensor row, Tensor label) {
    Tensor loss = F::cross_entropy(net.forward(row.unsqueeze(0)), label.unsqueeze(0));
    return autograd::grad({loss}, net.parameters());
  };
  std::vector<Tensor> all = vmap(gradients)(x, y);
  ASSERT_EQ(all.size(), 4u);
  for (int64_t i = 0; i < 5; ++i) {
    std::vector<Tensor> one = gradients(x[i], y[i]);
    for (size_t p = 0; p < 4; ++p)
      expectNear(all[p][i], one[p], 1e-5);
  }
}

TEST(Vmap, DimensionsInAndOut) {
  Tensor x = make(1, {3, 4}), y = make(2, {4, 5}), scale = make(3, {4});
  // One example: a column of x, a row of y.
  auto f = [](Tensor a, Tensor b, Tensor s) { return outer(a, b) * s.sum(); };
  Tensor got = vmap(f, {1, 0, std::nullopt}, -1)(x, y, scale);
  std::vector<Tensor> each;
  for (int64_t i = 0; i < 4; ++i)
    each.push_back(f(x.select(1, i), y[i], scale));
  expectNear(got, stack(each, -1));
  // Within one another: an outer product.
  Tensor table = vmap([&](Tensor a) { return vmap([&](Tensor b) { return a * b; })(scale); })(x[0]);
  expectNear(table, outer(x[0], scale));
}

TEST(Vmap, GradientsGoThrough) {
  Tensor x = make(1, {4, 3}).requires_grad_(), w = make(2, {3}).requires_grad_();
  auto f = [&](Tensor a) { return (a * w).sin().sum() * a; };
  Tensor mapped = vmap(f)(x).pow(2).sum();
  std::vector<Tensor> rows;
  for (int64_t i = 0; i < 4; ++i)
    rows.push_back(f(x[i]));
  Tensor plain = stack(rows).pow(2).sum();
  auto a = autograd::grad({mapped}, {x, w}, {}, true, true), b = autograd::grad({plain}, {x, w}, {}, true, true);
  auto c = autograd::grad({a[0].pow(2).sum() + a[1].sum()}, {x, w}),
       d = autograd::grad({b[0].pow(2).sum() + b[1].sum()}, {x, w});
  for (size_t i = 0; i < 2; ++i) {
    expectNear(a[i], b[i]);
    expectNear(c[i], d[i], 1e-11);
  }
  NoGradGuard quiet;
  EXPECT_FALSE(vmap(f)(x).requires_grad());
}

TEST(Vmap, LoopsAndBranches) {
  Tensor x = make(1, {3, 5, 2}), w = make(2, {2, 2}).requires_grad_();
  auto rnn = [&](Tensor a) {
    return scan([&](Tensor c, Tensor row) {
      Tensor next = (c.matmul(w) + row).tanh();
      return std::pair(next, next * next);
    }, zeros({2}).to(kFloat64), a).second;
  };
  expectMaps("scan", rnn, x);
  expectMaps("its gradient", [&](Tensor a) { return autograd::grad({rnn(a).sum()}, {w})[0]; }, x, 1e-11);
  expectMaps("cond", [&](Tensor a) {
    return cond(a.sum() > 0, [&] { return a.exp(); }, [&] { return a.matmul(w); });
  }, x);
  expectMaps("a cond that all agree on", [&](Tensor a) {
    return cond(w.sum() > 0, [&] { return a.exp(); }, [&] { return a.matmul(w); });
  }, x);
  expectMaps("checkpoint", [&](Tensor a) {
    return autograd::grad({checkpoint([&](Tensor b) { return b.matmul(w).tanh(); }, a).sum()}, {w})[0];
  }, x);
  expectMaps("while, as often for all", [&](Tensor a) {
    return while_loop([](const Tensors &s) { return s[1] < 3; },
                      [&](const Tensors &s) { return Tensors{s[0].matmul(w), s[1] + 1}; },
                      {a, zeros({}, kInt64)}, 10)[0];
  }, x);
}

TEST(Vmap, CompilesOnce) {
  uint64_t before = hooks::counters().compiledSegments;
  for (int turn = 0; turn < 3; ++turn)
    doubles(vmap([&](Tensor a) { return a * (turn + 0.5); })(make(uint32_t(turn), {7, 2})));
  EXPECT_EQ(hooks::counters().compiledSegments - before, 1u);
}

TEST(Vmap, WithinACompiledStep) {
  auto f = compile([](Tensor x, Tensor w) {
    return vmap([&](Tensor a) { return a.matmul(w).softmax(0); })(x);
  }, spec({3, 4}), spec({4, 2}));
  Tensor x = make(1, {3, 4}, -1, 1, kFloat32), w = make(2, {4, 2}, -1, 1, kFloat32);
  expectNear(f(x, w), x.matmul(w).softmax(1), 1e-6);
}

//===----------------------------------------------------------------------===//
// jvp, jacobian, hessian
//===----------------------------------------------------------------------===//

TEST(Jvp, ValueAndDirectionalDerivative) {
  Tensor x = make(1, {4}), v = make(2, {4});
  auto [y, dy] = jvp([](Tensor a) { return a.sin() * a.sum(); }, x, v);
  expectNear(y, x.sin() * x.sum());
  expectNear(dy, x.cos() * v * x.sum() + x.sin() * v.sum());
  EXPECT_FALSE(y.requires_grad());
  EXPECT_FALSE(dy.requires_grad());
}

TEST(Jvp, SeveralInputsAndResults) {
  Tensor x = make(1, {3}), y = make(2, {3}), dx = make(3, {3}), dy = make(4, {3});
  auto [values, changes] = jvp(
      [](const std::vector<Tensor> &in) {
        return std::vector<Tensor>{in[0] * in[1], in[0].exp().sum(), zeros({2}), in[1].detach()};
      },
      {x, y}, {dx, dy});
  ASSERT_EQ(changes.size(), 4u);
  expectNear(values[0], x * y);
  expectNear(changes[0], dx * y + x * dy);
  expectNear(changes[1], (x.exp() * dx).sum());
  expectNear(changes[2], zeros({2}));
  expectNear(changes[3], zeros({3}).to(kFloat64));
}

TEST(Jvp, IsTheTransposeOfTheVjp) {
  Tensor x = make(1, {2, 3, 6, 6}), k = make(2, {4, 3, 3, 3}), v = make(3, {2, 3, 6, 6});
  auto f = [&](Tensor a) {
    return F::max_pool2d(F::conv2d(a, k).tanh(), F::MaxPool2dFuncOptions(2)).softmax(1);
  };
  auto [y, dy] = jvp(f, x, v);
  Tensor u = make(4, y.sizes().vec()), leaf = x.clone().requires_grad_();
  Tensor back = autograd::grad({(f(leaf) * u).sum()}, {leaf})[0];
  expectNear((dy * u).sum(), (back * v).sum(), 1e-11);
}

TEST(Jvp, GradientsGoThroughIt) {
  Tensor x = make(1, {3}).requires_grad_(), w = make(2, {3}).requires_grad_(), v = make(3, {3});
  auto f = [&](Tensor a) { return (a * a * w).sum(); };
  Tensor slope = jvp(f, x, v).second; // sum(2 x w v)
  auto g = autograd::grad({slope}, {x, w});
  expectNear(g[0], w * v * 2);
  expectNear(g[1], x * v * 2);
  // Forward over forward.
  Tensor curvature = jvp([&](Tensor a) { return jvp(f, a, v).second; }, x.detach(), v).second;
  expectNear(curvature, (w * v * v * 2).sum());
}

TEST(Jvp, ThroughLoops) {
  Tensor w = make(1, {3, 3}), x = make(2, {5, 3}), v = make(3, {3, 3});
  auto f = [&](Tensor m) {
    return scan([&](Tensor c, Tensor row) {
      Tensor next = (c.matmul(m) + row).tanh();
      return std::pair(next, next);
    }, zeros({3}).to(kFloat64), x).first;
  };
  Tensor dy = jvp(f, w, v).second, moved = (f(w + v * 1e-6) - f(w - v * 1e-6)) / 2e-6;
  expectNear(dy, moved, 1e-8);
}

TEST(Jacobian, BothModesAndClosedForms) {
  Tensor x = make(1, {3}), a = make(2, {2, 3}), b = make(3, {5, 3});
  // Reverse: two results of three; forward: five.
  expectNear(jacobian([&](Tensor v) { return a.matmul(v).sin(); }, x),
             a.matmul(x).cos().unsqueeze(1) * a);
  expectNear(jacobian([&](Tensor v) { return b.matmul(v).sin(); }, x),
             b.matmul(x).cos().unsqueeze(1) * b);
  Tensor m = make(4, {2, 3});
  Tensor wide = jacobian([](Tensor v) { return cat({v.t(), v.t() * 2}); }, m); // [6, 2, 2, 3]
  EXPECT_EQ(wide.sizes().vec(), (std::vector<int64_t>{6, 2, 2, 3}));
  expectNear(wide[4], wide[1] * 2);
  EXPECT_EQ(wide[4][0][0][1].item<double>(), 2);
  EXPECT_EQ(wide.sum().item<double>(), 18);
  expectNear(jacobian([&](Tensor v) { return v.sum(); }, x), ones({3}).to(kFloat64));
  expectNear(jacobian([&](Tensor) { return a; }, x), zeros({2, 3, 3}).to(kFloat64));
  Tensor w = make(5, {2}).requires_grad_();
  expectNear(jacobian([&](Tensor) { return w * 2; }, x), zeros({2, 3}).to(kFloat64));
}

TEST(Jacobian, GradientsGoThroughIt) {
  Tensor x = make(1, {3}).requires_grad_(), w = make(2, {3}).requires_grad_();
  auto f = [&](Tensor v) { return v.pow(3) * w; };
  Tensor j = jacobian(f, x); // diag(3 x^2 w)
  expectNear(j, diag(x * x * w * 3));
  auto g = autograd::grad({j.sum()}, {x, w});
  expectNear(g[0], x * w * 6);
  expectNear(g[1], x * x * 3);
}

TEST(Hessian, ClosedFormsAndGradients) {
  Tensor x = make(1, {3}).requires_grad_(), a = make(2, {3, 3});
  expectNear(hessian([&](Tensor v) { return v.matmul(a).matmul(v) / 2; }, x.detach()),
             (a + a.t()) / 2);
  Tensor h = hessian([](Tensor v) { return v.pow(4).sum(); }, x);
  expectNear(h, diag(x * x * 12));
  expectNear(autograd::grad({h.sum()}, {x})[0], x * 24);
  expectNear(hessian([](Tensor v) { return v.sum(); }, x.detach()), zeros({3, 3}).to(kFloat64));
  // Of a network's loss, against differences of its gradient.
  Tensor w = make(3, {2, 3}), in = make(4, {5, 3});
  auto loss = [&](Tensor m) { return in.matmul(m.t()).tanh().logsumexp(1).sum(); };
  Tensor all = hessian(loss, w); // [2, 3, 2, 3]
  EXPECT_EQ(all.sizes().vec(), (std::vector<int64_t>{2, 3, 2, 3}));
  Tensor v = make(5, {2, 3});
  auto gradient = [&](double step) {
    Tensor at = (w + v * step).detach().requires_grad_();
    return autograd::grad({loss(at)}, {at})[0];
  };
  Tensor along = (all * v).sum({2, 3});
  expectNear(along, (gradient(1e-6) - gradient(-1e-6)) / 2e-6, 1e-7);
  expectNear(all, all.permute({2, 3, 0, 1}), 1e-10);
}

/// A loss of one example, of shapes [3, 4], [4], [3].
Tensor network(const Tensor &w, const Tensor &x, const Tensor &y) {
  Tensor z = w.matmul(x);
  return (z.tanh() - y).square().sum() + z.logsumexp(0);
}

TEST(Transforms, GiveTorchFuncsNumbers) {
  Tensor w = make(21, {3, 4}), xs = make(22, {5, 4}), ys = make(23, {5, 3}), v = make(24, {3, 4}),
         image = make(25, {3, 2, 6, 6}), kernel = make(26, {2, 2, 3, 3});
  auto gradient = [](auto f, Tensor at) {
    Tensor leaf = at.clone().requires_grad_();
    return autograd::grad({f(leaf)}, {leaf}, {}, true, true)[0];
  };
  std::map<std::string, Tensor> got;
  got["per_sample_gradients"] = vmap([&](Tensor a, Tensor x, Tensor y) {
    return gradient([&](Tensor b) { return network(b, x, y); }, a);
  }, {std::nullopt, 0, 0})(w, xs, ys);
  got["per_sample_kernels"] = vmap([&](Tensor k, Tensor i) {
    return gradient([&](Tensor b) {
      Tensor y = F::conv2d(i.unsqueeze(0), b, F::Conv2dFuncOptions().padding(1)).tanh();
      return F::max_pool2d(y, F::MaxPool2dFuncOptions(2)).square().sum();
    }, k);
  }, {std::nullopt, 0})(kernel, image);
  auto ofWeights = [&](Tensor a) { return network(a, xs[0], ys[0]); };
  got["jvp"] = jvp(ofWeights, w, v).second;
  got["jacobian"] = jacobian([&](Tensor x) {
    return cat({w.matmul(x).sin() * x.sum(), x.exp()});
  }, xs[0]);
  got["hessian"] = hessian(ofWeights, w);
  got["hessians"] = vmap([&](Tensor x, Tensor y) {
    return hessian([&](Tensor at) { return network(w, at, y); }, x);
  })(xs, ys);
  got["jacobian_of_gradient"] = jacobian([&](Tensor x) {
    return gradient([&](Tensor at) { return network(w, at, ys[0]); }, x);
  }, xs[0]);
  const auto &golden = testvalues::golden()["transforms"];
  EXPECT_EQ(got.size(), golden.size());
  for (const auto &[name, tensor] : got) {
    SCOPED_TRACE(name);
    auto expected = golden[name]["y"].get<std::vector<double>>();
    ASSERT_EQ(tensor.sizes().vec(), golden[name]["shape"].get<std::vector<int64_t>>());
    std::vector<double> numbers = doubles(tensor);
    for (size_t i = 0; i < expected.size(); ++i)
      EXPECT_NEAR(numbers[i], expected[i], 1e-10 * std::max(1., std::abs(expected[i]))) << i;
  }
}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

template <typename Fn> void expectError(const char *code, const char *text, Fn f) {
  try {
    f();
    FAIL() << "no error: " << text;
  } catch (const Error &error) {
    std::string message = error.what();
    EXPECT_NE(message.find(text), message.npos) << message;
    EXPECT_NE(message.find(code), message.npos) << message;
    EXPECT_NE(message.find("TransformsTest.cpp:"), message.npos) << message;
  }
  EXPECT_EQ((ones({2}) + 1).sum().item<float>(), 4); // nothing is left behind
}

TEST(TransformErrors, Vmap) {
  Tensor x = make(1, {3, 2}), y = make(2, {4}), w = make(3, {2}).requires_grad_(), total = zeros({2}).to(kFloat64);
  auto id = [](Tensor a) { return a; };
  expectError("AGC0104", "one of in_dims for each of 1 inputs, got 2", [&] { vmap(id, {0, 1})(x); });
  expectError("AGC0104", "expects a dimension in [-2, 1], got 2", [&] { vmap(id, {2})(x); });
  expectError("AGC0104", "expects a dimension in [-2, 1], got -3", [&] { vmap(id, {0}, -3)(x); });
  expectError("AGC0104", "expects a dimension to map over, got shape []", [&] { vmap(id)(ones({})); });
  expectError("AGC0104", "at least one input to map over", [&] { vmap(id, {std::nullopt})(x); });
  expectError("AGC0103", "one size along in_dims, got 3 and 4", [&] {
    vmap([](Tensor a, Tensor b) { return a * b; })(x, y);
  });
  expectError("AGC0122", "expects a function that draws no random numbers: draw them before, and give them as an argument", [&] {
    vmap([](Tensor a) { return a + rand({2}); })(x);
  });
  expectError("AGC0122", "a function given to agc::vmap cannot read a tensor's value", [&] {
    vmap([](Tensor a) { a.sum().item<double>(); return a; })(x);
  });
  expectError("AGC0122", "cannot change a tensor from outside in place", [&] {
    vmap([&](Tensor a) { total.add_(a); return a; })(x);
  });
  Tensor before = w * 2;
  expectError("AGC0122", "that comes in on other ways too", [&] {
    vmap([&](Tensor a) { return autograd::grad({(a * w * before).sum()}, {w})[0]; })(x);
  });
  expectError("AGC0116", "no form for a batch of examples that end after different trips", [&] {
    vmap([](Tensor a) {
      return while_loop([](Tensor s) { return s.sum() < 10; }, [](Tensor s) { return s + 1; }, a, 20);
    })(x);
  });
  expectError("AGC0116", "some would take a branch with an index that only the others check", [&] {
    vmap([&](Tensor a) {
      Tensor index = a.to(kInt64);
      return cond(a.sum() > 0, [&] { return y.index_select(0, index); }, [&] { return a; });
    })(x);
  });
}

TEST(TransformErrors, Derivatives) {
  Tensor x = make(1, {3}), v = make(2, {4});
  auto id = [](Tensor a) { return a; };
  expectError("AGC0103", "a tangent of its input's shape and dtype, [3] and float64, got [4] and float64", [&] { jvp(id, x, v); });
  expectError("AGC0102", "expects floating point, got int64", [&] {
    jvp(id, ones({3}, kInt64), ones({3}, kInt64));
  });
  expectError("AGC0104", "a tangent for each of 2 inputs, got 1", [&] {
    jvp([](const std::vector<Tensor> &in) { return in; }, {x, x}, {x});
  });
  expectError("AGC0104", "expects a function of one result, got 2", [&] {
    jacobian([](Tensor a) { return std::vector<Tensor>{a, a}; }, x);
  });
  expectError("AGC0102", "expects floating point, got int64", [&] { jacobian(id, ones({3}, kInt64)); });
  expectError("AGC0114", "expects a function of one element, got shape [3]", [&] { hessian(id, x); });
}

} // namespace
