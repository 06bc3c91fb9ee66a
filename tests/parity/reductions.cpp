// Reductions and scans: values, first and second derivatives, empty and single
// dimensions, ties, zeros, infinities, integers.
#include "library.h"

using V = const std::vector<Tensor> &;
#define CHECK(name, expression, ...) check(name, [](V v) -> Tensor { return expression; }, {__VA_ARGS__})

int main() {
  const double inf = INFINITY, nan = NAN;
  Tensor x = values(1, {3, 5}), cube = values(2, {2, 3, 4}), one = values(3, {1, 4}), scalar = values(4, {});
  Tensor zeros = torch::tensor({2., 0., 3., 0., -1., 4.}, torch::kFloat64).view({2, 3});
  CHECK("sum", v[0].sum(), x);
  CHECK("sum_dims", v[0].sum({0, -1}), cube);
  CHECK("sum_of_transposed", v[0].t().sum(0, true), x);
  CHECK("mean", v[0].mean(1, true), cube);
  CHECK("prod", torch::prod(v[0]), x);
  CHECK("prod_zeros", torch::prod(v[0]), zeros);
  CHECK("prod_dim", torch::prod(v[0], 1), zeros);
  CHECK("prod_keep", torch::prod(v[0], -2, true), cube);
  CHECK("prod_one", torch::prod(v[0], 0), one);
  CHECK("cumsum", torch::cumsum(v[0], 1), x);
  CHECK("cumsum_0", torch::cumsum(v[0], -3), cube);
  CHECK("cumprod", torch::cumprod(v[0], 1), x);
  CHECK("cumprod_zeros", torch::cumprod(v[0], 1), zeros);
  CHECK("amax", torch::amax(v[0], {0, 2}), cube);
  CHECK("amin", torch::amin(v[0], 1, true), cube);
  CHECK("max", v[0].max(), x);
  CHECK("max_dim", std::get<0>(torch::max(v[0], 1)), x);
  CHECK("min_dim", std::get<0>(v[0].min(0, true)), x);
  CHECK("logsumexp", torch::logsumexp(v[0], 1), x);
  CHECK("logsumexp_dims", torch::logsumexp(v[0], {0, 2}, true), cube);
  CHECK("norm", torch::norm(v[0]), x);
  CHECK("norm_1", torch::norm(v[0], 1), x);
  CHECK("norm_3", torch::norm(v[0], 3), x);
  CHECK("norm_dim", torch::norm(v[0], 2, {1}, true), cube);
  CHECK("norm_inf", torch::norm(v[0], INFINITY, {1}), x);
  CHECK("norm_1.5", v[0].norm(1.5, {0}), x);
  CHECK("var", torch::var(v[0], {1}, true), x);
  CHECK("var_biased", v[0].var({0}, false, true), x);
  CHECK("std", torch::std(v[0], {0}, true), x);
  CHECK("var_mean", std::get<0>(torch::var_mean(v[0], {1}, true)) + std::get<1>(torch::var_mean(v[0], {1}, true)), x);
  CHECK("softmax", torch::softmax(v[0], 1), x);
  CHECK("log_softmax", torch::log_softmax(v[0], 0), cube);
  CHECK("of_scalar", v[0].sum() + torch::prod(v[0]) + torch::cumsum(v[0], 0) + torch::logsumexp(v[0], 0), scalar);

  Tensor ties = torch::tensor({1., 3., 3., 2., 3., 0.}, torch::kFloat64).view({2, 3});
  CHECK("amax_ties", torch::amax(v[0], 1), ties);
  CHECK("max_ties", v[0].max(), ties);
  CHECK("max_dim_ties", std::get<0>(torch::max(v[0], 1)), ties);
  check("norm_0", [](V v) { return torch::norm(v[0]); }, {torch::zeros({3}, torch::kFloat64)}, false);
  check("norm_0_dim", [](V v) { return torch::norm(v[0], 2, {1}); }, {torch::tensor({0., 0., 3., 4.}, torch::kFloat64).view({2, 2})}, false);

  Tensor odd = torch::tensor({1., nan, inf, -inf, -0., 2.}, torch::kFloat64).view({2, 3});
  show("nan.sum", odd.sum(1));
  show("nan.amax", torch::amax(odd, 1));
  show("nan.max", std::get<0>(torch::max(odd, 1)));
  show("nan.argmax", odd.argmax(1));
  show("nan.argmin", torch::argmin(odd, 1));
  show("inf.logsumexp", torch::logsumexp(odd, 1));
  show("inf.logsumexp_2", torch::logsumexp(torch::tensor({-inf, -inf, inf, 1.}, torch::kFloat64).view({2, 2}), 1));
  show("all", torch::all(odd));
  show("any_dim", torch::any(odd > 1, 1));
  show("all_dim", (odd == odd).all(0, true));
  show("count_nonzero", torch::count_nonzero(zeros));
  show("count_nonzero_dim", torch::count_nonzero(zeros, std::optional<int64_t>(1)));
  show("argmax", std::get<1>(torch::max(ties, 1)));
  show("argmin", std::get<1>(torch::min(ties, 0, true)));
  show("argmin_flat", torch::argmin(ties));

  Tensor none = torch::zeros({0, 3}, torch::kFloat64);
  show("none.sum", none.sum(0));
  show("none.prod", torch::prod(none, 0));
  show("none.prod_all", torch::prod(none));
  show("none.all", torch::all(none, 0));
  show("none.any", torch::any(none, 0));
  show("none.cumsum", torch::cumsum(none, 0));
  show("none.logsumexp", torch::logsumexp(none, 0));
  showError("none.max", [&] { torch::max(none, 0); });
  showError("none.argmax", [&] { none.argmax(0); });

  Tensor i = torch::tensor({3, -5, 7, 0, 2, 2}, torch::kInt32).view({2, 3});
  show("int.sum", i.sum());
  show("int.prod", torch::prod(i, 1));
  show("int.cumsum", torch::cumsum(i, 1));
  show("int.cumprod", torch::cumprod(i, 0));
  show("int.max", std::get<0>(torch::max(i, 1)));
  show("int.min", std::get<0>(torch::min(i, 1)));
  show("int.min_at", std::get<1>(torch::min(i, 1)));
  show("int.amin", torch::amin(i, 0));
  show("bool.sum", (i > 0).sum(1));
  show("bool.any", (i > 6).any());
  Tensor bytes = torch::tensor({200, 3, 255, 0}, torch::kInt64).to(torch::kUInt8);
  show("u8.sum", bytes.sum());
  show("u8.min", std::get<0>(torch::min(bytes, 0)));
  show("u8.argmin", torch::argmin(bytes));
  show("u8.all", torch::all(bytes));
  showError("bad dim", [&] { torch::cumsum(x, 2); });
  showError("mean of integers", [&] { i.mean(); });
}
