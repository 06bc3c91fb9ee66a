//===- Batch.cpp - From one example to a batch of them ---------------------===//
//
// Takes: a function of agc ops, gradients expanded, arguments marked.
// Gives: the function of a batch.
// Relies on: each op's own rule (Batchable).
//
//===----------------------------------------------------------------------===//
#include "passes/Passes.h"

using namespace mlir;
using namespace agc::ir;

namespace agc {
#define GEN_PASS_DEF_BATCHPASS
#include "passes/Passes.h.inc"

namespace {

struct BatchPass : impl::BatchPassBase<BatchPass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    Block &body = function.getBody().front();
    int64_t size = -1;
    SmallVector<bool> batched;
    for (unsigned i = 0; i < function.getNumArguments(); ++i) {
      auto attr = function.getArgAttrOfType<IntegerAttr>(i, batchedAttr);
      batched.push_back(bool(attr));
      if (attr)
        size = attr.getInt();
      function.removeArgAttr(i, batchedAttr);
    }
    if (size < 0)
      return;
    SmallVector<bool> results(function.getNumResults(), true);
    if (failed(batchBlock(body, size, batched, results)))
      return signalPassFailure();
    function.setFunctionType(
        FunctionType::get(&getContext(), body.getArgumentTypes(),
                          body.getTerminator()->getOperandTypes()));
  }
};

} // namespace
} // namespace agc
