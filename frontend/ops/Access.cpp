//===- Access.cpp - A tensor's description, values and copies -------------===//
#include "frontend/core/Promote.h"
#include "runtime/core/Convert.h"

#include <agc/Autograd.h>
#include <agc/Functions.h>

#include <cmath>
#include <cstring>
#include <ostream>

namespace agc {

using namespace detail;

Device::Device(const char *text, Loc loc) : place(kCPU), number(-1) {
  std::string_view s(text);
  std::string_view kind = s.substr(0, s.find(':'));
  if (kind == "cuda")
    place = kCUDA;
  else if (kind != "cpu")
    failAt("AGC0104", "expects device 'cpu' or 'cuda', got '" + std::string(s) + "'", loc);
  if (kind.size() < s.size()) {
    std::string_view digits = s.substr(kind.size() + 1);
    if (digits.empty() || digits.size() > 3 ||
        digits.find_first_not_of("0123456789") != digits.npos)
      failAt("AGC0104", "expects a device's number, got '" + std::string(s) + "'", loc);
    number = std::stoi(std::string(digits));
  }
}
std::string Device::str() const {
  return std::string(is_cpu() ? "cpu" : "cuda") +
         (number >= 0 ? ":" + std::to_string(number) : "");
}

std::ostream &operator<<(std::ostream &out, IntArrayRef sizes) {
  return out << shapeText(sizes);
}
std::ostream &operator<<(std::ostream &out, DType type) {
  return out << dtypeName(type);
}

namespace {
/// What \p tensor is; where it is undefined, an error of the user's line.
const Type &described(const Tensor &tensor, const char *name, Loc loc) {
  if (!tensor.defined()) {
    OpGuard op(name, loc);
    implOf(tensor);
  }
  return *implOf(tensor).type;
}
} // namespace

IntArrayRef Tensor::sizes(Loc loc) const { return described(*this, "sizes", loc).shape; }
std::vector<int64_t> Tensor::strides(Loc loc) const { return described(*this, "strides", loc).strides; }
const int64_t *Tensor::rowMajor() const { return implOf(*this).type->strides.data(); }
int64_t Tensor::dim(Loc loc) const { return described(*this, "dim", loc).rank(); }
int64_t Tensor::numel(Loc loc) const { return described(*this, "numel", loc).numel; }
DType Tensor::dtype(Loc loc) const { return described(*this, "dtype", loc).dtype; }
TensorOptions Tensor::options() const { return TensorOptions(dtype()); }
int64_t Tensor::size(int64_t dim, Loc loc) const {
  const Type &type = described(*this, "size", loc);
  int64_t at = dim < 0 ? dim + type.rank() : dim;
  if (at >= 0 && at < type.rank()) // nothing to report
    return type.shape[size_t(at)];
  OpGuard op("size", loc);
  if (type.rank() == 0)
    fail("AGC0104", "cannot take a size of a tensor of no dimensions");
  return wrapDim(dim, type.rank()); // an error
}
void Tensor::checkRank(int64_t rank, Loc loc) const {
  OpGuard op("accessor", loc);
  if (dim() != rank)
    fail("AGC0104", "expects " + std::to_string(rank) + " dimensions, got shape " +
                        shapeText(sizes()));
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

Scalar Tensor::item(Loc loc) const {
  OpGuard op("item", loc);
  if (numel() != 1)
    fail("AGC0104", "expects a tensor of one element, got shape " + shapeText(sizes()));
  BufferRef buffer = materialize(*this);
  if (info(dtype()).isFloat)
    return Scalar(loadNumber(buffer->data(), dtype(), 0));
  int64_t value = loadInteger(buffer->data(), dtype(), 0);
  return dtype() == DType::Bool ? Scalar(value != 0) : Scalar(value);
}

void *Tensor::data(DType type, Loc loc) const {
  OpGuard op("data_ptr", loc);
  TensorImpl &impl = implOf(*this);
  if (type != dtype())
    fail("AGC0102", std::string("expects to be asked for ") + dtypeName(dtype()) +
                        ", got " + dtypeName(type));
  if (!impl.views.empty())
    fail("AGC0116", "cannot give a pointer into a view, which is a value of its "
                    "own; use contiguous(), clone() or the base");
  Storage &storage = *impl.storage;
  // A value with a history keeps it: the pointer is to its elements.
  if (!storage.escaped && storage.value.tracked() && !storage.leaf)
    return materialize(*this)->data();
  if (!storage.escaped) {
    // Everything recorded so far sees the elements as they are now.
    run();
    BufferRef buffer = materialize(*this);
    // Values of the graph never change: the pointer is to memory of its own.
    BufferRef own = allocate(storage.type);
    std::memcpy(own->data(), buffer->data(), buffer->sizeBytes());
    storage.escaped = own;
    ++storage.version;
  }
  return storage.escaped->data();
}

const void *Tensor::constData(DType type, Loc loc) const {
  OpGuard op("const_data_ptr", loc);
  if (type != dtype())
    fail("AGC0102", std::string("expects to be asked for ") + dtypeName(dtype()) +
                        ", got " + dtypeName(type));
  return materialize(*this)->data();
}

bool Tensor::equal(const Tensor &other, Loc loc) const {
  OpGuard op("equal", loc);
  if (sizes() != other.sizes() || dtype() != other.dtype())
    return false;
  BufferRef a = materialize(*this), b = materialize(other);
  for (int64_t i = 0; i < numel(); ++i)
    if (info(dtype()).isFloat
            ? loadNumber(a->data(), dtype(), i) != loadNumber(b->data(), dtype(), i)
            : loadInteger(a->data(), dtype(), i) != loadInteger(b->data(), dtype(), i))
      return false;
  return true;
}

bool Tensor::allclose(const Tensor &other, double rtol, double atol,
                      bool equal_nan, Loc loc) const {
  OpGuard op("allclose", loc);
  if (sizes() != other.sizes())
    return allclose(other.expand(sizes(), loc), rtol, atol, equal_nan, loc);
  BufferRef a = materialize(*this), b = materialize(other);
  for (int64_t i = 0; i < numel(); ++i) {
    double x = loadNumber(a->data(), dtype(), i),
           y = loadNumber(b->data(), other.dtype(), i);
    bool close = x == y || std::fabs(x - y) <= atol + rtol * std::fabs(y) ||
                 (equal_nan && x != x && y != y);
    if (!close)
      return false;
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

Tensor Tensor::detach(Loc loc) const {
  OpGuard op("detach", loc);
  TensorImpl &from = implOf(*this);
  TensorImpl *impl = new TensorImpl;
  impl->refs = 1;
  impl->storage = from.storage;
  impl->views = from.views;
  impl->type = from.type;
  impl->detached = true;
  return Tensor::adopt(impl);
}

const Tensor &Tensor::detach_(Loc loc) const {
  OpGuard op("detach_", loc);
  TensorImpl &impl = implOf(*this);
  if (impl.meta && impl.meta->requiresGrad) {
    requires_grad_(false, loc);
  } else {
    impl.detached = true;
    impl.cached = Value();
  }
  return *this;
}

Tensor Tensor::clone(Loc loc) const {
  OpGuard op("clone", loc);
  Value v = read(*this);
  // Reshaping to the same shape is a value of its own, with a gradient.
  return wrap(record(OpId::Reshape, v.type(), {&v, 1}), "CloneBackward0");
}

Tensor Tensor::contiguous(Loc loc) const {
  return is_contiguous() ? *this : clone(loc);
}

Tensor Tensor::to(DType type, Loc loc) const {
  OpGuard op("to", loc);
  Value v = read(*this);
  if (v.dtype() == type)
    return *this;
  return wrap(convert(v, type), "ToCopyBackward0");
}
Tensor Tensor::to(Device device, Loc loc) const {
  OpGuard op("to", loc);
  implOf(*this);
  if (!device.is_cpu())
    fail("AGC0116", "of device '" + device.str() + "' is not there yet");
  return *this;
}
Tensor Tensor::to(const TensorOptions &options, Loc loc) const {
  Tensor there = to(options.device(), loc);
  return options.dtype_opt() ? there.to(*options.dtype_opt(), loc) : there;
}

const Tensor &Tensor::copy_(const Tensor &other, Loc loc) const {
  OpGuard op("copy_", loc);
  TypeRef type = implOf(*this).type;
  Value v = read(other);
  Operand operands[] = {Operand(v)};
  Dims shape = broadcastShape(operands);
  if (shape.size() > type->shape.size() && v.type()->numel == type->numel &&
      type->numel == 1)
    v = detail::reshape(v, type->shape); // one element fits anywhere, as in PyTorch
  else {
    bool fits = shape.size() <= type->shape.size();
    for (size_t d = 0; fits && d < shape.size(); ++d) {
      int64_t size = type->shape[type->shape.size() - shape.size() + d];
      fits = shape[d] == 1 || shape[d] == size;
    }
    if (!fits)
      fail("AGC0103", "cannot copy a tensor of shape " + shapeText(v.shape()) +
                          " into one of shape " + shapeText(type->shape));
  }
  v = broadcastTo(convert(v, type->dtype), type->shape);
  setGradName(v, "CopyBackwards");
  writeAnew(*this, v);
  return *this;
}

const Tensor &Tensor::fill_(Scalar value, Loc loc) const {
  OpGuard op("fill_", loc);
  TypeRef type = implOf(*this).type;
  writeAnew(*this, broadcastDims(number(type->dtype, value), type->shape, {}),
            {Beginning::Constant, value.toDouble(), 0});
  return *this;
}
const Tensor &Tensor::zero_(Loc loc) const {
  OpGuard op("zero_", loc);
  writeAnew(*this, constant(implOf(*this).type, 0), {Beginning::Constant, 0, 0});
  return *this;
}

} // namespace agc
