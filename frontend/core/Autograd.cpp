//===- Autograd.cpp - Leaves, backward() and grad() -----------------------===//
//
// A backward is one symbolic node, whose results are the gradients. The
// compiler expands it; here only what depends on what is looked at.
//
//===----------------------------------------------------------------------===//
#include <agc/Autograd.h>

#include "frontend/core/Build.h"
#include "frontend/core/Split.h"

#include <agc/Functions.h>

#include <map>

namespace agc {

using namespace detail;

//===----------------------------------------------------------------------===//
// Leaves
//===----------------------------------------------------------------------===//

bool Tensor::requires_grad() const {
  GraphLock lock;
  TensorImpl &impl = implOf(*this);
  if (impl.meta && impl.meta->requiresGrad)
    return true;
  if (impl.detached || impl.storage->escaped)
    return false;
  return read(*this).tracked();
}

bool Tensor::is_leaf() const {
  GraphLock lock;
  TensorImpl &impl = implOf(*this);
  return (impl.meta && impl.meta->requiresGrad && impl.storage->leaf) ||
         !requires_grad();
}

const Tensor &Tensor::requires_grad_(bool on, Loc loc) const {
  OpGuard op("requires_grad_", loc);
  TensorImpl &impl = implOf(*this);
  if (on && !info(impl.type->dtype).isFloat)
    fail("AGC0102", std::string("expects floating point, got ") +
                        std::string(info(impl.type->dtype).name));
  bool isLeaf = impl.meta && impl.storage->leaf.get() == impl.meta.get() && impl.meta;
  if (on == requires_grad()) {
    return *this;
  }
  if (!on && !isLeaf)
    fail("AGC0113", "cannot stop a tensor that has a history from requiring "
                    "grad; use detach()");
  if (!isLeaf) {
    // A leaf is a base: a view, or an alias of another leaf, gets a storage of
    // its own.
    if (!impl.views.empty() || impl.storage->leaf) {
      Value value = stopGradient(read(*this));
      impl.storage = Ref<Storage>(new Storage(value));
      impl.views.clear();
    }
    impl.detached = false;
    if (!impl.meta)
      impl.meta = new AutogradMeta;
  }
  impl.meta->requiresGrad = on;
  impl.meta->loc = loc.line() ? loc : currentLoc();
  impl.cached = Value();
  Storage &storage = *impl.storage;
  storage.leaf = on ? impl.meta : Ref<AutogradMeta>();
  if (storage.escaped)
    return *this;
  // The mark is on the value, so the value must be this storage's alone.
  ResultSlot &slot = storage.value.slot();
  if (on && slot.buffer) {
    storage.setValue(leafValue(slot.type, slot.buffer));
  } else if (on && (slot.handles > 1 || slot.leaf || storage.value.node->op == OpId::Leaf)) {
    if (storage.value.node->op != OpId::Leaf || slot.handles > 1 || slot.leaf)
      storage.setValue(stopGradient(storage.value));
  }
  ResultSlot &own = storage.value.slot();
  own.leaf = storage.leaf;
  own.tracked = on;
  ++storage.version;
  return *this;
}

void Tensor::retain_grad(Loc loc) const {
  OpGuard op("retain_grad", loc);
  TensorImpl &impl = implOf(*this);
  if (is_leaf() && requires_grad())
    return;
  Value value = read(*this);
  if (!value.tracked())
    fail("AGC0113", "expects a tensor that requires grad");
  if (!impl.meta)
    impl.meta = new AutogradMeta;
  recorder().retained.push_back({value, impl.meta});
}

const Tensor &Tensor::grad() const {
  static const Tensor undefined;
  GraphLock lock;
  TensorImpl &impl = implOf(*this);
  return impl.meta ? impl.meta->grad : undefined;
}

Tensor &Tensor::mutable_grad() const {
  GraphLock lock;
  TensorImpl &impl = implOf(*this);
  if (!impl.meta)
    impl.meta = new AutogradMeta;
  return impl.meta->grad;
}

//===----------------------------------------------------------------------===//
// The graph as PyTorch shows it
//===----------------------------------------------------------------------===//

namespace {

struct AccumulateNode : autograd::Node {
  Ref<AutogradMeta> meta;
  explicit AccumulateNode(Ref<AutogradMeta> m) : meta(std::move(m)) {}
  ~AccumulateNode() override {
    GraphLock lock;
    meta = Ref<AutogradMeta>();
  }
  std::string name() const override { return "torch::autograd::AccumulateGrad"; }
  std::vector<autograd::Edge> next_edges() const override { return {}; }
};

struct FunctionNode : autograd::Node {
  Value value;
  explicit FunctionNode(Value v) : value(std::move(v)) {}

