//===- Functions.h - Operators and functions of tensors -------------------===//
#ifndef AGC_FUNCTIONS_H
#define AGC_FUNCTIONS_H

#include <agc/Tensor.h>

#include <tuple>

namespace agc {

//===----------------------------------------------------------------------===//
// Creation
//===----------------------------------------------------------------------===//

/// Numbers in nested braces: `tensor({{1, 2}, {3, 4}})`.
class TensorData {
public:
  template <typename T>
    requires std::is_arithmetic_v<T>
  TensorData(T number) : type(defaultType<T>()), numbers{Scalar(number)} {}
  /// Errors: lists within it that differ in length.
  TensorData(std::initializer_list<TensorData> list, Loc loc = Loc::current());
  template <typename T>
    requires std::is_arithmetic_v<T>
  TensorData(const std::vector<T> &list)
      : type(defaultType<T>()), shape{int64_t(list.size())} {
    for (T number : list)
      numbers.push_back(Scalar(number));
  }

  DType type;
  std::vector<int64_t> shape;
  std::vector<Scalar> numbers;

private:
  // As libtorch: floating point is float32, integers int64.
  template <typename T> static constexpr DType defaultType() {
    return std::is_same_v<T, bool>          ? DType::Bool
           : std::is_floating_point_v<T>    ? DType::F32
                                            : DType::I64;
  }
};

Tensor tensor(TensorData data, const TensorOptions &options = {}, Loc loc = Loc::current());
Tensor scalar_tensor(Scalar value, const TensorOptions &options = {}, Loc loc = Loc::current());
Tensor zeros(IntArrayRef size, const TensorOptions &options = {}, Loc loc = Loc::current());
Tensor ones(IntArrayRef size, const TensorOptions &options = {}, Loc loc = Loc::current());
/// The dtype is the number's, unless \p options says one.
Tensor full(IntArrayRef size, Scalar value, const TensorOptions &options = {}, Loc loc = Loc::current());
/// Zeros: agc leaves nothing to chance.
Tensor empty(IntArrayRef size, const TensorOptions &options = {}, Loc loc = Loc::current());
Tensor eye(int64_t n, const TensorOptions &options = {}, Loc loc = Loc::current());
Tensor eye(int64_t rows, int64_t columns, const TensorOptions &options = {}, Loc loc = Loc::current());
Tensor arange(Scalar end, const TensorOptions &options = {}, Loc loc = Loc::current());
Tensor arange(Scalar start, Scalar end, const TensorOptions &options = {}, Loc loc = Loc::current());
Tensor arange(Scalar start, Scalar end, Scalar step, const TensorOptions &options = {}, Loc loc = Loc::current());
Tensor linspace(Scalar start, Scalar end, int64_t steps, const TensorOptions &options = {}, Loc loc = Loc::current());

// Random numbers, from Philox counters: the same on any machine.
void manual_seed(uint64_t seed);
Tensor rand(IntArrayRef size, const TensorOptions &options = {}, Loc loc = Loc::current());
Tensor randn(IntArrayRef size, const TensorOptions &options = {}, Loc loc = Loc::current());
Tensor randint(int64_t high, IntArrayRef size, const TensorOptions &options = kInt64, Loc loc = Loc::current());
Tensor randint(int64_t low, int64_t high, IntArrayRef size, const TensorOptions &options = kInt64, Loc loc = Loc::current());
Tensor randperm(int64_t n, const TensorOptions &options = kInt64, Loc loc = Loc::current());
// Drawn whenever the result is computed.
/// 1 with a probability that x says, element by element, else 0.
/// Errors: not floating point; the step fails where x is not in [0, 1].
Tensor bernoulli(Arg x);
/// 1 with probability \p p, of x's shape and dtype.
Tensor bernoulli(Arg x, double p);
/// Of mean and standard deviation, element by element. Errors: a std below 0.
Tensor normal(double mean, double std, IntArrayRef size, const TensorOptions &options = {}, Loc loc = Loc::current());
Tensor normal(Arg mean, double std = 1);
Tensor normal(double mean, Arg std);
Tensor normal(Arg mean, Arg std);

Tensor zeros_like(Arg x, std::optional<TensorOptions> options = {});
Tensor ones_like(Arg x, std::optional<TensorOptions> options = {});
Tensor empty_like(Arg x, std::optional<TensorOptions> options = {});
Tensor full_like(Arg x, Scalar value, std::optional<TensorOptions> options = {});
Tensor rand_like(Arg x, std::optional<TensorOptions> options = {});
Tensor randn_like(Arg x, std::optional<TensorOptions> options = {});

/// A tensor in memory of the caller's, row-major, which must outlive it. Ops
/// take the elements as they are when the op is recorded.
Tensor from_blob(void *data, IntArrayRef size, const TensorOptions &options = {}, Loc loc = Loc::current());
Tensor from_blob(void *data, IntArrayRef size, void (*release)(void *), const TensorOptions &options = {}, Loc loc = Loc::current());

//===----------------------------------------------------------------------===//
// Element by element. Operands are broadcast and promoted as PyTorch does.
//===----------------------------------------------------------------------===//

#define AGC_FUNCTION(name) Tensor name(Arg x);
AGC_FOR_UNARY(AGC_FUNCTION)
#undef AGC_FUNCTION
#define AGC_FUNCTION(name) Tensor name(Arg x);
AGC_FOR_TEST(AGC_FUNCTION)
#undef AGC_FUNCTION
/// log(x / (1 - x)); with \p eps, of x clamped to [eps, 1 - eps].
Tensor logit(Arg x, std::optional<double> eps = {});
/// NaN as \p nan (0), infinities as the largest numbers unless said.
Tensor nan_to_num(Arg x, std::optional<double> nan = {}, std::optional<double> posinf = {},
                  std::optional<double> neginf = {});
#define AGC_FUNCTION(name)                                                     \
  Tensor name(Arg a, Arg b);                                                   \
  Tensor name(Arg a, Scalar b);
AGC_FOR_COMPARISON(AGC_FUNCTION)
#undef AGC_FUNCTION

Tensor add(Arg a, Arg b, Scalar alpha = 1);
Tensor add(Arg a, Scalar b, Scalar alpha = 1);
Tensor sub(Arg a, Arg b, Scalar alpha = 1);
Tensor sub(Arg a, Scalar b, Scalar alpha = 1);
Tensor mul(Arg a, Arg b);
Tensor mul(Arg a, Scalar b);
/// Integers give float32.
Tensor div(Arg a, Arg b);
Tensor div(Arg a, Scalar b);
/// "trunc": toward zero, "floor": toward minus infinity; integers stay integers.
/// Errors: an integer divided by 0.
Tensor div(Arg a, Arg b, std::optional<std::string_view> rounding_mode);
Tensor div(Arg a, Scalar b, std::optional<std::string_view> rounding_mode);
Tensor floor_divide(Arg a, Arg b);
Tensor floor_divide(Arg a, Scalar b);
/// With the sign of the divisor. Errors: an integer divided by 0.
Tensor remainder(Arg a, Arg b);
Tensor remainder(Arg a, Scalar b);
/// With the sign of the dividend. Errors: an integer divided by 0.
Tensor fmod(Arg a, Arg b);
Tensor fmod(Arg a, Scalar b);
/// Constant integer exponents are products; others are C's pow, NaN for a
/// negative base. Errors: an integer base with a negative exponent.
Tensor pow(Arg a, Scalar exponent);
Tensor pow(Arg a, Arg exponent);
Tensor pow(Scalar a, Arg exponent);
/// NaN if either is; ties split the gradient.
Tensor maximum(Arg a, Arg b);
Tensor minimum(Arg a, Arg b);
/// The other one where one is NaN.
Tensor fmax(Arg a, Arg b);
Tensor fmin(Arg a, Arg b);
Tensor atan2(Arg a, Arg b);
/// sqrt(a^2 + b^2), without overflow on the way.
Tensor hypot(Arg a, Arg b);
/// The magnitude of a with the sign of b, that of -0 and NaN too.
Tensor copysign(Arg a, Arg b);
Tensor copysign(Arg a, Scalar b);
/// log(exp(a) + exp(b)), without overflow on the way.
Tensor logaddexp(Arg a, Arg b);
/// a log(b), 0 where a is 0 and b is not NaN.
Tensor xlogy(Arg a, Arg b);
Tensor xlogy(Arg a, Scalar b);
Tensor xlogy(Scalar a, Arg b);
/// start + weight (end - start).
Tensor lerp(Arg start, Arg end, Arg weight);
Tensor lerp(Arg start, Arg end, Scalar weight);
/// x + value a b, x + value a / b.
Tensor addcmul(Arg x, Arg a, Arg b, Scalar value = 1);
Tensor addcdiv(Arg x, Arg a, Arg b, Scalar value = 1);
/// |a - b| <= atol + rtol |b|, or equal.
Tensor isclose(Arg a, Arg b, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false);
bool allclose(Arg a, Arg b, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false);
bool equal(Arg a, Arg b);
/// Gradient 0 outside of the bounds and on them.
Tensor clamp_min(Arg x, Scalar min);
Tensor clamp_max(Arg x, Scalar max);
Tensor clamp(Arg x, std::optional<Scalar> min, std::optional<Scalar> max = {});
Tensor where(Arg condition, Arg a, Arg b);
Tensor where(Arg condition, Arg a, Scalar b);
Tensor where(Arg condition, Scalar a, Arg b);
Tensor logical_and(Arg a, Arg b);
Tensor logical_or(Arg a, Arg b);
Tensor logical_xor(Arg a, Arg b);
Tensor logical_not(Arg x);
/// Bit by bit, of integers and bools.
Tensor bitwise_and(Arg a, Arg b);
Tensor bitwise_and(Arg a, Scalar b);
Tensor bitwise_or(Arg a, Arg b);
Tensor bitwise_or(Arg a, Scalar b);
Tensor bitwise_xor(Arg a, Arg b);
Tensor bitwise_xor(Arg a, Scalar b);
Tensor bitwise_not(Arg x);

Tensor operator+(Arg a, Arg b);
Tensor operator+(Arg a, Scalar b);
Tensor operator+(Scalar a, Arg b);
Tensor operator-(Arg a, Arg b);
Tensor operator-(Arg a, Scalar b);
Tensor operator-(Scalar a, Arg b);
Tensor operator*(Arg a, Arg b);
Tensor operator*(Arg a, Scalar b);
Tensor operator*(Scalar a, Arg b);
Tensor operator/(Arg a, Arg b);
Tensor operator/(Arg a, Scalar b);
Tensor operator/(Scalar a, Arg b);
Tensor operator-(Arg x);
/// The bitwise functions.
Tensor operator~(Arg x);
#define AGC_OPERATOR(symbol)                                                   \
  Tensor operator symbol(Arg a, Arg b);                                        \
  Tensor operator symbol(Arg a, Scalar b);                                     \
  Tensor operator symbol(Scalar a, Arg b);
AGC_OPERATOR(==) AGC_OPERATOR(!=) AGC_OPERATOR(<)
AGC_OPERATOR(<=) AGC_OPERATOR(>) AGC_OPERATOR(>=)
AGC_OPERATOR(&) AGC_OPERATOR(|) AGC_OPERATOR(^)
#undef AGC_OPERATOR

//===----------------------------------------------------------------------===//
// Reductions. No dimension means all of them.
//===----------------------------------------------------------------------===//

/// Integers and bools sum to int64.
Tensor sum(Arg x);
Tensor sum(Arg x, IntArrayRef dim, bool keepdim = false, std::optional<DType> type = {});
/// Floating point only.
Tensor mean(Arg x);
Tensor mean(Arg x, IntArrayRef dim, bool keepdim = false, std::optional<DType> type = {});
/// Ties share the gradient equally.
Tensor amax(Arg x, IntArrayRef dim = {}, bool keepdim = false);
Tensor amin(Arg x, IntArrayRef dim = {}, bool keepdim = false);
Tensor max(Arg x);
Tensor min(Arg x);
/// The first of equals; without \p dim an index into the flattened tensor.
Tensor argmax(Arg x, std::optional<int64_t> dim = {}, bool keepdim = false);
Tensor var(Arg x, IntArrayRef dim = {}, bool unbiased = true, bool keepdim = false);
Tensor std(Arg x, IntArrayRef dim = {}, bool unbiased = true, bool keepdim = false);
std::tuple<Tensor, Tensor> var_mean(Arg x, IntArrayRef dim = {}, bool unbiased = true, bool keepdim = false);
/// The values and where along \p dim they are, the first of equals. The gradient
/// goes there.
std::tuple<Tensor, Tensor> max(Arg x, int64_t dim, bool keepdim = false);
std::tuple<Tensor, Tensor> min(Arg x, int64_t dim, bool keepdim = false);
Tensor argmin(Arg x, std::optional<int64_t> dim = {}, bool keepdim = false);
/// Integers and bools multiply and add up in int64.
Tensor prod(Arg x, std::optional<DType> type = {});
Tensor prod(Arg x, int64_t dim, bool keepdim = false, std::optional<DType> type = {});
Tensor cumsum(Arg x, int64_t dim, std::optional<DType> type = {});
Tensor cumprod(Arg x, int64_t dim, std::optional<DType> type = {});
/// (sum |x|^p)^(1/p); also p = 0 (how many are not 0) and infinity. Gradient 0
/// where the norm is 0.
Tensor norm(Arg x, Scalar p = 2);
Tensor norm(Arg x, std::optional<Scalar> p, IntArrayRef dim, bool keepdim = false);
/// log(sum(exp(x))), without overflow on the way.
Tensor logsumexp(Arg x, IntArrayRef dim, bool keepdim = false);
/// Whether all, any elements are not 0; bool, of uint8 uint8.
Tensor all(Arg x);
Tensor all(Arg x, int64_t dim, bool keepdim = false);
Tensor any(Arg x);
Tensor any(Arg x, int64_t dim, bool keepdim = false);
Tensor count_nonzero(Arg x, std::optional<int64_t> dim = {});
Tensor softmax(Arg x, int64_t dim, std::optional<DType> type = {});
Tensor log_softmax(Arg x, int64_t dim, std::optional<DType> type = {});

//===----------------------------------------------------------------------===//
// Shape
//===----------------------------------------------------------------------===//

Tensor reshape(Arg x, IntArrayRef shape);
Tensor flatten(Arg x, int64_t start_dim = 0, int64_t end_dim = -1);
Tensor squeeze(Arg x);
Tensor squeeze(Arg x, int64_t dim);
Tensor unsqueeze(Arg x, int64_t dim);
Tensor transpose(Arg x, int64_t a, int64_t b);
Tensor permute(Arg x, IntArrayRef dims);
Tensor t(Arg x);
Tensor cat(TensorList tensors, int64_t dim = 0, Loc loc = Loc::current());
Tensor stack(TensorList tensors, int64_t dim = 0, Loc loc = Loc::current());
Tensor hstack(TensorList tensors, Loc loc = Loc::current());
Tensor vstack(TensorList tensors, Loc loc = Loc::current());
/// Pieces of \p size along \p dim, the last as long as what is left.
std::vector<Tensor> split(Arg x, int64_t size, int64_t dim = 0);
std::vector<Tensor> split(Arg x, IntArrayRef sizes, int64_t dim = 0);
std::vector<Tensor> chunk(Arg x, int64_t chunks, int64_t dim = 0);
std::vector<Tensor> unbind(Arg x, int64_t dim = 0);
Tensor unflatten(Arg x, int64_t dim, IntArrayRef sizes);
Tensor movedim(Arg x, IntArrayRef source, IntArrayRef destination);
Tensor broadcast_to(Arg x, IntArrayRef shape);
Tensor tile(Arg x, IntArrayRef repeats);
Tensor repeat_interleave(Arg x, int64_t repeats, std::optional<int64_t> dim = {});
Tensor flip(Arg x, IntArrayRef dims);
/// Without \p dims over the flattened tensor.
Tensor roll(Arg x, IntArrayRef shifts, IntArrayRef dims = {});
Tensor tril(Arg x, int64_t diagonal = 0);
Tensor triu(Arg x, int64_t diagonal = 0);
/// A vector on the diagonal of a matrix, or a matrix's diagonal.
Tensor diag(Arg x, int64_t diagonal = 0);
Tensor diagonal(Arg x, int64_t offset = 0, int64_t dim1 = 0, int64_t dim2 = 1);
/// \p pad: before and after the last dimension, then the one before, and so on;
/// negative amounts cut.
Tensor constant_pad_nd(Arg x, IntArrayRef pad, Scalar value = 0);
std::vector<Tensor> meshgrid(TensorList tensors, std::string_view indexing = "ij", Loc loc = Loc::current());
/// [2, count]: rows and columns of a triangle's elements, row by row.
Tensor tril_indices(int64_t rows, int64_t columns, int64_t offset = 0, const TensorOptions &options = kInt64, Loc loc = Loc::current());
Tensor triu_indices(int64_t rows, int64_t columns, int64_t offset = 0, const TensorOptions &options = kInt64, Loc loc = Loc::current());

//===----------------------------------------------------------------------===//
// By index. Indices are integers; one that is out of range fails the step.
//===----------------------------------------------------------------------===//

/// result[i][j] = x[index[i][j]][j] for dim 0, and so on.
Tensor gather(Arg x, int64_t dim, Arg index);
Tensor take_along_dim(Arg x, Arg index, std::optional<int64_t> dim = {});
Tensor index_select(Arg x, int64_t dim, Arg index);
/// Of several sources for one place the last is put there.
Tensor scatter(Arg x, int64_t dim, Arg index, Arg src);
Tensor scatter(Arg x, int64_t dim, Arg index, Scalar value);
Tensor scatter_add(Arg x, int64_t dim, Arg index, Arg src);
Tensor index_add(Arg x, int64_t dim, Arg index, Arg source, Scalar alpha = 1);
Tensor masked_fill(Arg x, Arg mask, Arg value);
Tensor masked_fill(Arg x, Arg mask, Scalar value);
/// int64, one dimension more. Without num_classes the largest index is read.
Tensor one_hot(Arg x, int64_t num_classes = -1);

Tensor narrow(Arg x, int64_t dim, int64_t start, int64_t length);
Tensor select(Arg x, int64_t dim, int64_t index);

//===----------------------------------------------------------------------===//
// Products and layers
//===----------------------------------------------------------------------===//

/// Shapes: [k] [k] -> []; [m, k] [k] -> [m]; [k] [k, n] -> [n];
///         [..., m, k] [..., k, n] -> [..., m, n], leading sizes broadcast.
/// Errors: inner sizes differ, a scalar, different dtypes.
Tensor matmul(Arg a, Arg b);
Tensor mm(Arg a, Arg b);
Tensor bmm(Arg a, Arg b);
Tensor mv(Arg a, Arg b);
Tensor dot(Arg a, Arg b);
/// x [..., in], weight [out, in], bias [out] -> x weight^T + bias [..., out].
Tensor outer(Arg a, Arg b);
/// beta bias + alpha a b.
Tensor baddbmm(Arg bias, Arg a, Arg b, Scalar beta = 1, Scalar alpha = 1);
Tensor addmv(Arg bias, Arg a, Arg b, Scalar beta = 1, Scalar alpha = 1);
Tensor trace(Arg x);
/// Of vectors of three along \p dim (the first of size 3).
Tensor cross(Arg a, Arg b, std::optional<int64_t> dim = {});
/// Sums of products over the letters that the result lacks, e.g. "bij,bjk->bik";
/// "..." stands for leading dimensions, which broadcast.
Tensor einsum(std::string_view equation, TensorList operands, Loc loc = Loc::current());
/// x1 [..., in1], x2 [..., in2], weight [out, in1, in2], bias [out] -> [..., out].
Tensor bilinear(Arg x1, Arg x2, Arg weight, OptionalArg bias = {});
/// Distances of rows: [..., n, d], [..., m, d] -> [..., n, m]. Gradient 0 at 0.
Tensor cdist(Arg a, Arg b, double p = 2);
Tensor linear(Arg x, Arg weight, OptionalArg bias = {});
Tensor addmm(Arg bias, Arg a, Arg b, Scalar beta = 1, Scalar alpha = 1);
/// x [n, c, h, w] or [c, h, w], weight [o, c / groups, kh, kw], bias [o].
Tensor conv2d(Arg x, Arg weight, OptionalArg bias = {}, IntArrayRef stride = 1,
              IntArrayRef padding = 0, IntArrayRef dilation = 1, int64_t groups = 1);
/// x [n, c, l] or [c, l], weight [o, c / groups, k], bias [o].
Tensor conv1d(Arg x, Arg weight, OptionalArg bias = {}, IntArrayRef stride = 1, IntArrayRef padding = 0,
              IntArrayRef dilation = 1, int64_t groups = 1);
namespace detail {
Tensor conv2dBy(Arg x, Arg weight, OptionalArg bias, IntArrayRef stride, std::string_view padding,
                IntArrayRef dilation, int64_t groups);
Tensor conv1dBy(Arg x, Arg weight, OptionalArg bias, IntArrayRef stride, std::string_view padding,
                IntArrayRef dilation, int64_t groups);
} // namespace detail
/// \p padding: "same" (as many outputs as inputs; stride 1) or "valid" (none).
// Templates, as a literal 0 would do for a text.
template <typename Text>
  requires std::is_convertible_v<Text, std::string_view>
Tensor conv2d(Arg x, Arg weight, OptionalArg bias, IntArrayRef stride, Text padding, IntArrayRef dilation = 1,
              int64_t groups = 1) {
  return detail::conv2dBy(x, weight, bias, stride, padding, dilation, groups);
}
template <typename Text>
  requires std::is_convertible_v<Text, std::string_view>
Tensor conv1d(Arg x, Arg weight, OptionalArg bias, IntArrayRef stride, Text padding, IntArrayRef dilation = 1,
              int64_t groups = 1) {
  return detail::conv1dBy(x, weight, bias, stride, padding, dilation, groups);
}
/// x [n, c, h, w] or [c, h, w], weight [c, o / groups, kh, kw], bias [o].
Tensor conv_transpose2d(Arg x, Arg weight, OptionalArg bias = {}, IntArrayRef stride = 1,
                        IntArrayRef padding = 0, IntArrayRef output_padding = 0, int64_t groups = 1,
                        IntArrayRef dilation = 1);
Tensor avg_pool1d(Arg x, IntArrayRef kernel_size, IntArrayRef stride = {}, IntArrayRef padding = 0,
                  bool ceil_mode = false, bool count_include_pad = true);
Tensor avg_pool2d(Arg x, IntArrayRef kernel_size, IntArrayRef stride = {}, IntArrayRef padding = 0,
                  bool ceil_mode = false, bool count_include_pad = true,
                  std::optional<int64_t> divisor_override = {});
Tensor max_pool1d(Arg x, IntArrayRef kernel_size, IntArrayRef stride = {}, IntArrayRef padding = 0,
                  IntArrayRef dilation = 1, bool ceil_mode = false);
Tensor adaptive_avg_pool1d(Arg x, IntArrayRef output_size);
/// Rows of weight [n, d] by index: result [index..., d].
/// Errors: an index that is no row.
Tensor embedding(Arg weight, Arg indices, int64_t padding_idx = -1, bool scale_grad_by_freq = false,
                 bool sparse = false);
/// softmax(q k^T scale + mask) v: query [..., l, e], key [..., s, e], value
/// [..., s, v]; mask bool (false: left out) or added; scale 1 / sqrt(e) unless said.
Tensor scaled_dot_product_attention(Arg query, Arg key, Arg value, OptionalArg attn_mask = {},
                                    double dropout_p = 0, bool is_causal = false,
                                    std::optional<double> scale = {}, bool enable_gqa = false);
Tensor max_pool2d(Arg x, IntArrayRef kernel_size, IntArrayRef stride = {},
                  IntArrayRef padding = 0, IntArrayRef dilation = 1, bool ceil_mode = false);
Tensor adaptive_avg_pool2d(Arg x, IntArrayRef output_size);
/// Normalizes over all dimensions but the second. In training the running
/// statistics are updated in place, with the unbiased variance.
Tensor batch_norm(Arg x, OptionalArg weight, OptionalArg bias, OptionalArg running_mean,
                  OptionalArg running_var, bool training, double momentum, double eps,
                  bool cudnn_enabled = true);

/// Over the last dimensions, of sizes \p normalized_shape, which weight and bias
/// have too.
Tensor layer_norm(Arg x, IntArrayRef normalized_shape, OptionalArg weight = {}, OptionalArg bias = {},
                  double eps = 1e-5, bool cudnn_enabled = true);
/// x over the root of its mean square; without \p eps the dtype's own.
Tensor rms_norm(Arg x, IntArrayRef normalized_shape, OptionalArg weight = {},
                std::optional<double> eps = {});
/// x [n, c, ...] over groups of channels; weight and bias [c].
Tensor group_norm(Arg x, int64_t num_groups, OptionalArg weight = {}, OptionalArg bias = {},
                  double eps = 1e-5, bool cudnn_enabled = true);
/// x [n, c, ...] over all but the first two dimensions.
Tensor instance_norm(Arg x, OptionalArg weight, OptionalArg bias, OptionalArg running_mean,
                     OptionalArg running_var, bool use_input_stats, double momentum, double eps,
                     bool cudnn_enabled = true);

/// The tensors' dtypes, promoted as PyTorch does.
DType result_type(const Tensor &a, const Tensor &b);

} // namespace agc

#endif
