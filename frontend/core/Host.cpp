#include "frontend/core/Host.h"

#include "frontend/core/Body.h"
#include "frontend/core/Recorder.h"
#include "runtime/checkpoint/Safetensors.h"
#include "runtime/core/Convert.h"

#include <agc/Autograd.h>

#include <cxxabi.h>

#include <cstdlib>
#include <cstring>

namespace agc::detail {

void replaceElements(const Tensor &tensor,
                     const std::function<void(void *data)> &fill,
                     std::optional<Beginning> beginning) {
  TensorImpl &impl = implOf(tensor);
  Storage &storage = *impl.storage;
  if (!impl.views.empty())
    fail("AGC0116", "cannot fill a view from outside; fill its base");
  if (recorder().capture)
    fail("AGC0120", "cannot fill a tensor while a function is traced");
  if (storage.body != currentBody())
    refuseInBody("fill a tensor from outside: that would be done once");
  if (beginning)
    storage.beginning = *beginning;
  if (storage.escaped) {
    fill(storage.escaped->data());
    ++storage.version;
    return;
  }
  BufferRef buffer = allocate(storage.type);
  fill(buffer->data());
  Value value = leafValue(storage.type, std::move(buffer));
  if (storage.leaf) {
    value.slot().leaf = storage.leaf;
    value.slot().tracked = storage.leaf->requiresGrad;
  }
  storage.setValue(std::move(value));
  ++storage.version;
}

void setElements(const Tensor &tensor, const void *bytes, size_t size) {
  replaceElements(tensor, [&](void *data) { std::memcpy(data, bytes, size); });
}

namespace {
/// The tensor with other elements, in memory of its own; a leaf stays one.
void replaceStorage(TensorImpl &impl, TypeRef type, BufferRef buffer) {
  impl.type = type;
  impl.cached = Value();
  Ref<AutogradMeta> leaf = impl.storage->leaf;
  Beginning beginning = impl.storage->beginning;
  Value value = leafValue(type, std::move(buffer));
  if (leaf) {
    value.slot().leaf = leaf;
    value.slot().tracked = leaf->requiresGrad;
  }
  impl.storage = Ref<Storage>(new Storage(std::move(value)));
  impl.storage->leaf = leaf;
  impl.storage->beginning = beginning;
  impl.views.clear();
}
} // namespace

void convertInPlace(const Tensor &tensor, DType type) {
  TensorImpl &impl = implOf(tensor);
  if (impl.type->dtype == type)
    return;
  TypeRef from = impl.type, to = withDType(from, type);
  BufferRef old = materialize(tensor);
  BufferRef buffer = allocate(to);
  for (int64_t i = 0; i < to->numel; ++i)
    storeNumber(buffer->data(), type, i, loadNumber(old->data(), from->dtype, i));
  replaceStorage(impl, to, std::move(buffer));
  if (impl.meta && impl.meta->grad.defined())
    impl.meta->grad = impl.meta->grad.detach().to(type);
}

void zeroGrad(const Tensor &tensor, bool undefined) {
  TensorImpl &impl = implOf(tensor);
  if (!impl.meta || !impl.meta->grad.defined())
    return;
  saveGradForCapture(impl.meta);
  impl.meta->grad =
      undefined ? Tensor() : hostFull(impl.type->shape, impl.type->dtype, 0);
}

Tensor hostFull(IntArrayRef shape, DType type, double value) {
  TypeRef t = typeOf(type, shape);
  BufferRef buffer = allocate(t);
  for (int64_t i = 0; i < t->numel; ++i)
    storeNumber(buffer->data(), type, i, value);
  Tensor full = wrap(leafValue(t, std::move(buffer)));
  implOf(full).storage->beginning = {Beginning::Constant, value, 0};
  return full;
}

std::string typeName(const char *mangled) {
  int status = 0;
  char *text = abi::__cxa_demangle(mangled, nullptr, nullptr, &status);
  std::string name = status == 0 ? text : mangled;
  std::free(text);
  return name;
}

void saveTensors(const OrderedDict<std::string, Tensor> &tensors, const std::string &path,
                 const std::map<std::string, std::string> &metadata) {
  std::vector<SavedTensor> saved;
  std::vector<BufferRef> buffers;
  for (const auto &item : tensors) {
    const Type &type = *implOf(item.value()).type;
    buffers.push_back(materialize(item.value()));
    saved.push_back({item.key(), type.dtype, type.shape,
                     {static_cast<const char *>(buffers.back()->data()),
                      size_t(type.sizeBytes)}});
  }
  writeSafetensors(path, saved, metadata);
}

} // namespace agc::detail

namespace agc {

using namespace detail;

void Tensor::set_data(const Tensor &data, Loc loc) const {
  OpGuard op("set_data", loc);
  TensorImpl &impl = implOf(*this);
  if (impl.type == implOf(data).type) {
    NoGradGuard quiet;
    copy_(data, loc);
    return;
  }
  if (recorder().capture)
    fail("AGC0120", "cannot change a tensor's shape or dtype while a function is traced");
  replaceStorage(impl, implOf(data).type, materialize(data));
}

} // namespace agc
