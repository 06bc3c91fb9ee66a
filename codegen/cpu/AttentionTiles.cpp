//===- AttentionTiles.cpp - Products and copies of an attention's blocks ---===//
//
// One form of product for all of them: so many rows by so many vectors in registers,
// each step an element of a row, broadcast, times vectors. Where rows are of k, v or
// of weights the steps are of what is summed, wherever that lies.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/AttentionEmitter.h"

#include "codegen/cpu/Lanes.h"
#include "passes/Passes.h"

using namespace mlir;

namespace agc {

Value AttentionEmitter::constant(int64_t i) { return arith::ConstantIndexOp::create(b, i); }
Value AttentionEmitter::add(Value x, Value y) { return arith::AddIOp::create(b, x, y); }
Value AttentionEmitter::sub(Value x, Value y) { return arith::SubIOp::create(b, x, y); }
Value AttentionEmitter::times(Value x, int64_t by) {
  return by == 1 ? x : arith::MulIOp::create(b, x, constant(by)).getResult();
}
Value AttentionEmitter::least(Value x, Value y) { return arith::MinUIOp::create(b, x, y); }

Value AttentionEmitter::number(double x) {
  auto element = b.getFloatAttr(b.getF32Type(), x);
  return arith::ConstantOp::create(b, DenseElementsAttr::get(vector, Attribute(element)));
}
Value AttentionEmitter::fma(Value x, Value y, Value z) {
  return math::FmaOp::create(b, x, y, z);
}
Value AttentionEmitter::mul(Value x, Value y) { return arith::MulFOp::create(b, x, y); }
Value AttentionEmitter::exponential(Value x) { return math::ExpOp::create(b, x); }

/// y where x is no number: one that is in the row is met again in its sum.
Value AttentionEmitter::larger(Value x, Value y) {
  Value is = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT, x, y);
  return arith::SelectOp::create(b, is, x, y);
}
Value AttentionEmitter::broadcast(Value scalar) {
  return vector::BroadcastOp::create(b, vector.clone(scalar.getType()), scalar);
}
Value AttentionEmitter::laneNumbers() {
  SmallVector<int32_t> steps = llvm::to_vector(llvm::seq<int32_t>(0, lanes));
  return arith::ConstantOp::create(
      b, DenseElementsAttr::get(vector.clone(b.getI32Type()), ArrayRef<int32_t>(steps)));
}
Value AttentionEmitter::buffer(int64_t elements) {
  return memref::AllocaOp::create(b, MemRefType::get({elements}, b.getF32Type()),
                                  b.getI64IntegerAttr(64));
}

Value AttentionEmitter::load(Value memory, Value at, int64_t active) {
  if (active == lanes)
    return vector::LoadOp::create(b, vector, memory, at);
  Value mask = vector::ConstantMaskOp::create(b, vector.clone(b.getI1Type()),
                                              ArrayRef<int64_t>{active});
  return vector::MaskedLoadOp::create(b, vector, memory, at, mask, number(0));
}

void AttentionEmitter::store(Value x, Value memory, Value at, int64_t active) {
  if (active == lanes) {
    vector::StoreOp::create(b, x, memory, at);
  } else if (active == 1) { // As BodyEmitter::store.
    memref::StoreOp::create(b, vector::ExtractOp::create(b, x, int64_t(0)), memory, at);
  } else {
    Value mask = vector::ConstantMaskOp::create(b, vector.clone(b.getI1Type()),
                                                ArrayRef<int64_t>{active});
    vector::MaskedStoreOp::create(b, memory, at, mask, x);
  }
}

