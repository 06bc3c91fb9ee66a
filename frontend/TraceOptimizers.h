//===- TraceOptimizers.h - Optimizers by name, for the tools ----------------===//
#ifndef AGC_FRONTEND_TRACEOPTIMIZERS_H
#define AGC_FRONTEND_TRACEOPTIMIZERS_H

#include "frontend/Trace.h"

#include <agc/optim/Optimizer.h>

namespace agc::detail {

/// The optimizer that \p request names, with its options.
/// Errors: AGC0121, there is no such optimizer or option.
std::unique_ptr<optim::Optimizer> makeOptimizer(const ProgramRequest &request, std::vector<Tensor> parameters);

} // namespace agc::detail

#endif
