//===- Modules.h - The layers that models are made of ---------------------===//
#ifndef AGC_NN_MODULES_H
#define AGC_NN_MODULES_H

#include <agc/nn/Activations.h>
#include <agc/nn/Functional.h>
#include <agc/nn/Losses.h>
#include <agc/nn/Normalization.h>
#include <agc/nn/Module.h>

namespace agc::nn {

struct LinearOptions {
  LinearOptions(int64_t in, int64_t out) : in_features_(in), out_features_(out) {}
  AGC_ARG(int64_t, in_features);
  AGC_ARG(int64_t, out_features);
  AGC_ARG(bool, bias) = true;
};
/// y = x weight^T + bias.
class LinearImpl : public Module {
public:
  LinearImpl(int64_t in, int64_t out) : LinearImpl(LinearOptions(in, out)) {}
  explicit LinearImpl(const LinearOptions &options);
  void reset_parameters();
  Tensor forward(Arg x);
  void pretty_print(std::ostream &out) const override;

  LinearOptions options;
  Tensor weight, bias;
};
AGC_MODULE(Linear);

struct Conv2dOptions {
  Conv2dOptions(int64_t in, int64_t out, ExpandingPair kernel)
      : in_channels_(in), out_channels_(out), kernel_size_(kernel) {}
  AGC_ARG(int64_t, in_channels);
  AGC_ARG(int64_t, out_channels);
  AGC_ARG(ExpandingPair, kernel_size);
  AGC_ARG(ExpandingPair, stride) = 1;
  AGC_ARG(ExpandingPair, padding) = 0;
  AGC_ARG(ExpandingPair, dilation) = 1;
  AGC_ARG(int64_t, groups) = 1;
  AGC_ARG(bool, bias) = true;
};
class Conv2dImpl : public Module {
public:
  Conv2dImpl(int64_t in, int64_t out, ExpandingPair kernel)
      : Conv2dImpl(Conv2dOptions(in, out, kernel)) {}
  explicit Conv2dImpl(const Conv2dOptions &options);
  void reset_parameters();
  Tensor forward(Arg x);
  void pretty_print(std::ostream &out) const override;

  Conv2dOptions options;
  Tensor weight, bias;
};
AGC_MODULE(Conv2d);

struct MaxPool2dOptions : functional::MaxPool2dFuncOptions {
  using functional::MaxPool2dFuncOptions::MaxPool2dFuncOptions;
  MaxPool2dOptions(int64_t size) : MaxPool2dFuncOptions(size) {}
  MaxPool2dOptions(const functional::MaxPool2dFuncOptions &o)
      : MaxPool2dFuncOptions(o) {}
};
class MaxPool2dImpl : public Module {
public:
  MaxPool2dImpl(ExpandingPair size) : options(size) {}
  explicit MaxPool2dImpl(const functional::MaxPool2dFuncOptions &options)
      : options(options) {}
  Tensor forward(Arg x);
  void pretty_print(std::ostream &out) const override;

  MaxPool2dOptions options;
};
AGC_MODULE(MaxPool2d);

using AdaptiveAvgPool2dOptions = functional::AdaptiveAvgPool2dFuncOptions;
class AdaptiveAvgPool2dImpl : public Module {
public:
  AdaptiveAvgPool2dImpl(ExpandingPair size) : options(size) {}
  explicit AdaptiveAvgPool2dImpl(const AdaptiveAvgPool2dOptions &options)
      : options(options) {}
  Tensor forward(Arg x);
  void pretty_print(std::ostream &out) const override;

  AdaptiveAvgPool2dOptions options;
};
AGC_MODULE(AdaptiveAvgPool2d);

struct FlattenOptions {
  AGC_ARG(int64_t, start_dim) = 1;
  AGC_ARG(int64_t, end_dim) = -1;
};
class FlattenImpl : public Module {
public:
  explicit FlattenImpl(const FlattenOptions &options = {}) : options(options) {}
  Tensor forward(Arg x);
  void pretty_print(std::ostream &out) const override;

