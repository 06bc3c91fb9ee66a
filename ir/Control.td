//===- Control.td - Branches, loops and recomputation ---------------------===//
//
// Bodies are regions of one block that see nothing but their arguments.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_IR_CONTROL
#define AGC_IR_CONTROL

include "Base.td"

class Agc_BodyOp<string mnemonic>
    : Op<Agc_Dialect, mnemonic,
         [IsolatedFromAbove, SingleBlockImplicitTerminator<"::agc::ir::YieldOp">,
          RecursiveMemoryEffects, RecursivelySpeculatable,
          DeclareOpInterfaceMethods<Agc_Differentiable>,
          DeclareOpInterfaceMethods<Agc_Batchable, ["buildBatched"]>]> {
  let hasVerifier = 1;
}

def Agc_YieldOp : Agc_Op<"yield", [Terminator,
    ParentOneOf<["CheckpointOp", "CondOp", "ScanOp"]>]> {
  let summary = "What a body gives back";
  let arguments = (ins Variadic<Agc_Tensor>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
  let builders = [OpBuilder<(ins), "">];
}

def Agc_CondOp : Agc_BodyOp<"cond"> {
  let summary = "One of two bodies, as a truth value says";
  let description = [{
    The results are what `then` gives of the inputs if the predicate is true,
    else what `otherwise` does; the other is not run. The gradient is a cond that
    runs the same body again, with its gradient.

    C1 both bodies take the inputs and yield the results.
  }];
  let arguments = (ins 0DTensorOf<[Agc_Bool]>:$predicate,
                       Variadic<Agc_Tensor>:$inputs);
  let results = (outs Variadic<Agc_Tensor>:$results);
  let regions = (region SizedRegion<1>:$then, SizedRegion<1>:$otherwise);
  let assemblyFormat = [{
    operands attr-dict-with-keyword `:` functional-type(operands, results)
    $then `else` $otherwise
  }];
  let hasCanonicalizeMethod = 1;
}

def Agc_ScanOp : Agc_BodyOp<"scan"> {
  let summary = "A body run once for each row, carrying values on";
  let description = [{
    Operands are `num_carries` carries, `num_xs` stacks of `trips` rows, and
    constants. A trip runs the body on the carries, a row of each stack and the
    constants; it yields the next carries and a row of each of the ys. Results
    are the last carries and the ys. With `reverse` the trips go from the last
    row to the first.

    With `stops` the first carry is a truth value: the trips end before one at
    which it is false. How many were made is a further, last result. With
    `limited` a number comes before the carries: so many trips are made, of the
    first rows, at least 0 and at most `trips`. Rows of ys for which there was no
    trip are zero.

    The gradient is a scan of as many trips in the other direction, over the
    carries that came into each trip: these become ys of the scan itself.

    C1 counts are not negative, and there are as many operands. C2 stacks have
    `trips` rows. C3 the body takes carries, rows and constants. C4 the body
    yields carries and rows of ys, as the results are. C5 `stops` and `limited`
    exclude each other, and `stops` and `reverse`; a first carry that stops is a
    truth value, a limit an i64, both scalars.
  }];
  let arguments = (ins Variadic<Agc_Tensor>:$inputs, I64Attr:$trips,
                       I64Attr:$num_carries, I64Attr:$num_xs,
                       DefaultValuedOptionalAttr<BoolAttr, "false">:$reverse,
                       DefaultValuedOptionalAttr<BoolAttr, "false">:$stops,
                       DefaultValuedOptionalAttr<BoolAttr, "false">:$limited);
  let results = (outs Variadic<Agc_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    operands attr-dict `:` functional-type(operands, results) $body
  }];
  let hasCanonicalizeMethod = 1;
  let extraClassDeclaration = [{
    /// The number of trips, or null.
    ::mlir::Value getLimit() {
      return getLimited() ? getInputs().front() : ::mlir::Value();
    }
    /// What the body's arguments come from, one for each.
    ::mlir::OperandRange getBodyInputs() { return getInputs().drop_front(getLimited()); }
    ::mlir::OperandRange getInits() { return getBodyInputs().take_front(getNumCarries()); }
    ::mlir::OperandRange getXs() { return getBodyInputs().slice(getNumCarries(), getNumXs()); }
    ::mlir::OperandRange getConstants() {
      return getBodyInputs().drop_front(getNumCarries() + getNumXs());
    }
    unsigned getNumYs() { return getNumResults() - getNumCarries() - getStops(); }
    ::mlir::ResultRange getFinals() { return getResults().take_front(getNumCarries()); }
    ::mlir::ResultRange getYs() { return getResults().slice(getNumCarries(), getNumYs()); }
    /// How many trips were made, if it stops.
    ::mlir::Value getCount() {
      return getStops() ? ::mlir::Value(getResults().back()) : ::mlir::Value();
    }
    ::mlir::OperandRange getYielded() {
      return getBody().front().getTerminator()->getOperands();
    }
  }];
}

def Agc_CheckpointOp : Agc_BodyOp<"checkpoint"> {
  let summary = "A body that a backward computes again";
  let description = [{
    The results are what the body gives of the inputs. The gradient runs the body
    once more, behind barriers, so that nothing in it is kept. Becomes the ops of
    its body once there are no gradients to take.

    C1 the body takes the inputs and yields the results.
  }];
  let arguments = (ins Variadic<Agc_Tensor>:$inputs);
  let results = (outs Variadic<Agc_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    operands attr-dict `:` functional-type(operands, results) $body
  }];
}

#endif
