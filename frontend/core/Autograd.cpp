//===- Autograd.cpp - Leaves, backward() and grad() -----------------------===//
//
//===----------------------------------------------------------------------===//
#include <agc/Autograd.h>

#include "frontend/core/Backward.h"
#include "frontend/core/Body.h"
#include "frontend/core/Build.h"
#include "frontend/core/Promote.h"
#include "frontend/core/Extras.h"

#include <agc/Functions.h>

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
    fail("AGC0102", std::string("expects floating point, got ") + dtypeName(impl.type->dtype));
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
    fail("AGC0113", "expects a tensor that requires grad, to keep the gradient of");
  if (!impl.meta)
    impl.meta = new AutogradMeta;
  recorder().retained.push_back({value, impl.meta});
}

unsigned Tensor::addHook(std::function<Tensor(const Tensor &)> hook, Loc loc) const {
  OpGuard op("register_hook", loc);
  static uint64_t lastId = 0;
  Value value = read(*this);
  if (!value.tracked())
    fail("AGC0113", "expects a tensor that requires grad, to call a hook for");
  if (value.slot().leaf) {
    value.slot().leaf->hooks.push_back({++lastId, std::move(hook)});
  } else {
    if (!value.node->extras)
      value.node->extras = new NodeExtras;
    value.node->extras->hooks.push_back({value.index, ++lastId, std::move(hook)});
  }
  return unsigned(lastId);
}

void Tensor::remove_hook(unsigned id, Loc loc) const {
  OpGuard op("remove_hook", loc);
  Value value = read(*this);
  auto isIt = [&](const auto &hook) { return hook.id == id; };
  size_t removed = 0;
  if (value.slot().leaf)
    removed = std::erase_if(value.slot().leaf->hooks, isIt);
  else if (value.node->extras)
    removed = std::erase_if(value.node->extras->hooks, isIt);
  if (!removed)
    fail("AGC0104", "expects what register_hook of this tensor returned, got " + std::to_string(id));
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
    if (!v || !v.tracked())
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

std::vector<Value> outputsOf(const std::vector<Tensor> &tensors) {
  if (tensors.empty())
    fail("AGC0114", "expects at least one output");
  std::vector<Value> values;
  for (const Tensor &tensor : tensors) {
    values.push_back(read(tensor));
    if (!values.back().tracked())
      fail("AGC0113", "expects an output that requires grad, got output " +
                          std::to_string(values.size() - 1) +
                          " that does not; was it computed from a tensor that does, with "
                          "gradients on?");
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

Value applyLeafHooks(const Value &leaf, Value gradient, bool create) {
  if (!leaf.slot().leaf || leaf.slot().leaf->hooks.empty())
    return gradient;
  AutoGradMode mode(create);
  std::vector<AutogradMeta::Hook> hooks = leaf.slot().leaf->hooks;
  for (const AutogradMeta::Hook &hook : hooks)
    gradient = applyHook(hook.function, gradient);
  return gradient;
}

} // namespace

namespace detail {
void saveGradForCapture(const Ref<AutogradMeta> &meta) { saveGrad(meta); }
} // namespace detail

void autograd::backward(const variable_list &tensors, const variable_list &gradients,
                        std::optional<bool> retain, bool create,
                        const variable_list &inputs, Loc loc) {
  OpGuard op("backward", loc);
  refuseInBody("go backward into tensors from outside; use autograd::grad with "
               "respect to its own");
  cutAtBackward();
  std::vector<Value> outputs = outputsOf(tensors);
  History history;
  for (const Value &output : outputs)
    history.add(output);
  std::vector<Value> seeds = seedsOf(outputs, gradients);

  std::vector<Value> wanted;
  std::vector<Ref<AutogradMeta>> receivers;
  std::vector<Value> retained; // that this backward reaches
  auto want = [&](const Value &value, const Ref<AutogradMeta> &meta) {
    wanted.push_back(value);
    receivers.push_back(meta);
  };
  if (inputs.empty()) {
    for (const Value &leaf : history.leaves())
      want(leaf, leaf.slot().leaf);
    for (const Recorder::Retained &r : recorder().retained)
      if (history.reached(r.value)) {
        want(r.value, r.meta);
        retained.push_back(r.value);
      }
  } else {
    for (const Tensor &input : inputs) {
      Value value = read(input);
      if (!value.tracked())
        fail("AGC0113", "expects inputs that require grad; input " +
                            std::to_string(&input - inputs.data()) + " does not");
      TensorImpl &impl = implOf(input);
      if (!impl.meta)
        impl.meta = new AutogradMeta;
      if (history.reached(value))
        want(value, impl.meta);
    }
  }
  if (!wanted.empty()) {
    std::vector<Value> gradients = differentiate(history, outputs, seeds, wanted, create);
    for (size_t i = 0; i < gradients.size(); ++i)
      accumulate(receivers[i], applyLeafHooks(wanted[i], gradients[i], create), create);
  }
  if (!retain.value_or(create))
    history.free();
  markBackward();
  std::erase_if(recorder().retained, [&](const Recorder::Retained &r) {
    return r.value.node->freed &&
           std::any_of(retained.begin(), retained.end(), [&](const Value &v) {
             return v.node.get() == r.value.node.get() && v.index == r.value.index;
           });
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
    if (isOutsideBody(value) && history.goesOnOutside(value))
      refuseInBody("take a gradient with respect to a tensor from outside that comes "
                   "in on other ways too, computed before; compute that within");
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
    results = differentiate(history, outputs, seeds, wanted, create);
  for (size_t i = 0; i < results.size(); ++i)
    results[i] = applyLeafHooks(wanted[i], results[i], create);
  if (!retain.value_or(create))
    history.free();
  variable_list list;
  for (int i : place)
    list.push_back(i < 0 ? Tensor() : wrap(results[size_t(i)]));
  return list;
}

} // namespace agc
