//===- Generator.h - Random programs of the dialect ------------------------===//
//
// A program grows op by op out of a pool of values. Of each value it is known
// where its elements lie and how steeply they depend on the arguments; what
// would be too large or too steep is scaled, so that numbers stay finite and
// differences mean something at any depth.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_TESTS_FUZZ_GENERATOR_H
#define AGC_TESTS_FUZZ_GENERATOR_H

#include "tests/fuzz/Graph.h"
#include "tests/fuzz/Random.h"

#include <functional>

namespace agc::fuzz {

class Elementwise;

/// What is known of a value while a program is made.
struct Facts {
  Range range;
  /// A bound, more or less, of how fast an element changes with an argument's.
  double slope = 0;
};

struct Item {
  mlir::Value value;
  Facts facts;
};

class Generator {
public:
  using Shape = llvm::SmallVector<int64_t>;
  using Condition = std::function<bool(mlir::RankedTensorType)>;

  Generator(uint64_t seed, const Elementwise &elementwise);
  Graph generate();

  //===--------------------------------------------------------------------===//
  // The words in which families of ops (Families.h) speak
  //===--------------------------------------------------------------------===//

  Random random;
  const Elementwise &elementwise;
  mlir::OpBuilder builder{&context()};

  /// A value of the pool for which \p fits holds, late ones more often.
  std::optional<Item> pick(const Condition &fits);
  std::optional<Item> pick();
  /// A value of this type: one of the pool, one made of it, or a new one.
  Item like(mlir::RankedTensorType type);
  /// A new argument, or in a body a constant.
  Item fresh(mlir::RankedTensorType type, Range range);
  Item fresh(mlir::RankedTensorType type);
  /// Indices below \p n, and a few out of range.
  Item freshIndex(llvm::ArrayRef<int64_t> shape, int64_t n);
  /// A constant whose elements are all this.
  mlir::Value filled(mlir::RankedTensorType type, double number);

  /// Creates an op and takes its results into the pool. \p facts are results'.
  llvm::SmallVector<Item> give(mlir::Operation *op, llvm::ArrayRef<Facts> facts);
  Item give(mlir::Value value, Facts facts) {
    return give(value.getDefiningOp(), facts)[0];
  }
  template <typename Op, typename... Args>
  Op create(Args &&...args) {
    return Op::create(builder, nextLocation(), std::forward<Args>(args)...);
  }
  mlir::Location nextLocation();

  mlir::Type randomElement();
  mlir::Type floatElement() const { return mainFloat; }
  int64_t randomSize() { return random.of(sizes); }
  Shape randomShape(int64_t maxRank = 4);
  mlir::RankedTensorType tensor(llvm::ArrayRef<int64_t> shape, mlir::Type element) const {
    return mlir::RankedTensorType::get(shape, element);
  }
  /// Whether a tensor of this shape is no larger than this program's are.
  bool isSmall(llvm::ArrayRef<int64_t> shape) const;

  /// Fills \p block, whose arguments are \p arguments, with up to \p numOps ops
  /// and calls \p finish, which sees only what is in it.
  void inBody(mlir::Block &block, llvm::ArrayRef<Facts> arguments, int64_t numOps,
              const std::function<void()> &finish);
  /// How many bodies this one is in.
  int64_t bodyDepth() const { return depth; }
  /// Brings a value into this range, and its slope to at most this.
  mlir::Value confine(Item item, Range range, double slope);

private:
  /// Scales a floating-point value that is too large or steep; or too small.
  Item settle(Item item);
  void grow(int64_t numOps);
  void pickSizes();
  Item reshaped(Item item, llvm::ArrayRef<int64_t> shape);

  uint64_t seed;
  std::vector<Item> pool;
  llvm::SmallVector<int64_t> sizes;
  mlir::Type mainFloat;
  int64_t maxElements = 600, depth = 0;
  unsigned line = 0;
  mlir::func::FuncOp function;
  std::vector<Range> argumentRanges;
  std::shared_ptr<std::map<unsigned, std::vector<Range>>> made;
};

} // namespace agc::fuzz

#endif
