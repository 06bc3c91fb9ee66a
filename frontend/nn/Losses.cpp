#include <agc/nn/Losses.h>

#include "frontend/ops/Composites.h"

#include <cmath>
#include <ostream>

namespace agc::nn {

namespace functional {

using namespace agc::detail;

namespace {

/// Added to what is divided by; in f64, too, PyTorch's is a float.
constexpr double smallest = 1e-12f;

Value reduced(const Value &v, Reduction reduction) {
  if (reduction == Reduction::None)
    return v;
  Dims dims = allDims(v.rank());
  if (reduction == Reduction::Mean)
    return meanOf(v, dims, false);
  Value sum = reduce(OpId::ReduceSum, v, dims);
  if (reduction == Reduction::BatchMean)
    sum = sum / constantLike(sum, v.rank() ? double(v.shape()[0]) : 1);
  return sum;
}

/// The node that a loss which is made of other ops ends with.
const char *lastOf(Reduction reduction, const char *own) {
  return reduction == Reduction::Mean  ? "MeanBackward0"
         : reduction == Reduction::Sum ? "SumBackward0"
         : reduction == Reduction::None ? own
                                        : "DivBackward0";
}

struct Operands {
  Value a, b;
  std::vector<Value> edges;
};

/// Both of one floating-point dtype, broadcast.
Operands operandsOf(Arg x, Arg y) {
  Operand operands[] = {x.tensor, y.tensor};
  DType type = resultType(operands);
  Dims shape = broadcastShape(operands);
  Operands result{prepare(operands[0], type, shape), prepare(operands[1], type, shape),
                  {operands[0].value, operands[1].value}};
  expectFloat(result.a);
  return result;
}

void expectSameShape(Arg x, Arg y) {
  if (x.tensor.sizes() != y.tensor.sizes())
    fail("AGC0103", "expects input and target of one shape, got " + shapeText(x.tensor.sizes()) +
                        " and " + shapeText(y.tensor.sizes()));
}

Value zeroLike(const Value &x) { return constantLike(x, 0); }
Value oneLike(const Value &x) { return constantLike(x, 1); }
Value positive(const Value &x) { return unary(OpId::Relu, x); }

/// A weight of the user's, for every element.
Value weighted(const Value &loss, const Tensor &weight) {
  if (!weight.defined())
    return loss;
  Value w = read(weight);
  Operand operands[] = {loss, w};
  if (broadcastShape(operands) != loss.shape())
    fail("AGC0103", "expects a weight that broadcasts to " + shapeText(loss.shape()) + ", got shape " +
                        shapeText(w.shape()));
  return loss * broadcastTo(convert(w, loss.dtype()), loss.shape());
}

/// The weight of each class, or ones.
Value classWeights(const Value &logs, const Tensor &weight, int64_t classes) {
  if (!weight.defined())
    return Value();
  Value w = read(weight);
  if (w.shape() != Dims{classes})
    fail("AGC0107", "expects a weight of " + std::to_string(classes) + " classes, got shape " +
                        shapeText(w.shape()));
  return convert(w, logs.dtype());
}

/// Labels [n, ...] against [n, c, ...].
struct Labels {
  Value hot;     // [n, c, ...]: the class, if it counts
  Value counts;  // [n, ...]: whether the label counts
  int64_t dim, classes;
};

Labels labelsOf(const Value &logs, Value labels, int64_t ignored) {
  Labels result;
  result.dim = logs.rank() > 1 ? 1 : 0;
  result.classes = logs.shape()[size_t(result.dim)];
  Dims expected = logs.shape();
  expected.erase(expected.begin() + result.dim);
  if (labels.dtype() == DType::Bool || info(labels.dtype()).isFloat)
    fail("AGC0102", std::string("expects labels of integers, got ") + dtypeName(labels.dtype()));
  if (labels.shape() != expected)
    fail("AGC0107", "expects labels of shape " + shapeText(expected) + " for an input of shape " +
                        shapeText(logs.shape()) + ", got " + shapeText(labels.shape()));
  labels = checkRange(convert(labels, DType::I64), 0, result.classes, ignored,
                      "expects labels of at least 0 and less than " + std::to_string(result.classes) +
                          " (or " + std::to_string(ignored) + ", ignored)");
  Dims kept;
  for (int64_t d = 0; d < logs.rank(); ++d)
    if (d != result.dim)
      kept.push_back(d);
  TypeRef index = withDType(logs.type(), DType::I64);
  result.hot = compare("eq", iota(index, result.dim), broadcastDims(labels, logs.shape(), kept));
  result.counts = compare("ne", labels, constantInteger(labels.type(), ignored));
  // An ignored label that is a class all the same must not count.
  if (ignored >= 0 && ignored < result.classes)
    result.hot = binary(OpId::And, result.hot, broadcastDims(result.counts, logs.shape(), kept));
  return result;
}

/// \p x summed over the classes where \p hot is.
Value picked(const Labels &labels, const Value &x) {
  return reduce(OpId::ReduceSum, select(labels.hot, x, zeroLike(x)), labels.dim);
}

Value spreadClasses(const Value &weights, const Value &like, int64_t dim) {
  return broadcastDims(weights, like.shape(), dim);
}

/// Minus the entry at each label, by class weights; the mean is over weights.
Value pickedLoss(const Value &logs, const Labels &labels, const Value &weights, Reduction reduction) {
  Value terms = weights ? logs * spreadClasses(weights, logs, labels.dim) : logs;
  Value losses = unary(OpId::Neg, picked(labels, terms));
  if (reduction == Reduction::None)
    return losses;
  Value sum = reduce(OpId::ReduceSum, losses, allDims(losses.rank()));
  if (reduction == Reduction::Sum)
    return sum;
  Value each = weights ? picked(labels, spreadClasses(weights, logs, labels.dim))
                       : convert(labels.counts, logs.dtype());
  return sum / reduce(OpId::ReduceSum, each, allDims(each.rank()));
}

/// What label smoothing adds: minus the classes' logarithms, for each that counts.
Value smoothedLoss(const Value &logs, const Labels &labels, const Value &weights, Reduction reduction) {
  Value terms = weights ? logs * spreadClasses(weights, logs, labels.dim) : logs;
  Value losses = unary(OpId::Neg, reduce(OpId::ReduceSum, terms, labels.dim));
  losses = select(labels.counts, losses, zeroLike(losses));
  if (reduction == Reduction::None)
    return losses;
  Value sum = reduce(OpId::ReduceSum, losses, allDims(losses.rank()));
  if (reduction == Reduction::Sum)
    return sum;
  Value each = weights ? picked(labels, spreadClasses(weights, logs, labels.dim))
                       : convert(labels.counts, logs.dtype());
  return sum / reduce(OpId::ReduceSum, each, allDims(each.rank()));
}

const char *nllName(const Value &logs) {
  return logs.rank() > 2 ? "NllLoss2DBackward0" : "NllLossBackward0";
}

Value scoresOf(Arg input) {
  Value scores = read(input.tensor);
  expectFloat(scores);
  if (scores.rank() == 0)
    fail("AGC0107", "expects [n, c, ...] or [c], got shape []");
  return scores;
}

} // namespace

Tensor nll_loss(Arg input, Arg target) { return nll_loss(input, target, {}); }
Tensor nll_loss(Arg input, Arg target, const NLLLossFuncOptions &o) {
  OpGuard op("nll_loss", input.loc);
  Value logs = scoresOf(input);
  Labels labels = labelsOf(logs, read(target.tensor), o.ignore_index());
  Value weights = classWeights(logs, o.weight(), labels.classes);
  return wrap(pickedLoss(logs, labels, weights, o.reduction()), nllName(logs), {logs});
}

Tensor cross_entropy(Arg input, Arg target) { return cross_entropy(input, target, {}); }
Tensor cross_entropy(Arg input, Arg target, const CrossEntropyFuncOptions &o) {
  OpGuard op("cross_entropy", input.loc);
  Value scores = scoresOf(input), given = read(target.tensor);
  int64_t dim = scores.rank() > 1 ? 1 : 0, classes = scores.shape()[size_t(dim)];
  double smoothing = o.label_smoothing();
  if (smoothing < 0 || smoothing > 1)
    fail("AGC0104", "expects label_smoothing in [0, 1], got " + std::to_string(smoothing));
  Value weights = classWeights(scores, o.weight(), classes);
  Value logs = logSoftmaxOf(scores, dim);
  setGradName(logs, "LogSoftmaxBackward0");
  setEdges(logs, {scores});

  if (info(given.dtype()).isFloat) { // probabilities
    if (given.shape() != scores.shape())
      fail("AGC0107", "expects probabilities of its input's shape " + shapeText(scores.shape()) +
                          ", got " + shapeText(given.shape()));
    Value p = convert(given, logs.dtype());
    if (smoothing > 0)
      p = p * constantLike(p, 1 - smoothing) + constantLike(p, smoothing / double(classes));
    Value terms = weights ? logs * spreadClasses(weights, logs, dim) : logs;
    Value losses = unary(OpId::Neg, reduce(OpId::ReduceSum, p * terms, dim));
    return wrap(reduced(losses, o.reduction()), "DivBackward1", {logs});
  }
  Labels labels = labelsOf(logs, given, o.ignore_index());
  Value loss = pickedLoss(logs, labels, weights, o.reduction());
  if (smoothing > 0) {
    Value smooth = smoothedLoss(logs, labels, weights, o.reduction());
    loss = loss * constantLike(loss, 1 - smoothing) + smooth * constantLike(smooth, smoothing / double(classes));
    return wrap(loss, "AddBackward0", {logs});
  }
  return wrap(loss, nllName(logs), {logs});
}

Tensor mse_loss(Arg input, Arg target) { return mse_loss(input, target, {}); }
Tensor mse_loss(Arg input, Arg target, const MSELossFuncOptions &o) {
  OpGuard op("mse_loss", input.loc);
  Operands in = operandsOf(input, target);
  return wrap(reduced(powi(in.a - in.b, 2), o.reduction()), "MseLossBackward0", in.edges);
}

Tensor l1_loss(Arg input, Arg target, const L1LossFuncOptions &o) {
  OpGuard op("l1_loss", input.loc);
  Operands in = operandsOf(input, target);
  // Composed, as in PyTorch, of ops that autograd shows.
  Value gap = in.a - in.b, size = unary(OpId::Abs, gap);
  setGradName(gap, "SubBackward0");
  setEdges(gap, in.edges);
  setGradName(size, "AbsBackward0");
  if (o.reduction() == kNone)
    return wrap(size);
  return wrap(reduced(size, o.reduction()), o.reduction() == kMean ? "MeanBackward0" : "SumBackward0", {size});
}

Tensor smooth_l1_loss(Arg input, Arg target, const SmoothL1LossFuncOptions &o) {
  OpGuard op("smooth_l1_loss", input.loc);
  double beta = o.beta().value_or(1);
  if (beta < 0)
    fail("AGC0104", "expects beta of at least 0, got " + std::to_string(beta));
  Operands in = operandsOf(input, target);
  Value gap = in.a - in.b, size = unary(OpId::Abs, gap);
  if (beta == 0)
    return wrap(reduced(size, o.reduction()), "SmoothL1LossBackward0", in.edges);
  // The square that is not taken must be finite, or its gradient would not be.
  Value isFar = compare("ge", size, constantLike(size, beta));
  Value near = powi(select(isFar, zeroLike(gap), gap), 2) * constantLike(gap, 0.5 / beta);
  Value loss = select(isFar, size - constantLike(size, beta / 2), near);
  return wrap(reduced(loss, o.reduction()), "SmoothL1LossBackward0", in.edges);
}

Tensor huber_loss(Arg input, Arg target, const HuberLossFuncOptions &o) {
  OpGuard op("huber_loss", input.loc);
  if (!(o.delta() > 0))
    fail("AGC0104", "expects delta above 0, got " + std::to_string(o.delta()));
  Operands in = operandsOf(input, target);
  Value gap = in.a - in.b, size = unary(OpId::Abs, gap), delta = constantLike(size, o.delta());
  Value isFar = compare("gt", size, delta);
  Value near = powi(select(isFar, zeroLike(gap), gap), 2) * constantLike(gap, 0.5);
  Value far = delta * (size - constantLike(size, o.delta() / 2));
  return wrap(reduced(select(isFar, far, near), o.reduction()), "HuberLossBackward0", in.edges);
}

Tensor binary_cross_entropy(Arg input, Arg target, const BinaryCrossEntropyFuncOptions &o) {
  OpGuard op("binary_cross_entropy", input.loc);
  expectSameShape(input, target);
  Operands in = operandsOf(input, target);
  const Value &x = in.a, &y = in.b;
  Value least = constantLike(x, -100), one = oneLike(x);
  auto lossOf = [&](const Value &x, bool isFixed) {
    Value yes = binary(OpId::Maximum, unary(OpId::Log, x), least);
    Value no = binary(OpId::Maximum, unary(OpId::Log1p, unary(OpId::Neg, x)), least);
    return isFixed ? (y - one) * stopGradient(no) - y * stopGradient(yes)
                   : (y - one) * no - y * yes;
  };
  // Near 0 and 1 the slope in x is (x - y) / epsilon, as PyTorch's: that of a
  // square, of which nothing else is taken.
  double epsilon = x.dtype() == DType::F64 || x.dtype() == DType::F32 ? smallest : 1e-4;
  Value isInside = compare("gt", x * (one - x), constantLike(x, epsilon));
  Value square = powi(x - stopGradient(y), 2) * constantLike(x, 0.5 / epsilon);
  Value edge = lossOf(x, /*isFixed=*/true) - (stopGradient(square) - square);
  Value inner = lossOf(select(isInside, x, constantLike(x, 0.5)), /*isFixed=*/false);
  Value loss = select(isInside, inner, edge);
  return wrap(reduced(weighted(loss, o.weight()), o.reduction()), "BinaryCrossEntropyBackward0", in.edges);
}

Tensor binary_cross_entropy_with_logits(Arg input, Arg target,
                                        const BinaryCrossEntropyWithLogitsFuncOptions &o) {
  OpGuard op("binary_cross_entropy_with_logits", input.loc);
  expectSameShape(input, target);
  Operands in = operandsOf(input, target);
  // -log(sigmoid(x)) is softplus(-x); the rest follows from 1 - target.
  Value below = softplusOf(unary(OpId::Neg, in.a));
  Value loss = (oneLike(in.b) - in.b) * in.a;
  if (o.pos_weight().defined()) {
    Value factor = weighted(in.b, o.pos_weight()) - in.b + oneLike(in.b);
    loss = loss + factor * below;
  } else {
    loss = loss + below;
  }
  return wrap(reduced(weighted(loss, o.weight()), o.reduction()), "BinaryCrossEntropyWithLogitsBackward0", in.edges);
}

Tensor kl_div(Arg input, Arg target, const KLDivFuncOptions &o) {
  OpGuard op("kl_div", input.loc);
  Operands in = operandsOf(input, target);
  Value loss;
  if (o.log_target()) {
    loss = unary(OpId::Exp, in.b) * (in.b - in.a);
  } else { // 0 log(0) is 0
    Value none = compare("eq", in.b, zeroLike(in.b));
    Value logs = unary(OpId::Log, select(none, oneLike(in.b), in.b));
    loss = in.b * logs - in.b * in.a;
  }
  const char *own = o.log_target() ? "MulBackward0" : "SubBackward0";
  return wrap(reduced(loss, o.reduction()), lastOf(o.reduction(), own), in.edges);
}

Tensor hinge_embedding_loss(Arg input, Arg target, const HingeEmbeddingLossFuncOptions &o) {
  OpGuard op("hinge_embedding_loss", input.loc);
  Operands in = operandsOf(input, target);
  Value zero = zeroLike(in.a), one = oneLike(in.b);
  Value apart = positive(constantLike(in.a, o.margin()) - in.a);
  Value loss = select(compare("eq", in.b, one), zero, apart) +
               select(compare("eq", in.b, unary(OpId::Neg, one)), zero, in.a);
  return wrap(reduced(loss, o.reduction()), lastOf(o.reduction(), "AddBackward0"), in.edges);
}

Tensor cosine_embedding_loss(Arg input1, Arg input2, Arg target, const CosineEmbeddingLossFuncOptions &o) {
  OpGuard op("cosine_embedding_loss", input1.loc);
  Operands in = operandsOf(input1, input2);
  int64_t dim = in.a.rank() - 1;
  if (dim < 0 || dim > 1)
    fail("AGC0107", "expects inputs [n, d] or [d], got shape " + shapeText(in.a.shape()));
  auto dot = [&](const Value &x, const Value &y) { return reduce(OpId::ReduceSum, x * y, dim); };
  Value tiny = constant(dot(in.a, in.a).type(), smallest);
  Value scale = (dot(in.a, in.a) + tiny) * (dot(in.b, in.b) + tiny);
  Value cosine = dot(in.a, in.b) / unary(OpId::Sqrt, scale);
  Value y = convert(read(target.tensor), cosine.dtype());
  Operand operands[] = {cosine, y};
  Dims shape = broadcastShape(operands);
  cosine = broadcastTo(cosine, shape);
  y = broadcastTo(y, shape);
  Value zero = zeroLike(cosine), one = oneLike(cosine);
  Value loss = select(compare("eq", y, one), one - cosine, zero) +
               select(compare("eq", y, unary(OpId::Neg, one)), positive(cosine - constantLike(cosine, o.margin())), zero);
  return wrap(reduced(loss, o.reduction()), lastOf(o.reduction(), "AddBackward0"), in.edges);
}

Tensor margin_ranking_loss(Arg input1, Arg input2, Arg target, const MarginRankingLossFuncOptions &o) {
  OpGuard op("margin_ranking_loss", input1.loc);
  Operands in = operandsOf(input1, input2);
  Value y = broadcastTo(convert(read(target.tensor), in.a.dtype()), in.a.shape());
  Value loss = unary(OpId::Neg, y) * (in.a - in.b) + constantLike(in.a, o.margin());
  // The slope at 0 is PyTorch's of clamp_min: none.
  return wrap(reduced(positive(loss), o.reduction()), lastOf(o.reduction(), "ClampMinBackward0"), in.edges);
}

Tensor triplet_margin_loss(Arg anchor, Arg positives, Arg negatives, const TripletMarginLossFuncOptions &o) {
  OpGuard op("triplet_margin_loss", anchor.loc);
  auto distance = [&](Arg x, Arg y) {
    Tensor gap = agc::add(agc::sub(x, y), Scalar(o.eps()));
    return agc::norm(Arg(gap, x.loc), Scalar(o.p()), -1);
  };
  Tensor near = distance(anchor, positives), far = distance(anchor, negatives);
  if (o.swap())
    far = agc::minimum(far, distance(positives, negatives));
  Value gap = read(near) - read(far);
  Value loss = positive(gap + constantLike(gap, o.margin()));
  return wrap(reduced(loss, o.reduction()), lastOf(o.reduction(), "ClampMinBackward0"),
              {read(anchor.tensor), read(positives.tensor), read(negatives.tensor)});
}

Tensor poisson_nll_loss(Arg input, Arg target, const PoissonNLLLossFuncOptions &o) {
  OpGuard op("poisson_nll_loss", input.loc);
  Operands in = operandsOf(input, target);
  Value loss = o.log_input() ? unary(OpId::Exp, in.a) - in.b * in.a
                             : in.a - in.b * unary(OpId::Log, in.a + constantLike(in.a, o.eps()));
  if (o.full()) { // Stirling's approximation, where the target is above 1
    Value one = oneLike(in.b), counts = compare("gt", in.b, one), safe = select(counts, in.b, one);
    Value log = unary(OpId::Log, safe);
    Value stirling = safe * log - safe +
                     constantLike(safe, 0.5) * unary(OpId::Log, constantLike(safe, 2 * M_PI) * safe);
    loss = loss + select(counts, stirling, zeroLike(in.b));
  }
  const char *own = o.full() ? "AddBackward0" : "SubBackward0";
  return wrap(reduced(loss, o.reduction()), lastOf(o.reduction(), own), in.edges);
}

Tensor soft_margin_loss(Arg input, Arg target, const SoftMarginLossFuncOptions &o) {
  OpGuard op("soft_margin_loss", input.loc);
  expectSameShape(input, target);
  Operands in = operandsOf(input, target);
  Value loss = softplusOf(unary(OpId::Neg, in.b) * in.a);
  return wrap(reduced(loss, o.reduction()), "SoftMarginLossBackward0", in.edges);
}

} // namespace functional

#define AGC_OF_THREE(Name, function, text)                                     \
  Tensor Name##Impl::forward(Arg a, Arg b, Arg c) {                            \
    return functional::function(a, b, c, options);                             \
  }                                                                            \
  AGC_MODULE_OF(Name, text)
