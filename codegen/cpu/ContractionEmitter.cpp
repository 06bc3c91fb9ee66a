//===- ContractionEmitter.cpp - Products in register tiles -----------------===//
//
// Takes: out += x * y over any loops: matmul in all transpositions, the three
// convolutions. Gives: one micro-kernel form for all. A tile of the result, so
// many rows by so many vectors, stays in registers over all reduction loops;
// each step loads the vectors of one operand ("panel"), broadcasts the elements
// of the other ("rows") and multiplies and adds.
//
// Where the panel's elements do not lie side by side, or far apart from one
// step to the next, a tile copies them into a small buffer first.
//
//===----------------------------------------------------------------------===//
#include "codegen/KernelName.h"
#include "codegen/cpu/BodyEmitter.h"
#include "codegen/cpu/Emitters.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace agc {
namespace {

/// Bytes of a packed panel: it should stay in the second-level cache beside
/// the rows that stream past it.
constexpr int64_t maxPanelBytes = 128 * 1024;
/// Rows that share one packing of the panel.
constexpr int64_t minRowsPerPacking = 64;
/// Multiplications that make a tile worth handing to a thread.
constexpr int64_t minTileWork = 1 << 17;

struct TileShape {
  int64_t rows = 1;    // of the loop that is cut, see `cutLoop`
  int64_t vectors = 1;
};

class ContractionEmitter {
public:
  ContractionEmitter(func::FuncOp kernel, const LoopNest &nest,
                     const Machine &machine)
      : kernel(kernel), nest(nest), machine(machine),
        b(kernel.getLoc(), kernel.getContext()), emit(b, kernel, nest),
        out(nest.outputs.front()) {}

  bool classify();
  int64_t run();

private:
  func::FuncOp kernel;
  const LoopNest &nest;
  const Machine &machine;
  ImplicitLocOpBuilder b;
  BodyEmitter emit;
  const Access &out;
  const Access *panel = nullptr, *rows = nullptr;

  int64_t lanes = 1;
  unsigned vectorLoop = ~0u;
  /// Parallel loops that move only the rows, innermost last; those that move
  /// only the panel; those that move both.
  SmallVector<unsigned> rowLoops, panelLoops, batchLoops, reductions;

  // The register tile: all of `fullRowLoops`, `shape.rows` trips of `cutLoop`.
  SmallVector<unsigned> fullRowLoops;
  unsigned cutLoop = ~0u;
  TileShape shape;
  // Reduction loops outside the packed panel, and inside.
  SmallVector<unsigned> outerReductions, innerReductions;
  bool packs = false;
  Value packed;

  struct Row {
    int64_t rowOffset = 0, outOffset = 0;
    SmallVector<std::pair<unsigned, int64_t>> steps; // from the tile's corner
  };

  void chooseTile();
  void choosePacking();
  SmallVector<Row> rowsOfTile(int64_t cutTrips) const;
  double tileCost(int64_t rowCount, int64_t vectors) const;

  using Nested = llvm::function_ref<void(Place)>;
  void forEach(ArrayRef<unsigned> loops, Place place, Nested body);
  SmallVector<Value> reduceOver(
      ArrayRef<unsigned> loops, Place place, ValueRange held,
      llvm::function_ref<SmallVector<Value>(Place, ValueRange)> step);
  Value packedIndex(const Place &place, int64_t vectors);
  void packPanel(Place place, int64_t vectors, int64_t active);
  void emitRowTiles(ArrayRef<unsigned> loops, Place place, int64_t vectors,
                    int64_t active, Value isFirst, Value isLast);
  void emitRegisterTile(Place place, int64_t cutTrips, int64_t vectors,
                        int64_t active, Value isFirst, Value isLast);
  void emitPanel(Place place, ArrayRef<unsigned> innerRowLoops, int64_t vectors,
                 int64_t active);
  /// Tiles are of vectors, of one element where the machine has no others; the body
  /// takes that one as it is.
  Value asVector(Value value) {
    return lanes > 1 ? value
                     : vector::BroadcastOp::create(
                           b, VectorType::get({1}, value.getType()), value);
  }
  Value asPlace(Value value) {
    return lanes > 1 ? value : vector::ExtractOp::create(b, value, int64_t(0));
  }
  Value offset(Value base, int64_t by) {
    return by ? arith::AddIOp::create(b, base, emit.constant(by)).getResult() : base;
  }
};

} // namespace

