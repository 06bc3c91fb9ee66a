//===- New.cpp - agc new: a built-in model as a program ---------------------===//
#include "tools/agc/Program.h"
#include "tools/agc/Recipe.h"
#include "tools/agc/Terminal.h"
#include "tools/agc/Verb.h"

namespace agc::cli {

void addNew(CLI::App &app) {
  CLI::App *verb = addVerb(
      app, "new", "Trace a built-in model and its training step",
      "  agc new lenet --input=32x1x8x8 --classes=10 -o lenet.agc\n"
      "  agc new mlp --sizes=784,512,512,10 --input=128x784 -o mlp.agc\n"
      "  agc new resnet18 --classes=10 --input=32x3x64x64 --loss=cross_entropy \\\n"
      "    --optimizer='sgd(lr=0.01,momentum=0.9)' --seed 0 -o r.agc\n"
      "  agc new gpt --layers=4 --heads=4 --width=128 --block=64 --vocab=65 \\\n"
      "    --optimizer='adamw(lr=0.001,beta2=0.99,weight_decay=0.1)' -o gpt.agc\n"
      "  agc new lstm --hidden=128 --classes=10 --optimizer='adam(lr=0.001)' -o l.agc");
  struct Flags {
    Recipe recipe;
    std::string input, sizes, output;
    /// What says something of one model only.
    std::vector<std::pair<CLI::Option *, std::string>> ofModel;
  };
  auto flags = std::make_shared<Flags>();
  Recipe &recipe = flags->recipe;
  verb->add_option("model", recipe.model, joined(programModels(), ", "))
      ->required()
      ->check(CLI::IsMember(programModels()));
  verb->add_option("--input", flags->input,
                   "Shape of a batch: 32x3x64x64; of a gpt 12 x its block and of "
                   "an lstm 32x64x64 unless said")
      ->type_name("SIZES");
  verb->add_option("--classes", recipe.classes, "Size of the output")
      ->capture_default_str()
      ->check(CLI::Range(int64_t(1), int64_t(1) << 31));
  CLI::Option *sizes =
      verb->add_option("--sizes", flags->sizes,
                       "Of an mlp's layers: 784,512,10; else one hidden layer of 128")
          ->type_name("SIZES");
  flags->ofModel.push_back({sizes, "mlp"});
  auto size = [&](const char *model, const char *flag, int64_t &value, const char *what) {
    CLI::Option *option = verb->add_option(flag, value, what)
                              ->capture_default_str()
                              ->check(CLI::Range(int64_t(1), int64_t(1) << 31));
    flags->ofModel.push_back({option, model});
  };
  size("lstm", "--hidden", recipe.hidden, "Of an lstm");
  size("gpt", "--layers", recipe.layers, "Of a gpt");
  size("gpt", "--heads", recipe.heads, "Of a gpt, a divisor of its width");
  size("gpt", "--width", recipe.width, "Of a gpt");
  size("gpt", "--block", recipe.block, "Of a gpt: the most tokens that it sees");
  size("gpt", "--vocab", recipe.vocab, "Of a gpt: different tokens");
  verb->add_option("--loss", recipe.loss,
                   joined(programLosses(), ", ") +
                       " (sum_error: sum of output - target; mean: of the output)")
      ->capture_default_str()
      ->check(CLI::IsMember(programLosses()));
  std::vector<std::string> optimizers;
  for (const ProgramOptimizer &optimizer : programOptimizers())
    optimizers.push_back(optimizerSyntax(optimizer));
  verb->add_option("--optimizer", recipe.optimizerText, joined(optimizers, ", "))
      ->capture_default_str();
  verb->add_option("--seed", recipe.seed, "Of the first weights")
      ->capture_default_str();
  verb->add_option("-o,--output", flags->output,
                   "Program to write; its weights go beside it")
      ->required();
  verb->callback([flags] {
    Recipe &recipe = flags->recipe;
    if (!flags->input.empty())
      recipe.input = parseSizes(flags->input, 'x', "--input");
    else if (recipe.model == "gpt")
      recipe.input = {12, recipe.block};
    else if (recipe.model == "lstm")
      recipe.input = {32, 64, 64};
    else
      throw UsageError("--input is required for " + recipe.model);
    for (const auto &[option, model] : flags->ofModel)
      if (option->count() && recipe.model != model)
        throw UsageError(option->get_name() + " is for " + model);
    if (recipe.width % recipe.heads)
      throw UsageError("--heads expects a divisor of --width " +
                       std::to_string(recipe.width) + ", got " +
                       std::to_string(recipe.heads));
    if (!flags->sizes.empty())
      recipe.sizes = parseSizes(flags->sizes, ',', "--sizes");
    std::string weights = weightsPath(flags->output);
    Traced traced = trace(recipe);
    traced.weights.save(weights);
    writeProgram(flags->output, traced.module);
    talk("Wrote " + flags->output + " and " + weights + "\n");
  });
}

} // namespace agc::cli
