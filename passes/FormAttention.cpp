//===- FormAttention.cpp - A product, a softmax, a product: one op ---------===//
//
// Takes: a graph whose gradients are not built yet.
// Gives: the same, with attention as one op where that pays.
// Relies on: a softmax being one of exponentials less their largest; for the rest,
// transpositions, scales and masks are where whoever wrote it put them.
//
//===----------------------------------------------------------------------===//
#include "passes/AttentionFinder.h"

using namespace mlir;
using namespace agc::ir;

namespace agc {
#define GEN_PASS_DEF_FORMATTENTIONPASS
#include "passes/Passes.h.inc"

namespace attention {

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// \p f with a letter last, by a transposition before \p op if need be.
static void turn(Factor &f, char last, Operation *op) {
  std::string term = withLast(f.term, last);
  if (term == f.term)
    return;
  SmallVector<int64_t> order, shape;
  for (char letter : term) {
    order.push_back(f.term.find(letter));
    shape.push_back(typeOf(f.value).getDimSize(order.back()));
  }
  OpBuilder b(op);
  f.value = TransposeOp::create(b, op->getLoc(), typeOf(f.value).clone(shape), f.value, order);
  f.term = term;
}

/// From shapes alone, so that the same attention has the same bits on all machines.
/// Measured (tests/bench/kernels): with 16 queries and keys and 32 features one op takes
/// 0.6 of the time forward and as long with its gradients, with more less; with 8 it
/// depends. Threads have each a block of queries, of all columns, on their stack.
void Finder::findCost() {
  constexpr int64_t leastLength = 16, mostColumns = 256;
  if (!reason.empty())
    return;
  int64_t columns = 0, length = INT64_MAX;
  for (const Factor *f : {&q, &k, &v})
    for (auto [letter, size] : llvm::zip_equal(f->term, typeOf(f->value).getShape())) {
      bool inQ = StringRef(q.term).contains(letter), inK = StringRef(k.term).contains(letter),
           inV = StringRef(v.term).contains(letter);
      if (inQ + inK + inV == 3) // One of the heads'.
        continue;
      bool isColumn = (inQ && inK) || (inV && !inK);
      if (isColumn)
        columns = std::max(columns, size);
      else
        length = std::min(length, size);
    }
  if (length < leastLength)
    refuse("there are few queries or keys");
  else if (columns > mostColumns)
    refuse("a query, key or value has many numbers");
}

void Finder::form() {
  // Who alone reads the result in another order gets it so.
  Value replaced = product.getZ();
  while (replaced.hasOneUse()) {
    auto transpose = dyn_cast<TransposeOp>(*replaced.user_begin());
    if (!transpose)
      break;
    std::string turned;
    for (int64_t of : transpose.getPermutation())
      turned += result[of];
    result = turned;
    replaced = transpose.getZ();
  }
  char feature = 0, channel = 0;
  for (char letter : q.term)
    if (StringRef(k.term).contains(letter) && !StringRef(result).contains(letter))
      feature = letter;
  for (char letter : v.term)
    if (!StringRef(k.term).contains(letter))
      channel = letter;
  turn(q, feature, product);
  turn(k, feature, product);
  turn(v, channel, product);
  std::string term = withLast(result, channel);
  std::string spec = specOf(q, k, v, mask, term);
  attention::Terms terms = *attention::parseTerms(spec, bool(mask.value));
  auto typeFor = [&](StringRef term) {
    SmallVector<int64_t> shape;
    for (char letter : term) {
      const Factor &of = StringRef(q.term).contains(letter) ? q : v;
      shape.push_back(typeOf(of.value).getDimSize(of.term.find(letter)));
    }
    return typeOf(q.value).clone(shape);
  };
  OpBuilder b(product);
  auto op = attention::ForwardOp::create(
      b, product.getLoc(), typeFor(term), typeFor(terms.lse), q.value, k.value, v.value,
      mask.value, b.getStringAttr(spec), b.getF64FloatAttr(scale),
      isCausal ? b.getUnitAttr() : UnitAttr());
  Factor made{op.getO(), term};
  if (term != result) {
    SmallVector<int64_t> order;
    for (char letter : result)
      order.push_back(term.find(letter));
    made.value = TransposeOp::create(b, product.getLoc(), replaced.getType(), op.getO(), order);
  }
  replaced.replaceAllUsesWith(made.value);
  // What it was made of, where nobody reads it any more.
  SmallVector<Operation *> dead{product};
  if (replaced != product.getZ())
    dead.push_back(replaced.getDefiningOp());
  while (!dead.empty()) {
    Operation *next = dead.pop_back_val();
    if (!isOpTriviallyDead(next)) {
      continue;
    }
    for (Value operand : next->getOperands())
      if (Operation *maker = operand.getDefiningOp(); maker && !llvm::is_contained(dead, maker))
        dead.push_back(maker);
    next->erase();
  }
}

} // namespace attention

namespace {

using namespace attention;

struct FormAttentionPass : impl::FormAttentionPassBase<FormAttentionPass> {
  using FormAttentionPassBase::FormAttentionPassBase;

  void runOnOperation() override {
    SmallVector<EinsumOp> products;
    getOperation().walk([&](EinsumOp op) { products.push_back(op); });
    Activity activity(getOperation());
    SmallVector<Attribute> found;
    Builder b(&getContext());
    for (EinsumOp product : products)
      for (unsigned probabilities : {0, 1}) {
        Finder finder(product, probabilities, activity);
        if (!finder.find())
          continue;
        if (!always)
          finder.findCost();
        found.push_back(b.getStringAttr(describe(finder)));
        if (finder.reason.empty())
          finder.form();
        break;
      }
    if (!found.empty())
      getOperation()->setAttr(attention::foundAttr, b.getArrayAttr(found));
  }

  static std::string describe(Finder &finder) {
    std::string text = "scores ";
    llvm::raw_string_ostream os(text);
    llvm::interleave(finder.scoresType().getShape(), os, "x");
    if (finder.reason.empty())
      os << ": in no memory, one kernel forward and one backward";
    else
      os << ": in memory, as " << finder.reason;
    return text;
  }
};

} // namespace
} // namespace agc
