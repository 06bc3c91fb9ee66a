//===- StackUse.h - How much stack a shipped step takes ---------------------===//
#ifndef AGC_CODEGEN_SHIPPED_STACKUSE_H
#define AGC_CODEGEN_SHIPPED_STACKUSE_H

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/IR/Module.h"

namespace agc {

/// The functions of one or more modules that call each other by name.
class StackUse {
public:
  /// \p module: as it is when instructions are selected.
  void add(const llvm::Module &module);
  void add(const StackUse &other);

  /// Bytes of stack that are enough for any of them.
  uint64_t most() const;

private:
  struct Frame {
    uint64_t bytes = 0;
    llvm::StringSet<> calls; // or addresses, which are called from there
  };
  llvm::StringMap<Frame> frames;

  uint64_t below(llvm::StringRef function, llvm::StringMap<uint64_t> &known) const;
};

} // namespace agc

#endif
