//===- Dataset.h - Examples, dealt out in batches --------------------------===//
#ifndef AGC_TOOLS_AGC_DATASET_H
#define AGC_TOOLS_AGC_DATASET_H

#include "tools/agc/HostTensor.h"

#include <cstdint>
#include <string>
#include <vector>

namespace agc::cli {

/// The label that a loss leaves out.
constexpr int64_t ignoredLabel = -100;

/// Examples `x` with their targets `y`, one a row of each.
struct Dataset {
  HostTensor x, y;
  int64_t count = 0;

  /// The last fifth is held out.
  int64_t trained() const { return count * 4 / 5; }

  /// Keys `x` and `y` of a .npz file.
  /// Errors: as readNpz; AGC0330 if they are not one row an example each, or
  /// fewer than 5 examples.
  static Dataset load(const std::string &path);

  /// Checks once that a row of the data fills a row of the step's arguments.
  /// Errors: AGC0330.
  void checkFits(const HostTensor &input, const HostTensor &target) const;

  /// Puts rows \p order[begin..] into a batch. Where there are fewer than the
  /// batch takes, earlier rows come again, so that statistics over the batch
  /// stay what they are, with labels that the loss ignores. Returns how many
  /// are real.
  int64_t fill(const std::vector<int64_t> &order, int64_t begin,
               const HostTensor &input, const HostTensor *target) const;
};

/// 0..count-1, shuffled by \p seed and \p epoch alone, so that a resumed
/// training sees what an unbroken one sees.
std::vector<int64_t> shuffled(int64_t count, uint64_t seed, uint64_t epoch);

} // namespace agc::cli

#endif
