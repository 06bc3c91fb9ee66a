//===- Tensor.h - A lazy, differentiable array ----------------------------===//
//
// Operations on tensors are recorded. Reading a value (`item`, `<<`,
// `data_ptr`) compiles and runs what was recorded; so does the next
// `optimizer.step()`. Names, defaults and behaviour are libtorch's.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_TENSOR_H
#define AGC_TENSOR_H

#include <agc/Indexing.h>
#include <agc/Types.h>

#include <functional>
#include <iosfwd>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

namespace agc {

class Tensor;
namespace detail {
struct TensorImpl;
void retain(TensorImpl *impl);
void release(TensorImpl *impl);
} // namespace detail

/// An operand together with the line it was written on. Functions take this
/// where libtorch's take `const Tensor &`.
class Arg {
public:
  Arg(const Tensor &tensor, Loc loc = Loc::current())
      : tensor(tensor), loc(loc) {}
  const Tensor &tensor;
  Loc loc;
};

/// An index together with the line it was written on.
class IndexArg {
public:
  template <typename T>
    requires std::is_integral_v<T>
  IndexArg(T index, Loc loc = Loc::current()) : index(int64_t(index)), loc(loc) {}
  int64_t index;
  Loc loc;
};

/// A number together with the line it was written on.
class ScalarArg {
public:
  template <typename T>
    requires(std::is_arithmetic_v<T> || std::is_same_v<T, Scalar>)
  ScalarArg(T number, Loc loc = Loc::current()) : number(number), loc(loc) {}
  Scalar number;
  Loc loc;
};

/// An operand that may be missing.
class OptionalArg {
public:
  OptionalArg() = default;
  OptionalArg(const Tensor &tensor) : tensor(&tensor) {}
  OptionalArg(std::nullopt_t) {}
  // A template, since Tensor is not complete here.
  template <typename T>
    requires std::is_same_v<T, Tensor>
  OptionalArg(const std::optional<T> &t) : tensor(t ? &*t : nullptr) {}
  const Tensor *tensor = nullptr;
};

/// The node of autograd's graph that made a tensor, as PyTorch shows it.
namespace autograd {
struct Node;
struct Edge {
  std::shared_ptr<Node> function;
  uint32_t input_nr = 0;
  bool is_valid() const { return function != nullptr; }
};
struct Node {
  virtual ~Node() = default;
  /// E.g. "AddBackward0".
  virtual std::string name() const = 0;
  /// One edge for each operand; invalid where it needs no gradient.
  virtual std::vector<Edge> next_edges() const = 0;
};
} // namespace autograd

template <typename T, size_t N> class TensorAccessor {
public:
  TensorAccessor(T *data, const int64_t *sizes, const int64_t *strides)
      : data(data), extents(sizes), steps(strides) {}
  decltype(auto) operator[](int64_t i) const {
    if constexpr (N == 1)
      return (data[i * steps[0]]);
    else
      return TensorAccessor<T, N - 1>(data + i * steps[0], extents + 1, steps + 1);
  }
  int64_t size(int64_t d) const { return extents[d]; }

private:
  T *data;
  const int64_t *extents, *steps;
};

// Element by element, floating point (neg, abs, sign also integers; the others
// turn integers into float32), result of the operand's shape.
#define AGC_FOR_UNARY(X)                                                       \
  X(neg) X(abs) X(sign) X(sqrt) X(rsqrt) X(reciprocal) X(square) X(exp) X(log) \
  X(sin) X(cos) X(tanh) X(sigmoid) X(relu) X(floor) X(ceil) X(round) X(trunc)  \
  X(frac) X(exp2) X(expm1) X(log2) X(log10) X(log1p) X(tan) X(asin) X(acos)    \
  X(atan) X(sinh) X(cosh) X(asinh) X(acosh) X(atanh) X(erf) X(erfc)
// Element by element, result bool.
#define AGC_FOR_TEST(X) X(isnan) X(isinf) X(isfinite)
// Element by element, broadcast against each other, result bool.
#define AGC_FOR_COMPARISON(X) X(eq) X(ne) X(lt) X(le) X(gt) X(ge)

class Tensor {
public:
  Tensor() = default;
  Tensor(const Tensor &other) : impl(other.impl) { hold(); }
  Tensor(Tensor &&other) noexcept : impl(other.impl) { other.impl = nullptr; }
  Tensor &operator=(const Tensor &other) & {
    Tensor copy(other);
    std::swap(impl, copy.impl);
    return *this;
  }
  Tensor &operator=(Tensor &&other) & noexcept {
    std::swap(impl, other.impl);
    return *this;
  }
  /// `x[0] = y` writes into x.
  const Tensor &operator=(Arg other) && { return copy_(other.tensor, other.loc); }
  const Tensor &operator=(ScalarArg value) && { return fill_(value.number, value.loc); }
  ~Tensor() { drop(); }

