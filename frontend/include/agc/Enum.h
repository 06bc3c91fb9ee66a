//===- Enum.h - Constants that options are set to --------------------------===//
//
// Each is a type of its own, so that an option takes the ones that mean
// something to it: `Conv2dOptions(…).padding_mode(kReflect)`.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_ENUM_H
#define AGC_ENUM_H

#include <cstddef>
#include <type_traits>

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

/// One of these constants: what an option holds. libtorch has std::variant, which each
/// program would compile.
template <typename First, typename... Others> class OneOf {
public:
  OneOf() = default;
  template <typename Constant>
    requires(std::is_same_v<Constant, First> || (std::is_same_v<Constant, Others> || ...))
  OneOf(Constant) : number(numberOf<Constant>()) {}

  template <typename Constant> bool is() const { return number == numberOf<Constant>(); }
  /// Which one, in the order of the type's arguments.
  size_t index() const { return number; }

private:
  unsigned number = 0;

  template <typename Constant> static constexpr unsigned numberOf() {
    unsigned number = 0;
    bool found = std::is_same_v<Constant, First>;
    ((found = found || (++number, std::is_same_v<Constant, Others>)), ...);
    return number;
  }
};

} // namespace agc

#endif
