/* step.c: what every shipped step has besides its kernels.
 *
 * Compiled to LLVM IR when agc is built, and linked into each object that agc makes:
 * so it may call nothing but what clang makes of memcpy and memset, keep nothing
 * global, and take no time at the start. */
#include "runtime/core/halves.h"
#include "runtime/core/philox4x32.h"
#include "runtime/shipped/step.h"
#ifdef __x86_64__
#include "runtime/shipped/x86_level.h"
#endif

#include <stddef.h>

#define AGC_TENSOR_ALIGNMENT 64

static uint32_t isMisaligned(const void *pointer, uint64_t alignment) {
  return ((uintptr_t)pointer & (alignment - 1)) != 0;
}

/*===-- Versions of the code -----------------------------------------------===*/

#ifdef __x86_64__
/* The level that the state knows. The memory of a state may have come from another
 * machine, so what can be asked at no cost is: cpuid takes microseconds where a
 * hypervisor answers it. */
static uint64_t levelOf(const struct agc_state *state) {
  switch (state->level) {
  case 1:
  case 2:
    return state->level;
  case 3:
    if ((agc_saved_registers() & AGC_SAVED_V3) == AGC_SAVED_V3)
      return 3;
    break;
  case 4:
    if ((agc_saved_registers() & AGC_SAVED_V4) == AGC_SAVED_V4)
      return 4;
    break;
  }
  return agc_x86_level();
}

static uint64_t levelHere(const struct agc_program *program) {
  return program->num_versions > 1 ? agc_x86_level() : 0;
}
#else
static uint64_t levelOf(const struct agc_state *state) { return state->level; }
static uint64_t levelHere(const struct agc_program *program) {
  (void)program;
  return 0;
}
#endif

/* The best that runs here. */
static agc_entry entryFor(const struct agc_function *f, const struct agc_state *state) {
  const struct agc_program *program = f->program;
  uint64_t best = program->num_versions - 1;
  if (best)
    for (uint64_t level = levelOf(state); best && program->levels[best] > level;)
      --best;
  return f->entries[best];
}

void agc_shipped_write_header(const struct agc_program *program, void *state,
                              uint64_t steps) {
  struct agc_state *header = (struct agc_state *)state;
  header->abi = AGC_SHIPPED_ABI;
  header->schema = program->schema;
  header->steps = steps;
  header->level = levelHere(program);
  header->magic = AGC_STATE_MAGIC;
}

/*===-- A state at first ---------------------------------------------------===*/

static uint64_t bitsOf(double x) {
  uint64_t bits;
  __builtin_memcpy(&bits, &x, 8);
  return bits;
}
static double fromBits(uint64_t bits) {
  double x;
  __builtin_memcpy(&x, &bits, 8);
  return x;
}

/* log(x) for 2^-53 <= x <= 1, to about 1e-15: x = 2^e m, m in [sqrt(1/2), sqrt(2)),
 * and log(m) = 2 artanh((m - 1) / (m + 1)). */