bool ContractionEmitter::classify() {
  if (!isSumOfProducts(nest) || !machine.vectorBytes ||
      nest.numIterations() < 512)
    return false;
  Type element = out.element;
  if (!element.isF32() && !element.isF64())
    return false;
  auto init = dyn_cast_or_null<FloatAttr>(nest.inits.front());
  if (!init || !init.getValue().isZero())
    return false;
  lanes = machine.lanes(element);
  for (unsigned l = 0; l < nest.numLoops(); ++l) {
    if (nest.isReduction[l] && out.strides[l])
      return false;
    if (!nest.isReduction[l] && out.strides[l] == 1)
      vectorLoop = l;
  }
  if (vectorLoop == ~0u || nest.sizes[vectorLoop] * 4 < lanes)
    return false;
  const Access &x = nest.inputs[0], &y = nest.inputs[1];
  bool movesX = x.strides[vectorLoop], movesY = y.strides[vectorLoop];
  if (movesX == movesY)
    return false;
  panel = movesX ? &x : &y;
  rows = movesX ? &y : &x;
  for (unsigned l = 0; l < nest.numLoops(); ++l) {
    if (l == vectorLoop)
      continue;
    if (nest.isReduction[l])
      reductions.push_back(l);
    else if (!panel->strides[l])
      rowLoops.push_back(l);
    else if (!rows->strides[l])
      panelLoops.push_back(l);
    else
      batchLoops.push_back(l);
  }
  return true;
}

double ContractionEmitter::tileCost(int64_t rowCount, int64_t vectors) const {
  // A step multiplies rows * vectors times, and loads rows + vectors; two
  // operations or fewer cannot hide their latency.
  double work = std::max<double>(rowCount * vectors, 8);
  return work + 0.3 * (rowCount + vectors) + 1;
}

/// The cheapest of the shapes that the registers hold.
void ContractionEmitter::chooseTile() {
  int64_t vectors = llvm::divideCeil(nest.sizes[vectorLoop], lanes);
  int64_t total = 1;
  for (unsigned l : rowLoops)
    total *= nest.sizes[l];
  double best = std::numeric_limits<double>::infinity();
  SmallVector<unsigned> bestFull;
  unsigned bestCut = ~0u;
  for (int64_t v = 1; v <= std::min<int64_t>(4, vectors); ++v) {
    int64_t maxRows = (machine.numRegisters - v - 1) / v;
    SmallVector<unsigned> full;
    int64_t rowCount = 1;
    unsigned cut = ~0u;
    for (unsigned l : llvm::reverse(rowLoops)) {
      if (rowCount * nest.sizes[l] > maxRows) {
        cut = l;
        break;
      }
      full.push_back(l);
      rowCount *= nest.sizes[l];
    }
    int64_t size = cut == ~0u ? 1 : nest.sizes[cut];
    int64_t most = std::max<int64_t>(1, std::min(size, maxRows / rowCount));
    for (int64_t t = 1; t <= most; ++t) {
      auto sweep = [&](int64_t vectorCount) {
        return (size / t) * tileCost(t * rowCount, vectorCount) +
               (size % t ? tileCost(size % t * rowCount, vectorCount) : 0);
      };
      double cost = (vectors / v) * sweep(v) + (vectors % v ? sweep(vectors % v) : 0);
      if (cost * total / (size * rowCount) < best) {
        best = cost * total / (size * rowCount);
        shape = {t, v};
        bestFull = full;
        bestCut = cut;
      }
    }
  }
  fullRowLoops = bestFull;
  cutLoop = bestCut;
}

void ContractionEmitter::choosePacking() {
  int64_t width = shape.vectors * lanes;
  int64_t bytes = out.element.getIntOrFloatBitWidth() / 8;
  int64_t rowCount = 1, steps = 1, farthest = 0;
  for (unsigned l : rowLoops)
    rowCount *= nest.sizes[l];
  for (unsigned l : reductions) {
    steps *= nest.sizes[l];
    farthest = std::max(farthest, std::abs(panel->strides[l]));
  }
  bool isScattered = panel->strides[vectorLoop] != 1;
  // Steps that are pages apart fall on few cache sets and many pages.
  bool isFar = farthest * bytes >= 1024 && steps * width * bytes > 32 * 1024;
  packs = isScattered || (isFar && rowCount >= minRowsPerPacking / 2);
  innerReductions = reductions;
  if (!packs)
    return;
  while (!nest.updatesInPlace && innerReductions.size() > 1 &&
         steps * width * bytes > maxPanelBytes) {
    steps /= nest.sizes[innerReductions.front()];
    outerReductions.push_back(innerReductions.front());
    innerReductions.erase(innerReductions.begin());
  }
}

