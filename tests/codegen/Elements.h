//===- Elements.h - Arguments and results of compiled programs -------------===//
#ifndef AGC_TESTS_CODEGEN_ELEMENTS_H
#define AGC_TESTS_CODEGEN_ELEMENTS_H

#include "runtime/core/Convert.h"
#include "tests/codegen/CompiledText.h"

namespace agc {

/// The elements of a tensor, of any dtype.
struct Elements {
  Elements(DType dtype, size_t count)
      : dtype(dtype), count(count), memory(sizeBytes()) {}
  explicit Elements(const proto::TensorType &type)
      : Elements(DType(type.dtype()), numel(type)) {}

  DType dtype;
  size_t count;
  AlignedBuffer memory;

  size_t sizeBytes() const { return count * info(dtype).sizeBytes; }
  bool isFloat() const { return info(dtype).isFloat; }
  double number(size_t i) const { return loadNumber(memory.data, dtype, int64_t(i)); }
  int64_t integer(size_t i) const { return loadInteger(memory.data, dtype, int64_t(i)); }
  void set(size_t i, double value) { storeNumber(memory.data, dtype, int64_t(i), value); }
  void setInteger(size_t i, int64_t value) {
    storeInteger(memory.data, dtype, int64_t(i), value);
  }
  bool sameBits(const Elements &other) const {
    return dtype == other.dtype && count == other.count &&
           std::memcmp(memory.data, other.memory.data, sizeBytes()) == 0;
  }
  /// Whether what lies behind the elements is as it was.
  bool isIntactBehind() const {
    auto *byte = static_cast<const unsigned char *>(memory.data) + sizeBytes();
    for (size_t i = 0; i < 64; ++i)
      if (byte[i] != 0xCD)
        return false;
    return true;
  }

private:
  static size_t numel(const proto::TensorType &type) {
    size_t product = 1;
    for (int64_t size : type.shape())
      product *= size_t(size);
    return product;
  }
};

/// The results of \p f, in the dtypes of its manifest: the reference's numbers
/// are f64, and so it gets them. Throws std::runtime_error if a check fails or
/// memory behind a result was written.
inline std::vector<Elements> run(CompiledProgram &f,
                                 const std::vector<Elements> &arguments,
                                 const agc_executor *executor = nullptr) {
  std::vector<Elements> taken, results;
  std::vector<void *> in, out;
  for (int i = 0; i < f.manifest.arguments_size(); ++i) {
    const Elements &given = arguments[size_t(i)];
    Elements &own = taken.emplace_back(f.manifest.arguments(i).type());
    for (size_t j = 0; j < own.count; ++j)
      if (own.isFloat())
        own.set(j, given.number(j));
      else
        own.setInteger(j, given.integer(j));
    in.push_back(own.memory.data);
  }
  for (const proto::ResultInfo &result : f.manifest.results())
    out.push_back(results.emplace_back(result.type()).memory.data);
  if (f(in, out, executor) != 0)
    throw std::runtime_error("a check failed");
  for (const Elements &result : results)
    if (!result.isIntactBehind())
      throw std::runtime_error("memory behind a result was written");
  return results;
}

/// In single parts, the last first.
inline const agc_executor *backwardExecutor() {
  static const agc_executor executor{
      nullptr, [](void *, int64_t count, agc_task task, void *argument) {
        for (int64_t i = count; i-- > 0;)
          task(argument, i, i + 1);
      }};
  return &executor;
}

} // namespace agc

#endif
