//===- Bitwise.cpp - Functions of integers and bools, bit by bit ------------===//
#include "frontend/core/Promote.h"

#include <agc/Functions.h>

namespace agc {

using namespace detail;

namespace {

void expectBits(DType type) {
  if (info(type).isFloat)
    fail("AGC0102", std::string("expects integers or bools, got ") + dtypeName(type));
}

Value bitwiseOf(OpId op, const Operand &a, const Operand &b) {
  Operand operands[] = {a, b};
  DType type = resultType(operands);
  expectBits(type);
  Dims shape = broadcastShape(operands);
  return binary(op, prepare(a, type, shape), prepare(b, type, shape));
}

} // namespace

#define AGC_BITWISE(name, id, symbol)                                          \
  Tensor name(Arg a, Arg b) {                                                  \
    OpGuard op(#name, a.loc);                                                  \
    return wrap(bitwiseOf(OpId::id, a.tensor, b.tensor));                      \
  }                                                                            \
  Tensor name(Arg a, Scalar b) {                                               \
    OpGuard op(#name, a.loc);                                                  \
    return wrap(bitwiseOf(OpId::id, a.tensor, b));                             \
  }                                                                            \
  Tensor Tensor::name(const Tensor &b, Loc loc) const { return agc::name(Arg(*this, loc), Arg(b, loc)); } \
  Tensor Tensor::name(Scalar b, Loc loc) const { return agc::name(Arg(*this, loc), b); } \
  Tensor operator symbol(Arg a, Arg b) { return name(a, b); }                  \
  Tensor operator symbol(Arg a, Scalar b) { return name(a, b); }               \
  Tensor operator symbol(Scalar a, Arg b) { return name(b, a); }
AGC_BITWISE(bitwise_and, And, &)
AGC_BITWISE(bitwise_or, Or, |)
AGC_BITWISE(bitwise_xor, Xor, ^)
#undef AGC_BITWISE

Tensor bitwise_not(Arg x) {
  OpGuard op("bitwise_not", x.loc);
  Value v = read(x.tensor);
  expectBits(v.dtype());
  return wrap(unary(OpId::Not, v));
}
Tensor Tensor::bitwise_not(Loc loc) const { return agc::bitwise_not(Arg(*this, loc)); }
Tensor operator~(Arg x) { return bitwise_not(x); }

} // namespace agc
