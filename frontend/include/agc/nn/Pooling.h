//===- Pooling.h - Largest and mean of windows ------------------------------===//
#ifndef AGC_NN_POOLING_H
#define AGC_NN_POOLING_H

#include <agc/ExpandingArray.h>
#include <agc/nn/Module.h>

namespace agc::nn {

/// The stride is the kernel's size, unless said.
template <size_t D> struct MaxPoolOptions {
  MaxPoolOptions(ExpandingArray<D> size) : kernel_size_(size), stride_(size) {}
  AGC_LARGE_ARG(ExpandingArray<D>, kernel_size);
  AGC_LARGE_ARG(ExpandingArray<D>, stride);
  AGC_LARGE_ARG(ExpandingArray<D>, padding) = 0;
  AGC_LARGE_ARG(ExpandingArray<D>, dilation) = 1;
  AGC_ARG(bool, ceil_mode) = false;
};
using MaxPool1dOptions = MaxPoolOptions<1>;
using MaxPool2dOptions = MaxPoolOptions<2>;

template <size_t D> struct AvgPoolOptions {
  AvgPoolOptions(ExpandingArray<D> size) : kernel_size_(size), stride_(size) {}
  AGC_LARGE_ARG(ExpandingArray<D>, kernel_size);
  AGC_LARGE_ARG(ExpandingArray<D>, stride);
  AGC_LARGE_ARG(ExpandingArray<D>, padding) = 0;
  AGC_ARG(bool, ceil_mode) = false;
  AGC_ARG(bool, count_include_pad) = true;
  /// Of a window's sum, instead of how many it has. Not in one dimension.
  AGC_LARGE_ARG(std::optional<int64_t>, divisor_override) = std::nullopt;
};
using AvgPool1dOptions = AvgPoolOptions<1>;
using AvgPool2dOptions = AvgPoolOptions<2>;

/// A size that is missing stays what it is.
template <typename Size> struct AdaptiveAvgPoolOptions {
  AdaptiveAvgPoolOptions(Size size) : output_size_(size) {}
  AGC_LARGE_ARG(Size, output_size);
};
using AdaptiveAvgPool1dOptions = AdaptiveAvgPoolOptions<ExpandingArray<1>>;
using AdaptiveAvgPool2dOptions = AdaptiveAvgPoolOptions<ExpandingArrayWithOptionalElem<2>>;

namespace functional {
using MaxPool1dFuncOptions = MaxPool1dOptions;
using MaxPool2dFuncOptions = MaxPool2dOptions;
using AvgPool1dFuncOptions = AvgPool1dOptions;
using AvgPool2dFuncOptions = AvgPool2dOptions;
using AdaptiveAvgPool1dFuncOptions = AdaptiveAvgPool1dOptions;
using AdaptiveAvgPool2dFuncOptions = AdaptiveAvgPool2dOptions;
Tensor max_pool1d(Arg x, const MaxPool1dFuncOptions &options);
Tensor max_pool2d(Arg x, const MaxPool2dFuncOptions &options);
Tensor avg_pool1d(Arg x, const AvgPool1dFuncOptions &options);
Tensor avg_pool2d(Arg x, const AvgPool2dFuncOptions &options);
Tensor adaptive_avg_pool1d(Arg x, const AdaptiveAvgPool1dFuncOptions &options);
Tensor adaptive_avg_pool2d(Arg x, const AdaptiveAvgPool2dFuncOptions &options);
} // namespace functional

/// Modules of the functions above: x [n, c, l] or [n, c, h, w], the n may lack.
#define AGC_POOL(Name, Size)                                                   \
  class Name##Impl : public Cloneable<Name##Impl> {                            \
  public:                                                                      \
    Name##Impl(Size size);                                                     \
    explicit Name##Impl(const Name##Options &options);                         \
    void reset() override {}                                                   \
    Tensor forward(Arg x);                                                     \
    void pretty_print(std::ostream &out) const override;                       \
    Name##Options options;                                                     \
  };                                                                           \
  AGC_OWN_MODULE(Name)
AGC_POOL(MaxPool1d, ExpandingArray<1>);
AGC_POOL(MaxPool2d, ExpandingArray<2>);
AGC_POOL(AvgPool1d, ExpandingArray<1>);
AGC_POOL(AvgPool2d, ExpandingArray<2>);
AGC_POOL(AdaptiveAvgPool1d, ExpandingArray<1>);
AGC_POOL(AdaptiveAvgPool2d, ExpandingArrayWithOptionalElem<2>);
#undef AGC_POOL

} // namespace agc::nn

#endif
