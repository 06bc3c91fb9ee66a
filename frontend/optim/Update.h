//===- Update.h - What updates are written with ----------------------------===//
#ifndef AGC_FRONTEND_OPTIM_UPDATE_H
#define AGC_FRONTEND_OPTIM_UPDATE_H

#include "frontend/core/Build.h"

#include <agc/optim/Optimizer.h>

namespace agc::optim {

/// A group's learning rate, a scalar that is an argument of the compiled
/// function.
detail::Value learningRate(DType type, OptimizerOptions &options, size_t group);

/// v times a number that is an argument, too: another one is no other program.
detail::Value scaled(const detail::Value &v, double factor);

} // namespace agc::optim

#endif
