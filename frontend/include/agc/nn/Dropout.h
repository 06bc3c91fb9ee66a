//===- Dropout.h - Elements left out at random ------------------------------===//
#ifndef AGC_NN_DROPOUT_H
#define AGC_NN_DROPOUT_H

#include <agc/nn/Module.h>

namespace agc {

/// In training each element is 0 with probability \p p, or else x / (1 - p). The
/// numbers are drawn from the default generator whenever the result is computed.
/// Errors: p outside of [0, 1].
Tensor dropout(Arg x, double p, bool train);
/// The same for whole channels of x [n, c, ...].
Tensor feature_dropout(Arg x, double p, bool train);

namespace nn {

struct DropoutOptions {
  DropoutOptions(double p = 0.5) : p_(p) {}
  AGC_ARG(double, p);
  AGC_ARG(bool, inplace) = false;
};
using Dropout2dOptions = DropoutOptions;

namespace functional {
struct DropoutFuncOptions {
  AGC_ARG(double, p) = 0.5;
  AGC_ARG(bool, training) = true;
  AGC_ARG(bool, inplace) = false;
};
using Dropout2dFuncOptions = DropoutFuncOptions;
Tensor dropout(Arg x, const DropoutFuncOptions &options = {});
/// x [n, c, h, w] or [c, h, w].
Tensor dropout2d(Arg x, const Dropout2dFuncOptions &options = {});
} // namespace functional

/// Modules of the functions above; nothing is left out after eval().
/// Errors: p outside of [0, 1].
#define AGC_DROPOUT(Name)                                                      \
  class Name##Impl : public Cloneable<Name##Impl> {                            \
  public:                                                                      \
    explicit Name##Impl(double p);                                             \
    explicit Name##Impl(const Name##Options &options = {});                    \
    void reset() override;                                                     \
    Tensor forward(Arg x);                                                     \
    void pretty_print(std::ostream &out) const override;                       \
    Name##Options options;                                                     \
  };                                                                           \
  AGC_OWN_MODULE(Name)
AGC_DROPOUT(Dropout);
AGC_DROPOUT(Dropout2d);
#undef AGC_DROPOUT

} // namespace nn
} // namespace agc

#endif
