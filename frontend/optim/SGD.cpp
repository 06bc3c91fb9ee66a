#include <agc/optim/SGD.h>

#include "frontend/optim/Update.h"

#include "frontend/core/Host.h"

#include <agc/Autograd.h>

namespace agc::optim {

std::unique_ptr<OptimizerOptions> SGDOptions::clone() const { return std::make_unique<SGDOptions>(*this); }

using namespace detail;

SGD::SGD(std::vector<Tensor> params, SGDOptions defaults, Loc loc)
    : SGD({OptimizerParamGroup(std::move(params))}, std::move(defaults), loc) {}
SGD::SGD(std::vector<OptimizerParamGroup> given, SGDOptions defaults, Loc loc)
    : Optimizer(std::move(given), std::make_unique<SGDOptions>(defaults), loc) {
  for (const OptimizerParamGroup &group : groups) {
    const auto &o = static_cast<const SGDOptions &>(group.options());
    if (!(o.lr() >= 0) || !(o.momentum() >= 0) || !(o.weight_decay() >= 0))
      failAt("AGC0104",
             "'agc.SGD' expects lr, momentum and weight_decay of at least 0, got " +
                 std::to_string(o.lr()) + ", " + std::to_string(o.momentum()) + " and " +
                 std::to_string(o.weight_decay()),
             loc);
    if (o.nesterov() && (o.momentum() <= 0 || o.dampening() != 0))
      failAt("AGC0104",
             "'agc.SGD' expects a momentum and no dampening for nesterov, got " +
                 std::to_string(o.momentum()) + " and " + std::to_string(o.dampening()),
             loc);
  }
}

Tensor SGD::step(std::function<Tensor()> closure, Loc loc) {
  Tensor loss = evaluate(closure);
  cutAtStep();
  OpGuard op("sgd", loc);
  NoGradGuard quiet;
  forEachParameter<SGDOptions>(groups, [&](SGDOptions &o, const Tensor &parameter, size_t at,
                                           const Value &p, Value d, const Value &rate) {
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
    return p - d * broadcastDims(rate, p.shape(), {});
  });
  markStep();
  return loss;
}

} // namespace agc::optim
