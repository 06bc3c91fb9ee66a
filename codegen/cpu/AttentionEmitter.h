//===- AttentionEmitter.h - Attention, block of scores by block ------------===//
#ifndef AGC_CODEGEN_CPU_ATTENTIONEMITTER_H
#define AGC_CODEGEN_CPU_ATTENTIONEMITTER_H

#include "codegen/AttentionNest.h"
#include "codegen/cpu/BodyEmitter.h"

namespace agc {

/// Writes both kernels. Scores lie with the keys as rows and the queries as lanes: a
/// softmax then goes down the rows, without a sum across lanes, and neither k nor v has
/// to be copied. AttentionTiles.cpp has the products, AttentionEmitter.cpp what is
/// done with them.
class AttentionEmitter {
public:
  AttentionEmitter(mlir::func::FuncOp kernel, const AttentionNest &nest,
                   const Machine &machine);

  int64_t run();

private:
  using Value = mlir::Value;
  using Values = llvm::SmallVector<mlir::Value>;

  /// Numbers from an index on, with distances from row to row and from step to step.
  struct Matrix {
    Value memory, base;
    int64_t rowStride = 0, stepStride = 0;
  };
  /// Vectors side by side, and lanes of the last one that count.
  struct Width {
    int64_t vectors = 1, active = 1;
  };
  /// Queries from `first` on, `count` of them, of one head; the head's indices.
  struct Block {
    Values head;
    Value first, count;
  };

  mlir::func::FuncOp kernel;
  const AttentionNest &nest;
  mlir::ImplicitLocOpBuilder b;
  int64_t lanes, groupVectors, maxRows; // of a register tile
  int64_t blockQueries, blockKeys;
  mlir::VectorType vector;

  // Of a task: transposed rows have a row of blockQueries for each feature, channel
  // or key.
  Value qs, scores, sums;                       // of both
  Value largest, bounds, totals, corrections;   // forward
  Value d_os, d_scores, lses, deltas;           // backward
  Value masks;

  Value constant(int64_t i);
  Value add(Value x, Value y);
  Value add(Value x, int64_t y) { return y ? add(x, constant(y)) : x; }
  Value sub(Value x, Value y);
  Value times(Value x, int64_t by);
  Value least(Value x, Value y);
  Value number(double x); // in each lane
  Value fma(Value x, Value y, Value z);
  Value mul(Value x, Value y);
  Value exponential(Value x);
  Value larger(Value x, Value y);
  Value broadcast(Value scalar);
  Value laneNumbers(); // i32
  Value buffer(int64_t elements);
  Value load(Value memory, Value at, int64_t active);
  void store(Value x, Value memory, Value at, int64_t active);
  void loop(Value from, Value to, int64_t step, llvm::function_ref<void(Value)> body);
  void ifThen(Value condition, llvm::function_ref<void()> body);
  Value memoryOf(const AttentionOperand &operand) {
    return kernel.getArgument(operand.argument);
  }
  /// Row \p row of a head's.
  Value rowOf(const AttentionOperand &operand, llvm::ArrayRef<Value> head, Value row);

  // AttentionTiles.cpp
  Values zeros(int64_t count);
  void forRows(int64_t rows, int64_t most, llvm::function_ref<void(Value, int64_t)> body);
  void forKeys(Value count, int64_t most, llvm::function_ref<void(Value, int64_t)> body);
  Values product(const Matrix &x, const Matrix &y, Value from, Value to, int64_t rows,
                 Width width, Values start);
  void addRows(const Block &block, const AttentionOperand &to, int64_t columns,
               Value weights, const AttentionOperand &from, Value firstKey, Value count);
  void addAcross(const AttentionOperand &x, int64_t rows, const Block &block, Value weights,
                 Value firstKey, Value count, Value group, bool corrects);
  void prefetch(const AttentionOperand &operand, const Block &block, Value firstRow,
                int64_t columns);
  void pack(const AttentionOperand &from, const Block &block, int64_t columns, double scale,
            Value to);
  void packMask(const Block &block, Value firstKey, Value count);
  void forColumns(int64_t columns, llvm::function_ref<void(Value, int64_t)> body);
  void unpack(Value from, const AttentionOperand &to, const Block &block, int64_t columns,
              Value factors);
  Value lanesBelow(Value from, Value count);
  void packRow(const AttentionOperand &from, const Block &block, Value to);

  // AttentionEmitter.cpp
  void forGroups(const Block &block, llvm::function_ref<void(Value)> body);
  void forKeyBlocks(const Block &block, llvm::function_ref<void(Value, Value)> body);
  void forSeen(const Block &block, Value key, Value group, llvm::function_ref<void(int64_t)> body);
  Values seenKeys(const Block &block, Value firstKey, Value count, Value group);
  void mask(const Block &block, Value firstKey, Value row, Value group, int64_t rows,
            int64_t vectors, Values &x, double hidden, bool adds);
  void emitScores(const Block &block, Value firstKey, Value count, Value group);
  void emitSoftmax(const Block &block, Value firstKey, Value count, Value group);
  void prefetchKeys(const Block &block, Value firstKey);
  void emitForward(const Block &block);
  void emitScoreGradients(const Block &block, Value firstKey, Value count, Value group);
  Block blockAt(llvm::ArrayRef<Value> head, Value first);
  void forQueryBlocks(llvm::ArrayRef<Value> head, llvm::function_ref<void(const Block &)> body);
  void fillZero(Value memory, int64_t elements);
  void emitDeltas(const Block &block);
  void emitBackward(llvm::ArrayRef<Value> head);
};

} // namespace agc

#endif
