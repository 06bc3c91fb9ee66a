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
      "    --optimizer='sgd(lr=0.01,momentum=0.9)' --seed 0 -o r.agc");
  struct Flags {
    Recipe recipe;
    std::string input, sizes, output;
  };
  auto flags = std::make_shared<Flags>();
  Recipe &recipe = flags->recipe;
  verb->add_option("model", recipe.model, "mlp, lenet, resnet18, elementwise")
      ->required()
      ->check(CLI::IsMember({"mlp", "lenet", "resnet18", "elementwise"}));
  verb->add_option("--input", flags->input, "Shape of a batch: 32x3x64x64")
      ->required()
      ->type_name("SIZES");
  verb->add_option("--classes", recipe.classes, "Size of the output")
      ->capture_default_str()
      ->check(CLI::Range(int64_t(1), int64_t(1) << 31));
  verb->add_option("--sizes", flags->sizes,
                   "Of an mlp's layers: 784,512,10; else one hidden layer of 128")
      ->type_name("SIZES");
  verb->add_option("--loss", recipe.loss,
                   "cross_entropy, mse, sum_error (sum of output - target), mean "
                   "(of the output)")
      ->capture_default_str()
      ->check(CLI::IsMember({"cross_entropy", "mse", "sum_error", "mean"}));
  verb->add_option("--optimizer", recipe.optimizer,
                   "sgd(lr=,momentum=,dampening=,weight_decay=,nesterov=)")
      ->capture_default_str();
  verb->add_option("--seed", recipe.seed, "Of the first weights")
      ->capture_default_str();
  verb->add_option("-o,--output", flags->output,
                   "Program to write; its weights go beside it")
      ->required();
  verb->callback([flags] {
    Recipe &recipe = flags->recipe;
    recipe.input = parseSizes(flags->input, 'x', "--input");
    if (!flags->sizes.empty()) {
      if (recipe.model != "mlp")
        throw UsageError("--sizes is for mlp");
      recipe.sizes = parseSizes(flags->sizes, ',', "--sizes");
    }
    std::string weights = weightsPath(flags->output);
    Traced traced = trace(recipe);
    traced.weights.save(weights);
    writeProgram(flags->output, traced.module);
    talk("Wrote " + flags->output + " and " + weights + "\n");
  });
}

} // namespace agc::cli
