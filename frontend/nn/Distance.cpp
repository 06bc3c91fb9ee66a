#include <agc/nn/Distance.h>

#include "frontend/nn/Layer.h"
#include "frontend/ops/Composites.h"

#include <ostream>

namespace agc {

using namespace detail;

namespace {

/// x over its norm along \p dim. A norm below eps counts as eps, but for its
/// gradient.
Value unitOf(const Tensor &x, int64_t dim, double eps, Loc loc) {
  Value v = read(x), size = read(x.norm(2, dim, /*keepdim=*/true, loc));
  Value least = constantLike(size, eps);
  Value lacking = stopGradient(least - size);
  size = select(compare("lt", size, least), size + lacking, size);
  return v / broadcastTo(size, v.shape());
}

} // namespace

Tensor cosine_similarity(Arg x1, Arg x2, int64_t dim, double eps) {
  OpGuard op("cosine_similarity", x1.loc);
  Operand operands[] = {x1.tensor, x2.tensor};
  DType type = resultType(operands);
  Dims shape = broadcastShape(operands);
  int64_t d = wrapDim(dim, int64_t(shape.size()));
  auto prepared = [&](const Tensor &x) { return x.to(type, x1.loc).expand(shape, x1.loc); };
  Tensor a = prepared(x1.tensor), b = prepared(x2.tensor);
  expectFloat(read(a));
  Value product = unitOf(a, d, eps, x1.loc) * unitOf(b, d, eps, x1.loc);
  return wrap(reduce(OpId::ReduceSum, product, d), "SumBackward1", {operands[0].value, operands[1].value});
}

Tensor pairwise_distance(Arg x1, Arg x2, double p, double eps, bool keepdim) {
  OpGuard op("pairwise_distance", x1.loc);
  Tensor gap = (x1.tensor - x2.tensor).add(eps, x1.loc);
  return gap.norm(p, -1, keepdim, x1.loc);
}

namespace nn {

namespace functional {
Tensor cosine_similarity(Arg x1, Arg x2, const CosineSimilarityFuncOptions &o) {
  return agc::cosine_similarity(x1, x2, o.dim(), o.eps());
}
Tensor pairwise_distance(Arg x1, Arg x2, const PairwiseDistanceFuncOptions &o) {
  return agc::pairwise_distance(x1, x2, o.p(), o.eps(), o.keepdim());
}
} // namespace functional

CosineSimilarityImpl::CosineSimilarityImpl(const CosineSimilarityOptions &options) : options(options) {}
Tensor CosineSimilarityImpl::forward(Arg x1, Arg x2) {
  ScopeGuard in(scope());
  return functional::cosine_similarity(x1, x2, options);
}
void CosineSimilarityImpl::pretty_print(std::ostream &out) const {
  out << "torch::nn::CosineSimilarity(dim=" << options.dim() << ", eps=" << options.eps() << ")";
}
PairwiseDistanceImpl::PairwiseDistanceImpl(const PairwiseDistanceOptions &options) : options(options) {}
Tensor PairwiseDistanceImpl::forward(Arg x1, Arg x2) {
  ScopeGuard in(scope());
  return functional::pairwise_distance(x1, x2, options);
}
void PairwiseDistanceImpl::pretty_print(std::ostream &out) const {
  out << "torch::nn::PairwiseDistance(p=" << options.p() << ", eps=" << options.eps()
      << ", keepdim=" << boolText(options.keepdim()) << ")";
}

} // namespace nn
} // namespace agc
