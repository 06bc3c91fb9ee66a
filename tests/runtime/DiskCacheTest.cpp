//===- DiskCacheTest.cpp - Objects that outlive the process ---------------===//
#include "runtime/jit/DiskCache.h"
#include "runtime/core/AtomicFile.h"

#include "gtest/gtest.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

using namespace agc;

namespace {

class DiskCache : public testing::Test {
protected:
  DiskCache()
      : folder(testing::TempDir() + "agc-cache-" + std::to_string(::getpid())) {
    setenv("AGC_CACHE_DIR", folder.c_str(), 1);
  }
  ~DiskCache() override { std::filesystem::remove_all(folder); }

  bool finds(const std::string &key) {
    CompiledObject found;
    return readDiskCache(key, found) && found.object == "object" && found.manifest == "manifest";
  }

  std::string folder;
};

TEST_F(DiskCache, FindsWhatWasWrittenUnderItsKeyAlone) {
  std::string key("a key\0with zeros", 16);
  EXPECT_FALSE(finds(key));
  writeDiskCache(key, {"object", "manifest"});
  EXPECT_TRUE(finds(key));
  EXPECT_FALSE(finds("another"));
  // The file of another key under this one's name: keys are compared in full.
  writeDiskCache("another", {"object", "manifest"});
  std::filesystem::copy_file(diskCacheFile("another"), diskCacheFile(key),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_FALSE(finds(key));
}

TEST_F(DiskCache, ADamagedFileIsAsGoodAsNone) {
  writeDiskCache("key", {"object", "manifest"});
  std::string whole = readFile(diskCacheFile("key"));
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] ^= 0x10;
    writeFileAtomically(diskCacheFile("key"), {damaged});
    ASSERT_FALSE(finds("key")) << i;
    writeFileAtomically(diskCacheFile("key"), {whole.substr(0, i)});
    ASSERT_FALSE(finds("key")) << i;
  }
  writeFileAtomically(diskCacheFile("key"), {whole, "more"});
  EXPECT_FALSE(finds("key"));
  writeDiskCache("key", {"object", "manifest"});
  EXPECT_TRUE(finds("key"));
}

TEST_F(DiskCache, ManyWritersAndReaders) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        writeDiskCache("key", {"object", "manifest"});
        EXPECT_TRUE(finds("key"));
      }
    });
  for (std::thread &thread : threads)
    thread.join();
}

TEST_F(DiskCache, KeepsWhatWasUsedLast) {
  setenv("AGC_CACHE_MIB", "3", 1);
  std::string object(1000 << 10, 'o');
  auto age = [&](const std::string &key, int minutes) {
    std::filesystem::last_write_time(diskCacheFile(key),
                                     std::filesystem::file_time_type::clock::now() -
                                         std::chrono::minutes(minutes));
  };
  auto has = [&](const std::string &key) {
    return std::filesystem::exists(diskCacheFile(key));
  };
  for (const char *key : {"a", "b", "c"})
    writeDiskCache(key, {object, "manifest"});
  age("a", 3);
  age("b", 2);
  age("c", 1);
  CompiledObject found;
  EXPECT_TRUE(readDiskCache("a", found)); // and is the newest now
  writeDiskCache("d", {object, "manifest"});
  EXPECT_TRUE(has("a") && !has("b") && has("c") && has("d"));
  age("c", 3);
  age("a", 2);
  age("d", 1);
  writeDiskCache("e", {object + object, "manifest"});
  EXPECT_TRUE(!has("c") && !has("a") && has("d") && has("e"));
  // What has no room at all is not kept, and drives nothing out.
  writeDiskCache("large", {std::string(4 << 20, 'o'), "manifest"});
  EXPECT_TRUE(!has("large") && has("d") && has("e"));
  unsetenv("AGC_CACHE_MIB");
  EXPECT_EQ(diskCacheLimit(), uint64_t(1) << 30);
}

/// Processes that are killed while they write leave a whole file or none; what they leave
/// besides goes when it is old, and nothing else in the folder does.
TEST_F(DiskCache, SurvivesProcessesThatAreKilled) {
  CompiledObject whole{std::string(4 << 20, 'o'), "manifest"};
  auto count = [&](const char *part) {
    int found = 0;
    if (std::filesystem::exists(folder))
      for (const auto &entry : std::filesystem::directory_iterator(folder))
        found += entry.path().string().find(part) != std::string::npos;
    return found;
  };
  for (int i = 0; i < 30 && (i < 10 || !count(".tmp")); ++i) {
    pid_t writers[2];
    for (pid_t &writer : writers)
      if ((writer = fork()) == 0)
        for (;;)
          writeDiskCache("key", whole);
    usleep(useconds_t(3000 + 1700 * i));
    for (pid_t writer : writers) {
      kill(writer, SIGKILL);
      waitpid(writer, nullptr, 0);
    }
    CompiledObject found;
    if (readDiskCache("key", found))
      EXPECT_TRUE(found.object == whole.object && found.manifest == whole.manifest);
  }
  EXPECT_GT(count(".tmp"), 0); // else nobody was killed while it wrote
  writeFileAtomically(folder + "/somebody's.txt", {"text"});
  for (const auto &entry : std::filesystem::directory_iterator(folder))
    std::filesystem::last_write_time(entry, std::filesystem::file_time_type::clock::now() -
                                                std::chrono::hours(2));
  writeDiskCache("another", whole);
  EXPECT_EQ(count(".tmp"), 0);
  EXPECT_EQ(count("somebody's.txt"), 1);
  CompiledObject found;
  EXPECT_TRUE(readDiskCache("another", found) && found.object == whole.object);
}

TEST_F(DiskCache, NoPlaceForItIsNoError) {
  setenv("AGC_CACHE_DIR", "/proc/nowhere", 1);
  writeDiskCache("key", {"object", "manifest"});
  EXPECT_FALSE(finds("key"));
  setenv("AGC_CACHE_DIR", "", 1);
  EXPECT_EQ(diskCacheFolder(), "");
  writeDiskCache("key", {"object", "manifest"});
  EXPECT_FALSE(finds("key"));
}

} // namespace