  bool defined() const { return impl != nullptr; }
  void reset() { *this = Tensor(); }
  bool is_same(const Tensor &other) const { return impl == other.impl; }

  // Description. Errors: an undefined tensor, as everywhere below.
  IntArrayRef sizes(Loc loc = Loc::current()) const;
  std::vector<int64_t> strides(Loc loc = Loc::current()) const;
  /// Errors: \p dim is not in [-dim(), dim()).
  int64_t size(int64_t dim, Loc loc = Loc::current()) const;
  int64_t dim(Loc loc = Loc::current()) const;
  int64_t ndimension(Loc loc = Loc::current()) const { return dim(loc); }
  int64_t numel(Loc loc = Loc::current()) const;
  DType dtype(Loc loc = Loc::current()) const;
  DType scalar_type(Loc loc = Loc::current()) const { return dtype(loc); }
  Device device() const { return Device(); }
  TensorOptions options() const;
  size_t element_size() const { return info(dtype()).sizeBytes; }
  size_t nbytes() const { return size_t(numel()) * element_size(); }
  bool is_floating_point() const { return info(dtype()).isFloat; }
  bool is_contiguous() const;

  // Values. These run what was recorded.
  /// The one element. Errors: numel() is not 1.
  Scalar item(Loc loc = Loc::current()) const;
  template <typename T> T item(Loc loc = Loc::current()) const {
    return item(loc).to<T>();
  }
  /// The elements, row-major; later ops see what is written there. A view's
  /// elements are not its base's: use the base. Errors: T is not the dtype.
  template <typename T> T *data_ptr(Loc loc = Loc::current()) const {
    return static_cast<T *>(data(dtypeOf<T>(), loc));
  }
  void *data_ptr(Loc loc = Loc::current()) const { return data(dtype(), loc); }
  /// To read only: valid until the tensor is next changed.
  template <typename T> const T *const_data_ptr(Loc loc = Loc::current()) const {
    return static_cast<const T *>(constData(dtypeOf<T>(), loc));
  }
  const void *const_data_ptr(Loc loc = Loc::current()) const {
    return constData(dtype(), loc);
  }
  template <typename T, size_t N>
  TensorAccessor<T, N> accessor(Loc loc = Loc::current()) const {
    checkRank(int64_t(N), loc);
    return TensorAccessor<T, N>(data_ptr<T>(loc), sizes().data(), rowMajor());
  }
  /// Same shape, dtype and elements.
  bool equal(const Tensor &other, Loc loc = Loc::current()) const;
  bool allclose(const Tensor &other, double rtol = 1e-5, double atol = 1e-8,
                bool equal_nan = false, Loc loc = Loc::current()) const;
  std::string toString() const;

  // Autograd.
  bool requires_grad() const;
  /// Errors: not floating point; off for a tensor that is not a leaf.
  const Tensor &requires_grad_(bool on = true, Loc loc = Loc::current()) const;
  Tensor &set_requires_grad(bool on, Loc loc = Loc::current()) {
    requires_grad_(on, loc);
    return *this;
  }
  bool is_leaf() const;
  void retain_grad(Loc loc = Loc::current()) const;
  const Tensor &grad() const;
  Tensor &mutable_grad() const;
  std::shared_ptr<autograd::Node> grad_fn() const;
  /// \p hook is called with this tensor's gradient, symbolic yet, whenever a
  /// backward reaches it; if it returns a defined tensor, that takes its place.
  /// Returns what remove_hook wants.
  /// Errors: this does not require grad; the hook returns another shape or dtype.
  template <typename Hook>
    requires std::is_invocable_v<Hook &, Tensor>
  unsigned register_hook(Hook hook, Loc loc = Loc::current()) const {
    if constexpr (std::is_void_v<std::invoke_result_t<Hook &, Tensor>>)
      return addHook([hook](const Tensor &g) mutable { return hook(g), Tensor(); }, loc);
    else
      return addHook([hook](const Tensor &g) mutable { return Tensor(hook(g)); }, loc);
  }
  void remove_hook(unsigned id, Loc loc = Loc::current()) const;
  /// Adds the gradients of this tensor to `.grad` of the leaves it depends on.
  /// \p gradient has this tensor's shape; it may be missing for one element.
  void backward(OptionalArg gradient = {},
                std::optional<bool> retain_graph = std::nullopt,
                bool create_graph = false, Loc loc = Loc::current()) const;
  /// The same elements, out of autograd's sight.
  Tensor detach(Loc loc = Loc::current()) const;
  const Tensor &detach_(Loc loc = Loc::current()) const;
  Tensor data(Loc loc = Loc::current()) const { return detach(loc); }
  /// Shows the elements of \p data, a copy, from now on; a leaf stays one.
  void set_data(const Tensor &data, Loc loc = Loc::current()) const;

