//===- Graph.cpp - A random program, and what is known of its values -------===//
#include "tests/fuzz/Graph.h"

#include "mlir/Parser/Parser.h"

#include "llvm/Support/Format.h"

#include <cmath>
#include <sstream>

using namespace mlir;

namespace agc::fuzz {

MLIRContext &context() {
  static MLIRContext *theContext = [] {
    auto *made = new MLIRContext(MLIRContext::Threading::DISABLED);
    made->loadDialect<ir::AgcDialect, func::FuncDialect>();
    return made;
  }();
  return *theContext;
}

Range rangeOf(Type element) {
  if (element.isF16())
    return {-65504, 65504};
  if (isa<FloatType>(element))
    return {-3e38, 3e38};
  unsigned width = element.getIntOrFloatBitWidth();
  if (element.isInteger(1) || element.isUnsignedInteger())
    return {0, std::ldexp(1, int(width)) - 1};
  return {-std::ldexp(1, int(width) - 1), std::ldexp(1, int(width) - 1) - 1};
}

Graph Graph::clone() const {
  return {seed, OwningOpRef<ModuleOp>(module.get().clone()), arguments, made};
}

unsigned Graph::numOps() const {
  unsigned count = 0;
  module.get().walk([&](Operation *op) {
    count += isa<ir::AgcDialect>(op->getDialect()) &&
             !op->hasTrait<OpTrait::IsTerminator>();
  });
  return count;
}

int64_t Graph::numElements() const {
  int64_t count = 0;
  for (Type type : function().getArgumentTypes())
    count += cast<ShapedType>(type).getNumElements();
  module.get().walk([&](Operation *op) {
    for (Value result : op->getResults())
      count += typeOf(result).getNumElements();
  });
  return count;
}

std::string Graph::text() const {
  std::string result;
  llvm::raw_string_ostream os(result);
  for (auto [i, range] : llvm::enumerate(arguments))
    os << "// argument " << i << ": [" << llvm::format("%.17g", range.low) << ", "
       << llvm::format("%.17g", range.high) << "]\n";
  module.get().print(os);
  return result;
}

std::optional<Graph> Graph::read(StringRef text) {
  Graph graph;
  graph.module = parseSourceString<ModuleOp>(text, &context());
  if (!graph.module || graph.module.get().getBody()->empty() ||
      !isa<func::FuncOp>(graph.module.get().getBody()->front()))
    return std::nullopt;
  // What nothing is said of is moderate.
  graph.arguments.assign(graph.function().getNumArguments(), {0.5, 1.5});
  std::istringstream lines(text.str());
  for (std::string line; std::getline(lines, line);) {
    unsigned number;
    Range range;
    if (std::sscanf(line.c_str(), "// argument %u: [%lf, %lf]", &number, &range.low, &range.high) == 3 &&
        number < graph.arguments.size())
      graph.arguments[number] = range;
  }
  graph.made = std::make_shared<std::map<unsigned, std::vector<Range>>>();
  return graph;
}

} // namespace agc::fuzz
