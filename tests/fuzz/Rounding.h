//===- Rounding.h - How far off rounding may put a program -----------------===//
//
// No fixed tolerance fits all programs: a difference of large numbers may be all
// rounding, and a comparison may go either way. So it is measured: each op's
// result is moved by about one unit in the last place of its dtype, this way or
// that, and what becomes of that at the end is what rounding may do.
//
//===----------------------------------------------------------------------===//
#ifndef AGC_TESTS_FUZZ_ROUNDING_H
#define AGC_TESTS_FUZZ_ROUNDING_H

#include "mlir/IR/BuiltinOps.h"

namespace agc::fuzz {

/// Gives @f, a program without gradients, two more arguments, f64 scalars: how
/// much to move results, in units of the last place, and a phase that decides
/// which way each goes. With 0 the program computes what it did. To be compiled
/// for the reference, in which all is f64.
void addRounding(mlir::ModuleOp module);

} // namespace agc::fuzz

#endif