  std::string name() const override {
    uint16_t id = value.node->gradName;
    return id ? gradNameText(id) : "GradientBackward0";
  }

  static autograd::Edge edgeOf(const Value &v) {
    if (!v.tracked())
      return {};
    if (v.slot().leaf)
      return {std::make_shared<AccumulateNode>(v.slot().leaf), 0};
    return {std::make_shared<FunctionNode>(v), v.index};
  }

  /// Broadcasts and conversions within an op are not PyTorch's nodes.
  static Value source(Value v) {
    while (!v.slot().leaf && v.node->gradName == 0 && v.node->numOperands == 1 &&
           (v.node->op == OpId::Broadcast || v.node->op == OpId::Convert ||
            v.node->op == OpId::Reshape))
      v = Value(v.node->operands()[0]);
    return v;
  }

  ~FunctionNode() override {
    GraphLock lock;
    value = Value();
  }

  std::vector<autograd::Edge> next_edges() const override {
    GraphLock lock;
    std::vector<autograd::Edge> edges;
    Node &node = *value.node;
    if (node.edges)
      for (const Value &v : *node.edges)
        edges.push_back(edgeOf(v));
    else
      for (uint32_t i = 0; i < node.numOperands; ++i)
        edges.push_back(edgeOf(source(node.operands()[i])));
    return edges;
  }

  using Node = detail::Node;
};

} // namespace

std::shared_ptr<autograd::Node> Tensor::grad_fn() const {
  GraphLock lock;
  TensorImpl &impl = implOf(*this);
  if (impl.detached || impl.storage->escaped)
    return nullptr;
  Value value = read(*this);
  if (!value.tracked() || value.slot().leaf)
    return nullptr;
  return std::make_shared<FunctionNode>(value);
}

//===----------------------------------------------------------------------===//
// Gradients
//===----------------------------------------------------------------------===//

namespace {

/// Everything that some outputs depend on and autograd goes through.
struct History {
  std::vector<Value> leaves; // in the order in which they are met
  std::vector<Ref<detail::Node>> nodes;
  bool saves = false;
  uint32_t mark = nextMark();

  bool reached(const Value &v) const { return v.node->mark == mark; }

  void add(const Value &root) {
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
          leaves.push_back(v);
        continue;
      }
      if (!isNew)
        continue;
      if (v.node->freed)
        fail("AGC0112", "cannot go backward through the graph a second time: the "
                        "first time freed it; say retain_graph=true there");
      nodes.push_back(v.node);
      saves |= gradNameSaves(v.node->gradName) && v.node->gradName;
      for (uint32_t i = v.node->numOperands; i-- > 0;)
        stack.push_back(v.node->operands()[i]);
    }
  }

  void free() {
    if (!saves)
      return;
    for (const Ref<detail::Node> &node : nodes) {
      node->freed = true;
      node->stops |= bool(node->residuals);
      node->residuals = Ref<Residuals>();
      if (!node->pending())
        recorder().freedEarlier.push_back(node);
    }
  }
};

