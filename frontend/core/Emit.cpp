//===- Emit.cpp - A segment as a function of graph.proto ------------------===//
#include "frontend/core/Inlined.h"

#include "ir/graph.pb.h"

#include <map>

namespace agc::detail {
namespace {

void setType(proto::TensorType *out, TypeRef type) {
  out->set_dtype(static_cast<proto::DType>(type->dtype));
  out->mutable_shape()->Assign(type->shape.begin(), type->shape.end());
}

class Emitter {
public:
  Emitter(const Segment &segment, const FunctionSpec &spec,
          proto::Module &module)
      : segment(segment), spec(spec), module(module) {}

  void run() {
    // Anew: another walk may have numbered values that both have.
    numberValues(segment);
    for (const Ref<Node> &node : segment.nodes)
      gradientsAhead += isGradient(node->op);
    // A body does not know who takes its gradient.
    gradientsAhead += spec.isBody;
    if (gradientsAhead)
      findBarriers();
    function.set_name(spec.name);
    for (size_t i = 0; i < segment.inputs.size(); ++i)
      argument(i);
    // Barriers shift the numbers, so values are numbered anew.
    for (const Value &value : segment.inputs)
      numbers[value.slot().id] = next++;
    for (const Ref<Node> &node : segment.nodes)
      emitNode(*node);
    for (size_t i = 0; i < segment.outputs.size(); ++i) {
      proto::Result *result = function.add_results();
      result->set_name(i < spec.results.size() ? spec.results[i]
                                               : "r" + std::to_string(i));
      result->set_value(spec.isBody ? hiddenNumber(segment.outputs[i])
                                    : numbers.at(segment.outputs[i].slot().id));
      if (i < spec.updates.size())
        result->set_updates(spec.updates[i]);
    }
    // Bodies come before.
    *module.add_functions() = std::move(function);
  }

private:
  void argument(size_t i) {
    const Value &value = segment.inputs[i];
    proto::Argument *out = function.add_arguments();
    setType(out->mutable_type(), value.type());
    if (i < spec.arguments.size()) {
      const FunctionSpec::Argument &given = spec.arguments[i];
      out->set_name(given.name);
      out->set_role(static_cast<proto::Role>(given.role));
      if (given.defaultValue)
        out->set_default_value(*given.defaultValue);
      if (given.beginning.kind != Beginning::Unknown) {
        proto::Initial *initial = out->mutable_initial();
        initial->set_distribution(proto::Initial::Distribution(given.beginning.kind - 1));
        initial->set_a(given.beginning.a);
        initial->set_b(given.beginning.b);
      }
      return;
    }
    out->set_name("a" + std::to_string(i));
    if (value.node->op == OpId::Number && !spec.isBody)
      out->set_role(proto::ROLE_HYPERPARAMETER);
  }

  /// Values that are out of autograd's sight but depend on tracked ones within
  /// this function (computed without gradients, or through an integer): the
  /// differentiate pass must be told, or it would go through them.
  void findBarriers() {
    std::map<uint32_t, bool> carries;
    for (const Ref<Node> &node : segment.nodes) {
      bool carry = false;
      for (uint32_t i = 0; i < node->numOperands; ++i) {
        const ResultSlot &slot = node->operands()[i].slot();
        auto found = carries.find(slot.id);
        carry |= slot.tracked || (found != carries.end() && found->second);
      }
      for (uint32_t i = 0; i < node->numResults; ++i) {
        const ResultSlot &slot = node->results()[i];
        bool hidden = carry && node->op != OpId::StopGradient &&
                      info(slot.type->dtype).isFloat &&
                      (!slot.tracked || slot.leaf);
        carries[slot.id] = hidden;
        if (hidden)
          barriers[slot.id] = 0;
      }
    }
  }

  /// The number of \p value as \p node uses it.
  uint32_t operandNumber(Node &node, const Value &value) {
    bool sees = isGradient(node.op);
    for (uint32_t i = 0; i < node.numResults; ++i)
      sees |= node.results()[i].tracked;
    return sees && gradientsAhead ? hiddenNumber(value)
                                  : numbers.at(value.slot().id);
  }

  /// The number of \p value, behind a barrier if there is to be one.
  uint32_t hiddenNumber(const Value &value) {
    uint32_t id = value.slot().id;
    auto found = barriers.find(id);
    if (found == barriers.end())
      return numbers.at(id);
    if (!found->second) {
      proto::Node *out = function.add_nodes();
      out->set_op(irName(OpId::StopGradient));
      out->add_operands(numbers.at(id));
      setType(out->add_results(), value.type());
      out->set_location(location(*value.node));
      found->second = next++;
    }
    return found->second;
  }

  void emitNode(Node &node) {
    std::vector<uint32_t> operands;
    for (uint32_t i = 0; i < node.numOperands; ++i)
      operands.push_back(operandNumber(node, node.operands()[i]));
    gradientsAhead -= isGradient(node.op);
    if (node.op == OpId::Inlined)
      return inlineFunction(node, operands);
    proto::Node *out = function.add_nodes();
    out->set_op(irName(node.op));
    out->mutable_operands()->Assign(operands.begin(), operands.end());
    for (uint32_t i = 0; i < node.numResults; ++i) {
      setType(out->add_results(), node.results()[i].type);
      numbers[node.results()[i].id] = next++;
    }
    attributes(node, *out);
    out->set_location(location(node));
  }

