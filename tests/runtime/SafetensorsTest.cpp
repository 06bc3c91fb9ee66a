//===- SafetensorsTest.cpp - Files good and bad ---------------------------===//
#include "runtime/checkpoint/Safetensors.h"
#include "runtime/core/AtomicFile.h"

#include "agc/Error.h"

#include "gtest/gtest.h"

#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

using namespace agc;

namespace {

std::string temporary(const char *name) {
  return testing::TempDir() + "agc-" + std::to_string(::getpid()) + "-" + name;
}

std::string file(const std::string &header, size_t dataBytes) {
  std::string bytes(8, '\0');
  uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + std::string(dataBytes, 'x');
}

/// The text of the error that reading \p bytes gives.
std::string errorOf(const std::string &bytes) {
  SafetensorsFile parsed;
  try {
    parseSafetensors(bytes, "f", parsed);
  } catch (const Error &error) {
    EXPECT_STREQ(error.code(), "AGC0202");
    return error.msg();
  }
  return "none";
}

const char *const good = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";

} // namespace

TEST(Safetensors, WritesWhatItReads) {
  float a[] = {1, 2, 3, 4, 5, 6};
  int64_t n = 7;
  bool flags[] = {true, false, true};
  auto bytes = [](auto &x) { return std::string_view(reinterpret_cast<const char *>(&x), sizeof(x)); };
  std::string path = temporary("roundtrip.safetensors");
  writeSafetensors(path,
                   {{"flags", DType::Bool, {3}, bytes(flags)},
                    {"n", DType::I64, {}, bytes(n)},
                    {"layer.weight", DType::F32, {2, 3}, bytes(a)},
                    {"none", DType::F64, {0, 4}, {}}},
                   {{"format", "pt"}});
  SafetensorsFile read;
  readSafetensors(path, read);
  ASSERT_EQ(read.tensors.size(), 4u);
  EXPECT_EQ(read.metadata.at("format"), "pt");
  const SavedTensor &weight = read.tensors.at("layer.weight");
  EXPECT_EQ(weight.type, DType::F32);
  EXPECT_EQ(weight.shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(weight.data, bytes(a));
  EXPECT_EQ(read.tensors.at("n").data, bytes(n));
  EXPECT_EQ(read.tensors.at("flags").data, bytes(flags));
  // What Python's reader asks for: data aligned to 8, elements to their size.
  EXPECT_EQ((weight.data.data() - read.bytes.data()) % 4, 0);
  EXPECT_EQ((read.tensors.at("n").data.data() - read.bytes.data()) % 8, 0);
  std::filesystem::remove(path);
}

TEST(Safetensors, EveryKindOfBadFileIsOneClearError) {
  EXPECT_EQ(errorOf(file(good, 8)), "none");
  std::pair<std::string, const char *> cases[] = {
      {"", "'f' is not a good safetensors file: it has only 0 bytes"},
      {"1234567", "7 bytes"},
      {file(good, 8).substr(0, 20), "its header has"},
      {file(good, 7), "outside of the file"},
      {file(good, 9), "9 bytes of data, but its tensors have 8"},
      {std::string(8, '\xff'), "its header has"},
      {file("{", 0), "not JSON"},
      {file("[]", 0), "not a JSON object"},
      {file(R"({"a":1})", 0), "lacks dtype, shape or data_offsets"},
      {file(R"({"a":{"dtype":"F32","shape":[2]}})", 0), "lacks"},
      {file(R"({"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}})", 2), "agc has not"},
      {file(R"({"a":{"dtype":3,"shape":[2],"data_offsets":[0,2]}})", 2), "has a dtype, shape or data_offsets of the wrong kind"},
      {file(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8), "is not a natural number"},
      {file(R"({"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}})", 8), "natural"},
      {file(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8), "outside"},
      {file(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8), "has 8 bytes, but its shape [3] asks for 12"},
      {file(R"({"a":{"dtype":"F32","shape":[4611686018427387905,4],"data_offsets":[0,16]}})", 16), "too large"},
      {file(R"({"a":{"dtype":"F32","shape":[70000000000,70000000000],"data_offsets":[0,16]}})", 16), "too many"},
      {file(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})", 12), "overlap"},
      {file(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}})", 12), "there is a gap between two tensors"},
      {file(R"({"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]}})", 1), "occurs twice"},
      {file(R"({"__metadata__":{"k":1}})", 0), "__metadata__ holds something other than text"},
      {file(R"({"__metadata__":3})", 0), "__metadata__ is not an object"},
      {file(std::string(100000, '['), 0), "nests"},
      {file(R"({"a":)" + std::string(100000, '{'), 0), "JSON"},
  };
  for (auto &[bytes, expected] : cases)
    EXPECT_NE(errorOf(bytes).find(expected), std::string::npos)
        << errorOf(bytes) << " for " << bytes.substr(0, 100);
}

