//===- DiskCache.h - Objects that outlive the process ---------------------===//
//
// One file a function, in $AGC_CACHE_DIR, $XDG_CACHE_HOME/agc or ~/.cache/agc.
// Any number of processes may use it: files appear whole or not at all. A file
// that is damaged or belongs to another key is as good as none. Nothing here
// fails: a cache that cannot be written is slow, not wrong.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_RUNTIME_JIT_DISKCACHE_H
#define AGC_RUNTIME_JIT_DISKCACHE_H

#include "codegen/Compiler.h"

namespace agc {

bool readDiskCache(const std::string &key, CompiledObject &result);
void writeDiskCache(const std::string &key, const CompiledObject &object);

/// Where the cache is; empty if there is no place for it. AGC_CACHE_DIR set to
/// nothing switches it off.
std::string diskCacheFolder();

/// The most that its files may be together, in bytes.
uint64_t diskCacheLimit();

/// The file of \p key in that folder.
std::string diskCacheFile(const std::string &key);

} // namespace agc

#endif
