//===- Recurrent.cpp - Layers that go step by step --------------------------===//
//
// A sequence is one scan: its size in the graph does not grow with the steps.
// What does not depend on the step before, the input's part of all gates, is one
// product before it.
//
//===----------------------------------------------------------------------===//
#include "frontend/ops/Composites.h"

#include <agc/Control.h>
#include <agc/nn/Dropout.h>
#include <agc/nn/Recurrent.h>

namespace agc {

using namespace detail;

namespace {

enum class Cell { Tanh, Relu, Lstm, Gru };

int64_t gatesOf(Cell cell) { return cell == Cell::Lstm ? 4 : cell == Cell::Gru ? 3 : 1; }

/// One layer's, of one direction; the last three may be missing.
struct Weights {
  Value ih, hh, biasIh, biasHh, hr;
};
struct State {
  Value h, c;
};

Value plusRow(const Value &x, const Value &bias) {
  return bias ? x + broadcastDims(bias, x.shape(), x.rank() - 1) : x;
}

/// The input's part of the gates, [..., gates h], and whatever of the biases is
/// a plain sum with it.
Value inputPart(Cell cell, const Value &x, const Weights &w) {
  Value part = einsum(x.rank() == 3 ? "tni,oi->tno" : "ni,oi->no", x, w.ih);
  if (!w.biasIh)
    return part;
  return plusRow(part, cell == Cell::Gru ? w.biasIh : w.biasIh + w.biasHh);
}

State step(Cell cell, const Value &part, const State &before, const Weights &w) {
  int64_t size = w.hh.shape()[0] / gatesOf(cell);
  Value recurrent = einsum("ni,oi->no", before.h, w.hh);
  auto gate = [&](const Value &gates, int64_t i) { return sliceDim(gates, 1, i * size, (i + 1) * size); };
  auto sigmoid = [](const Value &x) { return unary(OpId::Sigmoid, x); };
  auto tanh = [](const Value &x) { return unary(OpId::Tanh, x); };
  if (cell == Cell::Tanh)
    return {tanh(part + recurrent), {}};
  if (cell == Cell::Relu)
    return {unary(OpId::Relu, part + recurrent), {}};
  if (cell == Cell::Gru) {
    recurrent = plusRow(recurrent, w.biasHh);
    Value reset = sigmoid(gate(part, 0) + gate(recurrent, 0));
    Value keep = sigmoid(gate(part, 1) + gate(recurrent, 1));
    Value now = tanh(gate(part, 2) + reset * gate(recurrent, 2));
    return {now + keep * (before.h - now), {}};
  }
  Value gates = part + recurrent;
  Value c = sigmoid(gate(gates, 1)) * before.c + sigmoid(gate(gates, 0)) * tanh(gate(gates, 2));
  Value h = sigmoid(gate(gates, 3)) * tanh(c);
  return {w.hr ? einsum("nh,ph->np", h, w.hr) : h, c};
}

void expectShape(const Value &v, const Dims &shape, const char *what) {
  if (v.shape() != shape)
    fail("AGC0107", std::string("expects ") + what + " of shape " + shapeText(shape) + ", got " +
                        shapeText(v.shape()));
}

/// \p x as one of \p count rows of a stack.
Value rowOf(const Value &stack, int64_t i) {
  Dims shape(stack.shape().begin() + 1, stack.shape().end());
  return reshape(sliceDim(stack, 0, i, i + 1), shape);
}
Value stackOf(const std::vector<Value> &rows) {
  std::vector<Value> thick;
  for (const Value &row : rows) {
    Dims shape = row.shape();
    shape.insert(shape.begin(), 1);
    thick.push_back(reshape(row, shape));
  }
  return thick.size() == 1 ? thick[0] : concat(thick, 0);
}

/// The flat list, checked, as layers and directions.
std::vector<Weights> weightsOf(Cell cell, TensorList params, bool biases, bool projects, int64_t layers,
                               int64_t directions, int64_t input, int64_t hidden, int64_t size, DType type) {
  size_t each = 2 + 2 * size_t(biases) + size_t(projects);
  if (params.size() != each * size_t(layers * directions))
    fail("AGC0104", "expects " + std::to_string(each * size_t(layers * directions)) + " parameters, got " +
                        std::to_string(params.size()));
  std::vector<Weights> all;
  for (size_t at = 0; at < params.size(); at += each) {
    int64_t rows = gatesOf(cell) * size, width = all.size() < size_t(directions) ? input : hidden * directions;
    Weights w{read(params[at]), read(params[at + 1]), {}, {}, {}};
    expectShape(w.ih, {rows, width}, "weight_ih");
    expectShape(w.hh, {rows, hidden}, "weight_hh");
    if (biases) {
      w.biasIh = read(params[at + 2]);
      w.biasHh = read(params[at + 3]);
      expectShape(w.biasIh, {rows}, "bias_ih");
      expectShape(w.biasHh, {rows}, "bias_hh");
    }
    if (projects) {
      w.hr = read(params[at + each - 1]);
      expectShape(w.hr, {hidden, size}, "weight_hr");
    }
    if (w.ih.dtype() != type || w.hh.dtype() != type)
      fail("AGC0102", std::string("expects input and parameters of one dtype, got ") + dtypeName(type) + " and " +
                          dtypeName(w.ih.dtype()));
    all.push_back(w);
  }
  return all;
}

struct Sequence {
  Value y;
  State last;
};

/// One layer in one direction over \p parts, [t, n, gates h].
Sequence run(const char *name, Loc loc, Cell cell, const Value &parts, const State &first, const Weights &w,
             bool reverse) {
  auto carriesOf = [](const State &state) {
    return state.c ? Tensors{wrap(state.h), wrap(state.c)} : Tensors{wrap(state.h)};
  };
  auto stateOf = [](const Tensors &carries) {
    return State{read(carries[0]), carries.size() > 1 ? read(carries[1]) : Value()};
  };
  auto [last, ys] = scan(
      [&](const Tensors &carries, const Tensors &rows) {
        OpGuard op(name, loc);
        Tensors next = carriesOf(step(cell, read(rows[0]), stateOf(carries), w));
        return ScanStep{next, {next[0]}};
      },
      carriesOf(first), {wrap(parts)}, ScanOptions().reverse(reverse), loc);
  return {read(ys[0]), stateOf(last)};
}

struct Outputs {
  Tensor y, h, c;
};

Outputs layers(const char *name, Cell cell, Arg input, const Tensor &h0, const Tensor &c0, TensorList params,
               bool biases, int64_t count, double dropout, bool train, bool bidirectional, bool batchFirst) {
  OpGuard op(name, input.loc);
  Value from = read(input.tensor), x = from, h = read(h0), c = c0.defined() ? read(c0) : Value();
  expectFloat(x);
  if (x.rank() != 3 || h.rank() != 3)
    fail("AGC0107", "expects input [t, n, i] or, batch first, [n, t, i], and h [layers, n, h]; got shapes " +
                        shapeText(x.shape()) + " and " + shapeText(h.shape()));
  int64_t directions = bidirectional ? 2 : 1;
  if (batchFirst)
    x = transpose(x, {1, 0, 2});
  int64_t steps = x.shape()[0], batch = x.shape()[1], hidden = h.shape()[2], size = c ? c.shape()[2] : hidden;
  if (steps < 1)
    fail("AGC0107", "expects at least one step, got shape " + shapeText(from.shape()));
  expectShape(h, {count * directions, batch, hidden}, "h");
  if (c)
    expectShape(c, {count * directions, batch, size}, "c");
  bool projects = c && size != hidden;
  std::vector<Weights> weights = weightsOf(cell, params, biases, projects, count, directions, x.shape()[2],
                                           hidden, size, x.dtype());
  std::vector<Value> lastH, lastC;
  for (int64_t layer = 0; layer < count; ++layer) {
    std::vector<Value> sides;
    for (int64_t d = 0; d < directions; ++d) {
      int64_t at = layer * directions + d;
      const Weights &w = weights[size_t(at)];
      Value parts = inputPart(cell, x, w);
      State first{rowOf(h, at), c ? rowOf(c, at) : Value()};
      Sequence side = run(name, input.loc, cell, parts, first, w, d == 1);
      lastH.push_back(side.last.h);
      lastC.push_back(side.last.c);
      sides.push_back(side.y);
    }
    x = sides.size() == 1 ? sides[0] : concat(sides, 2);
    if (layer + 1 < count && dropout > 0)
      x = read(agc::dropout(Arg(wrap(x), input.loc), dropout, train));
  }
  if (batchFirst)
    x = transpose(x, {1, 0, 2});
  Outputs out{wrap(x), wrap(stackOf(lastH)), {}};
  if (c)
    out.c = wrap(stackOf(lastC));
  return out;
}

std::tuple<Tensor, Tensor> plain(const char *name, Cell cell, Arg input, Arg hx, TensorList params, bool biases,
                                 int64_t count, double dropout, bool train, bool bidirectional, bool batchFirst) {
  Outputs out = layers(name, cell, input, hx.tensor, Tensor(), params, biases, count, dropout, train, bidirectional,
                       batchFirst);
  return {out.y, out.h};
}

/// One step, with its operands checked.
State one(Cell cell, Arg input, const Tensor &h, const Tensor &c, Arg ih, Arg hh, OptionalArg biasIh,
          OptionalArg biasHh) {
  auto valueOf = [](const OptionalArg &a) { return a.tensor && a.tensor->defined() ? read(*a.tensor) : Value(); };
  Value x = read(input.tensor);
  State before{read(h), c.defined() ? read(c) : Value()};
  Weights w{read(ih.tensor), read(hh.tensor), valueOf(biasIh), valueOf(biasHh), {}};
  expectFloat(x);
  if (x.rank() != 2 || before.h.rank() != 2)
    fail("AGC0107", "expects input [n, i] and h [n, h], got shapes " + shapeText(x.shape()) + " and " +
                        shapeText(before.h.shape()));
  if (bool(w.biasIh) != bool(w.biasHh))
    fail("AGC0104", "expects both biases or none");
  int64_t n = x.shape()[0], size = before.h.shape()[1], rows = gatesOf(cell) * size;
  expectShape(before.h, {n, size}, "h");
  if (before.c)
    expectShape(before.c, {n, size}, "c");
  expectShape(w.ih, {rows, x.shape()[1]}, "weight_ih");
  expectShape(w.hh, {rows, size}, "weight_hh");
  if (w.biasIh) {
    expectShape(w.biasIh, {rows}, "bias_ih");
    expectShape(w.biasHh, {rows}, "bias_hh");
  }
  return step(cell, inputPart(cell, x, w), before, w);
}

} // namespace

std::tuple<Tensor, Tensor, Tensor> lstm(Arg input, TensorList hx, TensorList params, bool has_biases,
                                        int64_t num_layers, double dropout, bool train, bool bidirectional,
                                        bool batch_first) {
  if (hx.size() != 2) {
    OpGuard op("lstm", input.loc);
    fail("AGC0104", "expects h and c, got " + std::to_string(hx.size()) + " tensors");
  }
  Outputs out = layers("lstm", Cell::Lstm, input, hx[0], hx[1], params, has_biases, num_layers, dropout, train,
                       bidirectional, batch_first);
  return {out.y, out.h, out.c};
}
std::tuple<Tensor, Tensor> gru(Arg input, Arg hx, TensorList params, bool has_biases, int64_t num_layers,
                               double dropout, bool train, bool bidirectional, bool batch_first) {
  return plain("gru", Cell::Gru, input, hx, params, has_biases, num_layers, dropout, train, bidirectional,
               batch_first);
}
std::tuple<Tensor, Tensor> rnn_tanh(Arg input, Arg hx, TensorList params, bool has_biases, int64_t num_layers,
                                    double dropout, bool train, bool bidirectional, bool batch_first) {
  return plain("rnn_tanh", Cell::Tanh, input, hx, params, has_biases, num_layers, dropout, train, bidirectional,
               batch_first);
}
std::tuple<Tensor, Tensor> rnn_relu(Arg input, Arg hx, TensorList params, bool has_biases, int64_t num_layers,
                                    double dropout, bool train, bool bidirectional, bool batch_first) {
  return plain("rnn_relu", Cell::Relu, input, hx, params, has_biases, num_layers, dropout, train, bidirectional,
               batch_first);
}

std::tuple<Tensor, Tensor> lstm_cell(Arg input, TensorList hx, Arg ih, Arg hh, OptionalArg b_ih, OptionalArg b_hh) {
  OpGuard op("lstm_cell", input.loc);
  if (hx.size() != 2)
    fail("AGC0104", "expects h and c, got " + std::to_string(hx.size()) + " tensors");
  State after = one(Cell::Lstm, input, hx[0], hx[1], ih, hh, b_ih, b_hh);
  return {wrap(after.h), wrap(after.c)};
}
#define AGC_CELL(name, cell)                                                   \
  Tensor name(Arg input, Arg hx, Arg ih, Arg hh, OptionalArg b_ih, OptionalArg b_hh) { \
    OpGuard op(#name, input.loc);                                              \
    return wrap(one(cell, input, hx.tensor, Tensor(), ih, hh, b_ih, b_hh).h);  \
  }
AGC_CELL(gru_cell, Cell::Gru)
AGC_CELL(rnn_tanh_cell, Cell::Tanh)
AGC_CELL(rnn_relu_cell, Cell::Relu)
#undef AGC_CELL

} // namespace agc
