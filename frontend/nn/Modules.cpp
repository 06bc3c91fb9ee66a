#include <agc/nn/Modules.h>

#include "frontend/core/Host.h"
#include "frontend/core/Recorder.h"

#include <agc/nn/Init.h>

#include <cmath>
#include <ostream>

namespace agc::nn {

using detail::hostFull;
using detail::ScopeGuard;

ExpandingPair::ExpandingPair(std::initializer_list<int64_t> list) : values{0, 0} {
  if (list.size() != 1 && list.size() != 2)
    throw Error("AGC0104", "expects 1 or 2 sizes, got " + std::to_string(list.size()));
  values[0] = *list.begin();
  values[1] = *(list.end() - 1);
}

namespace {
std::string pairText(const ExpandingPair &p) {
  return "[" + std::to_string(p[0]) + ", " + std::to_string(p[1]) + "]";
}
const char *boolText(bool b) { return b ? "true" : "false"; }

/// PyTorch's default for layers: both uniform within 1 / sqrt(fan in).
void resetLayer(Tensor &weight, Tensor &bias) {
  init::kaiming_uniform_(weight, std::sqrt(5.0));
  if (!bias.defined())
    return;
  int64_t fanIn = weight.numel() / (weight.size(0) ? weight.size(0) : 1);
  double bound = fanIn > 0 ? 1 / std::sqrt(double(fanIn)) : 0;
  init::uniform_(bias, -bound, bound);
}
} // namespace

LinearImpl::LinearImpl(const LinearOptions &o) : options(o) {
  weight = register_parameter("weight", hostFull({o.out_features(), o.in_features()}, kFloat32, 0));
  if (o.bias())
    bias = register_parameter("bias", hostFull(o.out_features(), kFloat32, 0));
  else
    register_parameter("bias", Tensor(), false);
  reset_parameters();
}
void LinearImpl::reset_parameters() { resetLayer(weight, bias); }
Tensor LinearImpl::forward(Arg x) {
  ScopeGuard in(scope());
  return agc::linear(x, Arg(weight, x.loc), bias);
}
void LinearImpl::pretty_print(std::ostream &out) const {
  out << "torch::nn::Linear(in_features=" << options.in_features()
      << ", out_features=" << options.out_features()
      << ", bias=" << boolText(options.bias()) << ")";
}

Conv2dImpl::Conv2dImpl(const Conv2dOptions &o) : options(o) {
  if (o.groups() < 1 || o.in_channels() % o.groups() || o.out_channels() % o.groups())
    throw Error("AGC0104", "'agc.Conv2d' expects groups that divide its channels");
  weight = register_parameter(
      "weight", hostFull({o.out_channels(), o.in_channels() / o.groups(),
                          o.kernel_size()[0], o.kernel_size()[1]}, kFloat32, 0));
  if (o.bias())
    bias = register_parameter("bias", hostFull(o.out_channels(), kFloat32, 0));
  else
    register_parameter("bias", Tensor(), false);
  reset_parameters();
}
void Conv2dImpl::reset_parameters() { resetLayer(weight, bias); }
Tensor Conv2dImpl::forward(Arg x) {
  ScopeGuard in(scope());
  return agc::conv2d(x, Arg(weight, x.loc), bias, options.stride(), options.padding(),
                     options.dilation(), options.groups());
}
void Conv2dImpl::pretty_print(std::ostream &out) const {
  out << "torch::nn::Conv2d(" << options.in_channels() << ", " << options.out_channels()
      << ", kernel_size=" << pairText(options.kernel_size())
      << ", stride=" << pairText(options.stride());
  const ExpandingPair &p = options.padding(), &d = options.dilation();
  if (p[0] || p[1])
    out << ", padding=" << pairText(p);
  if (d[0] != 1 || d[1] != 1)
    out << ", dilation=" << pairText(d);
  if (options.groups() != 1)
    out << ", groups=" << options.groups();
  if (!options.bias())
    out << ", bias=false";
  out << ")";
}

Tensor MaxPool2dImpl::forward(Arg x) {
  ScopeGuard in(scope());
  return functional::max_pool2d(x, options);
}
void MaxPool2dImpl::pretty_print(std::ostream &out) const {
  out << "torch::nn::MaxPool2d(kernel_size=" << pairText(options.kernel_size())
      << ", stride=" << pairText(options.stride())
      << ", padding=" << pairText(options.padding())
      << ", dilation=" << pairText(options.dilation())
      << ", ceil_mode=" << boolText(options.ceil_mode()) << ")";
}

Tensor AdaptiveAvgPool2dImpl::forward(Arg x) {
  ScopeGuard in(scope());
  return functional::adaptive_avg_pool2d(x, options);
}
void AdaptiveAvgPool2dImpl::pretty_print(std::ostream &out) const {
  out << "torch::nn::AdaptiveAvgPool2d(output_size=" << pairText(options.output_size()) << ")";
}

Tensor FlattenImpl::forward(Arg x) {
  ScopeGuard in(scope());
  return agc::flatten(x, options.start_dim(), options.end_dim());
}
void FlattenImpl::pretty_print(std::ostream &out) const {
  out << "torch::nn::Flatten(start_dim=" << options.start_dim()
      << ", end_dim=" << options.end_dim() << ")";
}

Tensor ReLUImpl::forward(Arg x) {
  ScopeGuard in(scope());
  if (options.inplace())
    return x.tensor.relu_(x.loc);
  return agc::relu(x);
}
void ReLUImpl::pretty_print(std::ostream &out) const {
  out << "torch::nn::ReLU(" << (options.inplace() ? "inplace=true" : "") << ")";
}

void FunctionalImpl::pretty_print(std::ostream &out) const { out << "torch::nn::Functional()"; }

Tensor SequentialImpl::forward(Arg x) {
  if (list.empty())
    throw Error("AGC0117", "cannot call forward() on an empty Sequential");
  Tensor y = x.tensor;
  for (const AnyModule &module : list)
    y = module.forward(Arg(y, x.loc));
  return y;
}
void SequentialImpl::push_back(std::string name, AnyModule module) {
  register_module(std::move(name), module.ptr());
  list.push_back(std::move(module));
}
std::shared_ptr<Module> SequentialImpl::ptr(size_t i) const {
  if (i >= list.size())
    throw Error("AGC0109", "a Sequential of " + std::to_string(list.size()) +
                               " modules has none at " + std::to_string(i));
  return list[i].ptr();
}
void SequentialImpl::pretty_print(std::ostream &out) const { out << "torch::nn::Sequential"; }

} // namespace agc::nn
