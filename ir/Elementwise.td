//===- Elementwise.td - Ops that act element by element -------------------===//
//
// One record an op: `scalar` is its meaning on scalars (builder `s`, operands
// `x`, `y`, result type `t`), `vjp` fields are its gradient (operands `x`, `y`,
// result `z`, cotangent `dz`). A field is one C++ expression; what needs more
// is not an element-wise op.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_IR_ELEMENTWISE
#define AGC_IR_ELEMENTWISE

include "Base.td"

class Agc_Elementwise<string mnemonic, list<Trait> traits>
    : Agc_Op<mnemonic, !listconcat(
          [DeclareOpInterfaceMethods<Agc_Scalarizes>,
           DeclareOpInterfaceMethods<Agc_Works>,
           DeclareOpInterfaceMethods<Agc_Differentiable>, Agc_Batchable],
          traits)> {
  code scalar = ?;
}

//===----------------------------------------------------------------------===//
// One operand
//===----------------------------------------------------------------------===//

class Agc_Unary<string mnemonic, Type type, code scalarExpression,
                code vjpExpression>
    : Agc_Elementwise<mnemonic, [SameOperandsAndResultType]> {
  let scalar = scalarExpression;
  code vjp = vjpExpression;
  let arguments = (ins type:$x);
  let results = (outs type:$z);
  let assemblyFormat = "$x attr-dict `:` type($z)";
  let extraClassDefinition = [{
    int64_t $cppClass::workPerElement() { return scalarWork(*this); }
    ::mlir::Value $cppClass::buildScalar(ScalarBuilder &s,
        ::mlir::ValueRange operands, ::mlir::Type t) {
      ::mlir::Value x = operands[0];
      return }] # scalar # [{;
    }
    void $cppClass::buildVjp(GradientBuilder &g, ::mlir::ValueRange cotangents,
        ::llvm::MutableArrayRef<::mlir::Value> operandCotangents) {
      Expr x = g(getX()), z = g(getZ()), dz = g(cotangents[0]);
      (void)x, (void)z, (void)dz;
      operandCotangents[0] = (}] # vjp # [{).value;
    }
  }];
}

class Agc_FloatUnary<string mnemonic, code scalar, code vjp>
    : Agc_Unary<mnemonic, Agc_FloatTensor, scalar, vjp>;
class Agc_NumberUnary<string mnemonic, code scalar, code vjp>
    : Agc_Unary<mnemonic, Agc_NumberTensor, scalar, vjp>;

