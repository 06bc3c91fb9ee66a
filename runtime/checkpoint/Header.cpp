#include "runtime/checkpoint/Header.h"

#include "runtime/core/checkpoint.h"

#include <algorithm>

namespace agc {
namespace {

/// As JSON has it.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (static_cast<unsigned char>(c) < ' ') {
      char escape[] = "\\u0000";
      agc_write_digits(escape + 2, 4, 16, static_cast<unsigned char>(c));
      out += escape;
      continue;
    }
    if (c == '"' || c == '\\')
      out += '\\';
    out += c;
  }
  return out + '"';
}

/// Where the value of \p key begins; what stands before it has no quotes in it.
uint64_t placeOf(const std::string &header, const char *key) {
  std::string before = quoted(key) + ":\"";
  return header.find(before) + before.size();
}

} // namespace

void placeTensors(std::vector<HeaderTensor> &tensors) {
  std::sort(tensors.begin(), tensors.end(), [](const HeaderTensor &a, const HeaderTensor &b) {
    int sizeA = info(a.type).sizeBytes, sizeB = info(b.type).sizeBytes;
    return sizeA != sizeB ? sizeA > sizeB : a.name < b.name;
  });
  uint64_t at = 0;
  for (HeaderTensor &tensor : tensors) {
    tensor.begin = at;
    at += tensor.sizeBytes;
  }
}

std::string safetensorsHeader(const std::vector<HeaderTensor> &tensors,
                              const HeaderText &metadata) {
  std::string header(8, '\0');
  header += '{';
  if (!metadata.empty()) {
    header += "\"__metadata__\":{";
    for (const auto &[key, value] : metadata)
      header += (header.back() == '{' ? "" : ",") + quoted(key) + ":" + quoted(value);
    header += '}';
  }
  for (const HeaderTensor &tensor : tensors) {
    std::string shape;
    for (int64_t size : tensor.shape)
      shape += (shape.empty() ? "" : ",") + std::to_string(size);
    header += header.back() == '{' ? "" : ",";
    header += quoted(tensor.name) + ":{\"dtype\":\"";
    header += info(tensor.type).safetensorsName;
    header += "\",\"shape\":[" + shape + "],\"data_offsets\":[" + std::to_string(tensor.begin) +
              "," + std::to_string(tensor.begin + tensor.sizeBytes) + "]}";
  }
  header += '}';
  header.resize((header.size() + 7) / 8 * 8, ' ');
  uint64_t length = header.size() - 8;
  for (int i = 0; i < 8; ++i)
    header[size_t(i)] = char(length >> (8 * i));
  return header;
}

CheckpointHeader checkpointHeader(const std::vector<HeaderTensor> &tensors,
                                  uint64_t schema, const HeaderText &more) {
  std::string hash(AGC_HASH_DIGITS, '0');
  agc_write_digits(hash.data(), AGC_HASH_DIGITS, 16, schema);
  HeaderText metadata = {{"format", AGC_CHECKPOINT_FORMAT},
                         {"agc.schema", hash},
                         {"agc.steps", std::string(AGC_STEPS_DIGITS, '0')},
                         {"agc.checksum", std::string(AGC_HASH_DIGITS, '0')}};
  metadata.insert(metadata.end(), more.begin(), more.end());
  CheckpointHeader header;
  header.bytes = safetensorsHeader(tensors, metadata);
  header.stepsAt = placeOf(header.bytes, "agc.steps");
  header.checksumAt = placeOf(header.bytes, "agc.checksum");
  return header;
}

} // namespace agc
