//===- integers.cpp - Functions of integers and bools ---------------------===//
#include "Cases.h"

using namespace golden;

namespace {

const Numbers some{7, -7, 0, 1, -128, 127, 3, -1, 100}, others{2, 3, -2, -3, 5, -1, 7, 1, 6};
const Numbers bytes{7, 249, 0, 1, 128, 127, 3, 255, 100}, more{2, 3, 254, 253, 5, 255, 7, 1, 6};
const Numbers bits{1, 0, 1, 1, 0, 0}, rest{1, 1, 0, 1, 0, 1};

/// Every width, broadcasting each way, no elements; bools where there are any.
Op &every(Op &op, Function f, bool ofBools) {
  op.add({integers(some), integers(others)}, f)
      .add({integers(some, {9}, torch::kInt32), integers(others, {9}, torch::kInt32)}, f)
      .add({integers(some, {9}, torch::kInt8), integers(others, {9}, torch::kInt8)}, f)
      .add({integers(bytes, {9}, torch::kUInt8), integers(more, {9}, torch::kUInt8)}, f)
      .add({integers(some, {3, 3}), integers({2, -3, 5})}, f)
      .add({integers({2, -3, 5}, {3, 1}, torch::kInt32), integers(others, {3, 3})}, f)
      .add({integers({9}, {}), integers(others, {3, 3}, torch::kInt8)}, f);
  if (ofBools)
    op.add({integers(bits, {6}, torch::kBool), integers(rest, {6}, torch::kBool)}, f)
        .add({integers(bits, {2, 3}, torch::kBool), integers({1, 0, 1}, {3}, torch::kBool)}, f);
  return op;
}

} // namespace

#define INTEGERS(name, expression, ofBools) every(op(ops, "integers_" name), FN(expression), ofBools)

GOLDEN_GROUP(integers) {
  INTEGERS("bitwise_and", torch::bitwise_and(x, y), true);
  INTEGERS("bitwise_or", torch::bitwise_or(x, y), true);
  INTEGERS("bitwise_xor", torch::bitwise_xor(x, y), true);
  INTEGERS("bitwise_not", torch::bitwise_not(x), true);
  INTEGERS("bitwise_and_number", torch::bitwise_and(x, 3), true);
  INTEGERS("add", x + y, true);
  INTEGERS("sub", x - y, false);
  INTEGERS("mul", x * y, true);
  INTEGERS("div", x / y, true);
  INTEGERS("div_trunc", torch::div(x, y, "trunc"), false);
  INTEGERS("floor_divide", torch::floor_divide(x, y), false);
  INTEGERS("remainder", torch::remainder(x, y), false);
  INTEGERS("fmod", torch::fmod(x, y), false);
  INTEGERS("maximum", torch::maximum(x, y), true);
  INTEGERS("minimum", torch::minimum(x, y), true);
  INTEGERS("lt", x < y, true);
  INTEGERS("eq", x == y, true);
  INTEGERS("pow", torch::pow(x, 3), false);
  INTEGERS("pow_tensors", torch::pow(x, y), false);
  INTEGERS("number_pow", torch::pow(-3, y), false);
  INTEGERS("neg", -x, false);
  INTEGERS("abs", torch::abs(x), false);
  INTEGERS("sign", torch::sign(x), false);
  INTEGERS("exp", torch::exp(torch::clamp(x, -3, 3)), false);
  INTEGERS("sum", x.sum(), true);
  INTEGERS("prod", torch::prod(torch::clamp(x, -2, 2)), false);
  INTEGERS("cumsum", torch::cumsum(x.reshape({-1}), 0), true);
  INTEGERS("amax", x.amax(), true);
  INTEGERS("argmin", x.argmin(), false);
  INTEGERS("all", torch::all(x), true);
  INTEGERS("any", torch::any(x), true);
  INTEGERS("where", torch::where(x > y, x, y), false);
  INTEGERS("clamp", torch::clamp(x, -5, 5), false);
}