  // Copies.
  Tensor clone(Loc loc = Loc::current()) const;
  Tensor contiguous(Loc loc = Loc::current()) const;
  Tensor to(DType type, Loc loc = Loc::current()) const;
  Tensor to(Device device, Loc loc = Loc::current()) const;
  Tensor to(DeviceType device, Loc loc = Loc::current()) const { return to(Device(device), loc); }
  Tensor to(const TensorOptions &options, Loc loc = Loc::current()) const;
  Tensor cpu(Loc loc = Loc::current()) const { return to(Device(), loc); }
  Tensor type_as(const Tensor &o, Loc loc = Loc::current()) const {
    return to(o.dtype(), loc);
  }

  // In place: what this tensor, and every view of it, shows from now on.
  // Errors: a leaf that requires grad while gradients are on; a result that
  // has another shape or kind of number than this tensor.
  const Tensor &copy_(const Tensor &other, Loc loc = Loc::current()) const;
  const Tensor &fill_(Scalar value, Loc loc = Loc::current()) const;
  const Tensor &zero_(Loc loc = Loc::current()) const;
  const Tensor &add_(const Tensor &other, Scalar alpha = 1, Loc loc = Loc::current()) const;
  const Tensor &add_(Scalar other, Loc loc = Loc::current()) const;
  const Tensor &sub_(const Tensor &other, Scalar alpha = 1, Loc loc = Loc::current()) const;
  const Tensor &sub_(Scalar other, Loc loc = Loc::current()) const;
  const Tensor &mul_(const Tensor &other, Loc loc = Loc::current()) const;
  const Tensor &mul_(Scalar other, Loc loc = Loc::current()) const;
  const Tensor &div_(const Tensor &other, Loc loc = Loc::current()) const;
  const Tensor &div_(Scalar other, Loc loc = Loc::current()) const;
  const Tensor &clamp_(std::optional<Scalar> min, std::optional<Scalar> max = {},
                       Loc loc = Loc::current()) const;
  const Tensor &uniform_(double from = 0, double to = 1, Loc loc = Loc::current()) const;
  const Tensor &normal_(double mean = 0, double std = 1, Loc loc = Loc::current()) const;
  /// 1 with probability \p p, else 0.
  const Tensor &bernoulli_(double p = 0.5, Loc loc = Loc::current()) const;
  const Tensor &bernoulli_(const Tensor &p, Loc loc = Loc::current()) const;
  Tensor bernoulli(Loc loc = Loc::current()) const;
  Tensor bernoulli(double p, Loc loc = Loc::current()) const;
  const Tensor &pow_(Scalar exponent, Loc loc = Loc::current()) const;
  const Tensor &clamp_min_(Scalar min, Loc loc = Loc::current()) const;
  const Tensor &clamp_max_(Scalar max, Loc loc = Loc::current()) const;
  const Tensor &lerp_(const Tensor &end, Scalar weight, Loc loc = Loc::current()) const;
  const Tensor &addcmul_(const Tensor &a, const Tensor &b, Scalar value = 1, Loc loc = Loc::current()) const;
  const Tensor &addcdiv_(const Tensor &a, const Tensor &b, Scalar value = 1, Loc loc = Loc::current()) const;
  const Tensor &masked_fill_(const Tensor &mask, Scalar value, Loc loc = Loc::current()) const;
  const Tensor &masked_fill_(const Tensor &mask, const Tensor &value, Loc loc = Loc::current()) const;
  const Tensor &scatter_(int64_t dim, const Tensor &index, const Tensor &src, Loc loc = Loc::current()) const;
  const Tensor &scatter_(int64_t dim, const Tensor &index, Scalar value, Loc loc = Loc::current()) const;
  const Tensor &scatter_add_(int64_t dim, const Tensor &index, const Tensor &src, Loc loc = Loc::current()) const;
  const Tensor &index_add_(int64_t dim, const Tensor &index, const Tensor &source, Scalar alpha = 1, Loc loc = Loc::current()) const;
  const Tensor &operator+=(Arg other) const { return add_(other.tensor, 1, other.loc); }
  const Tensor &operator+=(ScalarArg other) const { return add_(other.number, other.loc); }
  const Tensor &operator-=(Arg other) const { return sub_(other.tensor, 1, other.loc); }
  const Tensor &operator-=(ScalarArg other) const { return sub_(other.number, other.loc); }
  const Tensor &operator*=(Arg other) const { return mul_(other.tensor, other.loc); }
  const Tensor &operator*=(ScalarArg other) const { return mul_(other.number, other.loc); }
  const Tensor &operator/=(Arg other) const { return div_(other.tensor, other.loc); }
  const Tensor &operator/=(ScalarArg other) const { return div_(other.number, other.loc); }
  const Tensor &operator&=(Arg other) const { return bitwise_and_(other.tensor, other.loc); }
  const Tensor &operator|=(Arg other) const { return bitwise_or_(other.tensor, other.loc); }
  const Tensor &operator^=(Arg other) const { return bitwise_xor_(other.tensor, other.loc); }

