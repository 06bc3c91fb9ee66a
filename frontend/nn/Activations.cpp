#include <agc/nn/Activations.h>

#include "frontend/nn/Layer.h"
#include "frontend/ops/Composites.h"

#include <cmath>
#include <ostream>

namespace agc {

using namespace detail;

namespace {

Value zeroLike(const Value &x) { return constantLike(x, 0); }

/// What an activation starts with: a value of floating point.
Value input(const Tensor &x) {
  Value v = read(x);
  expectFloat(v);
  return v;
}

/// A number of the user's, for every element.
Value every(const Value &like, Scalar value) { return constantLike(like, value.toDouble()); }

/// Within the bounds a slope of 1, on them, outside and of NaN none.
Value clampInside(const Value &x, double low, double high) {
  Value lowest = constantLike(x, low), highest = constantLike(x, high);
  Value held = stopGradient(x);
  held = select(compare("lt", held, lowest), lowest, held);
  held = select(compare("gt", held, highest), highest, held);
  Value inside = binary(OpId::And, compare("gt", x, lowest), compare("lt", x, highest));
  return select(inside, x, held);
}

Value sigmoidOf(const Value &x) { return unary(OpId::Sigmoid, x); }

} // namespace

#define AGC_BEGIN(name)                                                        \
  OpGuard op(#name, x.loc);                                                    \
  Value v = input(x.tensor);

Tensor relu6(Arg x) {
  AGC_BEGIN(relu6)
  return wrap(clampInside(v, 0, 6), "HardtanhBackward0", {v});
}
Tensor leaky_relu(Arg x, Scalar slope) {
  AGC_BEGIN(leaky_relu)
  return wrap(select(compare("gt", v, zeroLike(v)), v, v * every(v, slope)), "LeakyReluBackward0", {v});
}
Tensor prelu(Arg x, Arg weight) {
  AGC_BEGIN(prelu)
  Value w = input(weight.tensor);
  if (v.dtype() != w.dtype())
    fail("AGC0102", std::string("expects input and weight of one dtype, got ") +
                        dtypeName(v.dtype()) + " and " + dtypeName(w.dtype()));
  int64_t channels = v.rank() > 1 ? v.shape()[1] : 1;
  if (w.rank() > 1 || (w.type()->numel != 1 && w.type()->numel != channels))
    fail("AGC0107", "expects a weight of one number or one for each of " + std::to_string(channels) +
                        " channels, got shape " + shapeText(w.shape()));
  Value slopes = w.type()->numel == 1 ? broadcastDims(reshape(w, {}), v.shape(), {})
                                      : broadcastDims(reshape(w, channels), v.shape(), int64_t(1));
  return wrap(select(compare("gt", v, zeroLike(v)), v, v * slopes), "PreluKernelBackward0", {v, w});
}
Tensor elu(Arg x, Scalar alpha, Scalar scale, Scalar input_scale) {
  AGC_BEGIN(elu)
  // The branch not taken must not overflow, or its gradient would.
  Value below = compare("le", v, zeroLike(v)), safe = select(below, v, zeroLike(v));
  Value low = unary(OpId::Expm1, safe * every(v, input_scale)) *
              constantLike(v, alpha.toDouble() * scale.toDouble());
  return wrap(select(below, low, v * every(v, scale)), "EluBackward0", {v});
}
Tensor selu(Arg x) {
  return elu(x, 1.6732632423543772848170429916717, 1.0507009873554804934193349852946);
}
Tensor celu(Arg x, Scalar alpha) {
  OpGuard op("celu", x.loc);
  if (alpha.toDouble() == 0)
    fail("AGC0104", "expects an alpha that is not 0");
  return wrap(read(elu(x, alpha, 1, 1 / alpha.toDouble())), "CeluBackward0", {read(x.tensor)});
}
Tensor gelu(Arg x, std::string_view approximate) {
  AGC_BEGIN(gelu)
  Value half = constantLike(v, 0.5) * v, one = constantLike(v, 1), y;
  if (approximate == "none")
    y = half * (one + unary(OpId::Erf, v * constantLike(v, M_SQRT1_2)));
  else if (approximate == "tanh")
    y = half * (one + unary(OpId::Tanh, constantLike(v, M_SQRT2 * M_2_SQRTPI * 0.5) *
                                            (v + constantLike(v, 0.044715) * powi(v, 3))));
  else
    fail("AGC0104", "expects approximate 'none' or 'tanh', got '" + std::string(approximate) + "'");
  return wrap(y, "GeluBackward0", {v});
}
Tensor silu(Arg x) {
  AGC_BEGIN(silu)
  return wrap(v * sigmoidOf(v), "SiluBackward0", {v});
}
Tensor mish(Arg x) {
  AGC_BEGIN(mish)
  return wrap(v * unary(OpId::Tanh, softplusOf(v)), "MishBackward0", {v});
}
Tensor softplus(Arg x, Scalar beta, Scalar threshold) {
  AGC_BEGIN(softplus)
  Value scaled = v * every(v, beta);
  Value far = compare("gt", scaled, every(v, threshold));
  Value near = softplusOf(select(far, zeroLike(v), scaled)) / every(v, beta);
  return wrap(select(far, v, near), "SoftplusBackward0", {v});
}
Tensor log_sigmoid(Arg x) {
  AGC_BEGIN(log_sigmoid)
  Value y = zeroLike(v) - softplusOf(unary(OpId::Neg, v)); // never -0
  return wrap(y, "LogSigmoidBackward0", {v});
}
Tensor hardtanh(Arg x, Scalar low, Scalar high) {
  AGC_BEGIN(hardtanh)
  if (low.toDouble() > high.toDouble())
    fail("AGC0104", "expects min_val of at most max_val, got " + std::to_string(low.toDouble()) + " and " +
                        std::to_string(high.toDouble()));
  return wrap(clampInside(v, low.toDouble(), high.toDouble()), "HardtanhBackward0", {v});
}
Tensor hardsigmoid(Arg x) {
  AGC_BEGIN(hardsigmoid)
  Value inner = clampInside(v, -3, 3);
  return wrap(inner / constantLike(v, 6) + constantLike(v, 0.5), "HardsigmoidBackward0", {v});
}
Tensor hardswish(Arg x) {
  AGC_BEGIN(hardswish)
  // The branch not taken must be finite, or its gradient would not be.
  Value isBelow = compare("lt", v, constantLike(v, 3)), isAbove = compare("gt", v, constantLike(v, -3));
  Value safe = select(binary(OpId::And, isBelow, isAbove), v, zeroLike(v));
  Value middle = safe * (safe / constantLike(v, 6) + constantLike(v, 0.5));
  Value low = select(isAbove, middle, stopGradient(v) * zeroLike(v));
  return wrap(select(isBelow, low, v), "HardswishBackward0", {v});
}
Tensor hardshrink(Arg x, Scalar lambda) {
  AGC_BEGIN(hardshrink)
  Value inside = compare("le", unary(OpId::Abs, v), every(v, lambda));
  return wrap(select(inside, zeroLike(v), v), "HardshrinkBackward0", {v});
}
Tensor softshrink(Arg x, Scalar lambda) {
  AGC_BEGIN(softshrink)
  if (lambda.toDouble() < 0)
    fail("AGC0104", "expects lambda of at least 0, got " + std::to_string(lambda.toDouble()));
  Value l = every(v, lambda);
  Value y = select(compare("lt", v, unary(OpId::Neg, l)), v + l, zeroLike(v) * v + zeroLike(v));
  return wrap(select(compare("gt", v, l), v - l, y), "SoftshrinkBackward0", {v});
}
Tensor threshold(Arg x, Scalar threshold, Scalar value) {
  AGC_BEGIN(threshold)
  return wrap(select(compare("le", v, every(v, threshold)), every(v, value), v), "ThresholdBackward0", {v});
}
Tensor glu(Arg x, int64_t dim) {
  AGC_BEGIN(glu)
  if (v.rank() == 0)
    fail("AGC0107", "expects at least one dimension, got shape []");
  int64_t d = wrapDim(dim, v.rank()), n = v.shape()[size_t(d)];
  if (n % 2)
    fail("AGC0107", "expects an even size along dimension " + std::to_string(d) + ", got shape " +
                        shapeText(v.shape()));
  return wrap(sliceDim(v, d, 0, n / 2) * sigmoidOf(sliceDim(v, d, n / 2, n)), "GluBackward0", {v});
}
#undef AGC_BEGIN

namespace nn {
namespace functional {

Tensor relu(Arg x, const ReLUFuncOptions &o) { return placed(x, agc::relu(x), o.inplace()); }
Tensor relu6(Arg x, const ReLU6FuncOptions &o) { return placed(x, agc::relu6(x), o.inplace()); }
Tensor leaky_relu(Arg x, const LeakyReLUFuncOptions &o) { return placed(x, agc::leaky_relu(x, o.negative_slope()), o.inplace()); }
Tensor prelu(Arg x, Arg weight) { return agc::prelu(x, weight); }
Tensor elu(Arg x, const ELUFuncOptions &o) { return placed(x, agc::elu(x, o.alpha()), o.inplace()); }
Tensor selu(Arg x, const SELUFuncOptions &o) { return placed(x, agc::selu(x), o.inplace()); }
Tensor celu(Arg x, const CELUFuncOptions &o) { return placed(x, agc::celu(x, o.alpha()), o.inplace()); }
Tensor gelu(Arg x, const GELUFuncOptions &o) { return agc::gelu(x, o.approximate()); }
Tensor silu(Arg x) { return agc::silu(x); }
Tensor mish(Arg x) { return agc::mish(x); }
Tensor softplus(Arg x, const SoftplusFuncOptions &o) { return agc::softplus(x, o.beta(), o.threshold()); }
Tensor softsign(Arg x) {
  OpGuard op("softsign", x.loc);
  Value v = input(x.tensor);
  return wrap(v / (constantLike(v, 1) + unary(OpId::Abs, v)), "DivBackward0", {v});
}
Tensor logsigmoid(Arg x) { return log_sigmoid(x); }
Tensor hardtanh(Arg x, const HardtanhFuncOptions &o) { return placed(x, agc::hardtanh(x, o.min_val(), o.max_val()), o.inplace()); }
Tensor hardshrink(Arg x, const HardshrinkFuncOptions &o) { return agc::hardshrink(x, o.lambda()); }
Tensor softshrink(Arg x, const SoftshrinkFuncOptions &o) { return agc::softshrink(x, o.lambda()); }
Tensor tanhshrink(Arg x) {
  OpGuard op("tanhshrink", x.loc);
  Value v = input(x.tensor);
  return wrap(v - unary(OpId::Tanh, v), "SubBackward0", {v});
}
Tensor threshold(Arg x, const ThresholdFuncOptions &o) { return placed(x, agc::threshold(x, o.threshold(), o.value()), o.inplace()); }
Tensor glu(Arg x, const GLUFuncOptions &o) { return agc::glu(x, o.dim()); }
Tensor softmax(Arg x, const SoftmaxFuncOptions &o) { return agc::softmax(x, o.dim(), o.dtype()); }
Tensor log_softmax(Arg x, const LogSoftmaxFuncOptions &o) { return agc::log_softmax(x, o.dim(), o.dtype()); }
Tensor softmin(Arg x, const SoftminFuncOptions &o) {
  Tensor negative = agc::neg(x);
  return agc::softmax(Arg(negative, x.loc), o.dim(), o.dtype());
}

} // namespace functional

using detail::ScopeGuard;

#define AGC_ACTIVATION(Name, expression, text)                                 \
  Tensor Name##Impl::forward(Arg x) {                                          \
    ScopeGuard in(scope());                                                    \
    return expression;                                                         \
  }                                                                            \
  void Name##Impl::pretty_print(std::ostream &out) const {                     \
    out << "torch::nn::" #Name "(" << text << ")";                             \
  }
#define AGC_WITH_OPTIONS(Name, expression, text)                               \
  Name##Impl::Name##Impl(const Name##Options &options) : options(options) {}   \
  AGC_ACTIVATION(Name, expression, text)
#define AGC_ALONG(Name, function)                                              \
  Name##Impl::Name##Impl(int64_t dim) : options(dim) {}                        \
  AGC_WITH_OPTIONS(Name, functional::function(x, options), AGC_FIELD(dim))
#define AGC_FIELD(name) #name "=" << options.name()
AGC_ACTIVATION(Identity, x.tensor, "")
AGC_ACTIVATION(Tanh, agc::tanh(x), "")
AGC_ACTIVATION(Sigmoid, agc::sigmoid(x), "")
AGC_WITH_OPTIONS(ReLU, functional::relu(x, options), (options.inplace() ? "inplace=true" : ""))
AGC_WITH_OPTIONS(ReLU6, functional::relu6(x, options), (options.inplace() ? "inplace=true" : ""))
AGC_WITH_OPTIONS(SELU, functional::selu(x, options), (options.inplace() ? "inplace=true" : ""))
AGC_ACTIVATION(SiLU, agc::silu(x), "")
AGC_ACTIVATION(Mish, agc::mish(x), "")
AGC_ACTIVATION(Softsign, functional::softsign(x), "")
AGC_ACTIVATION(LogSigmoid, agc::log_sigmoid(x), "")
AGC_ACTIVATION(Tanhshrink, functional::tanhshrink(x), "")
AGC_ACTIVATION(Hardsigmoid, agc::hardsigmoid(x), "")
AGC_ACTIVATION(Hardswish, agc::hardswish(x), "")
AGC_WITH_OPTIONS(LeakyReLU, functional::leaky_relu(x, options), AGC_FIELD(negative_slope))
AGC_WITH_OPTIONS(ELU, functional::elu(x, options), AGC_FIELD(alpha))
AGC_WITH_OPTIONS(CELU, functional::celu(x, options), AGC_FIELD(alpha))
AGC_WITH_OPTIONS(GELU, functional::gelu(x, options), "")
AGC_WITH_OPTIONS(Softplus, functional::softplus(x, options), AGC_FIELD(beta) << ", " AGC_FIELD(threshold))
AGC_WITH_OPTIONS(Hardtanh, functional::hardtanh(x, options), AGC_FIELD(min_val) << ", " AGC_FIELD(max_val))
AGC_WITH_OPTIONS(Hardshrink, functional::hardshrink(x, options), options.lambda())
AGC_WITH_OPTIONS(Softshrink, functional::softshrink(x, options), options.lambda())
AGC_WITH_OPTIONS(GLU, functional::glu(x, options), AGC_FIELD(dim))
AGC_WITH_OPTIONS(Threshold, functional::threshold(x, options), AGC_FIELD(threshold) << ", " AGC_FIELD(value))
AGC_ACTIVATION(PReLU, agc::prelu(x, Arg(weight, x.loc)), AGC_FIELD(num_parameters))
AGC_ALONG(Softmax, softmax)
AGC_ALONG(LogSoftmax, log_softmax)
AGC_ALONG(Softmin, softmin)
#undef AGC_FIELD
#undef AGC_ALONG
#undef AGC_WITH_OPTIONS
#undef AGC_ACTIVATION

ThresholdImpl::ThresholdImpl(double threshold, double value) : options(threshold, value) {}
PReLUImpl::PReLUImpl(const PReLUOptions &o) : options(o) { reset(); }
void PReLUImpl::reset() {
  weight = addParameter(*this, "weight", options.num_parameters(), true, options.init());
}

} // namespace nn
} // namespace agc
