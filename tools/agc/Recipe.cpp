#include "tools/agc/Recipe.h"

#include "tools/agc/Program.h"

#include "agc/Error.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <map>

namespace agc::cli {
namespace {

[[noreturn]] void refuse(const std::string &why) { throw Error("AGC0360", why); }

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

std::string sizesText(const std::vector<int64_t> &sizes, const char *separator) {
  std::vector<std::string> words;
  for (int64_t size : sizes)
    words.push_back(std::to_string(size));
  return joined(words, separator);
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

bool isOneOf(const std::vector<std::string> &list, const std::string &word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::vector<std::string> optionsOf(const ProgramOptimizer &optimizer) {
  std::vector<std::string> options;
  for (const std::string &number : optimizer.numbers)
    options.push_back(number + "=");
  for (const std::string &flag : optimizer.flags)
    options.push_back(flag + "=");
  return options;
}

/// `sgd(lr=0.01,momentum=0.9)`
void parseOptimizer(const std::string &text, ProgramRequest &request) {
  size_t open = text.find('(');
  request.optimizer = text.substr(0, open);
  request.options.clear();
  std::vector<ProgramOptimizer> all = programOptimizers();
  auto known = std::find_if(all.begin(), all.end(), [&](const ProgramOptimizer &optimizer) {
    return optimizer.name == request.optimizer;
  });
  if (known == all.end()) {
    std::vector<std::string> names;
    for (const ProgramOptimizer &optimizer : all)
      names.push_back(optimizer.name);
    refuse("there is no optimizer '" + request.optimizer + "'; there are " +
           joined(names, ", "));
  }
  if (open == std::string::npos)
    return;
  if (text.back() != ')')
    refuse("optimizer '" + text + "' does not end in ')'");
  std::string list = text.substr(open + 1, text.size() - open - 2);
  if (list.empty())
    return;
  for (const std::string &part : split(list, ',')) {
    size_t equals = part.find('=');
    std::string name = part.substr(0, equals);
    bool isNumber = isOneOf(known->numbers, name);
    if (equals == std::string::npos || (!isNumber && !isOneOf(known->flags, name)))
      refuse("optimizer " + known->name + " has no option '" + part + "'; it has " +
             joined(optionsOf(*known), ", "));
    if (request.options.count(name))
      refuse("optimizer " + known->name + " is given " + name + " twice");
    std::string value = part.substr(equals + 1);
    if (isNumber) {
      request.options[name] = parseNumber<double>(value, name);
      continue;
    }
    if (value != "true" && value != "false")
      refuse(name + " expects true or false, got '" + value + "'");
    request.options[name] = value == "true";
  }
}

/// The sizes of a model that are one number each.
struct SizeOption {
  const char *key;
  int64_t Recipe::*field;
};
const SizeOption sizeOptions[] = {
    {"agc.block", &Recipe::block},   {"agc.classes", &Recipe::classes}, {"agc.heads", &Recipe::heads},
    {"agc.hidden", &Recipe::hidden}, {"agc.layers", &Recipe::layers},   {"agc.vocab", &Recipe::vocab},
    {"agc.width", &Recipe::width}};

void addMetadata(proto::Module &module, const Recipe &recipe) {
  std::map<std::string, std::string> entries = {
      {"agc.input", sizesText(recipe.input, "x")},
      {"agc.loss", recipe.loss},
      {"agc.model", recipe.model},
      {"agc.optimizer", recipe.optimizerText},
      {"agc.seed", std::to_string(recipe.seed)},
      {"agc.sizes", sizesText(recipe.sizes, ",")}};
  // What says nothing of this model is not written.
  for (const SizeOption &option : sizeOptions)
    if (option.field == &Recipe::classes || recipe.*option.field != Recipe().*option.field)
      entries[option.key] = std::to_string(recipe.*option.field);
  for (const auto &[key, value] : entries) {
    proto::Metadata *entry = module.add_metadata();
    entry->set_key(key);
    entry->set_value(value);
  }
}

} // namespace

std::string joined(const std::vector<std::string> &words, const std::string &separator) {
  std::string text;
  for (const std::string &word : words)
    text += (text.empty() ? "" : separator) + word;
  return text;
}

std::string optimizerSyntax(const ProgramOptimizer &optimizer) {
  return optimizer.name + "(" + joined(optionsOf(optimizer), ",") + ")";
}

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
  ProgramRequest request = recipe;
  parseOptimizer(recipe.optimizerText, request);
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
    for (const SizeOption &option : sizeOptions)
      recipe.*option.field = parseNumber<int64_t>(
          metadata(module, option.key, std::to_string(recipe.*option.field)), option.key);
    recipe.seed =
        parseNumber<uint64_t>(metadata(module, "agc.seed", "0"), "agc.seed");
    recipe.loss = metadata(module, "agc.loss", recipe.loss);
    recipe.optimizerText =
        metadata(module, "agc.optimizer", recipe.optimizerText);
    return trace(recipe).module;
  } catch (const Error &error) {
    if (std::strcmp(error.code(), "AGC0360"))
      throw;
    // What a command line would have to answer for is here the file's fault.
    throw Error("AGC0361", "the program's metadata is damaged: " + error.msg());
  }
}

} // namespace agc::cli
