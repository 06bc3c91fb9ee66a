//===- LoopEmitter.cpp - Vector loops for any nest -------------------------===//
//
// Takes: a loop nest. Gives: scf loops around vector code, in one of the forms
//   map      no reduction: each place is computed and stored;
//   squares  a map with an input that lies along another loop than the vectors:
//            as many of its vectors as have lanes are loaded and transposed;
//   columns  a reduction, vectors along a parallel loop: accumulators in
//            registers, one lane a result;
//   rows     a reduction, vectors along the reduced loop: lanes are partial
//            results, combined at the end in a fixed tree;
//   scatter  results overlap (pooling's gradient): read, add, write back.
//
//===----------------------------------------------------------------------===//
#include "codegen/KernelName.h"
#include "codegen/cpu/BodyEmitter.h"
#include "codegen/cpu/Emitters.h"
#include "codegen/cpu/Lanes.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace agc {
namespace {

/// Iterations that a tile should have, so that threads have enough to share
/// and enough to do; fewer where each takes much more than this.
constexpr int64_t tileIterations = 8192, usualWork = 16, usualOperands = 4;
/// Work of one vector for which two are done side by side.
constexpr int64_t longChain = 96;
/// Accumulators side by side, to hide the latency of an addition.
constexpr int64_t numAccumulators = 4;
/// As many of them as registers hold, with what is added.
constexpr int64_t maxAccumulators = 16;
/// Steps that make a square worth transposing, and the ops of a body that is written out
/// for each of them.
constexpr int64_t minSquareSteps = 4, maxSquareOps = 32;
/// Terms that are added one after the other before a sum starts again.
constexpr int64_t sumBlock = 64;

class LoopEmitter {
public:
  LoopEmitter(func::FuncOp kernel, const LoopNest &nest, const Machine &machine)
      : kernel(kernel), nest(nest), b(kernel.getLoc(), kernel.getContext()),
        emit(b, kernel, nest) {
    lanes = machine.vectorBytes
                ? machine.lanes(widestElement())
                : 1;
  }

  int64_t run();

private:
  func::FuncOp kernel;
  const LoopNest &nest;
  ImplicitLocOpBuilder b;
  BodyEmitter emit;
  int64_t lanes = 1;
  unsigned vectorLoop = ~0u;
  /// What joins each accumulator with a value, if order does not matter; else none.
  SmallVector<Operation *> combiners;
  bool isSum = false; // of floating-point numbers: order matters to the error

  using Nested = llvm::function_ref<void(Place)>;
  using Reduced =
      llvm::function_ref<SmallVector<Value>(Place, ValueRange accumulators)>;

  Type widestElement();
  bool isScatter();
  Operation *combinerOf(unsigned sum);
  void findCombiners();
  void chooseVectorLoop();
  std::optional<unsigned> acrossLoop();
  bool liesAcross(const Access &access, unsigned along);
  bool hasUnitStride(unsigned loop);
  bool mapsUnitStride(unsigned loop);

  void forEachPlace(ArrayRef<unsigned> loops, Place place, Nested body);
  void alongVector(Place place, Value lower, Value upper, Nested body);
  SmallVector<Value> reduceOver(ArrayRef<unsigned> loops, Place place,
                                ValueRange inits, Reduced body);
  SmallVector<Value> loopOver(
      int64_t end, int64_t step, ValueRange held,
      llvm::function_ref<SmallVector<Value>(Value index, ValueRange held)> body);
  SmallVector<Value> addTo(ValueRange held, ValueRange part);
  SmallVector<Value> zerosLike(ValueRange held);
  void emitAt(Place place);
  void emitSquares(Place place, unsigned along);
  void emitSquare(Place place, unsigned along, int64_t steps);
  void emitColumns(Place place, int64_t width, Value part);
  void emitRows(Place place);
  Value combine(Operation *combiner, Value x, Value y);
  Value initial(unsigned output, const Place &place);
  SmallVector<unsigned> loopsWhere(bool reduction, bool skipVector);
};

} // namespace

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

/// The op that joins an accumulator with a value, if order does not matter.
Operation *LoopEmitter::combinerOf(unsigned sum) {
  BlockArgument accumulator = nest.body->getArgument(nest.inputs.size() + sum);
  Operation *op = nest.body->getTerminator()->getOperand(sum).getDefiningOp();
  if (!op || op->getBlock() != nest.body || op->getNumOperands() != 2 ||
      !accumulator.hasOneUse() || *accumulator.user_begin() != op)
    return nullptr;
  return isa<arith::AddFOp, arith::AddIOp, arith::MulFOp, arith::MaximumFOp,
             arith::MinimumFOp, arith::MaxSIOp, arith::MinSIOp, arith::MaxUIOp,
             arith::MinUIOp>(op)
             ? op
             : nullptr;
}

