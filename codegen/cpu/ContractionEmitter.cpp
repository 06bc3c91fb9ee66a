//===- ContractionEmitter.cpp - Products in register tiles -----------------===//
//
// Takes: out += x * y over any loops: matmul in all transpositions, the three
// convolutions. Gives: one micro-kernel form for all. A tile of the result, so
// many rows by so many vectors, stays in registers over a block of the sum; each
// step loads the vectors of one operand ("panel"), broadcasts the elements of the
// other ("rows") and multiplies and adds.
//
//   for a task of the range                some panels, some rows
//     for a block of the sum               where the panel of all of it is large
//       for panels
//         pack the panel                   where it lies far apart, or across
//         for tiles: registers             of which the first may pack it, or each some
//                                          of the next
//         turn and write what waits        where both operands lie across
//
// or, where that keeps more in the caches, the tasks inside the blocks.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/ContractionEmitter.h"

#include "codegen/cpu/Emitters.h"
#include "codegen/cpu/Lanes.h"
#include "codegen/cpu/RowShares.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace agc {

/// The trips of a loop of the sum that are in this block.
std::pair<Value, Value> ContractionEmitter::boundsOf(unsigned loop, const Task &task) {
  if (loop == plan.cutReduction)
    return {task.blockStart, task.blockEnd};
  return {emit.constant(0), emit.constant(nest.sizes[loop])};
}