def Agc_NegOp : Agc_NumberUnary<"neg", [{s.neg(x)}], [{-dz}]> {
  let summary = "Negation, z = -x";
}
def Agc_AbsOp : Agc_NumberUnary<"abs", [{s.abs(x)}], [{dz * g.sign(x)}]> {
  let summary = "Magnitude, z = |x|; gradient 0 at 0";
}
def Agc_SignOp : Agc_NumberUnary<"sign", [{s.sign(x)}], [{g.none()}]> {
  let summary = "Sign, z = (x > 0) - (x < 0)";
}
def Agc_FloorOp : Agc_FloatUnary<"floor", [{s.math<math::FloorOp>(x)}], [{g.none()}]> {
  let summary = "Largest integer not above x";
}
def Agc_CeilOp : Agc_FloatUnary<"ceil", [{s.math<math::CeilOp>(x)}], [{g.none()}]> {
  let summary = "Smallest integer not below x";
}
def Agc_RoundOp : Agc_FloatUnary<"round", [{s.math<math::RoundEvenOp>(x)}], [{g.none()}]> {
  let summary = "Nearest integer, halves to the even one";
}
def Agc_TruncOp : Agc_FloatUnary<"trunc", [{s.math<math::TruncOp>(x)}], [{g.none()}]> {
  let summary = "Nearest integer toward zero";
}
def Agc_SqrtOp : Agc_FloatUnary<"sqrt", [{s.math<math::SqrtOp>(x)}],
                                [{dz / (z + z)}]> {
  let summary = "Square root";
}
def Agc_RsqrtOp : Agc_FloatUnary<"rsqrt",
    [{s.div(s.constant(t, 1), s.math<math::SqrtOp>(x))}],
    [{g.constant(dz, -0.5) * dz * (z * z * z)}]> {
  let summary = "Reciprocal square root, correctly rounded twice";
}
def Agc_ExpOp : Agc_FloatUnary<"exp", [{s.math<math::ExpOp>(x)}], [{dz * z}]> {
  let summary = "Exponential";
}
def Agc_LogOp : Agc_FloatUnary<"log", [{s.math<math::LogOp>(x)}], [{dz / x}]> {
  let summary = "Natural logarithm";
}
def Agc_Exp2Op : Agc_FloatUnary<"exp2", [{s.math<math::Exp2Op>(x)}],
    [{dz * z * g.constant(z, 0.69314718055994530942)}]> {
  let summary = "Power of two";
}
def Agc_Expm1Op : Agc_FloatUnary<"expm1", [{s.math<math::ExpM1Op>(x)}],
                                 [{dz * (z + g.constant(z, 1))}]> {
  let summary = "exp(x) - 1, exact near 0";
}
def Agc_Log2Op : Agc_FloatUnary<"log2", [{s.math<math::Log2Op>(x)}],
    [{dz / (x * g.constant(x, 0.69314718055994530942))}]> {
  let summary = "Logarithm to base 2";
}
def Agc_Log1pOp : Agc_FloatUnary<"log1p", [{s.math<math::Log1pOp>(x)}],
                                 [{dz / (x + g.constant(x, 1))}]> {
  let summary = "log(1 + x), exact near 0";
}
def Agc_SinOp : Agc_FloatUnary<"sin", [{s.math<math::SinOp>(x)}], [{dz * g.cos(x)}]> {
  let summary = "Sine of x radians";
}
def Agc_CosOp : Agc_FloatUnary<"cos", [{s.math<math::CosOp>(x)}], [{-(dz * g.sin(x))}]> {
  let summary = "Cosine of x radians";
}
def Agc_TanOp : Agc_FloatUnary<"tan", [{s.math<math::TanOp>(x)}],
                               [{dz * (g.constant(z, 1) + z * z)}]> {
  let summary = "Tangent of x radians";
}
def Agc_AsinOp : Agc_FloatUnary<"asin", [{s.math<math::AsinOp>(x)}],
    [{dz * g.apply<RsqrtOp>(g.constant(x, 1) - x * x)}]> {
  let summary = "Arc sine, in radians";
}
def Agc_AcosOp : Agc_FloatUnary<"acos", [{s.math<math::AcosOp>(x)}],
    [{-(dz * g.apply<RsqrtOp>(g.constant(x, 1) - x * x))}]> {
  let summary = "Arc cosine, in radians";
}
def Agc_AtanOp : Agc_FloatUnary<"atan", [{s.math<math::AtanOp>(x)}],
                                [{dz / (x * x + g.constant(x, 1))}]> {
  let summary = "Arc tangent, in radians";
}
def Agc_SinhOp : Agc_FloatUnary<"sinh", [{s.math<math::SinhOp>(x)}],
                                [{dz * g.apply<CoshOp>(x)}]> {
  let summary = "Hyperbolic sine";
}
def Agc_CoshOp : Agc_FloatUnary<"cosh", [{s.math<math::CoshOp>(x)}],
                                [{dz * g.apply<SinhOp>(x)}]> {
  let summary = "Hyperbolic cosine";
}
def Agc_ErfOp : Agc_FloatUnary<"erf", [{s.math<math::ErfOp>(x)}],
    [{dz * g.apply<ExpOp>(-(x * x)) * g.constant(x, 1.12837916709551257390)}]> {
  let summary = "Error function";
}
def Agc_ErfcOp : Agc_FloatUnary<"erfc", [{s.math<math::ErfcOp>(x)}],
    [{-(dz * g.apply<ExpOp>(-(x * x)) * g.constant(x, 1.12837916709551257390))}]> {
  let summary = "1 - erf(x), exact where that is small";
}
def Agc_TanhOp : Agc_FloatUnary<"tanh", [{s.math<math::TanhOp>(x)}],
                                [{dz * (g.constant(z, 1) - z * z)}]> {
  let summary = "Hyperbolic tangent";
}
def Agc_SigmoidOp : Agc_FloatUnary<"sigmoid",
    [{s.div(s.constant(t, 1), s.add(s.constant(t, 1), s.math<math::ExpOp>(s.neg(x))))}],
    [{dz * (g.constant(z, 1) - z) * z}]> {
  let summary = "Logistic function, z = 1 / (1 + exp(-x))";
}
def Agc_ReluOp : Agc_NumberUnary<"relu", [{s.select(s.compare("lt", x, s.constant(t, 0)), s.constant(t, 0), x)}],
    [{g.select(g.compare(z, "le", g.zero(z)), g.zero(dz), dz)}]> {
  let summary = "Rectifier, z = x < 0 ? 0 : x; NaN and -0 stay; gradient 0 at 0";
}
def Agc_StopGradientOp : Agc_Unary<"stop_gradient", Agc_Tensor, [{x}], [{g.none()}]> {
  let summary = "Identity whose gradient is zero";
}
def Agc_NotOp : Agc_Unary<"not", Agc_BitsTensor,
    [{s.logicalXor(x, s.constant(t, -1))}], [{g.none()}]> {
  let summary = "Every bit turned over; of a truth value, its negation";
}

