//===- ProductFamilies.cpp - Products, convolutions, pooling ---------------===//
#include "tests/fuzz/Families.h"

using namespace mlir;

namespace agc::fuzz {

using Shape = Generator::Shape;

/// Of a sum of \p count products.
static Facts productFacts(const Item &x, const Item &y, double count) {
  double a = x.facts.range.magnitude(), b = y.facts.range.magnitude();
  return {{-count * a * b, count * a * b},
          count * (a * y.facts.slope + b * x.facts.slope)};
}

/// Whether the sum is a number of its type on the way, too.
static bool fits(Type element, const Facts &facts) {
  return !element.isF16() || facts.range.magnitude() < 10000;
}

static bool addEinsum(Generator &g) {
  auto x = g.pick([](RankedTensorType type) {
    return !type.getElementType().isInteger(1) && type.getRank() <= 4;
  });
  if (!x)
    return false;
  RankedTensorType type = typeOf(x->value);
  std::string letters = "abcdefgh", inX, inY, result;
  std::map<char, int64_t> sizes;
  for (int64_t size : type.getShape()) {
    char letter = letters[inX.size()];
    inX += letter;
    sizes[letter] = size;
    bool shared = g.random.chance(0.6), kept = !shared || g.random.chance(0.4);
    auto put = [&](std::string &term) {
      term.insert(term.begin() + g.random.between(0, int64_t(term.size())), letter);
    };
    if (shared)
      put(inY);
    if (kept)
      put(result);
  }
  for (int64_t i = 0, more = g.random.between(0, 2); i < more; ++i) {
    char letter = letters[inX.size() + size_t(i)];
    sizes[letter] = g.randomSize();
    for (std::string *term : {&inY, &result})
      term->insert(term->begin() + g.random.between(0, int64_t(term->size())), letter);
  }
  Shape yShape, shape, all;
  double count = 1;
  for (char letter : inY)
    yShape.push_back(sizes[letter]);
  for (char letter : result)
    shape.push_back(sizes[letter]);
  for (auto [letter, size] : sizes) {
    all.push_back(size);
    if (!llvm::is_contained(result, letter))
      count *= double(size);
  }
  if (!g.isSmall(yShape) || !g.isSmall(shape))
    return false;
  Item y = g.like(type.clone(yShape));
  Facts facts = productFacts(*x, y, count);
  if (!isa<FloatType>(type.getElementType()))
    facts = {rangeOf(type.getElementType()), 0};
  if (!fits(type.getElementType(), facts))
    return false;
  auto op = g.random.chance(0.5)
                ? g.create<ir::EinsumOp>(type.clone(shape), x->value, y.value, inX + "," + inY + "->" + result)
                : g.create<ir::EinsumOp>(type.clone(shape), y.value, x->value, inY + "," + inX + "->" + result);
  g.give(op, facts);
  return true;
}

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

/// x [N, C, …], w [O, C / groups, …], y [N, O, …].
struct Convolution {
  Shape x, w, y, strides, low, high, dilation;
  int64_t groups = 1;
};

static std::optional<Convolution> randomConvolution(Generator &g, ArrayRef<int64_t> x) {
  Convolution c;
  c.x.assign(x.begin(), x.end());
  int64_t channels = x[1];
  if (channels == 0)
    return std::nullopt;
  for (int64_t groups : {4, 3, 2})
    if (channels % groups == 0 && g.random.chance(0.3)) {
      c.groups = groups;
      break;
    }
  c.w = {c.groups * g.random.between(1, 4), channels / c.groups};
  c.y = {x[0], c.w[0]};
  for (int64_t size : x.drop_front(2)) {
    c.strides.push_back(g.random.chance(0.6) ? 1 : g.random.between(2, 3));
    c.dilation.push_back(g.random.chance(0.75) ? 1 : 2);
    c.low.push_back(g.random.chance(0.5) ? 0 : g.random.between(1, 2));
    c.high.push_back(g.random.chance(0.7) ? c.low.back() : g.random.between(0, 2));
    int64_t kernel = g.random.between(1, 3);
    int64_t room = size + c.low.back() + c.high.back() - c.dilation.back() * (kernel - 1) - 1;
    if (room < 0)
      return std::nullopt;
    c.w.push_back(kernel);
    c.y.push_back(room / c.strides.back() + 1);
  }
  if (!g.isSmall(c.w) || !g.isSmall(c.y))
    return std::nullopt;
  return c;
}

static double product(ArrayRef<int64_t> sizes) {
  double result = 1;
  for (int64_t size : sizes)
    result *= double(size);
  return result;
}

/// An image: a value of the pool, or a new one.
static Item image(Generator &g) {
  if (g.random.chance(0.6))
    if (auto found = g.pick([](RankedTensorType type) {
          return isa<FloatType>(type.getElementType()) && type.getRank() >= 3 && type.getRank() <= 4;
        }))
      return *found;
  Shape shape{g.random.between(1, 3), g.random.between(1, 6)};
  for (int64_t d = 0, rank = g.random.of(ArrayRef<int64_t>{1, 2, 2, 2, 3}); d < rank; ++d)
    shape.push_back(g.random.between(2, rank == 3 ? 4 : 8));
  return g.like(g.tensor(shape, g.floatElement()));
}

static bool addConvolution(Generator &g) {
  Item x = image(g);
  RankedTensorType type = typeOf(x.value);
  auto c = randomConvolution(g, type.getShape());
  if (!c)
    return false;
  int64_t kind = g.random.below(4);
  auto build = [&]<typename Op>(Op *, ArrayRef<int64_t> result, const Item &a, const Item &b, double count) {
    Facts facts = productFacts(a, b, count);
    if (!fits(type.getElementType(), facts))
      return false;
    g.give(g.create<Op>(type.clone(result), a.value, b.value, c->strides, c->low, c->high, c->dilation, c->groups), facts);
    return true;
  };
  double kernel = product(ArrayRef(c->w).drop_front(2));
  auto like = [&](const Shape &shape) { return g.like(type.clone(shape)); };
  if (kind < 2)
    return build((ir::ConvOp *)nullptr, c->y, x, like(c->w), kernel * double(c->w[1]));
  // x gives the shapes, and is the operand of one of the two.
  if (kind == 2)
    return build((ir::ConvInputGradOp *)nullptr, c->x, like(c->y), like(c->w),
                 kernel * double(c->w[0] / c->groups));
  return build((ir::ConvWeightGradOp *)nullptr, c->w, x, like(c->y),
               double(c->y[0]) * product(ArrayRef(c->y).drop_front(2)));
}

//===----------------------------------------------------------------------===//
// Pooling
//===----------------------------------------------------------------------===//

static bool addPooling(Generator &g) {
  Item x = image(g);
  RankedTensorType type = typeOf(x.value);
  if (type.getNumElements() == 0)
    return false;
  Shape window, strides, low, high, y(type.getShape().take_front(2));
  double overlap = 1;
  for (int64_t size : type.getShape().drop_front(2)) {
    window.push_back(g.random.between(1, 3));
    strides.push_back(g.random.between(1, 3));
    low.push_back(g.random.below(window.back()));
    high.push_back(g.random.chance(0.6) ? low.back() : g.random.below(window.back()));
    int64_t room = size + low.back() + high.back() - window.back();
    if (room < 0)
      return false;
    y.push_back(room / strides.back() + 1);
    overlap *= double((window.back() - 1) / strides.back() + 1);
  }
  if (!g.isSmall(y))
    return false;
  RankedTensorType yType = type.clone(y), indexType = yType.clone(g.builder.getI32Type());
  auto pool = g.create<ir::MaxPoolOp>(yType, indexType, x.value, window, strides, low, high);
  g.give(pool, {x.facts, {{0, product(window) - 1}, 0}});
  if (g.random.chance(0.4)) {
    Item dy = g.like(yType);
    Facts facts{{overlap * std::min(dy.facts.range.low, 0.0), overlap * std::max(dy.facts.range.high, 0.0)},
                overlap * dy.facts.slope};
    g.give(g.create<ir::MaxPoolGradOp>(type, dy.value, pool.getIndex(), window, strides, low, high), facts);
  }
  if (g.random.chance(0.4)) {
    Item other = g.like(type);
    g.give(g.create<ir::MaxPoolGatherOp>(yType, other.value, pool.getIndex(), window, strides, low, high),
           other.facts);
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

/// A softmax over the last dimension, as who writes one would. Its largest has a
/// gradient, which comes to nothing: else this were no derivative.
static Value softmax(Generator &g, Value x) {
  RankedTensorType type = typeOf(x), row = type.clone(type.getShape().drop_back());
  int64_t last = type.getRank() - 1;
  auto all = llvm::to_vector(llvm::seq(last));
  Value largest = g.create<ir::ReduceMaxOp>(row, x, ArrayRef{last});
  Value less = g.create<ir::SubOp>(x, g.create<ir::BroadcastOp>(type, largest, all));
  Value powers = g.create<ir::ExpOp>(less);
  Value sum = g.create<ir::ReduceSumOp>(row, powers, ArrayRef{last});
  return g.create<ir::DivOp>(powers, g.create<ir::BroadcastOp>(type, sum, all));
}

/// Scores that a mask or a diagonal leaves, of each query the first key's at least.
static Value masked(Generator &g, Value scores) {
  RankedTensorType type = typeOf(scores);
  int64_t last = type.getRank() - 1, keys = type.getShape().back();
  RankedTensorType places = type.clone(g.builder.getI64Type());
  Value lowest = g.filled(type, -INFINITY);
  if (g.random.chance(0.4)) {
    Value row = g.create<ir::IotaOp>(places, last - 1), key = g.create<ir::IotaOp>(places, last);
    if (g.random.chance(0.5))
      scores = g.create<ir::SelectOp>(type, g.create<ir::CompareOp>(row, key, "ge"), scores, lowest);
    else
      scores = g.create<ir::SelectOp>(type, g.create<ir::CompareOp>(row, key, "lt"), lowest, scores);
  }
  // Of keys, of queries and keys, or of all.
  SmallVector<int64_t> dimensions{last};
  for (int64_t d = last - 1; d >= 0 && g.random.chance(0.5); --d)
    dimensions.insert(dimensions.begin(), d);
  Shape shape;
  for (int64_t d : dimensions)
    shape.push_back(type.getDimSize(d));
  auto spread = [&](Value mask) -> Value {
    if (dimensions.size() == size_t(type.getRank()))
      return mask;
    return g.create<ir::BroadcastOp>(type.clone(typeOf(mask).getElementType()), mask, dimensions);
  };
  if (g.random.chance(0.3))
    return g.create<ir::AddOp>(scores, spread(g.like(type.clone(shape)).value));
  if (g.random.chance(0.3) && keys > 0) {
    Value mask = g.like(g.tensor(shape, g.builder.getI1Type())).value;
    RankedTensorType numbers = g.tensor(shape, g.builder.getI64Type());
    Value isFirst = g.create<ir::CompareOp>(
        g.create<ir::IotaOp>(numbers, int64_t(shape.size()) - 1), g.filled(numbers, 0), "eq");
    return g.create<ir::SelectOp>(type, spread(g.create<ir::OrOp>(mask, isFirst)), scores, lowest);
  }
  return scores;
}

static bool addAttention(Generator &g) {
  int64_t rank = g.random.between(0, 2), queries = g.randomSize(), keys = g.randomSize();
  Shape batch;
  for (int64_t d = 0; d < rank; ++d)
    batch.push_back(g.randomSize());
  auto shaped = [&](int64_t rows, int64_t columns) {
    Shape shape(batch);
    shape.append({rows, columns});
    return shape;
  };
  Shape ofQ = shaped(queries, g.randomSize()), ofK = shaped(keys, ofQ.back()),
        ofV = shaped(keys, g.randomSize()), ofScores = shaped(queries, keys),
        ofO = shaped(queries, ofV.back());
  // A softmax of nothing has no numbers.
  if (!keys || !g.isSmall(ofQ) || !g.isSmall(ofK) || !g.isSmall(ofV) || !g.isSmall(ofScores) ||
      !g.isSmall(ofO))
    return false;
  Type element = g.floatElement();
  Item q = g.like(g.tensor(ofQ, element)), k = g.like(g.tensor(ofK, element)),
       v = g.like(g.tensor(ofV, element));
  Facts scores = productFacts(q, k, double(ofQ.back()));
  if (!fits(element, scores))
    return false;
  std::string letters = StringRef("ab").take_front(rank).str();
  RankedTensorType type = g.tensor(ofScores, element);
  Value s = g.create<ir::EinsumOp>(type, q.value, k.value,
                                   letters + "mk," + letters + "nk->" + letters + "mn");
  double scale = 1 / std::max(1.0, scores.range.magnitude() / 4);
  s = g.create<ir::MulOp>(s, g.filled(type, scale));
  Value p = softmax(g, masked(g, s));
  Facts facts{v.facts.range, v.facts.slope + 2 * v.facts.range.magnitude() * scale * scores.slope};
  g.give(g.create<ir::EinsumOp>(g.tensor(ofO, element), p, v.value,
                                letters + "mk," + letters + "kn->" + letters + "mn"),
         facts);
  return true;
}

ArrayRef<Family> productFamilies() {
  static constexpr Family list[] = {
      {"einsum", 6, addEinsum},
      {"convolution", 3, addConvolution},
      {"pooling", 2, addPooling},
      {"attention", 3, addAttention},
  };
  return list;
}

} // namespace agc::fuzz
