//===- Compute.h - A case's numbers, by either library --------------------===//
#ifndef AGC_TESTS_GOLDEN_OPS_COMPUTE_H
#define AGC_TESTS_GOLDEN_OPS_COMPUTE_H

#include "Cases.h"

namespace golden {

/// Number \p i of stream \p seed, in [0, 1).
inline double formula(uint32_t seed, int64_t i) {
  uint32_t h = uint32_t(i) + seed * 0x9E3779B9u;
  h = (h ^ h >> 16) * 0x85EBCA6Bu;
  h = (h ^ h >> 13) * 0xC2B2AE35u;
  h ^= h >> 16;
  return double(h >> 8) * 0x1p-24;
}

inline int64_t count(const Shape &shape) {
  int64_t n = 1;
  for (int64_t size : shape)
    n *= size;
  return n;
}

/// Numbers in [low, high) that f32 has too.
inline Tensor filled(uint32_t seed, const Shape &shape, double low, double high,
                     torch::Dtype type) {
  Numbers numbers;
  for (int64_t i = 0; i < count(shape); ++i)
    numbers.push_back(float(low + (high - low) * formula(seed, i)));
  return torch::tensor(numbers, torch::kFloat64).view(shape).to(type);
}

/// The leaf, and the view of it that the function gets.
inline std::pair<Tensor, Tensor> make(const Input &input, uint32_t seed,
                                      torch::Dtype type) {
  if (!input.given.empty()) {
    Numbers numbers;
    for (double v : input.given)
      numbers.push_back(type != torch::kFloat32                    ? v
                        : std::fabs(v) > 1e38 && !std::isinf(v)     ? std::copysign(1e30, v)
                        : v != 0 && std::fabs(v) < 1e-300           ? std::copysign(1e-41, v)
                                                                    : v);
    bool isFloat = input.type == torch::kFloat64;
    Tensor leaf = torch::tensor(numbers, torch::kFloat64)
                      .view(input.shape)
                      .to(isFloat ? type : input.type);
    leaf.set_requires_grad(isFloat && input.needsGrad);
    return {leaf, leaf};
  }
  Shape shape = input.shape;
  if (input.layout == Layout::Transposed)
    shape.assign(input.shape.rbegin(), input.shape.rend());
  if (input.layout == Layout::Strided)
    shape.back() = 2 * shape.back() + 1;
  if (input.layout == Layout::Expanded)
    shape[0] = 1;
  Tensor leaf = filled(seed, shape, input.low, input.high, type);
  leaf.set_requires_grad(input.needsGrad);
  Shape order;
  for (int64_t d = int64_t(shape.size()); d--;)
    order.push_back(d);
  Tensor view = input.layout == Layout::Transposed ? leaf.permute(order)
                : input.layout == Layout::Strided
                    ? leaf.slice(-1, 1, 2 * input.shape.back() + 1, 2)
                : input.layout == Layout::Expanded ? leaf.expand(input.shape)
                                                   : leaf;
  return {leaf, view};
}

/// What comes of a case: `outputs` values, then gradients, then gradients of
/// those. `text` says the values' dtypes, shapes and backward functions, and
/// which inputs have gradients.
struct Computed {
  std::vector<Tensor> tensors;
  size_t outputs = 0;
  std::string text;
};

inline std::string describe(const Tensor &t) {
  std::string text = t.scalar_type() == torch::kFloat64   ? "f64"
                     : t.scalar_type() == torch::kFloat32 ? "f32"
                     : t.scalar_type() == torch::kInt64   ? "i64"
                     : t.scalar_type() == torch::kInt32   ? "i32"
                     : t.scalar_type() == torch::kInt8    ? "i8"
                     : t.scalar_type() == torch::kUInt8   ? "u8"
                     : t.scalar_type() == torch::kBool    ? "bool"
                                                          : "half";
  text += '[';
  for (int64_t d = 0; d < t.dim(); ++d)
    text += (d ? "," : "") + std::to_string(t.size(d));
  text += ']';
  return t.requires_grad() && t.grad_fn() ? text + t.grad_fn()->name() : text;
}

/// Sum of weighted elements of all that needs a gradient, or undefined.
inline Tensor weigh(const std::vector<Tensor> &tensors, uint32_t seed) {
  Tensor total;
  for (const Tensor &t : tensors) {
    ++seed;
    if (!t.defined() || !t.requires_grad())
      continue;
    Shape shape(t.sizes().begin(), t.sizes().end());
    Tensor part = (t * filled(seed, shape, -1, 1, t.scalar_type())).sum();
    total = total.defined() ? total + part : part;
  }
  return total;
}

inline Computed compute(const Case &c, torch::Dtype type, int orders) {
  std::vector<Tensor> leaves, views;
  for (const Input &input : c.inputs) {
    auto [leaf, view] = make(input, uint32_t(views.size() + 1), type);
    views.push_back(view);
    if (leaf.requires_grad())
      leaves.push_back(leaf);
  }
  Computed result;
  std::vector<Tensor> values = c.f(views);
  result.outputs = values.size();
  for (const Tensor &value : values)
    result.text += describe(value) + ' ';
  result.tensors = values;
  for (int order = 1; order <= std::min(orders, c.orders); ++order) {
    Tensor total = weigh(values, 80 + 10 * uint32_t(order));
    if (!total.defined() && order == 1)
      break;
    values.assign(leaves.size(), Tensor());
    if (total.defined())
      values = torch::autograd::grad({total}, leaves, {}, true, order == 1, true);
    for (size_t i = 0; i < values.size(); ++i) {
      if (order == 1)
        result.text += values[i].defined() ? '+' : '-';
      else if (!values[i].defined())
        values[i] = torch::zeros_like(leaves[i]); // one to whoever adds it
      if (values[i].defined())
        result.tensors.push_back(values[i]);
    }
  }
  return result;
}

/// What is stored of a tensor's numbers: all, or if they are many, their norm,
/// their weighted sum and some of them.
inline Numbers digest(const double *numbers, int64_t n, bool all) {
  if (all || n <= 32)
    return Numbers(numbers, numbers + n);
  double squares = 0, sum = 0;
  for (int64_t i = 0; i < n; ++i) {
    squares += numbers[i] * numbers[i];
    sum += numbers[i] * (2 * formula(70, i) - 1);
  }
  Numbers result{std::sqrt(squares), sum};
  for (int64_t k = 0; k < 16; ++k)
    result.push_back(numbers[int64_t(formula(71, k) * double(n))]);
  return result;
}

} // namespace golden

#endif
