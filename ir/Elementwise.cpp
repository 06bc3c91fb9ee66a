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

int64_t scalarWork(Operation *op) {
  Block scratch;
  OpBuilder builder(op->getContext());
  builder.setInsertionPointToStart(&scratch);
  ScalarBuilder s(builder, op->getLoc());
  auto scalarOf = [](Value value) { return signless(value.getType()).getElementType(); };
  SmallVector<Value> operands;
  for (Value operand : op->getOperands())
    operands.push_back(s.widen(scratch.addArgument(scalarOf(operand), op->getLoc())));
  cast<Scalarizes>(op).buildScalar(s, operands, s.computeType(scalarOf(op->getResult(0))));
  int64_t work = 0;
  for (Operation &scalar : scratch)
    work += workOf(scalar);
  return work;
}

} // namespace agc::ir
