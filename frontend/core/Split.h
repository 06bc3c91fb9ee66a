//===- Split.h - A forward that runs before its backward is known ---------===//
//
// When a value that autograd goes through is read before backward(), the
// forward runs as a function of its own. What its backward will want, and what
// that backward is, are found by differentiating right then; the values are
// further results of the forward, and the later backward takes them in. So the
// forward runs once.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_FRONTEND_CORE_SPLIT_H
#define AGC_FRONTEND_CORE_SPLIT_H

#include "frontend/core/Segment.h"

#include <memory>

namespace agc::proto {
class Module;
}

namespace agc::detail {

/// What a forward that ran keeps for its backward.
struct Residuals {
  uint32_t refs = 0;
  uint64_t sequence = 0; // grows from forward to forward
  uint32_t body = 0;     // see Inlined.h
  /// Their cotangents are the body's first arguments. A target owns this, so its
  /// node is only to compare with.
  struct Target {
    TypeRef type;
    const Node *node;
    uint32_t index;
  };
  std::vector<Target> targets;
  std::vector<Value> values;    // the rest of its arguments
  std::vector<Value> sources;   // whose gradients are its results
};

/// Whether \p value is a target of the forward that computed it. Of a node with
/// several results, one that nobody wanted is not.
inline bool isTarget(const Value &value) {
  return value.node->residuals && value.slot().buffer;
}
/// Which of its residuals' targets \p value is.
size_t targetIndex(const Value &value);

/// What is to be split off, before anything is compiled.
struct SplitPlan {
  std::vector<Value> targets, sources;
  explicit operator bool() const { return !targets.empty(); }
};

/// Whether \p segment computes something that a backward may want to go
/// through. Not if it has a gradient itself, or stands on a history that left
/// no residuals: then the backward computes it again.
SplitPlan planSplit(const Segment &segment);

/// A forward with residuals as results, after those of its segment.
struct SplitForward {
  uint32_t body = 0;
  /// Where each of the body's values is: argument, result of the segment, or
  /// a further result of this type.
  struct Place {
    enum Kind { Argument, Result, Further } kind;
    uint32_t index;
    TypeRef type;
  };
  std::vector<Place> places;
  std::vector<TypeRef> further;
};

/// Differentiates \p segment and divides what comes out. \p forward becomes the
/// module to compile.
SplitForward divide(const Segment &segment, const SplitPlan &plan,
                    const FunctionSpec &spec, proto::Module &forward);

} // namespace agc::detail

#endif
