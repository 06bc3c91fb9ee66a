//===- RareLanes.h - What few numbers need, in a branch --------------------===//
#ifndef AGC_CODEGEN_MATH_RARELANES_H
#define AGC_CODEGEN_MATH_RARELANES_H

#include "codegen/math/Numbers.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace agc::math {

/// \p usual, but where \p isRare what \p rare makes of a scalar of each of
/// \p operands. It emits as many results as \p usual has, of their types; code that
/// is large belongs into a function of its own.
llvm::SmallVector<Word>
replaceRare(Numbers &w, Word isRare, llvm::ArrayRef<Word> operands,
            llvm::ArrayRef<Word> usual,
            llvm::function_ref<llvm::SmallVector<Word>(Numbers &, llvm::ArrayRef<Word>)> rare);

/// A function of f64 that `rare` above calls, if it did: begun at the module's end,
/// with \p b in it. Null if nobody calls it, or it is there.
mlir::func::FuncOp beginRareFunction(mlir::ModuleOp module,
                                     mlir::ImplicitLocOpBuilder &b,
                                     llvm::StringRef name, unsigned numOperands,
                                     unsigned numResults);

} // namespace agc::math

#endif