  // Element by element.
#define AGC_METHOD(name)                                                       \
  Tensor name(Loc loc = Loc::current()) const;                                 \
  const Tensor &name##_(Loc loc = Loc::current()) const;
  AGC_FOR_UNARY(AGC_METHOD)
#undef AGC_METHOD
#define AGC_METHOD(name) Tensor name(Loc loc = Loc::current()) const;
  AGC_FOR_TEST(AGC_METHOD)
#undef AGC_METHOD
  Tensor logit(std::optional<double> eps = {}, Loc loc = Loc::current()) const;
  Tensor nan_to_num(std::optional<double> nan = {}, std::optional<double> posinf = {},
                    std::optional<double> neginf = {}, Loc loc = Loc::current()) const;
#define AGC_METHOD(name)                                                       \
  Tensor name(const Tensor &other, Loc loc = Loc::current()) const;            \
  Tensor name(Scalar other, Loc loc = Loc::current()) const;
  AGC_FOR_COMPARISON(AGC_METHOD)
#undef AGC_METHOD
  Tensor add(const Tensor &other, Scalar alpha = 1, Loc loc = Loc::current()) const;
  Tensor add(Scalar other, Loc loc = Loc::current()) const;
  Tensor sub(const Tensor &other, Scalar alpha = 1, Loc loc = Loc::current()) const;
  Tensor sub(Scalar other, Loc loc = Loc::current()) const;
  Tensor mul(const Tensor &other, Loc loc = Loc::current()) const;
  Tensor mul(Scalar other, Loc loc = Loc::current()) const;
  Tensor div(const Tensor &other, Loc loc = Loc::current()) const;
  Tensor div(Scalar other, Loc loc = Loc::current()) const;
  Tensor pow(Scalar exponent, Loc loc = Loc::current()) const;
  Tensor pow(const Tensor &exponent, Loc loc = Loc::current()) const;
  Tensor div(const Tensor &other, std::optional<std::string_view> rounding_mode, Loc loc = Loc::current()) const;
  Tensor div(Scalar other, std::optional<std::string_view> rounding_mode, Loc loc = Loc::current()) const;
#define AGC_METHOD(name)                                                       \
  Tensor name(const Tensor &other, Loc loc = Loc::current()) const;            \
  Tensor name(Scalar other, Loc loc = Loc::current()) const;
  AGC_METHOD(floor_divide) AGC_METHOD(remainder) AGC_METHOD(fmod)
  AGC_METHOD(copysign) AGC_METHOD(xlogy)
#undef AGC_METHOD
#define AGC_METHOD(name) Tensor name(const Tensor &other, Loc loc = Loc::current()) const;
  AGC_METHOD(fmax) AGC_METHOD(fmin) AGC_METHOD(atan2) AGC_METHOD(hypot) AGC_METHOD(logaddexp)
#undef AGC_METHOD
  Tensor lerp(const Tensor &end, const Tensor &weight, Loc loc = Loc::current()) const;
  Tensor lerp(const Tensor &end, Scalar weight, Loc loc = Loc::current()) const;
  Tensor addcmul(const Tensor &a, const Tensor &b, Scalar value = 1, Loc loc = Loc::current()) const;
  Tensor addcdiv(const Tensor &a, const Tensor &b, Scalar value = 1, Loc loc = Loc::current()) const;
  Tensor isclose(const Tensor &other, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false, Loc loc = Loc::current()) const;
  Tensor clamp_min(Scalar min, Loc loc = Loc::current()) const;
  Tensor clamp_max(Scalar max, Loc loc = Loc::current()) const;
  Tensor maximum(const Tensor &other, Loc loc = Loc::current()) const;
  Tensor minimum(const Tensor &other, Loc loc = Loc::current()) const;
  Tensor clamp(std::optional<Scalar> min, std::optional<Scalar> max = {},
               Loc loc = Loc::current()) const;
  Tensor logical_and(const Tensor &other, Loc loc = Loc::current()) const;
  Tensor logical_or(const Tensor &other, Loc loc = Loc::current()) const;
  Tensor logical_xor(const Tensor &other, Loc loc = Loc::current()) const;
  Tensor logical_not(Loc loc = Loc::current()) const;
#define AGC_METHOD(name)                                                       \
  Tensor name(const Tensor &other, Loc loc = Loc::current()) const;            \
  Tensor name(Scalar other, Loc loc = Loc::current()) const;                   \
  const Tensor &name##_(const Tensor &other, Loc loc = Loc::current()) const;  \
  const Tensor &name##_(Scalar other, Loc loc = Loc::current()) const;
  AGC_METHOD(bitwise_and) AGC_METHOD(bitwise_or) AGC_METHOD(bitwise_xor)
#undef AGC_METHOD
  Tensor bitwise_not(Loc loc = Loc::current()) const;
  const Tensor &bitwise_not_(Loc loc = Loc::current()) const;
  Tensor where(const Tensor &condition, const Tensor &other, Loc loc = Loc::current()) const;