#define AGC_LOSS(Name, function, text)                                         \
  Tensor Name##Impl::forward(Arg input, Arg target) {                          \
    return functional::function(input, target, options);                       \
  }                                                                            \
  AGC_MODULE_OF(Name, text)
#define AGC_MODULE_OF(Name, text)                                              \
  Name##Impl::Name##Impl(const Name##Options &o) : options(o) {}               \
  void Name##Impl::pretty_print(std::ostream &out) const {                     \
    out << "torch::nn::" #Name "(" << text << ")";                             \
  }
#define AGC_FIELD(name) #name "=" << options.name()
AGC_LOSS(CrossEntropyLoss, cross_entropy, "")
AGC_LOSS(NLLLoss, nll_loss, "")
AGC_LOSS(MSELoss, mse_loss, "")
AGC_LOSS(L1Loss, l1_loss, "")
AGC_LOSS(SmoothL1Loss, smooth_l1_loss, "")
AGC_LOSS(HuberLoss, huber_loss, "")
AGC_LOSS(BCELoss, binary_cross_entropy, "")
AGC_LOSS(BCEWithLogitsLoss, binary_cross_entropy_with_logits, "")
AGC_LOSS(KLDivLoss, kl_div, "")
AGC_LOSS(SoftMarginLoss, soft_margin_loss, "")
AGC_LOSS(PoissonNLLLoss, poisson_nll_loss, "")
AGC_LOSS(HingeEmbeddingLoss, hinge_embedding_loss, AGC_FIELD(margin))
AGC_OF_THREE(CosineEmbeddingLoss, cosine_embedding_loss, AGC_FIELD(margin))
AGC_OF_THREE(MarginRankingLoss, margin_ranking_loss, AGC_FIELD(margin))
AGC_OF_THREE(TripletMarginLoss, triplet_margin_loss, AGC_FIELD(margin) << ", " AGC_FIELD(p) << ", " AGC_FIELD(eps))
#undef AGC_FIELD
#undef AGC_MODULE_OF
#undef AGC_LOSS
#undef AGC_OF_THREE

} // namespace agc::nn
