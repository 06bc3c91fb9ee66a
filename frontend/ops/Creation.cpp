//===- Creation.cpp - Tensors out of numbers ------------------------------===//
#include "frontend/core/Body.h"
#include "frontend/core/Promote.h"
#include "frontend/core/Random.h"
#include "runtime/core/Convert.h"
#include "runtime/core/Philox.h"
#include "runtime/core/Sizes.h"

#include <agc/Functions.h>

#include <cmath>
#include <functional>

namespace agc {

using namespace detail;

TensorData::TensorData(std::initializer_list<TensorData> list, Loc loc)
    : type(DType::F32), shape{int64_t(list.size())} {
  bool first = true;
  for (const TensorData &part : list) {
    if (first) {
      type = part.type;
      shape.insert(shape.end(), part.shape.begin(), part.shape.end());
    } else if (!std::equal(shape.begin() + 1, shape.end(), part.shape.begin(),
                           part.shape.end())) {
      throw Error("AGC0105", "'agc.tensor' expects lists of one length, got " +
                                 shapeText(part.shape) + " beside " +
                                 shapeText(Dims(shape.begin() + 1, shape.end())),
                  positionText(loc));
    } else {
      type = promote_types(type, part.type, loc);
    }
    first = false;
    numbers.insert(numbers.end(), part.numbers.begin(), part.numbers.end());
  }
}

namespace {

void checkOptions(const TensorOptions &options, DType type) {
  if (!options.device().is_cpu())
    fail("AGC0116", "of device '" + options.device().str() + "' is not there yet");
  if (options.requires_grad() && !info(type).isFloat)
    fail("AGC0102", std::string("cannot require grad of ") + dtypeName(type));
}

Tensor finish(Tensor tensor, const TensorOptions &options, Loc loc) {
  if (options.requires_grad())
    tensor.requires_grad_(true, loc);
  return tensor;
}

/// A tensor with elements of its own, filled by \p fill(data).
template <typename Fn>
Tensor filled(const char *name, DType type, IntArrayRef size,
              const TensorOptions &options, Loc loc, Fn fill) {
  OpGuard op(name, loc);
  checkOptions(options, type);
  TypeRef t = typeOf(type, size);
  BufferRef buffer = allocate(t);
  fill(buffer->data(), t->numel);
  return finish(wrap(leafValue(t, std::move(buffer))), options, loc);
}

Tensor constantTensor(const char *name, IntArrayRef size, double value,
                      DType type, const TensorOptions &options, Loc loc) {
  OpGuard op(name, loc);
  checkOptions(options, type);
  return finish(wrap(constant(typeOf(type, size), value)), options, loc);
}

TensorOptions like(const Tensor &x, const std::optional<TensorOptions> &options) {
  DType type = implOf(x).type->dtype;
  if (!options)
    return TensorOptions(type);
  return options->dtype_opt() ? *options : options->dtype(type);
}

DType dtypeOf(Scalar s) {
  return s.isFloatingPoint() ? DType::F32 : s.isBoolean() ? DType::Bool : DType::I64;
}

} // namespace

Tensor tensor(TensorData data, const TensorOptions &options, Loc loc) {
  DType type = options.dtype_opt().value_or(data.type);
  return filled("tensor", type, data.shape, options, loc, [&](void *out, int64_t) {
    for (size_t i = 0; i < data.numbers.size(); ++i) {
      const Scalar &n = data.numbers[i];
      if (n.isFloatingPoint() || info(type).isFloat)
        storeNumber(out, type, int64_t(i), n.toDouble());
      else
        storeInteger(out, type, int64_t(i), n.toLong());
    }
  });
}

Tensor scalar_tensor(Scalar value, const TensorOptions &options, Loc loc) {
  return tensor(value.isFloatingPoint() ? TensorData(value.toDouble())
                : value.isBoolean()     ? TensorData(value.toBool())
                                        : TensorData(value.toLong()),
                options.dtype_opt() ? options : options.dtype(kFloat32), loc);
}

Tensor zeros(IntArrayRef size, const TensorOptions &o, Loc loc) {
  return constantTensor("zeros", size, 0, o.dtype(), o, loc);
}
Tensor ones(IntArrayRef size, const TensorOptions &o, Loc loc) {
  return constantTensor("ones", size, 1, o.dtype(), o, loc);
}
Tensor empty(IntArrayRef size, const TensorOptions &o, Loc loc) {
  return constantTensor("empty", size, 0, o.dtype(), o, loc);
}

Tensor full(IntArrayRef size, Scalar value, const TensorOptions &options, Loc loc) {
  OpGuard op("full", loc);
  DType type = options.dtype_opt().value_or(dtypeOf(value));
  checkOptions(options, type);
  return finish(wrap(broadcastDims(number(type, value), size, {})), options, loc);
}

Tensor eye(int64_t n, const TensorOptions &options, Loc loc) { return eye(n, n, options, loc); }
Tensor eye(int64_t rows, int64_t columns, const TensorOptions &options, Loc loc) {
  return filled("eye", options.dtype(), {rows, columns}, options, loc,
                [&](void *out, int64_t numel) {
                  for (int64_t i = 0; i < numel; ++i)
                    storeNumber(out, options.dtype(), i, i / columns == i % columns);
                });
}

Tensor arange(Scalar end, const TensorOptions &o, Loc loc) { return arange(0, end, 1, o, loc); }
Tensor arange(Scalar start, Scalar end, const TensorOptions &o, Loc loc) {
  return arange(start, end, 1, o, loc);
}
Tensor arange(Scalar start, Scalar end, Scalar step, const TensorOptions &options, Loc loc) {
  OpGuard op("arange", loc);
  bool floats = start.isFloatingPoint() || end.isFloatingPoint() || step.isFloatingPoint();
  DType type = options.dtype_opt().value_or(floats ? DType::F32 : DType::I64);
  double steps = std::ceil((end.toDouble() - start.toDouble()) / step.toDouble());
  if (step.toDouble() == 0 || !(steps >= 0))
    fail("AGC0104", "expects a step that leads from start to end, got " +
                        std::to_string(start.toDouble()) + ", " + std::to_string(end.toDouble()) +
                        " and step " + std::to_string(step.toDouble()));
  if (steps > double(maxTensorBytes))
    fail("AGC0108", "got " + std::to_string(steps) + " steps; the limit is 2^47");
  return filled("arange", type, int64_t(steps), options, loc, [&](void *out, int64_t numel) {
    for (int64_t i = 0; i < numel; ++i)
      if (floats || info(type).isFloat)
        storeNumber(out, type, i, start.toDouble() + double(i) * step.toDouble());
      else
        storeInteger(out, type, i, start.toLong() + i * step.toLong());
  });
}

Tensor linspace(Scalar start, Scalar end, int64_t steps, const TensorOptions &options, Loc loc) {
  return filled("linspace", options.dtype(), steps, options, loc, [&](void *out, int64_t numel) {
    // From both ends, as PyTorch, so that both are exact.
    double a = start.toDouble(), b = end.toDouble();
    double step = numel > 1 ? (b - a) / double(numel - 1) : 0;
    for (int64_t i = 0; i < numel; ++i)
      storeNumber(out, options.dtype(), i,
                  i < numel / 2 || numel == 1 ? a + step * double(i)
                                              : b - step * double(numel - 1 - i));
  });
}

//===----------------------------------------------------------------------===//
// Random numbers
//===----------------------------------------------------------------------===//

void manual_seed(uint64_t seed) {
  GraphLock lock;
  defaultGenerator() = Generator{seed, 0};
}

namespace {
/// For numbers that the host draws.
void refuseToDrawInBody(const char *name, Loc loc) {
  OpGuard op(name, loc);
  refuseInBody("draw with agc::" + std::string(name) +
               ": it would be the same on each trip; use rand, randn or bernoulli, or "
               "draw outside");
}

Tensor random(const char *name, IntArrayRef size, const TensorOptions &options,
              void (Generator::*fill)(void *, DType, int64_t, double, double),
              double a, double b, Value (*draw)(TypeRef), Loc loc) {
  OpGuard op(name, loc);
  DType type = options.dtype();
  if (!info(type).isFloat)
    fail("AGC0102", std::string("expects floating point, got ") + dtypeName(type));
  if (recorder().capture || recorder().body) { // anew in each call or trip
    checkOptions(options, type);
    return finish(wrap(draw(typeOf(type, size))), options, loc);
  }
  return filled(name, type, size, options, loc, [&](void *out, int64_t numel) {
    GraphLock lock;
    (defaultGenerator().*fill)(out, type, numel, a, b);
  });
}
} // namespace

Tensor rand(IntArrayRef size, const TensorOptions &o, Loc loc) {
  return random("rand", size, o, &Generator::fillUniform, 0, 1, drawUniform, loc);
}
Tensor randn(IntArrayRef size, const TensorOptions &o, Loc loc) {
  return random("randn", size, o, &Generator::fillNormal, 0, 1, drawNormal, loc);
}
Tensor randint(int64_t high, IntArrayRef size, const TensorOptions &o, Loc loc) {
  return randint(0, high, size, o, loc);
}
Tensor randint(int64_t low, int64_t high, IntArrayRef size, const TensorOptions &options, Loc loc) {
  OpGuard op("randint", loc);
  if (low >= high)
    fail("AGC0104", "expects low < high, got " + std::to_string(low) + " and " +
                        std::to_string(high));
  DType type = options.dtype_opt().value_or(kInt64);
  refuseToDrawInBody("randint", loc);
  return filled("randint", type, size, options, loc, [&](void *out, int64_t numel) {
    defaultGenerator().fillIntegers(out, type, numel, low, high);
  });
}
Tensor randperm(int64_t n, const TensorOptions &options, Loc loc) {
  DType type = options.dtype_opt().value_or(kInt64);
  refuseToDrawInBody("randperm", loc);
  return filled("randperm", type, n, options, loc, [&](void *out, int64_t numel) {
    std::vector<uint64_t> keys(static_cast<size_t>(numel));
    defaultGenerator().fillIntegers(keys.data(), DType::I64, numel, 0, INT64_MAX);
    Dims order = allDims(numel);
    std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
      return std::pair(keys[size_t(a)], a) < std::pair(keys[size_t(b)], b);
    });
    for (int64_t i = 0; i < numel; ++i)
      storeInteger(out, type, i, order[size_t(i)]);
  });
}

