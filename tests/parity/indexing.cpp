// Elements by tensors of positions and by masks, read and written; integers bit
// by bit; functions in place.
#include "library.h"

using V = const std::vector<Tensor> &;
using namespace torch::indexing;

int main() {
  Tensor x = values(1, {4, 3, 5}), rows = torch::tensor({2, 0, 3, 2}), columns = torch::tensor({0, -1, 1, 4});
  Tensor mask = torch::tensor({1, 0, 1, 1}).to(torch::kBool), grid = torch::tensor({1, 2, 0, 1}).view({2, 2});
  auto picks = [&](const std::string &name, std::vector<TensorIndex> i) {
    check(name, [=](V v) { return v[0].index(i); }, {x});
  };
  picks("rows", {rows});
  picks("rows_grid", {grid});
  picks("second", {Slice(), torch::tensor({2, 0})});
  picks("pair", {rows, Slice(0, 2), columns});
  picks("neighbours", {Slice(), torch::tensor({2, 0, 1, 1}), columns});
  picks("broadcast", {torch::tensor({2, 0}).view({2, 1}), torch::tensor({0, 1, 2})});
  picks("with_number", {rows, 1, columns});
  picks("with_none", {rows, None, Ellipsis, torch::tensor({3})});
  picks("mask", {mask});
  picks("mask_second", {Slice(), torch::tensor({1, 0, 1}).to(torch::kBool), 2});
  check("mask_whole", [](V v) { return v[0].index({v[0] > 0.5}); }, {x});
  check("put", [=](V v) { Tensor y = v[0] * 1; y.index_put_({rows, 1}, v[1]); return y; }, {x, values(2, {5})});
  check("put_slice", [=](V v) { Tensor y = v[0] * 1; y.index_put_({Slice(1, 3), Ellipsis, 2}, v[1]); return y; }, {x, values(2, {2, 3})});
  check("put_number", [=](V v) { Tensor y = v[0] * 1; y.index_put_({Slice(), torch::tensor({0, 2}), columns.slice(0, 0, 2)}, 7); return y; }, {x});
  check("put_mask", [=](V v) { Tensor y = v[0] * 1; y.index_put_({y < 0}, 0.5); return y; }, {x});
  check("put_mask_rows", [=](V v) { Tensor y = v[0] * 1; y.index_put_({mask}, v[1]); return y; }, {x, values(3, {3, 3, 5})});
  check("accumulate", [=](V v) { Tensor y = v[0] * 1; y.index_put_({rows}, v[1], true); return y; }, {x, values(4, {4, 3, 5})});

  Tensor a = torch::tensor({12, 10, -7, 255}), b = torch::tensor({10, 3, 6, 128});
  show("and", torch::bitwise_and(a, b));
  show("or", a.bitwise_or(b));
  show("xor", a ^ b);
  show("not", ~a);
  show("and_number", a & 6);
  show("or_number", torch::bitwise_or(a, 1));
  show("u8", a.to(torch::kUInt8) & b.to(torch::kInt32));
  Tensor p = torch::tensor({1, 1, 0, 0}).to(torch::kBool), q = torch::tensor({1, 0, 1, 0}).to(torch::kBool);
  show("bool_and", p & q);
  show("bool_or", p | q);
  show("bool_xor", p ^ q);
  show("bool_not", ~p);
  Tensor c = a.clone();
  c.bitwise_and_(b);
  c |= torch::tensor({1, 2, 3, 4});
  c ^= b;
  show("in_place", c);

  auto changes = [&](const std::string &name, const std::function<void(Tensor &)> &f) {
    check(name, [=](V v) { Tensor y = v[0] * 2; f(y); return y; }, {values(5, {3, 4}, 0.5, 2)});
  };
  Tensor w = values(6, {3, 4}, 0.5, 2), at = torch::tensor({0, 2, 1, 1, 0, 2, 2, 0}).view({2, 4});
  changes("pow_", [](Tensor &y) { y.pow_(3); });
  changes("clamp_min_", [](Tensor &y) { y.clamp_min_(2); });
  changes("clamp_max_", [](Tensor &y) { y.clamp_max_(2); });
  changes("lerp_", [=](Tensor &y) { y.lerp_(w, 0.3); });
  changes("addcmul_", [=](Tensor &y) { y.addcmul_(w, w, 0.5); });
  changes("addcdiv_", [=](Tensor &y) { y.addcdiv_(w, w + 1); });
  changes("masked_fill_", [=](Tensor &y) { y.masked_fill_(w > 1, -1); });
  changes("scatter_", [=](Tensor &y) { y.scatter_(0, at.slice(0, 0, 1), w); });
  changes("scatter_number_", [=](Tensor &y) { y.scatter_(0, at, 4); });
  changes("scatter_add_", [=](Tensor &y) { y.scatter_add_(0, at, w); });
  changes("index_add_", [=](Tensor &y) { y.index_add_(0, torch::tensor({2, 2, 0}), w, 0.5); });

  showError("floats", [&] { torch::bitwise_and(w, w); });
  showError("not of floats", [&] { ~w; });
  showError("too many", [&] { x.index({0, 0, 0, 0}); });
  showError("mask of other size", [&] { x.index({torch::tensor({1, 0}).to(torch::kBool)}); });
  showError("beyond", [&] { x.index({torch::tensor({4})}).sum().item<double>(); });
  showError("no broadcast", [&] { x.index({rows, torch::tensor({0, 1})}); });
  showError("values", [&] { x.clone().index_put_({rows}, values(2, {3})); });
}
