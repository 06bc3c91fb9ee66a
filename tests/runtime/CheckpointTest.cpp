//===- CheckpointTest.cpp - Checkpoints whole, damaged and of others ------===//
#include "runtime/checkpoint/Checkpoint.h"
#include "runtime/core/AtomicFile.h"
#include "runtime/core/checkpoint.h"

#include "agc/Error.h"

#include "gtest/gtest.h"

#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <functional>

using namespace agc;

namespace {

const float weight[] = {1, 2, 3, 4, 5, 6};
const int64_t count = -7;

std::string_view bytesOf(const auto &x) {
  return {reinterpret_cast<const char *>(&x), sizeof(x)};
}

std::vector<SavedTensor> tensors() {
  return {{"a", DType::I8, {3}, "xyz"},
          {"layer.weight", DType::F32, {2, 3}, bytesOf(weight)},
          {"n", DType::I64, {}, bytesOf(count)}};
}

/// A file of its own for each test, which goes with it.
class CheckpointTest : public testing::Test {
protected:
  std::string path = testing::TempDir() + "agc-" + std::to_string(::getpid()) + ".safetensors";
  ~CheckpointTest() override { std::filesystem::remove(path); }

  std::string write(const std::vector<SavedTensor> &list = tensors()) {
    writeCheckpoint(path, {0x123456789abcdef0, 42, {{"agc.epoch", "3"}}}, list);
    return readFile(path);
  }
};

std::string errorOf(const std::function<void()> &call) {
  try {
    call();
  } catch (const Error &error) {
    return error.msg();
  }
  return "none";
}

} // namespace

TEST_F(CheckpointTest, SaysWhatItIs) {
  write();
  SafetensorsFile file;
  CheckpointInfo info = readCheckpoint(path, file);
  EXPECT_EQ(info.schema, 0x123456789abcdef0u);
  EXPECT_EQ(info.steps, 42u);
  EXPECT_EQ(info.more, (HeaderText{{"agc.epoch", "3"}}));
  EXPECT_EQ(file.metadata.at("format"), "agc-checkpoint-1");
  EXPECT_EQ(file.metadata.at("agc.steps"), "00000000000000000042");
  EXPECT_EQ(file.tensors.at("layer.weight").data, bytesOf(weight));
  EXPECT_EQ(file.tensors.at("n").data, bytesOf(count));
}

TEST_F(CheckpointTest, TheSameStateGivesTheSameBytesInAnyOrder) {
  std::string first = write();
  std::vector<SavedTensor> backwards = tensors();
  std::reverse(backwards.begin(), backwards.end());
  EXPECT_EQ(write(backwards), first);
}

// Each bit, in header and data: one error, and never other numbers.
TEST_F(CheckpointTest, NoChangedBitIsTaken) {
  std::string whole = write();
  for (size_t i = 0; i < whole.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = whole;
      changed[i] = char(changed[i] ^ (1 << bit));
      SafetensorsFile file;
      EXPECT_NE(errorOf([&] {
                  parseSafetensors(changed, "f", file);
                  if (!checkpointInfo(file, "f"))
                    throw Error("AGC0206", "is not a checkpoint");
                }),
                "none")
          << "bit " << bit << " of byte " << i;
      // Nor as weights: what is left of the metadata tells.
      EXPECT_NE(errorOf([&] {
                  parseSafetensors(changed, "f", file);
                  checkpointInfo(file, "f");
                }),
                "none")
          << "as weights, bit " << bit << " of byte " << i;
    }
}

TEST_F(CheckpointTest, NoTruncationIsTaken) {
  std::string whole = write();
  for (size_t length = 0; length < whole.size(); ++length) {
    SafetensorsFile file;
    EXPECT_NE(errorOf([&] {
                parseSafetensors(whole.substr(0, length), "f", file);
                checkpointInfo(file, "f");
              }),
              "none")
        << length;
  }
}

