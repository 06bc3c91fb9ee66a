//===- AttentionNest.h - Attention, as a kernel ----------------------------===//
#ifndef AGC_CODEGEN_ATTENTIONNEST_H
#define AGC_CODEGEN_ATTENTIONNEST_H

#include "codegen/Kernel.h"
#include "codegen/Schedule.h"
#include "passes/Attention.h"

namespace agc {

/// Where an operand of attention lies: a row for each query or key, in which features
/// or channels are neighbours.
struct AttentionOperand {
  unsigned argument = 0; // of the kernel
  int64_t offset = 0;
  llvm::SmallVector<int64_t> batchStrides; // of each shared dimension
  int64_t rowStride = 0;                   // of a query's or a key's; a mask's: a query's
  int64_t keyStride = 0;                   // a mask's
};

/// `attention.forward` or `attention.backward` (passes/AttentionOps.td).
struct AttentionNest {
  bool isBackward = false, isCausal = false;
  double scale = 1;
  llvm::SmallVector<int64_t> batch; // sizes of the shared dimensions
  int64_t queries = 1, keys = 1, features = 1, channels = 1;
  AttentionOperand q, k, v, o, lse;
  AttentionOperand d_o, d_q, d_k, d_v; // of the backward
  enum Mask { None, Added, Counted } masked = None;
  AttentionOperand mask;

  int64_t heads() const;
  /// Scores that are computed, of all heads.
  int64_t scores() const;
  std::string key() const;
  std::string name() const;
  int64_t flops() const;
  int64_t bytes() const;
};

/// Of an op whose operands, then results, lie as \p views say: each with rows of
/// neighbours.
AttentionNest buildAttentionNest(mlir::Operation *op, llvm::ArrayRef<View> views);

/// As emitKernel; the kernel's buffers are the op's operands, then its results.
int64_t emitAttention(mlir::func::FuncOp kernel, const AttentionNest &nest,
                      const Machine &machine);

} // namespace agc

#endif
