/* philox4x32.h: the rounds of Philox 4x32-10, for the runtime and for every shipped
 * step alike. Plain C99.
 * Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3". */
#ifndef AGC_RUNTIME_CORE_PHILOX4X32_H
#define AGC_RUNTIME_CORE_PHILOX4X32_H

#include <stdint.h>

/* Four random words take the place of the counter. */
static inline void agc_philox4x32(uint32_t c[4], uint32_t key0, uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    uint64_t a = (uint64_t)0xD2511F53 * c[0], b = (uint64_t)0xCD9E8D57 * c[2];
    uint32_t c1 = c[1], c3 = c[3];
    c[0] = (uint32_t)(b >> 32) ^ c1 ^ key0;
    c[1] = (uint32_t)b;
    c[2] = (uint32_t)(a >> 32) ^ c3 ^ key1;
    c[3] = (uint32_t)a;
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
}

#endif
