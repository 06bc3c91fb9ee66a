#include "runtime/checkpoint/Safetensors.h"

#include "agc/Error.h"
#include "runtime/core/AtomicFile.h"
#include "runtime/core/Sizes.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>

namespace agc {
namespace {

using Json = nlohmann::json;

/// What Python's reader allows too.
constexpr uint64_t maxHeaderBytes = 100'000'000;
/// Keeps a hostile header's nesting away from recursive destructors.
constexpr int maxDepth = 4;

struct Reader {
  const std::string &name;

  [[noreturn]] void fail(const std::string &why) const {
    throw Error("AGC0202", "'" + name + "' is not a good safetensors file: " + why);
  }

  /// The JSON, in which no key occurs twice and nothing nests deeply.
  Json parseHeader(std::string_view text) const {
    bool deep = false;
    std::vector<std::string> seen;
    // A callback's `false` drops the value, so that nothing deep is built.
    auto callback = [&](int depth, Json::parse_event_t event, Json &parsed) {
      if (depth > maxDepth)
        return deep = true, false;
      if (event == Json::parse_event_t::key && depth == 1)
        seen.push_back(parsed.get<std::string>());
      return true;
    };
    Json header = Json::parse(text, callback, /*allow_exceptions=*/false);
    if (deep)
      fail("its header nests too deeply");
    if (header.is_discarded())
      fail("its header is not JSON");
    if (!header.is_object())
      fail("its header is not a JSON object");
    std::sort(seen.begin(), seen.end());
    auto repeated = std::adjacent_find(seen.begin(), seen.end());
    if (repeated != seen.end())
      fail("tensor '" + *repeated + "' occurs twice");
    return header;
  }

  uint64_t natural(const Json &value, const std::string &what) const {
    if (!value.is_number_unsigned())
      fail(what + " is not a natural number");
    return value.get<uint64_t>();
  }

  SavedTensor tensor(const std::string &key, const Json &entry,
                     std::string_view data) const {
    std::string quoted = "tensor '" + key + "'";
    if (!entry.is_object() || !entry.contains("dtype") ||
        !entry.contains("shape") || !entry.contains("data_offsets"))
      fail(quoted + " lacks dtype, shape or data_offsets");
    SavedTensor result;
    result.name = key;
    const Json &dtype = entry["dtype"], &shape = entry["shape"],
               &offsets = entry["data_offsets"];
    if (!dtype.is_string() || !shape.is_array() || !offsets.is_array() ||
        offsets.size() != 2)
      fail(quoted + " has a dtype, shape or data_offsets of the wrong kind");
    for (int t = 1; t < numDTypes; ++t)
      if (dtype.get_ref<const std::string &>() == dtypeTable[t].safetensorsName)
        result.type = DType(t);
    if (result.type == DType::Invalid)
      fail(quoted + " has dtype '" + dtype.get<std::string>() +
           "', which agc has not");
    for (const Json &size : shape) {
      uint64_t n = natural(size, quoted + ": a size");
      if (n > uint64_t(maxTensorBytes))
        fail(quoted + " is too large");
      result.shape.push_back(int64_t(n));
    }
    uint64_t begin = natural(offsets[0], quoted + ": an offset");
    uint64_t end = natural(offsets[1], quoted + ": an offset");
    int64_t bytes;
    try {
      bytes = checkedBytes(result.shape.data(), result.shape.size(), result.type);
    } catch (const Error &error) {
      fail(quoted + ": " + error.msg());
    }
    if (begin > end || end > data.size())
      fail(quoted + " lies outside of the file (truncated?)");
    if (end - begin != uint64_t(bytes))
      fail(quoted + " has " + std::to_string(end - begin) +
           " bytes, but its shape " +
           shapeText(result.shape.data(), result.shape.size()) + " asks for " +
           std::to_string(bytes));
    result.data = data.substr(begin, bytes);
    return result;
  }
};

} // namespace

void parseSafetensors(std::string bytes, const std::string &name,
                      SafetensorsFile &file) {
  Reader reader{name};
  file.bytes = std::move(bytes);
  file.tensors.clear();
  file.metadata.clear();
  if (file.bytes.size() < 8)
    reader.fail("it has only " + std::to_string(file.bytes.size()) + " bytes");
  uint64_t length = 0;
  for (int i = 7; i >= 0; --i)
    length = length << 8 | uint8_t(file.bytes[size_t(i)]);
  if (length > maxHeaderBytes || length > file.bytes.size() - 8)
    reader.fail("it says that its header has " + std::to_string(length) +
                " bytes, but it has " + std::to_string(file.bytes.size()) +
                " in all");
  std::string_view all(file.bytes);
  std::string_view data = all.substr(8 + length);
  Json header = reader.parseHeader(all.substr(8, length));

  std::vector<std::pair<uint64_t, uint64_t>> ranges;
  for (auto &[key, entry] : header.items()) {
    if (key == "__metadata__") {
      if (!entry.is_object())
        reader.fail("__metadata__ is not an object");
      for (auto &[k, v] : entry.items()) {
        if (!v.is_string())
          reader.fail("__metadata__ holds something other than text");
        file.metadata[k] = v.get<std::string>();
      }
      continue;
    }
    SavedTensor tensor = reader.tensor(key, entry, data);
    ranges.emplace_back(tensor.data.data() - data.data(),
                        tensor.data.data() - data.data() + tensor.data.size());
    file.tensors.emplace(key, std::move(tensor));
  }
  std::sort(ranges.begin(), ranges.end());
  uint64_t at = 0;
  for (auto [begin, end] : ranges) {
    if (begin != at)
      reader.fail(begin < at ? "two tensors overlap"
                             : "there is a gap between two tensors");
    at = end;
  }
  if (at != data.size())
    reader.fail("it has " + std::to_string(data.size()) +
                " bytes of data, but its tensors have " + std::to_string(at));
}

void readSafetensors(const std::string &path, SafetensorsFile &file) {
  parseSafetensors(readFile(path), path, file);
}

void writeSafetensors(const std::string &path, std::vector<SavedTensor> tensors,
                      const std::map<std::string, std::string> &metadata) {
  std::sort(tensors.begin(), tensors.end(),
            [](const SavedTensor &a, const SavedTensor &b) {
              int sa = info(a.type).sizeBytes, sb = info(b.type).sizeBytes;
              return sa != sb ? sa > sb : a.name < b.name;
            });
  // Keys in the order of the data, as Python's writer has them.
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty())
    header["__metadata__"] = metadata;
  uint64_t at = 0;
  for (const SavedTensor &tensor : tensors) {
    if (header.contains(tensor.name) || tensor.name == "__metadata__")
      throw Error("AGC0202", "cannot save two tensors named '" + tensor.name + "'");
    uint64_t end = at + tensor.data.size();
    header[tensor.name] = {{"dtype", info(tensor.type).safetensorsName},
                           {"shape", tensor.shape},
                           {"data_offsets", {at, end}}};
    at = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  char length[8];
  for (int i = 0; i < 8; ++i)
    length[i] = char(uint64_t(text.size()) >> (8 * i));
  std::vector<std::string_view> pieces{{length, 8}, text};
  for (const SavedTensor &tensor : tensors)
    pieces.push_back(tensor.data);
  writeFileAtomically(path, pieces.data(), pieces.size());
}

} // namespace agc
