//===- WinogradEmitter.cpp - Transforms of tiles, vectors along channels ---===//
//
// One form for both ways: a tile's vectors are loaded, multiplied by the matrix
// from the left and from the right, and stored. Straight code, additions first:
// rows of the matrix that differ in signs alone share what they add up.
//
// What of a tile lies outside the image is known for the first and last rows and
// columns of tiles: they have code of their own, in which zeros are not loaded.
//
// An image that is not in memory is computed element by element as it would be loaded;
// what is the same for all elements of a channel is loaded once for a tile.
//
// Moments of an image are those of each row of tiles, which one task has from its first
// tile to its last: the same bits with any number of threads.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/WinogradEmitter.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace agc {

WinogradEmitter::WinogradEmitter(func::FuncOp kernel, const WinogradNest &nest,
                                 const Machine &machine)
    : kernel(kernel), nest(nest), matrix(nest.matrix), b(kernel.getLoc(), kernel.getContext()) {
  lanes = machine.vectorBytes ? machine.lanes(b.getF32Type()) : 1;
  // In an image, a tile is as wide as the matrix on its side.
  side = nest.toPoints ? matrix.columns : matrix.rows;
  numPoints = nest.toPoints ? matrix.rows : matrix.columns;
}

SmallVector<WinogradEmitter::Class> WinogradEmitter::classesOf(int64_t tiles, int64_t low,
                                                               int64_t size) {
  SmallVector<Class> result;
  for (int64_t t = 0; t < tiles; ++t) {
    int64_t start = t * nest.step - low;
    Class next{t + 1, std::clamp<int64_t>(-start, 0, side),
               std::clamp<int64_t>(size - start, 0, side)};
    if (!result.empty() && result.back() == next)
      result.back().end = t + 1;
    else
      result.push_back(next);
  }
  return result;
}

/// The body for the class that the index is of.
void WinogradEmitter::choose(Value index, ArrayRef<Class> classes,
                             llvm::function_ref<void(const Class &)> body) {
  if (classes.size() == 1)
    return body(classes.front());
  Value isHere = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, index,
                                       constant(classes.front().end));
  auto branch = scf::IfOp::create(b, isHere, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  body(classes.front());
  b.setInsertionPointToStart(branch.elseBlock());
  choose(index, classes.drop_front(), body);
}

Value WinogradEmitter::multiply(Value x, double factor) {
  if (factor == 1)
    return x;
  if (factor == -1)
    return arith::NegFOp::create(b, x);
  return arith::MulFOp::create(b, x, number(factor));
}

/// sum + x * factor; no sum: zero.
Value WinogradEmitter::multiplyAdd(Value sum, Value x, double factor) {
  if (!sum)
    return multiply(x, factor);
  if (factor == 1)
    return arith::AddFOp::create(b, sum, x);
  if (factor == -1)
    return arith::SubFOp::create(b, sum, x);
  return math::FmaOp::create(b, x, number(factor), sum);
}

Value WinogradEmitter::combine(ArrayRef<double> factors, ArrayRef<Value> xs) {
  Value sum;
  // Those that only add come first: what is multiplied then adds at once.
  for (bool isPlain : {true, false})
    for (auto [factor, x] : llvm::zip_equal(factors, xs))
      if (x && factor != 0 && (factor == 1) == isPlain)
        sum = multiplyAdd(sum, x, factor);
  return sum;
}

/// Which element row i is, if it is one as it stands. Registers are few: such rows are
/// loaded when all others are done.
std::optional<int64_t> WinogradEmitter::copiedBy(int64_t i) {
  std::optional<int64_t> result;
  for (int64_t k = 0; k < matrix.columns; ++k) {
    if (matrix.at(i, k) == 0)
      continue;
    if (result || matrix.at(i, k) != 1)
      return std::nullopt;
    result = k;
  }
  return result;
}

/// Whether a row that is more than a copy has element k.
bool WinogradEmitter::isCombined(int64_t k) {
  for (int64_t i = 0; i < matrix.rows; ++i)
    if (matrix.at(i, k) != 0 && !copiedBy(i))
      return true;
  return false;
}

