//===- binary.cpp - Functions of two and more, element by element ---------===//
#include "Cases.h"

using namespace golden;

namespace {

struct Range {
  double low = -2, high = 2;
};

/// Every pair of special numbers, ties and \p more of their own among them.
std::pair<Input, Input> pairs(Numbers more) {
  Numbers numbers{NaN, inf, -inf, 0., -0., 1.5, -2};
  numbers.insert(numbers.end(), more.begin(), more.end());
  Numbers a, b;
  for (double x : numbers)
    for (double y : numbers) {
      a.push_back(x);
      b.push_back(y);
    }
  return {given(a), given(b)};
}

/// Broadcasting each way and both ways, sizes that no vector width divides, no
/// and one element, sources that are not dense, special numbers.
Op &every(Op &op, Function f, Range a = {}, Range b = {}, Numbers more = {tiny}) {
  auto x = [&](Shape shape) { return in(shape, a.low, a.high); };
  auto y = [&](Shape shape) { return in(shape, b.low, b.high); };
  auto [p, q] = pairs(more);
  op.add({x({17}), y({17})}, f)
      .add({x({3, 4}), y({4})}, f)
      .add({x({3}), y({2, 1, 3})}, f)
      .add({x({3, 1}), y({2, 1, 4})}, f)
      .add({x({0, 3}), y({1, 3})}, f)
      .add({x({1}), y({5})}, f)
      .add({x({}), y({3})}, f)
      .add({x({3, 5}).transposed(), y({3, 5}).strided()}, f)
      .add({x({4, 3}).expanded(), y({3}).strided()}, f)
      .special({p, q}, f);
  return op;
}

/// The same of three operands.
Op &every3(Op &op, Function f, Range c = {}) {
  auto z = [&](Shape shape) { return in(shape, c.low, c.high); };
  op.add({in({17}), in({17}), z({17})}, f)
      .add({in({3, 4}), in({4}), z({3, 1})}, f)
      .add({in({4}), in({3, 1}), z({2, 1, 1})}, f)
      .add({in({0, 3}), in({1, 3}), z({3})}, f)
      .add({in({1}), in({}), z({5})}, f)
      .add({in({3, 5}).transposed(), in({3, 5}).strided(), z({5})}, f)
      .special({given({NaN, inf, -inf, 0., -0., 1, 2, -1, 3}),
                given({1, 2, inf, -0., 0., NaN, inf, 0., -3}),
                given({2, 1, 0.5, 0., 0.25, 1, -inf, NaN, 0.})},
               f);
  return op;
}

} // namespace

#define BINARY(name, ...) every(op(ops, #name), FN(torch::name(x, y)), ##__VA_ARGS__)

GOLDEN_GROUP(binary) {
  BINARY(add);
  BINARY(sub);
  BINARY(mul);
  BINARY(div, {}, {0.5, 2});
  every(op(ops, "add_alpha"), FN(x.add(y, 0.3)));
  every(op(ops, "sub_alpha"), FN(torch::sub(x, y, 2)));
  every(op(ops, "div_floor"), FN(torch::div(x, y, "floor")), {}, {0.5, 2}, {0.5});
  every(op(ops, "div_trunc"), FN(torch::div(x, y, "trunc")), {}, {0.5, 2}, {0.5});
  every(op(ops, "floor_divide"), FN(torch::floor_divide(x.detach(), y.detach())),
        {}, {0.5, 2}, {0.5});
  BINARY(remainder, {}, {0.5, 2}, {0.5, -0.75});
  BINARY(fmod, {}, {0.5, 2}, {0.5, -0.75});
  BINARY(pow, {0.5, 2}, {}, {1, 2, -1, 0.5, 3});
  BINARY(atan2, {}, {}, {huge, tiny});
  BINARY(maximum).zeroIsOpen();
  BINARY(minimum).zeroIsOpen();
  BINARY(fmax).zeroIsOpen();
  BINARY(fmin).zeroIsOpen();
  BINARY(hypot, {}, {}, {huge, -huge});
  BINARY(copysign).specialUpTo(0);
  BINARY(logaddexp, {}, {}, {800, -800, tiny});
  BINARY(xlogy, {}, {0.5, 2}, {1, tiny}).specialUpTo(0);
  BINARY(eq);
  BINARY(ne);
  BINARY(lt);
  BINARY(le);
  BINARY(gt);
  BINARY(ge);
  BINARY(isclose);
  every(op(ops, "isclose_nan"), FN(torch::isclose(x, y, 0.5, 0.25, true)));
  BINARY(logical_and);
  BINARY(logical_or);
  BINARY(logical_xor);
  every(op(ops, "where"), FN(torch::where(x > y, x * 2, y)));
  every(op(ops, "where_not_taken"), FN(torch::where(x > 0, torch::sqrt(x), y * 2)));
  every(op(ops, "where_number"), FN(torch::where(x > y, x, 3.)));
  every(op(ops, "masked_fill"), FN(torch::masked_fill(x * y, x > y, -0.5)));
  every(op(ops, "lerp_number"), FN(torch::lerp(x, y, 0.3)));
  every(op(ops, "lerp_far"), FN(torch::lerp(x, y, 0.75)));
  every3(op(ops, "lerp"), FN(torch::lerp(x, y, z)), {0, 1});
  every3(op(ops, "addcmul"), FN(torch::addcmul(x, y, z, 0.5)));
  every3(op(ops, "addcdiv"), FN(torch::addcdiv(x, y, z, 2)), {0.5, 2});
}
