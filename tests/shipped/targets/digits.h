/* digits.h: what the tests of targets train on. */
#include <stdint.h>

enum { STEPS = 20, BATCH = 16, PIXELS = 64 };

float *digits_images(void);
int64_t *digits_labels(void);
float *digits_losses(void);
uint32_t digits_beginning(void); /* a hash of the first checkpoint */
int digits_train(void);
