//===- Adam.h - Optimizers with an adaptive rate for each element ----------===//
#ifndef AGC_OPTIM_ADAM_H
#define AGC_OPTIM_ADAM_H

#include <agc/optim/Optimizer.h>

#include <tuple>

namespace agc::optim {

/// What an optimizer's options are to its base: a copy and the learning rate.
#define AGC_OPTIMIZER_OPTIONS(Name)                                            \
  std::unique_ptr<OptimizerOptions> clone() const override;                    \
  double get_lr() const override { return lr_; }                               \
  void set_lr(double value) override { lr_ = value; }

#define AGC_OPTIMIZER(Name)                                                    \
  class Name : public Optimizer {                                              \
  public:                                                                      \
    Name(std::vector<Tensor> params, Name##Options defaults = {},              \
         Loc loc = Loc::current());                                            \
    /** Errors: a number outside of its range. */                              \
    Name(std::vector<OptimizerParamGroup> groups, Name##Options defaults = {}, \
         Loc loc = Loc::current());                                            \
    Tensor step(std::function<Tensor()> closure = nullptr,                     \
                Loc loc = Loc::current()) override;                            \
  }

class AdamOptions : public OptimizerOptions {
public:
  using Betas = std::tuple<double, double>;
  AdamOptions(double lr = 1e-3) : lr_(lr) {}
  AGC_ARG(double, lr);
  AGC_LARGE_ARG(Betas, betas) = {0.9, 0.999};
  AGC_ARG(double, eps) = 1e-8;
  AGC_ARG(double, weight_decay) = 0;
  AGC_ARG(bool, amsgrad) = false;

public:
  AGC_OPTIMIZER_OPTIONS(AdamOptions)
};
/// m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2, with
/// g = grad + weight_decay p;
/// p -= lr / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t)) + eps), t the step;
/// amsgrad takes the largest v so far.
AGC_OPTIMIZER(Adam);

class AdamWOptions : public OptimizerOptions {
public:
  using Betas = std::tuple<double, double>;
  AdamWOptions(double lr = 1e-3) : lr_(lr) {}
  AGC_ARG(double, lr);
  AGC_LARGE_ARG(Betas, betas) = {0.9, 0.999};
  AGC_ARG(double, eps) = 1e-8;
  AGC_ARG(double, weight_decay) = 1e-2;
  AGC_ARG(bool, amsgrad) = false;

public:
  AGC_OPTIMIZER_OPTIONS(AdamWOptions)
};
/// As Adam, but the decay is apart: p *= 1 - lr weight_decay.
AGC_OPTIMIZER(AdamW);

class RMSpropOptions : public OptimizerOptions {
public:
  RMSpropOptions(double lr = 1e-2) : lr_(lr) {}
  AGC_ARG(double, lr);
  AGC_ARG(double, alpha) = 0.99;
  AGC_ARG(double, eps) = 1e-8;
  AGC_ARG(double, weight_decay) = 0;
  AGC_ARG(double, momentum) = 0;
  AGC_ARG(bool, centered) = false;

public:
  AGC_OPTIMIZER_OPTIONS(RMSpropOptions)
};
/// s = alpha s + (1 - alpha) g^2;  p -= lr g / (sqrt(s) + eps), by way of a
/// buffer with momentum; centered takes the variance for s.
AGC_OPTIMIZER(RMSprop);

class AdagradOptions : public OptimizerOptions {
public:
  AdagradOptions(double lr = 1e-2) : lr_(lr) {}
  AGC_ARG(double, lr);
  AGC_ARG(double, lr_decay) = 0;
  AGC_ARG(double, weight_decay) = 0;
  AGC_ARG(double, initial_accumulator_value) = 0;
  AGC_ARG(double, eps) = 1e-10;

public:
  AGC_OPTIMIZER_OPTIONS(AdagradOptions)
};
/// s += g^2;  p -= lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps).
AGC_OPTIMIZER(Adagrad);
#undef AGC_OPTIMIZER

} // namespace agc::optim

#endif
