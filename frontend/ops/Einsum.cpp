//===- Einsum.cpp - Sums of products by letters ----------------------------===//
#include "frontend/ops/Composites.h"

#include <agc/Functions.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace agc {

using namespace detail;

namespace {

/// A value whose dimensions have letters, each once.
struct Term {
  std::string letters;
  Value value;
};

/// Sums over a letter of one term.
void sumOut(Term &term, char letter) {
  size_t at = term.letters.find(letter);
  term.value = reduce(OpId::ReduceSum, term.value, int64_t(at));
  term.letters.erase(at, 1);
}

/// A letter that a term has twice stands for its diagonal.
void takeDiagonals(Term &term) {
  for (size_t i = 0; i < term.letters.size(); ++i)
    for (size_t j; (j = term.letters.find(term.letters[i], i + 1)) != std::string::npos;) {
      if (term.value.shape()[i] != term.value.shape()[j])
        fail("AGC0103", std::string("expects one size for '") + term.letters[i] + "', got shape " +
                            shapeText(term.value.shape()));
      TypeRef index = withDType(term.value.type(), DType::I64);
      Value on = compare("eq", iota(index, int64_t(i)), iota(index, int64_t(j)));
      term.value = reduce(OpId::ReduceSum,
                          select(on, term.value, constantLike(term.value, 0)), int64_t(j));
      term.letters.erase(j, 1);
    }
}

/// "..." as capital letters, which the user may not write beside it; the last
/// of them is Z.
std::string spellOut(std::string text, size_t dims) {
  size_t at = text.find("...");
  if (at == std::string::npos)
    return text;
  std::string capitals;
  for (size_t i = 0; i < dims; ++i)
    capitals += char('Z' - int(dims - 1 - i));
  return text.replace(at, 3, capitals);
}

} // namespace

Tensor einsum(std::string_view equation, TensorList operands, Loc loc) {
  OpGuard op("einsum", loc);
  std::string text;
  for (char c : equation)
    if (c != ' ')
      text += c;
  size_t arrow = text.find("->");
  std::string left = text.substr(0, arrow), right;
  std::vector<std::string> specs(1);
  for (char c : left)
    if (c == ',')
      specs.emplace_back();
    else
      specs.back() += c;
  if (operands.empty() || specs.size() != operands.size())
    fail("AGC0104", "expects an operand for each term of '" + std::string(equation) + "', got " +
                        std::to_string(operands.size()));

  std::vector<Term> terms;
  std::map<char, int64_t> sizes;
  size_t ellipsis = 0;
  for (size_t i = 0; i < specs.size(); ++i) {
    Value v = read(operands[i]);
    size_t written = specs[i].size();
    bool has = specs[i].find("...") != std::string::npos;
    size_t named = has ? written - 3 : written;
    if (has ? size_t(v.rank()) < named : size_t(v.rank()) != named)
      fail("AGC0107", "expects an operand of " + std::to_string(named) + " dimensions for '" + specs[i] +
                          "', got shape " + shapeText(v.shape()));
    size_t hidden = size_t(v.rank()) - named;
    if (has)
      ellipsis = std::max(ellipsis, hidden);
    terms.push_back({spellOut(specs[i], hidden), v});
    for (char c : terms.back().letters)
      if (!std::isalpha(static_cast<unsigned char>(c)))
        fail("AGC0104", "expects letters, commas, '...' and '->', got '" + std::string(equation) + "'");
  }
  if (arrow != std::string::npos) {
    right = spellOut(text.substr(arrow + 2), ellipsis);
  } else { // the letters that come once, in order, after the dots
    std::map<char, int> count;
    for (const Term &term : terms)
      for (char c : term.letters)
        ++count[c];
    right = spellOut("...", ellipsis);
    for (auto [c, n] : count)
      if (n == 1 && right.find(c) == std::string::npos)
        right += c;
  }
  for (Term &term : terms) {
    expectFloat(term.value);
    if (term.value.dtype() != terms[0].value.dtype())
      fail("AGC0102", std::string("expects operands of one dtype, got ") +
                          dtypeName(terms[0].value.dtype()) + " and " + dtypeName(term.value.dtype()));
    takeDiagonals(term);
    for (size_t d = 0; d < term.letters.size(); ++d) {
      int64_t &size = sizes.try_emplace(term.letters[d], 1).first->second;
      int64_t own = term.value.shape()[d];
      if (size == 1)
        size = own;
      else if (own != 1 && own != size)
        fail("AGC0103", std::string("expects one size for '") + term.letters[d] + "', got " +
                            std::to_string(size) + " and " + std::to_string(own));
    }
  }
  for (size_t i = 0; i < right.size(); ++i)
    if (!sizes.count(right[i]) || right.find(right[i], i + 1) != std::string::npos)
      fail("AGC0104", std::string("expects the result's letters once each and among the operands', got '") +
                          std::string(equation) + "'");

  // A size of 1 broadcasts: such a dimension is dropped where another term, or
  // the result, has the letter at full size.
  for (Term &term : terms) {
    Dims shape;
    std::string letters;
    for (size_t d = 0; d < term.letters.size(); ++d)
      if (term.value.shape()[d] == sizes[term.letters[d]]) {
        shape.push_back(term.value.shape()[d]);
        letters += term.letters[d];
      }
    term.value = reshape(term.value, shape);
    term.letters = letters;
  }

  auto neededBy = [&](char c, size_t from) {
    if (right.find(c) != std::string::npos)
      return true;
    for (size_t i = from; i < terms.size(); ++i)
      if (terms[i].letters.find(c) != std::string::npos)
        return true;
    return false;
  };
  Term result = terms[0];
  for (size_t i = 1; i < terms.size(); ++i) {
    Term &next = terms[i];
    for (Term *term : {&result, &next}) {
      const Term &other = term == &result ? next : result;
      for (char c : std::string(term->letters))
        if (other.letters.find(c) == std::string::npos && !neededBy(c, i + 1))
          sumOut(*term, c);
    }
    std::string out;
    for (char c : result.letters + next.letters)
      if (out.find(c) == std::string::npos && neededBy(c, i + 1))
        out += c;
    if (i + 1 == terms.size()) { // the result's own order
      std::string ordered;
      for (char c : right)
        if (out.find(c) != std::string::npos)
          ordered += c;
      out = ordered;
    }
    std::string spec = result.letters + "," + next.letters + "->" + out;
    result = {out, detail::einsum(spec, result.value, next.value)};
  }
  for (char c : std::string(result.letters))
    if (right.find(c) == std::string::npos)
      sumOut(result, c);
  Dims order, shape, dims;
  for (size_t i = 0; i < right.size(); ++i) {
    shape.push_back(sizes[right[i]]);
    if (size_t at = result.letters.find(right[i]); at != std::string::npos) {
      order.push_back(int64_t(at));
      dims.push_back(int64_t(i));
    }
  }
  Value y = broadcastDims(transpose(result.value, order), shape, dims);
  std::vector<Value> edges;
  for (const Tensor &t : operands)
    edges.push_back(read(t));
  return wrap(y, "EinsumBackward0", std::move(edges));
}

