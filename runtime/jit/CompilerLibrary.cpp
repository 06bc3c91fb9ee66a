#include "runtime/jit/CompilerLibrary.h"

#include "agc/Error.h"
#include "runtime/jit/ElfLoader.h"

#include <dlfcn.h>
#include <sys/stat.h>

#include <cstdlib>

namespace agc {
namespace {

std::string libraryPath() {
  if (const char *path = std::getenv("AGC_COMPILER_LIBRARY"); path && *path)
    return path;
  Dl_info own;
  std::string folder;
  if (dladdr(reinterpret_cast<const void *>(&libraryPath), &own) &&
      own.dli_fname) {
    folder = own.dli_fname;
    size_t slash = folder.rfind('/');
    folder = slash == std::string::npos ? "" : folder.substr(0, slash + 1);
  }
  return folder + "libagc-compiler.so";
}

/// What agc takes from the compiler's library.
struct Library {
  Compiler *compiler;
  LoadObjectFn loadObject;
};

Library load() {
  std::string path = libraryPath();
  // Never unloaded: LLVM's static objects do not survive that.
  void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *why = dlerror();
    throw Error("AGC0203", std::string("cannot load the compiler: ") +
                               (why ? why : path) +
                               "; set AGC_COMPILER_LIBRARY to its path?");
  }
  auto get = reinterpret_cast<GetCompilerFn>(dlsym(library, AGC_COMPILER_SYMBOL));
  auto loadObject =
      reinterpret_cast<LoadObjectFn>(dlsym(library, AGC_LOAD_OBJECT_SYMBOL));
  Compiler *compiler = get ? get() : nullptr;
  if (!compiler || !loadObject)
    throw Error("AGC0203", "'" + path + "' is not agc's compiler");
  return {compiler, loadObject};
}

const Library &library() {
  static const Library loaded = load(); // tried again if it threw
  return loaded;
}

} // namespace

Compiler &compiler() { return *library().compiler; }

std::string compilerIdentity() {
  struct stat status;
  if (stat(libraryPath().c_str(), &status) != 0)
    return "";
  // A version alone would be that of many builds, for those who build agc.
  return "agc " AGC_VERSION " " + std::to_string(status.st_size) + " " +
         std::to_string(status.st_mtim.tv_sec) + "." +
         std::to_string(status.st_mtim.tv_nsec);
}

CompilerError loadObject(std::string_view object, std::unique_ptr<LoadedObject> &result) {
  CompilerError error;
  if ((result = loadElf(object)))
    return error;
  library().loadObject(object, result, error);
  return error;
}

void throwIf(const CompilerError &error) {
  switch (error.kind) {
  case CompilerError::Kind::None:
    return;
  case CompilerError::Kind::ResourceLimit:
    throw Error("AGC0205", error.message);
  case CompilerError::Kind::Unsupported:
    throw Error("AGC0116", error.message);
  case CompilerError::Kind::Input:
    throw Error("AGC0204", error.message);
  case CompilerError::Kind::Internal:
    throw Error("AGC0299", error.message);
  }
}

} // namespace agc
