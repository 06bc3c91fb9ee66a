//===- AttentionEmitter.cpp - Attention, block of scores by block ----------===//
//
//   forward: for a block of queries of a head        a task
//     for a block of keys
//       scores = k q^T, masked; their largest
//       what was summed is corrected to it
//       exponentials and their sum; o^T += v^T scores
//
//   backward: for a head                             a task
//     for a block of queries, for a block of keys
//       p = exp(k q^T - lse); ds = p (v do^T - delta)
//       dq^T += k^T ds; dv += p do; dk += ds q
//
// Blocks of keys that a causal mask hides are not visited. What a task sums is its own,
// and in the order of blocks, so threads do not matter.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/AttentionEmitter.h"

#include "passes/Passes.h"

using namespace mlir;

namespace agc {

AttentionEmitter::AttentionEmitter(func::FuncOp kernel, const AttentionNest &nest,
                                   const Machine &machine)
    : kernel(kernel), nest(nest), b(kernel.getLoc(), kernel.getContext()) {
  lanes = machine.vectorBytes ? machine.lanes(b.getF32Type()) : 1;
  vector = VectorType::get({lanes}, b.getF32Type());
  // Sums, vectors and an element of each register tile stay in registers.
  bool hasMany = machine.numRegisters >= 32;
  groupVectors = hasMany ? 4 : 2;
  maxRows = hasMany ? 6 : 6;
  blockKeys = 48;
  groupVectors = std::min<int64_t>(groupVectors, llvm::divideCeil(nest.queries, lanes));
  int64_t group = groupVectors * lanes;
  blockQueries = llvm::alignTo(std::min<int64_t>(std::max<int64_t>(64, group), nest.queries),
                               group);
}

/// The vectors of queries that are summed up at a time.
void AttentionEmitter::forGroups(const Block &block, llvm::function_ref<void(Value)> body) {
  if (blockQueries == groupVectors * lanes)
    return body(constant(0));
  loop(constant(0), block.count, groupVectors * lanes, body);
}

/// Blocks of keys that a query of the block can see, their mask at hand: the first key,
/// and how many.
void AttentionEmitter::forKeyBlocks(const Block &block,
                                    llvm::function_ref<void(Value, Value)> body) {
  Value end = constant(nest.keys);
  if (nest.isCausal)
    end = least(end, add(block.first, block.count));
  loop(constant(0), end, blockKeys, [&](Value firstKey) {
    Value count = constant(blockKeys);
    if (nest.keys % blockKeys)
      count = least(count, sub(constant(nest.keys), firstKey));
    if (nest.masked && nest.mask.rowStride)
      packMask(block, firstKey, count);
    prefetchKeys(block, add(firstKey, blockKeys)); // the next one's
    body(firstKey, count);
  });
}

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

/// A row of keys, from \p key on, for the vectors of the group that may see one of them:
/// \p body gets how many do not.
void AttentionEmitter::forSeen(const Block &block, Value key, Value group,
                               llvm::function_ref<void(int64_t)> body) {
  if (!nest.isCausal)
    return body(0);
  auto choose = [&](auto &&self, int64_t hidden) -> void {
    if (hidden == groupVectors)
      return body(hidden);
    Value end = add(add(block.first, group), (hidden + 1) * lanes);
    auto branch = scf::IfOp::create(
        b, arith::CmpIOp::create(b, arith::CmpIPredicate::ult, key, end),
        /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(branch.thenBlock());
    body(hidden);
    b.setInsertionPointToStart(branch.elseBlock());
    self(self, hidden + 1);
  };
  choose(choose, 0);
}

/// For each vector of the group, how many of the block's keys a query of it sees. If all
/// see all, one number.
AttentionEmitter::Values AttentionEmitter::seenKeys(const Block &block, Value firstKey,
                                                    Value count, Value group) {
  if (!nest.isCausal)
    return {count};
  Values ends;
  for (int64_t j = 0; j < groupVectors; ++j) {
    Value end = sub(add(add(block.first, group), (j + 1) * lanes), firstKey);
    end = arith::MaxSIOp::create(b, end, constant(0));
    ends.push_back(arith::MinSIOp::create(b, end, count));
  }
  return ends;
}

/// Puts \p hidden where scores do not count; \p adds: and adds a mask to those that do.
/// \p x: rows from \p row on of the block of keys.
void AttentionEmitter::mask(const Block &block, Value firstKey, Value row, Value group,
                            int64_t rows, int64_t vectors, Values &x, double hidden,
                            bool adds) {
  Value none = number(hidden);
  const AttentionOperand &from = nest.mask;
  bool counts = nest.masked == AttentionNest::Counted;
  for (int64_t i = 0; i < rows && (counts || (nest.masked && adds)); ++i) {
    Value there = add(row, i), same;
    if (!from.rowStride) { // One for all queries.
      Value at = add(rowOf(from, block.head, constant(0)),
                     times(add(firstKey, there), from.keyStride));
      same = memref::LoadOp::create(b, memoryOf(from), at);
      if (counts)
        same = arith::TruncIOp::create(b, b.getI1Type(), same);
      same = broadcast(same);
    }
    for (int64_t j = 0; j < vectors; ++j) {
      Value &score = x[i * vectors + j], here = same;
      if (!here) {
        here = load(masks, add(add(times(there, blockQueries), group), j * lanes), lanes);
        if (counts)
          here = arith::CmpFOp::create(b, arith::CmpFPredicate::UNE, here, number(0));
      }
      if (counts)
        score = arith::SelectOp::create(b, here, score, none);
      else
        score = arith::AddFOp::create(b, score, here);
    }
  }
  if (!nest.isCausal)
    return;
  // Only blocks at the diagonal have keys behind a query.
  Value key = add(firstKey, row), query = add(block.first, group);
  Value isCut = arith::CmpIOp::create(b, arith::CmpIPredicate::ugt, add(key, rows - 1), query);
  auto branch = scf::IfOp::create(b, ValueRange(x).getTypes(), isCut, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.elseBlock());
  scf::YieldOp::create(b, x);
  b.setInsertionPointToStart(branch.thenBlock());
  Type i32 = b.getI32Type();
  Value lane = laneNumbers();
  Value ahead = arith::IndexCastOp::create(b, i32, sub(key, query));
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < vectors; ++j) {
      Value from = arith::AddIOp::create(
          b, ahead, arith::ConstantOp::create(b, b.getI32IntegerAttr(int32_t(i - j * lanes))));
      Value isSeen =
          arith::CmpIOp::create(b, arith::CmpIPredicate::sge, lane, broadcast(from));
      Value &score = x[i * vectors + j];
      score = arith::SelectOp::create(b, isSeen, score, none);
    }
  scf::YieldOp::create(b, x);
  x.assign(branch.result_begin(), branch.result_end());
}

//===----------------------------------------------------------------------===//
// Forward
//===----------------------------------------------------------------------===//

/// The scores of a block, and the largest of each query.
void AttentionEmitter::emitScores(const Block &block, Value firstKey, Value count,
                                  Value group) {
  for (int64_t j = 0; j < groupVectors; ++j)
    store(number(-INFINITY), largest, add(group, j * lanes), lanes);
  Value first = rowOf(nest.k, block.head, firstKey);
  forKeys(count, maxRows, [&](Value row, int64_t rows) {
    Matrix k{memoryOf(nest.k), add(first, times(row, nest.k.rowStride)), nest.k.rowStride, 1};
    forSeen(block, add(firstKey, row), group, [&](int64_t hidden) {
      int64_t vectors = groupVectors - hidden;
      if (vectors == 0)
        return;
      Value query = add(group, hidden * lanes);
      Values x = product(k, {qs, query, 0, blockQueries}, constant(0), constant(nest.features),
                         rows, {vectors, lanes}, zeros(rows * vectors));
      mask(block, firstKey, row, query, rows, vectors, x, -INFINITY, /*adds=*/true);
      Value at = add(times(row, blockQueries), query);
      for (int64_t j = 0; j < vectors; ++j) {
        Value most = load(largest, add(query, j * lanes), lanes);
        for (int64_t i = 0; i < rows; ++i) {
          Value score = x[i * vectors + j];
          store(score, scores, add(at, i * blockQueries + j * lanes), lanes);
          most = larger(score, most);
        }
        store(most, largest, add(query, j * lanes), lanes);
      }
    });
  });
}

/// Scores become exponentials, less the largest so far; what was summed before is to be
/// multiplied by `corrections`.
void AttentionEmitter::emitSoftmax(const Block &block, Value firstKey, Value count,
                                   Value group) {
  Values less, totalsNow;
  for (int64_t j = 0; j < groupVectors; ++j) {
    Value at = add(group, j * lanes), before = load(bounds, at, lanes);
    Value now = larger(load(largest, at, lanes), before);
    store(now, bounds, at, lanes);
    // Of a query that has seen nothing yet, all is 0.
    Value isNothing =
        arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, now, number(-INFINITY));
    less.push_back(arith::SelectOp::create(b, isNothing, number(0), now));
    Value correction = exponential(arith::SubFOp::create(b, before, less.back()));
    store(correction, corrections, at, lanes);
    totalsNow.push_back(mul(load(totals, at, lanes), correction));
  }
  Value from = constant(0);
  for (auto [first, end] : llvm::enumerate(seenKeys(block, firstKey, count, group))) {
    Values held(llvm::drop_begin(totalsNow, first));
    auto loop = scf::ForOp::create(b, from, end, constant(1), held);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value at = add(times(loop.getInductionVar(), blockQueries), group);
    Values next;
    for (auto [n, total] : llvm::enumerate(loop.getRegionIterArgs())) {
      int64_t j = int64_t(first + n);
      Value here = add(at, j * lanes);
      Value p = exponential(arith::SubFOp::create(b, load(scores, here, lanes), less[j]));
      store(p, scores, here, lanes);
      next.push_back(arith::AddFOp::create(b, total, p));
    }
    scf::YieldOp::create(b, next);
    llvm::copy(loop.getResults(), totalsNow.begin() + first);
    from = end;
  }
  for (int64_t j = 0; j < groupVectors; ++j)
    store(totalsNow[j], totals, add(group, j * lanes), lanes);
}

