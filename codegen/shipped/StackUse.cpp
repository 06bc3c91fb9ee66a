//===- StackUse.cpp - How much stack a shipped step takes -------------------===//
//
// Kernels copy panels of matrices into their frames, up to a megabyte: more than a
// thread of a small system, or a module of WebAssembly, has.
//
//===----------------------------------------------------------------------===//
#include "codegen/shipped/StackUse.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;

namespace agc {
namespace {

/// What a frame has besides its arrays: saved registers and spilled vectors. Largest
/// seen, with AVX-512: 3,200.
constexpr uint64_t frameBytes = 4096;

/// A function that is named somewhere, in code or in a table, is called from there.
class Names {
public:
  explicit Names(StringSet<> &names) : names(names) {}
  void addOf(const Value *value) {
    const auto *constant = dyn_cast<Constant>(value);
    if (!constant || !seen.insert(constant).second)
      return;
    if (const auto *function = dyn_cast<Function>(constant))
      names.insert(function->getName());
    else
      for (const Use &operand : constant->operands())
        addOf(operand);
  }

private:
  StringSet<> &names;
  DenseSet<const Constant *> seen;
};

} // namespace

void StackUse::add(const Module &module) {
  const DataLayout &layout = module.getDataLayout();
  for (const Function &function : module) {
    if (function.isDeclaration())
      continue;
    Frame &frame = frames[function.getName()];
    Names names(frame.calls);
    frame.bytes = frameBytes;
    for (const Instruction &instruction : instructions(function)) {
      if (const auto *array = dyn_cast<AllocaInst>(&instruction))
        if (std::optional<TypeSize> size = array->getAllocationSize(layout))
          frame.bytes += alignTo(size->getFixedValue(), array->getAlign());
      for (const Use &operand : instruction.operands())
        names.addOf(operand);
    }
  }
}

void StackUse::add(const StackUse &other) {
  for (const auto &entry : other.frames)
    frames.insert({entry.getKey(), entry.getValue()});
}

uint64_t StackUse::below(StringRef function, StringMap<uint64_t> &known) const {
  auto frame = frames.find(function);
  if (frame == frames.end())
    return 0;
  if (auto [found, isNew] = known.try_emplace(function, 0); !isNew)
    return found->second;
  uint64_t most = 0;
  for (const auto &call : frame->second.calls)
    most = std::max(most, below(call.getKey(), known));
  return known[function] = frame->second.bytes + most;
}

uint64_t StackUse::most() const {
  StringMap<uint64_t> known;
  uint64_t most = 0;
  for (const auto &entry : frames)
    most = std::max(most, below(entry.getKey(), known));
  return alignTo(most, 1024);
}

} // namespace agc
