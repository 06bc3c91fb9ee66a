/* Uses a shipped lenet as its user would, from C99 alone, with a fence of unreadable
 * pages at both ends of its memory. Prints what is wrong; returns 0 if nothing is. */
#define _DEFAULT_SOURCE
#include "lenet.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static int failures;
#define EXPECT(condition)                                                                \
  do {                                                                                   \
    if (!(condition)) {                                                                  \
      printf("line %d: expected %s\n", __LINE__, #condition);                            \
      ++failures;                                                                        \
    }                                                                                    \
  } while (0)

/* `bytes` that end, up to alignment, where an unreadable page begins; the page before
 * the first is unreadable, too, and so would be a byte before them if `atStart`. */
static char *fenced(size_t bytes, int atStart) {
  const size_t page = 4096;
  size_t whole = (bytes + page - 1) / page * page;
  char *all = mmap(NULL, whole + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (all == MAP_FAILED || mprotect(all + page, whole, PROT_READ | PROT_WRITE))
    abort();
  return atStart ? all + page : all + page + whole - (bytes + 63) / 64 * 64;
}

static float images[32 * 64];
static int64_t labels[32];

static void makeBatch(void) {
  for (int i = 0; i < 32; ++i) {
    labels[i] = i % 10;
    for (int j = 0; j < 64; ++j)
      images[64 * i + j] = j % 10 == i % 10; /* a stripe for each class */
  }
}

/* Ranges of odd lengths, from the last to the first. */
static void oddRanges(void *context, int64_t count, agc_task task, void *argument) {
  ++*(int *)context;
  for (int64_t end = count; end > 0;) {
    int64_t begin = end > 3 ? end - 3 : 0;
    task(argument, begin, end);
    end = begin;
  }
}

static void train(char *state, char *workspace, int steps, const agc_executor *executor,
                  float *first, float *last) {
  lenet_batch batch = {images, labels};
  lenet_hyper hyper = {0.1f};
  for (int i = 0; i < steps; ++i) {
    float loss = NAN;
    EXPECT(lenet_train_step(state, &batch, &hyper, &loss, workspace, executor) == LENET_OK);
    if (i == 0)
      *first = loss;
    *last = loss;
  }
}

static void testTraining(void) {
  char *a = fenced(LENET_STATE_BYTES, 1), *b = fenced(LENET_STATE_BYTES, 0);
  char *w = fenced(LENET_WORKSPACE_BYTES, 1), *v = fenced(LENET_WORKSPACE_BYTES, 0);
  float first, last, firstB, lastB;
  memset(v, 0xAB, LENET_WORKSPACE_BYTES);
  EXPECT(lenet_init(a, 7) == LENET_OK && lenet_init(b, 7) == LENET_OK);
  EXPECT(memcmp(a, b, LENET_STATE_BYTES) == 0);
  train(a, w, 150, NULL, &first, &last);
  EXPECT(fabs(first - log(10)) < 0.3); /* ten classes, nothing known yet */
  EXPECT(last < 0.1f * first);
  int calls = 0;
  agc_executor executor = {&calls, oddRanges};
  train(b, v, 150, &executor, &firstB, &lastB);
  EXPECT(calls > 0);
  EXPECT(first == firstB && last == lastB);
  EXPECT(memcmp(a, b, LENET_STATE_BYTES) == 0);

  float loss, output[320], again[320];
  lenet_batch batch = {images, labels}, unlabelled = {images, NULL};
  EXPECT(lenet_eval(a, &batch, &loss, output, w, NULL) == LENET_OK);
  EXPECT(fabsf(loss - last) < 0.5f * last);
  EXPECT(lenet_forward(a, &unlabelled, again, w, NULL) == LENET_OK);
  EXPECT(memcmp(output, again, sizeof output) == 0);
  int wrong = 0;
  for (int i = 0; i < 32; ++i)
    for (int j = 0; j < 10; ++j)
      wrong += output[10 * i + j] > output[10 * i + labels[i]];
  EXPECT(wrong == 0);
  EXPECT(lenet_init(b, 8) == LENET_OK);
  EXPECT(memcmp(lenet_parameter(b, "fc2.bias"), lenet_parameter(a, "fc2.bias"), 40) != 0);
}

static void testBeginning(void) {
  char *state = fenced(LENET_STATE_BYTES, 1);
  EXPECT(lenet_init(state, 1) == LENET_OK);
  /* Uniform between the bounds of 16 * 3 * 3 inputs: 1 / 12. */
  float *weight = lenet_parameter(state, "conv2.weight"), sum = 0, squares = 0, most = 0;
  for (int i = 0; i < 4608; ++i) {
    sum += weight[i];
    squares += weight[i] * weight[i];
    most = fmaxf(most, fabsf(weight[i]));
  }
  EXPECT(most <= 1.f / 12 && most > 0.99f / 12);
  EXPECT(fabsf(sum / 4608) < 0.004f);
  EXPECT(fabsf(squares / 4608 * 144 * 3 - 1) < 0.05f);
  EXPECT(lenet_parameter(state, "no such") == NULL);
  EXPECT(lenet_parameter(state, "fc1.weight") != NULL);
}

/* Each is refused, and changes nothing. */
static void testErrors(void) {
  char *state = fenced(LENET_STATE_BYTES, 1), *w = fenced(LENET_WORKSPACE_BYTES, 1);
  char *before = malloc(LENET_STATE_BYTES);
  lenet_batch batch = {images, labels}, noImages = {NULL, labels};
  lenet_batch odd = {(const float *)((const char *)images + 1), labels};
  lenet_hyper hyper = {0.05f};
  float loss;
  EXPECT(lenet_init(NULL, 0) == LENET_ERROR_NULL);
  EXPECT(lenet_init(state + 8, 0) == LENET_ERROR_MISALIGNED);
  EXPECT(lenet_train_step(state, &batch, &hyper, &loss, w, NULL) == LENET_ERROR_NOT_A_STATE);
  EXPECT(lenet_init(state, 0) == LENET_OK);
  memcpy(before, state, LENET_STATE_BYTES);
#define REFUSES(status, ...)                                                             \
  EXPECT(lenet_train_step(__VA_ARGS__) == status);                                       \
  EXPECT(memcmp(before, state, LENET_STATE_BYTES) == 0)
  REFUSES(LENET_ERROR_NULL, NULL, &batch, &hyper, &loss, w, NULL);
  REFUSES(LENET_ERROR_NULL, state, NULL, &hyper, &loss, w, NULL);
  REFUSES(LENET_ERROR_NULL, state, &batch, NULL, &loss, w, NULL);
  REFUSES(LENET_ERROR_NULL, state, &batch, &hyper, NULL, w, NULL);
  REFUSES(LENET_ERROR_NULL, state, &batch, &hyper, &loss, NULL, NULL);
  REFUSES(LENET_ERROR_NULL, state, &noImages, &hyper, &loss, w, NULL);
  REFUSES(LENET_ERROR_MISALIGNED, state + 4, &batch, &hyper, &loss, w, NULL);
  REFUSES(LENET_ERROR_MISALIGNED, state, &odd, &hyper, &loss, w, NULL);
  REFUSES(LENET_ERROR_MISALIGNED, state, &batch, &hyper, &loss, w + 32, NULL);
  labels[17] = 10;
  int32_t status = lenet_train_step(state, &batch, &hyper, &loss, w, NULL);
  EXPECT(status >= LENET_ERROR_VALUE);
  EXPECT(strstr(lenet_strerror(status), "label") != NULL);
  EXPECT(memcmp(before, state, LENET_STATE_BYTES) == 0);
  labels[17] = 7;
  state[16] ^= 1; /* the schema hash */
  EXPECT(lenet_train_step(state, &batch, &hyper, &loss, w, NULL) == LENET_ERROR_OTHER_STEP);
  state[16] ^= 1;
  state[8] ^= 2; /* the version of the functions */
  EXPECT(lenet_train_step(state, &batch, &hyper, &loss, w, NULL) == LENET_ERROR_OTHER_ABI);
  state[8] ^= 2;
  EXPECT(lenet_train_step(state, &batch, &hyper, &loss, w, NULL) == LENET_OK);
  for (int32_t s = -1; s < 64; ++s)
    EXPECT(lenet_strerror(s) != NULL && lenet_strerror(s)[0]);
  free(before);
}

/* Training goes on with the same bits; whatever else is read is refused. */
static void testCheckpoints(void) {
  char *a = fenced(LENET_STATE_BYTES, 1), *b = fenced(LENET_STATE_BYTES, 0);
  char *w = fenced(LENET_WORKSPACE_BYTES, 1);
  char *file = fenced(LENET_CHECKPOINT_BYTES, 1), *again = malloc(LENET_CHECKPOINT_BYTES);
  float first, last, lastB;
  EXPECT(lenet_save(a, file, LENET_CHECKPOINT_BYTES) == LENET_ERROR_NOT_A_STATE);
  lenet_init(a, 3);
  train(a, w, 5, NULL, &first, &last);
  EXPECT(lenet_save(a, file, LENET_CHECKPOINT_BYTES - 1) == LENET_ERROR_SHORT_BUFFER);
  EXPECT(lenet_save(a, NULL, LENET_CHECKPOINT_BYTES) == LENET_ERROR_NULL);
  EXPECT(lenet_save(a, file, LENET_CHECKPOINT_BYTES) == LENET_OK);
  EXPECT(lenet_load(b, file, LENET_CHECKPOINT_BYTES) == LENET_OK);
  EXPECT(memcmp(a, b, LENET_STATE_BYTES) == 0);
  EXPECT(lenet_save(b, again, LENET_CHECKPOINT_BYTES) == LENET_OK);
  EXPECT(memcmp(file, again, LENET_CHECKPOINT_BYTES) == 0);
  train(a, w, 5, NULL, &first, &last);
  train(b, w, 5, NULL, &first, &lastB);
  EXPECT(last == lastB && memcmp(a, b, LENET_STATE_BYTES) == 0);

  /* Every bit of the header, and some of the data; every length. */
  int accepted = 0, changed = 0;
  for (size_t i = 0; i < LENET_CHECKPOINT_BYTES; i += i < 1600 ? 1 : 97) {
    for (int bit = 0; bit < 8; ++bit) {
      file[i] ^= (char)(1 << bit);
      accepted += lenet_load(b, file, LENET_CHECKPOINT_BYTES) == LENET_OK;
      file[i] ^= (char)(1 << bit);
    }
    changed += memcmp(a, b, LENET_STATE_BYTES) != 0;
  }
  for (size_t n = 0; n < LENET_CHECKPOINT_BYTES; n += n < 1600 ? 1 : 101)
    accepted += lenet_load(b, file + LENET_CHECKPOINT_BYTES - n, n) == LENET_OK ||
                lenet_load(b, file, n) == LENET_OK;
  changed += memcmp(a, b, LENET_STATE_BYTES) != 0;
  EXPECT(accepted == 0);
  EXPECT(changed == 0);
  EXPECT(lenet_load(NULL, file, LENET_CHECKPOINT_BYTES) == LENET_ERROR_NULL);
  EXPECT(lenet_load(b + 1, file, LENET_CHECKPOINT_BYTES) == LENET_ERROR_MISALIGNED);
  EXPECT(lenet_load(b, file, LENET_CHECKPOINT_BYTES) == LENET_OK);
  FILE *out = fopen("lenet.checkpoint.safetensors", "wb");
  EXPECT(out && fwrite(file, 1, LENET_CHECKPOINT_BYTES, out) == LENET_CHECKPOINT_BYTES);
  fclose(out);
  free(again);
}

int main(void) {
  makeBatch();
  testTraining();
  testBeginning();
  testErrors();
  testCheckpoints();
  if (!failures)
    printf("all as expected\n");
  return failures != 0;
}
