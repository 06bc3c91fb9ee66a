//===- Types.h - Small types that tensors are described with --------------===//
#ifndef AGC_TYPES_H
#define AGC_TYPES_H

#include <agc/DType.h>
#include <agc/Error.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <source_location>
#include <string>
#include <vector>

namespace agc {

/// Where the user called. Free functions take it with an operand (Arg).
using Loc = std::source_location;

namespace detail {
/// Throws agc::Error at \p loc, or without a position where that is none.
[[noreturn]] void failAt(const char *code, const std::string &message, Loc loc);
} // namespace detail

using ScalarType = DType;
using Dtype = DType;
inline constexpr DType kFloat32 = DType::F32, kFloat = DType::F32;
inline constexpr DType kFloat64 = DType::F64, kDouble = DType::F64;
inline constexpr DType kBFloat16 = DType::BF16;
inline constexpr DType kFloat16 = DType::F16, kHalf = DType::F16;
inline constexpr DType kInt64 = DType::I64, kLong = DType::I64;
inline constexpr DType kInt32 = DType::I32, kInt = DType::I32;
inline constexpr DType kInt8 = DType::I8, kChar = DType::I8;
inline constexpr DType kUInt8 = DType::U8, kByte = DType::U8;
inline constexpr DType kBool = DType::Bool;

/// The dtype of a C++ element type.
template <typename T> constexpr DType dtypeOf() {
  if constexpr (std::is_same_v<T, float>) return DType::F32;
  else if constexpr (std::is_same_v<T, double>) return DType::F64;
  else if constexpr (std::is_same_v<T, bool>) return DType::Bool;
  else if constexpr (std::is_integral_v<T> && sizeof(T) == 8) return DType::I64;
  else if constexpr (std::is_integral_v<T> && sizeof(T) == 4) return DType::I32;
  else if constexpr (std::is_same_v<T, uint8_t>) return DType::U8;
  else if constexpr (std::is_integral_v<T> && sizeof(T) == 1) return DType::I8;
  else return DType::Invalid;
}

/// A view of elements that live elsewhere.
template <typename T> class ArrayRef {
public:
  using value_type = T;
  using const_iterator = const T *;
  using iterator = const T *;

  constexpr ArrayRef() = default;
  constexpr ArrayRef(const T *data, size_t size) : first(data), count(size) {}
  constexpr ArrayRef(const T &one) : first(&one), count(1) {}
  ArrayRef(const std::vector<T> &v) : first(v.data()), count(v.size()) {}
  // As LLVM's: for parameters, where the list outlives the call.
#pragma GCC diagnostic push
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Winit-list-lifetime"
#endif
  constexpr ArrayRef(const std::initializer_list<T> &list)
      : first(list.size() ? list.begin() : nullptr), count(list.size()) {}
#pragma GCC diagnostic pop

  const T *data() const { return first; }
  size_t size() const { return count; }
  bool empty() const { return count == 0; }
  const T *begin() const { return first; }
  const T *end() const { return first + count; }
  const T &operator[](size_t i) const { return first[i]; }
  const T &front() const { return first[0]; }
  const T &back() const { return first[count - 1]; }
  std::vector<T> vec() const { return std::vector<T>(begin(), end()); }
  bool equals(ArrayRef other) const {
    if (count != other.count)
      return false;
    for (size_t i = 0; i < count; ++i)
      if (!(first[i] == other.first[i]))
        return false;
    return true;
  }
  friend bool operator==(ArrayRef a, ArrayRef b) { return a.equals(b); }

private:
  const T *first = nullptr;
  size_t count = 0;
};
using IntArrayRef = ArrayRef<int64_t>;

/// `[2, 3]`, as libtorch prints sizes.
std::ostream &operator<<(std::ostream &out, IntArrayRef sizes);
std::ostream &operator<<(std::ostream &out, DType type);

/// A number with the kind it was written in.
class Scalar {
public:
  enum class Kind : uint8_t { Bool, Integer, Float };

  Scalar() : Scalar(0) {}
  Scalar(bool v) : number(v), integer(v), sort(Kind::Bool) {}
  template <typename T>
    requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
  Scalar(T v) : number(double(v)), integer(int64_t(v)), sort(Kind::Integer) {}
  template <typename T>
    requires std::is_floating_point_v<T>
  Scalar(T v) : number(double(v)), sort(Kind::Float) {}

  Kind kind() const { return sort; }
  bool isFloatingPoint() const { return sort == Kind::Float; }
  bool isIntegral(bool includeBool = false) const {
    return sort == Kind::Integer || (includeBool && sort == Kind::Bool);
  }
  bool isBoolean() const { return sort == Kind::Bool; }
  double toDouble() const { return number; }
  float toFloat() const { return float(number); }
  int64_t toLong() const {
    return sort == Kind::Float ? int64_t(number) : integer;
  }
  int toInt() const { return int(toLong()); }
  bool toBool() const { return number != 0; }
  template <typename T> T to() const {
    if constexpr (std::is_same_v<T, bool>) return toBool();
    else if constexpr (std::is_integral_v<T>) return T(toLong());
    else return T(number);
  }

private:
  double number;
  int64_t integer = 0;
  Kind sort;
};

enum class DeviceType : uint8_t { CPU, CUDA };
inline constexpr DeviceType kCPU = DeviceType::CPU, kCUDA = DeviceType::CUDA;

class Device {
public:
  Device(DeviceType type = kCPU, int index = -1) : place(type), number(index) {}
  /// Errors: not "cpu", "cuda" or "cuda:N".
  Device(const char *text, Loc loc = Loc::current());
  Device(const std::string &text, Loc loc = Loc::current()) : Device(text.c_str(), loc) {}
  DeviceType type() const { return place; }
  int index() const { return number; }
  bool is_cpu() const { return place == kCPU; }
  bool is_cuda() const { return place == kCUDA; }
  std::string str() const;
  friend bool operator==(const Device &, const Device &) = default;

private:
  DeviceType place;
  int number;
};

/// What a created tensor is like. Every setter returns a changed copy.
class TensorOptions {
public:
  TensorOptions() = default;
  TensorOptions(DType type) : elementType(type) {}
  TensorOptions(Device device) : place(device) {}
  TensorOptions(DeviceType device) : place(device) {}

  TensorOptions dtype(DType type) const {
    TensorOptions o = *this;
    o.elementType = type;
    return o;
  }
  TensorOptions requires_grad(bool on) const {
    TensorOptions o = *this;
    o.tracked = on;
    return o;
  }
  TensorOptions device(Device device) const {
    TensorOptions o = *this;
    o.place = device;
    return o;
  }
  DType dtype() const { return elementType.value_or(kFloat32); }
  std::optional<DType> dtype_opt() const { return elementType; }
  bool requires_grad() const { return tracked; }
  Device device() const { return place; }

private:
  std::optional<DType> elementType;
  bool tracked = false;
  Device place;
};

inline TensorOptions dtype(DType type) { return TensorOptions(type); }
inline TensorOptions requires_grad(bool on = true) {
  return TensorOptions().requires_grad(on);
}
inline TensorOptions device(Device place) { return TensorOptions(place); }

/// The dtype that both promote to, as PyTorch's table.
/// Errors: u8 with i8, whose i16 agc has not.
DType promote_types(DType a, DType b, Loc loc = Loc::current());

} // namespace agc

#endif
