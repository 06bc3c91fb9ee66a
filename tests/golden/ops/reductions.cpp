//===- reductions.cpp - Over dimensions, and running along them -----------===//
#include "Cases.h"

using namespace golden;

namespace {

using Over = Results (*)(const Tensor &x, std::vector<int64_t> dims, bool keep);

Function with(Over f, std::vector<int64_t> dims, bool keep) {
  return [=](Tensors v) { return f(v[0], dims, keep); };
}

/// Rows with NaN and infinities, and rows of ties, zeros, large and small numbers.
Input wild() {
  return given({1, NaN, 2, inf, -1, 3, -inf, 0.5, 2, inf, -inf, 1, 2, 0., NaN, -inf, -inf,
                -inf, inf, inf, 1},
               {7, 3});
}
Input tame() {
  return given({0., -0., 0., -0., 0., -0., 2, 2, 1, -3, -3, 0., tiny, 0.5, 0., -0., -0., -0.}, {6, 3});
}

/// Some dimensions or all, negative ones, kept and not, of sizes 0, 1 and such
/// that no vector width divides; \p ofNone: where there are no elements, too.
/// \p wildOrders: of derivatives at NaN and infinities; -1:
/// these not at all.
Op &every(Op &op, Over f, bool ofNone = true, int wildOrders = 1) {
  op.add({in({17})}, with(f, {0}, false))
      .add({in({3, 5, 4})}, with(f, {1}, false))
      .add({in({3, 5, 4})}, with(f, {-1}, true))
      .add({in({3, 5, 4})}, with(f, {0, -1}, false))
      .add({in({5, 3}).transposed()}, with(f, {0, 1}, true))
      .add({in({3, 7}).strided()}, with(f, {1}, false))
      .add({in({4, 3}).expanded()}, with(f, {0}, false))
      .add({in({3, 1, 2})}, with(f, {1}, false))
      .add({in({2, 0})}, with(f, {0}, false))
      .special({tame()}, with(f, {1}, false))
      .special({tame()}, with(f, {0}, true))
      .special({tame()}, with(f, {-1, 0}, true));
  if (wildOrders >= 0)
    op.special({wild()}, with(f, {1}, false), wildOrders)
        .special({wild()}, with(f, {0}, true), wildOrders);
  if (ofNone)
    op.add({in({0, 3})}, with(f, {0}, false)).add({in({2, 0})}, with(f, {1}, true));
  return op;
}

using Along = Results (*)(const Tensor &x, int64_t dim, bool keep);

Function with(Along f, int64_t dim, bool keep = false) {
  return [=](Tensors v) { return f(v[0], dim, keep); };
}

/// The same along one dimension.
Op &along(Op &op, Along f, bool ofNone = true, int wildOrders = 1) {
  op.add({in({17})}, with(f, 0))
      .add({in({3, 5, 4})}, with(f, 1))
      .add({in({3, 5, 4})}, with(f, -3, true))
      .add({in({5, 3}).transposed()}, with(f, 0))
      .add({in({3, 7}).strided()}, with(f, -1, true))
      .add({in({4, 3}).expanded()}, with(f, 0))
      .add({in({3, 1})}, with(f, 1))
      .add({in({})}, with(f, -1))
      .add({in({2, 0})}, with(f, 0))
      .special({tame()}, with(f, 1))
      .special({tame()}, with(f, 0))
      .special({wild()}, with(f, 1), wildOrders)
      .special({wild()}, with(f, 0), wildOrders);
  if (ofNone)
    op.add({in({0, 3})}, with(f, 0)).add({in({2, 0})}, with(f, 1));
  return op;
}

/// Of all elements.
Op &whole(Op &op, Function f, bool ofNone = true, int wildOrders = 1) {
  op.add({in({17})}, f)
      .add({in({3, 5}).transposed()}, f)
      .add({in({2, 7}).strided()}, f)
      .add({in({4, 3}).expanded()}, f)
      .add({in({1, 1})}, f)
      .add({in({})}, f);
  for (Numbers numbers : {Numbers{0., -0.}, {-0., -0.}, {2, 1, 2, 2}, {0., 2, 0.}, {0., 2, 3}})
    op.special({given(numbers)}, f);
  for (Numbers numbers : {Numbers{1, NaN, 2}, {inf, 1, -1}, {inf, -inf}})
    op.special({given(numbers)}, f, wildOrders);
  if (ofNone)
    op.add({in({0, 3})}, f);
  return op;
}

} // namespace

