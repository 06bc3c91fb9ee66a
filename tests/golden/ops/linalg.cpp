//===- linalg.cpp - Sums of products --------------------------------------===//
#include "Cases.h"

using namespace golden;

namespace {

const Numbers row{1, NaN, 2, inf, 0., -1, -0., -inf, 3};

/// Of two operands, by shapes; special numbers in either.
Op &every(Op &op, Function f, std::vector<std::pair<Shape, Shape>> shapes) {
  for (auto &[a, b] : shapes)
    op.add({in(a), in(b)}, f);
  auto &[a, b] = shapes.front();
  op.add({in(a).transposed(), in(b).strided()}, f)
      .add({in(a).strided(), in(b).expanded()}, f);
  return op;
}

} // namespace

GOLDEN_GROUP(linalg) {
  every(op(ops, "matmul"), FN(torch::matmul(x, y)),
        {{{3, 5}, {5, 7}}, {{5}, {5}}, {{3, 5}, {5}}, {{5}, {5, 3}}, {{2, 1, 3, 4}, {5, 4, 2}},
         {{2, 3, 4}, {4, 5}}, {{3}, {2, 3, 2}}, {{2, 3, 4}, {4}}, {{0, 5}, {5, 3}}, {{3, 0}, {0, 2}},
         {{1, 1}, {1, 1}}, {{17, 19}, {19, 23}}})
      .special({given(row, {3, 3}), given({1, 2, 0., 1, -1, 3}, {3, 2})}, FN(torch::matmul(x, y)));
  every(op(ops, "mm"), FN(torch::mm(x, y)), {{{3, 5}, {5, 7}}, {{1, 3}, {3, 1}}, {{2, 0}, {0, 2}}, {{33, 3}, {3, 34}}})
      .special({given(row, {3, 3}), given({1, 2, 0., 1, -1, 3}, {3, 2})}, FN(torch::mm(x, y)));
  every(op(ops, "bmm"), FN(torch::bmm(x, y)), {{{2, 3, 4}, {2, 4, 5}}, {{1, 1, 3}, {1, 3, 1}}, {{0, 2, 3}, {0, 3, 1}}, {{2, 3, 0}, {2, 0, 2}}});
  every(op(ops, "mv"), FN(torch::mv(x, y)), {{{3, 5}, {5}}, {{1, 3}, {3}}, {{0, 2}, {2}}, {{2, 0}, {0}}});
  every(op(ops, "dot"), FN(torch::dot(x, y)), {{{17}, {17}}, {{1}, {1}}, {{0}, {0}}, {{5}, {5}}});
  every(op(ops, "outer"), FN(torch::outer(x, y)), {{{3}, {5}}, {{1}, {4}}, {{0}, {2}}, {{3}, {0}}});
  for (auto [name, beta, alpha] : {std::tuple("addmm", 1., 1.), {"addmm_scaled", 0.5, 2.}, {"addmm_beta_0", 0., 1.}})
    op(ops, name)
        .add({in({3, 4}), in({3, 5}), in({5, 4})}, FN(torch::addmm(x, y, z, beta, alpha)))
        .add({in({4}), in({3, 5}), in({5, 4})}, FN(torch::addmm(x, y, z, beta, alpha)))
        .add({in({3, 1}), in({3, 5}).transposed(), in({5, 4}).strided()}, FN(torch::addmm(x, y, z, beta, alpha)))
        .add({in({}), in({1, 1}), in({1, 2})}, FN(torch::addmm(x, y, z, beta, alpha)))
        .add({in({2}), in({3, 0}), in({0, 2})}, FN(torch::addmm(x, y, z, beta, alpha)))
        .add({in({2}), in({0, 3}), in({3, 2})}, FN(torch::addmm(x, y, z, beta, alpha)))
        .special({given({NaN, inf}), given({1, 2, 3, 4}, {2, 2}), given({1, 0., 2, 3}, {2, 2})},
                 FN(torch::addmm(x, y, z, beta, alpha)));
  op(ops, "baddbmm")
      .add({in({2, 3, 4}), in({2, 3, 5}), in({2, 5, 4})}, FN(torch::baddbmm(x, y, z)))
      .add({in({4}), in({2, 3, 5}), in({2, 5, 4})}, FN(torch::baddbmm(x, y, z, 0.5, 2)))
      .add({in({1, 3, 1}), in({2, 3, 5}).transposed(), in({2, 5, 4}).strided()}, FN(torch::baddbmm(x, y, z, 2)))
      .add({in({2, 1, 1}), in({2, 1, 1}), in({2, 1, 1})}, FN(torch::baddbmm(x, y, z)))
      .add({in({2, 2, 2}), in({2, 2, 0}), in({2, 0, 2})}, FN(torch::baddbmm(x, y, z)))
      .add({in({2, 2, 2}), in({2, 2, 3}), in({2, 3, 2})}, FN(torch::baddbmm(x, y, z, 0)));
  op(ops, "addmv")
      .add({in({3}), in({3, 5}), in({5})}, FN(torch::addmv(x, y, z)))
      .add({in({3}), in({3, 5}), in({5})}, FN(torch::addmv(x, y, z, 0.5, 2)))
      .add({in({1}), in({3, 5}).transposed(), in({5}).strided()}, FN(torch::addmv(x, y, z)))
      .add({in({}), in({3, 5}), in({5})}, FN(torch::addmv(x, y, z)))
      .add({in({2}), in({2, 0}), in({0})}, FN(torch::addmv(x, y, z)))
      .add({in({1}), in({1, 1}), in({1})}, FN(torch::addmv(x, y, z)));
  op(ops, "einsum")
      .nameIsOpen()
      .add({in({2, 3}), in({3, 4})}, FN(torch::einsum("ij,jk->ik", {x, y})))
      .add({in({2, 3, 4}), in({2, 4, 5})}, FN(torch::einsum("bij,bjk->bik", {x, y})))
      .add({in({3, 3})}, FN(torch::einsum("ii->i", {x})))
      .add({in({3, 3})}, FN(torch::einsum("ii", {x})))
      .add({in({3}), in({4}), in({5})}, FN(torch::einsum("i,j,k->kij", {x, y, z})))
      .add({in({2, 1, 3}), in({4, 3})}, FN(torch::einsum("...j,...j->...", {x, y})))
      .add({in({2, 3, 2}).transposed(), in({3, 2}).strided()}, FN(torch::einsum("abc,bc->ac", {x, y})))
      .add({in({2, 3})}, FN(torch::einsum("ij->", {x})))
      .add({in({0, 3}), in({3, 2})}, FN(torch::einsum("ij,jk->ik", {x, y})))
      .add({in({2, 3}), in({2, 3})}, FN(torch::einsum("ij,ij->j", {x, y})));
  op(ops, "linear")
      .nameIsOpen()
      .add({in({2, 5}), in({3, 5}), in({3})}, FN(torch::linear(x, y, z)))
      .add({in({5}), in({3, 5}), in({3})}, FN(torch::linear(x, y, z)))
      .add({in({2, 1, 5}), in({3, 5})}, FN(torch::linear(x, y)))
      .add({in({2, 4, 5}).transposed(), in({3, 5}).strided(), in({3}).strided()}, FN(torch::linear(x, y, z)))
      .add({in({0, 5}), in({3, 5}), in({3})}, FN(torch::linear(x, y, z)))
      .add({in({2, 1}), in({1, 1}), in({1})}, FN(torch::linear(x, y, z)))
      .special({given(row, {3, 3}), given({1, 2, 0., 1, -1, 3}, {2, 3}), given({NaN, 1})}, FN(torch::linear(x, y, z)));
  op(ops, "bilinear")
      .nameIsOpen()
      .add({in({2, 3}), in({2, 4}), in({5, 3, 4}), in({5})}, FN(torch::bilinear(x, y, z, v[3])))
      .add({in({2, 3}), in({2, 4}), in({5, 3, 4})}, FN(torch::bilinear(x, y, z)))
      .add({in({2, 2, 3}), in({2, 2, 4}), in({1, 3, 4}), in({1})}, FN(torch::bilinear(x, y, z, v[3])))
      .add({in({2, 3}).transposed(), in({2, 4}).strided(), in({5, 3, 4}).transposed()}, FN(torch::bilinear(x, y, z)))
      .add({in({1, 1}), in({1, 1}), in({1, 1, 1})}, FN(torch::bilinear(x, y, z)))
      .add({in({0, 3}), in({0, 4}), in({5, 3, 4})}, FN(torch::bilinear(x, y, z)));
  op(ops, "cross")
      .add({in({4, 3}), in({4, 3})}, FN(torch::cross(x, y, 1)))
      .add({in({3, 4}), in({3, 4})}, FN(torch::cross(x, y)))
      .add({in({3}), in({3})}, FN(torch::cross(x, y, -1)))
      .add({in({2, 3, 2}).transposed(), in({2, 3, 2}).strided()}, FN(torch::cross(x, y, 1)))
      .add({in({1, 3}), in({4, 3})}, FN(torch::cross(x, y, -1)))
      .add({in({0, 3}), in({0, 3})}, FN(torch::cross(x, y, 1)))
      .special({given({1, NaN, 2}), given({inf, 1, -0.})}, FN(torch::cross(x, y, 0)));
  Input same = given({1, 2, 0., -1, 1, 2}, {3, 2}), other = given({1, 2, 3, 3}, {2, 2});
  for (auto [name, p] : {std::pair("cdist", 2.), {"cdist_0", 0.}, {"cdist_1", 1.}, {"cdist_half", 0.5},
                         {"cdist_3", 3.}, {"cdist_infinity", inf}})
    op(ops, name)
        .add({in({3, 4}), in({5, 4})}, FN(torch::cdist(x, y, p)))
        .add({in({2, 3, 4}), in({2, 1, 4})}, FN(torch::cdist(x, y, p)))
        .add({in({3, 1}), in({2, 1})}, FN(torch::cdist(x, y, p)))
        .add({in({3, 4}).transposed(), in({5, 4}).strided()}, FN(torch::cdist(x, y, p)))
        .add({in({0, 4}), in({5, 4})}, FN(torch::cdist(x, y, p)))
        .add({in({3, 0}), in({2, 0})}, FN(torch::cdist(x, y, p)))
        .special({same, other}, FN(torch::cdist(x, y, p)));
}