/// The matrix times a column; rows that are copies of what is not there are null.
WinogradEmitter::Vectors WinogradEmitter::apply(ArrayRef<Value> xs) {
  Vectors result(matrix.rows);
  auto rowOf = [&](int64_t i) {
    return ArrayRef(matrix.elements).slice(i * matrix.columns, matrix.columns);
  };
  for (int64_t i = 0; i < matrix.rows; ++i) {
    bool isPair = i + 1 < matrix.rows;
    for (int64_t k = 0; isPair && k < matrix.columns; ++k)
      isPair = std::abs(rowOf(i)[k]) == std::abs(rowOf(i + 1)[k]);
    if (!isPair) {
      result[i] = combine(rowOf(i), xs);
      continue;
    }
    SmallVector<double> same(matrix.columns, 0), opposite(matrix.columns, 0);
    for (int64_t k = 0; k < matrix.columns; ++k)
      (rowOf(i)[k] == rowOf(i + 1)[k] ? same : opposite)[k] = rowOf(i)[k];
    Value x = combine(same, xs), y = combine(opposite, xs);
    result[i] = x && y ? arith::AddFOp::create(b, x, y).getResult() : x ? x : y;
    result[i + 1] = x && y ? arith::SubFOp::create(b, x, y).getResult()
                    : y    ? arith::NegFOp::create(b, y).getResult()
                           : x;
    ++i;
  }
  return result;
}

/// What gives the element at (i, j) of a tile of an image that is not in memory.
std::function<Value(int64_t, int64_t)>
WinogradEmitter::computedImage(const Channels &channels) {
  Place place{{image, y, x, channels.first}, 3, lanes, channels.active};
  BodyEmitter emitter(b, kernel, *nest.prologue);
  auto isAlike = [](const Access &access) { return !access.strides[1] && !access.strides[2]; };
  Vectors shared;
  for (const Access &access : nest.prologue->inputs)
    shared.push_back(isAlike(access) ? emitter.load(access, place) : Value());
  return [=, this](int64_t i, int64_t j) mutable {
    Vectors loaded(shared);
    for (auto [value, access] : llvm::zip_equal(loaded, nest.prologue->inputs)) {
      if (value)
        continue;
      Access here = access;
      here.offset += i * access.strides[1] + j * access.strides[2];
      value = emitter.load(here, place);
    }
    Value value = emitter.body(place, {}, loaded).front();
    auto type = VectorType::get({lanes}, b.getF32Type());
    return lanes == 1 ? vector::BroadcastOp::create(b, type, value).getResult() : value;
  };
}

/// Where a tile's channels from \p channel on are at the first point; \p tile counts those of
/// all images. A vector's are in one panel.
Value WinogradEmitter::atPoints(Value tile, Value channel) {
  Value at = add(scaled(tile, nest.panelWidth), constant(nest.pointsOffset));
  if (nest.panelWidth == nest.channels)
    return add(at, channel);
  Value width = constant(nest.panelWidth), panel = arith::DivUIOp::create(b, channel, width);
  int64_t tiles = nest.images * nest.tileRows * nest.tileColumns;
  return add(add(at, scaled(panel, tiles * nest.panelWidth)),
             arith::RemUIOp::create(b, channel, width));
}

/// The buffer of one of the results.
Value WinogradEmitter::result(unsigned i) {
  return kernel.getArguments().drop_back(2).take_back(nest.hasMoments ? 3 : 1)[i];
}

Value WinogradEmitter::load(Value from, Value at, const Channels &channels) {
  auto type = VectorType::get({lanes}, b.getF32Type());
  if (channels.mask)
    return vector::MaskedLoadOp::create(b, type, from, at, channels.mask, number(0));
  return vector::LoadOp::create(b, type, from, at);
}

void WinogradEmitter::store(Value value, Value to, Value at, const Channels &channels) {
  if (channels.mask)
    vector::MaskedStoreOp::create(b, to, at, channels.mask, value);
  else
    vector::StoreOp::create(b, value, to, at);
}

/// The body for so many channels at a time; the last may be fewer.
void WinogradEmitter::forEachPart(int64_t channels, int64_t part,
                                  llvm::function_ref<void(Value, int64_t)> body) {
  int64_t whole = channels / part * part;
  if (whole) {
    auto loop = scf::ForOp::create(b, constant(0), constant(whole), constant(part));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    body(loop.getInductionVar(), part);
  }
  if (whole < channels)
    body(constant(whole), channels - whole);
}

