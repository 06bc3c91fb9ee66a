#include <agc/nn/Init.h>

#include "frontend/core/Host.h"
#include "runtime/core/Convert.h"
#include "runtime/core/Philox.h"

#include <cmath>

namespace agc::nn::init {

using detail::replaceElements;

double calculate_gain(Nonlinearity nonlinearity, double param) {
  switch (nonlinearity) {
  case Nonlinearity::Tanh:
    return 5.0 / 3.0;
  case Nonlinearity::ReLU:
    return std::sqrt(2.0);
  case Nonlinearity::LeakyReLU:
    return std::sqrt(2.0 / (1 + param * param));
  default:
    return 1;
  }
}

Tensor constant_(Tensor tensor, Scalar value) {
  replaceElements(tensor, [&](void *data) {
    for (int64_t i = 0; i < tensor.numel(); ++i)
      storeNumber(data, tensor.dtype(), i, value.toDouble());
  });
  return tensor;
}
Tensor zeros_(Tensor tensor) { return constant_(tensor, 0); }
Tensor ones_(Tensor tensor) { return constant_(tensor, 1); }

Tensor uniform_(Tensor tensor, double low, double high) {
  replaceElements(tensor, [&](void *data) {
    defaultGenerator().fillUniform(data, tensor.dtype(), tensor.numel(), low, high);
  });
  return tensor;
}
Tensor normal_(Tensor tensor, double mean, double std) {
  replaceElements(tensor, [&](void *data) {
    defaultGenerator().fillNormal(data, tensor.dtype(), tensor.numel(), mean, std);
  });
  return tensor;
}

namespace {
struct Fans {
  double in, out;
};
Fans fansOf(const Tensor &tensor) {
  if (tensor.dim() < 2)
    throw Error("AGC0104", "expects at least 2 dimensions to count the inputs of a "
                           "layer, got " + std::to_string(tensor.dim()));
  double field = 1;
  for (int64_t d = 2; d < tensor.dim(); ++d)
    field *= double(tensor.size(d));
  return {double(tensor.size(1)) * field, double(tensor.size(0)) * field};
}
double kaimingStd(const Tensor &tensor, double a, FanMode mode, Nonlinearity nonlinearity) {
  Fans fans = fansOf(tensor);
  double fan = mode == kFanIn ? fans.in : fans.out;
  return calculate_gain(nonlinearity, a) / std::sqrt(fan > 0 ? fan : 1);
}
double xavierStd(const Tensor &tensor, double gain) {
  Fans fans = fansOf(tensor);
  double sum = fans.in + fans.out;
  return gain * std::sqrt(2.0 / (sum > 0 ? sum : 1));
}
} // namespace

Tensor kaiming_uniform_(Tensor t, double a, FanMode mode, Nonlinearity n) {
  double bound = std::sqrt(3.0) * kaimingStd(t, a, mode, n);
  return uniform_(t, -bound, bound);
}
Tensor kaiming_normal_(Tensor t, double a, FanMode mode, Nonlinearity n) {
  return normal_(t, 0, kaimingStd(t, a, mode, n));
}
Tensor xavier_uniform_(Tensor t, double gain) {
  double bound = std::sqrt(3.0) * xavierStd(t, gain);
  return uniform_(t, -bound, bound);
}
Tensor xavier_normal_(Tensor t, double gain) { return normal_(t, 0, xavierStd(t, gain)); }

} // namespace agc::nn::init
