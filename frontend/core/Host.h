//===- Host.h - Changing a tensor's elements from here --------------------===//
//
// What initializers, loaders and converters do: the elements are written now,
// by this process, and no op is recorded.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_FRONTEND_CORE_HOST_H
#define AGC_FRONTEND_CORE_HOST_H

#include "frontend/core/TensorImpl.h"

#include <agc/OrderedDict.h>

#include <functional>
#include <map>
#include <optional>

namespace agc::detail {

/// Replaces the elements of \p tensor, which is no view, by what \p fill
/// writes. A leaf stays one. \p beginning: how it begins from now on.
void replaceElements(const Tensor &tensor,
                     const std::function<void(void *data)> &fill,
                     std::optional<Beginning> beginning = {});
void setElements(const Tensor &tensor, const void *bytes, size_t size);

/// The tensor, its grad included, in another dtype.
void convertInPlace(const Tensor &tensor, DType type);

/// Leaves `.grad` undefined, or zero.
void zeroGrad(const Tensor &tensor, bool undefined);

/// A tensor with every element \p value, there already.
Tensor hostFull(IntArrayRef shape, DType type, double value);

void saveTensors(const OrderedDict<std::string, Tensor> &tensors, const std::string &path,
                 const std::map<std::string, std::string> &metadata = {});

/// A type's name as C++ has it, of what std::type_info says.
std::string typeName(const char *mangled);

} // namespace agc::detail

#endif
