//===- HostTensor.h - A tensor outside of any graph ------------------------===//
#ifndef AGC_TOOLS_AGC_HOSTTENSOR_H
#define AGC_TOOLS_AGC_HOSTTENSOR_H

#include "runtime/core/Buffer.h"
#include "runtime/core/DType.h"

#include <cstdint>
#include <string>
#include <vector>

namespace agc::cli {

struct HostTensor {
  DType type = DType::Invalid;
  std::vector<int64_t> shape;
  BufferRef buffer;

  /// Zeros.
  /// Errors: sizes that no memory holds.
  static HostTensor zeros(DType type, std::vector<int64_t> shape);

  int64_t numel() const;
  size_t sizeBytes() const { return size_t(numel()) * info(type).sizeBytes; }
  char *data() const { return static_cast<char *>(buffer->data()); }

  /// Element \p i as a number.
  double at(int64_t i) const;
  void set(int64_t i, double value) const;
};

/// Gives tensors of zeros side by side in one piece of memory: a model's many small ones
/// then lie on a few large pages, where each would have its own small ones, and one page
/// fault for each of those.
class TensorPool {
public:
  /// What a tensor takes of the room.
  static size_t roomFor(DType type, const std::vector<int64_t> &shape);
  explicit TensorPool(size_t room) : room(room) {}

  /// Beyond the room, a tensor of its own.
  HostTensor zeros(DType type, const std::vector<int64_t> &shape);

private:
  size_t room, used = 0;
  BufferRef memory; // kept by the tensors, too
};

/// `f32 [2, 3]`
std::string typeText(DType type, const std::vector<int64_t> &shape);

/// Copies all elements, converting where types differ. Shapes need only have
/// equal numbers of elements.
void copyElements(const HostTensor &from, const HostTensor &to);

} // namespace agc::cli

#endif
