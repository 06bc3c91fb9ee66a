//===- Passes.td - Tensors in, tensors out, no machine known --------------===//
#ifndef AGC_PASSES
#define AGC_PASSES

include "mlir/Pass/PassBase.td"

def FormAttentionPass : Pass<"agc-form-attention", "::mlir::func::FuncOp"> {
  let summary = "Make one op of a product, a softmax and a product";
  let description = [{
    Where scores of queries and keys are scaled, masked or not, made probabilities
    that nobody else reads and multiplied with values, all in f32, that is one op,
    whose kernels need no memory for the scores; before gradients are built, so
    that its gradient is one, too. Formed where that pays (docs/attention.md);
    where not, the product with the values says why: `agc.unformed`.

    ```mlir
    %s = agc.einsum %q, %k {spec = "abmk,abnk->abmn"} : … -> tensor<4x4x512x512xf32>
    … // softmax over the last dimension
    %o = agc.einsum %p, %v {spec = "abmk,abkn->abmn"} : … -> tensor<4x4x512x32xf32>
    // becomes
    %o, %lse = attention.forward %q, %k, %v {scale = 1.0, spec = "abmk,abnk,abnl->abml"} : …
    ```
  }];
  let options = [
    Option<"always", "always", "bool", /*default=*/"false",
           "Wherever it can be, whether it pays or not: for tests">
  ];
  let dependentDialects = ["::agc::ir::AgcDialect", "::agc::attention::AttentionDialect"];
}

def DifferentiatePass : Pass<"agc-differentiate", "::mlir::func::FuncOp"> {
  let summary = "Expand each symbolic gradient into the ops of a backward";
  let description = [{
    Reverse mode: from the outputs back to what depends on an input, asking each
    op for its rule (`Differentiable`). Cotangents are summed in one place. The
    ops that an op's rule builds carry that op's location and name.

    ```mlir
    %y = agc.tanh %x : tensor<4xf32>
    %dx = agc.gradient %y, %seed, %x {outputs = 1} : …
    // becomes
    %1 = agc.constant {value = 1.0} : tensor<4xf32>
    %2 = agc.mul %y, %y : tensor<4xf32>
    %3 = agc.sub %1, %2 : tensor<4xf32>
    %dx = agc.mul %seed, %3 : tensor<4xf32>
    ```

    Arithmetic that parts at one value and meets again, as in x * sigmoid(x), has one
    derivative, a value of the forward alone, with which the cotangent is multiplied
    once, not on each of the ways.

    A gradient of a gradient is expanded after the one it is taken of, over what
    that became.
  }];
  // Arithmetic: what an op would take again is counted in its scalar ops.
  let dependentDialects = ["::agc::ir::AgcDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect"];
}

def OutlineBodiesPass : Pass<"agc-outline-bodies", "::mlir::ModuleOp"> {
  let summary = "Turn bodies of loops and branches into functions";
  let description = [{
    Each body becomes a private function before that of its op, whose region then
    only calls it:

    ```mlir
    %z = agc.cond %p, %x : … { … } else { … }
    // becomes, with the bodies' ops in @f.cond0.0 and @f.cond0.1
    %z = agc.cond %p, %x : … {
    ^bb0(%0: tensor<4xf32>):
      %1 = func.call @f.cond0.0(%0) : (tensor<4xf32>) -> tensor<4xf32>
      agc.yield %1 : tensor<4xf32>
    } else { … }
    ```

    A checkpoint becomes its body's ops: nothing is left to take the gradient of.
  }];
  let dependentDialects = ["::agc::ir::AgcDialect", "::mlir::func::FuncDialect"];
}

def BatchPass : Pass<"agc-batch", "::mlir::func::FuncOp"> {
  let summary = "Make a function of one example one of a batch of them";
  let description = [{
    Arguments with the attribute `agc.batched`, the batch's size, get one more
    dimension, the first. What depends on them does what it did for each of the
    batch, by each op's own rule (`Batchable`); the rest stays as it is, once for
    all. Every result has the batch's dimension.

    ```mlir
    func.func @f(%x: tensor<3xf32> {agc.batched = 8 : i64}, %w: tensor<3xf32>) {
      %y = agc.einsum %x, %w {spec = "a,a->"} : …
    // becomes
    func.func @f(%x: tensor<8x3xf32>, %w: tensor<3xf32>) {
      %y = agc.einsum %x, %w {spec = "ba,a->b"} : …
    ```
  }];
  let dependentDialects = ["::agc::ir::AgcDialect"];
}

def PromoteToF64Pass : Pass<"agc-promote-to-f64", "::mlir::func::FuncOp"> {
  let summary = "Turn every floating-point tensor into f64";
  let description = [{
    For the reference pipeline: arguments, results and everything between.
  }];
  let dependentDialects = ["::agc::ir::AgcDialect"];
}

