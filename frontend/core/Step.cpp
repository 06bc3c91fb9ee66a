//===- Step.cpp - Traced functions, compiled and called -------------------===//
#include <agc/Step.h>

#include "frontend/core/Anomaly.h"
#include "frontend/core/AtLine.h"
#include "frontend/core/Host.h"
#include "frontend/core/Promote.h"
#include "frontend/core/Random.h"
#include "frontend/core/StepState.h"
#include "frontend/core/Traced.h"

#include "ir/graph.pb.h"
#include "runtime/core/AtomicFile.h"
#include "runtime/core/Convert.h"
#include "runtime/core/abi.h"
#include "runtime/jit/Executable.h"
#include "runtime/jit/ShipStep.h"

#include <cstring>

namespace agc {
namespace detail {
namespace {

/// A traced function with its argument table, which a call only looks over.
class BoundFunction {
public:
  explicit BoundFunction(TracedFunction f) : function(std::move(f)) {
    emit(function.segment, function.spec, module);
    CompileOptions options;
    options.function = function.spec.name;
    options.strict = get_strict_fp();
    executable = findExecutable(module, options);

    size_t count = function.sources.size();
    arguments.resize(count);
    bound.resize(count, nullptr);
    written.resize(count, false);
    for (uint32_t update : function.spec.updates)
      if (update)
        written[update - 1] = true;
    for (const TracedFunction::Source &source : function.sources)
      if (source.hyperparameter >= 0)
        numbers.push_back(Buffer::allocate(AGC_ALIGNMENT));
    staged.resize(function.inputTypes.size());
    for (const Value &value : function.segment.inputs)
      argumentTypes.push_back(value.type());
    for (const Value &value : function.segment.outputs)
      resultTypes.push_back(value.type());
    results.resize(resultTypes.size(), nullptr);
    // The graph holds the states' values, which are to change in place.
    function.segment = Segment();
  }

  ~BoundFunction() {
    GraphLock lock;
    function = TracedFunction();
  }
  BoundFunction(const BoundFunction &) = delete;
  BoundFunction &operator=(const BoundFunction &) = delete;

  TypeRef resultType(size_t i) const { return resultTypes[i]; }
  const proto::Module &asModule() const { return module; }
  void setResult(size_t i, void *data) { results[i] = data; }

  void call(std::span<const Tensor *const> inputs, const Loc &loc) {
    GraphLock lock;
    if (!recorder().pending.empty())
      run(); // what was recorded before sees the states as they are now
    for (size_t i = 0; i < arguments.size(); ++i) {
      const TracedFunction::Source &source = function.sources[i];
      if (source.input >= 0)
        bindInput(i, *inputs[size_t(source.input)], size_t(source.input), loc);
      else if (source.hyperparameter >= 0)
        bindNumber(i, size_t(source.hyperparameter));
      else if (source.random)
        bindRandom(i);
      else if (source.storage->value.node.get() != bound[i] ||
               source.storage->escaped || (written[i] && bound[i]->refs != 1))
        bindState(i, *source.storage, loc);
    }
    if (looksForNan())
      expectNoNan(module, arguments);
    agc_failure failure{};
    ++hooks::counters().executions;
    int32_t status;
    {
      GraphUnlock others;
      status = executable->run(arguments.data(), results.data(), failure);
    }
    if (status)
      failed(status, failure, loc);
    for (size_t i = 0; i < arguments.size(); ++i)
      if (written[i] && !function.sources[i].random)
        ++function.sources[i].storage->version;
  }

private:
  void bindState(size_t i, Storage &storage, const Loc &loc) {
    if (storage.escaped) {
      // The user has a pointer: the function works on that very memory.
      bound[i] = nullptr;
      if (reinterpret_cast<uintptr_t>(storage.escaped->data()) % AGC_ALIGNMENT)
        failAt("AGC0101",
               "a parameter's memory must be aligned to 64 bytes, and that of shape " +
                   shapeText(storage.type->shape) + " is not; use clone()?",
               loc);
      arguments[i] = storage.escaped->data();
      return;
    }
    const Value &value = storage.value;
    if (!value.slot().buffer) {
      Value copy = value;
      run({&copy, 1});
    }
    // Values never change for those who still hold one.
    if (written[i] && (value.node->refs != 1 || value.slot().buffer.use_count() != 1)) {
      BufferRef buffer = allocate(storage.type);
      std::memcpy(buffer->data(), value.slot().buffer->data(), size_t(storage.type->sizeBytes));
      Value own = leafValue(storage.type, std::move(buffer));
      own.slot().leaf = value.slot().leaf;
      own.slot().tracked = value.slot().tracked;
      storage.setValue(std::move(own));
    }
    bound[i] = storage.value.node.get();
    arguments[i] = storage.value.slot().buffer->data();
  }

