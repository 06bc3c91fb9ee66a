#include <agc/nn/Utils.h>

#include "frontend/core/Recorder.h"

#include <agc/Autograd.h>

#include <cmath>

namespace agc::nn::utils {

using agc::detail::fail;
using agc::detail::OpGuard;

LazyNumber clip_grad_norm_(const std::vector<Tensor> &parameters, double max_norm, double p,
                           bool error_if_nonfinite, Loc loc) {
  OpGuard op("clip_grad_norm_", loc);
  NoGradGuard quiet;
  std::vector<Tensor> grads, norms;
  for (const Tensor &parameter : parameters)
    if (parameter.grad().defined())
      grads.push_back(parameter.grad());
  if (grads.empty())
    return 0.0;
  bool isMax = std::isinf(p) && p > 0;
  for (const Tensor &grad : grads)
    norms.push_back(isMax ? grad.abs(loc).max(loc) : grad.norm(p, loc));
  Tensor total;
  if (p == 0)
    total = full({}, double(grads.size()), {}, loc);
  else if (isMax)
    total = stack(norms, 0, loc).max(loc);
  else
    total = norms.size() == 1 ? norms[0] : stack(norms, 0, loc).norm(p, loc);
  if (error_if_nonfinite && !std::isfinite(total.item(loc).toDouble()))
    fail("AGC0104", "expects gradients of a finite norm, got " + std::to_string(total.item(loc).toDouble()) +
                        "; error_if_nonfinite=false clips all the same");
  Tensor factor = (max_norm / (total + 1e-6)).clamp_max(1.0, loc);
  for (const Tensor &grad : grads)
    grad.mul_(factor, loc);
  return total;
}
LazyNumber clip_grad_norm_(std::initializer_list<Tensor> parameters, double max_norm, double p,
                           bool error_if_nonfinite, Loc loc) {
  return clip_grad_norm_(std::vector<Tensor>(parameters), max_norm, p, error_if_nonfinite, loc);
}
LazyNumber clip_grad_norm_(Tensor parameter, double max_norm, double p, bool error_if_nonfinite, Loc loc) {
  return clip_grad_norm_(std::vector<Tensor>{parameter}, max_norm, p, error_if_nonfinite, loc);
}

void clip_grad_value_(const std::vector<Tensor> &parameters, double clip_value, Loc loc) {
  OpGuard op("clip_grad_value_", loc);
  NoGradGuard quiet;
  for (const Tensor &parameter : parameters)
    if (parameter.grad().defined())
      parameter.grad().clamp_(-clip_value, clip_value, loc);
}
void clip_grad_value_(std::initializer_list<Tensor> parameters, double clip_value, Loc loc) {
  clip_grad_value_(std::vector<Tensor>(parameters), clip_value, loc);
}
void clip_grad_value_(Tensor parameter, double clip_value, Loc loc) {
  clip_grad_value_(std::vector<Tensor>{parameter}, clip_value, loc);
}

Tensor parameters_to_vector(const std::vector<Tensor> &parameters, Loc loc) {
  OpGuard op("parameters_to_vector", loc);
  std::vector<Tensor> flat;
  for (const Tensor &parameter : parameters)
    flat.push_back(parameter.view(-1, loc));
  return cat(flat, 0, loc);
}
void vector_to_parameters(const Tensor &vec, const std::vector<Tensor> &parameters, Loc loc) {
  OpGuard op("vector_to_parameters", loc);
  int64_t total = 0, at = 0;
  for (const Tensor &parameter : parameters)
    total += parameter.numel();
  if (vec.dim() != 1 || vec.numel() != total)
    fail("AGC0104", "expects a vector of " + std::to_string(total) + " elements, got shape " +
                        agc::detail::shapeText(vec.sizes()));
  for (const Tensor &parameter : parameters) {
    parameter.set_data(vec.narrow(0, at, parameter.numel(), loc).view(parameter.sizes(), loc).detach(loc), loc);
    at += parameter.numel();
  }
}

} // namespace agc::nn::utils