Tensor outer(Arg a, Arg b) {
  OpGuard op("outer", a.loc);
  if (a.tensor.dim() != 1 || b.tensor.dim() != 1)
    fail("AGC0107", "expects two vectors, got shapes " + shapeText(a.tensor.sizes()) + " and " +
                        shapeText(b.tensor.sizes()));
  return a.tensor.unsqueeze(1, a.loc).mul(b.tensor, a.loc);
}

namespace {
Value scaled(const Value &v, Scalar s) {
  return s.toDouble() == 1 ? v : v * broadcastDims(number(v.dtype(), s), v.shape(), {});
}

/// beta bias + alpha product, whose shape counts.
Value biased(const Value &bias, const Value &product, Scalar beta, Scalar alpha) {
  if (bias.dtype() != product.dtype())
    fail("AGC0102", std::string("expects a bias of ") + dtypeName(product.dtype()) + ", got " +
                        dtypeName(bias.dtype()));
  Operand operands[] = {product, bias};
  if (broadcastShape(operands) != product.shape())
    fail("AGC0103", "expects a bias that broadcasts to " + shapeText(product.shape()) + ", got shape " +
                        shapeText(bias.shape()));
  // By 0 the bias is not there, NaN or not, but for its gradient of 0.
  Value part = beta.toDouble() == 0 ? scaled(unary(OpId::Sign, bias), 0) : scaled(bias, beta);
  return scaled(product, alpha) + broadcastTo(part, product.shape());
}
} // namespace

Tensor addmm(Arg bias, Arg a, Arg b, Scalar beta, Scalar alpha) {
  OpGuard op("addmm", bias.loc);
  Value product = read(mm(a, b)), c = read(bias.tensor);
  if (c.dtype() != product.dtype())
    fail("AGC0102", std::string("expects operands of one dtype, got ") + dtypeName(product.dtype()) +
                        " and " + dtypeName(c.dtype()));
  return wrap(biased(c, product, beta, alpha), "AddmmBackward0",
              {c, read(a.tensor), read(b.tensor)});
}

Tensor baddbmm(Arg bias, Arg a, Arg b, Scalar beta, Scalar alpha) {
  OpGuard op("baddbmm", bias.loc);
  Value product = read(bmm(a, b));
  return wrap(biased(read(bias.tensor), product, beta, alpha), "BaddbmmBackward0",
              {read(bias.tensor), read(a.tensor), read(b.tensor)});
}
Tensor addmv(Arg bias, Arg a, Arg b, Scalar beta, Scalar alpha) {
  OpGuard op("addmv", bias.loc);
  Value product = read(mv(a, b));
  return wrap(biased(read(bias.tensor), product, beta, alpha), "AddmvBackward0",
              {read(bias.tensor), read(a.tensor), read(b.tensor)});
}

