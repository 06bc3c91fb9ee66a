//===- Functional.h - Layers and losses as functions ----------------------===//
#ifndef AGC_NN_FUNCTIONAL_H
#define AGC_NN_FUNCTIONAL_H

#include <agc/Functions.h>
#include <agc/nn/Module.h>

namespace agc {

namespace nn {

/// `2` or `{2, 3}`, for two spatial dimensions.
class ExpandingPair {
public:
  ExpandingPair(int64_t both) : values{both, both} {}
  ExpandingPair(std::initializer_list<int64_t> list);
  operator IntArrayRef() const { return IntArrayRef(values, 2); }
  int64_t operator[](size_t i) const { return values[i]; }

private:
  int64_t values[2];
};

namespace functional {

Tensor relu(Arg x);
Tensor linear(Arg x, Arg weight, OptionalArg bias = {});

struct Conv2dFuncOptions {
  AGC_ARG(Tensor, bias);
  AGC_ARG(ExpandingPair, stride) = 1;
  AGC_ARG(ExpandingPair, padding) = 0;
  AGC_ARG(ExpandingPair, dilation) = 1;
  AGC_ARG(int64_t, groups) = 1;
};
Tensor conv2d(Arg x, Arg weight, const Conv2dFuncOptions &options = {});

struct MaxPool2dFuncOptions {
  MaxPool2dFuncOptions(ExpandingPair size) : kernel_size_(size), stride_(size) {}
  AGC_ARG(ExpandingPair, kernel_size);
  AGC_ARG(ExpandingPair, stride);
  AGC_ARG(ExpandingPair, padding) = 0;
  AGC_ARG(ExpandingPair, dilation) = 1;
  AGC_ARG(bool, ceil_mode) = false;
};
Tensor max_pool2d(Arg x, const MaxPool2dFuncOptions &options);

struct AdaptiveAvgPool2dFuncOptions {
  AdaptiveAvgPool2dFuncOptions(ExpandingPair size) : output_size_(size) {}
  AGC_ARG(ExpandingPair, output_size);
};
Tensor adaptive_avg_pool2d(Arg x, const AdaptiveAvgPool2dFuncOptions &options);

} // namespace functional
} // namespace nn
} // namespace agc

#endif
