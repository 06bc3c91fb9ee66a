//===- AttentionFinder.cpp - A product, a softmax, a product ---------------===//
#include "passes/AttentionFinder.h"

using namespace mlir;
using namespace agc::ir;

namespace agc::attention {

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// What depends on \p gradient's inputs before it.
static void follow(GradientOp gradient, Activity &activity) {
  DenseSet<Value> active;
  active.insert_range(gradient.getInputs());
  for (Operation &op : llvm::make_range(gradient->getBlock()->begin(), gradient->getIterator())) {
    if (llvm::none_of(op.getOperands(), [&](Value x) { return active.contains(x); }))
      continue;
    active.insert_range(op.getResults());
    op.walk([&](GradientOp) { activity.isNested = true; });
  }
  activity.values.insert_range(active);
}

Activity::Activity(func::FuncOp function) {
  function.walk([&](GradientOp gradient) { follow(gradient, *this); });
}

bool Activity::reaches(Value value) const {
  return values.contains(value) || !isa<func::FuncOp>(value.getParentBlock()->getParentOp());
}

/// The number that all elements are, if that is known.
static std::optional<double> numberOf(Value value) {
  while (auto broadcast = value.getDefiningOp<BroadcastOp>())
    value = broadcast.getX();
  auto constant = value.getDefiningOp<ConstantOp>();
  auto number = constant ? dyn_cast_or_null<FloatAttr>(constant.getValueAttr()) : FloatAttr();
  return number ? std::optional(number.getValueAsDouble()) : std::nullopt;
}

static bool isLowest(Value value) { return numberOf(value) == -INFINITY; }

/// What is left of a value without dimensions of size 1, its gradient stopped or not.
static Value withoutUnits(Value value) {
  auto sizes = [](Value x) {
    SmallVector<int64_t> result(typeOf(x).getShape());
    llvm::erase(result, 1);
    return result;
  };
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<StopGradientOp>(op) &&
        !(isa<ReshapeOp>(op) && sizes(value) == sizes(op->getOperand(0))))
      break;
    value = op->getOperand(0);
  }
  return value;
}

/// A value times a number, divided by one, or only itself turned around: its operand,
/// and the number.
namespace {
struct Scaled {
  Value value;
  double by;
};
} // namespace
static std::optional<Scaled> scaledOf(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || !isa<MulOp, DivOp>(op))
    return std::nullopt;
  if (auto number = numberOf(op->getOperand(1)))
    return Scaled{op->getOperand(0), isa<MulOp>(op) ? *number : 1 / *number};
  if (auto number = numberOf(op->getOperand(0)); number && isa<MulOp>(op))
    return Scaled{op->getOperand(1), *number};
  return std::nullopt;
}

/// What a factor is behind transpositions and, if \p scales, multiplications.
static Factor factorOf(Value value, StringRef term, bool scales) {
  Factor f{value, term.str()};
  while (true) {
    if (auto transpose = f.value.getDefiningOp<TransposeOp>()) {
      std::string turned(f.term);
      for (auto [d, of] : llvm::enumerate(transpose.getPermutation()))
        turned[of] = f.term[d];
      f.term = turned;
      f.value = transpose.getX();
    } else if (auto scaled = scales ? scaledOf(f.value) : std::nullopt) {
      f.scale *= scaled->by;
      f.value = scaled->value;
    } else {
      return f;
    }
  }
}

/// Whether \p value repeats the reduction of x over its last dimension.
template <typename Reduction> bool Finder::repeats(Value value, Value x) {
  int64_t last = typeOf(value).getRank() - 1;
  auto broadcast = value.getDefiningOp<BroadcastOp>();
  if (!broadcast || int64_t(broadcast.getDimensions().size()) != last ||
      llvm::is_contained(broadcast.getDimensions(), last))
    return false;
  Value reduced = withoutUnits(broadcast.getX());
  auto reduction = reduced.getDefiningOp<Reduction>();
  if (!reduction || reduction.getX() != x || reduction.getDimensions() != ArrayRef{last})
    return false;
  for (Value at = value; at != reduced; at = at.getDefiningOp()->getOperand(0))
    parts.insert(at.getDefiningOp());
  parts.insert(reduction);
  return true;
}

