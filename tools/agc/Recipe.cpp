#include "tools/agc/Recipe.h"

#include "frontend/Trace.h"
#include "tools/agc/Program.h"

#include "agc/Error.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>

namespace agc::cli {
namespace {

[[noreturn]] void refuse(const std::string &why) { throw Error("AGC0360", why); }

std::string joined(const std::vector<int64_t> &sizes, char separator) {
  std::string text;
  for (int64_t size : sizes)
    text += (text.empty() ? "" : std::string(1, separator)) + std::to_string(size);
  return text;
}

template <typename Number>
Number parseNumber(const std::string &text, const std::string &what) {
  Number value{};
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  bool finite = true;
  if constexpr (std::is_floating_point_v<Number>)
    finite = std::isfinite(value);
  if (error != std::errc() || end != text.data() + text.size() || !finite)
    refuse(what + " expects a number, got '" + text + "'");
  return value;
}

std::vector<std::string> split(const std::string &text, char separator) {
  std::vector<std::string> parts(1);
  for (char c : text)
    if (c == separator)
      parts.emplace_back();
    else
      parts.back() += c;
  return parts;
}

/// `sgd(lr=0.01,momentum=0.9)`
void parseOptimizer(const std::string &text, ProgramRequest &request) {
  size_t open = text.find('(');
  std::string name = text.substr(0, open);
  if (name != "sgd")
    refuse("there is no optimizer '" + name + "'; there is sgd");
  if (open == std::string::npos)
    return;
  if (text.back() != ')')
    refuse("optimizer '" + text + "' does not end in ')'");
  std::string list = text.substr(open + 1, text.size() - open - 2);
  if (list.empty())
    return;
  const std::map<std::string, std::function<void(const std::string &)>> options = {
      {"lr", [&](auto &v) { request.lr = parseNumber<double>(v, "lr"); }},
      {"momentum",
       [&](auto &v) { request.momentum = parseNumber<double>(v, "momentum"); }},
      {"dampening",
       [&](auto &v) { request.dampening = parseNumber<double>(v, "dampening"); }},
      {"weight_decay",
       [&](auto &v) {
         request.weightDecay = parseNumber<double>(v, "weight_decay");
       }},
      {"nesterov", [&](auto &v) {
         if (v != "true" && v != "false")
           refuse("nesterov expects true or false, got '" + v + "'");
         request.nesterov = v == "true";
       }}};
  for (const std::string &part : split(list, ',')) {
    size_t equals = part.find('=');
    auto option = options.find(part.substr(0, equals));
    if (equals == std::string::npos || option == options.end())
      refuse("optimizer sgd has no option '" + part +
             "'; it has lr=, momentum=, dampening=, weight_decay=, nesterov=");
    option->second(part.substr(equals + 1));
  }
}

void addMetadata(proto::Module &module, const Recipe &recipe) {
  const std::map<std::string, std::string> entries = {
      {"agc.classes", std::to_string(recipe.classes)},
      {"agc.input", joined(recipe.input, 'x')},
      {"agc.loss", recipe.loss},
      {"agc.model", recipe.model},
      {"agc.optimizer", recipe.optimizer},
      {"agc.seed", std::to_string(recipe.seed)},
      {"agc.sizes", joined(recipe.sizes, ',')}};
  for (const auto &[key, value] : entries) {
    proto::Metadata *entry = module.add_metadata();
    entry->set_key(key);
    entry->set_value(value);
  }
}

} // namespace

std::vector<int64_t> parseSizes(const std::string &text, char separator,
                                const std::string &what) {
  std::vector<int64_t> sizes;
  for (const std::string &part : split(text, separator)) {
    sizes.push_back(parseNumber<int64_t>(part, what));
    if (sizes.back() < 1)
      refuse(what + " expects sizes of at least 1, got " + part);
  }
  return sizes;
}

Traced trace(const Recipe &recipe) {
  ProgramRequest request;
  request.model = recipe.model;
  request.input = recipe.input;
  request.sizes = recipe.sizes;
  request.classes = recipe.classes;
  request.loss = recipe.loss;
  request.seed = recipe.seed;
  parseOptimizer(recipe.optimizer, request);
  TracedProgram program = traceProgram(request);

  Traced traced;
  if (!traced.module.ParseFromString(program.module))
    throw Error("AGC0299", "the trace is not a program");
  addMetadata(traced.module, recipe);
  for (const SavedTensor &saved : program.weights) {
    HostTensor tensor = HostTensor::zeros(saved.type, saved.shape);
    std::memcpy(tensor.data(), saved.data.data(), tensor.sizeBytes());
    traced.weights.tensors[saved.name] = std::move(tensor);
  }
  return traced;
}

proto::Module withBatch(const proto::Module &module, int64_t batch) {
  Recipe recipe;
  recipe.model = metadata(module, "agc.model");
  std::string input = metadata(module, "agc.input");
  if (recipe.model.empty() || input.empty())
    throw Error("AGC0361", "the program does not say how it was made, so its "
                           "batch cannot be changed; make it with agc new");
  try {
    recipe.input = parseSizes(input, 'x', "agc.input");
    recipe.input[0] = batch;
    std::string sizes = metadata(module, "agc.sizes");
    if (!sizes.empty())
      recipe.sizes = parseSizes(sizes, ',', "agc.sizes");
    recipe.classes = parseNumber<int64_t>(metadata(module, "agc.classes", "10"),
                                          "agc.classes");
    recipe.seed =
        parseNumber<uint64_t>(metadata(module, "agc.seed", "0"), "agc.seed");
    recipe.loss = metadata(module, "agc.loss", recipe.loss);
    recipe.optimizer = metadata(module, "agc.optimizer", recipe.optimizer);
    return trace(recipe).module;
  } catch (const Error &error) {
    if (std::strcmp(error.code(), "AGC0360"))
      throw;
    // What a command line would have to answer for is here the file's fault.
    throw Error("AGC0361", "the program's metadata is damaged: " + error.msg());
  }
}

} // namespace agc::cli
