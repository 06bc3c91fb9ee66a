//===- SGD.h - Stochastic gradient descent --------------------------------===//
#ifndef AGC_OPTIM_SGD_H
#define AGC_OPTIM_SGD_H

#include <agc/optim/Optimizer.h>

namespace agc::optim {

class SGDOptions : public OptimizerOptions {
public:
  SGDOptions(double lr = 1e-3) : lr_(lr) {}
  AGC_ARG(double, lr);
  AGC_ARG(double, momentum) = 0;
  AGC_ARG(double, dampening) = 0;
  AGC_ARG(double, weight_decay) = 0;
  AGC_ARG(bool, nesterov) = false;

public:
  std::unique_ptr<OptimizerOptions> clone() const override;
  double get_lr() const override { return lr_; }
  void set_lr(double lr) override { lr_ = lr; }
};

/// Stochastic gradient descent:
///   d = grad + weight_decay p;  b = momentum b + (1 - dampening) d (at first
///   b = d);  p -= lr (nesterov: d + momentum b, else b).
class SGD : public Optimizer {
public:
  SGD(std::vector<Tensor> params, SGDOptions defaults, Loc loc = Loc::current());
  /// Errors: a negative number; nesterov without momentum or with dampening.
  SGD(std::vector<OptimizerParamGroup> groups, SGDOptions defaults, Loc loc = Loc::current());
  Tensor step(std::function<Tensor()> closure = nullptr,
              Loc loc = Loc::current()) override;
};

} // namespace agc::optim

#endif
