//===- Products.cpp - Matrix products -------------------------------------===//
#include "frontend/core/Promote.h"

#include <agc/Autograd.h>
#include <agc/Functions.h>

namespace agc {

using namespace detail;

namespace {

[[noreturn]] void failSizes(const char *what, const Value &a, const Value &b) {
  fail("AGC0107", std::string("expects ") + what + ", got " +
                      shapeText(a.shape()) + " and " + shapeText(b.shape()));
}

void expectSameFloats(const Value &a, const Value &b) {
  if (a.dtype() != b.dtype())
    fail("AGC0102", std::string("expects operands of one dtype, got ") +
                        dtypeName(a.dtype()) + " and " + dtypeName(b.dtype()));
  if (a.dtype() == DType::Bool)
    fail("AGC0102", "expects numbers, got bool");
}

void expectInner(const Value &a, const Value &b, int64_t inner, int64_t other) {
  if (inner == other)
    return;
  bool transposed = b.rank() >= 2 && b.shape().back() == inner;
  fail("AGC0107", "expects inner sizes to agree, got " + std::to_string(inner) +
                      " and " + std::to_string(other) + " of shapes " +
                      shapeText(a.shape()) + " and " + shapeText(b.shape()) +
                      (transposed ? "; transpose the second operand?" : ""));
}

/// a [..., m, k], b [..., k, n] with leading sizes that broadcast.
Value batchedProduct(Value a, Value b) {
  Dims leadA(a.shape().begin(), a.shape().end() - 2),
      leadB(b.shape().begin(), b.shape().end() - 2), lead = leadA;
  if (lead.size() < leadB.size())
    lead.insert(lead.begin(), leadB.size() - lead.size(), 1);
  size_t offset = lead.size() - leadB.size();
  for (size_t d = 0; d < leadB.size(); ++d) {
    int64_t &size = lead[offset + d];
    if (size == 1)
      size = leadB[d];
    else if (leadB[d] != 1 && leadB[d] != size)
      failSizes("leading sizes that broadcast", a, b);
  }
  // A matrix that all share needs no copies: fold the batch into the rows.
  if (leadB.empty()) {
    Dims rows{a.type()->numel == 0 ? 0 : a.type()->numel / a.shape().back(),
              a.shape().back()};
    int64_t count = 1;
    for (int64_t size : leadA)
      count *= size;
    rows[0] = count * a.shape()[a.shape().size() - 2];
    Dims shape = a.shape();
    shape.back() = b.shape().back();
    return reshape(einsum("mk,kn->mn", reshape(a, rows), b), shape);
  }
  if (lead.size() > 20)
    failSizes("at most 20 leading dimensions", a, b);
  auto widen = [&](const Value &v) {
    Dims shape = lead;
    shape.insert(shape.end(), v.shape().end() - 2, v.shape().end());
    return broadcastTo(v, shape);
  };
  std::string letters;
  for (size_t d = 0; d < lead.size(); ++d)
    letters += "abcdefghijlopqrstuvw"[d];
  return einsum(letters + "mk," + letters + "kn->" + letters + "mn", widen(a), widen(b));
}

} // namespace

Tensor matmul(Arg x, Arg y) {
  OpGuard op("matmul", x.loc);
  Value a = read(x.tensor), b = read(y.tensor);
  expectSameFloats(a, b);
  if (a.rank() == 0 || b.rank() == 0)
    failSizes("at least one dimension each", a, b);
  int64_t inner = a.shape().back();
  int64_t other = b.shape()[size_t(std::max<int64_t>(b.rank() - 2, 0))];
  expectInner(a, b, inner, other);
  if (a.rank() == 1 && b.rank() == 1)
    return wrap(einsum("k,k->", a, b), "DotBackward0");
  if (a.rank() == 2 && b.rank() == 1)
    return wrap(einsum("mk,k->m", a, b), "MvBackward0");
  if (a.rank() == 1 && b.rank() == 2)
    return wrap(einsum("k,kn->n", a, b), "SqueezeBackward4", {a, b});
  if (a.rank() == 2 && b.rank() == 2)
    return wrap(einsum("mk,kn->mn", a, b), "MmBackward0");
  Value left = a, right = b;
  if (a.rank() == 1)
    left = reshape(a, {1, inner});
  if (b.rank() == 1)
    right = reshape(b, {inner, 1});
  Value product = batchedProduct(left, right);
  Dims shape = product.shape();
  if (a.rank() == 1)
    shape.erase(shape.end() - 2);
  if (b.rank() == 1)
    shape.pop_back();
  return wrap(reshape(product, shape), "UnsafeViewBackward0", {a, b});
}

Tensor mm(Arg x, Arg y) {
  OpGuard op("mm", x.loc);
  Value a = read(x.tensor), b = read(y.tensor);
  expectSameFloats(a, b);
  if (a.rank() != 2 || b.rank() != 2)
    failSizes("two matrices", a, b);
  expectInner(a, b, a.shape()[1], b.shape()[0]);
  return wrap(einsum("mk,kn->mn", a, b), "MmBackward0");
}

Tensor bmm(Arg x, Arg y) {
  OpGuard op("bmm", x.loc);
  Value a = read(x.tensor), b = read(y.tensor);
  expectSameFloats(a, b);
  if (a.rank() != 3 || b.rank() != 3 || a.shape()[0] != b.shape()[0])
    failSizes("two batches of matrices, of one size", a, b);
  expectInner(a, b, a.shape()[2], b.shape()[1]);
  return wrap(einsum("bmk,bkn->bmn", a, b), "BmmBackward0");
}

Tensor mv(Arg x, Arg y) {
  OpGuard op("mv", x.loc);
  Value a = read(x.tensor), b = read(y.tensor);
  expectSameFloats(a, b);
  if (a.rank() != 2 || b.rank() != 1)
    failSizes("a matrix and a vector", a, b);
  expectInner(a, b, a.shape()[1], b.shape()[0]);
  return wrap(einsum("mk,k->m", a, b), "MvBackward0");
}

Tensor dot(Arg x, Arg y) {
  OpGuard op("dot", x.loc);
  Value a = read(x.tensor), b = read(y.tensor);
  expectSameFloats(a, b);
  if (a.rank() != 1 || b.rank() != 1)
    failSizes("two vectors", a, b);
  expectInner(a, b, a.shape()[0], b.shape()[0]);
  return wrap(einsum("k,k->", a, b), "DotBackward0");
}

Tensor linear(Arg x, Arg weight, OptionalArg bias) {
  OpGuard op("linear", x.loc);
  Value a = read(x.tensor), w = read(weight.tensor);
  expectSameFloats(a, w);
  if (w.rank() != 2 || a.rank() < 1)
    failSizes("x [..., in] and a weight [out, in]", a, w);
  if (a.shape().back() != w.shape()[1])
    fail("AGC0107", "expects " + std::to_string(w.shape()[1]) +
                        " features in the last dimension, as its weight of shape " +
                        shapeText(w.shape()) + " has, got shape " +
                        shapeText(a.shape()));
  Dims shape = a.shape();
  int64_t rows = 1;
  for (size_t d = 0; d + 1 < shape.size(); ++d)
    rows *= shape[d];
  shape.back() = w.shape()[0];
  // Autograd shows the weight's transpose, as PyTorch does. It stands before the
  // product, so that letting go of the product lets go of it.
  Value shown;
  if (w.tracked() && GradMode::is_enabled()) {
    shown = transpose(w, {1, 0});
    setGradName(shown, "TBackward0");
  }
  Value matrix = reshape(a, {rows, a.shape().back()});
  if (matrix.node.get() != a.node.get())
    setGradName(matrix, "ViewBackward0");
  Value y = einsum("mk,nk->mn", matrix, w);
  const char *name = "MmBackward0";
  std::vector<Value> edges{matrix};
  if (bias.tensor && bias.tensor->defined()) {
    Value b = read(*bias.tensor);
    expectSameFloats(a, b);
    if (b.shape() != Dims{w.shape()[0]})
      failSizes("a bias of the weight's first size", w, b);
    y = y + broadcastDims(b, y.shape(), 1);
    name = "AddmmBackward0";
    edges.insert(edges.begin(), b);
  }
  if (y.tracked()) {
    edges.push_back(shown ? shown : w);
    setGradName(y, name);
    setEdges(y, std::move(edges));
  }
  Value out = reshape(y, shape);
  if (out.node.get() == y.node.get())
    return wrap(out);
  return wrap(out, "UnsafeViewBackward0");
}

Tensor Tensor::matmul(const Tensor &o, Loc loc) const { return agc::matmul(Arg(*this, loc), Arg(o, loc)); }
Tensor Tensor::mm(const Tensor &o, Loc loc) const { return agc::mm(Arg(*this, loc), Arg(o, loc)); }
Tensor Tensor::bmm(const Tensor &o, Loc loc) const { return agc::bmm(Arg(*this, loc), Arg(o, loc)); }
Tensor Tensor::mv(const Tensor &o, Loc loc) const { return agc::mv(Arg(*this, loc), Arg(o, loc)); }
Tensor Tensor::dot(const Tensor &o, Loc loc) const { return agc::dot(Arg(*this, loc), Arg(o, loc)); }

} // namespace agc
