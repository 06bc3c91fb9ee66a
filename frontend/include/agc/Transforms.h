//===- Transforms.h - Functions made out of functions ----------------------===//
//
// As in JAX and torch.func; libtorch has none of them. A function is anything
// that can be called with Tensors and gives a Tensor or a std::vector<Tensor>.
// They may be used within one another, and within train_step and compile.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_TRANSFORMS_H
#define AGC_TRANSFORMS_H

#include <agc/Tensor.h>

#include <functional>
#include <utility>

namespace agc {

namespace detail {

using TensorsFunction = std::function<std::vector<Tensor>(const std::vector<Tensor> &)>;

std::vector<Tensor> vmapCall(const TensorsFunction &f, const std::vector<Tensor> &inputs,
                             std::vector<std::optional<int64_t>> inDims,
                             int64_t outDim, Loc loc);
std::pair<std::vector<Tensor>, std::vector<Tensor>>
jvpCall(const TensorsFunction &f, const std::vector<Tensor> &primals,
        const std::vector<Tensor> &tangents, Loc loc);
Tensor jacobianCall(const TensorsFunction &f, const Tensor &x, Loc loc);
Tensor hessianCall(const TensorsFunction &f, const Tensor &x, Loc loc);

std::vector<Tensor> listOf(Tensor tensor);
std::vector<Tensor> listOf(std::vector<Tensor> tensors);

/// \p f as a function of a list of \p N tensors.
template <size_t N, typename F> TensorsFunction listed(F f) {
  return [f](const std::vector<Tensor> &xs) {
    return [&]<size_t... I>(std::index_sequence<I...>) {
      return listOf(f(xs[I]...));
    }(std::make_index_sequence<N>());
  };
}

/// Results as f gives them: one tensor, or a list.
template <typename Result> Result resultOf(std::vector<Tensor> list) {
  if constexpr (std::is_same_v<Result, std::vector<Tensor>>)
    return list;
  else
    return list.front();
}
template <typename T, size_t> using Repeat = T;
template <typename F, typename Indices> struct ResultOf;
template <typename F, size_t... I> struct ResultOf<F, std::index_sequence<I...>> {
  using type = std::decay_t<std::invoke_result_t<F, Repeat<Tensor, I>...>>;
};
template <typename F, size_t N>
using ResultOfTensors = typename ResultOf<F, std::make_index_sequence<N>>::type;

} // namespace detail

/// A function of batches that does for each example what \p f does for one.
/// \p in_dims says for each argument along which dimension its examples are;
/// std::nullopt: one for all. Without it all are along the first. Results have
/// their examples along \p out_dim. Gradients taken in f are those of each
/// example: `vmap(value_and_grad…)`-like code gives per-sample gradients.
/// Errors: sizes along in_dims differ; f reads a value, draws random numbers, or
/// writes a tensor from outside in place.
template <typename F>
auto vmap(F f, std::vector<std::optional<int64_t>> in_dims = {}, int64_t out_dim = 0,
          Loc loc = Loc::current()) {
  return [f, in_dims, out_dim, loc](const auto &...inputs) {
    constexpr size_t n = sizeof...(inputs);
    return detail::resultOf<detail::ResultOfTensors<F, n>>(detail::vmapCall(
        detail::listed<n>(f), {Tensor(inputs)...}, in_dims, out_dim, loc));
  };
}

/// f's value at x, and how it changes as x moves along \p tangent, which has x's
/// shape and dtype: forward mode.
template <typename F>
std::pair<Tensor, Tensor> jvp(F f, const Tensor &x, const Tensor &tangent,
                              Loc loc = Loc::current()) {
  auto [y, dy] = detail::jvpCall(detail::listed<1>(f), {x}, {tangent}, loc);
  return {y.front(), dy.front()};
}
/// The same of several arguments, f taking a list.
std::pair<std::vector<Tensor>, std::vector<Tensor>>
jvp(const detail::TensorsFunction &f, const std::vector<Tensor> &xs,
    const std::vector<Tensor> &tangents, Loc loc = Loc::current());

/// All derivatives of f's result [y…] with respect to x [x…]: [y…, x…]. Forward
/// mode where x is the smaller, else reverse.
template <typename F>
Tensor jacobian(F f, const Tensor &x, Loc loc = Loc::current()) {
  return detail::jacobianCall(detail::listed<1>(f), x, loc);
}

/// All second derivatives of f's one number with respect to x [x…]: [x…, x…],
/// forward over reverse.
template <typename F>
Tensor hessian(F f, const Tensor &x, Loc loc = Loc::current()) {
  return detail::hessianCall(detail::listed<1>(f), x, loc);
}

} // namespace agc

#endif
