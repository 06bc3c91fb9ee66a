//===- Step.h - Functions traced once, compiled, called often -------------===//
#ifndef AGC_STEP_H
#define AGC_STEP_H

#include <agc/LoadReport.h>
#include <agc/StrictFp.h>
#include <agc/nn/Functional.h>
#include <agc/optim/SGD.h>

namespace agc {

/// The type of an input.
struct Spec {
  std::vector<int64_t> shape;
  DType dtype = kFloat32;
  Loc loc = Loc(); // where it was written
};
Spec spec(std::vector<int64_t> shape, DType type = kFloat32, Loc loc = Loc::current());

namespace detail {
struct StepImpl;
struct CompiledImpl;
using Forward = std::function<Tensor(const Tensor &)>;
using Loss = std::function<Tensor(const Tensor &, const Tensor &)>;
std::shared_ptr<StepImpl> traceStep(nn::Module &module, Forward forward, Loss loss,
                                    optim::Optimizer &optimizer, Spec input,
                                    Spec target, Loc loc);
} // namespace detail

/// What a step is shipped as: the flags of `agc compile`, docs/shipped.md.
struct StepOptions {
  std::string target = "native"; // of `agc targets`
  std::string cpu = "";          // LLVM's name of one of that kind
  uint64_t max_memory = 0;       // of state and workspace, in bytes; 0: no limit
  bool debug_info = false;       // the model's lines, for debuggers: -g
  std::string sanitize = "";     // "thread": to be linked with -fsanitize=thread
  bool profile = false;          // time each kernel
  bool strict_fp = get_strict_fp(); // --fp=strict
};

/// A step to be linked into other programs.
class CompiledStep {
public:
  CompiledStep(std::string program, StepOptions options);
  /// Compiles to \p path.o, .h and .json: the functions begin with the last part of
  /// \p path. Weights are not in them: checkpoints are.
  /// Errors: AGC0104, that part is no name in C; AGC0116, an unknown target or CPU;
  /// AGC0205, max_memory cannot be met; AGC0201, a file cannot be written.
  void write(const std::string &path, Loc loc = Loc::current()) const;

private:
  std::string program;
  StepOptions options;
};

/// A training step: forward, backward and update as one native function.
class TrainStep {
public:
  explicit TrainStep(std::shared_ptr<detail::StepImpl> impl);

  /// Trains on a batch; returns its loss. Parameters, buffers and optimizer
  /// state change in place. Learning rates are those of the optimizer now.
  /// Errors: a batch of another shape or dtype; a bad label, which leaves all as
  /// it was.
  float operator()(const Tensor &input, const Tensor &target,
                   Loc loc = Loc::current()) const;

  /// Writes the step to \p path (graph.proto, functions train_step, forward and
  /// eval), and weights and buffers beside it as .safetensors: first these, so that a
  /// program never stands beside weights that are not its own.
  void save(const std::string &path, Loc loc = Loc::current()) const;

  /// Writes all that training keeps: parameters, buffers, the optimizer's state, the
  /// random generator's if the step draws, and how many steps were made. The same
  /// file as a shipped step's and agc train's; docs/checkpoints.md.
  void save_checkpoint(const std::string &path, Loc loc = Loc::current()) const;
  /// Goes on from such a file, with the same bits as without it. Tensors find their
  /// places by name; without \p strict those that fit are loaded, the others stay as
  /// they are, and the report says which.
  /// Errors: AGC0201, AGC0202, AGC0206, a file that is none, is damaged or no
  /// checkpoint; AGC0118, \p strict, and it does not fit. Nothing has changed then.
  LoadReport load_checkpoint(const std::string &path, bool strict = true,
                             Loc loc = Loc::current()) const;
  /// How many steps were made, those before a checkpoint included.
  uint64_t steps() const;

  /// The step as serialized agc::proto::Module.
  std::string serialize() const;

