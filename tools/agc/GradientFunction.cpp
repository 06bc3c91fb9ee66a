#include "tools/agc/GradientFunction.h"

#include "agc/Error.h"
#include "runtime/core/DType.h"

#include <algorithm>

namespace agc::cli {
namespace {

bool isFloat(const proto::TensorType &type) {
  return info(static_cast<DType>(type.dtype())).isFloat;
}

uint32_t countValues(const proto::Function &function) {
  uint32_t count = uint32_t(function.arguments_size());
  for (const proto::Node &node : function.nodes())
    count += uint32_t(node.results_size());
  return count;
}

/// Makes room for an argument after those there are: every later value's
/// number grows by one.
uint32_t appendArgument(proto::Function &function, proto::Argument argument) {
  uint32_t number = uint32_t(function.arguments_size());
  for (proto::Node &node : *function.mutable_nodes())
    for (uint32_t &operand : *node.mutable_operands())
      operand += operand >= number;
  for (proto::Result &result : *function.mutable_results())
    result.set_value(result.value() + (result.value() >= number));
  *function.add_arguments() = std::move(argument);
  return number;
}

std::vector<uint32_t> argumentsToDifferentiate(const proto::Function &function,
                                               std::vector<std::string> wanted) {
  std::vector<uint32_t> numbers;
  for (proto::Role role : {proto::ROLE_PARAMETER, proto::ROLE_INPUT}) {
    if (!wanted.empty() || !numbers.empty())
      break;
    for (int i = 0; i < function.arguments_size(); ++i)
      if (function.arguments(i).role() == role &&
          isFloat(function.arguments(i).type()))
        numbers.push_back(uint32_t(i));
  }
  for (const std::string &name : wanted) {
    auto found = std::find_if(function.arguments().begin(),
                              function.arguments().end(),
                              [&](auto &a) { return a.name() == name; });
    if (found == function.arguments().end() || !isFloat(found->type()))
      throw Error("AGC0350", "function '" + function.name() +
                                 "' has no floating-point argument '" + name +
                                 "'");
    numbers.push_back(uint32_t(found - function.arguments().begin()));
  }
  if (numbers.empty())
    throw Error("AGC0350", "function '" + function.name() +
                               "' has no floating-point parameter or input");
  return numbers;
}

void addOutputs(proto::Node &node, int64_t count) {
  proto::Attribute *attribute = node.add_attributes();
  attribute->set_name("outputs");
  attribute->set_i(count);
}

void addResult(proto::Function &function, const std::string &name,
               uint32_t value) {
  proto::Result *result = function.add_results();
  result->set_name(name);
  result->set_value(value);
}

} // namespace

const proto::TensorType &typeOf(const proto::Function &function, uint32_t value) {
  if (value < uint32_t(function.arguments_size()))
    return function.arguments(int(value)).type();
  value -= uint32_t(function.arguments_size());
  for (const proto::Node &node : function.nodes()) {
    if (value < uint32_t(node.results_size()))
      return node.results(int(value));
    value -= uint32_t(node.results_size());
  }
  throw Error("AGC0299", "a value has no definition");
}

proto::Function withGradient(const proto::Function &original,
                             std::vector<std::string> wanted) {
  proto::Function function = original;
  std::vector<uint32_t> inputs =
      argumentsToDifferentiate(function, std::move(wanted));

  std::vector<int> outputs; // positions in results: values move
  for (int i = 0; i < function.results_size(); ++i) {
    if (function.results(i).updates())
      throw Error("AGC0350", "function '" + function.name() +
                                 "' updates its arguments: it is not a forward "
                                 "function");
    if (isFloat(typeOf(function, function.results(i).value())))
      outputs.push_back(i);
  }
  if (outputs.empty())
    throw Error("AGC0350", "function '" + function.name() +
                               "' has no floating-point result");

  std::vector<uint32_t> seeds(outputs.size(), 0);
  for (size_t i = 0; i < outputs.size(); ++i) {
    const proto::Result &result = function.results(outputs[i]);
    const proto::TensorType &type = typeOf(function, result.value());
    if (!type.shape_size())
      continue;
    proto::Argument seed;
    seed.set_name("seed." + result.name());
    *seed.mutable_type() = type;
    seed.set_role(proto::ROLE_INPUT);
    seeds[i] = appendArgument(function, std::move(seed));
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    proto::TensorType type =
        typeOf(function, function.results(outputs[i]).value());
    if (type.shape_size())
      continue;
    seeds[i] = countValues(function);
    proto::Node *one = function.add_nodes();
    one->set_op("constant");
    proto::Attribute *value = one->add_attributes();
    value->set_name("value");
    value->set_f(1);
    *one->add_results() = std::move(type);
  }
  uint32_t first = countValues(function);
  proto::Node *gradient = function.add_nodes();
  gradient->set_op("gradient");
  for (int output : outputs)
    gradient->add_operands(function.results(output).value());
  for (uint32_t seed : seeds)
    gradient->add_operands(seed);
  for (uint32_t input : inputs) {
    gradient->add_operands(input);
    *gradient->add_results() = function.arguments(int(input)).type();
  }
  addOutputs(*gradient, int64_t(outputs.size()));
  for (size_t i = 0; i < inputs.size(); ++i)
    addResult(function, "grad." + function.arguments(int(inputs[i])).name(),
              first + uint32_t(i));
  return function;
}

static Error notAStep(const proto::Function &step, const char *what) {
  return Error("AGC0351", "function '" + step.name() + "' " + what +
                              ": it is not a training step");
}

/// The values of a step that are gradients of arguments, with which.
/// Errors: AGC0351, there are none.
static std::map<uint32_t, uint32_t> gradientsOf(const proto::Function &step) {
  std::map<uint32_t, uint32_t> argumentOf;
  uint32_t next = uint32_t(step.arguments_size());
  for (const proto::Node &node : step.nodes()) {
    int skipped = node.operands_size() - node.results_size();
    for (int i = 0; i < node.results_size() && node.op() == "gradient"; ++i)
      if (node.operands(skipped + i) < uint32_t(step.arguments_size()))
        argumentOf[next + uint32_t(i)] = node.operands(skipped + i);
    next += uint32_t(node.results_size());
  }
  if (argumentOf.empty())
    throw notAStep(step, "takes no gradient of a parameter");
  return argumentOf;
}

proto::Function lossOfStep(const proto::Function &step, bool withGradients) {
  auto loss = std::find_if(step.results().begin(), step.results().end(),
                           [](auto &r) { return r.name() == "loss"; });
  if (loss == step.results().end())
    throw notAStep(step, "has no result 'loss'");

  proto::Function function = step;
  function.set_name(withGradients ? "loss_and_gradients" : "loss");
  function.clear_results();
  addResult(function, "loss", loss->value());
  if (!withGradients)
    return function;
  for (auto [value, argument] : gradientsOf(step))
    addResult(function, "grad." + step.arguments(int(argument)).name(), value);
  return function;
}

StepUpdate updateOfStep(const proto::Function &step) {
  StepUpdate update;
  proto::Function &function = update.function;
  function = step;
  function.set_name("update");
  // Further arguments move these values.
  std::map<uint32_t, uint32_t> parameterOf = gradientsOf(step);
  std::map<uint32_t, uint32_t> replacement; // by the number that the value has at the end
  for (auto [value, parameter] : parameterOf) {
    proto::Argument gradient;
    gradient.set_name("grad." + step.arguments(int(parameter)).name());
    *gradient.mutable_type() = step.arguments(int(parameter)).type();
    gradient.set_role(proto::ROLE_INPUT);
    replacement[value + uint32_t(parameterOf.size())] = appendArgument(function, gradient);
  }
  for (proto::Node &node : *function.mutable_nodes())
    for (uint32_t &operand : *node.mutable_operands())
      if (auto found = replacement.find(operand); found != replacement.end())
        operand = found->second;

  // Which gradients each value depends on: none, one (as 1 + the argument), or several.
  constexpr uint32_t several = ~0u;
  std::vector<uint32_t> source(size_t(function.arguments_size()), 0);
  for (auto [value, argument] : replacement)
    source[argument] = 1 + argument;
  for (const proto::Node &node : function.nodes()) {
    uint32_t all = 0;
    for (uint32_t operand : node.operands())
      if (uint32_t one = source[operand]; one && one != all)
        all = all ? several : one;
    source.insert(source.end(), size_t(node.results_size()), all);
  }
  auto results = function.results();
  function.clear_results();
  for (proto::Result &result : results) {
    if (auto found = replacement.find(result.value()); found != replacement.end())
      result.set_value(found->second);
    uint32_t from = source[result.value()];
    if (!result.updates() || !from)
      continue;
    *function.add_results() = result;
    const proto::Argument &updated = function.arguments(int(result.updates()) - 1);
    if (from == several)
      continue;
    const proto::Argument &gradient = function.arguments(int(from) - 1);
    if (gradient.type().SerializeAsString() == updated.type().SerializeAsString())
      update.readers[gradient.name().substr(5)].push_back(updated.name());
  }
  return update;
}

} // namespace agc::cli
