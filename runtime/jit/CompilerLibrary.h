//===- CompilerLibrary.h - The compiler, loaded when first needed ---------===//
#ifndef AGC_RUNTIME_JIT_COMPILERLIBRARY_H
#define AGC_RUNTIME_JIT_COMPILERLIBRARY_H

#include "codegen/Compiler.h"
#include "runtime/jit/ObjectLoader.h"

namespace agc {

/// The compiler of libagc-compiler.so, which is loaded on the first call: from
/// $AGC_COMPILER_LIBRARY if set, else from the folder of this library.
/// Errors: AGC0203, it is not there or cannot be loaded.
Compiler &compiler();

/// Text that tells one build of the compiler from another, without loading it;
/// empty if there is none to be found.
std::string compilerIdentity();

/// Links an object into this process: by ElfLoader.h, or where that cannot by
/// the compiler's library; see LoadObjectFn.
CompilerError loadObject(std::string_view object, std::unique_ptr<LoadedObject> &result);

/// Throws what \p error says, as AGC0204; a resource limit as AGC0205,
/// something unsupported as AGC0116, a fault of agc's own as AGC0299.
void throwIf(const CompilerError &error);

} // namespace agc

#endif
