//===- Extras.h - What few nodes carry: a user's backward, hooks ----------===//
#ifndef AGC_FRONTEND_CORE_EXTRAS_H
#define AGC_FRONTEND_CORE_EXTRAS_H

#include "frontend/core/Graph.h"

#include <agc/Autograd.h>

#include <functional>

namespace agc::detail {

/// Called with a gradient, symbolic yet; what it returns, if anything, takes
/// the gradient's place.
using GradientHook = std::function<Tensor(const Tensor &)>;

/// One call of autograd::Function<T>: its results are one node each, which hold
/// this. Autograd goes from them to the inputs by the user's backward alone.
struct FunctionCall {
  std::string name;
  std::vector<Value> inputs;       // an empty one was no tensor
  std::vector<TypeRef> outputTypes;
  /// Gradients of the inputs from those of the outputs, each defined.
  std::function<std::vector<Tensor>(const std::vector<Tensor> &)> backward;
  uint64_t sequence = 0; // of its last result
};

struct NodeExtras {
  std::shared_ptr<FunctionCall> call;
  uint32_t outputIndex = 0; // which of the call's results this node is
  struct Hook {
    uint32_t result;
    uint64_t id;
    GradientHook function;
  };
  std::vector<Hook> hooks; // in order of registration
};

inline FunctionCall *callOf(const Node &node) {
  return node.extras ? node.extras->call.get() : nullptr;
}
bool hasHooks(const Value &value);

} // namespace agc::detail

#endif
