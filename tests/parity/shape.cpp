// Shapes, pieces, repetitions, triangles, padding; elements by index.
#include "library.h"

using V = const std::vector<Tensor> &;
using torch::indexing::Ellipsis;
using torch::indexing::None;
using torch::indexing::Slice;
#define CHECK(name, expression, ...) check(name, [=](V v) -> Tensor { return expression; }, {__VA_ARGS__})

int main() {
  Tensor x = values(1, {3, 5}), y = values(2, {3, 5}), cube = values(3, {2, 3, 4}), row = values(4, {5}), square = values(5, {4, 4});
  CHECK("reshape", v[0].reshape({5, -1}) * 2, x);
  CHECK("unflatten", v[0].unflatten(-1, {2, 2}).sum(1), cube);
  CHECK("movedim", torch::movedim(v[0], {0, 2}, {2, 0}) * 3, cube);
  CHECK("transpose", v[0].transpose(0, -1).contiguous(), cube);
  CHECK("broadcast_to", torch::broadcast_to(v[0], {2, 3, 5}) * 2, row);
  CHECK("repeat", v[0].repeat({2, 1, 3}), x);
  CHECK("tile", torch::tile(v[0], {2, 2}), row);
  CHECK("repeat_interleave", torch::repeat_interleave(v[0], 3, 1), x);
  CHECK("repeat_interleave_flat", torch::repeat_interleave(v[0], 2), x);
  CHECK("cat", torch::cat({v[0], v[1], v[0] * 2}, -1), x, y);
  CHECK("stack", torch::stack({v[0], v[1]}, 1), x, y);
  CHECK("hstack", torch::hstack({v[0], v[1]}), x, y);
  CHECK("hstack_vectors", torch::hstack({v[0], v[0] * 3}), row);
  CHECK("vstack", torch::vstack({v[0], v[1]}), x, row);
  CHECK("split", torch::split(v[0], 2, 1)[1] * 2, x);
  CHECK("split_last", torch::split(v[0], 2, 1)[2], x);
  CHECK("split_sizes", v[0].split({1, 3, 1}, 1)[1], x);
  CHECK("chunk", torch::chunk(v[0], 3, 1)[2], x);
  CHECK("unbind", torch::unbind(v[0], 2)[3], cube);
  CHECK("narrow", torch::narrow(v[0], 1, 1, 3), x);
  CHECK("select", torch::select(v[0], -1, -2), cube);
  CHECK("flip", torch::flip(v[0], {0, 2}), cube);
  CHECK("roll", torch::roll(v[0], {1, -2}, {0, 1}), x);
  CHECK("roll_flat", torch::roll(v[0], 4), x);
  CHECK("tril", torch::tril(v[0]), x);
  CHECK("triu_1", torch::triu(v[0], 1), square);
  CHECK("tril_-1", torch::tril(v[0], -1), cube);
  CHECK("diag", torch::diag(v[0]), square);
  CHECK("diag_1", torch::diag(v[0], 1), x);
  CHECK("diag_embed", torch::diag(v[0], -2), row);
  CHECK("diagonal", torch::diagonal(v[0], 1, 0, 2), cube);
  CHECK("trace", torch::trace(v[0]), square);
  CHECK("constant_pad_nd", torch::constant_pad_nd(v[0], {1, 2, -1, 3}, 0.5), cube);
  CHECK("index", v[0].index({Ellipsis, None, Slice(1, None, 2)}) * 2, cube);
  CHECK("index_int", v[0].index({1, Slice(None, 2), -1}), cube);
  CHECK("masked_fill", v[0].masked_fill(v[0] > 0.5, -3), x);
  CHECK("where", torch::where(v[0] > v[1], v[0] * 2, v[1]), x, y);

  Tensor rows = torch::tensor({2, 0, 1, 1}), index = torch::tensor({0, 2, 1, 4, 4, 0}).view({3, 2}), wrapped = torch::tensor({0, -1, 2}).view({3, 1});
  CHECK("index_select", torch::index_select(v[0], 0, rows), x);
  CHECK("index_select_2", v[0].index_select(-1, rows), cube);
  CHECK("gather", torch::gather(v[0], 1, index), x);
  CHECK("gather_smaller", torch::gather(v[0], 0, torch::tensor({1, 0, 2}).view({1, 3})), x);
  CHECK("take_along_dim", torch::take_along_dim(v[0], wrapped + 2, 1), x);
  CHECK("scatter", torch::scatter(v[0], 1, torch::tensor({0, 2, 1, 4, 3, 0}).view({3, 2}), v[1].slice(1, 0, 2)), x, y);
  CHECK("scatter_value", torch::scatter(v[0], 1, index, 7.), x);
  CHECK("scatter_add", torch::scatter_add(v[0], 1, index, v[1].slice(1, 0, 2)), x, y);
  CHECK("index_add", torch::index_add(v[0], 0, torch::tensor({2, 0, 2}), v[1], 0.5), x, y);
  show("one_hot", torch::one_hot(rows, 4));
  show("one_hot_read", torch::one_hot(rows));
  show("tril_indices", torch::tril_indices(3, 4, 1));
  show("triu_indices", torch::triu_indices(3, 4, -1));
  std::vector<Tensor> grid = torch::meshgrid({torch::arange(3), torch::arange(4)}, "xy");
  show("meshgrid.0", grid[0]);
  show("meshgrid.1", grid[1]);
  show("int.gather", torch::gather(torch::arange(10).view({2, 5}), 1, torch::tensor({4, 0}).view({2, 1})));
  show("bool.flip", torch::flip(torch::arange(4) > 2, 0));
  show("bool.tril", torch::tril(torch::ones({2, 2}) > 0));
  show("empty.cat", torch::cat({torch::zeros({0, 2}), torch::ones({1, 2})}));
  showError("cat of shapes", [&] { torch::cat({x, square}); });
  showError("index too large", [&] { torch::index_select(x, 0, rows + 1).sum().item<double>(); });
  showError("split sizes", [&] { torch::split(x, {1, 2}, 1); });
  showError("unflatten", [&] { x.unflatten(1, {2, 2}); });
  showError("flip twice", [&] { torch::flip(x, {0, 0}); });
}
