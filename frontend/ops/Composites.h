//===- Composites.h - Functions of several ops, on values -----------------===//
#ifndef AGC_FRONTEND_OPS_COMPOSITES_H
#define AGC_FRONTEND_OPS_COMPOSITES_H

#include "frontend/core/Promote.h"

namespace agc::detail {

// `dims` sorted, `keep`: at size 1.
Value meanOf(const Value &x, IntArrayRef dims, bool keep);
Value varianceOf(const Value &x, IntArrayRef dims, bool unbiased, bool keep);
Value softmaxOf(const Value &x, int64_t dim);
Value logSoftmaxOf(const Value &x, int64_t dim);

} // namespace agc::detail

#endif
