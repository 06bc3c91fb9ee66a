//===- WinogradEmitter.h - Transforms of tiles, vectors along channels -----===//
#ifndef AGC_CODEGEN_CPU_WINOGRADEMITTER_H
#define AGC_CODEGEN_CPU_WINOGRADEMITTER_H

#include "codegen/WinogradNest.h"
#include "codegen/cpu/BodyEmitter.h"

namespace agc {

/// Writes both ways. WinogradEmitter.cpp has the tiles, WinogradWindows.cpp windows of
/// weights in the order of the caller, who has the elements of each side by side.
class WinogradEmitter {
public:
  WinogradEmitter(mlir::func::FuncOp kernel, const WinogradNest &nest, const Machine &machine);

  int64_t run();

private:
  using Value = mlir::Value;
  using Vectors = llvm::SmallVector<mlir::Value>; // a null one is zero

  /// Neighbouring tiles of which the same elements lie inside: tiles up to `end`,
  /// elements [first, last).
  struct Class {
    int64_t end, first, last;
    bool operator==(const Class &other) const {
      return first == other.first && last == other.last;
    }
  };

  mlir::func::FuncOp kernel;
  const WinogradNest &nest;
  const winograd::Matrix &matrix;
  mlir::ImplicitLocOpBuilder b;
  int64_t lanes, side, numPoints;
  Value image, row, column; // indices of the tile
  Value y, x;               // of its first element in the image, or before it
  Value rowOfTiles;         // of all images
  /// Windows of weights, of each element the channels side by side, and where the next is.
  Value buffer, bufferAt;
  int64_t bufferChannels = 0;

  /// Where a vector is along the channels.
  struct Channels {
    Value first;
    int64_t active;
    Value mask; // if not all are there
  };

  Value constant(int64_t i) { return mlir::arith::ConstantIndexOp::create(b, i); }
  Value add(Value x, Value y) { return mlir::arith::AddIOp::create(b, x, y); }
  Value scaled(Value x, int64_t by) { return mlir::arith::MulIOp::create(b, x, constant(by)); }
  Value atPoints(Value tile, Value channel);

  llvm::SmallVector<Class> classesOf(int64_t tiles, int64_t low, int64_t size);
  void choose(Value index, llvm::ArrayRef<Class> classes,
              llvm::function_ref<void(const Class &)> body);
  Value result(unsigned i);
  Value load(Value from, Value at, const Channels &channels);
  void store(Value value, Value to, Value at, const Channels &channels);
  void forChannels(int64_t count, llvm::function_ref<void(const Channels &)> body);
  void forEachPart(int64_t channels, int64_t part,
                   llvm::function_ref<void(Value, int64_t)> body);
  void emitTile(const Class &rows, const Class &columns);
  void emitVectors(const Class &rows, const Class &columns, Value imageBase,
                   Value pointsAt, const Channels &channels);
  std::function<Value(int64_t, int64_t)> computedImage(const Channels &channels);

  Value number(double value);
  Value sumOf(llvm::ArrayRef<Value> xs);
  void startMoments();
  void addMoments(llvm::ArrayRef<Value> elements, const Class &rows, const Channels &channels);

  bool readsWindows();
  int64_t windowsOfBlock();
  void transposeSquare(Value from, Value to, int64_t steps, int64_t active);
  void transposeWindows(Value first, Value count, Value channel, Value column, int64_t active);
  void emitWindows(Value first, Value count, Value channel, int64_t channels);
  void finishWindow(llvm::ArrayRef<Value> elements, const Channels &channels);
  int64_t runOnWindows();

  Value multiply(Value x, double factor);
  Value multiplyAdd(Value sum, Value x, double factor);
  Value combine(llvm::ArrayRef<double> factors, llvm::ArrayRef<Value> xs);
  std::optional<int64_t> copiedBy(int64_t i);
  bool isCombined(int64_t k);
  Vectors apply(llvm::ArrayRef<Value> xs);
};

} // namespace agc

#endif
