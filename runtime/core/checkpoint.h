/* checkpoint.h: what a checkpoint says of itself, for the runtime and for every
 * shipped step alike. Plain C99. docs/checkpoints.md is the specification. */
#ifndef AGC_RUNTIME_CORE_CHECKPOINT_H
#define AGC_RUNTIME_CORE_CHECKPOINT_H

#include <stdint.h>

#define AGC_CHECKPOINT_FORMAT "agc-checkpoint-1"
/* Of agc.schema and agc.checksum, hexadecimal; of agc.steps, decimal. */
#define AGC_HASH_DIGITS 16
#define AGC_STEPS_DIGITS 20

/* Of bytes that come in pieces. Each step is one to one, so that no two files that
 * differ in one word have the same. */
struct agc_checksum {
  uint64_t hash;
  unsigned char part[8]; /* of a word that has not all its bytes yet */
  uint64_t have;
};

static inline uint64_t agc_checksum_mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * UINT64_C(0x9FB21C651E98DF25);
  return hash ^ hash >> 32;
}

/* count: how many bytes there will be. */
static inline struct agc_checksum agc_checksum_begin(uint64_t count) {
  struct agc_checksum sum = {count, {0}, 0};
  return sum;
}

static inline void agc_checksum_add(struct agc_checksum *sum, const void *bytes,
                                    uint64_t count) {
  const unsigned char *p = (const unsigned char *)bytes;
  uint64_t word, i = 0;
  for (; sum->have && i < count; ++i) {
    sum->part[sum->have++] = p[i];
    if (sum->have == 8) {
      __builtin_memcpy(&word, sum->part, 8);
      sum->hash = agc_checksum_mix(sum->hash, word);
      sum->have = 0;
    }
  }
  for (; count - i >= 8; i += 8) {
    __builtin_memcpy(&word, p + i, 8);
    sum->hash = agc_checksum_mix(sum->hash, word);
  }
  for (; i < count; ++i)
    sum->part[sum->have++] = p[i];
}

static inline uint64_t agc_checksum_end(const struct agc_checksum *sum) {
  uint64_t hash = sum->hash;
  for (uint64_t i = 0; i < sum->have; ++i)
    hash = agc_checksum_mix(hash, sum->part[i]);
  return hash;
}

/* Of a whole file, in which its own digits, at `digits`, count as zeros. */
static inline uint64_t agc_checksum_of_file(const char *file, uint64_t bytes,
                                            uint64_t digits) {
  struct agc_checksum sum = agc_checksum_begin(bytes);
  agc_checksum_add(&sum, file, digits);
  agc_checksum_add(&sum, "0000000000000000", AGC_HASH_DIGITS);
  agc_checksum_add(&sum, file + digits + AGC_HASH_DIGITS, bytes - digits - AGC_HASH_DIGITS);
  return agc_checksum_end(&sum);
}

static inline void agc_write_digits(char *place, uint64_t digits, uint64_t base,
                                    uint64_t value) {
  for (; digits > 0; value /= base)
    place[--digits] = "0123456789abcdef"[value % base];
}

/* False if it is no such number. */
static inline int agc_read_digits(const char *place, uint64_t digits, uint64_t base,
                                  uint64_t *value) {
  *value = 0;
  for (uint64_t i = 0; i < digits; ++i) {
    char c = place[i];
    uint64_t digit = c >= '0' && c <= '9' ? (uint64_t)(c - '0')
                     : c >= 'a' && c <= 'f' ? (uint64_t)(c - 'a') + 10 : 16;
    if (digit >= base || *value > (UINT64_MAX - digit) / base)
      return 0;
    *value = *value * base + digit;
  }
  return 1;
}

#endif
