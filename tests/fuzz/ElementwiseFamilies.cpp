//===- ElementwiseFamilies.cpp - Ops that act element by element -----------===//
#include "tests/fuzz/Elementwise.h"
#include "tests/fuzz/Families.h"

using namespace mlir;

namespace agc::fuzz {

/// Where most functions are at home.
static constexpr Range homes[] = {{0.3, 2}, {-0.8, 0.8}, {1.1, 3}, {0.4, 0.9}, {-2, -0.5}};

/// Brings operands to where the op is finite; false if that is nowhere known.
static bool bringHome(Generator &g, const ElementwiseForm &form, MutableArrayRef<Item> operands) {
  for (int tries = 0; tries < 12; ++tries) {
    SmallVector<Facts> facts;
    SmallVector<bool> moves;
    for (const Item &item : operands) {
      bool moved = ir::isFloat(item.value) && g.random.chance(0.7);
      moves.push_back(moved);
      facts.push_back(moved ? Facts{g.random.of(homes), std::min(item.facts.slope, 4.0)}
                            : item.facts);
    }
    if (!g.elementwise.sample(form, facts))
      continue;
    for (size_t i = 0; i < operands.size(); ++i)
      if (moves[i])
        operands[i] = {g.confine(operands[i], facts[i].range, facts[i].slope), facts[i]};
    return true;
  }
  return false;
}

static bool addElementwise(Generator &g) {
  const std::string &op = g.random.of(g.elementwise.ops());
  // The derivative of what it gives is not its gradient: seldom.
  if (op == ir::StopGradientOp::getOperationName() && !g.random.chance(0.1))
    return false;
  // The last operand decides on the others.
  std::vector<const ElementwiseForm *> forms;
  for (const ElementwiseForm &form : g.elementwise.all())
    if (form.op == op)
      forms.push_back(&form);
  auto takes = [](const ElementwiseForm *form, Type element) {
    return form->operands.back() == element;
  };
  std::optional<Item> last = g.pick([&](RankedTensorType type) {
    return llvm::any_of(forms, [&](auto *form) { return takes(form, type.getElementType()); });
  });
  if (!last)
    last = g.fresh(g.tensor(g.randomShape(), g.random.of(forms)->operands.back()));
  RankedTensorType type = typeOf(last->value);
  llvm::erase_if(forms, [&](auto *form) { return !takes(form, type.getElementType()); });
  const ElementwiseForm &form = *g.random.of(forms);

  SmallVector<Item> operands;
  for (Type element : ArrayRef(form.operands).drop_back())
    operands.push_back(g.random.chance(0.05) && element == type.getElementType()
                           ? *last
                           : g.like(type.clone(element)));
  operands.push_back(*last);
  if (g.random.chance(0.5) && operands.size() == 2)
    std::swap(operands[0], operands[1]);
  auto sample = [&] {
    SmallVector<Facts> facts;
    for (const Item &item : operands)
      facts.push_back(item.facts);
    return g.elementwise.sample(form, facts);
  };
  std::optional<Facts> facts = sample();
  if (!facts) {
    if (!bringHome(g, form, operands))
      return false;
    facts = sample();
  }
  SmallVector<Value> values;
  for (const Item &item : operands)
    values.push_back(item.value);
  g.give(form.build(g.builder, g.nextLocation(), values), *facts);
  return true;
}

ArrayRef<Family> elementwiseFamilies() {
  static constexpr Family list[] = {{"element-wise", 40, addElementwise}};
  return list;
}

} // namespace agc::fuzz
