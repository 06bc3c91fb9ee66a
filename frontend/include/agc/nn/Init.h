//===- Init.h - First values of parameters --------------------------------===//
#ifndef AGC_NN_INIT_H
#define AGC_NN_INIT_H

#include <agc/Functions.h>

namespace agc {

enum class FanMode { FanIn, FanOut };
inline constexpr FanMode kFanIn = FanMode::FanIn, kFanOut = FanMode::FanOut;
enum class Nonlinearity { Linear, Sigmoid, Tanh, ReLU, LeakyReLU };
inline constexpr Nonlinearity kLinear = Nonlinearity::Linear,
                              kSigmoid = Nonlinearity::Sigmoid,
                              kTanh = Nonlinearity::Tanh,
                              kReLU = Nonlinearity::ReLU,
                              kLeakyReLU = Nonlinearity::LeakyReLU;

/// In place, without autograd seeing it; each returns its tensor.
namespace nn::init {

double calculate_gain(Nonlinearity nonlinearity, double param = 0.01);
Tensor constant_(Tensor tensor, Scalar value);
Tensor zeros_(Tensor tensor);
Tensor ones_(Tensor tensor);
Tensor uniform_(Tensor tensor, double low = 0, double high = 1);
Tensor normal_(Tensor tensor, double mean = 0, double std = 1);
Tensor kaiming_uniform_(Tensor tensor, double a = 0, FanMode mode = kFanIn,
                        Nonlinearity nonlinearity = kLeakyReLU);
Tensor kaiming_normal_(Tensor tensor, double a = 0, FanMode mode = kFanIn,
                       Nonlinearity nonlinearity = kLeakyReLU);
Tensor xavier_uniform_(Tensor tensor, double gain = 1.0);
Tensor xavier_normal_(Tensor tensor, double gain = 1.0);

} // namespace nn::init
} // namespace agc

#endif
