//===- Module.h - Models made of parts ------------------------------------===//
#ifndef AGC_NN_MODULE_H
#define AGC_NN_MODULE_H

#include <agc/Autograd.h>
#include <agc/Functions.h>
#include <agc/OrderedDict.h>

#include <functional>
#include <memory>

namespace agc::detail {
/// The error in hand again, at \p loc if it has no position.
[[noreturn]] void rethrowAt(const Error &error, Loc loc);

/// What a holder is made from, not an argument of its module's. In this order: a null
/// pointer asks nothing of the module's class, so that a member `Linear fc{nullptr}`
/// costs a program little.
template <typename Pointer, typename Contained>
concept HoldablePointer =
    !std::is_same_v<std::remove_cvref_t<Pointer>, std::nullptr_t> &&
    std::is_class_v<std::remove_cvref_t<Pointer>> && std::is_convertible_v<Pointer, std::shared_ptr<Contained>>;
template <typename Holder, typename Contained, typename Head, typename... Tail>
concept MakesModule =
    !std::is_same_v<std::remove_cvref_t<Head>, std::nullptr_t> &&
    !std::is_base_of_v<Holder, std::remove_cvref_t<Head>> && !HoldablePointer<Head, Contained> &&
    std::is_constructible_v<Contained, Head, Tail...>;
} // namespace agc::detail

namespace agc::nn {

/// A part of a model: parameters, buffers and other modules, by name.
class Module : public std::enable_shared_from_this<Module> {
public:
  Module();
  explicit Module(std::string name);
  Module(const Module &);
  Module &operator=(const Module &);
  virtual ~Module();

  /// The class's name, e.g. "LinearImpl".
  const std::string &name() const;

  // Own first, then the children's, in order of registration. A parameter that
  // is registered twice counts once.
  std::vector<Tensor> parameters(bool recurse = true) const;
  OrderedDict<std::string, Tensor> named_parameters(bool recurse = true) const;
  std::vector<Tensor> buffers(bool recurse = true) const;
  OrderedDict<std::string, Tensor> named_buffers(bool recurse = true) const;
  std::vector<std::shared_ptr<Module>> modules(bool include_self = true) const;
  OrderedDict<std::string, std::shared_ptr<Module>>
  named_modules(const std::string &prefix = "", bool include_self = true) const;
  std::vector<std::shared_ptr<Module>> children() const;
  OrderedDict<std::string, std::shared_ptr<Module>> named_children() const;

  virtual void train(bool on = true);
  void eval() { train(false); }
  bool is_training() const { return training; }
  /// Floating point parameters and buffers in another dtype.
  virtual void to(DType type, bool non_blocking = false);
  virtual void to(Device device, bool non_blocking = false);
  /// Leaves every parameter's grad undefined, or zero if not \p set_to_none.
  virtual void zero_grad(bool set_to_none = true);
  void apply(const std::function<void(Module &)> &function);
  void apply(const std::function<void(const std::string &, Module &)> &function,
             const std::string &prefix = "");
  virtual void pretty_print(std::ostream &out) const;

  // Errors: AGC0117, a name that is empty, has a dot or is taken; no module.
  Tensor &register_parameter(std::string name, Tensor tensor,
                             bool requires_grad = true, Loc loc = Loc::current());
  Tensor &register_buffer(std::string name, Tensor tensor, Loc loc = Loc::current());
  template <typename M>
  std::shared_ptr<M> register_module(std::string name, std::shared_ptr<M> module,
                                     Loc loc = Loc::current()) {
    addModule(std::move(name), module, loc);
    return module;
  }
  template <typename Holder>
    requires requires(Holder h) { h.ptr(); }
  Holder register_module(std::string name, Holder module, Loc loc = Loc::current()) {
    addModule(std::move(name), module.is_empty() ? nullptr : module.ptr(), loc);
    return module;
  }
  /// Errors: AGC0117, there is none.
  void unregister_module(const std::string &name, Loc loc = Loc::current());
  /// Puts \p module in the place of the one registered as \p name.
  /// Errors: AGC0117, there is none.
  template <typename M>
  std::shared_ptr<M> replace_module(const std::string &name, std::shared_ptr<M> module,
                                    Loc loc = Loc::current()) {
    replaceModule(name, module, loc);
    return module;
  }
  template <typename Holder>
    requires requires(Holder h) { h.ptr(); }
  auto replace_module(const std::string &name, Holder module, Loc loc = Loc::current()) {
    return replace_module(name, module.is_empty() ? nullptr : module.ptr(), loc);
  }

