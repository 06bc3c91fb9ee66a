#include <agc/nn/Recurrent.h>

#include "frontend/nn/Layer.h"

#include <agc/nn/Init.h>

#include <cmath>
#include <ostream>

namespace agc::nn {

using agc::detail::hostFull;
using agc::detail::ScopeGuard;

namespace detail {

namespace {
std::string kindOf(const Module &module) {
  const std::string &name = module.name(); // agc::nn::LSTMImpl
  return "torch::nn::" + name.substr(9, name.size() - 13);
}
/// Zeros to begin with.
Tensor zerosLike(Arg input, IntArrayRef shape) { return zeros(shape, input.tensor.options(), input.loc); }
} // namespace

RNNImplBase::RNNImplBase(const RNNOptionsBase &options) : options_base(options) {}
void RNNImplBase::registerAll() {
  const RNNOptionsBase &o = options_base;
  auto refuse = [&](const std::string &what) { throw Error("AGC0104", "'" + kindOf(*this) + "' expects " + what); };
  if (o.input_size < 1 || o.hidden_size < 1 || o.num_layers < 1)
    refuse("sizes and layers of at least 1, got " + std::to_string(o.input_size) + ", " +
           std::to_string(o.hidden_size) + " and " + std::to_string(o.num_layers));
  if (!(o.dropout >= 0 && o.dropout <= 1))
    refuse("dropout in [0, 1], got " + std::to_string(o.dropout));
  if (o.proj_size < 0 || o.proj_size >= o.hidden_size)
    refuse("proj_size of at least 0 and below hidden_size, got " + std::to_string(o.proj_size));
  int64_t directions = o.bidirectional ? 2 : 1, rows = o.gates * o.hidden_size;
  int64_t given = o.proj_size ? o.proj_size : o.hidden_size;
  weights.clear();
  for (int64_t layer = 0; layer < o.num_layers; ++layer)
    for (int64_t d = 0; d < directions; ++d) {
      std::string suffix = "_l" + std::to_string(layer) + (d ? "_reverse" : "");
      auto add = [&](const char *name, IntArrayRef shape) {
        weights.push_back(addParameter(*this, (name + suffix).c_str(), shape));
      };
      add("weight_ih", {rows, layer ? given * directions : o.input_size});
      add("weight_hh", {rows, given});
      if (o.bias) {
        add("bias_ih", rows);
        add("bias_hh", rows);
      }
      if (o.proj_size)
        add("weight_hr", {o.proj_size, o.hidden_size});
    }
  reset_parameters();
}

void RNNImplBase::reset_parameters() {
  double bound = 1 / std::sqrt(double(options_base.hidden_size));
  for (const Tensor &weight : weights)
    init::uniform_(weight, -bound, bound);
}

Tensor RNNImplBase::hidden(Arg input, OptionalArg given, int64_t size, const char *what) const {
  const RNNOptionsBase &o = options_base;
  agc::detail::OpGuard op("rnn", input.loc);
  if (input.tensor.dim() != 3 || input.tensor.size(2) != o.input_size)
    agc::detail::fail("AGC0107", std::string("expects input ") + (o.batch_first ? "[n, t, " : "[t, n, ") +
                                     std::to_string(o.input_size) + "], got shape " +
                                     agc::detail::shapeText(input.tensor.sizes()));
  std::vector<int64_t> shape{o.num_layers * (o.bidirectional ? 2 : 1), input.tensor.size(o.batch_first ? 0 : 1), size};
  if (!given.tensor || !given.tensor->defined())
    return zerosLike(input, shape);
  if (given.tensor->sizes() != IntArrayRef(shape))
    agc::detail::fail("AGC0107", std::string("expects ") + what + " of shape " + agc::detail::shapeText(shape) +
                                     ", got " + agc::detail::shapeText(given.tensor->sizes()));
  return *given.tensor;
}

void RNNImplBase::pretty_print(std::ostream &out) const {
  const RNNOptionsBase &o = options_base;
  out << kindOf(*this) << "(input_size=" << o.input_size << ", hidden_size=" << o.hidden_size
      << ", num_layers=" << o.num_layers << ", bias=" << boolText(o.bias)
      << ", batch_first=" << boolText(o.batch_first) << ", dropout=" << o.dropout
      << ", bidirectional=" << boolText(o.bidirectional);
  if (o.proj_size)
    out << ", proj_size=" << o.proj_size;
  out << ")";
}

RNNCellImplBase::RNNCellImplBase(int64_t gates, int64_t in, int64_t hidden, bool bias)
    : gates(gates), input_size(in), hidden_size(hidden), has_bias(bias) {}
void RNNCellImplBase::registerAll() {
  if (input_size < 1 || hidden_size < 1)
    throw Error("AGC0104", "'" + kindOf(*this) + "' expects sizes of at least 1, got " +
                               std::to_string(input_size) + " and " + std::to_string(hidden_size));
  weight_ih = addParameter(*this, "weight_ih", {gates * hidden_size, input_size});
  weight_hh = addParameter(*this, "weight_hh", {gates * hidden_size, hidden_size});
  bias_ih = addParameter(*this, "bias_ih", gates * hidden_size, has_bias);
  bias_hh = addParameter(*this, "bias_hh", gates * hidden_size, has_bias);
  reset_parameters();
}
void RNNCellImplBase::reset_parameters() {
  double bound = 1 / std::sqrt(double(hidden_size));
  for (const Tensor &weight : parameters())
    init::uniform_(weight, -bound, bound);
}
Tensor RNNCellImplBase::hidden(Arg input, OptionalArg given) const {
  agc::detail::OpGuard op("rnn_cell", input.loc);
  if ((input.tensor.dim() != 1 && input.tensor.dim() != 2) || input.tensor.size(-1) != input_size)
    agc::detail::fail("AGC0107", "expects input [n, " + std::to_string(input_size) + "] or [" +
                                     std::to_string(input_size) + "], got shape " +
                                     agc::detail::shapeText(input.tensor.sizes()));
  if (given.tensor && given.tensor->defined())
    return input.tensor.dim() == 1 ? given.tensor->unsqueeze(0, input.loc) : *given.tensor;
  return zerosLike(input, {input.tensor.dim() == 1 ? 1 : input.tensor.size(0), hidden_size});
}
void RNNCellImplBase::pretty_print(std::ostream &out) const {
  out << kindOf(*this) << "(" << input_size << ", " << hidden_size;
  if (!has_bias)
    out << ", bias=false";
  if (std::string text = nonlinearityText(); !text.empty())
    out << ", nonlinearity=" << text;
  out << ")";
}

namespace {
/// [i] as a batch of one, and back.
Tensor asBatch(Arg x) { return x.tensor.dim() == 1 ? x.tensor.unsqueeze(0, x.loc) : x.tensor; }
Tensor asInput(const Tensor &y, Arg x) { return x.tensor.dim() == 1 ? y.squeeze(0, x.loc) : y; }
} // namespace

} // namespace detail

RNNImpl::RNNImpl(int64_t in, int64_t hidden) : RNNImpl(RNNOptions(in, hidden)) {}
RNNImpl::RNNImpl(const RNNOptions &o) : Cloneable(detail::baseOf(1, o)), options(o) { reset(); }
std::tuple<Tensor, Tensor> RNNImpl::forward(Arg input, OptionalArg hx) {
  ScopeGuard in(scope());
  Tensor h = hidden(input, hx, options.hidden_size(), "h");
  auto *function = options.nonlinearity().is<enumtype::kTanh>() ? rnn_tanh : rnn_relu;
  return function(input, Arg(h, input.loc), weights, options.bias(), options.num_layers(), options.dropout(),
                  is_training(), options.bidirectional(), options.batch_first());
}

LSTMImpl::LSTMImpl(int64_t in, int64_t hidden) : LSTMImpl(LSTMOptions(in, hidden)) {}
LSTMImpl::LSTMImpl(const LSTMOptions &o) : Cloneable(detail::baseOf(4, o)), options(o) { reset(); }
std::tuple<Tensor, std::tuple<Tensor, Tensor>>
LSTMImpl::forward(Arg input, std::optional<std::tuple<Tensor, Tensor>> hx) {
  ScopeGuard in(scope());
  OptionalArg h0, c0;
  if (hx) {
    h0 = std::get<0>(*hx);
    c0 = std::get<1>(*hx);
  }
  Tensor state[] = {hidden(input, h0, options.proj_size() ? options.proj_size() : options.hidden_size(), "h"),
                    hidden(input, c0, options.hidden_size(), "c")};
  auto [y, h, c] = lstm(input, TensorList(state, 2), weights, options.bias(), options.num_layers(),
                        options.dropout(), is_training(), options.bidirectional(), options.batch_first());
  return {y, {h, c}};
}

GRUImpl::GRUImpl(int64_t in, int64_t hidden) : GRUImpl(GRUOptions(in, hidden)) {}
GRUImpl::GRUImpl(const GRUOptions &o) : Cloneable(detail::baseOf(3, o)), options(o) { reset(); }
std::tuple<Tensor, Tensor> GRUImpl::forward(Arg input, OptionalArg hx) {
  ScopeGuard in(scope());
  Tensor h = hidden(input, hx, options.hidden_size(), "h");
  return gru(input, Arg(h, input.loc), weights, options.bias(), options.num_layers(), options.dropout(),
             is_training(), options.bidirectional(), options.batch_first());
}

RNNCellImpl::RNNCellImpl(int64_t in, int64_t hidden) : RNNCellImpl(RNNCellOptions(in, hidden)) {}
RNNCellImpl::RNNCellImpl(const RNNCellOptions &o)
    : Cloneable(1, o.input_size(), o.hidden_size(), o.bias()), options(o) {
  reset();
}
Tensor RNNCellImpl::forward(Arg input, OptionalArg hx) {
  ScopeGuard in(scope());
  Tensor h = hidden(input, hx), x = detail::asBatch(input);
  auto *function = options.nonlinearity().is<enumtype::kTanh>() ? rnn_tanh_cell : rnn_relu_cell;
  return detail::asInput(function(Arg(x, input.loc), Arg(h, input.loc), Arg(weight_ih, input.loc),
                                  Arg(weight_hh, input.loc), bias_ih, bias_hh),
                         input);
}
std::string RNNCellImpl::nonlinearityText() const {
  return options.nonlinearity().is<enumtype::kReLU>() ? "kReLU" : "";
}

LSTMCellImpl::LSTMCellImpl(int64_t in, int64_t hidden) : LSTMCellImpl(LSTMCellOptions(in, hidden)) {}
LSTMCellImpl::LSTMCellImpl(const LSTMCellOptions &o)
    : Cloneable(4, o.input_size(), o.hidden_size(), o.bias()), options(o) {
  reset();
}
std::tuple<Tensor, Tensor> LSTMCellImpl::forward(Arg input, std::optional<std::tuple<Tensor, Tensor>> hx) {
  ScopeGuard in(scope());
  OptionalArg h0, c0;
  if (hx) {
    h0 = std::get<0>(*hx);
    c0 = std::get<1>(*hx);
  }
  Tensor state[] = {hidden(input, h0), hidden(input, c0)}, x = detail::asBatch(input);
  auto [h, c] = lstm_cell(Arg(x, input.loc), TensorList(state, 2), Arg(weight_ih, input.loc),
                          Arg(weight_hh, input.loc), bias_ih, bias_hh);
  return {detail::asInput(h, input), detail::asInput(c, input)};
}

GRUCellImpl::GRUCellImpl(int64_t in, int64_t hidden) : GRUCellImpl(GRUCellOptions(in, hidden)) {}
GRUCellImpl::GRUCellImpl(const GRUCellOptions &o)
    : Cloneable(3, o.input_size(), o.hidden_size(), o.bias()), options(o) {
  reset();
}
Tensor GRUCellImpl::forward(Arg input, OptionalArg hx) {
  ScopeGuard in(scope());
  Tensor h = hidden(input, hx), x = detail::asBatch(input);
  return detail::asInput(gru_cell(Arg(x, input.loc), Arg(h, input.loc), Arg(weight_ih, input.loc),
                                  Arg(weight_hh, input.loc), bias_ih, bias_hh),
                         input);
}

} // namespace agc::nn
