//===- Grad.cpp - agc grad: a forward graph in, its gradient out ------------===//
#include "ir/Bodies.h"
#include "tools/agc/GradientFunction.h"
#include "tools/agc/Program.h"
#include "tools/agc/Terminal.h"
#include "tools/agc/Verb.h"

#include "runtime/core/AtomicFile.h"

#include <sys/stat.h>

namespace agc::cli {

void addGrad(CLI::App &app) {
  CLI::App *verb = addVerb(
      app, "grad", "Write a function with its gradient",
      "  agc grad forward.agc -o train.agc\n"
      "  agc grad f.agc --function f --wrt x --wrt w -o - | agc dump -");
  struct Flags {
    std::string file, function = "forward", output;
    std::vector<std::string> wanted;
  };
  auto flags = std::make_shared<Flags>();
  verb->add_option("file", flags->file, "Program, or - for stdin")->required();
  verb->add_option("--function", flags->function, "Function to differentiate")
      ->capture_default_str();
  verb->add_option("--wrt", flags->wanted,
                   "Argument to differentiate by; else all parameters, or, "
                   "where there are none, all inputs");
  verb->add_option("-o,--output", flags->output, "Program to write, or - for stdout")
      ->required();
  verb->callback([flags] {
    proto::Module module = checkedProgram(readProgram(flags->file));
    proto::Function function = withGradient(
        findFunction(module, flags->function), std::move(flags->wanted));
    keepFunction(module, flags->function);
    function.set_name(flags->function + "_and_gradient");
    *module.mutable_functions()->rbegin() = std::move(function);
    module = checkedProgram(module, /*expandGradients=*/true);

    // The new program runs by itself: its weights go with it.
    if (flags->file != "-" && flags->output != "-") {
      std::string from = weightsPath(flags->file), to = weightsPath(flags->output);
      struct stat status;
      if (from != to && ::stat(from.c_str(), &status) == 0)
        writeFileAtomically(to, {readFile(from)});
    }
    writeProgram(flags->output, module);
  });
}

} // namespace agc::cli
