/* numbers.c: see numbers.h. Without a library, as every target can run it; with one,
 * `numbers INPUTS OUTPUTS` reads and writes files. */
#include "numbers.h"
#include "sizes.h"
#include "step.h"

static _Alignas(64) char state[STEP_STATE_BYTES], workspace[STEP_WORKSPACE_BYTES];
static _Alignas(64) unsigned char inputs[INPUT_BYTES], outputs[OUTPUT_BYTES];

#include "calls.h"

unsigned char *numbers_inputs(void) { return inputs; }
unsigned char *numbers_outputs(void) { return outputs; }

int numbers_run(void) {
  if (step_init(state, 0) != STEP_OK)
    return -1;
  for (unsigned i = 0; i < sizeof calls / sizeof *calls; ++i)
    if (calls[i]() != STEP_OK)
      return (int)i + 1;
  return 0;
}

#if __STDC_HOSTED__
#include <stdio.h>

int main(int argc, char **argv) {
  FILE *in = argc == 3 ? fopen(argv[1], "rb") : NULL, *out = in ? fopen(argv[2], "wb") : NULL;
  if (!out || fread(inputs, 1, INPUT_BYTES, in) != INPUT_BYTES)
    return 2;
  int failed = numbers_run();
  if (failed)
    printf("call %d failed\n", failed - 1);
  return failed || fwrite(outputs, 1, OUTPUT_BYTES, out) != OUTPUT_BYTES || fclose(out);
}
#endif
