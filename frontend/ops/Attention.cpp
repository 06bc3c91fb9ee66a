//===- Attention.cpp - Rows by index, and by likeness ------------------------===//
#include "frontend/ops/Composites.h"

#include <agc/Functions.h>

#include <cmath>

namespace agc {

using namespace detail;

Tensor embedding(Arg weight, Arg indices, int64_t padding_idx, bool scale_grad_by_freq, bool sparse) {
  OpGuard op("embedding", weight.loc);
  Value w = read(weight.tensor), index = read(indices.tensor);
  if (w.rank() != 2)
    fail("AGC0107", "expects a weight [rows, d], got shape " + shapeText(w.shape()));
  if (scale_grad_by_freq || sparse)
    fail("AGC0116", "with scale_grad_by_freq or sparse gradients is not there yet");
  int64_t rows = w.shape()[0];
  index = checkedIndex(index, rows, false);
  // The padding's row gets no gradient.
  Value source = w;
  if (padding_idx != -1) {
    int64_t at = padding_idx < 0 ? padding_idx + rows : padding_idx;
    if (at < 0 || at >= rows)
      fail("AGC0104", "expects padding_idx among the " + std::to_string(rows) + " rows, got " +
                          std::to_string(padding_idx));
    TypeRef type = withDType(w.type(), DType::I64);
    source = select(compare("eq", iota(type, 0), constantInteger(type, at)), stopGradient(w), w);
  }
  return wrap(rowsOf(source, 0, index), "EmbeddingBackward0", {w});
}

Tensor scaled_dot_product_attention(Arg query, Arg key, Arg value, OptionalArg mask, double dropout,
                                    bool causal, std::optional<double> scale, bool gqa) {
  OpGuard op("scaled_dot_product_attention", query.loc);
  if (dropout != 0 || gqa)
    fail("AGC0116", "with dropout or grouped queries is not there yet");
  Value q = read(query.tensor), k = read(key.tensor);
  expectFloat(q);
  if (q.rank() < 2 || k.rank() < 2 || value.tensor.dim() < 2)
    fail("AGC0107", "expects [..., l, e], [..., s, e] and [..., s, v], got shapes " + shapeText(q.shape()) +
                        ", " + shapeText(k.shape()) + " and " + shapeText(value.tensor.sizes()));
  if (mask.tensor && mask.tensor->defined() && causal)
    fail("AGC0104", "expects a mask or is_causal, not both");
  double factor = scale.value_or(1 / std::sqrt(double(q.shape().back())));
  Tensor scaled = wrap(q * constantLike(q, factor), "MulBackward0", {q});
  Tensor turned = key.tensor.transpose(-2, -1, query.loc);
  Value scores = read(matmul(Arg(scaled, query.loc), Arg(turned, query.loc)));
  Value lowest = constantLike(scores, -INFINITY);
  if (causal) {
    TypeRef type = withDType(scores.type(), DType::I64);
    int64_t rank = scores.rank();
    scores = select(compare("ge", iota(type, rank - 2), iota(type, rank - 1)), scores, lowest);
  }
  if (mask.tensor && mask.tensor->defined()) {
    Value m = read(*mask.tensor);
    Operand operands[] = {scores, m};
    if (broadcastShape(operands) != scores.shape())
      fail("AGC0103", "expects a mask that broadcasts to " + shapeText(scores.shape()) + ", got shape " +
                          shapeText(m.shape()));
    m = broadcastTo(m, scores.shape());
    scores = m.dtype() == DType::Bool ? select(m, scores, lowest) : scores + convert(m, scores.dtype());
  }
  Tensor weights = wrap(softmaxOf(scores, scores.rank() - 1), "SoftmaxBackward0", {scores});
  Value y = read(matmul(Arg(weights, query.loc), value));
  return wrap(y, "ScaledDotProductAttentionBackward0", {q, k, read(value.tensor)});
}

} // namespace agc
