//===- Buffer.h - Aligned memory that a tensor's elements live in ---------===//
#ifndef AGC_RUNTIME_CORE_BUFFER_H
#define AGC_RUNTIME_CORE_BUFFER_H

#include <cstddef>
#include <functional>
#include <memory>

namespace agc {

class Buffer;
using BufferRef = std::shared_ptr<Buffer>;

/// Memory aligned to AGC_ALIGNMENT, or foreign memory as it is. Freed memory
/// of agc's own is kept for the next buffer of that size, since giving large
/// blocks back to the system costs a page fault a page on every step.
class Buffer {
public:
  /// Memory of agc's own, not initialized. On a machine of several memories (NUMA) the
  /// parts of a large one are near the threads that a kernel's tiles there go to.
  /// Errors: the system has none.
  static BufferRef allocate(size_t sizeBytes);

  /// The same, of zeros.
  static BufferRef zeros(size_t sizeBytes);

  /// Memory of somebody else, given back through \p release (may be null).
  static BufferRef wrap(void *data, size_t sizeBytes,
                        std::function<void(void *)> release);

  ~Buffer();
  Buffer(const Buffer &) = delete;
  Buffer &operator=(const Buffer &) = delete;

  void *data() const { return memory; }
  size_t sizeBytes() const { return size; }

private:
  Buffer(void *memory, size_t size) : memory(memory), size(size) {}
  static BufferRef allocate(size_t sizeBytes, bool zeroed);

  void *memory;
  size_t size;
  bool owned = false;
  std::function<void(void *)> release;
};

/// Has each thread of the pool touch its part of memory that nobody has written to: the
/// system puts a page near the thread that does so first.
void touchByThreads(void *memory, size_t sizeBytes);

/// Gives the memory that is kept for later buffers back to the system.
void releaseFreeBuffers();

} // namespace agc

#endif
