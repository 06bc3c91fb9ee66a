//===- ContractionPlan.cpp - How a sum of products is cut into tiles -------===//
#include "codegen/cpu/ContractionPlan.h"

#include "codegen/KernelName.h"

#include <numeric>

using namespace mlir;

namespace agc {
namespace {

/// Steps that lie this many bytes apart are read from few cache sets and from many
/// pages. Of so many steps the first's line is gone even if they are nearer.
constexpr int64_t farBytes = 1024, nearBytes = 256, minStepsToLose = 512;
/// Steps this far apart are on a page each, and so many are read side by side, or twice as
/// many where several tiles' sums wait meanwhile.
constexpr int64_t pageBytes = 4096, streams = 16;
/// Far steps that are read where they are come in time from so many ahead.
constexpr int64_t farStepsAhead = 16;
/// What a task reads of each, so that it comes at the memory's rate.
constexpr int64_t streamBytes = 8192;
/// Rows that share one packing of the panel; and of one that lies far apart, which can
/// be read where it is: packing it saves less.
constexpr int64_t minRowsPerPacking = 64, minRowsPerFarPacking = 256;
/// The same where what the caches do not hold comes slowly; and rows that are copied
/// there, too.
constexpr int64_t minRowsPerSlowPacking = 24, minRowsToPack = 32;
/// Rows that meet one panel are copied only of sums as short as this, and of each step so
/// many bytes at a time, or what stays near in twice the first-level cache.
constexpr int64_t maxStepsToPackOnce = 256, packedRunBytes = 768;
/// Of the first-level cache.
constexpr int64_t lineBytes = 64, cacheSets = 64, cacheWays = 8;
constexpr int64_t firstCacheBytes = lineBytes * cacheSets * cacheWays;
/// What that cache holds in fact where the shared one is slow.
constexpr int64_t slowFirstCacheBytes = 48 << 10;
constexpr int64_t coreCacheWays = 16;
/// A packed panel that does not fit in the first-level cache comes in time from so many steps ahead.
constexpr int64_t packedStepsAhead = 8;
/// Steps in a row of which the later are worth fetching before their time.
constexpr int64_t minStepsToFetch = 64;
/// Steps of which a sum takes no longer than its result's way to memory; and rows that
/// are worth packing all panels for on that way.
constexpr int64_t maxStepsToWrite = 16, rowsToWrite = 48;
/// Steps of a tile that are enough to copy a part of the next panel meanwhile.
constexpr int64_t minStepsToPackPart = 48;
/// Trips of a short loop of the sum, and registers that a tile must leave free for its steps
/// to be behind each other.
constexpr int64_t maxShortTrips = 64, minFreeRegisters = 3;
/// Steps, and rows and columns, of sums that are worth being turned when they are finished.
constexpr int64_t minStepsToTurn = 128, minSideToTurn = 64;
/// Windows have so many elements in common that all rows are a fraction of what tiles read.
constexpr int64_t minOverlap = 4;
/// Multiplications that make a task worth handing to a thread.
constexpr int64_t minTaskWork = 1 << 17;
/// Tasks that share work out evenly.
constexpr int64_t enoughTasks = 8;

class Planner {
public:
  Planner(const LoopNest &nest, const Machine &machine)
      : nest(nest), machine(machine), out(nest.outputs.front()) {}

  std::optional<ContractionPlan> run() {
    if (!assignRoles())
      return std::nullopt;
    chooseTile();
    chooseBlocks();
    chooseTasks();
    plan.stepsAtOnce = stepsAtOnce();
    if (machine.sharedCacheIsSlow)
      chooseFetches();
    return plan;
  }

private:
  const LoopNest &nest;
  const Machine &machine;
  const Access &out;
  ContractionPlan plan;

  bool assignRoles();
  bool canTurnResults() const;
  bool crowdsSets(int64_t rowCount, unsigned cut) const;
  bool isReadOnce() const;
  bool areRowsSideBySide() const;
  bool areRowsFarApart() const;
  bool isPackedForFewRows() const;
  double rowCost(bool isReadOnce) const;
  int64_t stepsThatStay(bool readsFarRows) const;
  /// Whether one tile has all rows.
  bool isLoneTile() const { return trips(plan.rowLoops) <= plan.tileRows(nest); }
  bool areRowsDense() const;
  bool arePanelsDense() const;
  bool areProductsApart() const;
  bool waitsForResults() const;
  bool canPackNextPanel() const;
  bool canReadStreams() const;
  bool doRowsOverlap() const;
  int64_t maxPackedTiles() const;
  int64_t stepsAtOnce() const;
  double unevenness(int64_t vectors, int64_t wide) const;
  void chooseTile();
  void chooseBlocks();
  void chooseTasks();
  void chooseFetches();

