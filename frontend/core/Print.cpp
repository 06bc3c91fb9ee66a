//===- Print.cpp - Tensors as Python's PyTorch prints them ----------------===//
//
// The behaviour of torch/_tensor_str.py with its default options: 4 digits,
// lines of 80, 3 elements at each edge above 1000.
//
//===----------------------------------------------------------------------===//
#include "frontend/core/Recorder.h"
#include "runtime/core/Convert.h"

#include <agc/Autograd.h>

#include <algorithm>
#include <cmath>
#include <ostream>

namespace agc {
namespace detail {
namespace {

constexpr int precision = 4;
constexpr int64_t lineWidth = 80, threshold = 1000, edgeItems = 3;

std::string format(const char *pattern, double value, int digits = precision) {
  char text[400];
  std::snprintf(text, sizeof(text), pattern, digits, value);
  return text;
}

/// Of all elements that are shown: how to write one, and how wide.
class Formatter {
public:
  Formatter(DType type, const std::vector<double> &numbers,
            const std::vector<int64_t> &integers)
      : type(type) {
    if (!info(type).isFloat) {
      for (int64_t value : integers)
        width = std::max(width, text(0, value).size());
      return;
    }
    std::vector<double> finite;
    for (double value : numbers)
      if (std::isfinite(value) && value != 0)
        finite.push_back(std::fabs(value));
    if (!finite.empty()) {
      auto [low, high] = std::minmax_element(finite.begin(), finite.end());
      double smallest = *low, largest = *high;
      for (double value : finite)
        integral &= value == std::ceil(value);
      // The ratio overflows to infinity only where it is large anyway.
      scientific = largest / smallest > 1000 || largest > 1e8 || smallest < 1e-4;
    }
    // Zeros and what is not finite do not count.
    for (double value : numbers)
      if (std::isfinite(value) && value != 0)
        width = std::max(width, text(value, 0).size());
  }

  std::string padded(double number, int64_t integer) const {
    std::string s = text(number, integer);
    return s.size() < width ? std::string(width - s.size(), ' ') + s : s;
  }
  size_t elementWidth() const { return width; }

private:
  std::string text(double number, int64_t integer) const {
    if (type == DType::Bool)
      return integer ? "True" : "False";
    if (!info(type).isFloat)
      return std::to_string(integer);
    if (std::isnan(number))
      return "nan";
    if (std::isinf(number))
      return number < 0 ? "-inf" : "inf";
    if (scientific)
      return format("%.*e", number);
    return integral ? format("%.*f", number, 0) + "." : format("%.*f", number);
  }

  DType type;
  size_t width = 1;
  bool integral = true, scientific = false;
};

class Printer {
public:
  Printer(const Type &type, const void *data, int64_t indent)
      : type(type), data(data), summarize(type.numel > threshold),
        indent(indent) {}

  std::string run() {
    std::vector<double> numbers;
    std::vector<int64_t> integers;
    gather(0, 0, numbers, integers);
    Formatter formatter(type.dtype, numbers, integers);
    shown = &formatter;
    return dimension(0, 0, indent);
  }

private:
  /// Indices of dimension \p d that are shown; -1: the dots.
  std::vector<int64_t> indices(size_t d) const {
    std::vector<int64_t> list;
    int64_t size = type.shape[d];
    bool cut = summarize && size > 2 * edgeItems;
    for (int64_t i = 0; i < size; ++i) {
      if (cut && i == edgeItems) {
        list.push_back(-1);
        i = size - edgeItems;
      }
      list.push_back(i);
    }
    return list;
  }

  void gather(size_t d, int64_t offset, std::vector<double> &numbers,
              std::vector<int64_t> &integers) const {
    if (d == type.shape.size()) {
      if (info(type.dtype).isFloat)
        numbers.push_back(loadNumber(data, type.dtype, offset));
      else
        integers.push_back(loadInteger(data, type.dtype, offset));
      return;
    }
    for (int64_t i : indices(d))
      if (i >= 0)
        gather(d + 1, offset + i * type.strides[d], numbers, integers);
  }

