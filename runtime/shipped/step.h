/* step.h: what a shipped step says of itself, to the code that each one has.
 *
 * codegen/shipped/EmitStep.cpp writes these as constants; step.c reads them. Numbers
 * are of 8 bytes, so that a target lays them out as C does and LLVM does. */
#ifndef AGC_RUNTIME_SHIPPED_STEP_H
#define AGC_RUNTIME_SHIPPED_STEP_H

#include "runtime/core/abi.h"

/* Of the functions and the state's header; a state of another one is refused. */
#define AGC_SHIPPED_ABI 1
#define AGC_STATE_MAGIC UINT64_C(0x4554415453434741) /* "AGCSTATE" */

enum agc_status {
  AGC_STATUS_OK = 0,
  AGC_STATUS_NULL = 1,
  AGC_STATUS_MISALIGNED = 2,
  AGC_STATUS_NOT_A_STATE = 3,
  AGC_STATUS_OTHER_ABI = 4,
  AGC_STATUS_OTHER_STEP = 5,
  AGC_STATUS_SHORT_BUFFER = 6,
  AGC_STATUS_BAD_CHECKPOINT = 7,
  AGC_STATUS_OTHER_CHECKPOINT = 8,
  AGC_STATUS_FIRST_CHECK = 16 /* and one for each check of the program's */
};

/* The first 64 bytes of a state. */
struct agc_state {
  uint64_t magic, abi, schema;
  uint64_t steps; /* that were made */
  uint64_t level; /* of x86-64, of the machine, if there are versions; 0: not known */
  uint64_t unused[3];
};

enum { AGC_BEGINS_ZERO, AGC_BEGINS_CONSTANT, AGC_BEGINS_UNIFORM, AGC_BEGINS_NORMAL };

/* A tensor in the state, and where its bytes are in a checkpoint, behind the header. */
#define AGC_MAX_RANK 64 /* of a graph's tensors */
struct agc_tensor {
  const char *name;
  uint64_t offset, numel, bytes, saved;
  uint64_t rank;
  const uint64_t *shape;
  uint64_t dtype;  /* as in graph.proto */
  uint64_t begins; /* AGC_BEGINS_… */
  double a, b;
};

/* A kernel, with what a call of it costs. */
struct agc_kernel {
  const char *name;
  uint64_t flops, bytes;
};

/* What was spent in it, in the state. */
struct agc_timer {
  uint64_t calls, ticks;
};

struct agc_program {
  uint64_t schema, state_bytes;
  uint64_t num_tensors;
  const struct agc_tensor *tensors;
  uint64_t rng; /* 1 + the tensor that is the generator's state, or 0 */
  uint64_t num_checks;
  const char *const *checks; /* what a value must be */
  /* Of a checkpoint: its header as it is for every state, and where in it 20 digits
   * of steps and 16 of a checksum go. */
  const char *header;
  uint64_t header_bytes, checkpoint_bytes, steps_at, checksum_at;
  const uint64_t *saved; /* the tensors in the order in which it has them */
  /* Versions of the code, the most modest first, and the level of x86-64 that each
   * needs if there are several. */
  uint64_t num_versions;
  const uint64_t *levels;
  /* Kernels that are timed, and where in the state their timers are. */
  uint64_t num_kernels;
  const struct agc_kernel *kernels;
  uint64_t timers;
};

enum { AGC_FROM_STATE, AGC_FROM_BATCH, AGC_FROM_HYPER };

/* Where an argument is: a tensor in the state, a pointer in the caller's struct of
 * inputs, or a number in that of hyperparameters. */
struct agc_argument {
  uint64_t from, offset;
  uint64_t alignment; /* of what the caller's pointer shows */
};

struct agc_function {
  const struct agc_program *program;
  const agc_entry *entries; /* one for each version */
  uint64_t num_arguments;
  const struct agc_argument *arguments;
  uint64_t num_results;
  const uint64_t *results; /* 0: in the state; else the caller's alignment */
  uint64_t workspace_bytes;
  uint64_t first_check; /* of the program's, that is this function's first */
  uint64_t trains;
};

/* step.c: the first bytes of a state whose tensors are there. */
void agc_shipped_write_header(const struct agc_program *program, void *state,
                              uint64_t steps);
/* step.c: whether it is a state of this program. */
int32_t agc_shipped_check_state(const struct agc_program *program, const void *state);

#endif
