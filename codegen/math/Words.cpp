//===- Words.cpp - Arithmetic on scalars or vectors, as one writes it ------===//
#include "codegen/math/Words.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace agc {

Type Words::shaped(Type element) const {
  if (auto vector = dyn_cast<VectorType>(like))
    return vector.clone(element);
  return element;
}

static Word splat(Words &w, TypedAttr scalar) {
  if (auto vector = dyn_cast<VectorType>(w.shaped(scalar.getType())))
    scalar = DenseElementsAttr::get(vector, scalar);
  return w(arith::ConstantOp::create(w.b, scalar));
}

Word Words::number(Type element, double value) {
  return splat(*this, b.getFloatAttr(element, value));
}
Word Words::integer(Type element, int64_t value) {
  return splat(*this, b.getIntegerAttr(element, value));
}

Word Words::select(Word p, Word x, Word y) {
  return {arith::SelectOp::create(b, p.value, x.value, y.value), this};
}
Word Words::bitcast(Word x, Type element) {
  return {arith::BitcastOp::create(b, shaped(element), x.value), this};
}
Word Words::resize(Word x, Type element) {
  unsigned from = getElementTypeOrSelf(x.value).getIntOrFloatBitWidth();
  if (from < element.getIntOrFloatBitWidth())
    return {arith::ExtUIOp::create(b, shaped(element), x.value), this};
  return {arith::TruncIOp::create(b, shaped(element), x.value), this};
}
Word Words::toNumber(Word x, Type element) {
  return {arith::SIToFPOp::create(b, shaped(element), x.value), this};
}

static bool isNumber(Word x) {
  return isa<FloatType>(getElementTypeOrSelf(x.value));
}

template <typename Op> static Word apply(Word x, Word y) {
  return {Op::create(x.w->b, x.value, y.value), x.w};
}
template <typename FloatOp, typename IntegerOp>
static Word applyByType(Word x, Word y) {
  return isNumber(x) ? apply<FloatOp>(x, y) : apply<IntegerOp>(x, y);
}

Word operator+(Word x, Word y) {
  return applyByType<arith::AddFOp, arith::AddIOp>(x, y);
}
Word operator-(Word x, Word y) {
  return applyByType<arith::SubFOp, arith::SubIOp>(x, y);
}
Word operator*(Word x, Word y) {
  return applyByType<arith::MulFOp, arith::MulIOp>(x, y);
}
Word operator&(Word x, Word y) { return apply<arith::AndIOp>(x, y); }
Word operator|(Word x, Word y) { return apply<arith::OrIOp>(x, y); }

template <typename Op> static Word shift(Word x, int64_t bits) {
  return apply<Op>(x, x.w->integer(getElementTypeOrSelf(x.value), bits));
}
Word operator<<(Word x, int64_t bits) { return shift<arith::ShLIOp>(x, bits); }
Word operator>>(Word x, int64_t bits) { return shift<arith::ShRUIOp>(x, bits); }

Word operator<(Word x, Word y) {
  Value result =
      isNumber(x) ? arith::CmpFOp::create(x.w->b, arith::CmpFPredicate::OLT,
                                          x.value, y.value)
                        .getResult()
                  : arith::CmpIOp::create(x.w->b, arith::CmpIPredicate::ult,
                                          x.value, y.value);
  return {result, x.w};
}
Word operator>(Word x, Word y) { return y < x; }

} // namespace agc
