#include "frontend/core/Views.h"

#include "frontend/core/Build.h"

namespace agc::detail {
namespace {

/// \p from with the elements that \p step takes replaced by \p value.
Value writeStep(const ViewStep &step, const Value &from, const Value &value) {
  switch (step.op) {
  case OpId::Reshape:
    return reshape(value, step.from->shape);
  case OpId::Transpose: {
    Dims inverse(step.attributes.size());
    for (size_t d = 0; d < inverse.size(); ++d)
      inverse[size_t(step.attributes[d])] = int64_t(d);
    return transpose(value, inverse);
  }
  case OpId::Slice: {
    size_t rank = step.from->shape.size();
    const int64_t *starts = step.attributes.data(), *limits = starts + rank,
                  *strides = limits + rank;
    Dims low, high, interior;
    for (size_t d = 0; d < rank; ++d) {
      int64_t n = step.to->shape[d];
      int64_t covered = n ? (n - 1) * strides[d] + 1 : 0;
      low.push_back(starts[d]);
      interior.push_back(strides[d] - 1);
      high.push_back(step.from->shape[d] - starts[d] - covered);
      (void)limits;
    }
    // Padding says where the view's elements are, and puts them there.
    Value ones = constantInteger(withDType(step.to, DType::I32), 1);
    Value placed = pad(ones, low, high, interior, 0);
    Value mask = compare("ne", placed, constantInteger(placed.type(), 0));
    if (value.dtype() == DType::Bool) {
      Value wide = pad(convert(value, DType::I32), low, high, interior, 0);
      return select(mask, convert(wide, DType::Bool), from);
    }
    return select(mask, pad(value, low, high, interior, 0), from);
  }
  default:
    fail("AGC0111", "cannot write to an expanded tensor, several elements of "
                    "which are one in memory; use clone() first");
  }
}

} // namespace

Value writeThrough(const std::vector<ViewStep> &views, Value base, Value value) {
  // The values that each step starts from, outermost last.
  std::vector<Value> from{base};
  for (size_t i = 0; i + 1 < views.size(); ++i)
    from.push_back(record(views[i].op, views[i].to, {&from.back(), 1},
                          views[i].attributes));
  for (size_t i = views.size(); i-- > 0;)
    value = writeStep(views[i], from[i], value);
  if (value.tracked())
    value.node->gradName = gradNameId("CopySlices");
  return value;
}

} // namespace agc::detail
