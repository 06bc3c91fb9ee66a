//===- ControlFamilies.cpp - Branches, loops, recomputation, gradients -----===//
#include "tests/fuzz/Families.h"

using namespace mlir;

namespace agc::fuzz {

/// Bodies within bodies.
static constexpr int64_t maxDepth = 2;

/// A few values for a body to see.
static SmallVector<Item> inputs(Generator &g) {
  SmallVector<Item> items;
  for (int64_t i = 0, count = g.random.between(1, 3); i < count; ++i)
    items.push_back(*g.pick());
  return items;
}

static SmallVector<Value> values(ArrayRef<Item> items) {
  SmallVector<Value> list;
  for (const Item &item : items)
    list.push_back(item.value);
  return list;
}

static Block &addBlock(Region &region, TypeRange types) {
  Block &block = region.emplaceBlock();
  for (Type type : types)
    block.addArgument(type, UnknownLoc::get(&context()));
  return block;
}

static SmallVector<Facts> facts(ArrayRef<Item> items) {
  SmallVector<Facts> list;
  for (const Item &item : items)
    list.push_back(item.facts);
  return list;
}

/// What both of two may be.
static Facts either(const Facts &a, const Facts &b) {
  return {{std::min(a.range.low, b.range.low), std::max(a.range.high, b.range.high)},
          std::max(a.slope, b.slope)};
}

/// The line of an op comes before those of its body.
template <typename Op>
static Op createWithBodies(Generator &g, TypeRange results, ValueRange operands,
                           ArrayRef<NamedAttribute> attributes, unsigned numRegions) {
  OperationState state(g.nextLocation(), Op::getOperationName());
  state.addTypes(results);
  state.addOperands(operands);
  state.addAttributes(attributes);
  for (unsigned i = 0; i < numRegions; ++i)
    state.addRegion();
  return cast<Op>(g.builder.create(state));
}

static bool addCheckpoint(Generator &g) {
  if (g.bodyDepth() >= maxDepth)
    return false;
  SmallVector<Item> taken = inputs(g), given;
  // The results are known only when the body is there.
  OwningOpRef<ir::CheckpointOp> draft(createWithBodies<ir::CheckpointOp>(g, {}, values(taken), {}, 1));
  Block &block = addBlock(draft->getBody(), ValueRange(values(taken)).getTypes());
  g.inBody(block, facts(taken), g.random.between(1, 5), [&] {
    for (int64_t i = 0, count = g.random.between(1, 2); i < count; ++i)
      given.push_back(*g.pick());
    ir::YieldOp::create(g.builder, g.nextLocation(), values(given));
  });
  auto op = createWithBodies<ir::CheckpointOp>(g, ValueRange(values(given)).getTypes(), values(taken), {}, 1);
  op.getBody().takeBody(draft->getBody());
  g.give(op, facts(given));
  return true;
}

static bool addCond(Generator &g) {
  if (g.bodyDepth() >= maxDepth)
    return false;
  Item predicate = g.like(g.tensor({}, g.builder.getI1Type()));
  SmallVector<Item> taken = inputs(g);
  SmallVector<Value> operands{predicate.value};
  llvm::append_range(operands, values(taken));
  TypeRange types = ValueRange(operands).drop_front().getTypes();
  SmallVector<Item> given;
  OwningOpRef<ir::CondOp> draft(createWithBodies<ir::CondOp>(g, {}, operands, {}, 2));
  g.inBody(addBlock(draft->getThen(), types), facts(taken), g.random.between(1, 4), [&] {
    given.push_back(*g.pick());
    ir::YieldOp::create(g.builder, g.nextLocation(), values(given));
  });
  Facts result = given[0].facts;
  g.inBody(addBlock(draft->getOtherwise(), types), facts(taken), g.random.between(0, 4), [&] {
    Item other = g.like(typeOf(given[0].value));
    result = either(result, other.facts);
    ir::YieldOp::create(g.builder, g.nextLocation(), other.value);
  });
  auto op = createWithBodies<ir::CondOp>(g, given[0].value.getType(), operands, {}, 2);
  op.getThen().takeBody(draft->getThen());
  op.getOtherwise().takeBody(draft->getOtherwise());
  g.give(op, result);
  return true;
}

/// One body, run some times: carries stay where they began, and no trip makes
/// them steeper.
static bool addScan(Generator &g) {
  if (g.bodyDepth() >= maxDepth)
    return false;
  Builder &b = g.builder;
  int64_t trips = g.random.chance(0.1) ? 0 : g.random.between(1, 4);
  bool stops = g.random.chance(0.2), limited = !stops && g.random.chance(0.25);
  bool reverse = !stops && g.random.chance(0.4);
  auto isCarried = [](RankedTensorType type) { return isa<FloatType>(type.getElementType()); };
  auto carry = g.pick(isCarried);
  if (!carry)
    return false;
  carry->facts.slope = std::max(carry->facts.slope, 1.0);
  SmallVector<Item> carries, xs, constants = inputs(g);
  if (stops)
    carries.push_back(g.like(g.tensor({}, b.getI1Type())));
  // Rows are settled beforehand, so that a carry's range bounds all trips.
  carries.push_back(*carry);
  for (int64_t i = 0, count = g.random.between(0, 2); i < count; ++i) {
    Generator::Shape shape = g.randomShape(2);
    shape.insert(shape.begin(), trips);
    if (g.isSmall(shape))
      xs.push_back(g.like(g.tensor(shape, g.random.chance(0.8) ? g.floatElement() : g.randomElement())));
  }
  SmallVector<Value> operands;
  SmallVector<Type> taken;
  SmallVector<Facts> known;
  if (limited)
    operands.push_back(g.fresh(g.tensor({}, b.getI64Type()), {-1, double(trips + 1)}).value);
  for (auto *list : {&carries, &xs, &constants})
    for (const Item &item : *list) {
      operands.push_back(item.value);
      RankedTensorType type = typeOf(item.value);
      taken.push_back(list == &xs ? type.clone(type.getShape().drop_front()) : type);
      known.push_back(item.facts);
    }
  SmallVector<NamedAttribute> attributes{
      {b.getStringAttr("trips"), b.getI64IntegerAttr(trips)},
      {b.getStringAttr("num_carries"), b.getI64IntegerAttr(int64_t(carries.size()))},
      {b.getStringAttr("num_xs"), b.getI64IntegerAttr(int64_t(xs.size()))}};
  for (auto [name, value] : {std::pair("reverse", reverse), {"stops", stops}, {"limited", limited}})
    if (value)
      attributes.push_back({b.getStringAttr(name), b.getBoolAttr(true)});

  OwningOpRef<ir::ScanOp> draft(createWithBodies<ir::ScanOp>(g, {}, operands, attributes, 1));
  SmallVector<Type> types(ValueRange(values(carries)).getTypes());
  SmallVector<Facts> results = facts(carries);
  g.inBody(addBlock(draft->getBody(), taken), known, g.random.between(1, 6), [&] {
    SmallVector<Value> yielded;
    if (stops)
      yielded.push_back(g.like(g.tensor({}, b.getI1Type())).value);
    Item next = g.like(typeOf(carry->value));
    yielded.push_back(g.confine(next, carry->facts.range, carry->facts.slope));
    for (int64_t i = 0, count = g.random.between(0, 2); i < count; ++i) {
      Item row = *g.pick();
      yielded.push_back(row.value);
      Generator::Shape shape(typeOf(row.value).getShape());
      shape.insert(shape.begin(), trips);
      types.push_back(typeOf(row.value).clone(shape));
      // Rows of trips that are not made are zero.
      results.push_back(either(row.facts, {{0, 0}, 0}));
    }
    ir::YieldOp::create(g.builder, g.nextLocation(), yielded);
  });
  if (stops) {
    types.push_back(g.tensor({}, b.getI64Type()));
    results.push_back({{0, double(trips)}, 0});
  }
  auto op = createWithBodies<ir::ScanOp>(g, types, operands, attributes, 1);
  op.getBody().takeBody(draft->getBody());
  g.give(op, results);
  return true;
}

/// A gradient as part of the program: those that are checked are of a higher
/// order then.
static bool addGradient(Generator &g) {
  auto isFloat = [](RankedTensorType type) { return isa<FloatType>(type.getElementType()); };
  auto target = g.pick(isFloat), input = g.pick(isFloat);
  if (!target || g.bodyDepth() > 0)
    return false;
  Item seed = g.like(typeOf(target->value));
  SmallVector<Value> operands{target->value, seed.value, input->value};
  auto op = g.create<ir::GradientOp>(input->value.getType(), operands, 1, g.random.chance(0.3));
  // Slopes are bounds of gradients, as far as they are known, of each element.
  double count = double(typeOf(target->value).getNumElements());
  double size = 8 * count * seed.facts.range.magnitude();
  if (typeOf(input->value).getElementType().isF16() && size > 10000)
    return false;
  g.give(op, Facts{{-size, size}, 16 * size});
  return true;
}

ArrayRef<Family> controlFamilies() {
  static constexpr Family list[] = {
      {"checkpoint", 0.6, addCheckpoint},
      {"cond", 0.8, addCond},
      {"scan", 1, addScan},
      {"gradient", 0.5, addGradient},
  };
  return list;
}

} // namespace agc::fuzz
