//===- MemoryPlan.h - Where buffers lie in one workspace -------------------===//
#ifndef AGC_CODEGEN_MEMORYPLAN_H
#define AGC_CODEGEN_MEMORYPLAN_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>

namespace agc {

/// A buffer that is written first at kernel `first` and read last at `last`.
struct Lifetime {
  int64_t bytes = 0;
  int first = 0, last = 0;
  int64_t offset = 0; // result: a multiple of 64
};

/// What a buffer takes in the workspace.
int64_t placedBytes(int64_t bytes);

/// What no plan can go below: the most that is alive at one kernel.
int64_t leastMemory(llvm::ArrayRef<Lifetime> buffers);

/// Gives each buffer an offset such that buffers alive at once do not overlap.
/// Returns the bytes needed in all.
int64_t planMemory(llvm::MutableArrayRef<Lifetime> buffers);

} // namespace agc

#endif
