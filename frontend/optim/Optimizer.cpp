#include <agc/optim/Optimizer.h>

#include "frontend/optim/Update.h"

#include "frontend/core/Host.h"

#include <agc/Autograd.h>

#include <set>

namespace agc::optim {

using namespace detail;

OptimizerParamGroup::OptimizerParamGroup(std::vector<Tensor> params) : tensors(std::move(params)) {}
OptimizerParamGroup::OptimizerParamGroup(std::vector<Tensor> params,
                                         std::unique_ptr<OptimizerOptions> options)
    : tensors(std::move(params)), settings(std::move(options)) {}
OptimizerParamGroup::OptimizerParamGroup(const OptimizerParamGroup &other)
    : tensors(other.tensors),
      settings(other.settings ? other.settings->clone() : nullptr) {}
OptimizerParamGroup::OptimizerParamGroup(OptimizerParamGroup &&) = default;
OptimizerParamGroup::~OptimizerParamGroup() = default;
bool OptimizerParamGroup::has_options() const { return settings != nullptr; }
OptimizerOptions &OptimizerParamGroup::options() { return *settings; }
const OptimizerOptions &OptimizerParamGroup::options() const { return *settings; }
void OptimizerParamGroup::set_options(std::unique_ptr<OptimizerOptions> o) {
  settings = std::move(o);
}

Optimizer::~Optimizer() = default;
OptimizerOptions &Optimizer::defaults() { return *initial; }
Optimizer::Optimizer(std::vector<OptimizerParamGroup> given,
                     std::unique_ptr<OptimizerOptions> defaults, Loc loc)
    : initial(std::move(defaults)) {
  for (const OptimizerParamGroup &group : given)
    add_param_group(group, loc);
}

void Optimizer::add_param_group(const OptimizerParamGroup &group, Loc loc) {
  OpGuard op("Optimizer", loc);
  OptimizerParamGroup added(group);
  if (!added.has_options())
    added.set_options(initial->clone());
  std::set<const TensorImpl *> known;
  for (const OptimizerParamGroup &other : groups)
    for (const Tensor &tensor : other.params())
      known.insert(tensor.unsafeImpl());
  for (const Tensor &tensor : added.params()) {
    if (!tensor.is_leaf())
      fail("AGC0113", "cannot optimize a tensor that is not a leaf, got the one of shape " +
                          shapeText(tensor.sizes()) + " that " + tensor.grad_fn()->name() +
                          " made; use detach()?");
    if (!known.insert(tensor.unsafeImpl()).second)
      fail("AGC0117", "got the same parameter twice, of shape " + shapeText(tensor.sizes()));
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

Tensor evaluate(const std::function<Tensor()> &closure) {
  if (!closure)
    return Tensor();
  AutoGradMode on(true);
  return closure();
}

Value scaled(const Value &v, double factor) {
  return v * broadcastDims(number(v.dtype(), factor), v.shape(), {});
}

} // namespace agc::optim
