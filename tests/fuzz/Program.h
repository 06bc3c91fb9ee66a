//===- Program.h - A graph with its gradients, and numbers to run it on ----===//
#ifndef AGC_TESTS_FUZZ_PROGRAM_H
#define AGC_TESTS_FUZZ_PROGRAM_H

#include "tests/codegen/Elements.h"
#include "tests/fuzz/Graph.h"

namespace agc::fuzz {

/// @f of a graph, with its gradients.
struct Program {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  /// Of arguments: the graph's own, a cotangent of each floating-point result,
  /// and for order 2 one of each gradient.
  std::vector<Range> ranges;
  /// Which of the graph's arguments have a gradient.
  std::vector<unsigned> inputs;
  unsigned numArguments = 0; // the graph's
  /// Of results: the graph's, the gradients, their gradients.
  unsigned numResults = 0;
  std::vector<unsigned> floatResults;
  int order = 0;

  unsigned firstCotangent(int of) const {
    return numArguments + (of == 2 ? unsigned(floatResults.size()) : 0);
  }
  unsigned firstGradient(int of) const {
    return numResults + (of == 2 ? unsigned(inputs.size()) : 0);
  }
};

/// \p order is 2 at most; 0 if nothing has a gradient.
Program withGradients(const Graph &graph, int order);

/// Arguments drawn from their ranges. Those of floating point are f64; they are
/// numbers of the argument's own dtype if \p rounded.
std::vector<Elements> drawArguments(const Program &program, uint64_t seed, bool rounded);

/// The serialized form; throws std::runtime_error if there is none.
std::string bytesOf(mlir::ModuleOp module);

} // namespace agc::fuzz

#endif
