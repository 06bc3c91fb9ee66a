//===- AttentionOps.td - Attention whose scores lie nowhere ----------------===//
#ifndef AGC_ATTENTION_OPS
#define AGC_ATTENTION_OPS

include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "ir/Interfaces.td"

def AttentionDialect : Dialect {
  let name = "attention";
  let cppNamespace = "::agc::attention";
  let summary = "Attention as one op, from agc-form-attention to the kernels";
}

def Attention_Tensor : StaticShapeTensorOf<[F32]>;
def Attention_Mask : StaticShapeTensorOf<[F32, I1]>;

class AttentionOp<string mnemonic, list<Trait> traits = []>
    : Op<AttentionDialect, mnemonic, !listconcat([Pure], traits)> {
  let hasVerifier = 1;
  let assemblyFormat = [{
    operands attr-dict `:` functional-type(operands, results)
  }];
}

def ForwardOp
    : AttentionOp<"forward", [DeclareOpInterfaceMethods<Agc_Differentiable>]> {
  let summary = "softmax(scale q k^T, masked) v, and the log of the softmax's sum";
  let description = [{
    `spec` gives one letter to each dimension, as an einsum's: those of q, k, v, of
    the mask if there is one, and of o. The scores are q k^T over the letter that
    only q and k have, for each of the letters that q, k and v share; a mask is
    added to them, or, of bools, says which of them count. `causal`: those of a key
    behind the query do not. `lse` has the shared letters, as o has them, then the
    query's: the logarithm of the sum of the scores' exponentials.

    C1 the letters are q's query and feature, k's key and feature, v's key and
    channel, o's query and channel, beside the shared ones; the feature and the
    channel are last. C2 equal letters have equal sizes.
  }];
  let arguments = (ins Attention_Tensor:$q, Attention_Tensor:$k, Attention_Tensor:$v,
                       Optional<Attention_Mask>:$mask, StrAttr:$spec, F64Attr:$scale,
                       UnitAttr:$causal);
  let results = (outs Attention_Tensor:$o, Attention_Tensor:$lse);
}

def BackwardOp : AttentionOp<"backward"> {
  let summary = "The gradients of `attention.forward` with respect to q, k and v";
  let description = [{
    With the probabilities p, computed again from `lse`, the scores' gradient is
    p (v d_o - delta), delta for each query the sum of d_o o.

    C1 and C2 as `attention.forward`, whose results o and lse are.
  }];
  let arguments = (ins Attention_Tensor:$q, Attention_Tensor:$k, Attention_Tensor:$v,
                       Optional<Attention_Mask>:$mask, Attention_Tensor:$o,
                       Attention_Tensor:$lse, Attention_Tensor:$d_o, StrAttr:$spec,
                       F64Attr:$scale, UnitAttr:$causal);
  let results = (outs Attention_Tensor:$d_q, Attention_Tensor:$d_k,
                      Attention_Tensor:$d_v);
}

#endif
