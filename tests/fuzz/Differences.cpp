//===- Differences.cpp - Gradients against differences ---------------------===//
#include "tests/fuzz/Differences.h"

#include "tests/fuzz/Random.h"

#include <cmath>

namespace agc::fuzz {
namespace {

class Line {
public:
  Line(CompiledProgram &reference, const Program &program, int order, uint64_t seed)
      : reference(reference), program(program), order(order),
        start(drawArguments(program, seed, /*rounded=*/false)),
        point(drawArguments(program, seed, /*rounded=*/false)) {
    for (auto *list : {&start, &point}) // no rounding
      for (int i = 0; i < 2; ++i)
        list->emplace_back(DType::F64, 1).set(0, 0);
    Random random(seed + 1);
    for (unsigned input : program.inputs) {
      directions.emplace_back();
      for (size_t i = 0; i < start[input].count; ++i)
        directions.back().push_back(random.uniform(-1, 1));
    }
  }

  /// The gradient's slope; \p scale is what its terms add up to.
  double slope(double &scale) {
    std::vector<Elements> results = run(reference, start);
    double sum = 0;
    scale = 0;
    for (size_t k = 0; k < directions.size(); ++k) {
      const Elements &gradient = results[program.firstGradient(order) + k];
      for (size_t i = 0; i < gradient.count; ++i) {
        double term = gradient.number(i) * directions[k][i];
        sum += term;
        scale += std::abs(term);
      }
    }
    return sum;
  }

  /// What rounding alone may put between two differences.
  double rounding(double h) const { return 4e-16 * size / h; }

  /// A difference of fourth order.
  double difference(double h) {
    return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
  }

private:
  CompiledProgram &reference;
  const Program &program;
  int order;
  std::vector<Elements> start, point;
  std::vector<std::vector<double>> directions;
  double size = 0; // of the terms that are summed

  double at(double t) {
    for (size_t k = 0; k < directions.size(); ++k) {
      const Elements &from = start[program.inputs[k]];
      for (size_t i = 0; i < from.count; ++i)
        point[program.inputs[k]].set(i, from.number(i) + t * directions[k][i]);
    }
    std::vector<Elements> results = run(reference, point);
    double sum = 0;
    size = 0;
    size_t count = order == 1 ? program.floatResults.size() : program.inputs.size();
    for (size_t k = 0; k < count; ++k) {
      const Elements &y = results[order == 1 ? program.floatResults[k] : program.firstGradient(1) + k];
      const Elements &dy = start[program.firstCotangent(order) + k];
      for (size_t i = 0; i < y.count; ++i)
        sum += y.number(i) * dy.number(i), size += std::abs(y.number(i) * dy.number(i));
    }
    return sum;
  }
};

} // namespace

Slope measureSlope(CompiledProgram &reference, const Program &program, int order,
                   uint64_t seed) {
  Line line(reference, program, order, seed);
  double scale;
  Slope slope;
  slope.gradient = line.slope(scale);
  if (!std::isfinite(scale))
    return slope;
  slope.agrees = false;
  // Where there is no gradient, differences must be as small as that of numbers
  // around 1.
  double against = std::max(scale, 1e-3);
  for (double h : {1e-3, 1e-4, 1e-5, 1e-6}) {
    double wide = line.difference(h), narrow = line.difference(h / 2);
    double uncertainty = std::abs(wide - narrow) + line.rounding(h);
    if (!(uncertainty <= 1e-3 * against))
      continue;
    slope.isMeasured = true;
    slope.difference = narrow;
    double tolerance = 10 * uncertainty + 1e-6 * against;
    slope.agrees = std::abs(narrow - slope.gradient) <= tolerance;
    if (slope.agrees)
      break;
  }
  slope.agrees |= !slope.isMeasured;
  return slope;
}

} // namespace agc::fuzz