void ContractionEmitter::forEach(ArrayRef<unsigned> loops, Place place,
                                 Nested body) {
  if (loops.empty())
    return body(place);
  auto loop = scf::ForOp::create(b, emit.constant(0),
                                 emit.constant(nest.sizes[loops.front()]),
                                 emit.constant(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  place.indices[loops.front()] = loop.getInductionVar();
  forEach(loops.drop_front(), place, body);
}

SmallVector<Value> ContractionEmitter::reduceOver(
    ArrayRef<unsigned> loops, Place place, ValueRange held,
    llvm::function_ref<SmallVector<Value>(Place, ValueRange)> step) {
  if (loops.empty())
    return step(place, held);
  auto loop = scf::ForOp::create(b, emit.constant(0),
                                 emit.constant(nest.sizes[loops.front()]),
                                 emit.constant(1), held);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  place.indices[loops.front()] = loop.getInductionVar();
  scf::YieldOp::create(b, reduceOver(loops.drop_front(), place,
                                     loop.getRegionIterArgs(), step));
  return loop.getResults();
}

/// Where the panel's vectors of this step lie in the packed buffer.
Value ContractionEmitter::packedIndex(const Place &place, int64_t vectors) {
  Value index = emit.constant(0);
  for (unsigned l : innerReductions) {
    index = arith::MulIOp::create(b, index, emit.constant(nest.sizes[l]));
    index = arith::AddIOp::create(b, index, place.indices[l]);
  }
  return arith::MulIOp::create(b, index, emit.constant(vectors * lanes));
}

void ContractionEmitter::packPanel(Place place, int64_t vectors, int64_t active) {
  Value first = place.indices[vectorLoop];
  forEach(innerReductions, place, [&](Place at) {
    Value target = packedIndex(at, vectors);
    for (int64_t j = 0; j < vectors; ++j) {
      Place column = at;
      column.vectorLoop = vectorLoop;
      column.lanes = lanes;
      column.active = j + 1 == vectors ? active : lanes;
      column.indices[vectorLoop] = offset(first, j * lanes);
      vector::StoreOp::create(b, asVector(emit.load(*panel, column)), packed,
                              offset(target, j * lanes));
    }
  });
}

SmallVector<ContractionEmitter::Row>
ContractionEmitter::rowsOfTile(int64_t cutTrips) const {
  SmallVector<Row> result(1);
  auto repeat = [&](unsigned loop, int64_t trips) {
    SmallVector<Row> next;
    for (int64_t i = 0; i < trips; ++i)
      for (Row row : result) {
        row.rowOffset += i * rows->strides[loop];
        row.outOffset += i * out.strides[loop];
        row.steps.push_back({loop, i});
        next.push_back(row);
      }
    result = next;
  };
  for (unsigned l : fullRowLoops)
    repeat(l, nest.sizes[l]);
  if (cutLoop != ~0u)
    repeat(cutLoop, cutTrips);
  return result;
}

void ContractionEmitter::emitRegisterTile(Place place, int64_t cutTrips,
                                          int64_t vectors, int64_t active,
                                          Value isFirst, Value isLast) {
  SmallVector<Row> tile = rowsOfTile(cutTrips);
  auto type = VectorType::get({lanes}, out.element);
  Value outMemory = kernel.getArgument(out.argument);
  Value rowMemory = kernel.getArgument(rows->argument);
  Value panelMemory = packs ? packed : kernel.getArgument(panel->argument);
  Value outBase = emit.linearIndex(out, place);
  Place last = place;
  last.lanes = lanes;
  last.active = active;
  bool isMasked = active < lanes;
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));

  SmallVector<Value> accumulators;
  for (const Row &row : tile)
    for (int64_t j = 0; j < vectors; ++j) {
      if (!isFirst) {
        accumulators.push_back(zero);
        continue;
      }
      Value at = offset(outBase, row.outOffset + j * lanes);
      Value held =
          isMasked && j + 1 == vectors
              ? vector::MaskedLoadOp::create(b, type, outMemory, at,
                                             emit.mask(last), zero)
                    .getResult()
              : vector::LoadOp::create(b, type, outMemory, at).getResult();
      accumulators.push_back(arith::SelectOp::create(b, isFirst, zero, held));
    }

  SmallVector<Value> sums = reduceOver(
      innerReductions, place, accumulators, [&](Place at, ValueRange held) {
        Value panelBase = packs ? packedIndex(at, vectors)
                                : emit.linearIndex(*panel, at);
        Value rowBase = emit.linearIndex(*rows, at);
        SmallVector<Value> columns, next;
        for (int64_t j = 0; j < vectors; ++j) {
          Value index = offset(panelBase, j * lanes);
          columns.push_back(
              !packs && isMasked && j + 1 == vectors
                  ? vector::MaskedLoadOp::create(b, type, panelMemory, index,
                                                 emit.mask(last), zero)
                        .getResult()
                  : vector::LoadOp::create(b, type, panelMemory, index).getResult());
        }
        for (auto [r, row] : llvm::enumerate(tile)) {
          Value scalar =
              memref::LoadOp::create(b, rowMemory, offset(rowBase, row.rowOffset));
          Value broadcast = vector::BroadcastOp::create(b, type, scalar);
          for (int64_t j = 0; j < vectors; ++j)
            next.push_back(math::FmaOp::create(b, broadcast, columns[j],
                                               held[r * vectors + j]));
        }
        return next;
      });

  auto finish = [&](const Row &row, int64_t j, Value sum) {
    Place at = place;
    at.lanes = lanes;
    at.active = j + 1 == vectors ? active : lanes;
    at.indices[vectorLoop] = offset(place.indices[vectorLoop], j * lanes);
    for (auto [loop, step] : row.steps)
      at.indices[loop] = place.indices[loop] ? offset(place.indices[loop], step)
                                             : emit.constant(step);
    return asVector(emit.finish(at, asPlace(sum)));
  };
  if (nest.epilogue && !isLast) {
    for (auto [r, row] : llvm::enumerate(tile))
      for (int64_t j = 0; j < vectors; ++j)
        sums[r * vectors + j] = finish(row, j, sums[r * vectors + j]);
  } else if (nest.epilogue) {
    // Sums over blocks are finished by the last.
    auto branch = scf::IfOp::create(b, ValueRange(sums).getTypes(), isLast,
                                    /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    SmallVector<Value> finished;
    for (auto [r, row] : llvm::enumerate(tile))
      for (int64_t j = 0; j < vectors; ++j)
        finished.push_back(finish(row, j, sums[r * vectors + j]));
    scf::YieldOp::create(b, finished);
    b.setInsertionPointToStart(branch.elseBlock());
    scf::YieldOp::create(b, sums);
    sums = SmallVector<Value>(branch.getResults());
  }

  for (auto [r, row] : llvm::enumerate(tile))
    for (int64_t j = 0; j < vectors; ++j) {
      Value at = offset(outBase, row.outOffset + j * lanes);
      Value sum = sums[r * vectors + j];
      if (isMasked && j + 1 == vectors)
        vector::MaskedStoreOp::create(b, outMemory, at, emit.mask(last), sum);
      else
        vector::StoreOp::create(b, sum, outMemory, at);
    }
}

/// Register tiles over the given row loops.
void ContractionEmitter::emitRowTiles(ArrayRef<unsigned> loops, Place place,
                                      int64_t vectors, int64_t active,
                                      Value isFirst, Value isLast) {
  SmallVector<unsigned> outer;
  bool cuts = false;
  for (unsigned l : loops) {
    if (l == cutLoop)
      cuts = true;
    else if (!llvm::is_contained(fullRowLoops, l))
      outer.push_back(l);
  }
  forEach(outer, place, [&](Place at) {
    if (!cuts)
      return emitRegisterTile(at, 1, vectors, active, isFirst, isLast);
    int64_t size = nest.sizes[cutLoop], whole = size / shape.rows * shape.rows;
    auto loop = scf::ForOp::create(b, emit.constant(0), emit.constant(whole),
                                   emit.constant(shape.rows));
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      at.indices[cutLoop] = loop.getInductionVar();
      emitRegisterTile(at, shape.rows, vectors, active, isFirst, isLast);
    }
    if (whole == size)
      return;
    at.indices[cutLoop] = emit.constant(whole);
    emitRegisterTile(at, size - whole, vectors, active, isFirst, isLast);
  });
}

