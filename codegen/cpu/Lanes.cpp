//===- Lanes.cpp - Numbers that change lanes -------------------------------===//
#include "codegen/cpu/Lanes.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace agc {

/// Vectors i and i + s exchange their off-diagonal blocks of s lanes, for
/// s = 1, 2, 4, ….
SmallVector<Value> transpose(ImplicitLocOpBuilder &b, SmallVector<Value> vectors) {
  int64_t lanes = vectors.size();
  for (int64_t s = 1; s < lanes; s *= 2) {
    SmallVector<int64_t> low, high;
    for (int64_t t = 0; t < lanes; ++t) {
      low.push_back(t & s ? lanes + t - s : t);
      high.push_back(t & s ? lanes + t : t + s);
    }
    for (int64_t i = 0; i < lanes; ++i) {
      if (i & s)
        continue;
      Value x = vectors[i], y = vectors[i + s];
      vectors[i] = vector::ShuffleOp::create(b, x, y, low);
      vectors[i + s] = vector::ShuffleOp::create(b, x, y, high);
    }
  }
  return vectors;
}

Value foldLanes(ImplicitLocOpBuilder &b, Value vector,
                llvm::function_ref<Value(Value, Value)> combine) {
  for (int64_t n = cast<VectorType>(vector.getType()).getDimSize(0) / 2; n >= 1; n /= 2) {
    auto half = [&](int64_t from) {
      return vector::ExtractStridedSliceOp::create(b, vector, ArrayRef<int64_t>{from},
                                                   ArrayRef<int64_t>{n}, ArrayRef<int64_t>{1});
    };
    vector = combine(half(0), half(n));
  }
  return vector::ExtractOp::create(b, vector, int64_t(0));
}

} // namespace agc
