#include "tools/agc/ShippedStep.h"

#include "agc/Error.h"
#include "runtime/core/AtomicFile.h"
#include "runtime/core/Philox.h"
#include "runtime/core/ThreadPool.h"
#include "runtime/jit/CompilerLibrary.h"
#include "tools/agc/Call.h"

#include <cstring>
#include <fstream>
#include <utility>

namespace agc::cli {
namespace {

using nlohmann::json;

// -fsanitize=function looks for a type before the function, which code that was loaded
// from an object has not.
#if defined(__clang__)
#define AGC_CALLS_LOADED_CODE __attribute__((no_sanitize("function")))
#else
#define AGC_CALLS_LOADED_CODE
#endif

/// More than a step of many outputs takes.
constexpr size_t maxPointers = 2048;

template <size_t> using Pointer = void *;
template <size_t... I>
AGC_CALLS_LOADED_CODE int32_t callWith(void *function, void *const *p, std::index_sequence<I...>) {
  return reinterpret_cast<int32_t (*)(Pointer<I>...)>(function)(p[I]...);
}

/// Calls a function of pointers with at least as many. The caller takes away what it gave,
/// in the calling conventions of all machines that objects are loaded on: so more than
/// the function takes do no harm, and a few kinds of calls are enough.
template <size_t Count = 8>
int32_t callPointers(void *function, std::vector<void *> pointers) {
  if (pointers.size() > Count) {
    if constexpr (Count < maxPointers)
      return callPointers<Count * 4>(function, std::move(pointers));
  }
  pointers.resize(Count);
  return callWith(function, pointers.data(), std::make_index_sequence<Count>());
}

AGC_CALLS_LOADED_CODE int32_t callInit(void *function, void *state, uint64_t seed) {
  return reinterpret_cast<int32_t (*)(void *, uint64_t)>(function)(state, seed);
}
AGC_CALLS_LOADED_CODE const char *callStrerror(void *function, int32_t status) {
  return reinterpret_cast<const char *(*)(int32_t)>(function)(status);
}
AGC_CALLS_LOADED_CODE int32_t callProfile(void *function, void *state, void *table) {
  return reinterpret_cast<int32_t (*)(void *, void *)>(function)(state, table);
}
AGC_CALLS_LOADED_CODE int32_t callReset(void *function, void *state) {
  return reinterpret_cast<int32_t (*)(void *)>(function)(state);
}
AGC_CALLS_LOADED_CODE void *callTensor(void *function, void *state, const char *name) {
  return reinterpret_cast<void *(*)(void *, const char *)>(function)(state, name);
}

HostTensor tensorOf(const json &entry) {
  auto name = entry.at("dtype").get<std::string>();
  for (int type = 1; type < int(numDTypes); ++type)
    if (info(DType(type)).name == name)
      return HostTensor::zeros(DType(type), entry.at("shape").get<std::vector<int64_t>>());
  throw Error("AGC0362", "the note of the object names a dtype that is none: '" + name + "'");
}

HostTensor memory(const json &bytes) {
  return HostTensor::zeros(DType::U8, {std::max<int64_t>(bytes.get<int64_t>(), 1)});
}

} // namespace

bool isObjectFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  char begin[8] = {};
  file.read(begin, sizeof(begin));
  return !std::memcmp(begin, "\177ELF", 4) || !std::memcmp(begin, "\0asm", 4) ||
         !std::memcmp(begin, "!<arch>\n", 8);
}

/// Those in a file's \p bytes.
static std::vector<NotedStep> stepsIn(const std::string &path, const std::string &bytes) {
  std::vector<NotedStep> steps;
  if (CompilerError error = compiler().notes(bytes, steps))
    throw Error("AGC0362", "'" + path + "' is no object of a step: " +
                               error.message.substr(error.message.find(' ') + 1));
  if (steps.empty())
    throw Error("AGC0362", "'" + path + "' has no step in it that agc compile made");
  return steps;
}

std::vector<NotedStep> readSteps(const std::string &path) { return stepsIn(path, readFile(path)); }

ShippedStep::ShippedStep(const std::string &path) {
  std::string bytes = readFile(path);
  std::vector<NotedStep> steps = stepsIn(path, bytes);
  if (steps.size() > 1)
    throw Error("AGC0362", "'" + path + "' has " + std::to_string(steps.size()) +
                               " steps in it; give the object of one");
  try {
    description = json::parse(steps.front().text);
    readNote();
  } catch (json::exception &) {
    throw Error("AGC0362", "the note of '" + path + "' is damaged");
  }
  if (!steps.front().runsHere)
    throw Error("AGC0362", "'" + path + "' was compiled for " + description.value("target", "") +
                               ", which this machine is not: it cannot be run here");
  if (description.value("flags", "").find("--sanitize=") != std::string::npos)
    throw Error("AGC0362", "'" + path + "' was compiled with --sanitize: it runs only where it is "
                               "linked with -fsanitize=thread");
  if (steps.front().code.empty() || bytes.compare(0, 4, "\177ELF"))
    throw Error("AGC0362", "'" + path + "' cannot be loaded: give the object, not what it was "
                               "linked into");
  throwIf(loadObject(bytes, object));
}

