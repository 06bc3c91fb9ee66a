//===- LoopSquares.cpp - Maps whose vectors an input lies across -----------===//
#include "codegen/cpu/LoopEmitter.h"

#include "codegen/cpu/Lanes.h"

using namespace mlir;

namespace agc {

/// Steps that make a square worth transposing, and the ops of a body that is written out
/// for each of them.
static constexpr int64_t minSquareSteps = 4, maxSquareOps = 32;

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
    // Of one lane alone LLVM 22 takes all steps' elements from the first for i64 (for
    // x86-64-v4; vpmullq): the body loads that element by element.
    if (place.active == 1 || !liesAcross(access, along) ||
        nest.body->getArgument(i).use_empty())
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

} // namespace agc