  void inlineFunction(Node &node, std::vector<uint32_t> numbersInBody) {
    const proto::Module &body = inlinedModule(uint32_t(node.attributes()[0]));
    const proto::Function &last = *body.functions().rbegin();
    Copied copied = copyFunctions(body, body.functions_size() - 1, "inlined");
    for (const proto::Node &inner : last.nodes()) {
      proto::Node *out = function.add_nodes();
      *out = inner;
      for (int i = 0; i < out->operands_size(); ++i)
        out->set_operands(i, numbersInBody[inner.operands(i)]);
      copied.adapt(*out);
      for (int i = 0; i < inner.results_size(); ++i)
        numbersInBody.push_back(next++);
    }
    for (uint32_t i = 0; i < node.numResults; ++i)
      numbers[node.results()[i].id] = numbersInBody[last.results(int(i)).value()];
  }

  /// What became of names and locations of another module.
  struct Copied {
    uint32_t firstLocation;
    std::map<std::string, std::string> names;

    void adapt(proto::Node &node) const {
      if (node.location())
        node.set_location(node.location() + firstLocation);
      for (std::string &name : *node.mutable_regions())
        name = names.at(name);
    }
  };

  /// The first \p count functions of \p from, which are bodies, under names of this
  /// function's.
  Copied copyFunctions(const proto::Module &from, int count, const char *kind) {
    Copied copied{uint32_t(module.locations_size()), {}};
    module.mutable_locations()->MergeFrom(from.locations());
    std::string base = spec.name + "." + kind + std::to_string(numCopies++);
    for (int i = 0; i < count; ++i) {
      proto::Function *out = module.add_functions();
      *out = from.functions(i);
      out->set_name(base + (i + 1 == from.functions_size() ? "" : "." + out->name()));
      copied.names[from.functions(i).name()] = out->name();
      for (proto::Node &node : *out->mutable_nodes())
        copied.adapt(node);
    }
    return copied;
  }

  void addBody(uint32_t number, const char *kind, proto::Node &node) {
    const proto::Module &body = bodyModule(number);
    Copied copied = copyFunctions(body, body.functions_size(), kind);
    node.add_regions(copied.names.at(body.functions().rbegin()->name()));
  }

  void attributes(Node &node, proto::Node &out) {
    std::string_view fields = attributeFields(node.op);
    if (fields.empty())
      return;
    std::vector<std::pair<std::string_view, char>> parsed;
    size_t lists = 0;
    while (!fields.empty()) {
      size_t end = std::min(fields.find(' '), fields.size());
      std::string_view field = fields.substr(0, end);
      fields.remove_prefix(std::min(end + 1, fields.size()));
      size_t colon = field.find(':');
      parsed.emplace_back(field.substr(0, colon), field[colon + 1]);
      lists += field[colon + 1] == 'L';
    }
    size_t length =
        lists ? (node.numAttributes - (parsed.size() - lists)) / lists : 0;
    const int64_t *word = node.attributes();
    std::map<std::string_view, proto::Attribute> sorted;
    for (auto [name, kind] : parsed) {
      if (kind == 'r') {
        addBody(uint32_t(*word++), irName(node.op), out);
        continue;
      }
      proto::Attribute &attribute = sorted[name];
      attribute.set_name(std::string(name));
      switch (kind) {
      case 'i':
        attribute.set_i(*word++);
        break;
      case 'b':
        attribute.set_b(*word++ != 0);
        break;
      case 'f':
        attribute.set_f(std::bit_cast<double>(*word++));
        break;
      case 's':
        attribute.set_s(internedText(uint32_t(*word++)));
        break;
      case 'd':
        attribute.set_data(internedText(uint32_t(*word++)));
        break;
      default:
        attribute.mutable_ints()->mutable_values()->Assign(word, word + length);
        word += length;
      }
    }
    for (auto &[name, attribute] : sorted)
      *out.add_attributes() = std::move(attribute);
  }

  uint32_t location(const Node &node) {
    std::string scope = internedText(node.scope);
    if (node.function)
      scope += (scope.empty() ? "" : "/") + std::string(node.function);
    if (node.loc.line() == 0 && scope.empty())
      return 0;
    auto key = std::make_tuple(std::string(node.loc.file_name()),
                               node.loc.line(), node.loc.column(), scope);
    auto [found, added] = locations.try_emplace(key, 0);
    if (added) {
      proto::Location *out = module.add_locations();
      out->set_file(node.loc.file_name());
      out->set_line(node.loc.line());
      out->set_column(node.loc.column());
      out->set_scope(scope);
      found->second = uint32_t(module.locations_size());
    }
    return found->second;
  }

  const Segment &segment;
  const FunctionSpec &spec;
  proto::Module &module;
  proto::Function function;
  uint32_t next = 0, numCopies = 0;
  size_t gradientsAhead = 0; // of the node being emitted
  std::map<uint32_t, uint32_t> numbers;  // by ResultSlot::id
  std::map<uint32_t, uint32_t> barriers; // 0: not emitted yet
  std::map<std::tuple<std::string, uint32_t, uint32_t, std::string>, uint32_t>
      locations;
};

} // namespace

void emit(const Segment &segment, const FunctionSpec &spec,
          proto::Module &module) {
  module.set_version(1);
  module.set_producer("agc 0.1.0");
  // Scope 0 is "no scope".
  static const uint32_t none = internText("");
  (void)none;
  Emitter(segment, spec, module).run();
}

} // namespace agc::detail