  std::string element(int64_t offset) const {
    if (info(type.dtype).isFloat)
      return shown->padded(loadNumber(data, type.dtype, offset), 0);
    return shown->padded(0, loadInteger(data, type.dtype, offset));
  }

  std::string dimension(size_t d, int64_t offset, int64_t indent) const {
    size_t rank = type.shape.size();
    if (d == rank)
      return element(offset);
    std::string pad(size_t(indent + 1), ' ');
    if (d + 1 == rank) {
      // A line holds as many elements as fit.
      int64_t perLine = std::max<int64_t>(
          1, (lineWidth - indent) / int64_t(shown->elementWidth() + 2));
      std::string out = "[";
      int64_t onLine = 0;
      bool first = true;
      for (int64_t i : indices(d)) {
        if (!first)
          out += onLine == perLine ? ",\n" + pad : ", ";
        if (onLine == perLine)
          onLine = 0;
        out += i < 0 ? " ..." : element(offset + i);
        ++onLine;
        first = false;
      }
      return out + "]";
    }
    std::string out = "[";
    bool first = true;
    std::string separator = "," + std::string(rank - d - 1, '\n') + pad;
    for (int64_t i : indices(d)) {
      if (!first)
        out += separator;
      out += i < 0 ? "..." : dimension(d + 1, offset + i * type.strides[d], indent + 1);
      first = false;
    }
    return out + "]";
  }

  const Type &type;
  const void *data;
  bool summarize;
  int64_t indent;
  const Formatter *shown = nullptr;
};

/// Adds `, suffix`s, on a line of their own where they do not fit.
std::string withSuffixes(const std::string &text,
                         const std::vector<std::string> &suffixes, int64_t indent) {
  std::string out = "tensor(" + text;
  size_t newline = out.rfind('\n');
  int64_t last = int64_t(out.size()) - (newline == out.npos ? 0 : int64_t(newline) + 1) + 2;
  for (const std::string &suffix : suffixes) {
    int64_t length = int64_t(suffix.size());
    if (last + length + 2 > lineWidth) {
      out += ",\n" + std::string(size_t(indent), ' ') + suffix;
      last = indent + length;
    } else {
      out += ", " + suffix;
      last += length + 2;
    }
  }
  return out + ")";
}

} // namespace
} // namespace detail

std::string Tensor::toString() const {
  using namespace detail;
  if (!defined())
    return "None";
  constexpr int64_t indent = 7; // of "tensor("
  const Type &type = *implOf(*this).type;
  std::vector<std::string> suffixes;
  std::string text;
  if (type.numel == 0) {
    text = "[]";
    if (type.rank() != 1)
      suffixes.push_back("size=(" + [&] {
        std::string sizes;
        for (size_t d = 0; d < type.shape.size(); ++d)
          sizes += (d ? ", " : "") + std::to_string(type.shape[d]);
        return sizes;
      }() + (type.rank() == 1 ? ",)" : ")"));
  } else {
    BufferRef buffer = materialize(*this);
    text = Printer(type, buffer->data(), indent).run();
  }
  // float32, int64 and bool go without saying, the last two if not empty.
  static const char *const names[] = {"", "float32", "float64", "bfloat16", "float16",
                                      "int64", "int32", "int8", "uint8", "bool"};
  bool implied = type.dtype == DType::F32 ||
                 (type.numel && (type.dtype == DType::I64 || type.dtype == DType::Bool));
  if (!implied)
    suffixes.push_back(std::string("dtype=torch.") + names[int(type.dtype)]);
  if (std::shared_ptr<autograd::Node> node = grad_fn())
    suffixes.push_back("grad_fn=<" + node->name() + ">");
  else if (requires_grad())
    suffixes.push_back("requires_grad=True");
  return withSuffixes(text, suffixes, indent);
}

std::ostream &operator<<(std::ostream &out, const Tensor &tensor) {
  return out << tensor.toString();
}

} // namespace agc
