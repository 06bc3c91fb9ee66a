//===- Traced.h - Whole functions traced, with names and roles ------------===//
//
// train_step, forward and others: inputs are placeholders, what was written is
// put back, and the result is a function whose arguments say what they are.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_FRONTEND_CORE_TRACED_H
#define AGC_FRONTEND_CORE_TRACED_H

#include "frontend/core/Segment.h"

#include <agc/Step.h>

namespace agc::detail {

/// A tensor that the traced function has as argument, and what it is.
struct NamedState {
  std::string name;
  int role; // proto::Role
  Tensor tensor;
};

/// Parameters and buffers of \p module by name; the optimizer's state as
/// "momentum_buffer.<parameter>".
std::vector<NamedState> statesOf(const nn::Module &module);
void addOptimizerStates(std::vector<NamedState> &states,
                        const nn::Module &module, optim::Optimizer &optimizer);

struct TracedFunction {
  Segment segment;
  FunctionSpec spec;
  /// Where each argument's memory comes from.
  struct Source {
    Ref<Storage> storage;   // a state's, or another tensor's
    int input = -1;         // or the call's input of that number
    int hyperparameter = -1; // or a number
    bool random = false;     // or the generator's state
  };
  std::vector<Source> sources;
  std::vector<std::function<double()>> hyperparameters;
  std::vector<TypeRef> inputTypes;
  uint64_t randomCounters = 0; // that a call draws
};

struct NamedInput {
  std::string name;
  Spec spec;
};
struct NamedOutput {
  std::string name;
  Tensor tensor;
};

/// Traces \p body on placeholders. Results: what it returns, then every state
/// that it wrote, each updating its argument. \p listStates is asked after the
/// body ran, when an optimizer has made its state. Anything else that it takes in is
/// a buffer, captured.0 and so on: \p captured are those that functions of the same
/// program have already.
TracedFunction
traceFunction(const char *name, const std::vector<NamedInput> &inputs,
              const std::function<std::vector<NamedState>()> &listStates,
              const std::function<std::vector<NamedOutput>(const std::vector<Tensor> &)> &body,
              Loc loc, std::vector<Value> *captured = nullptr);

/// A model that trains, or not, for as long as this lives.
class ModeGuard {
public:
  ModeGuard(nn::Module &module, bool training);
  ~ModeGuard();

private:
  std::vector<std::pair<std::shared_ptr<nn::Module>, bool>> before;
  nn::Module *root;
  bool rootBefore;
};

/// train_step (loss and updates), forward (evaluation mode: output), eval
/// (evaluation mode: loss, output).
std::vector<TracedFunction> traceProgram(nn::Module &module, const Forward &forward,
                                         const Loss &loss,
                                         optim::Optimizer &optimizer,
                                         const Spec &input, const Spec &target,
                                         Loc loc);

} // namespace agc::detail

#endif
