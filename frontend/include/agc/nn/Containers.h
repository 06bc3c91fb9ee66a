//===- Containers.h - Modules made of modules -------------------------------===//
#ifndef AGC_NN_CONTAINERS_H
#define AGC_NN_CONTAINERS_H

#include <agc/nn/AnyModule.h>

namespace agc::nn {

/// A function as a module; further arguments come behind the tensor.
class FunctionalImpl : public Cloneable<FunctionalImpl> {
public:
  using Function = std::function<Tensor(Tensor)>;
  explicit FunctionalImpl(Function f);
  template <typename F, typename... Args>
    requires(sizeof...(Args) > 0)
  explicit FunctionalImpl(F f, Args &&...args)
      : function([f, ... args = std::forward<Args>(args)](Tensor x) { return f(x, args...); }) {}
  void reset() override {}
  Tensor forward(Tensor x) { return function(std::move(x)); }
  Tensor operator()(Tensor x) { return forward(std::move(x)); }
  void pretty_print(std::ostream &out) const override;

private:
  Function function;
};
AGC_OWN_MODULE(Functional);

class NamedAnyModule {
public:
  template <typename M>
  NamedAnyModule(std::string name, M &&m) : text(std::move(name)), part(std::forward<M>(m)) {}
  const std::string &name() const { return text; }
  AnyModule &module() { return part; }
  const AnyModule &module() const { return part; }

private:
  std::string text;
  AnyModule part;
};

/// One module after the other.
class SequentialImpl : public Cloneable<SequentialImpl> {
public:
  SequentialImpl() = default;
  SequentialImpl(std::initializer_list<NamedAnyModule> list);
  explicit SequentialImpl(OrderedDict<std::string, AnyModule> list);
  template <typename... Modules>
    requires(sizeof...(Modules) > 0 && (std::is_constructible_v<AnyModule, Modules> && ...))
  explicit SequentialImpl(Modules &&...modules) {
    (push_back(partOf(std::forward<Modules>(modules)), Loc()), ...);
  }

  /// The first module takes all arguments, each other what the one before gave.
  /// Errors: AGC0117, there is no module.
  template <typename R = Tensor, typename... Rest> R forward(Arg first, Rest &&...rest) {
    if constexpr (std::is_same_v<R, Tensor> && sizeof...(Rest) == 0)
      return chain(first);
    else
      return following(begun(first.loc).any_forward(first, std::forward<Rest>(rest)...), first.loc)
          .template get<R>(first.loc);
  }
  template <typename R = Tensor, typename... Inputs>
    requires(!(std::is_convertible_v<Inputs, Arg> || ...))
  R forward(Inputs &&...inputs) {
    return following(begun(Loc()).any_forward(std::forward<Inputs>(inputs)...), Loc())
        .template get<R>(Loc());
  }

