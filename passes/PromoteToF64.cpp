//===- PromoteToF64.cpp - Floating point to f64, for the reference ---------===//
//
// Takes: agc ops of any floating-point type.
// Gives: the same with f64 in its place, in arguments and results too.
//
//===----------------------------------------------------------------------===//
#include "passes/Passes.h"

using namespace mlir;
using namespace agc::ir;

namespace agc {
#define GEN_PASS_DEF_PROMOTETOF64PASS
#include "passes/Passes.h.inc"

namespace {

struct PromoteToF64Pass : impl::PromoteToF64PassBase<PromoteToF64Pass> {
  static Type promoted(Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || !isa<FloatType>(tensor.getElementType()))
      return type;
    return tensor.clone(Float64Type::get(type.getContext()));
  }

  static void promoteElements(ConstantOp constant) {
    auto elements = dyn_cast_or_null<DenseFPElementsAttr>(
        constant.getData().value_or(nullptr));
    if (!elements)
      return;
    Type f64 = Float64Type::get(constant.getContext());
    constant.setDataAttr(cast<ElementsAttr>(elements.mapValues(
        f64, [](const APFloat &number) {
          return APFloat(number.convertToDouble()).bitcastToAPInt();
        })));
  }

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    function.walk([](Operation *op) {
      if (auto constant = dyn_cast<ConstantOp>(op))
        promoteElements(constant);
      for (Value result : op->getResults())
        result.setType(promoted(result.getType()));
      for (Region &region : op->getRegions())
        for (BlockArgument argument : region.getArguments())
          argument.setType(promoted(argument.getType()));
    });
    function.setFunctionType(FunctionType::get(
        &getContext(), function.getBody().front().getArgumentTypes(),
        function.getBody().front().getTerminator()->getOperandTypes()));
  }
};

} // namespace
} // namespace agc
