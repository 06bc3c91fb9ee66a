//===- Generator.cpp - Random programs of the dialect ----------------------===//
#include "tests/fuzz/Generator.h"

#include "tests/fuzz/Elementwise.h"
#include "tests/fuzz/Families.h"

#include <cmath>

using namespace mlir;

namespace agc::fuzz {

static int64_t numel(ArrayRef<int64_t> shape) {
  int64_t product = 1;
  for (int64_t size : shape)
    product *= size;
  return product;
}

Generator::Generator(uint64_t seed, const Elementwise &elementwise)
    : random(seed), elementwise(elementwise), seed(seed),
      made(std::make_shared<std::map<unsigned, std::vector<Range>>>()) {}

Location Generator::nextLocation() {
  return FileLineColLoc::get(&context(), "graph", ++line, 0);
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

void Generator::pickSizes() {
  static constexpr int64_t common[] = {1, 2, 2, 3, 3, 4, 5, 5, 7, 8, 9, 13, 16, 17, 33};
  static constexpr int64_t large[] = {65, 130, 257, 1003};
  for (int64_t i = 0, count = random.between(2, 4); i < count; ++i)
    sizes.push_back(random.of(common));
  if (random.chance(0.06)) {
    // Loops in tiles, and vectors many times over.
    sizes.push_back(random.of(large));
    maxElements = 20000;
  }
  if (random.chance(0.02))
    sizes.push_back(0);
}

bool Generator::isSmall(ArrayRef<int64_t> shape) const { return numel(shape) <= maxElements; }

Generator::Shape Generator::randomShape(int64_t maxRank) {
  for (;; maxRank = std::max<int64_t>(maxRank - 1, 0)) {
    Shape shape;
    for (int64_t d = 0, rank = random.between(0, maxRank); d < rank; ++d)
      shape.push_back(randomSize());
    if (isSmall(shape))
      return shape;
  }
}

Type Generator::randomElement() {
  if (random.chance(0.65))
    return mainFloat;
  return random.of(elementTypes());
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

std::optional<Item> Generator::pick(const Condition &fits) {
  std::vector<const Item *> list;
  for (const Item &item : pool)
    if (fits(typeOf(item.value)))
      list.push_back(&item);
  if (list.empty())
    return std::nullopt;
  double u = random.uniform(0, 1);
  return *list[list.size() - 1 - size_t(double(list.size()) * u * u)];
}

std::optional<Item> Generator::pick() {
  return pick([](RankedTensorType) { return true; });
}

/// The reference computes in f64: it shall have the same numbers, not more digits.
static double rounded(Type element, double number) {
  if (!isa<FloatType>(element))
    return number;
  APFloat exact(number);
  bool losesInfo;
  exact.convert(cast<FloatType>(element).getFloatSemantics(), APFloat::rmNearestTiesToEven, &losesInfo);
  return exact.convertToDouble();
}

Value Generator::filled(RankedTensorType type, double number) {
  number = rounded(type.getElementType(), number);
  Attribute value = isa<FloatType>(type.getElementType())
                        ? Attribute(builder.getF64FloatAttr(number))
                        : builder.getI64IntegerAttr(int64_t(number));
  return create<ir::ConstantOp>(type, value, nullptr);
}

/// Elements of a constant.
static DenseElementsAttr randomData(Random &random, RankedTensorType type, Range range) {
  RankedTensorType stored = ir::signless(type);
  Type element = stored.getElementType();
  SmallVector<Attribute> elements;
  for (int64_t i = 0; i < type.getNumElements(); ++i)
    if (isa<FloatType>(element))
      elements.push_back(FloatAttr::get(element, random.uniform(range.low, range.high)));
    else
      elements.push_back(IntegerAttr::get(
          element, APInt(element.getIntOrFloatBitWidth(),
                         uint64_t(random.between(int64_t(range.low), int64_t(range.high))),
                         /*isSigned=*/false, /*implicitTrunc=*/true)));
  return DenseElementsAttr::get(stored, elements);
}

Item Generator::fresh(RankedTensorType type, Range range) {
  bool isFloat = isa<FloatType>(type.getElementType());
  if (depth == 0 && random.chance(0.75)) {
    Value argument = function.getBody().front().addArgument(type, builder.getUnknownLoc());
    argumentRanges.push_back(range);
    return pool.emplace_back(argument, Facts{range, isFloat ? 1.0 : 0.0});
  }
  // The whole of an i64 has no double, nor a count.
  if (range.magnitude() > 0x1p31)
    range = {-1000, 1000};
  if (type.getNumElements() <= 300 && random.chance(0.7)) {
    auto constant = create<ir::ConstantOp>(type, nullptr, randomData(random, type, range));
    return pool.emplace_back(constant, Facts{range, 0});
  }
  double number = random.uniform(range.low, range.high);
  return pool.emplace_back(filled(type, isFloat ? number : std::floor(number)), Facts{range, 0});
}

Item Generator::fresh(RankedTensorType type) {
  Type element = type.getElementType();
  static constexpr Range ranges[] = {{-1, 1}, {-3, 3}, {0.25, 2}, {-0.5, 4}};
  if (isa<FloatType>(element))
    return fresh(type, random.of(ranges));
  return fresh(type, random.chance(0.5) || element.isInteger(1) ? rangeOf(element)
                                                                : Range{0, 9});
}

Item Generator::freshIndex(ArrayRef<int64_t> shape, int64_t n) {
  Range range{0, double(std::max<int64_t>(n - 1, 0))};
  if (random.chance(0.3))
    range = {-2, double(n + 1)};
  return fresh(tensor(shape, builder.getI64Type()), range);
}

Item Generator::reshaped(Item item, ArrayRef<int64_t> shape) {
  RankedTensorType from = typeOf(item.value), to = from.clone(shape);
  if (from.getNumElements() == to.getNumElements())
    return give(create<ir::ReshapeOp>(to, item.value), item.facts);
  if (from.getRank() > 0) {
    if (from.getNumElements() == 0 || from.getElementType().isInteger(1))
      return fresh(to);
    auto all = llvm::to_vector(llvm::seq<int64_t>(from.getRank()));
    item.value = create<ir::ReduceMaxOp>(from.clone(ArrayRef<int64_t>()), item.value, all);
  }
  return give(create<ir::BroadcastOp>(to, item.value, ArrayRef<int64_t>()), item.facts);
}

Item Generator::like(RankedTensorType type) {
  if (random.chance(0.8))
    if (auto found = pick([&](RankedTensorType t) { return t == type; }))
      return *found;
  if (random.chance(0.6))
    if (auto found = pick([&](RankedTensorType t) {
          return t.getElementType() == type.getElementType();
        }))
      return reshaped(*found, type.getShape());
  return fresh(type);
}

Item Generator::settle(Item item) {
  if (!ir::isFloat(item.value))
    return item;
  double size = item.facts.range.magnitude(), slope = item.facts.slope, factor = 1;
  while (size * factor > 8 || slope * factor > 16)
    factor /= 2;
  if (factor == 1 && size > 0)
    while (size * factor < 0.02 && slope * factor < 2)
      factor *= 8;
  if (factor == 1)
    return item;
  Value scale = filled(typeOf(item.value), factor);
  auto scaled = create<ir::MulOp>(item.value, scale);
  Range range{item.facts.range.low * factor, item.facts.range.high * factor};
  (*made)[line] = {range};
  return {scaled, {range, slope * factor}};
}

Value Generator::confine(Item item, Range range, double slope) {
  double from = 0.5 * (item.facts.range.high - item.facts.range.low),
         to = 0.5 * (range.high - range.low);
  double factor = from > 0 ? 0.95 * to / from : 1;
  factor = std::min({factor, 4.0, item.facts.slope > 0 ? slope / item.facts.slope : 4.0});
  double middle = 0.5 * (item.facts.range.low + item.facts.range.high);
  RankedTensorType type = typeOf(item.value);
  Value scaled = create<ir::MulOp>(item.value, filled(type, factor));
  return create<ir::AddOp>(scaled, filled(type, 0.5 * (range.low + range.high) - factor * middle));
}

SmallVector<Item> Generator::give(Operation *op, ArrayRef<Facts> facts) {
  SmallVector<Item> items;
  if (auto loc = dyn_cast<FileLineColLoc>(op->getLoc())) {
    std::vector<Range> &ranges = (*made)[loc.getLine()];
    ranges.clear();
    for (const Facts &f : facts)
      ranges.push_back(f.range);
  }
  for (auto [result, f] : llvm::zip_equal(op->getResults(), facts)) {
    items.push_back(settle({result, f}));
    pool.push_back(items.back());
  }
  return items;
}

void Generator::inBody(Block &block, ArrayRef<Facts> arguments, int64_t numOps,
                       const std::function<void()> &finish) {
  std::vector<Item> outside;
  std::swap(pool, outside);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(&block);
  ++depth;
  for (auto [argument, facts] : llvm::zip_equal(block.getArguments(), arguments))
    pool.push_back({argument, facts});
  grow(numOps);
  finish();
  --depth;
  std::swap(pool, outside);
}

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

static const std::vector<Family> &families() {
  static const std::vector<Family> all = [] {
    std::vector<Family> list;
    for (auto group : {elementwiseFamilies(), shapeFamilies(), selectionFamilies(),
                       productFamilies(), controlFamilies()})
      list.insert(list.end(), group.begin(), group.end());
    return list;
  }();
  return all;
}

void Generator::grow(int64_t numOps) {
  double total = 0;
  for (const Family &family : families())
    total += family.weight;
  unsigned end = line + unsigned(numOps);
  for (int64_t tries = 0; line < end && tries < 4 * numOps; ++tries) {
    double at = random.uniform(0, total);
    for (const Family &family : families())
      if ((at -= family.weight) < 0) {
        family.add(*this);
        break;
      }
  }
}

Graph Generator::generate() {
  Location loc = builder.getUnknownLoc();
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  function = func::FuncOp::create(loc, "f", builder.getFunctionType({}, {}));
  module->push_back(function);
  Block &block = *function.addEntryBlock();
  builder.setInsertionPointToEnd(&block);

  double kind = random.uniform(0, 1);
  mainFloat = elementTypes()[kind < 0.5 ? 0 : kind < 0.85 ? 1 : kind < 0.93 ? 2 : 3];
  pickSizes();
  for (int64_t i = 0, count = random.between(1, 3); i < count; ++i)
    fresh(tensor(randomShape(), mainFloat));
  if (random.chance(0.4))
    fresh(tensor(randomShape(), randomElement()));
  // Small ones are checked fastest, large ones find what needs company.
  grow(random.between(5, random.chance(0.5) ? 60 : 25));

  // What nobody reads; and what somebody does, now and then.
  SmallVector<Value> results;
  bool hasFloat = false;
  for (const Item &item : pool) {
    bool isArgument = isa<BlockArgument>(item.value);
    if (isArgument ? random.chance(0.02) : item.value.use_empty() || random.chance(0.05)) {
      results.push_back(item.value);
      hasFloat |= ir::isFloat(item.value);
    }
  }
  if (!hasFloat)
    for (const Item &item : pool)
      if (ir::isFloat(item.value) && !hasFloat) {
        results.push_back(item.value);
        hasFloat = true;
      }
  func::ReturnOp::create(builder, loc, results);
  function.setFunctionType(
      builder.getFunctionType(block.getArgumentTypes(), ValueRange(results).getTypes()));
  return {seed, std::move(module), argumentRanges, made};
}

} // namespace agc::fuzz
