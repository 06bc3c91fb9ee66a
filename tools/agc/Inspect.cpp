//===- Inspect.cpp - agc inspect: what is in a program and what it costs ---===//
#include "ir/Bodies.h"
#include "ir/Names.h"
#include "runtime/core/Sizes.h"
#include "tools/agc/Call.h"
#include "tools/agc/Program.h"
#include "tools/agc/ShippedStep.h"
#include "tools/agc/Terminal.h"
#include "tools/agc/Verb.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace agc::cli {
namespace {

using Json = nlohmann::ordered_json;

Json typeJson(const proto::TensorType &type) {
  return {{"dtype", info(static_cast<DType>(type.dtype())).name},
          {"shape", std::vector<int64_t>(type.shape().begin(), type.shape().end())}};
}

int64_t elementsOf(const proto::TensorType &type) {
  return checkedNumel(type.shape().data(), size_t(type.shape_size()));
}
int64_t bytesOf(const proto::TensorType &type) {
  return checkedBytes(type.shape().data(), size_t(type.shape_size()),
                      static_cast<DType>(type.dtype()));
}

/// \p program as it was written, so that what is compiled here is what other
/// verbs find in the cache; \p function of it with its gradients expanded.
Json describe(const proto::Module &program, const proto::Function &function) {
  CompileOptions options;
  options.function = function.name();
  options.strict = get_strict_fp();
  std::shared_ptr<Executable> executable = findExecutable(program, options);
  const proto::Manifest &manifest = executable->manifest();

  Json arguments = Json::array(), results = Json::array(), kernels = Json::array();
  int64_t argumentBytes = 0, resultBytes = 0, parameters = 0;
  for (const proto::ArgumentInfo &argument : manifest.arguments()) {
    Json entry = {{"name", argument.name()}, {"role", roleNames[argument.role()]}};
    entry.update(typeJson(argument.type()));
    arguments.push_back(std::move(entry));
    argumentBytes += bytesOf(argument.type());
    if (argument.role() == proto::ROLE_PARAMETER)
      parameters += elementsOf(argument.type());
  }
  for (const proto::ResultInfo &result : manifest.results()) {
    Json entry = {{"name", result.name()}};
    entry.update(typeJson(result.type()));
    if (result.updates())
      entry["updates"] = manifest.arguments(int(result.updates()) - 1).name();
    else
      resultBytes += bytesOf(result.type());
    results.push_back(std::move(entry));
  }
  uint64_t flops = 0, bytes = 0;
  for (const proto::KernelInfo &kernel : manifest.kernels()) {
    kernels.push_back({{"name", kernel.name()},
                       {"calls", kernel.calls()},
                       {"flops", kernel.flops()},
                       {"bytes", kernel.bytes()}});
    flops += kernel.flops() * kernel.calls();
    bytes += kernel.bytes() * kernel.calls();
  }
  std::map<std::string, int64_t> ops;
  for (const proto::Node &node : function.nodes())
    ++ops[node.op()];
  return {{"name", function.name()},
          {"parameters", parameters},
          {"flops", flops},
          {"bytes", bytes},
          {"workspace_bytes", manifest.workspace_bytes()},
          {"least_workspace_bytes", manifest.least_bytes()},
          {"peak_bytes",
           argumentBytes + resultBytes + int64_t(manifest.workspace_bytes())},
          {"target", manifest.target()},
          {"ops", ops},
          {"arguments", std::move(arguments)},
          {"results", std::move(results)},
          {"kernels", std::move(kernels)}};
}

std::string shapeTextOf(const Json &entry) {
  std::string text;
  for (const Json &size : entry["shape"])
    text += (text.empty() ? "" : "x") + std::to_string(size.get<int64_t>());
  return entry["dtype"].get<std::string>() + "[" + text + "]";
}

void printFunction(const Json &function, size_t maxRows) {
  std::string ofLeast;
  if (double least = function["least_workspace_bytes"].get<double>())
    ofLeast = fmt::format(", {:.3f} of the least that it can be",
                          function["workspace_bytes"].get<double>() / least);
  print(fmt::format(
      "\nfunction {}\n"
      "  parameters {}   FLOPs {}   bytes moved {}B   peak memory {}B "
      "(workspace {}B{})\n",
      function["name"].get<std::string>(), decimal(function["parameters"]),
      decimal(function["flops"]), decimal(function["bytes"]),
      binary(function["peak_bytes"]), binary(function["workspace_bytes"]),
      ofLeast));

  std::vector<std::pair<std::string, int64_t>> ops;
  for (auto &[op, count] : function["ops"].items())
    ops.push_back({op, count.get<int64_t>()});
  std::stable_sort(ops.begin(), ops.end(),
                   [](auto &a, auto &b) { return a.second > b.second; });
  std::string line = "  ops ";
  for (auto &[op, count] : ops) {
    std::string part = fmt::format(" {} {}", count, op);
    if (line.size() + part.size() > 78) {
      print(line + "\n");
      line = "      ";
    }
    line += part;
  }
  print(line + "\n");

  auto more = [&](size_t count) {
    if (count > maxRows)
      print(fmt::format("    … {} more; --all shows them\n", count - maxRows));
  };
  const Json &arguments = function["arguments"];
  print(fmt::format("  arguments {}\n", arguments.size()));
  for (size_t i = 0; i < std::min(maxRows, arguments.size()); ++i)
    print(fmt::format("    {:<36} {:<16} {}\n",
                      arguments[i]["name"].get<std::string>(),
                      arguments[i]["role"].get<std::string>(),
                      shapeTextOf(arguments[i])));
  more(arguments.size());

  std::vector<Json> kernels = function["kernels"];
  auto cost = [](const Json &kernel) {
    return kernel["flops"].get<double>() * kernel["calls"].get<double>();
  };
  std::stable_sort(kernels.begin(), kernels.end(), [&](const Json &a, const Json &b) {
    return cost(a) > cost(b);
  });
  print(fmt::format("  kernels {}, most work first: calls, FLOPs and bytes of "
                    "one call\n", kernels.size()));
  for (size_t i = 0; i < std::min(maxRows, kernels.size()); ++i)
    print(fmt::format("    {:<44} {:>5} {:>8} {:>8}B\n",
                      kernels[i]["name"].get<std::string>(),
                      kernels[i]["calls"].get<uint64_t>(),
                      decimal(kernels[i]["flops"]), decimal(kernels[i]["bytes"])));
  more(kernels.size());
}

/// What the steps in an object say of themselves.
Json describeSteps(const std::string &path) {
  Json all = Json::array();
  for (const NotedStep &step : readSteps(path)) {
    Json entry = Json::parse(step.text, nullptr, /*allow_exceptions=*/false);
    if (!entry.is_object())
      throw Error("AGC0362", "the note of '" + path + "' is damaged");
    entry["runs_here"] = step.runsHere;
    uint64_t bytes = 0;
    for (const auto &[function, size] : step.code) {
      entry["code"][function] = size;
      bytes += size;
    }
    if (!step.code.empty())
      entry["code_bytes"] = bytes;
    all.push_back(std::move(entry));
  }
  return all;
}

void printStep(const Json &step, size_t maxRows) {
  auto text = [&](const char *key) { return step.value(key, std::string("?")); };
  print(fmt::format("step {}  ({}, functions' version {}, schema {})\n"
                    "  target {}{}\n  flags {}\n",
                    text("name"), text("producer"), step.value("abi_version", 0), text("schema_hash"),
                    text("target"), step["runs_here"].get<bool>() ? "" : ", not this machine's",
                    text("flags")));
  Json memory = step.value("memory", Json::object());
  print(fmt::format("  state {}B   workspace {}B\n", binary(memory.value("state_bytes", 0.0)),
                    binary(memory.value("workspace_bytes", 0.0))));
  for (const char *kind : {"inputs", "hyperparameters"})
    for (const Json &entry : step.value(kind, Json::array()))
      print(fmt::format("    {:<36} {:<16} {}\n", entry.value("name", ""), entry.value("role", ""),
                        shapeTextOf(entry)));
  print("  functions");
  for (const Json &function : step.value("functions", Json::array()))
    print(" " + function.value("symbol", ""));
  print("\n");
  if (!step.contains("code"))
    return;
  std::vector<std::pair<std::string, uint64_t>> code;
  for (auto &[function, bytes] : step["code"].items())
    code.push_back({function, bytes.get<uint64_t>()});
  std::stable_sort(code.begin(), code.end(), [](auto &a, auto &b) { return a.second > b.second; });
  print(fmt::format("  code {}B in {} functions, largest first\n", binary(step["code_bytes"]),
                    code.size()));
  for (size_t i = 0; i < std::min(maxRows, code.size()); ++i)
    print(fmt::format("    {:<44} {:>8}B\n", code[i].first, binary(double(code[i].second))));
  if (code.size() > maxRows)
    print(fmt::format("    … {} more; --all shows them\n", code.size() - maxRows));
}

void inspectObject(const std::string &path, bool json, bool all) {
  Json steps = describeSteps(path);
  if (json) {
    print(Json{{"steps", steps}}.dump(2) + "\n");
    return;
  }
  for (const Json &step : steps)
    printStep(step, all ? size_t(-1) : 12);
}

} // namespace