/// What the softmax is of; null: there is none.
Value Finder::findSoftmax() {
  auto quotient = probabilities.getDefiningOp<DivOp>();
  auto exponentials = quotient ? quotient.getX().getDefiningOp<ExpOp>() : nullptr;
  auto less = exponentials ? exponentials.getX().getDefiningOp<SubOp>() : nullptr;
  if (!less || !repeats<ReduceSumOp>(quotient.getY(), exponentials) ||
      !repeats<ReduceMaxOp>(less.getY(), less.getX()))
    return {};
  parts.insert(quotient);
  parts.insert(exponentials);
  parts.insert(less);
  return less.getX();
}

/// Whether a product is behind numbers and masks.
static bool isScore(Value value) {
  Operation *op = value.getDefiningOp();
  if (auto scaled = scaledOf(value))
    return isScore(scaled->value);
  if (auto select = dyn_cast_or_null<SelectOp>(op))
    return isScore(select.getX()) || isScore(select.getY());
  if (isa_and_nonnull<AddOp>(op))
    return isScore(op->getOperand(0)) || isScore(op->getOperand(1));
  return isa_and_nonnull<EinsumOp>(op);
}

/// The product that makes the scores, behind masks, then numbers.
bool Finder::findScores(Value x) {
  bool isScaled = false;
  while (Operation *op = x.getDefiningOp()) {
    parts.insert(op);
    if ((scoring = dyn_cast<EinsumOp>(op)))
      return true;
    if (auto scaled = scaledOf(x)) {
      scale *= scaled->by;
      x = scaled->value;
      isScaled = true;
      continue;
    }
    bool isKnown = !isScaled;
    if (auto select = dyn_cast<SelectOp>(op)) {
      bool isNegated = isLowest(select.getX());
      x = isNegated ? select.getY() : select.getX();
      isKnown &= (isNegated || isLowest(select.getY())) &&
                 takeCondition(select.getP(), isNegated);
    } else if (isa<AddOp>(op)) {
      bool isSecond = !isScore(op->getOperand(0));
      x = op->getOperand(isSecond);
      isKnown &= takeMask(op->getOperand(!isSecond));
    } else {
      return false;
    }
    if (!isKnown)
      refuse("its mask is of another form");
  }
  return false;
}

/// Which of the outer dimensions a value's elements count, if they do.
static std::optional<int64_t> countedBy(Value value) {
  if (auto broadcast = value.getDefiningOp<BroadcastOp>()) {
    std::optional<int64_t> inner = countedBy(broadcast.getX());
    return inner ? std::optional(broadcast.getDimensions()[*inner]) : std::nullopt;
  }
  auto iota = value.getDefiningOp<IotaOp>();
  return iota ? std::optional(int64_t(iota.getDimension())) : std::nullopt;
}

/// Scores count where p is true; negated: where it is not.
bool Finder::takeCondition(Value p, bool isNegated) {
  if (auto inverse = p.getDefiningOp<NotOp>())
    return takeCondition(inverse.getX(), !isNegated);
  if (auto both = p.getDefiningOp<AndOp>(); both && !isNegated)
    return takeCondition(both.getX(), false) && takeCondition(both.getY(), false);
  int64_t rank = typeOf(p).getRank();
  SmallVector<int64_t> outer = llvm::to_vector(llvm::seq(rank));
  Value base = p;
  while (auto broadcast = base.getDefiningOp<BroadcastOp>()) {
    SmallVector<int64_t> next;
    for (int64_t d : broadcast.getDimensions())
      next.push_back(outer[d]);
    outer = next;
    base = broadcast.getX();
  }
  if (auto compare = base.getDefiningOp<CompareOp>()) {
    std::optional<int64_t> x = countedBy(compare.getX()), y = countedBy(compare.getY());
    StringRef direction = compare.getDirection();
    int64_t row = rank - 2, column = rank - 1;
    if (x && y && outer[*x] == row && outer[*y] == column &&
        direction == (isNegated ? "lt" : "ge"))
      return isCausal = true;
    if (x && y && outer[*x] == column && outer[*y] == row &&
        direction == (isNegated ? "gt" : "le"))
      return isCausal = true;
  }
  return !isNegated && takeMask(p);
}

