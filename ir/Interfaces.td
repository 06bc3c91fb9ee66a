//===- Interfaces.td - What ops say of themselves -------------------------===//
//
// Passes ask these; they never name ops.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_IR_INTERFACES
#define AGC_IR_INTERFACES

include "mlir/IR/OpBase.td"

def Agc_Differentiable : OpInterface<"Differentiable"> {
  let description = [{
    The op has a gradient: given the cotangents of its results, it builds those
    of its operands out of ops of this same dialect, so that second order, CSE,
    fusion and every backend come free.
  }];
  let cppNamespace = "::agc::ir";
  let methods = [
    InterfaceMethod<[{
      Builds the cotangent of each operand that `g` asks for (`g.needs(i)`) into
      `operandCotangents[i]`; a null value left there means zero.
      `cotangents[i]` is null when result i has none.
    }],
    "void", "buildVjp",
    (ins "::agc::ir::GradientBuilder &":$g, "::mlir::ValueRange":$cotangents,
         "::llvm::MutableArrayRef<::mlir::Value>":$operandCotangents)>
  ];
}

def Agc_Scalarizes : OpInterface<"Scalarizes"> {
  let description = [{
    Element by element, the op is one scalar expression.
  }];
  let cppNamespace = "::agc::ir";
  let methods = [
    InterfaceMethod<[{
      Builds the expression on scalars, whose types are the operands' element
      types made signless. `type` is the result's.
    }],
    "::mlir::Value", "buildScalar",
    (ins "::agc::ir::ScalarBuilder &":$s, "::mlir::ValueRange":$operands,
         "::mlir::Type":$type)>
  ];
}

def Agc_Works : OpInterface<"Works"> {
  let description = [{
    What the op's result takes to compute, so that who could compute it again or
    keep it may choose.
  }];
  let cppNamespace = "::agc::ir";
  let methods = [
    InterfaceMethod<"Additions, about, for one element of the result.",
    "int64_t", "workPerElement">
  ];
}

def Agc_Batchable : OpInterface<"Batchable"> {
  let description = [{
    The op can do for a batch of operands at once what it does for one: operands
    and results then have one more dimension, the first.
  }];
  let cppNamespace = "::agc::ir";
  let methods = [
    InterfaceMethod<[{
      Builds the op for a batch out of `b`'s operands, of which at least one is
      batched, and returns its results, all batched. Unless an op says otherwise
      that is the op itself, on tensors of one more dimension.
    }],
    "::llvm::SmallVector<::mlir::Value>", "buildBatched",
    (ins "::agc::ir::BatchBuilder &":$b), /*methodBody=*/"",
    /*defaultImplementation=*/[{
      return b.again($_op, b.allBatched());
    }]>
  ];
}

#endif
