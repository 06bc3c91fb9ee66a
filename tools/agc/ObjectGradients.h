//===- ObjectGradients.h - The gradients that a shipped step works with -----===//
//
// An object gives no gradients away: only what its update made of them. Where a
// parameter, its momentum or its first moment follows the gradient linearly, the gradient
// can be read off that: what the update makes of gradients 0 and 1 is computed by the
// reference. Optimizers that divide by the gradient's own size (RMSprop, Adagrad) do so
// once that is large, as the state says that it was.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_TOOLS_AGC_OBJECTGRADIENTS_H
#define AGC_TOOLS_AGC_OBJECTGRADIENTS_H

#include "tools/agc/Call.h"

namespace agc::cli {

struct ObjectGradients {
  double loss = 0;
  std::map<std::string, HostTensor> gradients; // f64, by parameter
};

/// One step of the object \p path on \p batch, from parameters, buffers and random stream
/// as they are in \p state, and all else as it begins.
/// \p program: what the object was made from.
/// Errors: as ShippedStep; AGC0363, it is another program's; AGC0364, the update of a
/// parameter does not say what its gradient was.
ObjectGradients gradientsOfObject(const std::string &path, const proto::Module &program,
                                  const State &state,
                                  const std::map<std::string, HostTensor> &batch);

} // namespace agc::cli

#endif
