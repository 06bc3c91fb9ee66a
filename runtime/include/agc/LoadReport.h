//===- LoadReport.h - What a file gave a model, by name --------------------===//
#ifndef AGC_LOADREPORT_H
#define AGC_LOADREPORT_H

#include <agc/DType.h>

#include <iosfwd>
#include <string>
#include <vector>

namespace agc {

/// A tensor as a file has it, or a model.
struct TensorInfo {
  std::string name;
  DType dtype = DType::Invalid;
  std::vector<int64_t> shape;
};

/// What of a file found its place in a model, and what did not.
struct LoadReport {
  struct Mismatch {
    TensorInfo file, model;
  };

  std::vector<TensorInfo> loaded;
  std::vector<TensorInfo> missing;    // the model's, which the file has not
  std::vector<TensorInfo> unexpected; // the file's, which the model has not
  std::vector<Mismatch> mismatched;   // of another shape or dtype

  /// All of the file is all of the model.
  bool complete() const;
  /// A line for each that did not fit, and one that counts those that did.
  std::string text() const;
  /// One line, with the first few: `has no tensor 'fc.bias' (f32 [10]) and 3
  /// others; has a tensor …`.
  std::string summary() const;
};

std::ostream &operator<<(std::ostream &out, const LoadReport &report);

} // namespace agc

#endif
