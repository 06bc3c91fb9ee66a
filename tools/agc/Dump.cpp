//===- Dump.cpp - agc dump: a program at any phase --------------------------===//
#include "ir/Bodies.h"
#include "runtime/core/AtomicFile.h"
#include "runtime/jit/CompilerLibrary.h"
#include "tools/agc/Picture.h"
#include "tools/agc/Program.h"
#include "tools/agc/Terminal.h"
#include "tools/agc/Verb.h"

#include <algorithm>
#include <filesystem>
#include <iterator>

namespace agc::cli {
namespace {

struct DumpFlags {
  std::string file, function, phase = "graph", format = "text", output = "-",
                              saveFolder;
};

constexpr const char *phaseNames[] = {"graph", "gradient", "loops", "kernels",
                                      "native"};

Phase phaseOf(const std::string &name) {
  // The parser has checked that it is one of them.
  return static_cast<Phase>(std::find(std::begin(phaseNames), std::end(phaseNames), name) -
                            std::begin(phaseNames));
}

std::string textOf(const proto::Module &module, Phase phase,
                   const std::string &function) {
  CompileOptions options;
  options.function = function;
  options.strict = get_strict_fp();
  std::string text;
  throwIf(compiler().print(serialized(module), phase, options, text));
  return text;
}

/// A picture shows one function.
const proto::Function &pictured(const proto::Module &module,
                                const std::string &name) {
  if (!name.empty())
    return findFunction(module, name);
  for (const proto::Function &function : module.functions())
    if (function.name() == "train_step")
      return function;
  if (module.functions().empty())
    throw Error("AGC0303", "the program has no function");
  // Bodies stand before the function that has them.
  std::set<std::string> bodies = bodyNames(module);
  for (const proto::Function &function : module.functions())
    if (!bodies.count(function.name()))
      return function;
  throw Error("AGC0303", "the program has no function of its own");
}

void savePhases(const proto::Module &module, const DumpFlags &flags) {
  std::error_code error;
  std::filesystem::create_directories(flags.saveFolder, error);
  if (error)
    throw Error("AGC0201", "cannot make folder '" + flags.saveFolder +
                               "': " + error.message());
  for (int i = 0; i < 5; ++i) {
    std::string name = flags.saveFolder + "/" + std::to_string(i + 1) + "-" +
                       phaseNames[i] + (i == 4 ? ".s" : ".mlir");
    writeFileAtomically(name,
                        {textOf(module, static_cast<Phase>(i), flags.function)});
    talk("Wrote " + name + "\n");
  }
}

/// The program at a phase, as a graph: its own, or an outline of what it became.
proto::Module graphAt(const proto::Module &module, Phase phase,
                      const std::string &function) {
  if (phase == Phase::Graph || phase == Phase::Gradient)
    return checkedProgram(module, phase == Phase::Gradient);
  CompileOptions options;
  options.function = function;
  options.strict = get_strict_fp();
  std::string bytes;
  throwIf(compiler().outline(serialized(module), phase, options, bytes));
  proto::Module graph;
  if (!graph.ParseFromString(bytes))
    throw Error("AGC0299", "the compiler's outline does not parse");
  return graph;
}

std::string drawn(const proto::Module &module, Phase phase, const DumpFlags &flags) {
  if (flags.format != "json") {
    std::string name = pictured(module, flags.function).name();
    proto::Module graph = graphAt(module, phase, name);
    Picture picture = groupNodes(graph, findFunction(graph, name));
    return flags.format == "dot" ? drawDot(picture) : drawSvg(picture);
  }
  proto::Module graph = graphAt(module, phase, flags.function);
  if (!flags.function.empty())
    keepFunction(graph, flags.function);
  return writeJson(graph);
}

void dump(const DumpFlags &flags) {
  Phase phase = phaseOf(flags.phase);
  if (flags.format != "text" && phase == Phase::Native)
    throw UsageError("--phase=native is assembly, which --format=" + flags.format +
                     " cannot show; use --format=text");
  proto::Module module = readProgram(flags.file);
  if (!flags.function.empty())
    findFunction(module, flags.function);
  if (!flags.saveFolder.empty())
    return savePhases(module, flags);
  std::string text = flags.format == "text" ? textOf(module, phase, flags.function)
                                            : drawn(module, phase, flags);
  if (flags.output == "-")
    print(text);
  else
    writeFileAtomically(flags.output, {text});
}

} // namespace

void addDump(CLI::App &app) {
  CLI::App *verb = addVerb(
      app, "dump", "Print a program at a phase of its compilation",
      "  agc dump lenet.agc --phase=gradient\n"
      "  agc dump lenet.agc --phase=gradient --format=svg -o gradient.svg\n"
      "  agc dump lenet.agc --phase=kernels --function=train_step\n"
      "  agc dump lenet.agc --function=train_step --save-phases=phases");
  auto flags = std::make_shared<DumpFlags>();
  verb->add_option("file", flags->file, "Program, or - for stdin")->required();
  verb->add_option("--phase", flags->phase, "graph, gradient, loops, kernels, native")
      ->capture_default_str()
      ->check(CLI::IsMember({"graph", "gradient", "loops", "kernels", "native"}));
  verb->add_option("--format", flags->format, "text, dot, svg, json")
      ->capture_default_str()
      ->check(CLI::IsMember({"text", "dot", "svg", "json"}));
  verb->add_option("--function", flags->function,
                   "Only this function; pictures show train_step if there is one");
  auto *output = verb->add_option("-o,--output", flags->output,
                                  "File to write, or - for stdout");
  verb->add_option("--save-phases", flags->saveFolder,
                   "Write 1-graph.mlir to 5-native.s")
      ->type_name("FOLDER")
      ->excludes(output);
  addFloatingPoint(verb);
  verb->callback([flags] { dump(*flags); });
}

} // namespace agc::cli
