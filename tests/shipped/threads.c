/* Trains two states on two threads, with an executor that has threads of its own. A
 * lenet compiled with --sanitize=thread; threads MISTAKE makes one of those that it must
 * see: two threads with one state or one workspace, or one that looks into a parameter
 * while another trains it. */
#include "lenet.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 2, THREADS = 2 };

static float images[32 * 64];
static int64_t labels[32];

static void expect(int32_t status) {
  if (status) {
    printf("%s\n", lenet_strerror(status));
    exit(1);
  }
}

/* A range for each thread. */
typedef struct {
  agc_task task;
  void *argument;
  int64_t begin, end;
} range;

static void *runRange(void *pointer) {
  range *r = pointer;
  r->task(r->argument, r->begin, r->end);
  return NULL;
}

static void parallelFor(void *context, int64_t count, agc_task task, void *argument) {
  pthread_t threads[THREADS];
  range ranges[THREADS];
  (void)context;
  for (int i = 0; i < THREADS; ++i) {
    ranges[i] = (range){task, argument, count * i / THREADS, count * (i + 1) / THREADS};
    if (pthread_create(&threads[i], NULL, runRange, &ranges[i]))
      abort();
  }
  for (int i = 0; i < THREADS; ++i)
    pthread_join(threads[i], NULL);
}

static const agc_executor executor = {NULL, parallelFor};

typedef struct {
  char *state, *workspace;
  float loss;
} trainer;

static void *train(void *pointer) {
  trainer *t = pointer;
  lenet_batch batch = {images, labels};
  lenet_hyper hyper = {0.1f};
  for (int i = 0; i < STEPS; ++i)
    expect(lenet_train_step(t->state, &batch, &hyper, &t->loss, t->workspace, &executor));
  return NULL;
}

/* What no step of the same state may run beside. */
static void *look(void *pointer) {
  trainer *t = pointer;
  const float *weight = lenet_parameter(t->state, "fc1.weight");
  for (int i = 0; i < 128 * 128; ++i)
    t->loss += weight[i];
  return NULL;
}

static char *aligned(size_t bytes) {
  char *memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
  if (!memory)
    abort();
  return memory;
}

int main(int argc, char **argv) {
  const char *mistake = argc > 1 ? argv[1] : "";
  trainer trainers[2];
  for (int i = 0; i < 32; ++i) {
    labels[i] = i % 10;
    for (int j = 0; j < 64; ++j)
      images[64 * i + j] = j % 10 == i % 10;
  }
  for (int i = 0; i < 2; ++i) {
    trainers[i].state = aligned(LENET_STATE_BYTES);
    trainers[i].workspace = aligned(LENET_WORKSPACE_BYTES);
    trainers[i].loss = 0;
    expect(lenet_init(trainers[i].state, 0));
  }
  if (!strcmp(mistake, "state") || !strcmp(mistake, "parameter"))
    trainers[1].state = trainers[0].state;
  if (!strcmp(mistake, "workspace"))
    trainers[1].workspace = trainers[0].workspace;

  pthread_t threads[2];
  if (pthread_create(&threads[0], NULL, train, &trainers[0]) ||
      pthread_create(&threads[1], NULL, strcmp(mistake, "parameter") ? train : look, &trainers[1]))
    abort();
  for (int i = 0; i < 2; ++i)
    pthread_join(threads[i], NULL);
  if (!*mistake && memcmp(&trainers[0].loss, &trainers[1].loss, sizeof(float))) {
    printf("losses differ: %a and %a\n", trainers[0].loss, trainers[1].loss);
    return 1;
  }
  return 0;
}
