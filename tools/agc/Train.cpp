//===- Train.cpp - agc train: a step, data, epochs --------------------------===//
#include "agc/Threads.h"
#include "runtime/core/Convert.h"
#include "tools/agc/Call.h"
#include "tools/agc/Dataset.h"
#include "tools/agc/Program.h"
#include "tools/agc/Recipe.h"
#include "tools/agc/Terminal.h"
#include "tools/agc/TrainState.h"
#include "tools/agc/Verb.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

namespace agc::cli {
namespace {

struct TrainFlags {
  std::string file, data, output, checkpoint, resume;
  int64_t epochs = 10, batch = 0;
  double lr = 0;
  uint64_t seed = 0;
  int threads = 0;
  bool json = false, resumePartial = false;
};

/// What the held-out part says.
struct Held {
  double loss = 0, accuracy = 0;
  bool hasAccuracy = false;
};

class Training {
public:
  Training(const TrainFlags &flags, proto::Module program)
      : flags(flags), module(std::move(program)), data(Dataset::load(flags.data)) {
    if (flags.batch)
      module = withBatch(module, flags.batch);
    progress.seed = flags.seed;
    // A whole checkpoint needs no weights beside the program.
    if (flags.resume.empty() || flags.resumePartial)
      state.load(weightsPath(flags.file));
    if (!flags.resume.empty())
      progress = resumeFrom(flags.resume, module, flags.seed, flags.resumePartial, state);
    options.seed = flags.seed;
    if (flags.lr > 0)
      options.hyper["lr"] = flags.lr;
    step = std::make_unique<Call>(module, "train_step", state, options);
    forward = std::make_unique<Call>(module, "forward", state, options);
    if (flags.lr > 0 && !step->hasArgument("lr"))
      throw UsageError("--lr: this step has no learning rate");
    data.checkFits(step->argument("x"), step->argument("target"));
    hasLabels = !info(step->argument("target").type).isFloat;
  }

  void run() {
    int64_t batch = step->argument("x").shape[0];
    int64_t trained = data.trained(), rest = trained % batch;
    int64_t steps = (trained + batch - 1) / batch;
    // Labels can say that a row is no example. Numbers cannot: what is left over
    // gets a step of its own size.
    if (!hasLabels && rest)
      makeRestStep(rest, steps);
    if (steps == 0)
      throw Error("AGC0330", "there are " + std::to_string(trained) +
                                 " examples to train on, fewer than a batch of " +
                                 std::to_string(batch) + "; use --batch");
    if (!flags.json)
      print(fmt::format("{} examples to train on, {} held out, {} steps of {} "
                        "an epoch\n",
                        trained, data.count - trained, steps, batch));
    auto [epoch, firstStep] = position(steps);
    for (; epoch < flags.epochs; ++epoch, firstStep = 0)
      runEpoch(epoch, firstStep, steps);
    if (!flags.output.empty())
      saveProgram();
    else if (flags.checkpoint.empty())
      talk("The trained weights are not saved: -o or --checkpoint does that.\n");
  }

private:
  /// The first epoch to come, and its first step: a shipped step says how many it
  /// made, and may have stopped within an epoch.
  std::pair<int64_t, int64_t> position(int64_t steps) const {
    auto made = int64_t(std::min<uint64_t>(progress.steps, INT64_MAX));
    std::pair<int64_t, int64_t> at = progress.epochs ? std::pair(*progress.epochs, int64_t(0))
                                                     : std::pair(made / steps, made % steps);
    if (at.first >= flags.epochs && !flags.resume.empty())
      talk(fmt::format("'{}' has seen {} epochs already; --epochs {} adds none.\n",
                       flags.resume, at.first, flags.epochs));
    return at;
  }

  void makeRestStep(int64_t rest, int64_t &steps) {
    if (metadata(module, "agc.model").empty()) {
      --steps;
      talk(fmt::format("The last {} examples of each epoch fill no batch and are "
                       "left out: only a program of agc new can change its batch.\n",
                       rest));
      return;
    }
    restStep = std::make_unique<Call>(withBatch(module, rest), "train_step", state,
                                      options);
  }

  void runEpoch(int64_t epoch, int64_t firstStep, int64_t steps) {
    std::vector<int64_t> order =
        shuffled(data.trained(), flags.seed, uint64_t(epoch));
    int64_t batch = step->argument("x").shape[0];
    Progress bar(fmt::format("epoch {}/{}", epoch + 1, flags.epochs), steps);
    double sum = 0;
    int64_t seen = 0;
    auto start = std::chrono::steady_clock::now();
    auto seconds = [&] {
      return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
    };
    for (int64_t i = firstStep; i < steps; ++i) {
      Call &call = restStep && i == steps - 1 ? *restStep : *step;
      int64_t real = data.fill(order, i * batch, call.argument("x"),
                               &call.argument("target"));
      call.run();
      ++progress.steps;
      double loss = call.result("loss").at(0);
      if (!std::isfinite(loss)) {
        bar.clear();
        throw Error("AGC0332", fmt::format("the loss became {} in step {} of epoch "
                                           "{}; a smaller --lr?",
                                           loss, i + 1, epoch + 1));
      }
      sum += loss * double(real);
      seen += real;
      bar.update(i + 1, fmt::format("loss {:.4f}  {:.0f} steps/s",
                                    sum / double(seen),
                                    double(i + 1 - firstStep) / seconds()));
    }
    double rate = double(steps - firstStep) / seconds();
    bar.clear();
    Held held = evaluate();
    report(epoch + 1, sum / double(seen), held, rate);
    progress.epochs = epoch + 1;
    if (!flags.checkpoint.empty())
      saveCheckpoint(flags.checkpoint, module, progress, state);
  }

