//===- Gradcheck.cpp - agc gradcheck: are the gradients right? --------------===//
//
// Per parameter, two comparisons. The compiled gradient against that of the
// reference pipeline (each op alone, f64, no vectors): is the code right? The
// reference's own against a central difference of its loss along a random
// direction: is the rule right? With --against, an object's gradients take the place
// of the compiled ones.
//
//===----------------------------------------------------------------------===//
#include "ir/Bodies.h"
#include "tools/agc/Call.h"
#include "tools/agc/GradientFunction.h"
#include "tools/agc/ObjectGradients.h"
#include "tools/agc/Program.h"
#include "tools/agc/Terminal.h"
#include "tools/agc/Verb.h"

#include "agc/Threads.h"
#include "runtime/core/Philox.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace agc::cli {
namespace {

struct GradcheckFlags {
  std::string file, against;
  double tolerance = 1e-3, differenceTolerance = 1e-4;
  uint64_t seed = 0;
  int threads = 0;
  bool json = false;
};

struct Row {
  std::string parameter;
  double norm = 0;       // of the reference's gradient
  double compiled = 0;   // its distance from the compiled one, relative
  double difference = 0; // of its slope from the central difference, relative
  bool isRounding = false; // that difference is no more than rounding makes
  int64_t worst = 0;       // the element that is furthest from the reference's
  double worstError = 0;   // by how much
};

/// An element whose gradient is looked at on its own.
struct Element {
  std::string name, line; // of the parameter, with its index; of the op that reads it first
  double checked, reference, difference;
};

State deepCopy(const State &state) {
  State copy;
  for (const auto &[name, tensor] : state.tensors) {
    HostTensor own = HostTensor::zeros(tensor.type, tensor.shape);
    copyElements(tensor, own);
    copy.tensors[name] = own;
  }
  return copy;
}

void copyInputs(const Call &from, const Call &to) {
  for (const std::string &name : from.inputs())
    copyElements(from.argument(name), to.argument(name));
}

class Check {
public:
  Check(const GradcheckFlags &flags, const proto::Module &program)
      : program(program), generator{flags.seed, 1u << 20} {
    proto::Function step = findFunction(program, "train_step");
    // Two modules: a body has one function that it is in.
    proto::Module both = program, alone = program;
    keepFunction(both, step.name());
    keepFunction(alone, step.name());
    *both.mutable_functions()->rbegin() = lossOfStep(step, true);
    *alone.mutable_functions()->rbegin() = lossOfStep(step, false);
    State weights;
    weights.load(weightsPath(flags.file));
    compiledState = deepCopy(weights);
    referenceState = std::move(weights);

    Call::Options options;
    options.seed = flags.seed;
    compiled = std::make_unique<Call>(both, "loss_and_gradients", compiledState,
                                      options);
    options.reference = true;
    reference = std::make_unique<Call>(both, "loss_and_gradients",
                                       referenceState, options);
    loss = std::make_unique<Call>(alone, "loss", referenceState, options);
    fillRandom(*compiled, flags.seed);
    copyInputs(*compiled, *reference);
    copyInputs(*compiled, *loss);
    compiled->run();
    reference->run();
    scale = referenceScale();
    checkedLoss = compiled->result("loss").at(0);
    for (const std::string &name : parameters())
      checked[name] = compiled->result("grad." + name);
    if (flags.against.empty())
      return;
    std::map<std::string, HostTensor> batch;
    for (const std::string &name : compiled->inputs())
      batch[name] = compiled->argument(name);
    ObjectGradients object = gradientsOfObject(flags.against, program, compiledState, batch);
    checkedLoss = object.loss;
    for (auto &[name, gradient] : checked)
      gradient = object.gradients.at(name);
  }

  std::vector<std::string> parameters() const {
    std::vector<std::string> names;
    for (const proto::ResultInfo &result : reference->manifest().results())
      if (result.name().rfind("grad.", 0) == 0)
        names.push_back(result.name().substr(5));
    return names;
  }

  Row check(const std::string &name) {
    const HostTensor &exact = reference->result("grad." + name);
    const HostTensor &fast = checked.at(name);
    Row row{name};
    double squares = 0, distance = 0;
    for (int64_t i = 0; i < exact.numel(); ++i) {
      double error = std::abs(fast.at(i) - exact.at(i));
      squares += exact.at(i) * exact.at(i);
      distance += error * error;
      if (error > row.worstError || std::isnan(error)) {
        row.worst = i;
        row.worstError = error;
      }
    }
    // A gradient that is zero but for rounding is held against the others.
    double against = std::max(std::sqrt(squares), 1e-6 * scale);
    row.norm = std::sqrt(squares);
    row.compiled = against ? std::sqrt(distance) / against : 0;
    measureSlope(name, exact, row);
    return row;
  }

