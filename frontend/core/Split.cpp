#include "frontend/core/Split.h"

#include "frontend/core/Inlined.h"
#include "ir/Bodies.h"
#include "ir/graph.pb.h"
#include "runtime/jit/CompilerLibrary.h"

#include <algorithm>
#include <map>
#include <set>

namespace agc::detail {

void destroy(Residuals *residuals) { delete residuals; }

size_t targetIndex(const Value &value) {
  const auto &targets = value.node->residuals->targets;
  size_t i = value.node->targetIndex;
  // A node may have several, and others' between them.
  while (targets[i].node != value.node.get() || targets[i].index != value.index)
    ++i;
  return i;
}

namespace {

TypeRef typeOfProto(const proto::TensorType &type) {
  return typeOf(static_cast<DType>(type.dtype()),
                std::vector<int64_t>(type.shape().begin(), type.shape().end()));
}

} // namespace

SplitPlan planSplit(const Segment &segment) {
  SplitPlan plan;
  if (segment.hasGradient)
    return plan;
  auto goesThrough = [](const Value &v) { return v.tracked() && !v.slot().leaf; };
  // Every tracked output may be what a later value or backward starts from.
  for (const Value &output : segment.outputs)
    if (goesThrough(output) && !output.node->freed)
      plan.targets.push_back(output);
  uint32_t mark = nextMark();
  std::set<std::pair<const Node *, uint32_t>> met;
  std::vector<Value> stack(plan.targets.rbegin(), plan.targets.rend());
  while (!stack.empty()) {
    Value v = std::move(stack.back());
    stack.pop_back();
    if (!v.tracked())
      continue;
    if (v.slot().leaf || isTarget(v)) {
      // A node may have several.
      if (met.emplace(v.node.get(), v.index).second)
        plan.sources.push_back(v);
      continue;
    }
    if (v.node->mark == mark)
      continue;
    v.node->mark = mark;
    if (v.slot().buffer || v.node->freed)
      return {};
    for (uint32_t k = v.node->numOperands; k-- > 0;)
      stack.push_back(v.node->operands()[k]);
  }
  if (plan.sources.empty())
    return {};
  return plan;
}

namespace {

/// Divides one function into what its first results need and the rest.
class Divider {
public:
  Divider(const proto::Module &module, size_t plainArguments, size_t plainResults)
      : module(module), whole(*module.functions().rbegin()), plainArguments(plainArguments),
        plainResults(plainResults) {}

  SplitForward run(proto::Module &forward) {
    findProducers();
    for (size_t i = 0; i < plainResults; ++i)
      need(whole.results(int(i)).value());
    buildBody();
    buildForward(forward);
    SplitForward split;
    split.places = places;
    split.further = furtherTypes;
    split.body = internInlined(std::move(body));
    return split;
  }

private:
  struct Producer {
    int node = -1; // -1: an argument
    int result = 0;
  };

  void findProducers() {
    for (int i = 0; i < whole.arguments_size(); ++i)
      producers.push_back({-1, i});
    for (int n = 0; n < whole.nodes_size(); ++n)
      for (int r = 0; r < whole.nodes(n).results_size(); ++r)
        producers.push_back({n, r});
    forwardNode.assign(size_t(whole.nodes_size()), false);
  }

  void need(uint32_t root) {
    std::vector<uint32_t> stack{root};
    while (!stack.empty()) {
      uint32_t value = stack.back();
      stack.pop_back();
      int node = producers[value].node;
      if (node < 0 || forwardNode[size_t(node)])
        continue;
      forwardNode[size_t(node)] = true;
      for (uint32_t operand : whole.nodes(node).operands())
        stack.push_back(operand);
    }
  }

  /// What costs nothing to compute again is not kept.
  static bool isCheap(const proto::Node &node) {
    return node.regions().empty() && (node.operands().empty() || node.op() == "broadcast" ||
                                      node.op() == "reshape");
  }

  void collectResiduals(uint32_t value) {
    const Producer &producer = producers[value];
    if (producer.node < 0) {
      if (size_t(producer.result) < plainArguments)
        residual(value);
      return;
    }
    if (!forwardNode[size_t(producer.node)])
      return;
    const proto::Node &node = whole.nodes(producer.node);
    if (!isCheap(node))
      return residual(value);
    cloned.emplace(producer.node, true);
    for (uint32_t operand : node.operands())
      collectResiduals(operand);
  }

  void residual(uint32_t value) {
    if (!bodyNumbers.emplace(value, 0).second)
      return;
    residualValues.push_back(value);
  }

