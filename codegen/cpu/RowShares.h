//===- RowShares.h - Short products shared out by rows ---------------------===//
#ifndef AGC_CODEGEN_CPU_ROWSHARES_H
#define AGC_CODEGEN_CPU_ROWSHARES_H

#include "codegen/cpu/ContractionPlan.h"

namespace agc {

/// Makes the rows of a short product its tasks, an even number of equal tiles, if such
/// tiles are as large as the plan's; else leaves the plan as it is.
void shareRows(ContractionPlan &plan, const LoopNest &nest, const Machine &machine);

} // namespace agc

#endif
