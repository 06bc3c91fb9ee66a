//===- unary.cpp - Functions of one operand, element by element -----------===//
#include "Cases.h"

using namespace golden;

namespace {

/// Runs a function over sizes that no vector width divides, no and one element,
/// and sources that are not dense.
Op &ordinary(Op &op, Function f, double low, double high) {
  return op.add({in({17}, low, high)}, f)
      .add({in({3, 5}, low, high).transposed()}, f)
      .add({in({2, 7}, low, high).strided()}, f)
      .add({in({4, 3}, low, high).expanded()}, f)
      .add({in({0, 3}, low, high)}, f)
      .add({in({1, 1}, low, high)}, f)
      .add({in({}, low, high)}, f);
}

/// And over special numbers: those that any function has, and \p edges, its own.
Op &every(Op &op, Function f, double low = -2, double high = 2, Numbers edges = {}) {
  ordinary(op, f, low, high);
  Numbers numbers{NaN, inf, -inf, 0., -0., tiny, -tiny, huge, -huge, 1, -1, 0.5};
  numbers.insert(numbers.end(), edges.begin(), edges.end());
  return op.special({given(numbers)}, f);
}

} // namespace

#define UNARY(name, ...) every(op(ops, #name), FN(torch::name(x)), ##__VA_ARGS__)

GOLDEN_GROUP(unary) {
  UNARY(neg);
  UNARY(abs);
  UNARY(sign);
  UNARY(sqrt, 0.1, 4, {4, -4});
  UNARY(rsqrt, 0.1, 4, {4, -4});
  UNARY(reciprocal, 0.1, 4, {3});
  UNARY(square, -2, 2, {-1e200});
  UNARY(exp, -2, 2, {-745, -709, 709, 710, 88, 89, -104});
  UNARY(exp2, -2, 2, {-1075, 1023, 1024, 127, 128, -150});
  UNARY(expm1, -2, 2, {1e-18, -1e-18, -50, 710, 89});
  UNARY(log, 0.1, 4, {1e-310, 2});
  UNARY(log2, 0.1, 4, {1e-310, 2, 8});
  UNARY(log10, 0.1, 4, {1e-310, 10, 1000});
  UNARY(log1p, -0.9, 4, {1e-18, -1e-18, -2});
  UNARY(sin, -4, 4, {3.141592653589793, 1e5});
  UNARY(cos, -4, 4, {1.5707963267948966, 1e5});
  UNARY(tan, -1.4, 1.4, {1.5707963267948966, 1e5});
  UNARY(asin, -0.95, 0.95, {1.5, -1.5});
  UNARY(acos, -0.95, 0.95, {1.5, -1.5});
  UNARY(atan);
  UNARY(sinh, -2, 2, {1e-18, 711, 90, -90});
  UNARY(cosh, -2, 2, {1e-18, 711, 90, -90});
  UNARY(tanh, -2, 2, {1e-18, 25, -25});
  UNARY(asinh, -2, 2, {1e-18, 1e10, -1e10});
  UNARY(acosh, 1.1, 4, {1.25, 1e10});
  UNARY(atanh, -0.95, 0.95, {1e-18, 2});
  UNARY(erf, -2, 2, {1e-18, 7, -7});
  UNARY(erfc, -2, 2, {1e-18, 7, -7, 30});
  UNARY(sigmoid, -4, 4, {-745, 40, -104});
  UNARY(relu);
  UNARY(floor, -4, 4, {2.5, -2.5, 1e17});
  UNARY(ceil, -4, 4, {2.5, -2.5, 1e17});
  UNARY(round, -4, 4, {1.5, 2.5, -1.5, -2.5, 0.49999999999999994, 1e17});
  UNARY(trunc, -4, 4, {2.5, -2.5, 1e17});
  UNARY(frac, -4, 4, {2.5, -2.5});
  UNARY(isnan);
  UNARY(isinf);
  UNARY(isfinite);
  UNARY(logical_not);
  UNARY(nan_to_num);
  UNARY(logit, 0.1, 0.9, {0.25, 2});
  every(op(ops, "logit_eps"), FN(torch::logit(x, 0.2)), 0, 1, {0.2, 0.8, 2});
  every(op(ops, "nan_to_num_of"), FN(torch::nan_to_num(x, 1.5, 7., -8.)));
  every(op(ops, "clamp"), FN(torch::clamp(x, -0.5, 1.)), -2, 2, {-0.5});
  every(op(ops, "clamp_min"), FN(torch::clamp_min(x, -0.5)), -2, 2, {-0.5});
  every(op(ops, "clamp_max"), FN(torch::clamp_max(x, 0.5)), -2, 2, {-0.5});
  every(op(ops, "clamp_crossed"), FN(torch::clamp(x, 1., -1.)));
  every(op(ops, "pow_0"), FN(torch::pow(x, 0)));
  every(op(ops, "pow_1"), FN(torch::pow(x, 1)));
  every(op(ops, "pow_2"), FN(torch::pow(x, 2)));
  every(op(ops, "pow_3"), FN(x.pow(3)));
  every(op(ops, "pow_minus_2"), FN(torch::pow(x, -2)), 0.5, 2);
  every(op(ops, "pow_half"), FN(torch::pow(x, 0.5)), 0.5, 2);
  ordinary(op(ops, "pow_minus_half"), FN(torch::pow(x, -0.5)), 0.5, 2)
      .special({given({NaN, inf, -inf, 0., tiny, 4, -4})}, FN(torch::pow(x, -0.5)));
  every(op(ops, "pow_fraction"), FN(torch::pow(x, 1.7)), 0.5, 2);
  every(op(ops, "number_pow"), FN(torch::pow(2.5, x)));
  every(op(ops, "zero_pow"), FN(torch::pow(0., x)), 0.5, 2).upTo(1);
  every(op(ops, "scalars"), FN(3 * x + 1 - x / 4 + (2 - x) * 0.5 + 1 / (x + 5)));
  every(op(ops, "xlogy_number"), FN(torch::xlogy(x, 3.)));
  every(op(ops, "number_xlogy"), FN(torch::xlogy(1.5, x)), 0.5, 2);
  every(op(ops, "remainder_number"), FN(torch::remainder(x, 0.7)));
  every(op(ops, "fmod_number"), FN(torch::fmod(x, 0.7)));
  every(op(ops, "copysign_number"), FN(torch::copysign(x, -1.))).specialUpTo(0);
  every(op(ops, "div_floor_number"), FN(torch::div(x, 0.7, "floor")));
  every(op(ops, "div_trunc_number"), FN(torch::div(x, 0.7, "trunc")));
  every(op(ops, "floor_divide_number"), FN(torch::floor_divide(x.detach(), 0.7)));
}
