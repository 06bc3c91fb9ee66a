#include <agc/nn/Init.h>

#include "frontend/core/Host.h"
#include "frontend/core/Recorder.h"
#include "runtime/core/Convert.h"
#include "runtime/core/Philox.h"

#include <cmath>
#include <numeric>

namespace agc::nn::init {

using detail::Beginning;
using detail::fail;
using detail::OpGuard;
using detail::replaceElements;

double calculate_gain(NonlinearityType nonlinearity, double param) {
  if (nonlinearity.is<enumtype::kTanh>())
    return 5.0 / 3.0;
  if (nonlinearity.is<enumtype::kReLU>())
    return std::sqrt(2.0);
  if (nonlinearity.is<enumtype::kLeakyReLU>())
    return std::sqrt(2.0 / (1 + param * param));
  return 1;
}

Tensor constant_(Tensor tensor, Scalar value, Loc loc) {
  OpGuard op("constant_", loc);
  replaceElements(tensor, [&](void *data) {
    for (int64_t i = 0; i < tensor.numel(); ++i)
      storeNumber(data, tensor.dtype(), i, value.toDouble());
  }, Beginning{Beginning::Constant, value.toDouble(), 0});
  return tensor;
}
Tensor zeros_(Tensor tensor, Loc loc) { return constant_(tensor, 0, loc); }
Tensor ones_(Tensor tensor, Loc loc) { return constant_(tensor, 1, loc); }

Tensor uniform_(Tensor tensor, double low, double high, Loc loc) {
  OpGuard op("uniform_", loc);
  replaceElements(tensor, [&](void *data) {
    defaultGenerator().fillUniform(data, tensor.dtype(), tensor.numel(), low, high);
  }, Beginning{Beginning::Uniform, low, high});
  return tensor;
}
Tensor normal_(Tensor tensor, double mean, double std, Loc loc) {
  OpGuard op("normal_", loc);
  replaceElements(tensor, [&](void *data) {
    defaultGenerator().fillNormal(data, tensor.dtype(), tensor.numel(), mean, std);
  }, Beginning{Beginning::Normal, mean, std});
  return tensor;
}

namespace {
struct Fans {
  double in, out;
};
Fans fansOf(const Tensor &tensor) {
  if (tensor.dim() < 2)
    fail("AGC0104", "expects at least 2 dimensions to count the inputs of a layer, got " +
                        std::to_string(tensor.dim()));
  double field = 1;
  for (int64_t d = 2; d < tensor.dim(); ++d)
    field *= double(tensor.size(d));
  return {double(tensor.size(1)) * field, double(tensor.size(0)) * field};
}
double kaimingStd(const Tensor &tensor, double a, FanModeType mode, NonlinearityType nonlinearity) {
  Fans fans = fansOf(tensor);
  double fan = mode.is<enumtype::kFanIn>() ? fans.in : fans.out;
  return calculate_gain(nonlinearity, a) / std::sqrt(fan > 0 ? fan : 1);
}
double xavierStd(const Tensor &tensor, double gain) {
  Fans fans = fansOf(tensor);
  double sum = fans.in + fans.out;
  return gain * std::sqrt(2.0 / (sum > 0 ? sum : 1));
}
} // namespace

Tensor kaiming_uniform_(Tensor t, double a, FanModeType mode, NonlinearityType n, Loc loc) {
  OpGuard op("kaiming_uniform_", loc);
  double bound = std::sqrt(3.0) * kaimingStd(t, a, mode, n);
  return uniform_(t, -bound, bound, loc);
}
Tensor kaiming_normal_(Tensor t, double a, FanModeType mode, NonlinearityType n, Loc loc) {
  OpGuard op("kaiming_normal_", loc);
  return normal_(t, 0, kaimingStd(t, a, mode, n), loc);
}
Tensor xavier_uniform_(Tensor t, double gain, Loc loc) {
  OpGuard op("xavier_uniform_", loc);
  double bound = std::sqrt(3.0) * xavierStd(t, gain);
  return uniform_(t, -bound, bound, loc);
}
Tensor xavier_normal_(Tensor t, double gain, Loc loc) {
  OpGuard op("xavier_normal_", loc);
  return normal_(t, 0, xavierStd(t, gain), loc);
}

Tensor orthogonal_(Tensor tensor, double gain, Loc loc) {
  OpGuard op("orthogonal_", loc);
  if (tensor.dim() < 2)
    fail("AGC0104", "expects at least 2 dimensions, got " + std::to_string(tensor.dim()));
  size_t rows = size_t(tensor.size(0)), columns = rows ? size_t(tensor.numel()) / rows : 0;
  size_t count = std::min(rows, columns), length = std::max(rows, columns);
  std::vector<std::vector<double>> vectors(count, std::vector<double>(length));
  for (std::vector<double> &v : vectors)
    defaultGenerator().fillNormal(v.data(), DType::F64, int64_t(length), 0, 1);
  // Gram and Schmidt, twice for what rounding leaves: the Q of a decomposition
  // whose R has a positive diagonal.
  for (size_t i = 0; i < count; ++i) {
    std::vector<double> &v = vectors[i];
    for (int round = 0; round < 2; ++round)
      for (size_t k = 0; k < i; ++k) {
        double along = std::inner_product(v.begin(), v.end(), vectors[k].begin(), 0.0);
        for (size_t j = 0; j < length; ++j)
          v[j] -= along * vectors[k][j];
      }
    double size = std::sqrt(std::inner_product(v.begin(), v.end(), v.begin(), 0.0));
    for (double &x : v)
      x /= size;
  }
  replaceElements(tensor, [&](void *data) {
    for (size_t r = 0; r < rows; ++r)
      for (size_t c = 0; c < columns; ++c)
        storeNumber(data, tensor.dtype(), int64_t(r * columns + c),
                    gain * (rows <= columns ? vectors[r][c] : vectors[c][r]));
  }, Beginning());
  return tensor;
}

} // namespace agc::nn::init