  /// Over the held-out part, with the model in evaluation mode: how often the
  /// largest score of a label is that of the right one, or else the mean squared
  /// error.
  Held evaluate() {
    std::vector<int64_t> order(size_t(data.count - data.trained()));
    std::iota(order.begin(), order.end(), data.trained());
    const HostTensor &input = forward->argument("x");
    const HostTensor &output = forward->result("output");
    int64_t batch = input.shape[0], width = output.numel() / batch, right = 0;
    int64_t labels = data.y.numel() / data.count; // of an example
    double squares = 0;
    for (int64_t begin = 0; begin < int64_t(order.size()); begin += batch) {
      int64_t real = data.fill(order, begin, input, nullptr);
      forward->run();
      for (int64_t row = 0; row < real; ++row) {
        int64_t example = order[size_t(begin + row)];
        if (hasLabels)
          for (int64_t i = 0; i < labels; ++i)
            right += largest(output, row * width + i * (width / labels),
                             width / labels) ==
                     loadInteger(data.y.data(), data.y.type, example * labels + i);
        else
          for (int64_t j = 0; j < width; ++j) {
            double error = output.at(row * width + j) - data.y.at(example * width + j);
            squares += error * error;
          }
      }
    }
    double count = double(order.size());
    return {squares / (count * double(width)), double(right) / (count * double(labels)),
            hasLabels};
  }

  /// Which of \p count numbers is the largest.
  static int64_t largest(const HostTensor &scores, int64_t begin, int64_t count) {
    int64_t best = 0;
    for (int64_t j = 1; j < count; ++j)
      if (scores.at(begin + j) > scores.at(begin + best))
        best = j;
    return best;
  }

  void report(int64_t epoch, double loss, const Held &held, double rate) const {
    if (flags.json) {
      nlohmann::ordered_json line = {{"epoch", epoch}, {"loss", loss}};
      if (held.hasAccuracy)
        line["accuracy"] = held.accuracy;
      else
        line["held_out_mse"] = held.loss;
      line["steps_per_second"] = rate;
      print(line.dump() + "\n");
    } else {
      print(fmt::format("epoch {:>3}  loss {:.4f}  {} {:.4f}  {:.0f} steps/s\n",
                        epoch, loss,
                        held.hasAccuracy ? "accuracy" : "held-out error",
                        held.hasAccuracy ? held.accuracy : held.loss, rate));
    }
    std::fflush(stdout); // a pipe shows each epoch as it comes, too
  }

  void saveProgram() const {
    // The weights first: a program never stands beside weights not its own.
    State weights;
    for (const proto::ArgumentInfo &argument : step->manifest().arguments())
      if (argument.role() == proto::ROLE_PARAMETER ||
          argument.role() == proto::ROLE_BUFFER)
        weights.tensors[argument.name()] = state.tensors.at(argument.name());
    weights.save(weightsPath(flags.output));
    writeProgram(flags.output, module);
    talk(fmt::format("Wrote {} and {}\n", flags.output, weightsPath(flags.output)));
  }

  const TrainFlags &flags;
  proto::Module module;
  Dataset data;
  State state;
  Call::Options options;
  std::unique_ptr<Call> step, forward;
  std::unique_ptr<Call> restStep; // of the last, short batch, if it needs one
  TrainProgress progress;
  bool hasLabels = false;
};

} // namespace

void addTrain(CLI::App &app) {
  CLI::App *verb = addVerb(
      app, "train", "Train a step on a data set",
      "  agc new lenet --input=32x1x8x8 --classes=10 -o lenet.agc\n"
      "  agc train lenet.agc --data digits.npz --epochs 20 -o trained.agc\n"
      "  agc train lenet.agc --data digits.npz --checkpoint c.safetensors\n"
      "  agc train lenet.agc --data digits.npz --epochs 40 --resume c.safetensors");
  auto flags = std::make_shared<TrainFlags>();
  verb->add_option("file", flags->file, "Program with a train_step")->required();
  verb->add_option("--data", flags->data,
                   "Arrays x and y, one row an example; the last 20 % is held out")
      ->required()
      ->type_name("FILE.npz");
  verb->add_option("-o,--output", flags->output,
                   "Program to write, with the trained weights beside it");
  verb->add_option("--epochs", flags->epochs, "Turns through the data")
      ->capture_default_str()
      ->check(CLI::Range(int64_t(0), int64_t(1000000)));
  verb->add_option("--batch", flags->batch, "Examples a step, if not the program's")
      ->check(CLI::Range(int64_t(1), int64_t(1) << 30));
  verb->add_option("--lr", flags->lr, "Learning rate, if not the program's")
      ->check(CLI::PositiveNumber);
  verb->add_option("--seed", flags->seed, "Order of the examples")
      ->capture_default_str();
  verb->add_option("--threads", flags->threads, "Threads; all processors if absent")
      ->check(CLI::Range(1, 1024));
  verb->add_option("--checkpoint", flags->checkpoint,
                   "Whole state, written after each epoch")
      ->type_name("FILE.safetensors");
  auto *resume = verb->add_option("--resume", flags->resume,
                                  "Go on from a checkpoint of this model: agc "
                                  "train's, a shipped step's or the C++ API's")
                     ->type_name("FILE.safetensors");
  verb->add_flag("--resume-partial", flags->resumePartial,
                 "Take what fits of the checkpoint, by name; the rest is as without. "
                 "Says what did not")
      ->needs(resume);
  verb->add_flag("--json", flags->json, "One JSON object an epoch");
  addFloatingPoint(verb);
  verb->callback([flags] {
    if (flags->threads)
      set_num_threads(flags->threads);
    Training(*flags, readProgram(flags->file)).run();
  });
}

} // namespace agc::cli
