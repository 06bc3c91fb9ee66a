//===- StepManifest.cpp - What a shipped step is, in JSON -------------------===//
#include "codegen/shipped/StepLayout.h"

#include "ir/Names.h"
#include "runtime/core/DType.h"
#include "runtime/shipped/step.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

namespace agc {
namespace {

using llvm::json::Array;
using llvm::json::Object;

Object typed(const std::string &name, const proto::TensorType &type) {
  Array shape;
  for (int64_t size : type.shape())
    shape.push_back(size);
  return Object{{"name", name}, {"dtype", llvm::StringRef(info(DType(type.dtype())).name)}, {"shape", std::move(shape)}};
}

Array tensors(const std::vector<StepTensor> &list) {
  Array result;
  for (const StepTensor &tensor : list) {
    Object object = typed(tensor.name, tensor.info.type());
    object["role"] = llvm::StringRef(roleNames[tensor.info.role()]);
    object["offset"] = tensor.offset;
    if (!tensor.identifier.empty())
      object["field"] = tensor.identifier;
    if (tensor.info.has_default_value())
      object["default"] = tensor.info.default_value();
    if (tensor.info.has_initial())
      object["initial"] = Array{llvm::StringRef(distributionNames[tensor.info.initial().distribution()]),
                                tensor.info.initial().a(), tensor.info.initial().b()};
    if (tensor.range)
      object["range"] = Array{tensor.range->first, tensor.range->second};
    result.push_back(std::move(object));
  }
  return result;
}

Object functionObject(const StepFunction &function, const std::string &name) {
  using Place = StepFunction::Place;
  Array outputs;
  for (const StepFunction::Output &output : function.outputs)
    outputs.push_back(typed(output.identifier, output.type));
  return Object{{"name", function.manifest.entry()},
                {"symbol", name + "_" + function.manifest.entry()},
                {"batch", function.uses(Place::Batch)},
                {"hyper", function.uses(Place::Hyper)},
                {"trains", function.trains},
                {"workspace_bytes", function.manifest.workspace_bytes()},
                {"outputs", std::move(outputs)}};
}

void addCosts(const StepFunction &function, Object &object) {
  Array kernels;
  uint64_t flops = 0, bytes = 0;
  for (const proto::KernelInfo &kernel : function.manifest.kernels()) {
    flops += kernel.calls() * kernel.flops();
    bytes += kernel.calls() * kernel.bytes();
    kernels.push_back(Object{{"name", kernel.name()},
                             {"calls", kernel.calls()},
                             {"flops", kernel.flops()},
                             {"bytes", kernel.bytes()}});
  }
  object["kept_bytes"] = function.manifest.kept_bytes();
  object["flops"] = flops;
  object["bytes"] = bytes;
  object["kernels"] = std::move(kernels);
}

/// What manifest and note both say.
Object description(const StepLayout &layout) {
  return Object{{"name", layout.name},
                {"producer", "agc " AGC_VERSION},
                {"target", layout.target},
                {"flags", layout.flags},
                {"abi_version", AGC_SHIPPED_ABI},
                {"schema_hash", llvm::formatv("{0:x}", layout.schema).str()},
                {"inputs", tensors(layout.inputs)},
                {"hyperparameters", tensors(layout.hyper)},
                {"timed_kernels", layout.timed.size()}}; // rows of name_profile's table
}

Object memory(const StepLayout &layout) {
  return Object{{"state_bytes", layout.stateBytes}, {"workspace_bytes", layout.workspaceBytes}};
}

} // namespace

std::string stepNote(const StepLayout &layout, const std::vector<std::string> &needs) {
  Object root = description(layout);
  root["needs"] = Array(needs);
  root["memory"] = memory(layout);
  Array functions;
  for (const StepFunction &function : layout.functions)
    functions.push_back(functionObject(function, layout.name));
  root["functions"] = std::move(functions);
  return llvm::formatv("{0}", llvm::json::Value(std::move(root))).str();
}

std::string stepManifest(const StepLayout &layout) {
  Array functions;
  for (const StepFunction &function : layout.functions) {
    Object object = functionObject(function, layout.name);
    addCosts(function, object);
    functions.push_back(std::move(object));
  }
  Object code;
  for (const auto &[function, bytes] : layout.code)
    code[function] = bytes;
  // Memory by what it is for, of the state.
  uint64_t byRole[std::size(roleNames)] = {};
  for (const StepTensor &tensor : layout.state)
    byRole[tensor.info.role()] +=
        numelOf(tensor.info.type()) * sizeOf(tensor.info.type().dtype());
  Object spent = memory(layout);
  spent["stack_bytes"] = layout.stackBytes;
  spent["parameter_bytes"] = byRole[proto::ROLE_PARAMETER];
  spent["buffer_bytes"] = byRole[proto::ROLE_BUFFER];
  spent["optimizer_state_bytes"] = byRole[proto::ROLE_OPTIMIZER_STATE];
  Object root = description(layout);
  root["memory"] = std::move(spent);
  root["code_bytes"] = layout.codeBytes();
  root["code"] = std::move(code);
  root["state"] = tensors(layout.state);
  root["functions"] = std::move(functions);
  return llvm::formatv("{0:2}\n", llvm::json::Value(std::move(root))).str();
}

} // namespace agc
