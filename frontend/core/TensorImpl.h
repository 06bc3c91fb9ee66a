//===- TensorImpl.h - Storages, views of them, autograd's data ------------===//
//
// A tensor is a storage and a chain of views. The storage holds its current
// value; writing through a view gives the storage a new one, so that all
// aliases see it, though values themselves never change.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_FRONTEND_CORE_TENSORIMPL_H
#define AGC_FRONTEND_CORE_TENSORIMPL_H

#include "frontend/core/Graph.h"

#include <agc/Tensor.h>

#include <atomic>
#include <functional>

namespace agc::detail {

/// What autograd keeps of a tensor that it gives a gradient to.
struct AutogradMeta {
  uint32_t refs = 0;
  Tensor grad;
  bool requiresGrad = false;
  /// Whether there is a tensor to read `grad` of. A gradient not yet computed
  /// holds the leaf's value, and that this: without a reader it must go.
  bool hasReader = true;
  Loc loc; // where that was asked for
  struct Hook {
    uint64_t id;
    std::function<Tensor(const Tensor &)> function;
  };
  std::vector<Hook> hooks; // of a leaf: called with its gradient
};

/// How a tensor begins, where that is known: so that a program can say it.
struct Beginning {
  enum Kind : uint8_t { Unknown, Constant, Uniform, Normal } kind = Unknown;
  double a = 0, b = 0; // the value; low and high; mean and standard deviation
};

struct Storage {
  uint32_t refs = 0;
  Value value;           // of the base, dense
  uint32_t version = 0;  // of the value; grows with each write
  /// Whose list of writes it is in, and where.
  Recorder *writer = nullptr;
  uint32_t writeIndex = 0;
  Ref<AutogradMeta> leaf; // of the tensor that is the base, if it is a leaf
  /// Memory that the user has a pointer to, and may write at any time.
  BufferRef escaped;
  TypeRef type = nullptr;
  uint64_t body = 0; // in which it was made, or 0: see Body.h
  Beginning beginning;

  explicit Storage(Value v);
  ~Storage();
  void setValue(Value v); // counts handles
};
void destroy(Storage *storage);

/// One step from a base to a view: a node's op with its attributes and type.
struct ViewStep {
  OpId op;
  TypeRef from, to;
  std::vector<int64_t> attributes;
  uint16_t gradName;
};

struct TensorImpl {
  std::atomic<uint32_t> refs = 0; // handles may be copied on any thread
  Ref<Storage> storage;
  std::vector<ViewStep> views;
  TypeRef type = nullptr;
  Ref<AutogradMeta> meta;
  bool detached = false; // out of autograd's sight though its storage is not
  uint32_t scope = 0;    // of the module whose parameter this is
  // What was last read, while the storage has that version.
  Value cached;
  uint32_t cachedVersion = ~0u;

  ~TensorImpl() {
    if (!meta)
      return;
    meta->hasReader = false;
    meta->grad.reset();
  }
};

/// A tensor that shows \p value, in a storage of its own.
Tensor wrap(Value value);
/// The same, named as autograd's node \p gradName makes it.
Tensor wrap(Value value, const char *gradName);
/// For a function of several nodes: \p edges are its operands.
Tensor wrap(Value value, const char *gradName, std::vector<Value> edges);
void setGradName(const Value &value, const char *gradName);
void setEdges(const Value &value, std::vector<Value> edges);

/// Errors: undefined.
TensorImpl &implOf(const Tensor &tensor);

/// The value that \p tensor shows now, recorded if need be.
Value read(const Tensor &tensor);

/// Makes \p tensor show \p value, which has its type, and all aliases too.
/// Errors: a leaf that requires grad while gradients are on; see Tensor.h.
void write(const Tensor &tensor, Value value);

/// The same, asked for by the user: how the tensor begins is \p beginning then. What
/// an optimizer or a layer writes does not change that.
void writeAnew(const Tensor &tensor, Value value, Beginning beginning = {});

/// A view of \p base by one more step.
Tensor makeView(const Tensor &base, OpId op, TypeRef type,
                IntArrayRef attributes, const char *gradName);

/// Memory for a value of \p type.
/// Errors: AGC0205, there is none, at the operation in progress.
BufferRef allocate(TypeRef type);

/// The elements of \p tensor, after running what it depends on.
BufferRef materialize(const Tensor &tensor);

} // namespace agc::detail

#endif
