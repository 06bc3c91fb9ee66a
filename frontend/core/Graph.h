//===- Graph.h - What the recorder keeps: nodes and values ----------------===//
//
// A node is one allocation: header, operands, attribute words, results. Nodes
// own their operands; a node that nothing refers to any more is gone, and with
// it the part of the graph that only it needed.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_FRONTEND_CORE_GRAPH_H
#define AGC_FRONTEND_CORE_GRAPH_H

#include "frontend/core/Type.h"
#include "runtime/core/Buffer.h"

#include <bit>
#include <utility>

namespace agc::detail {

enum class OpId : uint16_t {
#define AGC_OP(name, ir, fields) name,
#include "frontend/core/Ops.def"
#undef AGC_OP
};
inline bool isGradient(OpId op) {
  return op == OpId::Gradient || op == OpId::GradientCut;
}
const char *irName(OpId op);
const char *attributeFields(OpId op);

struct Node;
struct AutogradMeta;
struct Residuals;
struct Recorder;
struct NodeExtras;

/// Counted reference to an object with `refs` and a `destroy` overload.
template <typename T> class Ref {
public:
  Ref() = default;
  Ref(T *object) : object(object) {
    if (object)
      ++object->refs;
  }
  Ref(const Ref &other) : Ref(other.object) {}
  Ref(Ref &&other) noexcept : object(std::exchange(other.object, nullptr)) {}
  Ref &operator=(Ref other) noexcept {
    std::swap(object, other.object);
    return *this;
  }
  ~Ref() {
    if (object && --object->refs == 0)
      destroy(object);
  }
  T *get() const { return object; }
  T *operator->() const { return object; }
  T &operator*() const { return *object; }
  explicit operator bool() const { return object != nullptr; }

private:
  T *object = nullptr;
};
void destroy(Node *node);
void destroy(AutogradMeta *meta);
void destroy(Residuals *residuals);

/// One result of a node.
struct ResultSlot {
  TypeRef type;
  BufferRef buffer;       // the elements, once known
  Ref<AutogradMeta> leaf; // the leaf whose value this is
  int32_t handles;        // storages that show it: if any, it is an output
  uint32_t id;            // its number within the segment being looked at
  bool tracked;           // autograd goes through it
  /// Nothing shows it since something wrote in place: where that was, and what
  /// was recorded last before (0: nothing wrote). See Saved.h.
  uint32_t writeLocation;
  uint64_t writeSequence;
};

struct Value {
  Ref<Node> node;
  uint32_t index = 0;

  explicit operator bool() const { return bool(node); }
  inline ResultSlot &slot() const;
  TypeRef type() const { return slot().type; }
  bool tracked() const { return slot().tracked; }
  DType dtype() const { return type()->dtype; }
  const std::vector<int64_t> &shape() const { return type()->shape; }
  int64_t rank() const { return type()->rank(); }
};

struct Node {
  uint32_t refs = 0;
  OpId op;
  uint16_t gradName = 0; // interned in GradNames; 0: inside of a function
  uint32_t numOperands, numAttributes, numResults;
  uint32_t scope;                 // of the module, interned
  const char *function = nullptr; // that the user called
  uint64_t sequence; // grows as nodes are recorded
  Loc loc;
  /// Set where next_edges() differs from what the operands say.
  std::vector<Value> *edges = nullptr;
  /// What the forward that computed this left for a backward, and which of its
  /// targets is the first of this. See Split.h.
  Ref<Residuals> residuals;
  uint32_t targetIndex = 0;
  bool stops = false; // a pending backward went on from the residuals it had
  bool freed = false;   // backward() went through it, keeping nothing
  /// Whose list of what has not run yet it is in, and its neighbours there.
  Recorder *owner = nullptr;
  Node *previous = nullptr, *next = nullptr;
  /// What few nodes have: a user's backward, hooks. See Extras.h.
  NodeExtras *extras = nullptr;
  // Scratch of the walk in progress.
  uint32_t mark = 0;
  uint32_t released = 0;
  uint32_t ownRefs = 0;
  uint8_t state = 0;

  Value *operands() { return reinterpret_cast<Value *>(this + 1); }
  int64_t *attributes() {
    return reinterpret_cast<int64_t *>(operands() + allocatedOperands);
  }
  ResultSlot *results() {
    return reinterpret_cast<ResultSlot *>(attributes() + numAttributes);
  }
  bool pending() const { return owner != nullptr; }
  void dropOperands();

  uint32_t allocatedOperands;
};

inline ResultSlot &Value::slot() const { return node->results()[index]; }

/// A node outside of the recorder's list. Results are untracked.
Ref<Node> createNode(OpId op, const Value *operands, size_t numOperands,
                     IntArrayRef attributes, const TypeRef *types,
                     size_t numResults);

/// A value that is there already.
Value leafValue(TypeRef type, BufferRef buffer);

/// A fresh number for marks: whatever has another one was not visited.
uint32_t nextMark();

/// Names of autograd's nodes by number, from 1.
uint16_t gradNameId(const char *literal);
const char *gradNameText(uint16_t id);

} // namespace agc::detail

#endif
