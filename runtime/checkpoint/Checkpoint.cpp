#include "runtime/checkpoint/Checkpoint.h"

#include "agc/Error.h"
#include "runtime/core/AtomicFile.h"
#include "runtime/core/checkpoint.h"

#include <set>

namespace agc {

void writeCheckpoint(const std::string &path, const CheckpointInfo &info,
                     const std::vector<SavedTensor> &tensors) {
  std::vector<HeaderTensor> places = placesOf(tensors);
  CheckpointHeader header = checkpointHeader(places, info.schema, info.more);
  agc_write_digits(&header.bytes[header.stepsAt], AGC_STEPS_DIGITS, 10, info.steps);
  std::vector<std::string_view> pieces{header.bytes};
  for (const HeaderTensor &place : places)
    pieces.push_back(tensors[place.index].data);

  uint64_t count = 0;
  for (std::string_view piece : pieces)
    count += piece.size();
  // The checksum's own digits are zeros so far, as they count.
  agc_checksum sum = agc_checksum_begin(count);
  for (std::string_view piece : pieces)
    agc_checksum_add(&sum, piece.data(), piece.size());
  agc_write_digits(&header.bytes[header.checksumAt], AGC_HASH_DIGITS, 16, agc_checksum_end(&sum));
  writeFileAtomically(path, pieces.data(), pieces.size());
}

namespace {

/// The number that the file says under \p key, in so many digits.
std::optional<uint64_t> numberOf(const SafetensorsFile &file, const char *key,
                                 uint64_t digits, uint64_t base) {
  auto found = file.metadata.find(key);
  uint64_t value;
  if (found == file.metadata.end() || found->second.size() != digits ||
      !agc_read_digits(found->second.data(), digits, base, &value))
    return std::nullopt;
  return value;
}

bool isWhole(const SafetensorsFile &file) {
  std::optional<uint64_t> checksum = numberOf(file, "agc.checksum", AGC_HASH_DIGITS, 16);
  if (!checksum)
    return false;
  // Where its digits are, which the parser does not say.
  std::string key = "\"agc.checksum\"";
  size_t at = file.bytes.find(key);
  if (at != std::string::npos)
    at = file.bytes.find('"', at + key.size());
  return at != std::string::npos &&
         file.bytes.compare(at + 1, AGC_HASH_DIGITS, file.metadata.at("agc.checksum")) == 0 &&
         *checksum == agc_checksum_of_file(file.bytes.data(), file.bytes.size(), at + 1);
}

} // namespace

std::optional<CheckpointInfo> checkpointInfo(const SafetensorsFile &file,
                                             const std::string &name) {
  // Files that other programs wrote have a format, too.
  auto found = file.metadata.find("format");
  std::string format = found == file.metadata.end() ? "" : found->second;
  bool isOurs = format.rfind("agc-checkpoint-", 0) == 0;
  if (!isOurs && !file.metadata.count("agc.checksum"))
    return std::nullopt;
  if (isOurs && format != AGC_CHECKPOINT_FORMAT)
    throw Error("AGC0206", "'" + name + "' is a checkpoint of format '" + format +
                               "', and this agc reads '" AGC_CHECKPOINT_FORMAT
                               "'; use a newer agc");
  std::optional<uint64_t> schema = numberOf(file, "agc.schema", AGC_HASH_DIGITS, 16);
  std::optional<uint64_t> steps = numberOf(file, "agc.steps", AGC_STEPS_DIGITS, 10);
  if (!isOurs || !schema || !steps || !isWhole(file))
    throw Error("AGC0206", "'" + name + "' is a damaged checkpoint: its checksum is not that "
                                        "of its bytes");
  CheckpointInfo info;
  info.schema = *schema;
  info.steps = *steps;
  for (const auto &[key, value] : file.metadata)
    if (key != "format" && key != "agc.schema" && key != "agc.steps" && key != "agc.checksum")
      info.more.emplace_back(key, value);
  return info;
}

CheckpointInfo readCheckpoint(const std::string &path, SafetensorsFile &file) {
  readSafetensors(path, file);
  std::optional<CheckpointInfo> info = checkpointInfo(file, path);
  if (!info)
    throw Error("AGC0206", "'" + path + "' is not a checkpoint: it does not say the format '"
                               AGC_CHECKPOINT_FORMAT "'");
  return std::move(*info);
}

void readWeights(const std::string &path, SafetensorsFile &file) {
  readSafetensors(path, file);
  checkpointInfo(file, path);
}

LoadReport compareWith(const std::vector<TensorInfo> &model, const SafetensorsFile &file) {
  LoadReport report;
  std::set<std::string_view> known;
  for (const TensorInfo &tensor : model) {
    known.insert(tensor.name);
    auto found = file.tensors.find(tensor.name);
    if (found == file.tensors.end()) {
      report.missing.push_back(tensor);
      continue;
    }
    const SavedTensor &saved = found->second;
    if (saved.type == tensor.dtype && saved.shape == tensor.shape)
      report.loaded.push_back(tensor);
    else
      report.mismatched.push_back({{saved.name, saved.type, saved.shape}, tensor});
  }
  for (const auto &[name, saved] : file.tensors)
    if (!known.count(name))
      report.unexpected.push_back({name, saved.type, saved.shape});
  return report;
}

} // namespace agc
