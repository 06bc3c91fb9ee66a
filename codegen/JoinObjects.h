//===- JoinObjects.h - Several ELF objects as one -----------------------------===//
//
// What `ld -r` does, of objects that one compiler made for one machine.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_CODEGEN_JOINOBJECTS_H
#define AGC_CODEGEN_JOINOBJECTS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <string>

namespace agc {

/// ELF objects of 64 bits, little-endian, as one. Sections come object by object, none
/// is merged with another; what is hidden and defined here is nobody else's.
llvm::Expected<std::string> joinObjects(llvm::ArrayRef<std::string> objects);

} // namespace agc

#endif
