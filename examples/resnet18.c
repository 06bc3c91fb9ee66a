/* ResNet-18 learns which way stripes run, in images that are made here, so
 * that there is nothing to download. One step is forward, backward and the update of
 * SGD with momentum; all of its memory is here.
 *
 *   resnet18 [STEPS]
 */
#include "resnet18.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { batch_rows = 32, channels = 3, size = 64, classes = 10 };
/* Bytes that torch 2.15.0 keeps of this model's forward on this batch for the backward:
 * resnet18_pytorch.py. The workspace is less where MAX_MEMORY says so (CMakeLists.txt), for
 * 13 % more work; else it has 137972736 bytes, weights in another order among them. */
enum { kept_by_pytorch = 56466180 };

static _Alignas(RESNET18_ALIGNMENT) char state[RESNET18_STATE_BYTES], workspace[RESNET18_WORKSPACE_BYTES];
static float images[batch_rows][channels][size][size];
static int64_t labels[batch_rows];

/* Between -1 and 1. */
static float noise(void) {
  static uint32_t seed = 1;
  seed ^= seed << 13, seed ^= seed >> 17, seed ^= seed << 5; /* xorshift */
  return (float)(seed >> 8) / (1 << 23) - 1;
}

/* Stripes in the direction of the label, in a place and with noise of the image's own. */
static void makeBatch(void) {
  for (int row = 0; row < batch_rows; ++row) {
    int label = row % classes;
    float angle = 3.14159265f * (float)label / classes, phase = 3 * noise();
    labels[row] = label;
    for (int c = 0; c < channels; ++c)
      for (int i = 0; i < size; ++i)
        for (int j = 0; j < size; ++j) {
          float along = cosf(angle) * (float)i + sinf(angle) * (float)j;
          images[row][c][i][j] = sinf(0.5f * along + phase) + 0.5f * noise();
        }
  }
}

int main(int argc, char **argv) {
  int steps = argc > 1 ? atoi(argv[1]) : 30;
  if (steps < 8) {
    fprintf(stderr, "usage: resnet18 [STEPS], 8 or more\n");
    return 2;
  }
  resnet18_batch batch = {.x = &images[0][0][0][0], .target = labels};
  resnet18_hyper hyper = {.lr = 0.01f};
  float loss, first = 0, last = 0; /* sums over a quarter of the steps each */
  int32_t status = resnet18_init(state, 0);
  for (int step = 0; step < steps && !status; ++step) {
    makeBatch();
    status = resnet18_train_step(state, &batch, &hyper, &loss, workspace, NULL);
    if (status)
      break;
    printf("step %2d: loss %.4f\n", step + 1, (double)loss);
    first += step < steps / 4 ? loss : 0;
    last += step >= steps - steps / 4 ? loss : 0;
  }
  if (status) {
    fprintf(stderr, "%s\n", resnet18_strerror(status));
    return 1;
  }
  printf("state %d bytes, code %d bytes\n", (int)RESNET18_STATE_BYTES, (int)RESNET18_CODE_BYTES);
  printf("workspace %d bytes; PyTorch keeps %d for the backward\n", (int)RESNET18_WORKSPACE_BYTES,
         (int)kept_by_pytorch);
  return last < 0.7f * first && RESNET18_WORKSPACE_BYTES < kept_by_pytorch ? 0 : 1;
}
