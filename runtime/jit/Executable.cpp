#include "runtime/jit/Executable.h"

#include "agc/Error.h"
#include "ir/Bodies.h"
#include "runtime/core/Buffer.h"
#include "runtime/core/HostCpu.h"
#include "runtime/core/ThreadPool.h"
#include "runtime/jit/CompilerLibrary.h"
#include "runtime/jit/DiskCache.h"

#include <atomic>
#include <mutex>
#include <unordered_map>

namespace agc {
namespace {

/// As many workspaces as functions run at once; each grows to the largest need.
class Workspaces {
public:
  BufferRef take(size_t sizeBytes) {
    {
      std::lock_guard<std::mutex> lock(mutex);
      if (!free.empty()) {
        BufferRef buffer = std::move(free.back());
        free.pop_back();
        if (buffer->sizeBytes() >= sizeBytes)
          return buffer;
      }
    }
    return Buffer::allocate(sizeBytes);
  }
  void give(BufferRef buffer) {
    std::lock_guard<std::mutex> lock(mutex);
    free.push_back(std::move(buffer));
  }

private:
  std::mutex mutex;
  std::vector<BufferRef> free;
};

Workspaces &workspaces() {
  static Workspaces *pool = new Workspaces;
  return *pool;
}

std::atomic<uint64_t> compiledCount{0}, loadedCount{0};

std::string serialize(const proto::Module &module) {
  std::string bytes;
  if (!module.SerializeToString(&bytes))
    throw Error("AGC0108", "a graph of more than 2 GiB cannot be compiled");
  return bytes;
}

void clearLocations(proto::Module &module) {
  module.clear_locations();
  for (proto::Function &function : *module.mutable_functions())
    for (proto::Node &node : *function.mutable_nodes())
      node.clear_location();
}

/// Everything that decides what the object is, and nothing else.
std::string keyOf(const proto::Module &module, const CompileOptions &options) {
  proto::Module bare = module;
  if (!options.profile) // whose table is of lines
    clearLocations(bare);
  bare.clear_name();
  bare.clear_metadata();
  keepFunction(bare, options.function);
  return compilerIdentity() + '\0' + hostCpu() + '\0' + options.function +
         '\0' + options.cpu + '\0' + (options.reference ? "reference" : "fast") +
         (options.profile ? " profile" : "") + (options.strict ? " strict" : "") + '\0' +
         serialize(bare);
}

std::shared_ptr<Executable> instantiate(const CompiledObject &compiled) {
  proto::Manifest manifest;
  if (!manifest.ParseFromString(compiled.manifest))
    return nullptr;
  std::unique_ptr<LoadedObject> object;
  if (CompilerError error = loadObject(compiled.object, object))
    return nullptr;
  auto entry = reinterpret_cast<agc_entry>(object->find(manifest.entry()));
  return entry ? std::make_shared<Executable>(std::move(object), entry, std::move(manifest),
                                              compiled.timing)
               : nullptr;
}

} // namespace

// -fsanitize=function looks for a type before the entry, which code that was
// loaded from an object has not.
#if defined(__clang__)
__attribute__((no_sanitize("function")))
#endif
int32_t Executable::run(void *const *arguments, void *const *results,
                        agc_failure &failure) const {
  std::shared_ptr<ThreadPool> pool = threadPool();
  const agc_executor *executor = pool->size() > 1 ? pool->executor() : nullptr;
  if (description.workspace_bytes() == 0)
    return entry(arguments, results, nullptr, executor, &failure);
  BufferRef workspace = workspaces().take(description.workspace_bytes());
  int32_t status =
      entry(arguments, results, workspace->data(), executor, &failure);
  workspaces().give(std::move(workspace));
  return status;
}

std::shared_ptr<Executable> findExecutable(const proto::Module &module,
                                           const CompileOptions &options) {
  static auto *mutex = new std::mutex;
  static auto *known =
      new std::unordered_map<std::string, std::shared_ptr<Executable>>;

  std::string key = keyOf(module, options);
  {
    std::lock_guard<std::mutex> lock(*mutex);
    auto found = known->find(key);
    if (found != known->end())
      return found->second;
  }
  std::shared_ptr<Executable> executable;
  CompiledObject compiled;
  // An object that does not load, however it got there, is made anew.
  // Where nothing says which CPU or compiler this is, no object is the right one.
  bool cached = !hostCpu().empty() && !compilerIdentity().empty();
  if (cached && readDiskCache(key, compiled) && (executable = instantiate(compiled))) {
    ++loadedCount;
  } else {
    throwIf(compiler().compile(serialize(module), options, compiled));
    ++compiledCount;
    executable = instantiate(compiled);
    if (!executable)
      throw Error("AGC0204", "the object that was just compiled does not load");
    if (cached)
      writeDiskCache(key, compiled);
  }
  std::lock_guard<std::mutex> lock(*mutex);
  return known->try_emplace(std::move(key), std::move(executable)).first->second;
}

ExecutableCounters executableCounters() {
  return {compiledCount.load(), loadedCount.load()};
}

} // namespace agc