void AttentionEmitter::prefetchKeys(const Block &block, Value firstKey) {
  prefetch(nest.k, block, firstKey, nest.features);
  prefetch(nest.v, block, firstKey, nest.channels);
}

void AttentionEmitter::emitForward(const Block &block) {
  prefetchKeys(block, constant(0));
  pack(nest.q, block, nest.features, nest.scale, qs);
  loop(constant(0), constant(blockQueries), lanes, [&](Value query) {
    store(number(-INFINITY), bounds, query, lanes);
    store(number(0), totals, query, lanes);
  });
  fillZero(sums, nest.channels * blockQueries);
  forKeyBlocks(block, [&](Value firstKey, Value count) {
    forGroups(block, [&](Value group) {
      emitScores(block, firstKey, count, group);
      emitSoftmax(block, firstKey, count, group);
      addAcross(nest.v, nest.channels, block, scores, firstKey, count, group,
                /*corrects=*/true);
    });
  });
  Value lse = rowOf(nest.lse, block.head, block.first);
  loop(constant(0), block.count, lanes, [&](Value query) {
    Value total = load(totals, query, lanes);
    Value log = arith::AddFOp::create(b, load(bounds, query, lanes),
                                      math::LogOp::create(b, total));
    if (nest.queries % lanes == 0)
      store(log, memoryOf(nest.lse), add(lse, query), lanes);
    else
      vector::MaskedStoreOp::create(b, memoryOf(nest.lse), add(lse, query),
                                    lanesBelow(query, block.count), log);
    store(arith::DivFOp::create(b, number(1), total), corrections, query, lanes);
  });
  unpack(sums, nest.o, block, nest.channels, corrections);
}

