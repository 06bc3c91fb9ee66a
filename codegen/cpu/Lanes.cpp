//===- Lanes.cpp - Numbers that change lanes -------------------------------===//
#include "codegen/cpu/Lanes.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace agc {

static int64_t lanesOf(Value vector) {
  return cast<VectorType>(vector.getType()).getDimSize(0);
}

/// Vectors i and i + s exchange their off-diagonal blocks of s lanes, for
/// s = 1, 2, 4, ….
SmallVector<Value> transpose(ImplicitLocOpBuilder &b, SmallVector<Value> vectors) {
  int64_t lanes = lanesOf(vectors.front()), count = vectors.size();
  for (int64_t s = 1; s < count; s *= 2) {
    SmallVector<int64_t> low, high;
    for (int64_t t = 0; t < lanes; ++t) {
      low.push_back(t & s ? lanes + t - s : t);
      high.push_back(t & s ? lanes + t : t + s);
    }
    for (int64_t i = 0; i < count; ++i) {
      if (i & s)
        continue;
      Value x = vectors[i], y = vectors[i + s];
      vectors[i] = vector::ShuffleOp::create(b, x, y, low);
      vectors[i + s] = vector::ShuffleOp::create(b, x, y, high);
    }
  }
  return vectors;
}

/// A vector whose lane j is element elements[j] of the vectors one after another. Each
/// vector that has one of them is taken in once.
static Value pick(ImplicitLocOpBuilder &b, ArrayRef<Value> vectors, ArrayRef<int64_t> elements) {
  int64_t lanes = elements.size();
  llvm::SetVector<Value> sources;
  for (int64_t element : elements)
    sources.insert(vectors[element / lanes]);
  Value picked = sources.front();
  auto isThere = [&](int64_t j) { return vectors[elements[j] / lanes] == sources.front(); };
  SmallVector<int64_t> from;
  for (int64_t j = 0; j < lanes; ++j)
    from.push_back(isThere(j) ? elements[j] % lanes : vector::ShuffleOp::kPoisonIndex);
  if (sources.size() == 1)
    return llvm::equal(from, llvm::seq(lanes))
               ? picked
               : vector::ShuffleOp::create(b, picked, picked, from).getResult();
  for (Value source : sources.getArrayRef().drop_front()) {
    for (int64_t j = 0; j < lanes; ++j)
      if (vectors[elements[j] / lanes] == source)
        from[j] = lanes + elements[j] % lanes;
    picked = vector::ShuffleOp::create(b, picked, source, from);
    for (int64_t j = 0; j < lanes; ++j)
      if (from[j] != vector::ShuffleOp::kPoisonIndex)
        from[j] = j;
  }
  return picked;
}

/// How many of n vectors are interleaved among themselves first, the others likewise.
static int64_t firstOf(int64_t n) { return llvm::PowerOf2Ceil(n) / 2; }

SmallVector<Value> loadAcross(ImplicitLocOpBuilder &b, VectorType type, Value memory,
                              Value first, int64_t apart, int64_t active, int64_t steps) {
  // Rows this short are side by side in a vector, every so many of them.
  int64_t lanes = type.getNumElements(), width = llvm::PowerOf2Ceil(steps);
  auto part = VectorType::get({width}, type.getElementType());
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(part)), mask;
  if (steps < width)
    mask = vector::ConstantMaskOp::create(b, VectorType::get({width}, b.getI1Type()),
                                          ArrayRef<int64_t>{steps});
  auto row = [&](int64_t i) -> Value {
    Value at = arith::AddIOp::create(b, first, arith::ConstantIndexOp::create(b, i * apart));
    if (mask)
      return vector::MaskedLoadOp::create(b, part, memory, at, mask, zero);
    return vector::LoadOp::create(b, part, memory, at);
  };
  SmallVector<Value> rows;
  for (int64_t i = 0; i < width; ++i) {
    Value whole = arith::ConstantOp::create(b, b.getZeroAttr(type));
    for (int64_t from = 0; from + i < active; from += width)
      whole = width == lanes ? row(i)
                             : vector::InsertStridedSliceOp::create(b, row(from + i), whole,
                                                                    ArrayRef<int64_t>{from},
                                                                    ArrayRef<int64_t>{1});
    rows.push_back(whole);
  }
  rows = transpose(b, rows);
  rows.resize(steps);
  return rows;
}

SmallVector<Value> interleave(ImplicitLocOpBuilder &b, ArrayRef<Value> vectors) {
  int64_t n = vectors.size(), lanes = lanesOf(vectors.front());
  if (n == 1)
    return {vectors.front()};
  int64_t first = firstOf(n), second = n - first;
  SmallVector<Value> parts = interleave(b, vectors.take_front(first));
  llvm::append_range(parts, interleave(b, vectors.drop_front(first)));
  SmallVector<Value> result;
  for (int64_t k = 0; k < n; ++k) {
    SmallVector<int64_t> elements;
    for (int64_t p = k * lanes; p < (k + 1) * lanes; ++p)
      elements.push_back(p % n < first ? p / n * first + p % n
                                       : first * lanes + p / n * second + p % n - first);
    result.push_back(pick(b, parts, elements));
  }
  return result;
}

SmallVector<Value> deinterleave(ImplicitLocOpBuilder &b, ArrayRef<Value> vectors) {
  int64_t n = vectors.size(), lanes = lanesOf(vectors.front());
  if (n == 1)
    return {vectors.front()};
  SmallVector<Value> result;
  auto add = [&](int64_t from, int64_t width) {
    SmallVector<Value> part;
    for (int64_t k = 0; k < width; ++k) {
      SmallVector<int64_t> elements;
      for (int64_t q = k * lanes; q < (k + 1) * lanes; ++q)
        elements.push_back(q / width * n + from + q % width);
      part.push_back(pick(b, vectors, elements));
    }
    llvm::append_range(result, deinterleave(b, part));
  };
  int64_t first = firstOf(n);
  add(0, first);
  add(first, n - first);
  return result;
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
