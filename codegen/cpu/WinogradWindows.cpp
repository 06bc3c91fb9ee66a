//===- WinogradWindows.cpp - Windows of weights in the caller's order ------===//
//
// To the points they come through a buffer in which they are transposed; from the points
// each is turned in registers, where what takes it, such as an update, goes on.
//
//===----------------------------------------------------------------------===//
#include "codegen/cpu/Lanes.h"
#include "codegen/cpu/WinogradEmitter.h"

using namespace mlir;

namespace agc {

/// Whose windows are transposed at a time: with vectors of 16 a buffer of 288 KiB.
static constexpr int64_t maxBufferChannels = 512;
/// Tasks of windows that share them out evenly.
static constexpr int64_t enoughTasks = 8;

/// Whether the image is windows of weights in another order, each with its elements side
/// by side.
bool WinogradEmitter::readsWindows() {
  if (!nest.prologue || lanes == 1 || !llvm::hasSingleElement(*nest.prologue->body) ||
      nest.prologue->inputs.size() != 1)
    return false;
  ArrayRef<int64_t> strides = nest.prologue->inputs.front().strides;
  return strides[1] == nest.width && strides[2] == 1 && strides[3] != 1;
}

/// Of a channel, how many windows are taken at once: of those that lie side by side, as many
/// as make whole squares.
int64_t WinogradEmitter::windowsOfBlock() {
  return nest.prologue->inputs.front().strides[0] == nest.height * nest.width ? lanes : 1;
}

/// So many steps from one place on, of as many channels as a vector has: each step's
/// channels are stored side by side.
void WinogradEmitter::transposeSquare(Value from, Value to, int64_t steps, int64_t active) {
  const Access &access = nest.prologue->inputs.front();
  Vectors rows = loadAcross(b, VectorType::get({lanes}, b.getF32Type()),
                            kernel.getArgument(access.argument), from, access.strides[3], active,
                            steps);
  for (auto [i, row] : llvm::enumerate(rows))
    vector::StoreOp::create(b, row, buffer, add(to, constant(int64_t(i) * bufferChannels)));
}

/// The windows of \p count images from \p first on, for a vector of channels from
/// \p channel on, into the buffer from \p column on.
void WinogradEmitter::transposeWindows(Value first, Value count, Value channel, Value column,
                                       int64_t active) {
  const Access &access = nest.prologue->inputs.front();
  Value from = add(add(scaled(first, access.strides[0]), scaled(channel, access.strides[3])),
                   constant(access.offset));
  Value steps = scaled(count, nest.height * nest.width);
  Value whole = scaled(arith::DivUIOp::create(b, steps, constant(lanes)), lanes);
  auto square = [&](Value step, int64_t steps) {
    transposeSquare(add(from, step), add(scaled(step, bufferChannels), column), steps, active);
  };
  auto loop = scf::ForOp::create(b, constant(0), whole, constant(lanes));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  square(loop.getInductionVar(), lanes);
  // The last block may have fewer windows.
  int64_t block = windowsOfBlock(), last = block == 1 ? 1 : nest.images % block,
          rest = last * nest.height * nest.width % lanes;
  if (!rest)
    return;
  b.setInsertionPointAfter(loop);
  Value isLeft = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, whole, steps);
  b.setInsertionPointToStart(scf::IfOp::create(b, isLeft).thenBlock());
  square(whole, rest);
}

/// The same images to the points, so many channels of them.
void WinogradEmitter::emitWindows(Value first, Value count, Value channel, int64_t channels) {
  forEachPart(channels, lanes, [&](Value column, int64_t active) {
    transposeWindows(first, count, add(channel, column), column, active);
  });
  auto loop = scf::ForOp::create(b, constant(0), count, constant(1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value window = loop.getInductionVar();
  Value tile = add(first, window);
  Class all{1, 0, side};
  forChannels(channels, [&](const Channels &columns) {
    bufferAt = add(scaled(window, nest.height * nest.width * bufferChannels), columns.first);
    emitVectors(all, all, constant(0), atPoints(tile, add(channel, columns.first)), columns);
  });
}

/// Windows that lie as the caller has them come through a buffer. Where vectors go along the
/// filters these lie pages apart: read between what is stored at the points, many a load
/// would wait for a store to the same place of another page (measured: twice the time).
///
/// Panel by panel, a task's windows lie side by side at a point.
int64_t WinogradEmitter::runOnWindows() {
  int64_t block = windowsOfBlock(), taken = block;
  bufferChannels = lanes; // Of one window they stay in registers.
  if (block > 1)
    bufferChannels = std::min<int64_t>(llvm::alignTo(nest.channels, lanes), maxBufferChannels);
  if (nest.panelWidth < nest.channels) {
    bufferChannels = llvm::alignTo(nest.panelWidth, lanes);
    taken = std::max<int64_t>(lanes, llvm::alignDown(nest.images / enoughTasks, lanes));
  }
  Block *entry = kernel.addEntryBlock();
  b.setInsertionPointToStart(entry);
  auto type = MemRefType::get({block * nest.height * nest.width * bufferChannels}, b.getF32Type());
  buffer = memref::AllocaOp::create(b, type, b.getI64IntegerAttr(64));
  auto range = entry->getArguments().take_back(2);
  auto loop = scf::ForOp::create(b, range[0], range[1], constant(1));
  b.setInsertionPointToStart(loop.getBody());
  auto rest = [&](Value first, int64_t most, Value end) -> Value {
    if (most == 1)
      return constant(1);
    return arith::MinUIOp::create(b, constant(most), arith::SubIOp::create(b, end, first));
  };
  Value first = scaled(loop.getInductionVar(), taken),
        count = rest(first, taken, constant(nest.images));
  int64_t part = std::min(bufferChannels, nest.panelWidth);
  forEachPart(nest.channels, part, [&](Value channel, int64_t channels) {
    if (block == taken)
      return emitWindows(first, count, channel, channels);
    Value end = add(first, count);
    auto blocks = scf::ForOp::create(b, first, end, constant(block));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(blocks.getBody());
    Value window = blocks.getInductionVar();
    emitWindows(window, rest(window, block, end), channel, channels);
  });
  b.setInsertionPointToEnd(entry);
  func::ReturnOp::create(b);
  return llvm::divideCeil(nest.images, taken);
}

/// A window's elements for a vector of channels, as each goes to its place: side by side, those
/// of the next channel behind them.
void WinogradEmitter::finishWindow(ArrayRef<Value> elements, const Channels &channels) {
  const LoopNest &taker = *nest.epilogue;
  BodyEmitter emitter(b, kernel, taker);
  int64_t size = elements.size(), count = channels.active * size;
  Value first = scaled(add(scaled(image, nest.channels), channels.first), size);
  for (auto [i, value] : llvm::enumerate(interleave(b, elements))) {
    int64_t done = int64_t(i) * lanes;
    if (done >= count)
      break;
    Place place{{add(first, constant(done))}, 0, lanes, std::min(lanes, count - done)};
    Vectors loaded(taker.inputs.size());
    loaded[nest.imageInput] =
        lanes == 1 ? vector::ExtractOp::create(b, value, int64_t(0)).getResult() : value;
    for (auto [result, access] : llvm::zip_equal(emitter.body(place, {}, loaded), taker.outputs))
      emitter.store(result, access, place);
  }
}

} // namespace agc
