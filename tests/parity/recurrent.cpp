// RNN, LSTM, GRU and their cells: layers, directions, projection, gradients;
// twenty steps of each.
#include "training.h"

namespace nn = torch::nn;
using std::get;

/// A layer's outputs and the gradients of all that goes in.
template <typename M, typename Fn> void run(const std::string &name, M module, Fn forward, const Tensor &x) {
  module->to(torch::kFloat64);
  fill(*module);
  Tensor in = x.detach().clone().set_requires_grad(true);
  std::vector<Tensor> outputs = forward(module, in);
  Tensor total = torch::zeros({}, torch::kFloat64);
  for (size_t i = 0; i < outputs.size(); ++i) {
    show(name + ".y" + std::to_string(i), outputs[i]);
    Shape shape(outputs[i].sizes().begin(), outputs[i].sizes().end());
    total = total + (outputs[i] * values(uint32_t(70 + i), shape)).sum();
  }
  total.backward();
  show(name + ".dx", in.grad());
  for (auto &item : module->named_parameters())
    show(name + "." + item.key(), item.value().grad());
}

int main() {
  Tensor x = values(1, {5, 2, 3}, -1, 1), first = values(2, {2, 5, 3}, -1, 1);
  auto pair = [](auto m, const Tensor &in) { auto [y, h] = m->forward(in); return std::vector<Tensor>{y, h}; };
  auto triple = [](auto m, const Tensor &in) { auto [y, s] = m->forward(in); return std::vector<Tensor>{y, get<0>(s), get<1>(s)}; };
  run("rnn", nn::RNN(3, 4), pair, x);
  run("rnn_relu", nn::RNN(nn::RNNOptions(3, 4).nonlinearity(torch::kReLU).bias(false).num_layers(2)), pair, x);
  run("gru", nn::GRU(3, 4), pair, x);
  run("gru_deep", nn::GRU(nn::GRUOptions(3, 4).num_layers(2).bidirectional(true).batch_first(true)), pair, first);
  run("lstm", nn::LSTM(3, 4), triple, x);
  run("lstm_deep", nn::LSTM(nn::LSTMOptions(3, 4).num_layers(2).bidirectional(true).batch_first(true).bias(false)), triple, first);
  run("lstm_projected", nn::LSTM(nn::LSTMOptions(3, 4).num_layers(2).proj_size(2)), triple, x);
  Tensor h = values(5, {1, 2, 4}, -1, 1), c = values(6, {1, 2, 4}, -1, 1);
  run("gru_state", nn::GRU(3, 4), [&](auto m, const Tensor &in) { auto [y, last] = m->forward(in, h); return std::vector<Tensor>{y, last}; }, x);
  run("lstm_state", nn::LSTM(3, 4), [&](auto m, const Tensor &in) { auto [y, s] = m->forward(in, std::make_tuple(h, c)); return std::vector<Tensor>{y, get<0>(s), get<1>(s)}; }, x);
  Tensor row = values(3, {2, 3}, -1, 1), h1 = values(7, {2, 4}, -1, 1), c1 = values(8, {2, 4}, -1, 1);
  run("rnn_cell", nn::RNNCell(nn::RNNCellOptions(3, 4).nonlinearity(torch::kReLU)), [&](auto m, const Tensor &in) { return std::vector<Tensor>{m->forward(in, h1)}; }, row);
  run("gru_cell", nn::GRUCell(3, 4), [&](auto m, const Tensor &in) { return std::vector<Tensor>{m->forward(in, m->forward(in))}; }, row);
  run("lstm_cell", nn::LSTMCell(nn::LSTMCellOptions(3, 4).bias(false)), [&](auto m, const Tensor &in) { auto [a, b] = m->forward(in, std::make_tuple(h1, c1)); return std::vector<Tensor>{a, b}; }, row);

  Tensor second = values(9, {2, 3}, -1, 1, torch::kFloat64).set_requires_grad(true);
  nn::LSTMCell cell(3, 4);
  cell->to(torch::kFloat64);
  fill(*cell);
  Tensor g = torch::autograd::grad({get<0>(cell->forward(second)).pow(2).sum()}, {second}, {}, true, true)[0];
  show("cell.dd", torch::autograd::grad({g.pow(2).sum()}, {second})[0]);

  auto loss = [](auto module, auto type) { return (get<0>(module->forward(values(20, {4, 3, 3}, -1, 1, type))) - values(21, {4, 3, 4}, -1, 1, type)).pow(2).mean(); };
  trainBoth("rnn", [] { return nn::RNN(3, 4); }, loss);
  trainBoth("gru", [] { return nn::GRU(3, 4); }, loss);
  trainBoth("lstm", [] { return nn::LSTM(3, 4); }, loss);
  showError("features", [&] { nn::LSTM(4, 2)->forward(values(1, {5, 2, 3}, -1, 1, torch::kFloat32)); });
  showError("rank", [&] { nn::GRU(3, 2)->forward(values(1, {5, 2, 3, 1}, -1, 1, torch::kFloat32)); });
  showError("state", [&] { nn::RNN(3, 2)->forward(values(1, {5, 2, 3}, -1, 1, torch::kFloat32), torch::zeros({1, 2, 3})); });
  showError("cell features", [&] { nn::GRUCell(3, 2)->forward(torch::zeros({2, 4})); });
  showError("projection", [&] { nn::LSTM(nn::LSTMOptions(3, 4).proj_size(4)); });
}
