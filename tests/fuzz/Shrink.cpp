//===- Shrink.cpp - The smallest program that still fails ------------------===//
#include "tests/fuzz/Shrink.h"

#include "mlir/IR/Verifier.h"

#include <set>

using namespace mlir;

namespace agc::fuzz {

void dropUnused(Graph &graph) {
  for (bool changed = true; changed;) {
    changed = false;
    SmallVector<Operation *> unused;
    graph.module.get().walk([&](Operation *op) {
      if (op->use_empty() && isa<ir::AgcDialect>(op->getDialect()) &&
          !op->hasTrait<OpTrait::IsTerminator>())
        unused.push_back(op);
    });
    for (Operation *op : unused) {
      // One may be in the body of another.
      if (llvm::any_of(unused, [&](Operation *other) { return other->isProperAncestor(op); }))
        continue;
      op->erase();
      changed = true;
    }
  }
  func::FuncOp function = graph.function();
  for (unsigned i = function.getNumArguments(); i-- > 0;)
    if (function.getArgument(i).use_empty()) {
      (void)function.eraseArgument(i);
      graph.arguments.erase(graph.arguments.begin() + i);
    }
}

namespace {

using Change = std::function<bool(Graph &)>;

class Shrinker {
public:
  Shrinker(const Graph &graph, const std::function<bool(const Graph &)> &stillFails, int maxTries)
      : best(graph.clone()), stillFails(stillFails), triesLeft(maxTries) {}

  Graph run() {
    for (bool changed = true; changed && triesLeft > 0;) {
      changed = keepFewerResults();
      changed |= returnEarlier();
      changed |= cutOff();
      changed |= bypass();
      changed |= makeSmaller();
      changed |= makePlainer();
    }
    return std::move(best);
  }

private:
  Graph best;
  const std::function<bool(const Graph &)> &stillFails;
  int triesLeft;

  /// Whether \p change leaves a program that fails; it is the best one then.
  bool attempt(const Change &change) {
    if (triesLeft <= 0)
      return false;
    Graph candidate = best.clone();
    if (!change(candidate))
      return false;
    dropUnused(candidate);
    // A change that changes nothing would be made for ever.
    if (candidate.text() == best.text() || failed(verify(*candidate.module)))
      return false;
    --triesLeft;
    if (!stillFails(candidate))
      return false;
    best = std::move(candidate);
    return true;
  }

  static SmallVector<Operation *> opsOf(const Graph &graph) {
    SmallVector<Operation *> ops;
    graph.module.get().walk<WalkOrder::PreOrder>([&](Operation *op) {
      if (isa<ir::AgcDialect>(op->getDialect()) && op->getNumResults() > 0)
        ops.push_back(op);
    });
    return ops;
  }
  size_t numOps() const { return opsOf(best).size(); }

  static void setResults(Graph &graph, ValueRange values) {
    func::FuncOp function = graph.function();
    function.getBody().front().getTerminator()->setOperands(values);
    function.setFunctionType(FunctionType::get(&context(), function.getBody().front().getArgumentTypes(), values.getTypes()));
  }

