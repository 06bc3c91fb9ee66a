//===- AtomicFile.h - Files that are whole or not there -------------------===//
#ifndef AGC_RUNTIME_CORE_ATOMICFILE_H
#define AGC_RUNTIME_CORE_ATOMICFILE_H

#include <initializer_list>
#include <string>
#include <string_view>

namespace agc {

/// Writes \p pieces, one after the other, to \p path: to a new file beside it,
/// synced, then renamed. A full disk or a crash leaves the old file as it was.
/// Errors: the system's, as AGC0201.
void writeFileAtomically(const std::string &path,
                         std::initializer_list<std::string_view> pieces);

/// The same for many pieces.
void writeFileAtomically(const std::string &path, const std::string_view *pieces,
                         size_t count);

/// The whole file.
/// Errors: the system's, as AGC0201.
std::string readFile(const std::string &path);

} // namespace agc

#endif