void addInspect(CLI::App &app) {
  CLI::App *verb = addVerb(
      app, "inspect", "Show a program's functions and what they cost, or what a step was shipped as",
      "  agc inspect resnet18.agc\n"
      "  agc inspect resnet18.agc --function train_step --all\n"
      "  agc inspect resnet18.agc --json | jq '.functions[].flops'\n"
      "  agc inspect out/resnet18.o             # as agc compile wrote it");
  struct Flags {
    std::string file, function;
    bool all = false, json = false;
  };
  auto flags = std::make_shared<Flags>();
  verb->add_option("file", flags->file, "Program, or object, library or executable with a step")->required();
  verb->add_option("--function", flags->function, "Only this function");
  verb->add_flag("--all", flags->all, "Show all arguments and kernels");
  verb->add_flag("--json", flags->json, "Print JSON");
  addFloatingPoint(verb);
  verb->callback([flags] {
    if (isObjectFile(flags->file)) {
      if (!flags->function.empty())
        throw UsageError("--function is for programs; an object is shown whole");
      return inspectObject(flags->file, flags->json, flags->all);
    }
    // With backward and update written out, so that their ops are counted.
    proto::Module program = readProgram(flags->file);
    proto::Module module = checkedProgram(program, true);
    if (!flags->function.empty())
      findFunction(module, flags->function);
    Json functions = Json::array(), all;
    std::set<std::string> bodies = bodyNames(module);
    for (const proto::Function &function : module.functions())
      if (flags->function.empty() ? !bodies.count(function.name())
                                  : function.name() == flags->function)
        functions.push_back(describe(program, function));
    Json metadata = Json::object();
    for (const proto::Metadata &entry : module.metadata())
      metadata[entry.key()] = entry.value();
    if (flags->json) {
      all = {{"name", module.name()},
             {"producer", module.producer()},
             {"format", module.version()},
             {"metadata", metadata},
             {"functions", functions}};
      print(all.dump(2) + "\n");
      return;
    }
    print(fmt::format("{}  ({}, format {})\n",
                      module.name().empty() ? flags->file : module.name(),
                      module.producer(), module.version()));
    for (const Json &function : functions)
      printFunction(function, flags->all ? size_t(-1) : 12);
  });
}

} // namespace agc::cli
