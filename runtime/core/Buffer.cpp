#include "runtime/core/Buffer.h"

#include "agc/Error.h"
#include "runtime/core/HostCpu.h"
#include "runtime/core/ThreadPool.h"
#include "runtime/core/abi.h"

#include <sys/mman.h>

#include <cstdlib>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace agc {
namespace {

/// Free blocks by their exact size: a step asks for the same sizes each turn.
class FreeBlocks {
public:
  void *take(size_t size) {
    std::lock_guard<std::mutex> lock(mutex);
    auto found = blocks.find(size);
    if (found == blocks.end() || found->second.empty())
      return nullptr;
    void *block = found->second.back();
    found->second.pop_back();
    total -= size;
    return block;
  }

  void give(void *block, size_t size) {
    {
      std::lock_guard<std::mutex> lock(mutex);
      if (total + size <= limit) {
        blocks[size].push_back(block);
        total += size;
        return;
      }
    }
    std::free(block);
  }

  void clear() {
    std::lock_guard<std::mutex> lock(mutex);
    for (auto &[size, list] : blocks)
      for (void *block : list)
        std::free(block);
    blocks.clear();
    total = 0;
  }

private:
  static constexpr size_t limit = size_t(512) << 20;
  std::mutex mutex;
  std::unordered_map<size_t, std::vector<void *>> blocks;
  size_t total = 0;
};

/// Never destroyed: buffers in static objects outlive any order of exit.
FreeBlocks &freeBlocks() {
  static FreeBlocks *blocks = new FreeBlocks;
  return *blocks;
}

/// New memory; null if there is none. What is large lies on large pages where the system
/// has them for those who ask: a hundredth of the page faults when it is first touched,
/// and an address is found faster.
void *allocateBlock(size_t size) {
  constexpr size_t largePage = size_t(2) << 20;
  if (size < 2 * largePage)
    return std::aligned_alloc(AGC_ALIGNMENT, size);
  void *memory = nullptr; // aligned_alloc wants a multiple of the alignment
  if (posix_memalign(&memory, largePage, size))
    return nullptr;
#ifdef MADV_HUGEPAGE
  (void)madvise(memory, size / largePage * largePage, MADV_HUGEPAGE);
#endif
  if (numMemoryNodes() > 1)
    touchByThreads(memory, size);
  return memory;
}

/// Whole cache lines, and at least one, so that no pointer is null.
size_t blockSize(size_t sizeBytes) {
  size_t size = (sizeBytes + AGC_ALIGNMENT - 1) / AGC_ALIGNMENT * AGC_ALIGNMENT;
  return size ? size : AGC_ALIGNMENT;
}

} // namespace

void touchByThreads(void *memory, size_t sizeBytes) {
  constexpr size_t page = 4096; // no system's is smaller
  threadPool()->parallelFor(
      int64_t((sizeBytes + page - 1) / page),
      [](void *first, int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i)
          static_cast<volatile char *>(first)[size_t(i) * page] = 0;
      },
      memory);
}

BufferRef Buffer::allocate(size_t sizeBytes) {
  size_t size = blockSize(sizeBytes);
  void *memory = freeBlocks().take(size);
  if (!memory)
    memory = allocateBlock(size);
  if (!memory) {
    releaseFreeBuffers();
    memory = allocateBlock(size);
  }
  if (!memory)
    throw Error("AGC0205",
                "no memory for " + std::to_string(sizeBytes) + " bytes");
  BufferRef buffer(new Buffer(memory, sizeBytes));
  buffer->owned = true;
  return buffer;
}

BufferRef Buffer::wrap(void *data, size_t sizeBytes,
                       std::function<void(void *)> release) {
  BufferRef buffer(new Buffer(data, sizeBytes));
  buffer->release = std::move(release);
  return buffer;
}

Buffer::~Buffer() {
  if (owned)
    freeBlocks().give(memory, blockSize(size));
  else if (release)
    release(memory);
}

void releaseFreeBuffers() { freeBlocks().clear(); }

} // namespace agc