  // Reductions. No dimension means all of them.
  Tensor sum(Loc loc = Loc::current()) const;
  Tensor sum(DType type, Loc loc = Loc::current()) const;
  Tensor sum(IntArrayRef dim, bool keepdim = false, std::optional<DType> type = {}, Loc loc = Loc::current()) const;
  Tensor mean(Loc loc = Loc::current()) const;
  Tensor mean(IntArrayRef dim, bool keepdim = false, std::optional<DType> type = {}, Loc loc = Loc::current()) const;
  Tensor amax(IntArrayRef dim = {}, bool keepdim = false, Loc loc = Loc::current()) const;
  Tensor amin(IntArrayRef dim = {}, bool keepdim = false, Loc loc = Loc::current()) const;
  Tensor max(Loc loc = Loc::current()) const;
  Tensor min(Loc loc = Loc::current()) const;
  Tensor argmax(std::optional<int64_t> dim = {}, bool keepdim = false, Loc loc = Loc::current()) const;
  Tensor var(IntArrayRef dim = {}, bool unbiased = true, bool keepdim = false, Loc loc = Loc::current()) const;
  Tensor std(IntArrayRef dim = {}, bool unbiased = true, bool keepdim = false, Loc loc = Loc::current()) const;
  template <typename B>
    requires std::is_same_v<B, bool>
  Tensor var(B unbiased, Loc loc = Loc::current()) const {
    return var(IntArrayRef(), unbiased, false, loc);
  }
  template <typename B>
    requires std::is_same_v<B, bool>
  Tensor std(B unbiased, Loc loc = Loc::current()) const {
    return std(IntArrayRef(), unbiased, false, loc);
  }
  Tensor softmax(int64_t dim, std::optional<DType> type = {}, Loc loc = Loc::current()) const;
  Tensor log_softmax(int64_t dim, std::optional<DType> type = {}, Loc loc = Loc::current()) const;
  std::tuple<Tensor, Tensor> max(int64_t dim, bool keepdim = false, Loc loc = Loc::current()) const;
  std::tuple<Tensor, Tensor> min(int64_t dim, bool keepdim = false, Loc loc = Loc::current()) const;
  Tensor argmin(std::optional<int64_t> dim = {}, bool keepdim = false, Loc loc = Loc::current()) const;
  Tensor prod(std::optional<DType> type = {}, Loc loc = Loc::current()) const;
  Tensor prod(int64_t dim, bool keepdim = false, std::optional<DType> type = {}, Loc loc = Loc::current()) const;
  Tensor cumsum(int64_t dim, std::optional<DType> type = {}, Loc loc = Loc::current()) const;
  Tensor cumprod(int64_t dim, std::optional<DType> type = {}, Loc loc = Loc::current()) const;
  Tensor norm(Scalar p = 2, Loc loc = Loc::current()) const;
  Tensor norm(std::optional<Scalar> p, IntArrayRef dim, bool keepdim = false, Loc loc = Loc::current()) const;
  Tensor logsumexp(IntArrayRef dim, bool keepdim = false, Loc loc = Loc::current()) const;
  Tensor all(Loc loc = Loc::current()) const;
  Tensor all(int64_t dim, bool keepdim = false, Loc loc = Loc::current()) const;
  Tensor any(Loc loc = Loc::current()) const;
  Tensor any(int64_t dim, bool keepdim = false, Loc loc = Loc::current()) const;
  Tensor count_nonzero(std::optional<int64_t> dim = {}, Loc loc = Loc::current()) const;

