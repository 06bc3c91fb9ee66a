//===- BatchBuilder.cpp - The words in which batching rules speak ----------===//
#include "ir/Dialect.h"

using namespace mlir;

namespace agc::ir {

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

Type BatchBuilder::batchedType(Type type) const {
  auto tensor = cast<RankedTensorType>(type);
  SmallVector<int64_t> shape{size};
  llvm::append_range(shape, tensor.getShape());
  return tensor.clone(shape);
}

Value BatchBuilder::broadcast(Value x) {
  SmallVector<int64_t> dimensions;
  for (size_t d = 0; d < shapeOf(x).size(); ++d)
    dimensions.push_back(int64_t(d) + 1);
  return BroadcastOp::create(builder, loc, batchedType(x.getType()), x, dimensions);
}

Value BatchBuilder::operator[](unsigned operand) {
  return batched[operand] ? operands[operand] : broadcast(operands[operand]);
}

SmallVector<Value> BatchBuilder::allBatched() {
  SmallVector<Value> all;
  for (size_t i = 0; i < operands.size(); ++i)
    all.push_back((*this)[i]);
  return all;
}

SmallVector<Value> BatchBuilder::again(Operation *op, ValueRange operands,
                                       ArrayRef<NamedAttribute> changed) {
  SmallVector<Type> types;
  for (Type type : op->getResultTypes())
    types.push_back(batchedType(type));
  return again(op, types, operands, changed);
}

SmallVector<Value> BatchBuilder::again(Operation *op, TypeRange types,
                                       ValueRange operands,
                                       ArrayRef<NamedAttribute> changed) {
  NamedAttrList attributes(op->getAttrDictionary());
  for (NamedAttribute attribute : changed)
    attributes.set(attribute.getName(), attribute.getValue());
  OperationState state(loc, op->getName().getStringRef(), operands, types,
                       attributes.getAttrs());
  return llvm::to_vector_of<Value>(builder.create(state)->getResults());
}

Value BatchBuilder::reshape(Value x, ArrayRef<int64_t> shape) {
  auto type = cast<RankedTensorType>(x.getType()).clone(shape);
  return ReshapeOp::create(builder, loc, type, x);
}

Value BatchBuilder::merge(Value x, unsigned from) {
  SmallVector<int64_t> shape(shapeOf(x));
  shape[from] *= shape[from + 1];
  shape.erase(shape.begin() + from + 1);
  return reshape(x, shape);
}

Value BatchBuilder::divide(Value x, unsigned dim, int64_t outer) {
  SmallVector<int64_t> shape(shapeOf(x));
  shape.insert(shape.begin() + dim, outer);
  shape[dim + 1] = outer ? shape[dim + 1] / outer : 0;
  return reshape(x, shape);
}

Value BatchBuilder::swap(Value x, unsigned a, unsigned b) {
  SmallVector<int64_t> shape(shapeOf(x)), permutation;
  for (size_t d = 0; d < shape.size(); ++d)
    permutation.push_back(int64_t(d));
  std::swap(shape[a], shape[b]);
  std::swap(permutation[a], permutation[b]);
  auto type = cast<RankedTensorType>(x.getType()).clone(shape);
  return TransposeOp::create(builder, loc, type, x, permutation);
}

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

SmallVector<bool> findBatched(Block &block, ArrayRef<bool> batched) {
  DenseSet<Value> found;
  for (auto [argument, isBatched] : llvm::zip_equal(block.getArguments(), batched))
    if (isBatched)
      found.insert(argument);
  auto isFound = [&](Value value) { return found.contains(value); };
  for (Operation &op : block)
    if (llvm::any_of(op.getOperands(), isFound))
      found.insert_range(op.getResults());
  return llvm::map_to_vector(block.getTerminator()->getOperands(), isFound);
}

namespace {

class BlockBatcher {
public:
  BlockBatcher(Block &block, int64_t size) : block(block), size(size) {}

  LogicalResult run(ArrayRef<bool> batched, ArrayRef<bool> results) {
    OpBuilder builder(block.getParentOp()->getContext());
    BatchBuilder types(builder, block.getParentOp()->getLoc(), size, {}, {});
    for (auto [argument, isBatched] : llvm::zip_equal(block.getArguments(), batched))
      if (isBatched) {
        argument.setType(types.batchedType(argument.getType()));
        current[argument] = argument;
      }
    SmallVector<Operation *> replaced;
    for (Operation &op : llvm::make_early_inc_range(block.without_terminator()))
      if (llvm::any_of(op.getOperands(),
                       [&](Value v) { return current.contains(v); })) {
        if (failed(replace(op)))
          return failure();
        replaced.push_back(&op);
      }
    finish(results);
    for (Operation *op : llvm::reverse(replaced))
      op->erase();
    return success();
  }

private:
  Block &block;
  int64_t size;
  DenseMap<Value, Value> current; // of each value that is batched, the batch

  LogicalResult replace(Operation &op) {
    auto batchable = dyn_cast<Batchable>(op);
    if (!batchable)
      return op.emitOpError("has no form for a batch of examples");
    SmallVector<Value> operands;
    SmallVector<bool> batched;
    for (Value operand : op.getOperands()) {
      Value now = current.lookup(operand);
      batched.push_back(bool(now));
      operands.push_back(now ? now : operand);
    }
    OpBuilder builder(&op);
    BatchBuilder b(builder, op.getLoc(), size, operands, batched);
    SmallVector<Value> results = batchable.buildBatched(b);
    if (results.size() != op.getNumResults())
      return failure();
    for (auto [before, after] : llvm::zip_equal(op.getResults(), results))
      if (before.getType() == after.getType()) // the same for all examples
        before.replaceAllUsesWith(after);
      else
        current[before] = after;
    return success();
  }

  void finish(ArrayRef<bool> results) {
    Operation *terminator = block.getTerminator();
    OpBuilder builder(terminator);
    BatchBuilder b(builder, terminator->getLoc(), size, {}, {});
    for (auto [operand, isBatched] :
         llvm::zip_equal(terminator->getOpOperands(), results)) {
      if (Value now = current.lookup(operand.get()))
        operand.set(now);
      else if (isBatched)
        operand.set(b.broadcast(operand.get()));
    }
  }
};

} // namespace

LogicalResult batchBlock(Block &block, int64_t size, ArrayRef<bool> batched,
                         ArrayRef<bool> results) {
  return BlockBatcher(block, size).run(batched, results);
}

} // namespace agc::ir
