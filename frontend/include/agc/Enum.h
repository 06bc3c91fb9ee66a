//===- Enum.h - Constants that options are set to --------------------------===//
//
// Each is a type of its own, so that an option takes the ones that mean
// something to it: `Conv2dOptions(…).padding_mode(kReflect)`.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_ENUM_H
#define AGC_ENUM_H

#include <variant>

namespace agc {

#define AGC_FOR_ENUM(X)                                                        \
  X(kLinear) X(kConv1D) X(kConv2D) X(kConv3D) X(kConvTranspose1D)              \
  X(kConvTranspose2D) X(kConvTranspose3D) X(kSigmoid) X(kTanh) X(kReLU)        \
  X(kGELU) X(kLeakyReLU) X(kFanIn) X(kFanOut) X(kConstant) X(kReflect)         \
  X(kReplicate) X(kCircular) X(kZeros) X(kNearest) X(kBilinear) X(kValid)      \
  X(kSame)
#define AGC_ENUM(name)                                                         \
  namespace enumtype {                                                         \
  struct name {};                                                              \
  }                                                                            \
  inline constexpr enumtype::name name{};
AGC_FOR_ENUM(AGC_ENUM)
#undef AGC_ENUM
#undef AGC_FOR_ENUM

} // namespace agc

#endif