  double lossGap() const {
    double exact = reference->result("loss").at(0);
    return std::abs(checkedLoss - exact) / std::max(1e-30, std::abs(exact));
  }

  /// The worst element of a row, with a central difference of the reference's loss there.
  Element look(const Row &row) {
    Element element;
    const HostTensor &value = loss->argument(row.parameter);
    int64_t rest = row.worst;
    std::string index;
    for (size_t d = value.shape.size(); d-- > 0; rest /= value.shape[d])
      index = std::to_string(rest % value.shape[d]) + (index.empty() ? "" : ", ") + index;
    element.name = row.parameter + (index.empty() ? "" : "[" + index + "]");
    element.line = lineThatReads(row.parameter);
    element.checked = checked.at(row.parameter).at(row.worst);
    element.reference = reference->result("grad." + row.parameter).at(row.worst);
    double x = value.at(row.worst), step = 1e-6 * std::max(1.0, std::abs(x));
    auto lossAt = [&](double at) {
      value.set(row.worst, at);
      loss->run();
      return loss->result("loss").at(0);
    };
    element.difference = (lossAt(x + step) - lossAt(x - step)) / (2 * step);
    value.set(row.worst, x);
    return element;
  }

private:
  double referenceScale() const {
    double largest = 0;
    for (const std::string &name : parameters()) {
      const HostTensor &gradient = reference->result("grad." + name);
      double squares = 0;
      for (int64_t i = 0; i < gradient.numel(); ++i)
        squares += gradient.at(i) * gradient.at(i);
      largest = std::max(largest, std::sqrt(squares));
    }
    return largest;
  }

  std::string lineThatReads(const std::string &parameter) const {
    const proto::Function &step = findFunction(program, "train_step");
    for (const proto::Node &node : step.nodes())
      for (uint32_t operand : node.operands())
        if (operand < uint32_t(step.arguments_size()) &&
            step.arguments(int(operand)).name() == parameter && node.location()) {
          const proto::Location &at = program.locations(int(node.location()) - 1);
          if (!at.file().empty())
            return at.file() + ":" + std::to_string(at.line());
        }
    return "";
  }

  /// The slope along a direction, by the gradient and by a central difference.
  /// Half of the direction is the gradient's own, or the slope of a tensor of
  /// millions would drown in the difference's rounding.
  void measureSlope(const std::string &name, const HostTensor &gradient, Row &row) {
    const HostTensor &value = loss->argument(name);
    int64_t count = value.numel();
    HostTensor direction = HostTensor::zeros(DType::F64, value.shape);
    generator.fillNormal(direction.data(), DType::F64, count, 0, 1);
    double norm = 0, gradientNorm = 0, size = 0, slope = 0;
    for (int64_t i = 0; i < count; ++i) {
      norm += direction.at(i) * direction.at(i);
      gradientNorm += gradient.at(i) * gradient.at(i);
      size += value.at(i) * value.at(i);
    }
    norm = std::sqrt(norm), gradientNorm = std::sqrt(gradientNorm);
    std::vector<double> saved(size_t(count), 0);
    for (int64_t i = 0; i < count; ++i) {
      double along = gradientNorm > 0 ? gradient.at(i) / gradientNorm : 0;
      direction.set(i, direction.at(i) / norm + along);
      slope += direction.at(i) * gradient.at(i);
      saved[size_t(i)] = value.at(i);
    }
    // Small, so that few ReLUs change sides on the way.
    double step = 1e-7 * std::max(1.0, std::sqrt(size));
    auto lossAt = [&](double distance) {
      for (int64_t i = 0; i < count; ++i)
        value.set(i, saved[size_t(i)] + distance * direction.at(i));
      loss->run();
      return loss->result("loss").at(0);
    };
    double up = lossAt(step), down = lossAt(-step);
    for (int64_t i = 0; i < count; ++i)
      value.set(i, saved[size_t(i)]);
    double measured = (up - down) / (2 * step);
    // What rounding alone puts between the two.
    double rounding = 4e-16 * (std::abs(up) + std::abs(down)) / step;
    double error = std::abs(measured - slope);
    double against = std::max(std::abs(slope), 1e-6 * scale);
    row.difference = against ? error / against : 0;
    row.isRounding = error <= 50 * rounding;
  }

