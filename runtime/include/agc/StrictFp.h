//===- StrictFp.h - What may round otherwise -------------------------------===//
#ifndef AGC_STRICTFP_H
#define AGC_STRICTFP_H

namespace agc {

/// Sets whether what is compiled from now on computes each sum as it is written. Else, and
/// at first, a factor that all its terms share is taken out of it, and a convolution may be
/// computed by fewer multiplications, with an error that docs/winograd.md states.
void set_strict_fp(bool strict);
bool get_strict_fp();

} // namespace agc

#endif
