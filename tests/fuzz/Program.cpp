//===- Program.cpp - A graph with its gradients, and numbers to run it on --===//
#include "tests/fuzz/Program.h"

#include "tests/fuzz/Random.h"

using namespace mlir;

namespace agc::fuzz {

Program withGradients(const Graph &graph, int order) {
  Program program;
  Graph copy = graph.clone();
  func::FuncOp function = copy.function();
  Block &block = function.getBody().front();
  Operation *end = block.getTerminator();
  OpBuilder b(end);
  Location loc = b.getUnknownLoc();
  program.ranges = graph.arguments;
  program.numArguments = block.getNumArguments();
  program.numResults = end->getNumOperands();
  SmallVector<Value> results(end->getOperands()), inputs, targets;
  for (auto [i, argument] : llvm::enumerate(block.getArguments()))
    if (ir::isFloat(argument)) {
      program.inputs.push_back(unsigned(i));
      inputs.push_back(argument);
    }
  for (auto [i, result] : llvm::enumerate(results))
    if (ir::isFloat(result)) {
      program.floatResults.push_back(unsigned(i));
      targets.push_back(result);
    }
  if (inputs.empty() || targets.empty())
    order = 0;
  program.order = order;
  for (int i = 0; i < order; ++i) {
    SmallVector<Value> operands = targets;
    for (Value target : targets) {
      operands.push_back(block.addArgument(target.getType(), loc));
      program.ranges.push_back({-1, 1});
    }
    llvm::append_range(operands, inputs);
    auto gradient = ir::GradientOp::create(b, loc, ValueRange(inputs).getTypes(), operands,
                                           int64_t(targets.size()));
    targets.assign(gradient.getResults().begin(), gradient.getResults().end());
    llvm::append_range(results, targets);
  }
  end->setOperands(results);
  function.setFunctionType(b.getFunctionType(block.getArgumentTypes(), ValueRange(results).getTypes()));
  program.module = std::move(copy.module);
  return program;
}

std::vector<Elements> drawArguments(const Program &program, uint64_t seed, bool rounded) {
  std::vector<Elements> arguments;
  auto function = cast<func::FuncOp>(program.module.get().getBody()->front());
  for (auto [type, range] : llvm::zip_equal(function.getArgumentTypes(), program.ranges)) {
    Random random(seed + 1000 * arguments.size());
    proto::TensorType message;
    ir::writeType(cast<RankedTensorType>(type), message);
    Elements own(message);
    Elements &drawn = arguments.emplace_back(own.isFloat() ? DType::F64 : own.dtype, own.count);
    for (size_t i = 0; i < own.count; ++i) {
      if (!own.isFloat()) {
        // All bits, where the range is that of the type.
        bool any = range.magnitude() > 0x1p31;
        drawn.setInteger(i, any ? int64_t(random.bits())
                                : random.between(int64_t(range.low), int64_t(range.high)));
        continue;
      }
      drawn.set(i, random.uniform(range.low, range.high));
      if (rounded) {
        own.set(i, drawn.number(i));
        drawn.set(i, own.number(i));
      }
    }
  }
  return arguments;
}

std::string bytesOf(ModuleOp module) {
  auto message = ir::writeModule(module);
  if (failed(message))
    throw std::runtime_error("the graph has no serialized form");
  return message->SerializeAsString();
}

} // namespace agc::fuzz
