#include "codegen/shipped/StepLayout.h"

#include "ir/State.h"
#include "runtime/core/DType.h"
#include "runtime/core/Sizes.h"
#include "runtime/shipped/step.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

namespace agc {

const char *typeInC(proto::DType dtype) {
  static constexpr const char *names[numDTypes] = {
      "void",    "float",   "double", "uint16_t", "uint16_t",
      "int64_t", "int32_t", "int8_t", "uint8_t",  "uint8_t"};
  return names[dtype];
}
uint64_t sizeOf(proto::DType dtype) { return info(DType(dtype)).sizeBytes; }

uint64_t numelOf(const proto::TensorType &type) {
  uint64_t product = 1;
  for (int64_t size : type.shape())
    product *= uint64_t(size);
  return product;
}

uint64_t StepLayout::codeBytes() const {
  uint64_t sum = 0;
  for (const auto &[function, bytes] : code)
    sum += bytes;
  return sum;
}

bool StepFunction::uses(Place place) const {
  return std::any_of(arguments.begin(), arguments.end(),
                     [&](const Argument &argument) { return argument.place == place; });
}

namespace {

/// Where the tensor behind one at \p offset, of that type, lies in a state.
uint64_t behind(uint64_t offset, const proto::TensorType &type) {
  return alignedBytes(offset + numelOf(type) * sizeOf(type.dtype()));
}

/// A name in C that is not in \p taken: what C does not allow becomes `_`.
std::string identifierFor(const std::string &name, std::set<std::string> &taken) {
  static const std::set<std::string> keywords = {
      "auto",     "bool",   "break",  "case",     "catch",   "char",    "class",   "const",
      "continue", "default", "delete", "do",      "double",  "else",    "enum",    "extern",
      "false",    "float",  "for",    "goto",     "if",      "inline",  "int",     "long",
      "namespace", "new",   "operator", "private", "protected", "public", "register",
      "restrict", "return", "short",  "signed",   "sizeof",  "static",  "struct",  "switch",
      "template", "this",   "throw",  "true",     "try",     "typedef", "union",   "unsigned",
      "using",    "virtual", "void",  "volatile", "while"};
  std::string text;
  for (char c : name)
    text += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text[0])) || keywords.count(text))
    text = "_" + text;
  std::string unique = text;
  for (int n = 1; !taken.insert(unique).second; ++n)
    unique = text + "_" + std::to_string(n);
  return unique;
}

class LayOut {
public:
  LayOut(StepLayout &layout, unsigned pointerBytes)
      : layout(layout), pointerBytes(pointerBytes) {}

  std::string run(std::vector<proto::Manifest> manifests) {
    for (proto::Manifest &manifest : manifests)
      if (std::string error = add(std::move(manifest)); !error.empty())
        return error;
    place();
    return "";
  }

private:
  StepLayout &layout;
  unsigned pointerBytes;
  std::map<std::string, StepFunction::Argument> known;
  std::set<std::string> inputNames, hyperNames;

  /// Where the argument is, of one function or of several.
  std::string find(const proto::ArgumentInfo &info, StepFunction::Argument &argument) {
    using Place = StepFunction::Place;
    Place place = info.role() == proto::ROLE_INPUT            ? Place::Batch
                  : info.role() == proto::ROLE_HYPERPARAMETER ? Place::Hyper
                                                              : Place::State;
    std::vector<StepTensor> &list = place == Place::Batch   ? layout.inputs
                                    : place == Place::Hyper ? layout.hyper
                                                            : layout.state;
    auto [found, isNew] = known.try_emplace(info.name(), StepFunction::Argument{place, list.size()});
    argument = found->second;
    if (!isNew) {
      const proto::ArgumentInfo &other = list[argument.index].info;
      if (argument.place != place ||
          other.type().SerializeAsString() != info.type().SerializeAsString())
        return "'" + info.name() + "' has two types or roles in the program's functions";
      return "";
    }
    StepTensor tensor;
    tensor.name = info.name();
    tensor.info = info;
    if (place != Place::State)
      tensor.identifier =
          identifierFor(info.name(), place == Place::Batch ? inputNames : hyperNames);
    list.push_back(std::move(tensor));
    return "";
  }

