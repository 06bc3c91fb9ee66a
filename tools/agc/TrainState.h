//===- TrainState.h - What agc train keeps, in checkpoints -----------------===//
#ifndef AGC_TOOLS_AGC_TRAINSTATE_H
#define AGC_TOOLS_AGC_TRAINSTATE_H

#include "ir/graph.pb.h"
#include "tools/agc/Call.h"

namespace agc::cli {

/// How far training is.
struct TrainProgress {
  uint64_t steps = 0;
  uint64_t seed = 0; // of the order of examples
  /// Epochs done, where the file says them: a shipped step counts steps alone.
  std::optional<int64_t> epochs;
};

/// Takes the state of \p module from the checkpoint \p path, all of it or, if
/// \p partial, what fits, which is said on stderr.
/// Errors: as readCheckpoint; AGC0331, another seed than \p seed; AGC0333, it does
/// not fit, and \p state is as it was.
TrainProgress resumeFrom(const std::string &path, const proto::Module &module,
                         uint64_t seed, bool partial, State &state);

/// Writes the state of \p module, all of which \p state then has.
/// Errors: as writeCheckpoint.
void saveCheckpoint(const std::string &path, const proto::Module &module,
                    const TrainProgress &progress, State &state);

} // namespace agc::cli

#endif
