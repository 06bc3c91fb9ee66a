//===- Header.h - How a .safetensors file begins ---------------------------===//
//
// For whoever writes one: the runtime, and the compiler, which puts the header of
// a shipped step's checkpoints into its object. Throws nothing.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_RUNTIME_CHECKPOINT_HEADER_H
#define AGC_RUNTIME_CHECKPOINT_HEADER_H

#include "runtime/core/DType.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agc {

struct HeaderTensor {
  std::string_view name; // UTF-8
  DType type = DType::Invalid;
  std::vector<int64_t> shape;
  uint64_t sizeBytes = 0;
  size_t index = 0;   // in the caller's list
  uint64_t begin = 0; // behind the header
};

using HeaderText = std::vector<std::pair<std::string, std::string>>;

/// Orders the tensors as agc's files have them, larger elements first, then by
/// name, so that all are aligned; and gives each its place.
void placeTensors(std::vector<HeaderTensor> &tensors);

/// The header with its length before it: the first bytes of the file, a multiple
/// of 8. Tensors as placeTensors left them; \p metadata: without, if empty.
std::string safetensorsHeader(const std::vector<HeaderTensor> &tensors,
                              const HeaderText &metadata);

/// The header of a checkpoint, with zeros for the numbers that differ from file to
/// file, and where those are. docs/checkpoints.md.
struct CheckpointHeader {
  std::string bytes;
  uint64_t stepsAt = 0, checksumAt = 0;
};
CheckpointHeader checkpointHeader(const std::vector<HeaderTensor> &tensors,
                                  uint64_t schema, const HeaderText &more = {});

} // namespace agc

#endif