  void buildBody() {
    // Nodes that only the gradients need, in order.
    std::vector<bool> backward(forwardNode.size(), false);
    std::vector<uint32_t> stack;
    for (int i = int(plainResults); i < whole.results_size(); ++i)
      stack.push_back(whole.results(i).value());
    std::vector<uint32_t> uses = stack;
    while (!stack.empty()) {
      int node = producers[stack.back()].node;
      stack.pop_back();
      if (node < 0 || forwardNode[size_t(node)] || backward[size_t(node)])
        continue;
      backward[size_t(node)] = true;
      for (uint32_t operand : whole.nodes(node).operands()) {
        stack.push_back(operand);
        uses.push_back(operand);
      }
    }
    std::sort(uses.begin(), uses.end());
    for (uint32_t value : uses)
      collectResiduals(value);

    body.set_version(module.version());
    *body.mutable_locations() = module.locations();
    *body.mutable_functions() = module.functions();
    proto::Function &f = *body.mutable_functions()->rbegin();
    f.Clear();
    f.set_name("backward");
    uint32_t next = 0;
    auto argument = [&](uint32_t value) {
      proto::Argument *out = f.add_arguments();
      out->set_name("v" + std::to_string(next));
      *out->mutable_type() = type(value);
      bodyNumbers[value] = next++;
    };
    for (int i = int(plainArguments); i < whole.arguments_size(); ++i)
      argument(uint32_t(i)); // the seeds
    for (uint32_t value : residualValues)
      argument(value);
    uint32_t value = uint32_t(whole.arguments_size());
    for (int n = 0; n < whole.nodes_size(); ++n) {
      const proto::Node &node = whole.nodes(n);
      uint32_t first = value;
      value += uint32_t(node.results_size());
      if (!backward[size_t(n)] && !cloned.count(n))
        continue;
      proto::Node *out = f.add_nodes();
      *out = node;
      for (int o = 0; o < out->operands_size(); ++o)
        out->set_operands(o, bodyNumbers.at(node.operands(o)));
      for (uint32_t r = first; r < value; ++r)
        bodyNumbers[r] = next++;
    }
    for (int i = int(plainResults); i < whole.results_size(); ++i) {
      proto::Result *out = f.add_results();
      out->set_name("d" + std::to_string(i));
      out->set_value(bodyNumbers.at(whole.results(i).value()));
    }
    keepFunction(body, "backward");
  }

  void buildForward(proto::Module &forward) {
    forward = module;
    proto::Function &f = *forward.mutable_functions()->rbegin();
    f.clear_arguments();
    f.clear_nodes();
    f.clear_results();
    std::map<uint32_t, uint32_t> numbers;
    uint32_t next = 0, value = 0;
    for (int i = 0; i < whole.arguments_size(); ++i, ++value)
      if (size_t(i) < plainArguments) {
        *f.add_arguments() = whole.arguments(i);
        numbers[value] = next++;
      }
    for (int n = 0; n < whole.nodes_size(); ++n) {
      const proto::Node &node = whole.nodes(n);
      if (forwardNode[size_t(n)]) {
        proto::Node *out = f.add_nodes();
        *out = node;
        for (int o = 0; o < out->operands_size(); ++o)
          out->set_operands(o, numbers.at(node.operands(o)));
      }
      for (int r = 0; r < node.results_size(); ++r, ++value)
        if (forwardNode[size_t(n)])
          numbers[value] = next++;
    }
    std::map<uint32_t, uint32_t> resultOf;
    for (size_t i = 0; i < plainResults; ++i) {
      proto::Result *out = f.add_results();
      *out = whole.results(int(i));
      resultOf.emplace(out->value(), uint32_t(i));
      out->set_value(numbers.at(whole.results(int(i)).value()));
    }
    for (uint32_t v : residualValues) {
      TypeRef t = typeOfProto(type(v));
      if (producers[v].node < 0) {
        places.push_back({SplitForward::Place::Argument, v, t});
      } else if (auto found = resultOf.find(v); found != resultOf.end()) {
        places.push_back({SplitForward::Place::Result, found->second, t});
      } else {
        places.push_back({SplitForward::Place::Further, uint32_t(furtherTypes.size()), t});
        proto::Result *out = f.add_results();
        out->set_name("k" + std::to_string(furtherTypes.size()));
        out->set_value(numbers.at(v));
        furtherTypes.push_back(t);
      }
    }
    keepFunction(forward, std::string(f.name()));
  }

  const proto::TensorType &type(uint32_t value) const {
    const Producer &producer = producers[value];
    return producer.node < 0 ? whole.arguments(producer.result).type()
                             : whole.nodes(producer.node).results(producer.result);
  }

  const proto::Module &module;
  const proto::Function &whole;
  size_t plainArguments, plainResults;
  std::vector<Producer> producers; // by value
  std::vector<bool> forwardNode;
  std::map<int, bool> cloned;
  std::vector<uint32_t> residualValues;
  std::map<uint32_t, uint32_t> bodyNumbers;
  proto::Module body;
  std::vector<SplitForward::Place> places;
  std::vector<TypeRef> furtherTypes;
};

} // namespace

SplitForward divide(const Segment &segment, const SplitPlan &plan,
                    const FunctionSpec &spec, proto::Module &forward) {
  // The segment with a gradient whose seeds are arguments.
  std::vector<Value> operands = plan.targets;
  for (const Value &target : plan.targets)
    operands.push_back(leafValue(target.type(), nullptr));
  operands.insert(operands.end(), plan.sources.begin(), plan.sources.end());
  std::vector<TypeRef> types;
  for (const Value &source : plan.sources)
    types.push_back(source.type());
  int64_t count = int64_t(plan.targets.size());
  Ref<Node> gradient = createNode(OpId::Gradient, operands.data(), operands.size(),
                                  count, types.data(), types.size());
  gradient->sequence = ~uint64_t(0); // last, so that the seeds are the last arguments
  std::vector<Value> outputs = segment.outputs;
  for (uint32_t i = 0; i < types.size(); ++i)
    outputs.push_back({gradient, i});
  Segment whole = collect(outputs);
  proto::Module module;
  emit(whole, spec, module);
  std::string bytes;
  throwIf(compiler().rewrite(module.SerializeAsString(), Phase::Gradient, bytes));
  proto::Module expanded;
  if (!expanded.ParseFromString(bytes) || expanded.functions().empty())
    throw Error("AGC0204", "the compiler gave back a module that cannot be read");
  return Divider(expanded, segment.inputs.size(), segment.outputs.size()).run(forward);
}

} // namespace agc::detail
