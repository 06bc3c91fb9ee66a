//===- Inlined.h - Functions that stand in a graph as one node ------------===//
//
// What the compiler made of a part of a graph (a backward, a function for a
// batch) goes on in the recorder as one node, OpId::Inlined, whose ops are put in
// its place when a segment is written out.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_FRONTEND_CORE_INLINED_H
#define AGC_FRONTEND_CORE_INLINED_H

#include "frontend/core/Body.h"

namespace agc::detail {

/// The number of \p module, the attribute of a node: its last function is what
/// stands there, the others are bodies in it. Equal ones have one number, and
/// source positions those of the first.
uint32_t internInlined(proto::Module module);
const proto::Module &inlinedModule(uint32_t number);

/// Records what \p body computes, its gradients expanded, once for all or for a
/// batch: \p operands are its arguments, and those in \p batched have one more
/// dimension, the first, of \p size, as then all results do.
/// Errors: an op in it that has no form for a batch (AGC0116).
std::vector<Value> recordInlined(TracedBody &body, std::vector<Value> operands,
                                 const std::vector<uint32_t> &batched = {},
                                 int64_t size = 0);

} // namespace agc::detail

#endif
