//===- Sizes.h - Element and byte counts that cannot wrap -----------------===//
//
// The limit is one of sanity as well as of arithmetic: a tensor of 2^60
// elements is refused here, before any type is built or memory asked for.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_RUNTIME_CORE_SIZES_H
#define AGC_RUNTIME_CORE_SIZES_H

#include "runtime/core/DType.h"
#include "runtime/core/abi.h"

#include <cstdint>
#include <string>

namespace agc {

/// No tensor is larger than what 47 bits of address can hold.
constexpr int64_t maxTensorBytes = int64_t(1) << 47;

/// \p shape as `[2, 3]`.
std::string shapeText(const int64_t *shape, size_t rank);

/// The number of elements of \p shape.
/// Errors: a negative size; more than 2^47 elements, even if a size of 0 makes
/// the product vanish (the other dimensions still get loops of their own).
int64_t checkedNumel(const int64_t *shape, size_t rank);

/// The number of bytes, as checkedNumel.
int64_t checkedBytes(const int64_t *shape, size_t rank, DType type);

/// Where, behind so many bytes, the next tensor may lie.
constexpr uint64_t alignedBytes(uint64_t bytes) {
  return (bytes + AGC_ALIGNMENT - 1) / AGC_ALIGNMENT * AGC_ALIGNMENT;
}

} // namespace agc

#endif
