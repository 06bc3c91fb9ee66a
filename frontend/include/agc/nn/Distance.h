//===- Distance.h - How alike vectors are -----------------------------------===//
#ifndef AGC_NN_DISTANCE_H
#define AGC_NN_DISTANCE_H

#include <agc/nn/Module.h>

namespace agc {

/// Of tensors x1, x2 along a dimension, each divided by its norm or eps if that is less.
Tensor cosine_similarity(Arg x1, Arg x2, int64_t dim = 1, double eps = 1e-8);
/// The norm of x1 - x2 + eps along the last dimension.
Tensor pairwise_distance(Arg x1, Arg x2, double p = 2, double eps = 1e-6, bool keepdim = false);

namespace nn {

struct CosineSimilarityOptions {
  AGC_ARG(int64_t, dim) = 1;
  AGC_ARG(double, eps) = 1e-8;
};
struct PairwiseDistanceOptions {
  AGC_ARG(double, p) = 2.0;
  AGC_ARG(double, eps) = 1e-6;
  AGC_ARG(bool, keepdim) = false;
};

namespace functional {
using CosineSimilarityFuncOptions = CosineSimilarityOptions;
using PairwiseDistanceFuncOptions = PairwiseDistanceOptions;
Tensor cosine_similarity(Arg x1, Arg x2, const CosineSimilarityFuncOptions &options = {});
Tensor pairwise_distance(Arg x1, Arg x2, const PairwiseDistanceFuncOptions &options = {});
} // namespace functional

/// Modules of the functions above.
#define AGC_DISTANCE(Name)                                                     \
  class Name##Impl : public Cloneable<Name##Impl> {                            \
  public:                                                                      \
    explicit Name##Impl(const Name##Options &options = {});                    \
    void reset() override {}                                                   \
    Tensor forward(Arg x1, Arg x2);                                            \
    void pretty_print(std::ostream &out) const override;                       \
    Name##Options options;                                                     \
  };                                                                           \
  AGC_OWN_MODULE(Name)
AGC_DISTANCE(CosineSimilarity);
AGC_DISTANCE(PairwiseDistance);
#undef AGC_DISTANCE

} // namespace nn
} // namespace agc

#endif
