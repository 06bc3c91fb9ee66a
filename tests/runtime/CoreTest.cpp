//===- CoreTest.cpp - Sizes, buffers, threads, conversions ----------------===//
#include "runtime/core/Buffer.h"
#include "runtime/core/Convert.h"
#include "runtime/core/HostCpu.h"
#include "runtime/core/Sizes.h"
#include "runtime/core/ThreadPool.h"

#include "agc/Error.h"
#include "agc/Threads.h"

#include "gtest/gtest.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <thread>
#include <vector>

using namespace agc;

namespace {
std::string errorCode(const std::function<void()> &fn) {
  try {
    fn();
  } catch (const Error &error) {
    return error.code();
  }
  return "none";
}
} // namespace

TEST(Sizes, CountsDoNotWrap) {
  int64_t plain[] = {2, 3, 4}, empty[] = {0, 5}, wraps[] = {1LL << 33, 1LL << 33},
          hidden[] = {0, 1LL << 40, 1LL << 40}, negative[] = {3, -1},
          bytes[] = {1LL << 45};
  EXPECT_EQ(checkedNumel(plain, 3), 24);
  EXPECT_EQ(checkedBytes(plain, 3, DType::F64), 192);
  EXPECT_EQ(checkedNumel(empty, 2), 0);
  EXPECT_EQ(checkedNumel(nullptr, 0), 1);
  EXPECT_EQ(errorCode([&] { checkedNumel(wraps, 2); }), "AGC0108");
  EXPECT_EQ(errorCode([&] { checkedNumel(hidden, 3); }), "AGC0108");
  EXPECT_EQ(errorCode([&] { checkedNumel(negative, 2); }), "AGC0105");
  EXPECT_EQ(checkedNumel(bytes, 1), 1LL << 45);
  EXPECT_EQ(errorCode([&] { checkedBytes(bytes, 1, DType::F64); }), "AGC0108");
}

TEST(Buffer, AlignedAndUsedAgain) {
  void *first;
  {
    BufferRef buffer = Buffer::allocate(1000);
    first = buffer->data();
    EXPECT_EQ(reinterpret_cast<uintptr_t>(first) % 64, 0u);
    EXPECT_EQ(buffer->sizeBytes(), 1000u);
    std::memset(first, 1, 1000);
  }
  EXPECT_EQ(Buffer::allocate(1000)->data(), first);
  EXPECT_NE(Buffer::allocate(0)->data(), nullptr);
}

// Of the system's own memory, of memory used before, small and large, with a rest behind
// its large pages.
TEST(Buffer, ZerosAreZero) {
  for (size_t size : {size_t(1000), size_t(3) << 20, (size_t(9) << 20) + 100}) {
    void *first = nullptr;
    for (int i = 0; i < 2; ++i) {
      BufferRef buffer = Buffer::zeros(size);
      EXPECT_EQ(buffer->sizeBytes(), size);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer->data()) % 64, 0u);
      auto *bytes = static_cast<unsigned char *>(buffer->data());
      EXPECT_TRUE(std::all_of(bytes, bytes + size, [](unsigned char b) { return !b; }));
      std::memset(bytes, 0xA5, size);
      EXPECT_TRUE(!i || buffer->data() == first) << "is not used again";
      first = buffer->data();
    }
    releaseFreeBuffers();
  }
}

TEST(Buffer, LargeMemoryIsGivenBack) {
  auto resident = [] {
    std::ifstream file("/proc/self/statm");
    long total = 0, pages = 0;
    file >> total >> pages;
    return pages * sysconf(_SC_PAGESIZE);
  };
  constexpr long size = 64 << 20;
  { BufferRef buffer = Buffer::zeros(size); }
  long kept = resident();
  releaseFreeBuffers();
  EXPECT_LT(resident(), kept - size / 2);
}

// All of a block in large pages, where that does not take much more memory than it has.
TEST(Buffer, LargePagesToTheEnd) {
  constexpr size_t page = size_t(2) << 20;
  auto bytesBehind = [](const void *address) {
    std::ifstream file("/proc/self/maps");
    for (std::string line; std::getline(file, line);) {
      size_t begin = 0, end = 0;
      auto place = reinterpret_cast<uintptr_t>(address);
      if (std::sscanf(line.c_str(), "%zx-%zx", &begin, &end) == 2 && begin <= place && place < end)
        return end - place;
    }
    return size_t(0);
  };
  for (size_t size : {10 * page - 100000, 10 * page + 100000}) {
    BufferRef buffer = Buffer::allocate(size);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer->data()) % page, 0u);
    EXPECT_GE(bytesBehind(buffer->data()), (size + page - 1) / page * page);
  }
  releaseFreeBuffers();
}

