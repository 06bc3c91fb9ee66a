//===- Random.h - Random numbers drawn in a graph -------------------------===//
//
// A draw takes its numbers from the default generator's state, which is an
// argument of whatever is compiled: a loop compiles once. A traced function has
// the state as argument and result, as it has a buffer.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_FRONTEND_CORE_RANDOM_H
#define AGC_FRONTEND_CORE_RANDOM_H

#include "frontend/core/Build.h"

namespace agc::detail {

/// Numbers in [0, 1), the same that Generator::fillUniform gives.
/// \p type: f32, f64, bf16 or f16.
Value drawUniform(TypeRef type);
/// Numbers of the standard normal distribution, those of Generator::fillNormal
/// but for rounding.
Value drawNormal(TypeRef type);
/// True with probability \p p, element by element; \p p is floating point.
Value drawBernoulli(const Value &p);

/// The state for draws of \p counters in all, which the generator then is past.
Value randomState(uint64_t counters);

/// The default generator's seed and offset, which goes on by \p counters.
BufferRef takeRandomState(uint64_t counters);

} // namespace agc::detail

#endif