  /// A copy with parameters, buffers and modules of its own.
  /// Errors: AGC0117, the class is not Cloneable.
  virtual std::shared_ptr<Module> clone(const std::optional<Device> &device = std::nullopt) const;

  /// Where this is in its model, for the positions of what it records.
  uint32_t scope() const { return scopeId; }

  /// This as an `XImpl`, or as what an `X` holds; null if it is another.
  template <typename M>
    requires std::is_base_of_v<Module, M>
  M *as() {
    return dynamic_cast<M *>(this);
  }
  template <typename M>
    requires std::is_base_of_v<Module, M>
  const M *as() const {
    return dynamic_cast<const M *>(this);
  }
  template <typename Holder, typename M = typename Holder::ContainedType> M *as() {
    return dynamic_cast<M *>(this);
  }
  template <typename Holder, typename M = typename Holder::ContainedType> const M *as() const {
    return dynamic_cast<const M *>(this);
  }

protected:
  // What Cloneable makes a clone with.
  void forgetRegistered();
  /// Errors: AGC0117, other names than \p original has.
  void copyRegistered(const Module &original, const std::optional<Device> &device);
  /// Becomes a clone of \p original, where it stands.
  virtual void become(const Module &original, const std::optional<Device> &device);
  [[noreturn]] void failToBecome(const Module &original) const;

private:
  void addModule(std::string name, std::shared_ptr<Module> module, Loc loc);
  void replaceModule(const std::string &name, std::shared_ptr<Module> module, Loc loc);
  void setPath(const std::string &path);
  template <typename Fn>
  void visit(const std::string &prefix, bool recurse, Fn fn) const;
  void print(std::ostream &out, const std::string &indent) const;
  friend std::ostream &operator<<(std::ostream &out, const Module &module);

