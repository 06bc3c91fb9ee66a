//===- Update.h - What updates are written with ----------------------------===//
#ifndef AGC_FRONTEND_OPTIM_UPDATE_H
#define AGC_FRONTEND_OPTIM_UPDATE_H

#include "frontend/core/Build.h"
#include "frontend/core/Recorder.h"

#include <agc/optim/Optimizer.h>

namespace agc::optim {

/// A group's learning rate, a scalar that is an argument of the compiled
/// function.
detail::Value learningRate(DType type, OptimizerOptions &options, size_t group);

/// v times a number that is an argument, too: another one is no other program.
detail::Value scaled(const detail::Value &v, double factor);

/// What a step's closure gives, with gradients on; undefined without one.
Tensor evaluate(const std::function<Tensor()> &closure);

/// A step's update of each parameter that has a gradient: p and d are the two;
/// the update writes what it keeps and returns the new p.
template <typename Options, typename Fn>
void forEachParameter(std::vector<OptimizerParamGroup> &groups, Fn update) {
  using namespace detail;
  size_t index = 0;
  for (size_t g = 0; g < groups.size(); ++g) {
    auto &options = static_cast<Options &>(groups[g].options());
    Value rates[numDTypes]; // by dtype: parameters of a group share one
    for (const Tensor &parameter : groups[g].params()) {
      size_t at = index++;
      if (!parameter.grad().defined())
        continue;
      ScopeGuard in(implOf(parameter).scope);
      Value p = read(parameter), d = read(parameter.grad());
      Value &rate = rates[int(p.dtype())];
      if (!rate)
        rate = learningRate(p.dtype(), options, g);
      write(parameter, update(options, parameter, at, p, d, rate));
    }
  }
}

} // namespace agc::optim

#endif
