//===- Saved.cpp - What a backward keeps of its forward -------------------===//
#include "frontend/core/Saved.h"

#include <cstring>
#include <map>

namespace agc::detail {
namespace {

/// What a node keeps: the operands of a bit mask, and its result.
struct Saved {
  uint8_t operands = 0xFF;
  bool result = false;
  /// Of the operands, those that only another one's gradient takes.
  uint8_t forOthers = 0;
  /// The result is the operand's memory.
  bool isView = false;
};

constexpr Saved nothing{0}, view{0, false, 0, true}, product{0xFF, false, 0xFF};

struct NamedSaved {
  const char *name;
  Saved saved;
};

/// Names that are not here keep all operands.
constexpr NamedSaved exceptions[] = {
    // Linear ones keep nothing, or an index.
    {"AddBackward0", nothing}, {"SubBackward0", nothing}, {"RsubBackward1", nothing},
    {"NegBackward0", nothing}, {"SumBackward0", nothing}, {"SumBackward1", nothing},
    {"MeanBackward0", nothing}, {"MeanBackward1", nothing},
    {"CumsumBackward0", nothing}, {"TraceBackward0", nothing},
    {"LerpBackward0", nothing}, {"ToCopyBackward0", nothing},
    {"CloneBackward0", nothing}, {"CopyBackwards", nothing}, {"CopySlices", nothing},
    {"ViewBackward0", view}, {"UnsafeViewBackward0", view}, {"TBackward0", view},
    {"TransposeBackward0", view}, {"PermuteBackward0", view}, {"ExpandBackward0", view},
    {"SqueezeBackward0", view}, {"SqueezeBackward1", view}, {"SqueezeBackward4", view},
    {"UnsqueezeBackward0", view}, {"SliceBackward0", view},
    {"SplitBackward0", view}, {"SplitWithSizesBackward0", view}, {"SelectBackward0", view},
    {"CatBackward0", nothing}, {"StackBackward0", nothing}, {"FlipBackward0", nothing},
    {"RollBackward0", nothing}, {"RepeatBackward0", nothing},
    {"RepeatInterleaveBackward0", nothing}, {"ConstantPadNdBackward0", nothing},
    {"DiagonalBackward0", view}, {"DiagEmbedBackward0", nothing},
    {"TrilBackward0", nothing}, {"TriuBackward0", nothing},
    {"GatherBackward0", nothing}, {"IndexSelectBackward0", nothing},
    {"IndexAddBackward0", nothing}, {"ScatterBackward0", nothing},
    {"ScatterBackward1", nothing}, {"ScatterAddBackward0", nothing},
    {"EmbeddingBackward0", nothing}, {"MaskedFillBackward0", nothing},
    {"MaskedFillBackward1", nothing}, {"WhereBackward0", nothing},
    {"FloorBackward0", nothing}, {"CeilBackward0", nothing},
    {"RoundBackward0", nothing}, {"TruncBackward0", nothing},
    {"FracBackward0", nothing}, {"SignBackward0", nothing},
    // Of what they give.
    {"ExpBackward0", {0, true}}, {"Exp2Backward0", {0, true}},
    {"Expm1Backward0", {0, true}}, {"SqrtBackward0", {0, true}},
    {"RsqrtBackward0", {0, true}}, {"ReciprocalBackward0", {0, true}},
    {"SigmoidBackward0", {0, true}}, {"TanhBackward0", {0, true}},
    {"TanBackward0", {0, true}}, {"ReluBackward0", {0, true}},
    {"SoftmaxBackward0", {0, true}}, {"LogSoftmaxBackward0", {0, true}},
    {"LogsumexpBackward0", {0xFF, true}}, {"NormBackward0", {0xFF, true}},
    {"NormBackward1", {0xFF, true}}, {"CumprodBackward0", {0xFF, true}},
    {"ProdBackward0", {0xFF, true}}, {"PowBackward1", {0xFF, true}},
    {"StdBackward0", {0xFF, true}}, {"AmaxBackward0", {0xFF, true}},
    {"AminBackward0", {0xFF, true}},
    // Products: each factor for the other; what is only added is not kept.
    {"MulBackward0", product}, {"MmBackward0", product}, {"BmmBackward0", product},
    {"MvBackward0", product}, {"DotBackward0", product},
    {"DivBackward0", {0xFF, false, 0b01}}, {"AddmmBackward0", {0b110}},
    {"AddmvBackward0", {0b110}}, {"BaddbmmBackward0", {0b110}},
    {"AddcmulBackward0", {0b110}}, {"AddcdivBackward0", {0b110}},
    {"ConvolutionBackward0", {0b011}}, {"NativeLayerNormBackward0", {0b011}},
    {"NativeBatchNormBackward0", {0b011}}, {"NativeGroupNormBackward0", {0b011}},
};

const Saved &savedBy(uint16_t gradName) {
  static std::vector<const Saved *> known;
  if (gradName >= known.size())
    known.resize(size_t(gradName) + 1, nullptr);
  const Saved *&saved = known[gradName];
  if (!saved) {
    static const Saved all;
    saved = &all;
    for (const NamedSaved &entry : exceptions)
      if (std::strcmp(entry.name, gradNameText(gradName)) == 0)
        saved = &entry.saved;
  }
  return *saved;
}

std::vector<Loc> &locations() {
  static auto *list = new std::vector<Loc>;
  return *list;
}

uint32_t numberOf(const Loc &loc) {
  static auto *numbers =
      new std::map<std::tuple<const char *, uint32_t, uint32_t>, uint32_t>;
  auto [found, added] = numbers->try_emplace(
      {loc.file_name(), loc.line(), loc.column()}, uint32_t(locations().size()));
  if (added)
    locations().push_back(loc);
  return found->second;
}

/// What \p v is a view of, as long as that is how it came about.
Value baseOf(Value v) {
  // A view's steps have no name where autograd does not see them.
  while (!v.slot().leaf && v.node->numOperands == 1 &&
         (!v.node->gradName || savedBy(v.node->gradName).isView) &&
         (v.node->op == OpId::Reshape || v.node->op == OpId::Slice ||
          v.node->op == OpId::Transpose || v.node->op == OpId::Broadcast))
    v = Value(v.node->operands()[0]);
  return v;
}

void checkValue(const Node &user, const Value &kept) {
  for (const Value &v : {kept, baseOf(kept)}) {
    const ResultSlot &slot = v.slot();
    // An operation that writes in place reads the old value itself.
    if (!slot.writeSequence || user.sequence > slot.writeSequence)
      continue;
    std::string op = user.gradName ? gradNameText(user.gradName) : "an operation";
    fail("AGC0119",
         "needs a tensor of shape " + shapeText(slot.type->shape) + " as " + op +
             (user.loc.line() ? ", recorded at " + positionText(user.loc) + "," : "") +
             " saw it, but it was changed in place at " +
             positionText(locations()[slot.writeLocation]) +
             "; change a clone() of it instead");
  }
}

} // namespace

bool savesAnything(uint16_t gradName) {
  const Saved &saved = savedBy(gradName);
  return gradName && (saved.operands || saved.result);
}

void markOverwritten(const Value &value) {
  ResultSlot &slot = value.slot();
  slot.writeLocation = numberOf(currentLoc());
  slot.writeSequence = operationStart();
}

void checkSaved(const Value &value) {
  Node &node = *value.node;
  if (!node.gradName || isGradient(node.op))
    return;
  const Saved &saved = savedBy(node.gradName);
  if (saved.result)
    checkValue(node, value);
  if (!saved.operands)
    return;
  std::vector<Value> operands;
  if (node.edges)
    operands = *node.edges;
  else
    operands.assign(node.operands(), node.operands() + node.numOperands);
  size_t tracked = 0;
  for (const Value &operand : operands)
    tracked += operand && operand.tracked();
  for (size_t i = 0; i < operands.size() && i < 8; ++i)
    if (operands[i] && saved.operands >> i & 1 &&
        (!(saved.forOthers >> i & 1) || tracked > size_t(operands[i].tracked())))
      checkValue(node, operands[i]);
}

} // namespace agc::detail
