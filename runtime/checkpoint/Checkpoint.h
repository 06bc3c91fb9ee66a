//===- Checkpoint.h - All that training keeps, in a file -------------------===//
//
// A .safetensors file that says what it is and whether it is whole. The tools, the
// C++ API and shipped steps write the same. docs/checkpoints.md.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_RUNTIME_CHECKPOINT_CHECKPOINT_H
#define AGC_RUNTIME_CHECKPOINT_CHECKPOINT_H

#include "runtime/checkpoint/Safetensors.h"

#include "agc/LoadReport.h"

#include <optional>

namespace agc {

/// What a checkpoint says of itself.
struct CheckpointInfo {
  uint64_t schema = 0; // of names, types and roles: ir/State.h
  uint64_t steps = 0;  // made so far
  HeaderText more;     // what the writer adds, e.g. agc.epoch
};

/// Writes a checkpoint, atomically.
/// Errors: AGC0201 the system's; as placesOf.
void writeCheckpoint(const std::string &path, const CheckpointInfo &info,
                     const std::vector<SavedTensor> &tensors);

/// What the file, which was read from \p name, says of itself if it is a
/// checkpoint; none if it is of weights alone.
/// Errors: AGC0206, a checkpoint that is damaged, or of another version.
std::optional<CheckpointInfo> checkpointInfo(const SafetensorsFile &file,
                                             const std::string &name);

/// Reads \p path, a checkpoint.
/// Errors: AGC0201 the system's; AGC0202 no .safetensors; AGC0206 no checkpoint, or
/// a damaged one.
CheckpointInfo readCheckpoint(const std::string &path, SafetensorsFile &file);

/// Reads \p path, weights or a checkpoint, which is then whole.
/// Errors: as readCheckpoint, but for what is no checkpoint.
void readWeights(const std::string &path, SafetensorsFile &file);

/// What of \p file has its place in \p model: `loaded` is what can be.
LoadReport compareWith(const std::vector<TensorInfo> &model, const SafetensorsFile &file);

} // namespace agc

#endif
