//===- Batching.cpp - Ops that are not themselves with one more dimension --===//
//
// Each op's rule (Batchable). Element-wise ops need none: they are the same op
// on larger tensors.
//
//===----------------------------------------------------------------------===//
#include "ir/Dialect.h"

using namespace mlir;

namespace agc::ir {

//===----------------------------------------------------------------------===//
// Shape and reductions: the dimensions that an attribute names are one further on
//===----------------------------------------------------------------------===//

static constexpr int64_t zero = 0, one = 1;

/// \p list behind \p first, every entry plus \p shift.
static Attribute behind(BatchBuilder &b, ArrayRef<int64_t> first,
                        ArrayRef<int64_t> list, int64_t shift = 0) {
  SmallVector<int64_t> all(first);
  for (int64_t i : list)
    all.push_back(i + shift);
  return b.builder.getDenseI64ArrayAttr(all);
}

SmallVector<Value> BroadcastOp::buildBatched(BatchBuilder &b) {
  return b.again(*this, b[0],
                 b.attribute("dimensions", behind(b, zero, getDimensions(), 1)));
}
SmallVector<Value> ReshapeOp::buildBatched(BatchBuilder &b) {
  return b.again(*this, b[0]);
}
SmallVector<Value> TransposeOp::buildBatched(BatchBuilder &b) {
  return b.again(*this, b[0],
                 b.attribute("permutation", behind(b, zero, getPermutation(), 1)));
}
SmallVector<Value> SliceOp::buildBatched(BatchBuilder &b) {
  return b.again(*this, b[0],
                 {b.attribute("starts", behind(b, zero, getStarts())),
                  b.attribute("limits", behind(b, b.size, getLimits())),
                  b.attribute("strides", behind(b, one, getStrides()))});
}
SmallVector<Value> PadOp::buildBatched(BatchBuilder &b) {
  return b.again(*this, b[0],
                 {b.attribute("low", behind(b, zero, getLow())),
                  b.attribute("high", behind(b, zero, getHigh())),
                  b.attribute("interior", behind(b, zero, getInterior()))});
}
SmallVector<Value> ReverseOp::buildBatched(BatchBuilder &b) {
  return b.again(*this, b[0],
                 b.attribute("dimensions", behind(b, {}, getDimensions(), 1)));
}
SmallVector<Value> ConcatOp::buildBatched(BatchBuilder &b) {
  return b.again(
      *this, b.allBatched(),
      b.attribute("dimension", b.builder.getI64IntegerAttr(getDimension() + 1)));
}

template <typename Op> static SmallVector<Value> reduced(BatchBuilder &b, Op op) {
  return b.again(op, b[0],
                 b.attribute("dimensions", behind(b, {}, op.getDimensions(), 1)));
}
SmallVector<Value> ReduceSumOp::buildBatched(BatchBuilder &b) { return reduced(b, *this); }
SmallVector<Value> ReduceMaxOp::buildBatched(BatchBuilder &b) { return reduced(b, *this); }
SmallVector<Value> ReduceMinOp::buildBatched(BatchBuilder &b) { return reduced(b, *this); }
SmallVector<Value> ArgmaxOp::buildBatched(BatchBuilder &b) {
  return b.again(
      *this, b[0],
      b.attribute("dimension", b.builder.getI64IntegerAttr(getDimension() + 1)));
}

//===----------------------------------------------------------------------===//
// By index
//===----------------------------------------------------------------------===//

/// One more of the dimensions that operands share.
static NamedAttribute oneMore(BatchBuilder &b, int64_t batch) {
  return b.attribute("batch", b.builder.getI64IntegerAttr(batch + 1));
}

SmallVector<Value> GatherOp::buildBatched(BatchBuilder &b) {
  // One x for all: the batch is a dimension of the index.
  if (!b.isBatched(0) && getBatch() == 0)
    return b.again(*this, ValueRange{b.plain(0), b[1]});
  return b.again(*this, b.allBatched(), oneMore(b, getBatch()));
}
SmallVector<Value> ScatterOp::buildBatched(BatchBuilder &b) {
  return b.again(*this, b.allBatched(), oneMore(b, getBatch()));
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

SmallVector<Value> EinsumOp::buildBatched(BatchBuilder &b) {
  StringRef spec = getSpec();
  StringRef letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  StringRef letter = letters.drop_until([&](char c) { return !spec.contains(c); }).take_front();
  if (letter.empty()) {
    emitOpError("has no letter left for a batch of examples");
    return {};
  }
  EinsumTerms terms = parseEinsum(spec);
  auto term = [&](unsigned operand, StringRef t) {
    return b.isBatched(operand) ? (letter + t).str() : t.str();
  };
  auto value = [&](unsigned i) { return b.isBatched(i) ? b[i] : b.plain(i); };
  std::string batched =
      term(0, terms.x) + "," + term(1, terms.y) + "->" + (letter + terms.z).str();
  return b.again(*this, ValueRange{value(0), value(1)},
                 b.attribute("spec", b.builder.getStringAttr(batched)));
}

// x [N, C, …], w [O, C / groups, …] and y [N, O, …] of a convolution. With one w
// for all, the batch goes into N; with a w each it goes into the groups, which
// stand side by side in the channels.

/// [B, N, C, …] as [N, B C, …], and back.
static Value intoChannels(BatchBuilder &b, Value x) {
  return b.merge(b.swap(x, 0, 1), 1);
}
static Value outOfChannels(BatchBuilder &b, Value x) {
  return b.swap(b.divide(x, 1, b.size), 0, 1);
}

static Type mergedType(BatchBuilder &b, Type type, unsigned dim) {
  auto tensor = cast<RankedTensorType>(type);
  SmallVector<int64_t> shape(tensor.getShape());
  shape[dim] *= b.size;
  return tensor.clone(shape);
}

template <typename Op>
static NamedAttribute groupsForAll(BatchBuilder &b, Op op) {
  return b.attribute("groups", b.builder.getI64IntegerAttr(op.getGroups() * b.size));
}

/// Of `conv` and `conv_input_grad`, whose second operand is w.
template <typename Op> static SmallVector<Value> convolved(BatchBuilder &b, Op op) {
  Type type = op->getResult(0).getType();
  if (!b.isBatched(1)) {
    Value all = b.again(op, mergedType(b, type, 0),
                        ValueRange{b.merge(b[0], 0), b.plain(1)})[0];
    return {b.divide(all, 0, b.size)};
  }
  Value all = b.again(op, mergedType(b, type, 1),
                      ValueRange{intoChannels(b, b[0]), b.merge(b[1], 0)},
                      groupsForAll(b, op))[0];
  return {outOfChannels(b, all)};
}
SmallVector<Value> ConvOp::buildBatched(BatchBuilder &b) { return convolved(b, *this); }
SmallVector<Value> ConvInputGradOp::buildBatched(BatchBuilder &b) {
  return convolved(b, *this);
}
SmallVector<Value> ConvWeightGradOp::buildBatched(BatchBuilder &b) {
  Value all = b.again(*this, mergedType(b, getType(), 0),
                      ValueRange{intoChannels(b, b[0]), intoChannels(b, b[1])},
                      groupsForAll(b, *this))[0];
  return {b.divide(all, 0, b.size)};
}

/// Pooling knows images one by one: the batch goes into N.
static SmallVector<Value> pooled(BatchBuilder &b, Operation *op) {
  SmallVector<Value> operands, results;
  for (Value operand : b.allBatched())
    operands.push_back(b.merge(operand, 0));
  SmallVector<Type> types;
  for (Type type : op->getResultTypes())
    types.push_back(mergedType(b, type, 0));
  for (Value result : b.again(op, types, operands))
    results.push_back(b.divide(result, 0, b.size));
  return results;
}
SmallVector<Value> MaxPoolOp::buildBatched(BatchBuilder &b) { return pooled(b, *this); }
SmallVector<Value> MaxPoolGradOp::buildBatched(BatchBuilder &b) { return pooled(b, *this); }
SmallVector<Value> MaxPoolGatherOp::buildBatched(BatchBuilder &b) { return pooled(b, *this); }

} // namespace agc::ir
