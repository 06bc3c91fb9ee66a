//===- ContractionEmitter.h - Products in register tiles -------------------===//
#ifndef AGC_CODEGEN_CPU_CONTRACTIONEMITTER_H
#define AGC_CODEGEN_CPU_CONTRACTIONEMITTER_H

#include "codegen/cpu/BodyEmitter.h"
#include "codegen/cpu/ContractionPlan.h"

namespace agc {

/// Writes the kernel of a sum of products as a plan says: ContractionEmitter.cpp its
/// loops and register tiles, ContractionPacking.cpp what is copied for them.
class ContractionEmitter {
public:
  ContractionEmitter(mlir::func::FuncOp kernel, const LoopNest &nest,
                     const ContractionPlan &plan)
      : kernel(kernel), nest(nest), plan(plan),
        b(kernel.getLoc(), kernel.getContext()), emit(b, kernel, nest),
        out(nest.outputs.front()), panel(*plan.panel), rows(*plan.rows),
        lanes(plan.lanes) {}

  int64_t run();

private:
  mlir::func::FuncOp kernel;
  const LoopNest &nest;
  const ContractionPlan &plan;
  mlir::ImplicitLocOpBuilder b;
  BodyEmitter emit;
  const Access &out, &panel, &rows;
  int64_t lanes;

  /// What lies too far apart for the machine to see it coming is fetched so many steps
  /// before: what is packed, and rows that are multiplied where they are.
  static constexpr int64_t stepsAhead = 8, rowStepsAhead = 24;

  mlir::Value packedPanel, packedRows, keptSums; // buffers of a task
  int64_t numTasks = 1;

  /// A tile's place in its task.
  struct Task {
    Place place;
    /// Of the tiles along `cutLoop` that are whole; whether it has the one behind
    /// them, null: always, if there is one.
    mlir::Value firstTile, endTile, hasRest;
    mlir::Value blockStart, blockEnd; // of `cutReduction`
    mlir::Value isFirst, isLast;      // block of the sum; null: it is the only one
    mlir::Value hasNewRows;           // other than the task before; null: always
    mlir::Value packedFrom;           // where its panel is in the buffer; null: at 0
    /// Whose panel is copied meanwhile, if there is one, and whether nobody copied this
    /// one before.
    const Task *next = nullptr;
    mlir::Value hasNext, isUnpacked;
  };
  struct Row {
    int64_t rowOffset = 0, outOffset = 0;
    llvm::SmallVector<std::pair<unsigned, int64_t>> steps; // from the tile's corner
  };
  /// Vectors of a panel, and lanes of the last one that count.
  struct Width {
    int64_t vectors = 1, active = 1;
  };

  using Nested = llvm::function_ref<void(Place)>;
  using Step = llvm::function_ref<llvm::SmallVector<mlir::Value>(Place, mlir::ValueRange)>;

  mlir::Value add(mlir::Value x, mlir::Value y) {
    return mlir::arith::AddIOp::create(b, x, y);
  }
  mlir::Value times(mlir::Value x, int64_t by) {
    return by == 1 ? x : mlir::arith::MulIOp::create(b, x, emit.constant(by)).getResult();
  }
  mlir::Value offset(mlir::Value base, int64_t by) {
    return by ? add(base, emit.constant(by)) : base;
  }
  mlir::Value isEqual(mlir::Value x, mlir::Value y) {
    return mlir::arith::CmpIOp::create(b, mlir::arith::CmpIPredicate::eq, x, y);
  }
  /// Tiles are of vectors, of one element where the machine has no others; the body
  /// takes that one as it is.
  mlir::Value asVector(mlir::Value value) {
    return lanes > 1 ? value
                     : mlir::vector::BroadcastOp::create(
                           b, mlir::VectorType::get({1}, value.getType()), value);
  }
  mlir::Value asPlace(mlir::Value value) {
    return lanes > 1 ? value : mlir::vector::ExtractOp::create(b, value, int64_t(0));
  }
  mlir::Value buffer(int64_t elements) {
    return mlir::memref::AllocaOp::create(
        b, mlir::MemRefType::get({elements}, out.element), b.getI64IntegerAttr(64));
  }