  bool keepFewerResults();
  bool returnEarlier();
  bool cutOff();
  bool bypass();
  bool makeSmaller();
  bool makePlainer();
};

} // namespace

bool Shrinker::keepFewerResults() {
  unsigned count = best.function().getNumResults();
  for (unsigned i = 0; i < count && count > 1; ++i)
    if (attempt([&](Graph &graph) {
          setResults(graph, graph.function().getBody().front().getTerminator()->getOperand(i));
          return true;
        }))
      return true;
  // If it takes several: one less, again and again.
  bool changed = false;
  for (unsigned i = count; i-- > 0 && count > 1;)
    changed |= attempt([&](Graph &graph) {
      SmallVector<Value> values(graph.function().getBody().front().getTerminator()->getOperands());
      if (i >= values.size() || values.size() < 2)
        return false;
      values.erase(values.begin() + i);
      setResults(graph, values);
      return true;
    });
  return changed;
}

/// Programs that end with one of their ops, the shortest first.
bool Shrinker::returnEarlier() {
  for (size_t i = 0; i + 1 < numOps(); ++i)
    if (attempt([&](Graph &graph) {
          Operation *op = opsOf(graph)[i];
          if (op->getParentOp() != graph.function() || isa<ir::ConstantOp>(op))
            return false;
          setResults(graph, op->getResults());
          return true;
        }))
      return true;
  return false;
}

/// Ops become arguments, with what only they need; the last first.
bool Shrinker::cutOff() {
  bool changed = false;
  for (size_t i = numOps(); i-- > 0;)
    changed |= attempt([&](Graph &graph) {
      SmallVector<Operation *> ops = opsOf(graph);
      if (i >= ops.size() || ops[i]->getParentOp() != graph.function())
        return false;
      auto loc = dyn_cast<FileLineColLoc>(ops[i]->getLoc());
      auto ranges = loc ? graph.made->find(loc.getLine()) : graph.made->end();
      if (ranges == graph.made->end())
        return false;
      func::FuncOp function = graph.function();
      for (auto [result, range] : llvm::zip_equal(ops[i]->getResults(), ranges->second)) {
        (void)function.insertArgument(function.getNumArguments(), result.getType(), nullptr, loc);
        result.replaceAllUsesWith(function.getArguments().back());
        graph.arguments.push_back(range);
      }
      return true;
    });
  return changed;
}

/// Ops give one of their operands, or a constant: in bodies, where nothing can
/// be an argument, too.
bool Shrinker::bypass() {
  bool changed = false;
  for (size_t i = numOps(); i-- > 0;) {
    auto replace = [&](const std::function<Value(Operation *)> &by) {
      return attempt([&](Graph &graph) {
        SmallVector<Operation *> ops = opsOf(graph);
        if (i >= ops.size())
          return false;
        Value value = by(ops[i]);
        if (!value || value.getType() != ops[i]->getResult(0).getType())
          return false;
        ops[i]->getResult(0).replaceAllUsesWith(value);
        return true;
      });
    };
    for (unsigned k = 0; k < 3; ++k)
      changed |= replace([&](Operation *op) { return k < op->getNumOperands() ? op->getOperand(k) : Value(); });
    changed |= replace([](Operation *op) -> Value {
      auto constant = dyn_cast<ir::ConstantOp>(op);
      if (constant && constant.getValue())
        return nullptr;
      OpBuilder b(op);
      auto type = typeOf(op->getResult(0));
      Attribute one = isa<FloatType>(type.getElementType()) ? Attribute(b.getF64FloatAttr(1))
                                                            : b.getI64IntegerAttr(1);
      return ir::ConstantOp::create(b, op->getLoc(), type, one, nullptr);
    });
  }
  return changed;
}

bool Shrinker::makeSmaller() {
  std::set<int64_t, std::greater<>> sizes;
  auto add = [&](Type type) {
    for (int64_t size : cast<RankedTensorType>(type).getShape())
      if (size > 1)
        sizes.insert(size);
  };
  for (Type type : best.function().getArgumentTypes())
    add(type);
  for (Operation *op : opsOf(best))
    for (Type type : op->getResultTypes())
      add(type);
  bool changed = false;
  for (int64_t size : sizes)
    for (int64_t to : {int64_t(1), int64_t(2), size / 2, size - 1})
      if (to > 0 && to < size && attempt([&](Graph &graph) { return resize(graph, size, to); })) {
        changed = true;
        break;
      }
  return changed;
}

bool Shrinker::makePlainer() {
  bool changed = false;
  unsigned count = 0;
  best.module.get().walk([&](Operation *) { ++count; });
  for (unsigned i = 0; i < count; ++i)
    changed |= attempt([&](Graph &graph) {
      unsigned now = 0;
      graph.module.get().walk([&](Operation *) { ++now; });
      return i < now && simplifyAttributes(graph, i);
    });
  return changed;
}

Graph shrink(const Graph &graph, const std::function<bool(const Graph &)> &stillFails, int maxTries) {
  return Shrinker(graph, stillFails, maxTries).run();
}

} // namespace agc::fuzz
