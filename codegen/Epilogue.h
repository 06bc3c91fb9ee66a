//===- Epilogue.h - What takes a value as it is finished -------------------===//
#ifndef AGC_CODEGEN_EPILOGUE_H
#define AGC_CODEGEN_EPILOGUE_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace agc {

/// Whether an element-wise op can take this operand from the registers in which it is
/// finished, in its maker's kernel: the sums of a reduction, or windows of weights, which
/// come from points and go on in the order that the caller has weights in.
bool canFinish(mlir::linalg::GenericOp op, mlir::OpOperand &operand);

} // namespace agc

#endif
