// Products of all kinds.
#include "library.h"

using V = const std::vector<Tensor> &;
#define CHECK(name, expression, ...) check(name, [](V v) -> Tensor { return expression; }, {__VA_ARGS__})

int main() {
  Tensor a = values(1, {3, 4}), b = values(2, {4, 5}), u = values(3, {4}), w = values(4, {3}), batch = values(5, {2, 3, 4}), other = values(6, {2, 4, 2});
  CHECK("matmul", torch::matmul(v[0], v[1]), a, b);
  CHECK("matmul_batch", torch::matmul(v[0], v[1]), batch, b);
  CHECK("mm", torch::mm(v[0], v[1]), a, b);
  CHECK("mm_transposed", torch::mm(v[1].t(), v[0].t()), a, b);
  CHECK("bmm", torch::bmm(v[0], v[1]), batch, other);
  CHECK("mv", torch::mv(v[0], v[1]), a, u);
  CHECK("dot", torch::dot(v[0], v[1]), u, values(7, {4}));
  CHECK("outer", torch::outer(v[0], v[1]), u, w);
  CHECK("addmm", torch::addmm(v[0], v[1], v[2], 0.5, 2), values(8, {5}), a, b);
  CHECK("baddbmm", torch::baddbmm(v[0], v[1], v[2], 0.5, 2), values(9, {2, 3, 2}), batch, other);
  CHECK("addmv", torch::addmv(v[0], v[1], v[2], 2, 0.5), w, a, u);
  CHECK("linear", torch::linear(v[0], v[1], v[2]), batch, values(10, {5, 4}), values(8, {5}));
  CHECK("bilinear", torch::bilinear(v[0], v[1], v[2], v[3]), a, values(11, {3, 2}), values(12, {5, 4, 2}), values(8, {5}));
  CHECK("cross", torch::cross(v[0], v[1], 1), values(13, {2, 3}), values(14, {2, 3}));
  CHECK("cdist", torch::cdist(v[0], v[1]), a, values(15, {2, 4}));
  CHECK("cdist_1", torch::cdist(v[0], v[1], 1), a, values(15, {2, 4}));
  CHECK("einsum", torch::einsum("ij,jk->ik", {v[0], v[1]}), a, b);
  CHECK("einsum_implicit", torch::einsum("ij,jk", {v[0], v[1]}), a, b);
  CHECK("einsum_trace", torch::einsum("ii->", {v[0]}), values(16, {4, 4}));
  CHECK("einsum_diagonal", torch::einsum("ii->i", {v[0]}), values(16, {4, 4}));
  CHECK("einsum_transpose", torch::einsum("ij->ji", {v[0]}), a);
  CHECK("einsum_sum", torch::einsum("ij->j", {v[0]}), a);
  CHECK("einsum_dots", torch::einsum("...ij,...jk->...ik", {v[0], v[1]}), batch, b);
  CHECK("einsum_dots_summed", torch::einsum("...ij->ij", {v[0]}), a);
  CHECK("einsum_three", torch::einsum("bij,bjk,k->bi", {v[0], v[1], v[2]}), batch, other, values(17, {2}));
  CHECK("einsum_broadcast", torch::einsum("ij,ij->ij", {v[0], v[1]}), a, values(18, {1, 4}));
  CHECK("einsum_outer", torch::einsum("i,j->ij", {v[0], v[1]}), u, w);
  CHECK("einsum_attention", torch::einsum("bhqd,bhkd->bhqk", {v[0], v[1]}), values(19, {2, 2, 3, 4}), values(20, {2, 2, 5, 4}));
  showError("mm of shapes", [&] { torch::mm(a, a); });
  showError("einsum of sizes", [&] { torch::einsum("ij,jk->ik", {a, a}); });
  showError("einsum of terms", [&] { torch::einsum("ij,jk->ik", {a}); });
}
