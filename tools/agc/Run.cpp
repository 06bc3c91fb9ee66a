//===- Run.cpp - agc run: call a function once -----------------------------===//
#include "agc/Threads.h"
#include "tools/agc/Call.h"
#include "tools/agc/Npz.h"
#include "tools/agc/Program.h"
#include "tools/agc/Terminal.h"
#include "tools/agc/Verb.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace agc::cli {
namespace {

struct RunFlags {
  std::string file, function = "forward", inputs, output;
  bool random = false, reference = false, json = false;
  uint64_t seed = 0;
  int threads = 0;
};

/// Fills the inputs from the arrays of \p path, by name.
void loadInputs(Call &call, const std::string &path) {
  State given;
  if (path.size() > 4 && path.compare(path.size() - 4, 4, ".npz") == 0)
    given.tensors = readNpz(path);
  else
    given.load(path);
  for (const std::string &name : call.inputs()) {
    auto found = given.tensors.find(name);
    const HostTensor &input = call.argument(name);
    if (found == given.tensors.end())
      throw Error("AGC0320", "'" + path + "' has no input '" + name +
                                 "', which the function needs: " +
                                 typeText(input.type, input.shape));
    const HostTensor &tensor = found->second;
    if (tensor.shape != input.shape ||
        info(tensor.type).isFloat != info(input.type).isFloat)
      throw Error("AGC0320", "input '" + name + "' is " +
                                 typeText(tensor.type, tensor.shape) +
                                 ", expected " +
                                 typeText(input.type, input.shape));
    copyElements(tensor, input);
  }
}

/// The first elements, as many as fit a line.
std::string elementsText(const HostTensor &tensor) {
  constexpr int64_t shown = 8;
  std::string text;
  for (int64_t i = 0; i < std::min(tensor.numel(), shown); ++i)
    text += fmt::format("{}{:.6g}", i ? " " : "", tensor.at(i));
  return text + (tensor.numel() > shown ? " …" : "");
}

void printResults(const State &results, bool json) {
  if (!json) {
    for (const auto &[name, tensor] : results.tensors)
      print(fmt::format("{}  {}  {}\n", name, typeText(tensor.type, tensor.shape),
                        elementsText(tensor)));
    return;
  }
  nlohmann::ordered_json all;
  for (const auto &[name, tensor] : results.tensors) {
    nlohmann::ordered_json values = nlohmann::ordered_json::array();
    for (int64_t i = 0; i < tensor.numel(); ++i)
      values.push_back(tensor.at(i)); // NaN and infinity become null
    all[name] = {{"dtype", info(tensor.type).name},
                 {"shape", tensor.shape},
                 {"values", std::move(values)}};
  }
  print(all.dump() + "\n");
}

void run(const RunFlags &flags) {
  if (flags.threads)
    set_num_threads(flags.threads);
  proto::Module module = readProgram(flags.file);
  State state;
  bool hasState = false;
  for (const proto::Argument &argument :
       findFunction(module, flags.function).arguments())
    hasState |= argument.role() == proto::ROLE_PARAMETER ||
                argument.role() == proto::ROLE_BUFFER;
  if (hasState)
    state.load(weightsPath(flags.file));
  Call::Options options;
  options.reference = flags.reference;
  options.seed = flags.seed;
  Call call(module, flags.function, state, options);
  if (flags.random)
    fillRandom(call, flags.seed);
  else if (!flags.inputs.empty())
    loadInputs(call, flags.inputs);
  else if (!call.inputs().empty())
    throw UsageError("the function has inputs: give --inputs FILE or --random");
  call.run();
  State results;
  for (const proto::ResultInfo &result : call.manifest().results())
    results.tensors[result.name()] = call.result(result.name());
  if (!flags.output.empty())
    results.save(flags.output);
  else
    printResults(results, flags.json);
}

} // namespace

void addRun(CLI::App &app) {
  CLI::App *verb =
      addVerb(app, "run", "Call a function once and show its results",
              "  agc run lenet.agc --inputs images.npz\n"
              "  agc run r.agc --function train_step --random -o out.safetensors");
  auto flags = std::make_shared<RunFlags>();
  verb->add_option("file", flags->file, "Program")->required();
  verb->add_option("--function", flags->function, "Function to call")
      ->capture_default_str();
  auto *inputs = verb->add_option("--inputs", flags->inputs,
                                  "Arrays by the inputs' names")
                     ->type_name("FILE.npz|FILE.safetensors");
  verb->add_flag("--random", flags->random, "Random inputs")->excludes(inputs);
  verb->add_option("--seed", flags->seed, "Of random inputs and random streams")
      ->capture_default_str();
  verb->add_flag("--reference", flags->reference,
                 "Slow and exact: one op at a time, in f64");
  verb->add_option("--threads", flags->threads, "Threads; all processors if absent")
      ->check(CLI::Range(1, 1024));
  auto *json = verb->add_flag("--json", flags->json, "Print JSON");
  verb->add_option("-o,--output", flags->output, "Write the results instead")
      ->type_name("FILE.safetensors")
      ->excludes(json);
  addFloatingPoint(verb);
  verb->callback([flags] { run(*flags); });
}

} // namespace agc::cli
