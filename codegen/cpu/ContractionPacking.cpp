//===- ContractionPacking.cpp - Operands in the order they are read in -----===//
#include "codegen/cpu/ContractionEmitter.h"

#include "codegen/cpu/Lanes.h"

using namespace mlir;

namespace agc {

/// Steps that lie side by side and are worth being copied as a square.
static constexpr int64_t minStepsAcross = 4;

void ContractionEmitter::packPanel(const Task &task, Width width) {
  if (std::optional<unsigned> along = loopAcross())
    return packAcross(task, width, *along);
  forEach(plan.innerReductions, task, task.place,
          [&](Place at) { packStep(task, at, width); });
}

/// Copies a step of the panel, and returns it.
SmallVector<Value> ContractionEmitter::packStep(const Task &task, Place at, Width width) {
  Value target = packedStep(task, at);
  Value first = task.place.indices[plan.vectorLoop];
  SmallVector<Value> columns;
  for (int64_t j = 0; j < width.vectors; ++j) {
    Place column = at;
    column.vectorLoop = plan.vectorLoop;
    column.lanes = lanes;
    column.active = j + 1 == width.vectors ? width.active : lanes;
    column.indices[plan.vectorLoop] = offset(first, j * lanes);
    if (!plan.isPanelAcross() && !plan.innerReductions.empty())
      prefetch(kernel.getArgument(panel.argument),
               offset(emit.linearIndex(panel, column),
                      stepsAhead * panel.strides[plan.innerReductions.back()]),
               /*soon=*/plan.packsInFirstTile);
    columns.push_back(asVector(emit.load(panel, column)));
    vector::StoreOp::create(b, columns.back(), packedPanel, offset(target, j * lanes));
  }
  return columns;
}

/// The loop along which the panel's steps lie side by side, if there is one: squares of
/// it are transposed.
std::optional<unsigned> ContractionEmitter::loopAcross() const {
  if (lanes == 1 || !plan.isPanelAcross())
    return std::nullopt;
  for (unsigned l : plan.innerReductions)
    if (panel.strides[l] == 1 &&
        (plan.tripsInBlock(nest, l) % lanes == 0 ||
         (l != plan.cutReduction && nest.sizes[l] >= minStepsAcross)))
      return l;
  return std::nullopt;
}

/// A panel's columns in squares: where each begins, from the panel's first on, and how many
/// of its columns count.
void ContractionEmitter::bySquares(Width width, llvm::function_ref<void(Value, int64_t)> body) {
  int64_t whole = width.active == lanes ? width.vectors : width.vectors - 1;
  if (whole > 0) {
    auto loop = scf::ForOp::create(b, emit.constant(0), emit.constant(whole * lanes),
                                   emit.constant(lanes));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    body(loop.getInductionVar(), lanes);
  }
  if (whole < width.vectors)
    body(emit.constant(whole * lanes), width.active);
}

void ContractionEmitter::packAcross(const Task &task, Width width, unsigned along) {
  int64_t apart = plan.width(); // of the packed steps along this loop
  SmallVector<unsigned> others;
  bool inside = false;
  for (unsigned l : plan.innerReductions) {
    if (l != along)
      others.push_back(l);
    apart *= inside ? plan.tripsInBlock(nest, l) : 1;
    inside |= l == along;
  }
  int64_t rest = nest.sizes[along] % lanes;

  // The squares from here on, of so many steps.
  auto squares = [&](Place at, int64_t steps) {
    bySquares(width, [&](Value column, int64_t active) {
      at.indices[plan.vectorLoop] = add(task.place.indices[plan.vectorLoop], column);
      SmallVector<Value> packed = loadAcross(
          b, VectorType::get({lanes}, out.element), kernel.getArgument(panel.argument),
          emit.linearIndex(panel, at), panel.strides[plan.vectorLoop], active, steps);
      Value to = add(packedStep(task, at), column);
      for (auto [i, step] : llvm::enumerate(packed))
        vector::StoreOp::create(b, step, packedPanel, offset(to, i * apart));
    });
  };
  forEach(others, task, task.place, [&](Place at) {
    auto [begin, end] = boundsOf(along, task);
    // A block has whole squares, but for the last one.
    Value wholeEnd = emit.constant(nest.sizes[along] - rest);
    if (along == plan.cutReduction)
      wholeEnd = arith::MinUIOp::create(b, end, wholeEnd);
    auto loop = scf::ForOp::create(b, begin, wholeEnd, emit.constant(lanes));
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      at.indices[along] = loop.getInductionVar();
      squares(at, lanes);
    }
    if (!rest)
      return;
    at.indices[along] = emit.constant(nest.sizes[along] - rest);
    Value isHere = along == plan.cutReduction
                       ? isEqual(end, emit.constant(nest.sizes[along]))
                       : Value();
    ifThen(isHere, [&] { squares(at, rest); });
  });
}

/// A step of a task's panel. Those that tiles have too many are its last once more.
Place ContractionEmitter::placeOfPart(const Task &task, Value part) {
  unsigned inner = plan.innerReductions.front();
  auto [begin, end] = boundsOf(inner, task);
  Place at = task.place;
  at.indices[inner] = arith::MinUIOp::create(b, add(begin, part), offset(end, -1));
  return at;
}

