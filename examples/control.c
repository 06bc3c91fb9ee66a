/* Online learning in a control loop: at each tick a small network predicts where a
 * damped pendulum that is pushed about will be next, and is corrected by what it did.
 * All memory is here; no tick allocates, or touches memory for the first time.
 *
 *   control [TICKS]
 */
#define _DEFAULT_SOURCE
#include "pendulum.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

static _Alignas(PENDULUM_ALIGNMENT) char state[PENDULUM_STATE_BYTES], workspace[PENDULUM_WORKSPACE_BYTES];

enum { buckets = 1 << 17, width = 4 }; /* nanoseconds */
static unsigned histogram[buckets];

static long nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000L + now.tv_nsec;
}

static long pageFaults(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt + usage.ru_majflt;
}

static double quantile(double share, long ticks) {
  long count = 0;
  for (int i = 0; i < buckets; ++i)
    if ((count += histogram[i]) >= share * ticks)
      return i * width * 1e-3;
  return buckets * width * 1e-3;
}

int main(int argc, char **argv) {
  long ticks = argc > 1 ? atol(argv[1]) : 1000000;
  if (ticks < 1000) {
    fprintf(stderr, "usage: control [TICKS], 1000 or more\n");
    return 2;
  }
  /* As a program with deadlines does; where it may not, the kernel may take pages. */
  if (mlockall(MCL_CURRENT | MCL_FUTURE))
    perror("memory is not locked");
  memset(histogram, 0, sizeof histogram);
  memset(workspace, 0, sizeof workspace);
  int32_t status = pendulum_init(state, 1);
  float x[4], target[2], loss, angle = 1, speed = 0, push = 0;
  double first = 0, last = 0;
  long faults = 0, worst = 0;
  pendulum_hyper hyper = {.lr = 0.02f};
  for (long tick = 0; tick <= ticks && !status; ++tick) {
    x[0] = sinf(angle), x[1] = cosf(angle), x[2] = speed, x[3] = push;
    speed += 0.05f * (push - 0.2f * speed - sinf(angle));
    angle += 0.05f * speed;
    target[0] = sinf(angle) - x[0], target[1] = speed - x[2];
    push = 0.9f * push + 0.2f * sinf(0.37f * (float)(tick % 1000));
    pendulum_batch batch = {.x = x, .target = target};
    long before = nanoseconds();
    status = pendulum_train_step(state, &batch, &hyper, &loss, workspace, NULL);
    long took = nanoseconds() - before;
    if (tick == 0) { /* the first touches code and stack */
      faults = pageFaults();
      continue;
    }
    worst = took > worst ? took : worst;
    ++histogram[took < buckets * width ? took / width : buckets - 1];
    *(tick <= ticks / 100 ? &first : &last) += loss;
  }
  faults = pageFaults() - faults;
  if (status) {
    fprintf(stderr, "%s\n", pendulum_strerror(status));
    return 1;
  }
  first /= (double)(ticks / 100), last /= (double)(ticks - ticks / 100);
  printf("state %d bytes, workspace %d bytes\n", (int)PENDULUM_STATE_BYTES, (int)PENDULUM_WORKSPACE_BYTES);
  printf("%ld ticks: loss %.2g in the first hundredth, %.2g after\n", ticks, first, last);
  printf("a tick's step: median %.3f us, 99.99 %% %.3f us, worst %.3f us\n", quantile(0.5, ticks),
         quantile(0.9999, ticks), (double)worst * 1e-3);
  printf("page faults after the first: %ld\n", faults);
  return last < first && faults == 0 ? 0 : 1;
}
