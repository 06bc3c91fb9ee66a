/* abi.h: how a compiled function is called. Plain C99.
 *
 * A function takes one pointer per argument and one per result, in the order
 * of its manifest, each aligned to AGC_ALIGNMENT bytes and holding the tensor
 * densely. A result that updates an argument is written into that argument's
 * buffer, and its entry in `results` is not read. */
#ifndef AGC_RUNTIME_CORE_ABI_H
#define AGC_RUNTIME_CORE_ABI_H

#include <stdint.h>

#define AGC_ALIGNMENT 64

#ifdef __cplusplus
extern "C" {
#endif

/* A part of a kernel: the tiles begin <= tile < end. */
typedef void (*agc_task)(void *argument, int64_t begin, int64_t end);

/* Runs a kernel's tiles on several threads. `parallel_for` calls `task` on
 * disjoint ranges that cover 0..count, and returns when all are done. Tiles do
 * not depend on each other: any split gives the same bits. */
typedef struct agc_executor {
  void *context;
  void (*parallel_for)(void *context, int64_t count, agc_task task,
                       void *argument);
} agc_executor;

/* Where a check failed: the offending value and its position in the tensor. */
typedef struct agc_failure {
  int64_t value;
  int64_t position;
} agc_failure;

/* Returns 0, or 1 + the index of the check (in the manifest) that failed, with
 * `failure` filled in and no argument written. `executor` may be null: then the
 * caller's thread does everything. */
typedef int32_t (*agc_entry)(void *const *arguments, void *const *results,
                             void *workspace, const agc_executor *executor,
                             agc_failure *failure);

#ifdef __cplusplus
}
#endif
#endif
