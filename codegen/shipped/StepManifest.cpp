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
    result.push_back(std::move(object));
  }
  return result;
}

Object functionObject(const StepFunction &function, const std::string &name) {
  Array outputs, kernels;
  for (const StepFunction::Output &output : function.outputs)
    outputs.push_back(typed(output.identifier, output.type));
  uint64_t flops = 0, bytes = 0;
  for (const proto::KernelInfo &kernel : function.manifest.kernels()) {
    flops += kernel.calls() * kernel.flops();
    bytes += kernel.calls() * kernel.bytes();
    kernels.push_back(Object{{"name", kernel.name()},
                             {"calls", kernel.calls()},
                             {"flops", kernel.flops()},
                             {"bytes", kernel.bytes()}});
  }
  return Object{{"name", name},
                {"symbol", name + "_" + function.manifest.entry()},
                {"trains", function.trains},
                {"workspace_bytes", function.manifest.workspace_bytes()},
                {"kept_bytes", function.manifest.kept_bytes()},
                {"flops", flops},
                {"bytes", bytes},
                {"outputs", std::move(outputs)},
                {"kernels", std::move(kernels)}};
}

} // namespace

std::string stepManifest(const StepLayout &layout, const std::string &target) {
  Array functions;
  for (const StepFunction &function : layout.functions) {
    Object object = functionObject(function, layout.name);
    object["name"] = function.manifest.entry();
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
  Object root{
      {"name", layout.name},
      {"producer", "agc " AGC_VERSION},
      {"target", target},
      {"abi_version", AGC_SHIPPED_ABI},
      {"schema_hash", llvm::formatv("{0:x}", layout.schema).str()},
      {"memory", Object{{"state_bytes", layout.stateBytes},
                        {"workspace_bytes", layout.workspaceBytes},
                        {"stack_bytes", layout.stackBytes},
                        {"parameter_bytes", byRole[proto::ROLE_PARAMETER]},
                        {"buffer_bytes", byRole[proto::ROLE_BUFFER]},
                        {"optimizer_state_bytes", byRole[proto::ROLE_OPTIMIZER_STATE]}}},
      {"code_bytes", layout.codeBytes()},
      {"code", std::move(code)},
      {"state", tensors(layout.state)},
      {"inputs", tensors(layout.inputs)},
      {"hyperparameters", tensors(layout.hyper)},
      {"functions", std::move(functions)}};
  return llvm::formatv("{0:2}\n", llvm::json::Value(std::move(root))).str();
}

} // namespace agc
