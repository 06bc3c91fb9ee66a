#include "frontend/core/Promote.h"

#include "frontend/core/Recorder.h"

namespace agc {

namespace {
/// 0 bool, 1 integer, 2 floating point.
int category(DType type) {
  return type == DType::Bool ? 0 : info(type).isFloat ? 2 : 1;
}
} // namespace

DType promote_types(DType a, DType b, Loc loc) {
  if (a == b)
    return a;
  if (category(a) != category(b))
    return category(a) > category(b) ? a : b;
  if (category(a) == 2) {
    if (a == DType::F64 || b == DType::F64)
      return DType::F64;
    return DType::F32; // bf16 with f16 too
  }
  if (info(a).isSigned != info(b).isSigned) {
    DType other = info(a).isSigned ? a : b;
    if (other == DType::I8) {
      const char *why = "would need int16 for uint8 with int8, which agc has not; convert one "
                        "of them";
      if (detail::currentLoc().line())
        detail::fail("AGC0102", why); // names the operation
      detail::failAt("AGC0102", std::string("'agc.promote_types' ") + why, loc);
    }
    return other;
  }
  return info(a).sizeBytes > info(b).sizeBytes ? a : b;
}

DType result_type(const Tensor &a, const Tensor &b) {
  detail::Operand operands[] = {a, b};
  return detail::resultType(operands);
}

namespace detail {

DType resultType(std::span<const Operand> operands) {
  // By weight: tensors with dimensions, without, numbers. A lighter class
  // counts only where its category is higher.
  DType classes[3] = {DType::Invalid, DType::Invalid, DType::Invalid};
  for (const Operand &operand : operands) {
    int weight = !operand.value ? 2 : operand.value.rank() == 0 ? 1 : 0;
    DType type = operand.value ? operand.value.dtype()
                 : operand.number.isFloatingPoint() ? DType::F32
                 : operand.number.isBoolean()       ? DType::Bool
                                                    : DType::I64;
    DType &slot = classes[weight];
    slot = slot == DType::Invalid ? type : promote_types(slot, type);
  }
  DType result = DType::Invalid;
  for (DType type : classes) {
    if (type == DType::Invalid)
      continue;
    if (result == DType::Invalid)
      result = type;
    else if (category(type) > category(result))
      result = type;
  }
  return result;
}

Dims broadcastShape(std::span<const Operand> operands) {
  Dims shape;
  for (const Operand &operand : operands) {
    if (!operand.value)
      continue;
    const std::vector<int64_t> &other = operand.value.shape();
    if (other.size() > shape.size())
      shape.insert(shape.begin(), other.size() - shape.size(), 1);
    size_t offset = shape.size() - other.size();
    for (size_t d = 0; d < other.size(); ++d) {
      int64_t &size = shape[offset + d];
      if (size == 1)
        size = other[d];
      else if (other[d] != 1 && other[d] != size) {
        std::string shapes;
        for (const Operand &o : operands)
          if (o.value)
            shapes += (shapes.empty() ? "" : " and ") + shapeText(o.value.shape());
        fail("AGC0103", "expects shapes that broadcast (equal sizes, or 1, from "
                        "the last dimension on), got " + shapes);
      }
    }
  }
  return shape;
}

Value prepare(const Operand &operand, DType dtype, IntArrayRef shape) {
  if (!operand.value)
    return broadcastDims(number(dtype, operand.number), shape, {});
  return broadcastTo(convert(operand.value, dtype), shape);
}

int64_t wrapDim(int64_t dim, int64_t rank) {
  int64_t range = rank ? rank : 1;
  if (dim < -range || dim >= range)
    fail("AGC0104", "expects a dimension in [" + std::to_string(-range) + ", " +
                        std::to_string(range - 1) + "], got " +
                        std::to_string(dim));
  return dim < 0 ? dim + range : dim;
}

Dims wrapDims(IntArrayRef dims, int64_t rank) {
  if (dims.empty())
    return allDims(rank);
  Dims result;
  for (int64_t dim : dims)
    result.push_back(wrapDim(dim, rank));
  if (rank == 0)
    return {};
  std::sort(result.begin(), result.end());
  if (std::adjacent_find(result.begin(), result.end()) != result.end())
    fail("AGC0104", "got the same dimension twice in " + shapeText(dims));
  return result;
}

Value asFloat(const Value &x) {
  return info(x.dtype()).isFloat ? x : convert(x, DType::F32);
}

const char *dtypeName(DType type) {
  static const char *const names[] = {"undefined", "float32", "float64",
                                      "bfloat16",  "float16", "int64",
                                      "int32",     "int8",    "uint8",
                                      "bool"};
  return names[int(type)];
}

void expectFloat(const Value &x) {
  if (!info(x.dtype()).isFloat)
    fail("AGC0102", std::string("expects floating point, got ") +
                        dtypeName(x.dtype()) + "; use to(agc::kFloat32)?");
}

} // namespace detail
} // namespace agc
