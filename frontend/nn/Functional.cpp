#include <agc/nn/Functional.h>

#include "frontend/ops/Composites.h"

namespace agc::nn::functional {

using namespace agc::detail;

namespace {

Value reduced(const Value &v, Reduction reduction) {
  if (reduction == Reduction::None)
    return v;
  Dims dims = allDims(v.rank());
  return reduction == Reduction::Sum ? reduce(OpId::ReduceSum, v, dims)
                                     : meanOf(v, dims, false);
}

/// [n, c, ...] and labels [n, ...]: minus the entry at each label.
Value pickedLoss(const Value &logs, Value labels, int64_t ignored,
                 Reduction reduction) {
  int64_t dim = logs.rank() > 1 ? 1 : 0;
  int64_t classes = logs.shape()[size_t(dim)];
  Dims expected = logs.shape();
  expected.erase(expected.begin() + dim);
  if (labels.dtype() == DType::Bool || info(labels.dtype()).isFloat)
    fail("AGC0102", std::string("expects labels of integers, got ") +
                        dtypeName(labels.dtype()));
  if (labels.shape() != expected)
    fail("AGC0107", "expects labels of shape " + shapeText(expected) +
                        " for an input of shape " + shapeText(logs.shape()) + ", got " +
                        shapeText(labels.shape()));
  labels = convert(labels, DType::I64);
  labels = checkRange(labels, 0, classes, ignored,
                      "expects labels of at least 0 and less than " +
                          std::to_string(classes) + " (or " + std::to_string(ignored) +
                          ", ignored)");
  Dims kept;
  for (int64_t d = 0; d < logs.rank(); ++d)
    if (d != dim)
      kept.push_back(d);
  TypeRef index = withDType(logs.type(), DType::I64);
  Value hot = compare("eq", iota(index, dim), broadcastDims(labels, logs.shape(), kept));
  Value zero = constantLike(logs, 0);
  // An ignored label that is a class all the same must not count.
  if (ignored >= 0 && ignored < classes) {
    Value ignore = constantInteger(labels.type(), ignored);
    Value counts = broadcastDims(compare("ne", labels, ignore), logs.shape(), kept);
    hot = binary(OpId::LogicalAnd, hot, counts);
  }
  Value losses = unary(OpId::Neg, reduce(OpId::ReduceSum, select(hot, logs, zero), dim));
  if (reduction == Reduction::None)
    return losses;
  Value sum = reduce(OpId::ReduceSum, losses, allDims(losses.rank()));
  if (reduction == Reduction::Sum)
    return sum;
  Value counts = compare("ne", labels, constantInteger(labels.type(), ignored));
  Value count = reduce(OpId::ReduceSum, convert(counts, logs.dtype()), allDims(labels.rank()));
  return sum / count;
}

const char *nllName(const Value &logs) {
  return logs.rank() > 2 ? "NllLoss2DBackward0" : "NllLossBackward0";
}

} // namespace

Tensor nll_loss(Arg input, Arg target) { return nll_loss(input, target, {}); }
Tensor nll_loss(Arg input, Arg target, const NLLLossFuncOptions &o) {
  OpGuard op("nll_loss", input.loc);
  Value logs = read(input.tensor), labels = read(target.tensor);
  expectFloat(logs);
  if (logs.rank() == 0)
    fail("AGC0107", "expects [n, c, ...] or [c], got a tensor of no dimensions");
  return wrap(pickedLoss(logs, labels, o.ignore_index(), o.reduction()), nllName(logs), {logs});
}

Tensor cross_entropy(Arg input, Arg target) { return cross_entropy(input, target, {}); }
Tensor cross_entropy(Arg input, Arg target, const CrossEntropyFuncOptions &o) {
  OpGuard op("cross_entropy", input.loc);
  Value scores = read(input.tensor), labels = read(target.tensor);
  expectFloat(scores);
  if (scores.rank() == 0)
    fail("AGC0107", "expects [n, c, ...] or [c], got a tensor of no dimensions");
  int64_t dim = scores.rank() > 1 ? 1 : 0;
  double smoothing = o.label_smoothing();
  if (smoothing < 0 || smoothing > 1)
    fail("AGC0104", "expects label_smoothing in [0, 1], got " + std::to_string(smoothing));
  Value logs = logSoftmaxOf(scores, dim);
  setGradName(logs, "LogSoftmaxBackward0");
  setEdges(logs, {scores});

  if (info(labels.dtype()).isFloat) { // probabilities
    if (labels.shape() != scores.shape())
      fail("AGC0107", "expects probabilities of its input's shape " +
                          shapeText(scores.shape()) + ", got " + shapeText(labels.shape()));
    Value p = convert(labels, logs.dtype());
    double classes = double(scores.shape()[size_t(dim)]);
    if (smoothing > 0)
      p = p * constantLike(p, 1 - smoothing) + constantLike(p, smoothing / classes);
    Value losses = unary(OpId::Neg, reduce(OpId::ReduceSum, p * logs, dim));
    return wrap(reduced(losses, o.reduction()), "DivBackward1", {logs});
  }
  Value loss = pickedLoss(logs, labels, o.ignore_index(), o.reduction());
  if (smoothing > 0)
    fail("AGC0116", "with label_smoothing and class labels is not there yet");
  return wrap(loss, nllName(logs), {logs});
}

Tensor mse_loss(Arg input, Arg target) { return mse_loss(input, target, {}); }
Tensor mse_loss(Arg input, Arg target, const MSELossFuncOptions &o) {
  OpGuard op("mse_loss", input.loc);
  Operand operands[] = {input.tensor, target.tensor};
  DType type = resultType(operands);
  Dims shape = broadcastShape(operands);
  Value a = prepare(operands[0], type, shape), b = prepare(operands[1], type, shape);
  expectFloat(a);
  return wrap(reduced(powi(a - b, 2), o.reduction()), "MseLossBackward0",
              {operands[0].value, operands[1].value});
}

Tensor softmax(Arg x, const SoftmaxFuncOptions &o) { return agc::softmax(x, o.dim()); }
Tensor log_softmax(Arg x, const LogSoftmaxFuncOptions &o) {
  return agc::log_softmax(x, o.dim());
}
Tensor relu(Arg x) { return agc::relu(x); }
Tensor linear(Arg x, Arg weight, OptionalArg bias) { return agc::linear(x, weight, bias); }
Tensor conv2d(Arg x, Arg weight, const Conv2dFuncOptions &o) {
  return agc::conv2d(x, weight, o.bias(), o.stride(), o.padding(), o.dilation(), o.groups());
}
Tensor max_pool2d(Arg x, const MaxPool2dFuncOptions &o) {
  return agc::max_pool2d(x, o.kernel_size(), o.stride(), o.padding(), o.dilation(), o.ceil_mode());
}
Tensor adaptive_avg_pool2d(Arg x, const AdaptiveAvgPool2dFuncOptions &o) {
  return agc::adaptive_avg_pool2d(x, o.output_size());
}

} // namespace agc::nn::functional
