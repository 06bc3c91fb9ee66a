#include "frontend/core/Traced.h"

#include "frontend/core/Host.h"

#include "ir/graph.pb.h"

#include <algorithm>
#include <unordered_map>

namespace agc::detail {

std::vector<NamedState> statesOf(const nn::Module &module) {
  std::vector<NamedState> states;
  for (const auto &item : module.named_parameters())
    states.push_back({item.key(), proto::ROLE_PARAMETER, item.value()});
  for (const auto &item : module.named_buffers())
    states.push_back({item.key(), proto::ROLE_BUFFER, item.value()});
  return states;
}

void addOptimizerStates(std::vector<NamedState> &states,
                        const nn::Module &module, optim::Optimizer &optimizer) {
  auto parameters = module.named_parameters();
  std::vector<std::string> names; // by the optimizer's index
  for (const optim::OptimizerParamGroup &group : optimizer.param_groups())
    for (const Tensor &tensor : group.params()) {
      std::string name = "parameter." + std::to_string(names.size());
      bool known = false;
      for (const auto &item : parameters)
        if (item.value().is_same(tensor)) {
          name = item.key();
          known = true;
        }
      if (!known)
        states.push_back({name, proto::ROLE_PARAMETER, tensor});
      names.push_back(name);
    }
  for (const optim::Optimizer::State &state : optimizer.state())
    states.push_back({state.name + "." + names.at(state.parameter),
                      proto::ROLE_OPTIMIZER_STATE, state.tensor});
}

namespace {

/// Nothing runs while this lives, and at its end all is as it was.
class CaptureGuard {
public:
  CaptureGuard() {
    GraphLock lock;
    recorder().capture = &capture;
  }
  ~CaptureGuard() {
    GraphLock lock;
    Recorder &r = recorder();
    for (Capture::Saved &saved : capture.written) {
      saved.storage->setValue(saved.before);
      ++saved.storage->version;
    }
    for (Capture::SavedGrad &saved : capture.grads)
      saved.meta->grad = saved.before;
    for (Escaped &kept : escaped) {
      kept.storage->setValue(std::move(kept.value));
      kept.storage->escaped = std::move(kept.memory);
    }
    r.capture = nullptr;
    while (Node *node = r.pending.first())
      r.pending.remove(*node);
    r.freedEarlier.clear();
    std::erase_if(r.retained, [](const Recorder::Retained &kept) {
      return !kept.value.slot().buffer;
    });
  }
  /// States that the user has a pointer to are arguments like the others: a call
  /// works on their memory, and no snapshot becomes part of the function.
  void putAside(const std::vector<NamedState> &states) {
    GraphLock lock;
    for (const NamedState &state : states) {
      Ref<Storage> storage = implOf(state.tensor).storage;
      if (!storage->escaped)
        continue;
      Value value = leafValue(storage->type, storage->escaped);
      if (storage->leaf) {
        value.slot().leaf = storage->leaf;
        value.slot().tracked = storage->leaf->requiresGrad;
      }
      escaped.push_back({storage, storage->value, std::move(storage->escaped)});
      storage->escaped = nullptr;
      storage->setValue(std::move(value));
      ++storage->version;
    }
  }
  Capture capture;

private:
  struct Escaped {
    Ref<Storage> storage;
    Value value;
    BufferRef memory;
  };
  std::vector<Escaped> escaped;
};

} // namespace

TracedFunction
traceFunction(const char *name, const std::vector<NamedInput> &inputs,
              const std::function<std::vector<NamedState>()> &listStates,
              const std::function<std::vector<NamedOutput>(const std::vector<Tensor> &)> &body,
              Loc loc, std::vector<Value> *captured) {
  if (recorder().capture)
    failAt("AGC0120", "cannot trace a function within another", loc);
  run(); // states have their values, so that they are arguments
  TracedFunction traced;
  traced.spec.name = name;

  CaptureGuard guard;
  guard.putAside(listStates());
  std::vector<Tensor> placeholders;
  std::vector<Value> inputValues;
  for (const NamedInput &input : inputs) {
    TypeRef type = typeOf(input.spec.dtype, input.spec.shape);
    inputValues.push_back(leafValue(type, nullptr));
    placeholders.push_back(wrap(inputValues.back()));
    traced.inputTypes.push_back(type);
  }
  std::vector<NamedOutput> outputs = body(placeholders);
  GraphLock lock;

  // What each argument may be: by the node that held its value before.
  std::unordered_map<const Node *, size_t> stateByNode, inputByNode, hyperByNode;
  std::vector<NamedState> states = listStates();
  size_t random = states.size();
  if (guard.capture.random.defined())
    states.push_back({"rng", proto::ROLE_SEED, guard.capture.random});
  traced.randomCounters = guard.capture.randomCounters;
  std::vector<Value> before(states.size());
  for (size_t i = 0; i < states.size(); ++i) {
    Storage *storage = implOf(states[i].tensor).storage.get();
    before[i] = storage->value;
    for (const Capture::Saved &saved : guard.capture.written)
      if (saved.storage.get() == storage)
        before[i] = saved.before;
    stateByNode.emplace(before[i].node.get(), i);
  }
  for (size_t i = 0; i < inputValues.size(); ++i)
    inputByNode.emplace(inputValues[i].node.get(), i);
  for (size_t i = 0; i < guard.capture.hyperparameters.size(); ++i)
    hyperByNode.emplace(guard.capture.hyperparameters[i].value.node.get(), i);

  std::vector<Value> values;
  for (const NamedOutput &output : outputs) {
    traced.spec.results.push_back(output.name);
    values.push_back(read(output.tensor));
  }
  struct Update {
    size_t result, state;
  };
  std::vector<Update> updated;
  for (size_t i = 0; i < states.size(); ++i) {
    const Value &now = implOf(states[i].tensor).storage->value;
    if (now.node.get() == before[i].node.get())
      continue;
    updated.push_back({values.size(), i});
    traced.spec.results.push_back(states[i].name);
    values.push_back(now);
  }
  traced.segment = collect(values);

  // Arguments: states in their order, then the inputs, used or not, then
  // anything else that the function takes in, then numbers.
  struct Candidate {
    Value value;
    FunctionSpec::Argument argument;
    TracedFunction::Source source;
    size_t order;
  };
  std::vector<Candidate> candidates;
  std::vector<bool> inputUsed(inputs.size(), false), stateUsed(states.size(), false);
  std::vector<Value> own;
  std::vector<Value> &others = captured ? *captured : own;
  auto addInput = [&](size_t i) {
    inputUsed[i] = true;
    candidates.push_back({inputValues[i], {inputs[i].name, proto::ROLE_INPUT, {}}, {}, states.size() + i});
    candidates.back().source.input = int(i);
  };
  auto addState = [&](size_t i) {
    stateUsed[i] = true;
    candidates.push_back({before[i], {states[i].name, states[i].role, {}}, {}, i});
    candidates.back().source.random = i == random;
    if (i == random)
      return;
    Ref<Storage> storage = implOf(states[i].tensor).storage;
    if (states[i].role != proto::ROLE_OPTIMIZER_STATE)
      candidates.back().argument.beginning = storage->beginning;
    candidates.back().source.storage = std::move(storage);
  };
  constexpr size_t last = size_t(1) << 40;
  for (const Value &value : traced.segment.inputs) {
    const Node *node = value.node.get();
    if (auto found = inputByNode.find(node); found != inputByNode.end()) {
      addInput(found->second);
    } else if (auto found = stateByNode.find(node); found != stateByNode.end()) {
      addState(found->second);
    } else if (auto found = hyperByNode.find(node); found != hyperByNode.end()) {
      auto &h = guard.capture.hyperparameters[found->second];
      candidates.push_back({value, {h.name, proto::ROLE_HYPERPARAMETER, h.read()}, {}, last + found->second});
      candidates.back().source.hyperparameter = int(traced.hyperparameters.size());
      traced.hyperparameters.push_back(h.read);
    } else {
      size_t n = 0;
      while (n < others.size() &&
             (others[n].node.get() != node || others[n].index != value.index))
        ++n;
      if (n == others.size())
        others.push_back(value);
      candidates.push_back({value, {"captured." + std::to_string(n), proto::ROLE_BUFFER, {}}, {}, last / 2 + n});
      candidates.back().source.storage = new Storage(value);
    }
  }
  for (size_t i = 0; i < inputs.size(); ++i)
    if (!inputUsed[i])
      addInput(i);
  for (const Update &update : updated)
    if (!stateUsed[update.state])
      addState(update.state);
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate &a, const Candidate &b) { return a.order < b.order; });
  traced.segment.inputs.clear();
  std::vector<uint32_t> argumentOf(states.size(), 0);
  for (Candidate &c : candidates) {
    if (c.order < states.size())
      argumentOf[c.order] = uint32_t(traced.segment.inputs.size()) + 1;
    traced.segment.inputs.push_back(c.value);
    traced.spec.arguments.push_back(c.argument);
    traced.sources.push_back(c.source);
  }
  traced.spec.updates.assign(values.size(), 0);
  for (const Update &update : updated)
    traced.spec.updates[update.result] = argumentOf[update.state];
  return traced;
}

