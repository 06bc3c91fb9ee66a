#include <agc/optim/SGD.h>

#include "frontend/core/Build.h"
#include "frontend/core/Host.h"

#include <agc/Autograd.h>

#include <set>

namespace agc::optim {

using namespace detail;

Optimizer::Optimizer(std::vector<OptimizerParamGroup> given,
                     std::unique_ptr<OptimizerOptions> defaults)
    : initial(std::move(defaults)) {
  for (const OptimizerParamGroup &group : given)
    add_param_group(group);
}

void Optimizer::add_param_group(const OptimizerParamGroup &group) {
  OptimizerParamGroup added(group);
  if (!added.has_options())
    added.set_options(initial->clone());
  std::set<const TensorImpl *> known;
  for (const OptimizerParamGroup &other : groups)
    for (const Tensor &tensor : other.params())
      known.insert(tensor.unsafeImpl());
  for (const Tensor &tensor : added.params()) {
    if (!tensor.is_leaf())
      throw Error("AGC0113", "cannot optimize a tensor that is not a leaf");
    if (!known.insert(tensor.unsafeImpl()).second)
      throw Error("AGC0117", "an optimizer got the same parameter twice");
  }
  groups.push_back(std::move(added));
}

size_t Optimizer::size() const {
  size_t count = 0;
  for (const OptimizerParamGroup &group : groups)
    count += group.params().size();
  return count;
}

void Optimizer::zero_grad(bool set_to_none) {
  for (OptimizerParamGroup &group : groups)
    for (const Tensor &tensor : group.params())
      zeroGrad(tensor, set_to_none);
}

Tensor Optimizer::stateOf(const char *name, size_t index, const Tensor &like) {
  for (State &state : states)
    if (state.parameter == index && state.name == name)
      return state.tensor;
  states.push_back({name, index, hostFull(like.sizes(), like.dtype(), 0)});
  return states.back().tensor;
}

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

namespace {

/// A group's learning rate, an argument of the compiled function.
Value learningRate(DType type, OptimizerOptions &options, size_t group) {
  Capture *capture = recorder().capture;
  if (!capture)
    return number(type, options.get_lr());
  std::string name = group ? "lr." + std::to_string(group) : "lr";
  if (type != DType::F32)
    name += std::string(".") + std::string(info(type).name);
  for (const Capture::Hyperparameter &known : capture->hyperparameters)
    if (known.name == name)
      return known.value;
  Value value = leafValue(typeOf(type, {}), nullptr);
  OptimizerOptions *source = &options;
  capture->hyperparameters.push_back({value, name, [source] { return source->get_lr(); }});
  return value;
}

} // namespace

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
      auto scaled = [&](const Value &v, double factor) {
        return v * broadcastDims(number(v.dtype(), factor), v.shape(), {});
      };
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