  /// Where sums of a task's tile wait.
  mlir::Value keptTile(mlir::Value panelInTask, mlir::Value tileInTask) {
    return times(add(times(panelInTask, plan.tilesPerTask), tileInTask),
                 plan.tileRows(nest) * plan.width());
  }

  std::pair<mlir::Value, mlir::Value> boundsOf(unsigned loop, const Task &task);
  void forEach(llvm::ArrayRef<unsigned> loops, const Task &task, Place place, Nested body);
  llvm::SmallVector<mlir::Value> reduceOver(llvm::ArrayRef<unsigned> loops,
                                            const Task &task, Place place,
                                            mlir::ValueRange held, Step step);
  llvm::SmallVector<mlir::Value> stepsBetween(mlir::Value begin, mlir::Value end, Place place,
                                              mlir::ValueRange held, Step step);
  void ifThen(mlir::Value condition, llvm::function_ref<void()> body);

  mlir::Value stepInBlock(const Task &task, const Place &place);
  mlir::Value packedStep(const Task &task, const Place &place);
  void packPanel(const Task &task, Width width);
  llvm::SmallVector<mlir::Value> packStep(const Task &task, Place at, Width width);
  Place placeOfPart(const Task &task, mlir::Value part);
  void packPart(const Task &task, mlir::Value part);
  void prefetchPart(const Task &task, mlir::Value part);
  int64_t stepsOfWholeVectors() const;
  llvm::SmallVector<mlir::Value> joined(llvm::ArrayRef<mlir::Value> parts, int64_t each);
  void packTile(const Task &task, Place at, mlir::Value tile, int64_t count, int64_t steps);
  void packRows(const Task &task);
  std::optional<unsigned> loopAcross() const;
  void bySquares(Width width, llvm::function_ref<void(mlir::Value, int64_t)> body);
  void packAcross(const Task &task, Width width, unsigned along);
  llvm::SmallVector<Row> rowsOfTile(int64_t cutTrips) const;
  void emitRegisterTile(const Task &task, Place place, mlir::Value tile,
                        mlir::Value panelInTask, int64_t cutTrips, Width width,
                        bool packs = false);
  llvm::SmallVector<mlir::Value> sumUp(const Task &task, const Place &place,
                                       mlir::ValueRange sums, mlir::Value tileInTask,
                                       Step step);
  void emitRowTiles(const Task &task, mlir::Value panelInTask, Width width);
  void turnSquare(const Task &task, mlir::Value row, int64_t rowCount, mlir::Value column,
                  int64_t columnCount, mlir::Value sumBase);
  void turnResults(const Task &task, mlir::Value panelInTask, Width width);
  void emitPanel(Task task, mlir::Value panelInTask, Width width);
  void emitPanels(const Task &task, mlir::Value firstPanel);
  mlir::Value endOfBlock(mlir::Value begin);
  void forEachBlock(Task task, llvm::function_ref<void(const Task &)> body);
  std::pair<Task, mlir::Value> taskAt(const Task &block, mlir::Value number);
  Task taskBehind(const Task &block, mlir::Value number, mlir::Value begin, mlir::Value end,
                  Task &task);
  void forEachTask(const Task &block,
                   llvm::function_ref<void(const Task &, mlir::Value)> body);
  /// Into the first-level cache if it is \p soon.
  void prefetch(mlir::Value memory, mlir::Value index, bool soon = false);
  void prefetchRows(mlir::Value rowBase, llvm::ArrayRef<Row> tileRows);
  void prefetchNextPanel(const Place &at, mlir::Value panelBase, mlir::Value tileInTask);
  void prefetchLater(const Place &at, mlir::Value tileInTask, int64_t vectors);
  void prefetchNextRows(const Place &at, mlir::Value rowBase, int64_t cutTrips);
  void prefetchNextResults(const Place &place, mlir::Value part);
  void prefetchForEpilogue(const Place &place, llvm::ArrayRef<Row> tileRows,
                           int64_t vectors);
  mlir::Value finish(Place place, const Row &row, int64_t j, Width width,
                     mlir::Value sum);
};

} // namespace agc

#endif