/// The body for each vector along so many channels.
void WinogradEmitter::forChannels(int64_t count,
                                  llvm::function_ref<void(const Channels &)> body) {
  forEachPart(count, lanes, [&](Value first, int64_t active) {
    Value mask;
    if (active < lanes)
      mask = vector::ConstantMaskOp::create(b, VectorType::get({lanes}, b.getI1Type()),
                                            ArrayRef<int64_t>{active});
    body({first, active, mask});
  });
}

/// The same number in all lanes.
Value WinogradEmitter::number(double value) {
  auto type = VectorType::get({lanes}, b.getF32Type());
  Attribute element = FloatAttr::get(b.getF32Type(), value);
  return arith::ConstantOp::create(b, DenseElementsAttr::get(type, element));
}

/// By pairs.
Value WinogradEmitter::sumOf(ArrayRef<Value> xs) {
  if (xs.size() == 1)
    return xs.front();
  size_t half = xs.size() / 2;
  return arith::AddFOp::create(b, sumOf(xs.take_front(half)), sumOf(xs.drop_front(half)));
}

/// Of a row of tiles of which none has been yet.
void WinogradEmitter::startMoments() {
  forChannels(nest.channels, [&](const Channels &channels) {
    Value at = add(scaled(rowOfTiles, nest.channels), channels.first);
    for (unsigned i : {1, 2})
      store(number(0), result(i), at, channels);
  });
}

/// Joins a tile's moments with those of the tiles before it in its row (Chan, Golub and
/// LeVeque 1983): by the difference of their means, which cancels nothing.
void WinogradEmitter::addMoments(ArrayRef<Value> elements, const Class &rows,
                                 const Channels &channels) {
  double count = elements.size();
  Value sum = sumOf(elements);
  Value mean = arith::MulFOp::create(b, sum, number(1 / count));
  Vectors squares;
  for (auto [i, element] : llvm::enumerate(elements)) {
    Value deviation = arith::SubFOp::create(b, element, mean);
    if (i % 2)
      squares.back() = math::FmaOp::create(b, deviation, deviation, squares.back());
    else
      squares.push_back(arith::MulFOp::create(b, deviation, deviation));
  }
  // Whole numbers, and what is of them alone: once for all channels.
  Value here = arith::ConstantOp::create(b, b.getF32FloatAttr(count)),
        one = arith::ConstantOp::create(b, b.getF32FloatAttr(1));
  Value before = arith::IndexCastOp::create(b, b.getI32Type(), scaled(x, rows.last - rows.first));
  before = arith::SIToFPOp::create(b, b.getF32Type(), before);
  Value weight = arith::DivFOp::create(b, arith::MulFOp::create(b, before, here),
                                       arith::AddFOp::create(b, before, here));
  Value share = arith::DivFOp::create(b, one, arith::MaximumFOp::create(b, before, one));
  auto spread = [&](Value value) -> Value {
    return vector::BroadcastOp::create(b, sum.getType(), value);
  };
  Value at = add(scaled(rowOfTiles, nest.channels), channels.first);
  Value sumBefore = load(result(1), at, channels), squaresBefore = load(result(2), at, channels);
  Value difference = arith::SubFOp::create(
      b, mean, arith::MulFOp::create(b, sumBefore, spread(share)));
  squares.push_back(arith::MulFOp::create(
      b, arith::MulFOp::create(b, difference, spread(weight)), difference));
  store(arith::AddFOp::create(b, sumBefore, sum), result(1), at, channels);
  store(arith::AddFOp::create(b, squaresBefore, sumOf(squares)), result(2), at, channels);
}