/// The last vector of a narrow panel is not cut but begins earlier.
void ContractionEmitter::packPart(const Task &task, Value part) {
  Place at = placeOfPart(task, part);
  Value first = task.place.indices[plan.vectorLoop];
  int64_t size = nest.sizes[plan.vectorLoop];
  auto type = VectorType::get({lanes}, out.element);
  for (int64_t j = 0; j < plan.tileVectors; ++j) {
    Value column = offset(first, j * lanes);
    if (size % plan.width())
      column = arith::MinUIOp::create(b, column, emit.constant(size - lanes));
    at.indices[plan.vectorLoop] = column;
    Value vector = vector::LoadOp::create(b, type, kernel.getArgument(panel.argument),
                                          emit.linearIndex(panel, at));
    vector::StoreOp::create(b, vector, packedPanel,
                            add(packedStep(task, at), arith::SubIOp::create(b, column, first)));
  }
}

void ContractionEmitter::prefetchPart(const Task &task, Value part) {
  Value from = emit.linearIndex(panel, placeOfPart(task, part));
  for (int64_t j = 0; j < plan.tileVectors; ++j)
    prefetch(kernel.getArgument(panel.argument), offset(from, j * lanes));
}

/// Steps of a tile's rows that fill whole vectors, if each block of the sum has a whole number
/// of these; else one.
int64_t ContractionEmitter::stepsOfWholeVectors() const {
  int64_t steps = lanes / std::gcd(lanes, plan.tileTrips);
  unsigned last = plan.innerReductions.back();
  bool areWhole = nest.sizes[last] % steps == 0 && plan.tripsInBlock(nest, last) % steps == 0;
  return areWhole && plan.tileTrips <= lanes ? steps : 1;
}

/// The first so many elements of each part, one part behind the other, as whole vectors.
SmallVector<Value> ContractionEmitter::joined(ArrayRef<Value> parts, int64_t each) {
  SmallVector<Value> whole;
  for (int64_t first = 0; first < int64_t(parts.size()) * each; first += lanes) {
    Value vector = parts[first / each];
    for (int64_t p = first / each; p * each < first + lanes; ++p) {
      // Lane i is element i - start of this part, or what it was.
      int64_t start = p * each - first;
      SmallVector<int64_t> order;
      for (int64_t i = 0; i < lanes; ++i)
        order.push_back(i >= start && i < start + each ? lanes + i - start : i);
      vector = vector::ShuffleOp::create(b, vector, parts[p], order);
    }
    whole.push_back(vector);
  }
  return whole;
}

/// Copies some steps of a tile's rows, one behind the other: as whole vectors, but for the
/// last tile's, which are fewer.
void ContractionEmitter::packTile(const Task &task, Place at, Value tile, int64_t count,
                                  int64_t steps) {
  int64_t trips = plan.tileTrips, apart = rows.strides[plan.innerReductions.back()];
  Value memory = kernel.getArgument(rows.argument);
  at.indices[plan.cutLoop] = times(tile, trips);
  Value from = emit.linearIndex(rows, at);
  Value inTask = arith::SubIOp::create(b, tile, task.firstTile);
  Value to = add(times(inTask, plan.packedTile(nest)), times(stepInBlock(task, at), trips));
  auto stepAt = [&](int64_t i) {
    Value step = offset(from, i * apart);
    prefetch(memory, offset(step, stepsAhead * apart));
    return step;
  };
  if (steps == 1 || count < trips) {
    auto type = VectorType::get({count}, out.element);
    for (int64_t i = 0; i < steps; ++i)
      vector::StoreOp::create(b, vector::LoadOp::create(b, type, memory, stepAt(i)), packedRows,
                              offset(to, i * trips));
    return;
  }
  auto type = VectorType::get({lanes}, out.element);
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  Value isRow = vector::ConstantMaskOp::create(b, VectorType::get({lanes}, b.getI1Type()),
                                               ArrayRef<int64_t>{trips});
  SmallVector<Value> parts;
  for (int64_t i = 0; i < steps; ++i)
    parts.push_back(vector::MaskedLoadOp::create(b, type, memory, stepAt(i), isRow, zero));
  for (auto [i, whole] : llvm::enumerate(joined(parts, trips)))
    vector::StoreOp::create(b, whole, packedRows, offset(to, i * lanes));
}

/// Tile by tile, in each step by step, the rows of a step side by side.
void ContractionEmitter::packRows(const Task &task) {
  int64_t rest = nest.sizes[plan.cutLoop] % plan.tileTrips, steps = stepsOfWholeVectors();
  unsigned last = plan.innerReductions.back();
  forEach(ArrayRef(plan.innerReductions).drop_back(), task, task.place, [&](Place at) {
    auto [begin, end] = boundsOf(last, task);
    auto loop = scf::ForOp::create(b, begin, end, emit.constant(steps));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    at.indices[last] = loop.getInductionVar();
    auto tiles = scf::ForOp::create(b, task.firstTile, task.endTile, emit.constant(1));
    {
      OpBuilder::InsertionGuard inner(b);
      b.setInsertionPointToStart(tiles.getBody());
      packTile(task, at, tiles.getInductionVar(), plan.tileTrips, steps);
    }
    if (rest)
      ifThen(task.hasRest, [&] { packTile(task, at, task.endTile, rest, steps); });
  });
}

} // namespace agc
