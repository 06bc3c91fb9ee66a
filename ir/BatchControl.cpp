//===- BatchControl.cpp - Loops and branches for a batch of examples --------===//
//
// One loop serves all examples, so they must agree on how many trips it makes. A
// branch that they agree on stays one; else both are computed, and each example
// takes its own.
//
//===----------------------------------------------------------------------===//
#include "ir/Dialect.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace agc::ir {

/// \p from with the batch's dimension, as \p to, which is empty.
static LogicalResult batchBody(BatchBuilder &b, Region &from, Region &to,
                               ArrayRef<bool> batched, ArrayRef<bool> results) {
  IRMapping mapping;
  from.cloneInto(&to, mapping);
  return batchBlock(to.front(), b.size, batched, results);
}

static SmallVector<Type> batchedTypes(BatchBuilder &b, TypeRange types) {
  return llvm::map_to_vector(types, [&](Type type) { return b.batchedType(type); });
}

/// A body on its own, run for all; nothing if it cannot be.
static CheckpointOp batchedBody(BatchBuilder &b, Region &body, ValueRange inputs,
                                ArrayRef<bool> batched, TypeRange results) {
  auto op = CheckpointOp::create(b.builder, b.loc, batchedTypes(b, results), inputs);
  SmallVector<bool> all(results.size(), true);
  return succeeded(batchBody(b, body, op.getBody(), batched, all)) ? op : CheckpointOp();
}

SmallVector<Value> CheckpointOp::buildBatched(BatchBuilder &b) {
  SmallVector<Value> inputs;
  SmallVector<bool> batched;
  for (unsigned i = 0; i < getInputs().size(); ++i) {
    inputs.push_back(b.plain(i));
    batched.push_back(b.isBatched(i));
  }
  CheckpointOp op = batchedBody(b, getBody(), inputs, batched, getResultTypes());
  return op ? SmallVector<Value>(op.getResults()) : SmallVector<Value>();
}

SmallVector<Value> CondOp::buildBatched(BatchBuilder &b) {
  SmallVector<Value> inputs;
  SmallVector<bool> batched, results(getNumResults(), true);
  for (unsigned i = 0; i < getInputs().size(); ++i) {
    inputs.push_back(b.plain(i + 1));
    batched.push_back(b.isBatched(i + 1));
  }
  SmallVector<Type> types = batchedTypes(b, getResultTypes());
  if (!b.isBatched(0)) {
    auto op = CondOp::create(b.builder, b.loc, types, b.plain(0), inputs);
    for (auto [from, to] : llvm::zip_equal(getRegions(), op.getRegions()))
      if (failed(batchBody(b, *from, *to, batched, results)))
        return {};
    return op.getResults();
  }
  if (!isMemoryEffectFree(*this)) {
    emitOpError("has no form for a batch of examples: some would take a branch with "
                "an index that only the others check");
    return {};
  }
  CheckpointOp branches[2];
  for (unsigned i = 0; i < 2; ++i)
    if (!(branches[i] = batchedBody(b, getRegion(i), inputs, batched, getResultTypes())))
      return {};
  SmallVector<Value> chosen;
  for (auto [type, x, y] :
       llvm::zip_equal(types, branches[0].getResults(), branches[1].getResults())) {
    Value predicate = BroadcastOp::create(b.builder, b.loc, boolLike(type), b.plain(0),
                                          b.builder.getDenseI64ArrayAttr({0}));
    chosen.push_back(SelectOp::create(b.builder, b.loc, type, predicate, x, y));
  }
  return chosen;
}

SmallVector<Value> ScanOp::buildBatched(BatchBuilder &b) {
  unsigned first = getLimited(), carries = getNumCarries(), xs = getNumXs();
  Block &body = getBody().front();
  SmallVector<bool> batched, results;
  for (unsigned i = 0; i < body.getNumArguments(); ++i)
    batched.push_back(b.isBatched(first + i));
  for (bool changed = true; changed;) {
    changed = false;
    results = findBatched(body, batched);
    for (unsigned i = 0; i < carries; ++i)
      if (results[i] && !batched[i])
        changed = batched[i] = true;
  }
  std::copy_n(batched.begin(), carries, results.begin());
  if ((getLimited() && b.isBatched(0)) || (getStops() && batched[0])) {
    emitOpError("has no form for a batch of examples that end after different "
                "trips; use a scan, and select");
    return {};
  }

  SmallVector<Value> inputs;
  if (getLimited())
    inputs.push_back(b.plain(0));
  for (unsigned i = 0; i < batched.size(); ++i) {
    Value input = i < carries && batched[i] ? b[first + i] : b.plain(first + i);
    bool isStack = i >= carries && i < carries + xs;
    inputs.push_back(isStack && batched[i] ? b.swap(input, 0, 1) : input);
  }
  SmallVector<Type> types;
  for (auto [result, isBatched] : llvm::zip(getResults(), results)) {
    auto type = cast<RankedTensorType>(result.getType());
    SmallVector<int64_t> shape(type.getShape());
    if (isBatched)
      shape.insert(shape.begin() + (types.size() >= carries), b.size);
    types.push_back(type.clone(shape));
  }
  if (getStops())
    types.push_back(getCount().getType());
  auto op = ScanOp::create(b.builder, b.loc, types, inputs, getTrips(), getNumCarries(),
                           getNumXs(), getReverse(), getStops(), getLimited());
  if (failed(batchBody(b, getBody(), op.getBody(), batched, results)))
    return {};
  SmallVector<Value> values(op.getResults());
  for (unsigned i = carries; i < results.size(); ++i)
    if (results[i])
      values[i] = b.swap(values[i], 0, 1);
  return values;
}

} // namespace agc::ir