//===----------------------------------------------------------------------===//
// Backward
//===----------------------------------------------------------------------===//

/// Probabilities into `scores`, the gradients of what q k^T is into `d_scores`.
void AttentionEmitter::emitScoreGradients(const Block &block, Value firstKey, Value count,
                                          Value group) {
  Value firstK = rowOf(nest.k, block.head, firstKey), firstV = rowOf(nest.v, block.head, firstKey);
  auto emitTile = [&](Value row, int64_t rows, int64_t hidden) {
    Value firstRow = add(times(row, blockQueries), group);
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < hidden; ++j)
        for (Value memory : {scores, d_scores})
          store(number(0), memory, add(firstRow, i * blockQueries + j * lanes), lanes);
    int64_t vectors = groupVectors - hidden;
    if (vectors == 0)
      return;
    Value first = add(group, hidden * lanes);
    auto forEach = [&](auto body) {
      for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < vectors; ++j)
          body(i * vectors + j, add(first, j * lanes),
               add(firstRow, i * blockQueries + (hidden + j) * lanes));
    };
    Matrix k{memoryOf(nest.k), add(firstK, times(row, nest.k.rowStride)), nest.k.rowStride, 1};
    Values x = product(k, {qs, first, 0, blockQueries}, constant(0), constant(nest.features),
                       rows, {vectors, lanes}, zeros(rows * vectors));
    mask(block, firstKey, row, first, rows, vectors, x, -INFINITY, /*adds=*/true);
    forEach([&](int64_t n, Value query, Value at) {
      Value less = arith::SubFOp::create(b, x[n], load(lses, query, lanes));
      store(exponential(less), scores, at, lanes);
    });
    Matrix v{memoryOf(nest.v), add(firstV, times(row, nest.v.rowStride)), nest.v.rowStride, 1};
    x = product(v, {d_os, first, 0, blockQueries}, constant(0), constant(nest.channels), rows,
                {vectors, lanes}, zeros(rows * vectors));
    forEach([&](int64_t n, Value query, Value at) {
      x[n] = arith::SubFOp::create(b, x[n], load(deltas, query, lanes));
      x[n] = mul(mul(x[n], number(nest.scale)), load(scores, at, lanes));
    });
    mask(block, firstKey, row, first, rows, vectors, x, 0, /*adds=*/false);
    forEach([&](int64_t n, Value, Value at) { store(x[n], d_scores, at, lanes); });
  };
  forKeys(count, maxRows, [&](Value row, int64_t rows) {
    forSeen(block, add(firstKey, row), group,
            [&](int64_t hidden) { emitTile(row, rows, hidden); });
  });
}

