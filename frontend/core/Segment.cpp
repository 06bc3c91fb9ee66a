#include "frontend/core/Segment.h"

#include "frontend/core/Split.h"

#include <algorithm>

namespace agc::detail {
namespace {

// Node::state during a walk.
enum : uint8_t { Inner = 1, Expanded = 2 };

class Walk {
public:
  Walk(Segment &segment, uint64_t knownUntil)
      : segment(segment), knownUntil(knownUntil), mark(nextMark()) {}

  void visit(const Value &value, bool expand) {
    Node *node = value.node.get();
    if (node->mark != mark) {
      node->mark = mark;
      node->state = 0;
    }
    bool isOutside = node->sequence <= knownUntil;
    bool known = value.slot().buffer || node->op == OpId::Leaf ||
                 node->op == OpId::Number || isOutside;
    // Only a history that is still there can be gone through again.
    // Where a forward left residuals, gradients stop and go on from there.
    expand &= !isOutside && value.tracked() && !value.slot().leaf && node->numOperands != 0 &&
              !((node->residuals || node->stops) && value.slot().buffer);
    if (known && !expand) {
      candidates.push_back(value);
      return;
    }
    uint8_t wanted = Inner | (expand ? Expanded : 0);
    if ((node->state & wanted) == wanted)
      return;
    if (!(node->state & Inner))
      segment.nodes.emplace_back(node);
    node->state |= wanted;
    stack.push_back(node);
  }

  void finish() {
    while (!stack.empty()) {
      Node *node = stack.back();
      stack.pop_back();
      bool gradient = isGradient(node->op);
      int64_t targets = gradient ? node->attributes()[0] : 0;
      segment.hasGradient |= gradient;
      bool expanded = node->state & Expanded;
      for (uint32_t i = 0; i < node->numOperands; ++i)
        visit(node->operands()[i], expanded || int64_t(i) < targets);
    }
    std::sort(segment.nodes.begin(), segment.nodes.end(),
              [](const Ref<Node> &a, const Ref<Node> &b) {
                return a->sequence < b->sequence;
              });
    number();
  }

private:
  /// Arguments in the order in which nodes use them: it depends on the
  /// structure alone.
  void number() {
    constexpr uint32_t none = ~0u;
    for (const Value &value : candidates)
      value.slot().id = none;
    for (const Ref<Node> &node : segment.nodes)
      for (uint32_t i = 0; i < node->numOperands; ++i)
        addInput(node->operands()[i]);
    for (const Value &value : segment.outputs)
      addInput(value);
    uint32_t next = uint32_t(segment.inputs.size());
    for (const Ref<Node> &node : segment.nodes)
      for (uint32_t i = 0; i < node->numResults; ++i)
        node->results()[i].id = next++;
  }

  void addInput(const Value &value) {
    if ((value.node->state & Inner) || value.slot().id != ~0u)
      return;
    value.slot().id = uint32_t(segment.inputs.size());
    segment.inputs.push_back(value);
  }

  Segment &segment;
  uint64_t knownUntil; // a leaf's number is 0
  uint32_t mark;
  std::vector<Node *> stack;
  std::vector<Value> candidates;
};

} // namespace

Segment collect(std::vector<Value> outputs, uint64_t known) {
  Segment segment;
  segment.outputs = std::move(outputs);
  Walk walk(segment, known);
  for (const Value &value : segment.outputs)
    walk.visit(value, false);
  walk.finish();
  return segment;
}

void numberValues(const Segment &segment) {
  uint32_t id = 0;
  for (const Value &value : segment.inputs)
    value.slot().id = id++;
  for (const Ref<Node> &node : segment.nodes)
    for (uint32_t i = 0; i < node->numResults; ++i)
      node->results()[i].id = id++;
}

std::vector<uint64_t> structureOf(const Segment &segment,
                                  std::span<const uint32_t> updates) {
  std::vector<uint64_t> words;
  words.reserve(segment.nodes.size() * 8 + segment.inputs.size() * 2 + 16);
  words.push_back(segment.inputs.size());
  for (const Value &value : segment.inputs)
    words.push_back(reinterpret_cast<uint64_t>(value.type()) << 2 |
                    uint64_t(value.node->op == OpId::Number) << 1 |
                    uint64_t(value.tracked()));
  for (const Ref<Node> &node : segment.nodes) {
    words.push_back(uint64_t(node->op) | uint64_t(node->numOperands) << 16 |
                    uint64_t(node->numResults) << 40);
    for (uint32_t i = 0; i < node->numOperands; ++i)
      words.push_back(node->operands()[i].slot().id);
    words.insert(words.end(), node->attributes(),
                 node->attributes() + node->numAttributes);
    for (uint32_t i = 0; i < node->numResults; ++i) {
      const ResultSlot &slot = node->results()[i];
      words.push_back(reinterpret_cast<uint64_t>(slot.type) << 2 |
                      uint64_t(bool(slot.leaf)) << 1 | uint64_t(slot.tracked));
    }
  }
  for (const Value &value : segment.outputs)
    words.push_back(value.slot().id);
  words.insert(words.end(), updates.begin(), updates.end());
  return words;
}

} // namespace agc::detail
