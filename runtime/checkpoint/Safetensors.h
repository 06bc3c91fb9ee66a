//===- Safetensors.h - Named tensors in a file ----------------------------===//
//
// The format: 8 bytes, little-endian: length of the header; the header, JSON:
// name -> {dtype, shape, data_offsets}; then the elements, row-major.
// Written so that Python's `safetensors` reads it; what it wrote is read.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_RUNTIME_CHECKPOINT_SAFETENSORS_H
#define AGC_RUNTIME_CHECKPOINT_SAFETENSORS_H

#include "runtime/checkpoint/Header.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace agc {

/// A tensor in a file. `data` points into the file's bytes, or, to write, to
/// the caller's.
struct SavedTensor {
  std::string name;
  DType type = DType::Invalid;
  std::vector<int64_t> shape;
  std::string_view data;
};

/// A file that was read and checked, with its tensors by name.
struct SafetensorsFile {
  std::string bytes;
  std::map<std::string, SavedTensor> tensors;
  std::map<std::string, std::string> metadata;

  SafetensorsFile() = default;
  // The tensors point into `bytes`, whose memory a move keeps only when long.
  SafetensorsFile(const SafetensorsFile &) = delete;
  SafetensorsFile &operator=(const SafetensorsFile &) = delete;
};

/// Reads \p path.
/// Errors: AGC0201 the system's; AGC0202 anything wrong with the contents:
/// too short, a header that is not what the format says, a dtype that agc has
/// not, sizes that do not agree, tensors that overlap or leave gaps.
void readSafetensors(const std::string &path, SafetensorsFile &file);

/// The same of bytes; \p name is for the errors.
void parseSafetensors(std::string bytes, const std::string &name,
                      SafetensorsFile &file);

/// Where each tensor goes in a file.
/// Errors: AGC0202, a name that is there twice or is not UTF-8.
std::vector<HeaderTensor> placesOf(const std::vector<SavedTensor> &tensors);

/// Writes \p tensors, atomically, in the order of placeTensors.
/// Errors: AGC0201 the system's; as placesOf.
void writeSafetensors(const std::string &path, const std::vector<SavedTensor> &tensors,
                      const std::map<std::string, std::string> &metadata = {});

} // namespace agc

#endif
