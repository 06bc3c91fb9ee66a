//===- Views.h - Writing through views ------------------------------------===//
#ifndef AGC_FRONTEND_CORE_VIEWS_H
#define AGC_FRONTEND_CORE_VIEWS_H

#include "frontend/core/TensorImpl.h"

namespace agc::detail {

/// The value of the base \p base after its view by \p views became \p value.
/// Errors: an expanded view, whose elements share memory.
Value writeThrough(const std::vector<ViewStep> &views, Value base, Value value);

} // namespace agc::detail

#endif
