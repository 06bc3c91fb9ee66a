//===- Attention.cpp - Rows by index, and by likeness ------------------------===//
#include "frontend/ops/Composites.h"

#include <agc/nn/Dropout.h>

#include <cmath>

namespace agc {

using namespace detail;

namespace {

/// \p looked, whose gradient is divided by how often its row was looked up.
Value lessByFrequency(const Value &looked, int64_t rows, const Value &index) {
  Value at = reshape(index, index.type()->numel);
  TypeRef type = typeOf(looked.dtype(), at.shape());
  Value counts = scatter(constant(typeOf(looked.dtype(), rows), 0), at, constant(type, 1), 0, "add");
  Value count = broadcastDims(gather(counts, index, 0), looked.shape(), allDims(index.rank()));
  // Nothing, with a slope; no number where the row has none.
  Value nothing = looked - stopGradient(looked);
  return select(compare("eq", nothing, nothing), stopGradient(looked) + nothing / count, looked);
}

} // namespace

Tensor embedding(Arg weight, Arg indices, int64_t padding_idx, bool scale_grad_by_freq, bool) {
  OpGuard op("embedding", weight.loc);
  Value w = read(weight.tensor), index = read(indices.tensor);
  if (w.rank() != 2)
    fail("AGC0107", "expects a weight [rows, d], got shape " + shapeText(w.shape()));
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
  Value result = rowsOf(source, 0, index);
  if (scale_grad_by_freq)
    result = lessByFrequency(result, rows, index);
  return wrap(result, "EmbeddingBackward0", {w});
}

Tensor scaled_dot_product_attention(Arg query, Arg key, Arg value, OptionalArg mask, double dropout,
                                    bool causal, std::optional<double> scale, bool gqa) {
  OpGuard op("scaled_dot_product_attention", query.loc);
  Value q = read(query.tensor), k = read(key.tensor);
  expectFloat(q);
  if (q.rank() < 2 || k.rank() < 2 || value.tensor.dim() < 2)
    fail("AGC0107", "expects [..., l, e], [..., s, e] and [..., s, v], got shapes " + shapeText(q.shape()) +
                        ", " + shapeText(k.shape()) + " and " + shapeText(value.tensor.sizes()));
  if (mask.tensor && mask.tensor->defined() && causal)
    fail("AGC0104", "expects a mask or is_causal, not both");
  // Each head of key and value serves several of the query's.
  auto forHeads = [&](const Tensor &x) {
    if (!gqa)
      return x;
    int64_t heads = q.rank() > 2 ? q.shape()[size_t(q.rank() - 3)] : 0, own = x.dim() > 2 ? x.size(-3) : 0;
    if (own < 1 || heads % own)
      fail("AGC0107", "expects heads of key and value that divide the query's, got shapes " +
                          shapeText(q.shape()) + " and " + shapeText(x.sizes()));
    return x.repeat_interleave(heads / own, -3, query.loc);
  };
  double factor = scale.value_or(1 / std::sqrt(double(q.shape().back())));
  Tensor scaled = wrap(q * constantLike(q, factor), "MulBackward0", {q});
  Tensor turned = forHeads(key.tensor).transpose(-2, -1, query.loc);
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
  weights = agc::dropout(Arg(weights, query.loc), dropout, true);
  Tensor values = forHeads(value.tensor);
  Value y = read(matmul(Arg(weights, query.loc), Arg(values, query.loc)));
  return wrap(y, "ScaledDotProductAttentionBackward0", {q, k, read(value.tensor)});
}

} // namespace agc
