//===- Function.cpp - Functions that bring their own backward -------------===//
#include <agc/Function.h>

#include "frontend/core/Build.h"
#include "frontend/core/Extras.h"
#include "frontend/core/Host.h"

namespace agc::autograd {

using namespace agc::detail;

namespace detail {

struct ContextImpl {
  /// Values, not tensors: a tensor would be a result of the compiled forward.
  struct Saved {
    Value value;     // empty: undefined
    int output = -1; // of the forward: what carries the history holds this
  };
  variable_list pending; // between save_for_backward and the forward's end
  std::vector<Saved> saved;
  std::vector<Value> outputs; // while the backward runs
  variable_list plainOutputs; // without a gradient
  std::vector<bool> needsGrad;
  bool materialize = true;
};

/// The recorded call.
struct Call final : agc::detail::FunctionCall {
  std::shared_ptr<AutogradContext> context;
  Backward backward;
  std::string name;

  ContextImpl &state() const { return *context->impl; }
  static ContextImpl &stateOf(AutogradContext &context) { return *context.impl; }

  std::vector<Value> gradients(const std::vector<Value> &cotangents,
                               const std::vector<Value> &outputs,
                               bool create) override {
    ContextImpl &s = state();
    variable_list arriving;
    for (size_t i = 0; i < outputTypes.size(); ++i) {
      if (cotangents[i])
        arriving.push_back(wrap(cotangents[i]));
      else
        arriving.push_back(s.materialize ? wrap(constant(outputTypes[i], 0)) : Tensor());
    }
    s.outputs = outputs;
    variable_list results;
    {
      UserCode aside;
      AutoGradMode mode(create);
      results = backward(context.get(), std::move(arriving));
    }
    s.outputs.clear();
    if (results.size() < inputs.size())
      wrong("a gradient or an undefined tensor for each of its " +
            std::to_string(inputs.size()) + " arguments, got " +
            std::to_string(results.size()));
    for (size_t i = inputs.size(); i < results.size(); ++i)
      if (results[i].defined())
        wrong("no more gradients than its " + std::to_string(inputs.size()) +
              " arguments, got " + std::to_string(results.size()));
    std::vector<Value> values(inputs.size());
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (!results[i].defined())
        continue;
      if (!inputs[i])
        wrong("no gradient for argument " + std::to_string(i) +
              ", which is no tensor");
      Value value = read(results[i]);
      if (value.shape() != inputs[i].shape())
        wrong("a gradient of shape " + shapeText(inputs[i].shape()) +
              " for argument " + std::to_string(i) + ", got " +
              shapeText(value.shape()));
      values[i] = convert(value, inputs[i].dtype());
    }
    return values;
  }

  [[noreturn]] void wrong(const std::string &what) const {
    fail("AGC0103", "expects the backward of '" + name + "' to return " + what);
  }
};

void beginCall(AutogradContext &context, const variable_list &arguments) {
  ContextImpl &state = Call::stateOf(context);
  for (const Tensor &tensor : arguments)
    state.needsGrad.push_back(GradMode::is_enabled() && tensor.defined() &&
                              tensor.requires_grad());
}

variable_list finishCall(Loc loc, std::shared_ptr<AutogradContext> context,
                         const char *name, const variable_list &arguments,
                         const variable_list &outputs, Backward backward) {
  OpGuard op(name, loc);
  ContextImpl &state = Call::stateOf(*context);
  auto isAmong = [](const variable_list &list, const Tensor &tensor) {
    for (size_t i = 0; i < list.size(); ++i)
      if (tensor.defined() && list[i].is_same(tensor))
        return int(i);
    return -1;
  };
  for (const Tensor &tensor : state.pending) {
    ContextImpl::Saved saved;
    saved.output = isAmong(outputs, tensor);
    if (tensor.defined())
      saved.value = read(tensor);
    state.saved.push_back(saved);
  }
  state.pending.clear();

  bool tracks = false;
  for (bool needs : state.needsGrad)
    tracks |= needs;
  if (!tracks)
    return outputs;

  auto call = std::make_shared<Call>();
  call->name = name;
  call->backward = std::move(backward);
  for (const Tensor &tensor : arguments)
    call->inputs.push_back(tensor.defined() ? read(tensor) : Value());
  variable_list results;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!outputs[i].defined())
      fail("AGC0101", "expects its forward to return defined tensors");
    Value value = read(outputs[i]);
    bool plain = !info(value.dtype()).isFloat ||
                 isAmong(state.plainOutputs, outputs[i]) >= 0;
    call->outputTypes.push_back(value.type());
    if (plain) {
      results.push_back(outputs[i]);
      continue;
    }
    Value output = record(OpId::StopGradient, value.type(), {&value, 1});
    output.slot().tracked = true;
    output.node->extras = new NodeExtras;
    output.node->extras->call = call;
    output.node->extras->outputIndex = uint32_t(i);
    if (!call->sequence)
      call->sequence = output.node->sequence;
    output.node->gradName = gradNameId(internedText(internText(name)).c_str());
    std::vector<Value> edges;
    for (const Value &input : call->inputs)
      if (input)
        edges.push_back(input);
    setEdges(output, std::move(edges));
    results.push_back(wrap(output));
  }
  state.plainOutputs.clear();
  call->context = std::move(context);
  return results;
}

std::string nodeName(const char *mangled) {
  std::string name = agc::detail::typeName(mangled);
  return name.substr(name.rfind(':') + 1) + "Backward";
}

} // namespace detail

AutogradContext::AutogradContext() : impl(std::make_unique<detail::ContextImpl>()) {}
AutogradContext::~AutogradContext() {
  GraphLock lock; // values go
  impl.reset();
}

void AutogradContext::save_for_backward(variable_list tensors) {
  impl->pending = std::move(tensors);
}

variable_list AutogradContext::get_saved_variables() const {
  GraphLock lock;
  if (!impl->pending.empty())
    return impl->pending; // within the forward
  variable_list list;
  for (const detail::ContextImpl::Saved &saved : impl->saved) {
    size_t output = size_t(saved.output); // -1: beyond all
    Value value = output < impl->outputs.size() && impl->outputs[output]
                      ? impl->outputs[output]
                      : saved.value;
    // A leaf's value belongs to the leaf: what goes on from it is an alias.
    if (value && value.slot().leaf)
      value = record(OpId::Reshape, value.type(), {&value, 1});
    list.push_back(value ? wrap(value) : Tensor());
  }
  return list;
}

void AutogradContext::mark_non_differentiable(const variable_list &outputs) {
  impl->plainOutputs = outputs;
}
void AutogradContext::set_materialize_grads(bool on) { impl->materialize = on; }
bool AutogradContext::needs_input_grad(size_t index, Loc loc) const {
  if (index >= impl->needsGrad.size())
    failAt("AGC0104",
           "the function has " + std::to_string(impl->needsGrad.size()) +
               " arguments, none of number " + std::to_string(index),
           loc);
  return impl->needsGrad[index];
}

} // namespace agc::autograd
