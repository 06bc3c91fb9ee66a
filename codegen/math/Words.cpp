//===- Words.cpp - Arithmetic on scalars or vectors, as one writes it ------===//
#include "codegen/math/Words.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;

namespace agc {

Type Word::element() const { return getElementTypeOrSelf(value); }

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
  value = llvm::SignExtend64(value, element.getIntOrFloatBitWidth());
  return splat(*this, b.getIntegerAttr(element, value));
}

Word Words::select(Word p, Word x, Word y) {
  return {arith::SelectOp::create(b, p.value, x.value, y.value), this};
}
Word Words::bitcast(Word x, Type element) {
  return {arith::BitcastOp::create(b, shaped(element), x.value), this};
}
Word Words::resize(Word x, Type element) {
  unsigned from = x.element().getIntOrFloatBitWidth();
  if (from < element.getIntOrFloatBitWidth())
    return {arith::ExtUIOp::create(b, shaped(element), x.value), this};
  return {arith::TruncIOp::create(b, shaped(element), x.value), this};
}
Word Words::toNumber(Word x, Type element) {
  return {arith::SIToFPOp::create(b, shaped(element), x.value), this};
}

static bool isNumber(Word x) { return isa<FloatType>(x.element()); }

Word sameType(Word x, double value) {
  return isNumber(x) ? x.w->number(x.element(), value)
                     : x.w->integer(x.element(), int64_t(value));
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
Word operator/(Word x, Word y) { return apply<arith::DivFOp>(x, y); }
Word operator-(Word x) { return {arith::NegFOp::create(x.w->b, x.value), x.w}; }
Word operator&(Word x, Word y) { return apply<arith::AndIOp>(x, y); }
Word operator|(Word x, Word y) { return apply<arith::OrIOp>(x, y); }
Word operator^(Word x, Word y) { return apply<arith::XOrIOp>(x, y); }
Word operator!(Word x) { return x ^ x.w->integer(x.element(), 1); }

Word operator<<(Word x, int64_t bits) {
  return apply<arith::ShLIOp>(x, sameType(x, bits));
}
Word operator>>(Word x, int64_t bits) {
  return x >> sameType(x, bits);
}
Word operator>>(Word x, Word bits) { return apply<arith::ShRUIOp>(x, bits); }

static Word compare(Word x, Word y, arith::CmpFPredicate ofNumbers,
                    arith::CmpIPredicate ofIntegers) {
  if (isNumber(x))
    return {arith::CmpFOp::create(x.w->b, ofNumbers, x.value, y.value), x.w};
  return {arith::CmpIOp::create(x.w->b, ofIntegers, x.value, y.value), x.w};
}
Word operator<(Word x, Word y) {
  return compare(x, y, arith::CmpFPredicate::OLT, arith::CmpIPredicate::ult);
}
Word operator<=(Word x, Word y) {
  return compare(x, y, arith::CmpFPredicate::OLE, arith::CmpIPredicate::ule);
}
Word operator==(Word x, Word y) {
  return compare(x, y, arith::CmpFPredicate::OEQ, arith::CmpIPredicate::eq);
}
Word operator>(Word x, Word y) { return y < x; }
Word operator>=(Word x, Word y) { return y <= x; }

} // namespace agc
