// Loops and branches in the graph, and recomputation, against the loops of C++ that
// they stand for.
#include "library.h"

using Tensors = std::vector<Tensor>;

#ifdef AGC_PARITY_TORCH
using Pair = std::pair<Tensor, Tensor>;
template <typename Body>
Pair loop(Body body, Tensor carry, const Tensor &xs, bool reverse = false) {
  int64_t trips = xs.size(0);
  Tensors ys(static_cast<size_t>(trips));
  for (int64_t i = 0; i < trips; ++i) {
    int64_t t = reverse ? trips - 1 - i : i;
    std::tie(carry, ys[size_t(t)]) = body(carry, xs[t]);
  }
  return {carry, torch::stack(ys)};
}
template <typename Predicate, typename Body>
Tensor while_loop(Predicate predicate, Body body, Tensor state, int64_t trips) {
  for (; trips > 0 && predicate(state).template item<bool>(); --trips)
    state = body(state);
  return state;
}
template <typename Then, typename Otherwise>
Tensor cond(const Tensor &predicate, Then then, Otherwise otherwise) {
  return predicate.item<bool>() ? then() : otherwise();
}
template <typename F> Tensor checkpoint(F f, const Tensor &x) { return f(x); }
#else
using Pair = std::pair<Tensor, Tensor>;
template <typename Body>
Pair loop(Body body, const Tensor &carry, const Tensor &xs, bool reverse = false) {
  return agc::scan(body, carry, xs, agc::ScanOptions().reverse(reverse));
}
using agc::checkpoint;
using agc::cond;
using agc::while_loop;
#endif

int main() {
  for (auto type : {torch::kFloat64, torch::kFloat32}) {
    std::string of = type == torch::kFloat64 ? "f64." : "f32.";
    Tensor h = values(1, {3, 4}, -1, 1, type), xs = values(2, {5, 3, 4}, -1, 1, type),
           w = values(3, {4, 4}, -1, 1, type), image = values(4, {2, 3, 6, 6}, -1, 1, type),
           kernel = values(5, {3, 3, 3, 3}, -.4, .4, type);

    for (bool reverse : {false, true})
      check(of + (reverse ? "rnn_reverse" : "rnn"), [&](const Tensors &in) {
        auto [last, ys] = loop([&](Tensor c, Tensor x) {
          Tensor next = torch::tanh(c.matmul(in[2]) + x);
          return Pair(next, next * next);
        }, in[0], in[1], reverse);
        return last.sum() + ys;
      }, {h, xs, w});

    // A gated cell, with the softmax of its own history as attention.
    check(of + "gates", [&](const Tensors &in) {
      return loop([&](Tensor c, Tensor x) {
        Tensor z = torch::sigmoid(c.matmul(in[2]) + x);
        Tensor next = z * c + (1 - z) * torch::tanh(x * c.softmax(1));
        return Pair(next, z);
      }, in[0], in[1]).second;
    }, {h, xs, w});

    // Convolutions, pooling and a norm, the same weights each trip.
    check(of + "images", [&](const Tensors &in) {
      return loop([&](Tensor c, Tensor bias) {
        Tensor y = torch::nn::functional::conv2d(
            c, in[1], torch::nn::functional::Conv2dFuncOptions().padding(1));
        Tensor next = torch::relu(y + bias.view({1, 3, 1, 1})) + c * 0.5;
        return Pair(next, next.amax(3).mean());
      }, in[0], in[2]).second;
    }, {image, kernel, values(6, {4, 3}, -1, 1, type)});

    // A loop whose length is decided on the way: norm by repeated scaling.
    for (double limit : {3.0, 50.0, 1e6})
      check(of + "while", [&](const Tensors &in) {
        return while_loop([&](Tensor s) { return (s * s).sum() < limit; },
                          [&](Tensor s) { return s * 1.5 + in[1].matmul(s).sin(); },
                          in[0], 12);
      }, {values(7, {4}, -1, 1, type), w});

    for (double shift : {4.0, -4.0})
      check(of + "cond", [&](const Tensors &in) {
        return cond((in[0] + shift).sum() > 0, [&] { return (in[0] * in[1]).exp(); },
                    [&] { return (in[0] * in[1].sum(0)).sin() + in[1]; });
      }, {h, values(8, {3, 4}, -1, 1, type)});

    // A branch in a loop in a branch, and recomputation in the loop.
    check(of + "nested", [&](const Tensors &in) {
      auto inner = [&](Tensor c, Tensor x) {
        return loop([&](Tensor d, Tensor row) {
          Tensor next = checkpoint([&](Tensor e) { return (e * row + x).sin(); }, d);
          return Pair(next, next);
        }, c, in[2]).first;
      };
      return loop([&](Tensor c, Tensor x) {
        Tensor next = cond(x.sum() > 0, [&] { return inner(c, x); }, [&] { return c * x; });
        return Pair(next, next);
      }, in[0], in[1]).second;
    }, {h, xs, w});

    check(of + "checkpoint", [&](const Tensors &in) {
      Tensor x = in[0];
      for (int i = 0; i < 3; ++i)
        x = checkpoint([&](Tensor v) {
          return torch::tanh(torch::softmax(v.matmul(in[1]), 1).matmul(in[1]));
        }, x);
      return x;
    }, {h, w});
  }
}