  const proto::Module &program;
  Generator generator;
  double checkedLoss = 0;
  std::map<std::string, HostTensor> checked; // gradients: the compiled step's, or the object's
  State compiledState, referenceState;
  std::unique_ptr<Call> compiled, reference, loss;
  double scale = 0;
};

void gradcheck(const GradcheckFlags &flags) {
  if (flags.threads)
    set_num_threads(flags.threads);
  proto::Module program = checkedProgram(readProgram(flags.file));
  Check check(flags, program);
  std::vector<std::string> names = check.parameters();
  std::vector<Row> rows;
  {
    Progress progress("gradcheck", int64_t(names.size()));
    for (const std::string &name : names) {
      progress.update(int64_t(rows.size()), name);
      rows.push_back(check.check(name));
    }
  }
  auto worst = [&](double Row::*error) {
    // NaN is the worst of all.
    return *std::max_element(rows.begin(), rows.end(), [&](auto &a, auto &b) {
      if (error == &Row::difference && a.isRounding != b.isRounding)
        return a.isRounding;
      return !std::isnan(a.*error) && (std::isnan(b.*error) || a.*error < b.*error);
    });
  };
  Row code = worst(&Row::compiled), rule = worst(&Row::difference);
  Element element = check.look(code);
  bool passed = code.compiled <= flags.tolerance &&
                (rule.isRounding || rule.difference <= flags.differenceTolerance) &&
                check.lossGap() <= flags.tolerance;
  if (flags.json) {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const Row &row : rows)
      all.push_back({{"parameter", row.parameter},
                     {"norm", row.norm},
                     {"compiled_error", row.compiled},
                     {"difference_error", row.difference}});
    print(nlohmann::ordered_json{{"passed", passed},
                                 {"loss_error", check.lossGap()},
                                 {"worst", {{"element", element.name},
                                            {"line", element.line},
                                            {"checked", element.checked},
                                            {"reference", element.reference},
                                            {"difference", element.difference}}},
                                 {"parameters", all}}
              .dump() + "\n");
  } else {
    std::string kind = flags.against.empty() ? "compiled" : "object";
    print(fmt::format("{:<32} {:>12} {:>12} {:>12}\n", "parameter", "norm", kind, "difference"));
    for (const Row &row : rows)
      print(fmt::format("{:<32} {:>12.4e} {:>12.1e} {:>12.1e}\n", row.parameter,
                        row.norm, row.compiled, row.difference));
    print(fmt::format("worst: {} {:.1e} ({}), difference {:.1e} ({})\n", kind, code.compiled,
                      code.parameter, rule.difference, rule.parameter));
    print(fmt::format("worst element: {}{}: {} {:.6e}, reference {:.6e}, difference {:.6e}\n",
                      element.name, element.line.empty() ? "" : " (" + element.line + ")", kind,
                      element.checked, element.reference, element.difference));
  }
  if (!passed)
    throw Error("AGC0352", fmt::format("gradients differ: more than {:g} from the "
                                       "reference's, or its from differences by "
                                       "more than {:g}",
                                       flags.tolerance, flags.differenceTolerance));
}

} // namespace

void addGradcheck(CLI::App &app) {
  CLI::App *verb =
      addVerb(app, "gradcheck",
              "Compare a step's gradients with the reference and with differences",
              "  agc gradcheck lenet.agc\n"
              "  agc gradcheck lenet.agc --against out/lenet.o\n"
              "  agc gradcheck lenet.agc --json");
  auto flags = std::make_shared<GradcheckFlags>();
  verb->add_option("file", flags->file, "Program with a train_step")->required();
  verb->add_option("--against", flags->against,
                   "Object that agc compile made of the program: check its gradients")
      ->type_name("NAME.o");
  verb->add_option("--tolerance", flags->tolerance,
                   "Of the compiled gradients, relative to their norm")
      ->capture_default_str();
  verb->add_option("--difference-tolerance", flags->differenceTolerance,
                   "Of the slope of a central difference, relative")
      ->capture_default_str();
  verb->add_option("--seed", flags->seed, "Of batch and directions")
      ->capture_default_str();
  verb->add_option("--threads", flags->threads, "Threads; all processors if absent")
      ->check(CLI::Range(1, 1024));
  verb->add_flag("--json", flags->json, "Print JSON");
  addFloatingPoint(verb);
  verb->callback([flags] { gradcheck(*flags); });
}

} // namespace agc::cli