def FactorSumsPass : Pass<"agc-factor-sums", "::mlir::func::FuncOp"> {
  let summary = "Take out of a sum what all of its terms have in common";
  let description = [{
    What does not change along the dimensions of a sum is multiplied by once, behind
    it, and a sum of deviations from their mean is zero. In the gradient of a batch or
    layer norm, what was five sums over the whole value becomes two, which read the
    same and are one kernel (`agc-fuse-siblings`). f32 and f64; not under `--fp=strict`,
    as it rounds otherwise.

    ```mlir
    %g = agc.broadcast %gamma {dimensions = [1]} : tensor<64xf32> to tensor<8x64x4x4xf32>
    %p = agc.mul %dy, %g
    %z = agc.reduce_sum %p {dimensions = [0, 2, 3]}
    // becomes
    %s = agc.reduce_sum %dy {dimensions = [0, 2, 3]}
    %z = agc.mul %s, %gamma
    ```
  }];
  let dependentDialects = ["::agc::ir::AgcDialect"];
}

def LowerToLinalgPass : Pass<"agc-lower-to-linalg", "::mlir::func::FuncOp"> {
  let summary = "Lower agc ops to linalg on tensors";
  let description = [{
    Element-wise ops become `linalg.generic` with the op's own scalar expression
    inside; products, reductions and convolutions the generic that they mean.
    `agc.check_range`, `agc.barrier`, `agc.cond` and `agc.scan` stay: they are
    control, not arithmetic; and `agc.scatter`, whose loops do not say where it writes.
  }];
  let options = [
    Option<"reference", "reference", "bool", /*default=*/"false",
           "Plain forms of the convolutions: the reference's">,
    Option<"strict", "strict", "bool", /*default=*/"false",
           "No form of a convolution that is meant for agc-winograd">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"
  ];
}

def FuseElementwisePass : Pass<"agc-fuse-elementwise", "::mlir::func::FuncOp"> {
  let summary = "Fuse element-wise producers into their consumers";
  let description = [{
    Chains, broadcasts and transposes become one `linalg.generic`, and go into
    the reductions that read them. Upstream's patterns do the work; the policy
    is here: never into a product or convolution, whose loops would compute the
    producer many times; a producer with several consumers is computed again in each if
    that is cheap and they do not read much more for it, and joins the first that it can
    if not, its value a result of the group; what is computed later of several values of a
    group, kept for that alone, is one value that the group gives; groups stay below a size
    that code generation likes.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def AssignLayoutPass : Pass<"agc-assign-layout", "::mlir::func::FuncOp"> {
  let summary = "Choose the order of dimensions in memory for each value, once";
  let description = [{
    A convolution reads whole channels at a time: its operands want their
    spatial dimensions before the last other one, [N, H, W, C] and [O, H, W, C].
    Whatever is computed element by element from such a value, or reduced from
    it, takes the same order. Only where a function's arguments and results or a
    reshape say otherwise does a copy convert, so none is left between two
    convolutions.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def WinogradPass : Pass<"agc-winograd", "::mlir::func::FuncOp"> {
  let summary = "Compute 3x3 convolutions with fewer multiplications";
  let description = [{
    Of convolutions in f32 with windows of 3 x 3, steps of 1 or 2 and no groups, and of
    their two gradients, tiles become values at points, which are multiplied as
    matrices, one for each point, and made tiles again. Where that pays is decided
    from shapes alone: the same convolution is computed in the same way wherever it
    stands. Padding is the transforms' matter; the padded copy of the input goes.
    Images between convolutions that are made of one other image go, too, where all readers
    can compute them again for less than they cost in memory (WinogradPrologue.cpp). Sums
    over an image that a mean and a variance are made of come from its transform
    (WinogradMoments.cpp).
    Weights are left in the order that they lie in: what brings them into another is
    computed as they are transformed.
    Its rounding differs from a sum's: docs/winograd.md; not under `--fp=strict`.

    ```mlir
    %y = linalg.generic … ins(%x, %w : tensor<8x18x18x64xf32>, tensor<64x3x3x64xf32>) …
    // becomes
    %v = winograd.to_points %x {low = [1, 1], of = "input", tile = 4} : … -> tensor<36x8x4x4x64xf32>
    %u = winograd.to_points %w {low = [0, 0], of = "window", tile = 4} : … -> tensor<36x64x1x1x64xf32>
    %m = linalg.generic … ins(%v, %u) outs(… : tensor<36x8x4x4x64xf32>) // products
    %y = winograd.from_points %m {of = "output", tile = 4} : … -> tensor<8x16x16x64xf32>
    ```
  }];
  let dependentDialects = ["::agc::ir::AgcDialect",
                           "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect",
                           "::agc::winograd::WinogradDialect"];
}

#endif
