//===- DType.h - The element types, as the runtime includes them ----------===//
#ifndef AGC_RUNTIME_CORE_DTYPE_H
#define AGC_RUNTIME_CORE_DTYPE_H

#include "agc/DType.h"

#endif
