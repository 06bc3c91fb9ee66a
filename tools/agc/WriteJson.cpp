#include "tools/agc/Picture.h"

#include "ir/Names.h"
#include "runtime/core/DType.h"

#include <nlohmann/json.hpp>

namespace agc::cli {
namespace {

using Json = nlohmann::ordered_json;

Json typeJson(const proto::TensorType &type) {
  return {{"dtype", info(static_cast<DType>(type.dtype())).name},
          {"shape", std::vector<int64_t>(type.shape().begin(), type.shape().end())}};
}

Json valueJson(const proto::Attribute &attribute) {
  switch (attribute.value_case()) {
  case proto::Attribute::kB: return attribute.b();
  case proto::Attribute::kI: return attribute.i();
  case proto::Attribute::kF: return attribute.f();
  case proto::Attribute::kS: return attribute.s();
  case proto::Attribute::kInts:
    return std::vector<int64_t>(attribute.ints().values().begin(),
                                attribute.ints().values().end());
  case proto::Attribute::kData: return {{"bytes", attribute.data().size()}};
  case proto::Attribute::VALUE_NOT_SET: break;
  }
  return nullptr;
}

Json nodeJson(const proto::Module &module, const proto::Node &node,
              uint32_t &nextValue) {
  Json results = Json::array(), attributes = Json::object();
  for (const proto::TensorType &type : node.results()) {
    Json result = {{"value", nextValue++}};
    result.update(typeJson(type));
    results.push_back(std::move(result));
  }
  for (const proto::Attribute &attribute : node.attributes())
    attributes[attribute.name()] = valueJson(attribute);
  Json json = {{"op", node.op()},
               {"operands", std::vector<uint32_t>(node.operands().begin(),
                                                  node.operands().end())},
               {"results", std::move(results)},
               {"attributes", std::move(attributes)}};
  if (node.regions_size())
    json["regions"] = std::vector<std::string>(node.regions().begin(),
                                               node.regions().end());
  if (node.location()) {
    const proto::Location &location = module.locations(int(node.location()) - 1);
    json["location"] = {{"file", location.file()},
                        {"line", location.line()},
                        {"column", location.column()},
                        {"scope", location.scope()},
                        {"gradient_of", location.gradient_of()}};
  }
  return json;
}

Json functionJson(const proto::Module &module, const proto::Function &function) {
  Json arguments = Json::array(), nodes = Json::array(), results = Json::array();
  uint32_t nextValue = 0;
  for (const proto::Argument &argument : function.arguments()) {
    Json json = {{"value", nextValue++},
                 {"name", argument.name()},
                 {"role", roleNames[argument.role()]}};
    json.update(typeJson(argument.type()));
    if (argument.has_default_value())
      json["default"] = argument.default_value();
    if (argument.has_initial())
      json["initial"] = {distributionNames[argument.initial().distribution()],
                         argument.initial().a(), argument.initial().b()};
    arguments.push_back(std::move(json));
  }
  for (const proto::Node &node : function.nodes())
    nodes.push_back(nodeJson(module, node, nextValue));
  for (const proto::Result &result : function.results()) {
    Json json = {{"name", result.name()}, {"value", result.value()}};
    if (result.updates())
      json["updates"] = function.arguments(int(result.updates()) - 1).name();
    results.push_back(std::move(json));
  }
  return {{"name", function.name()},
          {"arguments", std::move(arguments)},
          {"nodes", std::move(nodes)},
          {"results", std::move(results)}};
}

} // namespace

std::string writeJson(const proto::Module &module) {
  Json functions = Json::array(), metadata = Json::object();
  for (const proto::Function &function : module.functions())
    functions.push_back(functionJson(module, function));
  for (const proto::Metadata &entry : module.metadata())
    metadata[entry.key()] = entry.value();
  Json all = {{"format", module.version()},
              {"producer", module.producer()},
              {"name", module.name()},
              {"metadata", std::move(metadata)},
              {"functions", std::move(functions)}};
  // Names come from a file and need not be UTF-8.
  return all.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace agc::cli
