//===- Check.h - What must hold of every program ---------------------------===//
#ifndef AGC_TESTS_FUZZ_CHECK_H
#define AGC_TESTS_FUZZ_CHECK_H

#include "tests/fuzz/Graph.h"

#include <functional>
#include <optional>

namespace agc::fuzz {

struct CheckOptions {
  /// Gradients of gradients, too.
  int order = 2;
  /// Changes the program, gradients expanded, that the default pipeline gets and
  /// the reference does not, or both: a fault to be found (FuzzTest.cpp).
  std::function<void(mlir::ModuleOp)> breakCompiled, breakBoth;
};

struct CheckResult {
  /// What did not hold: "text", "serialized form", "compilation", "execution",
  /// "threads", "reference", "gradient", "second gradient"; empty if all did.
  std::string failure;
  std::string detail;
  /// Whether the gradients were compared with differences: of the values that
  /// were drawn some must be smooth enough.
  bool hasDifferences = false;
  /// Whether all numbers were finite.
  bool isFinite = true;
};

/// Whether gradients are derivatives. They are not, and are not meant to be, behind
/// `stop_gradient`, and of a `scatter` that may put several updates in one place.
bool hasDerivatives(const Graph &graph);

/// Checks @f of \p graph with its gradients:
/// * its text and its serialized form come back as they were;
/// * compiled, it gives the same bits for every split over threads;
/// * compiled, it is as far from the reference pipeline as rounding explains;
/// * gradients, and gradients of these, are the slopes of differences.
/// Source of the tolerance: Rounding.h.
CheckResult check(const Graph &graph, const CheckOptions &options = {});

} // namespace agc::fuzz

#endif
