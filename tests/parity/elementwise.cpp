// Functions element by element: values, first and second derivatives, types,
// broadcasting, and what C says of special numbers.
#include "library.h"

using V = const std::vector<Tensor> &;

int main() {
  const double inf = INFINITY, nan = NAN;
  Tensor x = values(1, {3, 5}), p = values(2, {3, 5}, 0.1, 3), u = values(3, {3, 5}, -0.95, 0.95);
  Tensor big = values(4, {3, 5}, 1.1, 4), y = values(5, {3, 5}), row = values(6, {5}), column = values(7, {3, 1}, 0.5, 2);
  Tensor none = values(8, {0, 3}), one = values(9, {1});

#define UNARY(name, input) check(#name, [](V v) { return torch::name(v[0]); }, {input})
  UNARY(neg, x); UNARY(abs, x); UNARY(sign, x); UNARY(sqrt, p); UNARY(rsqrt, p); UNARY(reciprocal, p);
  UNARY(square, x); UNARY(exp, x); UNARY(exp2, x); UNARY(expm1, x); UNARY(log, p); UNARY(log2, p);
  UNARY(log10, p); UNARY(log1p, p); UNARY(sin, x); UNARY(cos, x); UNARY(tan, u); UNARY(asin, u);
  UNARY(acos, u); UNARY(atan, x); UNARY(sinh, x); UNARY(cosh, x); UNARY(tanh, x); UNARY(asinh, x);
  UNARY(acosh, big); UNARY(atanh, u); UNARY(erf, x); UNARY(erfc, x); UNARY(sigmoid, x); UNARY(relu, x);
  UNARY(floor, x); UNARY(ceil, x); UNARY(round, x); UNARY(trunc, x); UNARY(frac, x);
  UNARY(isnan, x); UNARY(isinf, x); UNARY(isfinite, x); UNARY(exp, none); UNARY(tanh, one);
  check("logit", [](V v) { return torch::logit(v[0]); }, {values(10, {7}, 0.1, 0.9)});
  check("logit_eps", [](V v) { return torch::logit(v[0], 0.2); }, {values(10, {7}, 0.01, 0.99)});

#define BINARY(name, a, b) check(#name, [](V v) { return torch::name(v[0], v[1]); }, {a, b})
  BINARY(add, x, row); BINARY(sub, column, x); BINARY(mul, x, y); BINARY(div, x, p); BINARY(div, row, column);
  BINARY(pow, p, y); BINARY(pow, column, row); BINARY(atan2, x, y); BINARY(atan2, x, row); BINARY(fmod, x, p); BINARY(remainder, x, p);
  BINARY(remainder, x, values(5, {3, 5}, -1, -0.3)); BINARY(maximum, x, y); BINARY(minimum, x, row); BINARY(fmax, x, y); BINARY(fmin, x, y);
  BINARY(hypot, x, y); check("copysign", [](V v) { return torch::copysign(v[0], v[1].detach()); }, {x, y}, false); BINARY(logaddexp, x, y); BINARY(xlogy, x, p); BINARY(add, none, one);
  show("floor_divide", torch::floor_divide(x, p));
  check("pow_scalar", [](V v) { return torch::pow(v[0], 1.7); }, {p});
  check("pow_3", [](V v) { return torch::pow(v[0], 3); }, {x});
  check("scalar_pow", [](V v) { return torch::pow(2.5, v[0]); }, {x});
  check("div_floor", [](V v) { return torch::div(v[0], v[1], "floor"); }, {x, p});
  check("div_trunc", [](V v) { return torch::div(v[0], v[1], "trunc"); }, {x, p});
  check("lerp", [](V v) { return torch::lerp(v[0], v[1], v[2]); }, {x, y, values(11, {3, 5}, 0, 1)});
  check("lerp_scalar", [](V v) { return torch::lerp(v[0], v[1], 0.3); }, {x, y});
  check("addcmul", [](V v) { return torch::addcmul(v[0], v[1], v[2], 0.5); }, {x, y, row});
  check("addcdiv", [](V v) { return torch::addcdiv(v[0], v[1], v[2], 2); }, {x, y, p});
  check("clamp_min", [](V v) { return torch::clamp_min(v[0], -0.5); }, {x});
  check("clamp_max", [](V v) { return torch::clamp_max(v[0], 0.5); }, {x});
  check("xlogy_scalar", [](V v) { return torch::xlogy(v[0], 3.); }, {x});

  // Where mathematics leaves a choice.
  Tensor ties = torch::tensor({0., 1., -1., 2., 0.}, torch::kFloat64), same = torch::tensor({0., 1., -2., 3., -0.}, torch::kFloat64);
  check("abs_0", [](V v) { return torch::abs(v[0]); }, {ties});
  check("sign_0", [](V v) { return torch::sign(v[0]); }, {ties});
  check("relu_0", [](V v) { return torch::relu(v[0]); }, {ties});
  check("maximum_ties", [](V v) { return torch::maximum(v[0], v[1]); }, {ties, same});
  check("minimum_ties", [](V v) { return torch::minimum(v[0], v[1]); }, {ties, same});
  check("fmax_ties", [](V v) { return torch::fmax(v[0], v[1]); }, {ties, same});
  check("fmin_ties", [](V v) { return torch::fmin(v[0], v[1]); }, {ties, same});
  check("clamp_bounds", [](V v) { return torch::clamp(v[0], -1, 1); }, {ties}, false);
  check("copysign_0", [](V v) { return torch::copysign(v[0], v[1].detach()); }, {ties, same}, false);
  check("pow_0", [](V v) { return torch::pow(v[0], v[1]); },
        {torch::tensor({0., 0., 2., -2., -2.}, torch::kFloat64), torch::tensor({0., 2., 0., 2., 3.}, torch::kFloat64)}, false);
  check("pow_constant_0", [](V v) { return torch::pow(v[0], 0); }, {ties});
  check("xlogy_0", [](V v) { return torch::xlogy(v[0], v[1]); }, {ties, torch::tensor({2., 1., 2., 1., 3.}, torch::kFloat64)}, false);
  check("where_nan", [](V v) { return torch::where(v[0] > 0, torch::sqrt(v[0]), v[0] * 2); }, {torch::tensor({4., -1., 9.}, torch::kFloat64)}, false);

  // Special numbers.
  for (auto type : {torch::kFloat32, torch::kFloat64}) {
    std::string of = type == torch::kFloat32 ? "f32." : "f64.";
    Tensor s = torch::tensor({0., -0., inf, -inf, nan, 1., -1., 1e-37, 1e30, 88., -104., 0.5}, torch::kFloat64).to(type);
#define SPECIAL(name) show(of + #name, torch::name(s))
    SPECIAL(sqrt); SPECIAL(rsqrt); SPECIAL(exp); SPECIAL(exp2); SPECIAL(expm1); SPECIAL(log); SPECIAL(log2); SPECIAL(log10);
    SPECIAL(log1p); SPECIAL(asin); SPECIAL(acos); SPECIAL(atan); SPECIAL(sinh); SPECIAL(cosh); SPECIAL(tanh); SPECIAL(asinh);
    SPECIAL(acosh); SPECIAL(atanh); SPECIAL(erf); SPECIAL(erfc); SPECIAL(sigmoid); SPECIAL(relu); SPECIAL(floor); SPECIAL(ceil); SPECIAL(round); SPECIAL(trunc);
    SPECIAL(isnan); SPECIAL(isinf); SPECIAL(isfinite); SPECIAL(sign); SPECIAL(abs); SPECIAL(nan_to_num);
    Tensor a = s.unsqueeze(1), b = s.slice(0, 0, 8).unsqueeze(0);
    show(of + "pow", torch::pow(a, b));
    show(of + "atan2", torch::atan2(a, b));
    show(of + "fmax", torch::fmax(a, b));
    show(of + "minimum", torch::minimum(a, b));
    show(of + "remainder", torch::remainder(a, torch::tensor({2., -3., inf, 0.25}, torch::kFloat64).to(type)));
    show(of + "fmod", torch::fmod(a, torch::tensor({2., -3., inf, 0.25}, torch::kFloat64).to(type)));
    show(of + "logaddexp", torch::logaddexp(a, b));
    show(of + "xlogy", torch::xlogy(a, b));
    show(of + "floor_divide", torch::floor_divide(a, torch::tensor({2., -3., 0.25}, torch::kFloat64).to(type)));
    show(of + "eq", a == b);
    show(of + "lt", a < b);
  }
  show("round_half", torch::round(torch::tensor({0.5, 1.5, 2.5, -0.5, -1.5, 0.49999999}, torch::kFloat64)));

  // Integers and promotion.
  Tensor i = torch::tensor({7, -7, 7, -7, 0}, torch::kInt64), j = torch::tensor({2, 2, -2, -2, 3}, torch::kInt64);
  show("int.div", i / j);
  show("int.floor_divide", torch::floor_divide(i, j));
  show("int.trunc", torch::div(i, j, "trunc"));
  show("int.remainder", torch::remainder(i, j));
  show("int.fmod", torch::fmod(i, j));
  show("int.pow", torch::pow(i, 3));
  show("int.exp", torch::exp(i));
  show("int.atan2", torch::atan2(i, j));
  show("int.maximum", torch::maximum(i, j));
  Tensor bytes = torch::tensor({200, 100, 3, 255, 0}, torch::kInt64).to(torch::kUInt8), other = torch::tensor({3, 200, 2, 7, 9}, torch::kInt64).to(torch::kUInt8);
  show("u8.floor_divide", torch::floor_divide(bytes, other));
  show("u8.remainder", torch::remainder(bytes, other));
  show("u8.maximum", torch::maximum(bytes, other));
  show("u8.minimum", torch::minimum(bytes, other));
  show("u8.add", bytes + other);
  show("u8.max", bytes.max());
  show("u8.amin", bytes.amin());
  show("u8.argmax", bytes.argmax());
  show("u8.lt", bytes < other);
  show("isclose", torch::isclose(torch::tensor({1., 1.00001, inf, nan, 2.}, torch::kFloat64), torch::tensor({1., 1., inf, nan, 2.1}, torch::kFloat64)));
  show("isclose_nan", torch::isclose(torch::tensor({1., nan}, torch::kFloat64), torch::tensor({1., nan}, torch::kFloat64), 1e-5, 1e-8, true));
  showError("divides by 0", [&] { torch::floor_divide(i, i).sum().item<int64_t>(); });
  showError("negative power", [&] { show("", torch::pow(i, -1)); });
  showError("rounding mode", [&] { show("", torch::div(i, j, "up")); });
}
