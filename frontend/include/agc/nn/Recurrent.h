//===- Recurrent.h - Layers that go step by step ----------------------------===//
#ifndef AGC_NN_RECURRENT_H
#define AGC_NN_RECURRENT_H

#include <agc/Enum.h>
#include <agc/nn/Module.h>

#include <tuple>

namespace agc {

/// Several layers, one or two directions.
///
/// Shapes: input [t, n, i], or [n, t, i] if \p batch_first; hx: h [layers *
///         directions, n, h] and for lstm c. params: of each layer and direction
///         weight_ih [gates h, i], weight_hh [gates h, h], then the biases
///         bias_ih, bias_hh if \p has_biases, for lstm weight_hr [p, h] if h is
///         projected. Gates in order: lstm i f g o, gru r z n.
/// Result: every step's h of the last layer, directions side by side, as the
///         input lies; then the last h (and c) as hx.
std::tuple<Tensor, Tensor, Tensor> lstm(Arg input, TensorList hx, TensorList params, bool has_biases,
                                        int64_t num_layers, double dropout, bool train, bool bidirectional,
                                        bool batch_first);
std::tuple<Tensor, Tensor> gru(Arg input, Arg hx, TensorList params, bool has_biases, int64_t num_layers,
                               double dropout, bool train, bool bidirectional, bool batch_first);
std::tuple<Tensor, Tensor> rnn_tanh(Arg input, Arg hx, TensorList params, bool has_biases, int64_t num_layers,
                                    double dropout, bool train, bool bidirectional, bool batch_first);
std::tuple<Tensor, Tensor> rnn_relu(Arg input, Arg hx, TensorList params, bool has_biases, int64_t num_layers,
                                    double dropout, bool train, bool bidirectional, bool batch_first);
/// One step: input [n, i], h and c [n, h].
std::tuple<Tensor, Tensor> lstm_cell(Arg input, TensorList hx, Arg w_ih, Arg w_hh, OptionalArg b_ih = {},
                                     OptionalArg b_hh = {});
Tensor gru_cell(Arg input, Arg hx, Arg w_ih, Arg w_hh, OptionalArg b_ih = {}, OptionalArg b_hh = {});
Tensor rnn_tanh_cell(Arg input, Arg hx, Arg w_ih, Arg w_hh, OptionalArg b_ih = {}, OptionalArg b_hh = {});
Tensor rnn_relu_cell(Arg input, Arg hx, Arg w_ih, Arg w_hh, OptionalArg b_ih = {}, OptionalArg b_hh = {});

namespace nn {

using RNNNonlinearity = OneOf<enumtype::kTanh, enumtype::kReLU>;

struct RNNOptions {
  using nonlinearity_t = RNNNonlinearity;
  RNNOptions(int64_t in, int64_t hidden) : input_size_(in), hidden_size_(hidden) {}
  AGC_ARG(int64_t, input_size);
  AGC_ARG(int64_t, hidden_size);
  AGC_ARG(int64_t, num_layers) = 1;
  AGC_ARG(nonlinearity_t, nonlinearity) = kTanh;
  AGC_ARG(bool, bias) = true;
  AGC_ARG(bool, batch_first) = false;
  /// Between layers, in training.
  AGC_ARG(double, dropout) = 0.0;
  AGC_ARG(bool, bidirectional) = false;
};
struct LSTMOptions {
  LSTMOptions(int64_t in, int64_t hidden) : input_size_(in), hidden_size_(hidden) {}
  AGC_ARG(int64_t, input_size);
  AGC_ARG(int64_t, hidden_size);
  AGC_ARG(int64_t, num_layers) = 1;
  AGC_ARG(bool, bias) = true;
  AGC_ARG(bool, batch_first) = false;
  AGC_ARG(double, dropout) = 0.0;
  AGC_ARG(bool, bidirectional) = false;
  /// Of h, if it is to be another than that of c.
  AGC_ARG(int64_t, proj_size) = 0;
};
struct GRUOptions {
  GRUOptions(int64_t in, int64_t hidden) : input_size_(in), hidden_size_(hidden) {}
  AGC_ARG(int64_t, input_size);
  AGC_ARG(int64_t, hidden_size);
  AGC_ARG(int64_t, num_layers) = 1;
  AGC_ARG(bool, bias) = true;
  AGC_ARG(bool, batch_first) = false;
  AGC_ARG(double, dropout) = 0.0;
  AGC_ARG(bool, bidirectional) = false;
};
struct RNNCellOptions {
  using nonlinearity_t = RNNNonlinearity;
  RNNCellOptions(int64_t in, int64_t hidden) : input_size_(in), hidden_size_(hidden) {}
  AGC_ARG(int64_t, input_size);
  AGC_ARG(int64_t, hidden_size);
  AGC_ARG(bool, bias) = true;
  AGC_ARG(nonlinearity_t, nonlinearity) = kTanh;
};
struct LSTMCellOptions {
  LSTMCellOptions(int64_t in, int64_t hidden) : input_size_(in), hidden_size_(hidden) {}
  AGC_ARG(int64_t, input_size);
  AGC_ARG(int64_t, hidden_size);
  AGC_ARG(bool, bias) = true;
};
using GRUCellOptions = LSTMCellOptions;

namespace detail {

/// What layers of all kinds have.
struct RNNOptionsBase {
  int64_t gates, input_size, hidden_size, num_layers;
  bool bias, batch_first;
  double dropout;
  bool bidirectional;
  int64_t proj_size;
};

class RNNImplBase : public Module {
public:
  explicit RNNImplBase(const RNNOptionsBase &options);
  /// Uniform within 1 / sqrt(hidden_size).
  void reset_parameters();
  /// Does nothing: there is no other layout here.
  void flatten_parameters() {}
  std::vector<Tensor> all_weights() const { return weights; }
  void pretty_print(std::ostream &out) const override;

