//===- Linear.h - Sums of products, and other shapes ------------------------===//
#ifndef AGC_NN_LINEAR_H
#define AGC_NN_LINEAR_H

#include <agc/Functions.h>
#include <agc/nn/Module.h>

namespace agc::nn {

namespace functional {
Tensor linear(Arg x, Arg weight, OptionalArg bias = {});
Tensor bilinear(Arg x1, Arg x2, Arg weight, OptionalArg bias = {});
} // namespace functional

struct LinearOptions {
  LinearOptions(int64_t in, int64_t out) : in_features_(in), out_features_(out) {}
  AGC_ARG(int64_t, in_features);
  AGC_ARG(int64_t, out_features);
  AGC_ARG(bool, bias) = true;
};
/// y = x weight^T + bias.
class LinearImpl : public Cloneable<LinearImpl> {
public:
  LinearImpl(int64_t in, int64_t out);
  explicit LinearImpl(const LinearOptions &options);
  void reset() override;
  void reset_parameters();
  Tensor forward(Arg x);
  void pretty_print(std::ostream &out) const override;

  LinearOptions options;
  Tensor weight, bias;
};
AGC_OWN_MODULE(Linear);

struct BilinearOptions {
  BilinearOptions(int64_t in1, int64_t in2, int64_t out)
      : in1_features_(in1), in2_features_(in2), out_features_(out) {}
  AGC_ARG(int64_t, in1_features);
  AGC_ARG(int64_t, in2_features);
  AGC_ARG(int64_t, out_features);
  AGC_ARG(bool, bias) = true;
};
/// y[o] = sum of x1[i] weight[o, i, j] x2[j] + bias[o].
class BilinearImpl : public Cloneable<BilinearImpl> {
public:
  BilinearImpl(int64_t in1, int64_t in2, int64_t out);
  explicit BilinearImpl(const BilinearOptions &options);
  void reset() override;
  void reset_parameters();
  Tensor forward(Arg x1, Arg x2);
  void pretty_print(std::ostream &out) const override;

  BilinearOptions options;
  Tensor weight, bias;
};
AGC_OWN_MODULE(Bilinear);

struct FlattenOptions {
  AGC_ARG(int64_t, start_dim) = 1;
  AGC_ARG(int64_t, end_dim) = -1;
};
class FlattenImpl : public Cloneable<FlattenImpl> {
public:
  explicit FlattenImpl(const FlattenOptions &options = {});
  void reset() override {}
  Tensor forward(Arg x);
  void pretty_print(std::ostream &out) const override;

  FlattenOptions options;
};
AGC_OWN_MODULE(Flatten);

struct UnflattenOptions {
  UnflattenOptions(int64_t dim, std::vector<int64_t> sizes);
  AGC_ARG(int64_t, dim);
  AGC_LARGE_ARG(std::vector<int64_t>, sizes);
};
class UnflattenImpl : public Cloneable<UnflattenImpl> {
public:
  UnflattenImpl(int64_t dim, std::vector<int64_t> sizes);
  explicit UnflattenImpl(const UnflattenOptions &options);
  void reset() override {}
  Tensor forward(Arg x);
  void pretty_print(std::ostream &out) const override;

  UnflattenOptions options;
};
AGC_OWN_MODULE(Unflatten);

} // namespace agc::nn

#endif
