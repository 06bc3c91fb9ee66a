//===- WinogradOps.td - Tiles of images as values at points ----------------===//
#ifndef AGC_WINOGRAD_OPS
#define AGC_WINOGRAD_OPS

include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def WinogradDialect : Dialect {
  let name = "winograd";
  let cppNamespace = "::agc::winograd";
  let summary = "Transforms of tiles, from agc-winograd to the kernels";
}

class WinogradOp<string mnemonic> : Op<WinogradDialect, mnemonic, [Pure]> {
  let results = (outs StaticShapeTensorOf<[F32]>:$result);
  code tilingDeclaration = [{
    Tiling getTiling() { return {int64_t(getTile()), int64_t(getStride()), getWhole()}; }
  }];
  let extraClassDeclaration = tilingDeclaration;
  let hasVerifier = 1;
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type(results)";
}

def ToPointsOp : WinogradOp<"to_points"> {
  let summary = "L d L^T of each tile d, for each channel";
  let description = [{
    x [N, H, W, C] gives [points, N, rows of tiles, columns of tiles, C]. L is the
    matrix that `of` names (passes/Winograd.h) for results of `tile` x `tile` in steps
    of `stride`. Where the first tile begins, `low` before the image, and behind the
    image, x is zero. A `whole` tile is an image of 2 x 2 with zeros around it, of which
    only the image is read.

    Or, as a product reads weights, panels of so many channels, one panel behind the other:
    [points, C / width, N, rows of tiles, columns of tiles, width].
  }];
  let arguments = (ins StaticShapeTensorOf<[F32]>:$x, StrAttr:$of, I64Attr:$tile,
                       DenseI64ArrayAttr:$low, DefaultValuedAttr<I64Attr, "1">:$stride,
                       UnitAttr:$whole);
  let extraClassDeclaration = tilingDeclaration # [{
    /// How many rows and columns of tiles there are.
    ::llvm::ArrayRef<int64_t> getTiles() {
      return getType().getShape().drop_back().take_back(2);
    }
  }];
}

def FromPointsOp : WinogradOp<"from_points"> {
  let summary = "L m L^T of each tile m, for each channel";
  let description = [{
    The way back, to [N, H, W, C]; what tiles have beyond that is dropped. If there are
    moments, they are of each row of tiles, [N, rows of tiles, C]: the sum of its
    elements in the image, and of the squares of their deviations from their mean.
  }];
  let arguments = (ins StaticShapeTensorOf<[F32]>:$x, StrAttr:$of, I64Attr:$tile,
                       DefaultValuedAttr<I64Attr, "1">:$stride, UnitAttr:$whole);
  let results = (outs StaticShapeTensorOf<[F32]>:$result,
                      Variadic<StaticShapeTensorOf<[F32]>>:$moments);
  let extraClassDeclaration = tilingDeclaration # [{
    ::mlir::RankedTensorType getImageType() {
      return ::llvm::cast<::mlir::RankedTensorType>(getResult().getType());
    }
    /// The type of each of the moments.
    ::mlir::RankedTensorType getMomentType();
    /// How many rows of the image a tile has.
    int64_t getTileHeight();
  }];
}

#endif
