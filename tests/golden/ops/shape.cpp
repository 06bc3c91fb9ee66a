//===- shape.cpp - Other shapes, other places, elements by index ----------===//
#include "Cases.h"

using namespace golden;
using torch::indexing::Ellipsis;
using torch::indexing::None;
using torch::indexing::Slice;

namespace {

/// Of matrices: sources that are not dense, sizes 0 and 1, special numbers,
/// which only change places. A constant factor makes a second derivative of 0,
/// a square one that is not.
Op &matrices(Op &op, Function f, bool ofNone = true, int64_t rows = 3, int64_t columns = 5) {
  Function squared = [=](Tensors v) { return f({v[0] * v[0]}); };
  Numbers numbers;
  for (int64_t i = 0; i < rows * columns; ++i)
    numbers.push_back(Numbers{NaN, inf, -inf, -0., tiny, 1, 0., huge}[size_t(i) % 8]);
  op.add({in({rows, columns})}, squared)
      .add({in({rows, columns}).transposed()}, f)
      .add({in({rows, columns}).strided()}, squared)
      .add({in({rows, columns}).expanded()}, f)
      .special({given(numbers, {rows, columns})}, f);
  if (ofNone)
    op.add({in({0, columns})}, f);
  return op;
}

Input labels() { return integers({2, 0, 1, 1}); }

} // namespace