/// One seed for each output: what was given, or one for a single element.
std::vector<Value> seedsOf(const std::vector<Value> &outputs,
                           const std::vector<Tensor> &given) {
  std::vector<Value> seeds;
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

std::vector<Value> gradientsOf(const std::vector<Value> &outputs,
                               const std::vector<Value> &seeds,
                               const std::vector<Value> &inputs, bool create) {
  std::vector<Value> operands = outputs;
  operands.insert(operands.end(), seeds.begin(), seeds.end());
  operands.insert(operands.end(), inputs.begin(), inputs.end());
  std::vector<TypeRef> types;
  for (const Value &input : inputs)
    types.push_back(input.type());
  AutoGradMode mode(create);
  Ref<detail::Node> node = recordMany(OpId::Gradient, types, operands, int64_t(outputs.size()));
  std::vector<Value> results;
  for (uint32_t i = 0; i < inputs.size(); ++i)
    results.push_back({node, i});
  return results;
}

/// Gradients with respect to leaves, by way of what forwards that ran before
/// left for their backward.
class ResidualBackward {
public:
  static bool applies(const History &history) {
    for (const Ref<detail::Node> &node : history.nodes)
      if (node->residuals)
        return true;
    return false;
  }

  /// A gradient that must itself have one, or is asked of something within,
  /// goes through the forward's own ops: they are computed again.
  static void forget(const History &history) {
    for (const Ref<detail::Node> &node : history.nodes)
      node->residuals = Ref<Residuals>();
  }

  std::vector<Value> run(const std::vector<Value> &outputs,
                         const std::vector<Value> &seeds,
                         const std::vector<Value> &leaves) {
    AutoGradMode quiet(false);
    std::vector<Value> computed, computedSeeds;
    for (size_t i = 0; i < outputs.size(); ++i)
      if (stops(outputs[i])) {
        add(outputs[i], seeds[i]);
      } else {
        computed.push_back(outputs[i]);
        computedSeeds.push_back(seeds[i]);
      }
    if (!computed.empty()) {
      std::vector<Value> frontier = frontierOf(computed);
      std::vector<Value> gradients = gradientsOf(computed, computedSeeds, frontier, false);
      for (size_t i = 0; i < frontier.size(); ++i)
        add(frontier[i], gradients[i]);
    }
    // Later forwards stand on earlier ones.
    while (!open.empty()) {
      auto last = std::prev(open.end());
      Forward forward = std::move(last->second);
      open.erase(last);
      backward(forward);
    }
    std::vector<Value> results;
    for (const Value &leaf : leaves) {
      auto found = gradients.find(keyOf(leaf));
      results.push_back(found != gradients.end() ? found->second : constantLike(leaf, 0));
    }
    return results;
  }

private:
  using Key = std::pair<const detail::Node *, uint32_t>;
  struct Forward {
    Ref<Residuals> residuals;
    std::vector<Value> cotangents;
  };

  static Key keyOf(const Value &v) { return {v.node.get(), v.index}; }
  static bool stops(const Value &v) { return v.slot().leaf || v.node->residuals; }

  static std::vector<Value> frontierOf(const std::vector<Value> &roots) {
    std::vector<Value> frontier, stack(roots.rbegin(), roots.rend());
    uint32_t mark = nextMark();
    while (!stack.empty()) {
      Value v = std::move(stack.back());
      stack.pop_back();
      if (!v.tracked() || v.node->mark == mark)
        continue;
      v.node->mark = mark;
      if (stops(v)) {
        frontier.push_back(v);
        continue;
      }
      for (uint32_t i = v.node->numOperands; i-- > 0;)
        stack.push_back(v.node->operands()[i]);
    }
    return frontier;
  }

  static void sum(Value &total, const Value &part) {
    total = total ? total + part : part;
  }

  void add(const Value &value, const Value &gradient) {
    if (value.slot().leaf)
      return sum(gradients[keyOf(value)], gradient);
    const Ref<Residuals> &residuals = value.node->residuals;
    Forward &forward = open[residuals->sequence];
    forward.residuals = residuals;
    forward.cotangents.resize(residuals->targets.size());
    sum(forward.cotangents[value.node->targetIndex], gradient);
  }

  void backward(Forward &forward) {
    const Residuals &r = *forward.residuals;
    std::vector<Value> operands;
    for (size_t i = 0; i < r.targets.size(); ++i)
      operands.push_back(forward.cotangents[i] ? forward.cotangents[i]
                                               : constant(r.targets[i], 0));
    operands.insert(operands.end(), r.values.begin(), r.values.end());
    std::vector<TypeRef> types;
    for (const Value &source : r.sources)
      types.push_back(source.type());
    Ref<detail::Node> node = recordMany(OpId::Backward, types, operands, int64_t(r.body));
    for (uint32_t i = 0; i < r.sources.size(); ++i)
      add(r.sources[i], {node, i});
  }

  std::map<uint64_t, Forward> open; // by Residuals::sequence
  std::map<Key, Value> gradients;
};

std::vector<Value> anyGradients(const History &history,
                                const std::vector<Value> &outputs,
                                const std::vector<Value> &seeds,
                                const std::vector<Value> &wanted, bool create) {
  bool onlyLeaves = !create;
  for (const Value &value : wanted)
    onlyLeaves &= bool(value.slot().leaf);
  if (onlyLeaves && ResidualBackward::applies(history))
    return ResidualBackward().run(outputs, seeds, wanted);
  ResidualBackward::forget(history);
  return gradientsOf(outputs, seeds, wanted, create);
}

std::vector<Value> outputsOf(const std::vector<Tensor> &tensors) {
  if (tensors.empty())
    fail("AGC0114", "expects at least one output");
  std::vector<Value> values;
  for (const Tensor &tensor : tensors) {
    values.push_back(read(tensor));
    if (!values.back().tracked())
      fail("AGC0113", "expects an output that requires grad; was it computed "
                      "from a tensor that does, with gradients on?");
  }
  return values;
}

/// `.grad` is remembered while a function is traced, to be put back.
void saveGrad(const Ref<AutogradMeta> &meta) {
  Capture *capture = recorder().capture;
  if (!capture)
    return;
  for (const Capture::SavedGrad &saved : capture->grads)
    if (saved.meta.get() == meta.get())
      return;
  capture->grads.push_back({meta, meta->grad});
}

void accumulate(const Ref<AutogradMeta> &meta, const Value &gradient, bool create) {
  if (!meta->hasReader)
    return;
  saveGrad(meta);
  AutoGradMode mode(create);
  if (!meta->grad.defined()) {
    meta->grad = wrap(gradient);
    return;
  }
  Value sum = read(meta->grad) + gradient;
  if (create)
    meta->grad = wrap(sum, "AddBackward0"); // the old one may be part of a graph
  else
    write(meta->grad, sum);
}

} // namespace