TEST_F(CheckpointTest, EveryKindOfBadFileIsOneClearError) {
  SafetensorsFile file;
  auto errorFor = [&](const std::map<std::string, std::string> &metadata) {
    writeSafetensors(path, tensors(), metadata);
    return errorOf([&] { readCheckpoint(path, file); });
  };
  EXPECT_EQ(errorFor({{"format", "pt"}}),
            "'" + path + "' is not a checkpoint: it does not say the format 'agc-checkpoint-1'");
  // What agc train wrote before there was one format.
  EXPECT_EQ(errorFor({{"epoch", "3"}, {"seed", "0"}}),
            "'" + path + "' is not a checkpoint: it does not say the format 'agc-checkpoint-1'");
  EXPECT_EQ(errorFor({{"format", "agc-checkpoint-2"}}),
            "'" + path + "' is a checkpoint of format 'agc-checkpoint-2', and this agc reads "
            "'agc-checkpoint-1'; use a newer agc");
  std::string damaged =
      "'" + path + "' is a damaged checkpoint: its checksum is not that of its bytes";
  EXPECT_EQ(errorFor({{"format", "agc-checkpoint-1"}}), damaged);
  std::map<std::string, std::string> metadata = {{"format", "agc-checkpoint-1"},
                                                 {"agc.schema", "123456789abcdef0"},
                                                 {"agc.steps", "00000000000000000042"},
                                                 {"agc.checksum", "0000000000000000"}};
  EXPECT_EQ(errorFor(metadata), damaged);
  metadata["agc.steps"] = "99999999999999999999";
  EXPECT_EQ(errorFor(metadata), damaged);
  metadata.erase("format");
  EXPECT_EQ(errorFor(metadata), damaged);
  EXPECT_EQ(errorOf([&] { readWeights(path, file); }), damaged);
  EXPECT_EQ(errorOf([&] { readCheckpoint(path + ".none", file); }),
            "cannot read '" + path + ".none': No such file or directory");
}

TEST_F(CheckpointTest, ReportsByName) {
  write();
  SafetensorsFile file;
  readCheckpoint(path, file);
  LoadReport report = compareWith({{"n", DType::I64, {}},
                                   {"layer.weight", DType::F32, {3, 2}},
                                   {"layer.bias", DType::F32, {2}},
                                   {"other.bias", DType::F32, {4}}},
                                  file);
  EXPECT_FALSE(report.complete());
  ASSERT_EQ(report.loaded.size(), 1u);
  EXPECT_EQ(report.loaded[0].name, "n");
  ASSERT_EQ(report.missing.size(), 2u);
  EXPECT_EQ(report.missing[1].name, "other.bias");
  ASSERT_EQ(report.unexpected.size(), 1u);
  EXPECT_EQ(report.unexpected[0].name, "a");
  EXPECT_EQ(report.unexpected[0].dtype, DType::I8);
  EXPECT_EQ(report.unexpected[0].shape, (std::vector<int64_t>{3}));
  ASSERT_EQ(report.mismatched.size(), 1u);
  EXPECT_EQ(report.mismatched[0].file.shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(report.mismatched[0].model.shape, (std::vector<int64_t>{3, 2}));
  EXPECT_EQ(report.summary(),
            "has no tensor 'layer.bias' (f32 [2]) and 1 other; has a tensor 'a' (i8 [3]) that "
            "the model has not; has 'layer.weight' as f32 [2, 3], expected f32 [3, 2]");
  EXPECT_EQ(report.text(), "not in the file:   layer.bias  f32 [2]\n"
                           "not in the file:   other.bias  f32 [4]\n"
                           "not in the model:  a  i8 [3]\n"
                           "does not fit:      layer.weight  f32 [2, 3] in the file, f32 [3, 2] "
                           "in the model\n"
                           "loaded:            1 of 4 tensors\n");
  // Another dtype is no fit, either.
  EXPECT_EQ(compareWith({{"n", DType::I32, {}}}, file).mismatched.size(), 1u);
  EXPECT_TRUE(compareWith({{"n", DType::I64, {}},
                           {"layer.weight", DType::F32, {2, 3}},
                           {"a", DType::I8, {3}}},
                          file)
                  .complete());
}

TEST(Checksum, IsOfTheBytesAndNotOfTheirPieces) {
  std::string bytes;
  for (int i = 0; i < 100; ++i)
    bytes += char(i * 37);
  auto sumOf = [&](std::vector<size_t> cuts) {
    agc_checksum sum = agc_checksum_begin(bytes.size());
    size_t from = 0;
    cuts.push_back(bytes.size());
    for (size_t cut : cuts) {
      agc_checksum_add(&sum, bytes.data() + from, cut - from);
      from = cut;
    }
    return agc_checksum_end(&sum);
  };
  uint64_t whole = sumOf({});
  for (size_t a = 0; a <= bytes.size(); ++a)
    for (size_t b = a; b <= bytes.size(); b += 5)
      EXPECT_EQ(sumOf({a, b}), whole) << a << ' ' << b;
  bytes += '\0';
  EXPECT_NE(sumOf({}), whole);
}
