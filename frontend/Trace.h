//===- Trace.h - Built-in models as programs, for the tools ---------------===//
//
// Not installed: users have train_step.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_FRONTEND_TRACE_H
#define AGC_FRONTEND_TRACE_H

#include "runtime/checkpoint/Safetensors.h"

#include <agc/Types.h>

#include <map>
#include <memory>

namespace agc {

/// What `agc new` is told.
struct ProgramRequest {
  std::string model = "mlp"; // one of programModels()
  std::vector<int64_t> input; // the first is the batch
  std::vector<int64_t> sizes; // mlp: of its layers; empty: one of 128
  int64_t classes = 10;
  int64_t hidden = 128; // lstm
  int64_t layers = 4, heads = 4, width = 128, block = 64, vocab = 65; // gpt
  std::string loss = "cross_entropy"; // one of programLosses()
  std::string optimizer = "sgd"; // one of programOptimizers()
  /// Its options, truth values as 0 and 1. What is not there has libtorch's
  /// default, but sgd an lr of 0.01.
  std::map<std::string, double> options;
  uint64_t seed = 0;
};

std::vector<std::string> programModels();
std::vector<std::string> programLosses();
/// An optimizer and what its options are called, by libtorch's names; `flags`
/// are true or false, betas are beta1 and beta2.
struct ProgramOptimizer {
  std::string name;
  std::vector<std::string> numbers, flags;
};
std::vector<ProgramOptimizer> programOptimizers();

struct TracedProgram {
  /// Serialized agc::proto::Module with `train_step`, `forward` and `eval`.
  /// Arguments are called as the parameters; the optimizer's state is e.g.
  /// "momentum_buffer.<parameter>"; inputs are "x" and "target", and "lr" is a
  /// hyperparameter with its default.
  std::string module;
  /// Parameters and buffers as they are at first.
  std::vector<SavedTensor> weights;
  /// What `weights` points into.
  std::vector<std::shared_ptr<void>> memory;
};

/// Errors: AGC0121, no such model, loss or optimizer, or an input that does not
/// fit.
TracedProgram traceProgram(const ProgramRequest &request);

} // namespace agc

#endif