  void narrow(StepFunction::Argument argument, const proto::CheckInfo &check) {
    if (argument.place != StepFunction::Place::Batch)
      return;
    auto &range = layout.inputs[argument.index].range;
    range = {std::max(check.lower(), range ? range->first : check.lower()),
             std::min(check.upper(), range ? range->second : check.upper())};
  }

  std::string add(proto::Manifest manifest) {
    StepFunction function;
    for (const proto::ArgumentInfo &info : manifest.arguments()) {
      StepFunction::Argument argument{};
      if (std::string error = find(info, argument); !error.empty())
        return error;
      function.arguments.push_back(argument);
    }
    std::set<std::string> outputNames = {"state", "batch", "hyper", "workspace", "executor"};
    for (const proto::ResultInfo &result : manifest.results()) {
      if (result.updates())
        function.trains |=
            manifest.arguments(int(result.updates()) - 1).role() == proto::ROLE_PARAMETER;
      else
        function.outputs.push_back(
            {identifierFor(result.name(), outputNames), result.type()});
    }
    function.firstCheck = layout.checks.size();
    for (const proto::CheckInfo &check : manifest.checks()) {
      layout.checks.push_back(check.message());
      if (check.argument())
        narrow(function.arguments[check.argument() - 1], check);
    }
    layout.workspaceBytes = std::max(layout.workspaceBytes, manifest.workspace_bytes());
    function.manifest = std::move(manifest);
    layout.functions.push_back(std::move(function));
    return "";
  }

  /// By role, and within a role in the program's order, in which a model lists them.
  void place() {
    std::vector<size_t> order(layout.state.size());
    for (size_t i = 0; i < order.size(); ++i)
      order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return comesBefore(layout.state[a].info.role(), layout.state[b].info.role());
    });
    std::vector<StepTensor> sorted;
    std::vector<size_t> moved(order.size());
    for (size_t i : order) {
      moved[i] = sorted.size();
      sorted.push_back(std::move(layout.state[i]));
    }
    layout.state = std::move(sorted);
    for (StepFunction &function : layout.functions)
      for (StepFunction::Argument &argument : function.arguments)
        if (argument.place == StepFunction::Place::State)
          argument.index = moved[argument.index];

    uint64_t offset = sizeof(agc_state);
    SchemaHash schema;
    for (StepTensor &tensor : layout.state) {
      tensor.offset = offset;
      offset = behind(offset, tensor.info.type());
      schema.add(tensor.name, tensor.info.type(), tensor.info.role());
    }
    layout.stateBytes = offset;
    layout.schema = schema.value();
    uint64_t at = 0;
    for (StepTensor &tensor : layout.inputs) {
      tensor.offset = at;
      at += pointerBytes;
    }
    at = 0;
    for (StepTensor &tensor : layout.hyper) {
      uint64_t size = sizeOf(tensor.info.type().dtype());
      tensor.offset = at = (at + size - 1) / size * size;
      at += size;
    }
  }
};

} // namespace

void addTimers(StepLayout &layout, std::vector<proto::KernelInfo> kernels) {
  layout.timed = std::move(kernels);
  layout.timersAt = layout.stateBytes;
  layout.stateBytes = alignedBytes(layout.timersAt + layout.timed.size() * sizeof(agc_timer));
}

uint64_t stateBytesOf(const proto::Module &program) {
  uint64_t offset = sizeof(agc_state);
  for (const StateTensor &tensor : stateOf(program))
    offset = behind(offset, tensor.type);
  return offset;
}

std::string layOutStep(const std::string &name, std::vector<proto::Manifest> manifests,
                       unsigned pointerBytes, StepLayout &layout) {
  layout.name = name;
  std::string error = LayOut(layout, pointerBytes).run(std::move(manifests));
  if (error.empty())
    layOutCheckpoint(layout);
  return error;
}

} // namespace agc
