//===- Functions.h - The vector mathematics, and what is right ------------===//
#ifndef AGC_TESTS_MATH_FUNCTIONS_H
#define AGC_TESTS_MATH_FUNCTIONS_H

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace agc {

/// A function of one argument: an op of the graph, and the C library's with
/// more digits than the op has to have.
struct MathFunction {
  const char *name;
  double (*ofDouble)(double);                // right for f32
  long double (*ofLongDouble)(long double); // right for f64
};

inline const MathFunction mathFunctions[] = {
    {"exp", std::exp, std::exp},
    {"exp2", std::exp2, std::exp2},
    {"expm1", std::expm1, std::expm1},
    {"log", std::log, std::log},
    {"log2", std::log2, std::log2},
    {"log1p", std::log1p, std::log1p},
    {"sin", std::sin, std::sin},
    {"cos", std::cos, std::cos},
    {"tan", std::tan, std::tan},
    {"asin", std::asin, std::asin},
    {"acos", std::acos, std::acos},
    {"atan", std::atan, std::atan},
    {"sinh", std::sinh, std::sinh},
    {"cosh", std::cosh, std::cosh},
    {"tanh", std::tanh, std::tanh},
    {"sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); },
     [](long double x) { return 1 / (1 + std::exp(-x)); }},
    {"erf", std::erf, std::erf},
    {"erfc", std::erfc, std::erfc},
    {"rsqrt", [](double x) { return 1 / std::sqrt(x); },
     [](long double x) { return 1 / std::sqrt(x); }},
};

/// And of two.
struct MathFunction2 {
  const char *name;
  double (*ofDouble)(double, double);
  long double (*ofLongDouble)(long double, long double);
};
inline const MathFunction2 mathFunctions2[] = {
    {"pow", std::pow, std::pow},
    {"atan2", std::atan2, std::atan2},
    {"fmod", std::fmod, std::fmod},
};

template <typename T> struct MathType; // and the bound that is promised
template <> struct MathType<float> {
  using Bits = uint32_t;
  using Wide = double;
  static constexpr const char *name = "f32";
  static constexpr double bound = 2;
};
template <> struct MathType<double> {
  using Bits = uint64_t;
  using Wide = long double;
  static constexpr const char *name = "f64";
  static constexpr double bound = 4;
};

/// The largest power of 2 not above |x|.
inline double powerOfTwoIn(double x) {
  return std::bit_cast<double>(std::bit_cast<uint64_t>(x) & 0x7ff0000000000000);
}
inline long double powerOfTwoIn(long double x) {
  return std::ldexp(1.0L, std::ilogb(x));
}

/// How far y is from the exact value, in units of the last place that a T of
/// that size has. Infinity where y is wrong in kind: NaN, infinity and the sign
/// of a zero must be those of the exact value, rounded.
template <typename T>
double ulpError(T y, typename MathType<T>::Wide exact) {
  using Limits = std::numeric_limits<T>;
  constexpr double wrong = std::numeric_limits<double>::infinity();
  if (exact != exact)
    return y != y ? 0 : wrong;
  T rounded = T(exact);
  if (y != y || std::isinf(y) != std::isinf(rounded) ||
      ((y == 0 || exact == 0) && std::signbit(y) != std::signbit(rounded)))
    return wrong;
  if (y == exact || std::isinf(y))
    return y == rounded ? 0 : wrong;
  auto unit = std::max<typename MathType<T>::Wide>(
                  exact == 0 ? 0 : powerOfTwoIn(exact), Limits::min()) *
              (Limits::epsilon());
  return double(std::fabs(y - exact) / unit);
}

} // namespace agc

#endif
