#include "frontend/core/Graph.h"

#include "frontend/core/Extras.h"
#include "frontend/core/Recorder.h"
#include "frontend/core/Split.h"

#include <cstdlib>
#include <cstring>
#include <new>
#include <unordered_map>

namespace agc::detail {

const char *irName(OpId op) {
  static const char *const names[] = {
#define AGC_OP(name, ir, fields) ir,
#include "frontend/core/Ops.def"
#undef AGC_OP
  };
  return names[size_t(op)];
}

const char *attributeFields(OpId op) {
  static const char *const table[] = {
#define AGC_OP(name, ir, fields) fields,
#include "frontend/core/Ops.def"
#undef AGC_OP
  };
  return table[size_t(op)];
}

Ref<Node> createNode(OpId op, const Value *operands, size_t numOperands,
                     IntArrayRef attributes, const TypeRef *types,
                     size_t numResults) {
  size_t bytes = sizeof(Node) + numOperands * sizeof(Value) +
                 attributes.size() * sizeof(int64_t) +
                 numResults * sizeof(ResultSlot);
  void *memory = std::malloc(bytes);
  if (!memory)
    throw std::bad_alloc();
  Node *node = new (memory) Node;
  node->op = op;
  node->numOperands = node->allocatedOperands = uint32_t(numOperands);
  node->numAttributes = uint32_t(attributes.size());
  node->numResults = uint32_t(numResults);
  node->scope = 0;
  node->sequence = 0;
  for (size_t i = 0; i < numOperands; ++i)
    new (node->operands() + i) Value(operands[i]);
  if (!attributes.empty())
    std::memcpy(node->attributes(), attributes.data(),
                attributes.size() * sizeof(int64_t));
  for (size_t i = 0; i < numResults; ++i)
    new (node->results() + i) ResultSlot{types[i], {}, {}, 0, 0, false, 0, 0};
  return Ref<Node>(node);
}

Value leafValue(TypeRef type, BufferRef buffer) {
  Value value{createNode(OpId::Leaf, nullptr, 0, {}, &type, 1), 0};
  value.slot().buffer = std::move(buffer);
  return value;
}

void Node::dropOperands() {
  // Count first: releasing an operand may come back here for another node.
  uint32_t count = std::exchange(numOperands, 0);
  for (uint32_t i = 0; i < count; ++i)
    operands()[i].~Value();
  delete std::exchange(edges, nullptr);
}

/// Not recursive: a chain of 20,000 ops must not overflow the stack.
void destroy(Node *node) {
  thread_local std::vector<Node *> *dying = nullptr;
  if (dying) {
    dying->push_back(node);
    return;
  }
  std::vector<Node *> list{node};
  dying = &list;
  while (!list.empty()) {
    Node *next = list.back();
    list.pop_back();
    unlink(*next);
    next->dropOperands();
    for (uint32_t i = 0; i < next->numResults; ++i)
      next->results()[i].~ResultSlot();
    delete next->extras;
    next->~Node();
    std::free(next);
  }
  dying = nullptr;
}

void destroy(AutogradMeta *meta) { delete meta; }

uint32_t nextMark() {
  static uint32_t mark = 0;
  return ++mark;
}

namespace {
struct GradNames {
  std::vector<const char *> texts{""};
  std::unordered_map<std::string_view, uint16_t> ids;
};
GradNames &gradNames() {
  static GradNames *names = new GradNames;
  return *names;
}
} // namespace

uint16_t gradNameId(const char *literal) {
  GradNames &names = gradNames();
  auto [found, added] =
      names.ids.try_emplace(literal, uint16_t(names.texts.size()));
  if (added) {
    names.texts.push_back(literal);
  }
  return found->second;
}

const char *gradNameText(uint16_t id) { return gradNames().texts[id]; }

} // namespace agc::detail