ModeGuard::ModeGuard(nn::Module &module, bool training)
    : root(&module), rootBefore(module.is_training()) {
  std::function<void(nn::Module &)> remember = [&](nn::Module &m) {
    for (const auto &child : m.children()) {
      before.emplace_back(child, child->is_training());
      remember(*child);
    }
  };
  remember(module);
  module.train(training);
}
ModeGuard::~ModeGuard() {
  // From the top: train() goes down, and parts may differ from the whole.
  root->train(rootBefore);
  for (auto &[module, training] : before)
    module->train(training);
}

std::vector<TracedFunction> traceProgram(nn::Module &module, const Forward &forward,
                                         const Loss &loss,
                                         optim::Optimizer &optimizer,
                                         const Spec &input, const Spec &target,
                                         Loc loc) {
  std::vector<NamedInput> x{{"x", input}}, both{{"x", input}, {"target", target}};
  auto modelStates = [&] { return statesOf(module); };
  auto allStates = [&] {
    std::vector<NamedState> states = statesOf(module);
    addOptimizerStates(states, module, optimizer);
    return states;
  };
  std::vector<TracedFunction> functions;
  std::vector<Value> captured;
  {
    ModeGuard mode(module, true);
    functions.push_back(traceFunction(
        "train_step", both, allStates,
        [&](const std::vector<Tensor> &in) {
          AutoGradMode on(true);
          optimizer.zero_grad();
          Tensor value = loss(forward(in[0]), in[1]);
          if (value.numel() != 1)
            throw Error("AGC0114", "expects a loss of one element, got shape " +
                                       shapeText(value.sizes()),
                        positionText(loc));
          value.backward({}, std::nullopt, false, loc);
          optimizer.step(nullptr, loc);
          return std::vector<NamedOutput>{{"loss", value}};
        },
        loc, &captured));
  }
  ModeGuard mode(module, false);
  NoGradGuard quiet;
  functions.push_back(traceFunction(
      "forward", x, modelStates,
      [&](const std::vector<Tensor> &in) {
        return std::vector<NamedOutput>{{"output", forward(in[0])}};
      },
      loc, &captured));
  functions.push_back(traceFunction(
      "eval", both, modelStates,
      [&](const std::vector<Tensor> &in) {
        Tensor output = forward(in[0]);
        return std::vector<NamedOutput>{{"loss", loss(output, in[1])}, {"output", output}};
      },
      loc, &captured));
  return functions;
}

} // namespace agc::detail
