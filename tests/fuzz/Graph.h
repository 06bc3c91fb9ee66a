//===- Graph.h - A random program, and what is known of its values ---------===//
#ifndef AGC_TESTS_FUZZ_GRAPH_H
#define AGC_TESTS_FUZZ_GRAPH_H

#include "ir/Dialect.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agc::fuzz {

/// Where a value's elements lie.
struct Range {
  double low = 0, high = 0;
  double magnitude() const { return std::max(std::abs(low), std::abs(high)); }
  bool contains(double x) const { return low <= x && x <= high; }
};

/// One function, @f, without gradients.
struct Graph {
  uint64_t seed = 0;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  /// Where the elements of each argument lie.
  std::vector<Range> arguments;
  /// The same of the results of each op, by the line in its location, which
  /// copies keep: so any value can become an argument.
  std::shared_ptr<const std::map<unsigned, std::vector<Range>>> made;

  mlir::func::FuncOp function() const {
    return mlir::cast<mlir::func::FuncOp>(module.get().getBody()->front());
  }
  Graph clone() const;
  /// Ops, those of bodies too, without `return` and `yield`.
  unsigned numOps() const;
  /// The elements of all values.
  int64_t numElements() const;
  /// MLIR text, with the arguments' ranges in a comment.
  std::string text() const;
  /// Reads what text() gives; nothing, with a diagnostic, if it is no program.
  static std::optional<Graph> read(llvm::StringRef text);
};

/// The context of all graphs of this process. It has no threads: a process that
/// forks takes none along.
mlir::MLIRContext &context();

inline mlir::RankedTensorType typeOf(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType());
}
/// The whole range of an integer type; of a floating-point one, all finite.
Range rangeOf(mlir::Type element);

} // namespace agc::fuzz

#endif
