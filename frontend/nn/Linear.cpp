#include <agc/nn/Linear.h>

#include "frontend/nn/Layer.h"

#include <agc/nn/Init.h>

#include <cmath>
#include <ostream>

namespace agc::nn {

using agc::detail::ScopeGuard;

namespace functional {
Tensor linear(Arg x, Arg weight, OptionalArg bias) { return agc::linear(x, weight, bias); }
Tensor bilinear(Arg x1, Arg x2, Arg weight, OptionalArg bias) { return agc::bilinear(x1, x2, weight, bias); }
} // namespace functional

void resetLayer(Tensor &weight, Tensor &bias) {
  init::kaiming_uniform_(weight, std::sqrt(5.0));
  if (!bias.defined())
    return;
  int64_t fanIn = weight.numel() / (weight.size(0) ? weight.size(0) : 1);
  double bound = fanIn > 0 ? 1 / std::sqrt(double(fanIn)) : 0;
  init::uniform_(bias, -bound, bound);
}

LinearImpl::LinearImpl(int64_t in, int64_t out) : LinearImpl(LinearOptions(in, out)) {}
LinearImpl::LinearImpl(const LinearOptions &o) : options(o) { reset(); }
void LinearImpl::reset() {
  weight = addParameter(*this, "weight", {options.out_features(), options.in_features()});
  bias = addParameter(*this, "bias", options.out_features(), options.bias());
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

BilinearImpl::BilinearImpl(int64_t in1, int64_t in2, int64_t out)
    : BilinearImpl(BilinearOptions(in1, in2, out)) {}
BilinearImpl::BilinearImpl(const BilinearOptions &o) : options(o) { reset(); }
void BilinearImpl::reset() {
  weight = addParameter(*this, "weight",
                        {options.out_features(), options.in1_features(), options.in2_features()});
  bias = addParameter(*this, "bias", options.out_features(), options.bias());
  reset_parameters();
}
void BilinearImpl::reset_parameters() {
  double bound = 1 / std::sqrt(double(weight.size(1)));
  init::uniform_(weight, -bound, bound);
  if (bias.defined())
    init::uniform_(bias, -bound, bound);
}
Tensor BilinearImpl::forward(Arg x1, Arg x2) {
  ScopeGuard in(scope());
  return agc::bilinear(x1, x2, Arg(weight, x1.loc), bias);
}
void BilinearImpl::pretty_print(std::ostream &out) const {
  out << "torch::nn::Bilinear(in1_features=" << options.in1_features() << ", in2_features="
      << options.in2_features() << ", out_features=" << options.out_features()
      << ", bias=" << boolText(options.bias()) << ")";
}

FlattenImpl::FlattenImpl(const FlattenOptions &options) : options(options) {}
Tensor FlattenImpl::forward(Arg x) {
  ScopeGuard in(scope());
  return agc::flatten(x, options.start_dim(), options.end_dim());
}
void FlattenImpl::pretty_print(std::ostream &out) const {
  out << "torch::nn::Flatten(start_dim=" << options.start_dim() << ", end_dim=" << options.end_dim() << ")";
}

UnflattenOptions::UnflattenOptions(int64_t dim, std::vector<int64_t> sizes)
    : dim_(dim), sizes_(std::move(sizes)) {}
UnflattenImpl::UnflattenImpl(int64_t dim, std::vector<int64_t> sizes) : options(dim, std::move(sizes)) {}
UnflattenImpl::UnflattenImpl(const UnflattenOptions &options) : options(options) {}
Tensor UnflattenImpl::forward(Arg x) {
  ScopeGuard in(scope());
  return agc::unflatten(x, options.dim(), options.sizes());
}
void UnflattenImpl::pretty_print(std::ostream &out) const {
  out << "torch::nn::Unflatten(dim=" << options.dim() << ", unflattened_size={";
  for (size_t i = 0; i < options.sizes().size(); ++i)
    out << (i ? ", " : "") << options.sizes()[i];
  out << "})";
}

} // namespace agc::nn
