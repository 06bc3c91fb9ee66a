//===- Optimizer.h - What all optimizers have -----------------------------===//
#ifndef AGC_OPTIM_OPTIMIZER_H
#define AGC_OPTIM_OPTIMIZER_H

#include <agc/nn/Module.h>

#include <memory>

namespace agc::optim {

class OptimizerOptions {
public:
  virtual ~OptimizerOptions() = default;
  virtual std::unique_ptr<OptimizerOptions> clone() const = 0;
  virtual double get_lr() const = 0;
  virtual void set_lr(double lr) = 0;
};

/// Parameters that are stepped with the same options.
class OptimizerParamGroup {
public:
  OptimizerParamGroup(std::vector<Tensor> params);
  OptimizerParamGroup(std::vector<Tensor> params,
                      std::unique_ptr<OptimizerOptions> options);
  OptimizerParamGroup(const OptimizerParamGroup &other);
  OptimizerParamGroup(OptimizerParamGroup &&);
  ~OptimizerParamGroup();

  bool has_options() const;
  OptimizerOptions &options();
  const OptimizerOptions &options() const;
  void set_options(std::unique_ptr<OptimizerOptions> o);
  std::vector<Tensor> &params() { return tensors; }
  const std::vector<Tensor> &params() const { return tensors; }

private:
  std::vector<Tensor> tensors;
  std::unique_ptr<OptimizerOptions> settings;
};

class Optimizer {
public:
  Optimizer(std::vector<OptimizerParamGroup> groups,
            std::unique_ptr<OptimizerOptions> defaults, Loc loc = Loc::current());
  virtual ~Optimizer();
  Optimizer(const Optimizer &) = delete;

  /// Records the update of every parameter that has a gradient. The learning
  /// rate is read now; a new one is no other program.
  virtual Tensor step(std::function<Tensor()> closure = nullptr,
                      Loc loc = Loc::current()) = 0;
  void zero_grad(bool set_to_none = true);
  /// Errors: AGC0113, a tensor that is no leaf; AGC0117, one that is there already.
  void add_param_group(const OptimizerParamGroup &group, Loc loc = Loc::current());
  std::vector<OptimizerParamGroup> &param_groups() { return groups; }
  const std::vector<OptimizerParamGroup> &param_groups() const { return groups; }
  OptimizerOptions &defaults();
  size_t size() const;

  /// A tensor that the optimizer keeps for a parameter (index within all
  /// groups), e.g. "momentum_buffer"; and how those are called.
  struct State {
    std::string name;
    size_t parameter;
    Tensor tensor;
  };
  const std::vector<State> &state() const { return states; }
  std::vector<State> &state() { return states; }

protected:
  /// The state \p name of parameter \p index, zero at first.
  Tensor stateOf(const char *name, size_t index, const Tensor &like);

  std::vector<OptimizerParamGroup> groups;
  std::vector<State> states;

private:
  std::unique_ptr<OptimizerOptions> initial;
};

} // namespace agc::optim

#endif
