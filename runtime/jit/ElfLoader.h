//===- ElfLoader.h - Objects into executable memory, without LLVM ----------===//
//
// LLVM's JIT linker costs 20 ms and 80 MiB before it links its first object; a
// program whose functions are all in the disk cache needs nothing else of LLVM.
// What agc's own code generator emits for x86-64 has few kinds of relocations:
// these are done here. Anything else is left to LLVM (CompilerLibrary.h).
//
// With AGC_PERF_MAP set, /tmp/perf-PID.map names what was loaded, so that
// `perf record` and `perf report` show a program's kernels.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_RUNTIME_JIT_ELFLOADER_H
#define AGC_RUNTIME_JIT_ELFLOADER_H

#include "runtime/jit/ObjectLoader.h"

namespace agc {

/// Links \p object into this process; null if it is not a whole ELF object for
/// this machine, has a relocation that is not known here, or needs a function that is
/// neither of memcpy's kind nor in libm.
std::unique_ptr<LoadedObject> loadElf(std::string_view object);

} // namespace agc

#endif
