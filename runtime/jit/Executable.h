//===- Executable.h - Compiled functions, and where they are found again --===//
//
// A function is looked for by its module (without source positions, unless it is
// to be profiled), options, compiler and CPU: in memory, then on disk, then it is
// compiled. Keys are compared in full; a hash only says where to look.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_RUNTIME_JIT_EXECUTABLE_H
#define AGC_RUNTIME_JIT_EXECUTABLE_H

#include "codegen/Compiler.h"
#include "runtime/jit/ObjectLoader.h"
#include "codegen/manifest.pb.h"

#include <memory>

namespace agc {

class Executable {
public:
  Executable(std::unique_ptr<LoadedObject> object, agc_entry entry, proto::Manifest manifest,
             std::string timing)
      : object(std::move(object)), entry(entry), description(std::move(manifest)),
        timing(std::move(timing)) {}

  const proto::Manifest &manifest() const { return description; }
  /// Where the time went; empty if nobody asked, or it came from the disk.
  const std::string &compileTiming() const { return timing; }

  /// Calls the function on agc's thread pool with a workspace of agc's own.
  /// Returns what the function does: 0, or 1 + the check that failed.
  int32_t run(void *const *arguments, void *const *results,
              agc_failure &failure) const;

private:
  std::unique_ptr<LoadedObject> object;
  agc_entry entry;
  proto::Manifest description;
  std::string timing;
};

/// The function \p options.function of \p module, compiled at most once.
/// Errors: the compiler's (throwIf), AGC0203.
std::shared_ptr<Executable> findExecutable(const proto::Module &module,
                                           const CompileOptions &options);

/// How many functions this process compiled, and how many came from disk.
struct ExecutableCounters {
  uint64_t compiled = 0, loadedFromDisk = 0;
};
ExecutableCounters executableCounters();

} // namespace agc

#endif