namespace detail {
void saveGradForCapture(const Ref<AutogradMeta> &meta) { saveGrad(meta); }
} // namespace detail

void autograd::backward(const variable_list &tensors, const variable_list &gradients,
                        std::optional<bool> retain, bool create,
                        const variable_list &inputs, Loc loc) {
  OpGuard op("backward", loc);
  cutAtBackward();
  std::vector<Value> outputs = outputsOf(tensors);
  History history;
  for (const Value &output : outputs)
    history.add(output);
  std::vector<Value> seeds = seedsOf(outputs, gradients);

  std::vector<Value> wanted;
  std::vector<Ref<AutogradMeta>> receivers;
  auto want = [&](const Value &value, const Ref<AutogradMeta> &meta) {
    wanted.push_back(value);
    receivers.push_back(meta);
  };
  if (inputs.empty()) {
    for (const Value &leaf : history.leaves)
      want(leaf, leaf.slot().leaf);
    for (const Recorder::Retained &r : recorder().retained)
      if (history.reached(r.value))
        want(r.value, r.meta);
  } else {
    for (const Tensor &input : inputs) {
      Value value = read(input);
      if (!value.tracked())
        fail("AGC0113", "expects inputs that require grad");
      TensorImpl &impl = implOf(input);
      if (!impl.meta)
        impl.meta = new AutogradMeta;
      if (history.reached(value))
        want(value, impl.meta);
    }
  }
  if (!wanted.empty()) {
    std::vector<Value> gradients = anyGradients(history, outputs, seeds, wanted, create);
    for (size_t i = 0; i < gradients.size(); ++i)
      accumulate(receivers[i], gradients[i], create);
  }
  if (!retain.value_or(create))
    history.free();
  markBackward();
  std::erase_if(recorder().retained, [&](const Recorder::Retained &r) {
    return history.reached(r.value) && r.value.node->freed;
  });
}

void Tensor::backward(OptionalArg gradient, std::optional<bool> retain,
                      bool create, Loc loc) const {
  std::vector<Tensor> gradients;
  if (gradient.tensor)
    gradients.push_back(*gradient.tensor);
  autograd::backward({*this}, gradients, retain, create, {}, loc);
}

autograd::variable_list autograd::grad(const variable_list &tensors,
                                       const variable_list &inputs,
                                       const variable_list &gradients,
                                       std::optional<bool> retain, bool create,
                                       bool allow_unused, Loc loc) {
  OpGuard op("grad", loc);
  std::vector<Value> outputs = outputsOf(tensors), wanted;
  History history;
  for (const Value &output : outputs)
    history.add(output);
  std::vector<Value> seeds = seedsOf(outputs, gradients);
  std::vector<int> place;
  for (size_t i = 0; i < inputs.size(); ++i) {
    Value value = read(inputs[i]);
    if (!value.tracked())
      fail("AGC0113", "expects inputs that require grad; input " +
                          std::to_string(i) + " does not");
    bool used = history.reached(value);
    if (!used && !allow_unused)
      fail("AGC0114", "expects outputs that depend on every input; they do not "
                      "on input " + std::to_string(i) +
                      "; say allow_unused=true if that is right");
    place.push_back(used ? int(wanted.size()) : -1);
    if (used)
      wanted.push_back(value);
  }
  std::vector<Value> results;
  if (!wanted.empty())
    results = anyGradients(history, outputs, seeds, wanted, create);
  if (!retain.value_or(create))
    history.free();
  variable_list list;
  for (int i : place)
    list.push_back(i < 0 ? Tensor() : wrap(results[size_t(i)]));
  return list;
}

} // namespace agc
