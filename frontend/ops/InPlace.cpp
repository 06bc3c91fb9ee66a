//===- InPlace.cpp - Functions that change their tensor ---------------------===//
#include "frontend/ops/Composites.h"

#include <agc/Functions.h>

namespace agc {

using namespace detail;

namespace detail {

const Tensor &store(const Tensor &x, Value value, const char *gradName) {
  TypeRef type = implOf(x).type;
  if (IntArrayRef(value.shape()) != IntArrayRef(type->shape))
    fail("AGC0103", "cannot store its result, of shape " +
                        shapeText(value.shape()) + ", in a tensor of shape " +
                        shapeText(type->shape));
  auto level = [](DType t) { return t == DType::Bool ? 0 : info(t).isFloat ? 2 : 1; };
  if (level(value.dtype()) > level(type->dtype))
    fail("AGC0102", std::string("cannot store its result, of ") +
                        dtypeName(value.dtype()) + ", in a tensor of " +
                        dtypeName(type->dtype));
  value = convert(value, type->dtype);
  setGradName(value, gradName);
  writeAnew(x, value);
  return x;
}

} // namespace detail

#define AGC_INPLACE(name, gradName, parameters, ...)                           \
  const Tensor &Tensor::name##_ parameters const {                             \
    OpGuard op(#name "_", loc);                                                \
    return store(*this, read(name(__VA_ARGS__, loc)), gradName);               \
  }
AGC_INPLACE(pow, "PowBackward0", (Scalar exponent, Loc loc), exponent)
AGC_INPLACE(clamp_min, "ClampMinBackward0", (Scalar min, Loc loc), min)
AGC_INPLACE(clamp_max, "ClampMaxBackward0", (Scalar max, Loc loc), max)
AGC_INPLACE(lerp, "LerpBackward0", (const Tensor &end, Scalar weight, Loc loc), end, weight)
AGC_INPLACE(addcmul, "AddcmulBackward0", (const Tensor &a, const Tensor &b, Scalar value, Loc loc), a, b, value)
AGC_INPLACE(addcdiv, "AddcdivBackward0", (const Tensor &a, const Tensor &b, Scalar value, Loc loc), a, b, value)
AGC_INPLACE(masked_fill, "MaskedFillBackward0", (const Tensor &mask, Scalar value, Loc loc), mask, value)
AGC_INPLACE(masked_fill, "MaskedFillBackward1", (const Tensor &mask, const Tensor &value, Loc loc), mask, value)
AGC_INPLACE(scatter, "ScatterBackward0", (int64_t dim, const Tensor &index, const Tensor &src, Loc loc), dim, index, src)
AGC_INPLACE(scatter, "ScatterBackward1", (int64_t dim, const Tensor &index, Scalar value, Loc loc), dim, index, value)
AGC_INPLACE(scatter_add, "ScatterAddBackward0", (int64_t dim, const Tensor &index, const Tensor &src, Loc loc), dim, index, src)
AGC_INPLACE(index_add, "IndexAddBackward0", (int64_t dim, const Tensor &index, const Tensor &source, Scalar alpha, Loc loc), dim, index, source, alpha)
AGC_INPLACE(bitwise_and, "", (const Tensor &other, Loc loc), other)
AGC_INPLACE(bitwise_and, "", (Scalar other, Loc loc), other)
AGC_INPLACE(bitwise_or, "", (const Tensor &other, Loc loc), other)
AGC_INPLACE(bitwise_or, "", (Scalar other, Loc loc), other)
AGC_INPLACE(bitwise_xor, "", (const Tensor &other, Loc loc), other)
AGC_INPLACE(bitwise_xor, "", (Scalar other, Loc loc), other)
#undef AGC_INPLACE
const Tensor &Tensor::bitwise_not_(Loc loc) const {
  OpGuard op("bitwise_not_", loc);
  return store(*this, read(bitwise_not(loc)), "");
}

} // namespace agc