void AttentionEmitter::loop(Value from, Value to, int64_t step,
                            llvm::function_ref<void(Value)> body) {
  auto loop = scf::ForOp::create(b, from, to, constant(step));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

void AttentionEmitter::ifThen(Value condition, llvm::function_ref<void()> body) {
  auto branch = scf::IfOp::create(b, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  body();
}

Value AttentionEmitter::rowOf(const AttentionOperand &operand, ArrayRef<Value> head,
                              Value row) {
  Value at = add(times(row, operand.rowStride), operand.offset);
  for (auto [index, stride] : llvm::zip_equal(head, operand.batchStrides))
    if (stride)
      at = add(at, times(index, stride));
  return at;
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// Rows whose number is known, \p most at a time.
void AttentionEmitter::forRows(int64_t rows, int64_t most,
                               llvm::function_ref<void(Value, int64_t)> body) {
  // A divisor leaves no narrow rest.
  for (int64_t fewer = most; fewer + 2 >= most && fewer > 1; --fewer)
    if (rows % fewer == 0) {
      most = fewer;
      break;
    }
  int64_t rest = rows % most;
  if (rows > rest)
    loop(constant(0), constant(rows - rest), most, [&](Value row) { body(row, most); });
  if (rest)
    body(constant(rows - rest), rest);
}

/// The \p count keys of a block, as rows. Only the last block may have fewer than
/// others, and what it has more than whole steps is known.
void AttentionEmitter::forKeys(Value count, int64_t most,
                               llvm::function_ref<void(Value, int64_t)> body) {
  int64_t rest = nest.keys % most;
  Value whole = count;
  if (rest)
    whole = times(arith::DivUIOp::create(b, count, constant(most)), most);
  loop(constant(0), whole, most, [&](Value row) { body(row, most); });
  if (rest)
    ifThen(arith::CmpIOp::create(b, arith::CmpIPredicate::ne, whole, count),
           [&] { body(whole, rest); });
}

AttentionEmitter::Values AttentionEmitter::zeros(int64_t count) {
  return Values(count, number(0));
}

/// start + x y, row by row of x, over steps [from, to).
AttentionEmitter::Values AttentionEmitter::product(const Matrix &x, const Matrix &y,
                                                   Value from, Value to, int64_t rows,
                                                   Width width, Values start) {
  auto loop = scf::ForOp::create(b, from, to, constant(1), start);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value step = loop.getInductionVar();
  Value xAt = add(x.base, times(step, x.stepStride)),
        yAt = add(y.base, times(step, y.stepStride));
  Values columns, next;
  for (int64_t j = 0; j < width.vectors; ++j)
    columns.push_back(load(y.memory, add(yAt, j * lanes),
                           j + 1 == width.vectors ? width.active : lanes));
  for (int64_t i = 0; i < rows; ++i) {
    Value element = broadcast(memref::LoadOp::create(b, x.memory, add(xAt, i * x.rowStride)));
    for (int64_t j = 0; j < width.vectors; ++j)
      next.push_back(fma(element, columns[j], loop.getRegionIterArg(i * width.vectors + j)));
  }
  scf::YieldOp::create(b, next);
  return Values(loop.getResults());
}

/// Adds to the block of keys' rows of \p to the queries' rows of \p from, by weight.
void AttentionEmitter::addRows(const Block &block, const AttentionOperand &to,
                               int64_t columns, Value weights, const AttentionOperand &from,
                               Value firstKey, Value count) {
  Value firstRow = rowOf(to, block.head, firstKey),
        firstQuery = rowOf(from, block.head, block.first);
  auto panel = [&](Value column, Width width) {
    int64_t most = std::min<int64_t>(8, maxRows * groupVectors / width.vectors);
    while (blockKeys % most)
      --most;
    forKeys(count, most, [&](Value row, int64_t rows) {
      Value firstStep = constant(0); // Queries before the first key do not see it.
      if (nest.isCausal)
        firstStep =
            arith::MaxSIOp::create(b, firstStep, sub(add(firstKey, row), block.first));
      Value at = add(add(firstRow, times(row, to.rowStride)), column);
      auto forEach = [&](auto body) {
        for (int64_t i = 0; i < rows; ++i)
          for (int64_t j = 0; j < width.vectors; ++j)
            body(i * width.vectors + j, add(at, i * to.rowStride + j * lanes),
                 j + 1 == width.vectors ? width.active : lanes);
      };
      Values held;
      forEach([&](int64_t, Value index, int64_t active) {
        held.push_back(load(memoryOf(to), index, active));
      });
      held = product({weights, times(row, blockQueries), blockQueries, 1},
                     {memoryOf(from), add(firstQuery, column), 0, from.rowStride},
                     firstStep, block.count, rows, width, held);
      forEach([&](int64_t n, Value index, int64_t active) {
        store(held[n], memoryOf(to), index, active);
      });
    });
  };
  int64_t vectors = llvm::divideCeil(columns, lanes), panels = vectors / groupVectors;
  int64_t active = columns - (vectors - 1) * lanes;
  if (panels * groupVectors == vectors && active < lanes)
    --panels;
  if (panels > 0)
    loop(constant(0), constant(panels * groupVectors * lanes), groupVectors * lanes,
         [&](Value column) { panel(column, {groupVectors, lanes}); });
  if (int64_t rest = vectors - panels * groupVectors)
    panel(constant(panels * groupVectors * lanes), {rest, active});
}

/// Adds to each row of `sums`, of the group's queries, what the block's keys have there,
/// by weight; before, \p corrects: `sums` is corrected.
void AttentionEmitter::addAcross(const AttentionOperand &x, int64_t rows, const Block &block,
                                 Value weights, Value firstKey, Value count, Value group,
                                 bool corrects) {
  Value first = rowOf(x, block.head, firstKey);
  Values ends = seenKeys(block, firstKey, count, group);
  Values factors;
  for (int64_t j = 0; corrects && j < groupVectors; ++j)
    factors.push_back(load(corrections, add(group, j * lanes), lanes));
  forRows(rows, maxRows, [&](Value row, int64_t tileRows) {
    Value at = add(times(row, blockQueries), group);
    Values held;
    for (int64_t i = 0; i < tileRows; ++i)
      for (int64_t j = 0; j < groupVectors; ++j) {
        Value sum = load(sums, add(at, i * blockQueries + j * lanes), lanes);
        held.push_back(corrects ? mul(sum, factors[j]) : sum);
      }
    Value from = constant(0);
    for (auto [j, end] : llvm::enumerate(ends)) {
      // All that is seen by these, and by the vectors behind them.
      int64_t vectors = groupVectors - int64_t(j);
      Values part;
      for (int64_t i = 0; i < tileRows; ++i)
        part.append(held.begin() + (i + 1) * groupVectors - vectors,
                    held.begin() + (i + 1) * groupVectors);
      part = product({memoryOf(x), add(first, row), 1, x.rowStride},
                     {weights, add(group, int64_t(j) * lanes), 0, blockQueries}, from, end,
                     tileRows, {vectors, lanes}, part);
      for (int64_t i = 0; i < tileRows; ++i)
        std::copy_n(part.begin() + i * vectors, vectors,
                    held.begin() + (i + 1) * groupVectors - vectors);
      from = end;
    }
    for (int64_t i = 0; i < tileRows; ++i)
      for (int64_t j = 0; j < groupVectors; ++j)
        store(held[i * groupVectors + j], sums, add(at, i * blockQueries + j * lanes), lanes);
  });
}

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

/// Asks for a block of keys' rows: where heads lie side by side, the machine does not
/// see what comes next.
void AttentionEmitter::prefetch(const AttentionOperand &operand, const Block &block,
                                Value firstRow, int64_t columns) {
  Value end = least(add(firstRow, blockKeys), constant(nest.keys));
  loop(firstRow, end, 1, [&](Value row) {
    Value at = rowOf(operand, block.head, row);
    for (int64_t column = 0; column < columns; column += 16) // a line of 64 bytes
      memref::PrefetchOp::create(b, memoryOf(operand), add(at, column), /*isWrite=*/false,
                                 /*localityHint=*/3, /*isDataCache=*/true);
  });
}

/// As many columns at a time as a vector has lanes, then the rest: the first, and how many.
void AttentionEmitter::forColumns(int64_t columns,
                                  llvm::function_ref<void(Value, int64_t)> body) {
  int64_t rest = columns % lanes;
  if (columns > rest)
    loop(constant(0), constant(columns - rest), lanes,
         [&](Value column) { body(column, lanes); });
  if (rest)
    body(constant(columns - rest), rest);
}

/// The block's rows of \p from, times \p scale, as columns. Lanes behind the last row
/// hold that one.
void AttentionEmitter::pack(const AttentionOperand &from, const Block &block, int64_t columns,
                            double scale, Value to) {
  Value first = rowOf(from, block.head, block.first), last = sub(block.count, constant(1));
  Value factor = scale == 1 ? Value() : number(scale);
  loop(constant(0), block.count, lanes, [&](Value row) {
    auto square = [&](Value column, int64_t active) {
      Values rows;
      for (int64_t i = 0; i < lanes; ++i) {
        Value there = least(add(row, i), last);
        Value x = load(memoryOf(from), add(add(first, times(there, from.rowStride)), column),
                       active);
        rows.push_back(factor ? mul(x, factor) : x);
      }
      Value at = add(times(column, blockQueries), row);
      for (auto [i, x] : llvm::enumerate(transpose(b, rows)))
        if (int64_t(i) < active)
          store(x, to, add(at, int64_t(i) * blockQueries), lanes);
    };
    forColumns(columns, square);
  });
}

/// The way back, each column times its lane of \p factors if given.
void AttentionEmitter::unpack(Value from, const AttentionOperand &to, const Block &block,
                              int64_t columns, Value factors) {
  Value first = rowOf(to, block.head, block.first);
  loop(constant(0), block.count, lanes, [&](Value row) {
    Value factor = factors ? load(factors, row, lanes) : Value();
    auto square = [&](Value column, int64_t active) {
      Value at = add(times(column, blockQueries), row);
      Values columns;
      for (int64_t i = 0; i < lanes; ++i) {
        Value x = i < active ? load(from, add(at, i * blockQueries), lanes) : number(0);
        columns.push_back(factor && i < active ? mul(x, factor) : x);
      }
      for (auto [i, x] : llvm::enumerate(transpose(b, columns))) {
        Value there = add(row, int64_t(i));
        auto put = [&, x = x] {
          store(x, memoryOf(to), add(add(first, times(there, to.rowStride)), column), active);
        };
        if (nest.queries % lanes)
          ifThen(arith::CmpIOp::create(b, arith::CmpIPredicate::ult, there, block.count), put);
        else
          put();
      }
    };
    forColumns(columns, square);
  });
}

/// Whether each lane from \p from on is one of \p count.
Value AttentionEmitter::lanesBelow(Value from, Value count) {
  Value left = arith::IndexCastOp::create(b, b.getI32Type(), sub(count, from));
  return arith::CmpIOp::create(b, arith::CmpIPredicate::slt, laneNumbers(), broadcast(left));
}

/// A number for each query.
void AttentionEmitter::packRow(const AttentionOperand &from, const Block &block, Value to) {
  Value first = rowOf(from, block.head, block.first);
  loop(constant(0), block.count, lanes, [&](Value query) {
    Value at = add(first, query), memory = memoryOf(from);
    Value x = nest.queries % lanes == 0
                  ? load(memory, at, lanes)
                  : Value(vector::MaskedLoadOp::create(
                        b, vector, memory, at, lanesBelow(query, block.count), number(0)));
    store(x, to, query, lanes);
  });
}

/// The mask of a block of keys, with the keys as rows; a bool as 1 or 0.
void AttentionEmitter::packMask(const Block &block, Value firstKey, Value count) {
  const AttentionOperand &from = nest.mask;
  bool isBool = nest.masked == AttentionNest::Counted;
  Value first = add(rowOf(from, block.head, block.first), times(firstKey, from.keyStride));
  Value last = sub(block.count, constant(1));
  auto asNumber = [&](Value x) -> Value {
    if (!isBool)
      return x;
    Value bits = arith::TruncIOp::create(
        b, isa<VectorType>(x.getType()) ? Type(vector.clone(b.getI1Type())) : b.getI1Type(), x);
    return arith::UIToFPOp::create(
        b, isa<VectorType>(x.getType()) ? Type(vector) : b.getF32Type(), bits);
  };
  Type stored = isBool ? b.getI8Type() : Type(b.getF32Type());
  loop(constant(0), block.count, lanes, [&](Value row) {
    loop(constant(0), count, lanes, [&](Value key) {
      Values rows;
      for (int64_t i = 0; i < lanes; ++i) {
        Value at = add(first, times(least(add(row, i), last), from.rowStride));
        if (!from.keyStride) {
          rows.push_back(broadcast(asNumber(memref::LoadOp::create(b, memoryOf(from), at))));
          continue;
        }
        VectorType type = vector.clone(stored);
        Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type)), x;
        at = add(at, key);
        if (nest.keys % lanes == 0)
          x = vector::LoadOp::create(b, type, memoryOf(from), at);
        else
          x = vector::MaskedLoadOp::create(b, type, memoryOf(from), at, lanesBelow(key, count),
                                           zero);
        rows.push_back(asNumber(x));
      }
      Value at = add(times(key, blockQueries), row);
      for (auto [i, x] : llvm::enumerate(transpose(b, rows)))
        store(x, masks, add(at, int64_t(i) * blockQueries), lanes);
    });
  });
}

} // namespace agc
