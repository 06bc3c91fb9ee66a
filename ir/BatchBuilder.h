//===- BatchBuilder.h - The words in which batching rules speak ------------===//
#ifndef AGC_IR_BATCHBUILDER_H
#define AGC_IR_BATCHBUILDER_H

#include "mlir/IR/Builders.h"

namespace agc::ir {

/// Builds at one place what an op is for a batch of operands. A batched value
/// has one more dimension than the op says, the first, of the batch's size.
class BatchBuilder {
public:
  /// \p operands: as they are now; \p batched: which of them are.
  BatchBuilder(mlir::OpBuilder &builder, mlir::Location loc, int64_t size,
               llvm::ArrayRef<mlir::Value> operands,
               llvm::ArrayRef<bool> batched)
      : builder(builder), loc(loc), size(size), operands(operands),
        batched(batched) {}

  bool isBatched(unsigned operand) const { return batched[operand]; }
  /// An operand as it is.
  mlir::Value plain(unsigned operand) const { return operands[operand]; }
  /// An operand with the batch's dimension, repeated along it if need be.
  mlir::Value operator[](unsigned operand);
  llvm::SmallVector<mlir::Value> allBatched();
  /// \p type with the batch's dimension.
  mlir::Type batchedType(mlir::Type type) const;

  /// \p op on other operands, with batched results; attributes are its own but
  /// for those in \p changed.
  llvm::SmallVector<mlir::Value>
  again(mlir::Operation *op, mlir::ValueRange operands,
        llvm::ArrayRef<mlir::NamedAttribute> changed = {});
  /// The same with results of \p types.
  llvm::SmallVector<mlir::Value>
  again(mlir::Operation *op, mlir::TypeRange types, mlir::ValueRange operands,
        llvm::ArrayRef<mlir::NamedAttribute> changed = {});

  mlir::Value broadcast(mlir::Value x);
  mlir::Value reshape(mlir::Value x, llvm::ArrayRef<int64_t> shape);
  /// Dimensions \p from and from + 1 as one, and one as two, of which the first
  /// has \p outer elements.
  mlir::Value merge(mlir::Value x, unsigned from);
  mlir::Value divide(mlir::Value x, unsigned dim, int64_t outer);
  mlir::Value swap(mlir::Value x, unsigned a, unsigned b);

  mlir::NamedAttribute attribute(llvm::StringRef name, mlir::Attribute value) {
    return builder.getNamedAttr(name, value);
  }

  mlir::OpBuilder &builder;
  mlir::Location loc;
  int64_t size;

private:
  llvm::ArrayRef<mlir::Value> operands;
  llvm::ArrayRef<bool> batched;
};

/// Which of the values that \p block ends with depend on the arguments that are
/// \p batched.
llvm::SmallVector<bool> findBatched(mlir::Block &block,
                                    llvm::ArrayRef<bool> batched);

/// Makes a block one for a batch, in place: the arguments that are \p batched get
/// the batch's dimension, ops by their rules (Batchable) what depends on them, and
/// what it ends with where \p results says so.
/// Errors: an op without a rule, or one that cannot be.
llvm::LogicalResult batchBlock(mlir::Block &block, int64_t size,
                               llvm::ArrayRef<bool> batched,
                               llvm::ArrayRef<bool> results);

} // namespace agc::ir

#endif
