//===- EmitStep.h - A shipped step's functions and constants ---------------===//
#ifndef AGC_CODEGEN_SHIPPED_EMITSTEP_H
#define AGC_CODEGEN_SHIPPED_EMITSTEP_H

#include "codegen/shipped/StepLayout.h"
#include "codegen/shipped/Versions.h"

namespace agc {

/// Takes: a module with an agc_entry for each of the layout's functions and versions.
/// Gives: NAME_init, NAME_train_step and so on, as the header says, and nothing else
/// that is seen from outside. What they share is runtime/shipped/step.c.
llvm::Error emitStep(StepVersions &versions, const StepLayout &layout);

} // namespace agc

#endif
