/* A network of 64, 64 and 10 learns handwritten digits. All memory is one static arena,
 * and the step needs neither a library nor a heap, as on a board without either; this
 * program uses C's library to read the data and to print.
 *
 *   digits X.npy Y.npy
 */
#include "digits.h"

#include <stdio.h>
#include <string.h>

enum { count = 1797, trained = 1437, batch_rows = 32, pixels = 64, classes = 10, epochs = 15 };

/* Behind the last image there are rows enough for a whole batch. */
static _Alignas(DIGITS_ALIGNMENT) struct {
  _Alignas(DIGITS_ALIGNMENT) char state[DIGITS_STATE_BYTES];
  _Alignas(DIGITS_ALIGNMENT) char workspace[DIGITS_WORKSPACE_BYTES];
  float images[count + batch_rows][pixels];
  int64_t labels[count];
  float x[batch_rows][pixels], output[batch_rows][classes];
  int64_t target[batch_rows];
  int order[trained];
} arena;

_Static_assert(DIGITS_CODE_BYTES < 100 * 1000, "what this board has for the step's code");

/* The numbers of a file of NumPy's. The last two of its first 10 bytes say how long a
 * header follows; all is little-endian, as this machine is. */
static int readArray(const char *path, void *array, size_t bytes) {
  unsigned char start[10];
  FILE *file = fopen(path, "rb");
  int whole = file && fread(start, 1, sizeof start, file) == sizeof start &&
              memcmp(start, "\x93NUMPY\x01", 7) == 0 &&
              fseek(file, start[8] | start[9] << 8, SEEK_CUR) == 0 &&
              fread(array, 1, bytes, file) == bytes && fgetc(file) == EOF;
  if (file)
    fclose(file);
  if (!whole)
    fprintf(stderr, "%s: not the array that digits.npz has\n", path);
  return whole;
}

static void shuffle(void) {
  static uint32_t seed = 1;
  for (int i = trained - 1; i > 0; --i) {
    seed ^= seed << 13, seed ^= seed >> 17, seed ^= seed << 5; /* xorshift */
    int j = (int)(seed % (uint32_t)(i + 1)), other = arena.order[j];
    arena.order[j] = arena.order[i], arena.order[i] = other;
  }
}

/* Once through the images in another order, those left out that would fill no batch. */
static int32_t trainEpoch(int epoch, float *mean) {
  digits_batch batch = {.x = &arena.x[0][0], .target = arena.target};
  digits_hyper hyper = {.lr = epoch <= 10 ? 0.1f : 0.01f};
  shuffle();
  *mean = 0;
  for (int step = 0; step < trained / batch_rows; ++step) {
    for (int row = 0; row < batch_rows; ++row) {
      int from = arena.order[step * batch_rows + row];
      memcpy(arena.x[row], arena.images[from], sizeof arena.x[row]);
      arena.target[row] = arena.labels[from];
    }
    float loss;
    int32_t status = digits_train_step(arena.state, &batch, &hyper, &loss, arena.workspace, NULL);
    if (status)
      return status;
    *mean += loss / (trained / batch_rows);
  }
  return DIGITS_OK;
}

/* The share of the images never trained on whose label has the largest score. */
static int32_t test(float *accuracy) {
  int right = 0;
  for (int first = trained; first < count; first += batch_rows) {
    digits_batch batch = {.x = arena.images[first]};
    int32_t status = digits_forward(arena.state, &batch, &arena.output[0][0], arena.workspace, NULL);
    if (status)
      return status;
    for (int row = 0; row < batch_rows && first + row < count; ++row) {
      const float *scores = arena.output[row];
      int best = 0;
      for (int i = 1; i < classes; ++i)
        best = scores[i] > scores[best] ? i : best;
      right += best == arena.labels[first + row];
    }
  }
  *accuracy = (float)right / (count - trained);
  return DIGITS_OK;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: digits X.npy Y.npy, which digits.npz holds: it is a zip archive\n");
    return 2;
  }
  if (!readArray(argv[1], arena.images, sizeof(float) * count * pixels) ||
      !readArray(argv[2], arena.labels, sizeof arena.labels))
    return 1;
  for (int i = 0; i < trained; ++i)
    arena.order[i] = i;

  float loss, accuracy = 0;
  int32_t status = digits_init(arena.state, 0);
  for (int epoch = 1; epoch <= epochs && !status; ++epoch) {
    status = trainEpoch(epoch, &loss);
    if (!status)
      status = test(&accuracy);
    if (!status)
      printf("epoch %2d: loss %.4f, accuracy %.4f\n", epoch, (double)loss, (double)accuracy);
  }
  if (status) {
    fprintf(stderr, "%s\n", digits_strerror(status));
    return 1;
  }
  printf("state %d bytes, workspace %d bytes, code %d bytes\n", (int)DIGITS_STATE_BYTES,
         (int)DIGITS_WORKSPACE_BYTES, (int)DIGITS_CODE_BYTES);
  /* As in PyTorch, to half a point of its worst seed: digits_pytorch.py. */
  return accuracy >= 0.905f ? 0 : 1;
}
