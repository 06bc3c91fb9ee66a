//===- Segment.h - A part of the graph that becomes one function ----------===//
#ifndef AGC_FRONTEND_CORE_SEGMENT_H
#define AGC_FRONTEND_CORE_SEGMENT_H

#include "frontend/core/Recorder.h"

namespace agc::proto {
class Module;
class Function;
} // namespace agc::proto

namespace agc::detail {

/// What must be computed for some values: the nodes between them and what is
/// known already. ResultSlot::id numbers the values as graph.proto does.
struct Segment {
  std::vector<Value> outputs;
  std::vector<Value> inputs; // known values and numbers, in order of discovery
  std::vector<Ref<Node>> nodes; // in order of recording
  bool hasGradient = false;
};

/// Walks back from \p outputs. Where a gradient is asked of a value that was
/// computed before, its history is part of the segment again. What was recorded
/// up to \p known counts as known: a body takes it in.
Segment collect(std::vector<Value> outputs, uint64_t known = 0);

/// Numbers the values anew: another walk may have numbered those that both have.
void numberValues(const Segment &segment);

/// Everything that decides what the compiled function is, and nothing else.
/// \p updates: for each output 1 + the input whose memory it takes, or 0.
std::vector<uint64_t> structureOf(const Segment &segment,
                                  std::span<const uint32_t> updates);

/// How a function of the module presents a segment.
struct FunctionSpec {
  std::string name;
  struct Argument {
    std::string name;
    int role = 0; // proto::Role
    std::optional<double> defaultValue;
    Beginning beginning = {};
  };
  std::vector<Argument> arguments; // empty: named a0, a1, …
  std::vector<std::string> results; // empty: named r0, r1, …
  std::vector<uint32_t> updates;    // as structureOf; empty: none
  bool isBody = false; // of a node: its arguments have no roles
};

/// Appends the segment to \p module as a function.
void emit(const Segment &segment, const FunctionSpec &spec,
          proto::Module &module);

} // namespace agc::detail

#endif
