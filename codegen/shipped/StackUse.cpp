//===- StackUse.cpp - How much stack a shipped step takes -------------------===//
//
// Kernels copy panels of matrices into their frames, up to a megabyte: more than a
// thread of a small system, or a module of WebAssembly, has.
//
//===----------------------------------------------------------------------===//
#include "codegen/shipped/StackUse.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;

namespace agc {
namespace {

/// What a frame has besides its arrays: saved registers and spilled vectors. Largest
/// seen, with AVX-512: 3,200.
constexpr uint64_t frameBytes = 4096;

class StackUse {
public:
  uint64_t of(const Function &function);

private:
  DenseMap<const Constant *, uint64_t> known;
  uint64_t below(const Value *value);
};

} // namespace

/// A function that is named somewhere, in code or in a table, is called from there.
uint64_t StackUse::below(const Value *value) {
  const auto *constant = dyn_cast<Constant>(value);
  if (!constant)
    return 0;
  if (const auto *function = dyn_cast<Function>(constant))
    return of(*function);
  auto [found, isNew] = known.try_emplace(constant, 0);
  if (!isNew)
    return found->second;
  uint64_t most = 0;
  for (const Use &operand : constant->operands())
    most = std::max(most, below(operand));
  return known[constant] = most;
}

uint64_t StackUse::of(const Function &function) {
  if (function.isDeclaration())
    return 0;
  auto [found, isNew] = known.try_emplace(&function, 0);
  if (!isNew)
    return found->second;
  const DataLayout &layout = function.getParent()->getDataLayout();
  uint64_t own = frameBytes, most = 0;
  for (const Instruction &instruction : instructions(function)) {
    if (const auto *array = dyn_cast<AllocaInst>(&instruction))
      if (std::optional<TypeSize> size = array->getAllocationSize(layout))
        own += alignTo(size->getFixedValue(), array->getAlign());
    for (const Use &operand : instruction.operands())
      most = std::max(most, below(operand));
  }
  return known[&function] = own + most;
}

uint64_t stackUse(const Module &module) {
  StackUse use;
  uint64_t most = 0;
  for (const Function &function : module)
    if (!function.hasLocalLinkage())
      most = std::max(most, use.of(function));
  return alignTo(most, 1024);
}

} // namespace agc
