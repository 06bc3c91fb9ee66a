//===- Attention.h - Attention as one op -----------------------------------===//
//
// Of T queries and keys, the scores are T x T numbers for each head, and their
// exponentials and gradients as many again. A kernel needs a block of them at a
// time: the softmax's sum is corrected as blocks come, and the backward computes
// them again from its logarithm (Dao et al. 2022, FlashAttention).
//
//===----------------------------------------------------------------------===//
#ifndef AGC_PASSES_ATTENTION_H
#define AGC_PASSES_ATTENTION_H

#include "ir/Dialect.h"

#include "passes/AttentionDialect.h.inc"

#define GET_OP_CLASSES
#include "passes/AttentionOps.h.inc"

namespace agc::attention {

/// On a function: what became of each attention in it, a line of text each.
inline constexpr llvm::StringLiteral foundAttr = "agc.attention";

/// An op's `spec`: "bqhd,bkhd,bkhe->bqhe", or with a mask's letters before the arrow.
struct Terms {
  std::string q, k, v, mask, o;
  std::string lse;   // the shared letters, then the query's
  std::string batch; // the shared letters, as o has them
  char query = 0, key = 0, feature = 0, channel = 0;
};

/// Nothing if the letters are not attention's (C1).
std::optional<Terms> parseTerms(llvm::StringRef spec, bool hasMask);

} // namespace agc::attention

#endif