void ContractionEmitter::forEach(ArrayRef<unsigned> loops, const Task &task, Place place,
                                 Nested body) {
  if (loops.empty())
    return body(place);
  auto [begin, end] = boundsOf(loops.front(), task);
  auto loop = scf::ForOp::create(b, begin, end, emit.constant(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  place.indices[loops.front()] = loop.getInductionVar();
  forEach(loops.drop_front(), task, place, body);
}

SmallVector<Value> ContractionEmitter::reduceOver(ArrayRef<unsigned> loops,
                                                  const Task &task, Place place,
                                                  ValueRange held, Step step) {
  if (loops.empty())
    return step(place, held);
  auto [begin, end] = boundsOf(loops.front(), task);
  if (loops.size() == 1)
    return stepsBetween(begin, end, place, held, step);
  auto loop = scf::ForOp::create(b, begin, end, emit.constant(1), held);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  place.indices[loops.front()] = loop.getInductionVar();
  scf::YieldOp::create(b, reduceOver(loops.drop_front(), task, place,
                                     loop.getRegionIterArgs(), step));
  return loop.getResults();
}

/// Steps of the sum's last loop, of which there are so many as are behind each other, or
/// several times that.
SmallVector<Value> ContractionEmitter::stepsBetween(Value begin, Value end, Place place,
                                                    ValueRange held, Step step) {
  auto loop =
      scf::ForOp::create(b, begin, end, emit.constant(plan.stepsAtOnce), held);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  SmallVector<Value> sums(loop.getRegionIterArgs());
  for (int64_t i = 0; i < plan.stepsAtOnce; ++i) {
    place.indices[plan.innerReductions.back()] = offset(loop.getInductionVar(), i);
    sums = step(place, sums);
  }
  scf::YieldOp::create(b, sums);
  return loop.getResults();
}

void ContractionEmitter::ifThen(Value condition, llvm::function_ref<void()> body) {
  if (!condition)
    return body();
  auto branch = scf::IfOp::create(b, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  body();
}

/// How many steps of the block come before this one.
Value ContractionEmitter::stepInBlock(const Task &task, const Place &place) {
  Value step;
  for (unsigned l : plan.innerReductions) {
    Value index = place.indices[l];
    if (l == plan.cutReduction)
      index = arith::SubIOp::create(b, index, task.blockStart);
    step = step ? add(times(step, plan.tripsInBlock(nest, l)), index) : index;
  }
  return step ? step : emit.constant(0);
}

/// Where this step of the panel begins in the buffer.
Value ContractionEmitter::packedStep(const Task &task, const Place &place) {
  Value step = times(stepInBlock(task, place), plan.width());
  return task.packedFrom ? add(task.packedFrom, step) : step;
}

SmallVector<ContractionEmitter::Row>
ContractionEmitter::rowsOfTile(int64_t cutTrips) const {
  SmallVector<Row> result(1);
  auto repeat = [&](unsigned loop, int64_t trips) {
    SmallVector<Row> next;
    for (int64_t i = 0; i < trips; ++i)
      for (Row row : result) {
        row.rowOffset += i * rows.strides[loop];
        row.outOffset += i * out.strides[loop];
        row.steps.push_back({loop, i});
        next.push_back(row);
      }
    result = next;
  };
  for (unsigned l : plan.fullRowLoops)
    repeat(l, nest.sizes[l]);
  if (plan.cutLoop != ContractionPlan::noLoop)
    repeat(plan.cutLoop, cutTrips);
  return result;
}

void ContractionEmitter::prefetch(Value memory, Value index, bool soon) {
  memref::PrefetchOp::create(b, memory, index, /*isWrite=*/false,
                             /*localityHint=*/soon ? 3 : 2, /*isDataCache=*/true);
}

/// Those of a later step: side by side, on one cache line or two.
void ContractionEmitter::prefetchRows(Value rowBase, ArrayRef<Row> tileRows) {
  int64_t ahead = rowStepsAhead * rows.strides[plan.innerReductions.back()];
  Value memory = kernel.getArgument(rows.argument);
  prefetch(memory, offset(rowBase, ahead), /*soon=*/true);
  if (tileRows.size() > 1)
    prefetch(memory, offset(rowBase, ahead + tileRows.back().rowOffset), /*soon=*/true);
}

/// In the time of a step as many elements of the next tile as it reads of this one.
void ContractionEmitter::prefetchNextRows(const Place &at, Value rowBase, int64_t cutTrips) {
  unsigned inner = plan.innerReductions.front();
  Value next = add(rowBase, times(at.indices[inner], cutTrips - 1));
  prefetch(kernel.getArgument(rows.argument), offset(next, cutTrips * nest.sizes[inner]));
}

/// In the time of a task's tiles all of the next panel.
void ContractionEmitter::prefetchNextPanel(const Place &at, Value panelBase, Value tileInTask) {
  int64_t steps = plan.blockSteps(nest), width = nest.sizes[plan.vectorLoop],
          each = llvm::divideCeil(width, plan.mostTiles(nest));
  Value step = at.indices[plan.innerReductions.front()];
  // From this step's place in the panel to its share of the next.
  Value next = arith::SubIOp::create(b, times(add(times(tileInTask, steps), step), each),
                                     times(step, width));
  prefetch(kernel.getArgument(panel.argument), offset(add(panelBase, next), steps * width));
}

/// In the time of a step as much of a later one: of its panel a vector by each tile, and the
/// tile's own rows.
void ContractionEmitter::prefetchLater(const Place &at, Value tileInTask, int64_t vectors) {
  int64_t each = llvm::divideCeil(vectors, plan.mostTiles(nest));
  auto later = [&](const Access &access) {
    return offset(emit.linearIndex(access, at), access.strides[plan.laterLoop] * plan.laterTrips);
  };
  Value next = add(later(panel), times(tileInTask, each * lanes));
  for (int64_t j = 0; j < each; ++j)
    prefetch(kernel.getArgument(panel.argument), offset(next, j * lanes));
  prefetch(kernel.getArgument(rows.argument), later(rows));
}

/// Some rows of the next tile's results, such that all parts of a tile reach all of them.
void ContractionEmitter::prefetchNextResults(const Place &place, Value part) {
  int64_t count = llvm::divideCeil(plan.tileTrips, plan.partsOfTile(nest));
  Value row = offset(times(part, count), plan.tileTrips);
  Value first = add(emit.linearIndex(out, place), times(row, out.strides[plan.cutLoop]));
  for (int64_t r = 0; r < count; ++r)
    for (int64_t j = 0; j < plan.tileVectors; ++j)
      prefetch(kernel.getArgument(out.argument),
               offset(first, r * out.strides[plan.cutLoop] + j * lanes));
}

/// What the epilogue reads for a tile is fetched while that is summed up: parameters
/// and an optimizer's state are read once a step, from memory.
void ContractionEmitter::prefetchForEpilogue(const Place &place, ArrayRef<Row> tileRows,
                                             int64_t vectors) {
  for (auto [i, access] : llvm::enumerate(nest.epilogueInputs)) {
    bool movesWithRows = llvm::all_of(
        plan.rowLoops, [&](unsigned l) { return access.strides[l] != 0; });
    if (i == nest.resultArgument || nest.epilogue->getArgument(i).use_empty() ||
        access.strides[plan.vectorLoop] != 1 || !movesWithRows)
      continue;
    Value base = emit.linearIndex(access, place);
    for (const Row &row : tileRows) {
      int64_t from = 0;
      for (auto [loop, step] : row.steps)
        from += step * access.strides[loop];
      for (int64_t j = 0; j < vectors; ++j)
        prefetch(kernel.getArgument(access.argument), offset(base, from + j * lanes));
    }
  }
}

Value ContractionEmitter::finish(Place place, const Row &row, int64_t j, Width width,
                                 Value sum) {
  place.lanes = lanes;
  place.active = j + 1 == width.vectors ? width.active : lanes;
  place.indices[plan.vectorLoop] = offset(place.indices[plan.vectorLoop], j * lanes);
  for (auto [loop, step] : row.steps)
    place.indices[loop] = place.indices[loop] ? offset(place.indices[loop], step)
                                              : emit.constant(step);
  return asVector(emit.finish(place, asPlace(sum)));
}

/// A tile's products, added to its sums. If there is a next panel, its share of that is
/// copied first, and between some steps and the next a part of the next share is fetched.
SmallVector<Value> ContractionEmitter::sumUp(const Task &task, const Place &place,
                                             ValueRange sums, Value tileInTask, Step step) {
  if (!plan.packsNextPanel)
    return reduceOver(plan.innerReductions, task, place, sums, step);
  int64_t parts = plan.partsOfTile(nest);
  Value firstPart = times(tileInTask, parts);
  ifThen(task.hasNext, [&] {
    auto loop = scf::ForOp::create(b, emit.constant(0), emit.constant(parts), emit.constant(1));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    packPart(*task.next, add(firstPart, loop.getInductionVar()));
  });
  unsigned inner = plan.innerReductions.front();
  int64_t trips = llvm::alignTo(llvm::divideCeil(plan.tripsInBlock(nest, inner), parts),
                                plan.stepsAtOnce);
  auto [begin, end] = boundsOf(inner, task);
  auto loop = scf::ForOp::create(b, begin, end, emit.constant(trips), sums);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value from = loop.getInductionVar();
  Value part = arith::DivUIOp::create(b, arith::SubIOp::create(b, from, begin),
                                      emit.constant(trips));
  ifThen(task.hasNext,
         [&] { prefetchPart(*task.next, offset(add(firstPart, part), parts)); });
  if (plan.sumsInBlocks())
    prefetchNextResults(place, part);
  Value to = arith::MinUIOp::create(b, offset(from, trips), end);
  scf::YieldOp::create(b, stepsBetween(from, to, place, loop.getRegionIterArgs(), step));
  return loop.getResults();
}

void ContractionEmitter::emitRegisterTile(const Task &task, Place place, Value tile,
                                          Value panelInTask, int64_t cutTrips,
                                          Width width, bool packs) {
  SmallVector<Row> tileRows = rowsOfTile(cutTrips);
  int64_t vectors = width.vectors;
  auto type = VectorType::get({lanes}, out.element);
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  Value outMemory = kernel.getArgument(out.argument);
  Value outBase = emit.linearIndex(out, place);
  Place last = place;
  last.lanes = lanes;
  last.active = width.active;
  auto isMasked = [&](int64_t j) { return width.active < lanes && j + 1 == vectors; };
  Value inTask;
  if (plan.keepsSums || plan.packsRows || plan.fetchesNextPanel || plan.fetchesLater())
    inTask = arith::SubIOp::create(b, tile, task.firstTile);

  // Where sums wait for the next block: whole vectors each, or in the result.
  Value sumBase;
  if (plan.keepsSums)
    sumBase = keptTile(panelInTask, inTask);
  auto sumAt = [&](size_t r, int64_t j) {
    return plan.keepsSums ? offset(sumBase, r * plan.width() + j * lanes)
                          : offset(outBase, tileRows[r].outOffset + j * lanes);
  };
  auto heldSums = [&](bool areHeld) {
    SmallVector<Value> held;
    for (size_t r = 0; r < tileRows.size(); ++r)
      for (int64_t j = 0; j < vectors; ++j) {
        if (!areHeld)
          held.push_back(zero);
        else if (plan.keepsSums)
          held.push_back(vector::LoadOp::create(b, type, keptSums, sumAt(r, j)));
        else if (isMasked(j))
          held.push_back(vector::MaskedLoadOp::create(b, type, outMemory, sumAt(r, j),
                                                      emit.mask(last), zero));
        else
          held.push_back(vector::LoadOp::create(b, type, outMemory, sumAt(r, j)));
      }
    return held;
  };
  SmallVector<Value> sums = heldSums(false);
  if (task.isFirst) {
    auto branch = scf::IfOp::create(b, ValueRange(sums).getTypes(), task.isFirst,
                                    /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    scf::YieldOp::create(b, sums);
    b.setInsertionPointToStart(branch.elseBlock());
    scf::YieldOp::create(b, heldSums(true));
    sums = SmallVector<Value>(branch.getResults());
  }

  if (nest.epilogue && !plan.turnsResults)
    ifThen(task.isLast, [&] { prefetchForEpilogue(place, tileRows, vectors); });
  Value rowMemory = plan.packsRows ? packedRows : kernel.getArgument(rows.argument);
  Value firstRow = plan.packsRows ? times(inTask, plan.packedTile(nest)) : Value();
  Value panelMemory = plan.packsPanel ? packedPanel : kernel.getArgument(panel.argument);
  sums = sumUp(
      task, place, sums, inTask, [&](Place at, ValueRange held) {
        Value panelBase = plan.packsPanel ? packedStep(task, at) : emit.linearIndex(panel, at);
        Value rowBase = plan.packsRows
                            ? add(firstRow, times(stepInBlock(task, at), plan.tileTrips))
                            : emit.linearIndex(rows, at);
        if (plan.fetchesRows)
          prefetchRows(rowBase, tileRows);
        if (plan.fetchesNextRows)
          prefetchNextRows(at, rowBase, cutTrips);
        if (plan.fetchesNextPanel)
          prefetchNextPanel(at, panelBase, inTask);
        if (plan.fetchesLater())
          prefetchLater(at, inTask, vectors);
        SmallVector<Value> columns, next;
        if (packs)
          columns = packStep(task, at, width);
        else if (plan.panelStepsAhead) {
          int64_t step = plan.packsPanel ? plan.width()
                                         : panel.strides[plan.innerReductions.back()];
          for (int64_t j = 0; j < vectors; ++j)
            prefetch(panelMemory, offset(panelBase, plan.panelStepsAhead * step + j * lanes),
                     /*soon=*/plan.packsPanel || plan.readsStreams);
        }
        for (int64_t j = columns.size(); j < vectors; ++j) {
          Value index = offset(panelBase, j * lanes);
          if (!plan.packsPanel && isMasked(j))
            columns.push_back(vector::MaskedLoadOp::create(b, type, panelMemory, index,
                                                           emit.mask(last), zero));
          else
            columns.push_back(vector::LoadOp::create(b, type, panelMemory, index));
        }
        for (auto [r, row] : llvm::enumerate(tileRows)) {
          Value scalar =
              memref::LoadOp::create(b, rowMemory, offset(rowBase, row.rowOffset));
          Value broadcast = vector::BroadcastOp::create(b, type, scalar);
          for (int64_t j = 0; j < vectors; ++j)
            next.push_back(math::FmaOp::create(b, broadcast, columns[j],
                                               held[r * vectors + j]));
        }
        return next;
      });

  auto store = [&](bool isFinished) {
    SmallVector<Value> results(sums);
    if (isFinished && nest.epilogue)
      for (auto [r, row] : llvm::enumerate(tileRows))
        for (int64_t j = 0; j < vectors; ++j)
          results[r * vectors + j] = finish(place, row, j, width, sums[r * vectors + j]);
    for (auto [r, row] : llvm::enumerate(tileRows))
      for (int64_t j = 0; j < vectors; ++j) {
        Value result = results[r * vectors + j];
        Value at = offset(outBase, row.outOffset + j * lanes);
        if (!isFinished && plan.keepsSums)
          vector::StoreOp::create(b, result, keptSums, sumAt(r, j));
        else if (isMasked(j))
          vector::MaskedStoreOp::create(b, outMemory, at, emit.mask(last), result);
        else
          vector::StoreOp::create(b, result, outMemory, at);
      }
  };
  if (plan.turnsResults)
    return store(/*isFinished=*/false);
  if (!task.isLast || (!nest.epilogue && !plan.keepsSums))
    return store(/*isFinished=*/true);
  auto branch = scf::IfOp::create(b, task.isLast, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  store(/*isFinished=*/true);
  b.setInsertionPointToStart(branch.elseBlock());
  store(/*isFinished=*/false);
}

/// The register tiles of a task's rows.
void ContractionEmitter::emitRowTiles(const Task &task, Value panelInTask, Width width) {
  forEach(plan.innerRowLoops, task, task.place, [&](Place at) {
    unsigned cut = plan.cutLoop;
    if (cut == ContractionPlan::noLoop)
      return emitRegisterTile(task, at, emit.constant(0), panelInTask, 1, width);
    Value first = task.firstTile;
    if (plan.packsInFirstTile) {
      at.indices[cut] = times(first, plan.tileTrips);
      emitRegisterTile(task, at, first, panelInTask, plan.tileTrips, width, /*packs=*/true);
      first = offset(first, 1);
    }
    auto loop = scf::ForOp::create(b, first, task.endTile, emit.constant(1));
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      Value tile = loop.getInductionVar();
      at.indices[cut] = times(tile, plan.tileTrips);
      emitRegisterTile(task, at, tile, panelInTask, plan.tileTrips, width);
    }
    int64_t rest = nest.sizes[cut] % plan.tileTrips;
    if (!rest)
      return;
    ifThen(task.hasRest, [&] {
      at.indices[cut] = times(task.endTile, plan.tileTrips);
      emitRegisterTile(task, at, task.endTile, panelInTask, rest, width);
    });
  });
}

/// Finishes and writes a square of a task's sums, so many rows by columns of it, along the
/// rows.
void ContractionEmitter::turnSquare(const Task &task, Value row, int64_t rowCount,
                                    Value column, int64_t columnCount, Value sumBase) {
  Place place = task.place;
  unsigned columns = plan.vectorLoop;
  Value first = place.indices[columns];
  place.vectorLoop = plan.cutLoop;
  place.lanes = lanes;
  place.active = rowCount;
  place.indices[plan.cutLoop] = row;
  Value inTask = arith::SubIOp::create(b, row, times(task.firstTile, plan.tileTrips));
  Value from = add(add(sumBase, column), times(inTask, plan.width()));
  SmallVector<Value> turned = loadAcross(b, VectorType::get({lanes}, out.element), keptSums,
                                         from, plan.width(), rowCount, columnCount);
  for (auto [i, sums] : llvm::enumerate(turned)) {
    place.indices[columns] = offset(add(first, column), i);
    emit.store(emit.finish(place, sums), out, place);
  }
}

/// Of a panel's finished sums.
void ContractionEmitter::turnResults(const Task &task, Value panelInTask, Width width) {
  Value sumBase = keptTile(panelInTask, emit.constant(0));
  int64_t size = nest.sizes[plan.cutLoop], rest = size % lanes;
  auto squares = [&](Value row, int64_t rowCount) {
    bySquares(width, [&](Value column, int64_t columnCount) {
      turnSquare(task, row, rowCount, column, columnCount, sumBase);
    });
  };
  // The last share alone does not end with a whole square.
  Value begin = times(task.firstTile, plan.tileTrips), end = emit.constant(size - rest);
  if (plan.mostTiles(nest) < plan.numTiles(nest))
    end = arith::MinUIOp::create(b, end, offset(begin, plan.tilesPerTask * plan.tileTrips));
  auto loop = scf::ForOp::create(b, begin, end, emit.constant(lanes));
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    squares(loop.getInductionVar(), lanes);
  }
  if (rest)
    ifThen(task.hasRest, [&] { squares(emit.constant(size - rest), rest); });
}

void ContractionEmitter::emitPanel(Task task, Value panelInTask, Width width) {
  if (plan.packsPanel && !plan.packsInFirstTile)
    ifThen(task.isUnpacked, [&] { packPanel(task, width); });
  emitRowTiles(task, panelInTask, width);
  if (plan.turnsResults)
    ifThen(task.isLast, [&] { turnResults(task, panelInTask, width); });
}

/// A task's panels, of which the last of all may be narrower.
void ContractionEmitter::emitPanels(const Task &task, Value firstPanel) {
  int64_t vectors = llvm::divideCeil(nest.sizes[plan.vectorLoop], lanes);
  int64_t panels = plan.numPanels(nest);
  Width whole{plan.tileVectors, lanes};
  Width narrow{vectors - (panels - 1) * plan.tileVectors,
               nest.sizes[plan.vectorLoop] - (vectors - 1) * lanes};
  bool differs = narrow.vectors != whole.vectors || narrow.active != whole.active;
  auto emitAt = [&](Value index, Value inTask) {
    Task at = task;
    at.place.indices[plan.vectorLoop] = times(index, plan.width());
    if (!differs || panels == 1)
      return emitPanel(at, inTask, differs ? narrow : whole);
    auto branch = scf::IfOp::create(b, isEqual(index, emit.constant(panels - 1)),
                                    /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    emitPanel(at, inTask, narrow);
    b.setInsertionPointToStart(branch.elseBlock());
    emitPanel(at, inTask, whole);
  };
  if (plan.panelsPerTask == 1)
    return emitAt(firstPanel, emit.constant(0));
  Value end = arith::MinUIOp::create(b, offset(firstPanel, plan.panelsPerTask),
                                     emit.constant(panels));
  auto loop = scf::ForOp::create(b, firstPanel, end, emit.constant(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value index = loop.getInductionVar();
  emitAt(index, arith::SubIOp::create(b, index, firstPanel));
}

/// Where the block of `cutReduction` that begins there ends.
Value ContractionEmitter::endOfBlock(Value begin) {
  Value end = offset(begin, plan.blockTrips);
  int64_t size = nest.sizes[plan.cutReduction];
  return size % plan.blockTrips ? arith::MinUIOp::create(b, end, emit.constant(size)).getResult()
                                : end;
}

/// The sum, block by block.
void ContractionEmitter::forEachBlock(Task task, llvm::function_ref<void(const Task &)> body) {
  forEach(plan.outerReductions, task, task.place, [&](Place at) {
    Task block = task;
    block.place = at;
    auto both = [&](Value &known, Value here) {
      known = known ? arith::AndIOp::create(b, known, here).getResult() : here;
    };
    for (unsigned l : plan.outerReductions) {
      both(block.isFirst, isEqual(at.indices[l], emit.constant(0)));
      both(block.isLast, isEqual(at.indices[l], emit.constant(nest.sizes[l] - 1)));
    }
    unsigned cut = plan.cutReduction;
    if (cut == ContractionPlan::noLoop)
      return body(block);
    int64_t size = nest.sizes[cut];
    auto loop = scf::ForOp::create(b, emit.constant(0), emit.constant(size),
                                   emit.constant(plan.blockTrips));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    block.blockStart = loop.getInductionVar();
    block.blockEnd = endOfBlock(block.blockStart);
    both(block.isFirst, isEqual(block.blockStart, emit.constant(0)));
    both(block.isLast, isEqual(block.blockEnd, emit.constant(size)));
    body(block);
  });
}

/// The task of this number, and its first panel.
std::pair<ContractionEmitter::Task, Value> ContractionEmitter::taskAt(const Task &block,
                                                                      Value number) {
  Task task = block;
  numTasks = 1;
  auto takeIndex = [&](int64_t size) -> Value {
    numTasks *= size;
    if (size == 1)
      return emit.constant(0);
    Value index = arith::RemUIOp::create(b, number, emit.constant(size));
    number = arith::DivUIOp::create(b, number, emit.constant(size));
    return index;
  };
  // Neighbours share the panel, or their rows.
  int64_t tiles = plan.numTiles(nest);
  int64_t shares = llvm::divideCeil(tiles, plan.tilesPerTask);
  Value share, firstPanel;
  auto takePanel = [&] {
    int64_t groups = llvm::divideCeil(plan.numPanels(nest), plan.panelsPerTask);
    firstPanel = times(takeIndex(groups), plan.panelsPerTask);
    for (unsigned l : llvm::reverse(plan.panelLoops))
      task.place.indices[l] = takeIndex(nest.sizes[l]);
  };
  if (plan.panelsInside)
    takePanel();
  share = takeIndex(shares);
  for (unsigned l : llvm::reverse(plan.sharedRowLoops))
    task.place.indices[l] = takeIndex(nest.sizes[l]);
  if (!plan.panelsInside)
    takePanel();
  for (unsigned l : llvm::reverse(plan.batchLoops))
    task.place.indices[l] = takeIndex(nest.sizes[l]);

  int64_t wholeTiles =
      plan.cutLoop == ContractionPlan::noLoop ? 1 : nest.sizes[plan.cutLoop] / plan.tileTrips;
  task.firstTile = times(share, plan.tilesPerTask);
  task.endTile = emit.constant(wholeTiles);
  if (shares > 1) {
    task.endTile = arith::MinUIOp::create(b, offset(task.firstTile, plan.tilesPerTask),
                                          task.endTile);
    task.hasRest = isEqual(share, emit.constant(shares - 1));
  }
  return {task, firstPanel};
}

/// The task behind this one in the caller's range: behind its last the first, of the next
/// block of the sum. Two buffers take turns.
ContractionEmitter::Task ContractionEmitter::taskBehind(const Task &block, Value number,
                                                        Value begin, Value end, Task &task) {
  Value behind = offset(number, 1), isLast = isEqual(behind, end);
  Value passed = arith::SubIOp::create(b, number, begin);
  Task next = block;
  if (plan.sumsInBlocks()) {
    Value blocks = arith::DivUIOp::create(b, block.blockStart, emit.constant(plan.blockTrips));
    passed = add(passed, arith::MulIOp::create(
                             b, blocks, arith::SubIOp::create(b, end, begin)));
    Value size = emit.constant(nest.sizes[plan.cutReduction]);
    next.blockStart =
        arith::SelectOp::create(b, isLast, block.blockEnd, block.blockStart);
    next.blockEnd = endOfBlock(next.blockStart);
    task.hasNext = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, next.blockStart, size);
  } else {
    task.hasNext = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, behind, end);
  }
  Value firstPanel;
  std::tie(next, firstPanel) =
      taskAt(next, arith::SelectOp::create(b, isLast, begin, behind));
  next.place.indices[plan.vectorLoop] = times(firstPanel, plan.width());
  task.isUnpacked = isEqual(passed, emit.constant(0));
  int64_t size = plan.blockSteps(nest) * plan.width();
  task.packedFrom = times(arith::AndIOp::create(b, passed, emit.constant(1)), size);
  next.packedFrom = arith::SubIOp::create(b, emit.constant(size), task.packedFrom);
  return next;
}

/// The tasks of the caller's range.
void ContractionEmitter::forEachTask(const Task &block,
                                     llvm::function_ref<void(const Task &, Value)> body) {
  Block::BlockArgListType arguments = kernel.getArguments();
  Value begin = arguments.drop_back().back(), end = arguments.back();
  auto loop = scf::ForOp::create(b, begin, end, emit.constant(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value number = loop.getInductionVar();
  auto [task, firstPanel] = taskAt(block, number);
  // The first of those that share their rows, and the first of all in this range.
  if (plan.packsRows) {
    Value isFirst = isEqual(firstPanel, emit.constant(0));
    for (unsigned l : plan.panelLoops)
      isFirst = arith::AndIOp::create(b, isFirst,
                                      isEqual(task.place.indices[l], emit.constant(0)));
    task.hasNewRows = arith::OrIOp::create(b, isFirst, isEqual(number, begin));
  }
  Task next;
  if (plan.packsNextPanel) {
    next = taskBehind(block, number, begin, end, task);
    task.next = &next;
  }
  body(task, firstPanel);
}

int64_t ContractionEmitter::run() {
  b.setInsertionPointToStart(kernel.addEntryBlock());
  int64_t tileRows = plan.tileRows(nest);
  if (plan.packsPanel)
    packedPanel =
        buffer((plan.packsNextPanel ? 2 : 1) * plan.blockSteps(nest) * plan.width());
  if (plan.packsRows)
    packedRows = buffer(plan.mostTiles(nest) *
                        plan.packedTile(nest));
  if (plan.keepsSums)
    keptSums = buffer(plan.panelsPerTask * plan.tilesPerTask * tileRows * plan.width());

  Task whole;
  whole.place.indices.assign(nest.numLoops(), Value());
  whole.place.vectorLoop = plan.vectorLoop;
  auto emitBlock = [&](const Task &task, Value firstPanel) {
    if (plan.packsRows)
      ifThen(plan.sumsInBlocks() && !plan.blocksOutside ? Value() : task.hasNewRows,
             [&] { packRows(task); });
    emitPanels(task, firstPanel);
  };
  if (plan.blocksOutside)
    forEachBlock(whole, [&](const Task &block) { forEachTask(block, emitBlock); });
  else
    forEachTask(whole, [&](const Task &task, Value firstPanel) {
      forEachBlock(task, [&](const Task &block) { emitBlock(block, firstPanel); });
    });
  func::ReturnOp::create(b);
  return numTasks;
}

std::optional<int64_t> emitContraction(func::FuncOp kernel, const LoopNest &nest,
                                       const Machine &machine) {
  std::optional<ContractionPlan> plan = planContraction(nest, machine);
  if (!plan)
    return std::nullopt;
  shareRows(*plan, nest, machine);
  return ContractionEmitter(kernel, nest, *plan).run();
}

} // namespace agc
