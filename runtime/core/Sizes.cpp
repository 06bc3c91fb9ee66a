#include "runtime/core/Sizes.h"

#include "agc/Error.h"

namespace agc {

std::string shapeText(const int64_t *shape, size_t rank) {
  std::string text = "[";
  for (size_t i = 0; i < rank; ++i)
    text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

int64_t checkedNumel(const int64_t *shape, size_t rank) {
  int64_t product = 1;
  bool empty = false;
  for (size_t i = 0; i < rank; ++i) {
    if (shape[i] < 0)
      throw Error("AGC0105", "a tensor has no negative size, got shape " +
                                 shapeText(shape, rank));
    if (shape[i] == 0) {
      empty = true;
      continue;
    }
    if (__builtin_mul_overflow(product, shape[i], &product) ||
        product > maxTensorBytes)
      throw Error("AGC0108", "a tensor of shape " + shapeText(shape, rank) +
                                 " has too many elements; the limit is 2^47");
  }
  return empty ? 0 : product;
}

int64_t checkedBytes(const int64_t *shape, size_t rank, DType type) {
  int64_t numel = checkedNumel(shape, rank);
  int64_t bytes = numel * info(type).sizeBytes; // at most 2^50
  if (bytes > maxTensorBytes)
    throw Error("AGC0108", "a tensor of shape " + shapeText(shape, rank) +
                               " has too many bytes; the limit is 2^47");
  return bytes;
}

} // namespace agc
