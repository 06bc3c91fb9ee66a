//===- Autograd.h - Gradients ---------------------------------------------===//
#ifndef AGC_AUTOGRAD_H
#define AGC_AUTOGRAD_H

#include <agc/Tensor.h>

namespace agc {

/// Whether operations are recorded for autograd; one switch a thread.
struct GradMode {
  static bool is_enabled();
  static void set_enabled(bool on);
};

class AutoGradMode {
public:
  explicit AutoGradMode(bool on) : before(GradMode::is_enabled()) {
    GradMode::set_enabled(on);
  }
  ~AutoGradMode() { GradMode::set_enabled(before); }
  AutoGradMode(const AutoGradMode &) = delete;
  AutoGradMode &operator=(const AutoGradMode &) = delete;

private:
  bool before;
};

struct NoGradGuard : AutoGradMode {
  NoGradGuard() : AutoGradMode(false) {}
};

/// Nothing is recorded for autograd, as under NoGradGuard; what is made here may
/// be used after it. InferenceMode(false) turns gradients on, as libtorch's does.
class InferenceMode : public AutoGradMode {
public:
  explicit InferenceMode(bool on = true) : AutoGradMode(!on), before(enabled) {
    enabled = on;
  }
  ~InferenceMode() { enabled = before; }
  static bool is_enabled() { return enabled; }

private:
  static inline thread_local bool enabled = false;
  bool before;
};

namespace autograd {

/// Whether a backward that runs looks for NaN in its gradients and, if it finds
/// one, ends with an error that names the forward line where the first is. All
/// that runs then is computed twice; one switch for all threads.
struct AnomalyMode {
  static bool is_enabled();
  static bool should_check_nan();
  static void set_enabled(bool enabled, bool check_nan = true);
};

class DetectAnomalyGuard {
public:
  explicit DetectAnomalyGuard(bool check_nan = true);
  ~DetectAnomalyGuard();
  DetectAnomalyGuard(const DetectAnomalyGuard &) = delete;
  DetectAnomalyGuard &operator=(const DetectAnomalyGuard &) = delete;

private:
  bool before, checkedBefore;
};

using variable_list = std::vector<Tensor>;

/// Gradients of sum(output * grad_output) with respect to \p inputs; `.grad`
/// stays as it is. An input that nothing depends on has an undefined one if
/// \p allow_unused.
/// Errors: an output that needs no gradient; an output of more than one element
/// without a grad_output; an unused input; a graph that was freed.
variable_list grad(const variable_list &outputs, const variable_list &inputs,
                   const variable_list &grad_outputs = {},
                   std::optional<bool> retain_graph = std::nullopt,
                   bool create_graph = false, bool allow_unused = false,
                   Loc loc = Loc::current());

/// Adds the gradients to `.grad` of the leaves, or of \p inputs alone.
void backward(const variable_list &tensors,
              const variable_list &grad_tensors = {},
              std::optional<bool> retain_graph = std::nullopt,
              bool create_graph = false, const variable_list &inputs = {},
              Loc loc = Loc::current());

} // namespace autograd
} // namespace agc

#endif