def Agc_PowiOp : Agc_NumberUnary<"powi", [{s.powi(x, int64_t(getExponent()))}],
    [{int64_t(getExponent()) == 0
          ? g.none()
          : dz * (g.constant(x, double(int64_t(getExponent()))) *
                  g.powi(x, int64_t(getExponent()) - 1))}]> {
  let summary = "Power with a constant integer exponent";
  let arguments = (ins Agc_NumberTensor:$x, I64Attr:$exponent);
  let assemblyFormat = "$x `,` $exponent attr-dict `:` type($z)";
}

//===----------------------------------------------------------------------===//
// Two operands
//===----------------------------------------------------------------------===//

class Agc_Binary<string mnemonic, Type type, code scalarExpression,
                 code vjpX, code vjpY>
    : Agc_Elementwise<mnemonic, [SameOperandsAndResultType]> {
  let scalar = scalarExpression;
  let arguments = (ins type:$x, type:$y);
  let results = (outs type:$z);
  let assemblyFormat = "$x `,` $y attr-dict `:` type($z)";
  let extraClassDefinition = [{
    int64_t $cppClass::workPerElement() { return scalarWork(*this); }
    ::mlir::Value $cppClass::buildScalar(ScalarBuilder &s,
        ::mlir::ValueRange operands, ::mlir::Type t) {
      ::mlir::Value x = operands[0], y = operands[1];
      return }] # scalar # [{;
    }
    void $cppClass::buildVjp(GradientBuilder &g, ::mlir::ValueRange cotangents,
        ::llvm::MutableArrayRef<::mlir::Value> operandCotangents) {
      Expr x = g(getX()), y = g(getY()), z = g(getZ()), dz = g(cotangents[0]);
      (void)x, (void)y, (void)z, (void)dz;
      if (g.needs(0))
        operandCotangents[0] = (}] # vjpX # [{).value;
      if (g.needs(1))
        operandCotangents[1] = (}] # vjpY # [{).value;
    }
  }];
}

class Agc_NumberBinary<string mnemonic, code scalar, code vjpX, code vjpY>
    : Agc_Binary<mnemonic, Agc_NumberTensor, scalar, vjpX, vjpY>;
