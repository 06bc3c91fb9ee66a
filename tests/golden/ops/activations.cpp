//===- activations.cpp - Activations with their options -------------------===//
#include "Cases.h"

using namespace golden;
namespace F = torch::nn::functional;

namespace {

Op &every(Op &op, Function f, Numbers edges = {}) {
  Numbers numbers{NaN, inf, -inf, 0., -0., tiny, -tiny, 1, -1, 0.5, -0.5, 3, -3, 6, 25, -25, 100, -100};
  numbers.insert(numbers.end(), edges.begin(), edges.end());
  op.add({in({17}, -4, 4)}, f)
      .add({in({3, 5}, -4, 4).transposed()}, f)
      .add({in({2, 7}, -4, 4).strided()}, f)
      .add({in({4, 3}, -4, 4).expanded()}, f)
      .add({in({0, 3})}, f)
      .add({in({1, 1})}, f)
      .special({given(numbers)}, f);
  return op;
}

/// Along a dimension.
Op &along(Op &op, Results (*f)(const Tensor &x, int64_t dim)) {
  auto with = [=](int64_t dim) { return [=](Tensors v) { return f(v[0], dim); }; };
  op.add({in({16})}, with(0))
      .add({in({3, 6})}, with(-1))
      .add({in({2, 6, 3})}, with(1))
      .add({in({3, 6}).transposed()}, with(1))
      .add({in({6, 3}).strided()}, with(0))
      .add({in({0, 4})}, with(1))
      .add({in({1, 2})}, with(1))
      .special({given({1, NaN, 0., -0., inf, 1, -inf, 1, -inf, -inf, huge, -huge}, {6, 2})}, with(1), 0);
  return op;
}

} // namespace

#define ALONG(...) [](const Tensor &x, int64_t dim) -> Results { return __VA_ARGS__; }

GOLDEN_GROUP(activations) {
  every(op(ops, "relu6"), FN(F::relu6(x)));
  every(op(ops, "leaky_relu"), FN(torch::leaky_relu(x)));
  every(op(ops, "leaky_relu_slope"), FN(F::leaky_relu(x, F::LeakyReLUFuncOptions().negative_slope(0.2))));
  every(op(ops, "elu"), FN(torch::elu(x))).gradientOfNaNIsOpen();
  every(op(ops, "elu_alpha"), FN(F::elu(x, F::ELUFuncOptions().alpha(1.5)))).gradientOfNaNIsOpen();
  every(op(ops, "selu"), FN(torch::selu(x))).gradientOfNaNIsOpen();
  every(op(ops, "celu"), FN(F::celu(x, F::CELUFuncOptions().alpha(0.5)))).gradientOfNaNIsOpen();
  every(op(ops, "gelu"), FN(torch::gelu(x))).narrowIsOpen();
  every(op(ops, "gelu_tanh"), FN(torch::gelu(x, "tanh")));
  every(op(ops, "silu"), FN(torch::silu(x))).narrowIsOpen();
  every(op(ops, "mish"), FN(torch::mish(x)));
  every(op(ops, "softplus"), FN(torch::softplus(x)), {20, 20.5});
  every(op(ops, "softplus_beta"), FN(F::softplus(x, F::SoftplusFuncOptions().beta(2).threshold(3))), {1.5});
  every(op(ops, "softsign"), FN(F::softsign(x)));
  every(op(ops, "log_sigmoid"), FN(torch::log_sigmoid(x)));
  every(op(ops, "hardtanh"), FN(F::hardtanh(x, F::HardtanhFuncOptions().min_val(-0.5).max_val(2))), {2});
  every(op(ops, "hardsigmoid"), FN(torch::hardsigmoid(x))).upTo(0);
  every(op(ops, "hardswish"), FN(torch::hardswish(x))).gradientOfNaNIsOpen();
  every(op(ops, "hardshrink"), FN(F::hardshrink(x))).gradientOfNaNIsOpen();
  every(op(ops, "softshrink"), FN(F::softshrink(x, F::SoftshrinkFuncOptions(0.7))), {0.7, -0.7}).zeroIsOpen();
  every(op(ops, "tanhshrink"), FN(F::tanhshrink(x)));
  every(op(ops, "threshold"), FN(F::threshold(x, F::ThresholdFuncOptions(0.5, 3))));
  along(op(ops, "glu"), ALONG(torch::glu(x, dim)));
  along(op(ops, "softmin"), ALONG(F::softmin(x, F::SoftminFuncOptions(dim))));
  op(ops, "prelu")
      .add({in({2, 3, 2, 2}), in({3}, 0, 1)}, FN(F::prelu(x, y)))
      .add({in({2, 3}), in({1}, 0, 1)}, FN(F::prelu(x, y)))
      .add({in({2, 3}).transposed(), in({3}, 0, 1).strided()}, FN(F::prelu(x, y)))
      .add({in({5}), in({1}, 0, 1)}, FN(F::prelu(x, y)))
      .add({in({0, 3}), in({3}, 0, 1)}, FN(F::prelu(x, y)))
      .special({given({NaN, inf, -inf, 0., -0., tiny, -tiny, 1, -1}), given({0.25})}, FN(F::prelu(x, y)));
}
