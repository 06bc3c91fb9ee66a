//===- Spatial.h - What functions of images have in common -----------------===//
#ifndef AGC_FRONTEND_OPS_SPATIAL_H
#define AGC_FRONTEND_OPS_SPATIAL_H

#include "frontend/ops/Composites.h"

#include <agc/Functions.h>

namespace agc::detail {

/// One entry a spatial dimension: \p list, or its one entry twice.
Dims pairOf(IntArrayRef list, const char *what, int64_t least);
/// [n, c, h, w] from that or [c, h, w].
Value withBatch(const Value &x, const char *name);
Value withoutBatch(const Value &y, const Value &like);
/// Positions of a window over a padded dimension.
int64_t outputSize(int64_t size, int64_t padding, int64_t window, int64_t dilation, int64_t stride,
                   const Value &x);

} // namespace agc::detail

#endif