/// All of a tile's rows against one panel.
void ContractionEmitter::emitPanel(Place place, ArrayRef<unsigned> innerRowLoops,
                                   int64_t vectors, int64_t active) {
  forEach(outerReductions, place, [&](Place at) {
    // Sums that go over several blocks wait in the output between them.
    Value isFirst, isLast;
    auto both = [&](Value &known, Value index, int64_t value) {
      Value here = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, index,
                                         emit.constant(value));
      known = known ? arith::AndIOp::create(b, known, here).getResult() : here;
    };
    for (unsigned l : outerReductions) {
      both(isFirst, at.indices[l], 0);
      both(isLast, at.indices[l], nest.sizes[l] - 1);
    }
    if (packs)
      packPanel(at, vectors, active);
    emitRowTiles(innerRowLoops, at, vectors, active, isFirst, isLast);
  });
}

int64_t ContractionEmitter::run() {
  chooseTile();
  choosePacking();
  Block *entry = kernel.addEntryBlock();
  b.setInsertionPointToStart(entry);
  Value begin = entry->getArgument(entry->getNumArguments() - 2);
  Value end = entry->getArgument(entry->getNumArguments() - 1);

  int64_t vectors = llvm::divideCeil(nest.sizes[vectorLoop], lanes);
  int64_t panels = llvm::divideCeil(vectors, shape.vectors);
  int64_t lastVectors = vectors - (panels - 1) * shape.vectors;
  int64_t lastActive = nest.sizes[vectorLoop] - (vectors - 1) * lanes;
  if (packs) {
    int64_t steps = 1;
    for (unsigned l : innerReductions)
      steps *= nest.sizes[l];
    packed = memref::AllocaOp::create(
        b, MemRefType::get({steps * shape.vectors * lanes}, out.element),
        b.getI64IntegerAttr(64));
  }

  // Row loops that tiles share out: as many as leave a tile enough to do.
  SmallVector<unsigned> shared, inner;
  int64_t work = nest.numIterations(), rowCount = 1;
  for (unsigned l : rowLoops)
    rowCount *= nest.sizes[l];
  for (unsigned l : batchLoops)
    work /= nest.sizes[l];
  for (unsigned l : panelLoops)
    work /= nest.sizes[l];
  work /= panels;
  bool sharing = true;
  for (unsigned l : rowLoops) {
    bool isWhole = l != cutLoop && !llvm::is_contained(fullRowLoops, l);
    sharing &= isWhole && work / nest.sizes[l] >= minTileWork / 8 &&
               (!packs || rowCount / nest.sizes[l] >= minRowsPerPacking) &&
               work > minTileWork;
    if (!sharing) {
      inner.push_back(l);
      continue;
    }
    shared.push_back(l);
    work /= nest.sizes[l];
    rowCount /= nest.sizes[l];
  }

  auto loop = scf::ForOp::create(b, begin, end, emit.constant(1));
  b.setInsertionPointToStart(loop.getBody());
  Place place;
  place.indices.assign(nest.numLoops(), Value());
  place.vectorLoop = vectorLoop;
  Value rest = loop.getInductionVar();
  int64_t tiles = 1;
  auto takeIndex = [&](int64_t size) -> Value {
    tiles *= size;
    if (size == 1)
      return emit.constant(0);
    Value index = arith::RemUIOp::create(b, rest, emit.constant(size));
    rest = arith::DivUIOp::create(b, rest, emit.constant(size));
    return index;
  };
  // Rows innermost: neighbours in the order share the panel.
  for (unsigned l : llvm::reverse(shared))
    place.indices[l] = takeIndex(nest.sizes[l]);
  Value panelIndex = takeIndex(panels);
  for (unsigned l : llvm::reverse(panelLoops))
    place.indices[l] = takeIndex(nest.sizes[l]);
  for (unsigned l : llvm::reverse(batchLoops))
    place.indices[l] = takeIndex(nest.sizes[l]);
  place.indices[vectorLoop] = arith::MulIOp::create(
      b, panelIndex, emit.constant(shape.vectors * lanes));

  bool lastDiffers = lastVectors != shape.vectors || lastActive != lanes;
  if (!lastDiffers) {
    emitPanel(place, inner, shape.vectors, lanes);
  } else if (panels == 1) {
    emitPanel(place, inner, lastVectors, lastActive);
  } else {
    Value isLast = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, panelIndex,
                                         emit.constant(panels - 1));
    auto branch = scf::IfOp::create(b, isLast, /*withElseRegion=*/true);
    b.setInsertionPointToStart(branch.thenBlock());
    emitPanel(place, inner, lastVectors, lastActive);
    b.setInsertionPointToStart(branch.elseBlock());
    emitPanel(place, inner, shape.vectors, lanes);
  }
  b.setInsertionPointToEnd(entry);
  func::ReturnOp::create(b);
  return tiles;
}

std::optional<int64_t> emitContraction(func::FuncOp kernel, const LoopNest &nest,
                                       const Machine &machine) {
  ContractionEmitter emitter(kernel, nest, machine);
  if (!emitter.classify())
    return std::nullopt;
  return emitter.run();
}

} // namespace agc
