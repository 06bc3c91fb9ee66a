//===- Recipe.h - How a program was made, so that it can be made again ------===//
//
// A compiled step has static shapes. `agc new` writes down in the program's
// metadata what it was told, so that `agc train --batch` can trace the same
// step for another batch.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_TOOLS_AGC_RECIPE_H
#define AGC_TOOLS_AGC_RECIPE_H

#include "frontend/Trace.h"
#include "ir/graph.pb.h"
#include "tools/agc/Call.h"

#include <string>
#include <vector>

namespace agc::cli {

struct Recipe : ProgramRequest {
  /// The optimizer as it was said; `optimizer` and `options` are what it means.
  std::string optimizerText = "sgd(lr=0.01)";
};

/// A program with `forward`, `eval` and `train_step`, and its first weights.
struct Traced {
  proto::Module module;
  State weights;
};

/// Traces the model that \p recipe names.
/// Errors: AGC0121 sizes that do not fit; AGC0360 the optimizer is not understood.
Traced trace(const Recipe &recipe);

/// \p module traced again for \p batch examples a step.
/// Errors: AGC0361, the program does not say how it was made, or not in words
/// that `agc new` takes.
proto::Module withBatch(const proto::Module &module, int64_t batch);

/// `sgd(lr=,momentum=,…)`
std::string optimizerSyntax(const ProgramOptimizer &optimizer);

std::string joined(const std::vector<std::string> &words, const std::string &separator);

/// `32x3x64x64` or `784,512,10`, by \p separator.
/// Errors: AGC0360, with \p what: not sizes, each at least 1.
std::vector<int64_t> parseSizes(const std::string &text, char separator,
                                const std::string &what);

} // namespace agc::cli

#endif