void ShippedStep::readNote() {
  state = memory(description.at("memory").at("state_bytes"));
  workspace = memory(description.at("memory").at("workspace_bytes"));
  for (const json &input : description.at("inputs")) {
    inputOrder.push_back(input.at("name"));
    inputs[inputOrder.back()] = tensorOf(input);
  }
  for (const json &number : description.at("hyperparameters"))
    hyper[number.at("name")] = number.value("default", 0.0);
  for (const json &entry : description.at("functions")) {
    Function &function = functions[entry.at("name")];
    function.takesBatch = entry.at("batch");
    function.takesHyper = entry.at("hyper");
    for (const json &output : entry.at("outputs")) {
      function.outputs.push_back(output.at("name"));
      outputs[function.outputs.back()] = tensorOf(output);
    }
  }
}

void *ShippedStep::symbol(const std::string &function) const {
  std::string name = description.at("name").get<std::string>() + "_" + function;
  void *address = object->find(name);
  if (!address)
    throw Error("AGC0362", "the object has no function '" + name + "'");
  return address;
}

void ShippedStep::refuse(int32_t status) const {
  if (status)
    throw Error("AGC0321", callStrerror(symbol("strerror"), status));
}

void ShippedStep::init(uint64_t seed) { refuse(callInit(symbol("init"), state.data(), seed)); }

void *ShippedStep::tensor(const std::string &name) {
  return callTensor(symbol("parameter"), state.data(), name.c_str());
}

std::vector<KernelTime> ShippedStep::takeKernelTimes() {
  // As in the header of a step with timers.
  struct Row {
    const char *name;
    uint64_t calls, ticks, flops, bytes;
  };
  std::vector<Row> table(description.value("timed_kernels", size_t(0)));
  if (!table.empty()) {
    refuse(callProfile(symbol("profile"), state.data(), table.data()));
    refuse(callReset(symbol("profile_reset"), state.data()));
  }
  std::vector<KernelTime> times;
  for (const Row &row : table)
    times.push_back({row.name, row.calls, row.ticks, row.flops, row.bytes, {}});
  return times;
}

std::function<void()> ShippedStep::bind(const std::string &name) {
  auto found = functions.find(name);
  if (found == functions.end()) {
    std::string known;
    for (const auto &[other, function] : functions)
      known += (known.empty() ? "" : ", ") + other;
    throw Error("AGC0303", "the object has no function '" + name + "'; it has " + known);
  }
  const Function &function = found->second;
  struct Call {
    std::vector<void *> batch, pointers;
    std::vector<double> numbers;
    std::shared_ptr<ThreadPool> pool = threadPool();
  };
  auto call = std::make_shared<Call>();
  for (const std::string &input : inputOrder)
    call->batch.push_back(inputs.at(input).data());
  call->numbers.resize(hyper.size());
  for (const json &number : description.at("hyperparameters")) {
    HostTensor scalar = tensorOf(number);
    scalar.set(0, hyper.at(number.at("name")));
    std::memcpy(reinterpret_cast<char *>(call->numbers.data()) + number.at("offset").get<size_t>(),
                scalar.data(), scalar.sizeBytes());
  }
  std::vector<void *> &pointers = call->pointers;
  pointers.push_back(state.data());
  if (function.takesBatch)
    pointers.push_back(call->batch.data());
  if (function.takesHyper)
    pointers.push_back(call->numbers.data());
  for (const std::string &output : function.outputs)
    pointers.push_back(outputs.at(output).data());
  pointers.push_back(workspace.data());
  pointers.push_back(call->pool->size() > 1 ? const_cast<agc_executor *>(call->pool->executor())
                                            : nullptr);
  if (pointers.size() > maxPointers)
    throw Error("AGC0362", "function '" + name + "' has more outputs than can be called here");
  return [this, call, address = symbol(name)] {
    refuse(callPointers(address, call->pointers));
  };
}

void fillRandom(ShippedStep &step, uint64_t seed) {
  Generator generator{seed, 0};
  for (const json &input : step.note().at("inputs")) {
    std::optional<std::pair<int64_t, int64_t>> range;
    if (input.contains("range"))
      range = input.at("range").get<std::pair<int64_t, int64_t>>();
    fillRandom(step.inputs.at(input.at("name")), range, generator);
  }
}

} // namespace agc::cli
