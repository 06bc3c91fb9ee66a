//===- Saved.h - What a backward keeps of its forward ---------------------===//
//
// Values never change here, so that a backward could always be right. PyTorch
// keeps tensors, and refuses to go backward where one was written over since; a
// program that it refuses is refused here too. This says what its nodes keep.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_FRONTEND_CORE_SAVED_H
#define AGC_FRONTEND_CORE_SAVED_H

#include "frontend/core/Recorder.h"

namespace agc::detail {

/// Whether PyTorch's node of that name keeps operands or its result, so that a
/// second backward() through it is an error.
bool savesAnything(uint16_t gradName);

/// Errors: something that the node of \p value keeps was written over.
void checkSaved(const Value &value);

/// \p value is no longer what its storage shows, by the operation in progress.
void markOverwritten(const Value &value);

} // namespace agc::detail

#endif