static double logarithm(double x) {
  uint64_t bits = bitsOf(x);
  int exponent = (int)(bits >> 52) - 1023;
  double m = fromBits((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    ++exponent;
  }
  double s = (m - 1) / (m + 1), z = s * s, sum = 0;
  for (int n = 21; n >= 1; n -= 2)
    sum = sum * z + 1.0 / n;
  return exponent * 0.6931471805599453 + 2 * s * sum;
}

/* cos and sin of a turn's part u in [0, 1), to about 1e-15: less the nearest quarter,
 * the series of an angle of at most pi / 4. */
static void cosAndSin(double u, double *c, double *s) {
  int quarter = (int)(u * 4 + 0.5);
  double x = (u - quarter * 0.25) * 6.283185307179586, z = x * x;
  double cosine = 0, sine = 0;
  for (int n = 16; n >= 2; n -= 2) {
    cosine = (cosine + 1) * (-z / ((n - 1) * n));
    sine = (sine + 1) * (-z / (n * (n + 1)));
  }
  cosine += 1;
  sine = (sine + 1) * x;
  switch (quarter & 3) {
  case 0: *c = cosine, *s = sine; break;
  case 1: *c = -sine, *s = cosine; break;
  case 2: *c = -cosine, *s = -sine; break;
  default: *c = sine, *s = -cosine; break;
  }
}

enum { F32 = 1, F64, BF16, F16, I64, I32, I8, U8, BOOL }; /* graph.proto's */

static void storeNumber(void *data, uint64_t dtype, uint64_t i, double value) {
  switch (dtype) {
  case F32: ((float *)data)[i] = (float)value; break;
  case F64: ((double *)data)[i] = value; break;
  case BF16: ((uint16_t *)data)[i] = agc_float_to_bf16((float)value); break;
  case F16: ((uint16_t *)data)[i] = agc_float_to_f16((float)value); break;
  case I64: ((int64_t *)data)[i] = (int64_t)value; break;
  case I32: ((int32_t *)data)[i] = (int32_t)value; break;
  default: ((uint8_t *)data)[i] = (uint8_t)(int64_t)value; break;
  }
}

/* Up to four numbers in [0, 1) of a counter; returns how many. */
static uint64_t drawUniforms(double u[4], uint64_t dtype, uint64_t seed,
                             uint64_t counter) {
  uint32_t w[4] = {(uint32_t)counter, (uint32_t)(counter >> 32), 0, 0};
  agc_philox4x32(w, (uint32_t)seed, (uint32_t)(seed >> 32));
  if (dtype == F64) {
    for (int k = 0; k < 2; ++k)
      u[k] = (double)(((uint64_t)w[2 * k + 1] << 32 | w[2 * k]) >> 11) * 0x1p-53;
    return 2;
  }
  int bits = dtype == F16 ? 11 : dtype == BF16 ? 8 : 24;
  for (int k = 0; k < 4; ++k)
    u[k] = (double)(w[k] >> (32 - bits)) / (double)(1u << bits);
  return 4;
}

/* Returns the counter after those that it took. */
static uint64_t draw(const struct agc_tensor *t, void *data, uint64_t seed,
                     uint64_t counter) {
  uint64_t drawn = t->begins == AGC_BEGINS_NORMAL && t->dtype != F64 ? F32 : t->dtype;
  for (uint64_t first = 0; first < t->numel; ++counter) {
    double u[4];
    uint64_t count = drawUniforms(u, drawn, seed, counter);
    if (t->begins == AGC_BEGINS_NORMAL) {
      for (uint64_t k = 0; k < count; k += 2) {
        /* In (0, 1], so that the logarithm is finite. */
        double radius = __builtin_sqrt(-2 * logarithm(1 - u[k])), c, s;
        cosAndSin(u[k + 1], &c, &s);
        u[k] = t->a + radius * c * t->b;
        u[k + 1] = t->a + radius * s * t->b;
      }
    } else {
      for (uint64_t k = 0; k < count; ++k)
        u[k] = t->dtype == F64
                   ? t->a + (t->b - t->a) * u[k]
                   : (float)t->a + ((float)t->b - (float)t->a) * (float)u[k];
    }
    for (uint64_t k = 0; k < count && first + k < t->numel; ++k)
      storeNumber(data, t->dtype, first + k, u[k]);
    first += count;
  }
  return counter;
}

int32_t agc_shipped_init(const struct agc_program *program, void *state, uint64_t seed) {
  if (!state)
    return AGC_STATUS_NULL;
  if (isMisaligned(state, AGC_TENSOR_ALIGNMENT))
    return AGC_STATUS_MISALIGNED;
  __builtin_memset(state, 0, program->state_bytes);
  uint64_t counter = 0;
  for (uint64_t i = 0; i < program->num_tensors; ++i) {
    const struct agc_tensor *t = &program->tensors[i];
    void *data = (char *)state + t->offset;
    if (t->begins == AGC_BEGINS_CONSTANT)
      for (uint64_t k = 0; k < t->numel; ++k)
        storeNumber(data, t->dtype, k, t->a);
    else if (t->begins != AGC_BEGINS_ZERO)
      counter = draw(t, data, seed, counter);
  }
  if (program->rng) {
    uint64_t *rng = (uint64_t *)((char *)state + program->tensors[program->rng - 1].offset);
    rng[0] = seed;
    rng[1] = counter;
  }
  agc_shipped_write_header(program, state, 0);
  return AGC_STATUS_OK;
}

/*===-- Calls ---------------------------------------------------------------===*/

int32_t agc_shipped_check_state(const struct agc_program *program, const void *state) {
  if (!state)
    return AGC_STATUS_NULL;
  if (isMisaligned(state, AGC_TENSOR_ALIGNMENT))
    return AGC_STATUS_MISALIGNED;
  const struct agc_state *header = (const struct agc_state *)state;
  if (header->magic != AGC_STATE_MAGIC)
    return AGC_STATUS_NOT_A_STATE;
  if (header->abi != AGC_SHIPPED_ABI)
    return AGC_STATUS_OTHER_ABI;
  return header->schema == program->schema ? AGC_STATUS_OK : AGC_STATUS_OTHER_STEP;
}

/* arguments, results: room for as many pointers as the function has, and one more. outs: the
 * caller's places for results, in order. */
int32_t agc_shipped_call(const struct agc_function *f, void *state, const void *batch,
                         const void *hyper, void *const *outs, void *workspace,
                         const agc_executor *executor, void **arguments,
                         void **results) {
  int32_t status = agc_shipped_check_state(f->program, state);
  if (status)
    return status;
  if (f->workspace_bytes) {
    if (!workspace)
      return AGC_STATUS_NULL;
    if (isMisaligned(workspace, AGC_TENSOR_ALIGNMENT))
      return AGC_STATUS_MISALIGNED;
  }
  if (executor && !executor->parallel_for)
    return AGC_STATUS_NULL;
  for (uint64_t i = 0; i < f->num_arguments; ++i) {
    const struct agc_argument *a = &f->arguments[i];
    if (a->from == AGC_FROM_STATE) {
      arguments[i] = (char *)state + a->offset;
      continue;
    }
    const char *given = (const char *)(a->from == AGC_FROM_BATCH ? batch : hyper);
    if (!given)
      return AGC_STATUS_NULL;
    if (a->from == AGC_FROM_HYPER) {
      if (isMisaligned(given, a->alignment))
        return AGC_STATUS_MISALIGNED;
      arguments[i] = (void *)(given + a->offset);
      continue;
    }
    if (isMisaligned(given, sizeof(void *)))
      return AGC_STATUS_MISALIGNED;
    arguments[i] = *(void *const *)(given + a->offset);
    if (!arguments[i])
      return AGC_STATUS_NULL;
    if (isMisaligned(arguments[i], a->alignment))
      return AGC_STATUS_MISALIGNED;
  }
  if (f->program->num_kernels)
    arguments[f->num_arguments] = (char *)state + f->program->timers;
  for (uint64_t i = 0; i < f->num_results; ++i) {
    results[i] = NULL;
    if (!f->results[i])
      continue;
    results[i] = *outs++;
    if (!results[i])
      return AGC_STATUS_NULL;
    if (isMisaligned(results[i], f->results[i]))
      return AGC_STATUS_MISALIGNED;
  }
  status = entryFor(f, (const struct agc_state *)state)(arguments, results, workspace, executor, NULL);
  if (status)
    return AGC_STATUS_FIRST_CHECK + (int32_t)f->first_check + status - 1;
  if (f->trains)
    ++((struct agc_state *)state)->steps;
  return AGC_STATUS_OK;
}

/* As a caller sees it (codegen/shipped/StepHeader.cpp). */
struct agc_kernel_time {
  const char *name;
  uint64_t calls, ticks, flops, bytes;
};

int32_t agc_shipped_profile(const struct agc_program *program, const void *state,
                            struct agc_kernel_time *table) {
  int32_t status = agc_shipped_check_state(program, state);
  if (status)
    return status;
  if (!table)
    return AGC_STATUS_NULL;
  if (isMisaligned(table, sizeof(uint64_t)))
    return AGC_STATUS_MISALIGNED;
  const struct agc_timer *timers =
      (const struct agc_timer *)(const void *)((const char *)state + program->timers);
  for (uint64_t i = 0; i < program->num_kernels; ++i) {
    table[i].name = program->kernels[i].name;
    table[i].calls = timers[i].calls;
    table[i].ticks = timers[i].ticks;
    table[i].flops = program->kernels[i].flops;
    table[i].bytes = program->kernels[i].bytes;
  }
  return AGC_STATUS_OK;
}

int32_t agc_shipped_profile_reset(const struct agc_program *program, void *state) {
  int32_t status = agc_shipped_check_state(program, state);
  if (!status)
    __builtin_memset((char *)state + program->timers, 0, program->num_kernels * sizeof(struct agc_timer));
  return status;
}

static uint32_t isSame(const char *x, const char *y) {
  while (*x && *x == *y)
    ++x, ++y;
  return *x == *y;
}

void *agc_shipped_parameter(const struct agc_program *program, void *state,
                            const char *name) {
  if (agc_shipped_check_state(program, state) || !name)
    return NULL;
  for (uint64_t i = 0; i < program->num_tensors; ++i)
    if (isSame(program->tensors[i].name, name))
      return (char *)state + program->tensors[i].offset;
  return NULL;
}

const char *agc_shipped_strerror(const struct agc_program *program, int32_t status) {
  switch (status) {
  case AGC_STATUS_OK:
    return "no error";
  case AGC_STATUS_NULL:
    return "a pointer is null";
  case AGC_STATUS_MISALIGNED:
    return "a pointer is not aligned: state and workspace to 64 bytes, tensors to "
           "their elements";
  case AGC_STATUS_NOT_A_STATE:
    return "the state was never initialized";
  case AGC_STATUS_OTHER_ABI:
    return "the state was made by another version of agc";
  case AGC_STATUS_OTHER_STEP:
    return "the state is that of another step";
  case AGC_STATUS_SHORT_BUFFER:
    return "the buffer is too short";
  case AGC_STATUS_BAD_CHECKPOINT:
    return "these bytes are no checkpoint, or were damaged";
  case AGC_STATUS_OTHER_CHECKPOINT:
    return "the checkpoint lacks a tensor of this step, or has it in another shape or "
           "type";
  }
  uint64_t check = (uint64_t)status - AGC_STATUS_FIRST_CHECK;
  if (status >= AGC_STATUS_FIRST_CHECK && check < program->num_checks)
    return program->checks[check];
  return "there is no such status";
}
