//===- Dialect.cpp - The agc dialect ---------------------------------------===//
#include "ir/Dialect.h"

using namespace mlir;
using namespace agc::ir;

#include "ir/Dialect.cpp.inc"
#include "ir/Interfaces.cpp.inc"

#define GET_OP_CLASSES
#include "ir/Ops.cpp.inc"

void AgcDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "ir/Ops.cpp.inc"
      >();
}

Operation *AgcDialect::materializeConstant(OpBuilder &builder, Attribute value,
                                           Type type, Location loc) {
  auto elements = dyn_cast<ElementsAttr>(value);
  if (!elements || elements.getType() != type)
    return nullptr;
  return ConstantOp::create(builder, loc, type, nullptr, elements);
}

namespace agc::ir {

RankedTensorType signless(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  Type element = tensor.getElementType();
  if (element.isUnsignedInteger())
    element = IntegerType::get(type.getContext(), element.getIntOrFloatBitWidth());
  return tensor.clone(element);
}

std::optional<int64_t> checkedNumel(ArrayRef<int64_t> shape) {
  // A zero anywhere makes the tensor empty, however large the rest is.
  if (llvm::is_contained(shape, 0))
    return 0;
  int64_t numel = 1;
  for (int64_t size : shape)
    if (size < 0 || __builtin_mul_overflow(numel, size, &numel) ||
        numel > (int64_t(1) << 62))
      return std::nullopt;
  return numel;
}

std::optional<int64_t> checkedBytes(RankedTensorType type) {
  std::optional<int64_t> numel = checkedNumel(type.getShape());
  int64_t bytes;
  int64_t width = (type.getElementTypeBitWidth() + 7) / 8;
  if (!numel || __builtin_mul_overflow(*numel, width, &bytes))
    return std::nullopt;
  return bytes;
}

} // namespace agc::ir