  FlattenOptions options;
};
AGC_MODULE(Flatten);

struct ReLUOptions {
  ReLUOptions(bool inplace = false) : inplace_(inplace) {}
  AGC_ARG(bool, inplace);
};
class ReLUImpl : public Module {
public:
  explicit ReLUImpl(const ReLUOptions &options = {}) : options(options) {}
  Tensor forward(Arg x);
  void pretty_print(std::ostream &out) const override;

  ReLUOptions options;
};
AGC_MODULE(ReLU);

/// A function as a module.
class FunctionalImpl : public Module {
public:
  explicit FunctionalImpl(std::function<Tensor(Tensor)> f) : function(std::move(f)) {}
  Tensor forward(Tensor x) { return function(std::move(x)); }
  void pretty_print(std::ostream &out) const override;

private:
  std::function<Tensor(Tensor)> function;
};
AGC_MODULE(Functional);

/// Any module whose forward takes a tensor and gives one.
class AnyModule {
public:
  AnyModule() = default;
  template <typename M>
    requires std::is_base_of_v<Module, M>
  AnyModule(std::shared_ptr<M> m) : module(m) {
    function = [m](const Arg &x) -> Tensor {
      if constexpr (requires { m->forward(x); })
        return m->forward(x);
      else
        return m->forward(x.tensor);
    };
  }
  template <typename Holder>
    requires requires(Holder h) { h.ptr()->forward(std::declval<Tensor>()); }
  AnyModule(const Holder &holder) : AnyModule(holder.ptr()) {}
  template <typename M>
    requires std::is_base_of_v<Module, std::remove_cvref_t<M>>
  AnyModule(M &&m)
      : AnyModule(std::make_shared<std::remove_cvref_t<M>>(std::forward<M>(m))) {}

  Tensor forward(const Arg &x) const { return function(x); }
  const std::shared_ptr<Module> &ptr() const { return module; }
  bool is_empty() const { return !module; }

private:
  std::shared_ptr<Module> module;
  std::function<Tensor(const Arg &)> function;
};

struct NamedAnyModule {
  template <typename M>
  NamedAnyModule(std::string name, M &&m)
      : name(std::move(name)), module(std::forward<M>(m)) {}
  std::string name;
  AnyModule module;
};

/// One module after the other.
class SequentialImpl : public Module {
public:
  SequentialImpl() = default;
  SequentialImpl(std::initializer_list<NamedAnyModule> list) {
    for (const NamedAnyModule &part : list)
      push_back(part.name, part.module);
  }
  template <typename... Modules>
    requires(sizeof...(Modules) > 0 &&
             (std::is_constructible_v<AnyModule, Modules> && ...))
  explicit SequentialImpl(Modules &&...modules) {
    (push_back(AnyModule(std::forward<Modules>(modules))), ...);
  }
  Tensor forward(Arg x);
  void push_back(AnyModule module) {
    push_back(std::to_string(list.size()), std::move(module));
  }
  void push_back(std::string name, AnyModule module);
  size_t size() const { return list.size(); }
  bool is_empty() const { return list.empty(); }
  std::shared_ptr<Module> ptr(size_t i) const;
  std::shared_ptr<Module> operator[](size_t i) const { return ptr(i); }
  template <typename M> M &at(size_t i) { return dynamic_cast<M &>(*ptr(i)); }
  auto begin() { return list.begin(); }
  auto end() { return list.end(); }
  void pretty_print(std::ostream &out) const override;

private:
  std::vector<AnyModule> list;
};

class Sequential : public ModuleHolder<SequentialImpl> {
public:
  using ModuleHolder<SequentialImpl>::ModuleHolder;
  using Impl = SequentialImpl;
  Sequential() = default;
  Sequential(std::initializer_list<NamedAnyModule> list)
      : ModuleHolder(std::make_shared<SequentialImpl>(list)) {}
};

} // namespace agc::nn

#endif
