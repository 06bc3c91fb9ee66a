//===- ContractionPlan.h - How a sum of products is cut into tiles ---------===//
#ifndef AGC_CODEGEN_CPU_CONTRACTIONPLAN_H
#define AGC_CODEGEN_CPU_CONTRACTIONPLAN_H

#include "codegen/Kernel.h"

namespace agc {

/// Which operand of a sum of products gives vectors and which gives elements to
/// multiply them with, and what stays where: a tile in registers, a block of the
/// sum in the caches, a task with one thread. Nothing here changes the order in
/// which a result's products are added.
struct ContractionPlan {
  static constexpr unsigned noLoop = ~0u;

  /// Moves with `vectorLoop`, along which the result's elements lie side by side unless
  /// `turnsResults`; the other operand does not.
  const Access *panel = nullptr, *rows = nullptr;
  int64_t lanes = 1;
  unsigned vectorLoop = noLoop;
  /// Parallel loops that move only the rows, innermost last; those that move only
  /// the panel; those that move both; and those of the sum.
  llvm::SmallVector<unsigned> rowLoops, panelLoops, batchLoops, reductions;

  /// The register tile: all trips of `fullRowLoops`, so many of `cutLoop`, by so
  /// many vectors.
  llvm::SmallVector<unsigned> fullRowLoops;
  unsigned cutLoop = noLoop;
  int64_t tileTrips = 1, tileVectors = 1;

  /// A block of the sum: all of `innerReductions`, but only so many trips of the
  /// first where that is `cutReduction`, around which there is a loop over blocks.
  llvm::SmallVector<unsigned> outerReductions, innerReductions;
  unsigned cutReduction = noLoop;
  int64_t blockTrips = 0;
  /// A task copies what it reads of the panel into the order in which it is read.
  bool packsPanel = false;
  /// While it multiplies its first tile: memory is read meanwhile.
  bool packsInFirstTile = false;
  /// Or each of its tiles copies a share of the next task's: of few tiles the one that
  /// waits for all of a panel would be a tenth of the time. Where results wait for the
  /// next block of the sum, the next tile's are fetched, too.
  bool packsNextPanel = false;
  /// The rows of a task's block of the sum, too, tile by tile. Tasks that follow each
  /// other and have the same do so once.
  bool packsRows = false;
  /// A block of the sum is a few far steps of the panel, which a task reads from end to end.
  bool readsStreams = false;
  /// The rows of later steps are fetched into the cache; the panel of so many steps on,
  /// into the first-level cache where it is packed or comes in streams.
  bool fetchesRows = false;
  int64_t panelStepsAhead = 0;
  /// While a tile is summed up, the next one's rows are fetched, which are one behind
  /// the other.
  bool fetchesNextRows = false;
  /// And the next panel, which is behind this one.
  bool fetchesNextPanel = false;
  /// And what both operands have so many trips of a loop later: those of a batch's next
  /// product, or of the next block of the sum.
  unsigned laterLoop = noLoop;
  int64_t laterTrips = 0;
  /// So many steps of the sum's last loop are written behind each other: counting takes a
  /// part of a step's time, and of a short loop that begins again and again the machine
  /// does not see the end coming.
  int64_t stepsAtOnce = 1;
  /// Where what was summed up waits for the next block: here, not in the result.
  bool keepsSums = false;
  /// The result's elements lie side by side along `cutLoop`: a task's sums wait until all
  /// are finished, and are written square by square. Where both operands lie across, neither
  /// has to be transposed then.
  bool turnsResults = false;

  /// All of a thread's tasks do one block of the sum, then the next: the rows of a
  /// block stay in the caches while panel after panel is multiplied with them.
  bool blocksOutside = false;
  /// Neighbouring tasks share their rows, not their panel.
  bool panelsInside = false;

  /// A task: one trip of each of `sharedRowLoops`, all of `innerRowLoops`, so many
  /// tiles of `cutLoop` and so many panels of `tileVectors`.
  llvm::SmallVector<unsigned> sharedRowLoops, innerRowLoops;
  int64_t tilesPerTask = 1, panelsPerTask = 1;

  bool isPanelAcross() const { return panel->strides[vectorLoop] != 1; }
  bool fetchesLater() const { return laterLoop != noLoop; }
  /// Whether tiles are along the only loop of rows.
  bool hasLoneRowLoop() const { return rowLoops.size() == 1 && cutLoop == rowLoops.front(); }
  bool sumsInBlocks() const {
    return !outerReductions.empty() || cutReduction != noLoop;
  }
  int64_t width() const { return tileVectors * lanes; }
  /// Trips of a loop in a block of the sum.
  int64_t tripsInBlock(const LoopNest &nest, unsigned loop) const {
    return loop == cutReduction ? blockTrips : nest.sizes[loop];
  }
  /// Products that a block of the sum adds to each result.
  int64_t blockSteps(const LoopNest &nest) const;
  /// Elements of a tile's packed rows: a line more, as tiles are written side by side.
  int64_t packedTile(const LoopNest &nest) const;
  /// Rows in a register tile.
  int64_t tileRows(const LoopNest &nest) const;
  /// Tiles along `cutLoop`, the last of which may have fewer rows.
  int64_t numTiles(const LoopNest &nest) const;
  int64_t numPanels(const LoopNest &nest) const;
  /// Steps of the next panel that each tile copies.
  int64_t partsOfTile(const LoopNest &nest) const;
  /// Tiles that a task has of each panel at most.
  int64_t mostTiles(const LoopNest &nest) const {
    return std::min(tilesPerTask, numTiles(nest));
  }
};

/// Whether the nest is a sum of products in f32 or f64, from zero on, of a size that
/// register tiles serve.
bool isContraction(const LoopNest &nest);

/// What a step of the sum takes in a tile of so many rows and vectors, in multiplications.
double tileCost(const ContractionPlan &plan, const LoopNest &nest, const Machine &machine,
                int64_t rowCount, int64_t vectors);

/// The plan for such a nest, if vectors of its result move with one operand.
std::optional<ContractionPlan> planContraction(const LoopNest &nest,
                                               const Machine &machine);

} // namespace agc

#endif
