//===- Indexing.cpp - Elements taken and put where an index says -----------===//
#include "ir/Dialect.h"

using namespace mlir;

namespace agc::ir {

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// Checks x [B…, n, W…] and index [B…, K…] against picked [B…, K…, W…].
static LogicalResult verifyIndexing(Operation *op, uint64_t batch, Value x,
                                    Value index, Value picked, StringRef what) {
  ArrayRef<int64_t> source = typeOf(x).getShape(), at = typeOf(index).getShape();
  if (batch >= source.size() || batch > at.size() ||
      source.take_front(batch) != at.take_front(batch))
    return op->emitOpError("C1: ") << batch << " batch dimensions of " << x.getType()
                                   << " and " << index.getType();
  if (source[batch] == 0 && typeOf(picked).getNumElements() != 0)
    return op->emitOpError("C2: nothing to choose from in ") << x.getType();
  SmallVector<int64_t> shape(at);
  llvm::append_range(shape, source.drop_front(batch + 1));
  if (getElementTypeOrSelf(x) != getElementTypeOrSelf(picked) ||
      ArrayRef(shape) != typeOf(picked).getShape())
    return op->emitOpError("C3: expects ")
           << what << " of shape [" << shape << "] and x's dtype, got "
           << picked.getType();
  return success();
}

LogicalResult GatherOp::verify() {
  return verifyIndexing(*this, getBatch(), getX(), getIndex(), getZ(), "a result");
}

void GatherOp::buildVjp(GradientBuilder &g, ValueRange cotangents,
                        MutableArrayRef<Value> operandCotangents) {
  operandCotangents[0] =
      g.create<ScatterOp>(getX().getType(), g.zero(g(getX())).value, getIndex(),
                          cotangents[0], getBatch(), "add");
}

LogicalResult ScatterOp::verify() {
  if (failed(verifyIndexing(*this, getBatch(), getBase(), getIndex(), getUpdates(),
                            "updates")))
    return failure();
  if (getBase().getType() != getZ().getType())
    return emitOpError("C3: expects a result of type ")
           << getBase().getType() << ", got " << getZ().getType();
  if (getMode() != "add" && getMode() != "set")
    return emitOpError("C4: mode '") << getMode() << "' is neither add nor set";
  if (getMode() == "add" && getElementTypeOrSelf(getZ()).isInteger(1))
    return emitOpError("C4: truth values cannot be added");
  return success();
}

void ScatterOp::buildVjp(GradientBuilder &g, ValueRange cotangents,
                         MutableArrayRef<Value> operandCotangents) {
  Value dz = cotangents[0];
  if (g.needs(0))
    operandCotangents[0] =
        getMode() == "add"
            ? dz
            : g.create<ScatterOp>(dz.getType(), dz, getIndex(),
                                  g.zero(g(getUpdates())).value, getBatch(), "set");
  if (g.needs(2))
    operandCotangents[2] =
        g.create<GatherOp>(getUpdates().getType(), dz, getIndex(), getBatch());
}

} // namespace agc::ir
