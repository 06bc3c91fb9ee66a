#include <agc/nn/Pooling.h>

#include "frontend/nn/Layer.h"

#include <agc/Functions.h>

#include <ostream>

namespace agc::nn {

using agc::detail::ScopeGuard;

namespace functional {

Tensor max_pool1d(Arg x, const MaxPool1dFuncOptions &o) {
  return agc::max_pool1d(x, o.kernel_size(), o.stride(), o.padding(), o.dilation(), o.ceil_mode());
}
Tensor max_pool2d(Arg x, const MaxPool2dFuncOptions &o) {
  return agc::max_pool2d(x, o.kernel_size(), o.stride(), o.padding(), o.dilation(), o.ceil_mode());
}
Tensor avg_pool1d(Arg x, const AvgPool1dFuncOptions &o) {
  return agc::avg_pool1d(x, o.kernel_size(), o.stride(), o.padding(), o.ceil_mode(), o.count_include_pad());
}
Tensor avg_pool2d(Arg x, const AvgPool2dFuncOptions &o) {
  return agc::avg_pool2d(x, o.kernel_size(), o.stride(), o.padding(), o.ceil_mode(), o.count_include_pad(),
                         o.divisor_override());
}
Tensor adaptive_avg_pool1d(Arg x, const AdaptiveAvgPool1dFuncOptions &o) {
  return agc::adaptive_avg_pool1d(x, o.output_size());
}
Tensor adaptive_avg_pool2d(Arg x, const AdaptiveAvgPool2dFuncOptions &o) {
  std::vector<int64_t> sizes;
  for (size_t i = 0; i < 2; ++i)
    sizes.push_back(o.output_size()[i] ? *o.output_size()[i] : x.tensor.size(int64_t(i) - 2));
  return agc::adaptive_avg_pool2d(x, sizes);
}

} // namespace functional

namespace {
std::string text(const std::optional<int64_t> &size) { return size ? std::to_string(*size) : "None"; }
} // namespace

#define AGC_POOL(Name, Size, function, ...)                                    \
  Name##Impl::Name##Impl(Size size) : options(size) {}                         \
  Name##Impl::Name##Impl(const Name##Options &options) : options(options) {}   \
  Tensor Name##Impl::forward(Arg x) {                                          \
    ScopeGuard in(scope());                                                    \
    return functional::function(x, options);                                   \
  }                                                                            \
  void Name##Impl::pretty_print(std::ostream &out) const {                     \
    out << "torch::nn::" #Name "(" << __VA_ARGS__ << ")";                      \
  }
#define AGC_WINDOW                                                             \
  "kernel_size=" << options.kernel_size() << ", stride=" << options.stride()   \
                 << ", padding=" << options.padding()
AGC_POOL(MaxPool1d, ExpandingArray<1>, max_pool1d, AGC_WINDOW << ", dilation=" << options.dilation() << ", ceil_mode=" << boolText(options.ceil_mode()))
AGC_POOL(MaxPool2d, ExpandingArray<2>, max_pool2d, AGC_WINDOW << ", dilation=" << options.dilation() << ", ceil_mode=" << boolText(options.ceil_mode()))
AGC_POOL(AvgPool1d, ExpandingArray<1>, avg_pool1d, AGC_WINDOW)
AGC_POOL(AvgPool2d, ExpandingArray<2>, avg_pool2d, AGC_WINDOW)
AGC_POOL(AdaptiveAvgPool1d, ExpandingArray<1>, adaptive_avg_pool1d, "output_size=" << options.output_size())
AGC_POOL(AdaptiveAvgPool2d, ExpandingArrayWithOptionalElem<2>, adaptive_avg_pool2d, "output_size=[" << text(options.output_size()[0]) << ", " << text(options.output_size()[1]) << "]")
#undef AGC_WINDOW
#undef AGC_POOL

} // namespace agc::nn
