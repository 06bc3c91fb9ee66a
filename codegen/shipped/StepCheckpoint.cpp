//===- StepCheckpoint.cpp - How a shipped step writes its state -------------===//
//
// A .safetensors file: the header is a constant, so that C writes it without words of
// its own. See docs/shipped.md.
//
//===----------------------------------------------------------------------===//
#include "codegen/shipped/StepLayout.h"

#include "runtime/core/DType.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

namespace agc {

void layOutCheckpoint(StepLayout &layout) {
  // Larger elements first, so that all are aligned.
  std::vector<StepTensor *> order;
  for (StepTensor &tensor : layout.state)
    order.push_back(&tensor);
  llvm::stable_sort(order, [](const StepTensor *a, const StepTensor *b) {
    return sizeOf(a->info.type().dtype()) > sizeOf(b->info.type().dtype());
  });
  std::string &header = layout.checkpointHeader;
  header = std::string(8, '\0') + "{\"__metadata__\":{\"format\":\"agc-checkpoint-1\",\"agc.step\":";
  header += llvm::formatv("{0}", llvm::json::Value(layout.name)).str();
  header += llvm::formatv(",\"agc.schema\":\"{0:x-}\",\"agc.steps\":\"", layout.schema).str();
  layout.stepsAt = header.size();
  header += std::string(20, '0') + "\",\"agc.checksum\":\"";
  layout.checksumAt = header.size();
  header += std::string(16, '0') + "\"}";
  uint64_t at = 0;
  for (StepTensor *tensor : order) {
    const proto::TensorType &type = tensor->info.type();
    std::string shape;
    for (int64_t size : type.shape())
      shape += (shape.empty() ? "" : ",") + std::to_string(size);
    tensor->savedAt = at;
    at += numelOf(type) * sizeOf(type.dtype());
    header += llvm::formatv(",{0}:{{\"dtype\":\"{1}\",\"shape\":[{2}],\"data_offsets\":[{3},{4}]}",
                            llvm::json::Value(tensor->name), llvm::StringRef(info(DType(type.dtype())).safetensorsName), shape,
                            tensor->savedAt, at)
                  .str();
  }
  header += "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  uint64_t length = header.size() - 8;
  for (int i = 0; i < 8; ++i)
    header[size_t(i)] = char(length >> 8 * i);
  layout.checkpointBytes = header.size() + at;
}

} // namespace agc