#define OVER(...)                                                              \
  [](const Tensor &x, std::vector<int64_t> dims, bool keep) -> Results {       \
    return __VA_ARGS__;                                                        \
  }
#define ALONG(...)                                                             \
  [](const Tensor &x, int64_t dim, bool keep) -> Results {                     \
    (void)keep;                                                                \
    return __VA_ARGS__;                                                        \
  }

GOLDEN_GROUP(reductions) {
  every(op(ops, "sum"), OVER(x.sum(dims, keep)));
  every(op(ops, "mean"), OVER(x.mean(dims, keep)));
  every(op(ops, "amax"), OVER(x.amax(dims, keep)), false, 0).zeroIsOpen();
  every(op(ops, "amin"), OVER(x.amin(dims, keep)), false, 0).zeroIsOpen();
  every(op(ops, "var"), OVER(x.var(dims, true, keep)), true, 0);
  every(op(ops, "var_biased"), OVER(x.var(dims, false, keep)), true, 0);
  every(op(ops, "std"), OVER(x.std(dims, true, keep)), true, 0);
  every(op(ops, "var_mean"), OVER(torch::var_mean(x, dims, true, keep)), true, -1);
  every(op(ops, "logsumexp"), OVER(torch::logsumexp(x, dims, keep)));
  every(op(ops, "norm"), OVER(torch::norm(x, 2, dims, keep)));
  every(op(ops, "norm_0"), OVER(torch::norm(x.detach(), 0, dims, keep)));
  every(op(ops, "norm_1"), OVER(torch::norm(x, 1, dims, keep)));
  every(op(ops, "norm_3"), OVER(torch::norm(x, 3, dims, keep)), true, 0);
  every(op(ops, "norm_half"), OVER(torch::norm(x, 0.5, dims, keep)), true, 0);
  every(op(ops, "norm_infinity"), OVER(torch::norm(x, inf, dims, keep)), false);
  every(op(ops, "norm_minus_infinity"), OVER(torch::norm(x, -inf, dims, keep)), false);
  along(op(ops, "max_dim"), ALONG(torch::max(x, dim, keep)), false);
  along(op(ops, "min_dim"), ALONG(torch::min(x, dim, keep)), false);
  along(op(ops, "argmax"), ALONG(torch::argmax(x, dim, keep)), false);
  along(op(ops, "argmin"), ALONG(torch::argmin(x, dim, keep)), false);
  along(op(ops, "prod_dim"), ALONG(torch::prod(x, dim, keep)));
  along(op(ops, "cumsum"), ALONG(torch::cumsum(x, dim)));
  along(op(ops, "cumprod"), ALONG(torch::cumprod(x, dim)));
  along(op(ops, "softmax"), ALONG(torch::softmax(x, dim)));
  along(op(ops, "log_softmax"), ALONG(torch::log_softmax(x, dim)));
  along(op(ops, "all_dim"), ALONG(torch::all(x > 0, dim, keep)));
  along(op(ops, "any_dim"), ALONG(torch::any(x, dim, keep)));
  along(op(ops, "count_nonzero_dim"), ALONG(torch::count_nonzero(x, std::optional<int64_t>(dim))));
  whole(op(ops, "sum_all"), FN(x.sum()));
  whole(op(ops, "mean_all"), FN(x.mean()));
  whole(op(ops, "max"), FN(x.max()), false).zeroIsOpen();
  whole(op(ops, "min"), FN(x.min()), false).zeroIsOpen();
  whole(op(ops, "argmax_all"), FN(x.argmax()), false);
  whole(op(ops, "argmin_all"), FN(x.argmin()), false);
  whole(op(ops, "prod"), FN(x.prod()), true, 0);
  whole(op(ops, "norm_all"), FN(x.norm()));
  whole(op(ops, "var_all"), FN(torch::var(x)), true, 0).upTo(1);
  whole(op(ops, "std_all"), FN(torch::std(x)), true, 0).upTo(1);
  whole(op(ops, "all"), FN(torch::all(x)));
  whole(op(ops, "any"), FN(torch::any(x)));
  whole(op(ops, "count_nonzero"), FN(torch::count_nonzero(x)));
}
