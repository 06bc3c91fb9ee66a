//===- StackUse.h - How much stack a shipped step takes ---------------------===//
#ifndef AGC_CODEGEN_SHIPPED_STACKUSE_H
#define AGC_CODEGEN_SHIPPED_STACKUSE_H

#include "llvm/IR/Module.h"

namespace agc {

/// Bytes of stack that are enough for any function that is seen from outside.
/// \p module: as it is before instructions are selected.
uint64_t stackUse(const llvm::Module &module);

} // namespace agc

#endif
