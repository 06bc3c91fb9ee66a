//===- Layer.h - What layers have in common --------------------------------===//
#ifndef AGC_FRONTEND_NN_LAYER_H
#define AGC_FRONTEND_NN_LAYER_H

#include "frontend/core/Host.h"
#include "frontend/core/Recorder.h"

#include <agc/nn/Module.h>

#include <string>

namespace agc::nn {

/// A new parameter of zeros; undefined if \p wanted is not so.
inline Tensor addParameter(Module &module, const char *name, IntArrayRef shape, bool wanted = true,
                           double value = 0) {
  if (!wanted)
    return module.register_parameter(name, Tensor(), false, Loc());
  // An error has the line of the user who makes the layer, not this one.
  return module.register_parameter(name, agc::detail::hostFull(shape, kFloat32, value), true, Loc());
}

/// PyTorch's default for layers: weight and bias uniform within 1 / sqrt(fan in).
void resetLayer(Tensor &weight, Tensor &bias);

/// \p y, or x with its elements where a function works in place.
inline Tensor placed(Arg x, Tensor y, bool inplace) {
  if (!inplace || y.is_same(x.tensor))
    return y;
  agc::detail::write(x.tensor, agc::detail::read(y));
  return x.tensor;
}

inline const char *boolText(bool b) { return b ? "true" : "false"; }

} // namespace agc::nn

#endif
