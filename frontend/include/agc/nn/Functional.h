//===- Functional.h - Layers and losses as functions ----------------------===//
#ifndef AGC_NN_FUNCTIONAL_H
#define AGC_NN_FUNCTIONAL_H

#include <agc/Functions.h>
#include <agc/nn/Module.h>

namespace agc {

/// What a loss does with its elements. `kMean` and others are libtorch's names.
enum class Reduction { None, Mean, Sum };
inline constexpr Reduction kNone = Reduction::None, kMean = Reduction::Mean,
                           kSum = Reduction::Sum;

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

struct CrossEntropyLossOptions {
  AGC_ARG(int64_t, ignore_index) = -100;
  AGC_ARG(Reduction, reduction) = kMean;
  AGC_ARG(double, label_smoothing) = 0.0;
};
struct NLLLossOptions {
  AGC_ARG(int64_t, ignore_index) = -100;
  AGC_ARG(Reduction, reduction) = kMean;
};
struct MSELossOptions {
  MSELossOptions() = default;
  MSELossOptions(Reduction r) : reduction_(r) {}
  AGC_ARG(Reduction, reduction) = kMean;
};

namespace functional {

using CrossEntropyFuncOptions = CrossEntropyLossOptions;
using NLLLossFuncOptions = NLLLossOptions;
using MSELossFuncOptions = MSELossOptions;

/// Minus the logarithm of the softmax of \p input at the label.
///
/// Shapes: input [n, c, ...] or [c]; target [n, ...] or [], integers, or of
///         input's shape and floating point: probabilities.
/// Errors: a label that is not in [0, c) and not ignore_index, when the step
///         runs and before it changes anything.
Tensor cross_entropy(Arg input, Arg target);
Tensor cross_entropy(Arg input, Arg target, const CrossEntropyFuncOptions &options);
/// The same of logarithms of probabilities.
Tensor nll_loss(Arg input, Arg target);
Tensor nll_loss(Arg input, Arg target, const NLLLossFuncOptions &options);
Tensor mse_loss(Arg input, Arg target);
Tensor mse_loss(Arg input, Arg target, const MSELossFuncOptions &options);

struct SoftmaxFuncOptions {
  SoftmaxFuncOptions(int64_t dim) : dim_(dim) {}
  AGC_ARG(int64_t, dim);
};
using LogSoftmaxFuncOptions = SoftmaxFuncOptions;
Tensor softmax(Arg x, const SoftmaxFuncOptions &options);
Tensor log_softmax(Arg x, const LogSoftmaxFuncOptions &options);
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
