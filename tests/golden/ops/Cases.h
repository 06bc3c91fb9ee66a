//===- Cases.h - One table of cases, two libraries ------------------------===//
//
// A group is a file of ops, each with its cases: what goes in, and a function.
// Built as it is, its functions are agc's (OpsTest.cpp); with
// AGC_GOLDEN_TORCH they are libtorch's, and the program stores what comes out
// (record.cpp, record.py). So no case is written twice.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_TESTS_GOLDEN_OPS_CASES_H
#define AGC_TESTS_GOLDEN_OPS_CASES_H

#ifdef AGC_GOLDEN_TORCH
#include <torch/torch.h>
#else
#include <agc/agc.h>
namespace torch = agc;
#endif

#include <cmath>
#include <functional>
#include <string>
#include <tuple>
#include <vector>

namespace golden {

using torch::Tensor;
using Shape = std::vector<int64_t>;
using Numbers = std::vector<double>;
using Tensors = const std::vector<Tensor> &;

/// How an input lies in the memory of the leaf that it is a view of.
enum class Layout { Dense, Transposed, Strided, Expanded };

/// Numbers from a formula, or given ones.
struct Input {
  Shape shape;
  double low = -2, high = 2;
  Numbers given = {};
  torch::Dtype type = torch::kFloat64; // stands for the one that is tested
  bool needsGrad = true;
  Layout layout = Layout::Dense;

  Input transposed() const { return with(Layout::Transposed); }
  Input strided() const { return with(Layout::Strided); }
  /// The first dimension is one row, seen shape[0] times.
  Input expanded() const { return with(Layout::Expanded); }
  Input constant() const {
    Input copy = *this;
    copy.needsGrad = false;
    return copy;
  }

private:
  Input with(Layout layout) const {
    Input copy = *this;
    copy.layout = layout;
    return copy;
  }
};
inline Input in(Shape shape, double low = -2, double high = 2) {
  return {std::move(shape), low, high};
}
inline Input given(Numbers numbers, Shape shape = {-1}) {
  return {std::move(shape), 0, 0, std::move(numbers)};
}
inline Input integers(Numbers numbers, Shape shape = {-1},
                      torch::Dtype type = torch::kInt64) {
  return {std::move(shape), 0, 0, std::move(numbers), type, false};
}

/// One result or several.
struct Results : std::vector<Tensor> {
  Results(Tensor t) { push_back(std::move(t)); }
  Results(std::vector<Tensor> list) : vector(std::move(list)) {}
  Results(std::initializer_list<Tensor> list) : vector(list) {}
  Results(const std::tuple<Tensor, Tensor> &two)
      : vector{std::get<0>(two), std::get<1>(two)} {}
};
using Function = std::function<Results(Tensors)>;

struct Case {
  std::vector<Input> inputs;
  Function f;
  /// Infinities and the like: every number is stored and compared by itself,
  /// and f32 has numbers of its own.
  bool isSpecial = false;
  /// How many derivatives are compared.
  int orders = 2;
};

struct Op {
  std::string name;
  std::vector<Case> cases;
  /// Where agc has another way and says so (docs/porting.md): of 0 and -0 either
  /// may be the largest; the backward's name is that of the op, not of its parts.
  bool isZeroOpen = false, isNameOpen = false;
  /// Where PyTorch has several: of the gradient where x is NaN (f64 and f32 of
  /// one function differ); its f32 of special numbers, when that is far off.
  bool isGradientOfNaNOpen = false, isNarrowOpen = false;

  Op &zeroIsOpen() { return isZeroOpen = true, *this; }
  Op &gradientOfNaNIsOpen() { return isGradientOfNaNOpen = true, *this; }
  Op &narrowIsOpen() { return isNarrowOpen = true, *this; }
  Op &nameIsOpen() { return isNameOpen = true, *this; }
  /// No derivative above \p orders is compared; of special numbers alone.
  Op &upTo(int orders, bool specialOnly = false) {
    for (Case &c : cases)
      if (c.isSpecial || !specialOnly)
        c.orders = std::min(c.orders, orders);
    return *this;
  }
  Op &specialUpTo(int orders) { return upTo(orders, true); }
  Op &add(std::vector<Input> inputs, Function f) {
    cases.push_back({std::move(inputs), std::move(f)});
    return *this;
  }
  Op &special(std::vector<Input> inputs, Function f, int orders = 1) {
    cases.push_back({std::move(inputs), std::move(f), true, orders});
    return *this;
  }
};

struct Group {
  std::string name;
  void (*fill)(std::vector<Op> &ops);
};
/// All that are linked into this program.
inline std::vector<Group> &groups() {
  static std::vector<Group> list;
  return list;
}
#define GOLDEN_GROUP(name)                                                     \
  static void name(std::vector<golden::Op> &ops);                              \
  static const bool name##Added =                                              \
      (golden::groups().push_back({#name, name}), true);                       \
  static void name(std::vector<golden::Op> &ops)

inline Op &op(std::vector<Op> &ops, std::string name) {
  ops.push_back({std::move(name), {}});
  return ops.back();
}

/// A function of x, y, z, the first inputs, and v, all of them.
#define FN(...)                                                                \
  [=](golden::Tensors v) -> golden::Results {                                  \
    const golden::Tensor &x = v[0], &y = v[v.size() > 1 ? 1 : 0],              \
                         &z = v[v.size() > 2 ? 2 : 0];                         \
    (void)x, (void)y, (void)z;                                                 \
    return __VA_ARGS__;                                                        \
  }

inline const double inf = INFINITY, NaN = NAN;
/// Below the smallest normal number, and near the largest; of f32 in f32.
inline const double tiny = 5e-320, huge = 1e300;

} // namespace golden

#endif