/// In the order in which the products of v and d_o are summed: of a query that sees one
/// key, whose o is its v, the difference is 0.
void AttentionEmitter::emitDeltas(const Block &block) {
  pack(nest.o, block, nest.channels, 1, sums);
  loop(constant(0), block.count, lanes, [&](Value query) {
    auto loop = scf::ForOp::create(b, constant(0), constant(nest.channels), constant(1),
                                   number(0));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value at = add(times(loop.getInductionVar(), blockQueries), query);
    scf::YieldOp::create(b, fma(load(sums, at, lanes), load(d_os, at, lanes),
                                loop.getRegionIterArg(0)));
    b.setInsertionPointAfter(loop);
    store(loop.getResult(0), deltas, query, lanes);
  });
}

void AttentionEmitter::emitBackward(ArrayRef<Value> head) {
  for (auto [to, columns] : {std::pair(&nest.d_k, nest.features), {&nest.d_v, nest.channels}})
    loop(constant(0), constant(nest.keys), 1, [&, to = to, columns = columns](Value key) {
      Value at = rowOf(*to, head, key);
      for (int64_t j = 0; j < columns; j += lanes)
        store(number(0), memoryOf(*to), add(at, j), std::min(lanes, columns - j));
    });
  forQueryBlocks(head, [&](const Block &block) {
    prefetchKeys(block, constant(0));
    pack(nest.q, block, nest.features, nest.scale, qs);
    pack(nest.d_o, block, nest.channels, 1, d_os);
    packRow(nest.lse, block, lses);
    emitDeltas(block);
    fillZero(sums, nest.features * blockQueries);
    forKeyBlocks(block, [&](Value firstKey, Value count) {
      forGroups(block, [&](Value group) {
        emitScoreGradients(block, firstKey, count, group);
        addAcross(nest.k, nest.features, block, d_scores, firstKey, count, group,
                  /*corrects=*/false);
      });
      addRows(block, nest.d_v, nest.channels, scores, nest.d_o, firstKey, count);
      addRows(block, nest.d_k, nest.features, d_scores, nest.q, firstKey, count);
    });
    unpack(sums, nest.d_q, block, nest.features, Value());
  });
}