  // Shape. Views of this tensor: writes through one are seen by all.
  Tensor reshape(IntArrayRef shape, Loc loc = Loc::current()) const;
  Tensor view(IntArrayRef shape, Loc loc = Loc::current()) const;
  Tensor flatten(int64_t start_dim = 0, int64_t end_dim = -1, Loc loc = Loc::current()) const;
  Tensor squeeze(Loc loc = Loc::current()) const;
  Tensor squeeze(int64_t dim, Loc loc = Loc::current()) const;
  Tensor unsqueeze(int64_t dim, Loc loc = Loc::current()) const;
  Tensor transpose(int64_t a, int64_t b, Loc loc = Loc::current()) const;
  Tensor permute(IntArrayRef dims, Loc loc = Loc::current()) const;
  Tensor t(Loc loc = Loc::current()) const;
  Tensor expand(IntArrayRef shape, Loc loc = Loc::current()) const;
  Tensor expand_as(const Tensor &other, Loc loc = Loc::current()) const;
  Tensor view_as(const Tensor &other, Loc loc = Loc::current()) const;
  Tensor reshape_as(const Tensor &other, Loc loc = Loc::current()) const;
  Tensor slice(int64_t dim = 0, std::optional<int64_t> start = {}, std::optional<int64_t> end = {}, int64_t step = 1, Loc loc = Loc::current()) const;
  Tensor narrow(int64_t dim, int64_t start, int64_t length, Loc loc = Loc::current()) const;
  Tensor select(int64_t dim, int64_t index, Loc loc = Loc::current()) const;
  std::vector<Tensor> split(int64_t size, int64_t dim = 0, Loc loc = Loc::current()) const;
  std::vector<Tensor> split(IntArrayRef sizes, int64_t dim = 0, Loc loc = Loc::current()) const;
  std::vector<Tensor> chunk(int64_t chunks, int64_t dim = 0, Loc loc = Loc::current()) const;
  std::vector<Tensor> unbind(int64_t dim = 0, Loc loc = Loc::current()) const;
  Tensor unflatten(int64_t dim, IntArrayRef sizes, Loc loc = Loc::current()) const;
  Tensor movedim(IntArrayRef source, IntArrayRef destination, Loc loc = Loc::current()) const;
  Tensor broadcast_to(IntArrayRef shape, Loc loc = Loc::current()) const;
  Tensor repeat(IntArrayRef repeats, Loc loc = Loc::current()) const;
  Tensor tile(IntArrayRef repeats, Loc loc = Loc::current()) const;
  Tensor repeat_interleave(int64_t repeats, std::optional<int64_t> dim = {}, Loc loc = Loc::current()) const;
  Tensor flip(IntArrayRef dims, Loc loc = Loc::current()) const;
  Tensor roll(IntArrayRef shifts, IntArrayRef dims = {}, Loc loc = Loc::current()) const;
  Tensor tril(int64_t diagonal = 0, Loc loc = Loc::current()) const;
  Tensor triu(int64_t diagonal = 0, Loc loc = Loc::current()) const;
  Tensor diag(int64_t diagonal = 0, Loc loc = Loc::current()) const;
  Tensor diagonal(int64_t offset = 0, int64_t dim1 = 0, int64_t dim2 = 1, Loc loc = Loc::current()) const;
  Tensor gather(int64_t dim, const Tensor &index, Loc loc = Loc::current()) const;
  Tensor take_along_dim(const Tensor &index, std::optional<int64_t> dim = {}, Loc loc = Loc::current()) const;
  Tensor index_select(int64_t dim, const Tensor &index, Loc loc = Loc::current()) const;
  Tensor scatter(int64_t dim, const Tensor &index, const Tensor &src, Loc loc = Loc::current()) const;
  Tensor scatter(int64_t dim, const Tensor &index, Scalar value, Loc loc = Loc::current()) const;
  Tensor scatter_add(int64_t dim, const Tensor &index, const Tensor &src, Loc loc = Loc::current()) const;
  Tensor index_add(int64_t dim, const Tensor &index, const Tensor &source, Scalar alpha = 1, Loc loc = Loc::current()) const;
  Tensor masked_fill(const Tensor &mask, const Tensor &value, Loc loc = Loc::current()) const;
  Tensor masked_fill(const Tensor &mask, Scalar value, Loc loc = Loc::current()) const;
  /// Where there are tensors of integers or bools among the indices, a copy.
  Tensor index(ArrayRef<indexing::TensorIndex> indices, Loc loc = Loc::current()) const;
  Tensor index(std::initializer_list<indexing::TensorIndex> indices, Loc loc = Loc::current()) const;
  const Tensor &index_put_(ArrayRef<indexing::TensorIndex> indices, const Tensor &value, bool accumulate = false, Loc loc = Loc::current()) const;
  const Tensor &index_put_(std::initializer_list<indexing::TensorIndex> indices, const Tensor &value, Loc loc = Loc::current()) const;
  const Tensor &index_put_(std::initializer_list<indexing::TensorIndex> indices, Scalar value, Loc loc = Loc::current()) const;
  Tensor operator[](IndexArg index) const {
    return select(0, index.index, index.loc);
  }

