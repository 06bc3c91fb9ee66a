//===- EveryFunction.h - The functions of a tensor, as a table ------------===//
#ifndef AGC_TESTS_FRONTEND_EVERYFUNCTION_H
#define AGC_TESTS_FRONTEND_EVERYFUNCTION_H

#include <agc/agc.h>

#include <cmath>
#include <functional>

namespace agc::everyfunction {

/// A function as a call with x, which is [3, 3].
struct Function {
  const char *call;
  std::function<Tensor(const Tensor &x)> apply;
};

/// One of x and a dimension.
struct AlongDimension {
  const char *call;
  std::function<Tensor(const Tensor &x, int64_t d)> apply;
};

inline Tensor first(const std::tuple<Tensor, Tensor> &pair) { return std::get<0>(pair); }
inline Tensor first(const std::vector<Tensor> &list) { return list.front(); }
inline Tensor image(Arg x) { return x.tensor.view({1, 1, 3, 3}, x.loc); }

#define AGC_CALL(...) {#__VA_ARGS__, [](const Tensor &x) -> Tensor { return __VA_ARGS__; }},
#define AGC_UNARY_CALL(name) AGC_CALL(agc::name(x))
#define AGC_BINARY_CALL(name) AGC_CALL(agc::name(x, x))
#define AGC_SCALAR_CALL(name) AGC_CALL(agc::name(x, 1)) AGC_CALL(agc::name(x, 1.5)) AGC_CALL(agc::name(x, true))

inline const std::vector<Function> &elementwise() {
  static const std::vector<Function> all = {
      AGC_FOR_UNARY(AGC_UNARY_CALL) AGC_FOR_TEST(AGC_UNARY_CALL)
      AGC_UNARY_CALL(logit) AGC_UNARY_CALL(nan_to_num) AGC_UNARY_CALL(logical_not) AGC_UNARY_CALL(bitwise_not)
      AGC_FOR_COMPARISON(AGC_BINARY_CALL) AGC_FOR_COMPARISON(AGC_SCALAR_CALL)
      AGC_BINARY_CALL(add) AGC_BINARY_CALL(sub) AGC_BINARY_CALL(mul) AGC_BINARY_CALL(div)
      AGC_SCALAR_CALL(add) AGC_SCALAR_CALL(sub) AGC_SCALAR_CALL(mul) AGC_SCALAR_CALL(div)
      AGC_BINARY_CALL(floor_divide) AGC_BINARY_CALL(remainder) AGC_BINARY_CALL(fmod) AGC_BINARY_CALL(pow)
      AGC_SCALAR_CALL(floor_divide) AGC_SCALAR_CALL(remainder) AGC_SCALAR_CALL(fmod) AGC_SCALAR_CALL(pow)
      AGC_BINARY_CALL(maximum) AGC_BINARY_CALL(minimum) AGC_BINARY_CALL(fmax) AGC_BINARY_CALL(fmin)
      AGC_BINARY_CALL(atan2) AGC_BINARY_CALL(hypot) AGC_BINARY_CALL(copysign) AGC_BINARY_CALL(logaddexp)
      AGC_BINARY_CALL(xlogy) AGC_BINARY_CALL(isclose) AGC_BINARY_CALL(logical_and) AGC_BINARY_CALL(logical_or)
      AGC_BINARY_CALL(logical_xor) AGC_BINARY_CALL(bitwise_and) AGC_BINARY_CALL(bitwise_or) AGC_BINARY_CALL(bitwise_xor)
      AGC_CALL(agc::pow(2, x)) AGC_CALL(agc::div(x, x, "trunc")) AGC_CALL(agc::div(x, x, "floor"))
      AGC_CALL(agc::lerp(x, x, x)) AGC_CALL(agc::lerp(x, x, 0.5))
      AGC_CALL(agc::addcmul(x, x, x)) AGC_CALL(agc::addcdiv(x, x, x))
      AGC_CALL(agc::clamp(x, 0, 1)) AGC_CALL(agc::clamp_min(x, 0.5)) AGC_CALL(agc::clamp_max(x, true))
      AGC_CALL(agc::where(x > 0, x, x)) AGC_CALL(agc::where(x, x, x)) AGC_CALL(agc::masked_fill(x, x > 0, 1))
      AGC_CALL(-x) AGC_CALL(2 - x) AGC_CALL(x.to(kBool)) AGC_CALL(x.to(kFloat16)) AGC_CALL(x.to(kUInt8))
  };
  return all;
}

inline const std::vector<Function> &whole() {
  namespace F = nn::functional;
  static const std::vector<Function> all = {
      AGC_UNARY_CALL(sum) AGC_UNARY_CALL(mean) AGC_UNARY_CALL(amax) AGC_UNARY_CALL(amin) AGC_UNARY_CALL(max)
      AGC_UNARY_CALL(min) AGC_UNARY_CALL(argmax) AGC_UNARY_CALL(argmin) AGC_UNARY_CALL(var) AGC_UNARY_CALL(std)
      AGC_UNARY_CALL(prod) AGC_UNARY_CALL(norm) AGC_UNARY_CALL(all) AGC_UNARY_CALL(any) AGC_UNARY_CALL(count_nonzero)
      AGC_CALL(first(agc::var_mean(x))) AGC_CALL(x.sum(kBool)) AGC_CALL(x.sum(kInt32)) AGC_CALL(agc::prod(x, kBool))
      AGC_CALL(agc::cumsum(x, 0, kBool)) AGC_CALL(agc::cumprod(x, 0, kUInt8)) AGC_CALL(agc::mean(x, 0, false, kFloat64))
      AGC_CALL(agc::norm(x, 0)) AGC_CALL(agc::norm(x, 1)) AGC_CALL(agc::norm(x, 3)) AGC_CALL(agc::norm(x, INFINITY))
      AGC_UNARY_CALL(flatten) AGC_UNARY_CALL(squeeze) AGC_UNARY_CALL(t) AGC_UNARY_CALL(tril) AGC_UNARY_CALL(triu)
      AGC_UNARY_CALL(diag) AGC_UNARY_CALL(diagonal) AGC_UNARY_CALL(trace)
      AGC_CALL(agc::cat(std::vector<Tensor>{x, x})) AGC_CALL(agc::stack(std::vector<Tensor>{x, x}))
      AGC_CALL(agc::roll(x, 1)) AGC_CALL(agc::tile(x, 2)) AGC_CALL(agc::repeat_interleave(x, 2))
      AGC_CALL(agc::constant_pad_nd(x, {1, -1}, 1)) AGC_CALL(agc::zeros_like(x)) AGC_CALL(agc::full_like(x, 1))
      AGC_CALL(agc::rand_like(x)) AGC_CALL(agc::bernoulli(x)) AGC_CALL(agc::bernoulli(x, 0.5)) AGC_CALL(agc::normal(x))
      AGC_CALL(agc::gather(x, 0, x.to(kInt64))) AGC_CALL(agc::gather(x, 0, x)) AGC_CALL(agc::index_select(x, 0, x.select(0, 0)))
      AGC_CALL(agc::scatter(x, 0, x.to(kInt64), x)) AGC_CALL(agc::scatter_add(x, 0, x.to(kInt64), x))
      AGC_CALL(agc::index_add(x, 0, x.select(0, 0).to(kInt64), x)) AGC_CALL(agc::take_along_dim(x, x.to(kInt64), 1))
      AGC_CALL(agc::one_hot(x, 3)) AGC_CALL(x.index({indexing::TensorIndex(x.select(0, 0))})) AGC_CALL(agc::embedding(x, x))
      AGC_BINARY_CALL(matmul) AGC_BINARY_CALL(mm) AGC_BINARY_CALL(cdist) AGC_BINARY_CALL(linear) AGC_BINARY_CALL(cross)
      AGC_CALL(agc::bmm(x.unsqueeze(0), x.unsqueeze(0))) AGC_CALL(agc::mv(x, x.select(0, 0)))
      AGC_CALL(agc::dot(x.select(0, 0), x.select(0, 0))) AGC_CALL(agc::outer(x.select(0, 0), x.select(0, 0)))
      AGC_CALL(agc::addmm(x, x, x)) AGC_CALL(agc::addmm(x, x, x, 0.5, 2)) AGC_CALL(agc::einsum("ij,jk->ik", std::vector<Tensor>{x, x}))
      AGC_CALL(agc::addmv(x.select(0, 0), x, x.select(0, 0))) AGC_CALL(agc::baddbmm(x, x.unsqueeze(0), x.unsqueeze(0)))
      AGC_CALL(agc::bilinear(x, x, x.unsqueeze(0)))
      AGC_CALL(agc::conv2d(image(x), image(x))) AGC_CALL(agc::conv_transpose2d(image(x), image(x)))
      AGC_CALL(agc::max_pool2d(image(x), 2)) AGC_CALL(agc::avg_pool2d(image(x), 2)) AGC_CALL(agc::adaptive_avg_pool2d(image(x), 2))
      AGC_CALL(agc::batch_norm(x, {}, {}, {}, {}, true, 0.1, 1e-5)) AGC_CALL(agc::layer_norm(x, 3)) AGC_CALL(agc::rms_norm(x, 3))
      AGC_CALL(agc::group_norm(x, 3)) AGC_CALL(agc::instance_norm(image(x), {}, {}, {}, {}, true, 0.1, 1e-5))
      AGC_CALL(agc::scaled_dot_product_attention(x, x, x))
      AGC_CALL(F::gelu(x)) AGC_CALL(F::silu(x)) AGC_CALL(F::elu(x)) AGC_CALL(F::softplus(x)) AGC_CALL(F::leaky_relu(x))
      AGC_CALL(F::dropout(x)) AGC_CALL(F::mse_loss(x, x)) AGC_CALL(F::l1_loss(x, x)) AGC_CALL(F::smooth_l1_loss(x, x))
      AGC_CALL(F::huber_loss(x, x)) AGC_CALL(F::cross_entropy(x, x)) AGC_CALL(F::binary_cross_entropy(x, x))
      AGC_CALL(F::kl_div(x, x)) AGC_CALL(F::normalize(x)) AGC_CALL(F::cosine_similarity(x, x))
  };
  return all;
}

#define AGC_DIM_CALL(...) {#__VA_ARGS__, [](const Tensor &x, int64_t d) -> Tensor { return __VA_ARGS__; }},

inline const std::vector<AlongDimension> &alongDimension() {
  static const std::vector<AlongDimension> all = {
      AGC_DIM_CALL(sum(x, d)) AGC_DIM_CALL(mean(x, d)) AGC_DIM_CALL(amax(x, d)) AGC_DIM_CALL(amin(x, d))
      AGC_DIM_CALL(first(max(x, d))) AGC_DIM_CALL(first(min(x, d))) AGC_DIM_CALL(argmax(x, d)) AGC_DIM_CALL(argmin(x, d))
      AGC_DIM_CALL(var(x, d)) AGC_DIM_CALL(agc::std(x, d)) AGC_DIM_CALL(first(var_mean(x, d))) AGC_DIM_CALL(prod(x, d))
      AGC_DIM_CALL(cumsum(x, d)) AGC_DIM_CALL(cumprod(x, d)) AGC_DIM_CALL(norm(x, 2, d)) AGC_DIM_CALL(logsumexp(x, d))
      AGC_DIM_CALL(agc::all(x > 0, d)) AGC_DIM_CALL(any(x > 0, d)) AGC_DIM_CALL(count_nonzero(x, d))
      AGC_DIM_CALL(softmax(x, d)) AGC_DIM_CALL(log_softmax(x, d)) AGC_DIM_CALL(flatten(x, d)) AGC_DIM_CALL(flatten(x, 0, d))
      AGC_DIM_CALL(squeeze(x, d)) AGC_DIM_CALL(transpose(x, 0, d)) AGC_DIM_CALL(transpose(x, d, 0))
      AGC_DIM_CALL(cat(std::vector<Tensor>{x, x}, d)) AGC_DIM_CALL(first(split(x, 1, d))) AGC_DIM_CALL(first(chunk(x, 1, d)))
      AGC_DIM_CALL(first(unbind(x, d))) AGC_DIM_CALL(unflatten(x, d, {1, -1})) AGC_DIM_CALL(movedim(x, 0, d))
      AGC_DIM_CALL(movedim(x, d, 0)) AGC_DIM_CALL(repeat_interleave(x, 2, d)) AGC_DIM_CALL(flip(x, d)) AGC_DIM_CALL(roll(x, 1, d))
      AGC_DIM_CALL(diagonal(x, 0, 0, d)) AGC_DIM_CALL(narrow(x, d, 0, 1)) AGC_DIM_CALL(agc::select(x, d, 0)) AGC_DIM_CALL(x.slice(d, 0, 1))
      AGC_DIM_CALL(gather(x, d, x.to(kInt64))) AGC_DIM_CALL(take_along_dim(x, x.to(kInt64), d))
      AGC_DIM_CALL(index_select(x, d, zeros({1}, kInt64))) AGC_DIM_CALL(scatter(x, d, x.to(kInt64), 1))
      AGC_DIM_CALL(scatter_add(x, d, x.to(kInt64), x)) AGC_DIM_CALL(index_add(x, d, zeros({3}, kInt64), x))
      AGC_DIM_CALL(cross(x, x, d)) AGC_DIM_CALL(nn::functional::normalize(x, nn::functional::NormalizeFuncOptions().dim(d)))
      AGC_DIM_CALL(nn::functional::glu(x, nn::functional::GLUFuncOptions().dim(d)))
      AGC_DIM_CALL(nn::functional::softmin(x, nn::functional::SoftminFuncOptions(d)))
      AGC_DIM_CALL(vmap([](Tensor t) { return t; }, {d})(x))
  };
  return all;
}

} // namespace agc::everyfunction

#endif