//===----------------------------------------------------------------------===//
// Tasks
//===----------------------------------------------------------------------===//

AttentionEmitter::Block AttentionEmitter::blockAt(ArrayRef<Value> head, Value first) {
  Value count = constant(blockQueries);
  if (nest.queries % blockQueries)
    count = least(count, sub(constant(nest.queries), first));
  return {Values(head), first, count};
}

void AttentionEmitter::forQueryBlocks(ArrayRef<Value> head,
                                      llvm::function_ref<void(const Block &)> body) {
  loop(constant(0), constant(nest.queries), blockQueries,
       [&](Value first) { body(blockAt(head, first)); });
}

void AttentionEmitter::fillZero(Value memory, int64_t elements) {
  loop(constant(0), constant(elements), lanes,
       [&](Value at) { store(number(0), memory, at, lanes); });
}

int64_t AttentionEmitter::run() {
  b.setInsertionPointToStart(kernel.addEntryBlock());
  int64_t square = blockKeys * blockQueries;
  qs = buffer(nest.features * blockQueries);
  scores = buffer(square);
  sums = buffer((nest.isBackward ? std::max(nest.features, nest.channels) : nest.channels) *
                blockQueries);
  if (nest.masked && nest.mask.rowStride)
    masks = buffer(llvm::alignTo(blockKeys, lanes) * blockQueries);
  SmallVector<Value *> perQuery{&lses, &deltas};
  if (!nest.isBackward)
    perQuery.assign({&largest, &bounds, &totals, &corrections});
  for (Value *of : perQuery)
    *of = buffer(blockQueries);
  if (nest.isBackward) {
    d_os = buffer(nest.channels * blockQueries);
    d_scores = buffer(square);
  }
  int64_t blocks = nest.isBackward ? 1 : llvm::divideCeil(nest.queries, blockQueries);
  Value begin = kernel.getArguments().drop_back().back(), end = kernel.getArguments().back();
  loop(begin, end, 1, [&](Value task) {
    Value rest = task;
    auto take = [&](int64_t size) {
      Value index = arith::RemUIOp::create(b, rest, constant(size));
      rest = arith::DivUIOp::create(b, rest, constant(size));
      return index;
    };
    Value block = take(blocks);
    Values head(nest.batch.size());
    for (int64_t d = int64_t(head.size()) - 1; d >= 0; --d)
      head[d] = take(nest.batch[d]);
    if (nest.isBackward)
      emitBackward(head);
    else
      emitForward(blockAt(head, times(block, blockQueries)));
  });
  func::ReturnOp::create(b);
  return nest.heads() * blocks;
}

int64_t emitAttention(func::FuncOp kernel, const AttentionNest &nest,
                      const Machine &machine) {
  return AttentionEmitter(kernel, nest, machine).run();
}

} // namespace agc
