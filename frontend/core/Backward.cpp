#include "frontend/core/Backward.h"

#include "frontend/core/Body.h"
#include "frontend/core/Build.h"
#include "frontend/core/Promote.h"
#include "frontend/core/Extras.h"
#include "frontend/core/Saved.h"
#include "frontend/core/Split.h"

#include <agc/Autograd.h>

#include <map>
#include <set>

namespace agc::detail {

//===----------------------------------------------------------------------===//
// History
//===----------------------------------------------------------------------===//

namespace {

/// What autograd goes on to from \p node.
template <typename Fn> void forEachSource(Node &node, Fn fn) {
  if (FunctionCall *call = callOf(node)) {
    for (size_t i = call->inputs.size(); i-- > 0;)
      if (call->inputs[i])
        fn(call->inputs[i]);
    return;
  }
  for (uint32_t i = node.numOperands; i-- > 0;)
    fn(node.operands()[i]);
}

} // namespace

bool hasHooks(const Value &value) {
  if (value.node->extras)
    for (const NodeExtras::Hook &hook : value.node->extras->hooks)
      if (hook.result == value.index)
        return true;
  return false;
}

void History::add(const Value &root) {
  std::vector<Value> stack{root};
  while (!stack.empty()) {
    Value v = std::move(stack.back());
    stack.pop_back();
    if (!v.tracked())
      continue;
    bool isNew = v.node->mark != mark;
    v.node->mark = mark;
    if (v.slot().leaf) {
      if (isNew)
        leafValues.push_back(v);
      continue;
    }
    if (!isNew)
      continue;
    if (isOutsideBody(v)) {
      outsideValues.push_back(v);
      continue;
    }
    if (v.node->freed)
      fail("AGC0112", "cannot go backward through the graph a second time: the "
                      "first time freed it; say retain_graph=true there");
    nodes.push_back(v.node);
    saves |= savesAnything(v.node->gradName);
    checkSaved(v);
    forEachSource(*v.node, [&](const Value &source) { stack.push_back(source); });
  }
}

bool History::goesOnOutside(const Value &v) const {
  std::set<Node *> met;
  std::vector<Node *> stack;
  for (const Value &value : outsideValues)
    if (value.node.get() != v.node.get())
      stack.push_back(value.node.get());
  while (!stack.empty()) {
    Node *node = stack.back();
    stack.pop_back();
    if (node == v.node.get())
      return true;
    if (met.insert(node).second)
      forEachSource(*node, [&](const Value &source) { stack.push_back(source.node.get()); });
  }
  return false;
}

bool History::hasResiduals() const {
  for (const Ref<Node> &node : nodes)
    if (node->residuals)
      return true;
  return false;
}

bool History::hasExtras() const {
  for (const Ref<Node> &node : nodes)
    if (node->extras)
      return true;
  return false;
}

void History::forgetResiduals() {
  for (const Ref<Node> &node : nodes)
    node->residuals = Ref<Residuals>();
}

void History::free() {
  if (!saves)
    return;
  for (const Ref<Node> &node : nodes) {
    node->freed = true;
    node->stops |= bool(node->residuals);
    node->residuals = Ref<Residuals>();
    if (!node->pending())
      recorder().freedEarlier.push_back(node);
  }
}

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

std::vector<Value> seedsOf(const std::vector<Value> &outputs,
                           const std::vector<Tensor> &given) {
  std::vector<Value> seeds;
  if (!given.empty() && given.size() != outputs.size())
    fail("AGC0104", "expects a gradient for each of " + std::to_string(outputs.size()) +
                        " outputs, or none, got " + std::to_string(given.size()));
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Value &output = outputs[i];
    if (i < given.size() && given[i].defined()) {
      Value seed = read(given[i]);
      if (seed.shape() != output.shape())
        fail("AGC0103", "expects a gradient of its output's shape " +
                            shapeText(output.shape()) + ", got " +
                            shapeText(seed.shape()));
      seeds.push_back(convert(seed, output.dtype()));
    } else {
      if (output.type()->numel != 1)
        fail("AGC0114", "expects a gradient for an output of several elements, of "
                        "shape " + shapeText(output.shape()) + "; use sum()?");
      seeds.push_back(constantLike(output, 1));
    }
  }
  return seeds;
}

