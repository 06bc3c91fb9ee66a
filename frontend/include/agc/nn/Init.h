//===- Init.h - First values of parameters --------------------------------===//
#ifndef AGC_NN_INIT_H
#define AGC_NN_INIT_H

#include <agc/Enum.h>
#include <agc/Functions.h>

namespace agc {

/// In place, without autograd seeing it; each returns its tensor.
namespace nn::init {

using NonlinearityType =
    OneOf<enumtype::kLinear, enumtype::kConv1D, enumtype::kConv2D, enumtype::kConv3D,
                 enumtype::kConvTranspose1D, enumtype::kConvTranspose2D, enumtype::kConvTranspose3D,
                 enumtype::kSigmoid, enumtype::kTanh, enumtype::kReLU, enumtype::kLeakyReLU>;
using FanModeType = OneOf<enumtype::kFanIn, enumtype::kFanOut>;

double calculate_gain(NonlinearityType nonlinearity, double param = 0.01);
// Errors, at \p loc: AGC0104, fewer than two dimensions where inputs of a layer
// are counted; AGC0120, within a trace.
Tensor constant_(Tensor tensor, Scalar value, Loc loc = Loc::current());
Tensor zeros_(Tensor tensor, Loc loc = Loc::current());
Tensor ones_(Tensor tensor, Loc loc = Loc::current());
Tensor uniform_(Tensor tensor, double low = 0, double high = 1, Loc loc = Loc::current());
Tensor normal_(Tensor tensor, double mean = 0, double std = 1, Loc loc = Loc::current());
Tensor kaiming_uniform_(Tensor tensor, double a = 0, FanModeType mode = kFanIn,
                        NonlinearityType nonlinearity = kLeakyReLU, Loc loc = Loc::current());
Tensor kaiming_normal_(Tensor tensor, double a = 0, FanModeType mode = kFanIn,
                       NonlinearityType nonlinearity = kLeakyReLU, Loc loc = Loc::current());
Tensor xavier_uniform_(Tensor tensor, double gain = 1.0, Loc loc = Loc::current());
Tensor xavier_normal_(Tensor tensor, double gain = 1.0, Loc loc = Loc::current());
/// Rows (or columns, if they are fewer) at right angles to each other and of
/// length \p gain; more dimensions count as columns.
Tensor orthogonal_(Tensor tensor, double gain = 1.0, Loc loc = Loc::current());

} // namespace nn::init
} // namespace agc

#endif
