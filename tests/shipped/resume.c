/* The same in C: resume IN OUT STEPS; without IN, a state as init begins it. */
#include "net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Alignas(64) char state[NET_STATE_BYTES], workspace[NET_WORKSPACE_BYTES];
static char file[NET_CHECKPOINT_BYTES + 4096]; /* others say more of themselves */

static void check(int32_t status) {
  if (status) {
    fprintf(stderr, "%s\n", net_strerror(status));
    exit(1);
  }
}

int main(int count, char **words) {
  float images[8 * 16], loss;
  int64_t labels[8];
  if (count != 4)
    return 2;
  for (int i = 0; i < 8 * 16; ++i)
    images[i] = (float)(i % 16) / 16;
  for (int i = 0; i < 8; ++i)
    labels[i] = 1;
  if (words[1][0]) {
    FILE *in = fopen(words[1], "rb");
    size_t bytes = in ? fread(file, 1, sizeof file, in) : 0;
    check(net_load(state, file, bytes));
    fclose(in);
  } else {
    check(net_init(state, 0));
  }
  net_batch batch = {images, labels};
  net_hyper hyper = {0.01f};
  for (int i = 0; i < atoi(words[3]); ++i) {
    unsigned bits;
    check(net_train_step(state, &batch, &hyper, &loss, workspace, NULL));
    memcpy(&bits, &loss, 4);
    printf("%08x\n", bits);
  }
  check(net_save(state, file, NET_CHECKPOINT_BYTES));
  FILE *out = fopen(words[2], "wb");
  return !out || fwrite(file, 1, NET_CHECKPOINT_BYTES, out) != NET_CHECKPOINT_BYTES ||
         fclose(out);
}
