#include "frontend/TraceOptimizers.h"

#include <agc/Error.h>
#include <agc/optim/Adam.h>
#include <agc/optim/SGD.h>

#include <functional>

namespace agc {

using namespace optim;

namespace {

/// An option by name, and where it goes.
template <typename Options> struct Setting {
  const char *name;
  bool flag;
  void (*set)(Options &, double);
};
#define AGC_SETTING(Options, name)                                             \
  Setting<Options> {                                                           \
    #name, std::is_same_v<decltype(std::declval<const Options &>().name()), const bool &>, \
        [](Options &options, double value) { options.name(value); }            \
  }

struct Maker {
  ProgramOptimizer words;
  std::function<std::unique_ptr<Optimizer>(const std::map<std::string, double> &, std::vector<Tensor>)> make;
};

template <typename O, typename Options>
Maker maker(const char *name, Options defaults, std::vector<Setting<Options>> settings) {
  Maker maker{{name, {}, {}}, {}};
  for (const Setting<Options> &setting : settings)
    (setting.flag ? maker.words.flags : maker.words.numbers).push_back(setting.name);
  maker.make = [=](const std::map<std::string, double> &values, std::vector<Tensor> parameters) {
    Options options = defaults;
    size_t known = 0;
    for (const Setting<Options> &setting : settings)
      if (auto value = values.find(setting.name); value != values.end()) {
        setting.set(options, value->second);
        ++known;
      }
    if (known != values.size())
      throw Error("AGC0121", std::string("optimizer ") + name + " has other options");
    return std::make_unique<O>(std::move(parameters), options);
  };
  return maker;
}

template <typename Options> std::vector<Setting<Options>> adamSettings() {
  return {AGC_SETTING(Options, lr),
          {"beta1", false, [](Options &o, double value) { std::get<0>(o.betas()) = value; }},
          {"beta2", false, [](Options &o, double value) { std::get<1>(o.betas()) = value; }},
          AGC_SETTING(Options, eps), AGC_SETTING(Options, weight_decay), AGC_SETTING(Options, amsgrad)};
}

const std::vector<Maker> &makers() {
  static const std::vector<Maker> all = {
      maker<SGD>("sgd", SGDOptions(1e-2),
                 {AGC_SETTING(SGDOptions, lr), AGC_SETTING(SGDOptions, momentum),
                  AGC_SETTING(SGDOptions, dampening), AGC_SETTING(SGDOptions, weight_decay),
                  AGC_SETTING(SGDOptions, nesterov)}),
      maker<Adam>("adam", AdamOptions(), adamSettings<AdamOptions>()),
      maker<AdamW>("adamw", AdamWOptions(), adamSettings<AdamWOptions>()),
      maker<RMSprop>("rmsprop", RMSpropOptions(),
                     {AGC_SETTING(RMSpropOptions, lr), AGC_SETTING(RMSpropOptions, alpha),
                      AGC_SETTING(RMSpropOptions, eps), AGC_SETTING(RMSpropOptions, weight_decay),
                      AGC_SETTING(RMSpropOptions, momentum), AGC_SETTING(RMSpropOptions, centered)}),
      maker<Adagrad>("adagrad", AdagradOptions(),
                     {AGC_SETTING(AdagradOptions, lr), AGC_SETTING(AdagradOptions, lr_decay),
                      AGC_SETTING(AdagradOptions, weight_decay),
                      AGC_SETTING(AdagradOptions, initial_accumulator_value),
                      AGC_SETTING(AdagradOptions, eps)})};
  return all;
}

} // namespace

std::vector<ProgramOptimizer> programOptimizers() {
  std::vector<ProgramOptimizer> all;
  for (const Maker &maker : makers())
    all.push_back(maker.words);
  return all;
}

std::unique_ptr<Optimizer> detail::makeOptimizer(const ProgramRequest &request, std::vector<Tensor> parameters) {
  for (const Maker &maker : makers())
    if (maker.words.name == request.optimizer)
      return maker.make(request.options, std::move(parameters));
  throw Error("AGC0121", "there is no optimizer '" + request.optimizer + "'");
}

} // namespace agc
