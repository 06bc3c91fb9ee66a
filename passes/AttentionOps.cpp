//===- AttentionOps.cpp - Attention's letters, and its gradient ------------===//
#include "passes/Attention.h"

#include "passes/Passes.h"

using namespace mlir;
using namespace agc::ir;

#include "passes/AttentionDialect.cpp.inc"

#define GET_OP_CLASSES
#include "passes/AttentionOps.cpp.inc"

namespace agc::attention {

void AttentionDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "passes/AttentionOps.cpp.inc"
      >();
}

static bool contains(StringRef term, char letter) { return term.contains(letter); }

std::optional<Terms> parseTerms(StringRef spec, bool hasMask) {
  Terms t;
  auto [operands, o] = spec.split("->");
  SmallVector<StringRef> terms;
  operands.split(terms, ',');
  if (terms.size() != (hasMask ? 4 : 3))
    return std::nullopt;
  t.q = terms[0];
  t.k = terms[1];
  t.v = terms[2];
  if (hasMask)
    t.mask = terms[3];
  t.o = o;
  for (StringRef term : {StringRef(t.q), StringRef(t.k), StringRef(t.v), StringRef(t.mask), o})
    for (char letter : term)
      if (!llvm::isAlpha(letter) || term.count(letter) != 1)
        return std::nullopt;
  // Each letter by those of q, k, v and o that have it.
  std::string all = t.q + t.k + t.v + t.o;
  bool isFine = true;
  auto take = [&](char &role, char letter) {
    isFine &= !role || role == letter;
    role = letter;
  };
  for (char letter : all) {
    int in = contains(t.q, letter) | contains(t.k, letter) << 1 |
             contains(t.v, letter) << 2 | contains(t.o, letter) << 3;
    switch (in) {
    case 0b1111:
      break;
    case 0b1001:
      take(t.query, letter);
      break;
    case 0b0110:
      take(t.key, letter);
      break;
    case 0b0011:
      take(t.feature, letter);
      break;
    case 0b1100:
      take(t.channel, letter);
      break;
    default:
      return std::nullopt;
    }
  }
  if (!isFine || !t.query || !t.key || !t.feature || !t.channel ||
      t.q.back() != t.feature || t.k.back() != t.feature || t.v.back() != t.channel ||
      t.o.back() != t.channel)
    return std::nullopt;
  for (char letter : t.o)
    if (contains(t.q, letter) && letter != t.query)
      t.batch += letter;
  t.lse = t.batch + t.query;
  for (char letter : t.mask)
    if (!contains(t.lse, letter) && letter != t.key)
      return std::nullopt;
  return t;
}

//===----------------------------------------------------------------------===//
// Verifiers
//===----------------------------------------------------------------------===//

template <typename Op>
static LogicalResult
verifyAttention(Op op, llvm::function_ref<void(const Terms &,
                                               llvm::function_ref<void(StringRef, Value)>)>
                           more) {
  std::optional<Terms> t = parseTerms(op.getSpec(), bool(op.getMask()));
  if (!t)
    return op.emitOpError("C1: spec '") << op.getSpec() << "' is not attention's";
  llvm::SmallDenseMap<char, int64_t> sizes;
  bool isFine = true;
  auto check = [&](StringRef term, Value value) {
    ArrayRef<int64_t> shape = cast<RankedTensorType>(value.getType()).getShape();
    isFine &= term.size() == shape.size();
    for (auto [letter, size] : llvm::zip(term, shape))
      isFine &= sizes.try_emplace(letter, size).first->second == size;
  };
  check(t->q, op.getQ());
  check(t->k, op.getK());
  check(t->v, op.getV());
  if (op.getMask())
    check(t->mask, op.getMask());
  check(t->lse, op.getLse());
  more(*t, check);
  if (!isFine)
    return op.emitOpError("C2: shapes do not go with spec '") << op.getSpec() << "'";
  return success();
}

LogicalResult ForwardOp::verify() {
  return verifyAttention(
      *this, [&](const Terms &t, auto check) { check(t.o, getO()); });
}

LogicalResult BackwardOp::verify() {
  return verifyAttention(*this, [&](const Terms &t, auto check) {
    check(t.o, getO());
    check(t.o, getDO());
    check(t.q, getDQ());
    check(t.k, getDK());
    check(t.v, getDV());
  });
}

//===----------------------------------------------------------------------===//
// The gradient
//===----------------------------------------------------------------------===//

/// agc-form-attention leaves as they are those of which more is asked: that a mask has
/// a gradient, or a gradient one.
void ForwardOp::buildVjp(GradientBuilder &g, ValueRange cotangents,
                         MutableArrayRef<Value> operandCotangents) {
  assert(!cotangents[1] && "the logarithm is nobody's but the backward's");
  auto backward =
      BackwardOp::create(g.builder, g.loc, getQ().getType(), getK().getType(),
                         getV().getType(), getQ(), getK(), getV(), getMask(), getO(),
                         getLse(), cotangents[0], getSpecAttr(), getScaleAttr(),
                         getCausalAttr());
  llvm::copy(backward.getResults(), operandCotangents.begin());
}

} // namespace agc::attention
