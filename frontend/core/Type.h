//===- Type.h - Types of recorded values ----------------------------------===//
#ifndef AGC_FRONTEND_CORE_TYPE_H
#define AGC_FRONTEND_CORE_TYPE_H

#include <agc/Types.h>

#include <string_view>

namespace agc::detail {

/// A dtype and a shape. Interned: equal types are one object, kept for ever
/// (a program has few), so that comparing and hashing them is a pointer's.
struct Type {
  DType dtype;
  std::vector<int64_t> shape;
  std::vector<int64_t> strides; // row-major, in elements
  int64_t numel;
  int64_t sizeBytes;

  int64_t rank() const { return int64_t(shape.size()); }
};
using TypeRef = const Type *;

/// Errors: too many elements (checkedBytes).
TypeRef typeOf(DType dtype, IntArrayRef shape);

inline TypeRef withDType(TypeRef type, DType dtype) {
  return type->dtype == dtype ? type : typeOf(dtype, type->shape);
}
inline TypeRef withShape(TypeRef type, IntArrayRef shape) {
  return typeOf(type->dtype, shape);
}

std::string shapeText(IntArrayRef shape);

/// Texts by number: equal texts have one.
uint32_t internText(std::string_view text);
const std::string &internedText(uint32_t id);

} // namespace agc::detail

#endif
