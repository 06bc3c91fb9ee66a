//===- GradientFunction.h - Functions made of functions ---------------------===//
#ifndef AGC_TOOLS_AGC_GRADIENTFUNCTION_H
#define AGC_TOOLS_AGC_GRADIENTFUNCTION_H

#include "ir/graph.pb.h"

#include <map>
#include <string>
#include <vector>

namespace agc::cli {

/// Type of value \p value of \p function, which has been checked.
const proto::TensorType &typeOf(const proto::Function &function, uint32_t value);

/// \p function with, after its results, the gradient of the sum of its
/// floating-point results with respect to the arguments \p wanted, as results
/// `grad.NAME`. A result that is not a scalar is weighted, element by element,
/// by a new input `seed.RESULT`. With no names: all floating-point parameters,
/// or, where there are none, inputs.
/// Errors: AGC0350 no such argument, nothing to differentiate, or a function
/// that updates its arguments.
proto::Function withGradient(const proto::Function &function,
                             std::vector<std::string> wanted);

/// Of a training step, still with its symbolic gradient: the loss alone, or
/// the loss and the gradients `grad.NAME` of the parameters, without update.
/// Errors: AGC0351, it has no loss or no symbolic gradient.
proto::Function lossOfStep(const proto::Function &step, bool withGradients);

/// Of a training step: what it makes of parameters and optimizer state, with the gradients
/// as inputs `grad.NAME` (`update`).
struct StepUpdate {
  proto::Function function;
  /// The tensors of each parameter's shape that its gradient has a part in, and no other's.
  std::map<std::string, std::vector<std::string>> readers;
};
/// Errors: AGC0351, it has no symbolic gradient.
StepUpdate updateOfStep(const proto::Function &step);

} // namespace agc::cli

#endif
