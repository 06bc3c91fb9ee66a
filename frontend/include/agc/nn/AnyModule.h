//===- AnyModule.h - A module of whatever class -----------------------------===//
#ifndef AGC_NN_ANYMODULE_H
#define AGC_NN_ANYMODULE_H

#include <agc/nn/Module.h>

#include <any>
#include <tuple>

namespace agc::nn {

namespace detail {
[[noreturn]] void failCast(const std::type_info &wanted, const std::type_info &got, const char *what, Loc loc);
[[noreturn]] void failClass(const std::type_info &wanted, const Module &got, Loc loc);
[[noreturn]] void failCall(const std::type_info &module, size_t expected, size_t got, Loc loc);
} // namespace detail

/// A value of any type: what AnyModule takes and gives.
class AnyValue {
public:
  template <typename T>
    requires(!std::is_same_v<std::decay_t<T>, AnyValue>)
  explicit AnyValue(T &&value) : content(std::forward<T>(value)) {}

  template <typename T> T *try_get() { return std::any_cast<T>(&content); }
  /// Errors: AGC0117, it is of another type.
  template <typename T> T get(Loc loc = Loc::current()) {
    if (T *value = try_get<T>())
      return *value;
    detail::failCast(typeid(T), type_info(), "value", loc);
  }
  const std::type_info &type_info() const noexcept { return content.type(); }

private:
  std::any content;
};

namespace detail {

template <typename T>
inline constexpr bool isTensorArgument =
    std::is_same_v<T, Tensor> || std::is_same_v<T, Arg> || std::is_same_v<T, OptionalArg>;

/// How an argument travels in an AnyValue: tensors as Tensor.
template <typename T>
using Carried = std::conditional_t<isTensorArgument<std::decay_t<T>>, Tensor, std::decay_t<T>>;

template <typename T> AnyValue carry(T &&value) {
  if constexpr (std::is_same_v<std::decay_t<T>, AnyValue>)
    return std::forward<T>(value);
  else if constexpr (std::is_same_v<std::decay_t<T>, Arg>)
    return AnyValue(value.tensor);
  else
    return AnyValue(std::forward<T>(value));
}

/// A parameter of type T, from its AnyValue.
template <typename T> decltype(auto) uncarry(AnyValue &value, Loc loc) {
  Carried<T> *found = value.try_get<Carried<T>>();
  if (!found)
    failCast(typeid(Carried<T>), value.type_info(), "argument", loc);
  if constexpr (std::is_same_v<std::decay_t<T>, Arg>)
    return Arg(*found, loc);
  else
    return (*found);
}

template <typename F> struct ForwardOf;
template <typename M, typename R, typename... A> struct ForwardOf<R (M::*)(A...)> {
  using Parameters = std::tuple<A...>;
};
template <typename M, typename R, typename... A>
struct ForwardOf<R (M::*)(A...) const> : ForwardOf<R (M::*)(A...)> {};

template <typename M> AnyValue call(M &module, std::vector<AnyValue> &arguments, Loc loc) {
  // Of an overloaded forward, the one of a tensor.
  if constexpr (requires { typename ForwardOf<decltype(&M::forward)>::Parameters; }) {
    using Parameters = typename ForwardOf<decltype(&M::forward)>::Parameters;
    constexpr size_t count = std::tuple_size_v<Parameters>;
    std::optional<AnyValue> result;
    // With as many arguments as there are, the others by default.
    auto with = [&]<size_t... I>(std::index_sequence<I...>) {
      if constexpr (requires {
                      module.forward(uncarry<std::tuple_element_t<I, Parameters>>(arguments[I], loc)...);
                    })
        result.emplace(
            carry(module.forward(uncarry<std::tuple_element_t<I, Parameters>>(arguments[I], loc)...)));
    };
    auto find = [&]<size_t... K>(std::index_sequence<K...>) {
      ((arguments.size() == K ? with(std::make_index_sequence<K>()) : void()), ...);
    };
    find(std::make_index_sequence<count + 1>());
    if (!result)
      failCall(typeid(M), count, arguments.size(), loc);
    return *result;
  } else {
    if (arguments.size() != 1)
      failCall(typeid(M), 1, arguments.size(), loc);
    return carry(module.forward(uncarry<Arg>(arguments[0], loc)));
  }
}

} // namespace detail

/// Any module. Its forward is called with what its class asks for: tensors and
/// others of the very type, trailing ones that have a default may be left out.
class AnyModule {
public:
  AnyModule() = default;
  template <typename M>
    requires std::is_base_of_v<Module, M>
  AnyModule(std::shared_ptr<M> module, Loc = Loc()) : held(std::make_shared<Holding<M>>(std::move(module))) {}
  template <typename Holder>
    requires requires(Holder h) { h.ptr()->weak_from_this(); }
  AnyModule(const Holder &holder, Loc loc = Loc::current()) : AnyModule(holder.ptr(loc)) {}
  template <typename M>
    requires std::is_base_of_v<Module, std::remove_cvref_t<M>>
  AnyModule(M &&m, Loc = Loc())
      : AnyModule(std::make_shared<std::remove_cvref_t<M>>(std::forward<M>(m))) {}