GOLDEN_GROUP(shape) {
  matrices(op(ops, "reshape"), FN(x.reshape({5, -1}) * 2), false)
      .add({in({2, 0, 3})}, FN(x.reshape({0, 6})))
      .add({in({})}, FN(x.reshape({1, -1})));
  matrices(op(ops, "view"), FN(x.contiguous().view({-1, x.size(0)})), false)
      .add({in({1, 1})}, FN(x.view(std::vector<int64_t>{})))
      .add({in({0, 4})}, FN(x.view({2, 0})));
  matrices(op(ops, "flatten"), FN(torch::flatten(x)))
      .add({in({2, 3, 2, 2})}, FN(torch::flatten(x, 1, -2)))
      .add({in({})}, FN(torch::flatten(x)));
  matrices(op(ops, "unflatten"), FN(x.unflatten(-1, {5, 1})))
      .add({in({2, 6})}, FN(x.unflatten(1, {2, -1})));
  matrices(op(ops, "squeeze"), FN(x.unsqueeze(0).squeeze()))
      .add({in({1, 3, 1})}, FN(x.squeeze()))
      .add({in({1, 3, 1})}, FN(x.squeeze(-1)))
      .add({in({2, 3})}, FN(x.squeeze(0)))
      .add({in({1, 1})}, FN(x.squeeze()));
  matrices(op(ops, "unsqueeze"), FN(x.unsqueeze(-1)))
      .add({in({})}, FN(x.unsqueeze(0)))
      .add({in({2, 3})}, FN(torch::unsqueeze(x, 1)));
  matrices(op(ops, "transpose"), FN(x.transpose(-1, 0) * 2))
      .add({in({2, 3, 4})}, FN(torch::transpose(x, 1, -1).contiguous()));
  matrices(op(ops, "t"), FN(x.t() * 2)).add({in({3})}, FN(x.t()));
  matrices(op(ops, "permute"), FN(x.permute({1, 0})))
      .add({in({2, 3, 1, 2})}, FN(x.permute({2, 0, -1, 1})))
      .add({in({})}, FN(x.permute(std::vector<int64_t>{})));
  matrices(op(ops, "movedim"), FN(torch::movedim(x, std::vector<int64_t>{0}, std::vector<int64_t>{-1})))
      .add({in({2, 3, 4})}, FN(torch::movedim(x, {0, 2}, {2, 0})));
  matrices(op(ops, "expand"), FN(x.unsqueeze(0).expand({2, -1, -1})))
      .add({in({3, 1})}, FN(x.expand({3, 5}) * x))
      .add({in({3, 1})}, FN(x.expand({3, 0})))
      .add({in({})}, FN(x.expand({2, 3})));
  matrices(op(ops, "expand_as"), FN(x.unsqueeze(1).expand_as(torch::ones({x.size(0), 2, 5}))));
  matrices(op(ops, "broadcast_to"), FN(torch::broadcast_to(x, {2, x.size(0), 5}) * 2))
      .add({in({5})}, FN(torch::broadcast_to(x, {3, 5})));
  matrices(op(ops, "repeat"), FN(x.repeat({2, 1, 3})))
      .add({in({3})}, FN(x.repeat({0})))
      .add({in({})}, FN(x.repeat({2, 2})));
  matrices(op(ops, "tile"), FN(torch::tile(x, {2})))
      .add({in({3})}, FN(torch::tile(x, {2, 1})));
  matrices(op(ops, "repeat_interleave").nameIsOpen(), FN(torch::repeat_interleave(x, 3, -1)))
      .add({in({2, 3})}, FN(torch::repeat_interleave(x, 2)));
  matrices(op(ops, "cat"), FN(torch::cat({x, x * x, x}, -1)))
      .add({in({2, 3}), in({0, 3}), in({1, 3})}, FN(torch::cat({x, y, z}, 0)))
      .add({in({2, 3}).transposed(), in({2, 1})}, FN(torch::cat({x, y}, 1)))
      .add({in({2, 3}), in({0})}, FN(torch::cat({x, y}, 1)));
  matrices(op(ops, "stack"), FN(torch::stack({x, x * x}, 1)))
      .add({in({}), in({})}, FN(torch::stack({x, y}, -1)));
  matrices(op(ops, "hstack"), FN(torch::hstack({x, x})))
      .add({in({3}), in({2})}, FN(torch::hstack({x, y})));
  matrices(op(ops, "vstack"), FN(torch::vstack({x, x})))
      .add({in({3}), in({2, 3})}, FN(torch::vstack({x, y})));
  matrices(op(ops, "split"), FN(torch::split(x, 2, 1)))
      .add({in({5, 2})}, FN(torch::split(x, {1, 0, 4}, 0)))
      .add({in({4})}, FN({torch::split(x, 3)[1]}));
  matrices(op(ops, "chunk"), FN(torch::chunk(x, 3, 1)))
      .add({in({5})}, FN({torch::chunk(x, 2)[1]}));
  matrices(op(ops, "unbind"), FN(torch::unbind(x, -1)))
      .add({in({2, 3})}, FN({torch::unbind(x)[1]}));
  matrices(op(ops, "narrow"), FN(torch::narrow(x, 1, 1, 3)))
      .add({in({3})}, FN(torch::narrow(x, 0, 3, 0)));
  matrices(op(ops, "select"), FN(torch::select(x, -1, -2)))
      .add({in({2, 3})}, FN(x[1]));
  matrices(op(ops, "slice"), FN(x.slice(1, 1, 5, 2)))
      .add({in({5})}, FN(x.slice(0, -3, 100)))
      .add({in({5})}, FN(x.slice(0, 4, 2)));
  matrices(op(ops, "index"), FN(x.index({Ellipsis, None, Slice(1, None, 2)}) * 2))
      .add({in({2, 3, 4})}, FN(x.index({1, Slice(None, 2), -1})))
      .add({in({4, 3}), labels()}, FN(x.index({y})))
      .add({in({4, 3}), labels()}, FN(x.index({Slice(), y.slice(0, 1)})))
      .add({in({4, 3}), labels(), integers({-1, 0, 2, -2})}, FN(x.index({y, z})))
      .add({in({4, 3}), integers({1, 0, 0, 1}, {-1}, torch::kBool)}, FN(x.index({y})));
  matrices(op(ops, "flip"), FN(torch::flip(x, {0, -1})))
      .add({in({2, 3, 2})}, FN(torch::flip(x, {1})))
      .add({in({})}, FN(torch::flip(x, std::vector<int64_t>{})));
  matrices(op(ops, "roll"), FN(torch::roll(x, {1, -2}, {0, 1})))
      .add({in({2, 3})}, FN(torch::roll(x, 4)));
  matrices(op(ops, "tril"), FN(torch::tril(x)))
      .add({in({2, 3, 3})}, FN(torch::tril(x, -1)))
      .add({in({2, 4})}, FN(torch::tril(x, 5)));
  matrices(op(ops, "triu"), FN(torch::triu(x)))
      .add({in({2, 3, 3})}, FN(torch::triu(x, 1)))
      .add({in({3, 2})}, FN(torch::triu(x, -9)));
  matrices(op(ops, "diag").nameIsOpen(), FN(torch::diag(x)))
      .add({in({3, 5})}, FN(torch::diag(x, 2)))
      .add({in({3, 5})}, FN(torch::diag(x, -7)))
      .add({in({4})}, FN(torch::diag(x, -2)))
      .add({in({0})}, FN(torch::diag(x)));
  matrices(op(ops, "diagonal"), FN(torch::diagonal(x, 1)))
      .add({in({2, 3, 4})}, FN(torch::diagonal(x, -1, 0, -1)));
  matrices(op(ops, "trace"), FN(torch::trace(x))).add({in({1, 1})}, FN(torch::trace(x)));
  matrices(op(ops, "constant_pad_nd"), FN(torch::constant_pad_nd(x, {1, 2, 0, 1}, 0.5)))
      .add({in({2, 3, 4})}, FN(torch::constant_pad_nd(x, {1, 2, -1, 3}, -1)))
      .add({in({3})}, FN(torch::constant_pad_nd(x, {-1, -2}, 0)));
  matrices(op(ops, "meshgrid"), FN(torch::meshgrid({x.select(1, 0), x.select(1, 2)}, "ij")))
      .add({in({2}), in({3}), in({1})}, FN(torch::meshgrid({x, y, z}, "xy")))
      .add({in({0}), in({})}, FN(torch::meshgrid({x, y}, "ij")));
  matrices(op(ops, "index_select"), FN(torch::index_select(x, 1, torch::tensor({2, 0, 2}))))
      .add({in({4, 3}), labels()}, FN(torch::index_select(x, 0, y)))
      .add({in({4, 3}), integers({}, {0})}, FN(x.slice(0, 0, 0)));
  matrices(op(ops, "gather"), FN(torch::gather(x, 1, torch::zeros({x.size(0), 2}, torch::kInt64) + 3)))
      .add({in({3, 4}), integers({0, 3, 1, 1, 2, 2}, {3, 2})}, FN(torch::gather(x, -1, y)))
      .add({in({3, 4}), integers({2, 0}, {1, 2})}, FN(torch::gather(x, 0, y)));
  matrices(op(ops, "take_along_dim"), FN(torch::take_along_dim(x, torch::zeros({1, 2}, torch::kInt64), 1)))
      .add({in({3, 4}), integers({0, 3, 1}, {3, 1})}, FN(torch::take_along_dim(x, y, -1)))
      .add({in({3, 4}), integers({0, 11, 5, 5})}, FN(torch::take_along_dim(x, y)));
  Input at = integers({0, 2, 1, 4, 3, 0}, {3, 2});
  op(ops, "scatter")
      .add({in({3, 5}), in({3, 2}), at}, FN(torch::scatter(x, 1, z, y)))
      .add({in({3, 5}).transposed(), in({3, 2}).strided(), at}, FN(torch::scatter(x, -1, z, y)))
      .add({in({3, 5}), in({3, 2}), at}, FN(torch::scatter(x, 1, z, -0.5)))
      .add({in({5, 2}), in({3, 2}), at}, FN(torch::scatter(x * x, 0, z, y * y)))
      .add({in({1, 1}), in({1, 1}), integers({0}, {1, 1})}, FN(torch::scatter(x, 0, z, y)))
      .special({given({1, 2, 3}), given({NaN, -0.}), integers({2, 0})}, FN(torch::scatter(x, 0, z, y)));
  op(ops, "scatter_add")
      .add({in({3, 5}), in({3, 2}), at}, FN(torch::scatter_add(x, 1, z, y)))
      .add({in({3, 5}).transposed(), in({3, 2}).strided(), at}, FN(torch::scatter_add(x, -1, z, y)))
      .add({in({5, 2}), in({3, 2}), at}, FN(torch::scatter_add(x * x, 0, z, y * y)))
      .add({in({2, 3}), in({4, 3}), integers({0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 1}, {4, 3})},
           FN(torch::scatter_add(x, 0, z, y * y)))
      .add({in({1, 1}), in({1, 1}), integers({0}, {1, 1})}, FN(torch::scatter_add(x, 0, z, y)))
      .special({given({1, inf, -0.}), given({NaN, -inf, -0.}), integers({0, 1, 2})},
               FN(torch::scatter_add(x, 0, z, y)));
  op(ops, "index_add")
      .add({in({3, 5}), in({4, 5}), labels()}, FN(torch::index_add(x, 0, z, y)))
      .add({in({5, 3}).transposed(), in({5, 4}).strided(), labels()}, FN(torch::index_add(x, -1, z, y)))
      .add({in({3}), in({4}), labels()}, FN(torch::index_add(x, 0, z, y, 0.5)))
      .add({in({3, 0}), in({4, 0}), labels()}, FN(torch::index_add(x, 0, z, y)))
      .add({in({1}), in({2}), integers({0, 0})}, FN(torch::index_add(x * x, 0, z, y * y)))
      .special({given({1, inf, -0.}), given({NaN, -inf, -0.}), integers({0, 1, 2})},
               FN(torch::index_add(x, 0, z, y)));
  op(ops, "index_put_")
      .add({in({3, 5}), in({4, 5}), labels()}, FN((x * 1).index_put_({z}, y)))
      .add({in({3, 5}), in({4, 5}), labels()}, FN((x * 1).index_put_({z}, y, true)))
      .add({in({3, 5}), in({3})}, FN((x * 1).index_put_({Slice(), 2}, y)))
      .add({in({3, 5}), in({})}, FN((x * 1).index_put_({1}, y)))
      .add({in({3, 5})}, FN((x * 1).index_put_({Slice(0, 2), 1}, 3.)))
      .special({given({1, NaN, 2}), given({-0., inf})}, FN((x * 1).index_put_({Slice(0, 2)}, y)));
}
