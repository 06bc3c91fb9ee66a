//===- OpsTest.cpp - Every function, and its gradient, as PyTorch's -------===//
#include "tests/frontend/Values.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace agc;
using namespace agc::indexing;
using testvalues::make;
namespace F = agc::nn::functional;

namespace {

using Inputs = std::vector<Tensor>;
struct Op {
  const char *name; // as in make_golden.py
  Tensor (*function)(const Inputs &);
  std::vector<Tensor (*)(DType)> inputs;
};

#define INPUT(name, ...)                                                       \
  Tensor name(DType type) { return make(__VA_ARGS__, type); }
INPUT(X, 1, {3, 4}, -2, 2)
INPUT(P, 1, {3, 4}, 0.5, 2)
INPUT(Y, 2, {3, 4}, -2, 2)
INPUT(Row, 3, {4}, -2, 2)
INPUT(Column, 4, {3, 1}, -2, 2)
INPUT(M, 5, {4, 5}, -2, 2)
INPUT(Image, 6, {2, 4, 7, 6}, -2, 2)
INPUT(Four, 7, {4}, -2, 2)
INPUT(FourPositive, 7, {4}, 0.5, 2)
INPUT(Batch1, 8, {2, 1, 3, 4}, -2, 2)
INPUT(Batch2, 9, {5, 4, 2}, -2, 2)
INPUT(Batch3, 8, {2, 3, 4}, -2, 2)
INPUT(Batch4, 9, {2, 4, 2}, -2, 2)
INPUT(W, 10, {5, 4}, -2, 2)
INPUT(B, 11, {5}, -2, 2)
INPUT(C, 12, {5}, -2, 2)
INPUT(Kernel, 13, {3, 4, 3, 2}, -2, 2)
INPUT(KernelGroups, 13, {6, 2, 3, 2}, -2, 2)
INPUT(KernelBias, 14, {3}, -2, 2)
#undef INPUT

Tensor labels() { return tensor({2, 0, 3}); }

#define OP(name, expression, ...)                                              \
  {name, [](const Inputs &in) -> Tensor {                                      \
     const Tensor &x = in[0], &y = in.size() > 1 ? in[1] : in[0],              \
                  &z = in.size() > 2 ? in[2] : in[0];                          \
     (void)y;                                                                  \
     (void)z;                                                                  \
     return expression;                                                        \
   },                                                                          \
   {__VA_ARGS__}}

const Op ops[] = {
    OP("neg", -x, X), OP("abs", abs(x), X), OP("sign", sign(x), X),
    OP("sqrt", sqrt(x), P), OP("rsqrt", rsqrt(x), P),
    OP("reciprocal", reciprocal(x), P), OP("square", square(x), X),
    OP("exp", exp(x), X), OP("log", log(x), P), OP("sin", sin(x), X),
    OP("cos", cos(x), X), OP("tanh", tanh(x), X),
    OP("sigmoid", sigmoid(x), X), OP("relu", relu(x), X),
    OP("floor", floor(x), X), OP("ceil", ceil(x), X),
    OP("pow3", x.pow(3), X), OP("pow_minus2", pow(x, -2), P),
    OP("pow_half", pow(x, 0.5), P), OP("pow_1.7", pow(x, 1.7), P),
    OP("add", x + y, X, Y), OP("sub_row", x - y, X, Row),
    OP("mul_column", x * y, X, Column), OP("div", x / y, X, P),
    OP("row_column", x * y, Row, Column),
    OP("scalars", 3 * x + 1 - x / 4 + (2 - x) * 0.5 + 1 / (x + 5), X),
    OP("add_alpha", x.add(y, 0.3), X, Y),
    OP("maximum", maximum(x, y), X, Y), OP("minimum", minimum(x, y), X, Row),
    OP("clamp", x.clamp(-0.5, 1.0), X),
    OP("where", where(x > y, x * 2, y), X, Y), OP("sum", x.sum(), X),
    OP("sum_keep", x.sum(1, true), X), OP("sum_dims", x.sum({0, -1}), Image),
    OP("mean", x.mean(), X), OP("mean_dim", x.mean(0), X),
    OP("amax", x.amax(1), X), OP("amin", x.amin(0, true), X),
    OP("max", x.max(), X), OP("var", x.var(IntArrayRef(1)), X),
    OP("var_all_biased", x.var(false), X), OP("std", x.std(IntArrayRef(0)), X),
    OP("softmax", x.softmax(1), X), OP("log_softmax", x.log_softmax(0), X),
    OP("reshape", x.reshape({2, 6}) * 2, X),
    OP("view_infer", x.view({-1, 2}), X), OP("flatten", x.flatten(1), Image),
    OP("transpose", x.t() * 2, X),
    OP("permute", x.permute({2, 0, 3, 1}), Image),
    OP("expand", x.expand({2, 3, 4}), X),
    OP("expand_ones", x.expand({3, 5}), Column),
    OP("squeeze", x.unsqueeze(0).squeeze(), X),
    OP("cat", cat({x, y, x}, 1), X, Y), OP("stack", stack({x, y}, 1), X, Y),
    OP("select", x[1], X),
    OP("slice", x.index({Slice(), Slice(1, 4, 2)}), X),
    OP("narrow", x.narrow(1, 1, 2), X),
    OP("index", x.index({Ellipsis, None, Slice(1), -1}), Image),
    OP("matmul", matmul(x, y), X, M), OP("matmul_vector", matmul(x, y), X, Row),
    OP("vector_matmul", matmul(x, y), Row, M),
    OP("dot", matmul(x, y), Row, Four),
    OP("matmul_batch", matmul(x, y), Batch1, Batch2),
    OP("matmul_shared", matmul(x, y), Batch3, M),
    OP("bmm", bmm(x, y), Batch3, Batch4),
    OP("linear", linear(x, y, z), X, W, B),
    OP("linear_3d", linear(x, y), Batch3, W),
    OP("addmm", addmm(x, y, z, 0.5, 2), C, X, M),
    OP("conv2d", conv2d(x, y, z, {2, 1}, {1, 2}), Image, Kernel, KernelBias),
    OP("conv2d_groups", conv2d(x, y, {}, 1, 0, 2, 2), Image, KernelGroups),
    OP("max_pool2d", max_pool2d(x, 3, 2, 1), Image),
    OP("max_pool2d_ceil", max_pool2d(x, 2, 2, 0, 1, true), Image),
    OP("adaptive_avg_pool2d", adaptive_avg_pool2d(x, {3, 4}), Image),
    OP("adaptive_avg_pool2d_1", adaptive_avg_pool2d(x, 1), Image),
    OP("batch_norm", batch_norm(x, y, z, {}, {}, true, 0.1, 1e-5), Image, Row, Four),
    OP("batch_norm_eval",
       batch_norm(x, {}, {}, y.detach(), z.detach(), false, 0.1, 1e-5), Image,
       Row, FourPositive),
    OP("cross_entropy", F::cross_entropy(x, labels()), X),
    OP("cross_entropy_sum",
       F::cross_entropy(x, labels(), F::CrossEntropyFuncOptions().reduction(kSum)), X),
    OP("cross_entropy_none",
       F::cross_entropy(x, labels(), F::CrossEntropyFuncOptions().reduction(kNone)), X),
    OP("cross_entropy_ignore",
       F::cross_entropy(x, labels(), F::CrossEntropyFuncOptions().ignore_index(0)), X),
    OP("cross_entropy_2d",
       F::cross_entropy(x, (arange(84) - (arange(84) / 4).floor() * 4).to(kInt64).view({2, 7, 6})),
       Image),
    OP("cross_entropy_probabilities",
       F::cross_entropy(x, make(2, {3, 4}, 0, 2, x.dtype())), X),
    OP("nll_loss", F::nll_loss(x, labels()), X),
    OP("mse_loss", F::mse_loss(x, y), X, Y),
    OP("mse_loss_sum", F::mse_loss(x, y, F::MSELossFuncOptions(kSum)), X, Y),
};
#undef OP

class OpTest : public testing::TestWithParam<Op> {};

void expectNear(const Tensor &got, const nlohmann::json &expected,
                double tolerance, const std::string &what) {
  Tensor wide = got.to(kFloat64).contiguous();
  const double *data = wide.const_data_ptr<double>();
  ASSERT_EQ(size_t(wide.numel()), expected.size()) << what;
  double largest = 1;
  for (const auto &number : expected)
    largest = std::max(largest, std::fabs(number.get<double>()));
  for (size_t i = 0; i < expected.size(); ++i)
    ASSERT_NEAR(data[i], expected[i].get<double>(), tolerance * largest)
        << what << " at " << i;
}

void check(const Op &op, DType type, double tolerance) {
  const auto &expected = testvalues::golden()["ops"][op.name];
  Inputs inputs;
  for (auto *input : op.inputs)
    inputs.push_back(input(type).requires_grad_());
  Tensor y = op.function(inputs);
  EXPECT_EQ(y.sizes().vec(), expected["shape"].get<std::vector<int64_t>>());
  EXPECT_EQ(y.grad_fn()->name(), expected["grad_fn"].get<std::string>());
  y.backward(make(99, y.sizes().vec(), -1, 1, type));
  expectNear(y.detach(), expected["y"], tolerance, "the value");
  for (size_t i = 0; i < inputs.size(); ++i) {
    std::string what = "the gradient of input " + std::to_string(i);
    ASSERT_EQ(inputs[i].grad().defined(), !expected["dx"][i].is_null()) << what;
    if (inputs[i].grad().defined())
      expectNear(inputs[i].grad(), expected["dx"][i], tolerance, what);
  }
}

TEST_P(OpTest, AsPyTorchInF64) { check(GetParam(), kFloat64, 1e-11); }
TEST_P(OpTest, AsPyTorchInF32) { check(GetParam(), kFloat32, 1e-5); }

INSTANTIATE_TEST_SUITE_P(Every, OpTest, testing::ValuesIn(ops),
                         [](const testing::TestParamInfo<Op> &info) {
                           std::string name = info.param.name;
                           for (char &c : name)
                             if (c == '.')
                               c = '_';
                           return name;
                         });

TEST(Ops, TheTableHasEveryGoldenCase) {
  EXPECT_EQ(std::size(ops), testvalues::golden()["ops"].size());
}

} // namespace