class Agc_BitsBinary<string mnemonic, code scalar>
    : Agc_Binary<mnemonic, Agc_BitsTensor, scalar, [{g.none()}], [{g.none()}]>;

def Agc_AddOp : Agc_NumberBinary<"add", [{s.add(x, y)}], [{dz}], [{dz}]> {
  let summary = "Sum";
}
def Agc_SubOp : Agc_NumberBinary<"sub", [{s.sub(x, y)}], [{dz}], [{-dz}]> {
  let summary = "Difference";
}
def Agc_MulOp : Agc_NumberBinary<"mul", [{s.mul(x, y)}], [{dz * y}], [{dz * x}]> {
  let summary = "Product";
}
def Agc_DivOp : Agc_NumberBinary<"div", [{s.div(x, y, isUnsigned(getX()))}],
                                 [{dz / y}], [{-(dz * ((x / y) / y))}]> {
  let summary = "Quotient; of integers, truncated toward zero";
}
def Agc_MaximumOp : Agc_NumberBinary<"maximum", [{s.max(x, y, isUnsigned(getX()))}],
    [{g.unlessBeaten(x, "lt", y, dz)}], [{g.unlessBeaten(y, "lt", x, dz)}]> {
  let summary = "Larger of two; NaN if either is; ties halve the gradient";
}
def Agc_MinimumOp : Agc_NumberBinary<"minimum", [{s.min(x, y, isUnsigned(getX()))}],
    [{g.unlessBeaten(x, "gt", y, dz)}], [{g.unlessBeaten(y, "gt", x, dz)}]> {
  let summary = "Smaller of two; NaN if either is; ties halve the gradient";
}
class Agc_FloatBinary<string mnemonic, code scalar, code vjpX, code vjpY>
    : Agc_Binary<mnemonic, Agc_FloatTensor, scalar, vjpX, vjpY>;

def Agc_PowOp : Agc_NumberBinary<"pow", [{s.pow(x, y, isUnsigned(getX()))}],
    [{g.select(g.compare(y, "eq", g.zero(y)), g.zero(dz),
               dz * (y * g.apply<PowOp>(x, y - g.constant(y, 1))))}],
    [{g.select(g.both(g.compare(x, "eq", g.zero(x)), g.compare(y, "ge", g.zero(y))),
               g.zero(dz), dz * (z * g.apply<LogOp>(x)))}]> {
  let summary = "Power, z = x^y, as C's pow; gradient 0 where y is 0 or x is";
  let description = [{
    Integers wrap. One to a negative power is 0, but for 1 and -1, whose inverse is an
    integer.
  }];
}
def Agc_Atan2Op : Agc_FloatBinary<"atan2", [{s.atan2(x, y)}],
    [{dz * y * g.reciprocalOrZero(x * x + y * y)}],
    [{-(dz * x * g.reciprocalOrZero(x * x + y * y))}]> {
  let summary = "Angle of the point (y, x), in radians, as C's atan2(x, y); gradient 0 at the origin";
}
def Agc_FmodOp : Agc_NumberBinary<"fmod", [{s.remainder(x, y, isUnsigned(getX()))}],
    [{dz}], [{-(dz * g.apply<TruncOp>(x / y))}]> {
  let summary = "Remainder with the sign of x, as C's fmod and %";
}
def Agc_AndOp : Agc_BitsBinary<"and", [{s.logicalAnd(x, y)}]> {
  let summary = "Bit by bit, both; of truth values too";
}
def Agc_OrOp : Agc_BitsBinary<"or", [{s.logicalOr(x, y)}]> {
  let summary = "Bit by bit, either";
}
def Agc_XorOp : Agc_BitsBinary<"xor", [{s.logicalXor(x, y)}]> {
  let summary = "Bit by bit, one but not both";
}

//===----------------------------------------------------------------------===//
// Of mixed types
//===----------------------------------------------------------------------===//

