#include "frontend/core/TensorImpl.h"

#include "frontend/core/Body.h"
#include "frontend/core/Recorder.h"
#include "frontend/core/Saved.h"
#include "frontend/core/Views.h"

#include <agc/Autograd.h>

#include <cstring>

namespace agc::detail {

void retain(TensorImpl *impl) {
  impl->refs.fetch_add(1, std::memory_order_relaxed);
}
void release(TensorImpl *impl) {
  if (impl->refs.fetch_sub(1, std::memory_order_acq_rel) != 1)
    return;
  GraphLock lock;
  delete impl;
}
void destroy(Storage *storage) { delete storage; }

Storage::Storage(Value v)
    : value(std::move(v)), type(value.type()), body(currentBody()) {
  ++value.slot().handles;
}

Storage::~Storage() {
  if (writer)
    writer->writes[writeIndex].storage = nullptr;
  --value.slot().handles;
}

void Storage::setValue(Value v) {
  ++v.slot().handles;
  --value.slot().handles;
  value = std::move(v);
}

Tensor wrap(Value value) {
  // A number has no memory of its own.
  if (value.node->op == OpId::Number)
    value = record(OpId::StopGradient, value.type(), {&value, 1});
  TensorImpl *impl = new TensorImpl;
  impl->refs = 1;
  impl->type = value.type();
  impl->storage = Ref<Storage>(new Storage(std::move(value)));
  return Tensor::adopt(impl);
}

namespace {
/// An op that had nothing to do gives its operand back; a leaf's value belongs
/// to the leaf, so that what goes on from it is an alias.
Value aliasOfLeaf(Value value) {
  return value.slot().leaf ? record(OpId::Reshape, value.type(), {&value, 1}) : value;
}
} // namespace

Tensor wrap(Value value, const char *gradName) {
  value = aliasOfLeaf(std::move(value));
  setGradName(value, gradName);
  return wrap(std::move(value));
}

Tensor wrap(Value value, const char *gradName, std::vector<Value> edges) {
  value = aliasOfLeaf(std::move(value));
  // An op that gives its operand back, a sum over nothing, is no node.
  for (const Value &edge : edges)
    if (edge && edge.node.get() == value.node.get())
      return wrap(std::move(value));
  setGradName(value, gradName);
  setEdges(value, std::move(edges));
  return wrap(std::move(value));
}

void setGradName(const Value &value, const char *gradName) {
  if (value.tracked() && !value.slot().leaf)
    value.node->gradName = gradNameId(gradName);
}

void setEdges(const Value &value, std::vector<Value> edges) {
  if (!value.tracked() || value.slot().leaf)
    return;
  delete value.node->edges;
  value.node->edges = new std::vector<Value>(std::move(edges));
}

TensorImpl &implOf(const Tensor &tensor) {
  if (!tensor.defined())
    fail("AGC0101", "expects a tensor, got an undefined one");
  return *tensor.unsafeImpl();
}

BufferRef allocate(TypeRef type) {
  try {
    return Buffer::allocate(size_t(type->sizeBytes));
  } catch (const Error &error) {
    fail(error.code(), error.msg());
  }
}

namespace {

/// A leaf with the elements that escaped memory has at this moment.
Value snapshot(Storage &storage) {
  BufferRef copy = allocate(storage.type);
  std::memcpy(copy->data(), storage.escaped->data(),
              size_t(storage.type->sizeBytes));
  Value value = leafValue(storage.type, std::move(copy));
  if (storage.leaf) {
    value.slot().leaf = storage.leaf;
    value.slot().tracked = storage.leaf->requiresGrad;
  }
  return value;
}

Value replay(TensorImpl &impl, Value value) {
  for (const ViewStep &step : impl.views) {
    value = record(step.op, step.to, {&value, 1}, step.attributes);
    if (value.tracked())
      value.node->gradName = step.gradName;
  }
  return value;
}

} // namespace

Value read(const Tensor &tensor) {
  GraphLock lock;
  TensorImpl &impl = implOf(tensor);
  Storage &storage = *impl.storage;
  bool plain = impl.views.empty();
  if (storage.escaped) {
    // What is in memory now, not what was there when a pointer was taken.
    Value value = replay(impl, snapshot(storage));
    return value.tracked() && (impl.detached || (plain && impl.meta.get() != storage.leaf.get()))
               ? record(OpId::StopGradient, value.type(), {&value, 1})
               : value;
  }
  const Value &whole = storage.value;
  auto hidden = [&](const Value &value) {
    const Ref<AutogradMeta> &leaf = value.slot().leaf;
    return value.tracked() &&
           (impl.detached || (leaf && plain && leaf.get() != impl.meta.get()));
  };
  if (plain && !hidden(whole))
    return whole;
  if (impl.cached && impl.cachedVersion == storage.version)
    return impl.cached;
  Value value = plain ? whole : replay(impl, whole);
  // Known elements need no op: another value of the same memory is out of
  // autograd's sight.
  if (hidden(value))
    value = value.slot().buffer ? leafValue(value.type(), value.slot().buffer)
                                : record(OpId::StopGradient, value.type(), {&value, 1});
  impl.cached = value;
  impl.cachedVersion = storage.version;
  return value;
}

Tensor makeView(const Tensor &base, OpId op, TypeRef type,
                IntArrayRef attributes, const char *gradName) {
  TensorImpl &from = implOf(base);
  TensorImpl *impl = new TensorImpl;
  impl->refs = 1;
  Tensor tensor = Tensor::adopt(impl);
  impl->storage = from.storage;
  impl->views = from.views;
  impl->views.push_back(
      {op, from.type, type, attributes.vec(), gradNameId(gradName)});
  impl->type = type;
  impl->detached = from.detached || !GradMode::is_enabled();
  if (from.storage->escaped)
    return tensor; // every read takes a snapshot
  // One step from the base's value, not all of them from the storage's.
  Value value = read(base);
  value = record(op, type, {&value, 1}, attributes);
  if (value.tracked())
    value.node->gradName = gradNameId(gradName);
  impl->cached = value;
  impl->cachedVersion = from.storage->version;
  return tensor;
}

namespace {

void logWrite(Storage &storage) {
  Recorder &r = recorder();
  if (r.capture) {
    for (const Capture::Saved &saved : r.capture->written)
      if (saved.storage.get() == &storage)
        return;
    r.capture->written.push_back({&storage, storage.value, bool(storage.leaf)});
    return;
  }
  if (storage.writer || !storage.value.slot().buffer)
    return;
  storage.writer = &r;
  storage.writeIndex = uint32_t(r.writes.size());
  r.writes.push_back({&storage, storage.value});
}

} // namespace

void write(const Tensor &tensor, Value value) {
  GraphLock lock;
  TensorImpl &impl = implOf(tensor);
  Storage &storage = *impl.storage;
  bool gradients = GradMode::is_enabled();
  if (storage.body != currentBody())
    refuseInBody("change a tensor from outside in place; return its new value "
                 "instead");
  if (storage.leaf && storage.leaf->requiresGrad && gradients && !impl.detached)
    fail("AGC0110",
         "cannot change a leaf tensor that requires grad in place; it was made "
         "one at " +
             positionText(storage.leaf->loc) +
             "; use detach(), or a NoGradGuard");
  if (storage.value.tracked() && !storage.leaf && !value.tracked() &&
      (impl.detached || !gradients))
    fail("AGC0111", "cannot change a tensor that has a history in place where "
                    "autograd does not see it; use clone() first");

  Value base = storage.escaped ? Value() : storage.value;
  if (!impl.views.empty()) {
    if (!base)
      base = snapshot(storage);
    value = writeThrough(impl.views, base, value);
  }
  if (storage.escaped) {
    run({&value, 1});
    std::memcpy(storage.escaped->data(), value.slot().buffer->data(),
                size_t(storage.type->sizeBytes));
    ++storage.version;
    return;
  }
  // The new value must be this storage's own where it gets a leaf's mark or
  // may later be written over.
  ResultSlot &slot = value.slot();
  if ((storage.leaf && (slot.handles || slot.leaf)) || slot.buffer ||
      value.node->op == OpId::Leaf || value.node->op == OpId::Number)
    value = record(OpId::StopGradient, value.type(), {&value, 1});
  if (storage.leaf) {
    value.slot().leaf = storage.leaf;
    value.slot().tracked = storage.leaf->requiresGrad;
  }
  logWrite(storage);
  markOverwritten(storage.value);
  storage.setValue(std::move(value));
  ++storage.version;
}

void writeAnew(const Tensor &tensor, Value value, Beginning beginning) {
  write(tensor, std::move(value));
  TensorImpl &impl = implOf(tensor);
  if (!recorder().capture) // else it is undone
    impl.storage->beginning = impl.views.empty() ? beginning : Beginning();
}

BufferRef materialize(const Tensor &tensor) {
  GraphLock lock;
  TensorImpl &impl = implOf(tensor);
  if (impl.storage->escaped && impl.views.empty())
    return impl.storage->escaped;
  Value value = read(tensor);
  if (!value.slot().buffer)
    run({&value, 1});
  return value.slot().buffer;
}

} // namespace agc::detail
