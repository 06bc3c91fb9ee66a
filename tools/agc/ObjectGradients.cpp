#include "tools/agc/ObjectGradients.h"

#include "agc/Error.h"
#include "ir/State.h"
#include "tools/agc/GradientFunction.h"
#include "tools/agc/Program.h"
#include "tools/agc/ShippedStep.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

namespace agc::cli {
namespace {

/// So large that a parameter less its learning rate times its gradient is the gradient,
/// even where that is divided by the root of a large state.
constexpr double largeRate = 0x1p40, largeState = 0x1p40;

bool isRate(const std::string &hyper) { return hyper.rfind("lr", 0) == 0; }

class Reader {
public:
  Reader(const std::string &path, const proto::Module &program, const State &state)
      : path(path), program(program), tensors(stateOf(program)), begin(state), object(path) {}

  ObjectGradients run(const std::map<std::string, HostTensor> &batch);

private:
  const std::string &path;
  const proto::Module &program;
  const std::vector<StateTensor> tensors; // of its state
  const State &begin;
  ShippedStep object;
  StepUpdate update;
  proto::Module updateModule;

  void checkProgram(const std::map<std::string, HostTensor> &batch);
  /// A step of the object, with the optimizer's state of each parameter's shape at
  /// \p moments.
  void runObject(const std::map<std::string, HostTensor> &batch, double moments);
  /// What the reference makes of that state if all gradients are \p gradient.
  State updated(double gradient, double moments);
  /// The state's tensor in which the gradient has the largest part; empty if in none.
  std::string bestReader(const std::string &parameter, const std::vector<State> &by) const;
  HostTensor read(const std::string &reader, const std::vector<State> &by);
  /// The optimizer's state that follows a gradient, of each parameter's shape.
  std::vector<StateTensor> moments() const;
};

[[noreturn]] void otherProgram(const std::string &path, const std::string &what) {
  throw Error("AGC0363", "'" + path + "' was not made from this program: " + what);
}

} // namespace

void Reader::checkProgram(const std::map<std::string, HostTensor> &batch) {
  std::string schema = fmt::format("{:#x}", schemaOf(tensors));
  if (object.note().value("schema_hash", "") != schema)
    otherProgram(path, "its state has other tensors (schema " +
                           object.note().value("schema_hash", "") + ", the program's " + schema + ")");
  for (const auto &[name, given] : batch) {
    auto found = object.inputs.find(name);
    if (found == object.inputs.end())
      otherProgram(path, "it has no input '" + name + "'");
    if (found->second.shape != given.shape || found->second.type != given.type)
      otherProgram(path, "its input '" + name + "' is " +
                             typeText(found->second.type, found->second.shape) + ", the program's " +
                             typeText(given.type, given.shape));
  }
}

std::vector<StateTensor> Reader::moments() const {
  std::set<std::string> names;
  for (const auto &[parameter, readers] : update.readers)
    names.insert(readers.begin(), readers.end());
  std::vector<StateTensor> result;
  for (const StateTensor &tensor : tensors)
    if (tensor.role == proto::ROLE_OPTIMIZER_STATE && names.count(tensor.name))
      result.push_back(tensor);
  return result;
}

void Reader::runObject(const std::map<std::string, HostTensor> &batch, double moments) {
  object.init(0);
  for (const StateTensor &tensor : tensors) {
    auto found = begin.tensors.find(tensor.name);
    if (found == begin.tensors.end())
      continue;
    HostTensor own = HostTensor::zeros(DType(tensor.type.dtype()), found->second.shape);
    copyElements(found->second, own);
    std::memcpy(object.tensor(tensor.name), own.data(), own.sizeBytes());
  }
  for (const StateTensor &tensor : this->moments()) {
    HostTensor own = HostTensor::zeros(DType(tensor.type.dtype()),
                                       {tensor.type.shape().begin(), tensor.type.shape().end()});
    for (int64_t i = 0; i < own.numel(); ++i)
      own.set(i, moments);
    std::memcpy(object.tensor(tensor.name), own.data(), own.sizeBytes());
  }
  for (const auto &[name, given] : batch)
    copyElements(given, object.inputs.at(name));
  for (auto &[name, value] : object.hyper)
    if (isRate(name))
      value = largeRate;
  object.bind("train_step")();
}

State Reader::updated(double gradient, double moments) {
  Call::Options options;
  options.reference = true;
  for (const auto &[name, value] : object.hyper)
    options.hyper[name] = value;
  State state;
  for (const auto &[name, tensor] : begin.tensors) {
    state.tensors[name] = HostTensor::zeros(DType::F64, tensor.shape);
    copyElements(tensor, state.tensors[name]);
  }
  for (const StateTensor &tensor : this->moments()) {
    HostTensor &own = state.tensors[tensor.name] = HostTensor::zeros(
        DType::F64, {tensor.type.shape().begin(), tensor.type.shape().end()});
    for (int64_t i = 0; i < own.numel(); ++i)
      own.set(i, moments);
  }
  Call call(updateModule, update.function.name(), state, options);
  for (const std::string &input : call.inputs())
    if (input.rfind("grad.", 0) == 0)
      for (int64_t i = 0; i < call.argument(input).numel(); ++i)
        call.argument(input).set(i, gradient);
  call.run();
  return state;
}

std::string Reader::bestReader(const std::string &parameter, const std::vector<State> &by) const {
  std::string best;
  double bestShare = 0;
  auto readers = update.readers.find(parameter);
  if (readers == update.readers.end())
    return best;
  for (const std::string &name : readers->second) {
    const HostTensor &zero = by[0].tensors.at(name), &one = by[1].tensors.at(name),
                     &two = by[2].tensors.at(name);
    double least = INFINITY, largest = 0;
    for (int64_t i = 0; i < zero.numel(); ++i) {
      double slope = one.at(i) - zero.at(i), again = two.at(i) - one.at(i);
      if (!(std::abs(again - slope) <= 1e-9 * std::abs(slope)))
        least = 0;
      least = std::min(least, std::abs(slope));
      largest = std::max(largest, std::abs(zero.at(i)));
    }
    double share = zero.numel() ? least / (least + largest) : 1;
    if (share > bestShare) {
      best = name;
      bestShare = share;
    }
  }
  // Less than that, and rounding of an f32 shows.
  return bestShare > 1e-3 ? best : "";
}

HostTensor Reader::read(const std::string &reader, const std::vector<State> &by) {
  const HostTensor &zero = by[0].tensors.at(reader), &one = by[1].tensors.at(reader);
  HostTensor got = HostTensor::zeros(DType::F64, zero.shape), own;
  for (const StateTensor &tensor : tensors)
    if (tensor.name == reader)
      own = HostTensor::zeros(DType(tensor.type.dtype()), zero.shape);
  std::memcpy(own.data(), object.tensor(reader), own.sizeBytes());
  for (int64_t i = 0; i < got.numel(); ++i)
    got.set(i, (own.at(i) - zero.at(i)) / (one.at(i) - zero.at(i)));
  return got;
}

ObjectGradients Reader::run(const std::map<std::string, HostTensor> &batch) {
  const proto::Function &step = findFunction(program, "train_step");
  checkProgram(batch);
  update = updateOfStep(step);
  updateModule = program;
  keepFunction(updateModule, step.name());
  *updateModule.mutable_functions()->rbegin() = update.function;
  std::set<std::string> left;
  for (const proto::Argument &argument : update.function.arguments())
    if (argument.name().rfind("grad.", 0) == 0)
      left.insert(argument.name().substr(5));
  ObjectGradients result;
  for (double moments : {0.0, largeState}) {
    if (left.empty())
      break;
    runObject(batch, moments);
    result.loss = object.output("loss").at(0);
    std::vector<State> by;
    for (double gradient : {0, 1, 2})
      by.push_back(updated(gradient, moments));
    for (auto name = left.begin(); name != left.end();) {
      std::string reader = bestReader(*name, by);
      if (reader.empty()) {
        ++name;
        continue;
      }
      result.gradients[*name] = read(reader, by);
      name = left.erase(name);
    }
  }
  if (!left.empty())
    throw Error("AGC0364", "the update of '" + *left.begin() +
                               "' does not follow its gradient linearly (are gradients clipped?): "
                               "what an object's was cannot be read off its state");
  return result;
}

ObjectGradients gradientsOfObject(const std::string &path, const proto::Module &program,
                                  const State &state,
                                  const std::map<std::string, HostTensor> &batch) {
  return Reader(path, program, state).run(batch);
}

} // namespace agc::cli
