//===- ExpandingArray.h - One number for each dimension, or one for all ----===//
#ifndef AGC_EXPANDINGARRAY_H
#define AGC_EXPANDINGARRAY_H

#include <agc/Types.h>

#include <array>
#include <iosfwd>

namespace agc {

namespace detail {
[[noreturn]] void failExpanding(size_t expected, size_t got, Loc loc);
} // namespace detail

/// `2` or `{2, 3}`, for D dimensions.
template <size_t D, typename T = int64_t> class ExpandingArray {
public:
  ExpandingArray(T all) { values.fill(all); }
  /// Errors: AGC0104, not D numbers.
  ExpandingArray(std::initializer_list<T> list, Loc loc = Loc::current())
      : ExpandingArray(ArrayRef<T>(list), loc) {}
  ExpandingArray(const std::vector<T> &list, Loc loc = Loc::current())
      : ExpandingArray(ArrayRef<T>(list), loc) {}
  ExpandingArray(ArrayRef<T> list, Loc loc = Loc::current()) {
    if (list.size() != D)
      detail::failExpanding(D, list.size(), loc);
    for (size_t i = 0; i < D; ++i)
      values[i] = list[i];
  }
  ExpandingArray(const std::array<T, D> &list) : values(list) {}

  operator ArrayRef<T>() const { return ArrayRef<T>(values.data(), D); }
  std::array<T, D> &operator*() { return values; }
  const std::array<T, D> &operator*() const { return values; }
  std::array<T, D> *operator->() { return &values; }
  const std::array<T, D> *operator->() const { return &values; }
  const T &operator[](size_t i) const { return values[i]; }
  size_t size() const { return D; }

private:
  std::array<T, D> values;
};

/// The same where a number may be missing: nullopt.
template <size_t D, typename T = int64_t>
class ExpandingArrayWithOptionalElem : public ExpandingArray<D, std::optional<T>> {
public:
  using Base = ExpandingArray<D, std::optional<T>>;
  using Base::Base;
  ExpandingArrayWithOptionalElem(T all) : Base(std::optional<T>(all)) {}
  ExpandingArrayWithOptionalElem(std::initializer_list<T> list, Loc loc = Loc::current())
      : Base(std::vector<std::optional<T>>(list.begin(), list.end()), loc) {}
  ExpandingArrayWithOptionalElem(const std::vector<T> &list, Loc loc = Loc::current())
      : Base(std::vector<std::optional<T>>(list.begin(), list.end()), loc) {}
};

template <size_t D> std::ostream &operator<<(std::ostream &out, const ExpandingArray<D> &list) {
  return D == 1 ? out << list[0] : out << IntArrayRef(list);
}

} // namespace agc

#endif
