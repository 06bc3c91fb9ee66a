/* halves.h: f32 to bf16 and f16, to the nearest, ties to even, for the runtime and for
 * every shipped step alike. Plain C99. */
#ifndef AGC_RUNTIME_CORE_HALVES_H
#define AGC_RUNTIME_CORE_HALVES_H

#include <stdint.h>

static inline uint32_t agc_float_bits(float x) {
  uint32_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return bits;
}

static inline uint16_t agc_float_to_bf16(float x) {
  uint32_t bits = agc_float_bits(x);
  if ((bits & 0x7fffffff) > 0x7f800000)
    return (uint16_t)(bits >> 16 | 0x40); /* quiet NaN */
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static inline uint16_t agc_float_to_f16(float x) {
  uint32_t bits = agc_float_bits(x), magnitude = bits & 0x7fffffff;
  uint32_t sign = bits >> 16 & 0x8000;
  if (magnitude > 0x7f800000)
    return (uint16_t)(sign | 0x7e00);
  if (magnitude >= 0x477ff000) /* rounds to 65520 or more */
    return (uint16_t)(sign | 0x7c00);
  if (magnitude < 0x38800000) { /* below 2^-14: a multiple of 2^-24 */
    float size;
    __builtin_memcpy(&size, &magnitude, sizeof size);
    /* Beside 1/2 a number has no digit below that. */
    return (uint16_t)(sign | (agc_float_bits(size + 0.5f) - 0x3f000000));
  }
  uint32_t rounded = magnitude + 0xfff + (magnitude >> 13 & 1);
  return (uint16_t)(sign | (rounded - 0x38000000) >> 13);
}

#endif