Tensor cross(Arg a, Arg b, std::optional<int64_t> dim) {
  OpGuard op("cross", a.loc);
  Operand operands[] = {a.tensor, b.tensor};
  DType type = resultType(operands);
  if (type == DType::Bool)
    fail("AGC0102", "expects numbers, got bool");
  Dims shape = broadcastShape(operands);
  Value x = prepare(operands[0], type, shape), y = prepare(operands[1], type, shape);
  int64_t d = -1;
  if (dim)
    d = wrapDim(*dim, x.rank());
  else
    d = std::find(shape.begin(), shape.end(), 3) - shape.begin();
  if (d >= x.rank() || shape[size_t(d)] != 3)
    fail("AGC0107", "expects a dimension of size 3, got shape " + shapeText(shape));
  auto part = [&](const Value &v, int64_t i) { return sliceDim(v, d, i, i + 1); };
  Value pieces[3];
  for (int64_t i = 0; i < 3; ++i) {
    int64_t j = (i + 1) % 3, k = (i + 2) % 3;
    pieces[i] = part(x, j) * part(y, k) - part(x, k) * part(y, j);
  }
  return wrap(concat(pieces, d), "LinalgCrossBackward0", {read(a.tensor), read(b.tensor)});
}

Tensor bilinear(Arg x1, Arg x2, Arg weight, OptionalArg bias) {
  OpGuard op("bilinear", x1.loc);
  Value a = read(x1.tensor), b = read(x2.tensor), w = read(weight.tensor);
  bool fits = w.rank() == 3 && a.rank() >= 1 && a.rank() == b.rank() &&
              a.shape().back() == w.shape()[1] && b.shape().back() == w.shape()[2] &&
              std::equal(a.shape().begin(), a.shape().end() - 1, b.shape().begin());
  if (!fits)
    fail("AGC0107", "expects x1 [..., in1], x2 [..., in2] and a weight [out, in1, in2], got shapes " +
                        shapeText(a.shape()) + ", " + shapeText(b.shape()) + " and " + shapeText(w.shape()));
  expectFloat(a);
  for (const Value &other : {b, w})
    if (other.dtype() != a.dtype())
      fail("AGC0102", std::string("expects operands of one dtype, got ") + dtypeName(a.dtype()) +
                          " and " + dtypeName(other.dtype()));
  int64_t rows = 1;
  for (size_t d = 0; d + 1 < a.shape().size(); ++d)
    rows *= a.shape()[d];
  Dims shape(a.shape().begin(), a.shape().end() - 1);
  shape.push_back(w.shape()[0]);
  Value half = detail::einsum("bi,oij->boj", reshape(a, {rows, a.shape().back()}), w);
  Value y = reshape(detail::einsum("boj,bj->bo", half, reshape(b, {rows, b.shape().back()})), shape);
  if (bias.tensor && bias.tensor->defined()) {
    Value c = read(*bias.tensor);
    if (c.shape() != Dims{w.shape()[0]} || c.dtype() != w.dtype())
      fail("AGC0107", "expects a bias of its weight's " + std::to_string(w.shape()[0]) +
                          " outputs and dtype, got shape " + shapeText(c.shape()) + " and " +
                          dtypeName(c.dtype()));
    y = y + broadcastTo(c, shape);
  }
  return wrap(y, "TrilinearBackward0", {a, b, w});
}

Tensor cdist(Arg a, Arg b, double p) {
  OpGuard op("cdist", a.loc);
  if (!(p >= 0))
    fail("AGC0104", "expects p of at least 0, got " + std::to_string(p));
  if (a.tensor.dim() < 2 || b.tensor.dim() < 2 || a.tensor.size(-1) != b.tensor.size(-1))
    fail("AGC0107", "expects [..., n, d] and [..., m, d], got shapes " + shapeText(a.tensor.sizes()) +
                        " and " + shapeText(b.tensor.sizes()));
  Tensor gaps = a.tensor.unsqueeze(-2, a.loc).sub(b.tensor.unsqueeze(-3, a.loc), 1, a.loc);
  // Of no coordinates all distances are 0.
  Tensor distances = gaps.size(-1) ? norm(Arg(gaps, a.loc), Scalar(p), -1) : sum(Arg(gaps, a.loc), -1);
  return wrap(read(distances), "CdistBackward0",
              {read(a.tensor), read(b.tensor)});
}

Tensor Tensor::outer(const Tensor &o, Loc loc) const { return agc::outer(Arg(*this, loc), Arg(o, loc)); }
Tensor Tensor::addmm(const Tensor &a, const Tensor &b, Scalar beta, Scalar alpha, Loc loc) const {
  return agc::addmm(Arg(*this, loc), Arg(a, loc), Arg(b, loc), beta, alpha);
}
Tensor Tensor::baddbmm(const Tensor &a, const Tensor &b, Scalar beta, Scalar alpha, Loc loc) const {
  return agc::baddbmm(Arg(*this, loc), Arg(a, loc), Arg(b, loc), beta, alpha);
}
Tensor Tensor::addmv(const Tensor &a, const Tensor &b, Scalar beta, Scalar alpha, Loc loc) const {
  return agc::addmv(Arg(*this, loc), Arg(a, loc), Arg(b, loc), beta, alpha);
}
Tensor Tensor::cross(const Tensor &o, std::optional<int64_t> dim, Loc loc) const {
  return agc::cross(Arg(*this, loc), Arg(o, loc), dim);
}

} // namespace agc
