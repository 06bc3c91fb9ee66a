//===- AtLine.h - Errors at the user's line ---------------------------------===//
#ifndef AGC_FRONTEND_CORE_ATLINE_H
#define AGC_FRONTEND_CORE_ATLINE_H

#include <agc/nn/Module.h>

namespace agc::detail {

/// What \p call gives; what it throws is at \p loc if it has no position.
template <typename Call> auto atLine(Loc loc, Call call) {
  try {
    return call();
  } catch (const Error &error) {
    rethrowAt(error, loc);
  }
}

} // namespace agc::detail

#endif