  // Products.
  Tensor matmul(const Tensor &other, Loc loc = Loc::current()) const;
  Tensor mm(const Tensor &other, Loc loc = Loc::current()) const;
  Tensor bmm(const Tensor &other, Loc loc = Loc::current()) const;
  Tensor mv(const Tensor &other, Loc loc = Loc::current()) const;
  Tensor dot(const Tensor &other, Loc loc = Loc::current()) const;
  Tensor outer(const Tensor &other, Loc loc = Loc::current()) const;
  Tensor addmm(const Tensor &a, const Tensor &b, Scalar beta = 1, Scalar alpha = 1, Loc loc = Loc::current()) const;
  Tensor baddbmm(const Tensor &a, const Tensor &b, Scalar beta = 1, Scalar alpha = 1, Loc loc = Loc::current()) const;
  Tensor addmv(const Tensor &a, const Tensor &b, Scalar beta = 1, Scalar alpha = 1, Loc loc = Loc::current()) const;
  Tensor trace(Loc loc = Loc::current()) const;
  Tensor cross(const Tensor &other, std::optional<int64_t> dim = {}, Loc loc = Loc::current()) const;

  /// For agc's own sources.
  detail::TensorImpl *unsafeImpl() const { return impl; }
  static Tensor adopt(detail::TensorImpl *impl) {
    Tensor t;
    t.impl = impl;
    return t;
  }

private:
  unsigned addHook(std::function<Tensor(const Tensor &)> hook, Loc loc) const;
  void *data(DType type, Loc loc) const;
  const void *constData(DType type, Loc loc) const;
  const int64_t *rowMajor() const;
  void checkRank(int64_t rank, Loc loc) const;
  void hold() const {
    if (impl)
      detail::retain(impl);
  }
  void drop() {
    if (impl)
      detail::release(impl);
  }

  detail::TensorImpl *impl = nullptr;
};

/// As Python's PyTorch prints it.
std::ostream &operator<<(std::ostream &out, const Tensor &tensor);

using TensorList = ArrayRef<Tensor>;

} // namespace agc

#endif