const Tensor &Tensor::uniform_(double from, double to, Loc loc) const {
  OpGuard op("uniform_", loc);
  if (!(from <= to))
    fail("AGC0104", "expects from of at most to, got " + std::to_string(from) + " and " +
                        std::to_string(to));
  writeAnew(*this, read(rand(sizes(), options(), loc) * (to - from) + from),
            {Beginning::Uniform, from, to});
  return *this;
}
const Tensor &Tensor::normal_(double mean, double std, Loc loc) const {
  OpGuard op("normal_", loc);
  if (!(std >= 0))
    fail("AGC0104", "expects a standard deviation of at least 0, got " + std::to_string(std));
  writeAnew(*this, read(randn(sizes(), options(), loc) * std + mean),
            {Beginning::Normal, mean, std});
  return *this;
}

Tensor zeros_like(Arg x, std::optional<TensorOptions> o) {
  OpGuard op("zeros_like", x.loc);
  return zeros(x.tensor.sizes(), like(x.tensor, o), x.loc);
}
Tensor ones_like(Arg x, std::optional<TensorOptions> o) {
  OpGuard op("ones_like", x.loc);
  return ones(x.tensor.sizes(), like(x.tensor, o), x.loc);
}
Tensor empty_like(Arg x, std::optional<TensorOptions> o) {
  OpGuard op("empty_like", x.loc);
  return empty(x.tensor.sizes(), like(x.tensor, o), x.loc);
}
Tensor full_like(Arg x, Scalar value, std::optional<TensorOptions> o) {
  OpGuard op("full_like", x.loc);
  return full(x.tensor.sizes(), value, like(x.tensor, o), x.loc);
}
Tensor rand_like(Arg x, std::optional<TensorOptions> o) {
  OpGuard op("rand_like", x.loc);
  return rand(x.tensor.sizes(), like(x.tensor, o), x.loc);
}
Tensor randn_like(Arg x, std::optional<TensorOptions> o) {
  OpGuard op("randn_like", x.loc);
  return randn(x.tensor.sizes(), like(x.tensor, o), x.loc);
}

//===----------------------------------------------------------------------===//
// Memory of the caller's
//===----------------------------------------------------------------------===//

namespace {
Tensor fromMemory(void *data, IntArrayRef size, std::function<void(void *)> release,
                  const TensorOptions &options, Loc loc) {
  OpGuard op("from_blob", loc);
  DType type = options.dtype();
  checkOptions(options, type);
  TypeRef t = typeOf(type, size);
  if (!data && t->numel)
    fail("AGC0101", "expects memory for " + std::to_string(t->numel) +
                        " elements, got a null pointer");
  Tensor tensor = wrap(leafValue(t, nullptr));
  // The memory is the user's: ops take a snapshot when they are recorded.
  implOf(tensor).storage->escaped =
      Buffer::wrap(data, size_t(t->sizeBytes), std::move(release));
  return finish(std::move(tensor), options, loc);
}
} // namespace

Tensor from_blob(void *data, IntArrayRef size, const TensorOptions &options, Loc loc) {
  return fromMemory(data, size, nullptr, options, loc);
}
Tensor from_blob(void *data, IntArrayRef size, void (*release)(void *),
                 const TensorOptions &options, Loc loc) {
  return fromMemory(data, size, release, options, loc);
}

} // namespace agc
