//===- DotEmitter.cpp - Products of few rows, along the sum ----------------===//
//
// Takes: out += x * y where both lie side by side along the sum, and one of them
// has so few rows that the other, often all of a layer's weights, is read for
// little: x W^T of a small batch; or where what lies side by side in the result is
// few elements, the last images of a convolution. Gives: for some columns at a time, lanes that are
// partial sums, added up at the end. What is read once is not packed first.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/BodyEmitter.h"
#include "codegen/cpu/ContractionPlan.h"
#include "codegen/cpu/Emitters.h"
#include "codegen/cpu/Lanes.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace agc {
namespace {

/// Rows up to which packing the other operand would cost more than it saves.
constexpr int64_t maxRows = 8;

class DotEmitter {
public:
  DotEmitter(func::FuncOp kernel, const LoopNest &nest, const Machine &machine)
      : kernel(kernel), nest(nest), machine(machine),
        b(kernel.getLoc(), kernel.getContext()), emit(b, kernel, nest),
        out(nest.outputs.front()) {}

  bool classify();
  unsigned takeShortSide();
  int64_t run();

private:
  static constexpr unsigned noLoop = ~0u;

  func::FuncOp kernel;
  const LoopNest &nest;
  const Machine &machine;
  ImplicitLocOpBuilder b;
  BodyEmitter emit;
  const Access &out;
  const Access *rows = nullptr, *columns = nullptr;
  int64_t lanes = 1, numRows = 1, tileColumns = 1;
  unsigned along = noLoop, columnLoop = noLoop;
  /// Loops of the sum but for `along`; those of a tile's rows; those of more rows, which
  /// read the same columns; those of neither tile.
  SmallVector<unsigned> reductions, rowLoops, moreRowLoops, taskLoops;

  struct Term {
    int64_t offset = 0;                             // in the operand
    SmallVector<std::pair<unsigned, int64_t>> steps; // from the tile's corner
  };
  SmallVector<Term> rowTerms() const;
  SmallVector<Term> columnTerms(int64_t count) const;
  SmallVector<Value> addUp(ArrayRef<unsigned> loops, Place place, ValueRange held,
                           ArrayRef<Term> tileRows, ArrayRef<Term> tileColumns);
  SmallVector<Value> step(Place place, ValueRange held, ArrayRef<Term> tileRows,
                          ArrayRef<Term> tileColumns);
  void emitTile(Place place, int64_t count);
};

} // namespace

bool DotEmitter::classify() {
  if (!machine.vectorBytes || !isContraction(nest))
    return false;
  lanes = machine.lanes(out.element);
  const Access &x = nest.inputs[0], &y = nest.inputs[1];
  for (unsigned l = 0; l < nest.numLoops(); ++l) {
    if (!nest.isReduction[l])
      continue;
    if (x.strides[l] == 1 && y.strides[l] == 1 && nest.sizes[l] >= 4 * lanes)
      along = l;
    else
      reductions.push_back(l);
  }
  if (lanes == 1 || along == noLoop)
    return false;
  int64_t ofX = 1, ofY = 1;
  for (unsigned l = 0; l < nest.numLoops(); ++l)
    if (!nest.isReduction[l] && (!x.strides[l] || !y.strides[l]))
      (x.strides[l] ? ofX : ofY) *= nest.sizes[l];
  rows = ofX <= ofY ? &x : &y;
  columns = ofX <= ofY ? &y : &x;
  numRows = std::min(ofX, ofY);
  unsigned side = noLoop;
  if (numRows > maxRows && (side = takeShortSide()) == noLoop)
    return false;
  for (unsigned l = 0; l < nest.numLoops(); ++l) {
    if (nest.isReduction[l])
      continue;
    if (!columns->strides[l])
      (side == noLoop || side == l ? rowLoops : moreRowLoops).push_back(l);
    else if (rows->strides[l] || columnLoop != noLoop)
      taskLoops.push_back(l);
    else
      columnLoop = l;
  }
  // All but one register: sums, a row's and a column's vectors.
  while (tileColumns < 8 && columnLoop != noLoop &&
         tileColumns < nest.sizes[columnLoop] &&
         (tileColumns + 1) * (numRows + 1) + numRows < machine.numRegisters)
    ++tileColumns;
  return true;
}

/// Vectors of the result would be mostly empty: as rows, what lies side by side there is
/// as good as any. Returns its loop.
unsigned DotEmitter::takeShortSide() {
  for (unsigned l = 0; l < nest.numLoops(); ++l) {
    bool isShort = !nest.isReduction[l] && out.strides[l] == 1 && nest.sizes[l] * 2 < lanes &&
                   nest.sizes[l] <= maxRows;
    bool movesX = nest.inputs[0].strides[l], movesY = nest.inputs[1].strides[l];
    if (!isShort || movesX == movesY)
      continue;
    rows = &nest.inputs[movesX ? 0 : 1];
    columns = &nest.inputs[movesX ? 1 : 0];
    numRows = nest.sizes[l];
    return l;
  }
  return noLoop;
}

SmallVector<DotEmitter::Term> DotEmitter::rowTerms() const {
  SmallVector<Term> terms(1);
  for (unsigned l : rowLoops) {
    SmallVector<Term> next;
    for (int64_t i = 0; i < nest.sizes[l]; ++i)
      for (Term term : terms) {
        term.offset += i * rows->strides[l];
        term.steps.push_back({l, i});
        next.push_back(term);
      }
    terms = next;
  }
  return terms;
}

SmallVector<DotEmitter::Term> DotEmitter::columnTerms(int64_t count) const {
  SmallVector<Term> terms(1);
  for (int64_t i = 1; i < count; ++i)
    terms.push_back({i * columns->strides[columnLoop], {{columnLoop, i}}});
  return terms;
}