  /// Bytes of the panel in one block of the sum: it stays in a core's cache while rows
  /// stream past it. Where results are too many to be near for the next block it may have
  /// more, and leaves half a megabyte to the rows.
  int64_t maxPanelBytes(bool areResultsFar = false) const {
    int64_t half = 512 << 10, most = std::min(machine.coreCacheBytes / 4, half / 2);
    return areResultsFar ? std::clamp(machine.coreCacheBytes - half, most, half) : most;
  }
  /// Rows that come from memory for each panel, if they are not cut into such blocks.
  int64_t maxRowBytes() const { return machine.sharedCacheBytes / 2; }
  int64_t rowBlockBytes() const { return machine.sharedCacheBytes / 4; }

  int64_t bytes() const { return out.element.getIntOrFloatBitWidth() / 8; }
  int64_t trips(ArrayRef<unsigned> loops) const {
    int64_t result = 1;
    for (unsigned l : loops)
      result *= nest.sizes[l];
    return result;
  }
  int64_t allPanels() const {
    return plan.numPanels(nest) * trips(plan.batchLoops) * trips(plan.panelLoops);
  }
  /// Steps of the sum that are as far apart as two of its last loop.
  int64_t evenSteps(const Access &access) const {
    int64_t steps = 1, stride = access.strides[plan.reductions.back()];
    for (unsigned l : llvm::reverse(plan.reductions)) {
      if (access.strides[l] != stride * steps)
        break;
      steps *= nest.sizes[l];
    }
    return steps;
  }
  /// Whether steps of the sum's last loop lie so many bytes apart.
  bool isFar(const Access &access, int64_t far = farBytes) const {
    return !plan.reductions.empty() &&
           std::abs(access.strides[plan.reductions.back()]) * bytes() >= far;
  }
  /// Bytes from the first to the last element that these loops reach, blocks of the sum
  /// as they are.
  int64_t extent(const Access &access, ArrayRef<unsigned> loops, bool wholeSum) const {
    int64_t elements = 1;
    for (unsigned l : loops)
      elements += std::abs(access.strides[l]) *
                  ((wholeSum ? nest.sizes[l] : plan.tripsInBlock(nest, l)) - 1);
    return elements * bytes();
  }
  int64_t wholePanelExtent() const {
    return extent(*plan.panel, llvm::to_vector(llvm::seq<unsigned>(0, nest.numLoops())),
                  /*wholeSum=*/true);
  }
};

} // namespace

int64_t ContractionPlan::blockSteps(const LoopNest &nest) const {
  int64_t steps = 1;
  for (unsigned l : innerReductions)
    steps *= tripsInBlock(nest, l);
  return steps;
}

int64_t ContractionPlan::packedTile(const LoopNest &nest) const {
  return llvm::alignTo(blockSteps(nest) * tileRows(nest), 16) + 16;
}

int64_t ContractionPlan::tileRows(const LoopNest &nest) const {
  int64_t count = tileTrips;
  for (unsigned l : fullRowLoops)
    count *= nest.sizes[l];
  return count;
}

int64_t ContractionPlan::numTiles(const LoopNest &nest) const {
  return cutLoop == noLoop ? 1 : llvm::divideCeil(nest.sizes[cutLoop], tileTrips);
}

int64_t ContractionPlan::numPanels(const LoopNest &nest) const {
  return llvm::divideCeil(nest.sizes[vectorLoop], width());
}

int64_t ContractionPlan::partsOfTile(const LoopNest &nest) const {
  // The last share of the rows has the fewest tiles.
  int64_t tiles = numTiles(nest), least = tiles % tilesPerTask;
  return llvm::divideCeil(blockSteps(nest), least ? least : mostTiles(nest));
}

/// Whether a tile leaves registers free for steps behind each other.
static bool leavesRegisters(int64_t rowCount, int64_t vectors, const Machine &machine) {
  return (rowCount + 1) * vectors + 1 + minFreeRegisters <= machine.numRegisters;
}

double tileCost(const ContractionPlan &plan, const LoopNest &nest, const Machine &machine,
                int64_t rowCount, int64_t vectors) {
  // A step multiplies rows * vectors times, and loads rows + vectors; too few
  // multiplications cannot hide their latency.
  double work = rowCount * vectors, loads = 0.3 * (rowCount + vectors) + 1;
  if (!machine.sharedCacheIsSlow)
    return std::max(work, 8.0) + loads;
  // Fitted to the times of 130 products on such machines, in 10 to 18 shapes of tiles each:
  // a panel that is too large for the first-level cache comes from the second.
  int64_t panelBytes = vectors * machine.vectorBytes;
  for (unsigned l : plan.reductions)
    panelBytes *= nest.sizes[l];
  double far = panelBytes > slowFirstCacheBytes ? 0.2 * vectors : 0;
  double counting = leavesRegisters(rowCount, vectors, machine) ? 0 : 0.5;
  return std::max(work, 12.0) + loads + far + counting;
}

bool isContraction(const LoopNest &nest) {
  if (!isSumOfProducts(nest) || nest.numIterations() < 512)
    return false;
  const Access &out = nest.outputs.front();
  auto init = dyn_cast_or_null<FloatAttr>(nest.inits.front());
  if ((!out.element.isF32() && !out.element.isF64()) || !init || !init.getValue().isZero())
    return false;
  for (auto [isReduction, stride] : llvm::zip_equal(nest.isReduction, out.strides))
    if (isReduction && stride)
      return false;
  return true;
}

bool Planner::assignRoles() {
  if (!machine.vectorBytes || !isContraction(nest))
    return false;
  plan.lanes = machine.lanes(out.element);
  for (unsigned l = 0; l < nest.numLoops(); ++l)
    if (!nest.isReduction[l] && out.strides[l] == 1)
      plan.vectorLoop = l;
  unsigned along = plan.vectorLoop;
  if (along == ContractionPlan::noLoop || nest.sizes[along] * 4 < plan.lanes)
    return false;
  const Access &x = nest.inputs[0], &y = nest.inputs[1];
  bool movesX = x.strides[along], movesY = y.strides[along];
  if (movesX == movesY)
    return false;
  plan.panel = movesX ? &x : &y;
  plan.rows = movesX ? &y : &x;
  for (unsigned l = 0; l < nest.numLoops(); ++l) {
    if (l == along)
      continue;
    if (nest.isReduction[l])
      plan.reductions.push_back(l);
    else if (!plan.panel->strides[l])
      plan.rowLoops.push_back(l);
    else if (!plan.rows->strides[l])
      plan.panelLoops.push_back(l);
    else
      plan.batchLoops.push_back(l);
  }
  if (canTurnResults()) {
    std::swap(plan.panel, plan.rows);
    std::swap(plan.vectorLoop, plan.rowLoops.front());
    plan.turnsResults = plan.keepsSums = true;
  }
  return true;
}

/// Whether what lies across is as it should be if rows and columns change places: the panel's
/// steps are one behind the other, and a step's rows side by side.
bool Planner::canTurnResults() const {
  if (!plan.isPanelAcross() || plan.reductions.empty() || plan.rowLoops.size() != 1 ||
      !plan.panelLoops.empty())
    return false;
  unsigned side = plan.rowLoops.front();
  return plan.rows->strides[side] == 1 && plan.panel->strides[plan.reductions.back()] == 1 &&
         trips(plan.reductions) >= minStepsToTurn &&
         std::min(nest.sizes[side], nest.sizes[plan.vectorLoop]) >= minSideToTurn;
}

/// So many lines this far apart are in a cache at a time.
static int64_t linesThatStay(int64_t bytesApart, int64_t sets, int64_t ways) {
  int64_t apart = std::abs(bytesApart);
  bool reachesAll = !apart || apart % lineBytes;
  return (reachesAll ? sets : sets / std::gcd(apart / lineBytes, sets)) * ways;
}

/// Whether so many rows are on too few sets of the first-level cache: each of their
/// elements then comes from the second.
bool Planner::crowdsSets(int64_t rowCount, unsigned cut) const {
  int64_t apart = cut == ContractionPlan::noLoop ? 0 : plan.rows->strides[cut] * bytes();
  return rowCount > linesThatStay(apart, cacheSets, cacheWays);
}

/// Whether each row meets one panel.
bool Planner::isReadOnce() const {
  return plan.numPanels(nest) * trips(plan.panelLoops) == 1;
}

/// Whether each step's rows lie side by side.
bool Planner::areRowsSideBySide() const {
  return plan.rowLoops.size() == 1 && plan.rows->strides[plan.rowLoops.front()] == 1 &&
         evenSteps(*plan.rows) >= minStepsToFetch;
}

/// And far from the next step's: reading them tile by tile takes their lines again and again,
/// slowly once they are gone. For a copy all of a line is read.
bool Planner::areRowsFarApart() const {
  bool loseLines = trips(plan.reductions) >= minStepsToLose;
  return machine.sharedCacheIsSlow && areRowsSideBySide() &&
         trips(plan.rowLoops) >= minRowsToPack &&
         isFar(*plan.rows, loseLines ? nearBytes : farBytes);
}

/// Whether each panel is transposed for so few rows that these are not shared out.
bool Planner::isPackedForFewRows() const {
  return plan.isPanelAcross() && trips(plan.rowLoops) < 2 * minRowsPerPacking;
}

/// What a tile waits for each step of a row, in multiplications: of a long sum such rows are
/// not packed if they meet one panel, and come from the shared cache if they are more than
/// the core's holds. Measured of few rows; of many packing takes longer.
double Planner::rowCost(bool isReadOnce) const {
  SmallVector<unsigned> all(plan.rowLoops);
  llvm::append_range(all, plan.reductions);
  llvm::append_range(all, plan.batchLoops);
  bool areRead = isReadOnce && trips(plan.rowLoops) <= 2 * minRowsPerPacking &&
                 trips(plan.reductions) > maxStepsToPackOnce && areRowsFarApart();
  bool areMany = extent(*plan.rows, all, /*wholeSum=*/true) > machine.coreCacheBytes;
  return areRead && areMany ? 0.2 : 0;
}

/// Steps of which a tile's lines are there for the next tile, too, three quarters, as
/// there is more in that cache: of a panel that is not packed, and of such rows.
int64_t Planner::stepsThatStay(bool readsFarRows) const {
  int64_t most = std::numeric_limits<int64_t>::max();
  if (!machine.sharedCacheIsSlow || plan.reductions.empty())
    return most;
  int64_t sets = machine.coreCacheBytes / (lineBytes * coreCacheWays);
  for (const Access *access : {plan.panel, plan.rows})
    if (access == plan.panel ? !plan.packsPanel : readsFarRows)
      most = std::min(most, linesThatStay(access->strides[plan.reductions.back()] * bytes(),
                                          sets, coreCacheWays) * 3 / 4);
  return most;
}

/// Whether a tile's rows are read where they are, one behind the other to the end.
bool Planner::areRowsDense() const {
  if (plan.packsRows || plan.sumsInBlocks() || plan.innerReductions.size() != 1 ||
      !plan.fullRowLoops.empty() || plan.cutLoop == ContractionPlan::noLoop)
    return false;
  unsigned inner = plan.innerReductions.front();
  return plan.rows->strides[inner] == 1 &&
         plan.rows->strides[plan.cutLoop] == nest.sizes[inner];
}

/// Whether a task reads one panel from end to end for all its tiles, of several that are one
/// behind the other and more than a core's cache holds.
bool Planner::arePanelsDense() const {
  if (plan.packsPanel || plan.sumsInBlocks() || plan.innerReductions.size() != 1 ||
      plan.numPanels(nest) != 1 || plan.panelLoops.empty() || plan.cutLoop == ContractionPlan::noLoop)
    return false;
  int64_t width = nest.sizes[plan.vectorLoop], steps = plan.blockSteps(nest);
  return plan.panel->strides[plan.innerReductions.front()] == width &&
         plan.panel->strides[plan.panelLoops.back()] == steps * width &&
         trips(plan.batchLoops) * trips(plan.panelLoops) * steps * width * bytes() >
             machine.coreCacheBytes;
}

/// Whether products of a batch have more operands than a core's cache holds, of which each
/// step's rows lie side by side, and its panel.
bool Planner::areProductsApart() const {
  if (plan.packsRows || plan.sumsInBlocks() || plan.batchLoops.size() != 1 ||
      !plan.panelLoops.empty() || !plan.hasLoneRowLoop() ||
      plan.rows->strides[plan.cutLoop] != 1 || plan.isPanelAcross())
    return false;
  int64_t sides = nest.sizes[plan.vectorLoop] + nest.sizes[plan.cutLoop],
          elements = trips(plan.reductions) * sides;
  return trips(plan.batchLoops) * elements * bytes() > machine.coreCacheBytes;
}

/// Whether few steps make results that the caches do not hold, of panels that stay there.
bool Planner::waitsForResults() const {
  int64_t steps = trips(plan.reductions), columns = nest.sizes[plan.vectorLoop];
  int64_t most = nest.updatesInPlace ? 2 * maxStepsToWrite : maxStepsToWrite;
  return machine.sharedCacheIsSlow && steps <= most && !plan.sumsInBlocks() &&
         plan.hasLoneRowLoop() && plan.panelLoops.empty() && plan.numPanels(nest) > 1 &&
         steps * columns * bytes() <= machine.coreCacheBytes / 2 &&
         nest.sizes[plan.cutLoop] * columns * bytes() > machine.coreCacheBytes / 2;
}

/// Whether few rows read a panel of memory's, which comes faster where a few of its far steps
/// are read from end to end.
bool Planner::canReadStreams() const {
  if (plan.packsPanel || plan.reductions.empty())
    return false;
  unsigned inner = plan.reductions.back();
  bool areRowsFew = isLoneTile() || (machine.sharedCacheIsSlow && plan.hasLoneRowLoop() &&
                                     trips(plan.rowLoops) < minRowsPerSlowPacking &&
                                     wholePanelExtent() > machine.coreCacheBytes);
  return areRowsFew && plan.panel->strides[inner] * bytes() >= pageBytes &&
         nest.sizes[inner] >= 4 * streams;
}

/// Whether rows are windows that have most of their elements in common.
bool Planner::doRowsOverlap() const {
  SmallVector<unsigned> all(plan.rowLoops);
  llvm::append_range(all, plan.reductions);
  return extent(*plan.rows, all, /*wholeSum=*/true) * minOverlap <= trips(all) * bytes();
}

/// Each block of packed rows has all panels packed again: as large as leaves room for one.
/// Where that is the only one, rows are read again while they are near.
int64_t Planner::maxPackedTiles() const {
  int64_t tile = plan.packedTile(nest) * bytes();
  int64_t most = isReadOnce() ? std::max(packedRunBytes / (plan.tileRows(nest) * bytes()),
                                         2 * firstCacheBytes / tile)
                              : machine.coreCacheBytes * 3 / 4 / tile;
  return std::max<int64_t>(1, most);
}

/// So many as divide the loop: two, of a short one that begins again and again up to four.
int64_t Planner::stepsAtOnce() const {
  if (plan.innerReductions.empty() ||
      !leavesRegisters(plan.tileRows(nest), plan.tileVectors, machine))
    return 1;
  unsigned last = plan.innerReductions.back();
  int64_t count = nest.sizes[last];
  if (last == plan.cutReduction)
    count = std::gcd(count, plan.blockTrips);
  bool isShort = count <= maxShortTrips;
  if (isShort && plan.innerReductions.size() == 1)
    return 1;
  for (int64_t n : {4, 3, 2})
    if (count % n == 0 && (n == 2 || isShort))
      return n;
  return 1;
}

/// By how much one of two threads has more than its half of these vectors, in panels of so
/// many, if panels alone are the tasks: they are enough, or each is packed for few rows.
/// Both wait for the memory where weights are updated.
double Planner::unevenness(int64_t vectors, int64_t wide) const {
  int64_t others = trips(plan.panelLoops) * trips(plan.batchLoops);
  int64_t panels = llvm::divideCeil(vectors, wide), tasks = panels * others;
  if (!machine.sharedCacheIsSlow || nest.updatesInPlace ||
      (!isPackedForFewRows() && tasks < enoughTasks))
    return 0;
  int64_t first = llvm::divideCeil(tasks, 2);
  double share = first / panels * vectors + std::min(first % panels * wide, vectors);
  return 2 * share / (vectors * others) - 1;
}

/// The cheapest of the shapes that the registers hold.
void Planner::chooseTile() {
  int64_t vectors = llvm::divideCeil(nest.sizes[plan.vectorLoop], plan.lanes);
  int64_t total = trips(plan.rowLoops);
  // Where few rows are no reason to pack a panel twice, tasks are panels: two at least.
  bool isLonePanel = isPackedForFewRows() &&
                     nest.numIterations() >= 2 * enoughTasks * minTaskWork &&
                     trips(plan.panelLoops) * trips(plan.batchLoops) == 1;
  int64_t widest = std::min<int64_t>(4, isLonePanel ? llvm::divideCeil(vectors, 2) : vectors);
  double best = std::numeric_limits<double>::infinity();
  for (int64_t v = 1; v <= widest; ++v) {
    int64_t maxRows = (machine.numRegisters - v - 1) / v;
    SmallVector<unsigned> full;
    int64_t rowCount = 1;
    unsigned cut = ContractionPlan::noLoop;
    for (unsigned l : llvm::reverse(plan.rowLoops)) {
      if (rowCount * nest.sizes[l] > maxRows) {
        cut = l;
        break;
      }
      full.push_back(l);
      rowCount *= nest.sizes[l];
    }
    int64_t size = cut == ContractionPlan::noLoop ? 1 : nest.sizes[cut];
    int64_t most = std::max<int64_t>(1, std::min(size, maxRows / rowCount));
    double waits = rowCost(v >= vectors && trips(plan.panelLoops) == 1);
    double uneven = 1 + 0.2 * unevenness(vectors, v);
    for (int64_t t = 1; t <= most; ++t) {
      auto sweep = [&](int64_t vectorCount) {
        auto costOf = [&](int64_t count) {
          return tileCost(plan, nest, machine, count * rowCount, vectorCount);
        };
        return (size / t) * costOf(t) + (size % t ? costOf(size % t) : 0);
      };
      double cost = (vectors / v) * sweep(v) + (vectors % v ? sweep(vectors % v) : 0);
      if (crowdsSets(t * rowCount, cut))
        cost += llvm::divideCeil(vectors, v) * size * rowCount;
      cost += waits * size * rowCount;
      cost *= uneven;
      if (cost * total / (size * rowCount) < best) {
        best = cost * total / (size * rowCount);
        plan.tileTrips = t;
        plan.tileVectors = v;
        plan.fullRowLoops = full;
        plan.cutLoop = cut;
      }
    }
  }
}

/// What of the sum is done at a time, and what of the operands is copied for it.
void Planner::chooseBlocks() {
  int64_t steps = trips(plan.reductions), rowCount = trips(plan.rowLoops);
  int64_t panelBytes = steps * plan.width() * bytes();
  bool isLoneLoop = plan.hasLoneRowLoop();
  bool staysInPlace =
      panelBytes <= firstCacheBytes &&
      (plan.reductions.empty() || !machine.sharedCacheIsSlow ||
       steps <= linesThatStay(plan.panel->strides[plan.reductions.back()] * bytes(),
                              cacheSets, cacheWays));
  // Nearer steps lose their lines, too; but where few panels are all tasks there are, shares
  // of the rows would each pack one.
  bool arePanelsEnough = machine.sharedCacheIsSlow && allPanels() >= enoughTasks;
  plan.packsPanel =
      plan.isPanelAcross() || (isFar(*plan.panel, arePanelsEnough ? nearBytes : farBytes) &&
                      !staysInPlace &&
                      rowCount >= (machine.sharedCacheIsSlow ? minRowsPerSlowPacking
                                                             : minRowsPerFarPacking));
  plan.packsRows = areRowsFarApart() && (!isReadOnce() || steps <= maxStepsToPackOnce);
  // A step's rows that lie side by side share cache lines with the next tiles' rows, but
  // the machine does not see the next step's coming.
  plan.fetchesRows =
      isLoneLoop && areRowsSideBySide() && isFar(*plan.rows) && !plan.packsRows;

  if (!plan.packsPanel && isFar(*plan.panel) && evenSteps(*plan.panel) >= minStepsToFetch &&
      wholePanelExtent() > machine.coreCacheBytes / 2)
    plan.panelStepsAhead = farStepsAhead;
  if (plan.packsPanel && machine.sharedCacheIsSlow && panelBytes > firstCacheBytes)
    plan.panelStepsAhead = packedStepsAhead;

  plan.innerReductions = plan.reductions;
  if (canReadStreams()) {
    unsigned inner = plan.reductions.back();
    plan.outerReductions.assign(plan.reductions.begin(), plan.reductions.end() - 1);
    plan.innerReductions = {inner};
    plan.cutReduction = inner;
    plan.blockTrips = isLoneTile() ? streams : 2 * streams;
    plan.panelStepsAhead = plan.blockTrips;
    plan.keepsSums = true;
    plan.readsStreams = true;
  }
  if (isLoneTile() || plan.readsStreams)
    return;
  bool areResultsFar = machine.sharedCacheIsSlow && !plan.packsRows &&
                       rowCount * plan.width() * bytes() > maxPanelBytes();
  int64_t most = std::min(maxPanelBytes(areResultsFar) / (plan.width() * bytes()),
                          stepsThatStay(plan.fetchesRows && isReadOnce()));
  // Where a block's rows are few, all that tiles read of it stays in the first-level cache.
  if (machine.sharedCacheIsSlow && !plan.packsPanel && doRowsOverlap())
    most = std::min(most, firstCacheBytes / (plan.width() * bytes()));
  // Beside packed rows less of the panel stays there; but an update waits for a whole sum
  // if it can.
  if (plan.packsRows && (!nest.updatesInPlace || steps > most))
    most = std::min(most, maxPanelBytes() / 2 / (plan.width() * bytes()));
  if (steps <= most)
    return;
  // The sums of a whole task must fit where they wait, if not in the result.
  if (nest.updatesInPlace && !isLoneLoop)
    return;
  plan.keepsSums |= nest.updatesInPlace;
  SmallVector<unsigned> &inner = plan.innerReductions;
  while (!inner.empty() && steps / nest.sizes[inner.front()] > most) {
    steps /= nest.sizes[inner.front()];
    plan.outerReductions.push_back(inner.front());
    inner.erase(inner.begin());
  }
  if (steps <= most)
    return;
  // As even as whole vectors allow, since packing may go along this loop.
  unsigned cut = inner.front();
  int64_t size = nest.sizes[cut], limit = std::max<int64_t>(1, most / (steps / size));
  int64_t trips = llvm::divideCeil(size, llvm::divideCeil(size, limit));
  if (trips >= plan.lanes)
    trips = std::min<int64_t>(llvm::alignTo(trips, plan.lanes),
                              llvm::alignDown(limit, plan.lanes));
  if (trips >= size)
    return;
  plan.cutReduction = cut;
  plan.blockTrips = trips;
}

void Planner::chooseTasks() {
  int64_t panels = plan.numPanels(nest), tiles = plan.numTiles(nest);
  int64_t tasks = allPanels();
  int64_t work = nest.numIterations() / tasks, rowCount = trips(plan.rowLoops);
  // Row loops that tasks share out: as many as leave a task enough to do.
  bool sharing = true;
  for (unsigned l : plan.rowLoops) {
    if (l == plan.cutLoop || llvm::is_contained(plan.fullRowLoops, l)) {
      sharing = false;
      continue;
    }
    sharing &= work / nest.sizes[l] >= minTaskWork / 8 && work > minTaskWork &&
               (!plan.packsPanel || rowCount / nest.sizes[l] >= minRowsPerPacking);
    if (!sharing) {
      plan.innerRowLoops.push_back(l);
      continue;
    }
    plan.sharedRowLoops.push_back(l);
    work /= nest.sizes[l];
    rowCount /= nest.sizes[l];
    tasks *= nest.sizes[l];
  }

  int64_t blocks = 1, tileRows = plan.tileRows(nest);
  if (waitsForResults()) {
    // Rows are written to their ends before the next.
    plan.panelsPerTask = panels;
    plan.tilesPerTask = plan.packsPanel ? llvm::divideCeil(rowsToWrite, tileRows) : 1;
    return;
  }
  // Each share of the rows packs the panel again.
  int64_t minRowsPerShare = (machine.sharedCacheIsSlow ? 2 : 1) * minRowsPerPacking;
  if (plan.readsStreams) {
    int64_t others = tasks / panels;
    plan.tilesPerTask = tiles;
    plan.panelsPerTask = std::clamp<int64_t>(
        streamBytes / (plan.width() * bytes()), 1,
        llvm::divideCeil(panels, std::max<int64_t>(1, 2 / others)));
    return;
  }
  // What of the rows one block of the sum reads, for all of them; how often it would be
  // read, once for each panel.
  int64_t blockRow = plan.blockSteps(nest) * bytes();
  int64_t sweeps = panels * trips(plan.panelLoops);
  SmallVector<unsigned> inTask(plan.reductions);
  llvm::append_range(inTask, plan.fullRowLoops);
  if (plan.cutLoop != ContractionPlan::noLoop)
    inTask.push_back(plan.cutLoop);
  int64_t rowsOfTask = extent(*plan.rows, inTask, /*wholeSum=*/true);
  if (plan.packsRows) {
    int64_t most = maxPackedTiles();
    if (plan.keepsSums) {
      // Tasks go through all blocks: a few panels each.
      int64_t rowsOfTask = std::min(rowCount, most * tileRows);
      plan.panelsPerTask = std::clamp<int64_t>(
          maxPanelBytes() / (plan.width() * rowsOfTask * bytes()), 1, panels);
    }
    plan.panelsInside = true;
    blocks = llvm::divideCeil(tiles, most);
    int64_t groups = llvm::divideCeil(tasks, plan.panelsPerTask);
    int64_t least = plan.packsPanel ? minRowsPerShare : minRowsPerPacking;
    if (blocks * groups < enoughTasks)
      blocks = std::clamp<int64_t>(llvm::divideCeil(enoughTasks, groups), blocks,
                                   std::max<int64_t>(blocks, rowCount / least));
  } else if (tasks < enoughTasks) {
    int64_t least = plan.packsPanel ? minRowsPerShare : tileRows;
    blocks = std::min<int64_t>({int64_t(llvm::divideCeil(enoughTasks, tasks)),
                                work / minTaskWork, rowCount / least, tiles});
  } else if (!plan.keepsSums && plan.innerRowLoops.empty() && sweeps > 1 &&
             rowsOfTask > maxRowBytes()) {
    // So many rows as stay in the cache meet all panels before the next rows do.
    blocks = llvm::divideCeil(rowCount * blockRow, rowBlockBytes());
    plan.panelsInside = true;
  }
  if (plan.keepsSums) {
    // Of those that are turned a task has more, as each task packs its panel again.
    int64_t room = plan.turnsResults ? machine.coreCacheBytes / 2 : maxPanelBytes();
    int64_t most = room / (plan.width() * bytes() * tileRows);
    blocks = std::max<int64_t>(blocks, llvm::divideCeil(tiles, std::max<int64_t>(1, most)));
  }
  plan.tilesPerTask = llvm::divideCeil(tiles, std::max<int64_t>(1, blocks));
  if (plan.turnsResults && plan.tilesPerTask < tiles) // Whole squares.
    plan.tilesPerTask =
        llvm::alignTo(plan.tilesPerTask, plan.lanes / std::gcd(plan.lanes, plan.tileTrips));

  // Each block but the first reads and writes the results once more; without blocks
  // outside, each panel but the first reads the rows once more, and each task but the
  // first of a panel that.
  int64_t steps = trips(plan.reductions), sums = llvm::divideCeil(steps, plan.blockSteps(nest));
  int64_t results = nest.sizes[plan.vectorLoop] * trips(plan.panelLoops);
  int64_t allRows = trips(plan.rowLoops);
  int64_t panelReads = trips(plan.sharedRowLoops);
  if (steps * plan.width() * bytes() > machine.coreCacheBytes / 2)
    panelReads *= llvm::divideCeil(tiles, plan.tilesPerTask);
  int64_t readAgain = steps * ((sweeps - 1) * allRows + (panelReads - 1) * results);
  // Windows overlap: what rows have in common is in the caches once.
  SmallVector<unsigned> rowsInBlock(plan.rowLoops);
  llvm::append_range(rowsInBlock, plan.innerReductions);
  int64_t rowsOfBlock =
      std::min(allRows * blockRow, extent(*plan.rows, rowsInBlock, /*wholeSum=*/false));
  plan.blocksOutside =
      plan.sumsInBlocks() && !plan.keepsSums && plan.batchLoops.empty() &&
      (plan.packsRows || plan.panelsInside || rowsOfBlock <= machine.coreCacheBytes / 2) &&
      readAgain > 2 * results * allRows * (sums - 1);
  // All panels of a block are in the cache, too, where they are one behind the other.
  SmallVector<unsigned> panelInBlock(plan.panelLoops);
  panelInBlock.push_back(plan.vectorLoop);
  llvm::append_range(panelInBlock, plan.innerReductions);
  if (plan.blocksOutside && !plan.isPanelAcross() &&
      extent(*plan.panel, panelInBlock, /*wholeSum=*/false) <= machine.coreCacheBytes / 2) {
    plan.packsPanel = false;
    plan.panelStepsAhead = 0;
  }
  plan.packsNextPanel = canPackNextPanel();
  // The first tile of each share is whole.
  plan.packsInFirstTile =
      machine.sharedCacheIsSlow && plan.packsPanel && !plan.packsNextPanel &&
      !plan.isPanelAcross() && plan.innerRowLoops.empty() && plan.cutLoop != ContractionPlan::noLoop &&
      (tiles - 1) / plan.tilesPerTask * plan.tilesPerTask <
          nest.sizes[plan.cutLoop] / plan.tileTrips;
}

/// Whether the tiles that a panel meets, few as their rows are packed, are enough to copy
/// the next one bit by bit. Each part is whole: the last ones overlap.
bool Planner::canPackNextPanel() const {
  if (!plan.packsPanel || !plan.packsRows || plan.innerReductions.size() != 1 ||
      !plan.outerReductions.empty() || (plan.sumsInBlocks() && !plan.blocksOutside) ||
      plan.panelsPerTask != 1)
    return false;
  int64_t size = nest.sizes[plan.vectorLoop];
  bool isWhole = size % plan.width() == 0 || size % plan.width() >= plan.lanes;
  if (!isWhole || plan.isPanelAcross())
    return false;
  return plan.partsOfTile(nest) * minStepsToPackPart <= plan.blockSteps(nest);
}

/// What comes from memory, or from a cache that is hardly nearer, is fetched before its time.
void Planner::chooseFetches() {
  plan.fetchesNextRows = areRowsDense();
  plan.fetchesNextPanel = arePanelsDense();
  if (areProductsApart()) {
    plan.laterLoop = plan.batchLoops.front();
    plan.laterTrips = 1;
  } else if (plan.blocksOutside && plan.cutReduction != ContractionPlan::noLoop &&
             !plan.packsPanel && !plan.packsRows && !plan.panelStepsAhead) {
    plan.laterLoop = plan.cutReduction;
    plan.laterTrips = plan.blockTrips;
  }
}

std::optional<ContractionPlan> planContraction(const LoopNest &nest,
                                               const Machine &machine) {
  return Planner(nest, machine).run();
}

} // namespace agc
