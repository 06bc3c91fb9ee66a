//===- DType.h - The element types ----------------------------------------===//
#ifndef AGC_DTYPE_H
#define AGC_DTYPE_H

#include <cstdint>
#include <string_view>

namespace agc {

/// The numbers are those of graph.proto.
enum class DType : uint8_t {
  Invalid = 0, F32, F64, BF16, F16, I64, I32, I8, U8, Bool
};

constexpr int numDTypes = 10;

struct DTypeInfo {
  std::string_view name;            // "f32", as the IR says
  std::string_view safetensorsName; // "F32"
  uint8_t sizeBytes;
  bool isFloat;
  bool isSigned;
};

inline constexpr DTypeInfo dtypeTable[numDTypes] = {
    {"invalid", "", 0, false, false}, {"f32", "F32", 4, true, true},
    {"f64", "F64", 8, true, true},    {"bf16", "BF16", 2, true, true},
    {"f16", "F16", 2, true, true},    {"i64", "I64", 8, false, true},
    {"i32", "I32", 4, false, true},   {"i8", "I8", 1, false, true},
    {"u8", "U8", 1, false, false},    {"bool", "BOOL", 1, false, false},
};

constexpr const DTypeInfo &info(DType type) {
  return dtypeTable[static_cast<int>(type)];
}

} // namespace agc

#endif
