//===- ShapeFamilies.cpp - Ops that create, rearrange and reduce -----------===//
#include "tests/fuzz/Families.h"

using namespace mlir;

namespace agc::fuzz {

using Shape = Generator::Shape;

static bool isNumber(RankedTensorType type) { return !type.getElementType().isInteger(1); }

/// Dimensions below \p rank, increasing; each with even chance.
static Shape someDimensions(Generator &g, int64_t rank) {
  Shape dimensions;
  for (int64_t d = 0; d < rank; ++d)
    if (g.random.chance(0.5))
      dimensions.push_back(d);
  return dimensions;
}

//===----------------------------------------------------------------------===//
// Creating
//===----------------------------------------------------------------------===//

static bool addArgument(Generator &g) {
  g.fresh(g.tensor(g.randomShape(), g.randomElement()));
  return true;
}

static bool addIota(Generator &g) {
  Shape shape = g.randomShape();
  Type element = g.randomElement();
  if (shape.empty() || element.isInteger(1))
    return false;
  int64_t dimension = g.random.below(int64_t(shape.size()));
  double last = double(std::max<int64_t>(shape[size_t(dimension)] - 1, 0));
  // What an element cannot count to, nobody defines.
  double exact = element.isBF16() ? 256 : element.isF16() ? 2048 : rangeOf(element).high;
  if (last > exact)
    return false;
  g.give(g.create<ir::IotaOp>(g.tensor(shape, element), dimension), {{0, last}, 0});
  return true;
}

static bool addRandomUniform(Generator &g) {
  Type element = g.floatElement();
  int64_t precision = element.isF64()    ? g.random.of(ArrayRef<int64_t>{53, 32, 24})
                      : element.isF32()  ? 24
                      : element.isBF16() ? 8
                                         : 11;
  Item state = g.fresh(g.tensor({2}, g.builder.getI64Type()), {-1000, 1000});
  g.give(g.create<ir::RandomUniformOp>(g.tensor(g.randomShape(), element), state.value, precision),
         {{0, 1}, 0});
  return true;
}

//===----------------------------------------------------------------------===//
// Rearranging
//===----------------------------------------------------------------------===//

static bool addBroadcast(Generator &g) {
  auto item = g.pick([](RankedTensorType type) { return type.getRank() < 4; });
  if (!item)
    return false;
  Shape shape(typeOf(item->value).getShape()), dimensions;
  for (size_t d = 0; d < shape.size(); ++d)
    dimensions.push_back(int64_t(d));
  for (int64_t i = 0, added = g.random.between(1, 2); i < added; ++i) {
    int64_t at = g.random.between(0, int64_t(shape.size()));
    shape.insert(shape.begin() + at, g.randomSize());
    for (int64_t &d : dimensions)
      d += d >= at;
  }
  if (!g.isSmall(shape))
    return false;
  g.give(g.create<ir::BroadcastOp>(typeOf(item->value).clone(shape), item->value, dimensions),
         item->facts);
  return true;
}

static bool addReshape(Generator &g) {
  Item item = *g.pick();
  RankedTensorType type = typeOf(item.value);
  Shape shape(type.getShape());
  // Joins two dimensions, splits one, puts or takes one of size 1.
  for (int64_t i = 0, steps = g.random.between(1, 3); i < steps; ++i) {
    size_t at = size_t(g.random.below(int64_t(shape.size()) + 1));
    if (at + 1 < shape.size() && g.random.chance(0.6)) {
      shape[at] *= shape[at + 1];
      shape.erase(shape.begin() + long(at) + 1);
    } else if (at < shape.size() && g.random.chance(0.6)) {
      for (int64_t factor : {2, 3, 5, 7})
        if (shape[at] > factor && shape[at] % factor == 0 && shape.size() < 5) {
          shape[at] /= factor;
          shape.insert(shape.begin() + long(at), factor);
          break;
        }
    } else if (shape.size() < 5) {
      shape.insert(shape.begin() + long(at), 1);
    }
  }
  g.give(g.create<ir::ReshapeOp>(type.clone(shape), item.value), item.facts);
  return true;
}

static bool addTranspose(Generator &g) {
  auto item = g.pick([](RankedTensorType type) { return type.getRank() > 1; });
  if (!item)
    return false;
  RankedTensorType type = typeOf(item->value);
  Shape permutation, shape;
  for (int64_t d = 0; d < type.getRank(); ++d)
    permutation.insert(permutation.begin() + g.random.between(0, d), d);
  for (int64_t d : permutation)
    shape.push_back(type.getDimSize(unsigned(d)));
  g.give(g.create<ir::TransposeOp>(type.clone(shape), item->value, permutation), item->facts);
  return true;
}

static bool addSlice(Generator &g) {
  auto item = g.pick([](RankedTensorType type) { return type.getRank() > 0; });
  if (!item)
    return false;
  RankedTensorType type = typeOf(item->value);
  Shape starts, limits, strides, shape;
  for (int64_t size : type.getShape()) {
    bool whole = g.random.chance(0.4) || size < 2;
    starts.push_back(whole ? 0 : g.random.below(size));
    limits.push_back(whole ? size : g.random.between(starts.back() + 1, size));
    strides.push_back(g.random.chance(0.6) ? 1 : g.random.between(2, 3));
    int64_t length = limits.back() - starts.back();
    shape.push_back(length ? (length - 1) / strides.back() + 1 : 0);
  }
  g.give(g.create<ir::SliceOp>(type.clone(shape), item->value, starts, limits, strides), item->facts);
  return true;
}

static bool addPad(Generator &g) {
  auto item = g.pick([](RankedTensorType type) { return type.getRank() > 0; });
  if (!item)
    return false;
  RankedTensorType type = typeOf(item->value);
  Shape low, high, interior, shape;
  for (int64_t size : type.getShape()) {
    bool none = g.random.chance(0.4);
    low.push_back(none ? 0 : g.random.between(0, 3));
    high.push_back(none ? 0 : g.random.between(0, 3));
    interior.push_back(none || g.random.chance(0.6) ? 0 : g.random.between(1, 2));
    shape.push_back(low.back() + high.back() + size + std::max<int64_t>(size - 1, 0) * interior.back());
  }
  if (!g.isSmall(shape))
    return false;
  Range range = item->facts.range;
  // Numbers of every dtype.
  double value = isa<FloatType>(type.getElementType())
                     ? g.random.of(ArrayRef<double>{0, 0.5, -0.25, 1})
                     : double(g.random.below(2));
  range = {std::min(range.low, value), std::max(range.high, value)};
  g.give(g.create<ir::PadOp>(type.clone(shape), item->value, low, high, interior, APFloat(value)),
         {range, item->facts.slope});
  return true;
}

static bool addReverse(Generator &g) {
  auto item = g.pick([](RankedTensorType type) { return type.getRank() > 0; });
  if (!item)
    return false;
  RankedTensorType type = typeOf(item->value);
  g.give(g.create<ir::ReverseOp>(type, item->value, someDimensions(g, type.getRank())), item->facts);
  return true;
}

static bool addConcat(Generator &g) {
  auto first = g.pick([](RankedTensorType type) { return type.getRank() > 0; });
  if (!first)
    return false;
  RankedTensorType type = typeOf(first->value);
  int64_t dimension = g.random.below(type.getRank());
  SmallVector<Value> values{first->value};
  Facts facts = first->facts;
  Shape shape(type.getShape());
  for (int64_t i = 0, more = g.random.between(0, 2); i < more; ++i) {
    Shape other(type.getShape());
    if (g.random.chance(0.5))
      other[size_t(dimension)] = g.randomSize();
    Item item = g.like(type.clone(other));
    values.push_back(item.value);
    shape[size_t(dimension)] += other[size_t(dimension)];
    facts.range = {std::min(facts.range.low, item.facts.range.low),
                   std::max(facts.range.high, item.facts.range.high)};
    facts.slope = std::max(facts.slope, item.facts.slope);
  }
  if (!g.isSmall(shape))
    return false;
  g.give(g.create<ir::ConcatOp>(type.clone(shape), values, dimension), facts);
  return true;
}

//===----------------------------------------------------------------------===//
// Reducing
//===----------------------------------------------------------------------===//

template <typename Op> static bool addReduction(Generator &g) {
  constexpr bool isSum = std::is_same_v<Op, ir::ReduceSumOp>;
  auto item = g.pick([](RankedTensorType type) { return isNumber(type) && type.getRank() > 0; });
  if (!item)
    return false;
  RankedTensorType type = typeOf(item->value);
  Shape dimensions = someDimensions(g, type.getRank()), shape;
  int64_t count = 1;
  for (int64_t d = 0; d < type.getRank(); ++d)
    if (llvm::is_contained(dimensions, d))
      count *= type.getDimSize(unsigned(d));
    else
      shape.push_back(type.getDimSize(unsigned(d)));
  // The largest of nothing is infinite.
  if (!isSum && count == 0)
    return false;
  Facts facts = item->facts;
  if (isSum)
    facts = {{double(count) * std::min(facts.range.low, 0.0), double(count) * std::max(facts.range.high, 0.0)},
             double(count) * facts.slope};
  if (isSum && !isa<FloatType>(type.getElementType()))
    facts.range = rangeOf(type.getElementType());
  // An f16 ends at 65504.
  if (facts.range.magnitude() > 10000 && type.getElementType().isF16())
    return false;
  g.give(g.create<Op>(type.clone(shape), item->value, dimensions), facts);
  return true;
}

static bool addArgmax(Generator &g) {
  auto item = g.pick([](RankedTensorType type) {
    return isNumber(type) && type.getRank() > 0 && type.getNumElements() > 0;
  });
  if (!item)
    return false;
  RankedTensorType type = typeOf(item->value);
  int64_t dimension = g.random.below(type.getRank());
  Shape shape(type.getShape());
  shape.erase(shape.begin() + dimension);
  g.give(g.create<ir::ArgmaxOp>(g.tensor(shape, g.builder.getI64Type()), item->value, dimension),
         {{0, double(type.getDimSize(unsigned(dimension)) - 1)}, 0});
  return true;
}

ArrayRef<Family> shapeFamilies() {
  static constexpr Family list[] = {
      {"argument", 1, addArgument},
      {"iota", 0.5, addIota},
      {"random_uniform", 0.5, addRandomUniform},
      {"broadcast", 5, addBroadcast},
      {"reshape", 4, addReshape},
      {"transpose", 4, addTranspose},
      {"slice", 4, addSlice},
      {"pad", 3, addPad},
      {"reverse", 2, addReverse},
      {"concat", 3, addConcat},
      {"reduce_sum", 5, addReduction<ir::ReduceSumOp>},
      {"reduce_max", 2, addReduction<ir::ReduceMaxOp>},
      {"reduce_min", 2, addReduction<ir::ReduceMinOp>},
      {"argmax", 1, addArgmax},
  };
  return list;
}

} // namespace agc::fuzz
