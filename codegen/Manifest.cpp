//===- Manifest.cpp - What a compiled function needs and costs -------------===//
#include "codegen/LowerToLLVM.h"
#include "codegen/Passes.h"
#include "ir/Initial.h"
#include "ir/Serialize.h"

using namespace mlir;
using namespace agc::ir;

namespace agc {

/// A line that a kernel is called for, if it is a new one.
static void addLocation(Location loc, proto::KernelInfo &info) {
  proto::Location location;
  writeLocation(loc, location);
  location.clear_column();
  auto isSame = [&](const proto::Location &known) {
    return known.line() == location.line() && known.file() == location.file() &&
           known.scope() == location.scope() &&
           known.gradient_of().empty() == location.gradient_of().empty();
  };
  if (llvm::none_of(info.locations(), isSame))
    *info.add_locations() = std::move(location);
}

/// What the calls of a list come to, made so many times.
static void describeCalls(ModuleOp module, func::FuncOp list, uint64_t times,
                          llvm::StringMap<int> &kernels, proto::Manifest &manifest) {
  list.walk([&](func::CallOp call) {
    if (auto message = call->getAttrOfType<StringAttr>(checkAttr)) {
      proto::CheckInfo &check = *manifest.add_checks();
      check.set_message(message.str());
      writeLocation(call.getLoc(), *check.mutable_location());
      check.set_lower(call->getAttrOfType<IntegerAttr>(lowerAttr).getInt());
      check.set_upper(call->getAttrOfType<IntegerAttr>(upperAttr).getInt());
      auto argument = dyn_cast<BlockArgument>(call.getOperand(0));
      if (argument && !list->hasAttr(bodyAttr) &&
          list.getArgAttr(argument.getArgNumber(), "agc.type"))
        check.set_argument(argument.getArgNumber() + 1);
      return;
    }
    auto callee = module.lookupSymbol<func::FuncOp>(call.getCallee());
    if (auto trips = call->getAttrOfType<IntegerAttr>(tripsAttr))
      return describeCalls(module, callee, times * uint64_t(trips.getInt()), kernels,
                           manifest);
    auto [entry, isNew] =
        kernels.try_emplace(call.getCallee(), manifest.kernels_size());
    if (isNew) {
      proto::KernelInfo &info = *manifest.add_kernels();
      info.set_name(call.getCallee().str());
      info.set_flops(callee->getAttrOfType<IntegerAttr>(flopsAttr).getInt());
      info.set_bytes(callee->getAttrOfType<IntegerAttr>(bytesAttr).getInt());
    }
    proto::KernelInfo &info = *manifest.mutable_kernels(entry->second);
    info.set_calls(info.calls() + times);
    addLocation(call.getLoc(), info);
  });
}

proto::Manifest describe(ModuleOp module, StringRef name) {
  proto::Manifest manifest;
  auto list = module.lookupSymbol<func::FuncOp>(name);
  manifest.set_entry(name.str());
  for (BlockArgument argument : list.getArguments()) {
    unsigned i = argument.getArgNumber();
    auto type = list.getArgAttrOfType<TypeAttr>(i, "agc.type");
    if (!type)
      continue; // A result or the workspace.
    proto::ArgumentInfo &info = *manifest.add_arguments();
    if (auto text = list.getArgAttrOfType<StringAttr>(i, nameAttr))
      info.set_name(text.str());
    if (auto role = list.getArgAttrOfType<StringAttr>(i, roleAttr))
      info.set_role(readRole(role.getValue()).value_or(proto::ROLE_INPUT));
    if (auto initial = writeInitial(list.getArgAttr(i, initialAttr)))
      *info.mutable_initial() = *initial;
    if (auto number = list.getArgAttrOfType<FloatAttr>(i, defaultAttr))
      info.set_default_value(number.getValueAsDouble());
    writeType(cast<RankedTensorType>(type.getValue()), *info.mutable_type());
  }
  for (Attribute attr : list->getAttrOfType<ArrayAttr>("agc.results")) {
    auto attrs = cast<DictionaryAttr>(attr);
    proto::ResultInfo &info = *manifest.add_results();
    if (auto text = attrs.getAs<StringAttr>(nameAttr))
      info.set_name(text.str());
    writeType(cast<RankedTensorType>(attrs.getAs<TypeAttr>("agc.type").getValue()),
              *info.mutable_type());
    if (auto updates = attrs.getAs<IntegerAttr>(updatesAttr))
      info.set_updates(updates.getInt() + 1);
  }
  auto workspace = cast<MemRefType>(list.getArgumentTypes().back());
  manifest.set_workspace_bytes(workspace.getNumElements());
  manifest.set_kept_bytes(list->getAttrOfType<IntegerAttr>(keptAttr).getInt());
  manifest.set_least_bytes(list->getAttrOfType<IntegerAttr>(leastAttr).getInt());

  llvm::StringMap<int> kernels;
  describeCalls(module, list, 1, kernels, manifest);
  return manifest;
}

} // namespace agc
