//===- Base.td - The agc dialect and what its ops share -------------------===//
#ifndef AGC_IR_BASE
#define AGC_IR_BASE

include "mlir/IR/OpBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "Interfaces.td"

def Agc_Dialect : Dialect {
  let name = "agc";
  let cppNamespace = "::agc::ir";
  let summary = "Tensors and their gradients";
  let description = [{
    A small set of primitives on tensors of static shape, closed under
    differentiation. Broadcasting and conversion are ops; nothing is implicit.
  }];
  let hasConstantMaterializer = 1;
}

def Agc_Float : AnyTypeOf<[F32, F64, BF16, F16]>;
def Agc_Int : AnyTypeOf<[I64, I32, I8, UI8]>;
defvar Agc_Bool = I1;
def Agc_FloatTensor : StaticShapeTensorOf<[Agc_Float]>;
def Agc_IntTensor : StaticShapeTensorOf<[Agc_Int]>;
def Agc_NumberTensor : StaticShapeTensorOf<[Agc_Float, Agc_Int]>;
def Agc_BoolTensor : StaticShapeTensorOf<[Agc_Bool]>;
def Agc_BitsTensor : StaticShapeTensorOf<[Agc_Int, Agc_Bool]>;
def Agc_Tensor : StaticShapeTensorOf<[Agc_Float, Agc_Int, Agc_Bool]>;

class Agc_Op<string mnemonic, list<Trait> traits = []>
    : Op<Agc_Dialect, mnemonic, !listconcat([Pure], traits)>;

#endif
