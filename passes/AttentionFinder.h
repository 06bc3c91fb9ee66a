//===- AttentionFinder.h - A product, a softmax, a product -----------------===//
#ifndef AGC_PASSES_ATTENTIONFINDER_H
#define AGC_PASSES_ATTENTIONFINDER_H

#include "passes/Attention.h"
#include "passes/Passes.h"

namespace agc::attention {

/// What gradients of the function go through.
struct Activity {
  llvm::DenseSet<mlir::Value> values; // that depend on what one is with respect to
  bool isNested = false;              // a gradient of a gradient is among them

  explicit Activity(mlir::func::FuncOp function);
  /// Of a body, nobody knows from here.
  bool reaches(mlir::Value value) const;
};

/// An operand of a product, with its letters.
struct Factor {
  mlir::Value value;
  std::string term;
  double scale = 1;
};

/// From a product with values back to queries and keys: FormAttention.cpp puts the op in
/// their place.
class Finder {
public:
  Finder(ir::EinsumOp product, unsigned probabilities, const Activity &activity)
      : activity(activity), product(product), values(product->getOperand(1 - probabilities)),
        probabilities(product->getOperand(probabilities)) {}

  /// Whether this is attention; if so, `reason` says why it cannot be one op, if it cannot.
  bool find();
  /// `reason`, too, where one op would not be faster.
  void findCost();
  /// Puts the op in the product's place.
  void form();

  llvm::StringRef reason;
  mlir::RankedTensorType scoresType() {
    return mlir::cast<mlir::RankedTensorType>(scoring.getType());
  }

private:
  const Activity &activity;
  ir::EinsumOp product, scoring;
  mlir::Value values, probabilities;
  llvm::SetVector<mlir::Operation *> parts; // from the scores to the probabilities
  Factor q, k, v, mask;
  bool isCausal = false;
  double scale = 1;
  std::string result; // the letters of the product's

  void refuse(llvm::StringRef why) {
    if (reason.empty())
      reason = why;
  }
  template <typename Reduction> bool repeats(mlir::Value value, mlir::Value x);
  mlir::Value findSoftmax();
  bool findScores(mlir::Value x);
  bool takeCondition(mlir::Value p, bool isNegated);
  bool takeMask(mlir::Value value);
  void findFactors();
};

/// \p term with a letter at its end.
std::string withLast(std::string term, char letter);
std::string specOf(const Factor &q, const Factor &k, const Factor &v, const Factor &mask,
                   llvm::StringRef o);

} // namespace agc::attention

#endif
