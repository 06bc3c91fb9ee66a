#include <agc/optim/Adam.h>

#include "frontend/core/Host.h"
#include "frontend/optim/Update.h"

#include <agc/Autograd.h>

namespace agc::optim {

#define AGC_CLONE(Name)                                                        \
  std::unique_ptr<OptimizerOptions> Name::clone() const {                      \
    return std::make_unique<Name>(*this);                                      \
  }
AGC_CLONE(AdamOptions)
AGC_CLONE(AdamWOptions)
AGC_CLONE(RMSpropOptions)
AGC_CLONE(AdagradOptions)
#undef AGC_CLONE

using namespace detail;

namespace {

void expect(bool holds, const char *optimizer, const char *what, std::initializer_list<double> got,
            Loc loc) {
  if (holds)
    return;
  std::string numbers;
  for (double number : got)
    numbers += (numbers.empty() ? "" : ", ") + std::to_string(number);
  failAt("AGC0104", std::string("'agc.") + optimizer + "' expects " + what + ", got " + numbers, loc);
}

Value spread(const Value &scalar, const Value &like) {
  return broadcastDims(convert(scalar, like.dtype()), like.shape(), {});
}

/// The steps so far, this one included: f64, as a power of it decides.
Value countStep(const Tensor &state) {
  Value t = read(state) + constantLike(read(state), 1);
  write(state, t);
  return t;
}

/// 1 - beta^t.
Value correction(double beta, const Value &t) {
  return constantLike(t, 1) - binary(OpId::Pow, constantLike(t, beta), t);
}

/// Moments of Adam and AdamW; \p stateOf gives what is kept.
template <typename Options, typename StateOf>
Value adamUpdate(const Options &o, StateOf stateOf, const Value &p, const Value &d,
                 const Value &rate) {
  auto [beta1, beta2] = o.betas();
  Value t = countStep(stateOf("step"));
  Tensor first = stateOf("exp_avg"), second = stateOf("exp_avg_sq");
  Value m = read(first) * constantLike(d, beta1) + d * constantLike(d, 1 - beta1);
  Value v = read(second) * constantLike(d, beta2) + d * d * constantLike(d, 1 - beta2);
  write(first, m);
  write(second, v);
  if (o.amsgrad()) {
    Tensor largest = stateOf("max_exp_avg_sq");
    v = binary(OpId::Maximum, read(largest), v);
    write(largest, v);
  }
  Value root = unary(OpId::Sqrt, correction(beta2, t));
  Value denominator = unary(OpId::Sqrt, v) / spread(root, v) + constantLike(v, o.eps());
  Value size = convert(rate, DType::F64) / correction(beta1, t);
  return p - spread(size, p) * m / denominator;
}

template <typename Options> void checkAdam(const Options &o, const char *name, Loc loc) {
  auto [beta1, beta2] = o.betas();
  expect(o.lr() >= 0 && o.eps() >= 0 && o.weight_decay() >= 0, name,
         "lr, eps and weight_decay of at least 0", {o.lr(), o.eps(), o.weight_decay()}, loc);
  expect(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1, name, "betas in [0, 1)",
         {beta1, beta2}, loc);
}

} // namespace

Adam::Adam(std::vector<Tensor> params, AdamOptions defaults, Loc loc)
    : Adam({OptimizerParamGroup(std::move(params))}, std::move(defaults), loc) {}
Adam::Adam(std::vector<OptimizerParamGroup> given, AdamOptions defaults, Loc loc)
    : Optimizer(std::move(given), std::make_unique<AdamOptions>(defaults), loc) {
  for (const OptimizerParamGroup &group : groups)
    checkAdam(static_cast<const AdamOptions &>(group.options()), "Adam", loc);
}

Tensor Adam::step(std::function<Tensor()> closure, Loc loc) {
  Tensor loss = evaluate(closure);
  cutAtStep();
  OpGuard op("adam", loc);
  NoGradGuard quiet;
  forEachParameter<AdamOptions>(groups, [&](AdamOptions &o, const Tensor &parameter, size_t at,
                                            const Value &p, Value d, const Value &rate) {
    if (o.weight_decay() != 0)
      d = d + scaled(p, o.weight_decay());
    auto keep = [&](const char *name) {
      bool counts = std::string_view(name) == "step";
      return stateOf(name, at, counts ? hostFull({}, DType::F64, 0) : parameter);
    };
    return adamUpdate(o, keep, p, d, rate);
  });
  markStep();
  return loss;
}

AdamW::AdamW(std::vector<Tensor> params, AdamWOptions defaults, Loc loc)
    : AdamW({OptimizerParamGroup(std::move(params))}, std::move(defaults), loc) {}
AdamW::AdamW(std::vector<OptimizerParamGroup> given, AdamWOptions defaults, Loc loc)
    : Optimizer(std::move(given), std::make_unique<AdamWOptions>(defaults), loc) {
  for (const OptimizerParamGroup &group : groups)
    checkAdam(static_cast<const AdamWOptions &>(group.options()), "AdamW", loc);
}

Tensor AdamW::step(std::function<Tensor()> closure, Loc loc) {
  Tensor loss = evaluate(closure);
  cutAtStep();
  OpGuard op("adamw", loc);
  NoGradGuard quiet;
  forEachParameter<AdamWOptions>(groups, [&](AdamWOptions &o, const Tensor &parameter, size_t at,
                                             Value p, const Value &d, const Value &rate) {
    if (o.weight_decay() != 0) {
      Value one = constantLike(rate, 1);
      p = p * spread(one - scaled(rate, o.weight_decay()), p);
    }
    auto keep = [&](const char *name) {
      bool counts = std::string_view(name) == "step";
      return stateOf(name, at, counts ? hostFull({}, DType::F64, 0) : parameter);
    };
    return adamUpdate(o, keep, p, d, rate);
  });
  markStep();
  return loss;
}

RMSprop::RMSprop(std::vector<Tensor> params, RMSpropOptions defaults, Loc loc)
    : RMSprop({OptimizerParamGroup(std::move(params))}, std::move(defaults), loc) {}
RMSprop::RMSprop(std::vector<OptimizerParamGroup> given, RMSpropOptions defaults, Loc loc)
    : Optimizer(std::move(given), std::make_unique<RMSpropOptions>(defaults), loc) {
  for (const OptimizerParamGroup &group : groups) {
    const auto &o = static_cast<const RMSpropOptions &>(group.options());
    expect(o.lr() >= 0 && o.eps() >= 0 && o.weight_decay() >= 0 && o.momentum() >= 0 && o.alpha() >= 0,
           "RMSprop", "lr, alpha, eps, weight_decay and momentum of at least 0",
           {o.lr(), o.alpha(), o.eps(), o.weight_decay(), o.momentum()}, loc);
  }
}

Tensor RMSprop::step(std::function<Tensor()> closure, Loc loc) {
  Tensor loss = evaluate(closure);
  cutAtStep();
  OpGuard op("rmsprop", loc);
  NoGradGuard quiet;
  forEachParameter<RMSpropOptions>(groups, [&](RMSpropOptions &o, const Tensor &parameter, size_t at,
                                               const Value &p, Value d, const Value &rate) {
    if (o.weight_decay() != 0)
      d = d + scaled(p, o.weight_decay());
    auto average = [&](const Tensor &state, const Value &now) {
      Value mean = read(state) * constantLike(now, o.alpha()) + now * constantLike(now, 1 - o.alpha());
      write(state, mean);
      return mean;
    };
    Value s = average(stateOf("square_avg", at, parameter), d * d);
    if (o.centered()) {
      Value mean = average(stateOf("grad_avg", at, parameter), d);
      s = s - mean * mean;
    }
    d = d / (unary(OpId::Sqrt, s) + constantLike(s, o.eps()));
    if (o.momentum() > 0) {
      Tensor buffer = stateOf("momentum_buffer", at, parameter);
      d = scaled(read(buffer), o.momentum()) + d;
      write(buffer, d);
    }
    return p - d * spread(rate, p);
  });
  markStep();
  return loss;
}

Adagrad::Adagrad(std::vector<Tensor> params, AdagradOptions defaults, Loc loc)
    : Adagrad({OptimizerParamGroup(std::move(params))}, std::move(defaults), loc) {}
Adagrad::Adagrad(std::vector<OptimizerParamGroup> given, AdagradOptions defaults, Loc loc)
    : Optimizer(std::move(given), std::make_unique<AdagradOptions>(defaults), loc) {
  for (const OptimizerParamGroup &group : groups) {
    const auto &o = static_cast<const AdagradOptions &>(group.options());
    expect(o.lr() >= 0 && o.lr_decay() >= 0 && o.weight_decay() >= 0 &&
               o.initial_accumulator_value() >= 0 && o.eps() >= 0,
           "Adagrad", "lr, lr_decay, weight_decay, initial_accumulator_value and eps of at least 0",
           {o.lr(), o.lr_decay(), o.weight_decay(), o.initial_accumulator_value(), o.eps()}, loc);
  }
}

Tensor Adagrad::step(std::function<Tensor()> closure, Loc loc) {
  Tensor loss = evaluate(closure);
  cutAtStep();
  OpGuard op("adagrad", loc);
  NoGradGuard quiet;
  forEachParameter<AdagradOptions>(groups, [&](AdagradOptions &o, const Tensor &parameter, size_t at,
                                               const Value &p, Value d, const Value &rate) {
    if (o.weight_decay() != 0)
      d = d + scaled(p, o.weight_decay());
    // Kept less its first value, as states begin at zero.
    Tensor state = stateOf("sum", at, parameter);
    Value sum = read(state) + d * d;
    write(state, sum);
    if (o.initial_accumulator_value() != 0)
      sum = sum + constantLike(sum, o.initial_accumulator_value());
    Value size = rate;
    if (o.lr_decay() != 0) {
      Value t = countStep(stateOf("step", at, hostFull({}, DType::F64, 0)));
      Value one = constantLike(t, 1);
      size = convert(rate, DType::F64) / (one + (t - one) * constantLike(t, o.lr_decay()));
    }
    return p - spread(size, p) * (d / (unary(OpId::Sqrt, sum) + constantLike(sum, o.eps())));
  });
  markStep();
  return loss;
}

} // namespace agc::optim
