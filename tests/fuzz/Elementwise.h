//===- Elementwise.h - What element-wise ops there are, and their domains --===//
#ifndef AGC_TESTS_FUZZ_ELEMENTWISE_H
#define AGC_TESTS_FUZZ_ELEMENTWISE_H

#include "tests/fuzz/Generator.h"

namespace agc {
class CompiledProgram;
}

namespace agc::fuzz {

/// The element types of the dialect.
llvm::ArrayRef<mlir::Type> elementTypes();

/// An element-wise op with its attributes, in one of the forms that its verifier
/// accepts.
struct ElementwiseForm {
  std::string op;
  llvm::SmallVector<mlir::NamedAttribute> attributes;
  llvm::SmallVector<mlir::Type, 3> operands; // element types
  mlir::Type result;

  mlir::Operation *build(mlir::OpBuilder &builder, mlir::Location loc,
                         llvm::ArrayRef<mlir::Value> values) const;
  /// op and attributes, as a key.
  std::string name() const;
};

/// All element-wise ops that are registered: those that say what they are on
/// scalars. Nothing here names one of them. What they accept is what verifies,
/// and where they are finite and how steep is found by running them.
class Elementwise {
public:
  /// Throws std::runtime_error if an op has an attribute whose values are not
  /// known here.
  Elementwise();
  ~Elementwise();

  const std::vector<ElementwiseForm> &all() const { return forms; }
  /// Ops, each once.
  const std::vector<std::string> &ops() const { return names; }
  /// Forms of an op whose operand \p number is of this element type.
  std::vector<const ElementwiseForm *> of(const std::string &op, unsigned number,
                                          mlir::Type element) const;

  /// The result's facts, if the op is finite and not too steep for operands in
  /// these ranges, as far as a sample tells.
  std::optional<Facts> sample(const ElementwiseForm &form,
                              llvm::ArrayRef<Facts> operands) const;

private:
  std::vector<ElementwiseForm> forms;
  std::vector<std::string> names;
  /// Each op of floating point on f64: its value and its derivatives.
  struct Sampled {
    unsigned firstResult = 0, arity = 0;
  };
  std::map<std::string, Sampled> sampled;
  std::unique_ptr<CompiledProgram> sampler;

  void probe();
  void compileSampler();
};

} // namespace agc::fuzz

#endif
