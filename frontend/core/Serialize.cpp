#include <agc/Serialize.h>

#include "frontend/core/AtLine.h"
#include "frontend/core/Host.h"
#include "frontend/core/StepState.h"
#include "runtime/checkpoint/Checkpoint.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>

namespace agc {

using namespace agc::detail;

namespace {

/// `momentum_buffer.3`
std::string nameOf(const optim::Optimizer::State &state) {
  return state.name + "." + std::to_string(state.parameter);
}

std::string rateKey(size_t group) { return "agc.lr." + std::to_string(group); }

/// The number that \p text is, or none.
std::optional<size_t> indexOf(std::string_view text) {
  size_t index;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return index;
}

/// The states that an optimizer would have made in its first step: each is like its
/// parameter, or one number.
void addStates(const optim::Optimizer &optimizer, const SafetensorsFile &file,
               OrderedDict<std::string, Tensor> &states,
               std::vector<optim::Optimizer::State> &added) {
  std::vector<Tensor> parameters;
  for (const optim::OptimizerParamGroup &group : optimizer.param_groups())
    parameters.insert(parameters.end(), group.params().begin(), group.params().end());
  for (const auto &[name, saved] : file.tensors) {
    size_t dot = name.rfind('.');
    std::optional<size_t> index =
        dot == name.npos ? std::nullopt : indexOf(std::string_view(name).substr(dot + 1));
    if (!index || *index >= parameters.size() || states.contains(name))
      continue;
    IntArrayRef shape = saved.shape.empty() ? IntArrayRef() : parameters[*index].sizes();
    added.push_back({name.substr(0, dot), *index, hostFull(shape, saved.type, 0)});
    states.insert(name, added.back().tensor);
  }
}

} // namespace

OrderedDict<std::string, Tensor> detail::namedTensors(const nn::Module &module) {
  OrderedDict<std::string, Tensor> all = module.named_parameters();
  for (const auto &item : module.named_buffers())
    all.insert(item.key(), item.value());
  return all;
}

void save(const nn::Module &module, const std::string &path, Loc loc) {
  atLine(loc, [&] { saveTensors(namedTensors(module), path); });
}
LoadReport load(nn::Module &module, const std::string &path, bool strict, Loc loc) {
  return atLine(loc, [&] {
    SafetensorsFile file;
    readWeights(path, file);
    return loadTensors(namedTensors(module), file, path, strict);
  });
}

void save(const optim::Optimizer &optimizer, const std::string &path, Loc loc) {
  OrderedDict<std::string, Tensor> states;
  for (const optim::Optimizer::State &state : optimizer.state())
    states.insert(nameOf(state), state.tensor);
  std::map<std::string, std::string> metadata = {{"agc.optimizer", typeName(typeid(optimizer).name())}};
  for (size_t i = 0; i < optimizer.param_groups().size(); ++i) {
    char text[32];
    std::snprintf(text, sizeof text, "%.17g", optimizer.param_groups()[i].options().get_lr());
    metadata[rateKey(i)] = text;
  }
  atLine(loc, [&] { saveTensors(states, path, metadata); });
}

LoadReport load(optim::Optimizer &optimizer, const std::string &path, bool strict, Loc loc) {
  return atLine(loc, [&] {
    SafetensorsFile file;
    readSafetensors(path, file);
    auto kind = file.metadata.find("agc.optimizer");
    std::string own = typeName(typeid(optimizer).name());
    if (kind == file.metadata.end() || kind->second != own)
      throw Error("AGC0118", "'" + path + "' is not the state of " + own +
                                 (kind == file.metadata.end() ? "" : " but of " + kind->second));
    OrderedDict<std::string, Tensor> states;
    std::vector<optim::Optimizer::State> added;
    for (const optim::Optimizer::State &state : optimizer.state())
      states.insert(nameOf(state), state.tensor);
    addStates(optimizer, file, states, added);
    LoadReport report = loadTensors(states, file, path, strict);
    for (optim::Optimizer::State &state : added)
      for (const TensorInfo &loaded : report.loaded)
        if (loaded.name == nameOf(state))
          optimizer.state().push_back(state);
    for (size_t i = 0; i < optimizer.param_groups().size(); ++i)
      if (auto rate = file.metadata.find(rateKey(i)); rate != file.metadata.end())
        optimizer.param_groups()[i].options().set_lr(std::strtod(rate->second.c_str(), nullptr));
    return report;
  });
}

void save(const Tensor &tensor, const std::string &path, Loc loc) {
  save(std::vector<Tensor>{tensor}, path, loc);
}
void save(const std::vector<Tensor> &tensors, const std::string &path, Loc loc) {
  atLine(loc, [&] {
    OrderedDict<std::string, Tensor> named;
    for (const Tensor &tensor : tensors)
      named.insert(std::to_string(named.size()), tensor);
    saveTensors(named, path);
  });
}

void load(Tensor &tensor, const std::string &path, Loc loc) {
  std::vector<Tensor> tensors;
  load(tensors, path, loc);
  if (tensors.size() != 1)
    failAt("AGC0118", "'" + path + "' has " + std::to_string(tensors.size()) +
                          " tensors, expected one",
           loc);
  tensor = tensors[0];
}
void load(std::vector<Tensor> &tensors, const std::string &path, Loc loc) {
  atLine(loc, [&] {
    SafetensorsFile file;
    readWeights(path, file);
    std::vector<Tensor> loaded;
    for (size_t i = 0; i < file.tensors.size(); ++i) {
      auto found = file.tensors.find(std::to_string(i));
      if (found == file.tensors.end())
        throw Error("AGC0118", "'" + path + "' has names, and no tensor '" + std::to_string(i) +
                                   "'; is it a model's?");
      const SavedTensor &saved = found->second;
      loaded.push_back(hostFull(saved.shape, saved.type, 0));
      setElements(loaded.back(), saved.data.data(), saved.data.size());
    }
    tensors = std::move(loaded);
  });
}

} // namespace agc