  /// Errors: AGC0117, another number of arguments, or of another type; a result
  /// that is no \p R.
  template <typename R = Tensor, typename... Rest> R forward(const Arg &first, Rest &&...rest) {
    if constexpr (std::is_same_v<R, Tensor> && sizeof...(Rest) == 0)
      return use(first.loc).forward(first);
    else
      return any_forward(first, std::forward<Rest>(rest)...).template get<R>(first.loc);
  }
  template <typename R = Tensor, typename... Inputs>
    requires(!(std::is_convertible_v<Inputs, Arg> || ...))
  R forward(Inputs &&...inputs) {
    return any_forward(std::forward<Inputs>(inputs)...).template get<R>(Loc());
  }
  AnyValue any_forward(AnyValue value, Loc loc);
  template <typename... Rest> AnyValue any_forward(const Arg &first, Rest &&...rest) {
    std::vector<AnyValue> arguments{AnyValue(first.tensor), detail::carry(std::forward<Rest>(rest))...};
    return use(first.loc).call(arguments, first.loc);
  }
  template <typename... Inputs>
    requires(!(std::is_convertible_v<Inputs, Arg> || ...))
  AnyValue any_forward(Inputs &&...inputs) {
    std::vector<AnyValue> arguments{detail::carry(std::forward<Inputs>(inputs))...};
    return use(Loc()).call(arguments, Loc());
  }

  /// Errors: AGC0117, it is of another class.
  template <typename M> M &get(Loc loc = Loc::current()) const {
    if (auto *module = dynamic_cast<M *>(use(loc).module().get()))
      return *module;
    detail::failClass(typeid(M), *use(loc).module(), loc);
  }
  template <typename Holder, typename M = typename Holder::ContainedType>
  Holder get(Loc loc = Loc::current()) const {
    return Holder(ptr<M>(loc));
  }
  std::shared_ptr<Module> ptr(Loc loc = Loc::current()) const;
  template <typename M> std::shared_ptr<M> ptr(Loc loc = Loc::current()) const {
    return std::dynamic_pointer_cast<M>(get<M>(loc).shared_from_this());
  }
  const std::type_info &type_info(Loc loc = Loc::current()) const;
  AnyModule clone(const std::optional<Device> &device = std::nullopt) const;
  bool is_empty() const { return !held; }
  /// Whether forward takes one tensor and gives one.
  bool isPlain() const;

private:
  struct Held {
    virtual ~Held() = default;
    virtual bool isPlain() const = 0;
    virtual std::shared_ptr<Module> module() const = 0;
    virtual Tensor forward(const Arg &x) = 0;
    virtual AnyValue call(std::vector<AnyValue> &arguments, Loc loc) = 0;
    virtual std::shared_ptr<Held> clone(const std::optional<Device> &device) const = 0;
  };
  template <typename M> struct Holding : Held {
    static constexpr bool takesArg =
        requires(M &m, const Arg &x) { { m.forward(x) } -> std::same_as<Tensor>; };
    static constexpr bool takesTensor =
        requires(M &m, const Arg &x) { { m.forward(x.tensor) } -> std::same_as<Tensor>; };

    explicit Holding(std::shared_ptr<M> m) : inner(std::move(m)) {}
    std::shared_ptr<Module> module() const override { return inner; }
    bool isPlain() const override { return takesArg || takesTensor; }
    Tensor forward(const Arg &x) override {
      // The common case, without detours.
      if constexpr (takesArg)
        return inner->forward(x);
      else if constexpr (takesTensor)
        return inner->forward(x.tensor);
      else {
        std::vector<AnyValue> arguments{AnyValue(x.tensor)};
        return call(arguments, x.loc).template get<Tensor>(x.loc);
      }
    }
    AnyValue call(std::vector<AnyValue> &arguments, Loc loc) override {
      if constexpr (requires { &M::forward; } || takesArg)
        return detail::call(*inner, arguments, loc);
      else
        detail::failCall(typeid(M), 0, arguments.size(), loc);
    }
    std::shared_ptr<Held> clone(const std::optional<Device> &device) const override {
      return std::make_shared<Holding>(std::dynamic_pointer_cast<M>(inner->clone(device)));
    }
    std::shared_ptr<M> inner;
  };
  Held &use(Loc loc) const;
  std::shared_ptr<Held> held;
};

} // namespace agc::nn

#endif
