//===- LoopSquares.cpp - Maps whose vectors an input lies across -----------===//
//
// Where results lie along one loop and an input along another, as many vectors of the
// input as have lanes are loaded and transposed: a square. Where one of the loops is short,
// vectors go over both as over one loop, and are interleaved or taken apart: images of
// three channels, filters of nine weights.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/LoopEmitter.h"

#include "codegen/cpu/Lanes.h"

using namespace mlir;

namespace agc {

/// Steps that make a square worth transposing, and the ops of a body that is written out
/// for each of them.
static constexpr int64_t minSquareSteps = 4, maxSquareOps = 32;
/// Bytes that squares side by side read, which stay in a cache; and how many such squares,
/// two where they read more.
static constexpr int64_t bytesSideBySide = 64 << 10, maxSideBySide = 8;
/// Tiles that are enough for threads to share; squares, one after the other, that make one.
static constexpr int64_t enoughTiles = 16, minSquaresOfTile = 8;
/// Vectors that are interleaved at a time: as many again hold what becomes of them.
static constexpr int64_t maxWoven = 16;

/// Whether elements are wide enough to be picked from two vectors by one instruction. With
/// some such shuffles of bytes LLVM 22 takes minutes for x86-64-v4.
static bool canWeave(Type element) { return element.getIntOrFloatBitWidth() >= 32; }

/// Whether the input's elements lie side by side along this loop, and not along the
/// vectors.
bool LoopEmitter::liesAcross(const Access &access, unsigned along) {
  return access.strides[along] == 1 && access.strides[vectorLoop] != 0 &&
         access.strides[vectorLoop] != 1;
}

/// Whether the input's elements of this loop lie between those of one vector loop's index
/// and the next, nothing else does, and they are few: rows of half a vector and more gave
/// nothing over squares.
bool LoopEmitter::liesBetween(const Access &access, unsigned along) {
  int64_t steps = nest.sizes[along];
  return steps < lanes && (steps * 2 < lanes || steps < minSquareSteps) && steps <= maxWoven &&
         canWeave(access.element) && access.strides[along] == 1 &&
         access.strides[vectorLoop] == steps;
}

/// Reduction loops of one trip are gone, but the body still adds to something.
bool LoopEmitter::addsToOutputs() {
  return llvm::any_of(nest.body->getArguments().drop_front(nest.inputs.size()),
                      [](BlockArgument held) { return !held.use_empty(); });
}

/// The loop along which an input of a map lies that the vectors would pick together
/// element by element.
std::optional<unsigned> LoopEmitter::acrossLoop() {
  if (vectorLoop == ~0u || lanes == 1 || nest.hasReductions() || isScatter() ||
      nest.sizes[vectorLoop] * 2 < lanes || nest.body->getOperations().size() > maxSquareOps ||
      addsToOutputs())
    return std::nullopt;
  for (const Access &access : nest.inputs)
    for (unsigned l = 0; l < nest.numLoops(); ++l)
      if (l != vectorLoop && liesAcross(access, l) &&
          (nest.sizes[l] >= minSquareSteps || liesBetween(access, l)))
        return l;
  return std::nullopt;
}

/// Squares that a tile has side by side along the vectors: a row of results is then written
/// some lines at a time.
int64_t LoopEmitter::squaresSideBySide(unsigned along) {
  int64_t vectors = llvm::divideCeil(nest.sizes[vectorLoop], lanes),
          bytes = nest.outputs.front().element.getIntOrFloatBitWidth() / 8,
          count = bytesSideBySide / std::max<int64_t>(1, nest.sizes[along] * lanes * bytes);
  return std::min(vectors, std::clamp<int64_t>(count, 2, maxSideBySide));
}

/// How much of the loop along which inputs lie a tile has: all, or whole squares where there
/// are few tiles.
int64_t LoopEmitter::stepsOfTile(unsigned along, int64_t tiles) {
  int64_t size = nest.sizes[along], parts = llvm::divideCeil(enoughTiles, tiles);
  return std::max<int64_t>(llvm::alignTo(llvm::divideCeil(size, parts), lanes),
                           minSquaresOfTile * lanes);
}

/// A map at vectors of places, and so at all, or a range, of the loop that inputs lie along.
void LoopEmitter::emitSquares(Place place, const Range &vectors, unsigned along,
                              const Range &steps) {
  byLanes(along, steps, [&](Value first, int64_t count) {
    place.indices[along] = first;
    alongVector(place, vectors, [&](Place at) { emitSquare(at, along, count); });
  });
}

/// What lies across, at each step.
SmallVector<Value> LoopEmitter::transposed(const Access &access, Place place, unsigned along,
                                           int64_t steps) {
  SmallVector<Value> rows;
  Place row = place;
  row.vectorLoop = along;
  if (steps == nest.sizes[along] && liesBetween(access, along)) {
    for (int64_t step = 0; step < steps; ++step) {
      row.active = std::min(lanes, place.active * steps - step * lanes);
      row.indices[along] = emit.constant(step * lanes);
      rows.push_back(row.active > 0 ? emit.load(access, row) : rows.front());
    }
    return deinterleave(b, rows);
  }
  row.active = steps;
  for (int64_t lane = 0; lane < lanes; ++lane) {
    row.indices[vectorLoop] =
        arith::AddIOp::create(b, place.indices[vectorLoop], emit.constant(lane));
    // Lanes that do not count have what others have.
    rows.push_back(lane < place.active ? emit.load(access, row) : rows.front());
  }
  rows = transpose(b, rows);
  rows.resize(steps);
  return rows;
}

void LoopEmitter::emitSquare(Place place, unsigned along, int64_t steps) {
  // What each input has at each step, if it lies across.
  SmallVector<SmallVector<Value>> square(steps, SmallVector<Value>(nest.inputs.size()));
  for (auto [i, access] : llvm::enumerate(nest.inputs))
    // Of one lane alone LLVM 22 takes all steps' elements from the first for i64 (for
    // x86-64-v4; vpmullq): the body loads that element by element.
    if (place.active > 1 && liesAcross(access, along) &&
        !nest.body->getArgument(i).use_empty())
      for (auto [step, column] : llvm::enumerate(transposed(access, place, along, steps)))
        square[step][i] = column;
  Value first = place.indices[along];
  for (auto [step, loaded] : llvm::enumerate(square)) {
    place.indices[along] = arith::AddIOp::create(b, first, emit.constant(step));
    SmallVector<Value> results = emit.body(place, {}, loaded);
    for (auto [i, value] : llvm::enumerate(results))
      emit.store(emit.finish(place, value), nest.outputs[i], place);
  }
}

/// Whether the operand's elements lie side by side over this loop and all behind it.
bool LoopEmitter::liesWhole(const Access &access, unsigned from) {
  int64_t stride = 1;
  for (unsigned l = nest.numLoops(); l-- > from; stride *= nest.sizes[l])
    if (access.strides[l] != stride)
      return false;
  return true;
}

/// Whether the operand has one element for all of this loop and those behind it.
bool LoopEmitter::isUniform(const Access &access, unsigned from) {
  return llvm::all_of(llvm::drop_begin(access.strides, from),
                      [](int64_t stride) { return stride == 0; });
}

/// The loop whose vectors are interleaved: results of a map lie side by side over it and
/// the few places of the loops behind it, and an input does not.
std::optional<unsigned> LoopEmitter::wovenLoop() {
  if (lanes == 1 || nest.numIterations() == 0 || nest.hasReductions() || nest.epilogue ||
      !nest.lookups.empty() || nest.body->getOperations().size() > maxSquareOps || addsToOutputs() ||
      llvm::any_of(*nest.body, [](Operation &op) { return isa<linalg::IndexOp>(op); }))
    return std::nullopt;
  int64_t places = 1;
  for (unsigned l = nest.numLoops(); l-- > 1;) {
    places *= nest.sizes[l];
    unsigned along = l - 1;
    // A loop that has a vector of its own is better transposed.
    if (places > maxWoven || nest.sizes.back() >= lanes)
      return std::nullopt;
    bool isAcross = false, fits = nest.sizes[along] * 2 >= lanes;
    for (const Access &output : nest.outputs)
      fits &= liesWhole(output, along);
    for (const Access &input : nest.inputs) {
      if (liesWhole(input, along) || isUniform(input, along))
        continue;
      // What repeats is as good beside vectors that are half full.
      isAcross |= input.strides[along] == 1 || places * 2 < lanes;
      fits &= (input.strides[along] == 0 || input.strides[along] == 1) &&
              canWeave(input.element);
    }
    if (fits && isAcross)
      return along;
  }
  return std::nullopt;
}

/// What an input that lies along the vector loop has for vectors over it and all behind it.
SmallVector<Value> LoopEmitter::weave(const Access &access, Place place) {
  SmallVector<Value> rows;
  llvm::SmallMapVector<int64_t, Value, maxWoven> loaded;
  int64_t places = 1;
  for (unsigned l = vectorLoop + 1; l < nest.numLoops(); ++l)
    places *= nest.sizes[l];
  for (int64_t i = 0; i < places; ++i) {
    int64_t rest = i, offset = 0;
    for (unsigned l = nest.numLoops(); --l > vectorLoop; rest /= nest.sizes[l]) {
      place.indices[l] = emit.constant(rest % nest.sizes[l]);
      offset += rest % nest.sizes[l] * access.strides[l];
    }
    Value &row = loaded[offset];
    if (!row)
      row = emit.load(access, place);
    rows.push_back(row);
  }
  return interleave(b, rows);
}

/// A map at a vector of places, and so at all of the loops behind.
void LoopEmitter::emitWoven(Place place) {
  SmallVector<unsigned> behind =
      llvm::to_vector(llvm::seq<unsigned>(vectorLoop + 1, nest.numLoops()));
  int64_t elements = place.active;
  for (unsigned l : behind)
    elements *= nest.sizes[l];
  if (place.active == 1) {
    place.lanes = 1;
    return forEachPlace(behind, place, [&](Place at) { emitAt(at); });
  }
  SmallVector<SmallVector<Value>> loaded(nest.inputs.size());
  for (auto [i, access] : llvm::enumerate(nest.inputs))
    if (!nest.body->getArgument(i).use_empty() && !liesWhole(access, vectorLoop) &&
        !isUniform(access, vectorLoop))
      loaded[i] = weave(access, place);
  place.vectorLoop = behind.back();
  for (int64_t k = 0; k * lanes < elements; ++k) {
    place.indices[behind.back()] = emit.constant(k * lanes);
    place.active = std::min(lanes, elements - k * lanes);
    SmallVector<Value> inputs = llvm::map_to_vector(loaded, [&](ArrayRef<Value> vectors) {
      return vectors.empty() ? Value() : vectors[k];
    });
    for (auto [value, output] : llvm::zip_equal(emit.body(place, {}, inputs), nest.outputs))
      emit.store(value, output, place);
  }
}

} // namespace agc
