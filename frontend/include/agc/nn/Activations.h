//===- Activations.h - Functions between layers ----------------------------===//
//
// Element by element, of floating point, result of the operand's shape and
// dtype, unless said. The same are in namespace agc where libtorch has them there.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_NN_ACTIVATIONS_H
#define AGC_NN_ACTIVATIONS_H

#include <agc/nn/Module.h>
#include <agc/Functions.h>

#include <string>

namespace agc {

Tensor relu6(Arg x);
Tensor leaky_relu(Arg x, Scalar negative_slope = 0.01);
/// \p weight: one number, or one for each channel (dimension 1).
Tensor prelu(Arg x, Arg weight);
Tensor elu(Arg x, Scalar alpha = 1, Scalar scale = 1, Scalar input_scale = 1);
Tensor selu(Arg x);
Tensor celu(Arg x, Scalar alpha = 1);
/// \p approximate: "none", by erf, or "tanh".
Tensor gelu(Arg x, std::string_view approximate = "none");
Tensor silu(Arg x);
Tensor mish(Arg x);
/// log(1 + exp(beta x)) / beta, x itself where beta x is above \p threshold.
Tensor softplus(Arg x, Scalar beta = 1, Scalar threshold = 20);
Tensor log_sigmoid(Arg x);
Tensor hardtanh(Arg x, Scalar min_val = -1, Scalar max_val = 1);
Tensor hardsigmoid(Arg x);
Tensor hardswish(Arg x);
Tensor hardshrink(Arg x, Scalar lambda = 0.5);
Tensor softshrink(Arg x, Scalar lambda = 0.5);
Tensor threshold(Arg x, Scalar threshold, Scalar value);
/// The first half along \p dim times the sigmoid of the second.
/// Errors: an odd size.
Tensor glu(Arg x, int64_t dim = -1);

namespace nn {

/// Options of one number, which is also how they are made.
#define AGC_ONE_OPTION(Name, T, field, value)                                  \
  struct Name##Options {                                                       \
    Name##Options(T v = value) : field##_(v) {}                                \
    AGC_ARG(T, field);                                                         \
    AGC_ARG(bool, inplace) = false;                                            \
  }
AGC_ONE_OPTION(LeakyReLU, double, negative_slope, 0.01);
AGC_ONE_OPTION(ELU, double, alpha, 1.0);
AGC_ONE_OPTION(CELU, double, alpha, 1.0);
AGC_ONE_OPTION(Hardshrink, double, lambda, 0.5);
AGC_ONE_OPTION(Softshrink, double, lambda, 0.5);
AGC_ONE_OPTION(GLU, int64_t, dim, -1);
#undef AGC_ONE_OPTION
/// Options that are `inplace` and nothing else.
#define AGC_INPLACE_OPTION(Name)                                               \
  struct Name##Options {                                                       \
    Name##Options(bool inplace = false) : inplace_(inplace) {}                 \
    AGC_ARG(bool, inplace);                                                    \
  }
AGC_INPLACE_OPTION(ReLU);
AGC_INPLACE_OPTION(ReLU6);
AGC_INPLACE_OPTION(SELU);
#undef AGC_INPLACE_OPTION
struct GELUOptions {
  AGC_LARGE_ARG(std::string, approximate) = "none";
};
struct SoftplusOptions {
  AGC_ARG(double, beta) = 1.0;
  AGC_ARG(double, threshold) = 20.0;
};
struct HardtanhOptions {
  AGC_ARG(double, min_val) = -1.0;
  AGC_ARG(double, max_val) = 1.0;
  AGC_ARG(bool, inplace) = false;
};
struct ThresholdOptions {
  ThresholdOptions(double threshold, double value) : threshold_(threshold), value_(value) {}
  AGC_ARG(double, threshold);
  AGC_ARG(double, value);
  AGC_ARG(bool, inplace) = false;
};
struct PReLUOptions {
  AGC_ARG(int64_t, num_parameters) = 1;
  AGC_ARG(double, init) = 0.25;
};

namespace functional {

#define AGC_OPTIONS(Name) using Name##FuncOptions = Name##Options;
AGC_OPTIONS(LeakyReLU) AGC_OPTIONS(ELU) AGC_OPTIONS(CELU) AGC_OPTIONS(Hardshrink)
AGC_OPTIONS(Softshrink) AGC_OPTIONS(GLU) AGC_OPTIONS(GELU) AGC_OPTIONS(Softplus)
AGC_OPTIONS(Hardtanh) AGC_OPTIONS(Threshold) AGC_OPTIONS(ReLU) AGC_OPTIONS(ReLU6)
AGC_OPTIONS(SELU)
#undef AGC_OPTIONS

Tensor relu(Arg x, const ReLUFuncOptions &options = {});
Tensor relu6(Arg x, const ReLU6FuncOptions &options = {});
Tensor leaky_relu(Arg x, const LeakyReLUFuncOptions &options = {});
Tensor prelu(Arg x, Arg weight);
Tensor elu(Arg x, const ELUFuncOptions &options = {});
Tensor selu(Arg x, const SELUFuncOptions &options = {});
Tensor celu(Arg x, const CELUFuncOptions &options = {});
Tensor gelu(Arg x, const GELUFuncOptions &options = {});
Tensor silu(Arg x);
Tensor mish(Arg x);
Tensor softplus(Arg x, const SoftplusFuncOptions &options = {});
Tensor softsign(Arg x);
Tensor logsigmoid(Arg x);
Tensor hardtanh(Arg x, const HardtanhFuncOptions &options = {});
Tensor hardshrink(Arg x, const HardshrinkFuncOptions &options = {});
Tensor softshrink(Arg x, const SoftshrinkFuncOptions &options = {});
Tensor tanhshrink(Arg x);
Tensor threshold(Arg x, const ThresholdFuncOptions &options);
Tensor glu(Arg x, const GLUFuncOptions &options = {});

} // namespace functional

