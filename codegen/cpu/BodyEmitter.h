//===- BodyEmitter.h - A nest's scalar body, on scalars or vectors ---------===//
#ifndef AGC_CODEGEN_CPU_BODYEMITTER_H
#define AGC_CODEGEN_CPU_BODYEMITTER_H

#include "codegen/Kernel.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace agc {

/// One place in the iteration space: a vector of `lanes` neighbours along
/// `vectorLoop`, of which the first `active` count; lanes == 1 is a scalar.
struct Place {
  llvm::SmallVector<mlir::Value> indices; // of each loop; null: that loop is at 0
  unsigned vectorLoop = ~0u;
  int64_t lanes = 1;
  int64_t active = 1;
  bool isMasked() const { return active < lanes; }
};

/// Emits loads, stores and the body of a nest at places.
class BodyEmitter {
public:
  BodyEmitter(mlir::ImplicitLocOpBuilder &builder, mlir::func::FuncOp kernel,
              const LoopNest &nest)
      : b(builder), kernel(kernel), nest(nest) {}

  /// The type that holds elements of this type at the place.
  static mlir::Type typeAt(const Place &place, mlir::Type element);

  mlir::Value constant(int64_t index);
  mlir::Value splat(const Place &place, mlir::TypedAttr scalar);
  mlir::Value mask(const Place &place);
  mlir::Value load(const Access &access, const Place &place);
  void store(mlir::Value value, const Access &access, const Place &place);
  /// The body's results, given what the outputs hold. Inputs that are in \p loaded, by
  /// number and not null, are not loaded again.
  llvm::SmallVector<mlir::Value> body(const Place &place, mlir::ValueRange accumulators,
                                      llvm::ArrayRef<mlir::Value> loaded = {});
  /// What is stored for a finished sum: the epilogue's first result, or the sum.
  /// The epilogue's other results are stored here.
  mlir::Value finish(const Place &place, mlir::Value sum);
  /// The linear index of the access's element at the place.
  mlir::Value linearIndex(const Access &access, const Place &place);

private:
  mlir::ImplicitLocOpBuilder &b;
  mlir::func::FuncOp kernel;
  const LoopNest &nest;

  llvm::SmallVector<mlir::Value> cloneBlock(mlir::Block &block,
                                            const Place &place,
                                            mlir::IRMapping &mapping);
  mlir::Value index(unsigned dim, const Place &place);
  /// Whether the lanes of a value of the body differ from each other.
  bool varies(mlir::Value value, const Place &place);
  mlir::Value lookUp(const Lookup &lookup, const Place &place,
                     mlir::IRMapping &mapping);
  mlir::Value applyMap(mlir::AffineExpr expr, unsigned numDims,
                       mlir::ValueRange operands, const Place &place);
  mlir::Value cloneOp(mlir::Operation &op, const Place &place,
                      mlir::IRMapping &mapping);
};

/// What an element is in memory: bools lie a byte each; bf16 and f16 as their bits,
/// since a target without them would call a library to move one.
mlir::Type storageType(mlir::Type element);

/// Elements (a scalar or a vector) from what lies in memory, and back.
mlir::Value fromStorage(mlir::ImplicitLocOpBuilder &b, mlir::Value stored,
                        mlir::Type element);
mlir::Value toStorage(mlir::ImplicitLocOpBuilder &b, mlir::Value value);

} // namespace agc

#endif