bool Finder::takeMask(Value value) {
  if (mask.value)
    return false; // One is as many as there is room for.
  mask.value = value;
  return true;
}

/// Letters, and what of the two products they do not allow.
void Finder::findFactors() {
  auto [x, y, z] = parseEinsum(scoring.getSpec());
  char key = z.back();
  bool isKeyFirst = x.contains(key);
  k = factorOf(isKeyFirst ? scoring.getX() : scoring.getY(), isKeyFirst ? x : y, true);
  q = factorOf(isKeyFirst ? scoring.getY() : scoring.getX(), isKeyFirst ? y : x, true);
  scale *= q.scale * k.scale;
  // The second product's letters, in the first one's.
  auto [px, py, pz] = parseEinsum(product.getSpec());
  bool isFirst = probabilities == product.getX();
  std::string used = (x + y).str();
  llvm::SmallDenseMap<char, char> letters;
  for (auto [from, to] : llvm::zip_equal(isFirst ? px : py, z))
    letters[from] = to;
  auto translate = [&](StringRef term) {
    std::string result;
    for (char letter : term) {
      auto [known, isNew] = letters.try_emplace(letter, 0);
      for (char next = 'a'; !known->second && next <= 'z'; ++next)
        if (!StringRef(used).contains(next)) {
          known->second = next;
          used += next;
        }
      result += known->second;
    }
    return result;
  };
  v = factorOf(values, translate(isFirst ? py : px), false);
  result = translate(pz);
  if (!mask.value)
    return;
  mask.term = z.str();
  while (auto broadcast = mask.value.getDefiningOp<BroadcastOp>()) {
    std::string term;
    for (int64_t d : broadcast.getDimensions())
      term += mask.term[d];
    mask.term = term;
    mask.value = broadcast.getX();
  }
  Type element = typeOf(mask.value).getElementType();
  if (!element.isF32() && !element.isInteger(1))
    refuse("its mask is of another form");
  if (element.isF32() && activity.reaches(mask.value))
    refuse("its mask has a gradient");
  if (typeOf(mask.value).getNumElements() == typeOf(scoring).getNumElements() &&
      !isa<BlockArgument>(withoutUnits(mask.value)))
    refuse("its mask is computed, and as large as the scores");
}

std::string withLast(std::string term, char letter) {
  if (size_t at = term.find(letter); at != std::string::npos) {
    term.erase(at, 1);
    term += letter;
  }
  return term;
}

std::string specOf(const Factor &q, const Factor &k, const Factor &v,
                          const Factor &mask, StringRef o) {
  return q.term + "," + k.term + "," + v.term + (mask.value ? "," + mask.term : "") + "->" +
         o.str();
}

bool Finder::find() {
  Value x = findSoftmax();
  if (!x || !findScores(x))
    return false;
  for (Operation *op : parts)
    for (Operation *user : op->getUsers())
      if (user != product && !parts.contains(user))
        refuse("its scores or probabilities are read elsewhere, too");
  if (!typeOf(scoring).getElementType().isF32())
    refuse("it is not in f32");
  if (activity.isNested)
    refuse("a gradient of its gradient is asked for");
  findFactors();
  for (Value value : {q.value, k.value, v.value})
    if (!typeOf(value).getNumElements())
      refuse("it is of nothing");
  // Terms as they will be: with what is summed in each product last.
  Factor to[] = {q, k, v};
  std::string o = result;
  for (char letter : q.term)
    if (StringRef(k.term).contains(letter) && !StringRef(result).contains(letter))
      for (Factor *f : {&to[0], &to[1]})
        f->term = withLast(f->term, letter);
  for (char letter : v.term)
    if (!StringRef(k.term).contains(letter)) {
      to[2].term = withLast(to[2].term, letter);
      o = withLast(o, letter);
    }
  if (!parseTerms(specOf(to[0], to[1], to[2], mask, o), bool(mask.value)))
    refuse("its products are of another form");
  return true;
}

} // namespace agc::attention
