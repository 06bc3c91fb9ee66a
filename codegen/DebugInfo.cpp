//===- DebugInfo.cpp - The lines of the user's program in machine code ------===//
//
// Upstream's -ensure-debug-info-scope-on-llvm-func takes each function's own location
// and file for all that is in it. Kernels are of several lines, maybe of several files,
// and what is glue between them is of none.
//
//===----------------------------------------------------------------------===//
#include "codegen/DebugInfo.h"

#include "codegen/Passes.h"

#include "llvm/BinaryFormat/Dwarf.h"

#include <set>

using namespace mlir;

namespace agc {

std::optional<SourceLine> sourceLineOf(Location loc) {
  if (auto file = dyn_cast<FileLineColLoc>(loc))
    return SourceLine{file.getFilename(), file.getLine(), file.getColumn()};
  if (auto name = dyn_cast<NameLoc>(loc))
    return sourceLineOf(name.getChildLoc());
  auto fused = dyn_cast<FusedLoc>(loc);
  if (!fused)
    return std::nullopt;
  for (Location part : fused.getLocations())
    if (std::optional<SourceLine> line = sourceLineOf(part)) {
      // Named after the op of the forward, by agc-differentiate.
      line->isBackward |= isa_and_nonnull<StringAttr>(fused.getMetadata());
      return line;
    }
  return std::nullopt;
}

SmallVector<SourceLine> sourceLinesIn(Operation *op) {
  SmallVector<SourceLine> lines;
  std::set<std::tuple<StringRef, unsigned, bool>> known;
  op->walk([&](Operation *inner) {
    std::optional<SourceLine> line = sourceLineOf(inner->getLoc());
    if (line && line->line &&
        known.insert({line->file.getValue(), line->line, line->isBackward}).second)
      lines.push_back(*line);
  });
  llvm::stable_sort(lines, [](const SourceLine &a, const SourceLine &b) {
    return std::tuple(a.file.getValue(), a.line) < std::tuple(b.file.getValue(), b.line);
  });
  return lines;
}

namespace {

class Describer {
public:
  explicit Describer(MLIRContext *context) : context(context) {}
  void describe(LLVM::LLVMFuncOp function);

private:
  MLIRContext *context;
  LLVM::DICompileUnitAttr unit; // of the first function's file

  LLVM::DIFileAttr fileOf(StringAttr path) {
    // As the program has it: where it was built stays out.
    return LLVM::DIFileAttr::get(context, path, StringAttr::get(context, ""));
  }
  LLVM::DISubprogramAttr subprogramOf(LLVM::LLVMFuncOp function, const SourceLine &line);
  void placeOps(LLVM::LLVMFuncOp function, const SourceLine &first,
                LLVM::DISubprogramAttr scope);
  void placeStops(LLVM::LLVMFuncOp function, const SourceLine &first);
};

} // namespace

LLVM::DISubprogramAttr Describer::subprogramOf(LLVM::LLVMFuncOp function,
                                               const SourceLine &line) {
  LLVM::DIFileAttr file = fileOf(line.file);
  auto distinct = [&] { return DistinctAttr::create(UnitAttr::get(context)); };
  if (!unit)
    unit = LLVM::DICompileUnitAttr::get(
        distinct(), llvm::dwarf::DW_LANG_C_plus_plus_14, file,
        StringAttr::get(context, "agc " AGC_VERSION), /*isOptimized=*/true,
        LLVM::DIEmissionKind::Full);
  auto flags = LLVM::DISubprogramFlags::Definition | LLVM::DISubprogramFlags::Optimized;
  if (function.getLinkage() == LLVM::Linkage::Internal)
    flags = flags | LLVM::DISubprogramFlags::LocalToUnit;
  return LLVM::DISubprogramAttr::get(
      context, distinct(), unit, file, function.getNameAttr(), /*linkageName=*/StringAttr(),
      file, line.line, /*scopeLine=*/line.line, flags,
      LLVM::DISubroutineTypeAttr::get(context, {}), /*retainedNodes=*/{},
      /*annotations=*/{});
}

/// Gives each op the line that it has, or none, within the function.
void Describer::placeOps(LLVM::LLVMFuncOp function, const SourceLine &first,
                         LLVM::DISubprogramAttr scope) {
  function.getBody().walk([&](Operation *op) {
    SourceLine line = sourceLineOf(op->getLoc()).value_or(SourceLine{first.file});
    LLVM::DILocalScopeAttr at = scope;
    if (line.file != first.file)
      at = LLVM::DILexicalBlockFileAttr::get(scope, fileOf(line.file), /*discriminator=*/0);
    op->setLoc(FusedLoc::get(
        context, {FileLineColLoc::get(line.file, line.line, line.column)}, at));
  });
}

/// An instruction for each line before the loops, in which one line's instructions
/// are run once a trip, and several lines' mixed.
void Describer::placeStops(LLVM::LLVMFuncOp function, const SourceLine &first) {
  SmallVector<SourceLine> lines = sourceLinesIn(function);
  // A debugger that skips the prologue comes to the function's own line.
  lines.insert(lines.begin(), first);
  OpBuilder b = OpBuilder::atBlockBegin(&function.getBody().front());
  std::set<std::pair<StringRef, unsigned>> known; // Forward and backward are one line.
  for (const SourceLine &line : lines) {
    if (!known.insert({line.file.getValue(), line.line}).second)
      continue;
    LLVM::InlineAsmOp::create(
        b, FileLineColLoc::get(line.file, line.line, line.column), TypeRange(), ValueRange(),
        "nop", "", /*has_side_effects=*/true, /*is_align_stack=*/false,
        LLVM::TailCallKind::None, /*asm_dialect=*/nullptr, /*operand_attrs=*/nullptr);
  }
}

void Describer::describe(LLVM::LLVMFuncOp function) {
  std::optional<SourceLine> own = sourceLineOf(function.getLoc());
  SourceLine first = own.value_or(SourceLine());
  if (own) // a kernel, no list of calls
    placeStops(function, first);
  else
    function.walk([&](Operation *op) {
      std::optional<SourceLine> line = sourceLineOf(op->getLoc());
      first = line.value_or(SourceLine());
      return line ? WalkResult::interrupt() : WalkResult::advance();
    });
  if (!first.file)
    return;
  LLVM::DISubprogramAttr subprogram = subprogramOf(function, first);
  placeOps(function, first, subprogram);
  function->setLoc(FusedLoc::get(
      context, {FileLineColLoc::get(first.file, first.line, first.column)}, subprogram));
  function.setNoInline(true); // A frame of its own.
}

void addDebugInfo(ModuleOp module) {
  Describer describer(module.getContext());
  for (LLVM::LLVMFuncOp function : module.getOps<LLVM::LLVMFuncOp>())
    if (!function.isExternal())
      describer.describe(function);
}

} // namespace agc