namespace {

/// \p op: Gradient, or GradientCut, where paths through an input count for that
/// input alone.
std::vector<Value> gradientsOf(OpId op, const std::vector<Value> &outputs,
                               const std::vector<Value> &seeds,
                               const std::vector<Value> &inputs, bool create) {
  std::vector<Value> operands = outputs;
  operands.insert(operands.end(), seeds.begin(), seeds.end());
  operands.insert(operands.end(), inputs.begin(), inputs.end());
  std::vector<TypeRef> types;
  for (const Value &input : inputs)
    types.push_back(input.type());
  AutoGradMode mode(create);
  std::vector<int64_t> attributes{int64_t(outputs.size())};
  if (op == OpId::GradientCut)
    attributes.push_back(1);
  Ref<Node> node = recordMany(op, types, operands, attributes);
  std::vector<Value> results;
  for (uint32_t i = 0; i < inputs.size(); ++i)
    results.push_back({node, i});
  return results;
}

/// From stop to stop, the last first.
class StagedBackward {
public:
  /// \p useResiduals: stop at forwards that ran and go on from what they left.
  StagedBackward(bool create, bool useResiduals)
      : create(create), useResiduals(useResiduals) {}

  std::vector<Value> run(const std::vector<Value> &outputs,
                         const std::vector<Value> &seeds,
                         const std::vector<Value> &wanted) {
    AutoGradMode mode(create);
    for (const Value &value : wanted)
      this->wanted[keyOf(value)];
    propagate(outputs, seeds, /*stopAtRoots=*/true);
    // Later values stand on earlier ones.
    while (!open.empty()) {
      auto last = std::prev(open.end());
      Stop stop = std::move(last->second);
      open.erase(last);
      if (stop.residuals)
        throughResiduals(stop);
      else if (stop.call)
        throughCall(stop);
      else
        throughValue(stop);
    }
    std::vector<Value> results;
    for (const Value &value : wanted) {
      Value &gradient = this->wanted[keyOf(value)];
      results.push_back(gradient ? gradient : constantLike(value, 0));
    }
    return results;
  }

private:
  using Key = std::pair<const Node *, uint32_t>;
  struct Stop {
    Ref<Residuals> residuals;           // of a forward that ran, or
    std::shared_ptr<FunctionCall> call; // a user's function, or
    Value value;                        // a value with hooks, or wanted
    std::vector<Value> cotangents, outputs;
  };

  static Key keyOf(const Value &v) { return {v.node.get(), v.index}; }

  bool isValueStop(const Value &v) const {
    return !v.slot().leaf && (hasHooks(v) || wanted.count(keyOf(v)));
  }
  bool stops(const Value &v) const {
    return v.slot().leaf || (useResiduals && isTarget(v)) ||
           callOf(*v.node) || isValueStop(v);
  }

  /// The first stops on the way back from \p roots.
  std::vector<Value> frontierOf(const std::vector<Value> &roots, bool stopAtRoots) {
    std::vector<Value> frontier, stack(roots.rbegin(), roots.rend());
    std::map<Key, bool> met;
    size_t exempt = stopAtRoots ? 0 : stack.size();
    while (!stack.empty()) {
      Value v = std::move(stack.back());
      stack.pop_back();
      bool isRoot = exempt && stack.size() < exempt;
      if (isRoot)
        exempt = stack.size();
      if (!v.tracked() || !met.emplace(keyOf(v), true).second)
        continue;
      if (stops(v) && !isRoot) {
        frontier.push_back(v);
        continue;
      }
      forEachSource(*v.node, [&](const Value &source) { stack.push_back(source); });
    }
    return frontier;
  }

  /// Brings cotangents of \p outputs to the first stops before them.
  void propagate(const std::vector<Value> &outputs, const std::vector<Value> &seeds,
                 bool stopAtRoots) {
    std::vector<Value> inner, innerSeeds;
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (stopAtRoots && stops(outputs[i])) {
        add(outputs[i], seeds[i]);
      } else {
        inner.push_back(outputs[i]);
        innerSeeds.push_back(seeds[i]);
      }
    }
    if (inner.empty())
      return;
    std::vector<Value> frontier = frontierOf(inner, stopAtRoots);
    if (frontier.empty())
      return;
    std::vector<Value> gradients = gradientsOf(OpId::GradientCut, inner, innerSeeds, frontier, create);
    for (size_t i = 0; i < frontier.size(); ++i)
      add(frontier[i], gradients[i]);
  }

  static void sum(Value &total, const Value &part) {
    total = total ? total + part : part;
  }

  void add(const Value &value, const Value &gradient) {
    if (value.slot().leaf) {
      if (auto found = wanted.find(keyOf(value)); found != wanted.end())
        sum(found->second, gradient);
      return;
    }
    if (isValueStop(value)) {
      Stop &stop = open[{value.node->sequence, 1, keyOf(value)}];
      stop.value = value;
      stop.cotangents.resize(1);
      return sum(stop.cotangents[0], gradient);
    }
    goOn(value, gradient);
  }

