//===- StrictFp.h - Which convolutions may round otherwise ----------------===//
#ifndef AGC_STRICTFP_H
#define AGC_STRICTFP_H

namespace agc {

/// Sets whether what is compiled from now on computes each convolution as the sum
/// of products that it is. Else, and at first, one of 3 x 3 in f32 may be computed
/// by fewer multiplications, with an error that docs/winograd.md states.
void set_strict_fp(bool strict);
bool get_strict_fp();

} // namespace agc

#endif
