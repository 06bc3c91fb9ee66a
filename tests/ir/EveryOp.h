//===- EveryOp.h - Programs that show what each op does --------------------===//
#ifndef AGC_TESTS_IR_EVERYOP_H
#define AGC_TESTS_IR_EVERYOP_H

#include "tests/fuzz/Elementwise.h"
#include "tests/fuzz/Program.h"

#include <filesystem>
#include <fstream>

namespace agc {

inline const fuzz::Elementwise &elementwise() {
  static fuzz::Elementwise all;
  return all;
}

/// The names of all registered ops.
inline std::vector<std::string> everyOp() {
  std::vector<std::string> names;
  for (mlir::RegisteredOperationName op : fuzz::context().getRegisteredOperationsByDialect(
           ir::AgcDialect::getDialectNamespace()))
    names.push_back(op.getStringRef().str());
  return names;
}

inline mlir::RegisteredOperationName registered(const std::string &op) {
  return *mlir::RegisteredOperationName::lookup(op, &fuzz::context());
}

/// Ranges of operands for which the op is finite and smooth: the widest of
/// these; of integers that become floating point some that differences can be
/// taken beside, if \p moderate. Throws std::runtime_error if there are none.
inline std::vector<fuzz::Range> operandRanges(const fuzz::ElementwiseForm &form,
                                              bool moderate = false) {
  auto candidates = [&](mlir::Type type) -> std::vector<fuzz::Range> {
    if (moderate && llvm::isa<mlir::FloatType>(form.result) && !type.isInteger(1) &&
        llvm::isa<mlir::IntegerType>(type))
      return {{0, 9}};
    if (!llvm::isa<mlir::FloatType>(type))
      return {fuzz::rangeOf(type), {0, 9}};
    return {{-2.5, 2.5}, {0.3, 2}, {-0.8, 0.8}, {1.1, 3}, {0.4, 0.9}};
  };
  std::vector<fuzz::Range> chosen(form.operands.size());
  std::vector<fuzz::Facts> facts(form.operands.size());
  std::function<bool(size_t)> choose = [&](size_t i) {
    if (i == chosen.size())
      return elementwise().sample(form, facts).has_value();
    for (fuzz::Range range : candidates(form.operands[i])) {
      chosen[i] = range;
      facts[i] = {range, llvm::isa<mlir::FloatType>(form.operands[i]) ? 1.0 : 0.0};
      if (choose(i + 1))
        return true;
    }
    return false;
  };
  if (!choose(0))
    throw std::runtime_error("where is " + form.name() + " finite? (tests/ir/EveryOp.h)");
  return chosen;
}

/// A program that grows by ops on new arguments.
class ExampleBuilder {
public:
  ExampleBuilder() : builder(&fuzz::context()) {
    mlir::Location loc = builder.getUnknownLoc();
    graph.module = mlir::ModuleOp::create(loc);
    function = mlir::func::FuncOp::create(loc, "f", builder.getFunctionType({}, {}));
    graph.module->push_back(function);
    builder.setInsertionPointToEnd(function.addEntryBlock());
    graph.made = std::make_shared<std::map<unsigned, std::vector<fuzz::Range>>>();
  }
  mlir::Value argument(mlir::RankedTensorType type, fuzz::Range range) {
    graph.arguments.push_back(range);
    return function.getBody().front().addArgument(type, builder.getUnknownLoc());
  }
  mlir::Value apply(const fuzz::ElementwiseForm &form, llvm::ArrayRef<mlir::Value> operands) {
    return form.build(builder, builder.getUnknownLoc(), operands)->getResult(0);
  }
  /// The same elements, by way of one more op to fuse with.
  mlir::Value same(mlir::Value x) {
    mlir::Location loc = builder.getUnknownLoc();
    if (mlir::getElementTypeOrSelf(x).isInteger(1))
      return ir::AndOp::create(builder, loc, x, x);
    return ir::MaximumOp::create(builder, loc, x, x);
  }
  void result(mlir::Value value) { results.push_back(value); }
  fuzz::Graph finish() {
    mlir::func::ReturnOp::create(builder, builder.getUnknownLoc(), results);
    function.setFunctionType(builder.getFunctionType(
        function.getBody().front().getArgumentTypes(), mlir::ValueRange(results).getTypes()));
    return std::move(graph);
  }

private:
  fuzz::Graph graph;
  mlir::OpBuilder builder;
  mlir::func::FuncOp function;
  llvm::SmallVector<mlir::Value> results;
};

/// All forms of an element-wise op, in several shapes.
inline fuzz::Graph elementwiseExample(const std::string &op) {
  static constexpr int64_t shapes[][2] = {{1, 37}, {3, 5}, {0, 0}};
  std::vector<const fuzz::ElementwiseForm *> forms;
  for (const fuzz::ElementwiseForm &form : elementwise().all())
    if (form.op == op)
      forms.push_back(&form);
  ExampleBuilder b;
  for (auto [i, form] : llvm::enumerate(forms))
    for (auto [k, sizes] : llvm::enumerate(shapes)) {
      // Of many forms each has one shape.
      if (forms.size() > 30 && i % 3 != k)
        continue;
      llvm::ArrayRef<int64_t> shape = sizes[0] ? llvm::ArrayRef(sizes) : llvm::ArrayRef<int64_t>();
      llvm::SmallVector<mlir::Value> operands;
      for (auto [type, range] : llvm::zip_equal(form->operands, operandRanges(*form, true)))
        operands.push_back(b.argument(mlir::RankedTensorType::get(shape, type), range));
      b.result(b.apply(*form, operands));
    }
  return b.finish();
}

/// The parts of tests/ir/examples/OP.mlir, which `// -----` divides. In a part
/// $F stands for each floating-point type in turn, $N for each number type, $A
/// for any. An op may be in another's file only if it has no meaning alone.
inline std::vector<fuzz::Graph> structuredExamples(const std::string &op) {
  std::string path = AGC_TEST_EXAMPLES "/" + op.substr(op.find('.') + 1) + ".mlir";
  std::ifstream file(path);
  std::string text(std::istreambuf_iterator<char>(file), {});
  std::vector<fuzz::Graph> graphs;
  llvm::SmallVector<llvm::StringRef> parts;
  llvm::StringRef(text).split(parts, "// -----");
  for (llvm::StringRef part : parts) {
    if (part.trim().empty())
      continue;
    std::vector<std::string> elements;
    for (mlir::Type type : fuzz::elementTypes()) {
      bool isFloat = llvm::isa<mlir::FloatType>(type), isBool = type.isInteger(1);
      if (part.contains("$F") ? isFloat : part.contains("$N") ? !isBool : part.contains("$A")) {
        elements.emplace_back();
        llvm::raw_string_ostream(elements.back()) << type;
      }
    }
    if (elements.empty())
      elements.push_back("");
    for (const std::string &element : elements) {
      std::string own = part.str();
      for (const char *name : {"$F", "$N", "$A"})
        for (size_t at; (at = own.find(name)) != own.npos;)
          own.replace(at, 2, element);
      std::optional<fuzz::Graph> graph = fuzz::Graph::read(own);
      if (!graph)
        throw std::runtime_error(path + " is no program: " + own);
      graphs.push_back(std::move(*graph));
    }
  }
  return graphs;
}

/// Programs that have the op in them; none if nobody wrote one.
inline std::vector<fuzz::Graph> examplesOf(const std::string &op) {
  if (registered(op).hasInterface<ir::Scalarizes>()) {
    std::vector<fuzz::Graph> graphs;
    graphs.push_back(elementwiseExample(op));
    return graphs;
  }
  return structuredExamples(op);
}

} // namespace agc

#endif
