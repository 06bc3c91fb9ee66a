//===- Function.h - Functions that bring their own backward ---------------===//
#ifndef AGC_FUNCTION_H
#define AGC_FUNCTION_H

#include <agc/Autograd.h>

#include <functional>
#include <string>
#include <typeinfo>
#include <unordered_map>

namespace agc {

/// A value in AutogradContext::saved_data.
class IValue {
public:
  IValue() = default;
  template <typename T>
    requires std::is_arithmetic_v<T>
  IValue(T number) {
    if constexpr (std::is_same_v<T, bool>)
      set(number);
    else if constexpr (std::is_floating_point_v<T>)
      set(double(number));
    else
      set(int64_t(number));
  }
  IValue(const char *text);
  IValue(std::string text);
  IValue(std::vector<int64_t> list);
  IValue(IntArrayRef list);
  IValue(Tensor tensor);

  // Errors: it is something else.
  bool toBool(Loc loc = Loc::current()) const;
  int64_t toInt(Loc loc = Loc::current()) const;
  double toDouble(Loc loc = Loc::current()) const;
  const std::string &toStringRef(Loc loc = Loc::current()) const;
  std::vector<int64_t> toIntVector(Loc loc = Loc::current()) const;
  Tensor toTensor(Loc loc = Loc::current()) const;
  bool isNone() const { return !content; }

private:
  struct Content;
  void set(bool number);
  void set(int64_t number);
  void set(double number);
  template <typename T> const T &get(const char *what, Loc loc) const;

  std::shared_ptr<const Content> content;
};

namespace autograd {

namespace detail {
struct ContextImpl;
struct Call;
} // namespace detail

/// What a function's forward keeps for its backward.
class AutogradContext {
public:
  AutogradContext();
  ~AutogradContext();
  AutogradContext(const AutogradContext &) = delete;
  AutogradContext &operator=(const AutogradContext &) = delete;

  /// Inputs or outputs of the forward, or anything else; undefined ones too.
  void save_for_backward(variable_list tensors);
  /// The same, in the same order. Errors: one was changed in place since.
  variable_list get_saved_variables() const;
  std::unordered_map<std::string, IValue> saved_data;

  /// \p outputs of the forward that have no gradient.
  void mark_non_differentiable(const variable_list &outputs);
  /// Whether a gradient that nothing gives is a tensor of zeros in backward, as
  /// it is at first, or an undefined one.
  void set_materialize_grads(bool on);
  /// Whether argument \p index of the forward requires grad.
  bool needs_input_grad(size_t index, Loc loc = Loc::current()) const;

private:
  friend struct detail::Call;
  std::unique_ptr<detail::ContextImpl> impl;
};

namespace detail {

using Backward = std::function<variable_list(AutogradContext *, variable_list)>;

/// Before the forward: \p arguments are its own, undefined where no tensor.
void beginCall(AutogradContext &context, const variable_list &arguments);
/// After it: \p outputs with a history, as far as they have one.
variable_list finishCall(Loc loc, std::shared_ptr<AutogradContext> context,
                         const char *name, const variable_list &arguments,
                         const variable_list &outputs, Backward backward);

/// "a::B<c>" -> "B<c>Backward".
std::string nodeName(const char *typeName);

template <typename T> void appendArgument(variable_list &list, const T &argument) {
  using Bare = std::decay_t<T>;
  if constexpr (std::is_same_v<Bare, Tensor>)
    list.push_back(argument);
  else if constexpr (std::is_same_v<Bare, variable_list>)
    list.insert(list.end(), argument.begin(), argument.end());
  else if constexpr (std::is_same_v<Bare, std::optional<Tensor>>)
    list.push_back(argument ? *argument : Tensor());
  else
    list.emplace_back();
}

} // namespace detail

/// A function with a backward of the user's: a class
/// `struct F : Function<F>` with `static Tensor (or variable_list) forward(
/// AutogradContext *, …)` and `static variable_list backward(AutogradContext *,
/// variable_list grad_outputs)`, which returns a gradient, or an undefined
/// tensor, for each of forward's arguments. forward runs without gradients.
template <typename Derived> struct Function {
  // A default argument cannot follow a pack.
  template <typename A> static auto apply(A &&a, Loc loc = Loc::current()) {
    return applyAt(loc, std::forward<A>(a));
  }
  template <typename A, typename B> static auto apply(A &&a, B &&b, Loc loc = Loc::current()) {
    return applyAt(loc, std::forward<A>(a), std::forward<B>(b));
  }
  template <typename A, typename B, typename C>
  static auto apply(A &&a, B &&b, C &&c, Loc loc = Loc::current()) {
    return applyAt(loc, std::forward<A>(a), std::forward<B>(b), std::forward<C>(c));
  }
  template <typename A, typename B, typename C, typename D>
  static auto apply(A &&a, B &&b, C &&c, D &&d, Loc loc = Loc::current()) {
    return applyAt(loc, std::forward<A>(a), std::forward<B>(b), std::forward<C>(c), std::forward<D>(d));
  }
  /// With no arguments, or more of them than above, errors have no line.
  template <typename... Args>
    requires(sizeof...(Args) == 0 || sizeof...(Args) > 4)
  static auto apply(Args &&...args) {
    return applyAt(Loc(), std::forward<Args>(args)...);
  }

private:
  template <typename... Args> static auto applyAt(Loc loc, Args &&...args) {
    variable_list arguments;
    (detail::appendArgument(arguments, args), ...);
    auto context = std::make_shared<AutogradContext>();
    detail::beginCall(*context, arguments);
    auto run = [&] {
      NoGradGuard quiet;
      return Derived::forward(context.get(), std::forward<Args>(args)...);
    };
    auto results = run();
    static constexpr bool isOne = std::is_same_v<decltype(results), Tensor>;
    variable_list outputs;
    detail::appendArgument(outputs, results);
    static const std::string name = detail::nodeName(typeid(Derived).name());
    outputs = detail::finishCall(loc, std::move(context), name.c_str(), arguments,
                                 outputs, &Derived::backward);
    if constexpr (isOne)
      return outputs[0];
    else
      return outputs;
  }
};

} // namespace autograd
} // namespace agc

#endif
