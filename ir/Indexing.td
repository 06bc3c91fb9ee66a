//===- Indexing.td - Elements taken and put where an index says -----------===//
#ifndef AGC_IR_INDEXING
#define AGC_IR_INDEXING

include "Base.td"

class Agc_IndexingOp<string mnemonic>
    : Agc_Op<mnemonic,
             [DeclareOpInterfaceMethods<Agc_Differentiable>,
              DeclareOpInterfaceMethods<Agc_Batchable, ["buildBatched"]>]> {
  let hasVerifier = 1;
  let assemblyFormat =
      "operands attr-dict `:` functional-type(operands, results)";
}

def Agc_GatherOp : Agc_IndexingOp<"gather"> {
  let summary = "Elements of x where an index says";
  let description = [{
    x is [B…, n, W…] with `batch` dimensions B, index [B…, K…]:
    z[b…, k…, w…] = x[b…, index[b…, k…], w…]. An index out of range counts as
    the nearest one in range.

    C1 `batch` is less than x's rank and at most index's, and the B agree.
    C2 n > 0, unless the result is empty. C3 z is x's dtype, [B…, K…, W…].
  }];
  let arguments = (ins Agc_Tensor:$x, StaticShapeTensorOf<[I64]>:$index,
                       I64Attr:$batch);
  let results = (outs Agc_Tensor:$z);
}

def Agc_ScatterOp : Agc_IndexingOp<"scatter"> {
  let summary = "A tensor with elements added or put where an index says";
  let description = [{
    z is base [B…, n, W…], with each updates[b…, k…, w…] added to ("add") or put
    in the place of ("set") z[b…, index[b…, k…], w…], k… in row-major order: of
    several put in one place, the last stays. An index out of range counts as
    the nearest one in range. The gradient of "set" reaches each of the updates of
    one place, as if it had stayed, and the base nowhere that an update went.

    C1 as `gather`, x being base. C2 n > 0, unless updates is empty. C3 updates
    is base's dtype, [B…, K…, W…]; z has base's type. C4 `mode` is one of the
    two; "add" takes numbers.
  }];
  let arguments = (ins Agc_Tensor:$base, StaticShapeTensorOf<[I64]>:$index,
                       Agc_Tensor:$updates, I64Attr:$batch, StrAttr:$mode);
  let results = (outs Agc_Tensor:$z);
}

#endif
