#include "tools/agc/HostTensor.h"

#include "runtime/core/Convert.h"
#include "runtime/core/Sizes.h"

#include <cassert>
#include <cstring>

namespace agc::cli {

HostTensor HostTensor::zeros(DType type, std::vector<int64_t> shape) {
  int64_t bytes = checkedBytes(shape.data(), shape.size(), type);
  return {type, std::move(shape), Buffer::zeros(size_t(bytes))};
}

size_t TensorPool::roomFor(DType type, const std::vector<int64_t> &shape) {
  return alignedBytes(uint64_t(checkedBytes(shape.data(), shape.size(), type)));
}

HostTensor TensorPool::zeros(DType type, const std::vector<int64_t> &shape) {
  size_t taken = roomFor(type, shape);
  if (taken > room - used)
    return HostTensor::zeros(type, shape);
  if (!memory)
    memory = Buffer::zeros(room);
  char *begin = static_cast<char *>(memory->data()) + used;
  used += taken;
  size_t bytes = size_t(checkedBytes(shape.data(), shape.size(), type));
  return {type, shape, Buffer::wrap(begin, bytes, [kept = memory](void *) {})};
}

int64_t HostTensor::numel() const {
  int64_t count = 1;
  for (int64_t size : shape) // checked when it was made
    count *= size;
  return count;
}

double HostTensor::at(int64_t i) const { return loadNumber(data(), type, i); }
void HostTensor::set(int64_t i, double value) const {
  storeNumber(data(), type, i, value);
}

std::string typeText(DType type, const std::vector<int64_t> &shape) {
  return std::string(info(type).name) + " " +
         shapeText(shape.data(), shape.size());
}

void copyElements(const HostTensor &from, const HostTensor &to) {
  assert(from.numel() == to.numel());
  if (from.type == to.type) {
    std::memcpy(to.data(), from.data(), from.sizeBytes());
    return;
  }
  bool integers = !info(from.type).isFloat && !info(to.type).isFloat;
  for (int64_t i = 0, count = from.numel(); i < count; ++i) {
    if (integers)
      storeInteger(to.data(), to.type, i, loadInteger(from.data(), from.type, i));
    else
      to.set(i, from.at(i));
  }
}

} // namespace agc::cli