  // Errors, here and below: AGC0117, no module, or a name that is taken.
  void push_back(AnyModule module, Loc loc = Loc::current());
  void push_back(std::string name, AnyModule module, Loc loc = Loc::current());
  template <typename Container> void extend(const Container &container, Loc loc = Loc::current()) {
    for (const auto &module : container)
      push_back(module, loc);
  }
  size_t size() const { return list.size(); }
  bool is_empty() const { return list.empty(); }
  /// Errors: AGC0109, there is no module \p i.
  std::shared_ptr<Module> ptr(IndexArg i) const;
  template <typename M> std::shared_ptr<M> ptr(IndexArg i) const {
    return part(i).template ptr<M>(i.loc);
  }
  std::shared_ptr<Module> operator[](IndexArg i) const;
  /// Errors: AGC0117, it is of another class.
  template <typename M> M &at(IndexArg i) const { return part(i).template get<M>(i.loc); }
  auto begin() { return list.begin(); }
  auto end() { return list.end(); }
  auto begin() const { return list.begin(); }
  auto end() const { return list.end(); }
  void reset() override {}
  std::shared_ptr<Module> clone(const std::optional<Device> &device = std::nullopt) const override;
  void pretty_print(std::ostream &out) const override;

private:
  template <typename M> static AnyModule partOf(M &&module) {
    if constexpr (std::is_same_v<std::remove_cvref_t<M>, AnyModule>)
      return std::forward<M>(module);
    else
      return AnyModule(std::forward<M>(module), Loc());
  }
  const AnyModule &part(IndexArg i) const;
  AnyModule &begun(Loc loc);
  Tensor chain(Arg x);
  /// What the modules behind the first make of its result.
  AnyValue following(AnyValue value, Loc loc);
  std::vector<AnyModule> list;
};

AGC_COMPILED_ONCE(SequentialImpl);

class Sequential : public ModuleHolder<SequentialImpl> {
public:
  using ModuleHolder<SequentialImpl>::ModuleHolder;
  Sequential();
  Sequential(std::initializer_list<NamedAnyModule> list);
};

namespace detail {
/// A module by value, by holder or by pointer.
template <typename M> std::shared_ptr<Module> pointerTo(M &&m, Loc loc) {
  using Type = std::remove_cvref_t<M>;
  if constexpr (std::is_base_of_v<Module, Type>)
    return std::make_shared<Type>(std::forward<M>(m));
  else if constexpr (requires { m.ptr(); })
    return m.ptr(loc);
  else
    return m;
}
} // namespace detail

/// Modules by number, which their user calls.
class ModuleListImpl : public Cloneable<ModuleListImpl> {
public:
  ModuleListImpl() = default;
  template <typename... Modules>
    requires(sizeof...(Modules) > 0 &&
             !(std::is_same_v<std::remove_cvref_t<Modules>, ModuleListImpl> || ...))
  explicit ModuleListImpl(Modules &&...modules) {
    (push_back(std::forward<Modules>(modules), Loc()), ...);
  }
  void push_back(std::shared_ptr<Module> module, Loc loc = Loc::current());
  template <typename M> void push_back(M &&m, Loc loc = Loc::current()) {
    push_back(std::shared_ptr<Module>(detail::pointerTo(std::forward<M>(m), loc)), loc);
  }
  template <typename Container> void extend(const Container &container, Loc loc = Loc::current()) {
    for (const auto &module : container)
      push_back(module, loc);
  }
  /// Errors: AGC0109, \p i is behind the end.
  void insert(IndexArg i, std::shared_ptr<Module> module);
  template <typename M> void insert(IndexArg i, M &&m) {
    insert(i, std::shared_ptr<Module>(detail::pointerTo(std::forward<M>(m), i.loc)));
  }
  size_t size() const { return list.size(); }
  bool is_empty() const { return list.empty(); }
  /// Errors: AGC0109, there is no module \p i.
  std::shared_ptr<Module> ptr(IndexArg i) const;
  template <typename M> std::shared_ptr<M> ptr(IndexArg i) const {
    return std::dynamic_pointer_cast<M>(ptr(i));
  }
  std::shared_ptr<Module> operator[](IndexArg i) const { return ptr(i); }
  /// Errors: AGC0117, it is of another class.
  template <typename M> M &at(IndexArg i) const {
    if (auto *module = dynamic_cast<M *>(ptr(i).get()))
      return *module;
    detail::failClass(typeid(M), *ptr(i), i.loc);
  }
  auto begin() { return list.begin(); }
  auto end() { return list.end(); }
  auto begin() const { return list.begin(); }
  auto end() const { return list.end(); }
  void reset() override {}
  std::shared_ptr<Module> clone(const std::optional<Device> &device = std::nullopt) const override;
  void pretty_print(std::ostream &out) const override;

private:
  std::vector<std::shared_ptr<Module>> list;
};
AGC_OWN_MODULE(ModuleList);

/// Modules by name, which their user calls.
class ModuleDictImpl : public Cloneable<ModuleDictImpl> {
public:
  using Dict = OrderedDict<std::string, std::shared_ptr<Module>>;
  using Pairs = std::vector<std::pair<std::string, std::shared_ptr<Module>>>;

  ModuleDictImpl() = default;
  explicit ModuleDictImpl(const Pairs &modules);
  explicit ModuleDictImpl(const Dict &modules);
  /// Adds modules; one of a known name takes the other's place.
  void update(const Pairs &modules, Loc loc = Loc::current());
  template <typename Container> void update(const Container &modules, Loc loc = Loc::current()) {
    for (const auto &item : modules)
      insert(item.key(), item.value(), loc);
  }
  /// Takes a module out. Errors: AGC0117, there is none of that name.
  std::shared_ptr<Module> pop(const std::string &key, Loc loc = Loc::current());
  void clear();
  Pairs items() const;
  std::vector<std::string> keys() const;
  std::vector<std::shared_ptr<Module>> values() const;
  size_t size() const { return list.size(); }
  bool empty() const { return list.is_empty(); }
  bool contains(const std::string &key) const;
  /// Errors: AGC0117, there is none of that name, or it is of another class.
  std::shared_ptr<Module> operator[](KeyArg<std::string> key) const;
  template <typename M> M &at(KeyArg<std::string> key) const {
    std::shared_ptr<Module> found = (*this)[key];
    if (auto *module = dynamic_cast<M *>(found.get()))
      return *module;
    detail::failClass(typeid(M), *found, key.loc);
  }
  auto begin() { return list.begin(); }
  auto end() { return list.end(); }
  auto begin() const { return list.begin(); }
  auto end() const { return list.end(); }
  void reset() override {}
  std::shared_ptr<Module> clone(const std::optional<Device> &device = std::nullopt) const override;
  void pretty_print(std::ostream &out) const override;

private:
  void insert(const std::string &key, std::shared_ptr<Module> module, Loc loc);
  Dict list;
};
AGC_OWN_MODULE(ModuleDict);

} // namespace agc::nn

#endif
