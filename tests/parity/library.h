//===- library.h - One source, two libraries ------------------------------===//
//
// A parity program is a program for libtorch that prints numbers. Built as it
// is, it runs on agc; with AGC_PARITY_TORCH, on libtorch, whose output is
// committed as NAME.expected (parity.py record). Inputs come from a formula, as
// random numbers differ between the two.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_TESTS_PARITY_LIBRARY_H
#define AGC_TESTS_PARITY_LIBRARY_H

#ifdef AGC_PARITY_TORCH
#include <torch/torch.h>
#else
#include <agc/agc.h>
namespace torch = agc;
#endif

#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

using torch::Tensor;
using Shape = std::vector<int64_t>;

/// Numbers in [low, high) from a hash of seed and position.
inline Tensor values(uint32_t seed, const Shape &shape, double low = -2, double high = 2,
                     torch::Dtype type = torch::kFloat64) {
  int64_t n = 1;
  for (int64_t size : shape)
    n *= size;
  std::vector<double> numbers;
  for (int64_t i = 0; i < n; ++i) {
    uint32_t h = uint32_t(i) + seed * 0x9E3779B9u;
    h = (h ^ h >> 16) * 0x85EBCA6Bu;
    h = (h ^ h >> 13) * 0xC2B2AE35u;
    h ^= h >> 16;
    numbers.push_back(low + (high - low) * (double(h >> 8) * 0x1p-24));
  }
  return torch::tensor(numbers, torch::kFloat64).view(shape).to(type);
}

/// `name f64 [2, 3]: 1 2 …`
inline void show(const std::string &name, const Tensor &tensor) {
  if (!tensor.defined()) {
    std::printf("%s undefined\n", name.c_str());
    return;
  }
  const char *type = tensor.scalar_type() == torch::kFloat64   ? "f64"
                     : tensor.scalar_type() == torch::kFloat32 ? "f32"
                     : tensor.scalar_type() == torch::kInt64   ? "i64"
                     : tensor.scalar_type() == torch::kInt32   ? "i32"
                     : tensor.scalar_type() == torch::kInt8    ? "i8"
                     : tensor.scalar_type() == torch::kUInt8   ? "u8"
                     : tensor.scalar_type() == torch::kBool    ? "bool"
                     : tensor.scalar_type() == torch::kHalf    ? "f16"
                                                               : "bf16";
  std::printf("%s %s [", name.c_str(), type);
  for (int64_t d = 0; d < tensor.dim(); ++d)
    std::printf(d ? ", %d" : "%d", int(tensor.size(d)));
  std::printf("]:");
  Tensor wide = tensor.detach().to(torch::kFloat64).contiguous().view({-1}).clone();
  const double *data = wide.const_data_ptr<double>();
  for (int64_t i = 0; i < wide.numel(); ++i)
    std::printf(std::isnan(data[i]) ? " nan" : type[0] == 'f' && type[1] == '6' ? " %.11g" : " %.7g", data[i]);
  std::printf("\n");
}

using Function = std::function<Tensor(const std::vector<Tensor> &)>;

/// Prints f of the inputs, the gradient of a weighted sum of it, and the
/// gradient of a weighted sum of that.
inline void check(const std::string &name, const Function &f, std::vector<Tensor> inputs,
                  bool second = true) {
  for (Tensor &input : inputs)
    if (input.is_floating_point())
      input = input.detach().clone().set_requires_grad(true);
  auto weights = [](uint32_t seed, const Tensor &like) {
    return values(seed, Shape(like.sizes().begin(), like.sizes().end()), -1, 1, like.scalar_type());
  };
  Tensor y = f(inputs);
  show(name, y);
  if (!y.requires_grad())
    return;
  std::vector<Tensor> wanted;
  for (const Tensor &input : inputs)
    if (input.requires_grad())
      wanted.push_back(input);
  std::vector<Tensor> first = torch::autograd::grad({(y * weights(99, y)).sum()}, wanted, {}, true, true, true);
  Tensor total;
  for (size_t i = 0; i < first.size(); ++i) {
    show(name + ".d" + std::to_string(i), first[i]);
    if (first[i].defined() && first[i].requires_grad()) {
      Tensor part = (first[i] * weights(uint32_t(77 + i), first[i])).sum();
      total = total.defined() ? total + part : part;
    }
  }
  if (!second)
    return;
  std::vector<Tensor> next(wanted.size());
  if (total.defined())
    next = torch::autograd::grad({total}, wanted, {}, false, false, true);
  // Nothing to give and zeros are one to whoever adds them up.
  for (size_t i = 0; i < next.size(); ++i)
    show(name + ".dd" + std::to_string(i),
         next[i].defined() ? next[i] : torch::zeros_like(wanted[i]));
}

/// The error's first words, or none.
inline void showError(const std::string &name, const std::function<void()> &f) {
  bool failed = false;
  try {
    f();
  } catch (const std::exception &) {
    failed = true;
  }
  std::printf("%s %s\n", name.c_str(), failed ? "is an error" : "is fine");
}

#endif
