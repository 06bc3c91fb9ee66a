//===- RowShares.h - Products shared out by rows ---------------------------===//
#ifndef AGC_CODEGEN_CPU_ROWSHARES_H
#define AGC_CODEGEN_CPU_ROWSHARES_H

#include "codegen/cpu/ContractionPlan.h"

namespace agc {

/// Makes rows a product's tasks, not columns, where that pays: of a short one an even
/// number of equal tiles, if such are half as large as the plan's and more; of a longer one
/// with more rows than columns some tiles each. Else it leaves the plan as it is.
void shareRows(ContractionPlan &plan, const LoopNest &nest, const Machine &machine);

} // namespace agc

#endif
