//===- Elementwise.cpp - Ops that act element by element -------------------===//
#include "ir/Dialect.h"

using namespace mlir;

namespace agc::ir {

void CompareOp::build(OpBuilder &builder, OperationState &state, Value x,
                      Value y, StringRef direction) {
  auto type = cast<RankedTensorType>(x.getType()).clone(builder.getI1Type());
  build(builder, state, type, x, y, builder.getStringAttr(direction));
}

LogicalResult CompareOp::verify() {
  if (!llvm::is_contained({"eq", "ne", "lt", "le", "gt", "ge"}, getDirection()))
    return emitOpError("C1: direction must be eq, ne, lt, le, gt or ge, got '")
           << getDirection() << "'";
  return success();
}

OpFoldResult ConvertOp::fold(FoldAdaptor) {
  return getX().getType() == getType() ? getX() : nullptr;
}

} // namespace agc::ir
