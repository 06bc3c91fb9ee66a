//===- LoopEmitter.cpp - Vector loops for any nest -------------------------===//
//
// Takes: a loop nest. Gives: scf loops around vector code, in one of the forms
//   map      no reduction: each place is computed and stored;
//   squares  a map with an input that lies along another loop than the vectors:
//            as many of its vectors as have lanes are loaded and transposed;
//   woven    such a map whose last loops are short: vectors go over them and the
//            loop before as over one, those of the input are interleaved;
//   columns  a reduction, vectors along a parallel loop: accumulators in
//            registers, one lane a result;
//   rows     a reduction, vectors along the reduced loop: lanes are partial
//            results, combined at the end in a fixed tree;
//   scatter  results overlap (pooling's gradient): read, add, write back.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/LoopEmitter.h"

#include "codegen/KernelName.h"
#include "codegen/cpu/Emitters.h"

using namespace mlir;

namespace agc {

/// Iterations that a tile should have, so that threads have enough to share
/// and enough to do; fewer where each takes much more than this.
static constexpr int64_t tileIterations = 8192, usualWork = 16, usualOperands = 4;
static constexpr int64_t fewTiles = 4;
/// Work of one vector for which two are done side by side; and for which four are, where
/// there are registers for them: their code is then all that the machine looks ahead.
static constexpr int64_t longChain = 96, longestChain = 160, manyRegisters = 32;

Type LoopEmitter::widestElement() {
  // f32 beside i64 labels still goes 16 wide: integers take two registers.
  Type widest;
  for (const Access &access : llvm::concat<const Access>(nest.inputs, nest.outputs)) {
    Type element = access.element;
    if (!isa<FloatType>(element))
      continue;
    if (!widest || element.getIntOrFloatBitWidth() > widest.getIntOrFloatBitWidth())
      widest = element;
  }
  return widest ? widest : nest.outputs.front().element;
}

bool LoopEmitter::isScatter() {
  for (const Access &output : nest.outputs)
    for (unsigned l = 0; l < nest.numLoops(); ++l)
      if (nest.isReduction[l] && output.strides[l])
        return true;
  return false;
}

bool LoopEmitter::hasUnitStride(unsigned loop) {
  return llvm::all_of(nest.inputs, [&](const Access &access) {
    return access.strides[loop] == 0 || access.strides[loop] == 1;
  });
}

bool LoopEmitter::mapsUnitStride(unsigned loop) {
  return !nest.isReduction[loop] &&
         llvm::all_of(nest.outputs, [&](const Access &access) {
           return access.strides[loop] == 1;
         });
}

void LoopEmitter::chooseVectorLoop() {
  vectorLoop = ~0u;
  if (lanes == 1)
    return;
  unsigned column = ~0u, row = ~0u;
  for (unsigned l = 0; l < nest.numLoops(); ++l) {
    if (mapsUnitStride(l))
      column = l;
    if (nest.isReduction[l] && hasUnitStride(l) && !combiners.empty() && !isScatter())
      row = l;
  }
  bool columnFits = column != ~0u && hasUnitStride(column) &&
                    nest.sizes[column] * 2 >= lanes;
  if (!columnFits && row != ~0u && nest.sizes[row] > 1)
    vectorLoop = row;
  else if (column != ~0u && nest.sizes[column] > 1)
    vectorLoop = column;
  if (vectorLoop == ~0u)
    lanes = 1;
}

SmallVector<unsigned> LoopEmitter::loopsWhere(bool reduction, bool skipVector) {
  SmallVector<unsigned> result;
  for (unsigned l = 0; l < nest.numLoops(); ++l)
    if (nest.isReduction[l] == reduction && !(skipVector && l == vectorLoop))
      result.push_back(l);
  return result;
}

void LoopEmitter::forEachPlace(ArrayRef<unsigned> loops, Place place, Nested body) {
  if (loops.empty())
    return body(place);
  unsigned loop = loops.front();
  auto op = scf::ForOp::create(b, emit.constant(0),
                               emit.constant(nest.sizes[loop]), emit.constant(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.getBody());
  place.indices[loop] = op.getInductionVar();
  forEachPlace(loops.drop_front(), place, body);
}

/// All of the body at one place, reductions inside.
void LoopEmitter::emitAt(Place place) {
  SmallVector<unsigned> reductions = loopsWhere(true, false);
  if (isScatter()) {
    forEachPlace(reductions, place, [&](Place at) {
      SmallVector<Value> held;
      for (const Access &output : nest.outputs)
        held.push_back(emit.load(output, at));
      SmallVector<Value> results = emit.body(at, held);
      for (auto [value, output] : llvm::zip_equal(results, nest.outputs))
        emit.store(value, output, at);
    });
    return;
  }
  // Reduction loops of one trip are gone, but the body still adds to something.
  SmallVector<Value> inits;
  bool readsOutputs = llvm::any_of(
      nest.body->getArguments().drop_front(nest.inputs.size()),
      [](BlockArgument argument) { return !argument.use_empty(); });
  if (readsOutputs)
    for (unsigned i = 0; i < nest.numSums(); ++i)
      inits.push_back(initial(i, place));
  SmallVector<Value> results =
      reduceOver(reductions, place, inits, [&](Place at, ValueRange held) {
        return emit.body(at, held);
      });
  for (auto [i, value] : llvm::enumerate(results))
    emit.store(emit.finish(place, value), nest.outputs[i], place);
}

/// As many places of a loop at a time as there are lanes, fewer at the loop's end: all, or
/// those of a range whose ends are multiples of the lanes but for that end.
void LoopEmitter::byLanes(unsigned loop, const Range &range,
                          llvm::function_ref<void(Value first, int64_t count)> body) {
  int64_t size = nest.sizes[loop], whole = size / lanes * lanes;
  bool isAll = !range.lower;
  if (whole) {
    Value end = isAll ? emit.constant(whole)
                      : arith::MinUIOp::create(b, range.upper, emit.constant(whole));
    auto places = scf::ForOp::create(b, isAll ? emit.constant(0) : range.lower, end,
                                     emit.constant(lanes));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(places.getBody());
    body(places.getInductionVar(), lanes);
  }
  if (whole == size)
    return;
  if (isAll)
    return body(emit.constant(whole), size - whole);
  Value isLast = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, range.upper,
                                       emit.constant(size));
  auto branch = scf::IfOp::create(b, isLast, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  body(emit.constant(whole), size - whole);
}

/// Vectors along a parallel loop.
void LoopEmitter::alongVector(Place place, const Range &range, Nested body) {
  byLanes(vectorLoop, range, [&](Value first, int64_t count) {
    place.vectorLoop = vectorLoop;
    place.lanes = lanes;
    place.active = count;
    place.indices[vectorLoop] = first;
    body(place);
  });
}

/// Of a chain of functions the machine sees no other vector's beside it: so many go op by
/// op together.
int64_t LoopEmitter::vectorsAtOnce() {
  int64_t work = workPerIteration(nest), vectors = nest.sizes[vectorLoop] / lanes;
  if (work >= longestChain && numRegisters >= manyRegisters && vectors >= 8)
    return 4;
  return work >= longChain && vectors >= 4 ? 2 : 1;
}

int64_t LoopEmitter::run() {
  Block *entry = kernel.addEntryBlock();
  b.setInsertionPointToStart(entry);
  Value begin = entry->getArgument(entry->getNumArguments() - 2);
  Value end = entry->getArgument(entry->getNumArguments() - 1);
  findCombiners();
  std::optional<unsigned> woven = wovenLoop();
  bool isWoven = woven.has_value();
  if (isWoven)
    vectorLoop = *woven;
  else
    chooseVectorLoop();
  bool isRow = vectorLoop != ~0u && nest.isReduction[vectorLoop];
  bool reduces = nest.hasReductions();
  std::optional<unsigned> along = isWoven ? std::nullopt : acrossLoop();
  if (!along && !isWoven && !reduces && lanes > 1)
    lanes *= vectorsAtOnce();

  // Outer parallel loops make up the tiles; inner ones run inside.
  SmallVector<unsigned> inner = loopsWhere(false, true), outer;
  int64_t operands = nest.inputs.size() + nest.outputs.size();
  int64_t weight = std::max<int64_t>({1, workPerIteration(nest) / usualWork, operands / usualOperands});
  int64_t tiles = 1, work = nest.numIterations() * weight;
  // What is behind a woven loop is written out.
  int64_t behind = 1;
  if (isWoven)
    for (; !inner.empty() && inner.back() > vectorLoop; inner.pop_back())
      behind *= nest.sizes[inner.back()];
  while (!inner.empty() && work > tileIterations && inner.front() != along) {
    tiles *= nest.sizes[inner.front()];
    work /= nest.sizes[inner.front()];
    outer.push_back(inner.front());
    inner.erase(inner.begin());
  }
  // Long sums into few places: the places are shared out, which each read a part of what
  // comes from memory for all; where there are tiles enough they are not.
  int64_t vectors = vectorLoop == ~0u
                        ? 1
                        : llvm::divideCeil(nest.sizes[vectorLoop], lanes);
  bool readsOnce = vectors * nest.numSums() <= maxAccumulators;
  int64_t width = readsOnce ? vectors : std::min(numAccumulators, vectors), groups = 1;
  if (inner.empty() && reduces && vectorLoop != ~0u && !isRow && !isScatter() &&
      work > 2 * tileIterations && tiles < fewTiles) {
    width = std::min<int64_t>(numAccumulators, llvm::divideCeil(vectors, 2));
    groups = llvm::divideCeil(vectors, width);
    tiles *= groups;
  }
  // One long loop is cut into blocks; squares are shared out along both.
  int64_t block = 0, stepBlock = 0;
  if (along) {
    block = lanes * squaresSideBySide(*along);
    tiles *= llvm::divideCeil(nest.sizes[vectorLoop], block);
    stepBlock = stepsOfTile(*along, tiles);
    tiles *= llvm::divideCeil(nest.sizes[*along], stepBlock);
    inner.erase(llvm::find(inner, *along));
  }
  if (!along && inner.empty() && !reduces && vectorLoop != ~0u && work > 2 * tileIterations &&
      !isScatter()) {
    block = llvm::alignTo(llvm::divideCeil(tileIterations, weight * behind), lanes);
    tiles *= llvm::divideCeil(nest.sizes[vectorLoop], block);
  }

  Place place;
  place.indices.assign(nest.numLoops(), Value());
  // A thread that has all of the places reads what it sums up once.
  if (groups > 1 && outer.empty() && readsOnce) {
    auto equals = [&](Value x, int64_t y) {
      return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, x, emit.constant(y));
    };
    Value isAll = arith::AndIOp::create(b, equals(begin, 0), equals(end, groups));
    auto branch = scf::IfOp::create(b, isAll, /*withElseRegion=*/true);
    b.setInsertionPointToStart(branch.thenBlock());
    emitColumns(place, vectors, Value());
    b.setInsertionPointToStart(branch.elseBlock());
  }
  auto loop = scf::ForOp::create(b, begin, end, emit.constant(1));
  b.setInsertionPointToStart(loop.getBody());
  Value rest = loop.getInductionVar(), part;
  auto takePart = [&](int64_t count, bool isLast) {
    part = isLast ? rest : arith::RemUIOp::create(b, rest, emit.constant(count)).getResult();
    if (!isLast)
      rest = arith::DivUIOp::create(b, rest, emit.constant(count));
  };
  auto takeBlock = [&](unsigned loop, int64_t block, bool isLast) -> Range {
    takePart(llvm::divideCeil(nest.sizes[loop], block), isLast);
    Value lower = arith::MulIOp::create(b, part, emit.constant(block));
    Value upper = arith::AddIOp::create(b, lower, emit.constant(block));
    return {lower, arith::MinUIOp::create(b, upper, emit.constant(nest.sizes[loop]))};
  };
  if (groups > 1)
    takePart(groups, outer.empty());
  Range vectorRange, stepRange;
  bool sharesSteps = along && stepBlock < nest.sizes[*along];
  if (block)
    vectorRange = takeBlock(vectorLoop, block, outer.empty() && !sharesSteps);
  if (sharesSteps)
    stepRange = takeBlock(*along, stepBlock, outer.empty());
  for (unsigned l : llvm::reverse(outer)) {
    bool isFirst = l == outer.front();
    place.indices[l] =
        isFirst ? rest
                : arith::RemUIOp::create(b, rest, emit.constant(nest.sizes[l]))
                      .getResult();
    if (!isFirst)
      rest = arith::DivUIOp::create(b, rest, emit.constant(nest.sizes[l]));
  }
  forEachPlace(inner, place, [&](Place at) {
    if (vectorLoop == ~0u)
      emitAt(at);
    else if (isRow)
      emitRows(at);
    else if (reduces && !isScatter())
      emitColumns(at, width, groups > 1 ? part : Value());
    else if (along)
      emitSquares(at, vectorRange, *along, stepRange);
    else
      alongVector(at, vectorRange, [&](Place at) { isWoven ? emitWoven(at) : emitAt(at); });
  });
  b.setInsertionPointToEnd(entry);
  func::ReturnOp::create(b);
  return tiles;
}

int64_t emitLoops(func::FuncOp kernel, const LoopNest &nest,
                  const Machine &machine) {
  return LoopEmitter(kernel, nest, machine).run();
}

} // namespace agc