/// Modules of the functions above.
#define AGC_ACTIVATION(Name)                                                   \
  class Name##Impl : public Cloneable<Name##Impl> {                            \
  public:                                                                      \
    void reset() override {}                                                   \
    Tensor forward(Arg x);                                                     \
    void pretty_print(std::ostream &out) const override;                       \
  };                                                                           \
  AGC_OWN_MODULE(Name)
AGC_ACTIVATION(Identity);
AGC_ACTIVATION(Tanh);
AGC_ACTIVATION(Sigmoid);
AGC_ACTIVATION(SiLU);
AGC_ACTIVATION(Mish);
AGC_ACTIVATION(Softsign);
AGC_ACTIVATION(LogSigmoid);
AGC_ACTIVATION(Tanhshrink);
AGC_ACTIVATION(Hardsigmoid);
AGC_ACTIVATION(Hardswish);
#undef AGC_ACTIVATION
#define AGC_ACTIVATION(Name, ...)                                              \
  class Name##Impl : public Cloneable<Name##Impl> {                            \
  public:                                                                      \
    void reset() override {}                                                   \
    explicit Name##Impl(const Name##Options &options __VA_ARGS__);             \
    Tensor forward(Arg x);                                                     \
    void pretty_print(std::ostream &out) const override;                       \
    Name##Options options;                                                     \
  };                                                                           \
  AGC_OWN_MODULE(Name)
AGC_ACTIVATION(ReLU, = {});
AGC_ACTIVATION(ReLU6, = {});
AGC_ACTIVATION(SELU, = {});
AGC_ACTIVATION(LeakyReLU, = {});
AGC_ACTIVATION(ELU, = {});
AGC_ACTIVATION(CELU, = {});
AGC_ACTIVATION(GELU, = {});
AGC_ACTIVATION(Softplus, = {});
AGC_ACTIVATION(Hardtanh, = {});
AGC_ACTIVATION(Hardshrink, = {});
AGC_ACTIVATION(Softshrink, = {});
AGC_ACTIVATION(GLU, = {});
#undef AGC_ACTIVATION
class ThresholdImpl : public Cloneable<ThresholdImpl> {
public:
  void reset() override {}
  ThresholdImpl(double threshold, double value);
  explicit ThresholdImpl(const ThresholdOptions &options);
  Tensor forward(Arg x);
  void pretty_print(std::ostream &out) const override;
  ThresholdOptions options;
};
AGC_OWN_MODULE(Threshold);
class PReLUImpl : public Cloneable<PReLUImpl> {
public:
  explicit PReLUImpl(const PReLUOptions &options = {});
  void reset() override;
  Tensor forward(Arg x);
  void pretty_print(std::ostream &out) const override;
  PReLUOptions options;
  Tensor weight;
};
AGC_OWN_MODULE(PReLU);

/// Softmax and its kin along a dimension.
#define AGC_ALONG(Name)                                                        \
  struct Name##Options {                                                       \
    Name##Options(int64_t dim) : dim_(dim) {}                                  \
    AGC_ARG(int64_t, dim);                                                     \
  };                                                                           \
  class Name##Impl : public Cloneable<Name##Impl> {                            \
  public:                                                                      \
    void reset() override {}                                                   \
    explicit Name##Impl(int64_t dim);                                          \
    explicit Name##Impl(const Name##Options &options);                         \
    Tensor forward(Arg x);                                                     \
    void pretty_print(std::ostream &out) const override;                       \
    Name##Options options;                                                     \
  };                                                                           \
  AGC_OWN_MODULE(Name)
AGC_ALONG(Softmax);
AGC_ALONG(LogSoftmax);
AGC_ALONG(Softmin);
#undef AGC_ALONG

namespace functional {
/// `dtype`: what the operand is converted to first.
#define AGC_ALONG(Name)                                                        \
  struct Name##FuncOptions {                                                   \
    Name##FuncOptions(int64_t dim) : dim_(dim) {}                              \
    Name##FuncOptions(const Name##Options &o) : dim_(o.dim()) {}               \
    AGC_ARG(int64_t, dim);                                                     \
    AGC_LARGE_ARG(std::optional<Dtype>, dtype) = std::nullopt;                       \
  }
AGC_ALONG(Softmax);
AGC_ALONG(LogSoftmax);
AGC_ALONG(Softmin);
#undef AGC_ALONG
Tensor softmax(Arg x, const SoftmaxFuncOptions &options);
Tensor log_softmax(Arg x, const LogSoftmaxFuncOptions &options);
Tensor softmin(Arg x, const SoftminFuncOptions &options);
} // namespace functional

} // namespace nn
} // namespace agc

#endif
