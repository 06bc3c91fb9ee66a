//===- ObjectLoader.h - Objects into executable memory ---------------------===//
//
// Names nothing of LLVM, which the implementation links: it lives in
// libagc-compiler and is reached by its symbol (CompilerLibrary.h).
//
//===----------------------------------------------------------------------===//
#ifndef AGC_RUNTIME_JIT_OBJECTLOADER_H
#define AGC_RUNTIME_JIT_OBJECTLOADER_H

#include "codegen/Compiler.h"
#include "runtime/core/abi.h"

#include <memory>

namespace agc {

/// An object in executable memory, until destroyed.
class LoadedObject {
public:
  virtual ~LoadedObject() = default;
  /// The function of that name that is seen from outside the object; null if there is none.
  virtual void *find(const std::string &function) const = 0;
};

/// Links an object into this process.
using LoadObjectFn = void (*)(std::string_view object, std::unique_ptr<LoadedObject> &result,
                              CompilerError &error);
#define AGC_LOAD_OBJECT_SYMBOL "agcLoadObject"

} // namespace agc

#endif