void WinogradEmitter::emitVectors(const Class &rows, const Class &columns,
                                  Value imageBase, Value pointsAt,
                                  const Channels &channels) {
  Value zero = number(0);
  Value from = kernel.getArgument(0), to = result(0);
  Value imageAt = add(imageBase, channels.first);
  auto inImage = [&](int64_t i, int64_t j) {
    return add(imageAt, constant((i * nest.width + j) * nest.channels));
  };
  auto atPoint = [&](int64_t i, int64_t j) {
    return add(pointsAt, constant((i * numPoints + j) * nest.images * nest.tileRows *
                                  nest.tileColumns * nest.channels));
  };

  std::function<Value(int64_t, int64_t)> elementAt = [&](int64_t i, int64_t j) {
    return load(from, inImage(i, j), channels);
  };
  if (buffer)
    elementAt = [&](int64_t i, int64_t j) -> Value {
      int64_t element = i * nest.width + j;
      return vector::LoadOp::create(b, VectorType::get({lanes}, b.getF32Type()), buffer,
                                    add(bufferAt, constant(element * bufferChannels)));
    };
  else if (nest.prologue)
    elementAt = computedImage(channels);
  int64_t n = matrix.columns; // a side of what is loaded
  auto loadAt = [&](int64_t i, int64_t j) -> Value {
    if (!nest.toPoints)
      return load(from, atPoint(i, j), channels);
    bool isInside = i >= rows.first && i < rows.last && j >= columns.first && j < columns.last;
    return isInside ? elementAt(i, j) : Value();
  };
  SmallVector<Vectors> half; // by column
  for (int64_t j = 0; j < n; ++j) {
    Vectors loaded(n);
    for (int64_t i = 0; i < n; ++i)
      if (isCombined(i))
        loaded[i] = loadAt(i, j);
    half.push_back(apply(loaded));
  }
  Vectors elements; // of the image
  for (int64_t i = 0; i < matrix.rows; ++i) {
    if (!nest.toPoints && (i < rows.first || i >= rows.last))
      continue;
    std::optional<int64_t> alone = copiedBy(i);
    Vectors line;
    for (int64_t j = 0; j < n; ++j)
      line.push_back(alone ? loadAt(*alone, j) : half[j][i]);
    for (auto [j, value] : llvm::enumerate(apply(line))) {
      Value stored = value ? value : zero;
      if (nest.toPoints) {
        store(stored, to, atPoint(i, j), channels);
      } else if (int64_t(j) >= columns.first && int64_t(j) < columns.last) {
        if (!nest.epilogue)
          store(stored, to, inImage(i, j), channels);
        elements.push_back(stored);
      }
    }
  }
  if (nest.epilogue)
    finishWindow(elements, channels);
  if (nest.hasMoments)
    addMoments(elements, rows, channels);
}

void WinogradEmitter::emitTile(const Class &rows, const Class &columns) {
  // Before the image's first element, if the tile begins there: only what is
  // inside is reached from it.
  y = add(scaled(row, nest.step), constant(-nest.low[0]));
  x = add(scaled(column, nest.step), constant(-nest.low[1]));
  Value imageBase = scaled(
      add(scaled(add(scaled(image, nest.height), y), nest.width), x), nest.channels);
  Value tile = add(scaled(rowOfTiles, nest.tileColumns), column);
  imageBase = add(imageBase, constant(nest.imageOffset));
  forChannels(nest.channels, [&](const Channels &channels) {
    emitVectors(rows, columns, imageBase, atPoints(tile, channels.first), channels);
  });
}

int64_t WinogradEmitter::run() {
  if (readsWindows())
    return runOnWindows();
  Block *entry = kernel.addEntryBlock();
  b.setInsertionPointToStart(entry);
  auto range = entry->getArguments().take_back(2);
  auto loop = scf::ForOp::create(b, range[0], range[1], constant(1));
  b.setInsertionPointToStart(loop.getBody());
  // A row of tiles is what a thread takes.
  rowOfTiles = loop.getInductionVar();
  image = arith::DivUIOp::create(b, rowOfTiles, constant(nest.tileRows));
  row = arith::RemUIOp::create(b, rowOfTiles, constant(nest.tileRows));
  if (nest.hasMoments)
    startMoments();
  SmallVector<Class> rowClasses = classesOf(nest.tileRows, nest.low[0], nest.height),
                     columnClasses =
                         classesOf(nest.tileColumns, nest.low[1], nest.width);
  choose(row, rowClasses, [&](const Class &rows) {
    int64_t begin = 0;
    for (const Class &columns : columnClasses) {
      auto along = scf::ForOp::create(b, constant(begin), constant(columns.end),
                                      constant(1));
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(along.getBody());
      column = along.getInductionVar();
      emitTile(rows, columns);
      begin = columns.end;
    }
  });
  b.setInsertionPointToEnd(entry);
  func::ReturnOp::create(b);
  return nest.images * nest.tileRows;
}

int64_t emitWinograd(func::FuncOp kernel, const WinogradNest &nest,
                     const Machine &machine) {
  return WinogradEmitter(kernel, nest, machine).run();
}

} // namespace agc
