//===- OutlineBodies.cpp - Bodies of loops and branches to functions -------===//
//
// Takes: agc ops without symbolic gradients.
// Gives: the same; each body is a function, before its user's, that the op's own
// region only calls. So what works on functions works on bodies.
//
//===----------------------------------------------------------------------===//
#include "passes/Passes.h"

using namespace mlir;
using namespace agc::ir;

namespace agc {
#define GEN_PASS_DEF_OUTLINEBODIESPASS
#include "passes/Passes.h.inc"

namespace {

struct OutlineBodiesPass : impl::OutlineBodiesPassBase<OutlineBodiesPass> {
  void runOnOperation() override {
    for (func::FuncOp function :
         llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>()))
      outline(function);
  }

private:
  void outline(func::FuncOp function);
  void outline(func::FuncOp function, Region &region, std::string name);
};

} // namespace

/// A checkpoint has done its work: its body's ops come in its place.
static void inlineBody(CheckpointOp op) {
  Block &body = op.getBody().front();
  for (auto [argument, input] : llvm::zip_equal(body.getArguments(), op.getInputs()))
    argument.replaceAllUsesWith(input);
  Operation *yield = body.getTerminator();
  op.replaceAllUsesWith(yield->getOperands());
  yield->erase();
  op->getBlock()->getOperations().splice(op->getIterator(), body.getOperations());
  op.erase();
}

/// Whether the op's bodies only call functions already.
static bool isOutlined(Operation *op) {
  return llvm::all_of(op->getRegions(), [](Region &region) {
    auto call = dyn_cast<func::CallOp>(region.front().front());
    return call && call->getNextNode() == region.front().getTerminator();
  });
}

void OutlineBodiesPass::outline(func::FuncOp function, Region &region,
                                std::string name) {
  OpBuilder builder(function);
  Location loc = region.getLoc();
  Block &block = region.front();
  Operation *yield = block.getTerminator();
  SmallVector<Type> results(yield->getOperandTypes());
  while (getOperation().lookupSymbol(name))
    name += "_";
  auto body = func::FuncOp::create(
      builder, loc, name,
      builder.getFunctionType(block.getArgumentTypes(), results));
  body.setPrivate();
  body->setAttr(bodyAttr, builder.getUnitAttr());
  body.getBody().takeBody(region);
  builder.setInsertionPoint(yield);
  func::ReturnOp::create(builder, yield->getLoc(), yield->getOperands());
  yield->erase();

  SmallVector<Location> locs(body.getNumArguments(), loc);
  Block *entry =
      builder.createBlock(&region, region.end(), body.getArgumentTypes(), locs);
  auto call = func::CallOp::create(builder, loc, body, entry->getArguments());
  YieldOp::create(builder, loc, call.getResults());
}

void OutlineBodiesPass::outline(func::FuncOp function) {
  // Inner ones first: they stand before what has them.
  SmallVector<Operation *> ops;
  function.walk([&](Operation *op) {
    if (isa<CondOp, ScanOp, CheckpointOp>(op) && !isOutlined(op))
      ops.push_back(op);
  });
  unsigned number = 0;
  for (Operation *op : ops) {
    if (auto checkpoint = dyn_cast<CheckpointOp>(op)) {
      inlineBody(checkpoint);
      continue;
    }
    std::string name = (function.getName() + "." + op->getName().stripDialect() +
                        Twine(number++))
                           .str();
    for (auto [i, region] : llvm::enumerate(op->getRegions()))
      outline(function, region,
              op->getNumRegions() == 1 ? name : name + "." + std::to_string(i));
  }
}

} // namespace agc
