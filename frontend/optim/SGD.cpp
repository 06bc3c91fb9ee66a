#include <agc/optim/SGD.h>

#include "frontend/optim/Update.h"

#include "frontend/core/Host.h"

#include <agc/Autograd.h>

namespace agc::optim {

using namespace detail;

SGD::SGD(std::vector<OptimizerParamGroup> given, SGDOptions defaults)
    : Optimizer(std::move(given), std::make_unique<SGDOptions>(defaults)) {
  for (const OptimizerParamGroup &group : groups) {
    const auto &o = static_cast<const SGDOptions &>(group.options());
    if (!(o.lr() >= 0) || !(o.momentum() >= 0) || !(o.weight_decay() >= 0))
      throw Error("AGC0104", "'agc.SGD' expects lr, momentum and weight_decay of at least 0");
    if (o.nesterov() && (o.momentum() <= 0 || o.dampening() != 0))
      throw Error("AGC0104", "'agc.SGD' expects a momentum and no dampening for nesterov");
  }
}

Tensor SGD::step(std::function<Tensor()> closure, Loc loc) {
  Tensor loss;
  if (closure) {
    AutoGradMode on(true);
    loss = closure();
  }
  cutAtStep();
  OpGuard op("sgd", loc);
  NoGradGuard quiet;
  size_t index = 0;
  for (size_t g = 0; g < groups.size(); ++g) {
    auto &o = static_cast<SGDOptions &>(groups[g].options());
    Value rates[numDTypes]; // by dtype: parameters of a group share one
    for (const Tensor &parameter : groups[g].params()) {
      size_t at = index++;
      if (!parameter.grad().defined())
        continue;
      Value p = read(parameter), d = read(parameter.grad());
      if (o.weight_decay() != 0)
        d = d + scaled(p, o.weight_decay());
      if (o.momentum() != 0) {
        Tensor buffer = stateOf("momentum_buffer", at, parameter);
        Value b = scaled(read(buffer), o.momentum());
        if (o.dampening() == 0) {
          b = b + d;
        } else {
          // At first the whole gradient: 1 - dampening * started.
          Tensor started = stateOf("momentum_started", at, hostFull({}, p.dtype(), 0));
          Value s = read(started);
          Value share = constantLike(s, 1) - scaled(s, o.dampening());
          b = b + d * broadcastDims(share, d.shape(), {});
          write(started, constantLike(s, 1));
        }
        write(buffer, b);
        d = o.nesterov() ? d + scaled(b, o.momentum()) : b;
      }
      Value &rate = rates[int(p.dtype())];
      if (!rate)
        rate = learningRate(p.dtype(), o, g);
      write(parameter, p - d * broadcastDims(rate, p.shape(), {}));
    }
  }
  markStep();
  return loss;
}

} // namespace agc::optim
