//===- LoopEmitter.h - Vector loops for any nest ---------------------------===//
#ifndef AGC_CODEGEN_CPU_LOOPEMITTER_H
#define AGC_CODEGEN_CPU_LOOPEMITTER_H

#include "codegen/cpu/BodyEmitter.h"

namespace agc {

/// Writes one nest's loops: `run` chooses the form (LoopEmitter.cpp); reductions and
/// squares have files of their own.
class LoopEmitter {
public:
  LoopEmitter(mlir::func::FuncOp kernel, const LoopNest &nest, const Machine &machine)
      : kernel(kernel), nest(nest), b(kernel.getLoc(), kernel.getContext()),
        emit(b, kernel, nest),
        numRegisters(machine.numRegisters),
        lanes(machine.vectorBytes ? machine.lanes(widestElement()) : 1) {}

  /// The number of tiles.
  int64_t run();

private:
  using Values = llvm::SmallVector<mlir::Value>;
  using Nested = llvm::function_ref<void(Place)>;
  /// Of a loop that tiles share out; null: all.
  struct Range {
    mlir::Value lower, upper;
  };
  using Reduced = llvm::function_ref<Values(Place, mlir::ValueRange accumulators)>;

  /// Accumulators side by side, to hide the latency of an addition; and as many of them
  /// as registers hold, with what is added.
  static constexpr int64_t numAccumulators = 4, maxAccumulators = 16;

  mlir::func::FuncOp kernel;
  const LoopNest &nest;
  mlir::ImplicitLocOpBuilder b;
  BodyEmitter emit;
  unsigned numRegisters;
  int64_t lanes;
  unsigned vectorLoop = ~0u;
  /// What joins each accumulator with a value, if order does not matter; else none.
  llvm::SmallVector<mlir::Operation *> combiners;
  bool isSum = false; // of floating-point numbers: order matters to the error

  mlir::Type widestElement();
  bool isScatter();
  bool hasUnitStride(unsigned loop);
  bool mapsUnitStride(unsigned loop);
  void chooseVectorLoop();
  int64_t vectorsAtOnce();
  llvm::SmallVector<unsigned> loopsWhere(bool reduction, bool skipVector);
  void forEachPlace(llvm::ArrayRef<unsigned> loops, Place place, Nested body);
  void byLanes(unsigned loop, const Range &range,
               llvm::function_ref<void(mlir::Value first, int64_t count)> body);
  void alongVector(Place place, const Range &range, Nested body);
  void emitAt(Place place);

  // LoopSquares.cpp
  bool liesAcross(const Access &access, unsigned along);
  bool liesBetween(const Access &access, unsigned along);
  bool addsToOutputs();
  std::optional<unsigned> acrossLoop();
  int64_t squaresSideBySide(unsigned along);
  int64_t stepsOfTile(unsigned along, int64_t tiles);
  void emitSquares(Place place, const Range &vectors, unsigned along, const Range &steps);
  void emitSquare(Place place, unsigned along, int64_t steps);
  Values transposed(const Access &access, Place place, unsigned along, int64_t steps);
  bool liesWhole(const Access &access, unsigned from);
  bool isUniform(const Access &access, unsigned from);
  std::optional<unsigned> wovenLoop();
  Values weave(const Access &access, Place place);
  void emitWoven(Place place);

  // LoopReductions.cpp
  void findCombiners();
  mlir::Value combine(mlir::Operation *combiner, mlir::Value x, mlir::Value y);
  Values addTo(mlir::ValueRange held, mlir::ValueRange part);
  Values zerosLike(mlir::ValueRange held);
  mlir::Value initial(unsigned output, const Place &place);
  Values loopOver(int64_t end, int64_t step, mlir::ValueRange held,
                  llvm::function_ref<Values(mlir::Value index, mlir::ValueRange held)> body);
  Values reduceOver(llvm::ArrayRef<unsigned> loops, Place place, mlir::ValueRange inits,
                    Reduced body);
  void emitColumns(Place place, int64_t width, mlir::Value part);
  void emitRows(Place place);
};

} // namespace agc

#endif
