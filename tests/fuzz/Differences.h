//===- Differences.h - Gradients against differences -----------------------===//
#ifndef AGC_TESTS_FUZZ_DIFFERENCES_H
#define AGC_TESTS_FUZZ_DIFFERENCES_H

#include "tests/fuzz/Program.h"

namespace agc::fuzz {

/// How a slope compares with differences.
struct Slope {
  /// The differences agreed with each other: the function is smooth there.
  bool isMeasured = false;
  bool agrees = true;
  double gradient = 0, difference = 0;
};

/// The slope along a random direction of the sum of results, or of gradients
/// (\p order 1 or 2: of which gradients), weighted with their cotangents.
/// \p reference is compiled from a program with the arguments of Rounding.h.
Slope measureSlope(CompiledProgram &reference, const Program &program, int order,
                   uint64_t seed);

} // namespace agc::fuzz

#endif
