/* Trains on the batches of a file, images before labels, and prints a hash of the
 * first checkpoint and each loss. */
#include "digits.h"

#include <stdio.h>

int main(int argc, char **argv) {
  FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
  if (!file || fread(digits_images(), 4, STEPS * BATCH * PIXELS, file) != STEPS * BATCH * PIXELS ||
      fread(digits_labels(), 8, STEPS * BATCH, file) != STEPS * BATCH)
    return 2;
  fclose(file);
  int line = digits_train();
  if (line) {
    printf("digits.c:%d is not so\n", line);
    return 1;
  }
  printf("%u\n", digits_beginning());
  for (int i = 0; i < STEPS; ++i)
    printf("%.9g\n", (double)digits_losses()[i]);
  return 0;
}
