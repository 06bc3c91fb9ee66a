//===- Trace.h - Built-in models as programs, for the tools ---------------===//
//
// Not installed: users have train_step.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_FRONTEND_TRACE_H
#define AGC_FRONTEND_TRACE_H

#include "runtime/checkpoint/Safetensors.h"

#include <agc/Types.h>

#include <memory>

namespace agc {

/// What `agc new` is told.
struct ProgramRequest {
  std::string model = "mlp"; // mlp lenet resnet18 elementwise
  std::vector<int64_t> input; // the first is the batch
  std::vector<int64_t> sizes; // mlp: of its layers; empty: one of 128
  int64_t classes = 10;
  std::string loss = "cross_entropy"; // or mse, sum_error, mean
  double lr = 1e-2, momentum = 0, dampening = 0, weightDecay = 0;
  bool nesterov = false;
  uint64_t seed = 0;
};

struct TracedProgram {
  /// Serialized agc::proto::Module with `train_step`, `forward` and `eval`.
  /// Arguments are called as the parameters; the optimizer's state is
  /// "momentum_buffer.<parameter>"; inputs are "x" and "target", and "lr" is a
  /// hyperparameter with its default.
  std::string module;
  /// Parameters and buffers as they are at first.
  std::vector<SavedTensor> weights;
  /// What `weights` points into.
  std::vector<std::shared_ptr<void>> memory;
};

/// Errors: AGC0121, no such model or loss, or an input that does not fit.
TracedProgram traceProgram(const ProgramRequest &request);

} // namespace agc

#endif
