/* The first steps of training on real digits with a shipped step, from C without a
 * library, as every target can run it. */
#include "digits.h"
#include "step.h"

static _Alignas(64) char state[STEP_STATE_BYTES], other[STEP_STATE_BYTES];
static _Alignas(64) char workspace[STEP_WORKSPACE_BYTES];
static char checkpoint[STEP_CHECKPOINT_BYTES];
static float images[STEPS * BATCH * PIXELS];
static int64_t labels[STEPS * BATCH];
static float losses[STEPS];
static uint32_t beginning;

float *digits_images(void) { return images; }
int64_t *digits_labels(void) { return labels; }
float *digits_losses(void) { return losses; }
uint32_t digits_beginning(void) { return beginning; }

/* Tiles from the last to the first, and one by one: the bits must not care. */
static void backwards(void *context, int64_t count, agc_task task, void *argument) {
  ++*(int *)context;
  while (count-- > 0)
    task(argument, count, count + 1);
}

static int trainStep(char *of, int step, const agc_executor *executor) {
  step_batch batch = {images + step * BATCH * PIXELS, labels + step * BATCH};
  step_hyper hyper = {LR};
  return step_train_step(of, &batch, &hyper, &losses[step], workspace, executor);
}

static uint32_t hashOf(const char *bytes, uint64_t count) {
  uint32_t hash = 2166136261u; /* FNV-1a */
  for (uint64_t i = 0; i < count; ++i)
    hash = (hash ^ (unsigned char)bytes[i]) * 16777619u;
  return hash;
}

/* A line of this file if anything there goes wrong, else 0. */
int digits_train(void) {
#define EXPECT(condition)                                                                \
  if (!(condition))                                                                      \
  return __LINE__
  int calls = 0;
  agc_executor executor = {&calls, backwards};
  EXPECT(step_train_step(state, 0, 0, 0, workspace, 0) == STEP_ERROR_NOT_A_STATE);
  EXPECT(step_init(state, 1) == STEP_OK);
  EXPECT(step_save(state, checkpoint, sizeof checkpoint) == STEP_OK);
  beginning = hashOf(checkpoint, sizeof checkpoint);
  for (int step = 0; step < STEPS; ++step) {
    if (step == STEPS / 2) {
      /* It goes on from a checkpoint with the same bits, whoever runs the tiles. */
      EXPECT(step_save(state, checkpoint, sizeof checkpoint) == STEP_OK);
      EXPECT(step_load(other, checkpoint, sizeof checkpoint) == STEP_OK);
      EXPECT(trainStep(other, step, &executor) == STEP_OK);
      float loss = losses[step];
      EXPECT(trainStep(state, step, 0) == STEP_OK);
      EXPECT(losses[step] == loss && calls > 0);
      for (int i = 64; i < STEP_STATE_BYTES; ++i)
        EXPECT(state[i] == other[i]);
      continue;
    }
    EXPECT(trainStep(state, step, 0) == STEP_OK);
#ifdef MOVED
    /* The state's memory comes from a machine with AVX-512, and says so. */
    EXPECT(state[32] == (step ? 4 : 3));
    state[32] = 4;
#endif
  }
  checkpoint[sizeof checkpoint / 2] ^= 1;
  EXPECT(step_load(other, checkpoint, sizeof checkpoint) == STEP_ERROR_BAD_CHECKPOINT);
  labels[0] = 10;
  EXPECT(trainStep(state, 0, 0) == STEP_ERROR_VALUE);
  return 0;
}
