//===- Structured.td - Products, convolutions, pooling, gradients ---------===//
#ifndef AGC_IR_STRUCTURED
#define AGC_IR_STRUCTURED

include "Base.td"

class Agc_StructuredOp<string mnemonic, list<Trait> traits = []>
    : Agc_Op<mnemonic, !listconcat(
          [DeclareOpInterfaceMethods<Agc_Differentiable>,
           DeclareOpInterfaceMethods<Agc_Batchable, ["buildBatched"]>], traits)> {
  let hasVerifier = 1;
  let assemblyFormat =
      "operands attr-dict `:` functional-type(operands, results)";
}

def Agc_EinsumOp
    : Agc_StructuredOp<"einsum", [DeclareOpInterfaceMethods<Agc_Works>]> {
  let summary = "Product of two tensors, summed over shared letters";
  let description = [{
    `spec` gives one letter to each dimension: "bmk,bnk->bmn". Accumulates in
    the element type.

    C1 the terms have a letter a dimension, none twice. C2 equal letters have
    equal sizes. C3 a letter of the result occurs in x or y; a letter that the
    result lacks occurs in both x and y.

    The gradient is an einsum too: the terms change places.
  }];
  let arguments = (ins Agc_NumberTensor:$x, Agc_NumberTensor:$y, StrAttr:$spec);
  let results = (outs Agc_NumberTensor:$z);
  let builders = [OpBuilder<(ins "::mlir::Type":$z, "::mlir::Value":$x,
                                 "::mlir::Value":$y, "::llvm::StringRef":$spec)>];
}

// The three convolutions are bilinear and each other's gradients.
class Agc_Convolution<string mnemonic, list<Trait> traits = []>
    : Agc_StructuredOp<mnemonic, traits> {
  dag attributes = (ins DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$low,
                        DenseI64ArrayAttr:$high, DenseI64ArrayAttr:$dilation,
                        I64Attr:$groups);
}

def Agc_ConvOp
    : Agc_Convolution<"conv", [DeclareOpInterfaceMethods<Agc_Works>]> {
  let summary = "Convolution (cross-correlation)";
  let description = [{
    y[n, o, p] = sum over c, k of x[n, c, p * stride + k * dilation - low]
                 * w[o, c, k], with p, k over the spatial dimensions, x zero
    outside, and c over the channels of o's group.

    C1 `strides`, `low`, `high`, `dilation` have one entry a spatial dimension;
    strides and dilation >= 1, padding >= 0. C2 groups divide C and O, and w's
    channels are C / groups. C3 y's shape follows.
  }];
  let arguments = !con((ins Agc_FloatTensor:$x, Agc_FloatTensor:$w), attributes);
  let results = (outs Agc_FloatTensor:$y);
}
def Agc_ConvInputGradOp : Agc_Convolution<"conv_input_grad"> {
  let summary = "Gradient of `conv` with respect to x";
  let description = "C1 as `conv`, for an x of the result's type.";
  let arguments = !con((ins Agc_FloatTensor:$dy, Agc_FloatTensor:$w), attributes);
  let results = (outs Agc_FloatTensor:$dx);
}
def Agc_ConvWeightGradOp : Agc_Convolution<"conv_weight_grad"> {
  let summary = "Gradient of `conv` with respect to w";
  let description = "C1 as `conv`, for a w of the result's type.";
  let arguments = !con((ins Agc_FloatTensor:$x, Agc_FloatTensor:$dy), attributes);
  let results = (outs Agc_FloatTensor:$dw);
}

class Agc_Pooling<string mnemonic> : Agc_StructuredOp<mnemonic> {
  dag attributes = (ins DenseI64ArrayAttr:$window, DenseI64ArrayAttr:$strides,
                        DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high);
}

def Agc_MaxPoolOp : Agc_Pooling<"max_pool"> {
  let summary = "Largest element of each window, and which one it is";
  let description = [{
    `index` says which of the window's elements, row-major, won: the first of
    equals; NaN wins. Padding never wins.

    C1 the attributes have one entry a spatial dimension; window and strides
    >= 1, padding >= 0 and less than the window. C2 the results' shape follows.
  }];
  let arguments = !con((ins Agc_FloatTensor:$x), attributes);
  let results = (outs Agc_FloatTensor:$y, StaticShapeTensorOf<[I32]>:$index);
}
def Agc_MaxPoolGradOp : Agc_Pooling<"max_pool_grad"> {
  let summary = "Gradient of `max_pool` with respect to x";
  let description = "C1 as `max_pool`, for an x of the result's type.";
  let arguments = !con((ins Agc_FloatTensor:$dy, StaticShapeTensorOf<[I32]>:$index),
                       attributes);
  let results = (outs Agc_FloatTensor:$dx);
}
def Agc_MaxPoolGatherOp : Agc_Pooling<"max_pool_gather"> {
  let summary = "Picks x where `max_pool` had its winners";
  let description = "C1 as `max_pool`.";
  let arguments = !con((ins Agc_FloatTensor:$x, StaticShapeTensorOf<[I32]>:$index),
                       attributes);
  let results = (outs Agc_FloatTensor:$y);
}

def Agc_CheckRangeOp : Op<Agc_Dialect, "check_range",
    [SameOperandsAndResultType, Agc_Batchable]> {
  let summary = "Fails unless every element is in range";
  let description = [{
    The function returns a status, before it writes any state, unless
    lower <= element < upper or element == ignore. The result is x.
  }];
  let arguments = (ins Agc_IntTensor:$x, I64Attr:$lower, I64Attr:$upper,
                       OptionalAttr<I64Attr>:$ignore, StrAttr:$message);
  let results = (outs Agc_IntTensor:$z);
  let assemblyFormat = "$x attr-dict `:` type($z)";
}

def Agc_BarrierOp : Agc_Op<"barrier",
    [AllTypesMatch<["x", "z"]>, DeclareOpInterfaceMethods<Agc_Differentiable>,
     Agc_Batchable]> {
  let summary = "x, from where `after` is known";
  let description = [{
    The result is x. What is computed from it is not one with what is computed
    from x, and comes after `after`: so a backward recomputes part of its forward
    instead of keeping it.
  }];
  let arguments = (ins Agc_Tensor:$x, Agc_Tensor:$after);
  let results = (outs Agc_Tensor:$z);
  let assemblyFormat = "$x `,` $after attr-dict `:` type($x) `,` type($after)";
}

def Agc_GradientOp : Agc_Op<"gradient"> {
  let summary = "Gradients of outputs with respect to inputs, yet to be built";
  let description = [{
    Operands are `outputs` outputs, as many seeds, then the inputs. The results
    are the gradients of sum(output * seed) with respect to the inputs; zero
    where an output does not depend on one. With `cut`, a path through an input
    counts for that input and not for what lies behind it.
    `agc-differentiate` expands it.

    C1 0 < 2 * outputs <= the number of operands. C2 seed i has output i's type.
    C3 there is a result for each input, of its type.
  }];
  let arguments = (ins Variadic<Agc_Tensor>:$values, I64Attr:$outputs,
                       DefaultValuedOptionalAttr<BoolAttr, "false">:$cut);
  let results = (outs Variadic<Agc_Tensor>:$gradients);
  let assemblyFormat =
      "operands attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::ValueRange getTargets() { return getValues().take_front(getOutputs()); }
    ::mlir::ValueRange getSeeds() { return getValues().slice(getOutputs(), getOutputs()); }
    ::mlir::ValueRange getInputs() { return getValues().drop_front(2 * getOutputs()); }
  }];
}

#endif
