//===- LoopReductions.cpp - Sums and the like in vector loops --------------===//
#include "codegen/cpu/LoopEmitter.h"

#include "codegen/KernelName.h"
#include "codegen/cpu/Lanes.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace agc {

/// Terms that are added one after the other before a sum starts again.
static constexpr int64_t sumBlock = 64;

void LoopEmitter::findCombiners() {
  for (unsigned i = 0; i < nest.numSums(); ++i)
    combiners.push_back(combinerOf(*nest.body, nest.inputs.size(), i));
  if (llvm::is_contained(combiners, nullptr))
    combiners.clear();
  isSum = !combiners.empty() &&
          llvm::all_of(combiners, [](Operation *op) { return isa<arith::AddFOp>(op); });
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

} // namespace agc
