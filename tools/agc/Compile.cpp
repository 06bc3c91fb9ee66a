//===- Compile.cpp - agc compile: a program as an object and a C header -----===//
#include "tools/agc/Program.h"
#include "tools/agc/Terminal.h"
#include "tools/agc/Verb.h"

#include "runtime/jit/ShipStep.h"

#include <map>

namespace agc::cli {
namespace {

struct CompileFlags {
  std::string file, output;
  bool timing = false, json = false;
  ShipOptions options;
};

const std::map<std::string, ShipOptions::Emit> kinds = {
    {"obj", ShipOptions::Emit::Object},
    {"lib", ShipOptions::Emit::Library},
    {"asm", ShipOptions::Emit::Assembly},
    {"llvm-ir", ShipOptions::Emit::LLVM}};

void runCompile(CompileFlags &flags) {
  if (!stepNameOf(flags.output))
    throw UsageError("-o expects " + wantedStepPath(flags.output));
  if (flags.json && !flags.timing)
    throw UsageError("--json goes with --timing");
  if (flags.timing)
    flags.options.timing = flags.json ? Timing::Json : Timing::Text;
  std::string timing;
  flags.options.strict = get_strict_fp();
  std::vector<std::string> paths =
      shipStep(serialized(readProgram(flags.file)), flags.options, flags.output, &timing);
  std::string list = paths.front();
  for (size_t i = 1; i < paths.size(); ++i)
    list += (i + 1 < paths.size() ? ", " : " and ") + paths[i];
  talk("Wrote " + list + "\n");
  print(timing);
}

} // namespace

void addCompile(CLI::App &app) {
  CLI::App *verb = addVerb(
      app, "compile", "Ship a program: an object file that needs nothing, and its C header",
      "  agc compile lenet.agc -o out/lenet     # out/lenet.o, .h and .json\n"
      "  agc compile lenet.agc -o out/lenet --target=x86-64-v3\n"
      "  agc compile lenet.agc -o out/lenet --target=aarch64 --cpu=cortex-a76\n"
      "  agc compile lenet.agc -o out/lenet --max-memory=2MiB\n"
      "  agc compile lenet.agc -o out/lenet -g       # for gdb: lines of the model\n"
      "  agc compile lenet.agc -o out/lenet --emit=asm");
  auto flags = std::make_shared<CompileFlags>();
  verb->add_option("file", flags->file, "Program")->required();
  verb->add_option("-o,--output", flags->output,
                   "Path without suffix; the functions begin with its last part")
      ->required();
  verb->add_option("--target", flags->options.target, "Machine to compile for: agc targets")
      ->capture_default_str();
  verb->add_option("--cpu", flags->options.cpu,
                   "LLVM's name of a CPU of that kind, to use all that it can");
  verb->add_option("--max-memory", flags->options.maxMemoryBytes,
                   "Of state and workspace: values are computed again rather than kept")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/false))
      ->type_name("SIZE")
      ->check(CLI::PositiveNumber);
  verb->add_flag("--fortran", flags->options.fortran, "Write a Fortran module as well, .f90");
  verb->add_flag("-g,--debug-info", flags->options.debugInfo,
                 "Write the lines of the model into the object, for debuggers");
  verb->add_option("--sanitize", flags->options.sanitize,
                   "thread: for a program that is linked with -fsanitize=thread");
  verb->add_flag("--profile", flags->options.profile,
                 "Time each kernel: NAME_profile gives the table; agc bench NAME.o shows it");
  verb->add_option("--emit", flags->options.emit, "obj, lib, asm or llvm-ir")
      ->transform(CLI::CheckedTransformer(kinds))
      ->default_str("obj");
  verb->add_flag("--timing", flags->timing, "Print where the time goes, by phase and pass");
  verb->add_flag("--json", flags->json, "Print that as JSON");
  addFloatingPoint(verb);
  verb->callback([flags] { runCompile(*flags); });
}

} // namespace agc::cli
