#include "runtime/checkpoint/Safetensors.h"

#include "agc/Error.h"
#include "runtime/core/AtomicFile.h"
#include "runtime/core/Sizes.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace agc {
namespace {

using Json = nlohmann::json;

/// What Python's reader allows too.
constexpr uint64_t maxHeaderBytes = 100'000'000;
/// Keeps a hostile header's nesting away from recursive destructors.
constexpr int maxDepth = 4;

/// Looks over a header for what no value may be built of: deep nesting, and a key
/// that is there twice. (The parser with a callback would do, but is quadratic.)
struct Outline {
  int depth = 0;
  bool deep = false;
  std::vector<std::string> keys; // of the header's own object

  bool null() { return true; }
  bool boolean(bool) { return true; }
  bool number_integer(Json::number_integer_t) { return true; }
  bool number_unsigned(Json::number_unsigned_t) { return true; }
  bool number_float(Json::number_float_t, const std::string &) { return true; }
  bool string(std::string &) { return true; }
  bool binary(Json::binary_t &) { return true; }
  bool start_object(size_t) { return enter(); }
  bool start_array(size_t) { return enter(); }
  bool end_object() { return leave(); }
  bool end_array() { return leave(); }
  bool key(std::string &text) {
    if (depth == 1)
      keys.push_back(text);
    return true;
  }
  bool parse_error(size_t, const std::string &, const Json::exception &) { return false; }

  bool enter() { return !(deep = ++depth > maxDepth); }
  bool leave() { return --depth >= 0; }
};

struct Reader {
  const std::string &name;

  [[noreturn]] void fail(const std::string &why) const {
    throw Error("AGC0202", "'" + name + "' is not a good safetensors file: " + why);
  }

  /// The JSON, in which no key occurs twice and nothing nests deeply.
  Json parseHeader(std::string_view text) const {
    Outline outline;
    bool good = Json::sax_parse(text, &outline);
    if (outline.deep)
      fail("its header nests too deeply");
    if (!good)
      fail("its header is not JSON");
    Json header = Json::parse(text);
    if (!header.is_object())
      fail("its header is not a JSON object");
    std::vector<std::string> &seen = outline.keys;
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

/// Whether JSON may have it.
bool isUtf8(const std::string &text) {
  try {
    Json(text).dump();
    return true;
  } catch (const Json::exception &) {
    return false;
  }
}

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

std::vector<HeaderTensor> placesOf(const std::vector<SavedTensor> &tensors) {
  std::vector<HeaderTensor> places;
  std::set<std::string_view> names{"__metadata__"};
  for (const SavedTensor &tensor : tensors) {
    if (!isUtf8(tensor.name))
      throw Error("AGC0202", "cannot save a tensor whose name is not UTF-8");
    if (!names.insert(tensor.name).second)
      throw Error("AGC0202", "cannot save two tensors named '" + tensor.name + "'");
    places.push_back({tensor.name, tensor.type, tensor.shape, tensor.data.size(), places.size()});
  }
  placeTensors(places);
  return places;
}

void writeSafetensors(const std::string &path, const std::vector<SavedTensor> &tensors,
                      const std::map<std::string, std::string> &metadata) {
  std::vector<HeaderTensor> places = placesOf(tensors);
  std::string header = safetensorsHeader(places, {metadata.begin(), metadata.end()});
  std::vector<std::string_view> pieces{header};
  for (const HeaderTensor &place : places)
    pieces.push_back(tensors[place.index].data);
  writeFileAtomically(path, pieces.data(), pieces.size());
}

} // namespace agc
