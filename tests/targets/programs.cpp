//===- programs.cpp - Every op's examples as one program, with numbers ------===//
//
// programs FOLDER: writes all.agc, each of whose functions is an example of an op
// (tests/ir/EveryOp.h); inputs.bin; calls.h, C that calls each function on its part of
// the inputs; and outputs.txt, which says what the results are.
//
//===----------------------------------------------------------------------===//
#include "tests/codegen/AttentionText.h"
#include "tests/ir/EveryOp.h"

#include <cstdio>

using namespace agc;
using namespace agc::fuzz;

namespace {

class Programs {
public:
  explicit Programs(const std::string &folder)
      : folder(folder), calls(folder + "/calls.h"), outputs(folder + "/outputs.txt"),
        inputs(folder + "/inputs.bin", std::ios::binary),
        all(mlir::ModuleOp::create(mlir::UnknownLoc::get(&context()))) {}

  void add(const std::string &op, const Graph &graph);
  void finish();

private:
  std::string folder;
  std::ofstream calls, outputs, inputs;
  mlir::OwningOpRef<mlir::ModuleOp> all;
  size_t count = 0, inputBytes = 0, outputBytes = 0;

  /// Where the next `bytes` lie, each tensor at a multiple of 64.
  static size_t take(size_t &end, size_t bytes) {
    size_t begin = end;
    end += (bytes + 63) / 64 * 64;
    return begin;
  }
};

} // namespace

void Programs::add(const std::string &op, const Graph &graph) {
  Program program = withGradients(graph, 0);
  auto function = mlir::cast<mlir::func::FuncOp>(graph.function()->clone());
  std::string name = "f" + std::to_string(count++);
  function.setName(name);
  calls << "static int32_t call_" << name << "(void) {\n";
  std::string arguments = "state";
  if (function.getNumArguments()) {
    calls << "  step_batch batch = {0};\n";
    arguments += ", &batch";
  }
  std::vector<Elements> drawn = drawArguments(program, 3, /*rounded=*/true);
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    std::string number = std::to_string(i);
    function.setArgAttr(i, ir::nameAttr,
                        mlir::StringAttr::get(&context(), name + "_" + number));
    proto::TensorType type;
    ir::writeType(mlir::cast<mlir::RankedTensorType>(function.getArgumentTypes()[i]), type);
    Elements own(type);
    for (size_t k = 0; k < own.count; ++k) {
      if (own.isFloat())
        own.set(k, drawn[i].number(k));
      else
        own.setInteger(k, drawn[i].integer(k));
    }
    calls << "  batch." << name << "_" << number << " = (const void *)(inputs + "
          << take(inputBytes, own.sizeBytes()) << ");\n";
    inputs.write(static_cast<const char *>(own.memory.data), std::streamsize(own.sizeBytes()));
    inputs.write(std::string(inputBytes - size_t(inputs.tellp()), 0).data(),
                 std::streamsize(inputBytes - size_t(inputs.tellp())));
  }
  for (mlir::Type result : function.getResultTypes()) {
    proto::TensorType type;
    ir::writeType(mlir::cast<mlir::RankedTensorType>(result), type);
    Elements own(type);
    size_t at = take(outputBytes, own.sizeBytes());
    arguments += ", (void *)(outputs + " + std::to_string(at) + ")";
    outputs << name << ' ' << op << ' ' << info(own.dtype).name << ' ' << own.count << ' ' << at
            << '\n';
  }
  calls << "  return step_" << name << "(" << arguments << ", workspace, 0);\n}\n";
  all->push_back(function);
}

void Programs::finish() {
  calls << "static int32_t (*const calls[])(void) = {";
  for (size_t i = 0; i < count; ++i)
    calls << "call_f" << i << ", ";
  calls << "};\n";
  std::ofstream(folder + "/sizes.h")
      << "enum { INPUT_BYTES = " << inputBytes << ", OUTPUT_BYTES = " << outputBytes << " };\n";
  std::ofstream(folder + "/all.agc", std::ios::binary) << bytesOf(*all);
}

/// Attention as one op, which no example of an op is: with its gradients, of lengths that
/// fill no vector and no block.
static std::vector<Graph> attentionPrograms() {
  AttentionCase plain;
  plain.heads = 2;
  plain.queries = 33;
  plain.keys = 50;
  plain.features = 9;
  plain.channels = 5;
  AttentionCase causal = plain, counted = plain, added = plain;
  causal.causal = causal.interleaved = true;
  causal.queries = 67;
  counted.mask = AttentionCase::Square;
  counted.isBool = true;
  added.mask = AttentionCase::Keys;
  std::vector<Graph> graphs;
  for (const AttentionCase &c : {plain, causal, counted, added}) {
    std::string text;
    for (int i = 0; i < (c.mask ? 5 : 4); ++i)
      text += "// argument " + std::to_string(i) + (i == 4 && c.isBool ? ": [0, 1]\n" : ": [-1, 1]\n");
    graphs.push_back(std::move(*Graph::read(text + textOf(c))));
  }
  return graphs;
}

int main(int argc, char **argv) {
  if (argc != 2)
    return 2;
  Programs programs(argv[1]);
  for (const std::string &op : everyOp())
    for (const Graph &graph : examplesOf(op))
      programs.add(op, graph);
  for (const Graph &graph : attentionPrograms())
    programs.add("attention", graph);
  programs.finish();
  return 0;
}
