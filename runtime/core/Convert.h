//===- Convert.h - One element, read or written as a number ---------------===//
#ifndef AGC_RUNTIME_CORE_CONVERT_H
#define AGC_RUNTIME_CORE_CONVERT_H

#include "runtime/core/DType.h"
#include "runtime/core/halves.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace agc {

inline uint16_t floatToBf16(float x) { return agc_float_to_bf16(x); }
inline float bf16ToFloat(uint16_t x) {
  return std::bit_cast<float>(uint32_t(x) << 16);
}

inline uint16_t floatToHalf(float x) { return agc_float_to_f16(x); }
inline float halfToFloat(uint16_t x) {
  uint32_t sign = uint32_t(x & 0x8000) << 16;
  uint32_t exponent = x >> 10 & 0x1f, fraction = x & 0x3ff;
  if (exponent == 0) {
    float tiny = float(fraction) * 0x1p-24f;
    return sign ? -tiny : tiny;
  }
  uint32_t top = exponent == 31 ? 255 : exponent + 112;
  return std::bit_cast<float>(sign | top << 23 | fraction << 13);
}

template <typename T>
T loadAs(const void *data, int64_t index) {
  T value;
  std::memcpy(&value, static_cast<const char *>(data) + index * int64_t(sizeof(T)),
              sizeof(T));
  return value;
}
template <typename T>
void storeAs(void *data, int64_t index, T value) {
  std::memcpy(static_cast<char *>(data) + index * int64_t(sizeof(T)), &value,
              sizeof(T));
}

/// An integer or bool element.
inline int64_t loadInteger(const void *data, DType type, int64_t i) {
  switch (type) {
  case DType::I64: return loadAs<int64_t>(data, i);
  case DType::I32: return loadAs<int32_t>(data, i);
  case DType::I8: return loadAs<int8_t>(data, i);
  case DType::U8: return loadAs<uint8_t>(data, i);
  case DType::Bool: return loadAs<uint8_t>(data, i) != 0;
  default: return 0;
  }
}

/// Any element, as a double.
inline double loadNumber(const void *data, DType type, int64_t i) {
  switch (type) {
  case DType::F32: return loadAs<float>(data, i);
  case DType::F64: return loadAs<double>(data, i);
  case DType::BF16: return bf16ToFloat(loadAs<uint16_t>(data, i));
  case DType::F16: return halfToFloat(loadAs<uint16_t>(data, i));
  default: return double(loadInteger(data, type, i));
  }
}

inline void storeInteger(void *data, DType type, int64_t i, int64_t value);

/// Rounds to nearest for floats; integers truncate toward zero.
inline void storeNumber(void *data, DType type, int64_t i, double value) {
  switch (type) {
  case DType::F32: return storeAs<float>(data, i, float(value));
  case DType::F64: return storeAs<double>(data, i, value);
  case DType::BF16: return storeAs<uint16_t>(data, i, floatToBf16(float(value)));
  case DType::F16: return storeAs<uint16_t>(data, i, floatToHalf(float(value)));
  case DType::Bool: return storeAs<uint8_t>(data, i, value != 0);
  default: {
    // Out of range is what it is in C++: not defined. Clamped, so that it is.
    double low = -0x1p63, high = 0x1p63 - 1024;
    double clamped = value != value ? 0 : value < low ? low : value > high ? high : value;
    return storeInteger(data, type, i, int64_t(clamped));
  }
  }
}
inline void storeInteger(void *data, DType type, int64_t i, int64_t value) {
  switch (type) {
  case DType::I64: return storeAs<int64_t>(data, i, value);
  case DType::I32: return storeAs<int32_t>(data, i, int32_t(value));
  case DType::I8: return storeAs<int8_t>(data, i, int8_t(value));
  case DType::U8: return storeAs<uint8_t>(data, i, uint8_t(value));
  case DType::Bool: return storeAs<uint8_t>(data, i, value != 0);
  default: return storeNumber(data, type, i, double(value));
  }
}

} // namespace agc

#endif
