//===- Indexing.h - What stands between the brackets ----------------------===//
#ifndef AGC_INDEXING_H
#define AGC_INDEXING_H

#include <agc/Types.h>

#include <concepts>
#include <memory>

namespace agc {
class Tensor;
}

namespace agc::indexing {

struct NoneType {};
struct EllipsisType {};
inline constexpr NoneType None;
inline constexpr EllipsisType Ellipsis;

/// start:stop:step, each of which may be None. step >= 1.
struct Slice {
  std::optional<int64_t> start, stop, step;
  Slice() = default;
  struct Bound {
    std::optional<int64_t> value;
    Bound(NoneType) {}
    Bound(int64_t v) : value(v) {}
    Bound(int v) : value(v) {}
  };
  Slice(Bound start, Bound stop = None, Bound step = None)
      : start(start.value), stop(stop.value), step(step.value) {}
};

class TensorIndex {
public:
  enum class Kind { None, Ellipsis, Integer, Slice, Tensor };
  TensorIndex(NoneType) : sort(Kind::None) {}
  TensorIndex(EllipsisType) : sort(Kind::Ellipsis) {}
  TensorIndex(const char *) : sort(Kind::Ellipsis) {} // "..."
  TensorIndex(int64_t i) : sort(Kind::Integer), position(i) {}
  TensorIndex(int i) : TensorIndex(int64_t(i)) {}
  TensorIndex(Slice s) : sort(Kind::Slice), range(s) {}
  /// Integers: elements by position. Bools: where they are true, which is read.
  TensorIndex(const Tensor &t);
  template <std::same_as<bool> B> TensorIndex(B) = delete;

  Kind kind() const { return sort; }
  int64_t integer() const { return position; }
  const Slice &slice() const { return range; }
  const Tensor &tensor() const { return *positions; }

private:
  Kind sort;
  int64_t position = 0;
  Slice range;
  std::shared_ptr<const Tensor> positions;
};

} // namespace agc::indexing

#endif
