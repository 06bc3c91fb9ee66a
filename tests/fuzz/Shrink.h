//===- Shrink.h - The smallest program that still fails --------------------===//
#ifndef AGC_TESTS_FUZZ_SHRINK_H
#define AGC_TESTS_FUZZ_SHRINK_H

#include "tests/fuzz/Graph.h"

#include <functional>

namespace agc::fuzz {

/// Takes ops away from \p graph, then makes what is left small and plain, as long
/// as \p stillFails. Gives up looking after \p maxTries programs.
Graph shrink(const Graph &graph, const std::function<bool(const Graph &)> &stillFails,
             int maxTries = 1000);

/// Makes every dimension of size \p from one of size \p to, and what follows from
/// that as the ops say. False if that gives no program.
bool resize(Graph &graph, int64_t from, int64_t to);

/// Gives each entry of an attribute the plainest value that it may have: strides
/// of 1, no padding. False if that changes nothing or gives no program.
bool simplifyAttributes(Graph &graph, unsigned op);

/// Takes away what no result needs, arguments too.
void dropUnused(Graph &graph);

} // namespace agc::fuzz

#endif
