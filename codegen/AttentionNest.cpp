//===- AttentionNest.cpp - What an attention's kernel is of ----------------===//
#include "codegen/AttentionNest.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace agc {

AttentionNest buildAttentionNest(Operation *op, ArrayRef<View> views) {
  AttentionNest nest;
  auto forward = dyn_cast<attention::ForwardOp>(op);
  auto backward = dyn_cast<attention::BackwardOp>(op);
  nest.isBackward = bool(backward);
  Value mask = forward ? forward.getMask() : backward.getMask();
  attention::Terms t = *attention::parseTerms(
      op->getAttrOfType<StringAttr>("spec").getValue(), bool(mask));
  nest.isCausal = op->hasAttr("causal");
  nest.scale = op->getAttrOfType<FloatAttr>("scale").getValueAsDouble();
  if (mask)
    nest.masked = cast<RankedTensorType>(mask.getType()).getElementType().isF32()
                      ? AttentionNest::Added
                      : AttentionNest::Counted;

  unsigned next = 0;
  auto place = [&](AttentionOperand &operand, StringRef term, char row) {
    const View &view = views[next];
    operand.argument = next++;
    operand.offset = view.offset;
    auto strideOf = [&](char letter) {
      size_t at = term.find(letter);
      return at == StringRef::npos ? 0 : view.strides[at];
    };
    for (char letter : t.batch)
      operand.batchStrides.push_back(strideOf(letter));
    operand.rowStride = strideOf(row);
    operand.keyStride = strideOf(t.key);
  };
  place(nest.q, t.q, t.query);
  place(nest.k, t.k, t.key);
  place(nest.v, t.v, t.key);
  if (mask)
    place(nest.mask, t.mask, t.query);
  place(nest.o, t.o, t.query);
  place(nest.lse, t.lse, t.query);
  if (backward) {
    place(nest.d_o, t.o, t.query);
    place(nest.d_q, t.q, t.query);
    place(nest.d_k, t.k, t.key);
    place(nest.d_v, t.v, t.key);
  }
  auto sizeOf = [&](unsigned operand, StringRef term, char letter) {
    return cast<RankedTensorType>(op->getOperand(operand).getType())
        .getDimSize(term.find(letter));
  };
  for (char letter : t.batch)
    nest.batch.push_back(sizeOf(0, t.q, letter));
  nest.queries = sizeOf(0, t.q, t.query);
  nest.features = sizeOf(0, t.q, t.feature);
  nest.keys = sizeOf(2, t.v, t.key);
  nest.channels = sizeOf(2, t.v, t.channel);
  return nest;
}

int64_t AttentionNest::heads() const {
  int64_t product = 1;
  for (int64_t size : batch)
    product *= size;
  return product;
}

int64_t AttentionNest::scores() const {
  int64_t each = queries * keys;
  if (isCausal) {
    int64_t square = std::min(queries, keys);
    each = square * (square + 1) / 2 + (queries - square) * keys;
  }
  return heads() * each;
}

std::string AttentionNest::name() const {
  return llvm::formatv("attention{0}_{1}x{2}x{3}x{4}", isBackward ? "_backward" : "", heads(),
                       queries, keys, features);
}

std::string AttentionNest::key() const {
  std::string text = llvm::formatv("{0} {1} {2} {3} {4}", name(), channels, isCausal, scale,
                                   int(masked));
  for (int64_t size : batch)
    text += llvm::formatv(" {0}", size);
  for (const AttentionOperand *operand :
       {&q, &k, &v, &mask, &o, &lse, &d_o, &d_q, &d_k, &d_v}) {
    text += llvm::formatv(", {0}+{1}: {2} {3}", operand->argument, operand->offset,
                          operand->rowStride, operand->keyStride);
    for (int64_t stride : operand->batchStrides)
      text += llvm::formatv(" {0}", stride);
  }
  return text;
}

int64_t AttentionNest::flops() const {
  // Two products and an exponential; of the backward five.
  int64_t products = isBackward ? 3 * features + 2 * channels : features + channels;
  return scores() * (2 * products + (isBackward ? 20 : 16));
}

int64_t AttentionNest::bytes() const {
  int64_t rows = queries * (features + channels) + keys * (features + channels);
  return 4 * heads() * rows * (isBackward ? 2 : 1);
}

} // namespace agc
