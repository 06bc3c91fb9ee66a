//===- Threads.h - How many threads a step runs on ------------------------===//
#ifndef AGC_THREADS_H
#define AGC_THREADS_H

namespace agc {

/// Sets how many threads run a compiled function, the caller's included. Any
/// number gives the same bits.
/// Errors: less than 1.
void set_num_threads(int count);

/// The number in force: at first, that of the processors this process may use.
int get_num_threads();

} // namespace agc

#endif
