//===- ErrorsOfAutogradTest.cpp - Backwards that cannot be taken ----------===//
#include "Refusals.h"

using namespace agc;
using namespace agc::testrefusals;
using autograd::AutogradContext;
using autograd::variable_list;

namespace {

Tensor leaf(std::vector<int64_t> shape = {3}) { return of(std::move(shape)).requires_grad_(); }

TEST(ErrorsOfAutograd, OfBackward) {
  Tensor x = leaf(), y = x * 2, plain = of({3}), other = leaf();
  Tensor once = (x * x).sum();
  once.backward();
  Tensor gone = (x * x).sum();
  autograd::grad({gone}, {x});
  expectRefusals({
      {"AGC0114", "expects a gradient for an output of several elements, of shape [3]; use sum()?", [&] { y.backward(); }},
      {"AGC0103", "expects a gradient of its output's shape [3], got [2]", [&] { y.backward(of({2})); }},
      {"AGC0113",
       "expects an output that requires grad, got output 0 that does not; was it computed from a tensor that does, with "
       "gradients on?",
       [&] { plain.sum().backward(); }},
      {"AGC0113", "got output 1 that does not", [&] { autograd::backward({y.sum(), plain.sum()}); }},
      {"AGC0114", "expects at least one output", [] { autograd::backward({}); }},
      {"AGC0104", "expects a gradient for each of 1 outputs, or none, got 2",
       [&] { autograd::backward({y}, {of({3}), of({3})}); }},
      {"AGC0113", "expects inputs that require grad; input 1 does not",
       [&] { autograd::backward({y.sum()}, {}, {}, false, {x, plain}); }},
      {"AGC0112", "cannot go backward through the graph a second time: the first time freed it; say retain_graph=true there",
       [&] { once.backward(); }},
      {"AGC0112", "cannot go backward through the graph a second time", [&] { autograd::grad({gone}, {x}); }},
      {"AGC0113", "expects inputs that require grad; input 0 does not", [&] { autograd::grad({y.sum()}, {plain}); }},
      {"AGC0114",
       "expects outputs that depend on every input; they do not on input 1; say allow_unused=true if that is right",
       [&] { autograd::grad({y.sum()}, {x, other}, {}, true); }},
  });
  // What is refused has changed nothing.
  EXPECT_FALSE(other.grad().defined());
  y.sum().backward();
  EXPECT_EQ(x.grad().sum().item<float>(), 6);
}

TEST(ErrorsOfAutograd, OfLeaves) {
  Tensor x = leaf(), y = x * 2, whole = of({3}, kInt64), wide = of({3, 1}).expand({3, 4});
  Tensor history = x * 1;
  expectRefusals({
      {"AGC0102", "expects floating point, got int64", [&] { whole.requires_grad_(); }},
      {"AGC0113", "cannot stop a tensor that has a history from requiring grad; use detach()",
       [&] { y.requires_grad_(false); }},
      {"AGC0113", "expects a tensor that requires grad, to keep the gradient of", [&] { of({3}).retain_grad(); }},
      {"AGC0113", "expects a tensor that requires grad, to call a hook for",
       [&] { of({3}).register_hook([](Tensor g) { return g; }); }},
      {"AGC0104", "'agc.remove_hook' expects what register_hook of this tensor returned, got 12345",
       [&] { x.remove_hook(12345); }},
      {"AGC0110", "cannot change a leaf tensor that requires grad in place; it was made one at ", [&] { x.add_(1); }},
      {"AGC0110", "use detach(), or a NoGradGuard", [&] { x[0] = 1; }},
      {"AGC0111", "cannot change a tensor that has a history in place where autograd does not see it; use clone() first",
       [&] { history.detach().zero_(); }},
      {"AGC0111", "cannot write to an expanded tensor, several elements of which are one in memory; use clone() first",
       [&] { wide.add_(1); }},
  });
  // The line that made it a leaf.
  try {
    x.add_(1);
  } catch (const Error &error) {
    EXPECT_NE(error.msg().find("ErrorsOfAutogradTest.cpp:"), std::string::npos) << error.msg();
  }
}

TEST(ErrorsOfAutograd, OfWhatWasChangedInPlace) {
  Tensor x = leaf(), y = x * 1, z = y.exp();
  Tensor kept = y.pow(2).sum();
  Loc changed = Loc::current();
  y.add_(1);
  Loc wanted = Loc::current();
  try {
    kept.backward();
    ADD_FAILURE() << "no error";
  } catch (const Error &error) {
    EXPECT_STREQ(error.code(), "AGC0119");
    EXPECT_TRUE(isAt(error.position(), wanted, 3)) << error.what();
    // Both lines: where the value was wanted and where it was changed.
    std::string file = __FILE__;
    EXPECT_NE(error.msg().find("PowBackward0, recorded at " + file + ":" + std::to_string(changed.line() - 1)),
              std::string::npos)
        << error.what();
    EXPECT_NE(error.msg().find("changed in place at " + file + ":" + std::to_string(changed.line() + 1)),
              std::string::npos)
        << error.what();
    EXPECT_NE(error.msg().find("change a clone() of it instead"), std::string::npos);
  }
  z.sum().backward(); // exp kept its result, which is as it was
}

template <int N> struct Returns : autograd::Function<Returns<N>> {
  static Tensor forward(AutogradContext *, Tensor x) { return x * 2; }
  static variable_list backward(AutogradContext *, variable_list grads) {
    if (N == 1)
      return {of({5})};
    return variable_list(N, grads[0]);
  }
};
struct Undefined : autograd::Function<Undefined> {
  static Tensor forward(AutogradContext *, Tensor) { return Tensor(); }
  static variable_list backward(AutogradContext *, variable_list grads) { return grads; }
};
struct Asks : autograd::Function<Asks> {
  static Tensor forward(AutogradContext *ctx, Tensor x) {
    ctx->saved_data["n"] = int64_t(3);
    ctx->needs_input_grad(7);
    return x;
  }
  static variable_list backward(AutogradContext *, variable_list grads) { return grads; }
};

TEST(ErrorsOfAutograd, OfFunctions) {
  Tensor x = leaf();
  expectRefusals({
      {"AGC0103", "a gradient or an undefined tensor for each of its 1 arguments, got 0", [&] { Returns<0>::apply(x).sum().backward(); }},
      {"AGC0103", "no more gradients than its 1 arguments, got 2", [&] { Returns<2>::apply(x).sum().backward(); }},
      {"AGC0103", "to return ", [&] { Returns<1>::apply(x).sum().backward(); }},
      {"AGC0101", "expects its forward to return defined tensors", [&] { Undefined::apply(x); }},
      {"AGC0104", "saved_data holds something else than a bool", [] { IValue(int64_t(3)).toBool(); }},
      {"AGC0104", "saved_data holds something else than a tensor", [] { IValue().toTensor(); }},
      {"AGC0104", "saved_data holds something else than a list of integers", [] { IValue(1.5).toIntVector(); }},
      {"AGC0104", "saved_data holds something else than an integer", [] { IValue(true).toInt(); }},
      {"AGC0104", "saved_data holds something else than a floating-point number", [] { IValue(true).toDouble(); }},
      {"AGC0104", "saved_data holds something else than a text", [] { IValue(true).toStringRef(); }},
      {"AGC0103", "expects a hook to return a gradient of shape [3] and dtype float32, got [2] and float32",
       [] {
         Tensor z = leaf();
         z.register_hook([](Tensor) { return of({2}); });
         z.sum().backward();
       }},
  });
  try {
    Asks::apply(x);
    ADD_FAILURE() << "no error";
  } catch (const Error &error) {
    EXPECT_EQ(error.msg(), "the function has 1 arguments, none of number 7");
    EXPECT_NE(error.position().find("ErrorsOfAutogradTest.cpp:"), std::string::npos) << error.what();
  }
}

} // namespace
