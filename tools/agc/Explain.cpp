//===- Explain.cpp - agc explain: why a function is compiled as it is ------===//
#include "ir/Bodies.h"
#include "runtime/jit/CompilerLibrary.h"
#include "tools/agc/Call.h"
#include "tools/agc/Program.h"
#include "tools/agc/Terminal.h"
#include "tools/agc/Verb.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace agc::cli {
namespace {

using Json = nlohmann::ordered_json;

/// The function that is meant where none is named: the one that trains.
std::string chosenFunction(const proto::Module &program, const std::string &name) {
  if (!name.empty())
    return findFunction(program, name).name();
  std::set<std::string> bodies = bodyNames(program);
  std::string first;
  for (const proto::Function &function : program.functions()) {
    if (function.name() == "train_step")
      return function.name();
    if (first.empty() && !bodies.count(function.name()))
      first = function.name();
  }
  if (first.empty())
    throw Error("AGC0303", "the program has no function of its own");
  return first;
}

/// The list of kernels that \p options.function becomes, as a graph of calls.
proto::Module listOf(const proto::Module &program, const CompileOptions &options) {
  std::string bytes;
  throwIf(compiler().outline(serialized(program), Phase::Kernels, options, bytes));
  proto::Module list;
  if (!list.ParseFromString(bytes))
    throw Error("AGC0299", "the compiler's outline does not parse");
  return list;
}

const proto::Attribute *find(const proto::Node &node, const char *name) {
  for (const proto::Attribute &attribute : node.attributes())
    if (attribute.name() == name)
      return &attribute;
  return nullptr;
}

std::string shapeText(const proto::TensorType &type) {
  std::string text;
  for (int64_t size : type.shape())
    text += (text.empty() ? "" : "x") + std::to_string(size);
  return text;
}

/// Each parameter that the function updates, with the kernel that writes it.
Json describeUpdates(const proto::Function &list) {
  std::vector<const proto::Node *> makers(size_t(list.arguments_size()));
  for (const proto::Node &node : list.nodes())
    makers.insert(makers.end(), size_t(node.results_size()), &node);
  Json updates = Json::array();
  for (const proto::Result &result : list.results()) {
    if (!result.updates() || result.value() >= makers.size())
      continue;
    const proto::Argument &argument = list.arguments(int(result.updates()) - 1);
    const proto::Node *maker = makers[result.value()];
    if (argument.role() != proto::ROLE_PARAMETER || !maker)
      continue;
    Json entry = {{"parameter", argument.name()},
                  {"shape", shapeText(argument.type())},
                  {"kernel", maker->op()}};
    if (const proto::Attribute *why = find(*maker, "apart"))
      entry["apart"] = why->s();
    updates.push_back(std::move(entry));
  }
  return updates;
}

uint64_t numberOf(const proto::Node &node, const char *name, uint64_t otherwise) {
  const proto::Attribute *number = find(node, name);
  return number ? uint64_t(number->i()) : otherwise;
}

/// Each call that only brings a value into another order, of the list called \p name, which
/// is gone through so many times, and of the bodies of its loops and branches.
void describeReorders(const proto::Module &module, const std::string &name, uint64_t times,
                      Json &reorders) {
  auto list = std::find_if(module.functions().begin(), module.functions().end(),
                           [&](const proto::Function &each) { return each.name() == name; });
  for (const proto::Node &node : list->nodes()) {
    for (const std::string &body : node.regions())
      describeReorders(module, body, times * numberOf(node, "trips", 1), reorders);
    if (const proto::Attribute *why = find(node, "reorder")) {
      proto::Location unknown;
      reorders.push_back(
          {{"kernel", node.op()},
           {"calls", times},
           {"bytes", times * numberOf(node, "bytes", 0)},
           {"line", lineText(node.location() ? module.locations(int(node.location()) - 1)
                                             : unknown)},
           {"why", why->s()}});
    }
  }
}

/// Each attention that was found, and whether its scores are in memory.
Json describeAttention(const proto::Module &outline) {
  Json found = Json::array();
  for (const proto::Metadata &entry : outline.metadata())
    if (entry.key() == "attention")
      found.push_back(entry.value());
  return found;
}

Json explain(const proto::Module &program, const std::string &name) {
  CompileOptions options;
  options.function = name;
  options.strict = get_strict_fp();
  proto::Module outline = listOf(program, options);
  const proto::Function &list = findFunction(outline, name);
  proto::Module module = checkedProgram(program, true);
  std::shared_ptr<Executable> executable = findExecutable(program, options);
  const proto::Manifest &manifest = executable->manifest();
  uint64_t calls = 0, bytes = 0;
  for (const proto::KernelInfo &kernel : manifest.kernels()) {
    calls += kernel.calls();
    bytes += kernel.bytes() * kernel.calls();
  }
  Json reorders = Json::array();
  describeReorders(outline, name, 1, reorders);
  uint64_t moved = 0;
  for (const Json &each : reorders)
    moved += each["bytes"].get<uint64_t>();
  return {{"name", name},
          {"ops", findFunction(module, name).nodes_size()},
          {"kernels", manifest.kernels_size()},
          {"calls", calls},
          {"bytes", bytes},
          {"workspace_bytes", manifest.workspace_bytes()},
          {"least_workspace_bytes", manifest.least_bytes()},
          {"attention", describeAttention(outline)},
          {"updates", describeUpdates(list)},
          {"reorder_bytes", moved},
          {"reorders", std::move(reorders)}};
}

void printUpdates(const Json &updates, size_t maxRows) {
  size_t apart = std::count_if(updates.begin(), updates.end(),
                               [](const Json &each) { return each.contains("apart"); });
  if (updates.empty())
    return print("  updates   none: no parameter changes\n");
  print(fmt::format("  updates   {} of {} parameters in the kernels that make their "
                    "gradients, which never are in memory{}\n",
                    updates.size() - apart, updates.size(),
                    apart ? "; not the others, as" : ""));
  // The others first, by reason.
  std::map<std::string, std::vector<Json>> byReason;
  for (const Json &each : updates)
    byReason[each.value("apart", "")].push_back(each);
  auto row = [](const Json &each) {
    print(fmt::format("      {:<36} {:<14} {}\n", each["parameter"].get<std::string>(),
                      each["shape"].get<std::string>(), each["kernel"].get<std::string>()));
  };
  auto rows = [&](const std::string &title, const std::vector<Json> &list) {
    print(fmt::format("    {}: {}\n", title, list.size()));
    for (size_t i = 0; i < std::min(maxRows, list.size()); ++i)
      row(list[i]);
    if (list.size() > maxRows)
      print(fmt::format("      … {} more; --all shows them\n", list.size() - maxRows));
  };
  for (const auto &[reason, list] : byReason)
    if (!reason.empty())
      rows(reason, list);
  if (byReason.count(""))
    rows("in the gradient's kernel", byReason[""]);
}

/// Layers alike in one line.
void printAttention(const Json &found) {
  std::map<std::string, int> counts;
  for (const Json &each : found)
    ++counts[each.get<std::string>()];
  const char *title = "  attention ";
  for (const auto &[text, count] : counts) {
    print(fmt::format("{}{} of {}\n", title, count, text));
    title = "            ";
  }
}

void printReorders(const Json &function, size_t maxRows) {
  std::vector<Json> reorders = function["reorders"];
  uint64_t calls = 0;
  for (const Json &each : reorders)
    calls += each["calls"].get<uint64_t>();
  double moved = function["reorder_bytes"].get<double>(),
         bytes = std::max(1.0, function["bytes"].get<double>());
  print(fmt::format("  layouts   {} calls only bring a value into another order: {}B, {:.1f} % "
                    "of the {}B that are moved\n",
                    calls, decimal(moved), 100 * moved / bytes, decimal(bytes)));
  std::stable_sort(reorders.begin(), reorders.end(), [](const Json &a, const Json &b) {
    return a["bytes"].get<uint64_t>() > b["bytes"].get<uint64_t>();
  });
  for (size_t i = 0; i < std::min(maxRows, reorders.size()); ++i)
    print(fmt::format("    {:<28} {:>8}B  {}{}: {}\n",
                      reorders[i]["kernel"].get<std::string>(),
                      decimal(reorders[i]["bytes"].get<double>()),
                      reorders[i]["calls"] > 1
                          ? fmt::format("{} times, ", reorders[i]["calls"].get<uint64_t>())
                          : "",
                      reorders[i]["line"].get<std::string>(),
                      reorders[i]["why"].get<std::string>()));
  if (reorders.size() > maxRows)
    print(fmt::format("    … {} more; --all shows them\n", reorders.size() - maxRows));
}

void printExplanation(const Json &function, size_t maxRows) {
  print(fmt::format("function {}\n  fusion    {} ops in {} kernels, {} calls\n",
                    function["name"].get<std::string>(), function["ops"].get<int64_t>(),
                    function["kernels"].get<int64_t>(), function["calls"].get<uint64_t>()));
  printAttention(function["attention"]);
  printUpdates(function["updates"], maxRows);
  double workspace = function["workspace_bytes"].get<double>(),
         least = function["least_workspace_bytes"].get<double>();
  print(fmt::format("  memory    workspace {}B; {}B are alive at one kernel, the least that it "
                    "can be; ratio {:.3f}\n",
                    binary(workspace), binary(least), least > 0 ? workspace / least : 1.0));
  printReorders(function, maxRows);
}

} // namespace

void addExplain(CLI::App &app) {
  CLI::App *verb = addVerb(
      app, "explain",
      "Say what became of a function: updates, memory, layouts, and why",
      "  agc explain resnet18.agc\n"
      "  agc explain resnet18.agc --function=forward --all\n"
      "  agc explain resnet18.agc --json | jq '.updates[] | select(.apart)'");
  struct Flags {
    std::string file, function;
    bool all = false, json = false;
  };
  auto flags = std::make_shared<Flags>();
  verb->add_option("file", flags->file, "Program, or - for stdin")->required();
  verb->add_option("--function", flags->function, "Default: train_step, or the first");
  verb->add_flag("--all", flags->all, "Show all parameters and calls");
  verb->add_flag("--json", flags->json, "Print JSON");
  addFloatingPoint(verb);
  verb->callback([flags] {
    proto::Module program = readProgram(flags->file);
    (void)checkedProgram(program); // Every number is in its bounds.
    Json function = explain(program, chosenFunction(program, flags->function));
    if (flags->json)
      print(function.dump(2) + "\n");
    else
      printExplanation(function, flags->all ? size_t(-1) : 8);
  });
}

} // namespace agc::cli
