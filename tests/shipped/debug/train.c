/* Two steps of the model, and the state as bytes on stdout. */
#include "net.h"

#include <stdio.h>

static _Alignas(64) char state[NET_STATE_BYTES], workspace[NET_WORKSPACE_BYTES],
    checkpoint[NET_CHECKPOINT_BYTES];

int main(void) {
  float x[32 * 24], target[32 * 4], loss;
  for (int i = 0; i < 32 * 24; ++i)
    x[i] = (float)(i % 7) / 7;
  for (int i = 0; i < 32 * 4; ++i)
    target[i] = (float)(i % 3) / 3;
  net_batch batch = {x, target};
  net_hyper hyper = {0.1f};
  if (net_init(state, 0))
    return 1;
  for (int i = 0; i < 2; ++i)
    if (net_train_step(state, &batch, &hyper, &loss, workspace, NULL))
      return 1;
  if (net_save(state, checkpoint, sizeof checkpoint))
    return 1;
  return fwrite(checkpoint, sizeof checkpoint, 1, stdout) != 1;
}
