//===- GradientBuilder.cpp - The words in which gradient rules speak -------===//
#include "ir/Dialect.h"

using namespace mlir;

namespace agc::ir {

Expr GradientBuilder::constant(Expr like, double number) {
  Type element = getElementTypeOrSelf(like.value);
  Attribute attr = isa<FloatType>(element)
                       ? Attribute(builder.getF64FloatAttr(number))
                       : builder.getI64IntegerAttr(int64_t(number));
  return {this, create<ConstantOp>(like.value.getType(), attr, nullptr)};
}

Expr GradientBuilder::sign(Expr x) { return {this, create<SignOp>(x.value)}; }
Expr GradientBuilder::sin(Expr x) { return {this, create<SinOp>(x.value)}; }
Expr GradientBuilder::cos(Expr x) { return {this, create<CosOp>(x.value)}; }

Expr GradientBuilder::powi(Expr x, int64_t exponent) {
  if (exponent == 0)
    return constant(x, 1);
  if (exponent == 1)
    return x;
  return {this, create<PowiOp>(x.value.getType(), x.value,
                               builder.getI64IntegerAttr(exponent))};
}

Expr GradientBuilder::compare(Expr x, StringRef direction, Expr y) {
  return {this, create<CompareOp>(x.value, y.value, direction)};
}

Expr GradientBuilder::both(Expr p, Expr q) {
  return {this, create<AndOp>(p.value, q.value)};
}

Expr GradientBuilder::select(Expr p, Expr x, Expr y) {
  return {this, create<SelectOp>(x.value.getType(), p.value, x.value, y.value)};
}

Expr GradientBuilder::convert(Expr x, Value like) {
  return {this, create<ConvertOp>(like.getType(), x.value)};
}

Expr GradientBuilder::unlessBeaten(Expr x, StringRef direction, Expr y, Expr dz) {
  Expr half = dz * constant(dz, 0.5);
  return select(compare(x, direction, y), zero(dz),
                select(compare(x, "eq", y), half, dz));
}

Expr GradientBuilder::reciprocalOrZero(Expr x) {
  Expr none = compare(x, "eq", zero(x));
  return select(none, zero(x), constant(x, 1) / select(none, constant(x, 1), x));
}

Expr operator+(Expr x, Expr y) {
  return {x.g, x.g->create<AddOp>(x.value, y.value)};
}
Expr operator-(Expr x, Expr y) {
  return {x.g, x.g->create<SubOp>(x.value, y.value)};
}
Expr operator*(Expr x, Expr y) {
  return {x.g, x.g->create<MulOp>(x.value, y.value)};
}
Expr operator/(Expr x, Expr y) {
  return {x.g, x.g->create<DivOp>(x.value, y.value)};
}
Expr operator-(Expr x) { return {x.g, x.g->create<NegOp>(x.value)}; }

} // namespace agc::ir
