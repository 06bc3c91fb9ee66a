//===- ErrorsOfElementsTest.cpp - What element-wise ops and sums refuse ---===//
#include "Refusals.h"

using namespace agc;
using namespace agc::testrefusals;

namespace {

TEST(ErrorsOfElements, OfDtypes) {
  Tensor x = of({3}), whole = of({3}, kInt64), truth = of({3}, kBool);
  expectRefusals({
      {"AGC0102", "'agc.neg' expects numbers, got bool", [&] { -truth; }},
      {"AGC0102", "'agc.relu' expects numbers, got bool", [&] { relu(truth); }},
      {"AGC0102", "'agc.fmod' expects numbers, got bool", [&] { fmod(truth, true); }},
      {"AGC0102", "'agc.remainder' expects numbers, got bool", [&] { remainder(truth, true); }},
      {"AGC0102", "'agc.floor_divide' expects numbers, got bool", [&] { floor_divide(truth, true); }},
      {"AGC0102", "'agc.div' expects numbers, got bool", [&] { div(truth, truth, "trunc"); }},
      {"AGC0102", "'agc.pow' expects numbers, got bool", [&] { pow(truth, truth); }},
      {"AGC0102", "expects no negative exponent for integers, got -1", [&] { pow(whole, -1); }},
      {"AGC0102", "expects an integer alpha for integers, got 0.5", [&] { add(whole, whole, 0.5); }},
      {"AGC0102", "cannot subtract bools; use logical_xor or logical_not", [&] { truth - truth; }},
      {"AGC0102", "cannot subtract bools; use logical_xor or logical_not", [&] { whole - truth; }},
      {"AGC0102", "cannot subtract bools; use logical_xor or logical_not", [&] { 1 - truth; }},
      {"AGC0104", "expects at least one bound", [&] { clamp(x, std::nullopt); }},
      {"AGC0102", "expects a condition of bool, got int64", [&] { where(whole, x, x); }},
      {"AGC0104", "expects rounding_mode 'trunc' or 'floor', got 'up'", [&] { div(x, x, "up"); }},
      {"AGC0102", "'agc.hypot' expects floating point, got int64; use to(agc::kFloat32)?", [&] { hypot(whole, whole); }},
      {"AGC0102", "'agc.logaddexp' expects floating point, got bool", [&] { logaddexp(truth, truth); }},
      {"AGC0102", "expects start, end and weight of one dtype, got float32, int64 and float32", [&] { lerp(x, whole, 0.5); }},
      {"AGC0102", "expects start, end and weight of one dtype, got float32, float32 and float64",
       [&] { lerp(x, x, of({3}, kFloat64)); }},
      {"AGC0102", "expects floating point to divide, got int64", [&] { addcdiv(whole, whole, whole); }},
      {"AGC0102", "expects an integer value for integers, got 0.5", [&] { addcmul(whole, whole, whole, 0.5); }},
      {"AGC0102", "'agc.floor' expects numbers, got bool", [&] { floor(truth); }},
      {"AGC0102", "'agc.clamp' expects numbers, got bool", [&] { clamp(truth, true); }},
      {"AGC0102", "'agc.addcmul' expects numbers, got bool", [&] { addcmul(truth, truth, truth); }},
      {"AGC0102", "'agc.bitwise_or' expects integers or bools, got float32", [&] { x | whole; }},
      {"AGC0102", "'agc.bitwise_not' expects integers or bools, got float32", [&] { ~x; }},
  });
}

TEST(ErrorsOfElements, OfReductions) {
  Tensor x = of({2, 3}), whole = of({3}, kInt64), truth = of({3}, kBool), none = of({2, 0});
  expectRefusals({
      {"AGC0102", "'agc.mean' expects floating point, got int64", [&] { mean(whole); }},
      {"AGC0102", "'agc.var' expects floating point, got int64", [&] { var(whole); }},
      {"AGC0102", "'agc.softmax' expects floating point, got int64", [&] { softmax(whole, 0); }},
      {"AGC0102", "'agc.log_softmax' expects floating point, got int64", [&] { log_softmax(x, 0, kInt64); }},
      {"AGC0102", "'agc.norm' expects floating point, got int64", [&] { norm(whole); }},
      {"AGC0102", "'agc.argmax' expects numbers, got bool", [&] { argmax(truth); }},
      {"AGC0102", "'agc.argmin' expects numbers, got bool", [&] { argmin(truth); }},
      {"AGC0104", "'agc.amax' has no value for no elements, got shape [2, 0]", [&] { amax(none, 1); }},
      {"AGC0104", "'agc.min' has no value for no elements, got shape [2, 0]", [&] { none.min(); }},
      {"AGC0104", "'agc.max' has no value for no elements, got shape [2, 0]", [&] { max(none, 1); }},
      {"AGC0104", "'agc.argmax' has no value for no elements, got shape [2, 0]", [&] { argmax(none, 1); }},
      {"AGC0104", "'agc.norm' has no value for no elements, got shape [2, 0]", [&] { norm(none, INFINITY); }},
      {"AGC0104", "'agc.norm' has no value for no elements", [&] { norm(none, -1); }},
      {"AGC0104", "expects a dimension in [-2, 1], got 2", [&] { sum(x, 2); }},
      {"AGC0104", "expects a dimension in [-1, 0], got 1", [] { sum(of({}), 1); }},
  });
}

TEST(ErrorsOfElements, OfProducts) {
  Tensor a = of({2, 3}), v = of({3}), whole = of({2, 3}, kInt64), batch = of({4, 2, 3});
  Tensor truth = of({2, 2}, kBool);
  expectRefusals({
      {"AGC0107", "expects inner sizes to agree, got 3 and 2 of shapes [2, 3] and [2, 3]; transpose the second operand?",
       [&] { matmul(a, a); }},
      {"AGC0107", "expects inner sizes to agree, got 3 and 4 of shapes [2, 3] and [4, 5]", [&] { mm(a, of({4, 5})); }},
      {"AGC0102", "expects operands of one dtype, got float32 and int64", [&] { matmul(a, whole); }},
      {"AGC0102", "'agc.mm' expects numbers, got bool", [&] { mm(truth, truth); }},
      {"AGC0107", "expects at least one dimension each, got [] and [3]", [&] { matmul(of({}), v); }},
      {"AGC0107", "expects leading sizes that broadcast, got [4, 2, 3] and [5, 3, 2]",
       [&] { matmul(batch, of({5, 3, 2})); }},
      {"AGC0107", "expects at most 20 leading dimensions",
       [&] { matmul(of(std::vector<int64_t>(23, 1)), of(std::vector<int64_t>(23, 1))); }},
      {"AGC0107", "'agc.mm' expects two matrices, got [3] and [3]", [&] { mm(v, v); }},
      {"AGC0107", "expects two batches of matrices, of one size, got [4, 2, 3] and [2, 3]", [&] { bmm(batch, a); }},
      {"AGC0107", "expects a matrix and a vector, got [3] and [3]", [&] { mv(v, v); }},
      {"AGC0107", "'agc.dot' expects two vectors, got [2, 3] and [3]", [&] { dot(a, v); }},
      {"AGC0107", "'agc.outer' expects two vectors, got shapes [2, 3] and [3]", [&] { outer(a, v); }},
      {"AGC0103", "expects a bias that broadcasts to [2, 2], got shape [4, 2, 2]", [&] { addmm(of({4, 2, 2}), a, a.t()); }},
      {"AGC0107", "expects two matrices, got [3] and [3]", [&] { addmm(v, v, v); }},
      {"AGC0103", "expects a bias that broadcasts to [2], got shape [5, 2]", [&] { addmv(of({5, 2}), a, v); }},
      {"AGC0102", "expects a bias of float32, got int64", [&] { addmv(of({2}, kInt64), a, v); }},
      {"AGC0102", "expects a bias of float32, got int64", [&] { baddbmm(whole, batch, of({4, 3, 3})); }},
      {"AGC0107", "expects x [..., in] and a weight [out, in], got [2, 3] and [3]", [&] { linear(a, v); }},
      {"AGC0107", "expects 4 features in the last dimension, as its weight of shape [5, 4] has, got shape [2, 3]",
       [&] { linear(a, of({5, 4})); }},
      {"AGC0107", "expects a bias of the weight's first size, got [5, 3] and [4]", [&] { linear(a, of({5, 3}), of({4})); }},
      {"AGC0107", "expects a dimension of size 3, got shape [2, 2]", [] { cross(of({2, 2}), of({2, 2})); }},
      {"AGC0107", "expects a dimension of size 3, got shape []", [] { cross(of({}), of({})); }},
      {"AGC0102", "'agc.cross' expects numbers, got bool", [] { cross(of({3}, kBool), of({3}, kBool)); }},
      {"AGC0107", "expects x1 [..., in1], x2 [..., in2] and a weight [out, in1, in2], got shapes [2, 3], [2, 3] and [2, 3]",
       [&] { bilinear(a, a, a); }},
      {"AGC0102", "expects operands of one dtype, got float32 and float64",
       [&] { bilinear(a, a, of({5, 3, 3}, kFloat64)); }},
      {"AGC0107", "expects a bias of its weight's 5 outputs and dtype, got shape [4] and float32",
       [&] { bilinear(a, a, of({5, 3, 3}), of({4})); }},
      {"AGC0107", "expects [..., n, d] and [..., m, d], got shapes [3] and [2, 3]", [&] { cdist(v, a); }},
      {"AGC0104", "expects p of at least 0, got -1", [&] { cdist(a, a, -1); }},
  });
}

TEST(ErrorsOfElements, OfEinsum) {
  Tensor a = of({2, 3}), whole = of({2, 3}, kInt64);
  expectRefusals({
      {"AGC0104", "expects an operand for each term of 'ij,jk->ik', got 1", [&] { einsum("ij,jk->ik", {a}); }},
      {"AGC0104", "expects an operand for each term of '', got 0", [] { einsum("", std::vector<Tensor>{}); }},
      {"AGC0107", "expects an operand of 3 dimensions for 'ijk', got shape [2, 3]", [&] { einsum("ijk", {a}); }},
      {"AGC0107", "expects an operand of 3 dimensions for 'ijk...', got shape [2, 3]", [&] { einsum("ijk...", {a}); }},
      {"AGC0104", "expects letters, commas, '...' and '->', got 'i1->i'", [&] { einsum("i1->i", {a}); }},
      {"AGC0102", "expects operands of one dtype, got float32 and float64",
       [&] { einsum("ij,ij->", {a, of({2, 3}, kFloat64)}); }},
      {"AGC0102", "expects floating point, got int64", [&] { einsum("ij->", {whole}); }},
      {"AGC0103", "expects one size for 'i', got shape [2, 3]", [&] { einsum("ii->i", {a}); }},
      {"AGC0103", "expects one size for 'j', got 3 and 2", [&] { einsum("ij,ji->j", {a, a}); }},
      {"AGC0104", "expects the result's letters once each and among the operands', got 'ij->k'",
       [&] { einsum("ij->k", {a}); }},
      {"AGC0104", "expects the result's letters once each", [&] { einsum("ij->ii", {a}); }},
  });
}

} // namespace
