/* numbers.h: calls each function of a step that programs.cpp wrote. */
#include <stdint.h>

unsigned char *numbers_inputs(void);
unsigned char *numbers_outputs(void);
int numbers_run(void); /* 1 + the number of the call that failed, or 0 */