  RNNOptionsBase options_base;

protected:
  /// weight_ih_l0, weight_hh_l0, bias_ih_l0, …, weight_ih_l0_reverse, …
  void registerAll();
  /// Zeros, if \p given is not there; its shape is checked.
  Tensor hidden(Arg input, OptionalArg given, int64_t size, const char *what) const;
  std::vector<Tensor> weights;
};

class RNNCellImplBase : public Module {
public:
  RNNCellImplBase(int64_t gates, int64_t in, int64_t hidden, bool bias);
  void reset_parameters();
  void pretty_print(std::ostream &out) const override;

  Tensor weight_ih, weight_hh, bias_ih, bias_hh;

protected:
  void registerAll();
  Tensor hidden(Arg input, OptionalArg given) const;
  virtual std::string nonlinearityText() const { return ""; }
  int64_t gates, input_size, hidden_size;
  bool has_bias;
};

template <typename Options> RNNOptionsBase baseOf(int64_t gates, const Options &o) {
  RNNOptionsBase base{gates,      o.input_size(), o.hidden_size(),   o.num_layers(), o.bias(),
                      o.batch_first(), o.dropout(),    o.bidirectional(), 0};
  if constexpr (requires { o.proj_size(); })
    base.proj_size = o.proj_size();
  return base;
}

} // namespace detail

/// h = tanh (or relu) of x w_ih^T + b_ih + h w_hh^T + b_hh.
/// Errors: AGC0104, layers or sizes below 1, a projection that is not smaller.
class RNNImpl : public Cloneable<RNNImpl, detail::RNNImplBase> {
public:
  RNNImpl(int64_t in, int64_t hidden);
  explicit RNNImpl(const RNNOptions &o);
  void reset() override { registerAll(); }
  std::tuple<Tensor, Tensor> forward(Arg input, OptionalArg hx = {});
  RNNOptions options;
};
AGC_OWN_MODULE(RNN, detail::RNNImplBase);

class LSTMImpl : public Cloneable<LSTMImpl, detail::RNNImplBase> {
public:
  LSTMImpl(int64_t in, int64_t hidden);
  explicit LSTMImpl(const LSTMOptions &o);
  void reset() override { registerAll(); }
  /// The output, and h and c after the last step.
  std::tuple<Tensor, std::tuple<Tensor, Tensor>> forward(Arg input,
                                                         std::optional<std::tuple<Tensor, Tensor>> hx = {});
  LSTMOptions options;
};
AGC_OWN_MODULE(LSTM, detail::RNNImplBase);

class GRUImpl : public Cloneable<GRUImpl, detail::RNNImplBase> {
public:
  GRUImpl(int64_t in, int64_t hidden);
  explicit GRUImpl(const GRUOptions &o);
  void reset() override { registerAll(); }
  std::tuple<Tensor, Tensor> forward(Arg input, OptionalArg hx = {});
  GRUOptions options;
};
AGC_OWN_MODULE(GRU, detail::RNNImplBase);

/// One step of these: input [n, i] or [i].
class RNNCellImpl : public Cloneable<RNNCellImpl, detail::RNNCellImplBase> {
public:
  RNNCellImpl(int64_t in, int64_t hidden);
  explicit RNNCellImpl(const RNNCellOptions &o);
  void reset() override { registerAll(); }
  Tensor forward(Arg input, OptionalArg hx = {});
  RNNCellOptions options;

protected:
  std::string nonlinearityText() const override;
};
AGC_OWN_MODULE(RNNCell, detail::RNNCellImplBase);

class LSTMCellImpl : public Cloneable<LSTMCellImpl, detail::RNNCellImplBase> {
public:
  LSTMCellImpl(int64_t in, int64_t hidden);
  explicit LSTMCellImpl(const LSTMCellOptions &o);
  void reset() override { registerAll(); }
  std::tuple<Tensor, Tensor> forward(Arg input, std::optional<std::tuple<Tensor, Tensor>> hx = {});
  LSTMCellOptions options;
};
AGC_OWN_MODULE(LSTMCell, detail::RNNCellImplBase);

class GRUCellImpl : public Cloneable<GRUCellImpl, detail::RNNCellImplBase> {
public:
  GRUCellImpl(int64_t in, int64_t hidden);
  explicit GRUCellImpl(const GRUCellOptions &o);
  void reset() override { registerAll(); }
  Tensor forward(Arg input, OptionalArg hx = {});
  GRUCellOptions options;
};
AGC_OWN_MODULE(GRUCell, detail::RNNCellImplBase);

} // namespace nn
} // namespace agc

#endif
