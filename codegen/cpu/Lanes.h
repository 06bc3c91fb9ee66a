//===- Lanes.h - Numbers that change lanes ---------------------------------===//
#ifndef AGC_CODEGEN_CPU_LANES_H
#define AGC_CODEGEN_CPU_LANES_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace agc {

/// A power of two of vectors, of as many lanes each: lane j of vector i becomes lane i of
/// vector j. Of vectors with more lanes, a multiple, so does each group of so many lanes.
llvm::SmallVector<mlir::Value> transpose(mlir::ImplicitLocOpBuilder &b,
                                         llvm::SmallVector<mlir::Value> vectors);

/// \p steps elements from each of \p active rows, which lie \p apart from \p first on, as
/// vectors of \p type: element j of row i is lane i of vector j. Lanes that no row is for
/// are zero.
llvm::SmallVector<mlir::Value> loadAcross(mlir::ImplicitLocOpBuilder &b, mlir::VectorType type,
                                          mlir::Value memory, mlir::Value first,
                                          int64_t apart, int64_t active, int64_t steps);

/// Vectors of as many lanes each: lane j of vector i becomes element j * n + i of the n
/// vectors that are given, one after another.
llvm::SmallVector<mlir::Value> interleave(mlir::ImplicitLocOpBuilder &b,
                                          llvm::ArrayRef<mlir::Value> vectors);

/// The other way: element j * n + i of n vectors becomes lane j of vector i.
llvm::SmallVector<mlir::Value> deinterleave(mlir::ImplicitLocOpBuilder &b,
                                            llvm::ArrayRef<mlir::Value> vectors);

/// All lanes of a vector in one number, by halves; \p combine joins two vectors.
mlir::Value
foldLanes(mlir::ImplicitLocOpBuilder &b, mlir::Value vector,
          llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)> combine);

} // namespace agc

#endif
