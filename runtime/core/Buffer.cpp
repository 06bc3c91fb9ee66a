#include "runtime/core/Buffer.h"

#include "agc/Error.h"
#include "runtime/core/HostCpu.h"
#include "runtime/core/Sizes.h"
#include "runtime/core/ThreadPool.h"
#include "runtime/core/abi.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace agc {
namespace {

constexpr size_t largePage = size_t(2) << 20;

/// What is mapped for a large block: whole large pages, where no more than an eighth of
/// it is for the last one's end. Of values that a loop walks side by side, one in small
/// pages slows all.
size_t mappedSize(size_t size) {
  auto roundUp = [&](size_t page) { return (size + page - 1) / page * page; };
  size_t large = roundUp(largePage);
  return large - size <= size / 8 ? large : roundUp(size_t(sysconf(_SC_PAGESIZE)));
}

/// What is large comes from the system itself, which gives zeros, on large pages where it
/// has them for those who ask: a hundredth of the page faults when it is first touched,
/// and an address is found faster.
void *mapLarge(size_t size) {
  size_t needed = mappedSize(size), mapped = needed + largePage;
  void *begin = mmap(nullptr, mapped, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (begin == MAP_FAILED)
    return nullptr;
  auto address = reinterpret_cast<uintptr_t>(begin);
  uintptr_t first = (address + largePage - 1) & ~(largePage - 1);
  uintptr_t end = first + needed;
  if (first > address)
    munmap(begin, first - address);
  if (end < address + mapped)
    munmap(reinterpret_cast<void *>(end), address + mapped - end);
  void *memory = reinterpret_cast<void *>(first);
#ifdef MADV_HUGEPAGE
  (void)madvise(memory, needed / largePage * largePage, MADV_HUGEPAGE);
#endif
  return memory;
}

bool isLarge(size_t size) { return size >= largePage; }

/// New memory, zero if it is large; null if there is none.
void *allocateBlock(size_t size) {
  return isLarge(size) ? mapLarge(size) : std::aligned_alloc(AGC_ALIGNMENT, size);
}

void freeBlock(void *block, size_t size) {
  if (isLarge(size))
    munmap(block, mappedSize(size));
  else
    std::free(block);
}

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
    freeBlock(block, size);
  }

  void clear() {
    std::lock_guard<std::mutex> lock(mutex);
    for (auto &[size, list] : blocks)
      for (void *block : list)
        freeBlock(block, size);
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

/// Whole cache lines, and at least one, so that no pointer is null.
size_t blockSize(size_t sizeBytes) {
  return std::max<size_t>(alignedBytes(sizeBytes), AGC_ALIGNMENT);
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

BufferRef Buffer::allocate(size_t sizeBytes, bool zeroed) {
  size_t size = blockSize(sizeBytes);
  void *memory = freeBlocks().take(size);
  bool isFresh = !memory;
  if (isFresh)
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
  bool isZero = isFresh && isLarge(size);
  if (isZero && (zeroed || numMemoryNodes() > 1))
    touchByThreads(memory, size);
  else if (zeroed)
    std::memset(memory, 0, size);
  return buffer;
}

BufferRef Buffer::allocate(size_t sizeBytes) {
  return allocate(sizeBytes, /*zeroed=*/false);
}

// Fresh memory is touched all the same, by all threads: who only reads it is shown a page
// of zeros that all share, and then waits for a page of its own with the first write.
BufferRef Buffer::zeros(size_t sizeBytes) {
  return allocate(sizeBytes, /*zeroed=*/true);
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
