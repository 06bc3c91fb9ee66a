//===- Backward.h - From outputs and seeds to gradients -------------------===//
//
// A backward is one symbolic node, whose results are the gradients: the compiler
// expands it. Where something else than the ops' own rules is to happen on the
// way (what a forward that ran left behind, a user's function, a hook), it is
// several, each from one such stop to the next.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_FRONTEND_CORE_BACKWARD_H
#define AGC_FRONTEND_CORE_BACKWARD_H

#include "frontend/core/Recorder.h"

namespace agc::detail {

/// Everything that some outputs depend on and autograd goes through.
class History {
public:
  /// Errors: a graph that was freed; a value that the backward needs and that
  /// was overwritten since.
  void add(const Value &root);

  bool reached(const Value &v) const { return v.node->mark == mark; }
  /// Within a body: whether another value from outside of it, which the history
  /// ends at, depends on \p v.
  bool goesOnOutside(const Value &v) const;
  const std::vector<Value> &leaves() const { return leafValues; }
  bool hasResiduals() const;
  /// Whether a user's function or a hook is in it.
  bool hasExtras() const;
  void forgetResiduals();
  /// After a backward that keeps nothing.
  void free();

private:
  std::vector<Value> leafValues; // in the order in which they are met
  std::vector<Value> outsideValues;
  std::vector<Ref<Node>> nodes;
  bool saves = false;
  uint32_t mark = nextMark();
};

/// One seed for each output: what was given, or one for a single element.
std::vector<Value> seedsOf(const std::vector<Value> &outputs,
                           const std::vector<Tensor> &given);

/// The gradients of sum(output * seed) with respect to \p wanted, which are in
/// \p history; hooks of inner values are called, those of leaves are not.
std::vector<Value> differentiate(History &history,
                                 const std::vector<Value> &outputs,
                                 const std::vector<Value> &seeds,
                                 const std::vector<Value> &wanted, bool create);

} // namespace agc::detail

#endif
