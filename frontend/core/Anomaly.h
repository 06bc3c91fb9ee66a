//===- Anomaly.h - Where the first NaN of a backward comes from -----------===//
#ifndef AGC_FRONTEND_CORE_ANOMALY_H
#define AGC_FRONTEND_CORE_ANOMALY_H

#include <span>

namespace agc::proto {
class Module;
}

namespace agc::detail {

/// Whether the user asked for it (autograd::AnomalyMode).
bool looksForNan();

/// Computes every value of the last function of \p module on these arguments,
/// changing none, to see whether a value of its backward is NaN.
/// Errors: AGC0124, at the line of the forward op where the first NaN is, or in
/// whose backward it is.
void expectNoNan(const proto::Module &module, std::span<void *const> arguments);

} // namespace agc::detail

#endif
