#include "tools/agc/Npz.h"

#include "agc/Error.h"
#include "runtime/core/Sizes.h"

#include <cctype>
#include <optional>

namespace agc::cli {
namespace {

/// A cursor over the header's text. What it expects and does not find ends the
/// whole with one error.
class Scanner {
public:
  Scanner(std::string_view text, const std::string &name)
      : text(text), name(name) {}

  [[noreturn]] void fail(const std::string &what) const {
    throw Error("AGC0311", "array '" + name + "': " + what);
  }
  void skipSpace() {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\n'))
      ++at;
  }
  bool accept(char c) {
    skipSpace();
    if (at >= text.size() || text[at] != c)
      return false;
    ++at;
    return true;
  }
  void expect(char c) {
    if (!accept(c))
      fail(std::string("its header is damaged: expected '") + c + "'");
  }
  std::string quoted() {
    expect('\'');
    size_t end = text.find('\'', at);
    if (end == std::string_view::npos)
      fail("its header is damaged: a string does not end");
    std::string result(text.substr(at, end - at));
    at = end + 1;
    return result;
  }
  bool boolean() {
    skipSpace();
    for (bool value : {false, true}) {
      std::string_view word = value ? "True" : "False";
      if (text.substr(at, word.size()) == word) {
        at += word.size();
        return value;
      }
    }
    fail("its header is damaged: expected True or False");
  }
  int64_t number() {
    skipSpace();
    int64_t value = 0;
    size_t start = at;
    while (at < text.size() && std::isdigit(static_cast<unsigned char>(text[at]))) {
      if (at - start >= 18)
        fail("a dimension has more than 18 digits");
      value = value * 10 + (text[at++] - '0');
    }
    if (at == start)
      fail("its header is damaged: expected a size");
    return value;
  }
  std::vector<int64_t> tuple() {
    std::vector<int64_t> sizes;
    expect('(');
    while (!accept(')')) {
      if (sizes.size() == 32)
        fail("more than 32 dimensions");
      sizes.push_back(number());
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return sizes;
  }

private:
  std::string_view text;
  const std::string &name;
  size_t at = 0;
};

DType parseType(const Scanner &scanner, const std::string &descr) {
  static constexpr struct {
    const char *numpy;
    DType type;
  } table[] = {{"<f4", DType::F32}, {"<f8", DType::F64}, {"<f2", DType::F16},
               {"<i8", DType::I64}, {"<i4", DType::I32}, {"|i1", DType::I8},
               {"|u1", DType::U8},  {"|b1", DType::Bool}};
  for (auto [numpy, type] : table)
    if (descr == numpy)
      return type;
  scanner.fail("expected one of the types <f4 <f8 <f2 <i8 <i4 |i1 |u1 |b1, got '" +
               descr + "'; convert it with astype");
}

} // namespace

NpyHeader parseNpyHeader(std::string_view bytes, const std::string &name) {
  Scanner whole(bytes, name);
  if (bytes.size() < 10 || bytes.substr(0, 6) != std::string_view("\x93NUMPY", 6))
    whole.fail("it is not a .npy file");
  unsigned major = static_cast<unsigned char>(bytes[6]);
  if (major < 1 || major > 3)
    whole.fail("it has .npy version " + std::to_string(major) +
               ", expected 1 to 3");
  size_t lengthBytes = major == 1 ? 2 : 4, start = 8 + lengthBytes, length = 0;
  if (bytes.size() < start)
    whole.fail("it is truncated");
  for (size_t i = 0; i < lengthBytes; ++i)
    length |= size_t(static_cast<unsigned char>(bytes[8 + i])) << (8 * i);
  if (length > bytes.size() - start)
    whole.fail("it is truncated, or its header is longer than 64 KiB");

  Scanner scanner(bytes.substr(start, length), name);
  std::optional<std::string> descr;
  std::optional<bool> fortran;
  std::optional<std::vector<int64_t>> shape;
  scanner.expect('{');
  while (!scanner.accept('}')) {
    std::string key = scanner.quoted();
    scanner.expect(':');
    if (key == "descr" && !descr)
      descr = scanner.quoted();
    else if (key == "fortran_order" && !fortran)
      fortran = scanner.boolean();
    else if (key == "shape" && !shape)
      shape = scanner.tuple();
    else
      scanner.fail("its header is damaged: unexpected key '" + key + "'");
    if (!scanner.accept(',')) {
      scanner.expect('}');
      break;
    }
  }
  if (!descr || !fortran || !shape)
    scanner.fail("its header lacks descr, fortran_order or shape");
  if (*fortran && shape->size() > 1)
    scanner.fail("it is in Fortran order; convert it with "
                 "numpy.ascontiguousarray");
  NpyHeader header{parseType(scanner, *descr), std::move(*shape), start + length};
  checkedBytes(header.shape.data(), header.shape.size(), header.type);
  return header;
}

} // namespace agc::cli