TEST(Buffer, EachThreadTouchesItsPartFirst) {
  EXPECT_EQ(numMemoryNodes(""), 1);
  EXPECT_EQ(numMemoryNodes("0"), 1);
  EXPECT_EQ(numMemoryNodes("0-3"), 4);
  EXPECT_EQ(numMemoryNodes("0-1,4"), 3);
  EXPECT_GE(numMemoryNodes(), 1);

  int threads = get_num_threads();
  set_num_threads(4);
  constexpr size_t page = 4096, pages = 4000;
  void *memory = mmap(nullptr, pages * page, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  madvise(memory, pages * page, MADV_NOHUGEPAGE);
  auto faultsOfCaller = [] {
    rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_minflt;
  };
  long before = faultsOfCaller();
  touchByThreads(memory, pages * page);
  long faults = faultsOfCaller() - before;
  set_num_threads(threads);
  // A quarter of the pages, and what else there was.
  EXPECT_LT(faults, long(pages) / 2);
  std::vector<unsigned char> isThere(pages);
  ASSERT_EQ(mincore(memory, pages * page, isThere.data()), 0);
  EXPECT_TRUE(std::all_of(isThere.begin(), isThere.end(),
                          [](unsigned char byte) { return byte & 1; }));
  munmap(memory, pages * page);
}

TEST(Buffer, GivesForeignMemoryBack) {
  static int released = 0;
  int memory = 0;
  { BufferRef buffer = Buffer::wrap(&memory, 4, [](void *) { ++released; }); }
  EXPECT_EQ(released, 1);
}

TEST(Buffer, MoreThanThereIsIsAnError) {
  EXPECT_EQ(errorCode([] { Buffer::allocate(size_t(1) << 62); }), "AGC0205");
}

TEST(ThreadPool, EachTileOnce) {
  for (int threads : {1, 2, 3, 8}) {
    ThreadPool pool(threads);
    for (int64_t count : {0, 1, 2, 7, 1000}) {
      std::vector<std::atomic<int>> seen(static_cast<size_t>(count));
      pool.parallelFor(
          count,
          [](void *argument, int64_t begin, int64_t end) {
            auto &seen = *static_cast<std::vector<std::atomic<int>> *>(argument);
            for (int64_t i = begin; i < end; ++i)
              ++seen[size_t(i)];
          },
          &seen);
      for (auto &times : seen)
        ASSERT_EQ(times.load(), 1);
    }
  }
}

TEST(ThreadPool, WakesAfterSleep) {
  ThreadPool pool(2);
  std::atomic<int64_t> sum{0};
  for (int round = 0; round < 5; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    pool.parallelFor(
        10,
        [](void *argument, int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i)
            *static_cast<std::atomic<int64_t> *>(argument) += i;
        },
        &sum);
  }
  EXPECT_EQ(sum.load(), 5 * 45);
}

TEST(ThreadPool, NestedAndConcurrentCallsRun) {
  ThreadPool pool(2);
  struct Job {
    ThreadPool &pool;
    std::atomic<int> count{0};
  } job{pool};
  auto outer = [](void *argument, int64_t begin, int64_t end) {
    Job &job = *static_cast<Job *>(argument);
    for (int64_t i = begin; i < end; ++i)
      job.pool.parallelFor(
          3,
          [](void *argument, int64_t begin, int64_t end) {
            static_cast<Job *>(argument)->count += int(end - begin);
          },
          &job);
  };
  std::thread other([&] {
    for (int i = 0; i < 100; ++i)
      pool.parallelFor(4, outer, &job);
  });
  for (int i = 0; i < 100; ++i)
    pool.parallelFor(4, outer, &job);
  other.join();
  EXPECT_EQ(job.count.load(), 200 * 4 * 3);
}

TEST(ThreadPool, NumberOfThreads) {
  set_num_threads(3);
  EXPECT_EQ(get_num_threads(), 3);
  try {
    set_num_threads(0);
    ADD_FAILURE() << "no error";
  } catch (const Error &error) {
    EXPECT_STREQ(error.code(), "AGC0104");
    EXPECT_EQ(error.msg(), "set_num_threads expects at least 1, got 0");
  }
  EXPECT_EQ(get_num_threads(), 3);
}

TEST(Convert, RoundsToNearestEven) {
  EXPECT_EQ(floatToBf16(1.0f), 0x3f80);
  EXPECT_EQ(floatToBf16(std::bit_cast<float>(0x3f808000u)), 0x3f80); // a tie
  EXPECT_EQ(floatToBf16(std::bit_cast<float>(0x3f818000u)), 0x3f82); // a tie
  EXPECT_EQ(floatToBf16(std::bit_cast<float>(0x7f800001u)) & 0x7fc0, 0x7fc0);
  EXPECT_EQ(floatToHalf(1.0f), 0x3c00);
  EXPECT_EQ(floatToHalf(65504.0f), 0x7bff);
  EXPECT_EQ(floatToHalf(65519.0f), 0x7bff);
  EXPECT_EQ(floatToHalf(65520.0f), 0x7c00);
  EXPECT_EQ(floatToHalf(0x1p-24f), 0x0001);
  EXPECT_EQ(floatToHalf(-0x1p-25f), 0x8000); // a tie
  EXPECT_EQ(floatToHalf(0x1.ff8p-15f), 0x03ff); // the largest below 2^-14
  EXPECT_EQ(floatToHalf(0x1.ffcp-15f), 0x0400); // a tie
}

TEST(Convert, EveryHalfComesBack) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    float value = halfToFloat(uint16_t(bits));
    if (value == value)
      ASSERT_EQ(floatToHalf(value), bits);
    else
      ASSERT_EQ(floatToHalf(value) & 0x7e00, 0x7e00);
  }
}