TEST(Safetensors, NoTruncationIsTaken) {
  std::string whole = file(good, 8);
  for (size_t length = 0; length < whole.size(); ++length)
    EXPECT_NE(errorOf(whole.substr(0, length)), "none") << length;
}

TEST(Safetensors, TwoTensorsOfOneNameAreNotWritten) {
  std::string path = temporary("twice.safetensors");
  try {
    writeSafetensors(path, {{"a", DType::U8, {1}, "x"}, {"a", DType::U8, {1}, "y"}});
    ADD_FAILURE() << "no error";
  } catch (const Error &error) {
    EXPECT_EQ(error.msg(), "cannot save two tensors named 'a'");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

// What JSON must escape, and what it cannot hold.
TEST(Safetensors, NamesAreAnyUtf8) {
  std::string path = temporary("names.safetensors");
  std::vector<std::string> names = {"a\"b\\c", "new\nline\x01", "gewicht.\u00fc\u6f22\U0001f600", "\x7f", ""};
  std::vector<SavedTensor> tensors;
  for (const std::string &name : names)
    tensors.push_back({name, DType::U8, {1}, "x"});
  writeSafetensors(path, tensors, {{"key \"\n", "value \\\t"}});
  SafetensorsFile file;
  readSafetensors(path, file);
  EXPECT_EQ(file.tensors.size(), names.size());
  for (const std::string &name : names)
    EXPECT_TRUE(file.tensors.count(name)) << name;
  EXPECT_EQ(file.metadata.at("key \"\n"), "value \\\t");
  std::filesystem::remove(path);
  for (const char *name : {"\xff", "a\x80", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe6\xbc"})
    try {
      writeSafetensors(path, {{name, DType::U8, {1}, "x"}});
      ADD_FAILURE() << "no error";
    } catch (const Error &error) {
      EXPECT_EQ(error.msg(), "cannot save a tensor whose name is not UTF-8");
    }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(AtomicFile, MissingFileAndFolderAreErrors) {
  EXPECT_THROW(readFile("/nonexistent/file"), Error);
  EXPECT_THROW(readFile(testing::TempDir()), Error);
  EXPECT_THROW(writeFileAtomically("/nonexistent/file", {"x"}), Error);
}

// Those that killed processes of the same number left.
TEST(AtomicFile, LeftoversAreNoObstacle) {
  std::string folder = temporary("leftovers");
  std::filesystem::create_directory(folder);
  for (int i = 0; i < 50; ++i)
    std::ofstream(folder + "/file.tmp" + std::to_string(::getpid()) + "." + std::to_string(i));
  writeFileAtomically(folder + "/file", {"new"});
  EXPECT_EQ(readFile(folder + "/file"), "new");
  std::filesystem::remove_all(folder);
}

TEST(AtomicFile, FullDiskLeavesTheOldFile) {
  std::string path = temporary("full");
  writeFileAtomically(path, {"old"});
  // A limit on the size of files stands for the disk.
  rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 1 << 16;
  auto *handler = std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  std::string code;
  try {
    writeFileAtomically(path, {std::string(1 << 20, 'x')});
  } catch (const Error &error) {
    code = error.code();
  }
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(code, "AGC0201");
  EXPECT_EQ(readFile(path), "old");
  int files = 0; // and no temporary one
  for (const auto &entry : std::filesystem::directory_iterator(testing::TempDir()))
    files += entry.path().string().rfind(path, 0) == 0;
  EXPECT_EQ(files, 1);
  std::filesystem::remove(path);
}