  void bindInput(size_t i, const Tensor &tensor, size_t index, const Loc &loc) {
    OpGuard op(name, loc);
    TensorImpl &impl = implOf(tensor);
    TypeRef type = function.inputTypes[index];
    if (impl.type != type)
      fail("AGC0107", "expects '" + function.spec.arguments[i].name + "' of shape " +
                          shapeText(type->shape) + " and dtype " +
                          dtypeName(type->dtype) + ", got " +
                          shapeText(impl.type->shape) + " and " +
                          dtypeName(impl.type->dtype));
    BufferRef held = materialize(tensor);
    void *data = held->data();
    if (reinterpret_cast<uintptr_t>(data) % AGC_ALIGNMENT) {
      staged[index] = allocate(type);
      std::memcpy(staged[index]->data(), data, size_t(type->sizeBytes));
      data = staged[index]->data();
    } else {
      staged[index] = std::move(held);
    }
    arguments[i] = data;
  }

  void bindNumber(size_t i, size_t index) {
    DType type = argumentTypes[i]->dtype;
    storeNumber(numbers[index]->data(), type, 0, function.hyperparameters[index]());
    arguments[i] = numbers[index]->data();
  }

  void bindRandom(size_t i) {
    randomState = takeRandomState(function.randomCounters);
    arguments[i] = randomState->data();
  }

  [[noreturn]] void failed(int32_t status, const agc_failure &failure, const Loc &loc) {
    std::string message = "a check failed";
    if (status - 1 < executable->manifest().checks_size())
      message = executable->manifest().checks(status - 1).message();
    throw Error("AGC0115",
                message + ", got " + std::to_string(failure.value) + " at position " +
                    std::to_string(failure.position) + "; nothing was changed",
                positionText(loc));
  }

  TracedFunction function;
  // What an input records on its way here may live longer than this.
  const char *name = internedText(internText(function.spec.name)).c_str();
  proto::Module module;
  std::shared_ptr<Executable> executable;
  std::vector<void *> arguments, results;
  std::vector<TypeRef> argumentTypes, resultTypes;
  std::vector<Node *> bound; // what each state's value was at the last call
  std::vector<bool> written;
  std::vector<BufferRef> numbers, staged;
  BufferRef randomState;
};

std::string serialized(const proto::Module &module) {
  std::string bytes;
  if (!module.SerializeToString(&bytes))
    throw Error("AGC0108", "a graph of more than 2 GiB cannot be written");
  return bytes;
}

std::string stem(const std::string &path) {
  size_t slash = path.rfind('/'), dot = path.rfind('.');
  return dot == path.npos || (slash != path.npos && dot < slash) ? path : path.substr(0, dot);
}

} // namespace

struct StepImpl {
  StepImpl(std::vector<TracedFunction> functions, proto::Module program, nn::Module &model)
      : state(functions, program), bound(std::move(functions.front())),
        program(std::move(program)), model(model), loss(Buffer::allocate(AGC_ALIGNMENT)) {
    bound.setResult(0, loss->data());
  }

