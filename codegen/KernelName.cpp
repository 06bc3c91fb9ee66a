//===- KernelName.cpp - What a kernel is called, and what it costs ---------===//
#include "codegen/KernelName.h"

#include "codegen/Passes.h"
#include "ir/ScalarBuilder.h"
#include "passes/LowerToLinalg.h"
#include "passes/Winograd.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include "llvm/Support/raw_ostream.h"

#include <cstdlib>

using namespace mlir;
using namespace agc::ir;

namespace agc {

/// A body, its values numbered as they come.
static void printBody(Block &body, llvm::raw_ostream &os) {
  DenseMap<Value, unsigned> numbers;
  for (BlockArgument argument : body.getArguments())
    numbers.try_emplace(argument, numbers.size());
  for (Operation &op : body) {
    os << '\n' << op.getName() << op.getAttrDictionary();
    for (Value operand : op.getOperands()) {
      auto known = numbers.find(operand);
      if (known != numbers.end())
        os << " %" << known->second;
      else if (isa<RankedTensorType>(operand.getType()))
        os << " tensor"; // Looked up in: the nest says where that is.
      else // A constant from outside the body.
        os << ' ' << operand.getDefiningOp()->getAttrDictionary();
    }
    for (Value result : op.getResults()) {
      os << " -> " << result.getType();
      numbers.try_emplace(result, numbers.size());
    }
  }
}

std::string kernelKey(const LoopNest &nest, ArrayRef<MemRefType> buffers) {
  std::string text;
  llvm::raw_string_ostream os(text);
  for (MemRefType type : buffers)
    os << type << ';';
  for (unsigned l = 0; l < nest.numLoops(); ++l)
    os << (nest.isReduction[l] ? 'r' : 'p') << nest.sizes[l] << ',';
  for (const Access &access : llvm::concat<const Access>(
           nest.inputs, nest.outputs, nest.epilogueInputs)) {
    os << '|' << access.argument << ':' << access.element << '+' << access.offset;
    for (int64_t stride : access.strides)
      os << ',' << stride;
  }
  for (const Lookup &lookup : nest.lookups) {
    const Access &access = lookup.access;
    os << '@' << access.argument << ':' << access.element << '+' << access.offset;
    for (int64_t stride : access.strides)
      os << ',' << stride;
  }
  for (TypedAttr init : nest.inits)
    os << '=' << init;
  for (int loop : nest.loopOfIndex)
    os << '/' << loop;
  printBody(*nest.body, os);
  if (nest.epilogue) {
    os << "\nthen " << nest.resultArgument << nest.updatesInPlace;
    printBody(*nest.epilogue, os);
  }
  return text;
}

bool isSumOfProducts(const LoopNest &nest) {
  if (nest.inputs.size() != 2 || nest.numSums() != 1 || !nest.hasReductions())
    return false;
  auto sum = nest.body->getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  if (!sum || sum.getLhs() != nest.body->getArgument(2))
    return false;
  auto product = sum.getRhs().getDefiningOp<arith::MulFOp>();
  return product && product.getLhs() == nest.body->getArgument(0) &&
         product.getRhs() == nest.body->getArgument(1);
}

Operation *combinerOf(Block &body, unsigned firstHeld, unsigned sum) {
  BlockArgument held = body.getArgument(firstHeld + sum);
  Operation *op = body.getTerminator()->getOperand(sum).getDefiningOp();
  if (!op || op->getBlock() != &body || op->getNumOperands() != 2 || !held.hasOneUse() ||
      *held.user_begin() != op)
    return nullptr;
  return isa<arith::AddFOp, arith::AddIOp, arith::MulFOp, arith::MaximumFOp, arith::MinimumFOp,
             arith::MaxSIOp, arith::MinSIOp, arith::MaxUIOp, arith::MinUIOp>(op)
             ? op
             : nullptr;
}

std::string kernelName(const LoopNest &nest) {
  std::string name = isSumOfProducts(nest)    ? "product"
                     : nest.hasReductions() ? "reduce"
                                            : "map";
  std::string parallel, reduced;
  for (unsigned l = 0; l < nest.numLoops(); ++l) {
    std::string &sizes = nest.isReduction[l] ? reduced : parallel;
    sizes += (sizes.empty() ? "" : "x") + std::to_string(nest.sizes[l]);
  }
  if (!parallel.empty())
    name += "_" + parallel;
  if (!reduced.empty())
    name += "_over_" + reduced;
  if (nest.epilogue)
    name += "_then_map";
  return name;
}

static int64_t flopsOf(Block &body) {
  return llvm::count_if(body.without_terminator(), [](Operation &op) {
    return !isa<arith::ConstantOp, linalg::IndexOp, tensor::ExtractOp>(op) &&
           isa<FloatType>(op.getOperand(0).getType());
  });
}

int64_t kernelFlops(const LoopNest &nest) {
  int64_t flops = flopsOf(*nest.body) * nest.numIterations();
  if (nest.epilogue)
    flops += flopsOf(*nest.epilogue) * nest.numIterations(/*reductionsToo=*/false);
  return flops;
}

int64_t workPerIteration(const LoopNest &nest) {
  int64_t work = 0;
  for (Operation &op : nest.body->without_terminator())
    work += ir::workOf(op);
  return work;
}

int64_t kernelBytes(const LoopNest &nest) {
  int64_t bytes = 0;
  for (const Access &access : llvm::concat<const Access>(
           nest.inputs, nest.outputs, nest.epilogueInputs)) {
    // Elements within reach of the loops that move the operand.
    int64_t elements = 1, extent = 1;
    for (unsigned l = 0; l < nest.numLoops(); ++l)
      if (access.strides[l]) {
        elements *= nest.sizes[l];
        extent += std::abs(access.strides[l]) * (nest.sizes[l] - 1);
      }
    bytes += std::min(elements, extent) *
             std::max(1u, access.element.getIntOrFloatBitWidth() / 8);
  }
  for (const Lookup &lookup : nest.lookups)
    bytes += nest.numIterations() *
             std::max(1u, lookup.access.element.getIntOrFloatBitWidth() / 8);
  return bytes;
}

bool reorders(const LoopNest &nest) {
  if (nest.hasReductions() || nest.epilogue || !nest.lookups.empty() ||
      nest.outputs.size() != 1)
    return false;
  auto copied = dyn_cast<BlockArgument>(nest.body->getTerminator()->getOperand(0));
  if (!copied || copied.getArgNumber() >= nest.inputs.size())
    return false;
  ArrayRef<int64_t> from = nest.inputs[copied.getArgNumber()].strides,
                    to = nest.outputs[0].strides;
  // Two loops of which one walks further in the input, the other in the output. A loop
  // that stays where it is repeats an element, which is no order.
  for (unsigned i = 0; i < nest.numLoops(); ++i)
    for (unsigned j = 0; j < nest.numLoops(); ++j)
      if (from[i] && from[j] && std::abs(from[i]) < std::abs(from[j]) &&
          std::abs(to[i]) > std::abs(to[j]))
        return true;
  return false;
}

static bool isReshape(Operation *op) {
  return isa_and_nonnull<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(op);
}

StringRef whyReordered(linalg::GenericOp op) {
  if (auto why = op->getAttrOfType<StringAttr>(reorderAttr))
    return why;
  OpOperand *operand = op.getDpsInputOperand(0);
  Value from = operand->get(), to = op->getResult(0);
  auto isReadBy = [&](auto is) { return llvm::any_of(to.getUsers(), is); };
  if (llvm::any_of(op.getMatchingIndexingMap(operand).getResults(), [&](AffineExpr index) {
        return loopsOf(index, op.getNumLoops()).count() > 1;
      }))
    return "patches of a convolution's input";
  if (isa<BlockArgument>(from))
    return "an argument lies in the caller's order";
  if (isReadBy([](Operation *user) { return user->hasTrait<OpTrait::IsTerminator>(); }))
    return "a result goes to the caller in its order";
  if (isa_and_nonnull<winograd::WinogradDialect>(
          from.getDefiningOp() ? from.getDefiningOp()->getDialect() : nullptr) ||
      isReadBy([](Operation *user) {
        return isa<winograd::WinogradDialect>(user->getDialect());
      }))
    return "a convolution by tiles takes another order";
  if (isReshape(from.getDefiningOp()) || isReadBy(isReshape))
    return "a reshape takes elements in the shape's order";
  if (isa_and_nonnull<CondOp, ScanOp>(from.getDefiningOp()) ||
      isReadBy([](Operation *user) { return isa<CondOp, ScanOp>(user); }))
    return "a loop or branch takes the shape's order";
  if (isReadBy([](Operation *user) { return isa<tensor::InsertSliceOp>(user); }))
    return "a part of a value that lies in another order";
  if (isa_and_nonnull<tensor::ExtractSliceOp>(from.getDefiningOp()))
    return "of a part of a value that lies in another order";
  return "the model transposes it, or a gradient does";
}

} // namespace agc
