#include <agc/nn/Dropout.h>

#include "frontend/core/Promote.h"
#include "frontend/core/Random.h"
#include "frontend/nn/Layer.h"

#include <ostream>

namespace agc {

using namespace detail;

namespace {

void checkShare(double p) {
  if (!(p >= 0 && p <= 1))
    fail("AGC0104", "expects a probability in [0, 1], got " + std::to_string(p));
}

/// x with elements left out; \p shape has 1 where they go together.
Value thinned(const Value &x, const Dims &shape, double p) {
  if (p == 1)
    return x * constantLike(x, 0);
  // Drawn in f32, whose numbers are fine enough for any probability.
  Value kept = drawBernoulli(constant(typeOf(DType::F32, shape), 1 - p));
  kept = broadcastTo(convert(kept, x.dtype()), x.shape());
  return x * (kept * constantLike(x, 1 / (1 - p)));
}

Tensor dropOut(const char *name, const char *gradName, Arg x, double p, bool train, bool channels) {
  OpGuard op(name, x.loc);
  checkShare(p);
  Value v = read(x.tensor);
  expectFloat(v);
  if (channels && v.rank() < 2)
    fail("AGC0107", "expects [n, c, ...], got shape " + shapeText(v.shape()));
  if (!train || p == 0)
    return x.tensor;
  Dims shape = v.shape();
  if (channels)
    std::fill(shape.begin() + 2, shape.end(), 1);
  return wrap(thinned(v, shape, p), gradName, {v});
}

} // namespace

Tensor dropout(Arg x, double p, bool train) {
  return dropOut("dropout", "NativeDropoutBackward0", x, p, train, false);
}
Tensor feature_dropout(Arg x, double p, bool train) {
  return dropOut("feature_dropout", "FeatureDropoutBackward0", x, p, train, true);
}

namespace nn {

namespace functional {

Tensor dropout(Arg x, const DropoutFuncOptions &o) {
  return placed(x, agc::dropout(x, o.p(), o.training()), o.inplace());
}
Tensor dropout2d(Arg x, const Dropout2dFuncOptions &o) {
  OpGuard op("dropout2d", x.loc);
  if (x.tensor.dim() == 4)
    return placed(x, agc::feature_dropout(x, o.p(), o.training()), o.inplace());
  if (x.tensor.dim() != 3)
    fail("AGC0107", "expects [n, c, h, w] or [c, h, w], got shape " + shapeText(x.tensor.sizes()));
  Tensor batch = x.tensor.unsqueeze(0, x.loc);
  Tensor y = agc::feature_dropout(Arg(batch, x.loc), o.p(), o.training()).squeeze(0, x.loc);
  return placed(x, y, o.inplace());
}

} // namespace functional

#define AGC_DROPOUT(Name, function)                                            \
  Name##Impl::Name##Impl(double p) : Name##Impl(Name##Options(p)) {}           \
  Name##Impl::Name##Impl(const Name##Options &options) : options(options) {    \
    reset();                                                                   \
  }                                                                            \
  void Name##Impl::reset() {                                                   \
    OpGuard op(#Name, currentLoc());                                           \
    checkShare(options.p());                                                   \
  }                                                                            \
  Tensor Name##Impl::forward(Arg x) {                                          \
    ScopeGuard in(scope());                                                    \
    return functional::function(x, functional::DropoutFuncOptions()            \
                                       .p(options.p())                         \
                                       .training(is_training())                \
                                       .inplace(options.inplace()));           \
  }                                                                            \
  void Name##Impl::pretty_print(std::ostream &out) const {                     \
    out << "torch::nn::" #Name "(p=" << options.p()                            \
        << ", inplace=" << boolText(options.inplace()) << ")";                 \
  }
AGC_DROPOUT(Dropout, dropout)
AGC_DROPOUT(Dropout2d, dropout2d)
#undef AGC_DROPOUT

} // namespace nn
} // namespace agc
