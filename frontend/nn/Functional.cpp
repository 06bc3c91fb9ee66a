#include <agc/nn/Functional.h>

namespace agc::nn::functional {

Tensor relu(Arg x) { return agc::relu(x); }
Tensor linear(Arg x, Arg weight, OptionalArg bias) { return agc::linear(x, weight, bias); }
Tensor conv2d(Arg x, Arg weight, const Conv2dFuncOptions &o) {
  return agc::conv2d(x, weight, o.bias(), o.stride(), o.padding(), o.dilation(), o.groups());
}
Tensor max_pool2d(Arg x, const MaxPool2dFuncOptions &o) {
  return agc::max_pool2d(x, o.kernel_size(), o.stride(), o.padding(), o.dilation(), o.ceil_mode());
}
Tensor adaptive_avg_pool2d(Arg x, const AdaptiveAvgPool2dFuncOptions &o) {
  return agc::adaptive_avg_pool2d(x, o.output_size());
}

} // namespace agc::nn::functional