def Agc_CompareOp : Agc_Elementwise<"compare",
    [SameTypeOperands, TypesMatchWith<"result is a truth value for each element",
                                      "x", "z", "boolLike($_self)">]> {
  let summary = "Comparison: eq, ne, lt, le, gt or ge";
  let description = [{
    Comparisons with NaN are false, but for `ne`, which is true.

    C1 `direction` is one of those six.
  }];
  let arguments = (ins Agc_Tensor:$x, Agc_Tensor:$y, StrAttr:$direction);
  let results = (outs Agc_BoolTensor:$z);
  let assemblyFormat = "$direction $x `,` $y attr-dict `:` type($x)";
  let hasVerifier = 1;
  let builders = [OpBuilder<(ins "::mlir::Value":$x, "::mlir::Value":$y,
                                 "::llvm::StringRef":$direction)>];
  let extraClassDefinition = [{
    int64_t $cppClass::workPerElement() { return scalarWork(*this); }
    ::mlir::Value $cppClass::buildScalar(ScalarBuilder &s,
        ::mlir::ValueRange operands, ::mlir::Type) {
      return s.compare(getDirection(), operands[0], operands[1],
                       isUnsigned(getX()));
    }
    void $cppClass::buildVjp(GradientBuilder &, ::mlir::ValueRange,
        ::llvm::MutableArrayRef<::mlir::Value>) {}
  }];
}

def Agc_SelectOp : Agc_Elementwise<"select",
    [AllTypesMatch<["x", "y", "z"]>,
     TypesMatchWith<"condition is a truth value for each element", "z", "p",
                    "boolLike($_self)">]> {
  let summary = "z = p ? x : y";
  let arguments = (ins Agc_BoolTensor:$p, Agc_Tensor:$x, Agc_Tensor:$y);
  let results = (outs Agc_Tensor:$z);
  let assemblyFormat = "$p `,` $x `,` $y attr-dict `:` type($z)";
  let extraClassDefinition = [{
    int64_t $cppClass::workPerElement() { return scalarWork(*this); }
    ::mlir::Value $cppClass::buildScalar(ScalarBuilder &s,
        ::mlir::ValueRange operands, ::mlir::Type) {
      return s.select(operands[0], operands[1], operands[2]);
    }
    void $cppClass::buildVjp(GradientBuilder &g, ::mlir::ValueRange cotangents,
        ::llvm::MutableArrayRef<::mlir::Value> operandCotangents) {
      Expr p = g(getP()), dz = g(cotangents[0]);
      if (g.needs(1))
        operandCotangents[1] = g.select(p, dz, g.zero(dz)).value;
      if (g.needs(2))
        operandCotangents[2] = g.select(p, g.zero(dz), dz).value;
    }
  }];
}

def Agc_ConvertOp : Agc_Elementwise<"convert", [SameOperandsAndResultShape]> {
  let summary = "Conversion to another dtype";
  let description = [{
    Floating point to integer truncates toward zero; to bool is `x != 0`.
  }];
  let arguments = (ins Agc_Tensor:$x);
  let results = (outs Agc_Tensor:$z);
  let assemblyFormat = "$x attr-dict `:` type($x) `to` type($z)";
  let hasFolder = 1;
  let extraClassDefinition = [{
    int64_t $cppClass::workPerElement() { return scalarWork(*this); }
    ::mlir::Value $cppClass::buildScalar(ScalarBuilder &s,
        ::mlir::ValueRange operands, ::mlir::Type t) {
      return s.convert(operands[0], t, isUnsigned(getX()), isUnsigned(getZ()));
    }
    void $cppClass::buildVjp(GradientBuilder &g, ::mlir::ValueRange cotangents,
        ::llvm::MutableArrayRef<::mlir::Value> operandCotangents) {
      if (isFloat(getX()) && isFloat(getZ()))
        operandCotangents[0] = g.convert(g(cotangents[0]), getX()).value;
    }
  }];
}

#endif