  /// To what lies behind \p value, which is no stop itself any more.
  void goOn(const Value &value, const Value &gradient) {
    if (FunctionCall *call = callOf(*value.node)) {
      Stop &stop = open[{call->sequence, 0, Key()}];
      stop.call = value.node->extras->call;
      stop.cotangents.resize(call->outputTypes.size());
      stop.outputs.resize(call->outputTypes.size());
      stop.outputs[value.node->extras->outputIndex] = value;
      return sum(stop.cotangents[value.node->extras->outputIndex], gradient);
    }
    if (useResiduals && isTarget(value)) {
      const Ref<Residuals> &residuals = value.node->residuals;
      Stop &stop = open[{residuals->sequence, 0, Key()}];
      stop.residuals = residuals;
      stop.cotangents.resize(residuals->targets.size());
      return sum(stop.cotangents[targetIndex(value)], gradient);
    }
    propagate({value}, {gradient}, /*stopAtRoots=*/false);
  }

  void throughValue(Stop &stop) {
    Value gradient = stop.cotangents[0];
    const Value &value = stop.value;
    if (hasHooks(value)) {
      std::vector<NodeExtras::Hook> hooks = value.node->extras->hooks;
      for (const NodeExtras::Hook &hook : hooks)
        if (hook.result == value.index)
          gradient = applyHook(hook.function, gradient);
    }
    if (auto found = wanted.find(keyOf(value)); found != wanted.end())
      found->second = gradient;
    goOn(value, gradient);
  }

  void throughResiduals(Stop &stop) {
    const Residuals &r = *stop.residuals;
    std::vector<Value> operands;
    for (size_t i = 0; i < r.targets.size(); ++i)
      operands.push_back(stop.cotangents[i] ? stop.cotangents[i]
                                            : constant(r.targets[i].type, 0));
    operands.insert(operands.end(), r.values.begin(), r.values.end());
    std::vector<TypeRef> types;
    for (const Value &source : r.sources)
      types.push_back(source.type());
    Ref<Node> node = recordMany(OpId::Inlined, types, operands, int64_t(r.body));
    for (uint32_t i = 0; i < r.sources.size(); ++i)
      add(r.sources[i], {node, i});
  }

  void throughCall(Stop &stop) {
    FunctionCall &call = *stop.call;
    std::vector<Value> gradients =
        call.gradients(stop.cotangents, stop.outputs, create);
    for (size_t i = 0; i < gradients.size(); ++i)
      if (gradients[i] && call.inputs[i] && call.inputs[i].tracked()) {
        // An input may itself be no stop: go on from there.
        if (stops(call.inputs[i]))
          add(call.inputs[i], gradients[i]);
        else
          propagate({call.inputs[i]}, {gradients[i]}, /*stopAtRoots=*/true);
      }
  }

  bool create, useResiduals;
  /// By when they were made, values before what made them.
  std::map<std::tuple<uint64_t, int, Key>, Stop> open;
  std::map<Key, Value> wanted; // with their gradients, once known
};

} // namespace

Value applyHook(const GradientHook &hook, const Value &gradient) {
  Tensor replaced;
  {
    UserCode aside;
    replaced = hook(wrap(gradient));
  }
  if (!replaced.defined())
    return gradient;
  Value value = read(replaced);
  if (value.type() != gradient.type())
    fail("AGC0103", "expects a hook to return a gradient of shape " +
                        shapeText(gradient.shape()) + " and dtype " +
                        dtypeName(gradient.dtype()) + ", got " +
                        shapeText(value.shape()) + " and " +
                        dtypeName(value.dtype()));
  return value;
}

std::vector<Value> differentiate(History &history,
                                 const std::vector<Value> &outputs,
                                 const std::vector<Value> &seeds,
                                 const std::vector<Value> &wanted, bool create) {
  bool extras = history.hasExtras(), onlyLeaves = !create;
  for (const Value &value : wanted)
    onlyLeaves &= bool(value.slot().leaf);
  if (onlyLeaves && !extras && history.hasResiduals())
    return StagedBackward(create, /*useResiduals=*/true).run(outputs, seeds, wanted);
  // A gradient that must itself have one, or is asked of something within, goes
  // through the forward's own ops: they are computed again.
  history.forgetResiduals();
  if (extras)
    return StagedBackward(create, /*useResiduals=*/false).run(outputs, seeds, wanted);
  return gradientsOf(OpId::Gradient, outputs, seeds, wanted, create);
}

} // namespace agc::detail
