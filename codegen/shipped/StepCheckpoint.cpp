//===- StepCheckpoint.cpp - How a shipped step writes its state -------------===//
//
// The header of its files is a constant, so that C writes it without words of its
// own. See docs/checkpoints.md.
//
//===----------------------------------------------------------------------===//
#include "codegen/shipped/StepLayout.h"

#include "runtime/checkpoint/Header.h"

namespace agc {

void layOutCheckpoint(StepLayout &layout) {
  std::vector<HeaderTensor> tensors;
  for (const StepTensor &tensor : layout.state) {
    const proto::TensorType &type = tensor.info.type();
    tensors.push_back({tensor.name, DType(type.dtype()), {type.shape().begin(), type.shape().end()},
                       numelOf(type) * sizeOf(type.dtype()), tensors.size()});
  }
  placeTensors(tensors);
  for (const HeaderTensor &tensor : tensors) {
    layout.state[tensor.index].savedAt = tensor.begin;
    layout.saved.push_back(tensor.index);
    layout.checkpointBytes += tensor.sizeBytes;
  }
  CheckpointHeader header = checkpointHeader(tensors, layout.schema);
  layout.checkpointHeader = std::move(header.bytes);
  layout.stepsAt = header.stepsAt;
  layout.checksumAt = header.checksumAt;
  layout.checkpointBytes += layout.checkpointHeader.size();
}

} // namespace agc
