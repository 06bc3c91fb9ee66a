//===- ScatterEmitter.cpp - Rows added or put where an index says ----------===//
//
// A tile is a part of the columns of one batch entry, and takes all updates in
// their order: the bits are the same for any number of threads.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/BodyEmitter.h"

using namespace mlir;

namespace agc {

int64_t emitScatter(func::FuncOp kernel, const ScatterNest &nest,
                    const Machine &machine) {
  Block *entry = kernel.addEntryBlock();
  ImplicitLocOpBuilder b(kernel.getLoc(), kernel.getContext());
  b.setInsertionPointToStart(entry);
  Value indices = entry->getArgument(0), updates = entry->getArgument(1),
        target = entry->getArgument(2), begin = entry->getArgument(3),
        end = entry->getArgument(4);
  int64_t lanes = machine.vectorBytes ? machine.lanes(nest.element) : 1;
  if (nest.width < lanes)
    lanes = 1;
  // Enough columns to make good use of a cache line's neighbours.
  int64_t columns = std::min(nest.width, 8 * lanes);
  int64_t blocks = nest.width ? llvm::divideCeil(nest.width, columns) : 0;

  auto constant = [&](int64_t i) -> Value {
    return arith::ConstantIndexOp::create(b, i);
  };
  auto add = [&](Value x, Value y) -> Value { return arith::AddIOp::create(b, x, y); };
  auto scaled = [&](Value x, int64_t by) -> Value {
    return arith::MulIOp::create(b, x, constant(by));
  };
  auto enter = [&](scf::ForOp loop) {
    b.setInsertionPointToStart(loop.getBody());
    return loop.getInductionVar();
  };

  Value tile = enter(scf::ForOp::create(b, begin, end, constant(1)));
  Value batch = arith::DivUIOp::create(b, tile, constant(blocks));
  Value first = scaled(arith::RemUIOp::create(b, tile, constant(blocks)), columns);
  Value last = arith::MinUIOp::create(b, add(first, constant(columns)),
                                      constant(nest.width));
  Value update = enter(
      scf::ForOp::create(b, constant(0), constant(nest.updates), constant(1)));
  Value entryOf = add(scaled(batch, nest.updates), update);
  Value place = memref::LoadOp::create(b, indices,
                                       add(entryOf, constant(nest.offsets[0])));
  auto number = [&](int64_t i) -> Value {
    return arith::ConstantOp::create(b, b.getI64IntegerAttr(i));
  };
  place = arith::MinSIOp::create(b, place, number(nest.places - 1));
  place = arith::MaxSIOp::create(b, place, number(0));
  place = arith::IndexCastOp::create(b, b.getIndexType(), place);
  Value from = add(scaled(entryOf, nest.width), constant(nest.offsets[1]));
  Value to = add(scaled(add(scaled(batch, nest.places), place), nest.width),
                 constant(nest.offsets[2]));

  Type stored = storageType(nest.element);
  auto joined = [&](Value old, Value next) -> Value {
    if (!nest.adds)
      return next;
    if (!isa<FloatType>(nest.element))
      return add(old, next);
    return toStorage(b, arith::AddFOp::create(b, fromStorage(b, old, nest.element),
                                              fromStorage(b, next, nest.element)));
  };
  auto elements = [&](Value lower, Value upper) {
    OpBuilder::InsertionGuard guard(b);
    Value column = enter(scf::ForOp::create(b, lower, upper, constant(1)));
    Value next = memref::LoadOp::create(b, updates, add(from, column));
    Value old = nest.adds
                    ? memref::LoadOp::create(b, target, add(to, column)).getResult()
                    : Value();
    memref::StoreOp::create(b, joined(old, next), target, add(to, column));
  };
  if (lanes == 1) {
    elements(first, last);
  } else {
    // Whole vectors, then what is left.
    Value count = arith::SubIOp::create(b, last, first);
    Value whole = add(first, scaled(arith::DivUIOp::create(b, count, constant(lanes)),
                                    lanes));
    auto type = VectorType::get({lanes}, stored);
    {
      OpBuilder::InsertionGuard guard(b);
      Value column = enter(scf::ForOp::create(b, first, whole, constant(lanes)));
      Value next = vector::LoadOp::create(b, type, updates, add(from, column));
      Value old = nest.adds ? vector::LoadOp::create(b, type, target, add(to, column))
                                  .getResult()
                            : Value();
      vector::StoreOp::create(b, joined(old, next), target, add(to, column));
    }
    elements(whole, last);
  }
  b.setInsertionPointToEnd(entry);
  func::ReturnOp::create(b);
  return nest.batch * blocks;
}

} // namespace agc