  StepState state;
  BoundFunction bound;
  proto::Module program; // all functions
  nn::Module &model;
  uint64_t steps = 0; // that were made
  BufferRef loss;
};

std::shared_ptr<StepImpl> traceStep(nn::Module &module, Forward forward, Loss loss,
                                    optim::Optimizer &optimizer, Spec input,
                                    Spec target, Loc loc) {
  std::vector<TracedFunction> functions =
      traceProgram(module, forward, loss, optimizer, input, target, loc);
  proto::Module program;
  for (const TracedFunction &function : functions)
    emit(function.segment, function.spec, program);
  return std::make_shared<StepImpl>(std::move(functions), std::move(program), module);
}

/// A compiled function and what it was traced from.
struct CompiledImpl {
  Compiled::Function function;
  std::unique_ptr<BoundFunction> bound;
};

} // namespace detail

using namespace detail;

std::vector<size_t> detail::firstArgument() { return {0}; }
void detail::failArgument(size_t count, size_t got, Loc loc) {
  failAt("AGC0104",
         "'agc.value_and_grad' expects positions among its " + std::to_string(count) + " arguments, got " +
             std::to_string(got),
         loc);
}
Spec spec(std::vector<int64_t> shape, DType type, Loc loc) { return {std::move(shape), type, loc}; }

TrainStep::TrainStep(std::shared_ptr<detail::StepImpl> impl) : impl(std::move(impl)) {}
float TrainStep::operator()(const Tensor &input, const Tensor &target, Loc loc) const {
  const Tensor *inputs[] = {&input, &target};
  impl->bound.call(inputs, loc);
  ++impl->steps;
  return float(loadNumber(impl->loss->data(), impl->bound.resultType(0)->dtype, 0));
}

std::string TrainStep::serialize() const { return serialized(impl->program); }

void TrainStep::save(const std::string &path, Loc loc) const {
  atLine(loc, [&] {
    // Buffers that no function uses, and tensors that no module has.
    auto weights = namedTensors(impl->model);
    for (const auto &item : impl->state.weights())
      if (!weights.contains(item.key()))
        weights.insert(item.key(), item.value());
    saveTensors(weights, stem(path) + ".safetensors");
    writeFileAtomically(path, {serialize()});
  });
}

CompiledStep TrainStep::compile(StepOptions options) const { return {serialize(), std::move(options)}; }
CompiledStep::CompiledStep(std::string program, StepOptions options)
    : program(std::move(program)), options(std::move(options)) {}
void CompiledStep::write(const std::string &path, Loc loc) const {
  if (!stepNameOf(path))
    failAt("AGC0104", "a step is written to " + wantedStepPath(path), loc);
  ShipOptions ship;
  ship.target = options.target;
  ship.cpu = options.cpu;
  ship.maxMemoryBytes = options.max_memory;
  ship.debugInfo = options.debug_info;
  ship.sanitize = options.sanitize;
  ship.profile = options.profile;
  ship.strict = options.strict_fp;
  atLine(loc, [&] { shipStep(program, ship, path); });
}

uint64_t TrainStep::steps() const { return impl->steps; }

void TrainStep::save_checkpoint(const std::string &path, Loc loc) const {
  atLine(loc, [&] { impl->state.save(path, impl->steps); });
}

LoadReport TrainStep::load_checkpoint(const std::string &path, bool strict, Loc loc) const {
  return atLine(loc, [&] { return impl->state.load(path, strict, impl->steps); });
}

Compiled::Compiled(Function function, std::vector<Spec> specs, Loc loc)
    : impl(std::make_shared<CompiledImpl>()) {
  std::vector<NamedInput> inputs;
  for (size_t i = 0; i < specs.size(); ++i)
    inputs.push_back({"x" + std::to_string(i), specs[i]});
  NoGradGuard quiet;
  impl->bound = std::make_unique<BoundFunction>(traceFunction(
      "forward", inputs, [] { return std::vector<NamedState>(); },
      [&](const std::vector<Tensor> &xs) {
        return std::vector<NamedOutput>{{"output", function(xs)}};
      },
      loc));
  impl->function = std::move(function);
}

Tensor Compiled::call(const std::vector<Tensor> &inputs, Loc loc) const {
  bool wantsGradients = false;
  for (const Tensor &input : inputs)
    wantsGradients |= GradMode::is_enabled() && input.requires_grad();
  if (recorder().capture || recorder().body || wantsGradients)
    return impl->function(inputs);
  std::vector<const Tensor *> pointers;
  for (const Tensor &input : inputs)
    pointers.push_back(&input);
  TypeRef type = impl->bound->resultType(0);
  BufferRef buffer = allocate(type);
  impl->bound->setResult(0, buffer->data());
  impl->bound->call(pointers, loc);
  return wrap(leafValue(type, std::move(buffer)));
}

std::string Compiled::serialize() const { return serialized(impl->bound->asModule()); }

} // namespace agc
