//===- Extras.h - What few nodes carry: a user's backward, hooks ----------===//
#ifndef AGC_FRONTEND_CORE_EXTRAS_H
#define AGC_FRONTEND_CORE_EXTRAS_H

#include "frontend/core/Graph.h"

#include <agc/Tensor.h>

#include <functional>
#include <memory>

namespace agc::detail {

/// Called with a gradient, symbolic yet; what it returns, if defined, takes the
/// gradient's place.
using GradientHook = std::function<Tensor(const Tensor &)>;

/// One call of a function that brings its own backward. Its results are one node
/// each, which hold this; autograd goes from them to the inputs by `gradients`
/// alone.
struct FunctionCall {
  virtual ~FunctionCall() = default;
  /// The gradients of the inputs, empty where there is none, from those of the
  /// outputs, empty where nothing depends on one. \p outputs are the results
  /// that something depends on.
  virtual std::vector<Value> gradients(const std::vector<Value> &cotangents,
                                       const std::vector<Value> &outputs,
                                       bool create) = 0;

  std::vector<Value> inputs; // an empty one was no tensor
  std::vector<TypeRef> outputTypes;
  uint64_t sequence = 0; // of its first result
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
/// Errors: the hook returns another shape or dtype.
Value applyHook(const GradientHook &hook, const Value &gradient);

} // namespace agc::detail

#endif