  /// For a machine without agc: `step.compile({.target = "x86-64-v3"}).write("out/name")`.
  CompiledStep compile(StepOptions options = {}) const;

private:
  std::shared_ptr<detail::StepImpl> impl;
};

/// Traces \p model, \p loss and \p optimizer once and compiles them. The model
/// trains (BatchNorm updates its statistics), whatever mode it is in. The
/// optimizer and the model must outlive the step.
template <typename Model, typename LossFn>
  requires requires(Model m, Tensor x) { m->forward(x); }
TrainStep train_step(Model model, LossFn loss, optim::Optimizer &optimizer,
                     Spec input, Spec target, Loc loc = Loc::current()) {
  nn::Module &module = *model;
  return TrainStep(detail::traceStep(
      module, [model](const Tensor &x) { return model->forward(x); }, std::move(loss),
      optimizer, std::move(input), std::move(target), loc));
}
/// For losses that are overloaded, such as nn::functional::cross_entropy.
template <typename Model>
  requires requires(Model m, Tensor x) { m->forward(x); }
TrainStep train_step(Model model, Tensor (*loss)(Arg, Arg),
                     optim::Optimizer &optimizer, Spec input, Spec target,
                     Loc loc = Loc::current()) {
  nn::Module &module = *model;
  return TrainStep(detail::traceStep(
      module, [model](const Tensor &x) { return model->forward(x); },
      [loss, loc](const Tensor &y, const Tensor &t) {
        return loss(Arg(y, loc), Arg(t, loc));
      },
      optimizer, std::move(input), std::move(target), loc));
}

/// A function of tensors, traced once and compiled.
class Compiled {
public:
  using Function = std::function<Tensor(const std::vector<Tensor> &)>;
  Compiled(Function function, std::vector<Spec> specs, Loc loc);

  /// The result, without a history. Within another trace, or where gradients
  /// are wanted, the function is recorded instead.
  Tensor operator()(Arg a) const { return call({a.tensor}, a.loc); }
  template <typename... Tensors> Tensor operator()(Arg a, const Tensors &...others) const {
    return call({a.tensor, others...}, a.loc);
  }
  Tensor operator()(Loc loc = Loc::current()) const { return call({}, loc); }
  Tensor call(const std::vector<Tensor> &inputs, Loc loc) const;
  std::string serialize() const;

private:
  std::shared_ptr<detail::CompiledImpl> impl;
};

namespace detail {
std::vector<size_t> firstArgument(); // {0}
[[noreturn]] void failArgument(size_t count, size_t got, Loc loc);
template <size_t... I, typename F>
Compiled::Function spread(F f, std::index_sequence<I...>) {
  return [f](const std::vector<Tensor> &xs) -> Tensor { return f(xs[I]...); };
}
} // namespace detail

/// `compile([](Tensor x, Tensor w) { return …; }, spec({…}), spec({…}))`
template <typename F, typename... Specs>
  requires(std::is_same_v<Specs, Spec> && ...)
Compiled compile(F f, Specs... specs) {
  std::vector<Spec> list{specs...};
  Loc loc = list.empty() ? Loc() : list.front().loc;
  return Compiled(detail::spread(f, std::make_index_sequence<sizeof...(Specs)>()),
                  std::move(list), loc);
}

/// A function that returns f's value, of one element, and its gradients with
/// respect to the arguments at the positions \p arguments, as in JAX.
template <typename F>
auto value_and_grad(F f, std::vector<size_t> arguments = detail::firstArgument(), Loc loc = Loc::current()) {
  return [f, arguments, loc](auto... inputs) {
    std::vector<Tensor> list{inputs...}, wanted;
    AutoGradMode on(true);
    for (size_t i = 0; i < list.size(); ++i)
      list[i] = list[i].detach();
    for (size_t i : arguments) {
      if (i >= list.size())
        detail::failArgument(list.size(), i, loc);
      list[i] = list[i].clone(loc).requires_grad_(true, loc);
      wanted.push_back(list[i]);
    }
    Tensor value = [&]<size_t... I>(std::index_sequence<I...>) {
      return f(list[I]...);
    }(std::make_index_sequence<sizeof...(inputs)>());
    std::vector<Tensor> gradients =
        autograd::grad({value}, wanted, {}, std::nullopt, false, false, loc);
    return std::pair(value.detach(), gradients);
  };
}

} // namespace agc

#endif
