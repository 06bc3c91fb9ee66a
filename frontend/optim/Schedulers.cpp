#include <agc/optim/Schedulers.h>

#include "frontend/core/AtLine.h"

#include <cmath>
#include <iostream>
#include <limits>
#include <numbers>

namespace agc::optim {

std::vector<double> LRScheduler::get_current_lrs() const {
  std::vector<double> rates;
  for (const OptimizerParamGroup &group : optimizer.param_groups())
    rates.push_back(group.options().get_lr());
  return rates;
}

void LRScheduler::step(Loc loc) {
  std::vector<double> rates = detail::atLine(loc, [&] { return get_lrs(); });
  for (size_t i = 0; i < rates.size(); ++i)
    optimizer.param_groups()[i].options().set_lr(rates[i]);
  ++count;
}

StepLR::StepLR(Optimizer &optimizer, unsigned step_size, double gamma, Loc loc)
    : LRScheduler(optimizer), size(step_size), gamma(gamma) {
  if (step_size == 0)
    detail::failAt("AGC0104", "'agc.StepLR' expects step_size of at least 1, got 0", loc);
}
std::vector<double> StepLR::get_lrs() {
  std::vector<double> rates = get_current_lrs();
  if (count && count % size == 0)
    for (double &rate : rates)
      rate *= gamma;
  return rates;
}

ReduceLROnPlateauScheduler::ReduceLROnPlateauScheduler(
    Optimizer &optimizer, SchedulerMode mode, float factor, int patience, double threshold,
    ThresholdMode threshold_mode, int cooldown, const std::vector<float> &min_lr, double eps,
    bool verbose, Loc loc)
    : optimizer(optimizer), mode(mode), factor(factor), patience(patience),
      threshold(threshold), thresholdMode(threshold_mode), cooldown(cooldown), least(min_lr),
      eps(eps),
      best((mode == min ? 1 : -1) * std::numeric_limits<double>::infinity()), verbose(verbose) {
  size_t groups = optimizer.param_groups().size();
  if (!(factor < 1))
    detail::failAt("AGC0104",
                   "'agc.ReduceLROnPlateauScheduler' expects a factor below 1, got " +
                       std::to_string(factor),
                   loc);
  if (least.empty())
    least.assign(groups, 0);
  if (least.size() != groups)
    detail::failAt("AGC0104",
                   "'agc.ReduceLROnPlateauScheduler' expects a min_lr for each of " +
                       std::to_string(groups) + " groups, got " + std::to_string(least.size()),
                   loc);
}

bool ReduceLROnPlateauScheduler::isBetter(float metric) const {
  double margin = thresholdMode == rel ? std::fabs(best) * threshold : threshold;
  if (std::isinf(best))
    margin = 0;
  return mode == min ? metric < best - margin : metric > best + margin;
}

void ReduceLROnPlateauScheduler::step(float metric) {
  ++epoch;
  if (isBetter(metric)) {
    best = metric;
    bad = 0;
  } else {
    ++bad;
  }
  if (cooling > 0) {
    --cooling;
    bad = 0;
  }
  if (bad <= patience)
    return;
  for (size_t i = 0; i < least.size(); ++i) {
    OptimizerOptions &options = optimizer.param_groups()[i].options();
    double before = options.get_lr(), now = std::max(before * factor, double(least[i]));
    if (before - now <= eps)
      continue;
    options.set_lr(now);
    if (verbose)
      std::cout << "Epoch " << epoch << ": reducing learning rate of group " << i << " to " << now << '\n';
  }
  cooling = cooldown;
  bad = 0;
}

CosineAnnealingLR::CosineAnnealingLR(Optimizer &optimizer, unsigned t_max, double eta_min, Loc loc)
    : LRScheduler(optimizer), period(t_max), least(eta_min), base(get_current_lrs()) {
  if (t_max == 0)
    detail::failAt("AGC0104", "'agc.CosineAnnealingLR' expects t_max of at least 1, got 0", loc);
}
std::vector<double> CosineAnnealingLR::get_lrs() {
  std::vector<double> rates = base;
  for (double &rate : rates)
    rate = least + (rate - least) * (1 + std::cos(std::numbers::pi * (count + 1) / period)) / 2;
  return rates;
}

OneCycleLR::OneCycleLR(Optimizer &optimizer, double max_lr, unsigned total_steps,
                       double pct_start, double div_factor, double final_div_factor, Loc loc)
    : LRScheduler(optimizer), highest(max_lr), total(total_steps), rise(pct_start),
      divisor(div_factor), finalDivisor(final_div_factor) {
  if (total_steps < 2 || pct_start < 0 || pct_start > 1 || !(div_factor > 0) || !(final_div_factor > 0))
    detail::failAt("AGC0104",
                   "'agc.OneCycleLR' expects at least two steps, pct_start in [0, 1] and "
                   "divisors above 0, got " +
                       std::to_string(total_steps) + ", " + std::to_string(pct_start) + ", " +
                       std::to_string(div_factor) + " and " + std::to_string(final_div_factor),
                   loc);
  for (OptimizerParamGroup &group : optimizer.param_groups())
    group.options().set_lr(rateAt(0));
}
double OneCycleLR::rateAt(unsigned step) const {
  double first = highest / divisor, last = first / finalDivisor;
  double top = rise * total - 1, end = total - 1.0;
  auto along = [](double from, double to, double share) {
    return to + (from - to) / 2 * (1 + std::cos(std::numbers::pi * share));
  };
  return step <= top ? along(first, highest, top > 0 ? step / top : 1)
                     : along(highest, last, (step - top) / (end - top));
}
std::vector<double> OneCycleLR::get_lrs() {
  if (count + 1 >= total)
    throw Error("AGC0104", "'agc.OneCycleLR' was made for " + std::to_string(total) + " steps, and these are over");
  return std::vector<double>(optimizer.param_groups().size(), rateAt(count + 1));
}

LinearWarmup::LinearWarmup(Optimizer &optimizer, unsigned warmup_steps, double start_factor, Loc loc)
    : LRScheduler(optimizer), steps(warmup_steps), start(start_factor), base(get_current_lrs()) {
  if (!(start_factor > 0 && start_factor <= 1))
    detail::failAt("AGC0104",
                   "'agc.LinearWarmup' expects a start_factor in (0, 1], got " +
                       std::to_string(start_factor),
                   loc);
  for (size_t i = 0; i < base.size(); ++i)
    optimizer.param_groups()[i].options().set_lr(steps ? base[i] * start : base[i]);
}
std::vector<double> LinearWarmup::get_lrs() {
  std::vector<double> rates = base;
  double share = steps ? std::min(1.0, double(count + 1) / steps) : 1;
  for (double &rate : rates)
    rate *= start + (1 - start) * share;
  return rates;
}

} // namespace agc::optim
