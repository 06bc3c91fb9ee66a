//===- Utils.h - Gradients clipped, parameters as one vector ----------------===//
#ifndef AGC_NN_UTILS_H
#define AGC_NN_UTILS_H

#include <agc/Functions.h>

namespace agc::nn::utils {

/// A number that is computed when it is first read.
class LazyNumber {
public:
  LazyNumber(double value) : known(value) {}
  LazyNumber(Tensor tensor) : tensor(std::move(tensor)) {}
  operator double() const {
    if (tensor.defined()) {
      known = tensor.item().toDouble();
      tensor.reset();
    }
    return known;
  }

private:
  mutable double known = 0;
  mutable Tensor tensor;
};

/// Scales all gradients, in place, so that the norm of all of them together is at
/// most \p max_norm; the result is that norm before.
/// Errors: AGC0104, it is not finite and \p error_if_nonfinite, which reads it.
LazyNumber clip_grad_norm_(const std::vector<Tensor> &parameters, double max_norm, double norm_type = 2.0,
                           bool error_if_nonfinite = false, Loc loc = Loc::current());
LazyNumber clip_grad_norm_(std::initializer_list<Tensor> parameters, double max_norm, double norm_type = 2.0,
                           bool error_if_nonfinite = false, Loc loc = Loc::current());
LazyNumber clip_grad_norm_(Tensor parameter, double max_norm, double norm_type = 2.0,
                           bool error_if_nonfinite = false, Loc loc = Loc::current());

/// Clamps every element of the gradients, in place, to [-clip_value, clip_value].
void clip_grad_value_(const std::vector<Tensor> &parameters, double clip_value, Loc loc = Loc::current());
void clip_grad_value_(std::initializer_list<Tensor> parameters, double clip_value, Loc loc = Loc::current());
void clip_grad_value_(Tensor parameter, double clip_value, Loc loc = Loc::current());

/// All elements, one parameter after the other; and back, by copying.
/// Errors: AGC0104, a vector of another length.
Tensor parameters_to_vector(const std::vector<Tensor> &parameters, Loc loc = Loc::current());
void vector_to_parameters(const Tensor &vec, const std::vector<Tensor> &parameters, Loc loc = Loc::current());

} // namespace agc::nn::utils

#endif
