//===- DiskCacheTest.cpp - Objects that outlive the process ---------------===//
#include "runtime/jit/DiskCache.h"
#include "runtime/core/AtomicFile.h"

#include "gtest/gtest.h"

#include <stdlib.h>
#include <unistd.h>

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