/// The products at one place along the sum, onto what is held.
SmallVector<Value> DotEmitter::step(Place place, ValueRange held, ArrayRef<Term> tileRows,
                                    ArrayRef<Term> tileColumns) {
  auto type = VectorType::get({lanes}, out.element);
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  auto load = [&](const Access &access, const Term &term) -> Value {
    Value memory = kernel.getArgument(access.argument);
    Value at = arith::AddIOp::create(b, emit.linearIndex(access, place),
                                     emit.constant(term.offset));
    if (!place.isMasked())
      return vector::LoadOp::create(b, type, memory, at);
    return vector::MaskedLoadOp::create(b, type, memory, at, emit.mask(place), zero);
  };
  SmallVector<Value> wide, next;
  for (const Term &term : tileColumns)
    wide.push_back(load(*columns, term));
  for (const Term &term : tileRows) {
    Value row = load(*rows, term);
    for (Value column : wide)
      next.push_back(math::FmaOp::create(b, row, column, held[next.size()]));
  }
  return next;
}

SmallVector<Value> DotEmitter::addUp(ArrayRef<unsigned> loops, Place place,
                                     ValueRange held, ArrayRef<Term> tileRows,
                                     ArrayRef<Term> tileColumns) {
  bool isLast = loops.empty();
  unsigned l = isLast ? along : loops.front();
  int64_t whole = isLast ? nest.sizes[l] / lanes * lanes : nest.sizes[l];
  auto loop = scf::ForOp::create(b, emit.constant(0), emit.constant(whole),
                                 emit.constant(isLast ? lanes : 1), held);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    place.indices[l] = loop.getInductionVar();
    scf::YieldOp::create(
        b, isLast ? step(place, loop.getRegionIterArgs(), tileRows, tileColumns)
                  : addUp(loops.drop_front(), place, loop.getRegionIterArgs(), tileRows,
                          tileColumns));
  }
  if (!isLast || whole == nest.sizes[l])
    return loop.getResults();
  place.indices[l] = emit.constant(whole);
  place.active = nest.sizes[l] - whole;
  return step(place, loop.getResults(), tileRows, tileColumns);
}

void DotEmitter::emitTile(Place place, int64_t count) {
  SmallVector<Term> tileRows = rowTerms(), tileColumns = columnTerms(count);
  auto type = VectorType::get({lanes}, out.element);
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type));
  SmallVector<Value> sums(tileRows.size() * tileColumns.size(), zero);
  Place lanesAlong = place;
  lanesAlong.vectorLoop = along;
  lanesAlong.lanes = lanesAlong.active = lanes;
  sums = addUp(reductions, lanesAlong, sums, tileRows, tileColumns);
  size_t next = 0;
  for (const Term &row : tileRows)
    for (const Term &column : tileColumns) {
      Value sum = foldLanes(b, sums[next++], [&](Value x, Value y) {
        return arith::AddFOp::create(b, x, y).getResult();
      });
      Place at = place;
      for (auto [loop, by] : llvm::concat<const std::pair<unsigned, int64_t>>(row.steps, column.steps))
        at.indices[loop] = at.indices[loop] ? arith::AddIOp::create(b, at.indices[loop],
                                                                    emit.constant(by))
                                                  .getResult()
                                            : emit.constant(by);
      emit.store(emit.finish(at, sum), out, at);
    }
}

int64_t DotEmitter::run() {
  Block *entry = kernel.addEntryBlock();
  b.setInsertionPointToStart(entry);
  Value begin = entry->getArgument(entry->getNumArguments() - 2);
  Value end = entry->getArgument(entry->getNumArguments() - 1);
  auto loop = scf::ForOp::create(b, begin, end, emit.constant(1));
  b.setInsertionPointToStart(loop.getBody());
  Place place;
  place.indices.assign(nest.numLoops(), Value());
  Value rest = loop.getInductionVar();
  int64_t tasks = 1;
  auto takeIndex = [&](int64_t size) -> Value {
    tasks *= size;
    Value index = arith::RemUIOp::create(b, rest, emit.constant(size));
    rest = arith::DivUIOp::create(b, rest, emit.constant(size));
    return index;
  };
  int64_t size = columnLoop == noLoop ? 1 : nest.sizes[columnLoop];
  int64_t tiles = llvm::divideCeil(size, tileColumns), last = size - (tiles - 1) * tileColumns;
  // Neighbours read the same columns, or the same rows.
  for (unsigned l : llvm::reverse(moreRowLoops))
    place.indices[l] = takeIndex(nest.sizes[l]);
  Value tile = takeIndex(tiles);
  for (unsigned l : llvm::reverse(taskLoops))
    place.indices[l] = takeIndex(nest.sizes[l]);
  if (columnLoop != noLoop)
    place.indices[columnLoop] = arith::MulIOp::create(b, tile, emit.constant(tileColumns));
  if (last == tileColumns) {
    emitTile(place, tileColumns);
  } else {
    Value isLast = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, tile,
                                         emit.constant(tiles - 1));
    auto branch = scf::IfOp::create(b, isLast, /*withElseRegion=*/true);
    b.setInsertionPointToStart(branch.thenBlock());
    emitTile(place, last);
    b.setInsertionPointToStart(branch.elseBlock());
    emitTile(place, tileColumns);
  }
  b.setInsertionPointToEnd(entry);
  func::ReturnOp::create(b);
  return tasks;
}

std::optional<int64_t> emitDots(func::FuncOp kernel, const LoopNest &nest,
                                const Machine &machine) {
  DotEmitter emitter(kernel, nest, machine);
  if (!emitter.classify())
    return std::nullopt;
  return emitter.run();
}

} // namespace agc
