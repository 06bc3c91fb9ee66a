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

} // namespace agc::detail

#endif