  mutable std::string typeName;
  OrderedDict<std::string, Tensor> ownParameters, ownBuffers;
  OrderedDict<std::string, std::shared_ptr<Module>> parts;
  bool training = true;
  uint32_t scopeId = 0;
};

std::ostream &operator<<(std::ostream &out, const Module &module);

/// A module by shared pointer, which makes one when constructed.
template <typename Contained> class ModuleHolder {
public:
  using ContainedType = Contained;
  using Impl = Contained;

  ModuleHolder() : module(make()) {}
  ModuleHolder(std::nullptr_t) {}
  template <typename Pointer>
    requires agc::detail::HoldablePointer<Pointer, Contained>
  ModuleHolder(Pointer &&m) : module(std::shared_ptr<Contained>(std::forward<Pointer>(m))) {}
  // A default argument cannot follow a pack; with it, what the module refuses is
  // an error at the user's line.
  template <typename A>
    requires agc::detail::MakesModule<ModuleHolder, Contained, A>
  explicit ModuleHolder(A &&a, Loc loc = Loc::current()) : module(makeAt(loc, std::forward<A>(a))) {}
  template <typename A, typename B>
    requires agc::detail::MakesModule<ModuleHolder, Contained, A, B>
  explicit ModuleHolder(A &&a, B &&b, Loc loc = Loc::current())
      : module(makeAt(loc, std::forward<A>(a), std::forward<B>(b))) {}
  template <typename A, typename B, typename C>
    requires agc::detail::MakesModule<ModuleHolder, Contained, A, B, C>
  explicit ModuleHolder(A &&a, B &&b, C &&c, Loc loc = Loc::current())
      : module(makeAt(loc, std::forward<A>(a), std::forward<B>(b), std::forward<C>(c))) {}
  template <typename A, typename B, typename C, typename D>
    requires agc::detail::MakesModule<ModuleHolder, Contained, A, B, C, D>
  explicit ModuleHolder(A &&a, B &&b, C &&c, D &&d, Loc loc = Loc::current())
      : module(makeAt(loc, std::forward<A>(a), std::forward<B>(b), std::forward<C>(c),
                      std::forward<D>(d))) {}
  template <typename A, typename B, typename C, typename D, typename E>
    requires agc::detail::MakesModule<ModuleHolder, Contained, A, B, C, D, E>
  explicit ModuleHolder(A &&a, B &&b, C &&c, D &&d, E &&e, Loc loc = Loc::current())
      : module(makeAt(loc, std::forward<A>(a), std::forward<B>(b), std::forward<C>(c),
                      std::forward<D>(d), std::forward<E>(e))) {}
  template <typename A, typename B, typename C, typename D, typename E, typename F>
    requires agc::detail::MakesModule<ModuleHolder, Contained, A, B, C, D, E, F>
  explicit ModuleHolder(A &&a, B &&b, C &&c, D &&d, E &&e, F &&f, Loc loc = Loc::current())
      : module(makeAt(loc, std::forward<A>(a), std::forward<B>(b), std::forward<C>(c),
                      std::forward<D>(d), std::forward<E>(e), std::forward<F>(f))) {}
  // More than that are the modules of a container; it has no line.
  template <typename A, typename B, typename C, typename D, typename E, typename F, typename... More>
    requires(sizeof...(More) > 0) && agc::detail::MakesModule<ModuleHolder, Contained, A, B, C, D, E, F, More...>
  explicit ModuleHolder(A &&a, B &&b, C &&c, D &&d, E &&e, F &&f, More &&...more)
      : module(std::make_shared<Contained>(std::forward<A>(a), std::forward<B>(b), std::forward<C>(c),
                                           std::forward<D>(d), std::forward<E>(e), std::forward<F>(f),
                                           std::forward<More>(more)...)) {}

  /// A new module; what it refuses is an error at \p loc.
  template <typename... Args> static std::shared_ptr<Contained> makeAt(Loc loc, Args &&...args) {
    try {
      return std::make_shared<Contained>(std::forward<Args>(args)...);
    } catch (const Error &error) {
      agc::detail::rethrowAt(error, loc);
    }
  }

  template <typename... Rest>
  static constexpr bool takesArg =
      requires(Contained &m, const Arg &x, Rest &&...rest) { m.forward(x, std::forward<Rest>(rest)...); };
  explicit operator bool() const { return bool(module); }
  bool is_empty() const { return !module; }
  // Without a line: these operators take no more arguments.
  Contained *operator->() const { return get(Loc()); }
  Contained &operator*() const { return *get(Loc()); }
  std::shared_ptr<Contained> ptr(Loc loc = Loc::current()) const {
    Contained *contained = get(loc);
    return {module, contained};
  }
  Contained *get(Loc loc = Loc::current()) const {
    if (!module)
      agc::detail::failAt("AGC0117", "used a module that was made with nullptr", loc);
    return static_cast<Contained *>(module.get());
  }
  // The line that errors name is the caller's.
  template <typename... Rest>
    requires takesArg<Rest...>
  auto operator()(Arg first, Rest &&...rest) const {
    return get(first.loc)->forward(first, std::forward<Rest>(rest)...);
  }
  template <typename First, typename... Rest>
    requires(!(std::is_convertible_v<First, Arg> && takesArg<Rest...>))
  auto operator()(First &&first, Rest &&...rest) const {
    return get(Loc())->forward(std::forward<First>(first), std::forward<Rest>(rest)...);
  }
  auto operator()(Loc loc = Loc::current()) const { return get(loc)->forward(); }
  // An index of a container comes with its line, as there.
  auto operator[](IndexArg index) const
    requires requires(Contained &m) { m[index]; }
  {
    return (*get(index.loc))[index];
  }
  auto operator[](KeyArg<std::string> key) const
    requires requires(Contained &m) { m[key]; }
  {
    return (*get(key.loc))[key];
  }
  template <typename Index>
    requires(!requires(Contained &m, IndexArg i) { m[i]; } && !requires(Contained &m, KeyArg<std::string> k) { m[k]; })
  decltype(auto) operator[](Index &&index) const {
    return (*get(Loc()))[std::forward<Index>(index)];
  }

private:
  static std::shared_ptr<Contained> make() {
    if constexpr (std::is_default_constructible_v<Contained>)
      return std::make_shared<Contained>();
    else
      return nullptr;
  }
  // Not to Contained: a program that includes all modules compiles one pointer.
  std::shared_ptr<Module> module;
};

template <typename Contained>
std::ostream &operator<<(std::ostream &out, const ModuleHolder<Contained> &m) {
  return out << static_cast<const Module &>(*m);
}

/// A module that can be cloned: reset() registers all it has, and its constructor
/// calls that.
template <typename Derived, typename Base = Module> class Cloneable : public Base {
public:
  using Base::Base;
  virtual void reset() = 0;

  std::shared_ptr<Module> clone(const std::optional<Device> &device = std::nullopt) const override;

protected:
  void become(const Module &original, const std::optional<Device> &device) override;
};

// Not in the class, where they would be inline and so compiled by each program.
template <typename Derived, typename Base>
std::shared_ptr<Module> Cloneable<Derived, Base>::clone(const std::optional<Device> &device) const {
  NoGradGuard quiet;
  Cloneable &cloned = *new Derived(static_cast<const Derived &>(*this));
  std::shared_ptr<Module> copy(static_cast<Module *>(&cloned));
  cloned.forgetRegistered();
  cloned.reset();
  cloned.copyRegistered(*this, device);
  return copy;
}

template <typename Derived, typename Base>
void Cloneable<Derived, Base>::become(const Module &original, const std::optional<Device> &device) {
  std::shared_ptr<Module> copy = original.clone(device);
  auto *same = dynamic_cast<Derived *>(copy.get());
  if (!same)
    this->failToBecome(original);
  static_cast<Derived &>(*this) = *same;
}

/// Defines `Name`, a ModuleHolder of `NameImpl`.
#define AGC_MODULE(Name) AGC_MODULE_IMPL(Name, Name##Impl)
#define AGC_MODULE_IMPL(Name, ImplType)                                        \
  class Name : public ::agc::nn::ModuleHolder<ImplType> {                      \
  public:                                                                      \
    using ::agc::nn::ModuleHolder<ImplType>::ModuleHolder;                     \
    using Impl [[maybe_unused]] = ImplType;                                    \
  }
#define TORCH_MODULE(Name) AGC_MODULE(Name)

/// One of agc's own: its clone is compiled in libagc (frontend/nn/Cloneable.cpp), not in
/// each program that includes it. The holder is no class, which would be one more for
/// each module, used or not.
#ifndef AGC_EXTERN
#define AGC_EXTERN extern
#endif
#define AGC_COMPILED_ONCE(...) AGC_EXTERN template class Cloneable<__VA_ARGS__>
#define AGC_OWN_MODULE(Name, ...)                                              \
  AGC_COMPILED_ONCE(Name##Impl __VA_OPT__(, ) __VA_ARGS__);                    \
  using Name = ModuleHolder<Name##Impl>

#define TORCH_MODULE_IMPL(Name, ImplType) AGC_MODULE_IMPL(Name, ImplType)

/// An option with a fluent setter and a getter.
#define AGC_ARG(T, name)                                                       \
public:                                                                        \
  inline auto name(const T &value)->decltype(*this) {                          \
    this->name##_ = value;                                                     \
    return *this;                                                              \
  }                                                                            \
  inline const T &name() const noexcept { return this->name##_; }              \
  inline T &name() noexcept { return this->name##_; }                          \
                                                                               \
private:                                                                       \
  T name##_
#define TORCH_ARG(T, name) AGC_ARG(T, name)
/// The same where assigning a T is much to compile: only a program that sets it does.
#define AGC_LARGE_ARG(T, name)                                                 \
public:                                                                        \
  template <int = 0> auto name(const T &value)->decltype(*this) {              \
    this->name##_ = value;                                                     \
    return *this;                                                              \
  }                                                                            \
  const T &name() const noexcept { return this->name##_; }                     \
  T &name() noexcept { return this->name##_; }                                 \
                                                                               \
private:                                                                       \
  T name##_

} // namespace agc::nn

#endif