void LoopEmitter::findCombiners() {
  for (unsigned i = 0; i < nest.numSums(); ++i)
    combiners.push_back(combinerOf(i));
  if (llvm::is_contained(combiners, nullptr))
    combiners.clear();
  isSum = !combiners.empty() &&
          llvm::all_of(combiners, [](Operation *op) { return isa<arith::AddFOp>(op); });
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

/// Whether the input's elements lie side by side along this loop, and not along the
/// vectors.
bool LoopEmitter::liesAcross(const Access &access, unsigned along) {
  return access.strides[along] == 1 && access.strides[vectorLoop] != 0 &&
         access.strides[vectorLoop] != 1;
}

/// The loop along which an input of a map lies that the vectors would pick together
/// element by element.
std::optional<unsigned> LoopEmitter::acrossLoop() {
  if (vectorLoop == ~0u || lanes == 1 || nest.hasReductions() || isScatter() ||
      nest.sizes[vectorLoop] * 2 < lanes || nest.body->getOperations().size() > maxSquareOps)
    return std::nullopt;
  // Reduction loops of one trip are gone, but the body still adds to something.
  for (BlockArgument held : nest.body->getArguments().drop_front(nest.inputs.size()))
    if (!held.use_empty())
      return std::nullopt;
  for (const Access &access : nest.inputs)
    for (unsigned l = 0; l < nest.numLoops(); ++l)
      if (l != vectorLoop && nest.sizes[l] >= minSquareSteps && liesAcross(access, l))
        return l;
  return std::nullopt;
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

SmallVector<Value> LoopEmitter::addTo(ValueRange held, ValueRange part) {
  SmallVector<Value> sums;
  for (auto [i, x, y] : llvm::enumerate(held, part))
    sums.push_back(combine(combiners[i % combiners.size()], x, y));
  return sums;
}

SmallVector<Value> LoopEmitter::zerosLike(ValueRange held) {
  SmallVector<Value> zeros;
  for (Value value : held)
    zeros.push_back(arith::ConstantOp::create(b, b.getZeroAttr(value.getType())));
  return zeros;
}

/// A loop from 0 to `end`. A long sum is taken in blocks, each from zero, so
/// that its error grows with the blocks and not with the terms.
SmallVector<Value> LoopEmitter::loopOver(
    int64_t end, int64_t step, ValueRange held,
    llvm::function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  auto loop = [&](Value from, Value to, int64_t by, ValueRange inits, auto &&inside) {
    auto op = scf::ForOp::create(b, from, to, emit.constant(by), inits);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(op.getBody());
    scf::YieldOp::create(b, inside(op.getInductionVar(), op.getRegionIterArgs()));
    return SmallVector<Value>(op.getResults());
  };
  int64_t block = sumBlock * step, blocked = end / block * block;
  if (!isSum || blocked <= block)
    return loop(emit.constant(0), emit.constant(end), step, held, body);
  SmallVector<Value> sums =
      loop(emit.constant(0), emit.constant(blocked), block, held,
           [&](Value from, ValueRange held) {
             Value to = arith::AddIOp::create(b, from, emit.constant(block));
             return addTo(held, loop(from, to, step, zerosLike(held), body));
           });
  if (blocked < end)
    sums = addTo(sums, loop(emit.constant(blocked), emit.constant(end), step,
                            zerosLike(held), body));
  return sums;
}

SmallVector<Value> LoopEmitter::reduceOver(ArrayRef<unsigned> loops, Place place,
                                           ValueRange inits, Reduced body) {
  if (loops.empty())
    return body(place, inits);
  unsigned loop = loops.front();
  ArrayRef<unsigned> inner = loops.drop_front();
  return loopOver(nest.sizes[loop], 1, inits, [&](Value index, ValueRange held) {
    Place at = place;
    at.indices[loop] = index;
    if (!isSum || inner.empty())
      return reduceOver(inner, at, held, body);
    return addTo(held, reduceOver(inner, at, zerosLike(held), body));
  });
}

Value LoopEmitter::initial(unsigned output, const Place &place) {
  if (TypedAttr init = nest.inits[output])
    return emit.splat(place, init);
  return emit.load(nest.outputs[output], place);
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

/// A map at a vector of places, and so at all of the loop that inputs lie along.
void LoopEmitter::emitSquares(Place place, unsigned along) {
  int64_t whole = nest.sizes[along] / lanes * lanes;
  if (whole) {
    auto loop = scf::ForOp::create(b, emit.constant(0), emit.constant(whole),
                                   emit.constant(lanes));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    place.indices[along] = loop.getInductionVar();
    emitSquare(place, along, lanes);
  }
  if (whole == nest.sizes[along])
    return;
  place.indices[along] = emit.constant(whole);
  emitSquare(place, along, nest.sizes[along] - whole);
}

void LoopEmitter::emitSquare(Place place, unsigned along, int64_t steps) {
  // What each input has at each step, if it lies across.
  SmallVector<SmallVector<Value>> square(steps, SmallVector<Value>(nest.inputs.size()));
  for (auto [i, access] : llvm::enumerate(nest.inputs)) {
    if (!liesAcross(access, along) || nest.body->getArgument(i).use_empty())
      continue;
    Place row = place;
    row.vectorLoop = along;
    row.active = steps;
    SmallVector<Value> rows;
    for (int64_t lane = 0; lane < lanes; ++lane) {
      row.indices[vectorLoop] =
          arith::AddIOp::create(b, place.indices[vectorLoop], emit.constant(lane));
      // Lanes that do not count have what others have.
      rows.push_back(lane < place.active ? emit.load(access, row) : rows.front());
    }
    for (auto [step, column] : llvm::enumerate(transpose(b, rows)))
      if (int64_t(step) < steps)
        square[step][i] = column;
  }
  Value first = place.indices[along];
  for (auto [step, loaded] : llvm::enumerate(square)) {
    place.indices[along] = arith::AddIOp::create(b, first, emit.constant(step));
    SmallVector<Value> results = emit.body(place, {}, loaded);
    for (auto [i, value] : llvm::enumerate(results))
      emit.store(emit.finish(place, value), nest.outputs[i], place);
  }
}

Value LoopEmitter::combine(Operation *combiner, Value x, Value y) {
  OperationState state(b.getLoc(), combiner->getName());
  state.addOperands({x, y});
  state.addTypes(x.getType());
  state.propertiesAttr = combiner->getPropertiesAsAttribute();
  return b.create(state)->getResult(0);
}

static TypedAttr identityOf(Operation *combiner, OpBuilder &b) {
  Type type = combiner->getResult(0).getType();
  return llvm::TypeSwitch<Operation *, TypedAttr>(combiner)
      .Case<arith::AddFOp>([&](auto) { return b.getFloatAttr(type, 0); })
      .Case<arith::MulFOp>([&](auto) { return b.getFloatAttr(type, 1); })
      .Case<arith::MaximumFOp>([&](auto) {
        return b.getFloatAttr(
            type, APFloat::getInf(cast<FloatType>(type).getFloatSemantics(), true));
      })
      .Case<arith::MinimumFOp>([&](auto) {
        return b.getFloatAttr(
            type, APFloat::getInf(cast<FloatType>(type).getFloatSemantics()));
      })
      .Case<arith::MaxSIOp>([&](auto) {
        return b.getIntegerAttr(
            type, APInt::getSignedMinValue(type.getIntOrFloatBitWidth()));
      })
      .Case<arith::MinSIOp>([&](auto) {
        return b.getIntegerAttr(
            type, APInt::getSignedMaxValue(type.getIntOrFloatBitWidth()));
      })
      .Case<arith::MinUIOp>([&](auto) { return b.getIntegerAttr(type, -1); })
      .Default([&](auto) { return b.getIntegerAttr(type, 0); });
}

/// A reduction along the vector's own loop: `width` accumulators of each sum.
void LoopEmitter::emitRows(Place place) {
  unsigned numSums = nest.numSums();
  int64_t size = nest.sizes[vectorLoop];
  int64_t width = std::min(numAccumulators, std::max<int64_t>(size / lanes, 1));
  int64_t stride = width * lanes, whole = size / stride * stride;

  Place row = place;
  row.vectorLoop = vectorLoop;
  row.lanes = row.active = lanes;
  SmallVector<Value> inits;
  for (int64_t u = 0; u < width; ++u)
    for (Operation *combiner : combiners)
      inits.push_back(emit.splat(row, identityOf(combiner, b)));
  auto accumulate = [&](Place at, Value index, int64_t active, ValueRange held) {
    at.indices[vectorLoop] = index;
    at.active = active;
    SmallVector<Value> next = emit.body(at, held);
    if (active < lanes)
      for (auto [value, before] : llvm::zip_equal(next, held))
        value = arith::SelectOp::create(b, emit.mask(at), value, before);
    return next;
  };
  SmallVector<Value> sums = reduceOver(
      loopsWhere(true, true), row, inits, [&](Place at, ValueRange held) {
        SmallVector<Value> partial(held);
        if (whole)
          partial = loopOver(whole, stride, held, [&](Value i, ValueRange held) {
            SmallVector<Value> next;
            for (int64_t u = 0; u < width; ++u)
              llvm::append_range(
                  next, accumulate(at, arith::AddIOp::create(b, i, emit.constant(u * lanes)),
                                   lanes, held.slice(u * numSums, numSums)));
            return next;
          });
        int64_t u = 0;
        for (int64_t i = whole; i < size; i += lanes, ++u)
          llvm::copy(accumulate(at, emit.constant(i), std::min(lanes, size - i),
                                ArrayRef<Value>(partial).slice(u * numSums, numSums)),
                     partial.begin() + u * numSums);
        return partial;
      });
  for (auto [i, combiner] : llvm::enumerate(combiners)) {
    auto join = [&, combiner = combiner](Value x, Value y) { return combine(combiner, x, y); };
    Value sum = sums[i];
    for (int64_t u = 1; u < width; ++u)
      sum = join(sum, sums[u * numSums + i]);
    sum = join(initial(i, place), foldLanes(b, sum, join));
    emit.store(emit.finish(place, sum), nest.outputs[i], place);
  }
}

/// Vectors along a parallel loop from `lower` to `upper`, which are multiples
/// of the lanes but for the loop's own end.
void LoopEmitter::alongVector(Place place, Value lower, Value upper, Nested body) {
  int64_t size = nest.sizes[vectorLoop], whole = size / lanes * lanes;
  place.vectorLoop = vectorLoop;
  place.lanes = place.active = lanes;
  bool isWholeLoop = !lower;
  if (whole) {
    Value end = isWholeLoop
                    ? emit.constant(whole)
                    : arith::MinUIOp::create(b, upper, emit.constant(whole));
    auto loop = scf::ForOp::create(b, isWholeLoop ? emit.constant(0) : lower, end,
                                   emit.constant(lanes));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    place.indices[vectorLoop] = loop.getInductionVar();
    body(place);
  }
  if (whole == size)
    return;
  place.active = size - whole;
  place.indices[vectorLoop] = emit.constant(whole);
  if (isWholeLoop)
    return body(place);
  Value isLast = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, upper,
                                       emit.constant(size));
  auto branch = scf::IfOp::create(b, isLast, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  body(place);
}

/// Reductions with `width` vectors side by side, one lane a result: all of them,
/// or group `part` alone. Which lane a result is in does not touch its sum.
void LoopEmitter::emitColumns(Place place, int64_t width, Value part) {
  int64_t size = nest.sizes[vectorLoop];
  int64_t vectors = llvm::divideCeil(size, lanes);
  int64_t grouped = size / (width * lanes) * width; // vectors in whole groups
  place.vectorLoop = vectorLoop;
  place.lanes = place.active = lanes;
  unsigned numSums = nest.numSums();

  auto group = [&](Value first, int64_t count, int64_t lastActive) {
    SmallVector<Place> columns;
    SmallVector<Value> inits;
    for (int64_t u = 0; u < count; ++u) {
      Place column = place;
      column.indices[vectorLoop] =
          arith::AddIOp::create(b, first, emit.constant(u * lanes));
      column.active = u + 1 == count ? lastActive : lanes;
      for (unsigned i = 0; i < numSums; ++i)
        inits.push_back(initial(i, column));
      columns.push_back(column);
    }
    SmallVector<Value> sums = reduceOver(
        loopsWhere(true, false), place, inits, [&](Place at, ValueRange held) {
          SmallVector<Value> next;
          for (int64_t u = 0; u < count; ++u) {
            Place column = at;
            column.indices[vectorLoop] = columns[u].indices[vectorLoop];
            column.active = columns[u].active;
            llvm::append_range(
                next, emit.body(column, held.slice(u * numSums, numSums)));
          }
          return next;
        });
    for (int64_t u = 0; u < count; ++u)
      for (unsigned i = 0; i < numSums; ++i)
        emit.store(emit.finish(columns[u], sums[u * numSums + i]),
                   nest.outputs[i], columns[u]);
  };
  auto rest = [&] {
    group(emit.constant(grouped * lanes), vectors - grouped,
          size - (vectors - 1) * lanes);
  };
  if (part) {
    Value first = arith::MulIOp::create(b, part, emit.constant(width * lanes));
    if (grouped == vectors)
      return group(first, width, lanes);
    Value isWhole =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ult, first,
                              emit.constant(grouped * lanes));
    auto branch = scf::IfOp::create(b, isWhole, /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    if (grouped)
      group(first, width, lanes);
    b.setInsertionPointToStart(branch.elseBlock());
    return rest();
  }
  if (grouped) {
    auto loop = scf::ForOp::create(b, emit.constant(0),
                                   emit.constant(grouped * lanes),
                                   emit.constant(width * lanes));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    group(loop.getInductionVar(), width, lanes);
  }
  if (grouped < vectors)
    rest();
}

int64_t LoopEmitter::run() {
  Block *entry = kernel.addEntryBlock();
  b.setInsertionPointToStart(entry);
  Value begin = entry->getArgument(entry->getNumArguments() - 2);
  Value end = entry->getArgument(entry->getNumArguments() - 1);
  findCombiners();
  chooseVectorLoop();
  bool isRow = vectorLoop != ~0u && nest.isReduction[vectorLoop];
  bool reduces = nest.hasReductions();
  // Of a chain as long as this the machine sees no other vector's beside it.
  std::optional<unsigned> along = acrossLoop();
  if (!along && !reduces && lanes > 1 && workPerIteration(nest) >= longChain &&
      nest.sizes[vectorLoop] >= 4 * lanes)
    lanes *= 2;

  // Outer parallel loops make up the tiles; inner ones run inside.
  SmallVector<unsigned> inner = loopsWhere(false, true), outer;
  int64_t operands = nest.inputs.size() + nest.outputs.size();
  int64_t weight = std::max<int64_t>({1, workPerIteration(nest) / usualWork, operands / usualOperands});
  int64_t tiles = 1, work = nest.numIterations() * weight;
  while (!inner.empty() && work > tileIterations && inner.front() != along) {
    tiles *= nest.sizes[inner.front()];
    work /= nest.sizes[inner.front()];
    outer.push_back(inner.front());
    inner.erase(inner.begin());
  }
  // Long sums into few places: the places are shared out.
  int64_t vectors = vectorLoop == ~0u
                        ? 1
                        : llvm::divideCeil(nest.sizes[vectorLoop], lanes);
  int64_t width = std::min(numAccumulators, vectors), groups = 1;
  if (inner.empty() && reduces && vectorLoop != ~0u && !isRow && !isScatter() &&
      work > 2 * tileIterations) {
    width = std::min<int64_t>(numAccumulators, llvm::divideCeil(vectors, 2));
    groups = llvm::divideCeil(vectors, width);
    tiles *= groups;
  }
  // One long loop is cut into blocks.
  int64_t block = 0;
  if (along) {
    block = lanes;
    tiles *= vectors;
    inner.erase(llvm::find(inner, *along));
  }
  if (!along && inner.empty() && !reduces && vectorLoop != ~0u && work > 2 * tileIterations &&
      !isScatter()) {
    block = llvm::alignTo(llvm::divideCeil(tileIterations, weight), lanes);
    tiles *= llvm::divideCeil(nest.sizes[vectorLoop], block);
  }

  Place place;
  place.indices.assign(nest.numLoops(), Value());
  // A thread that has all of the places reads what it sums up once.
  if (groups > 1 && outer.empty() && vectors * nest.numSums() <= maxAccumulators) {
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
  Value rest = loop.getInductionVar(), part, lower, upper;
  auto takePart = [&](int64_t count) {
    part = outer.empty()
               ? rest
               : arith::RemUIOp::create(b, rest, emit.constant(count)).getResult();
    if (!outer.empty())
      rest = arith::DivUIOp::create(b, rest, emit.constant(count));
  };
  if (groups > 1)
    takePart(groups);
  if (block) {
    takePart(llvm::divideCeil(nest.sizes[vectorLoop], block));
    lower = arith::MulIOp::create(b, part, emit.constant(block));
    upper = arith::MinUIOp::create(
        b, arith::AddIOp::create(b, lower, emit.constant(block)),
        emit.constant(nest.sizes[vectorLoop]));
  }
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
    else
      alongVector(at, lower, upper,
                  [&](Place at) { along ? emitSquares(at, *along) : emitAt(at); });
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
