//===- graph.cpp - grad_fn names and next_edges, op by op ------------------===//
//
// Not of tensors with numbers: x + 1 is AddBackward0 in Python and agc, and
// AddBackward1 in C++. What else differs is in docs/porting.md.
//
//===----------------------------------------------------------------------===//
#include "library.h"

/// A name without its namespace: libtorch's AccumulateGrad has one.
static std::string nameOf(const std::string &name) {
  size_t colon = name.rfind(':');
  return colon == std::string::npos ? name : name.substr(colon + 1);
}

/// `MulBackward0(AccumulateGrad, -)`
template <typename Node> static std::string describe(const Node &node) {
  if (!node)
    return "-";
  std::string text, name = nameOf(node->name());
  if (name == "AccumulateGrad")
    return name;
  for (const auto &edge : node->next_edges())
    text += (text.empty() ? "" : ", ") + describe(edge.function);
  return name + "(" + text + ")";
}

static void graph(const std::string &name, const std::function<Tensor(Tensor)> &f,
                  Shape shape = {4, 4}) {
  Tensor x = values(3, shape, 0.1, 0.9).set_requires_grad(true);
  std::printf("%s %s\n", name.c_str(), describe(f(x).grad_fn()).c_str());
}

int main() {
  namespace F = torch::nn::functional;
  Tensor c = values(5, {4, 4}, 0.1, 0.9);
  auto p = [] { return values(6, {4, 4}, 0.1, 0.9).set_requires_grad(true); };
  graph("add", [&](Tensor x) { return x + c; });
  graph("sub", [&](Tensor x) { return c - x; });
  graph("mul", [&](Tensor x) { return c * x; });
  graph("mul_both", [&](Tensor x) { return x * p(); });
  graph("mul_self", [](Tensor x) { return x * x; });
  graph("div", [&](Tensor x) { return x / c; });
  graph("div_by", [&](Tensor x) { return c / x; });
  graph("number_div", [](Tensor x) { return 1 / x; });
  graph("neg", [](Tensor x) { return -x; });
  graph("broadcast", [](Tensor x) { return x + values(1, {4}).set_requires_grad(true); });
  graph("pow", [](Tensor x) { return x.pow(2); });
  graph("pow_tensor", [&](Tensor x) { return x.pow(p()); });
  graph("square", [](Tensor x) { return x.square(); });
  graph("sqrt", [](Tensor x) { return x.sqrt(); });
  graph("rsqrt", [](Tensor x) { return x.rsqrt(); });
  graph("reciprocal", [](Tensor x) { return x.reciprocal(); });
  graph("exp", [](Tensor x) { return x.exp(); });
  graph("expm1", [](Tensor x) { return x.expm1(); });
  graph("log", [](Tensor x) { return x.log(); });
  graph("log1p", [](Tensor x) { return x.log1p(); });
  graph("log2", [](Tensor x) { return x.log2(); });
  graph("sin", [](Tensor x) { return x.sin(); });
  graph("cos", [](Tensor x) { return x.cos(); });
  graph("tan", [](Tensor x) { return x.tan(); });
  graph("tanh", [](Tensor x) { return x.tanh(); });
  graph("sigmoid", [](Tensor x) { return x.sigmoid(); });
  graph("erf", [](Tensor x) { return x.erf(); });
  graph("abs", [](Tensor x) { return x.abs(); });
  graph("clamp", [](Tensor x) { return x.clamp(0.2, 0.6); });
  graph("clamp_min", [](Tensor x) { return x.clamp_min(0.2); });
  graph("maximum", [&](Tensor x) { return torch::maximum(x, c); });
  graph("minimum", [&](Tensor x) { return torch::minimum(x, c); });
  graph("where", [&](Tensor x) { return torch::where(c > 0.5, x, c); });
  graph("relu", [](Tensor x) { return torch::relu(x); });
  graph("leaky_relu", [](Tensor x) { return torch::leaky_relu(x, 0.1); });
  graph("elu", [](Tensor x) { return torch::elu(x); });
  graph("gelu", [](Tensor x) { return torch::gelu(x); });
  graph("silu", [](Tensor x) { return torch::silu(x); });
  graph("softplus", [](Tensor x) { return F::softplus(x); });
  graph("softmax", [](Tensor x) { return torch::softmax(x, 1); });
  graph("log_softmax", [](Tensor x) { return torch::log_softmax(x, 1); });
  graph("sum", [](Tensor x) { return x.sum(); });
  graph("sum_dim", [](Tensor x) { return x.sum(1); });
  graph("mean", [](Tensor x) { return x.mean(); });
  graph("mean_dim", [](Tensor x) { return x.mean(0); });
  graph("prod", [](Tensor x) { return x.prod(); });
  graph("prod_dim", [](Tensor x) { return x.prod(1); });
  graph("max", [](Tensor x) { return x.max(); });
  graph("max_dim", [](Tensor x) { return std::get<0>(x.max(1)); });
  graph("min_dim", [](Tensor x) { return std::get<0>(x.min(1)); });
  graph("amax", [](Tensor x) { return x.amax(1); });
  graph("var", [](Tensor x) { return x.var(); });
  graph("var_dim", [](Tensor x) { return x.var(1); });
  graph("std", [](Tensor x) { return x.std(1); });
  graph("norm", [](Tensor x) { return x.norm(); });
  graph("logsumexp", [](Tensor x) { return x.logsumexp(1); });
  graph("cumsum", [](Tensor x) { return x.cumsum(1); });
  graph("mm", [&](Tensor x) { return x.mm(c); });
  graph("matmul", [&](Tensor x) { return torch::matmul(x, p()); });
  graph("matmul_vector", [&](Tensor x) { return torch::matmul(x, values(1, {4})); });
  graph("mv", [](Tensor x) { return x.mv(values(1, {4})); });
  graph("dot", [](Tensor x) { return x.dot(values(1, {4})); }, {4});
  graph("bmm", [](Tensor x) { return x.bmm(values(1, {2, 3, 5})); }, {2, 4, 3});
  graph("addmm", [&](Tensor x) { return torch::addmm(c, x, c); });
  graph("linear", [&](Tensor x) { return torch::linear(x, p(), values(1, {4}).set_requires_grad(true)); });
  graph("linear_no_bias", [&](Tensor x) { return torch::linear(x, p()); });
  graph("linear_batch", [&](Tensor x) { return torch::linear(x, p(), values(1, {4}).set_requires_grad(true)); }, {2, 3, 4});
  graph("t", [](Tensor x) { return x.t(); });
  graph("transpose", [](Tensor x) { return x.transpose(0, 1); });
  graph("permute", [](Tensor x) { return x.permute({1, 0}); });
  graph("view", [](Tensor x) { return x.view({2, 8}); });
  graph("reshape", [](Tensor x) { return x.reshape({16}); });
  graph("flatten", [](Tensor x) { return torch::flatten(x); });
  graph("flatten_from", [](Tensor x) { return x.flatten(1); }, {2, 3, 4});
  graph("squeeze", [](Tensor x) { return x.squeeze(); }, {4, 1});
  graph("squeeze_dim", [](Tensor x) { return x.squeeze(1); }, {4, 1});
  graph("unsqueeze", [](Tensor x) { return x.unsqueeze(0); });
  graph("expand", [](Tensor x) { return x.expand({4, 4}); }, {4, 1});
  graph("select", [](Tensor x) { return x[1]; });
  graph("narrow", [](Tensor x) { return x.narrow(0, 1, 2); });
  graph("slice", [](Tensor x) { return x.slice(1, 0, 3); });
  graph("cat", [&](Tensor x) { return torch::cat({x, c}, 0); });
  graph("stack", [&](Tensor x) { return torch::stack({x, p()}); });
  graph("split", [](Tensor x) { return x.split(2)[1]; });
  graph("split_with_sizes", [](Tensor x) { return x.split({1, 3})[1]; });
  graph("chunk", [](Tensor x) { return x.chunk(2, 1)[0]; });
  graph("index_select", [](Tensor x) { return x.index_select(0, torch::tensor({1, 2})); });
  graph("gather", [](Tensor x) { return x.gather(1, torch::tensor({1, 2}).view({1, 2})); });
  graph("masked_fill", [&](Tensor x) { return x.masked_fill(c > 0.5, 0); });
  graph("clone", [](Tensor x) { return x.clone(); });
  graph("to", [](Tensor x) { return x.to(torch::kFloat32); });
  graph("contiguous", [](Tensor x) { return x.t().contiguous(); });
  graph("detach", [](Tensor x) { return x.detach().exp(); });
  graph("add_in_place", [&](Tensor x) { Tensor y = -x; y.add_(c); return y; });
  graph("mul_in_place", [&](Tensor x) { Tensor y = -x; y.mul_(c); return y; });
  graph("relu_in_place", [](Tensor x) { Tensor y = -x; y.relu_(); return y; });
  graph("mse_loss", [&](Tensor x) { return F::mse_loss(x, c); });
  graph("l1_loss", [&](Tensor x) { return F::l1_loss(x, c); });
  graph("l1_loss_sum", [&](Tensor x) { return F::l1_loss(x, c, F::L1LossFuncOptions().reduction(torch::kSum)); });
  graph("bce", [&](Tensor x) { return F::binary_cross_entropy(x, c); });
  graph("bce_logits", [&](Tensor x) { return F::binary_cross_entropy_with_logits(x, c); });
  graph("cross_entropy", [](Tensor x) { return F::cross_entropy(x, torch::tensor({0, 1, 2, 3})); });
  graph("nll_loss", [](Tensor x) { return F::nll_loss(x, torch::tensor({0, 1, 2, 3})); });
  graph("conv2d", [](Tensor x) { return torch::conv2d(x, values(1, {3, 2, 3, 3})); }, {1, 2, 6, 6});
  graph("conv2d_bias", [](Tensor x) {
    return torch::conv2d(x, values(1, {3, 2, 3, 3}).set_requires_grad(true), values(1, {3}).set_requires_grad(true));
  }, {1, 2, 6, 6});
  graph("max_pool2d", [](Tensor x) { return torch::max_pool2d(x, 2); }, {1, 2, 6, 6});
  graph("avg_pool2d", [](Tensor x) { return torch::avg_pool2d(x, 2); }, {1, 2, 6, 6});
  graph("adaptive_avg_pool2d", [](Tensor x) { return torch::adaptive_avg_pool2d(x, {1, 1}); }, {1, 2, 6, 6});
  graph("adaptive_avg_pool2d_3", [](Tensor x) { return torch::adaptive_avg_pool2d(x, {3, 3}); }, {1, 2, 6, 6});
  graph("batch_norm", [](Tensor x) {
    return torch::nn::BatchNorm2d(torch::nn::BatchNorm2dOptions(2))->forward(x.to(torch::kFloat32));
  }, {2, 2, 3, 3});
  graph("layer_norm", [](Tensor x) { return torch::layer_norm(x, {4}); });
  torch::nn::Sequential mlp(torch::nn::Linear(4, 3), torch::nn::ReLU(), torch::nn::Linear(3, 2));
  graph("mlp", [&](Tensor x) { return mlp->forward(x.to(torch::kFloat32)); });
  return 0;
}
