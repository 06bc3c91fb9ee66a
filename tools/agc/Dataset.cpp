#include "tools/agc/Dataset.h"

#include "agc/Error.h"
#include "runtime/core/Convert.h"
#include "runtime/core/Philox.h"
#include "tools/agc/Npz.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace agc::cli {
namespace {

int64_t rowElements(const HostTensor &tensor) {
  return tensor.shape[0] ? tensor.numel() / tensor.shape[0] : 0;
}

void copyRow(const HostTensor &from, int64_t row, const HostTensor &to,
             int64_t toRow) {
  int64_t width = rowElements(to);
  if (from.type == to.type) {
    size_t bytes = size_t(width) * info(to.type).sizeBytes;
    std::memcpy(to.data() + size_t(toRow) * bytes,
                from.data() + size_t(row) * bytes, bytes);
    return;
  }
  bool integers = !info(from.type).isFloat && !info(to.type).isFloat;
  for (int64_t i = 0; i < width; ++i) {
    int64_t at = row * width + i, toAt = toRow * width + i;
    if (integers)
      storeInteger(to.data(), to.type, toAt, loadInteger(from.data(), from.type, at));
    else
      to.set(toAt, from.at(at));
  }
}

void checkRow(const char *key, const HostTensor &data, const HostTensor &argument) {
  if (argument.shape.empty() || argument.shape[0] == 0)
    throw Error("AGC0330", std::string("the step's '") + key +
                               "' has no batch dimension");
  if (rowElements(data) != rowElements(argument))
    throw Error("AGC0330", std::string("a row of '") + key + "' has " +
                               std::to_string(rowElements(data)) +
                               " elements, the step takes " +
                               std::to_string(rowElements(argument)) + " (" +
                               typeText(argument.type, argument.shape) + ")");
  if (info(data.type).isFloat && !info(argument.type).isFloat)
    throw Error("AGC0330", std::string("'") + key + "' is " +
                               std::string(info(data.type).name) +
                               ", the step takes " +
                               std::string(info(argument.type).name) +
                               ": labels are whole numbers");
}

} // namespace

Dataset Dataset::load(const std::string &path) {
  Dataset data{readNpz(path, "x"), readNpz(path, "y")};
  if (data.x.shape.empty() || data.y.shape.empty() ||
      data.x.shape[0] != data.y.shape[0])
    throw Error("AGC0330", "'" + path + "': expected one row of 'x' and 'y' an "
                               "example, got " +
                               typeText(data.x.type, data.x.shape) + " and " +
                               typeText(data.y.type, data.y.shape));
  data.count = data.x.shape[0];
  if (data.count < 5)
    throw Error("AGC0330", "'" + path + "' has " + std::to_string(data.count) +
                               " examples; 5 are the least of which a fifth "
                               "can be held out");
  return data;
}

void Dataset::checkFits(const HostTensor &input, const HostTensor &target) const {
  checkRow("x", x, input);
  checkRow("y", y, target);
}

int64_t Dataset::fill(const std::vector<int64_t> &order, int64_t begin,
                      const HostTensor &input, const HostTensor *target) const {
  int64_t batch = input.shape[0];
  int64_t real = std::min(batch, int64_t(order.size()) - begin);
  for (int64_t i = 0; i < batch; ++i) {
    int64_t row = order[size_t(begin + i) % order.size()];
    copyRow(x, row, input, i);
    if (!target)
      continue;
    copyRow(y, row, *target, i);
    if (i >= real) // only ever asked of labels
      for (int64_t width = rowElements(*target), j = 0; j < width; ++j)
        storeInteger(target->data(), target->type, i * width + j, ignoredLabel);
  }
  return real;
}

std::vector<int64_t> shuffled(int64_t count, uint64_t seed, uint64_t epoch) {
  std::vector<int64_t> order(size_t(count), 0);
  std::iota(order.begin(), order.end(), 0);
  PhiloxKey key = {uint32_t(seed), uint32_t(seed >> 32)};
  for (uint64_t i = order.size(); i > 1; --i) {
    PhiloxCounter words = philox4x32(
        {uint32_t(i), uint32_t(i >> 32), uint32_t(epoch), uint32_t(epoch >> 32)},
        key);
    uint64_t word = uint64_t(words[1]) << 32 | words[0];
    std::swap(order[i - 1], order[word % i]);
  }
  return order;
}

} // namespace agc::cli
