//===- Composites.h - Functions of several ops, on values -----------------===//
#ifndef AGC_FRONTEND_OPS_COMPOSITES_H
#define AGC_FRONTEND_OPS_COMPOSITES_H

#include "frontend/core/Promote.h"

#include <functional>

namespace agc::detail {

// `dims` sorted, `keep`: at size 1.
Value meanOf(const Value &x, IntArrayRef dims, bool keep);
Value varianceOf(const Value &x, IntArrayRef dims, bool unbiased, bool keep);
/// batch_norm; \p share(like) says how much of a running statistic is the new one.
Tensor batchNorm(Arg x, OptionalArg weight, OptionalArg bias, OptionalArg running_mean,
                 OptionalArg running_var, bool training,
                 const std::function<Value(const Value &like)> &share, double eps);
/// log(1 + exp(x)), without overflow and smooth at 0 to any order.
Value softplusOf(const Value &x);
Value softmaxOf(const Value &x, int64_t dim);
Value logSoftmaxOf(const Value &x, int64_t dim);

/// result[.., j, ..] = x[.., index[.., j, ..], ..] along \p dim; an index has
/// x's shape but there, and is in range (checkedIndex).
Value gatherOf(const Value &x, int64_t dim, const Value &index);
/// x [B…, n, W…] with the rows that an index [K…] names: [B…, K…, W…]; B is the
/// dimensions before \p dim.
Value rowsOf(const Value &x, int64_t dim, const Value &index);
/// As int64; \p wraps: negative ones count from the end.
/// Errors: no integers; the step fails where one is out of range.
Value checkedIndex(const Value &index, int64_t n, bool wraps);

/// \p index for every entry of x's dimensions before \p dim.
Value indexForEach(const Value &x, int64_t dim, const Value &index);

/// The view of x from \p start to \p limit along \p dim, all within range.
Tensor sliced(const Tensor &x, int64_t dim, int64_t start, int64_t limit, int64_t step,
              const char *gradName);

/// Stores the result of `x.op_(…)` where x is.
/// Errors: another shape, or a kind of number that x cannot hold.
const Tensor &store(const Tensor &x, Value value, const char *gradName);

} // namespace agc::detail

#endif
