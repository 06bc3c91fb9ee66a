//===- Schedulers.h - Learning rates over time ------------------------------===//
//
// A learning rate is an argument of the compiled step: a new one compiles
// nothing.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_OPTIM_SCHEDULERS_H
#define AGC_OPTIM_SCHEDULERS_H

#include <agc/optim/Optimizer.h>

namespace agc::optim {

/// Sets the rates of all groups at each step(), after the optimizer's.
class LRScheduler {
public:
  explicit LRScheduler(Optimizer &optimizer) : optimizer(optimizer) {}
  virtual ~LRScheduler() = default;
  /// Errors: what the class says; nothing has changed then.
  void step(Loc loc = Loc::current());

protected:
  /// Of each group, `count` steps having been taken.
  virtual std::vector<double> get_lrs() = 0;
  std::vector<double> get_current_lrs() const;

  unsigned count = 0;
  Optimizer &optimizer;
};

/// Times gamma every step_size steps; libtorch's first step() counts as none.
class StepLR : public LRScheduler {
public:
  /// Errors: AGC0104, a step_size of 0.
  StepLR(Optimizer &optimizer, unsigned step_size, double gamma = 0.1,
         Loc loc = Loc::current());

private:
  std::vector<double> get_lrs() override;
  unsigned size;
  double gamma;
};

/// Times factor where a metric has not become better for `patience` steps.
class ReduceLROnPlateauScheduler {
public:
  enum SchedulerMode { min, max };
  enum ThresholdMode { rel, abs };
  ReduceLROnPlateauScheduler(Optimizer &optimizer, SchedulerMode mode = min,
                             float factor = 0.1, int patience = 10,
                             double threshold = 1e-4, ThresholdMode threshold_mode = rel,
                             int cooldown = 0, const std::vector<float> &min_lr = {},
                             double eps = 1e-8, bool verbose = false,
                             Loc loc = Loc::current());
  void step(float metric);

private:
  bool isBetter(float metric) const;
  Optimizer &optimizer;
  SchedulerMode mode;
  float factor;
  int patience;
  double threshold;
  ThresholdMode thresholdMode;
  int cooldown, cooling = 0, bad = 0, epoch = 0;
  std::vector<float> least;
  double eps, best;
  bool verbose;
};

/// From the first rate to eta_min and back along a cosine of period 2 t_max.
class CosineAnnealingLR : public LRScheduler {
public:
  CosineAnnealingLR(Optimizer &optimizer, unsigned t_max, double eta_min = 0,
                    Loc loc = Loc::current());

private:
  std::vector<double> get_lrs() override;
  unsigned period;
  double least;
  std::vector<double> base;
};

/// Up from max_lr / div_factor to max_lr over pct_start of the steps, then down
/// to the first rate / final_div_factor, both along cosines.
class OneCycleLR : public LRScheduler {
public:
  OneCycleLR(Optimizer &optimizer, double max_lr, unsigned total_steps,
             double pct_start = 0.3, double div_factor = 25, double final_div_factor = 1e4,
             Loc loc = Loc::current());

private:
  std::vector<double> get_lrs() override;
  double rateAt(unsigned step) const;
  double highest;
  unsigned total;
  double rise, divisor, finalDivisor;
};

/// From start_factor of the rate to all of it over warmup_steps, evenly.
class LinearWarmup : public LRScheduler {
public:
  LinearWarmup(Optimizer &optimizer, unsigned warmup_steps, double start_factor = 1.0 / 3,
               Loc loc = Loc::current());

private:
  std::vector<double> get_lrs() override;
  unsigned steps;
  double start;
  std::vector<double> base;
};

} // namespace agc::optim

#endif
