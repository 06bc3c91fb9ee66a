//===- RowShares.cpp - Products shared out by rows -------------------------===//
//
// A step of a recurrent network is a product of a few rows and a cell over its results,
// a few microseconds each, again and again. Loops over elements are shared out by their
// first loop, the rows. Where the product is, too, each thread goes on with rows that it
// wrote itself; where that is shared out by columns, half of all that a kernel reads comes
// from another core, which for an LSTM's cell takes as long as computing it.
//
// A longer one with more rows than columns, a layer's of many tokens, is shared out so
// since each thread then reads some rows and the weight, not some columns and all rows.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/RowShares.h"

using namespace mlir;

namespace agc {
namespace {

/// Multiplications of a short product, at most, and of a tile of rows that is worth
/// handing to a thread.
constexpr int64_t maxWork = 1 << 22, minTileWork = 1 << 17;

/// Tasks of rows that share a longer product out evenly.
constexpr int64_t evenTasks = 16;

/// Whether each thread can read all of the panel for its rows, the tasks are free, and
/// others go on with the result: behind an update nobody does.
bool canShareRows(const ContractionPlan &plan, const LoopNest &nest,
                  const Machine &machine) {
  if (!plan.hasLoneRowLoop() || !plan.batchLoops.empty() || plan.packsRows ||
      plan.sumsInBlocks() || plan.turnsResults || nest.updatesInPlace)
    return false;
  int64_t panelElements = nest.numIterations() / nest.sizes[plan.cutLoop];
  return panelElements * plan.panel->element.getIntOrFloatBitWidth() / 8 <=
         machine.coreCacheBytes / 2;
}

/// A short one's tiles become such that each is a task: those that take least of what share
/// the rows out evenly and are half as large as the plan's at least. Panels that are one
/// piece stay in the first-level cache for all tiles of a task: there it is half of the rows.
void shareTiles(ContractionPlan &plan, const LoopNest &nest, const Machine &machine) {
  int64_t rows = nest.sizes[plan.cutLoop];
  int64_t vectors = llvm::divideCeil(nest.sizes[plan.vectorLoop], plan.lanes);
  int64_t most = plan.tileTrips * plan.tileVectors;
  double best = std::numeric_limits<double>::infinity();
  auto costOf = [&](int64_t trips, int64_t v) {
    return tileCost(plan, nest, machine, trips, v) / trips;
  };
  // The first is the plan's own. Columns left over are a tile, too, and not a thin one.
  for (int64_t v : {plan.tileVectors, int64_t(4), int64_t(3), int64_t(2), int64_t(1)})
    for (int64_t trips = most / v; trips * v > (most - 1) / 2; --trips) {
      int64_t rest = vectors % v;
      bool fits = v + trips * v < machine.numRegisters;
      if (!fits || v > vectors || rows % (2 * trips) || (rest && 2 * rest < v) ||
          nest.numIterations() / rows * trips < minTileWork)
        continue;
      double cost = (vectors / v) * costOf(trips, v) + (rest ? costOf(trips, rest) : 0);
      if (cost >= best)
        continue;
      best = cost;
      plan.tileTrips = trips;
      plan.tileVectors = v;
      plan.tilesPerTask = plan.panelLoops.empty() ? 1 : rows / trips / 2;
      plan.panelsPerTask = 1;
      plan.panelsInside = true;
    }
}

} // namespace

void shareRows(ContractionPlan &plan, const LoopNest &nest, const Machine &machine) {
  if (!canShareRows(plan, nest, machine))
    return;
  if (nest.numIterations() <= maxWork && !plan.packsPanel)
    return shareTiles(plan, nest, machine);
  // Of a longer one each thread reads its rows and all of the panel, not its panels and
  // all rows, where there are more of these.
  int64_t tiles = plan.numTiles(nest), tasks = std::min(tiles, evenTasks);
  if (!plan.panelLoops.empty() || tasks < evenTasks / 2 ||
      nest.sizes[plan.vectorLoop] >= nest.sizes[plan.cutLoop])
    return;
  // Each task would pack the panel again: as many as there are.
  if (!plan.packsPanel)
    plan.tilesPerTask = llvm::divideCeil(tiles, tasks);
  if (plan.tilesPerTask < tiles) {
    plan.panelsPerTask = 1;
    plan.panelsInside = true;
  }
}

} // namespace agc
