//===- SelectionFamilies.cpp - Ops that pick elements, or check them -------===//
#include "tests/fuzz/Families.h"

using namespace mlir;

namespace agc::fuzz {

using Shape = Generator::Shape;

/// An index for \p x: how many dimensions it shares, and the shape of what it
/// picks.
struct Index {
  int64_t batch;
  Item at;
  Shape picked;
};

/// For each of a batch other places in a row, so that no two meet.
static std::optional<Index> distinctIndexFor(Generator &g, RankedTensorType x) {
  int64_t batch = g.random.chance(0.6) ? 0 : g.random.below(x.getRank());
  int64_t n = x.getDimSize(unsigned(batch));
  Shape at(x.getShape().take_front(size_t(batch)));
  at.push_back(n > 0 ? g.random.between(1, n) : 0);
  Shape picked = at;
  llvm::append_range(picked, x.getShape().drop_front(size_t(batch) + 1));
  RankedTensorType type = g.tensor(at, g.builder.getI64Type());
  if (n == 0 || type.getNumElements() == 0 || type.getNumElements() > 300)
    return std::nullopt;
  SmallVector<int64_t> places;
  for (int64_t i = 0; i < type.getNumElements() / at.back(); ++i) {
    SmallVector<int64_t> all;
    for (int64_t place = 0; place < n; ++place)
      all.insert(all.begin() + g.random.between(0, place), place);
    places.append(all.begin(), all.begin() + at.back());
  }
  Value index = g.create<ir::ConstantOp>(type, nullptr, DenseElementsAttr::get(type, ArrayRef(places)));
  return Index{batch, {index, {{0, double(n - 1)}, 0}}, picked};
}

static std::optional<Index> indexFor(Generator &g, RankedTensorType x) {
  int64_t batch = g.random.chance(0.6) ? 0 : g.random.below(x.getRank());
  Shape at(x.getShape().take_front(size_t(batch)));
  for (int64_t d = 0, count = g.random.between(0, 2); d < count; ++d)
    at.push_back(g.randomSize());
  Shape picked = at;
  llvm::append_range(picked, x.getShape().drop_front(size_t(batch) + 1));
  int64_t n = x.getDimSize(unsigned(batch));
  if (!g.isSmall(picked) || n == 0)
    return std::nullopt;
  RankedTensorType type = g.tensor(at, g.builder.getI64Type());
  std::optional<Item> found;
  // Any i64 is an index: what is out of range counts as the nearest in range.
  if (g.random.chance(0.4))
    found = g.pick([&](RankedTensorType t) { return t == type; });
  return Index{batch, found ? *found : g.freshIndex(at, n), picked};
}

static std::optional<Item> pickRanked(Generator &g, bool numbersOnly) {
  return g.pick([&](RankedTensorType type) {
    return type.getRank() > 0 && !(numbersOnly && type.getElementType().isInteger(1));
  });
}

static bool addGather(Generator &g) {
  auto x = pickRanked(g, false);
  if (!x)
    return false;
  RankedTensorType type = typeOf(x->value);
  auto index = indexFor(g, type);
  if (!index)
    return false;
  g.give(g.create<ir::GatherOp>(type.clone(index->picked), x->value, index->at.value, index->batch),
         x->facts);
  return true;
}

static bool addScatter(Generator &g) {
  bool isSum = g.random.chance(0.6);
  auto base = pickRanked(g, isSum);
  if (!base)
    return false;
  RankedTensorType type = typeOf(base->value);
  // Of updates that meet, only sums have a derivative.
  auto index = isSum || g.random.chance(0.15) ? indexFor(g, type) : distinctIndexFor(g, type);
  if (!index)
    return false;
  Item updates = g.like(type.clone(index->picked));
  Range a = base->facts.range, b = updates.facts.range;
  Facts facts{{std::min(a.low, b.low), std::max(a.high, b.high)},
              std::max(base->facts.slope, updates.facts.slope)};
  if (isSum && isa<FloatType>(type.getElementType())) {
    // All of one batch may meet in one place.
    double count = 1;
    for (int64_t size : typeOf(index->at.value).getShape().drop_front(size_t(index->batch)))
      count *= double(size);
    facts = {{a.low + count * std::min(b.low, 0.0), a.high + count * std::max(b.high, 0.0)},
             base->facts.slope + count * updates.facts.slope};
  } else if (isSum) {
    facts.range = rangeOf(type.getElementType());
  }
  if (facts.range.magnitude() > 10000 && type.getElementType().isF16())
    return false;
  g.give(g.create<ir::ScatterOp>(type, base->value, index->at.value, updates.value, index->batch,
                                 isSum ? "add" : "set"),
         facts);
  return true;
}

static bool addCheckRange(Generator &g) {
  auto x = g.pick([](RankedTensorType type) {
    Type element = type.getElementType();
    return isa<IntegerType>(element) && !element.isInteger(1);
  });
  if (!x || x->facts.range.magnitude() > 0x1p52)
    return false;
  auto lower = int64_t(x->facts.range.low), upper = int64_t(x->facts.range.high) + 1;
  auto check = g.create<ir::CheckRangeOp>(
      x->value.getType(), x->value, g.builder.getI64IntegerAttr(lower),
      g.builder.getI64IntegerAttr(upper), IntegerAttr(), g.builder.getStringAttr("an element"));
  g.give(check, x->facts);
  return true;
}

static bool addBarrier(Generator &g) {
  Item x = *g.pick(), after = *g.pick();
  g.give(g.create<ir::BarrierOp>(x.value.getType(), x.value, after.value), x.facts);
  return true;
}

ArrayRef<Family> selectionFamilies() {
  static constexpr Family list[] = {
      {"gather", 4, addGather},
      {"scatter", 3, addScatter},
      {"check_range", 0.7, addCheckRange},
      {"barrier", 0.7, addBarrier},
  };
  return list;
}

} // namespace agc::fuzz
