//===- Shape.td - Ops that create and rearrange tensors -------------------===//
#ifndef AGC_IR_SHAPE
#define AGC_IR_SHAPE

include "Base.td"

class Agc_ShapeOp<string mnemonic, list<Trait> traits = []>
    : Agc_Op<mnemonic, !listconcat(
          [DeclareOpInterfaceMethods<Agc_Differentiable>,
           DeclareOpInterfaceMethods<Agc_Batchable, ["buildBatched"]>], traits)> {
  let hasVerifier = 1;
}

// x -> z, the result's type stated.
class Agc_ShapeUnary<string mnemonic, list<Trait> traits = []>
    : Agc_ShapeOp<mnemonic, traits> {
  let results = (outs Agc_Tensor:$z);
  let assemblyFormat = "$x attr-dict `:` type($x) `to` type($z)";
}

def Agc_ConstantOp : Agc_Op<"constant", [ConstantLike]> {
  let summary = "A tensor known at compile time";
  let description = [{
    C1 exactly one of `value` (a number, every element's) and `data` (the
    elements) is given; `value` fits the dtype and `data` has the result's type.
  }];
  let arguments = (ins OptionalAttr<AnyAttr>:$value,
                       OptionalAttr<ElementsAttr>:$data);
  let results = (outs Agc_Tensor:$z);
  let assemblyFormat = "attr-dict `:` type($z)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let extraClassDeclaration = [{
    /// The elements, of the result's type made signless.
    ::mlir::DenseElementsAttr getElements();
  }];
}

def Agc_IotaOp : Agc_Op<"iota"> {
  let summary = "Each element is its index along `dimension`";
  let description = "C1 `dimension` is one of the result's.";
  let arguments = (ins I64Attr:$dimension);
  let results = (outs Agc_NumberTensor:$z);
  let assemblyFormat = "attr-dict `:` type($z)";
  let hasVerifier = 1;
}

def Agc_RandomUniformOp : Agc_Op<"random_uniform"> {
  let summary = "Random numbers in [0, 1), each a function of state and position";
  let description = [{
    `state` is a seed and an offset. With up to 32 bits of `precision` p, the
    element at row-major position i is the top p bits of word i % 4 of Philox
    4x32-10's block offset + i / 4 under the seed, times 2^-p. With more, they are
    the top bits of words 2k and 2k + 1, the latter the high one, k = i % 2, of
    block offset + i / 2.

    C1 `state` has shape [2]. C2 0 < p <= 53.
  }];
  let arguments = (ins StaticShapeTensorOf<[I64]>:$state, I64Attr:$precision);
  let results = (outs Agc_FloatTensor:$z);
  let assemblyFormat = "$state attr-dict `:` type($state) `to` type($z)";
  let hasVerifier = 1;
}

def Agc_BroadcastOp : Agc_ShapeUnary<"broadcast"> {
  let summary = "Repeats a tensor along new dimensions";
  let description = [{
    C1 `dimensions` names, increasing, one dimension of the result for each of x.
    C2 the sizes agree there.
  }];
  let arguments = (ins Agc_Tensor:$x, DenseI64ArrayAttr:$dimensions);
  let hasFolder = 1;
}

def Agc_ReshapeOp : Agc_ShapeUnary<"reshape"> {
  let summary = "The same elements, row-major, in another shape";
  let description = "C1 the numbers of elements and the dtypes agree.";
  let arguments = (ins Agc_Tensor:$x);
  let hasFolder = 1;
}

def Agc_TransposeOp : Agc_ShapeUnary<"transpose"> {
  let summary = "Dimension d of the result is x's permutation[d]";
  let description = [{
    C1 `permutation` is one. C2 the result's shape is x's, permuted.
  }];
  let arguments = (ins Agc_Tensor:$x, DenseI64ArrayAttr:$permutation);
  let hasFolder = 1;
}

def Agc_SliceOp : Agc_ShapeUnary<"slice"> {
  let summary = "x[start:limit:stride] in every dimension";
  let description = [{
    C1 `starts`, `limits`, `strides` have one entry a dimension;
    0 <= start <= limit <= size, stride >= 1. C2 the result's shape follows.
  }];
  let arguments = (ins Agc_Tensor:$x, DenseI64ArrayAttr:$starts,
                       DenseI64ArrayAttr:$limits, DenseI64ArrayAttr:$strides);
  let hasFolder = 1;
}

def Agc_PadOp : Agc_ShapeUnary<"pad"> {
  let summary = "Puts `value` around the elements and between them";
  let description = [{
    C1 `low`, `high`, `interior` have one entry, not negative, a dimension.
    C2 size d of the result is low + high + n + max(n - 1, 0) * interior.
  }];
  let arguments = (ins Agc_Tensor:$x, DenseI64ArrayAttr:$low,
                       DenseI64ArrayAttr:$high, DenseI64ArrayAttr:$interior,
                       F64Attr:$value);
  let hasCanonicalizer = 1;
}

def Agc_ReverseOp : Agc_ShapeUnary<"reverse"> {
  let summary = "Reverses the order of the elements along `dimensions`";
  let description = "C1 `dimensions` are x's, each once. C2 types agree.";
  let arguments = (ins Agc_Tensor:$x, DenseI64ArrayAttr:$dimensions);
}

def Agc_ConcatOp : Agc_ShapeOp<"concat"> {
  let summary = "Joins tensors along `dimension`";
  let description = [{
    C1 `dimension` is one of theirs, they have one dtype and agree in all other
    sizes. C2 the result's size along `dimension` is the sum of theirs.
  }];
  let arguments = (ins Variadic<Agc_Tensor>:$xs, I64Attr:$dimension);
  let results = (outs Agc_Tensor:$z);
  let assemblyFormat = "$xs attr-dict `:` functional-type($xs, $z)";
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

class Agc_Reduction<string mnemonic, list<Trait> traits = []>
    : Agc_ShapeUnary<mnemonic, traits> {
  let description = [{
    C1 `dimensions` are x's, increasing. C2 the result's shape is x's without
    them.
  }];
  let arguments = (ins Agc_NumberTensor:$x, DenseI64ArrayAttr:$dimensions);
}

def Agc_ReduceSumOp
    : Agc_Reduction<"reduce_sum", [DeclareOpInterfaceMethods<Agc_Works>]> {
  let summary = "Sum over `dimensions`, which vanish";
}
def Agc_ReduceMaxOp : Agc_Reduction<"reduce_max"> {
  let summary = "Largest over `dimensions`; NaN wins; ties share the gradient";
}
def Agc_ReduceMinOp : Agc_Reduction<"reduce_min"> {
  let summary = "Smallest over `dimensions`; NaN wins; ties share the gradient";
}

def Agc_ArgmaxOp : Agc_Op<"argmax",
    [DeclareOpInterfaceMethods<Agc_Batchable, ["buildBatched"]>]> {
  let summary = "Where the largest element along `dimension` is";
  let description = [{
    The first of equals; NaN counts as the largest.

    C1 `dimension` is one of x's, and not empty. C2 the result's shape is x's
    without it, i64.
  }];
  let arguments = (ins Agc_NumberTensor:$x, I64Attr:$dimension);
  let results = (outs StaticShapeTensorOf<[I64]>:$z);
  let assemblyFormat = "$x attr-dict `:` type($x) `to` type($z)";
  let hasVerifier = 1;
}

#endif
