/* What the timers of a step say, and that it is the same step otherwise: compiled without
 * them this writes CHECKPOINT, with them it compares.
 *
 *   profile STEPS CALLS CHECKPOINT
 *
 * CALLS: of kernels in one step, as the manifest says. */
#include "lenet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Alignas(64) char state[LENET_STATE_BYTES], workspace[LENET_WORKSPACE_BYTES];
static char checkpoint[LENET_CHECKPOINT_BYTES];
static float images[32 * 64];
static int64_t labels[32];

#define CHECK(condition)                                                                 \
  do {                                                                                   \
    if (!(condition)) {                                                                  \
      printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                             \
      return 1;                                                                          \
    }                                                                                    \
  } while (0)

int main(int argc, char **argv) {
  CHECK(argc == 4);
  unsigned long steps = strtoul(argv[1], NULL, 10), calls = strtoul(argv[2], NULL, 10);
  for (int i = 0; i < 32 * 64; ++i)
    images[i] = (float)(i * 7919 % 101) / 101;
  for (int i = 0; i < 32; ++i)
    labels[i] = i % 10;
  CHECK(lenet_init(state, 0) == LENET_OK);
  lenet_batch batch = {images, labels};
  lenet_hyper hyper = {0.1f};
  float loss;
  for (unsigned long i = 0; i < steps; ++i)
    CHECK(lenet_train_step(state, &batch, &hyper, &loss, workspace, NULL) == LENET_OK);
  CHECK(lenet_save(state, checkpoint, sizeof(checkpoint)) == LENET_OK);
#ifndef LENET_KERNELS
  (void)calls;
  FILE *file = fopen(argv[3], "wb");
  CHECK(file && fwrite(checkpoint, 1, sizeof(checkpoint), file) == sizeof(checkpoint));
  return fclose(file) != 0;
#else
  lenet_kernel_time table[LENET_KERNELS];
  CHECK(lenet_profile(state, table) == LENET_OK);
  unsigned long total = 0, timed = 0;
  for (int i = 0; i < LENET_KERNELS; ++i) {
    CHECK(strlen(table[i].name) > 2);
    CHECK((table[i].calls == 0) == (table[i].ticks == 0));
    total += table[i].calls;
    timed += table[i].calls > 0;
  }
  CHECK(total == steps * calls);
  CHECK(timed > 5);
  CHECK(lenet_profile(state, NULL) == LENET_ERROR_NULL);
  CHECK(lenet_profile(state, (lenet_kernel_time *)((char *)table + 1)) == LENET_ERROR_MISALIGNED);
  CHECK(lenet_profile(NULL, table) == LENET_ERROR_NULL);
  CHECK(lenet_profile(workspace, table) == LENET_ERROR_NOT_A_STATE);
  CHECK(lenet_profile_reset(NULL) == LENET_ERROR_NULL);

  FILE *file = fopen(argv[3], "rb");
  CHECK(file);
  static char other[LENET_CHECKPOINT_BYTES + 1];
  CHECK(fread(other, 1, sizeof(other), file) == sizeof(checkpoint));
  fclose(file);
  CHECK(memcmp(other, checkpoint, sizeof(checkpoint)) == 0);

  CHECK(lenet_profile_reset(state) == LENET_OK);
  CHECK(lenet_profile(state, table) == LENET_OK);
  for (int i = 0; i < LENET_KERNELS; ++i)
    CHECK(table[i].calls == 0 && table[i].ticks == 0);
  /* A loaded state has counted nothing, whatever its memory held. */
  memset(state, 0xff, sizeof(state));
  CHECK(lenet_load(state, checkpoint, sizeof(checkpoint)) == LENET_OK);
  CHECK(lenet_profile(state, table) == LENET_OK);
  for (int i = 0; i < LENET_KERNELS; ++i)
    CHECK(table[i].calls == 0 && table[i].ticks == 0);
  puts("timers count");
  return 0;
#endif
}
