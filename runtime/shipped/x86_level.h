/* x86_level.h: which of the levels of x86-64 (its psABI, "Microarchitecture levels") a
 * machine has, asked of the machine alone: an object has no library to ask. */
#ifndef AGC_RUNTIME_SHIPPED_X86_LEVEL_H
#define AGC_RUNTIME_SHIPPED_X86_LEVEL_H

#include <stdint.h>

struct agc_cpuid {
  uint32_t eax, ebx, ecx, edx;
};

static inline struct agc_cpuid agc_cpuid(uint32_t leaf) {
  struct agc_cpuid r;
  __asm__ volatile("cpuid"
                   : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                   : "0"(leaf), "2"(0));
  return r;
}

/* Registers that the system saves; only where OSXSAVE is set. */
static inline uint32_t agc_saved_registers(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

/* Those that a level has: of SSE and AVX, and of AVX-512. */
#define AGC_SAVED_V3 0x06u
#define AGC_SAVED_V4 0xe6u

/* 1, for what is below v2, to 4. */
static uint64_t agc_x86_level(void) {
  const uint32_t v2 = 1u << 0 | 1u << 9 | 1u << 13 | 1u << 19 | 1u << 20 |
                      1u << 23; /* SSE3, SSSE3, CMPXCHG16B, SSE4.1, SSE4.2, POPCNT */
  const uint32_t v3 = 1u << 12 | 1u << 22 | 1u << 27 | 1u << 28 |
                      1u << 29; /* FMA, MOVBE, OSXSAVE, AVX, F16C */
  const uint32_t v3Of7 = 1u << 3 | 1u << 5 | 1u << 8; /* BMI1, AVX2, BMI2 */
  const uint32_t v4Of7 = 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 |
                         1u << 31; /* AVX-512 F, DQ, CD, BW, VL */
  const uint32_t lahf = 1u << 0, lzcnt = 1u << 5;
  uint32_t last = agc_cpuid(0).eax, of1 = agc_cpuid(1).ecx;
  uint32_t more = agc_cpuid(0x80000000u).eax >= 0x80000001u ? agc_cpuid(0x80000001u).ecx : 0;
  if ((of1 & v2) != v2 || !(more & lahf))
    return 1;
  if ((of1 & v3) != v3 || !(more & lzcnt) || last < 7)
    return 2;
  uint32_t of7 = agc_cpuid(7).ebx, saved = agc_saved_registers();
  if ((of7 & v3Of7) != v3Of7 || (saved & AGC_SAVED_V3) != AGC_SAVED_V3)
    return 2;
  return (of7 & v4Of7) == v4Of7 && (saved & AGC_SAVED_V4) == AGC_SAVED_V4 ? 4 : 3;
}

#endif
