#include "tools/agc/Call.h"

#include "agc/Error.h"
#include "agc/StrictFp.h"
#include "runtime/checkpoint/Checkpoint.h"
#include "runtime/core/Convert.h"
#include "runtime/core/Philox.h"
#include "tools/agc/Program.h"

#include <algorithm>
#include <cstring>

namespace agc::cli {
namespace {

std::vector<int64_t> shapeOf(const proto::TensorType &type) {
  return {type.shape().begin(), type.shape().end()};
}

bool isState(const proto::ArgumentInfo &argument) {
  return argument.role() != proto::ROLE_INPUT &&
         argument.role() != proto::ROLE_HYPERPARAMETER;
}

/// The tensor that an argument is, out of \p state where it belongs there.
HostTensor bind(const proto::ArgumentInfo &argument,
                const proto::Function &function, State &state,
                const Call::Options &options, TensorPool &pool) {
  auto type = static_cast<DType>(argument.type().dtype());
  std::vector<int64_t> shape = shapeOf(argument.type());
  if (isState(argument))
    return state.find(argument.name(), argument.role(), type, shape, options.seed,
                      pool);
  HostTensor value = HostTensor::zeros(type, shape);
  if (argument.role() == proto::ROLE_INPUT)
    return value;
  for (const proto::Argument &declared : function.arguments())
    if (declared.name() == argument.name())
      value.set(0, declared.default_value());
  auto given = options.hyper.find(argument.name());
  if (given != options.hyper.end())
    value.set(0, given->second);
  return value;
}

/// For all of the state that is not there yet.
TensorPool poolFor(const proto::Manifest &manifest, const State &state) {
  size_t room = 0;
  for (const proto::ArgumentInfo &argument : manifest.arguments())
    if (isState(argument) && !state.tensors.contains(argument.name()))
      room += TensorPool::roomFor(static_cast<DType>(argument.type().dtype()),
                                  shapeOf(argument.type()));
  return TensorPool(room);
}

[[noreturn]] void unknown(const char *kind, const std::string &name,
                          const std::string &known) {
  throw Error("AGC0322", std::string("the function has no ") + kind + " '" +
                             name + "'; it has " +
                             (known.empty() ? "none" : known));
}

/// Position of the entry called \p name, or -1 with the names that there are.
template <typename Entries>
int find(const Entries &entries, const std::string &name, std::string &known) {
  for (int i = 0; i < entries.size(); ++i) {
    if (entries[i].name() == name)
      return i;
    known += (known.empty() ? "" : ", ") + entries[i].name();
  }
  return -1;
}

} // namespace

std::string lineText(const proto::Location &location) {
  std::string text = location.scope();
  if (!location.file().empty())
    text += (text.empty() ? "" : " ") +
            location.file().substr(location.file().rfind('/') + 1) + ":" +
            std::to_string(location.line());
  if (text.empty())
    text = "?";
  return location.gradient_of().empty() ? text : text + ", backward";
}

void State::load(const std::string &path) {
  SafetensorsFile file;
  readWeights(path, file);
  size_t room = 0;
  for (const auto &[name, saved] : file.tensors)
    room += TensorPool::roomFor(saved.type, saved.shape);
  TensorPool pool(room);
  for (const auto &[name, saved] : file.tensors) {
    HostTensor tensor = pool.zeros(saved.type, saved.shape);
    std::memcpy(tensor.data(), saved.data.data(), tensor.sizeBytes());
    tensors[name] = std::move(tensor);
  }
}

HostTensor &State::find(const std::string &name, proto::Role role, DType type,
                        const std::vector<int64_t> &shape, uint64_t seed,
                        TensorPool &pool) {
  auto [found, isNew] = tensors.try_emplace(name);
  HostTensor &tensor = found->second;
  if (isNew && (role == proto::ROLE_PARAMETER || role == proto::ROLE_BUFFER)) {
    tensors.erase(found);
    throw Error("AGC0320", "the weights have no tensor '" + name +
                               "', which the program needs: " + typeText(type, shape));
  }
  if (isNew) {
    tensor = pool.zeros(type, shape);
    if (role == proto::ROLE_SEED)
      storeInteger(tensor.data(), type, 0, int64_t(seed));
  } else if (tensor.shape != shape) {
    throw Error("AGC0320", "tensor '" + name + "' of the weights is " +
                               typeText(tensor.type, tensor.shape) + ", expected " +
                               typeText(type, shape));
  } else if (tensor.type != type) {
    HostTensor converted = HostTensor::zeros(type, shape);
    copyElements(tensor, converted);
    tensor = converted;
  }
  return tensor;
}

void State::save(const std::string &path) const {
  std::vector<SavedTensor> saved;
  for (const auto &[name, tensor] : tensors)
    saved.push_back({name, tensor.type, tensor.shape,
                     std::string_view(tensor.data(), tensor.sizeBytes())});
  writeSafetensors(path, saved);
}

Call::Call(const proto::Module &module, const std::string &name, State &state,
           const Options &options) {
  const proto::Function &function = findFunction(module, name);
  CompileOptions compileOptions;
  compileOptions.function = name;
  compileOptions.reference = options.reference;
  compileOptions.profile = options.profile;
  compileOptions.timing = options.timing;
  compileOptions.strict = get_strict_fp();
  executable = findExecutable(module, compileOptions);

  TensorPool pool = poolFor(manifest(), state);
  for (const proto::ArgumentInfo &argument : manifest().arguments()) {
    arguments.push_back(bind(argument, function, state, options, pool));
    argumentPointers.push_back(arguments.back().data());
  }
  for (const proto::ResultInfo &result : manifest().results()) {
    // What is written in place is the argument itself.
    results.push_back(
        result.updates()
            ? arguments.at(result.updates() - 1)
            : HostTensor::zeros(static_cast<DType>(result.type().dtype()),
                                shapeOf(result.type())));
    resultPointers.push_back(results.back().data());
  }
  if (options.profile) {
    timers.resize(2 * size_t(manifest().kernels_size()));
    argumentPointers.push_back(timers.data());
  }
}

void Call::run() {
  agc_failure failure{};
  int32_t status =
      executable->run(argumentPointers.data(), resultPointers.data(), failure);
  if (status == 0)
    return;
  if (status < 0 || status > manifest().checks_size())
    throw Error("AGC0299", "a compiled function returned status " +
                               std::to_string(status));
  const proto::CheckInfo &check = manifest().checks(status - 1);
  std::string position;
  if (!check.location().file().empty())
    position = check.location().file() + ":" +
               std::to_string(check.location().line()) + ":" +
               std::to_string(check.location().column());
  throw Error("AGC0321", check.message() + ", got " +
                             std::to_string(failure.value) + " at position " +
                             std::to_string(failure.position),
              position);
}

std::vector<KernelTime> Call::takeKernelTimes() {
  std::vector<KernelTime> times;
  for (size_t i = 0; 2 * i < timers.size(); ++i) {
    const proto::KernelInfo &kernel = manifest().kernels(int(i));
    times.push_back(
        {kernel.name(), timers[2 * i], timers[2 * i + 1], kernel.flops(), kernel.bytes(), {}});
    for (const proto::Location &location : kernel.locations())
      times.back().lines.push_back(lineText(location));
  }
  std::fill(timers.begin(), timers.end(), 0);
  return times;
}

const HostTensor &Call::argument(const std::string &name) const {
  std::string known;
  int index = find(manifest().arguments(), name, known);
  if (index < 0)
    unknown("argument", name, known);
  return arguments[size_t(index)];
}

const HostTensor &Call::result(const std::string &name) const {
  std::string known;
  int index = find(manifest().results(), name, known);
  if (index < 0)
    unknown("result", name, known);
  return results[size_t(index)];
}

bool Call::hasArgument(const std::string &name) const {
  std::string known;
  return find(manifest().arguments(), name, known) >= 0;
}

std::vector<std::string> Call::inputs() const {
  std::vector<std::string> names;
  for (const proto::ArgumentInfo &argument : manifest().arguments())
    if (argument.role() == proto::ROLE_INPUT)
      names.push_back(argument.name());
  return names;
}

void fillRandom(const HostTensor &tensor, std::optional<std::pair<int64_t, int64_t>> range,
                Generator &generator) {
  if (info(tensor.type).isFloat)
    generator.fillUniform(tensor.data(), tensor.type, tensor.numel(), 0, 1);
  else
    generator.fillIntegers(tensor.data(), tensor.type, tensor.numel(), range ? range->first : 0,
                           range ? range->second : 2);
}

void fillRandom(Call &call, uint64_t seed) {
  Generator generator{seed, 0};
  uint32_t id = 0;
  for (const proto::ArgumentInfo &argument : call.manifest().arguments()) {
    ++id;
    if (argument.role() != proto::ROLE_INPUT)
      continue;
    std::optional<std::pair<int64_t, int64_t>> range;
    for (const proto::CheckInfo &check : call.manifest().checks())
      if (check.argument() == id)
        range = {std::max(check.lower(), range ? range->first : check.lower()),
                 std::min(check.upper(), range ? range->second : check.upper())};
    fillRandom(call.argument(argument.name()), range, generator);
  }
}

} // namespace agc::cli
