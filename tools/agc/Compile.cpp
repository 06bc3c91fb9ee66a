//===- Compile.cpp - agc compile: a program as an object and a C header -----===//
#include "tools/agc/Program.h"
#include "tools/agc/Terminal.h"
#include "tools/agc/Verb.h"

#include "runtime/core/AtomicFile.h"
#include "runtime/jit/CompilerLibrary.h"

#include <cctype>
#include <map>

namespace agc::cli {
namespace {

struct CompileFlags {
  std::string file, output;
  ShipOptions options;
};

/// `out/name`, of which the last part is the functions' name in C.
std::string identifierOf(const std::string &output) {
  std::string name = output.substr(output.rfind('/') + 1);
  bool fits = !name.empty() && !std::isdigit(static_cast<unsigned char>(name[0]));
  for (char c : name)
    fits &= c == '_' || std::isalnum(static_cast<unsigned char>(c));
  if (!fits)
    throw UsageError("-o expects a path whose last part is a name in C, as its "
                     "functions begin with it: letters, digits and _; got '" +
                     name + "'");
  return name;
}

const std::map<std::string, ShipOptions::Emit> kinds = {
    {"obj", ShipOptions::Emit::Object},
    {"asm", ShipOptions::Emit::Assembly},
    {"llvm-ir", ShipOptions::Emit::LLVM}};

void runCompile(CompileFlags &flags) {
  flags.options.name = identifierOf(flags.output);
  ShippedStep step;
  throwIf(compiler().ship(serialized(readProgram(flags.file)), flags.options, step));
  using Emit = ShipOptions::Emit;
  std::string suffix = flags.options.emit == Emit::Object     ? ".o"
                       : flags.options.emit == Emit::Assembly ? ".s"
                                                              : ".ll";
  writeFileAtomically(flags.output + suffix, {step.object});
  writeFileAtomically(flags.output + ".h", {step.header});
  writeFileAtomically(flags.output + ".json", {step.manifest});
  talk("Wrote " + flags.output + suffix + ", " + flags.output + ".h and " +
       flags.output + ".json\n");
}

} // namespace

void addCompile(CLI::App &app) {
  CLI::App *verb = addVerb(
      app, "compile", "Ship a program: an object file that needs nothing, and its C header",
      "  agc compile lenet.agc -o out/lenet     # out/lenet.o, .h and .json\n"
      "  agc compile lenet.agc -o out/lenet --target=x86-64-v3\n"
      "  agc compile lenet.agc -o out/lenet --target=aarch64 --cpu=cortex-a76\n"
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
  verb->add_option("--emit", flags->options.emit, "obj, asm or llvm-ir")
      ->transform(CLI::CheckedTransformer(kinds))
      ->default_str("obj");
  verb->callback([flags] { runCompile(*flags); });
}

} // namespace agc::cli
