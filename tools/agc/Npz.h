//===- Npz.h - NumPy's archives, read with suspicion -----------------------===//
#ifndef AGC_TOOLS_AGC_NPZ_H
#define AGC_TOOLS_AGC_NPZ_H

#include "tools/agc/HostTensor.h"

#include <map>
#include <string>
#include <string_view>

namespace agc::cli {

/// What the header of a .npy file says.
struct NpyHeader {
  DType type = DType::Invalid;
  std::vector<int64_t> shape;
  size_t headerBytes = 0; // where the elements begin
};

/// Reads a .npy header from the first bytes of a file. The header is a Python
/// literal; it is parsed as what NumPy writes and nothing more, not evaluated.
/// Types:  f2 f4 f8 i1 i4 i8 u1 b1, little-endian.
/// Errors: AGC0311 with \p name: not a header, truncated, another type,
///         Fortran order, or a size that no memory holds.
NpyHeader parseNpyHeader(std::string_view bytes, const std::string &name);

/// The array \p key of the archive \p path.
/// Errors: AGC0201 the system's; AGC0310 not an archive, damaged, or without
///         that key; AGC0311 as parseNpyHeader.
HostTensor readNpz(const std::string &path, const std::string &key);

/// All arrays of the archive.
std::map<std::string, HostTensor> readNpz(const std::string &path);

} // namespace agc::cli

#endif
